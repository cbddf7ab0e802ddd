use geo::{Contains, Point, Validation};

use super::*;
use crate::query::test_city::{Feature, TestCity, at};

const DISTRICTS: [Feature<'static>; 2] = [
    (
        "A",
        (0.0, 0.0),
        &[("code", "440103"), ("name", "甲区"), ("district", "440103")],
    ),
    (
        "B",
        (2000.0, 0.0),
        &[("code", "440104"), ("name", "乙区"), ("district", "440104")],
    ),
];

/// One home by the school, two neighbours without one, one far away across the border, and a house
/// where nobody lives.
const HOMES: [Feature<'static>; 5] = [
    (
        "near",
        (250.0, 250.0),
        &[
            ("usual_residents", "100"),
            ("age_6_11", "9"),
            ("age_80_plus", "4"),
            ("district", "440103"),
        ],
    ),
    (
        "left",
        (1250.0, 250.0),
        &[
            ("usual_residents", "70"),
            ("age_6_11", "7"),
            ("age_80_plus", "1"),
            ("district", "440103"),
        ],
    ),
    (
        "right",
        (1450.0, 250.0),
        &[
            ("usual_residents", "30"),
            ("age_6_11", "3"),
            ("district", "440103"),
        ],
    ),
    (
        "away",
        (3500.0, 1500.0),
        &[
            ("usual_residents", "20"),
            ("age_6_11", "0"),
            ("age_80_plus", "5"),
            ("district", "440104"),
        ],
    ),
    (
        "empty",
        (3500.0, 500.0),
        &[
            ("usual_residents", "0"),
            ("age_6_11", "0"),
            ("district", "440104"),
        ],
    ),
];

fn city() -> City {
    TestCity::new()
        .with_squares("districts", 2000.0, &DISTRICTS)
        .with("residences", &HOMES)
        .with(
            "schools",
            &[(
                "s",
                (250.0, 250.0),
                &[
                    ("kind", "primary"),
                    ("seats_primary", "9"),
                    ("district", "440103"),
                ],
            )],
        )
        .build()
}

fn ask(change: serde_json::Value) -> Result<BlindSpots, QueryError> {
    let mut query = json!({ "service": "primary_school", "level": "district" });
    for (key, value) in change.as_object().expect("fields") {
        query[key] = value.clone();
    }
    let query = serde_json::from_value(query).expect("a question");
    blind_spots(&city(), &query, &Limits::generous())
}

#[test]
fn homes_that_nobody_serves_are_outlined_with_their_people() {
    let found = ask(json!({})).expect("an answer");
    let [first, second] = &found.blind_spots[..] else {
        panic!("{:?}", found.blind_spots)
    };
    assert_eq!(
        (first.uncovered, first.demand_uncovered, first.homes),
        (100, Some(10), 2)
    );
    assert_eq!(
        (first.code.as_str(), second.code.as_str()),
        ("440103", "440104")
    );
    assert_eq!((second.uncovered, second.demand_uncovered), (20, Some(0)));
    assert_eq!((first.areas.len(), second.areas.len()), (1, 1));
    for spot in &found.blind_spots {
        assert!(spot.geometry.is_valid());
    }
    for (spot, east, north) in [
        (first, 1250.0, 250.0),
        (first, 1450.0, 250.0),
        (second, 3500.0, 1500.0),
    ] {
        let (lon, lat) = at(east, north);
        assert!(spot.geometry.contains(&Point::new(lon, lat)), "{east}");
    }
    let (lon, lat) = at(250.0, 250.0);
    assert!(!first.geometry.contains(&Point::new(lon, lat)));
    // Every one of the uncovered is in one blind spot.
    let people: i64 = found.blind_spots.iter().map(|spot| spot.uncovered).sum();
    assert_eq!(found.answer.totals.uncovered, Some(people));
    let collection = blind_spots_to_geojson(&found);
    assert_eq!(collection["type"], "FeatureCollection");
    assert_eq!(collection["features"][0]["properties"]["uncovered"], 100);
    assert_eq!(collection["rows"][0]["code"], "440103");
}

