use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value as Json, json};
use suitu::store::{Definition, ImportRecord, Store};

use super::helpers::{Answer, App};

fn figure(areas: &[&str], year: i32, value: i64) -> Json {
    json!({"areas": areas, "year": year, "indicator": "usual_residents", "value": value,
        "date": "2024", "source": "某规划", "source_en": "a plan", "confidence": "A"})
}

fn app() -> App {
    App::with(|store| {
        let figures = [
            figure(&["440103"], 2035, 500),
            figure(&["440104"], 2035, 90),
            figure(&[], 2035, 1_000),
        ];
        let definition = Definition {
            kind: "targets".into(),
            id: "plan".into(),
            text: json!(figures).to_string(),
            record: ImportRecord {
                source: "a bureau".into(),
                imported_at: "2026-01-01T00:00:00Z".into(),
                ..ImportRecord::default()
            },
        };
        store.put_definitions(&[definition]).expect("stored");
    })
}

async fn send(app: &App, method: &str, path: &str, body: Json) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .expect("a request");
    app.send(request).await
}

fn rules() -> Json {
    let class = |id: &str, zh: &str, comparison: &str| {
        json!({"id": id, "title": {"zh": zh, "en": id}, "guidance": {"zh": "引导", "en": "guide"},
            "colour": "#a01010", "direction": "hold", "all": [{"indicator": "density_per_km2",
            "comparison": comparison, "threshold": 3, "unit": "person_per_km2"}]})
    };
    json!({"id": "own", "title": {"zh": "自定", "en": "Own"}, "plan_year": 2035,
        "classes": [class("dense", "密", ">"), class("loose", "疏", "<=")]})
}

fn classes(answer: &Json) -> Vec<Json> {
    let rows = answer["rows"].as_array().expect("rows").iter();
    rows.map(|row| row["class"].clone()).collect()
}

#[tokio::test]
async fn plans_and_rules_name_their_sources_in_both_languages() {
    let app = app();
    let plan = app.get("/api/plan?level=district").await.json();
    let told = |of: &Json| (of["source"].clone(), of["source_en"].clone());
    assert_eq!(told(&plan["rows"][0]), (json!("某规划"), json!("a plan")));
    assert_eq!(plan["rows"][0]["actual_source_en"], "a test");
    for (language, wanted, other) in [("zh", "某规划", "a plan"), ("en", "a plan", "某规划")]
    {
        let path = format!("/api/plan?level=district&format=csv&lang={language}");
        let text = String::from_utf8(app.get(&path).await.body).expect("UTF-8");
        assert!(text.contains(wanted) && !text.contains(other), "{text}");
    }
    let city = app.get("/api/city").await.json();
    let target = &city["plan_targets"][0];
    assert_eq!(
        told(target),
        (json!("某规划；test"), json!("a plan; a test"))
    );
    let zoning = app.get("/api/zoning?level=district").await.json();
    let rules = &zoning["rules"];
    let first = &rules["classes"][0]["all"][0];
    for of in [rules, first] {
        let (zh, en) = told(of);
        assert!(zh.is_string() && en.is_string() && zh != en, "{of}");
    }
}

#[tokio::test]
async fn a_wrong_threshold_is_named_once() {
    let app = app();
    let asked = json!({ "level": "district", "thresholds": { "nothing.1": 3.0 } });
    let refused = app.post("/api/zoning", asked).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let problem = refused.json();
    assert_eq!(problem["field"], "thresholds");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(
        detail.starts_with("thresholds: nothing.1: no criterion"),
        "{detail}"
    );
    let bad = json!({ "id": "own" });
    let refused = send(&app, "PUT", "/api/zoning/rules/own", bad).await.json();
    let detail = refused["detail"].as_str().expect("a text");
    assert_eq!(detail.matches("rules:").count(), 1, "{detail}");
}

#[tokio::test]
async fn classes_come_in_every_form() {
    let app = app();
    let answer = app.get("/api/zoning?level=district").await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = answer.json();
    assert_eq!(answer["rows"].as_array().map(Vec::len), Some(4));
    assert_eq!(answer["rules"]["placeholder"], json!(true));
    assert!(
        answer["provenance"]["inputs"]
            .as_array()
            .expect("inputs")
            .iter()
            .any(|input| { input["source"] == "a bureau" })
    );
    let csv = app.get("/api/zoning?level=district&format=csv").await;
    let text = String::from_utf8(csv.body).expect("UTF-8");
    for heading in ["现状人口", "规划人口", "分类", "判定依据", "2035 年目标"] {
        assert!(text.contains(heading), "{heading}: {text}");
    }
    let shapes = app
        .get("/api/zoning?level=district&format=geojson&lang=en")
        .await
        .json();
    assert_eq!(shapes["features"][0]["geometry"]["type"], json!("Polygon"));
    assert_eq!(
        shapes["features"][0]["properties"]["class"],
        json!("Unclassified")
    );
    let sheet = app.get("/api/zoning?level=district&format=xlsx").await;
    assert!(sheet.body.starts_with(b"PK"));
}

