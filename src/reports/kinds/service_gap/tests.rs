use super::uncovered::spot_name;
use crate::{
    city::City,
    domain::Language,
    query::{Limits, Names, test_city::TestCity},
    reports::{
        Choices, Kind, Question, Reporter,
        document::{Table, Words},
    },
};

/// Two districts with 30 and 20 children and a primary school of 60 places in the first.
fn city() -> City {
    let [a, b] = ["440103", "440104"];
    let home = |children, code| {
        [
            ("usual_residents", "100"),
            ("age_6_11", children),
            ("district", code),
        ]
    };
    TestCity::new()
        .with_squares(
            "districts",
            1000.0,
            &[
                (a, (0.0, 0.0), &[("code", a), ("name", "甲区")]),
                (b, (1000.0, 0.0), &[("code", b), ("name", "乙区")]),
            ],
        )
        .with(
            "residences",
            &[
                ("h1", (300.0, 300.0), &home("30", a)),
                ("h2", (1500.0, 300.0), &home("20", b)),
            ],
        )
        .with(
            "schools",
            &[(
                "s",
                (350.0, 300.0),
                &[
                    ("kind", "primary"),
                    ("seats_primary", "60"),
                    ("district", a),
                ],
            )],
        )
        .build()
}

/// The notes of a table of the report on these services.
fn notes(services: &[&str], table: &str, lang: Language) -> String {
    let (city, limits) = (city(), Limits::generous());
    let services = services.iter().map(|service| service.to_string());
    let question = Question {
        kind: Kind::ServiceGap,
        area: None,
        period: None,
        caliber: None,
        lang,
        choices: Choices {
            services: Some(Names(services.collect())),
            ..Choices::default()
        },
        watermark: None,
    };
    let reporter = Reporter::new(&city, &question, &limits).expect("a question");
    let report = reporter.report(&limits).expect("a report");
    let mut tables = report.document.tables();
    let is_it = |known: &&Table| known.id == table;
    let found = tables.find(is_it).expect("the table");
    assert!(found.columns.iter().all(|c| !c.key.ends_with("reason")));
    found.notes.join("\n")
}

#[test]
fn a_total_that_is_enough_beside_an_area_that_lacks_is_explained() {
    let told = notes(&["primary_school"], "services", Language::Zh);
    assert!(told.contains("小学：总体满足率较高"), "{told}");
    assert!(told.contains("（需求规模 − 缺口）÷ 需求规模"), "{told}");
    let told = notes(&["primary_school"], "services", Language::En);
    assert!(told.contains("(required − shortfall) ÷ required"), "{told}");
}

#[test]
fn empty_columns_say_which_of_the_possible_reasons_it_is() {
    let told = notes(&["parks"], "services", Language::Zh);
    assert!(told.contains("评价（标准值由本市设定）"), "{told}");
    assert!(told.contains("标准未给服务半径，由本市设定"), "{told}");
    assert!(!told.contains("没有人口数据"), "{told}");
    let told = notes(&["parks"], "services", Language::En);
    assert!(told.contains("the norm gives no radius"), "{told}");
}

#[test]
fn a_dash_of_coverage_has_its_own_reason_below() {
    let services = ["primary_school", "senior_school"];
    let told = notes(&services, "services", Language::Zh);
    let dash = "服务半径覆盖率（按人口）“—”：普通高中，标准值由本市设定。";
    assert!(told.contains(dash), "{told}");
}

#[test]
fn a_blind_spot_of_several_areas_is_named_so() {
    let zh = Words(Language::Zh);
    assert_eq!(spot_name("五山街道".into(), 1, "街道", zh), "五山街道");
    assert_eq!(
        spot_name("五山街道".into(), 21, "街道", zh),
        "五山街道等 21 个街道"
    );
    let en = Words(Language::En);
    assert_eq!(
        spot_name("Wushan".into(), 3, "Street", en),
        "Wushan and 2 more"
    );
}
