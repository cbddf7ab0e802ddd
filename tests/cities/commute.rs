//! Commuting in the demonstration city, by streets, timetable and a matrix brought from elsewhere.

use std::collections::BTreeMap;

use super::*;

/// Minutes that a made-up model gives from one district to another.
fn minutes(from: usize, to: usize) -> i64 {
    8 + 7 * from.abs_diff(to) as i64 + (from as i64 * 3 + to as i64) % 5
}

fn number(json: &Json) -> f64 {
    json.as_f64().expect("a number")
}

#[test]
fn a_matrix_is_what_commutes_are_measured_by() {
    let desk = Desk::new();
    desk.done(&["demo", "--residences", "3000"]);
    let commute = desk.json(&["query", "commute", "--level", "district"]);
    let codes: BTreeMap<&str, usize> = commute["rows"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(zone, row)| (row["code"].as_str().unwrap(), zone))
        .collect();
    let lines = desk.json(&["query", "flows", "--level", "district", "--limit", "1000"]);
    // Commuters by pair: lines between districts, and who stays within one.
    let mut pairs: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for line in lines["rows"].as_array().unwrap() {
        let zone = |key: &str| codes[line[key].as_str().unwrap()];
        let pair = (zone("origin_code"), zone("destination_code"));
        pairs.insert(pair, line["commuters"].as_i64().unwrap());
    }
    for row in commute["rows"].as_array().unwrap() {
        let zone = codes[row["code"].as_str().unwrap()];
        pairs.insert((zone, zone), row["inside"].as_i64().unwrap());
    }

    // The model knows nothing of ways from the last district to the first.
    let lost = (codes.len() - 1, 0);
    let mut file = String::from("from,to,minutes\n");
    for (from, origin) in &codes {
        for (to, destination) in &codes {
            if (*origin, *destination) != lost {
                file += &format!("{from},{to},{}\n", minutes(*origin, *destination));
            }
        }
    }
    std::fs::write(desk.path("model.csv"), file).unwrap();
    let layers = ["--from-layer", "districts", "--to-layer", "districts"];
    desk.done(&[&["import", "matrix", "model", "model.csv"][..], &layers].concat());
    let ask = ["query", "commute", "--level", "district", "--cost"];
    let found = desk.json(&[&ask[..], &["matrix:model"]].concat());
    let totals = &found["totals"];
    assert_eq!(found["query"]["intrazonal"], "given");
    assert_eq!(totals["without_way"], pairs[&lost]);
    let known = || pairs.iter().filter(|(pair, _)| **pair != lost);
    let commuters: i64 = known().map(|(_, count)| count).sum();
    let travelled: i64 = known().map(|((o, d), count)| minutes(*o, *d) * count).sum();
    let mean = travelled as f64 / commuters as f64;
    assert!(
        (number(&totals["observed_commute"]) - mean).abs() < 1e-6,
        "{totals}"
    );
    let soon: i64 = known()
        .filter(|((o, d), _)| minutes(*o, *d) <= 45)
        .map(|(_, count)| count)
        .sum();
    let share = number(&totals["share_within_45_min"]);
    assert!((share - soon as f64 / commuters as f64).abs() < 1e-9);
    assert!(number(&totals["minimum_commute"]) < mean);
    assert!(mean < number(&totals["maximum_commute"]));

    // A matrix of other places is refused, not taken for places without ways.
    let file = "from,to,minutes\n440106001,440106002,9\n";
    std::fs::write(desk.path("streets.csv"), file).unwrap();
    let layers = ["--from-layer", "subdistricts", "--to-layer", "subdistricts"];
    desk.done(&[&["import", "matrix", "other", "streets.csv"][..], &layers].concat());
    let told = desk.refused(&[&ask[..], &["matrix:other"]].concat());
    assert!(told.contains("holds times from subdistricts"), "{told}");
}

#[test]
fn timetables_and_streets_measure_commutes() {
    let desk = Desk::new();
    desk.done(&["demo", "--residences", "3000"]);
    let ask = ["query", "commute", "--level", "district", "--cost"];
    let by = |more: &[&str]| desk.json(&[&ask[..], more].concat())["totals"].clone();
    let (car, transit) = (
        by(&["car"]),
        by(&["transit", "--departure", "2020-11-02,08:00"]),
    );
    for totals in [&car, &transit] {
        assert_eq!(totals["unit"], "min");
        // Within a district it may take longer than the band: then there is no share, and a reason.
        let band = (&totals["share_within_45_min"], &totals["reason"]);
        assert!(
            (band.0.is_number() && band.1.is_null())
                || (band.0.is_null() && band.1 == "areas_too_large"),
            "{totals}"
        );
        let (least, own, most) = (
            number(&totals["minimum_commute"]),
            number(&totals["observed_commute"]),
            number(&totals["maximum_commute"]),
        );
        assert!(least < own && own < most, "{totals}");
        let share = (own - least) / own;
        assert!((number(&totals["excess_share"]) - share).abs() < 1e-9);
    }
    // Everybody can drive within the city; by metro and on foot it takes longer.
    assert_eq!(car["without_way"], 0);
    assert!(number(&transit["observed_commute"]) > number(&car["observed_commute"]));
    assert_eq!(car["commuters"], transit["commuters"]);
    // Without a departure nobody knows which trains run.
    let told = desk.refused(&[&ask[..], &["transit"]].concat());
    assert!(told.contains("departure"), "{told}");
}
