use crate::{
    city::City,
    domain::Language,
    query::{Limits, Names, test_city::TestCity},
    reports::{Block, Choices, Kind, Question, Reporter, document::Table},
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

/// The findings of a report on kindergartens in three districts that lack so many places.
fn findings_where(lacking: [&str; 3], lang: Language) -> String {
    let codes = ["440103", "440104", "440105"];
    let homes = [0, 1, 2].map(|at| {
        [
            ("usual_residents", "100"),
            ("age_3_5", lacking[at]),
            ("district", codes[at]),
        ]
    });
    let school = [("seats", "0"), ("district", codes[0])];
    let city = TestCity::new()
        .with_squares(
            "districts",
            1000.0,
            &[
                (
                    codes[0],
                    (0.0, 0.0),
                    &[("code", codes[0]), ("name", "甲区")],
                ),
                (
                    codes[1],
                    (1000.0, 0.0),
                    &[("code", codes[1]), ("name", "乙区")],
                ),
                (
                    codes[2],
                    (2000.0, 0.0),
                    &[("code", codes[2]), ("name", "丙区")],
                ),
            ],
        )
        .with(
            "residences",
            &[
                ("h1", (300.0, 300.0), &homes[0]),
                ("h2", (1500.0, 300.0), &homes[1]),
                ("h3", (2500.0, 300.0), &homes[2]),
            ],
        )
        .with("kindergartens", &[("k", (350.0, 300.0), &school)])
        .build();
    let limits = Limits::generous();
    let question = Question {
        kind: Kind::ServiceGap,
        area: None,
        period: None,
        caliber: None,
        lang,
        watermark: None,
        choices: Choices {
            services: Some(Names(vec!["kindergarten".into(), "primary_school".into()])),
            ..Choices::default()
        },
    };
    let reporter = Reporter::new(&city, &question, &limits).expect("a question");
    let report = reporter.report(&limits).expect("a report");
    let paragraphs = report
        .document
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Paragraph(text) => Some(text.clone()),
            _ => None,
        });
    let findings = report.document.findings.iter().cloned();
    findings.chain(paragraphs).collect::<Vec<_>>().join("\n")
}

#[test]
fn of_areas_that_lack_as_much_none_is_named_as_the_worst() {
    let told = findings_where(["8", "8", "8"], Language::Zh);
    assert!(told.contains("缺 24"), "{told}");
    assert!(
        !told.contains("最多在") && !told.contains("最多的是"),
        "{told}"
    );
    assert!(told.contains("各缺 8"), "{told}");
    let told = findings_where(["8", "8", "8"], Language::En);
    assert!(
        !told.contains("most in") && told.contains("8 each"),
        "{told}"
    );
    let told = findings_where(["8", "9", "8"], Language::Zh);
    assert!(told.contains("最多在乙区"), "{told}");
    assert!(told.contains("最多的是乙区（缺 9）、"), "{told}");
}
