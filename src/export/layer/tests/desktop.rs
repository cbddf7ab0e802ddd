//! What desktop programs make of the files, as far as GDAL is installed.

use std::{path::Path, process::Command};

use super::*;

fn ogrinfo(path: &Path) -> Option<String> {
    let output = Command::new("ogrinfo")
        .args(["-ro", "-al"])
        .arg(path)
        .output()
        .ok()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", path.display());
    assert_eq!(errors, "", "{}", path.display());
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn gdal_opens_every_format_without_a_warning() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sample = Sample::points();
    for format in [
        Format::GeoJson,
        Format::GeoJsonLines,
        Format::FlatGeobuf,
        Format::GeoPackage,
        Format::Shapefile,
    ] {
        let path = folder.path().join(format!("homes.{}", format.extension()));
        std::fs::write(&path, written(format, &sample, None).0).expect("written");
        let name = match format {
            // GDAL 3.6 opens a zipped Shapefile through this prefix.
            Format::Shapefile => Path::new(&format!("/vsizip/{}", path.display())).to_owned(),
            _ => path,
        };
        let Some(told) = ogrinfo(&name) else {
            println!("skipped: ogrinfo is not installed");
            return;
        };
        assert!(told.contains("Feature Count: 4"), "{format}: {told}");
        assert!(told.contains("Geometry: Point"), "{format}: {told}");
        assert!(told.contains("天河公寓 🏙 Ünïcode"), "{format}: {told}");
        assert!(
            told.contains("= 0017"),
            "{format}: a code keeps its zeros: {told}"
        );
        let is_cgcs2000 = told.contains("4490") || told.contains("China_2000");
        let is_geojson = matches!(format, Format::GeoJson | Format::GeoJsonLines);
        assert_eq!(is_cgcs2000, !is_geojson, "{format}: {told}");
    }
}

#[test]
fn gdal_finds_features_by_the_spatial_indexes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sample = Sample::many(2000);
    for format in [Format::FlatGeobuf, Format::GeoPackage] {
        let path = folder.path().join(format!("homes.{}", format.extension()));
        std::fs::write(&path, written(format, &sample, None).0).expect("written");
        let output = Command::new("ogrinfo")
            .args([
                "-ro", "-al", "-so", "-spat", "113.0", "22.5", "113.012", "22.5005",
            ])
            .arg(&path)
            .output();
        let Ok(output) = output else {
            println!("skipped: ogrinfo is not installed");
            return;
        };
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("Feature Count: 10"), "{format}: {told}");
    }
}
