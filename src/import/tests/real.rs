//! Real files with real flaws; skipped where the data are not there.

use geo::{Contains, Geometry, Point, Validation};

use super::*;
use crate::{
    definitions::read_catalog,
    domain::{Language, measure::area_km2},
    import::{CrsFrom, Imported, read_totals},
};

/// A folder of the real test data.
pub(super) fn data(folder: &str) -> Option<PathBuf> {
    let home = std::env::var_os("SUITU_TEST_DATA").map(PathBuf::from);
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    let path = home.unwrap_or_else(|| beside.into()).join(folder);
    if path.is_dir() {
        Some(path)
    } else {
        eprintln!("skipped: no test data at {}", path.display());
        None
    }
}

fn built_in(id: &str) -> Layer {
    let catalog = read_catalog(None).expect("the built-in definitions hold together");
    catalog
        .layer(id)
        .expect("a built-in layer")
        .as_ref()
        .clone()
}

fn read_mapped(
    path: &str,
    layer: &Layer,
    crs: Option<&str>,
    map: &[(&str, &str)],
) -> Result<Imported, ImportError> {
    let map = map.iter().map(|(a, c)| ((*a).to_owned(), (*c).to_owned()));
    let options = ReadOptions {
        crs: crs.map(|crs| crs.parse().expect("a coordinate system")),
        map: map.collect(),
        ..ReadOptions::default()
    };
    read(&[PathBuf::from(path)], layer, options)
}

/// Every file of a folder and what is in it, in the order of names.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder that can be read")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => walk(&path, files),
            false => files.push(path),
        }
    }
}

#[test]
fn every_file_of_the_stress_set_is_read_or_refused_with_a_clear_line() {
    let Some(folder) = data("formats") else {
        return;
    };
    let mut files = Vec::new();
    walk(&folder, &mut files);
    let layer = districts();
    let points = residences();
    for path in files {
        let extension = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_gtfs = path.components().any(|c| c.as_os_str() == "gtfs");
        if is_gtfs || matches!(extension.as_str(), "shx" | "prj" | "cpg") {
            continue;
        }
        let name = path.strip_prefix(&folder).unwrap_or(&path).display();
        for layer in [&layer, &points] {
            match read_one(&path, layer, None) {
                Ok(imported) => {
                    println!("{name}: {}\n", imported.report.to_text(layer, Language::En))
                }
                Err(error) => println!("{name} [{}]: REFUSED {error}\n", layer.id),
            }
        }
    }
}

#[test]
fn the_stress_set_gives_what_its_authors_say() {
    let Some(folder) = data("formats") else {
        return;
    };
    let layer = districts();
    let read = |file: &str, crs: Option<&str>| read_one(&folder.join(file), &layer, crs);
    for file in ["countries.fgb", "countries.geojson", "countries.shp"] {
        let imported = read(&format!("flatgeobuf/{file}"), None).unwrap();
        assert_eq!(imported.table.len(), 179, "{file}");
        assert_eq!(imported.report.repaired.count, 2, "{file}");
        assert!(imported.table.geometries.iter().all(Validation::is_valid));
    }
    let refused = |file: &str, word: &str| {
        let error = read(file, None).unwrap_err().to_string();
        assert!(error.contains(word), "{file}: {error}");
    };
    refused("flatgeobuf/countries_nocrs.fgb", "--crs");
    refused("flatgeobuf/topp_states.fgb", "version");
    refused("r5/empty.geojson", "empty");
    refused("r5/too-small.geojson", "feature");
    refused("pyshp/empty_zipfile.zip", "nothing");
    refused("pyshp/blockgroups.zip", ".prj");
    let blocks = read("pyshp/blockgroups.zip", Some("EPSG:4326")).unwrap();
    assert_eq!(blocks.report.read, 663);
    assert_eq!(blocks.report.kept, 663);
    let projected = read("r5/valid-polygon-projected.gpkg", None).unwrap();
    let plain = read("r5/valid-polygon-wgs84.gpkg", None).unwrap();
    assert_eq!(projected.report.files[0].crs, "EPSG:2326");
    assert_eq!(projected.table.len(), 3);
    for (a, b) in projected
        .table
        .geometries
        .iter()
        .zip(&plain.table.geometries)
    {
        assert!((area_km2(a) / area_km2(b) - 1.0).abs() < 1e-4);
    }
    let nulls = read_one(
        &folder.join("r5/nl-null-points.shp"),
        &residences(),
        Some("EPSG:28992"),
    )
    .unwrap();
    assert_eq!((nulls.report.kept, nulls.report.refused.count), (17, 3));
}

