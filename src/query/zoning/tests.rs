use serde_json::{Value as Json, json};

use super::*;
use crate::{
    domain::{Language, Reason},
    query::{PLAN_KIND, PlanQuery, PlanStatus, plan, test_city::TestCity},
};

/// Two districts of 2 km with two streets of 1 km each; the first street has a published area of
/// twice its outline, the last has no capacity, and nobody counted its people.
fn streets() -> TestCity {
    let west = ("district", "440103");
    let east = ("district", "440104");
    TestCity::new()
        .with_squares(
            "districts",
            2000.0,
            &[
                ("w", (0.0, 0.0), &[("code", "440103"), ("name", "西")]),
                ("e", (2000.0, 0.0), &[("code", "440104"), ("name", "东")]),
            ],
        )
        .with_squares(
            "subdistricts",
            1000.0,
            &[
                (
                    "a",
                    (0.0, 0.0),
                    &[
                        ("code", "440103001"),
                        ("name", "甲"),
                        ("capacity", "25000"),
                        ("official_area_km2", "2"),
                        west,
                    ],
                ),
                (
                    "b",
                    (1000.0, 0.0),
                    &[
                        ("code", "440103002"),
                        ("name", "乙"),
                        ("capacity", "10000"),
                        west,
                    ],
                ),
                (
                    "c",
                    (2000.0, 0.0),
                    &[
                        ("code", "440104001"),
                        ("name", "丙"),
                        ("capacity", "9000"),
                        east,
                    ],
                ),
                (
                    "d",
                    (3000.0, 0.0),
                    &[("code", "440104002"), ("name", "丁"), east],
                ),
            ],
        )
        .with(
            "residences",
            &[
                (
                    "1",
                    (500.0, 500.0),
                    &[
                        ("usual_residents", "30000"),
                        west,
                        ("subdistrict", "440103001"),
                    ],
                ),
                (
                    "2",
                    (1500.0, 500.0),
                    &[
                        ("usual_residents", "5000"),
                        west,
                        ("subdistrict", "440103002"),
                    ],
                ),
                (
                    "3",
                    (2500.0, 500.0),
                    &[
                        ("usual_residents", "9900"),
                        east,
                        ("subdistrict", "440104001"),
                    ],
                ),
                ("4", (3500.0, 500.0), &[east, ("subdistrict", "440104002")]),
            ],
        )
        .with_definition(
            PLAN_KIND,
            "plan",
            &json!([
                figure("440103001", 2035, 28_000, "2024"),
                figure("440103002", 2035, 12_000, "2024"),
                figure("440104001", 2035, 9_000, "2020"),
                figure("440104001", 2035, 8_000, "2024"),
                figure("440103", 2035, 41_000, "2024"),
            ])
            .to_string(),
        )
}

fn figure(area: &str, year: i32, value: i64, date: &str) -> Json {
    let areas: Vec<&str> = area.split('+').filter(|code| !code.is_empty()).collect();
    json!({"areas": areas, "year": year, "indicator": "usual_residents", "value": value,
        "date": date, "source": "a plan"})
}

fn rules() -> Json {
    let class = |id: &str, direction: &str, all: Json| {
        json!({"id": id, "title": {"zh": id, "en": id}, "guidance": {"zh": "g", "en": "g"},
            "colour": "#112233", "direction": direction, "all": all})
    };
    json!({"id": "t", "title": {"zh": "试", "en": "T"}, "plan_year": 2035,
        "note": {"zh": "占位", "en": "placeholders"}, "classes": [
        class("disperse", "reduce", json!([
            {"indicator": "density_per_km2", "comparison": ">", "threshold": 14000, "unit": "person_per_km2"},
            {"indicator": "capacity_ratio", "comparison": ">=", "threshold": 1.0, "unit": "share"},
        ])),
        class("full", "grow", json!([
            {"indicator": "capacity_ratio", "comparison": ">=", "threshold": 1.05, "unit": "share"},
        ])),
        class("gather", "grow", json!([
            {"indicator": "capacity_ratio", "comparison": "<", "threshold": 0.6, "unit": "share"},
        ])),
    ]})
}

fn ask(city: &City, more: Json) -> Zoning {
    let mut question = json!({"level": "subdistrict", "rules": rules()});
    let more = more.as_object().expect("an object").clone();
    question.as_object_mut().expect("an object").extend(more);
    let query: ZoningQuery = serde_json::from_value(question).expect("a question");
    zoning(city, &query, &Limits::generous()).expect("an answer")
}

