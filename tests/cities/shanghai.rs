//! A Shapefile in GBK without a word about it, and places that say their own district.

use super::*;

/// The name since 2015 and 2016 of a district in the older outlines.
fn today(name: &str) -> &str {
    match name {
        "闸北区" => "静安区",
        "崇明县" => "崇明区",
        other => other,
    }
}

#[test]
fn shanghai_places_lie_in_the_district_that_they_name() {
    let Some(outlines) = data("shanghai/boundaries/区县界_area.shp") else {
        return;
    };
    let desk = Desk::new();
    desk.done(&[
        "import",
        "districts",
        text(&outlines),
        "--period",
        "2010",
        "--map",
        "code=ADMINCODE",
    ]);
    let rows = desk.json(&["query", "areas", "--level", "district"]);
    let names: std::collections::HashMap<&str, &str> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["code"].as_str().unwrap(), row["name"].as_str().unwrap()))
        .collect();
    assert_eq!(names.len(), 17);
    assert!(names.values().any(|name| *name == "闸北区"));

    let (mut all, mut same) = (0, 0);
    for (layer, file) in [
        ("schools", "shanghai/poi/shanghai_school.csv"),
        ("clinics", "shanghai/poi/shanghai_hospital.csv"),
    ] {
        let Some(file) = data(file) else { return };
        // The district that each place says, row by row.
        let mut reader = csv::Reader::from_path(&file).unwrap();
        let headings = reader.headers().unwrap().clone();
        let at = headings.iter().position(|h| h == "adname").unwrap();
        let said: Vec<String> = reader
            .records()
            .map(|r| r.unwrap()[at].to_owned())
            .collect();
        desk.done(&[
            "import",
            layer,
            text(&file),
            "--crs",
            "EPSG:4326",
            "--period",
            "2010",
        ]);
        desk.done(&["export", layer, "--out", "places.geojson"]);
        let bytes = std::fs::read(desk.path("places.geojson")).unwrap();
        let places: Json = serde_json::from_slice(&bytes).unwrap();
        for place in places["features"].as_array().unwrap() {
            // Rows without an id are numbered as they come.
            let row: usize = place["id"].as_str().unwrap().parse().unwrap();
            let code = place["properties"]["district_code"].as_str();
            let named = code.and_then(|code| names.get(code)).copied().map(today);
            all += 1;
            same += usize::from(named == Some(said[row - 1].as_str()));
        }
    }
    assert_eq!(all, 13_664);
    let share = same as f64 / all as f64;
    println!("{same} of {all}: {share:.4}");
    assert!(share >= 0.969, "{share}");
}