#[tokio::test]
async fn rules_and_thresholds_may_come_with_the_question() {
    let app = app();
    let ask = |more: Json| {
        let mut question = json!({"level": "district", "rules": rules()});
        let more = more.as_object().expect("an object").clone();
        question.as_object_mut().expect("an object").extend(more);
        question
    };
    let answer = app.post("/api/zoning", ask(json!({}))).await.json();
    assert_eq!(
        classes(&answer),
        [
            json!("dense"),
            json!("loose"),
            json!("loose"),
            json!("loose")
        ]
    );
    let lower = json!({"thresholds": {"dense.1": 1.0, "loose.1": 1.0}});
    let answer = app.post("/api/zoning", ask(lower)).await.json();
    assert_eq!(classes(&answer)[1], json!("dense"));
    let wrong = app
        .post("/api/zoning", ask(json!({"thresholds": {"x.1": 1.0}})))
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(wrong.json()["field"], json!("thresholds"));
    let mut bad = rules();
    bad["classes"][1]["all"][0]["indicator"] = json!("nonsense");
    let refused = app
        .post("/api/zoning", json!({"level": "district", "rules": bad}))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let detail = refused.json()["detail"].as_str().expect("text").to_owned();
    assert!(
        detail.contains("class `loose`, criterion 1") && detail.contains("nonsense"),
        "{detail}"
    );
}

#[tokio::test]
async fn rules_are_kept_as_the_citys_own() {
    let app = app();
    let put = send(&app, "PUT", "/api/zoning/rules/own", rules()).await;
    assert_eq!(
        put.status,
        StatusCode::OK,
        "{}",
        String::from_utf8_lossy(&put.body)
    );
    let listed = app.get("/api/zoning/rules").await.json();
    let ids: Vec<&str> = listed["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, ["default", "own"]);
    let answer = app.get("/api/zoning?level=district&rules=own").await.json();
    assert_eq!(classes(&answer)[0], json!("dense"));
    let other = send(&app, "PUT", "/api/zoning/rules/other", rules()).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    let mut bad = rules();
    bad["classes"][0]["all"][0]["unit"] = json!("");
    let refused = send(&app, "PUT", "/api/zoning/rules/own", bad).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let gone = send(&app, "DELETE", "/api/zoning/rules/own", json!(null)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let again = send(&app, "DELETE", "/api/zoning/rules/own", json!(null)).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_class_is_set_by_hand_and_taken_back() {
    let app = app();
    send(&app, "PUT", "/api/zoning/rules/own", rules()).await;
    let path = "/api/zoning/overrides/440104";
    let body = json!({"rules": "own", "level": "district", "class": "dense", "reason": "在建", "by": "规资局"});
    let put = send(&app, "PUT", path, body).await;
    assert_eq!(
        put.status,
        StatusCode::OK,
        "{}",
        String::from_utf8_lossy(&put.body)
    );
    let row = put.json()["rows"][0].clone();
    assert_eq!(
        (&row["class"], &row["name"]),
        (&json!("dense"), &json!("乙区"))
    );
    assert!(row["at"].as_str().is_some_and(|at| at.starts_with("20")));
    let question = "/api/zoning?level=district&rules=own";
    let found = app.get(question).await.json();
    assert_eq!(classes(&found)[1], json!("dense"));
    assert_eq!(found["rows"][1]["overridden"], json!(true));
    assert_eq!(found["rows"][1]["computed_class"], json!("loose"));
    for (body, field) in [
        (
            json!({"level": "district", "class": "dense", "by": "x"}),
            "class",
        ),
        (
            json!({"rules": "own", "level": "district", "class": "dense", "by": "x"}),
            "reason",
        ),
        (
            json!({"rules": "own", "level": "district", "reason": "y", "by": "x"}),
            "class",
        ),
    ] {
        let refused = send(&app, "PUT", path, body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json()["field"], json!(field));
    }
    let path = "/api/zoning/overrides/440104?rules=own&level=district&by=%E6%9F%90&reason=done";
    let back = send(&app, "DELETE", path, json!(null)).await;
    assert_eq!(back.status, StatusCode::OK);
    assert_eq!(back.json()["rows"][0]["in_force"], json!(false));
    assert_eq!(classes(&app.get(question).await.json())[1], json!("loose"));
    let again = send(&app, "DELETE", path, json!(null)).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn targets_stand_beside_what_is_so() {
    let app = app();
    let rows = app.get("/api/plan?level=district").await.json()["rows"].clone();
    assert_eq!(
        (&rows[0]["target"], &rows[0]["actual"]),
        (&json!(500), &json!(400))
    );
    assert_eq!(rows[0]["actual_year"], json!(2020));
    assert_eq!(rows[0]["completion_share"], json!(0.8));
    assert_eq!(rows[1]["status"], json!("above"));
    let csv = app.get("/api/plan?format=csv").await;
    let text = String::from_utf8(csv.body).expect("UTF-8");
    for heading in ["目标年", "目标值", "现状值", "现状年", "完成率", "差额"] {
        assert!(text.contains(heading), "{heading}: {text}");
    }
    let city = app.get("/api/city").await.json();
    let target = &city["plan_targets"][0];
    assert_eq!(
        (&target["target"], &target["actual_year"]),
        (&json!(1_000), &json!(2020))
    );
}
