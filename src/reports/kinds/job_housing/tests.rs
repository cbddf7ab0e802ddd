use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::{
    city::{City, LoadedFlows},
    domain::{Flow, FlowPlace, Flows, Language},
    query::{self, CommuteQuery, Limits, test_city::TestCity},
    reports::{Block, Choices, Kind, Question, Report, Reporter},
    store::ImportRecord,
};

/// Two streets in the first district and one in the second, 3 km apart.
fn city() -> City {
    let home = |workers, street, district| {
        [
            ("usual_residents", "100"),
            ("employed_residents", workers),
            ("subdistrict", street),
            ("district", district),
        ]
    };
    let work = |jobs, street, district| {
        [
            ("jobs", jobs),
            ("subdistrict", street),
            ("district", district),
        ]
    };
    let street = |code, name, district| [("code", code), ("name", name), ("district", district)];
    let [s1, s2, s3] = ["440103001", "440103002", "440104001"];
    let [a, b] = ["440103", "440104"];
    let built = TestCity::new()
        .with_squares(
            "districts",
            6000.0,
            &[
                (a, (0.0, 0.0), &[("code", a), ("name", "甲区")]),
                (b, (6000.0, 0.0), &[("code", b), ("name", "乙区")]),
            ],
        )
        .with_squares(
            "subdistricts",
            1000.0,
            &[
                (s1, (0.0, 0.0), &street(s1, "子街", a)),
                (s2, (3000.0, 0.0), &street(s2, "丑街", a)),
                (s3, (6000.0, 0.0), &street(s3, "寅街", b)),
            ],
        )
        .with(
            "residences",
            &[
                ("h1", (500.0, 500.0), &home("50", s1, a)),
                ("h2", (3500.0, 500.0), &home("50", s2, a)),
                ("h3", (6500.0, 500.0), &home("50", s3, b)),
            ],
        )
        .with(
            "workplaces",
            &[
                ("w1", (500.0, 500.0), &work("10", s1, a)),
                ("w2", (3500.0, 500.0), &work("70", s2, a)),
                ("w3", (6500.0, 500.0), &work("70", s3, b)),
            ],
        )
        .build();
    let place = |code: &str| FlowPlace {
        code: code.parse().expect("a code"),
        is_outside: false,
    };
    let flows = [
        (s1, s1, 10),
        (s1, s2, 30),
        (s1, s3, 10),
        (s2, s2, 40),
        (s2, s3, 10),
        (s3, s3, 50),
    ];
    let flows = flows.map(|(from, to, commuters)| Flow {
        origin: place(from),
        destination: place(to),
        mode: None,
        sector: None,
        commuters,
    });
    built.with_flows([Arc::new(LoadedFlows {
        level: "subdistrict".parse().expect("a level"),
        period: "2020".parse().expect("a period"),
        flows: Flows::sum(flows),
        record: ImportRecord::default(),
        version: 1,
    })])
}

fn report_of(city: &City, area: Option<&str>) -> Report {
    report_in(city, area, Language::Zh)
}

fn report_in(city: &City, area: Option<&str>, lang: Language) -> Report {
    let question = Question {
        kind: Kind::JobHousing,
        area: area.map(str::to_owned),
        period: None,
        caliber: None,
        lang,
        choices: Choices::default(),
        watermark: None,
    };
    let limits = Limits::generous();
    let reporter = Reporter::new(city, &question, &limits).expect("a question");
    reporter.report(&limits).expect("a report")
}

/// A cell of a table by the first cell of its row and the key of its column.
fn cell(report: &Report, table: &str, row: &str, key: &str) -> Json {
    let mut tables = report.seal.tables.iter();
    let table = tables.find(|own| own.id == table).expect("a table");
    let at = table.columns.iter().position(|own| own == key);
    let mut rows = table.rows.iter();
    let row = rows.find(|own| own[0] == row).expect("a row");
    row[at.expect("a column")].clone()
}

#[test]
fn the_total_of_an_area_is_of_the_commuters_above_it() {
    let city = city();
    let report = report_of(&city, Some("440103"));
    let of = |row: &str, key: &str| cell(&report, "commute.subdistrict", row, key);
    for key in ["commuters", "inside", "out_commuters", "in_commuters"] {
        let sum = ["子街", "丑街"].map(|row| of(row, key).as_i64().expect("a count"));
        assert_eq!(of("合计", key), sum[0] + sum[1], "{key}");
    }
    assert_eq!(of("合计", "self_containment"), 0.5);
    // Fifty commuters of each street.
    let number = |value: Json| value.as_f64().expect("a number");
    let way = |row: &str| number(of(row, "mean_distance_km"));
    assert!((way("合计") - (way("子街") + way("丑街")) / 2.0).abs() < 1e-9);
    let near = |row: &str| number(of(row, "share_within_5_km"));
    assert_eq!([near("子街"), near("丑街"), near("合计")], [0.8, 1.0, 0.9]);
    // As one area those between the streets work inside, and nothing is measured within it.
    assert_eq!(of("甲区作为一个单元", "inside"), 80);
    assert_eq!(of("甲区作为一个单元", "self_containment"), 0.8);
    assert_eq!(of("甲区作为一个单元", "mean_distance_km"), Json::Null);
    let mut tables = report.document.tables();
    let table = tables.find(|table| table.id == "commute.subdistrict");
    let notes = table.expect("a table").notes.join("\n");
    assert!(notes.contains("一个单元内部不作量算，该行不列"), "{notes}");
    // Beside quantity the same: of the streets below them, of the area in its own row of scales.
    let of = |row: &str| cell(&report, "balance.subdistrict", row, "self_containment");
    assert_eq!(of("合计"), 0.5);
    let of = |row: &str| cell(&report, "scales", row, "self_containment");
    assert_eq!([of("甲区"), of("街道(镇)")], [0.8, 0.5]);
}

