use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value as Json, json};
use suitu::http::Bounds;

use super::helpers::{Answer, App};

/// Asks for a job.
async fn begin(app: &App, method: &str, path: &str, body: Option<Json>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("prefer", "respond-async");
    let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
    app.send(request.body(body).expect("a request")).await
}

fn location(answer: &Answer) -> String {
    let location = answer.headers["location"].to_str();
    location.expect("an address").to_owned()
}

/// The job as it is once it has ended.
async fn ended(app: &App, job: &str) -> Json {
    loop {
        let now = app.get(job).await.json();
        match now["state"].as_str().expect("a state") {
            "waiting" | "running" => tokio::time::sleep(Duration::from_millis(2)).await,
            _ => return now,
        }
    }
}

/// A question that takes long enough to be cancelled: the shapes of many circles joined.
fn long_question() -> Json {
    let origins: Vec<Json> = (0..200)
        .map(|i| json!({ "lon": 113.0 + f64::from(i) * 0.001, "lat": 23.05 }))
        .collect();
    let cutoffs: Vec<u32> = (1..=12).map(|i| i * 1000).collect();
    json!({ "origins": origins, "cutoffs": cutoffs, "geometry": true })
}

#[tokio::test]
async fn a_job_ends_with_the_bytes_of_the_direct_answer() {
    let app = App::new();
    let stations = json!({ "origins": [{ "layer": "stations", "id": "s1" }], "cutoffs": [500] });
    for (method, path, body) in [
        ("GET", "/api/balance?level=district&catchment_m=3000", None),
        (
            "GET",
            "/api/balance?level=district&format=xlsx&lang=en",
            None,
        ),
        (
            "GET",
            "/api/coverage?layer=stations&cutoff=500&level=district&format=csv",
            None,
        ),
        ("POST", "/api/catchments", Some(stations.clone())),
        ("POST", "/api/catchments?format=geojson", Some(stations)),
    ] {
        let accepted = begin(&app, method, path, body.clone()).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{path}");
        assert_eq!(accepted.headers["preference-applied"], "respond-async");
        // It says from the start what it is at.
        let step = &accepted.json()["progress"]["step"];
        assert!(step["zh"].is_string() && step["en"].is_string(), "{step}");
        let job = location(&accepted);
        assert_eq!(
            job,
            format!(
                "/api/jobs/{}",
                accepted.json()["id"].as_str().expect("an id")
            )
        );
        let done = ended(&app, &job).await;
        assert_eq!(done["state"], "done", "{path}: {done}");
        assert_eq!(done["progress"]["share_done"], 1.0);
        let answer = app.get(done["answer"].as_str().expect("an address")).await;
        let direct = match body {
            Some(body) => app.post(path, body).await,
            None => app.get(path).await,
        };
        assert_eq!(direct.status, StatusCode::OK, "{path}");
        assert_eq!(answer.body, direct.body, "{path}");
        for name in ["content-type", "etag"] {
            assert_eq!(answer.headers[name], direct.headers[name], "{path}: {name}");
        }
        assert_eq!(
            answer.headers.get("content-disposition"),
            direct.headers.get("content-disposition")
        );
    }
}

#[tokio::test]
async fn only_who_prefers_a_job_gets_one() {
    let app = App::new();
    let direct = app.get("/api/balance?level=district").await;
    assert_eq!(direct.status, StatusCode::OK);
    assert_eq!(app.metric("suitu_jobs_total").await, 0);
}