#[test]
fn the_uncovered_are_told_by_age() {
    let found = ask(json!({})).expect("an answer");
    let [a, b] = &found.answer.rows[..] else {
        panic!("two rows")
    };
    assert_eq!(
        (a.uncovered, a.total, a.demand_uncovered),
        (Some(100), Some(200), Some(10))
    );
    let age = |row: &UncoveredRow, id: &str| {
        let age = row
            .ages
            .iter()
            .find(|age| age.attribute == *id)
            .expect("an age group");
        (age.uncovered, age.total)
    };
    assert_eq!(age(a, "age_6_11"), (Some(10), Some(19)));
    assert_eq!(age(a, "age_80_plus"), (Some(1), Some(5)));
    assert_eq!(age(b, "age_80_plus"), (Some(5), Some(5)));
    // Nobody says how many are of working age.
    assert_eq!(age(a, "age_18_59"), (None, None));
    assert_eq!(age(&found.answer.totals, "age_6_11"), (Some(10), Some(19)));
    let order: Vec<&str> = a.ages.iter().map(|age| age.attribute.as_str()).collect();
    assert_eq!(order[..3], ["age_0_2", "age_3_5", "age_6_11"]);
    let one = ask(json!({ "area": "440104" })).expect("an answer");
    assert_eq!((one.blind_spots.len(), one.answer.rows.len()), (1, 1));
    assert_eq!(one.answer.totals.uncovered, Some(20));
}

#[test]
fn a_blind_spot_across_a_border_counts_the_areas_that_it_takes_in() {
    let home = |people, code| {
        [
            ("usual_residents", people),
            ("age_6_11", "5"),
            ("district", code),
        ]
    };
    let school = [
        ("kind", "primary"),
        ("seats_primary", "9"),
        ("district", "440103"),
    ];
    let city = TestCity::new()
        .with_squares("districts", 2000.0, &DISTRICTS)
        .with(
            "residences",
            &[
                ("west", (1900.0, 250.0), &home("70", "440103")),
                ("east", (2100.0, 250.0), &home("30", "440104")),
            ],
        )
        .with("schools", &[("s", (250.0, 250.0), &school)])
        .build();
    let query = json!({ "service": "primary_school", "level": "district", "cell_m": 2000 });
    let query = serde_json::from_value(query).expect("a question");
    let found = blind_spots(&city, &query, &Limits::generous()).expect("an answer");
    let [spot] = &found.blind_spots[..] else {
        panic!("{:?}", found.blind_spots)
    };
    assert_eq!((spot.uncovered, spot.code.as_str()), (100, "440103"));
    let areas = json!([
        { "code": "440103", "name": "甲区", "uncovered": 70 },
        { "code": "440104", "name": "乙区", "uncovered": 30 },
    ]);
    let told = &blind_spots_to_geojson(&found)["features"][0]["properties"];
    assert_eq!((&told["name"], &told["areas"]), (&json!("甲区"), &areas));
    let cell = |language, key: &str| {
        let table = blind_spots_table(&city, &found, language);
        let at = table.columns.iter().position(|column| column.key == key);
        table.rows[0][at.expect("a column")].clone()
    };
    let text = |text: &str| crate::domain::Value::Text(text.to_owned());
    assert_eq!(cell(Language::Zh, "name"), text("甲区等 2 个区"));
    assert_eq!(cell(Language::En, "name"), text("甲区 and 1 more"));
    assert_eq!(cell(Language::Zh, "area_names"), text("甲区、乙区"));
}

#[test]
fn a_blind_spot_of_several_areas_is_named_so() {
    let name = |areas, language| spot_name("五山", areas, "街道", language);
    assert_eq!(name(1, Language::Zh), "五山");
    assert_eq!(name(21, Language::Zh), "五山等 21 个街道");
    assert_eq!(name(3, Language::En), "五山 and 2 more");
}

#[test]
fn a_norm_without_a_distance_is_told_to_be_set() {
    for (change, told) in [
        (
            json!({ "service": "hospital_beds" }),
            "the norm of `hospital_beds` has no service radius: set it",
        ),
        (
            json!({ "service": "library" }),
            "`public_services` has no `library`",
        ),
        (json!({ "cell_m": 10 }), "cell_m: 50 to 2000 metres"),
        (
            json!({ "service": "kindergarten" }),
            "facility layer with features `kindergartens`",
        ),
        (
            json!({ "service": "junior_school" }),
            "facility layer with features `junior_school`",
        ),
    ] {
        let problem = ask(change).expect_err("refused").to_string();
        assert!(problem.contains(told), "{problem}");
    }
}
