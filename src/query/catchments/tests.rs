use std::collections::{BTreeMap, BTreeSet};

use geo::Point;
use proptest::prelude::*;

use super::*;
use crate::{
    domain::measure::distance_m,
    query::test_city::{TestCity, at},
};

fn ask(city: &City, question: serde_json::Value) -> Catchments {
    let question = serde_json::from_value(question).expect("a question");
    catchments(city, &question, &Limits::generous()).expect("an answer")
}

fn refused(city: &City, question: serde_json::Value) -> String {
    let question = match serde_json::from_value(question) {
        Ok(question) => question,
        Err(error) => return error.to_string(),
    };
    let answer = catchments(city, &question, &Limits::generous());
    answer.expect_err("a refusal").to_string()
}

const PEOPLE: &str = "residences.usual_residents";

/// Two stations 1,000 m apart with homes around them; the first has two entrances 200 m to either
/// side and a third one that is not open yet.
fn two_stations() -> TestCity {
    TestCity::new()
        .with(
            "residences",
            &[
                ("a", (0.0, 0.0), &[("usual_residents", "10")]),
                ("b", (300.0, 0.0), &[("usual_residents", "20")]),
                ("c", (490.0, 0.0), &[("usual_residents", "40")]),
                ("d", (900.0, 0.0), &[("usual_residents", "80")]),
                ("e", (300.0, 60.0), &[]),
            ],
        )
        .with(
            "stations",
            &[
                ("s1", (0.0, 0.0), &[("name", "甲"), ("lines", "1/GF")]),
                ("s2", (1000.0, 0.0), &[("name", "乙"), ("lines", "GF")]),
                (
                    "s3",
                    (9000.0, 0.0),
                    &[("lines", "2"), ("status", "planned")],
                ),
            ],
        )
}

fn entrances(city: TestCity) -> TestCity {
    city.with(
        "entrances",
        &[
            ("A", (-200.0, 0.0), &[("station", "s1")]),
            ("B", (200.0, 0.0), &[("station", "s1"), ("status", "open")]),
            (
                "C",
                (990.0, 0.0),
                &[("station", "s1"), ("status", "building")],
            ),
        ],
    )
}

#[test]
fn a_station_starts_from_its_entrances_and_says_how_many() {
    let question = json!({"origins": [{"layer": "stations", "id": "s1"}], "cutoffs": [150]});
    let plain = ask(&two_stations().build(), question.clone());
    assert_eq!(plain.catchments[0].totals[PEOPLE], 10);
    assert_eq!(plain.catchments[0].origin.entrances, None);
    let city = entrances(two_stations()).build();
    let found = ask(&city, question);
    assert_eq!(found.catchments[0].totals[PEOPLE], 20);
    assert_eq!(found.catchments[0].totals["residences.features"], 2);
    assert_eq!(found.catchments[0].origin.entrances, Some(2));
    assert_eq!(found.left_out.0[PEOPLE].missing, 1);
}

#[test]
fn on_foot_the_nearest_entrance_counts_and_never_beats_the_straight_line() {
    let city = entrances(two_stations())
        .with_raster_of_streets(12, 100.0)
        .build();
    let question = |mode: &str| json!({"origins": [{"layer": "stations"}], "mode": mode, "cutoffs": [101, 150, 301, 505]});
    let (straight, walk) = (
        ask(&city, question("straight")),
        ask(&city, question("walk")),
    );
    for (straight, walk) in straight.catchments.iter().zip(&walk.catchments) {
        assert!(walk.totals[PEOPLE].as_i64() <= straight.totals[PEOPLE].as_i64());
    }
    // The entrance at 200 m is 290 m along the street from the home at 490 m.
    let people = |n: usize| walk.catchments[n].totals[PEOPLE].clone();
    assert_eq!([0, 1, 2].map(people), [json!(20), json!(20), json!(70)]);
}

