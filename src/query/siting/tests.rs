use serde_json::json;

use super::{Siting, siting};
use crate::{
    city::City,
    query::{
        Limits, QueryError,
        test_city::{Feature, TestCity},
    },
};

/// Vector V5 laid out on a line: five homes 1 km apart, a clinic at the first.
fn town() -> TestCity {
    let home = |people: &'static str| [("usual_residents", people), ("age_80_plus", "1")];
    TestCity::new()
        .with(
            "residences",
            &[
                ("a", (0.0, 0.0), &home("10")),
                ("b", (1000.0, 0.0), &home("20")),
                ("c", (2000.0, 0.0), &home("30")),
                ("d", (3000.0, 0.0), &home("40")),
                ("e", (9000.0, 0.0), &home("25")),
                ("f", (9000.0, 0.0), &[]),
            ],
        )
        .with("clinics", &[("old", (0.0, 100.0), &[])])
        .with(
            "residential_land",
            &[
                ("p", (500.0, 0.0), &[]),
                ("q", (1500.0, 0.0), &[]),
                ("r", (2500.0, 0.0), &[]),
                ("s", (3500.0, 0.0), &[]),
            ],
        )
}

fn asked(city: &City, more: serde_json::Value) -> Result<Siting, QueryError> {
    let mut question = json!({
        "layer": "clinics", "objective": "cover", "sites": 1, "cutoff": 600,
        "candidates": {"layer": "residential_land"},
    });
    let more = more.as_object().expect("fields").clone();
    question.as_object_mut().expect("fields").extend(more);
    let question = serde_json::from_value(question).expect("a question");
    siting(city, &question, &Limits::generous())
}

fn ids(found: &Siting) -> Vec<&str> {
    found
        .answer
        .rows
        .iter()
        .map(|row| row.id.as_str())
        .collect()
}

#[test]
fn nobody_is_left_far_where_sites_allow() {
    let city = town().build();
    let ask = |sites, cutoff| {
        let more = json!({"objective": "centre", "sites": sites, "cutoff": cutoff});
        asked(&city, more)
    };
    // The clinic stands 100 m from a; e can be reached from s alone, 5,500 m away.
    let found = ask(1, 6000).expect("a site");
    assert_eq!(ids(&found), ["s"]);
    let metres = |value: Option<f64>| value.map(f64::round);
    assert_eq!(metres(found.proof.value), Some(5500.0));
    assert!(found.proof.is_proven && found.proof.bound == found.proof.value);
    let totals = &found.answer.totals;
    assert_eq!(metres(totals.largest_cost_before), None);
    assert_eq!(metres(totals.largest_cost_after), Some(5500.0));
    assert_eq!(totals.mean_cost_after, None);
    // Within 600 m of a site nobody reaches e; the rest takes two.
    let found = ask(2, 600).expect("sites");
    assert_eq!(found.out_of_reach.people, 25);
    let last = found.answer.rows.last().expect("a site");
    assert_eq!(metres(last.largest_cost), Some(500.0));
    let refused = ask(1, 600).expect_err("too few");
    let text = refused.to_string();
    assert!(text.contains("at least 2 are needed"), "{text}");
}

#[test]
fn what_stands_is_not_covered_again() {
    let city = town().build();
    let found = asked(&city, json!({"sites": 2, "beside": "age_80_plus"})).expect("sites");
    // r covers c and d; q would cover b and c, s d alone, p a and b of which a is covered.
    assert_eq!(ids(&found), ["r", "p"]);
    let rows = &found.answer.rows;
    assert_eq!((rows[0].newly_covered, rows[0].within_reach), (70, 70));
    assert_eq!(rows[0].overlap_existing, Some(0.0));
    assert_eq!((rows[1].newly_covered, rows[1].within_reach), (20, 30));
    assert_eq!(rows[1].overlap_existing, Some(10.0 / 30.0));
    assert_eq!(rows[1].newly_covered_beside, Some(1));
    assert_eq!(rows[1].cumulative_share, Some(100.0 / 125.0));
    let totals = &found.answer.totals;
    assert_eq!((totals.covered_before, totals.covered_after), (10, 100));
    assert_eq!((totals.existing, totals.uncovered), (1, 25));
    assert_eq!((totals.beside, totals.beside_before), (Some(5), Some(1)));
    assert_eq!(found.proof.bound, Some(90.0));
    assert!(found.proof.is_proven);
    assert_eq!(
        (found.out_of_reach.places, found.out_of_reach.people),
        (1, 25)
    );
    assert_eq!(found.out_of_reach.largest[0].id, "e");
    let missing = &found.answer.left_out.0["residences.usual_residents"];
    assert_eq!(missing.missing, 1);
    assert_eq!(found.answer.query["demand"], "usual_residents");
}

#[test]
fn without_what_stands_and_with_more_sites_than_help() {
    let city = town().build();
    let found = asked(&city, json!({"sites": 400, "existing": false})).expect("sites");
    // All that can be covered is covered by two; the others add nothing.
    assert_eq!(ids(&found), ["r", "p"]);
    assert_eq!(found.answer.totals.existing, 0);
    assert_eq!(found.answer.totals.covered_before, 0);
    assert_eq!(found.answer.totals.newly_covered, 100);
}

