use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::query::test_city::{Feature, TestCity};

const DISTRICTS: [Feature<'static>; 2] = [
    (
        "A",
        (0.0, 0.0),
        &[("code", "440103"), ("name", "甲区"), ("district", "440103")],
    ),
    (
        "B",
        (1000.0, 0.0),
        &[("code", "440104"), ("name", "乙区"), ("district", "440104")],
    ),
];

/// A school on the border of two districts: of the three homes with children two have it within
/// 500 m, one on each side; the fourth home does not say.
const HOMES: [Feature<'static>; 4] = [
    (
        "a1",
        (100.0, 500.0),
        &[
            ("usual_residents", "1000"),
            ("age_6_11", "100"),
            ("district", "440103"),
        ],
    ),
    (
        "a2",
        (900.0, 500.0),
        &[
            ("usual_residents", "500"),
            ("age_6_11", "50"),
            ("district", "440103"),
        ],
    ),
    (
        "b1",
        (1100.0, 500.0),
        &[
            ("usual_residents", "600"),
            ("age_6_11", "60"),
            ("district", "440104"),
        ],
    ),
    (
        "b2",
        (1900.0, 500.0),
        &[("usual_residents", "400"), ("district", "440104")],
    ),
];
const SCHOOL: Feature<'static> = (
    "s1",
    (950.0, 500.0),
    &[
        ("kind", "primary"),
        ("seats_primary", "120"),
        ("district", "440103"),
        ("name", "一小"),
    ],
);

fn city() -> TestCity {
    TestCity::new()
        .with_squares("districts", 1000.0, &DISTRICTS)
        .with("residences", &HOMES)
}

fn question(services: &str) -> GapsQuery {
    serde_json::from_value(json!({ "level": "district", "services": services }))
        .expect("a question")
}

fn ask(city: &City, services: &str) -> Gaps {
    gaps(city, &question(services), &Limits::generous()).expect("an answer")
}

fn near(value: Option<f64>, wanted: f64) {
    let value = value.expect("defined");
    assert!((value - wanted).abs() < 1e-9, "{value} is not {wanted}");
}

#[test]
fn a_total_with_a_shortfall_is_not_called_met() {
    let mut large = SCHOOL;
    large.2 = &[
        ("kind", "primary"),
        ("seats_primary", "300"),
        ("district", "440103"),
    ];
    let found = ask(&city().with("schools", &[large]).build(), "primary_school");
    let total = &found.answer.totals[0];
    assert_eq!((total.shortfall, total.surplus), (Some(60), Some(150)));
    near(total.fulfilment, 300.0 / 210.0);
    assert_eq!(total.evaluation.as_deref(), Some("short"));
    assert_eq!(found.answer.rows[0].evaluation.as_deref(), Some("met"));
}

#[test]
fn a_school_on_the_border_serves_both_sides_but_each_side_has_its_own_gap() {
    let city = city().with("schools", &[SCHOOL]).build();
    let found = ask(&city, "primary_school");
    let [a, b] = &found.answer.rows[..] else {
        panic!("two rows")
    };
    assert_eq!(
        (a.code.as_str(), a.service.as_str()),
        ("440103", "primary_school")
    );
    assert_eq!(
        (a.facilities, a.capacity, a.capacity_unknown),
        (Some(1), Some(120), Some(0))
    );
    assert_eq!((a.demand, a.required), (Some(150), Some(150)));
    assert_eq!((a.shortfall, a.surplus), (Some(30), Some(0)));
    near(a.fulfilment, 0.8);
    assert_eq!(a.evaluation.as_deref(), Some("short"));
    assert_eq!(
        (a.straight_covered, a.straight_uncovered, a.total),
        (Some(500), Some(1000), Some(1500))
    );
    assert_eq!(a.straight_demand_uncovered, Some(100));
    // 120 places for the 110 children of a2 and b1; a1 has none.
    near(a.shared_per_1000, 120.0 / 110.0 * 50.0 / 150.0 * 1000.0);
    near(a.share_below_norm, 100.0 / 150.0);
    assert_eq!(
        (b.facilities, b.capacity, b.demand),
        (Some(0), Some(0), Some(60))
    );
    assert_eq!((b.shortfall, b.surplus), (Some(60), Some(0)));
    near(b.shared_per_1000, 120.0 / 110.0 * 1000.0);
    near(b.share_below_norm, 0.0);
    near(b.straight_share_covered, 0.6);
    // No streets: the column says so.
    assert_eq!(
        (a.network_share_covered, a.network_reason),
        (None, Some(Reason::NoStreets))
    );
    let [total] = &found.answer.totals[..] else {
        panic!("one total")
    };
    assert_eq!(
        (total.shortfall, total.surplus, total.net),
        (Some(90), Some(0), Some(-90))
    );
    near(total.fulfilment, 120.0 / 210.0);
    near(total.straight_share_covered, 1100.0 / 2500.0);
    let missing = found.answer.left_out.0["residences.age_6_11"].missing;
    assert_eq!(missing, 1);
    assert!(
        found
            .assumptions
            .iter()
            .any(|told| told.zh.contains("入学率按 100% 计"))
    );
}

