//! Reports of a small city: what they say, that files open again, that they can be checked.

use std::io::{Cursor, Read, Write};

use calamine::{Data, Reader, Xlsx};

use super::*;
use crate::{
    city::{City, scenario},
    domain::{Language, Watermark},
    query::{
        Limits,
        test_city::{Feature, TestCity},
    },
};

const DISTRICTS: [Feature<'_>; 2] = [
    (
        "440103",
        (0.0, 0.0),
        &[
            ("code", "440103"),
            ("name", "甲<区>"),
            ("name_en", "Jia & Co"),
        ],
    ),
    (
        "440104",
        (1000.0, 0.0),
        &[("code", "440104"), ("name", "乙区"), ("name_en", "Yi")],
    ),
];

const WORKPLACES: [Feature<'_>; 2] = [
    (
        "w1",
        (200.0, 200.0),
        &[("jobs", "90"), ("district", "440103")],
    ),
    (
        "w2",
        (1200.0, 200.0),
        &[("jobs", "200"), ("district", "440104")],
    ),
];

/// Two districts: 100 workers and 90 jobs, 50 workers and 200 jobs; one home outside.
fn city() -> City {
    city_with("90")
}

fn city_with(jobs: &str) -> City {
    let first: [(&str, &str); 2] = [("jobs", jobs), ("district", "440103")];
    TestCity::new()
        .with_squares("districts", 1000.0, &DISTRICTS)
        .with(
            "residences",
            &[
                (
                    "a",
                    (300.0, 300.0),
                    &[
                        ("usual_residents", "180"),
                        ("employed_residents", "100"),
                        ("district", "440103"),
                    ],
                ),
                (
                    "b",
                    (1300.0, 300.0),
                    &[
                        ("usual_residents", "90"),
                        ("employed_residents", "50"),
                        ("district", "440104"),
                    ],
                ),
                (
                    "c",
                    (9000.0, 300.0),
                    &[("usual_residents", "7"), ("employed_residents", "3")],
                ),
            ],
        )
        .with(
            "workplaces",
            &[("w1", (200.0, 200.0), &first), WORKPLACES[1]],
        )
        .build()
}

/// Nobody is known to live or work anywhere.
fn bare_city() -> City {
    TestCity::new()
        .with_squares("districts", 1000.0, &DISTRICTS)
        .with(
            "stations",
            &[(
                "s1",
                (500.0, 500.0),
                &[
                    ("name", "一站"),
                    ("name_en", "First"),
                    ("district", "440103"),
                ],
            )],
        )
        .build()
}

fn asked(kind: Kind, lang: Language) -> Question {
    Question {
        kind,
        area: None,
        period: None,
        caliber: None,
        lang,
        choices: Choices::default(),
        watermark: None,
    }
}

fn report_of(city: &City, kind: Kind, lang: Language) -> Report {
    let limits = Limits::generous();
    let reporter = Reporter::new(city, &asked(kind, lang), &limits).expect("a question");
    reporter.report(&limits).expect("a report")
}

fn written(report: &Report, format: Format) -> Vec<u8> {
    render(report, format, &Limits::generous()).expect("a file")
}

fn parts_of(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    (0..archive.len())
        .filter_map(|at| {
            let mut file = archive.by_index(at).expect("a part");
            let name = file.name().expect("a name").into_owned();
            let mut text = String::new();
            file.read_to_string(&mut text).ok().map(|_| (name, text))
        })
        .collect()
}

#[test]
fn rows_rest_and_total_add_up() {
    let report = report_of(&city(), Kind::JobHousing, Language::Zh);
    let table = report
        .seal
        .tables
        .iter()
        .find(|table| table.id == "balance.district")
        .unwrap();
    let at = table
        .columns
        .iter()
        .position(|key| key == "usual_residents")
        .unwrap();
    let column: Vec<i64> = table
        .rows
        .iter()
        .map(|row| row[at].as_i64().unwrap())
        .collect();
    assert_eq!(column, [180, 90, 7, 277]);
    assert_eq!(table.rows[2][0], "未落入上列单元");
    assert_eq!(table.rows[3][0], "合计");
    let text = &report.document.findings;
    assert!(
        text[0].contains("277 人") && text[0].contains("1.90"),
        "{text:?}"
    );
    assert!(
        text[1].contains("2 个区中，1 个职住比在 0.8–1.2 之间"),
        "{text:?}"
    );
}

