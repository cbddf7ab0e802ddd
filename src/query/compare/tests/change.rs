//! One period beside another.

use super::*;
use crate::domain::Crosswalk;

const HOMES_THEN: [Feature<'_>; 3] = [
    (
        "a",
        (100.0, 500.0),
        &[
            ("usual_residents", "7"),
            ("employed_residents", "4"),
            ("district", "440103"),
        ],
    ),
    (
        "b",
        (900.0, 500.0),
        &[
            ("usual_residents", "10"),
            ("employed_residents", "5"),
            ("district", "440103"),
        ],
    ),
    (
        "c",
        (1500.0, 500.0),
        &[
            ("usual_residents", "20"),
            ("employed_residents", "8"),
            ("district", "440104"),
        ],
    ),
];
const HOMES_NOW: [Feature<'_>; 3] = [
    (
        "a",
        (100.0, 500.0),
        &[
            ("usual_residents", "9"),
            ("employed_residents", "4"),
            ("district", "440103"),
        ],
    ),
    (
        "b",
        (900.0, 500.0),
        &[
            ("usual_residents", "4"),
            ("employed_residents", "5"),
            ("district", "440103"),
        ],
    ),
    (
        "c",
        (1500.0, 500.0),
        &[
            ("usual_residents", "20"),
            ("employed_residents", "8"),
            ("district", "440104"),
        ],
    ),
];
const WORKS: [Feature<'_>; 2] = [
    (
        "x",
        (150.0, 500.0),
        &[("jobs", "3"), ("district", "440103")],
    ),
    (
        "y",
        (1550.0, 500.0),
        &[("jobs", "4"), ("district", "440104")],
    ),
];
const SQUARES: [Feature<'_>; 2] = [
    (
        "d1",
        (0.0, 0.0),
        &[("code", "440103"), ("name", "甲"), ("district", "440103")],
    ),
    (
        "d2",
        (1000.0, 0.0),
        &[("code", "440104"), ("name", "乙"), ("district", "440104")],
    ),
];

/// Homes and works of 2010 and 2020 in the same two squares.
fn two_periods() -> TestCity {
    TestCity::new()
        .at_period("2010")
        .with_squares("districts", 1000.0, &SQUARES)
        .with("residences", &HOMES_THEN)
        .with("workplaces", &WORKS)
        .at_period("2020")
        .with("residences", &HOMES_NOW)
        .with("workplaces", &WORKS)
}

fn between(from: &str, to: Option<&str>) -> Between {
    Between {
        from: from.parse().expect("a period"),
        to: to.map(|to| to.parse().expect("a period")),
    }
}

fn ask(
    city: &City,
    name: &str,
    fields: Json,
    times: &Between,
) -> Result<Answer<Row, Vec<Row>>, QueryError> {
    let question = question(name, fields);
    change(
        city,
        &question,
        times,
        Language::En,
        false,
        &Limits::generous(),
    )
}

fn by_district(city: &City, name: &str) -> Answer<Row, Vec<Row>> {
    let fields = json!({"level": "district"});
    ask(city, name, fields, &between("2010", None)).expect("an answer")
}

#[test]
fn what_changed_is_told_of_both_times_and_adds_up() {
    let city = two_periods().build();
    let found = by_district(&city, "balance");
    let first = &found.rows[0];
    let told = |key: &str| first[key].clone();
    assert_eq!(
        [
            told("then.usual_residents"),
            told("now.usual_residents"),
            told("difference.usual_residents")
        ],
        [json!(17), json!(13), json!(-4)]
    );
    assert_eq!(
        first["change_share.usual_residents"].as_f64(),
        Some(-4.0 / 17.0)
    );
    assert!(!first.contains_key("change_share.jobs_per_employed_resident"));
    for (key, value) in &found.rows[1] {
        if key.starts_with("difference.") && !value.is_null() {
            assert_eq!(value.as_f64(), Some(0.0), "{key}: nothing changed there");
        }
    }
    let rows: i64 = found
        .rows
        .iter()
        .filter_map(|row| row["difference.usual_residents"].as_i64())
        .sum();
    assert_eq!(found.totals[0]["difference.usual_residents"], rows);
    let dates: Vec<(&str, &str)> = found
        .provenance
        .inputs
        .iter()
        .map(|input| (input.layer.as_str(), input.reference_date.as_str()))
        .collect();
    assert_eq!(
        dates,
        [
            ("residences", "2010"),
            ("residences", "2020"),
            ("workplaces", "2010"),
            ("workplaces", "2020")
        ]
    );
    assert_eq!(
        (&found.query["from"], &found.query["to"]),
        (&json!("2010"), &Json::Null)
    );
}