#[test]
fn a_surplus_does_not_make_up_for_a_shortfall_elsewhere() {
    let big: Feature<'_> = (
        "s2",
        (1900.0, 500.0),
        &[
            ("kind", "nine_year"),
            ("seats_primary", "500"),
            ("district", "440104"),
        ],
    );
    let city = city().with("schools", &[SCHOOL, big]).build();
    let found = ask(&city, "primary_school");
    let total = &found.answer.totals[0];
    assert_eq!(
        (total.shortfall, total.surplus, total.net),
        (Some(30), Some(440), Some(410))
    );
    assert_eq!(
        total.net,
        Some(total.capacity.unwrap() - total.required.unwrap())
    );
}

#[test]
fn a_school_of_unknown_size_leaves_no_gap_and_is_listed() {
    let unknown: Feature<'_> = (
        "s2",
        (1900.0, 500.0),
        &[
            ("kind", "primary"),
            ("district", "440104"),
            ("name", "二小"),
        ],
    );
    let unsorted: Feature<'_> = (
        "s3",
        (1900.0, 600.0),
        &[("seats_primary", "900"), ("district", "440104")],
    );
    let city = city().with("schools", &[SCHOOL, unknown, unsorted]).build();
    let found = ask(&city, "primary_school");
    let (a, b) = (&found.answer.rows[0], &found.answer.rows[1]);
    assert_eq!(a.shortfall, Some(30));
    assert_eq!(
        (b.facilities, b.capacity_unknown, b.capacity),
        (Some(1), Some(1), None)
    );
    assert_eq!((b.shortfall, b.surplus, b.fulfilment), (None, None, None));
    assert_eq!(b.reason, Some(Reason::CapacityIncomplete));
    assert_eq!(b.required, Some(60));
    let total = &found.answer.totals[0];
    assert_eq!(
        (total.shortfall, total.reason),
        (Some(30), Some(Reason::CapacityIncomplete))
    );
    assert_eq!(total.fulfilment, None);
    let listed: Vec<&str> = found
        .unknown_capacity
        .iter()
        .map(|f| f.id.as_str())
        .collect();
    assert_eq!(listed, ["s2"]);
    assert_eq!(found.unknown_capacity[0].code.as_deref(), Some("440104"));
    // Of which kind the third is nobody knows.
    assert_eq!(found.answer.left_out.0["schools.kind"].missing, 1);
}

