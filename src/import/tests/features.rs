//! Formats with shapes, packed and plain.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use geo::Geometry;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::import::{CrsFrom, Defect, Note};

const SQUARE: &str = r#"{"type":"Feature","id":"440106","properties":{"name":"天河"},"geometry":
    {"type":"Polygon","coordinates":[[[113,23],[114,23],[114,24],[113,24],[113,23]]]}}"#;

#[test]
fn geojson_comes_in_every_form() {
    let point = r#"{"type":"Point","coordinates":[113.2,23.1,5]}"#;
    let feature = |id: &str, population: &str| {
        format!(
            r#"{{"type":"Feature","id":{id},"properties":{{"population":{population}}},"geometry":{point}}}"#
        )
    };
    let collection = format!(
        r#"{{"features":[{},{},7,{}],"type":"FeatureCollection"}}"#,
        feature("1", "5"),
        feature("\"b\"", "-5"),
        r#"{"type":"Feature","properties":null,"geometry":null}"#,
    );
    let layer = residences();
    let files = Files::new();
    let imported = read_one(&files.put("a.geojson", collection), &layer, None).unwrap();
    assert_eq!(&*imported.table.ids[0], "1");
    assert_eq!(imported.report.sums[0].1, 5);
    assert_eq!(
        reasons(&imported),
        [
            "2 population: `-5` is negative, which it cannot be",
            "3 -: the row is damaged: it is no GeoJSON feature",
            "4 -: the feature has no geometry",
        ]
    );
    let lines = format!(
        "{}\n{}\nnonsense\n\n{point}\n",
        feature("1", "5"),
        feature("2", "6")
    );
    for (name, text) in [
        ("a.geojsonl", lines.clone()),
        ("b.json", lines.clone()),
        (
            "c.geojsons",
            lines.lines().map(|l| format!("\u{1e}{l}\n")).collect(),
        ),
    ] {
        let imported = read_one(&files.put(name, text), &layer, None).unwrap();
        assert_eq!(imported.table.len(), 3, "{name} {:?}", reasons(&imported));
        assert_eq!(imported.report.sums[0].1, 11);
    }
    let single = read_one(&files.put("d.json", SQUARE), &districts(), None).unwrap();
    assert_eq!(single.table.columns[0].get(0).as_text(), Some("440106"));
    assert_eq!(single.report.notes[&Note::CodeFromId], 1);
    let bare = read_one(&files.put("e.json", point), &layer, None).unwrap();
    assert_eq!(&*bare.table.ids[0], "1");
}

