use super::*;
use crate::query::test_city::{Feature, TestCity};

/// Two schools 600 m apart and a home by each; the third home is out of reach.
const HOMES: [Feature<'static>; 3] = [
    (
        "left",
        (0.0, 0.0),
        &[
            ("usual_residents", "1000"),
            ("age_0_2", "30"),
            ("age_3_5", "60"),
            ("age_6_11", "120"),
        ],
    ),
    (
        "middle",
        (290.0, 0.0),
        &[
            ("usual_residents", "500"),
            ("age_0_2", "12"),
            ("age_3_5", "18"),
            ("age_6_11", "42"),
        ],
    ),
    (
        "beyond",
        (5000.0, 0.0),
        &[
            ("usual_residents", "50"),
            ("age_0_2", "3"),
            ("age_3_5", "3"),
            ("age_6_11", "6"),
        ],
    ),
];
const SCHOOLS: [Feature<'static>; 3] = [
    (
        "s1",
        (0.0, 0.0),
        &[
            ("name", "一小"),
            ("kind", "primary"),
            ("seats_primary", "150"),
            ("classes", "4"),
        ],
    ),
    (
        "s2",
        (600.0, 0.0),
        &[
            ("name", "二小"),
            ("kind", "primary"),
            ("seats_primary", "50"),
        ],
    ),
    (
        "s3",
        (600.0, 10.0),
        &[("name", "三小"), ("kind", "primary")],
    ),
];

fn ask(change: serde_json::Value) -> Result<SchoolPlaces, QueryError> {
    let city = TestCity::new()
        .with("residences", &HOMES)
        .with("schools", &SCHOOLS)
        .build();
    let mut query = json!({ "services": "primary_school" });
    for (key, value) in change.as_object().expect("fields") {
        query[key] = value.clone();
    }
    school_places(
        &city,
        &serde_json::from_value(query).expect("a question"),
        &Limits::generous(),
    )
}

#[test]
fn each_child_counts_once_at_the_nearest_school() {
    let found = ask(json!({})).expect("an answer");
    let rows = &found.rows;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["s1", "s2", "s3"]);
    let one = &rows[0];
    assert_eq!(
        (one.children_within, one.children_nearest),
        (Some(162), Some(162))
    );
    assert_eq!(
        (one.capacity, one.shortfall, one.surplus),
        (Some(150), Some(12), Some(0))
    );
    assert_eq!(one.classes, Some(4));
    assert_eq!(
        (rows[1].children_within, rows[1].children_nearest),
        (Some(42), Some(0))
    );
    assert_eq!(rows[1].surplus, Some(50));
    // A school of unknown size has no gap.
    assert_eq!(
        (rows[2].capacity, rows[2].shortfall, rows[2].reason),
        (None, None, Some(Reason::CapacityIncomplete))
    );
    let total = &found.totals[0];
    assert_eq!(
        (total.children_nearest, total.children_beyond),
        (Some(162), Some(6))
    );
    assert_eq!((total.shortfall, total.surplus), (Some(12), Some(50)));
}

#[test]
fn an_area_has_its_own_children_beyond_reach() {
    let in_area = |feature: &Feature<'static>, code: &'static str| {
        let mut values = feature.2.to_vec();
        values.push(("district", code));
        values
    };
    let [left, middle, beyond] = &HOMES;
    let homes = [
        (left.0, left.1, in_area(left, "440103")),
        (middle.0, middle.1, in_area(middle, "440103")),
        (beyond.0, beyond.1, in_area(beyond, "440104")),
    ];
    let homes: Vec<Feature<'_>> = homes.iter().map(|(id, at, v)| (*id, *at, &v[..])).collect();
    let districts: [Feature<'_>; 2] = [
        (
            "440103",
            (0.0, 0.0),
            &[("code", "440103"), ("name", "甲区")],
        ),
        (
            "440104",
            (4500.0, 0.0),
            &[("code", "440104"), ("name", "乙区")],
        ),
    ];
    let city = TestCity::new()
        .with_squares("districts", 1000.0, &districts)
        .with("residences", &homes)
        .with("schools", &SCHOOLS)
        .build();
    let beyond = |area: Option<&str>| {
        let query = SchoolPlacesQuery {
            area: area.map(str::to_owned),
            services: Some(Names(vec!["primary_school".into()])),
            ..SchoolPlacesQuery::default()
        };
        let found = school_places(&city, &query, &Limits::generous()).expect("an answer");
        (
            found.totals[0].children_beyond,
            found.totals[0].by_single_years,
        )
    };
    assert_eq!(beyond(None), (Some(6), Some(false)));
    assert_eq!(beyond(Some("440103")), (Some(0), Some(false)));
    assert_eq!(beyond(Some("440104")), (Some(6), Some(false)));
}

#[test]
fn children_of_now_grow_older() {
    let found = ask(json!({ "ahead": "3,5,7" })).expect("an answer");
    let expected = &found.rows[0].expected;
    // In three years: all of 3–5 (78) and half of 6–11 (81).
    assert_eq!(
        (expected[0].ahead, expected[0].children_nearest),
        (3, Some(159))
    );
    assert_eq!(
        (expected[0].shortfall, expected[0].surplus),
        (Some(9), Some(0))
    );
    // In five: two thirds of 0–2 (28), all of 3–5 (78), a sixth of 6–11 (27).
    assert_eq!(expected[1].children_nearest, Some(133));
    assert_eq!(
        (expected[2].children_nearest, expected[2].reason),
        (None, Some(Reason::Unborn))
    );
    assert_eq!(found.totals[0].expected[0].shortfall, Some(9));
    // A school that nobody is nearest to has nobody then either.
    assert_eq!(found.rows[1].expected[0].children_nearest, Some(0));
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    for (change, told) in [
        (json!({ "ahead": "0" }), "ahead: whole years from 1"),
        (json!({ "ahead": "2.5" }), "ahead: whole years from 1"),
        (
            json!({ "services": "rail" }),
            "`public_services` has no `rail`",
        ),
        (
            json!({ "area": "440199" }),
            "area: there is no area `440199`",
        ),
        (json!({ "enrolment_rate": 2 }), "enrolment_rate: a share"),
    ] {
        let problem = ask(change).expect_err("refused").to_string();
        assert!(problem.contains(told), "{problem}");
    }
    let half = ask(json!({ "enrolment_rate": 0.5 })).expect("an answer");
    assert_eq!(
        (half.rows[0].required, half.rows[0].surplus),
        (Some(81), Some(69))
    );
}