#[test]
fn without_people_or_facilities_every_column_says_why() {
    let bare = TestCity::new()
        .with_squares("districts", 1000.0, &DISTRICTS)
        .build();
    let found = ask(&bare, "primary_school,parks");
    let school = &found.answer.rows[0];
    assert_eq!(
        (school.facilities, school.capacity, school.demand),
        (None, None, None)
    );
    assert_eq!(school.reason, Some(Reason::NoData));
    assert_eq!(school.straight_reason, Some(Reason::NoData));
    assert_eq!(school.shared_reason, Some(Reason::NoData));
    let parks = &found.answer.rows[1];
    assert_eq!(parks.service, "parks");
    assert_eq!(
        (parks.reason, parks.straight_reason),
        (Some(Reason::SetByCity), Some(Reason::SetByCity))
    );
    assert!(
        found
            .norms
            .set_by_city
            .contains(&"parks.provision".to_owned())
    );
    // Schools without a word about their size, and nobody living there.
    let only = TestCity::new()
        .with_squares("districts", 1000.0, &DISTRICTS)
        .with(
            "schools",
            &[(
                "s",
                (500.0, 500.0),
                &[("kind", "primary"), ("district", "440103")],
            )],
        )
        .build();
    let mut query = question("primary_school");
    query.denominator = Denominator::Land;
    let found = gaps(&only, &query, &Limits::generous()).expect("an answer");
    let a = &found.answer.rows[0];
    assert_eq!(
        (a.facilities, a.capacity_unknown, a.capacity),
        (Some(1), Some(1), None)
    );
    assert_eq!(
        (a.reason, a.shared_reason),
        (Some(Reason::NoData), Some(Reason::NoData))
    );
    // A circle of 500 m in the middle of a square kilometre.
    let share = a.straight_share_covered.expect("land is there");
    assert!(
        (share - std::f64::consts::PI / 4.0).abs() < 0.002,
        "{share}"
    );
    assert_eq!(found.answer.rows[1].straight_covered, Some(0));
    // Of a kind that was never imported nobody knows whom it serves: that is no share of 0.
    query.services = question("junior_school").services;
    let found = gaps(&only, &query, &Limits::generous()).expect("an answer");
    let a = &found.answer.rows[0];
    assert_eq!((a.facilities, a.straight_share_covered), (Some(0), None));
    assert_eq!(a.straight_reason, Some(Reason::NoFacilities));
}

#[test]
fn facilities_are_counted_where_the_norm_counts_them() {
    let city = city()
        .with(
            "clinics",
            &[
                (
                    "c1",
                    (500.0, 500.0),
                    &[("kind", "community_center"), ("district", "440103")],
                ),
                (
                    "c2",
                    (500.0, 500.0),
                    &[("kind", "clinic"), ("district", "440103")],
                ),
            ],
        )
        .build();
    let found = ask(&city, "community_health");
    let (a, b) = (&found.answer.rows[0], &found.answer.rows[1]);
    assert_eq!(
        (a.facilities, a.capacity, a.required),
        (Some(1), Some(1), Some(1))
    );
    assert_eq!((a.shortfall, b.shortfall), (Some(0), Some(1)));
    assert_eq!(a.capacity_unit, "facility");
    assert_eq!(a.evaluation.as_deref(), Some("met"));
}

#[test]
fn streets_are_longer_than_the_straight_line() {
    let city = TestCity::new()
        .with_squares("districts", 2000.0, &DISTRICTS[..1])
        .with(
            "residences",
            &[
                (
                    "near",
                    (600.0, 1000.0),
                    &[
                        ("usual_residents", "10"),
                        ("age_6_11", "1"),
                        ("district", "440103"),
                    ],
                ),
                // 495 m straight, 700 m along the streets.
                (
                    "far",
                    (650.0, 650.0),
                    &[
                        ("usual_residents", "20"),
                        ("age_6_11", "2"),
                        ("district", "440103"),
                    ],
                ),
            ],
        )
        .with(
            "schools",
            &[(
                "s",
                (1000.0, 1000.0),
                &[
                    ("kind", "primary"),
                    ("seats_primary", "3"),
                    ("district", "440103"),
                ],
            )],
        )
        .with_raster_of_streets(41, 50.0)
        .build();
    let mut query = question("primary_school");
    query.norms = Some("gb_50180_2018".parse().expect("a name"));
    let found = gaps(&city, &query, &Limits::generous()).expect("an answer");
    let row = &found.answer.rows[0];
    assert_eq!(
        (row.straight_covered, row.network_covered),
        (Some(30), Some(10))
    );
    assert_eq!(row.network_demand_uncovered, Some(2));
    assert!(
        found
            .assumptions
            .iter()
            .any(|told| told.zh.contains("沿路网量算"))
    );
}