fn classes(found: &Zoning) -> Vec<&str> {
    let rows = found.answer.rows.iter();
    rows.map(|row| row.class.as_deref().unwrap_or("-"))
        .collect()
}

#[test]
fn streets_are_classified_with_figures_and_reasons() {
    let found = ask(&streets().build(), json!({}));
    assert_eq!(classes(&found), ["disperse", "gather", "full", "-"]);
    let [a, b, c, d] = &found.answer.rows[..] else {
        panic!("four rows")
    };
    assert_eq!(
        (a.residents, a.planned_residents),
        (Some(30_000), Some(28_000))
    );
    assert_eq!(
        a.values["disperse.1"],
        json!(15_000.0),
        "by the published area"
    );
    assert_eq!(a.capacity_ratio, Some(1.2));
    assert!(
        a.reasons.zh.contains("15,000") && a.reasons.zh.contains("120.0%"),
        "{:?}",
        a.reasons
    );
    assert_eq!(b.planned_capacity_ratio, Some(1.2));
    assert_eq!(c.planned_residents, Some(8_000), "the later document");
    assert_eq!(c.district.as_deref(), Some("东"));
    // Nobody counted is not nobody; no capacity is no ratio.
    assert_eq!(
        (d.residents, d.planned_capacity, d.capacity_ratio),
        (None, None, None)
    );
    assert_eq!(d.value_reasons["disperse.1"], json!(Reason::NoData));
    assert!(
        d.undecided.zh.contains("disperse无法判定"),
        "{:?}",
        d.undecided
    );
    assert_eq!(d.class_title.zh, "未分类");
    assert!(found.answer.definition.zh.contains("占位"));
}

#[test]
fn sums_reconcile_and_districts_hold_their_streets() {
    let found = ask(&streets().build(), json!({}));
    let total = &found.answer.totals;
    assert_eq!((total.areas, total.residents), (4, Some(44_900)));
    // One street has neither plan nor capacity: no sum is made up.
    assert_eq!(
        (total.planned_residents, total.planned_capacity),
        (None, None)
    );
    let by_class: i64 = found.classes.iter().map(|class| class.residents).sum();
    let areas: u64 = found.classes.iter().map(|class| class.areas).sum();
    assert_eq!((by_class, areas), (44_900, 4));
    assert_eq!(found.classes.len(), 4, "every class and 未分类");
    let [west, east] = &found.districts[..] else {
        panic!("two districts")
    };
    assert_eq!(
        (west.residents, west.planned_capacity),
        (35_000, Some(35_000))
    );
    assert_eq!(west.capacity_ratio, Some(1.0));
    assert_eq!((east.residents, east.planned_capacity), (9_900, None));
    assert_eq!(west.residents + east.residents, 44_900);
    assert_eq!(
        found.answer.left_out.0["residences.usual_residents"].missing,
        1
    );
    let one = ask(&streets().build(), json!({"area": "440103"}));
    assert_eq!(one.answer.totals.planned_residents, Some(40_000));
    assert_eq!(one.answer.totals.planned_capacity_ratio, Some(40.0 / 35.0));
}

#[test]
fn a_district_has_its_own_figure_or_the_sum_of_its_streets() {
    let found = ask(&streets().build(), json!({"level": "district"}));
    let west = &found.answer.rows[0];
    assert_eq!(west.planned_residents, Some(41_000), "its own, not 40,000");
    assert_eq!(west.planned_capacity, Some(35_000), "of its streets");
    let east = &found.answer.rows[1];
    assert_eq!(
        (east.planned_residents, east.planned_capacity),
        (None, None)
    );
    assert!(
        found.districts.is_empty(),
        "districts lie in nothing larger"
    );
}

