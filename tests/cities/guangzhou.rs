//! Outlines in GCJ-02 and stations in WGS 84: right tags agree, a wrong one is noticed.

use super::*;

const DISTRICTS: &str = "guangzhou/boundaries/guangzhou_districts_echarts.geojson";
const STATIONS: &str = "guangzhou/metro/guangzhou_station_amap_wgs84.geojson";
const METRO: &str = "guangzhou/metro/guangzhou_metro_osm.geojson";

fn districts(desk: &Desk) -> Option<String> {
    let file = data(DISTRICTS)?;
    Some(desk.done(&[
        "import",
        "districts",
        text(&file),
        "--crs",
        "GCJ-02",
        "--period",
        "2020",
    ]))
}

#[test]
fn guangzhou_outlines_are_repaired_and_its_tower_lies_in_haizhu() {
    let desk = Desk::new();
    let Some(told) = districts(&desk) else {
        return;
    };
    assert!(told.contains('6') && told.contains("repaired"), "{told}");
    let Some(stations) = data(STATIONS) else {
        return;
    };
    let told = desk.done(&[
        "import",
        "stations",
        text(&stations),
        "--crs",
        "EPSG:4326",
        "--period",
        "2020",
    ]);
    assert!(!told.contains("GCJ-02 tagged"), "no false alarm: {told}");
    let found = desk.json(&["query", "search", "--q", "广州塔"]);
    let tower = found
        .as_array()
        .into_iter()
        .flatten()
        .chain(found["rows"].as_array().into_iter().flatten());
    let contexts: Vec<&str> = tower.filter_map(|row| row["context"].as_str()).collect();
    assert!(
        !contexts.is_empty() && contexts.iter().all(|c| *c == "海珠区"),
        "{found}"
    );
    desk.answers_alike_in_a_database(&[
        &["search", "--q", "广州塔"],
        &["areas", "--level", "district"],
    ]);
}

#[test]
fn stations_with_a_wrong_tag_are_noticed_by_distance_and_direction() {
    let desk = Desk::new();
    let (Some(stations), Some(metro)) = (data(STATIONS), data(METRO)) else {
        return;
    };
    let right = [
        "import",
        "stations",
        text(&stations),
        "--crs",
        "EPSG:4326",
        "--period",
        "2020",
    ];
    let told = desk.done(&right);
    assert!(!told.contains("tagged as"), "{told}");
    // The same places read as if they were shifted: 620 m away from those that are there.
    let told = desk.done(&[
        "import",
        "entrances",
        text(&metro),
        "--crs",
        "GCJ-02",
        "--period",
        "2020",
        "--dry-run",
    ]);
    assert!(told.contains("tagged as GCJ-02"), "{told}");
    assert!(told.contains("north-west"), "{told}");
    let told = desk.done(&[
        "import",
        "entrances",
        text(&metro),
        "--crs",
        "EPSG:4326",
        "--period",
        "2020",
        "--dry-run",
    ]);
    assert!(!told.contains("tagged as"), "{told}");
}

#[test]
fn published_totals_are_spread_and_kept_exactly() {
    let desk = Desk::new();
    let Some(_) = districts(&desk) else {
        return;
    };
    let Some(census) = data("guangzhou/guangzhou_census_2020_districts.csv") else {
        return;
    };
    // Homes to spread over: a few in every district, of different sizes.
    let rows = desk.json(&["query", "areas", "--level", "district"]);
    let mut csv = String::from("id,lon,lat,floor_area_m2\n");
    for row in rows["rows"].as_array().unwrap() {
        let (code, center) = (row["code"].as_str().unwrap(), &row["center"]);
        for part in 0..3 {
            let (lon, lat) = (center[0].as_f64().unwrap(), center[1].as_f64().unwrap());
            csv += &format!("{code}-{part},{lon},{lat},{}\n", 1000 * (part + 1) + 7);
        }
    }
    std::fs::write(desk.path("homes.csv"), csv).unwrap();
    desk.done(&[
        "import",
        "residences",
        "homes.csv",
        "--crs",
        "EPSG:4490",
        "--period",
        "2020",
    ]);
    let told = desk.done(&[
        "import",
        "residences",
        text(&census),
        "--spread",
        "district",
        "--weight",
        "floor_area_m2",
        "--map",
        "code=adcode",
        "--map",
        "usual_residents=population_2020",
        "--period",
        "2020",
        "--update",
        "--source",
        "seventh census",
    ]);
    assert!(told.replace(',', "").contains("18676605"), "{told}");
    let found = desk.json(&["query", "balance", "--level", "district"]);
    assert_eq!(found["totals"]["usual_residents"], 18_676_605);
    let tianhe = found["rows"].as_array().unwrap().iter();
    let tianhe = tianhe.clone().find(|row| row["code"] == "440106").unwrap();
    assert_eq!(tianhe["usual_residents"], 2_241_826);
    let estimated = found["provenance"]["inputs"].to_string();
    assert!(
        estimated.contains("usual_residents"),
        "marked as estimates: {estimated}"
    );
}