#[test]
fn life_circles_are_tested_level_by_level() {
    let market: Feature<'_> = (
        "m",
        (1100.0, 500.0),
        &[("kind", "market"), ("district", "440104")],
    );
    let city = city()
        .with("schools", &[SCHOOL])
        .with("community_services", &[market])
        .build();
    let query = GapsQuery {
        norms: Some("gb_50180_2018".parse().expect("a name")),
        services: None,
        circle: Some(10),
        ..question("primary_school")
    };
    let found = gaps(&city, &query, &Limits::generous()).expect("an answer");
    assert_eq!(found.circle_services.len(), 1);
    let services = &found.circle_services[0];
    assert_eq!(services.tested, ["primary_school", "market"]);
    assert_eq!(services.untested, ["medium_sports_ground", "mall"]);
    let [a, b] = &found.circles[..] else {
        panic!("two rows")
    };
    // The school reaches a2 and b1, the market both of them too.
    assert_eq!(
        (a.circle, a.residents, a.straight_covered),
        (10, Some(1500), Some(500))
    );
    assert_eq!((b.residents, b.straight_covered), (Some(1000), Some(600)));
    assert_eq!(a.network_reason, Some(Reason::NoStreets));
}

#[test]
fn changes_are_counted_from_the_last_state_before() {
    let before: [Feature<'_>; 1] = [(
        "a1",
        (100.0, 500.0),
        &[
            ("usual_residents", "700"),
            ("age_6_11", "70"),
            ("district", "440103"),
        ],
    )];
    let small: Feature<'_> = (
        "s1",
        (950.0, 500.0),
        &[
            ("kind", "primary"),
            ("seats_primary", "80"),
            ("district", "440103"),
        ],
    );
    let city = city()
        .with("schools", &[SCHOOL])
        .at_period("2015")
        .with("residences", &before)
        .with("schools", &[small])
        .build();
    let found = ask(&city, "primary_school");
    assert_eq!(found.earlier_period, Some("2015".parse().expect("a year")));
    let a = &found.answer.rows[0];
    assert_eq!(
        (a.change_facilities, a.change_capacity),
        (Some(0), Some(40))
    );
    assert_eq!(
        (a.change_required, a.change_shortfall),
        (Some(80), Some(30))
    );
    let alone = gaps(
        &city,
        &GapsQuery {
            period: Some("2015".parse().expect("a year")),
            ..question("primary_school")
        },
        &Limits::generous(),
    );
    assert_eq!(alone.expect("an answer").earlier_period, None);
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let city = city().with("schools", &[SCHOOL]).build();
    let refused = |change: &dyn Fn(&mut GapsQuery)| {
        let mut query = question("primary_school");
        change(&mut query);
        gaps(&city, &query, &Limits::generous())
            .expect_err("refused")
            .to_string()
    };
    for (problem, told) in [
        (
            refused(&|q| q.norms = Some("gb_1".parse().expect("a name"))),
            "norms: there is no norm set `gb_1`; it is one of: gb_50180_2018",
        ),
        (
            refused(&|q| q.services = Some(crate::query::names::Names(vec!["libraries".into()]))),
            "services: `public_services` has no `libraries`; it has: kindergarten",
        ),
        (
            refused(&|q| q.circle = Some(7)),
            "circle: `public_services` has none of these",
        ),
        (
            refused(&|q| q.area = Some("440199".into())),
            "area: there is no area `440199`",
        ),
        (
            refused(&|q| q.level = "village".into()),
            "there is no level `village`",
        ),
        (refused(&|q| q.mode = Some(Mode::Walk)), "mode"),
        (
            refused(&|q| q.enrolment_rate = Some(98.0)),
            "enrolment_rate: a share from 0 to 1",
        ),
        (
            refused(&|q| q.caliber = Some("ghosts".into())),
            "population attribute `ghosts`",
        ),
    ] {
        assert!(problem.contains(told), "{problem}\n{told}");
    }
    let mut one = question("primary_school");
    one.area = Some("440104".into());
    one.enrolment_rate = Some(0.5);
    let found = gaps(&city, &one, &Limits::generous()).expect("an answer");
    assert_eq!(found.answer.rows.len(), 1);
    assert_eq!(
        (found.answer.rows[0].demand, found.answer.rows[0].required),
        (Some(60), Some(30))
    );
    assert_eq!(found.answer.totals[0].shortfall, Some(30));
}

