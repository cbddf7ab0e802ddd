//! Travel times brought from elsewhere: four villages and three clinics, vector V3 of the metric
//! reference.

use serde_json::json;

use super::*;

const VILLAGES: &str = "id,lon,lat,usual_residents\nv1,113.1,23.1,1000\nv2,113.2,23.1,2000\n\
    v3,113.3,23.1,1500\nv4,113.4,23.1,0\n";
const CLINICS: &str =
    "id,lon,lat,name,doctors\nc1,113.1,23.2,一,5\nc2,113.2,23.2,二,3\nc3,113.3,23.2,三,2\n";
const MINUTES: [[u32; 3]; 4] = [[5, 25, 40], [15, 8, 28], [35, 12, 22], [9, 9, 50]];

struct Villages(Desk);

impl Villages {
    fn new() -> Self {
        let desk = Desk::new();
        let crs = ["--crs", "EPSG:4490", "--period", "2020"];
        for (layer, name, text) in [
            ("residences", "villages.csv", VILLAGES),
            ("clinics", "clinics.csv", CLINICS),
        ] {
            std::fs::write(desk.path(name), text).expect("written");
            desk.done(&[&["import", layer, name][..], &crs].concat());
        }
        let mut times = "起点,终点,分钟\n".to_owned();
        for (village, row) in MINUTES.iter().enumerate() {
            for (clinic, minutes) in row.iter().enumerate() {
                times += &format!("v{},c{},{minutes}\n", village + 1, clinic + 1);
            }
        }
        std::fs::write(desk.path("times.csv"), times).expect("written");
        Villages(desk)
    }

    fn ask(&self, question: &str, body: Json) -> Json {
        std::fs::write(self.0.path("question.json"), body.to_string()).expect("written");
        self.0.json(&["query", question, "--json", "question.json"])
    }

    fn access(&self, measure: &str) -> Json {
        let question = json!({
            "to": {"layer": "clinics", "capacity": "doctors"}, "measure": measure,
            "mode": "matrix:model", "unit": "min", "cutoff": 30
        });
        self.ask("access", question)
    }
}

/// The values of the villages in their order.
fn values(answer: &Json) -> Vec<f64> {
    let rows = answer["rows"].as_array().expect("rows");
    let value = |village: &str| {
        let row = rows.iter().find(|row| row["id"] == village).expect("a row");
        row["value"].as_f64().expect("a value")
    };
    ["v1", "v2", "v3", "v4"].map(value).to_vec()
}

#[test]
fn times_of_a_model_give_the_access_of_vector_v3() {
    let villages = Villages::new();
    let told = villages.0.done(&["import", "matrix", "model", "times.csv"]);
    assert!(told.contains("residences to clinics, 12 pairs"), "{told}");
    for (measure, wanted) in [
        ("2sfca", [0.00233333, 0.00290476, 0.00123810, 0.00233333]),
        ("e2sfca", [0.00232235, 0.00293803, 0.00120106, 0.00304457]),
        ("3sfca", [0.00320100, 0.00216608, 0.00164456, 0.00271881]),
    ] {
        let answer = villages.access(measure);
        for (found, wanted) in values(&answer).into_iter().zip(wanted) {
            assert!(
                (found - wanted).abs() < 5e-9,
                "{measure}: {found} is not {wanted}"
            );
        }
        assert_eq!(answer["provenance"]["inputs"][2]["layer"], "matrix");
    }
    let nearest = values(&villages.access("nearest"));
    assert_eq!(nearest, [5.0, 8.0, 12.0, 9.0]);
}

#[test]
fn a_matrix_serves_other_questions_and_only_between_its_layers() {
    let villages = Villages::new();
    villages.0.done(&["import", "matrix", "model", "times.csv"]);
    let covered = villages.ask(
        "coverage",
        json!({"layer": "clinics", "level": "city", "mode": "matrix:model", "unit": "min", "cutoff": 8}),
    );
    // Of 4,500 people the first two villages have a clinic within 8 minutes.
    assert_eq!(covered["totals"]["covered"], 3000);
    let catchments = villages.ask(
        "catchments",
        json!({"origins": [{"layer": "clinics", "id": "c1"}, {"lon": 113.1, "lat": 23.1}],
            "mode": "matrix:model", "unit": "min", "cutoffs": [15], "direction": "to"}),
    );
    let first = &catchments["catchments"][0];
    assert_eq!(first["totals"]["residences.usual_residents"], 3000);
    assert_eq!(first["totals"].get("clinics.doctors"), None);
    // Nobody knows the way to a place that the table does not name.
    let second = &catchments["catchments"][1];
    assert_eq!(second["totals"]["residences.usual_residents"], Json::Null);
    assert_eq!(second["reason"], "no_reachable_pair");
}

#[test]
fn bad_rows_and_unknown_ids_are_named_and_a_new_import_replaces() {
    let villages = Villages::new();
    let desk = &villages.0;
    let bad = "from,to,minutes\nv1,c1,5\nv2,c1,-1\nv2,c2,soon\n";
    std::fs::write(desk.path("bad.csv"), bad).expect("written");
    let output = desk.run(&["import", "matrix", "model", "bad.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    for words in ["row 3", "negative", "row 4", "2 rows are wrong"] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    // Nothing was written, and what is there shows.
    assert!(!desk.done(&["info"]).contains("matrix"));
    let times = "from,to,minutes\nv1,c1,5\nv1,c9,6\nv7,c1,5\n";
    std::fs::write(desk.path("strange.csv"), times).expect("written");
    let told = desk.refused(&["import", "matrix", "model", "strange.csv"]);
    assert!(told.contains("--from-layer"), "{told}");
    let in_chinese = ["--lang", "zh", "import", "matrix", "model"];
    let told = desk.refused(&[&in_chinese[..], &["strange.csv"]].concat());
    assert!(
        told.contains("没有一个图层包含全部编号（如 v1, v7）"),
        "{told}"
    );
    let told = desk.refused(&[&in_chinese[..], &["bad.csv"]].concat());
    assert!(told.contains("2 行有误，未写入任何内容"), "{told}");
    let layers = ["--from-layer", "residences", "--to-layer", "clinics"];
    let import = |file: &'static str| [&["import", "matrix", "model", file][..], &layers].concat();
    let told = desk.done(&import("strange.csv"));
    for words in ["c9", "v7", "1 pairs"] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    assert!(
        desk.done(&["info"])
            .contains("Travel-time matrix model (pairs)")
    );
    desk.done(&import("times.csv"));
    assert_eq!(values(&villages.access("nearest")), [5.0, 8.0, 12.0, 9.0]);
    let question = json!({
        "to": {"layer": "clinics"}, "measure": "nearest", "mode": "matrix:other", "unit": "min",
        "cutoff": 30
    });
    std::fs::write(desk.path("other.json"), question.to_string()).expect("written");
    let told = desk.refused(&["query", "access", "--json", "other.json"]);
    assert!(told.contains("other") && told.contains("model"), "{told}");
}