#[test]
fn equal_reports_have_equal_bytes_in_every_format() {
    let city = city();
    for format in [Format::Html, Format::Xlsx, Format::Docx] {
        let report = || written(&report_of(&city, Kind::JobHousing, Language::Zh), format);
        assert_eq!(report(), report(), "{format}");
    }
}

#[test]
fn a_report_in_either_language_speaks_only_that() {
    for kind in Kind::ALL {
        for city in [city(), bare_city()] {
            let english = report_of(&city, kind, Language::En);
            let findings = english.document.findings.len();
            assert!((1..=4).contains(&findings), "{kind}: {findings} findings");
            let html = String::from_utf8(written(&english, Format::Html)).unwrap();
            let shown = html
                .split("<article>")
                .nth(1)
                .unwrap()
                .split("<script")
                .next()
                .unwrap();
            let chinese: String = shown
                .chars()
                .filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c))
                .collect();
            assert_eq!(chinese, "", "{kind}");
            let chinese = report_of(&city, kind, Language::Zh);
            for table in &chinese.seal.tables {
                for heading in &table.headings {
                    assert!(!heading.contains('_'), "{heading}");
                }
            }
        }
    }
}

#[test]
fn a_city_without_people_says_why() {
    let city = bare_city();
    let report = report_of(&city, Kind::JobHousing, Language::Zh);
    assert!(report.document.findings[0].contains("没有人口、就业人口和就业岗位"));
    let notes: Vec<&String> = report
        .document
        .tables()
        .flat_map(|table| &table.notes)
        .collect();
    assert!(
        notes
            .iter()
            .any(|note| note.contains("需导入就业图层 workplaces")),
        "{notes:?}"
    );
    let report = report_of(&city, Kind::StationCatchment, Language::Zh);
    assert!(
        report
            .document
            .findings
            .iter()
            .any(|text| text.contains("覆盖率无法计算")),
        "{:?}",
        report.document.findings
    );
    let none = TestCity::new().build();
    let report = report_of(&none, Kind::StationCatchment, Language::Zh);
    assert!(report.document.findings[0].contains("需导入站点图层 stations"));
}

