use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::helpers::{Answer, App};

async fn made(app: &App, name: &str) -> u64 {
    let answer = app.post("/api/scenarios", json!({ "name": name })).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let id = answer.json()["id"].as_u64().expect("an id");
    assert_eq!(answer.headers["location"], format!("/api/scenarios/{id}"));
    id
}

async fn edited(app: &App, id: u64, edit: Json) -> Answer {
    let answer = app.post(&format!("/api/scenarios/{id}/edits"), edit).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status, StatusCode::OK, "{text}");
    answer
}

async fn call(app: &App, method: &str, path: &str, tag: Option<&str>, body: Json) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("content-type", "application/json");
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    let body = Body::from(body.to_string());
    app.send(request.body(body).expect("a request")).await
}

fn jobs_in_first_district() -> Json {
    json!({"kind": "grow", "layer": "workplaces", "amount": 60, "note": "产业园二期",
           "within": {"area": "440103"}})
}

#[tokio::test]
async fn every_question_answers_for_a_scenario_and_undo_gives_the_same_bytes() {
    let app = App::new();
    let id = made(&app, "试算").await;
    let grow = edited(&app, id, jobs_in_first_district()).await.json();
    assert_eq!(grow["edits"][0]["number"], 1);
    assert_eq!(
        grow["edits"][0]["text"]["zh"],
        "甲区：就业 +60（通勤流不变）"
    );
    let base = app.get("/api/balance?level=district").await;
    let ask = format!("/api/balance?level=district&scenario={id}");
    let first = app.get(&ask).await;
    assert_eq!(base.json()["rows"][0]["jobs"], 100);
    assert_eq!(first.json()["rows"][0]["jobs"], 160);
    assert_ne!(base.headers["etag"], first.headers["etag"]);
    let stamp = &first.json()["provenance"]["scenario"];
    assert_eq!(
        (&stamp["name"], &stamp["edits"][0]["note"]),
        (&json!("试算"), &json!("产业园二期"))
    );
    assert!(base.json()["provenance"].get("scenario").is_none());
    let station = json!({"kind": "add", "layer": "stations", "lon": 113.05, "lat": 23.15,
                         "values": {"name": "新站", "lines": "9"}});
    edited(&app, id, station).await;
    for path in [
        "/api/city",
        "/api/layers",
        "/api/layers/stations",
        "/api/layers/stations/features",
        "/api/layers/stations/download?format=geojson",
        "/api/areas?level=district",
        "/api/areas/440103",
        "/api/calibers?level=district",
        "/api/coverage?layer=stations&cutoff=500&level=district",
        "/api/station_areas",
        "/api/station_coverage?level=district",
        "/api/commute?level=district",
        "/api/flows?level=district",
        "/api/search?q=440103",
        "/tiles/stations.json",
    ] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let answer = app.get(&format!("{path}{separator}scenario={id}")).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, StatusCode::OK, "{path}: {text}");
    }
    let found = app
        .get(&format!(
            "/api/layers/stations/features/scenario-2?scenario={id}"
        ))
        .await;
    assert_eq!(found.json()["properties"]["name"], "新站");
    let areas = app
        .get(&format!("/api/station_areas?scenario={id}"))
        .await
        .json();
    let names = areas["rows"].as_array().expect("rows");
    assert!(names.iter().any(|row| row["name"] == "新站"));
    let polygon = json!({"area": "440105"});
    let path = format!("/api/statistics?scenario={id}");
    let inside = app.post(&path, polygon).await.json();
    assert_eq!(inside["totals"]["stations.features"], 1);
    let tile = "/tiles/stations/12/3334/1777";
    let (_, plain) = (tile, app.get(tile).await);
    let with = app.get(&format!("{tile}?scenario={id}")).await;
    assert_ne!(plain.body, with.body);
    let json = app
        .get(&format!("/tiles/stations.json?scenario={id}"))
        .await
        .json();
    assert!(
        json["tiles"][0]
            .as_str()
            .expect("an address")
            .contains(&format!("scenario={id}"))
    );
    // Taking the station back gives what was before, to the last byte.
    let undone = call(
        &app,
        "DELETE",
        &format!("/api/scenarios/{id}/edits/last"),
        None,
        json!({}),
    )
    .await;
    assert_eq!(undone.json()["undone"][0]["kind"], "add");
    let again = app.get(&ask).await;
    let again_body = again.body.clone();
    assert_eq!(
        (again.headers["etag"].clone(), again.body),
        (first.headers["etag"].clone(), first.body)
    );
    let named = app.get(&format!("{ask}.99")).await;
    assert_eq!(named.body, again_body);
    let redone = app
        .post(&format!("/api/scenarios/{id}/redo"), json!({}))
        .await;
    assert_eq!(redone.json()["edits"].as_array().map(Vec::len), Some(2));
    let twice = app
        .post(&format!("/api/scenarios/{id}/redo"), json!({}))
        .await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_report_of_a_scenario_carries_its_edits() {
    let app = App::new();
    let id = made(&app, "试算").await;
    edited(&app, id, jobs_in_first_district()).await;
    let page = async |query: &str| {
        let path = format!("/api/reports/job-housing?format=html{query}");
        String::from_utf8(app.get(&path).await.body).expect("text")
    };
    let (base, what_if) = (page("").await, page(&format!("&scenario={id}")).await);
    let seal = |page: &str| -> Json {
        let (_, from) = page.split_once("id=\"suitu-report\">").expect("a seal");
        let (json, _) = from.split_once("</script>").expect("its end");
        serde_json::from_str(json).expect("JSON")
    };
    assert!(seal(&base).get("scenario").is_none());
    let sealed = &seal(&what_if)["scenario"];
    assert_eq!(
        (&sealed["id"], &sealed["name"], &sealed["edits"]),
        (
            &json!(id),
            &json!("试算"),
            &json!([jobs_in_first_district()])
        )
    );
    assert!(what_if.contains("方案推算，非现状") && !base.contains("方案推算"));
}