#[test]
fn two_dates_of_one_state_differ_by_exactly_zero_in_every_question() {
    let city = two_periods().build();
    let times = between("2011", Some("2019"));
    for (name, fields) in [
        (
            "balance",
            json!({"level": "district", "catchment_m": 500.0}),
        ),
        ("areas", json!({"level": "district"})),
        ("calibers", json!({"level": "district"})),
        ("statistics", rectangle(0.0, 0.0, 1200.0, 1000.0)),
    ] {
        let found = ask(&city, name, fields, &times).expect("an answer");
        let rows = found.rows.iter().chain(&found.totals);
        let numbers = rows.flatten().filter(|(key, value)| {
            let is_of_change = key.starts_with("difference.") || key.starts_with("change_share.");
            is_of_change && !value.is_null()
        });
        let numbers: Vec<Option<f64>> = numbers.map(|(_, value)| value.as_f64()).collect();
        assert!(numbers.len() > 3, "{name}");
        assert!(
            numbers.iter().all(|n| *n == Some(0.0)),
            "{name}: {numbers:?}"
        );
        let inputs = &found.provenance.inputs;
        assert!(
            inputs
                .iter()
                .all(|input| input.reference_date.as_str() == "2010"),
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_held_against_each_other_is_refused() {
    let city = two_periods().build();
    let told = |fields: Json, times: Between| {
        let refused = ask(&city, "balance", fields, &times);
        refused.expect_err("refused").to_string()
    };
    let level = || json!({"level": "district"});
    assert!(told(level(), between("2020", Some("2010"))).starts_with("from: the earlier time"));
    let before = told(level(), between("2005", None));
    assert_eq!(
        before,
        "the city holds nothing at or before 2005; it holds 2010, 2020"
    );
    // Then only 户籍, now only 常住: two calibers.
    let registered: [Feature<'_>; 1] = [(
        "a",
        (100.0, 500.0),
        &[("hukou_residents", "7"), ("district", "440103")],
    )];
    let mixed = TestCity::new()
        .at_period("2010")
        .with_squares("districts", 1000.0, &SQUARES)
        .with("residences", &registered)
        .at_period("2020")
        .with("residences", &HOMES_NOW)
        .build();
    let refused = ask(&mixed, "balance", level(), &between("2010", None));
    let text = refused.expect_err("refused").to_string();
    assert!(
        text.contains("hukou_residents") && text.contains("usual_residents"),
        "{text}"
    );
}

/// The squares of 2020 were one area 440191 and a strip 440192 in 2010, and 440104 was called 440194.
fn redrawn() -> TestCity {
    let old: [Feature<'_>; 2] = [
        (
            "o1",
            (0.0, 0.0),
            &[("code", "440191"), ("name", "旧甲"), ("district", "440191")],
        ),
        (
            "o2",
            (1000.0, 0.0),
            &[("code", "440194"), ("name", "旧乙"), ("district", "440194")],
        ),
    ];
    let new: [Feature<'_>; 3] = [
        (
            "n1",
            (0.0, 0.0),
            &[("code", "440103"), ("name", "甲"), ("district", "440103")],
        ),
        (
            "n2",
            (500.0, 0.0),
            &[("code", "440105"), ("name", "丙"), ("district", "440105")],
        ),
        (
            "n3",
            (1000.0, 0.0),
            &[("code", "440104"), ("name", "乙"), ("district", "440104")],
        ),
    ];
    let then: [Feature<'_>; 2] = [
        (
            "a",
            (100.0, 500.0),
            &[
                ("usual_residents", "10"),
                ("employed_residents", "4"),
                ("district", "440191"),
            ],
        ),
        (
            "c",
            (1500.0, 500.0),
            &[
                ("usual_residents", "20"),
                ("employed_residents", "8"),
                ("district", "440194"),
            ],
        ),
    ];
    let works: [Feature<'_>; 2] = [
        (
            "x",
            (150.0, 500.0),
            &[("jobs", "3"), ("district", "440191")],
        ),
        (
            "y",
            (1550.0, 500.0),
            &[("jobs", "4"), ("district", "440194")],
        ),
    ];
    let now: [Feature<'_>; 3] = [
        (
            "a",
            (100.0, 500.0),
            &[
                ("usual_residents", "5"),
                ("employed_residents", "4"),
                ("district", "440103"),
            ],
        ),
        (
            "b",
            (900.0, 500.0),
            &[
                ("usual_residents", "6"),
                ("employed_residents", "5"),
                ("district", "440105"),
            ],
        ),
        (
            "c",
            (1500.0, 500.0),
            &[
                ("usual_residents", "20"),
                ("employed_residents", "8"),
                ("district", "440104"),
            ],
        ),
    ];
    TestCity::new()
        .at_period("2010")
        .with_squares("districts", 500.0, &old)
        .with("residences", &then)
        .with("workplaces", &works)
        .at_period("2020")
        .with_squares("districts", 500.0, &new)
        .with("residences", &now)
}

fn crosswalk(links: Json) -> String {
    let text = json!({"level": "district", "from": "2010", "to": "2020", "links": links});
    let read: Crosswalk = serde_json::from_value(text).expect("a crosswalk");
    serde_json::to_string(&read).expect("text")
}

const LINKS: &str = r#"[{"from": "440191", "to": "440103", "weight": 0.333333},
    {"from": "440191", "to": "440105", "weight": 0.666667},
    {"from": "440194", "to": "440104", "weight": 1.0}]"#;

fn links() -> Json {
    serde_json::from_str(LINKS).expect("links")
}

#[test]
fn a_crosswalk_carries_counts_over_and_keeps_the_totals() {
    let city = redrawn()
        .with_definition(Crosswalk::KIND, "any", &crosswalk(links()))
        .build();
    let found = by_district(&city, "balance");
    let row = |code: &str| {
        found
            .rows
            .iter()
            .find(|row| row["code"] == code)
            .expect("a row")
    };
    // 10 people by a third and two thirds in whole numbers.
    let then = |code: &str| row(code)["then.usual_residents"].clone();
    assert_eq!(
        [then("440103"), then("440105"), then("440104")],
        [json!(3), json!(7), json!(20)]
    );
    assert_eq!(row("440105")["difference.usual_residents"], -1);
    // A ratio of a divided area is nobody's; one of an area that was only renamed is its own.
    let ratio = |code: &str| row(code)["then.jobs_per_employed_resident"].clone();
    assert_eq!((ratio("440103"), ratio("440104")), (Json::Null, json!(0.5)));
    assert_eq!(row("440103")["then.reason"], "areas_changed");
    assert_eq!(
        (&row("440104")["name"], row("440104").get("only")),
        (&json!("乙"), None)
    );
    for key in [
        "then.usual_residents",
        "now.usual_residents",
        "difference.usual_residents",
        "then.jobs",
    ] {
        let sum: i64 = found.rows.iter().filter_map(|row| row[key].as_i64()).sum();
        assert_eq!(found.totals[0][key], sum, "{key}");
    }
    assert_eq!(found.query["crosswalk"], "district.2010.2020");
    assert!(
        found.definition.en.contains("crosswalk"),
        "{}",
        found.definition.en
    );
    let areas = by_district(&city, "areas");
    assert_eq!(areas.rows[0]["then.residences.usual_residents"], 3);
    assert_eq!(areas.rows[0]["then.area_km2"], Json::Null);
}

#[test]
fn crosswalks_lead_on_from_one_to_the_next() {
    // In 2000 all was one district, which was parted by 2010 and drawn anew by 2020.
    let oldest: [Feature<'_>; 1] = [(
        "o",
        (0.0, 0.0),
        &[("code", "440190"), ("name", "旧"), ("district", "440190")],
    )];
    let people: [Feature<'_>; 1] = [(
        "a",
        (100.0, 500.0),
        &[("usual_residents", "100"), ("district", "440190")],
    )];
    let city = || {
        redrawn()
            .at_period("2000")
            .with_squares("districts", 500.0, &oldest)
            .with("residences", &people)
            .with_definition(Crosswalk::KIND, "later", &crosswalk(links()))
    };
    let since_2000 = |city: &City| {
        ask(
            city,
            "areas",
            json!({"level": "district"}),
            &between("2000", None),
        )
    };
    let refused = since_2000(&city().build()).expect_err("nothing leads on from 2000");
    assert!(
        refused.to_string().contains("--from 2000 --period 2020"),
        "{refused}"
    );

    let first = json!({"level": "district", "from": "2000", "to": "2010", "links": [
        {"from": "440190", "to": "440191", "weight": 0.3},
        {"from": "440190", "to": "440194", "weight": 0.7}]});
    let city = city().with_definition(Crosswalk::KIND, "earlier", &first.to_string());
    let found = since_2000(&city.build()).expect("an answer");
    let then = |code: &str| {
        let row = found.rows.iter().find(|row| row["code"] == code);
        row.expect("a row")["then.residences.usual_residents"].clone()
    };
    // 30 of 100 in 440191, a third and two thirds of them in what became of it.
    assert_eq!(
        [then("440103"), then("440105"), then("440104")],
        [json!(10), json!(20), json!(70)]
    );
    assert_eq!(found.totals[0]["then.residences.usual_residents"], 100);
    assert_eq!(
        found.query["crosswalk"],
        "district.2000.2010, district.2010.2020"
    );
    assert!(
        found.definition.en.contains("2000 → 2010; 2010 → 2020"),
        "{}",
        found.definition.en
    );
}

