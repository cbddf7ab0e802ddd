//! A scenario beside its base: what differs and what does not.

use std::sync::Arc;

use super::*;

#[test]
fn what_is_not_touched_is_shared_and_differs_by_exactly_zero() {
    let base = Model::new().city();
    let (lon, lat) = at(500.0, 500.0);
    let values = json!({"seats_primary": 900, "name": "新校"});
    let add = json!({"kind": "add", "layer": "schools", "lon": lon, "lat": lat, "values": values});
    let scenario = after(&base, &[add]);
    for layer in ["residences", "workplaces", "districts"] {
        let (a, b) = (
            base.layer(layer, None).unwrap(),
            scenario.layer(layer, None).unwrap(),
        );
        assert!(Arc::ptr_eq(a, b), "{layer}");
    }
    assert!(std::ptr::eq(base.areas(), scenario.areas()));
    let limits = Limits::generous();
    let balance = question(
        "balance",
        json!({"level": "district", "catchment_m": 500.0}),
    );
    let same = compare([&base, &scenario], &balance, Language::En, false, &limits).unwrap();
    assert_eq!(same.rows.len(), 2);
    for row in same.rows.iter().chain(&same.totals) {
        assert!(!is_changed(row), "{row:?}");
        let differences = row.iter().filter(|(key, _)| key.starts_with("difference."));
        let numbers: Vec<&Json> = differences
            .map(|(_, v)| v)
            .filter(|v| !v.is_null())
            .collect();
        assert!(
            numbers.len() > 5 && numbers.iter().all(|n| n.as_f64() == Some(0.0)),
            "{row:?}"
        );
    }
    let changed = compare([&base, &scenario], &balance, Language::En, true, &limits).unwrap();
    assert!(changed.rows.is_empty());
    let reached = question(
        "coverage",
        json!({"layer": "schools", "cutoff": 400.0, "level": "district"}),
    );
    let found = compare([&base, &scenario], &reached, Language::En, false, &limits).unwrap();
    let of = |row: &Row, key: &str| row[key].as_i64().expect("a count");
    let total = &found.totals[0];
    assert!(of(total, "difference.covered") > 0);
    assert_eq!(
        of(total, "scenario.covered") - of(total, "base.covered"),
        of(total, "difference.covered")
    );
    let rows: i64 = found
        .rows
        .iter()
        .map(|row| of(row, "difference.covered"))
        .sum();
    assert_eq!(rows, of(total, "difference.covered"));
    let features = question("statistics", rectangle(0.0, 0.0, 2000.0, 1000.0));
    let found = compare([&base, &scenario], &features, Language::Zh, true, &limits).unwrap();
    assert_eq!(found.rows[0]["difference.value"], 900);
    assert_eq!(found.totals[0]["difference.schools.features"], 1);
}

#[test]
fn gaps_blind_spots_sites_and_classes_are_compared_and_nothing_changed_is_exactly_zero() {
    let base = Model::new().city();
    let (lon, lat) = at(100.0, 300.0);
    let add = json!({"kind": "add", "layer": "schools", "lon": lon, "lat": lat,
        "values": {"kind": "primary", "seats_primary": 500}});
    let young = json!({"kind": "add", "layer": "kindergartens", "lon": lon, "lat": lat, "values": {"seats": 90}});
    let work = json!({"kind": "add", "layer": "workplaces", "lon": lon, "lat": lat, "values": {"jobs": 9}});
    let (scenario, other) = (after(&base, &[add, young]), after(&base, &[work]));
    let limits = Limits::generous();
    let asked = [
        (
            "gaps",
            json!({"level": "district", "services": "primary_school"}),
        ),
        (
            "blind_spots",
            json!({"level": "district", "service": "primary_school"}),
        ),
        ("zoning", json!({"level": "district"})),
        (
            "siting",
            json!({"layer": "schools", "objective": "cover", "sites": 2, "cutoff": 300,
                "candidates": {"grid_m": 500}}),
        ),
    ];
    for (name, json) in asked {
        let question = question(name, json);
        let ask = |scenario: &City| {
            compare([&base, scenario], &question, Language::Zh, false, &limits).expect(name)
        };
        // Another layer's edit changes nothing of it.
        let same = ask(&other);
        assert!(!same.rows.is_empty(), "{name}");
        for row in same.rows.iter().chain(&same.totals) {
            assert!(!is_changed(row), "{name}: {row:?}");
            let mut differences = row.iter().filter(|(key, _)| key.starts_with("difference."));
            assert!(
                differences.all(|(_, v)| v.is_null() || v.as_f64() == Some(0.0)),
                "{name}: {row:?}"
            );
        }
        let changed = ask(&scenario);
        let is_changed = changed.rows.iter().chain(&changed.totals).any(is_changed);
        assert!(is_changed, "{name}");
    }
    let gaps = question(
        "gaps",
        json!({"level": "district", "services": "primary_school"}),
    );
    let found = compare([&base, &scenario], &gaps, Language::Zh, true, &limits).expect("gaps");
    assert_eq!(found.rows.len(), 1, "only the district of the school");
    assert_eq!(found.rows[0]["difference.capacity"], 500);
    assert_eq!(found.totals[0]["difference.facilities"], 1);
    let zoning = question("zoning", json!({"level": "district"}));
    let found =
        compare([&base, &scenario], &zoning, Language::Zh, false, &limits).expect("classes");
    assert!(
        found.rows[0].contains_key("base.class") && found.rows[0].contains_key("scenario.class")
    );
}