#[tokio::test]
async fn a_comparison_has_both_sides_and_their_difference() {
    let app = App::new();
    let id = made(&app, "对比").await;
    edited(&app, id, jobs_in_first_district()).await;
    let path = format!("/api/scenarios/{id}/compare?question=balance&level=district");
    let found = app.get(&path).await.json();
    let row = |code: &str| {
        let rows = found["rows"].as_array().expect("rows");
        rows.iter().find(|row| row["code"] == code).expect("a row")
    };
    let first = row("440103");
    assert_eq!(
        (
            &first["base.jobs"],
            &first["scenario.jobs"],
            &first["difference.jobs"]
        ),
        (&json!(100), &json!(160), &json!(60))
    );
    assert_eq!(
        first["difference.jobs_per_employed_resident"],
        json!(160.0 / 200.0 - 0.5)
    );
    for (key, value) in row("440104").as_object().expect("a row") {
        if key.starts_with("difference.") && !value.is_null() {
            assert_eq!(value.as_f64(), Some(0.0), "{key}");
        }
    }
    let empty = row("440106");
    assert_eq!(empty["difference.jobs_per_employed_resident"], Json::Null);
    assert!(empty["base.reason"].is_string() && empty["scenario.reason"].is_string());
    assert_eq!(found["totals"][0]["difference.jobs"], 60);
    let changed = app.get(&format!("{path}&changed_only=true")).await.json();
    assert_eq!(changed["rows"].as_array().map(Vec::len), Some(1));
    let before = app
        .get(&format!("{path}&edits=0&changed_only=true"))
        .await
        .json();
    assert_eq!(before["rows"], json!([]));
    let csv = app.get(&format!("{path}&format=csv")).await;
    let text = String::from_utf8(csv.body).expect("text");
    assert!(
        text.lines()
            .next()
            .expect("headings")
            .contains("变化 就业岗位"),
        "{text}"
    );
    for format in ["xlsx", "geojson"] {
        let file = app.get(&format!("{path}&format={format}")).await;
        assert_eq!(file.status, StatusCode::OK);
    }
    let outlines = app.get(&format!("{path}&format=geojson")).await.json();
    assert_eq!(outlines["features"][0]["geometry"]["type"], "Polygon");
    let path = format!("/api/scenarios/{id}/compare?question=statistics");
    let found = app.post(&path, json!({"area": "440103"})).await.json();
    let jobs = found["rows"].as_array().expect("rows");
    let jobs = jobs
        .iter()
        .find(|row| row["attribute"] == "jobs")
        .expect("jobs");
    assert_eq!(jobs["difference.value"], 60);
    for question in ["commute", "flows", "areas", "calibers", "station_coverage"] {
        let path = format!("/api/scenarios/{id}/compare?question={question}&level=district");
        let answer = app.get(&path).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, StatusCode::OK, "{question}: {text}");
    }
    for (question, rows) in [("balance_report", 1), ("school_places", 0), ("plan", 0)] {
        let path = format!("/api/scenarios/{id}/compare?question={question}");
        let answer = app.get(&path).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, StatusCode::OK, "{question}: {text}");
        let found = answer.json()["rows"].as_array().expect("rows").len();
        assert!(found >= rows, "{question}: {text}");
    }
    for (question, body) in [
        (
            "catchments",
            json!({"origins": [{"layer": "stations"}], "cutoffs": [500], "unit": "m"}),
        ),
        ("station_areas", json!({})),
        (
            "travel_times",
            json!({"origins": {"layer": "stations"}, "destinations": {"layer": "stations"}, "mode": "straight"}),
        ),
        (
            "access",
            json!({"from": "residences", "to": {"layer": "stations"}, "measure": "nearest", "cutoff": 20000}),
        ),
    ] {
        let path = format!("/api/scenarios/{id}/compare?question={question}");
        let answer = app.post(&path, body).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, StatusCode::OK, "{question}: {text}");
        let rows = answer.json()["rows"].as_array().expect("rows").len();
        assert!(rows > 0, "{question}");
    }
    let unknown = app
        .get(&format!("/api/scenarios/{id}/compare?question=weather"))
        .await;
    assert_eq!(
        (unknown.status, unknown.json()["field"].clone()),
        (StatusCode::BAD_REQUEST, json!("question"))
    );
}