#[test]
fn far_from_any_street_there_is_no_shape_and_none_that_is_empty() {
    let city = two_stations().with_raster_of_streets(11, 100.0).build();
    let question = json!({"origins": [{"lon": 113.9, "lat": 23.9}, {"layer": "stations", "id": "s1"}],
        "mode": "walk", "cutoffs": [300, 300, 150], "geometry": true});
    let found = ask(&city, question);
    // What is said twice is asked once.
    let cutoffs: Vec<f64> = found.catchments.iter().map(|c| c.cutoff).collect();
    assert_eq!(cutoffs, [300.0, 150.0, 300.0, 150.0]);
    let shapes = found.catchments.iter().map(|c| c.geometry.is_some());
    assert_eq!(shapes.collect::<Vec<_>>(), [false, false, true, true]);
    let written = crate::query::catchments_to_geojson(&found, crate::domain::Language::En);
    let shapes = |n: usize| written["features"][n]["geometry"]["type"].as_str();
    assert_eq!(
        (shapes(0), shapes(2), shapes(4)),
        (None, Some("Polygon"), Some("Polygon"))
    );
    let mut minutes =
        json!({"origins": [{"layer": "stations", "id": "s1"}], "mode": "walk", "unit": "min"});
    minutes["cutoffs"] = json!([700]);
    // The greatest that is named can be asked.
    let problem = refused(&city, minutes.clone());
    assert!(problem.contains("at most 666 min"), "{problem}");
    minutes["cutoffs"] = json!([666]);
    ask(&city, minutes);
}

#[test]
fn a_line_is_all_of_its_stations_each_once() {
    let city = two_stations().build();
    let ids = |origins: serde_json::Value| -> Vec<Option<String>> {
        let found = ask(&city, json!({"origins": origins, "cutoffs": [100]}));
        found.catchments.into_iter().map(|c| c.origin.id).collect()
    };
    let some = |ids: &[&str]| -> Vec<Option<String>> {
        ids.iter().map(|id| Some((*id).to_owned())).collect()
    };
    assert_eq!(
        ids(json!([{"layer": "stations", "line": "GF"}])),
        some(&["s1", "s2"])
    );
    assert_eq!(
        ids(json!([{"layer": "stations", "line": "1号线"}])),
        some(&["s1"])
    );
    let both = json!([{"layer": "stations", "line": "gf"}, {"layer": "stations", "id": "s1"}]);
    assert_eq!(ids(both), some(&["s1", "s2"]));
    // What is only planned counts where it is asked for.
    assert_eq!(ids(json!([{"layer": "stations"}])), some(&["s1", "s2"]));
    let planned = json!([{"layer": "stations", "status": "planned"}]);
    assert_eq!(ids(planned), some(&["s3"]));
    let all = json!([{"layer": "stations", "status": "any"}]);
    assert_eq!(ids(all), some(&["s1", "s2", "s3"]));
}

#[test]
fn what_is_asked_wrongly_is_refused_with_a_remedy() {
    let city = two_stations().build();
    for (origins, told) in [
        (json!([]), "give 1 to 1000"),
        (json!([{"layer": "stations", "line": "9"}]), "1, 2, GF"),
        (
            json!([{"layer": "residences", "line": "9"}]),
            "says which line",
        ),
        (json!([{"layer": "nothing"}]), "no layer `nothing`"),
        (
            json!([{"layer": "stations", "id": "s9"}]),
            "no feature `s9`",
        ),
        (json!([{"layer": "stations", "lines": "1"}]), "lines"),
        (json!([{"lon": 113}]), "an origin is"),
    ] {
        let problem = refused(&city, json!({"origins": origins, "cutoffs": [100]}));
        assert!(problem.contains(told), "{problem}");
    }
    let origins = json!([{"layer": "stations"}]);
    let problem = refused(&city, json!({"origins": origins, "cutoffs": [0]}));
    assert!(problem.contains("cutoffs: more than 0"), "{problem}");
    let problem = refused(
        &city,
        json!({"origins": origins, "cutoffs": [9], "caliber": "x"}),
    );
    assert!(problem.contains("population attribute `x`"), "{problem}");
}

#[test]
fn overlap_is_what_both_reach_of_what_either_reaches() {
    let city = two_stations().build();
    let question = json!({"origins": [{"layer": "stations"}], "cutoffs": [690, 1], "overlaps": true, "nearest": true});
    let found = ask(&city, question);
    let overlaps = found.overlaps.expect("asked for");
    // Within 690 m: s1 a, b, c; s2 c, d.
    let [ref only] = overlaps[..] else {
        panic!("{overlaps:?}")
    };
    assert_eq!(
        (only.a.as_str(), only.b.as_str(), only.cutoff),
        ("s1", "s2", 690.0)
    );
    assert_eq!(
        (only.residents, only.share_overlap),
        (Some(40), Some(40.0 / 150.0))
    );
    // c is nearer to the first.
    let nearest =
        |n: usize| found.catchments[n].nearest.as_ref().expect("asked for")[PEOPLE].clone();
    assert_eq!((nearest(0), nearest(2)), (json!(70), json!(80)));
    let multiplicity = found.union[0].multiplicity.expect("somebody");
    assert!((multiplicity - 190.0 / 150.0).abs() < 1e-12);
}