#[tokio::test]
async fn a_wrong_question_fails_with_its_problem() {
    let app = App::new();
    let accepted = begin(&app, "GET", "/api/balance?level=village", None).await;
    let job = location(&accepted);
    let failed = ended(&app, &job).await;
    assert_eq!(failed["state"], "failed");
    assert_eq!(failed["problem"]["field"], "level");
    assert_eq!(failed["answer"], Json::Null);
    let answer = app.get(&format!("{job}/answer")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json(), failed["problem"]);
    // What cannot even be read is refused at once.
    let refused = begin(&app, "GET", "/api/balance", None).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_cancelled_job_stops_its_computation() {
    let app = App::new();
    let accepted = begin(&app, "POST", "/api/catchments", Some(long_question())).await;
    let job = location(&accepted);
    while app.metric("suitu_computations_running").await == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(
        app.get(&format!("{job}/answer")).await.status,
        StatusCode::CONFLICT
    );
    let request = Request::delete(&job)
        .body(Body::empty())
        .expect("a request");
    let cancelled = app.send(request).await;
    assert_eq!(cancelled.status, StatusCode::OK);
    assert_eq!(cancelled.json()["state"], "cancelled");
    assert_eq!(app.get(&job).await.json()["state"], "cancelled");
    assert_eq!(
        app.get(&format!("{job}/answer")).await.status,
        StatusCode::GONE
    );
    while app.metric("suitu_computations_running").await > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // Nothing was computed to its end and kept.
    assert_eq!(app.metric("suitu_jobs_running").await, 0);
    assert_eq!(app.metric("suitu_job_answer_bytes").await, 0);
}

#[tokio::test]
async fn events_tell_the_progress_and_then_the_end() {
    let app = App::new();
    let accepted = begin(&app, "POST", "/api/catchments", Some(json!({
        "origins": [{ "layer": "stations", "id": "s1" }], "cutoffs": [500, 1000], "geometry": true
    })))
    .await;
    let events = app.get(&format!("{}/events", location(&accepted))).await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    let text = String::from_utf8(events.body).expect("text");
    let last = text.trim_end().rsplit("\n\n").next().expect("an event");
    let (name, data) = last.split_once('\n').expect("a name and data");
    assert_eq!(name, "event: end");
    let data: Json = serde_json::from_str(data.trim_start_matches("data: ")).expect("JSON");
    assert_eq!(data["state"], "done");
    assert_eq!(data["progress"]["step"]["en"], "drawing the shapes");
}

#[tokio::test]
async fn unknown_jobs_are_not_found() {
    let app = App::new();
    for path in ["/api/jobs/0", "/api/jobs/0/answer", "/api/jobs/0/events"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn jobs_beyond_the_bound_are_refused_and_may_come_again() {
    let app = App::bounded(Bounds {
        jobs_waiting: 0,
        ..Bounds::default()
    });
    let refused = begin(&app, "GET", "/api/balance?level=district", None).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(
        app.get("/api/balance?level=district").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn jobs_are_for_the_own_machine_only_where_the_city_is() {
    let app = App::new();
    let request = Request::get("/api/jobs/0").header("host", "suitu.example.org");
    let answer = app
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_equal_question_is_answered_from_memory_until_the_data_change() {
    let app = App::new();
    let path = "/api/balance?level=district";
    let first = app.get(path).await;
    // Defaults and their order make no other question.
    let second = app
        .get("/api/balance?lang=zh&format=json&level=district")
        .await;
    assert_eq!(first.body, second.body);
    assert_eq!(app.metric("suitu_answer_misses_total").await, 1);
    assert_eq!(app.metric("suitu_answer_hits_total").await, 1);
    app.get("/api/balance?level=city").await;
    app.get("/api/balance?level=district&format=csv").await;
    assert_eq!(app.metric("suitu_answer_misses_total").await, 3);
    app.import(
        "residences",
        "id,经度,纬度,常住人口,就业人口,户数\ne,113.15,23.15,90,40,30\n",
    );
    let third = app.get(path).await;
    assert_eq!(app.metric("suitu_answer_misses_total").await, 4);
    assert_ne!(first.headers["etag"], third.headers["etag"]);
    assert_eq!(third.json()["totals"]["employed_residents"], 490);
}

#[tokio::test]
async fn a_client_that_holds_the_answer_is_not_sent_it_again() {
    let app = App::new();
    let path = "/api/areas?level=district";
    let fetch = |tag: String, encoding: &'static str| {
        let request = Request::get(path)
            .header("if-none-match", tag)
            .header("accept-encoding", encoding);
        app.send(request.body(Body::empty()).expect("a request"))
    };
    let first = app.get(path).await;
    assert_eq!(first.headers["cache-control"], "no-cache");
    let tag = first.headers["etag"].to_str().expect("text").to_owned();
    let same = fetch(tag.clone(), "identity").await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);
    assert!(same.body.is_empty());
    let packed = fetch("\"another\"".into(), "gzip").await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    let packed_tag = packed.headers["etag"].to_str().expect("text").to_owned();
    assert_ne!(packed_tag, tag, "other bytes have another tag");
    assert_eq!(
        fetch(packed_tag, "gzip").await.status,
        StatusCode::NOT_MODIFIED
    );
    app.import("residences", "id,经度,纬度,常住人口\ne,113.15,23.15,90\n");
    assert_eq!(fetch(tag, "identity").await.status, StatusCode::OK);
}

#[tokio::test]
async fn ten_equal_questions_at_once_are_computed_once() {
    let app = App::new();
    let path = "/api/balance?level=district&catchment_m=3000";
    let (a, b, c, d, e, f, g, h, i, j) = tokio::join!(
        app.get(path),
        app.get(path),
        app.get(path),
        app.get(path),
        app.get(path),
        app.get(path),
        app.get(path),
        app.get(path),
        app.get(path),
        app.get(path),
    );
    for answer in [&b, &c, &d, &e, &f, &g, &h, &i, &j] {
        assert_eq!(answer.body, a.body);
    }
    assert_eq!(app.metric("suitu_answer_misses_total").await, 1);
    assert_eq!(app.metric("suitu_answer_joined_total").await, 9);
}