#[tokio::test]
async fn commuters_follow_their_jobs() {
    let app = App::new();
    let id = made(&app, "疏解").await;
    let moved = json!({"kind": "move_jobs", "jobs": 40, "from": {"area": "440104"}, "to": {"area": "440103"}});
    edited(&app, id, moved).await;
    let path = format!("/api/scenarios/{id}/compare?question=commute&level=district");
    let found = app.get(&path).await.json();
    let total = &found["totals"][0];
    assert_eq!(total["difference.commuters"], 0, "{total}");
    let balance = app
        .get(&format!("/api/balance?level=district&scenario={id}"))
        .await
        .json();
    assert_eq!(
        (&balance["rows"][0]["jobs"], &balance["rows"][1]["jobs"]),
        (&json!(140), &json!(260))
    );
    assert_ne!(found["rows"][0]["difference.self_sufficiency"], 0.0);
}

#[tokio::test]
async fn who_has_not_seen_the_last_version_changes_nothing() {
    let app = App::new();
    let id = made(&app, "两人").await;
    let path = format!("/api/scenarios/{id}");
    let edits = format!("{path}/edits");
    let tag = app.get(&path).await.headers["etag"]
        .to_str()
        .expect("text")
        .to_owned();
    let mine = call(&app, "POST", &edits, Some(&tag), jobs_in_first_district()).await;
    assert_eq!(mine.status, StatusCode::OK);
    let late = call(&app, "POST", &edits, Some(&tag), jobs_in_first_district()).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    for (method, path) in [
        ("DELETE", format!("{path}/edits/last")),
        ("DELETE", path.clone()),
        ("PATCH", path.clone()),
    ] {
        let late = call(&app, method, &path, Some(&tag), json!({"name": "x"})).await;
        assert_eq!(
            late.status,
            StatusCode::PRECONDITION_FAILED,
            "{method} {path}"
        );
    }
    let tag = mine.headers["etag"].to_str().expect("text").to_owned();
    let noted = call(
        &app,
        "PATCH",
        &format!("{edits}/1"),
        Some(&tag),
        json!({"note": "二稿"}),
    )
    .await;
    assert_eq!(noted.json()["edits"][0]["note"], "二稿");
    let named = call(
        &app,
        "PATCH",
        &path,
        None,
        json!({"name": "三人", "note": "说明"}),
    )
    .await;
    assert_eq!(
        (&named.json()["name"], &named.json()["note"]),
        (&json!("三人"), &json!("说明"))
    );
    let none = call(
        &app,
        "PATCH",
        &format!("{edits}/9"),
        None,
        json!({"note": ""}),
    )
    .await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    let odd = call(&app, "DELETE", &path, Some("\"what\""), json!({})).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        call(&app, "DELETE", &path, None, json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(app.get(&path).await.status, StatusCode::NOT_FOUND);
    let gone = app
        .get(&format!("/api/balance?level=district&scenario={id}"))
        .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let odd = app.get("/api/balance?level=district&scenario=first").await;
    assert_eq!(
        (odd.status, odd.json()["field"].clone()),
        (StatusCode::BAD_REQUEST, json!("scenario"))
    );
    let plain = app.get("/api/balance?level=district&scenario=").await;
    assert_eq!(plain.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bad_edit_is_refused_whole_with_its_place_and_the_remedy() {
    let app = App::new();
    let id = made(&app, "有误").await;
    let path = format!("/api/scenarios/{id}/edits");
    let good = jobs_in_first_district();
    let bad = json!({"kind": "remove", "layer": "stations", "id": "gone"});
    let refused = app.post(&path, json!({"edits": [good, bad]})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let problem = refused.json();
    assert_eq!(
        (&problem["field"], &problem["edit"]),
        (&json!("id"), &json!(2))
    );
    assert!(
        problem["message"]["zh"]
            .as_str()
            .expect("words")
            .contains("gone")
    );
    let scenario = app.get(&format!("/api/scenarios/{id}")).await.json();
    assert_eq!(
        (&scenario["edits"], &scenario["version"]),
        (&json!([]), &json!(1))
    );
    for body in [
        json!({"kind": "explode"}),
        json!({}),
        json!({"edits": 5}),
        json!([]),
    ] {
        let refused = app.post(&path, body.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let nameless = app.post("/api/scenarios", json!({"name": "  "})).await;
    assert_eq!(nameless.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_edit_on_a_feature_that_is_gone_is_left_out_and_the_rest_stands() {
    let app = App::new();
    let id = made(&app, "旧案").await;
    let change =
        json!({"kind": "change", "layer": "workplaces", "id": "x", "values": {"jobs": 900}});
    edited(&app, id, change).await;
    let grow =
        json!({"kind": "grow", "layer": "workplaces", "amount": 5, "within": {"area": "440104"}});
    edited(&app, id, grow).await;
    app.remove("workplaces", &["x"]);
    let scenario = app.get(&format!("/api/scenarios/{id}")).await.json();
    let refused = &scenario["edits"][0]["refused"];
    assert!(
        refused["en"]
            .as_str()
            .expect("words")
            .contains("undo this edit"),
        "{refused}"
    );
    assert_eq!(scenario["edits"][1]["refused"], Json::Null);
    let balance = app
        .get(&format!("/api/balance?level=district&scenario={id}"))
        .await
        .json();
    assert_eq!(balance["rows"][1]["jobs"], 305);
    let told = &balance["provenance"]["scenario"]["edits"];
    assert!(told[0]["refused"].is_object() && told[1].get("refused").is_none());
}

#[tokio::test]
async fn scenarios_survive_a_restart_and_leave_the_data_version_alone() {
    let app = App::new();
    let before = app.get("/api/balance?level=district").await;
    let id = made(&app, "留存").await;
    edited(&app, id, jobs_in_first_district()).await;
    let after = app.get("/api/balance?level=district").await;
    assert_eq!(before.headers["etag"], after.headers["etag"]);
    let path = format!("/api/scenarios/{id}/compare?question=balance&level=district");
    let here = app.get(&path).await;
    let request = Request::get(&path).body(Body::empty()).expect("a request");
    let there = app
        .restarted()
        .oneshot(request)
        .await
        .expect("routes never fail");
    let body = to_bytes(there.into_body(), usize::MAX)
        .await
        .expect("a body");
    assert_eq!(here.body, body.to_vec());
    let list = app.get("/api/scenarios").await.json();
    assert_eq!(list["rows"][0]["name"], "留存");
}