#[test]
fn stability_names_the_threshold_and_the_outline_is_another_way() {
    let found = ask(&streets().build(), json!({}));
    let rows = &found.answer.rows;
    let flips = |row: usize| -> Vec<(&str, Option<&str>)> {
        let flips = rows[row].flips.iter();
        flips
            .map(|f| (f.criterion.as_str(), f.class.as_deref()))
            .collect()
    };
    // 15,000 is not above 15,400; a capacity threshold of 1.155 leaves 1.1 without a class.
    assert_eq!(flips(0), [("disperse.1", Some("full"))]);
    assert_eq!(flips(2), [("full.1", None)]);
    assert!(rows[1].stable && rows[3].stable && !rows[0].stable);
    assert!(
        rows[0].stability.zh.contains("15,400"),
        "{:?}",
        rows[0].stability
    );
    let report = &found.stability;
    assert_eq!(
        (report.areas, report.stable, report.with_published_area),
        (4, 2, 1)
    );
    assert_eq!(report.thresholds.len(), 8);
    let kept = |key: &str, up: bool| {
        let mut of = report.thresholds.iter().filter(|t| t.criterion == key);
        of.find(|t| (t.moved > t.threshold) == up).map(|t| t.kept)
    };
    assert_eq!(
        (kept("disperse.1", true), kept("disperse.1", false)),
        (Some(3), Some(4))
    );
    // By the outline the first street is twice as dense: the same class here, another one below.
    assert_eq!(
        (report.same_by_outline, report.same_by_outline_share),
        (1, Some(1.0))
    );
    let same = |row: usize| (rows[row].outline_same, rows[row].outline_reason);
    assert_eq!(same(0), (Some(true), None));
    assert_eq!(same(1), (None, Some(Reason::NoPublishedArea)));
    let found = ask(
        &streets().build(),
        json!({"thresholds": {"disperse.1": 20_000}}),
    );
    assert_eq!(classes(&found)[0], "full");
    assert_eq!(
        found.answer.rows[0].outline_class.as_deref(),
        Some("disperse")
    );
    assert_eq!(found.answer.rows[0].outline_same, Some(false));
    assert_eq!(found.stability.same_by_outline, 0);
}

#[test]
fn conflicts_are_listed_worst_first() {
    let found = ask(&streets().build(), json!({}));
    let told: Vec<(&str, &str, i64)> = found
        .conflicts
        .iter()
        .map(|c| (c.kind, c.code.as_str(), c.excess))
        .collect();
    assert_eq!(
        told,
        [
            ("over_capacity", "440103001", 5_000),
            ("over_capacity", "440104001", 900),
            ("plan_over_capacity", "440103001", 3_000),
            ("plan_over_capacity", "440103002", 2_000),
            // A class that is to grow, and a plan that takes people away.
            ("plan_against_class", "440104001", -1_900),
        ]
    );
    assert_eq!(
        found.answer.rows[2].conflicts,
        ["over_capacity", "plan_against_class"]
    );
}