#[test]
fn a_share_that_the_city_has_to_set_leaves_no_gap_until_it_does() {
    let home = |code| {
        [
            ("usual_residents", "1000"),
            ("age_15_17", "200"),
            ("district", code),
        ]
    };
    let school: Feature<'_> = (
        "h1",
        (500.0, 500.0),
        &[
            ("kind", "senior"),
            ("seats_senior", "90"),
            ("district", "440103"),
        ],
    );
    let city = TestCity::new()
        .with_squares("districts", 1000.0, &DISTRICTS)
        .with(
            "residences",
            &[
                ("a", (100.0, 500.0), &home("440103")),
                ("b", (1100.0, 500.0), &home("440104")),
            ],
        )
        .with("schools", &[school])
        .build();
    let found = ask(&city, "senior_school");
    let totals = found.answer.totals.iter();
    for row in found.answer.rows.iter().chain(totals) {
        let gap = (row.required, row.shortfall, row.surplus, row.fulfilment);
        assert_eq!(gap, (None, None, None, None), "{row:?}");
        assert_eq!(row.evaluation, None);
        assert_eq!(row.reason, Some(Reason::SetByCity));
        assert_eq!(row.share_below_norm, None);
    }
    // Those of the age are there all the same, and so are the places.
    assert_eq!(found.answer.totals[0].demand, Some(400));
    assert_eq!(found.answer.totals[0].capacity, Some(90));
    let says = |found: &Gaps, text: &str| found.assumptions.iter().any(|a| a.zh.contains(text));
    assert!(says(&found, "普通高中的入学率由本市设定"));
    assert!(!says(&found, "100%"));
    let mut asked = question("senior_school");
    asked.enrolment_rate = Some(0.5);
    let found = gaps(&city, &asked, &Limits::generous()).expect("an answer");
    let total = &found.answer.totals[0];
    let gap = (total.required, total.shortfall, total.surplus);
    assert_eq!(gap, (Some(200), Some(110), Some(0)));
    assert_eq!((total.fulfilment, total.reason), (Some(90.0 / 200.0), None));
    assert!(!says(&found, "由本市设定："));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Two plain loops over homes and schools give every count and sum.
    #[test]
    fn sums_reconcile_with_plain_loops(
        homes in prop::collection::vec((0.0..2000.0f64, 0.0..1000.0f64, prop::option::of(0..50i64)), 1..40),
        schools in prop::collection::vec((0.0..2000.0f64, 0.0..1000.0f64, 0..400i64), 0..8),
    ) {
        let zone = |east: f64| if east < 1000.0 { "440103" } else { "440104" };
        let ids: Vec<String> = (0..homes.len().max(schools.len())).map(|n| format!("f{n}")).collect();
        let children: Vec<Option<String>> = homes.iter().map(|h| h.2.map(|c| c.to_string())).collect();
        let seats: Vec<String> = schools.iter().map(|s| s.2.to_string()).collect();
        let home_values: Vec<Vec<(&str, &str)>> = homes.iter().zip(&children).map(|(home, children)| {
            let known = children.as_deref().map(|children| ("age_6_11", children));
            [("usual_residents", "10"), ("district", zone(home.0))].into_iter().chain(known).collect()
        }).collect();
        let school_values: Vec<[(&str, &str); 3]> = schools.iter().zip(&seats).map(|(school, seats)| {
            [("kind", "primary"), ("seats_primary", seats), ("district", zone(school.0))]
        }).collect();
        let home_features: Vec<Feature<'_>> = homes.iter().zip(&ids).zip(&home_values)
            .map(|((home, id), values)| (id.as_str(), (home.0, home.1), &values[..])).collect();
        let school_features: Vec<Feature<'_>> = schools.iter().zip(&ids).zip(&school_values)
            .map(|((school, id), values)| (id.as_str(), (school.0, school.1), &values[..])).collect();
        let city = TestCity::new().with_squares("districts", 1000.0, &DISTRICTS)
            .with("residences", &home_features).with("schools", &school_features).build();
        let some_known = homes.iter().any(|h| h.2.is_some());
        prop_assume!(some_known && !schools.is_empty());
        let found = ask(&city, "primary_school");
        let mut wanted: BTreeMap<&str, (i64, i64, i64)> = BTreeMap::from([("440103", (0, 0, 0)), ("440104", (0, 0, 0))]);
        for (east, north, children) in &homes {
            let is_near = |s: &&(f64, f64, i64)| (s.0 - east).hypot(s.1 - north) <= 500.0;
            let sums = wanted.get_mut(zone(*east)).expect("two zones");
            sums.0 += children.unwrap_or(0);
            sums.1 += if schools.iter().any(|s| is_near(&s)) { 0 } else { children.unwrap_or(0) };
        }
        for (east, _, seats) in &schools {
            wanted.get_mut(zone(*east)).expect("two zones").2 += seats;
        }
        for row in &found.answer.rows {
            let (children, uncovered, seats) = wanted[row.code.as_str()];
            let in_zone = homes.iter().filter(|h| zone(h.0) == row.code);
            if in_zone.clone().count() > 0 && in_zone.clone().all(|h| h.2.is_none()) {
                prop_assert_eq!(row.demand, None);
                continue;
            }
            prop_assert_eq!((row.demand, row.capacity), (Some(children), Some(seats)));
            prop_assert_eq!(row.shortfall.unwrap() - row.surplus.unwrap(), children - seats);
            // Great circles and the plane differ by millimetres: only a home on the very line may.
            let missed = row.straight_demand_uncovered.unwrap() - uncovered;
            prop_assert!(missed == 0 || homes.iter().any(|h| schools.iter().any(|s| ((s.0 - h.0).hypot(s.1 - h.1) - 500.0).abs() < 0.5)));
        }
        let total = &found.answer.totals[0];
        let sum = |pick: fn(&GapRow) -> Option<i64>| found.answer.rows.iter().filter_map(pick).sum::<i64>();
        prop_assert_eq!(total.shortfall, Some(sum(|r| r.shortfall)));
        prop_assert_eq!(total.net, Some(sum(|r| r.surplus) - sum(|r| r.shortfall)));
        prop_assert_eq!(total.straight_covered, Some(sum(|r| r.straight_covered)));
        // What is shared is what the schools in reach of anybody offer (conservation).
        let offered: f64 = found.answer.rows.iter().map(|r| {
            let people = wanted[r.code.as_str()].0 as f64;
            r.shared_per_1000.unwrap_or(0.0) / 1000.0 * people
        }).sum();
        let reached: i64 = schools.iter().filter(|s| homes.iter().any(|h| h.2.unwrap_or(0) > 0 && (s.0 - h.0).hypot(s.1 - h.1) <= 500.0)).map(|s| s.2).sum();
        let on_the_line = homes.iter().any(|h| schools.iter().any(|s| ((s.0 - h.0).hypot(s.1 - h.1) - 500.0).abs() < 0.5));
        prop_assert!(on_the_line || (offered - reached as f64).abs() < 1e-6, "{} of {}", offered, reached);
    }
}