/// Homes and origins in metres; the raster makes equal distances common.
fn spots(most: usize) -> impl Strategy<Value = Vec<(f64, f64)>> {
    let step = || (0..12i32).prop_map(|n| f64::from(n) * 100.0);
    prop::collection::vec((step(), step()), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn totals_agree_with_plain_sets(
        homes in spots(30),
        people in prop::collection::vec(prop::option::weighted(0.8, 0..50u32), 30),
        origins in spots(6),
        cutoffs in prop::collection::vec(1.0..1500.0f64, 1..5),
    ) {
        let texts: Vec<(String, Option<String>)> = homes.iter().enumerate()
            .map(|(n, _)| (format!("h{n}"), people[n].map(|p| p.to_string())))
            .collect();
        let values: Vec<Vec<(&str, &str)>> = texts.iter()
            .map(|(_, p)| p.iter().map(|p| ("usual_residents", p.as_str())).collect())
            .collect();
        let rows: Vec<_> = homes.iter().enumerate()
            .map(|(n, spot)| (texts[n].0.as_str(), *spot, &values[n][..]))
            .collect();
        let city = TestCity::new().with("residences", &rows).build();
        let places: Vec<_> = origins.iter().map(|(e, n)| at(*e, *n)).collect();
        let asked: Vec<_> = places.iter().map(|(lon, lat)| json!({"lon": lon, "lat": lat})).collect();
        let found = ask(&city, json!({"origins": asked, "cutoffs": cutoffs, "nearest": true, "overlaps": true}));

        let point = |(lon, lat): (f64, f64)| Point::new(lon, lat);
        let metres = |home: usize, origin: usize| {
            let (east, north) = homes[home];
            distance_m(point(places[origin]), point(at(east, north)))
        };
        let is_known = people[..homes.len()].iter().any(Option::is_some);
        let sum = |set: &BTreeSet<usize>| -> i64 { set.iter().filter_map(|h| people[*h]).map(i64::from).sum() };
        let agrees = |row: &Row, set: &BTreeSet<usize>| {
            let all_missing = !set.is_empty() && set.iter().all(|h| people[*h].is_none());
            let wanted = if all_missing { json!(null) } else { json!(sum(set)) };
            row["residences.features"] == json!(set.len()) && (!is_known || row[PEOPLE] == wanted)
        };
        let mut overlaps = BTreeMap::new();
        for (place, cutoff) in cutoffs.iter().enumerate() {
            let within = |origin: usize| -> BTreeSet<usize> {
                (0..homes.len()).filter(|h| metres(*h, origin) <= *cutoff).collect()
            };
            let sets: Vec<BTreeSet<usize>> = (0..origins.len()).map(within).collect();
            let union: BTreeSet<usize> = sets.iter().flatten().copied().collect();
            prop_assert!(agrees(&found.union[place].totals, &union));
            let mut parts = 0;
            for (origin, set) in sets.iter().enumerate() {
                let catchment = &found.catchments[origin * cutoffs.len() + place];
                prop_assert!(agrees(&catchment.totals, set));
                let others = |h: &usize| sets.iter().enumerate().any(|(o, s)| o != origin && s.contains(h));
                let alone: BTreeSet<usize> = set.iter().copied().filter(|h| !others(h)).collect();
                prop_assert!(agrees(&catchment.exclusive, &alone));
                let is_nearest = |h: &usize| (0..origins.len()).all(|o| {
                    metres(*h, origin) < metres(*h, o) || (metres(*h, origin) == metres(*h, o) && origin <= o)
                });
                let near: BTreeSet<usize> = set.iter().copied().filter(is_nearest).collect();
                let nearest = catchment.nearest.as_ref().expect("asked for");
                prop_assert!(agrees(nearest, &near));
                parts += near.len();
                for (b, other) in sets.iter().enumerate().skip(origin + 1) {
                    let common: BTreeSet<usize> = set & other;
                    if !common.is_empty() {
                        let share = sum(&common) as f64 / sum(&(set | other)) as f64;
                        overlaps.insert((place, origin, b), (sum(&common), share));
                    }
                }
            }
            prop_assert_eq!(parts, union.len());
        }
        let listed = found.overlaps.expect("asked for");
        if is_known {
            prop_assert_eq!(listed.len(), overlaps.len());
            for (overlap, ((place, ..), (people, share))) in listed.iter().zip(overlaps) {
                prop_assert_eq!(overlap.cutoff, cutoffs[place]);
                prop_assert_eq!(overlap.residents.unwrap_or(0), people);
                prop_assert!(overlap.share_overlap.is_none_or(|found| found == share));
                prop_assert!(overlap.share_overlap.is_some() || overlap.reason.is_some());
            }
        }
    }
}
