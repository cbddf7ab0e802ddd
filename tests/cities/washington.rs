//! Blocks and the jobs and workers of blocks, joined by key.

use serde_json::json;

use super::*;

#[test]
fn washington_has_two_jobs_for_a_resident_worker() {
    let Some(archive) = data("washington-dc/dc_blocks_lodes_2021.zip") else {
        return;
    };
    let desk = Desk::new();
    let inside = |file: &str| format!("{}#{file}", text(&archive));
    let told = desk.done(&[
        "import",
        "communities",
        &inside("tiger/tl_2021_11_tabblock20.shp"),
        "--crs",
        "EPSG:4269",
        "--map",
        "code=GEOID20",
        "--period",
        "2021",
    ]);
    assert!(told.contains("6,012") || told.contains("6012"), "{told}");
    for (layer, file, attribute, id, rows) in [
        (
            "workplaces",
            "jobs/DC_2021_wac.csv.gz",
            "jobs=C000",
            "w_geocode",
            3860,
        ),
        (
            "residences",
            "workforce/DC_2021_rac.csv.gz",
            "employed_residents=C000",
            "h_geocode",
            4481,
        ),
    ] {
        let told = desk.done(&[
            "import",
            layer,
            &inside(file),
            "--map",
            attribute,
            "--map",
            &format!("id={id}"),
            "--locate",
            "communities",
            "--key",
            id,
            "--period",
            "2021",
        ]);
        assert!(told.contains("100"), "the match rate: {told}");
        assert!(told.replace(',', "").contains(&rows.to_string()), "{told}");
    }

    let city = desk.json(&["query", "balance", "--level", "city"]);
    assert_eq!(city["totals"]["jobs"], 624_377);
    assert_eq!(city["totals"]["employed_residents"], 285_077);
    let ratio = city["totals"]["jobs_per_employed_resident"]
        .as_f64()
        .unwrap();
    assert!((ratio - 624_377.0 / 285_077.0).abs() < 1e-12);

    // Blocks without a row have no jobs, not unknown ones; every block is listed.
    let blocks = desk.json(&["query", "balance", "--level", "community"]);
    let rows = blocks["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6012);
    let sum = |key: &str| rows.iter().filter_map(|row| row[key].as_i64()).sum::<i64>();
    assert_eq!((sum("jobs"), sum("employed_residents")), (624_377, 285_077));
    let with = |key: &str| {
        rows.iter()
            .filter(|row| row[key].as_i64() > Some(0))
            .count()
    };
    assert_eq!((with("jobs"), with("employed_residents")), (3860, 4481));
    let nobody = rows.iter().filter(|row| row["employed_residents"] == 0);
    for row in nobody {
        assert!(row["jobs_per_employed_resident"].is_null(), "{row}");
        assert!(row["reason"].is_string(), "{row}");
    }

    // A polygon around everything holds the totals.
    let question = json!({"geometry": {"type": "Polygon", "coordinates":
        [[[-77.2, 38.7], [-76.8, 38.7], [-76.8, 39.1], [-77.2, 39.1], [-77.2, 38.7]]]}});
    std::fs::write(desk.path("whole.json"), question.to_string()).unwrap();
    let whole = desk.json(&["query", "statistics", "--json", "whole.json"]);
    let value = |attribute: &str| {
        let rows = whole["rows"].as_array().unwrap().iter();
        let mut found = rows.filter(|row| row["attribute"] == attribute);
        found.next().expect("a row")["value"].as_i64().unwrap()
    };
    assert_eq!(value("jobs"), 624_377);
    assert_eq!(value("employed_residents"), 285_077);
    desk.answers_alike_in_a_database(&[
        &["balance", "--level", "community"],
        &["statistics", "--json", "whole.json"],
    ]);
}