#[test]
fn the_mean_way_is_told_with_its_bound() {
    let city = town().build();
    let question = json!({"objective": "median", "cutoff": 5000, "existing": false, "sites": 1});
    let found = asked(&city, question).expect("sites");
    // From q 1500, 500, 500, 1500 m and the penalty of 5000 m; from r 2500, 1500, 500, 500.
    assert_eq!(ids(&found), ["r"]);
    let mean = (10.0 * 2500.0 + 20.0 * 1500.0 + 70.0 * 500.0 + 25.0 * 5000.0) / 125.0;
    let told = found.answer.rows[0].mean_cost.expect("a mean");
    assert!((told - mean).abs() < 1.0, "{told} is not {mean}");
    assert_eq!(found.answer.totals.mean_cost_before, Some(5000.0));
    assert!(found.proof.is_proven);
    assert_eq!(found.proof.value, Some(told));
}

#[test]
fn the_fewest_sites_leave_out_who_cannot_be_reached() {
    let city = town().build();
    let question = json!({"objective": "set", "sites": null});
    let found = asked(&city, question).expect("sites");
    assert_eq!(found.answer.rows.len(), 2);
    assert_eq!(
        (found.proof.value, found.proof.bound),
        (Some(2.0), Some(2.0))
    );
    assert_eq!(found.out_of_reach.people, 25);
    assert_eq!(found.answer.totals.uncovered, 25);
}

#[test]
fn a_limited_site_serves_no_more_than_it_can() {
    let city = town().build();
    let question = json!({"capacity": 50, "sites": 1, "existing": false});
    let found = asked(&city, question).expect("sites");
    let row = &found.answer.rows[0];
    assert_eq!((row.id.as_str(), row.site_served), ("q", Some(50)));
    assert_eq!(found.answer.totals.served_after, Some(50));
    assert_eq!(found.proof.bound, Some(50.0));
}

/// District A lacks 30 places for children, B 60; the one school stands in A by the border.
fn two_districts() -> TestCity {
    let districts: [Feature<'static>; 2] = [
        ("A", (0.0, 0.0), &[("code", "440103"), ("name", "甲区")]),
        ("B", (1000.0, 0.0), &[("code", "440104"), ("name", "乙区")]),
    ];
    let homes: [Feature<'static>; 3] = [
        (
            "a1",
            (100.0, 500.0),
            &[("age_6_11", "100"), ("district", "440103")],
        ),
        (
            "a2",
            (900.0, 500.0),
            &[("age_6_11", "50"), ("district", "440103")],
        ),
        (
            "b1",
            (1100.0, 500.0),
            &[("age_6_11", "60"), ("district", "440104")],
        ),
    ];
    let school: [Feature<'static>; 1] = [(
        "s",
        (950.0, 500.0),
        &[
            ("kind", "primary"),
            ("seats_primary", "120"),
            ("district", "440103"),
        ],
    )];
    TestCity::new()
        .with_squares("districts", 1000.0, &districts)
        .with("residences", &homes)
        .with("schools", &school)
}

fn places_for_children(city: &City, more: serde_json::Value) -> Result<Siting, QueryError> {
    let place = |east| {
        let (lon, lat) = crate::query::test_city::at(east, 500.0);
        json!({"lon": lon, "lat": lat})
    };
    let mut question = json!({
        "layer": "schools", "demand": "age_6_11", "objective": "shortfall", "sites": 2,
        "cutoff": 500, "capacity": 50, "existing_capacity": "seats_primary",
        "candidates": {"points": [place(150.0), place(1150.0), place(1900.0), place(2500.0)]},
        "shortfall": {"service": "primary_school", "level": "district", "capacity": 50},
    });
    let more = more.as_object().expect("fields").clone();
    question.as_object_mut().expect("fields").extend(more);
    let question = serde_json::from_value(question).expect("a question");
    siting(city, &question, &Limits::generous())
}