#[test]
fn codes_that_do_not_match_are_named_where_nothing_says_what_became_of_them() {
    let bare = redrawn().build();
    let level = || json!({"level": "district"});
    let refused = |city: &City, name: &str| {
        let refused = ask(city, name, level(), &between("2010", None));
        refused.expect_err("refused").to_string()
    };
    let text = refused(&bare, "areas");
    assert!(text.contains("only then: 440191, 440194"), "{text}");
    assert!(text.contains("only now: 440103, 440104, 440105"), "{text}");
    assert!(text.contains("suitu import crosswalk"), "{text}");
    // A crosswalk that no longer fits the areas is none.
    let half = json!([{"from": "440191", "to": "440103", "weight": 1.0}]);
    let stale = redrawn()
        .with_definition(Crosswalk::KIND, "any", &crosswalk(half))
        .build();
    assert_eq!(refused(&stale, "areas"), text);
    // What is no sum over areas is not carried over.
    let whole = redrawn()
        .with_definition(Crosswalk::KIND, "any", &crosswalk(links()))
        .build();
    let text = refused(&whole, "zoning");
    assert!(
        text.starts_with("question: the areas of district were drawn anew"),
        "{text}"
    );
    // The whole city is the same one.
    let city = ask(
        &bare,
        "balance",
        json!({"level": "city"}),
        &between("2010", None),
    );
    assert_eq!(
        city.expect("an answer").totals[0]["difference.usual_residents"],
        1
    );
}

#[test]
fn a_crosswalk_is_held_against_the_boundaries_that_hold() {
    let city = redrawn().build();
    let level = "district".parse().expect("a level");
    let years = |from: &str, to: &str| [from.parse().expect("a year"), to.parse().expect("a year")];
    let check = |[from, to]: [crate::domain::Period; 2]| {
        let links = serde_json::from_value(links()).expect("links");
        checked_crosswalk(&city, &level, [&from, &to], links)
    };
    let found = check(years("2012", "2025"))
        .expect("two boundaries")
        .expect("sound");
    assert_eq!(
        found.id(),
        "district.2010.2020",
        "named by the boundaries themselves"
    );
    let same = check(years("2012", "2019")).expect_err("one boundary");
    assert!(
        same.to_string().contains("older ones to newer ones"),
        "{same}"
    );
}
