//! A file of any format, as one of points and one of areas: rows, or a refusal in words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use suitu::{
    domain::Language,
    import::{ReadOptions, read},
};
use suitu_fuzz::{Folder, chosen, layer, only_own_panics_are_faults};

const EXTENSIONS: [&str; 10] = [
    "csv", "json", "geojsonl", "fgb", "gpkg", "shp", "dbf", "xlsx", "zip", "gz",
];

fuzz_target!(init: only_own_panics_are_faults(), |bytes: &[u8]| {
    let Some((extension, bytes)) = chosen(bytes, &EXTENSIONS) else {
        return;
    };
    let Some((known, bytes)) = chosen(bytes, &[true, false]) else {
        return;
    };
    let folder = Folder::new();
    let path = folder.put(&format!("a.{extension}"), bytes);
    for id in ["residences", "districts"] {
        let options = ReadOptions {
            crs: known.then(|| "EPSG:4490".parse().expect("a known system")),
            ..ReadOptions::default()
        };
        let layer = layer(id);
        match read(std::slice::from_ref(&path), &layer, options) {
            Ok(imported) => {
                let table = &imported.table;
                assert_eq!(table.ids.len(), table.geometries.len());
                assert!(!imported.report.to_text(&layer, Language::Zh).is_empty());
            }
            Err(refused) => assert!(!refused.to_string().is_empty()),
        }
    }
});