#[test]
fn a_word_file_opens_and_escapes_what_names_hold() {
    let report = report_of(&city(), Kind::JobHousing, Language::Zh);
    let parts = parts_of(&written(&report, Format::Docx));
    let document = &parts
        .iter()
        .find(|(name, _)| name == "word/document.xml")
        .unwrap()
        .1;
    for (name, text) in parts
        .iter()
        .filter(|(name, _)| name.ends_with(".xml") || name.ends_with(".rels"))
    {
        well_formed(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    assert!(document.contains("甲&lt;区&gt;") && document.contains("w:tblHeader"));
    assert!(document.contains("w:val=\"Heading1\"") && document.contains("descr=\""));
}

#[test]
fn a_page_is_well_formed_where_it_matters() {
    let report = report_of(&city(), Kind::JobHousing, Language::Zh);
    for figure in report.document.figures() {
        well_formed(&figure.svg).unwrap_or_else(|e| panic!("{}: {e}", figure.number));
        assert!(
            figure.svg.contains("审图号")
                || !figure.title.contains("各区职住比")
                || figure.title.contains("排序")
        );
    }
    let html = String::from_utf8(written(&report, Format::Html)).unwrap();
    assert!(html.contains("甲&lt;区&gt;") && !html.contains("甲<区>"));
}

#[test]
fn a_workbook_holds_the_numbers_as_numbers() {
    let report = report_of(&city(), Kind::JobHousing, Language::Zh);
    let mut book = Xlsx::new(Cursor::new(written(&report, Format::Xlsx))).expect("a workbook");
    let table = report
        .document
        .tables()
        .find(|table| table.id == "balance.district")
        .unwrap();
    let sheet = book.worksheet_range(&table.number).unwrap();
    assert_eq!(sheet.get_value((3, 1)), Some(&Data::Float(180.0)));
    assert_eq!(
        sheet.get_value((3, 0)),
        Some(&Data::String("甲<区>".into()))
    );
}

#[test]
fn a_check_says_same_and_after_a_change_where() {
    let (before, after) = (city(), city_with("91"));
    let limits = Limits::generous();
    // A machine that prints no PDF has none to check; the tests' packages bring Chromium.
    let formats = Format::ALL.into_iter();
    for format in formats.filter(|format| *format != Format::Pdf || print::program().is_some()) {
        let file = written(&report_of(&before, Kind::JobHousing, Language::Zh), format);
        let found = verify(&before, &file, &limits).unwrap();
        assert!(
            found.is_same() && found.cells > 20,
            "{format}: {:?}",
            found.differences
        );
        let found = verify(&after, &file, &limits).unwrap();
        assert!(found.is_intact && !found.is_same());
        let jobs = found
            .differences
            .iter()
            .find(|d| d.column == "就业岗位(个)" && d.row == "甲<区>")
            .unwrap();
        assert_eq!((jobs.was.as_str(), jobs.is.as_str()), ("90", "91"));
        assert!(jobs.table.contains("职住平衡"));
    }
}

#[test]
fn a_check_notices_a_seal_that_was_changed() {
    let city = city();
    let html = String::from_utf8(written(
        &report_of(&city, Kind::JobHousing, Language::Zh),
        Format::Html,
    ))
    .unwrap();
    let (shown, seal) = html.split_once("<script").unwrap();
    let forged = format!("{shown}<script{}", seal.replacen("180", "181", 1));
    let found = verify(&city, forged.as_bytes(), &Limits::generous()).unwrap();
    assert!(!found.is_intact && !found.is_same());
    for nothing in [&b"PK\x03\x04"[..], b"%PDF-1.7", b"hello", b"\xff\xfe"] {
        assert!(verify(&city, nothing, &Limits::generous()).is_err());
    }
}

/// The archive with the text of one part changed.
fn repacked(archive: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut changed = 0;
    for at in 0..old.len() {
        let mut file = old.by_index(at).expect("a part");
        let name = file.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its bytes");
        if name == part {
            let text = String::from_utf8(bytes).expect("text");
            changed += usize::from(text.contains(from));
            bytes = text.replacen(from, to, 1).into_bytes();
        }
        let options = zip::write::SimpleFileOptions::default();
        new.start_file(name, options).expect("a part");
        new.write_all(&bytes).expect("its bytes");
    }
    assert_eq!(changed, 1, "{part} holds no {from}");
    new.finish().expect("an archive").into_inner()
}

#[test]
fn a_check_notices_numbers_that_were_changed_where_people_see_them() {
    let (city, after) = (city(), city_with("91"));
    let limits = Limits::generous();
    let report = report_of(&city, Kind::JobHousing, Language::Zh);
    let page = String::from_utf8(written(&report, Format::Html)).unwrap();
    let cell = "<td>180</td>";
    assert!(page.contains(cell));
    let table = report
        .document
        .tables()
        .position(|t| t.id == "balance.district");
    let sheet = format!("xl/worksheets/sheet{}.xml", table.unwrap() + 2);
    let files = [
        page.replacen(cell, "<td>990</td>", 1).into_bytes(),
        repacked(
            &written(&report, Format::Docx),
            "word/document.xml",
            ">180<",
            ">990<",
        ),
        repacked(
            &written(&report, Format::Xlsx),
            &sheet,
            "<v>180</v>",
            "<v>990</v>",
        ),
    ];
    for file in files {
        let found = verify(&city, &file, &limits).unwrap();
        assert!(found.is_intact && found.differences.is_empty() && !found.is_same());
        let TextCheck::Changed(places) = &found.text else {
            panic!("{:?}", found.text);
        };
        let [place] = &places[..] else {
            panic!("{places:?}");
        };
        assert_eq!((place.was.as_str(), place.is.as_str()), ("990", "180"));
        assert!(
            place.row == "甲<区>" && place.place.contains('表'),
            "{place:?}"
        );
        // Also where the data have changed since.
        let found = verify(&after, &file, &limits).unwrap();
        assert_eq!(found.text, TextCheck::Changed(Vec::new()));
    }
    // A style that hides or adds words is a change too, and a seal without the hash tells nothing.
    let hidden = page.replacen("</style>", "td{color:#fff}</style>", 1);
    let bare = page.replacen("\"text\":\"", "\"txet\":\"", 1);
    for page in [hidden, bare] {
        assert!(!verify(&city, page.as_bytes(), &limits).unwrap().is_same());
    }
}

#[test]
fn a_watermark_is_on_every_page_and_the_check_knows_it() {
    let city = city();
    let limits = Limits::generous();
    let question = Question {
        watermark: Some(Watermark::new("lirui", "2026-03-31T08:05:59Z")),
        ..asked(Kind::JobHousing, Language::Zh)
    };
    let report = Reporter::new(&city, &question, &limits).expect("a question");
    let report = report.report(&limits).expect("a report");
    let text = "lirui 2026-03-31 08:05 UTC";
    assert!(report.document.marks.iter().any(|mark| mark == text));
    for format in [Format::Html, Format::Docx, Format::Xlsx] {
        let file = written(&report, format);
        let found = verify(&city, &file, &limits).unwrap();
        assert!(found.is_same(), "{format}: {found:?}");
    }
    let page = String::from_utf8(written(&report, Format::Html)).unwrap();
    let across = format!("<text x=\"10\" y=\"80\">{text}</text>");
    assert!(page.contains(&across));
    // Who cuts it out or puts another name in is found.
    let bare = page.replacen(&across, "", 1);
    let another = page.replace("lirui", "zhao");
    for forged in [bare, another] {
        assert!(!verify(&city, forged.as_bytes(), &limits).unwrap().is_same());
    }
    let plain = report_of(&city, Kind::JobHousing, Language::Zh);
    let plain = String::from_utf8(written(&plain, Format::Html)).unwrap();
    assert!(!plain.contains("<svg class=\"watermark\""));
}

#[test]
fn a_check_notices_a_pdf_whose_bytes_were_changed() {
    if print::program().is_none() {
        return;
    }
    let city = city();
    let limits = Limits::generous();
    let file = written(
        &report_of(&city, Kind::JobHousing, Language::Zh),
        Format::Pdf,
    );
    let found = verify(&city, &file, &limits).unwrap();
    assert!(found.is_same() && found.text == TextCheck::AsWritten);
    let mut changed = file.clone();
    changed[20] ^= 1;
    let appended = [&file[..], b"\n1 0 obj <</Type /Page>> endobj\n%%EOF"].concat();
    for file in [changed, appended] {
        let found = verify(&city, &file, &limits).unwrap();
        assert!(!found.is_same(), "{:?}", found.text);
    }
}

#[test]
fn a_report_of_a_scenario_says_so_and_is_checked_against_the_city_as_it_is() {
    let base = city();
    let grow = serde_json::json!({
        "kind": "grow", "layer": "workplaces", "amount": 60, "within": {"area": "440103"},
        "note": "产业园二期"
    });
    let gone = serde_json::json!({"kind": "remove", "layer": "workplaces", "id": "nowhere"});
    let edits = [grow, gone].map(|edit| serde_json::from_value(edit).unwrap());
    let what_if = scenario::replay(&base, 7, "南站<新区>", edits.to_vec());
    let as_is = report_of(&base, Kind::JobHousing, Language::Zh);
    assert!(!as_is.seal.to_json().contains("\"scenario\""));

    for (lang, mark, left_out) in [
        (Language::Zh, "方案推算，非现状", "未计入："),
        (Language::En, "What-if, not the present state", "left out: "),
    ] {
        let report = report_of(&what_if, Kind::JobHousing, lang);
        let (document, seal) = (&report.document, &report.seal);
        assert!(document.title.contains("南站<新区>"));
        assert!(document.marks.iter().any(|m| m == mark));
        assert!(document.findings[0].contains("南站<新区>"));
        let notes = document.blocks.iter().filter_map(|block| match block {
            Block::Notes(notes) => Some(notes),
            _ => None,
        });
        let told: Vec<&String> = notes.flatten().map(|(_, text)| text).collect();
        assert!(told.iter().any(|text| text.contains("产业园二期")));
        assert!(told.iter().any(|text| text.contains(left_out)));
        let sealed = seal.scenario.as_ref().unwrap();
        assert_eq!((sealed.id, sealed.edits.len()), (7, 2));

        let file = written(&report, Format::Html);
        let found = verify(&base, &file, &Limits::generous()).unwrap();
        assert!(
            found.is_same() && found.cells > 20,
            "{:?}",
            found.differences
        );
        // The same numbers under other edits are not intact.
        let page = String::from_utf8(file).unwrap();
        let forged = page.replace("\"amount\":60", "\"amount\":61");
        assert_ne!(forged, page);
        let found = verify(&base, forged.as_bytes(), &Limits::generous()).unwrap();
        assert!(!found.is_intact && !found.differences.is_empty());
    }
    // Nor is a report of the scenario one of the city as it is.
    let of_what_if = report_of(&what_if, Kind::JobHousing, Language::Zh).seal;
    assert_ne!(of_what_if.tables, as_is.seal.tables);
    assert_ne!(of_what_if.checksum, as_is.seal.checksum);
}

#[test]
fn one_area_has_its_own_report() {
    let city = city();
    let question = Question {
        area: Some("440104".into()),
        ..asked(Kind::JobHousing, Language::Zh)
    };
    let limits = Limits::generous();
    let report = Reporter::new(&city, &question, &limits)
        .unwrap()
        .report(&limits)
        .unwrap();
    assert!(report.document.title.starts_with("乙区"));
    assert!(
        report.document.findings[0].contains("4.00"),
        "{:?}",
        report.document.findings
    );
    let nowhere = Question {
        area: Some("99".into()),
        ..question
    };
    assert!(Reporter::new(&city, &nowhere, &limits).is_err());
}

/// Two districts with a primary school in the first: 30 children for 25 places there, 20 children
/// and no school in the second.
fn city_of_schools() -> City {
    let home = |children, code| {
        [
            ("usual_residents", "100"),
            ("age_6_11", children),
            ("district", code),
        ]
    };
    TestCity::new()
        .with_squares("districts", 1000.0, &DISTRICTS)
        .with(
            "residences",
            &[
                ("a", (300.0, 300.0), &home("30", "440103")),
                ("b", (1500.0, 300.0), &home("20", "440104")),
            ],
        )
        .with(
            "schools",
            &[(
                "s",
                (350.0, 300.0),
                &[
                    ("name", "一小"),
                    ("kind", "primary"),
                    ("seats_primary", "25"),
                    ("district", "440103"),
                ],
            )],
        )
        .build()
}

#[test]
fn a_gap_report_adds_up_and_says_what_closes_it() {
    let city = city_of_schools();
    let mut question = asked(Kind::ServiceGap, Language::Zh);
    question.choices.services = Some(crate::query::Names(vec!["primary_school".into()]));
    let limits = Limits::generous();
    let report = |question: &Question| {
        let reporter = Reporter::new(&city, question, &limits).unwrap();
        reporter.report(&limits).unwrap()
    };
    let found = report(&question);
    let column = |id: &str, key: &str| -> Vec<serde_json::Value> {
        let table = found
            .seal
            .tables
            .iter()
            .find(|table| table.id == id)
            .unwrap();
        let at = table.columns.iter().position(|known| known == key).unwrap();
        table.rows.iter().map(|row| row[at].clone()).collect()
    };
    let service = "service.primary_school";
    assert_eq!(column(service, "required"), [30, 20, 50]);
    assert_eq!(column(service, "capacity"), [25, 0, 25]);
    assert_eq!(column(service, "shortfall"), [5, 20, 25]);
    assert_eq!(
        column("coverage.primary_school", "straight_uncovered"),
        [0, 100, 100]
    );
    // The one candidate that adds anybody stands where those live whom nobody serves.
    assert_eq!(column("sites.primary_school", "newly_covered")[0], 20);
    let findings = found.document.findings.join("\n");
    assert!(
        findings.contains("共缺 25 个，最多的是乙区（缺 20）、甲<区>（缺 5）"),
        "{findings}"
    );
    let bytes = written(&found, Format::Xlsx);
    assert!(verify(&city, &bytes, &limits).unwrap().is_same());
    question.choices.sites = Some(0);
    let without = report(&question);
    assert!(
        without
            .seal
            .tables
            .iter()
            .all(|table| !table.id.starts_with("sites."))
    );
    question.choices.rules = Some("default".into());
    let refused = Reporter::new(&city, &question, &limits).err().unwrap();
    assert!(
        refused.to_string().contains("rules: belongs to zoning"),
        "{refused}"
    );
}

#[test]
fn a_zoning_report_counts_every_area_once_and_warns_of_placeholders() {
    let report = report_of(&city(), Kind::Zoning, Language::Zh);
    let table = report
        .seal
        .tables
        .iter()
        .find(|table| table.id == "classes")
        .unwrap();
    let at = table
        .columns
        .iter()
        .position(|key| key == "areas_count")
        .unwrap();
    let counts: Vec<i64> = table
        .rows
        .iter()
        .map(|row| row[at].as_i64().unwrap())
        .collect();
    let (total, parts) = counts.split_last().unwrap();
    assert_eq!((parts.iter().sum::<i64>(), *total), (2, 2));
    let total_of = |key: &str| {
        let at = table.columns.iter().position(|known| known == key).unwrap();
        let numbers = table.rows.iter().filter_map(|row| row[at].as_f64());
        let numbers: Vec<f64> = numbers.collect();
        let (total, parts) = numbers.split_last().unwrap();
        assert_eq!(numbers.len(), table.rows.len(), "{key}");
        (*total, parts.iter().sum::<f64>())
    };
    for (key, whole) in [("residents_share", Some(1.0)), ("area_km2", None)] {
        let (total, parts) = total_of(key);
        assert!((total - parts).abs() < 1e-9 && total > 0.0, "{key}");
        assert!(whole.is_none_or(|whole| total == whole), "{key}");
    }
    assert!(report.document.findings[0].contains("占位值"));
    assert!(
        report
            .document
            .marks
            .iter()
            .any(|mark| mark.contains("占位"))
    );
    let reasons = report.document.tables().find(|table| table.id == "streets");
    assert_eq!(reasons.map(|table| table.lines.len()), Some(3));
}

/// Every tag is closed by its own name.
fn well_formed(xml: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        let end = rest[start..].find('>').ok_or("a tag without an end")? + start;
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('?') || tag.starts_with('!') || tag.ends_with('/') {
            continue;
        }
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(closed) => {
                let last = open.pop();
                if last != Some(closed) {
                    return Err(format!("</{closed}> closes {last:?}"));
                }
            }
            None => open.push(name),
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("left open: {open:?}"))
    }
}