#[test]
fn guangzhou_districts_are_repaired_and_keep_their_areas() {
    let Some(folder) = data("guangzhou") else {
        return;
    };
    let path = folder.join("boundaries/guangzhou_districts_echarts.geojson");
    let layer = built_in("districts");
    let imported = read_one(&path, &layer, Some("GCJ-02")).unwrap();
    assert_eq!(imported.table.len(), 11);
    assert_eq!(imported.report.repaired.count, 6);
    assert!(imported.table.geometries.iter().all(Validation::is_valid));
    // Computed elsewhere with the GCJ-02 coordinates left in: up to 0.5 % apart.
    let published = [
        ("440103", 62.8),
        ("440104", 33.8),
        ("440105", 91.0),
        ("440106", 136.7),
        ("440111", 664.9),
        ("440112", 481.5),
        ("440113", 520.3),
        ("440114", 969.5),
        ("440115", 841.3),
        ("440117", 1985.7),
        ("440118", 1615.8),
    ];
    let code_at = layer.attribute_index("code").unwrap();
    for (code, km2) in published {
        let row = imported
            .table
            .ids
            .iter()
            .position(|id| &**id == code)
            .unwrap();
        assert_eq!(
            imported.table.columns[code_at].get(row).as_text(),
            Some(code)
        );
        let area = area_km2(&imported.table.geometries[row]);
        assert!(
            (area / km2 - 1.0).abs() < 0.005,
            "{code}: {area} against {km2}"
        );
    }
    let tower = Point::new(113.3191, 23.1064);
    let around = |g: &Geometry<f64>| g.contains(&tower);
    let row = imported.table.geometries.iter().position(around).unwrap();
    assert_eq!(&*imported.table.ids[row], "440105");
    println!("{}", imported.report.to_text(&layer, Language::Zh));
}