#[test]
fn places_go_where_an_area_lacks_them() {
    let city = two_districts().build();
    let found = places_for_children(&city, json!({})).expect("sites");
    // In B two candidates make up for as much; b1 is nearer to the first. Then A lacks most.
    assert_eq!(ids(&found), ["2", "1"]);
    let rows = &found.answer.rows;
    let told = |at: usize| {
        let row: &super::SitingRow = &rows[at];
        let code = row.code.as_deref();
        (
            code,
            row.added_capacity,
            row.shortfall_closed,
            row.shortfall_after,
        )
    };
    assert_eq!(told(0), (Some("440104"), Some(50), Some(50), Some(40)));
    assert_eq!(told(1), (Some("440103"), Some(50), Some(30), Some(10)));
    assert_eq!((rows[0].newly_covered, rows[1].newly_covered), (0, 100));
    let totals = &found.answer.totals;
    assert_eq!(
        (totals.shortfall, totals.shortfall_after),
        (Some(90), Some(10))
    );
    assert_eq!(
        (totals.sites_to_close, totals.shortfall_beyond),
        (Some(3), Some(0))
    );
    assert_eq!(totals.capacity_unit.as_deref(), Some("seat"));
    // Nearby 110 of 210 have a place now; a new school in each adds 50 of a1, who had none.
    assert_eq!(
        (totals.served_before, totals.served_after),
        (Some(110), Some(160))
    );
    assert_eq!(
        (found.proof.value, found.proof.bound),
        (Some(80.0), Some(80.0))
    );
    assert!(found.proof.is_proven);
    let remaining = found.remaining.as_deref().expect("areas");
    let after: Vec<i64> = remaining.iter().map(|area| area.shortfall_after).collect();
    assert_eq!(after, [0, 10]);
    // No more are built than close it, and none outside of all areas.
    let all = places_for_children(&city, json!({"sites": 9})).expect("sites");
    assert_eq!(ids(&all), ["2", "1", "3"]);
    assert_eq!(all.answer.totals.shortfall_after, Some(0));
    // Within one district only that one counts.
    let own = places_for_children(&city, json!({"sites": 9, "area": "440103"})).expect("sites");
    assert_eq!(ids(&own), ["1"]);
    assert_eq!(own.answer.totals.shortfall, Some(30));
}

#[test]
fn the_shortfall_is_that_of_the_gap_table_and_told_beside_other_aims() {
    let city = two_districts().build();
    let gaps = serde_json::from_value(json!({"level": "district", "services": "primary_school"}));
    let gaps = gaps.expect("a question");
    let gaps = crate::query::gaps(&city, &gaps, &Limits::generous()).expect("gaps");
    let median = json!({
        "objective": "median", "sites": 1, "capacity": null, "existing_capacity": null,
    });
    let found = places_for_children(&city, median).expect("a site");
    assert_eq!(ids(&found), ["1"]);
    let totals = &found.answer.totals;
    assert_eq!(totals.shortfall, gaps.answer.totals[0].shortfall);
    assert_eq!(totals.shortfall_after, Some(60));
    assert!(totals.mean_cost_after < totals.mean_cost_before);
}

#[test]
fn a_shortfall_that_cannot_be_counted_is_refused() {
    let city = two_districts().build();
    let of = |service: &str, level: &str, capacity: i64| json!({"shortfall": {"service": service, "level": level, "capacity": capacity}});
    for (more, said) in [
        (json!({"shortfall": null}), "say whose"),
        (of("primary_school", "district", 0), "at least 1"),
        (of("primary_school", "parish", 50), "parish"),
        (of("kindergarten", "district", 50), "kindergartens"),
        (of("school", "district", 50), "has no `school`"),
        (json!({"objective": "median"}), "belongs to"),
    ] {
        let refused = places_for_children(&city, more)
            .expect_err("refused")
            .to_string();
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn grids_and_places_are_candidates_too() {
    let city = town().build();
    let cells = asked(&city, json!({"candidates": {"grid_m": 500}})).expect("sites");
    assert_eq!(cells.candidates.candidates, 5);
    assert_eq!(cells.answer.rows[0].newly_covered, 40);
    let thinned = json!({"candidates": {"layer": "residential_land", "grid_m": 20000}});
    assert_eq!(
        asked(&city, thinned).expect("sites").candidates.candidates,
        1
    );
    let (lon, lat) = crate::query::test_city::at(9000.0, 50.0);
    let named = json!({"candidates": {"points": [{"lon": lon, "lat": lat, "name": "东"}]}});
    let found = asked(&city, named).expect("sites");
    assert_eq!(found.answer.rows[0].site.as_deref(), Some("东"));
    assert_eq!(found.answer.rows[0].newly_covered, 25);
}

#[test]
fn wrong_questions_say_what_to_do() {
    let city = town().build();
    for (more, field) in [
        (json!({"sites": 0}), "sites"),
        (json!({"sites": null}), "sites"),
        (json!({"objective": "set"}), "sites"),
        (json!({"cutoff": 0}), "cutoff"),
        (json!({"penalty": 700}), "penalty"),
        (json!({"objective": "median", "penalty": 100}), "penalty"),
        (json!({"capacity": 0}), "capacity"),
        (json!({"existing_capacity": "beds"}), "existing_capacity"),
        (json!({"candidates": {}}), "candidates"),
        (json!({"candidates": {"grid_m": 1}}), "candidates"),
        (json!({"candidates": {"points": []}}), "candidates"),
        (
            json!({"candidates": {"points": [{"lon": 500, "lat": 0}]}}),
            "candidates",
        ),
        (json!({"demand": "age_80_plus+age_80_plus"}), "demand"),
        (json!({"demand": "cats"}), "demand"),
        (json!({"beside": "cats"}), "beside"),
        (json!({"mode": "walk"}), "mode"),
    ] {
        match asked(&city, more.clone()) {
            Err(QueryError::Field { field: at, .. } | QueryError::Beyond { field: at, .. }) => {
                assert_eq!(at, field, "{more}");
            }
            other => panic!("{more}: {other:?}"),
        }
    }
    assert!(matches!(
        asked(&city, json!({"area": "999999"})),
        Err(QueryError::NotFound { what: "area", .. })
    ));
}