#[test]
fn flows_between_the_areas_of_a_report_are_listed_and_drawn() {
    let city = city();
    let report = report_of(&city, Some("440103"));
    let lines = |report: &Report| {
        let mut tables = report.seal.tables.iter();
        let table = tables.find(|own| own.id == "flows.subdistrict");
        table.expect("a table").rows.clone()
    };
    // Those from and to the other district are left out, and those who stay.
    assert_eq!(
        lines(&report),
        [
            [json!("子街"), json!("丑街"), json!(30), json!(0.6)],
            [json!("合计"), Json::Null, json!(30), Json::Null],
        ]
    );
    let whole = report_of(&city, None);
    let commuters = lines(&whole)
        .iter()
        .map(|row| row[2].clone())
        .collect::<Vec<_>>();
    assert_eq!(commuters, [30, 10, 10, 50]);
    let drawn = |report: &Report| {
        let mut figures = report.document.figures();
        let map = figures.find(|figure| figure.title.ends_with("街道(镇)通勤期望线"));
        map.expect("a map").svg.clone()
    };
    // A line of each width in the legend, and its head on the map.
    assert!(drawn(&report).contains("≥ 20 人"), "{}", drawn(&report));
    assert!(drawn(&whole).contains("≥ 20 人"));
    let heads = drawn(&whole).matches(r##"fill="#1d3f47""##).count();
    assert_eq!(heads, 3);
}

#[test]
fn the_total_of_the_city_is_that_of_the_question() {
    let city = city();
    let report = report_of(&city, None);
    let asked = CommuteQuery {
        level: "subdistrict".into(),
        ..CommuteQuery::default()
    };
    let found = query::commute(&city, &asked, &Limits::generous()).expect("an answer");
    let again = query::commute_of(&found.rows);
    assert_eq!(again.way, found.totals.way);
    let of = |key: &str| cell(&report, "commute.subdistrict", "合计", key);
    let told = serde_json::to_value(&found.totals).expect("a row");
    for key in [
        "commuters",
        "inside",
        "mean_distance_km",
        "share_within_5_km",
    ] {
        assert_eq!(of(key), told[key], "{key}");
    }
    assert_eq!(
        cell(&report, "scales", "街道(镇)", "self_containment"),
        100.0 / 150.0
    );
    let city_row = &report
        .seal
        .tables
        .iter()
        .find(|t| t.id == "scales")
        .expect("a table")
        .rows[0];
    assert!(city_row.contains(&Json::Null), "{city_row:?}");
}

#[test]
fn other_bands_in_use_are_named_where_the_band_is_defined() {
    let city = city();
    for (lang, table, method) in [
        (
            Language::Zh,
            "职住比 0.8–1.2 为平衡（后续研究沿用，也有取 0.75–1.25、0.75–1.5 的）",
            "；后续研究沿用，也有取 0.75–1.25、0.75–1.5 的；可信度 B",
        ),
        (
            Language::En,
            "jobs per employed resident (kept by work after it; 0.75–1.25 and 0.75–1.5 are in use too)",
            ", kept by work after it; 0.75–1.25 and 0.75–1.5 are in use too; confidence B",
        ),
    ] {
        let report = report_in(&city, Some("440103"), lang);
        let mut tables = report.document.tables();
        let scales = tables.find(|own| own.id == "scales").expect("a table");
        let notes = scales.notes.join("\n");
        assert!(notes.contains(table), "{notes}");
        let all = report
            .document
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Notes(notes) => Some(notes.iter().map(|(_, text)| text.clone())),
                _ => None,
            });
        let all: Vec<String> = all.flatten().collect();
        assert!(all.iter().any(|text| text.contains(method)), "{all:?}");
    }
}

#[test]
fn the_ends_of_the_band_stand_beside_its_name() {
    let city = city();
    // 80 jobs for 100 who work in the first district, 70 for 50 in the second.
    for (area, lang, wanted) in [
        ("440103", Language::Zh, "为 0.80，处于平衡区间（0.8–1.2）。"),
        (
            "440104",
            Language::Zh,
            "为 1.40，高于平衡区间（0.8–1.2），就业功能为主。",
        ),
        (
            "440104",
            Language::En,
            "above the band of balance (0.8–1.2): mainly jobs.",
        ),
    ] {
        let findings = report_in(&city, Some(area), lang).document.findings;
        assert!(
            findings.iter().any(|own| own.ends_with(wanted)),
            "{findings:?}"
        );
    }
}