#[test]
fn coordinates_that_are_wrong_are_refused_row_by_row() {
    let geometries = [
        r#"{"type":"Point","coordinates":[113]}"#,
        r#"{"type":"Point","coordinates":["a","b"]}"#,
        r#"{"type":"Point","coordinates":[[113,23]]}"#,
        r#"{"type":"Polygon","coordinates":[[[1,2],[[3,4]]]]}"#,
        r#"{"type":"Circle","coordinates":[1,2]}"#,
        r#"{"type":"Point"}"#,
        r#"[1,2]"#,
        r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#,
        r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#,
        r#"{"type":"GeometryCollection","geometries":[]}"#,
    ];
    let features =
        geometries.map(|g| format!(r#"{{"type":"Feature","properties":{{}},"geometry":{g}}}"#));
    let text = format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    );
    let imported = read_text("a.geojson", &text, &residences()).unwrap();
    assert_eq!(
        imported.report.refused.count,
        10,
        "{:?}",
        reasons(&imported)
    );
}

#[test]
fn the_word_of_the_steward_wins_over_that_of_the_file() {
    let files = Files::new();
    let with_crs = SQUARE.replacen(
        '{',
        r#"{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},"#,
        1,
    );
    let path = files.put("a.json", &with_crs);
    let carried = read_one(&path, &districts(), None).unwrap();
    assert_eq!(carried.report.files[0].crs, "EPSG:4490");
    assert_eq!(carried.source_geometries, None);
    let told = read_one(&path, &districts(), Some("GCJ-02")).unwrap();
    let file = &told.report.files[0];
    assert_eq!(
        file.crs_from,
        Some(CrsFrom::ToldAgainst("EPSG:4490".into()))
    );
    assert_eq!(
        told.source_geometries.as_deref(),
        Some(&carried.table.geometries[..])
    );
    assert_ne!(told.table.geometries, carried.table.geometries);
    let unknown = with_crs.replace("EPSG::4490", "EPSG::999");
    let error = read_one(&files.put("b.json", unknown), &districts(), None).unwrap_err();
    assert!(error.to_string().contains("--crs"), "{error}");
}

#[test]
fn polygons_are_repaired_and_listed_and_stand_for_points() {
    let bow_tie = SQUARE.replace("[114,24],[113,24]", "[113,24],[114,24]");
    let imported = read_text("a.json", &bow_tie, &districts()).unwrap();
    let repair = &imported.report.repaired.listed[0];
    assert_eq!(repair.defect, Defect::SelfCrossing);
    assert_eq!(repair.id, "440106");
    let open = SQUARE.replace(",[113,23]]]", "]]");
    let imported = read_text("b.json", &open, &districts()).unwrap();
    assert_eq!(
        imported.report.repaired.listed[0].defect,
        Defect::UnclosedRing
    );
    let imported = read_text("c.json", SQUARE, &residences()).unwrap();
    assert_eq!(imported.report.notes[&Note::PointOnSurface], 1);
    assert!(matches!(imported.table.geometries[0], Geometry::Point(_)));
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::best());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

#[test]
fn what_is_packed_is_found() {
    let files = Files::new();
    let csv = b"lon,lat\n113,23\n".as_slice();
    let other = b"lon,lat\n113,23\n114,24\n".as_slice();
    let packed = zipped(&[
        ("__MACOSX/._a.csv", b"junk"),
        ("文件夹/a.csv", csv),
        ("readme.txt", b"hello"),
    ]);
    let rows =
        |path: &Path| read_one(path, &residences(), Some("EPSG:4326")).map(|i| i.table.len());
    assert_eq!(rows(&files.put("a.csv.gz", gzipped(csv))).unwrap(), 1);
    assert_eq!(rows(&files.put("a.zip", &packed)).unwrap(), 1);
    let nested = zipped(&[("x/inner.zip", &packed), ("y/b.csv.gz", &gzipped(other))]);
    let path = files.put("b.zip", nested);
    let error = rows(&path).unwrap_err().to_string();
    assert!(error.contains("x/inner.zip, y/b.csv.gz"), "{error}");
    for (inner, count) in [
        ("y/b.csv.gz", 2),
        ("y", 2),
        ("b.csv.gz", 2),
        ("x/inner.zip", 1),
    ] {
        let path = format!("{}#{inner}", path.display());
        assert_eq!(rows(Path::new(&path)).unwrap(), count, "{inner}");
    }
    let missing = rows(Path::new(&format!("{}#z", path.display()))).unwrap_err();
    assert!(
        missing.to_string().contains("holds no file `z`"),
        "{missing}"
    );
    let empty = rows(&files.put("c.zip", zipped(&[("a.txt", b"")]))).unwrap_err();
    assert!(empty.to_string().contains("it has: a.txt"), "{empty}");
}

#[test]
fn bombs_and_strangers_are_refused() {
    let files = Files::new();
    let zeros = vec![b' '; 100 << 20];
    let bomb = files.put("a.csv.gz", gzipped(&zeros));
    let error = read_one(&bomb, &residences(), None).unwrap_err();
    assert!(matches!(error, ImportError::TooLarge { .. }), "{error}");
    for (name, bytes, hint) in [
        (
            "a.xls",
            &b"\xd0\xcf\x11\xe0\0\0\0\0"[..],
            "save it as .xlsx",
        ),
        ("a.pdf", b"%PDF-1.7", "no table"),
        ("a.csv", b"", "empty"),
        ("b.csv", b"\n\n  \n", "empty"),
        ("a.shp", b"nonsense", "damaged"),
        ("a.kml", b"<?xml?><kml/>", "none of GeoJSON"),
        ("a.json", b"{\"a\":1}", "FeatureCollection"),
        (
            "b.json",
            b"{\"type\":\"FeatureCollection\",\"features\":[",
            "GeoJSON",
        ),
        ("a.bin", b"\x01\x02\0\x03", "none of GeoJSON"),
    ] {
        let error = read_one(&files.put(name, bytes), &residences(), None).unwrap_err();
        assert!(error.to_string().contains(hint), "{name}: {error}");
    }
    let error = read_one(files.0.path(), &residences(), None).unwrap_err();
    assert!(error.to_string().contains("folder"), "{error}");
    assert!(read_one(Path::new("/no/such"), &residences(), None).is_err());
}

#[test]
fn an_import_can_be_cancelled() {
    let files = Files::new();
    let rows: String = (0..9000).map(|n| format!("{n},113,23\n")).collect();
    let path = files.put("a.csv", format!("id,lon,lat\n{rows}"));
    let mut calls = 0;
    let mut progress = |_| {
        calls += 1;
        calls < 2
    };
    let options = ReadOptions {
        crs: Some(crate::crs::Crs::WGS84),
        progress: Some(&mut progress),
        ..ReadOptions::default()
    };
    let error = read(&[path], &residences(), options).unwrap_err();
    assert!(matches!(error, ImportError::Cancelled));
}
