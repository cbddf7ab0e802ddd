//! Edits that are sent again with their key: made once, answered as the first time.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value as Json, json};
use suitu::{
    accounts::{
        Grants, Role,
        audit::{Chain, Search},
    },
    domain::SecurityLevel,
};

use super::helpers::{Answer, App, Guarded};

const HOME: &str = "/api/layers/residences/features/a";

fn request(method: &str, path: &str, tag: Option<&str>, key: &str, body: &Json) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-suitu", "1")
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    request.body(Body::from(body.to_string())).expect("sound")
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().expect("text").to_owned()
}

/// How often a feature was edited.
async fn edits(app: &App, path: &str) -> usize {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let history = app.get(&format!("{path}/history?{query}")).await.json();
    history["rows"].as_array().expect("rows").len()
}

/// Checks that two answers are the same, but for the moment.
fn assert_same(first: &Answer, again: &Answer) {
    let told = String::from_utf8_lossy(&again.body);
    assert_eq!(again.status, first.status, "{told}");
    assert_eq!(again.body, first.body, "{told}");
    for name in ["etag", "location", "content-type", "cache-control"] {
        assert_eq!(again.headers.get(name), first.headers.get(name), "{name}");
    }
}

#[tokio::test]
async fn every_kind_of_edit_is_made_once_and_answered_alike() {
    let app = App::new();
    let new = json!({"lon": 113.05, "lat": 23.06, "values": {"jobs": 0.1 + 6.9}});
    let path = "/api/layers/workplaces/features";
    let send = async |method: &str, path: &str, tag: Option<&str>, key: &str, body: &Json| {
        let first = app.send(request(method, path, tag, key, body)).await;
        assert!(first.status.is_success(), "{key}: {}", first.json());
        let version = app.get("/api/city").await.json()["data_version"].clone();
        let again = app.send(request(method, path, tag, key, body)).await;
        assert_same(&first, &again);
        let after = app.get("/api/city").await.json()["data_version"].clone();
        assert_eq!(after, version, "{key}");
        first
    };
    // Without an id: every edit of its own would give another one.
    let added = send("POST", path, None, "add", &new).await;
    let place = added.headers["location"].to_str().expect("text").to_owned();
    assert_eq!(edits(&app, &place).await, 1);
    assert_eq!(app.get(&place).await.json(), added.json());
    let to = json!({"lon": 113.15, "lat": 23.15, "values": {"jobs": 9}, "reason": "搬迁"});
    let moved = send("PATCH", &place, Some(&tag(&added)), "move", &to).await;
    assert_eq!(app.get(&place).await.json(), moved.json());
    assert_eq!(moved.json()["properties"]["district_code"], "440106");
    // Sent once more with what it has led to: another request.
    let other = request("PATCH", &place, Some(&tag(&moved)), "move", &to);
    let other = app.send(other).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.json()["reason"], "key_used");
    let gone = send("DELETE", &place, Some(&tag(&moved)), "remove", &json!({})).await;
    assert!(gone.json()["data_version"].is_u64());
    let (bare, query) = place.split_once('?').expect("with its period");
    let undo = format!("{bare}/undo?{query}");
    let back = send("POST", &undo, Some(&tag(&gone)), "undo", &json!({})).await;
    assert_eq!(back.json()["version"], moved.json()["version"]);
    assert_eq!(app.get(&place).await.json(), back.json());
    assert_eq!(edits(&app, &place).await, 4);
    let batch = json!({"edits": [
        {"kind": "add", "layer": "workplaces", "lon": 113.05, "lat": 23.05, "values": {"jobs": 1}},
        {"kind": "change", "layer": "residences", "id": "a", "version": "*", "values": {"usual_residents": 7}},
    ]});
    let done = send("POST", "/api/edits", None, "batch", &batch).await;
    assert_eq!(done.json()["rows"].as_array().expect("rows").len(), 2);
    assert_eq!(edits(&app, HOME).await, 1);
    // What changes nothing is an answer too: it stays the same when somebody else has changed it.
    let same = json!({"values": {"usual_residents": 7}});
    let seen = tag(&app.get(HOME).await);
    let nothing = send("PATCH", HOME, Some(&seen), "nothing", &same).await;
    let later = json!({"values": {"usual_residents": 8}});
    send("PATCH", HOME, Some(&seen), "later", &later).await;
    let again = app
        .send(request("PATCH", HOME, Some(&seen), "nothing", &same))
        .await;
    assert_same(&nothing, &again);
    // A day later the answer is the same from the file, whatever became of the feature.
    let again = request("POST", path, None, "add", &new);
    let again = tower::ServiceExt::oneshot(app.restarted(), again).await;
    let (parts, body) = again.expect("answered").into_parts();
    assert_eq!(parts.status, StatusCode::CREATED);
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    assert_eq!(body, added.body);
}

