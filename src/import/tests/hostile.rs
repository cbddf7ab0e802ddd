//! Bytes from anywhere: whatever comes in, an answer comes out.

use proptest::prelude::*;

use super::*;

/// Damages real files: cut off, bytes changed.
fn damaged(bytes: &[u8], cut: usize, changes: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, value) in changes {
        let at = at % bytes.len();
        bytes[at] = *value;
    }
    bytes.truncate(bytes.len() - cut % bytes.len() / 2);
    bytes
}

fn try_all(name: &str, bytes: &[u8]) {
    let files = Files::new();
    let path = files.put(name, bytes);
    for layer in [residences(), districts()] {
        let _ = read_one(&path, &layer, Some("EPSG:4326"));
        let _ = read_one(&path, &layer, None);
    }
}

const EXTENSIONS: [&str; 10] = [
    "csv", "json", "geojsonl", "fgb", "gpkg", "shp", "dbf", "xlsx", "zip", "gz",
];

const STARTS: [&[u8]; 8] = [
    b"",
    b"fgb\x03fgb\x00",
    b"SQLite format 3\0",
    b"\0\0\x27\x0a",
    b"PK\x03\x04",
    b"\x1f\x8b\x08\x00",
    b"{\"type\":\"FeatureCollection\",\"features\":[",
    b"lon,lat\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes_never_panic(
        extension in prop::sample::select(&EXTENSIONS[..]),
        start in prop::sample::select(&STARTS[..]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        try_all(&format!("a.{extension}"), &[start, &bytes].concat());
    }

    #[test]
    fn random_json_never_panics(text in r#"[\[\]{}:,"a-z0-9.\- \n]{0,120}"#) {
        let text = format!(r#"{{"type":"FeatureCollection","features":[{text}]}}"#);
        try_all("a.json", text.as_bytes());
    }

    #[test]
    fn damaged_files_never_panic(
        cut in 0usize..4000, changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..6)
    ) {
        let Some(folder) = super::real::data("formats") else {
            return Ok(());
        };
        for file in [
            "flatgeobuf/alldatatypes.fgb",
            "flatgeobuf/heterogeneous.fgb",
            "r5/valid-polygon-wgs84.gpkg",
            "r5/nl-null-points.shp",
            "r5/nl-null-points.dbf",
            "pyshp/empty_zipfile.zip",
        ] {
            let bytes = std::fs::read(folder.join(file)).expect("a file of the test data");
            let name = file.rsplit('/').next().expect("a name");
            try_all(name, &damaged(&bytes, cut, &changes));
        }
    }
}