#[test]
fn an_override_holds_with_its_reason_and_is_kept_when_taken_back() {
    let text = rules_text();
    let city = || streets().with_definition(ZONING_KIND, "t", &text);
    let request = |class: Option<&str>| OverrideRequest {
        rules: Some("t".into()),
        level: "subdistrict".into(),
        class: class.map(str::to_owned),
        reason: "城中村改造".into(),
        by: "规资局".into(),
    };
    let at = || "2026-01-02T03:04:05Z".to_owned();
    let bare = city().build();
    let set = set_override(&bare, "440103002", &request(Some("full")), at()).expect("fits");
    let with = city()
        .with_definition(&set.kind, &set.id, &set.text)
        .build();
    let found = ask(&with, json!({"rules": "t"}));
    assert_eq!(classes(&found), ["disperse", "full", "full", "-"]);
    let row = &found.answer.rows[1];
    assert!(row.overridden && row.reasons.zh.contains("城中村改造（规资局，2026-01-02）"));
    assert_eq!(row.computed_class.as_deref(), Some("gather"));
    assert_eq!(found.classes[1].areas, 2);
    // Of other rules it says nothing.
    assert_eq!(
        classes(&ask(&with, json!({"rules": rules_named("u")})))[1],
        "gather"
    );
    let back = set_override(&with, "440103002", &request(None), at()).expect("fits");
    let without = city()
        .with_definition(&back.kind, &back.id, &back.text)
        .build();
    assert_eq!(classes(&ask(&without, json!({"rules": "t"})))[1], "gather");
    let listed = list_overrides(&without);
    assert_eq!(listed["rows"][0]["in_force"], json!(false));
    assert_eq!(listed["rows"][0]["history"][0]["class"], json!("full"));
    for (request, field) in [
        (
            OverrideRequest {
                class: Some("none_such".into()),
                ..request(None)
            },
            "class",
        ),
        (
            OverrideRequest {
                reason: " ".into(),
                ..request(Some("full"))
            },
            "reason",
        ),
        (
            OverrideRequest {
                by: String::new(),
                ..request(Some("full"))
            },
            "by",
        ),
    ] {
        let error = set_override(&bare, "440103002", &request, at()).unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
    assert!(set_override(&bare, "999", &request(Some("full")), at()).is_err());
    assert!(
        set_override(&bare, "440103001", &request(None), at()).is_err(),
        "nothing is set"
    );
}

fn rules_named(id: &str) -> Json {
    let mut rules = rules();
    rules["id"] = json!(id);
    rules
}

fn rules_text() -> String {
    let rules = ZoningRules::from_json("t", &rules()).expect("sound rules");
    toml::to_string(&rules).expect("TOML")
}

#[test]
fn rules_written_as_toml_are_read_back() {
    let rules = ZoningRules::from_json("t", &rules()).expect("sound rules");
    let again = ZoningRules::from_toml("t", &rules_text()).expect("the same");
    assert_eq!(again, rules);
    let city = streets().build();
    for built_in in city.catalog().zoning() {
        let text = toml::to_string(built_in).expect("TOML");
        assert_eq!(
            &ZoningRules::from_toml("t", &text).expect("the same"),
            built_in
        );
    }
}

#[test]
fn a_street_without_capacity_takes_the_ratio_of_what_holds_it() {
    let city = TestCity::new()
        .with_squares(
            "districts",
            2000.0,
            &[(
                "w",
                (0.0, 0.0),
                &[("code", "440103"), ("name", "西"), ("capacity", "1000")],
            )],
        )
        .with_squares(
            "subdistricts",
            1000.0,
            &[
                (
                    "a",
                    (0.0, 0.0),
                    &[("code", "440103001"), ("district", "440103")],
                ),
                (
                    "b",
                    (1000.0, 0.0),
                    &[("code", "440103002"), ("district", "440103")],
                ),
            ],
        )
        .with(
            "residences",
            &[
                (
                    "1",
                    (500.0, 500.0),
                    &[
                        ("usual_residents", "900"),
                        ("district", "440103"),
                        ("subdistrict", "440103001"),
                    ],
                ),
                (
                    "2",
                    (1500.0, 500.0),
                    &[
                        ("usual_residents", "300"),
                        ("district", "440103"),
                        ("subdistrict", "440103002"),
                    ],
                ),
            ],
        )
        .build();
    let found = ask(&city, json!({}));
    for row in &found.answer.rows {
        assert_eq!(
            (row.capacity_ratio, row.planned_capacity),
            (Some(1.2), None)
        );
        assert_eq!(row.capacity_of.as_deref(), Some("440103"));
    }
    let told: Vec<(&str, i64)> = found
        .conflicts
        .iter()
        .map(|c| (c.level.as_str(), c.excess))
        .collect();
    assert_eq!(
        told,
        [("district", 200)],
        "the holder is over capacity, once"
    );
}

#[test]
fn the_built_in_rules_say_what_they_lack() {
    let city = streets().build();
    let query = ZoningQuery::default();
    let found = zoning(&city, &query, &Limits::generous()).expect("an answer");
    assert!(found.rules.placeholder);
    let row = &found.answer.rows[0];
    assert_eq!(
        row.value_reasons["ecology.1"],
        json!(Reason::NoProtectedLand)
    );
    assert!(
        row.undecided.zh.contains("生态控制区无法判定"),
        "{:?}",
        row.undecided
    );
    let flat = flat_zoning(&found, Language::Zh);
    assert_eq!(flat.rows[0]["target_2035"], json!(28_000));
    assert_eq!(flat.totals["present_residents"], json!(44_900));
    assert_eq!(flat.totals["target_2035"], Json::Null);
    assert!(
        flat.rows[0]
            .keys()
            .all(|key| { crate::query::table::column(city.catalog(), key).is_some() })
    );
}

#[test]
fn protected_land_counts_by_its_area_inside() {
    let city = streets()
        .with_squares(
            "protected_land",
            1000.0,
            &[
                ("p", (0.0, 400.0), &[("kind", "redline")]),
                // The same ground twice is one ground.
                ("q", (0.0, 400.0), &[("kind", "farmland")]),
            ],
        )
        .build();
    let query = ZoningQuery::default();
    let found = zoning(&city, &query, &Limits::generous()).expect("an answer");
    let share = |row: usize| {
        found.answer.rows[row].values["ecology.1"]
            .as_f64()
            .expect("known")
    };
    assert!((share(0) - 0.6).abs() < 1e-3, "{}", share(0));
    assert!(share(2) == 0.0);
    assert_eq!(found.answer.rows[0].class.as_deref(), Some("ecology"));
}

#[test]
fn unknown_rules_parameters_and_levels_are_refused() {
    let city = streets().build();
    let refused = |question: Json| {
        let query: ZoningQuery = serde_json::from_value(question).expect("a question");
        zoning(&city, &query, &Limits::generous())
            .unwrap_err()
            .to_string()
    };
    assert!(refused(json!({"rules": "nothing"})).contains("default"));
    assert!(refused(json!({"level": "city"})).contains("level"));
    assert!(refused(json!({"swing": 0.0})).contains("swing"));
    assert!(refused(json!({"area": "999"})).contains("999"));
    assert!(refused(json!({"thresholds": {"x.1": 3.0}})).contains("x.1"));
    let mut rules = rules();
    rules["classes"][0]["all"][0]["indicator"] = json!("densty");
    let told = refused(json!({ "rules": rules }));
    assert!(
        told.contains("class `disperse`, criterion 1") && told.contains("density_per_km2"),
        "{told}"
    );
    let mut rules = self::rules();
    rules["classes"][0]["all"][0] = json!({"indicator": "service_share_covered",
        "layer": "nothings", "within_m": 300, "comparison": "<", "threshold": 0.5, "unit": "share"});
    let told = refused(json!({ "rules": rules }));
    assert!(
        told.contains("disperse.1") && told.contains("nothings"),
        "{told}"
    );
}

#[test]
fn a_plan_stands_beside_the_later_of_bulletin_and_data() {
    let mut published = figure("440103", 2023, 36_000, "2024");
    published["kind"] = json!("actual");
    let mut other = figure("440104", 2023, 10_000, "2024");
    other["kind"] = json!("actual");
    let mut old = figure("440103", 2019, 1, "2024");
    old["kind"] = json!("actual");
    let mut limit = figure("", 2035, 40_000, "2024");
    limit["kind"] = json!("at_most");
    let city = streets()
        .with_definition(
            PLAN_KIND,
            "more",
            &json!([
                published,
                other,
                old,
                limit,
                figure("", 2035, 99, "2019"),
                figure("440103+440104", 2025, 50_000, "2022")
            ])
            .to_string(),
        )
        .build();
    let ask = |query: Json| {
        let query: PlanQuery = serde_json::from_value(query).expect("a question");
        plan(&city, &query, &Limits::generous())
            .expect("an answer")
            .rows
    };
    let rows = ask(json!({"level": "city"}));
    assert_eq!(rows.len(), 1, "the draft of 2019 is replaced");
    assert_eq!(ask(json!({"level": "city", "superseded": true})).len(), 2);
    // Both districts are published for 2023, later than the data of 2020.
    let row = &rows[0];
    assert_eq!((row.actual, row.actual_year), (Some(46_000), Some(2023)));
    assert!(row.actual_published && row.status == Some(PlanStatus::Exceeded));
    assert_eq!(
        (row.completion_share, row.target_difference),
        (Some(1.15), Some(-6_000))
    );
    let rows = ask(json!({"level": "group"}));
    assert_eq!(
        (rows[0].actual, rows[0].status),
        (Some(46_000), Some(PlanStatus::Below))
    );
    let rows = ask(json!({"level": "district"}));
    assert_eq!(
        (rows[0].actual, rows[0].actual_year),
        (Some(36_000), Some(2023))
    );
    assert_eq!(rows[0].target_share_of_city, Some(41.0 / 40.0));
    assert_eq!(rows[0].actual_share_of_city, Some(36.0 / 46.0));
    // The data of 2020 are what is so for a street.
    let rows = ask(json!({"level": "subdistrict", "area": "440103"}));
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].actual, rows[0].actual_year),
        (Some(30_000), Some(2020))
    );
    assert!(!rows[0].actual_published);
    // At an earlier date the bulletin did not exist.
    let rows = ask(json!({"level": "district", "period": "2020"}));
    assert_eq!(
        (rows[0].actual, rows[0].actual_year),
        (Some(35_000), Some(2020))
    );
}

#[test]
fn growth_is_the_yearly_mean_since_the_period_before() {
    let home = |people: &'static str| -> [(&'static str, &'static str); 2] {
        [("usual_residents", people), ("subdistrict", "440103001")]
    };
    let square = [(
        "a",
        (0.0, 0.0),
        &[("code", "440103001"), ("name", "甲")][..],
    )];
    let (before, now) = (home("100"), home("121"));
    let city = TestCity::new()
        .with_squares("subdistricts", 1000.0, &square)
        .at_period("2018")
        .with("residences", &[("1", (500.0, 500.0), &before)])
        .at_period("2020")
        .with("residences", &[("1", (500.0, 500.0), &now)])
        .build();
    let found = zoning(&city, &ZoningQuery::default(), &Limits::generous()).expect("an answer");
    let row = &found.answer.rows[0];
    let growth = row.values["improve.2"].as_f64().expect("known");
    assert!((growth - 0.1).abs() < 1e-12, "{growth}");
}