#[tokio::test]
async fn an_area_that_was_renamed_is_told_by_its_new_name() {
    let app = App::new();
    let path = "/api/layers/districts/features/440103";
    let named = json!({"values": {"name": "新区"}});
    let changed = app
        .send(request("PATCH", path, Some("*"), "k", &named))
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json());
    let read = app.get(path).await;
    assert_eq!(read.json(), changed.json());
    assert_eq!(read.json()["areas"][0]["name"], "新区");
}

#[tokio::test]
async fn a_key_stands_for_one_request_and_is_readable() {
    let app = App::new();
    let to = |people: u64| {
        json!({"edits": [{"kind": "change", "layer": "residences", "id": "a",
        "version": "*", "values": {"usual_residents": people}}]})
    };
    let send = |key: &str, body: &Json| app.send(request("POST", "/api/edits", None, key, body));
    let first = send("k", &to(1)).await;
    let other = send("k", &to(2)).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.json()["reason"], "key_used");
    assert_eq!(edits(&app, HOME).await, 1);
    // Spaces and the order of fields say nothing.
    let text = r#"{ "reason":"",  "edits":[{"values":{"usual_residents":1},"id":"a","version":"*","layer":"residences","kind":"change"}]}"#;
    let shuffled: Json = serde_json::from_str(text).expect("JSON");
    assert_same(&first, &send("k", &shuffled).await);
    for wrong in ["", "a b", &"k".repeat(256)] {
        let refused = send(wrong, &to(3)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert_eq!(refused.json()["field"], "Idempotency-Key");
    }
    assert_eq!(edits(&app, HOME).await, 1);
    // What was refused was not made: its key is still free.
    let add = |id: &str| json!({"edits": [{"kind": "add", "layer": "workplaces", "id": id, "lon": 113.05, "lat": 23.05, "values": {"jobs": 1}}]});
    assert_eq!(send("n", &add("x")).await.status, StatusCode::BAD_REQUEST);
    let sound = send("n", &add("n")).await;
    assert_eq!(sound.status, StatusCode::OK, "{}", sound.json());
}

#[tokio::test]
async fn twins_at_the_same_time_are_one_edit() {
    let app = App::new();
    let body = json!({"lon": 113.05, "lat": 23.06, "values": {"jobs": 7}});
    let path = "/api/layers/workplaces/features";
    let one = || app.send(request("POST", path, None, "k", &body));
    let version = app.get("/api/city").await.json()["data_version"].clone();
    let answers = futures_util::future::join_all((0..8).map(|_| one())).await;
    for answer in &answers {
        assert_same(&answers[0], answer);
    }
    assert_eq!(answers[0].status, StatusCode::CREATED);
    let after = app.get("/api/city").await.json()["data_version"].clone();
    assert_eq!(after.as_u64(), version.as_u64().map(|version| version + 1));
}

fn granted(guarded: &Guarded, name: &str, clearance: SecurityLevel) -> String {
    let grants = Grants {
        roles: [Role::Steward].into(),
        clearance,
        ..Grants::none()
    };
    let user = guarded.user(name, grants);
    guarded.signed_in(&user).1
}

#[tokio::test]
async fn a_key_is_known_to_its_account_alone_and_on_record_as_again() {
    let app = App::new();
    let guarded = app.guarded();
    let li = granted(&guarded, "li", SecurityLevel::Internal);
    let wu = granted(&guarded, "wu", SecurityLevel::Internal);
    let body = json!({"values": {"usual_residents": 77}});
    let read = tag(&guarded.get(HOME, &li).await);
    let change = |cookie: &str| {
        let mut request = request("PATCH", HOME, Some(&read), "k", &body);
        let cookie = cookie.parse().expect("a cookie");
        request.headers_mut().insert("cookie", cookie);
        guarded.send(request)
    };
    let first = change(&li).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.json());
    assert_same(&first, &change(&li).await);
    // Somebody else has made no such edit, and comes too late.
    assert_eq!(change(&wu).await.status, StatusCode::PRECONDITION_FAILED);
    let chain = Chain::open(guarded.accounts.record()).expect("the record");
    let told = chain.search(&Search::default()).expect("rows");
    let subjects = |who: &str| {
        let own = told.iter().filter(|row| row.who == who);
        let own = own.filter(|row| row.act.starts_with("PATCH"));
        own.map(|row| row.subject.clone()).collect::<Vec<_>>()
    };
    let mut of_li = subjects("li");
    of_li.sort();
    assert_eq!(of_li, ["residences a", "residences a again"]);
}
