//! Gaps of the demonstration city through the commands, held against sums over its exported layers.

use std::collections::BTreeMap;

use super::*;

/// The features of a layer as GeoJSON properties.
fn features(desk: &Desk, layer: &str) -> Vec<Json> {
    let file = format!("{layer}.geojson");
    desk.done(&["export", layer, "--out", &file]);
    let bytes = std::fs::read(desk.path(&file)).unwrap();
    let mut collection: Json = serde_json::from_slice(&bytes).unwrap();
    let features = collection["features"].as_array_mut().unwrap();
    features
        .iter_mut()
        .map(|feature| feature["properties"].take())
        .collect()
}

/// The sum of some counts by district, over the features that are meant.
fn sums(
    features: &[Json],
    counts: &[&str],
    is_meant: impl Fn(&Json) -> bool,
) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for feature in features.iter().filter(|feature| is_meant(feature)) {
        let district = feature["district_code"].as_str().unwrap().to_owned();
        let values = counts.iter().map(|count| feature[*count].as_i64().unwrap());
        *sums.entry(district).or_default() += values.sum::<i64>();
    }
    sums
}

#[test]
fn the_gaps_of_the_demonstration_city_are_the_sums_of_its_layers() {
    let desk = Desk::new();
    desk.done(&["demo", "--residences", "3000"]);
    let homes = features(&desk, "residences");
    let schools = features(&desk, "schools");
    let care = features(&desk, "elderly_care");
    let found = desk.json(&["query", "gaps", "--level", "district"]);
    let rows = found["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 11 * 11);
    let children = sums(&homes, &["age_6_11"], |_| true);
    let primary = |school: &Json| {
        matches!(
            school["kind"].as_str(),
            Some("primary" | "nine_year" | "twelve_year")
        )
    };
    let seats = sums(&schools, &["seats_primary"], primary);
    let elderly = sums(&homes, &["age_60_64", "age_65_79", "age_80_plus"], |_| true);
    let beds = sums(&care, &["beds"], |_| true);
    let of = |sums: &BTreeMap<String, i64>, code: &str| sums.get(code).copied().unwrap_or(0);
    for row in rows {
        let code = row["code"].as_str().unwrap();
        let number = |key: &str| row[key].as_i64().unwrap();
        match row["service"].as_str().unwrap() {
            "primary_school" => {
                let (children, seats) = (of(&children, code), of(&seats, code));
                assert_eq!((number("required"), number("capacity")), (children, seats));
                assert_eq!(number("shortfall"), (children - seats).max(0));
                assert_eq!(number("surplus"), (seats - children).max(0));
                let fulfilment = row["fulfilment"].as_f64().unwrap();
                assert!((fulfilment - seats as f64 / children as f64).abs() < 1e-12);
                // Streets are longer than the line, but the walk of ten minutes is longer too.
                assert!(row["network_share_covered"].as_f64().is_some());
            }
            "elderly_beds" => {
                let required = (of(&elderly, code) as f64 * 0.04).round() as i64;
                assert_eq!(
                    (number("required"), number("capacity")),
                    (required, of(&beds, code))
                );
            }
            "parks" => assert_eq!(row["reason"], "set_by_city"),
            _ => {}
        }
    }
    for total in found["totals"].as_array().unwrap() {
        let of_service = rows.iter().filter(|row| row["service"] == total["service"]);
        for key in [
            "facilities",
            "capacity",
            "demand",
            "required",
            "shortfall",
            "surplus",
            "straight_covered",
            "network_covered",
        ] {
            let parts = of_service.clone().filter_map(|row| row[key].as_i64());
            let any = of_service.clone().any(|row| row[key].is_i64());
            assert_eq!(
                total[key].as_i64(),
                any.then(|| parts.sum()),
                "{key} of {}",
                total["service"]
            );
        }
    }
    // Blind spots hold every one of the uncovered.
    let row = rows
        .iter()
        .find(|row| row["service"] == "primary_school")
        .unwrap();
    let code = row["code"].as_str().unwrap();
    let spots = desk.json(&[
        "query",
        "blind_spots",
        "--service",
        "primary_school",
        "--level",
        "district",
        "--area",
        code,
    ]);
    let people = spots["features"].as_array().unwrap().iter();
    let people: i64 = people
        .map(|spot| spot["properties"]["uncovered"].as_i64().unwrap())
        .sum();
    assert_eq!(row["straight_uncovered"], people);
    // School by school, each child once.
    let places = desk.json(&["query", "school_places", "--services", "primary_school"]);
    let total = &places["totals"][0];
    let all =
        total["children_nearest"].as_i64().unwrap() + total["children_beyond"].as_i64().unwrap();
    assert_eq!(all, children.values().sum::<i64>());
}

#[test]
fn a_city_imports_norms_of_its_own_and_refuses_wrong_ones() {
    let desk = Desk::new();
    desk.done(&["demo", "--residences", "1000"]);
    desk.done(&["template", "norms", "--out", "norms.toml"]);
    let text = std::fs::read_to_string(desk.path("norms.toml")).unwrap();
    assert!(text.contains("# The best band first"), "comments stay");
    let required = |desk: &Desk| {
        let found = desk.json(&[
            "query",
            "gaps",
            "--level",
            "city",
            "--services",
            "hospital_beds",
        ]);
        found["totals"][0]["required"].as_i64().unwrap()
    };
    let before = required(&desk);
    std::fs::write(
        desk.path("norms.toml"),
        text.replace("value = 6.2", "value = 12.4"),
    )
    .unwrap();
    let told = desk.done(&["import", "norms", "norms.toml"]);
    assert!(told.contains("public_services: Public services"), "{told}");
    assert!((required(&desk) - 2 * before).abs() <= 1);
    std::fs::write(
        desk.path("wrong.toml"),
        text.replace("value = 6.2, unit = \"per_1000\"", "value = 6.2"),
    )
    .unwrap();
    let refused = desk.refused(&["import", "norms", "wrong.toml"]);
    assert!(
        refused
            .contains("wrong.toml: item `hospital_beds`, provision.unit: is missing; write one of"),
        "{refused}"
    );
    assert!((required(&desk) - 2 * before).abs() <= 1);
    let unknown = desk.refused(&["template", "norms", "gb_1", "--out", "x.toml"]);
    assert!(
        unknown.contains("gb_50180_2018, public_services, td_t_1063_2021"),
        "{unknown}"
    );
}