#[test]
fn shanghai_reads_as_seventeen_named_districts() {
    let Some(folder) = data("shanghai") else {
        return;
    };
    let path = folder.join("boundaries/区县界_area.shp");
    let layer = built_in("districts");
    let imported = read_one(&path, &layer, None).unwrap();
    assert_eq!(imported.report.files[0].encoding, Some("GB18030"));
    let name_at = layer.attribute_index("name").unwrap();
    let names: Vec<String> = (0..imported.table.len())
        .filter_map(|row| {
            imported.table.columns[name_at]
                .get(row)
                .as_text()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(names.len(), 17);
    assert!(
        names.iter().any(|n| n == "闸北区") && names.iter().any(|n| n == "崇明县"),
        "{names:?}"
    );
    println!("{}", imported.report.to_text(&layer, Language::Zh));

    let schools = folder.join("poi/shanghai_school.csv");
    let imported = read_one(&schools, &built_in("schools"), Some("EPSG:4326")).unwrap();
    assert_eq!(imported.report.read, 6151);
    println!(
        "{}",
        imported.report.to_text(&built_in("schools"), Language::Zh)
    );
}

#[test]
fn porto_alegre_keeps_its_blank_cells_missing() {
    let Some(folder) = data("porto-alegre") else {
        return;
    };
    let path = folder.join("poa_hexgrid.csv");
    let path = path.display().to_string();
    let residences = built_in("residences");
    let map = [("usual_residents", "population")];
    let imported = read_mapped(&path, &residences, Some("EPSG:4326"), &map).unwrap();
    let sum = |imported: &Imported, id: &str| {
        let found = imported.report.sums.iter().find(|(a, _)| *a == *id);
        found.map(|(_, sum)| *sum)
    };
    assert_eq!(imported.table.len(), 1227);
    assert_eq!(sum(&imported, "usual_residents"), Some(812_935));
    let workplaces = built_in("workplaces");
    let imported = read_mapped(&path, &workplaces, Some("EPSG:4326"), &[]).unwrap();
    assert_eq!(sum(&imported, "jobs"), Some(337_921));
    let missing = imported.report.missing.iter().find(|(a, _)| *a == "jobs");
    assert_eq!(missing.map(|(_, n)| *n), Some(5));
    println!("{}", imported.report.to_text(&workplaces, Language::Zh));
}

#[test]
fn washington_blocks_and_jobs_come_from_one_archive() {
    let Some(folder) = data("washington-dc") else {
        return;
    };
    let zip = folder
        .join("dc_blocks_lodes_2021.zip")
        .display()
        .to_string();
    let communities = built_in("communities");
    let blocks = read_mapped(
        &format!("{zip}#tiger"),
        &communities,
        None,
        &[("code", "GEOID20")],
    )
    .unwrap();
    assert_eq!(blocks.report.kept, 6012);
    assert_eq!(
        blocks.report.files[0].crs_from,
        Some(CrsFrom::Carried(".prj"))
    );
    let places: std::collections::HashMap<&str, &Geometry<f64>> = blocks
        .table
        .ids
        .iter()
        .map(|id| &**id)
        .zip(&blocks.table.geometries)
        .collect();
    let locate = |key: &str| places.get(key).map(|g| (*g).clone());
    for (inner, layer, attribute, key, rows, sum) in [
        ("jobs", "workplaces", "jobs", "w_geocode", 3860, 624_377),
        (
            "workforce",
            "residences",
            "employed_residents",
            "h_geocode",
            4481,
            285_077,
        ),
    ] {
        let layer = built_in(layer);
        let options = ReadOptions {
            map: vec![(attribute.into(), "C000".into()), ("id".into(), key.into())],
            locate: Some(&locate),
            locate_key: Some(key.into()),
            ..ReadOptions::default()
        };
        let imported = read(&[format!("{zip}#{inner}").into()], &layer, options).unwrap();
        let located = imported.report.located.unwrap();
        assert_eq!((located.tried, located.matched), (rows, rows));
        assert_eq!(imported.report.sums.last().map(|(_, s)| *s), Some(sum));
        println!("{}", imported.report.to_text(&layer, Language::Zh));
    }
}

#[test]
fn leeds_and_helsinki_are_read_whole() {
    if let Some(folder) = data("leeds") {
        let path = folder.join("leeds_zones.geojson");
        let imported = read_one(&path, &districts(), None).unwrap();
        assert_eq!(
            (imported.report.kept, imported.report.repaired.count),
            (107, 0)
        );
        assert!(imported.table.ids.iter().all(|id| id.starts_with("E0200")));
    }
    if let Some(folder) = data("helsinki") {
        let path = folder.join("helsinki_population_grid_2020.gpkg");
        let imported = read_one(&path, &residences(), None).unwrap();
        assert_eq!(imported.report.kept, 92);
        assert_eq!(imported.report.sums[0].1, 71_724);
        println!("{}", imported.report.to_text(&residences(), Language::En));
    }
    if let Some(folder) = data("guangzhou") {
        let path = folder.join("guangzhou_census_2020_districts.csv");
        let options = ReadOptions {
            map: vec![("usual_residents".into(), "population_2020".into())],
            ..ReadOptions::default()
        };
        let totals = read_totals(&[path], &built_in("residences"), options).unwrap();
        assert_eq!(totals.rows.len(), 11);
        assert_eq!(totals.report.sums[0].1, 18_676_605);
    }
}
