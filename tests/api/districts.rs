//! What a district official is answered while others edit and publish.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use suitu::{
    accounts::{Grants, Role, UserName},
    domain::SecurityLevel,
};

use super::helpers::{App, Events, Guarded};

const HOMES: &str = "/api/layers/residences/features?limit=100";

fn grants(scope: &[&str], clearance: SecurityLevel) -> Grants {
    let scope = scope.iter().map(|code| code.parse().expect("a code"));
    Grants {
        roles: [Role::District].into(),
        scope: scope.collect(),
        clearance,
    }
}

fn official(guarded: &Guarded, name: &str, scope: &[&str]) -> (UserName, String) {
    let user = guarded.user(name, grants(scope, SecurityLevel::Internal));
    guarded.signed_in(&user)
}

/// How many people live at home `id` as somebody reads it.
async fn people(guarded: &Guarded, id: &str, cookie: &str) -> Option<i64> {
    let answer = guarded.get(HOMES, cookie).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    let all = answer.json()["features"].as_array().expect("rows").clone();
    let home = all.into_iter().find(|home| home["id"] == id)?;
    home["properties"]["usual_residents"].as_i64()
}

async fn settle(guarded: &Guarded, steward: &str, id: &str, people: i64) {
    let edit = json!({"kind": "change", "layer": "residences", "id": id, "version": "*",
        "values": {"usual_residents": people}});
    let edits = json!({"edits": [edit], "reason": ""});
    let done = guarded.post("/api/edits", edits, steward).await;
    assert!(done.status.is_success(), "{}", done.json());
}

/// How many cities were made while an official waited.
async fn awaited(guarded: &Guarded) -> u64 {
    let system = guarded.session_of(Role::System);
    let told = guarded.get("/metrics", &system).await.body;
    let told = String::from_utf8(told).expect("text");
    let name = "suitu_district_cities_awaited_total ";
    let value = told.lines().find_map(|line| line.strip_prefix(name));
    value.expect("a counter").parse().expect("a number")
}

#[tokio::test]
async fn who_administers_a_server_reads_no_count_of_the_city_from_its_metrics() {
    let app = App::new();
    let guarded = app.guarded();
    let system = guarded.session_of(Role::System);
    let told = guarded.get("/metrics", &system).await;
    assert_eq!(told.status, StatusCode::OK);
    let told = String::from_utf8(told.body).expect("text");
    let open = String::from_utf8(app.get("/metrics").await.body).expect("text");
    for name in ["suitu_data_version", "suitu_features", "suitu_index_bytes"] {
        assert!(!told.contains(name) && open.contains(name), "{name}");
    }
    assert!(told.contains("suitu_requests_total"));
    assert!(app.metric("suitu_features ").await > 0);
}

async fn hears(events: &mut Events, for_ms: u64) -> Option<Json> {
    let next = tokio::time::timeout(Duration::from_millis(for_ms), events.next());
    next.await.ok()?
}

#[tokio::test]
async fn no_official_waits_for_a_city_after_an_edit() {
    let exact = App::new();
    let guarded = exact.guarded_beside(&exact.rounded());
    let steward = guarded.session_of(Role::Steward);
    let (_, first) = official(&guarded, "jia", &["440103"]);
    let before = guarded.get(HOMES, &first).await.json();
    assert_eq!(people(&guarded, "a", &first).await, Some(400));
    assert_eq!(awaited(&guarded).await, 1);
    for n in 0..8 {
        settle(&guarded, &steward, "b", 200 + n).await;
        assert_eq!(guarded.get(HOMES, &first).await.json(), before);
        tokio::time::sleep(Duration::from_millis(40 * n.unsigned_abs())).await;
        assert_eq!(guarded.get(HOMES, &first).await.json(), before);
    }
    assert_eq!(awaited(&guarded).await, 1);
    // What is edited in the own area is seen a little later.
    settle(&guarded, &steward, "a", 401).await;
    let shown = async || {
        while people(&guarded, "a", &first).await != Some(401) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let shown = tokio::time::timeout(Duration::from_secs(20), shown());
    shown.await.expect("the edit is shown");
    assert_eq!(awaited(&guarded).await, 1);
    // A scope that nobody has asked for is made for whoever asks first, as the city is by then.
    let (_, other) = official(&guarded, "yi", &["440104"]);
    assert_eq!(people(&guarded, "b", &other).await, Some(207));
    assert_eq!(awaited(&guarded).await, 2);
}

#[tokio::test]
async fn officials_of_many_scopes_do_not_push_each_other_out() {
    let exact = App::new();
    let guarded = exact.guarded_beside(&exact.rounded());
    let steward = guarded.session_of(Role::Steward);
    let own = |number: usize| format!("4401030{number:02}");
    let scopes = std::iter::once("440103".to_owned()).chain((0..40).map(own));
    let officials: Vec<String> = scopes
        .enumerate()
        .map(|(number, code)| official(&guarded, &format!("guan{number}"), &[&code]).1)
        .collect();
    for official in &officials {
        people(&guarded, "a", official).await;
    }
    let first = awaited(&guarded).await;
    for turn in 0..3 {
        settle(&guarded, &steward, "a", 400 + turn).await;
        settle(&guarded, &steward, "b", 200 + turn).await;
        for official in &officials {
            people(&guarded, "a", official).await;
        }
        let shown = async || {
            while people(&guarded, "a", &officials[0]).await != Some(400 + turn) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let shown = tokio::time::timeout(Duration::from_secs(20), shown());
        shown.await.expect("the edit is shown");
    }
    assert_eq!(awaited(&guarded).await, first);
}

#[tokio::test]
async fn officials_hear_of_an_edit_once_their_city_shows_it() {
    let exact = App::new();
    let guarded = exact.guarded_beside(&exact.rounded());
    let steward = guarded.session_of(Role::Steward);
    let (_, own) = official(&guarded, "jia", &["440103"]);
    let mut events = guarded.listen("/api/events", &own).await;
    events.next().await.expect("the version of now");
    for people_there in [401, 402, 403] {
        settle(&guarded, &steward, "b", people_there).await;
        assert_eq!(hears(&mut events, 500).await, None);
        settle(&guarded, &steward, "a", people_there).await;
        let told = hears(&mut events, 20_000).await;
        assert!(told.is_some());
        assert_eq!(people(&guarded, "a", &own).await, Some(people_there));
    }
}

#[tokio::test]
async fn less_is_shown_at_once_to_whom_less_is_granted() {
    let exact = App::new();
    let guarded = exact.guarded_beside(&exact.rounded());
    let (user, cookie) = official(&guarded, "jia", &["440103"]);
    assert_eq!(people(&guarded, "a", &cookie).await, Some(400));
    let grant = |scope: &[&str], clearance| {
        let now = suitu::clock::unix_seconds();
        let granted = grants(scope, clearance);
        let done = guarded.accounts.set_grants(&user, &granted, "test", now);
        done.expect("granted");
    };
    grant(&["440104"], SecurityLevel::Internal);
    let (_, cookie) = guarded.signed_in(&user);
    assert_eq!(people(&guarded, "a", &cookie).await, None);
    assert_eq!(people(&guarded, "b", &cookie).await, Some(180));
    grant(&["440104"], SecurityLevel::Public);
    let (_, cookie) = guarded.signed_in(&user);
    let refused = guarded.get(HOMES, &cookie).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn no_official_reads_of_a_publication_that_was_withdrawn() {
    let app = App::new();
    let guarded = app.guarded_publishing();
    let security = guarded.session_of(Role::Security);
    let (_, own) = official(&guarded, "jia", &["440103"]);
    let made = json!({"k": 5});
    let made = guarded.post("/api/protection/key", made, &security).await;
    let counts = async || {
        loop {
            let answer = guarded.get(HOMES, &own).await;
            if answer.status == StatusCode::OK {
                let all = answer.json()["features"].as_array().expect("rows").clone();
                let outside = all.into_iter().filter(|home| home["id"] != "a");
                let of = |home: Json| home["properties"]["usual_residents"].as_i64();
                return outside.filter_map(of).collect::<Vec<_>>();
            }
            assert_eq!(answer.json()["reason"], "no_protected_city");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let before = counts().await;
    assert!(!before.is_empty() && before.iter().all(|count| count % 5 == 0));
    let confirm = &made.json()["key"]["fingerprint"];
    let rotation = json!({"k": 7, "confirm": confirm});
    // Not while it is still being published: another key is refused then.
    let rotated = async || {
        loop {
            let path = "/api/protection/rotation";
            let answer = guarded.post(path, rotation.clone(), &security).await;
            if answer.status == StatusCode::ACCEPTED {
                return;
            }
            assert_eq!(answer.json()["reason"], "publishing");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    rotated().await;
    let after = counts().await;
    assert!(
        !after.is_empty() && after.iter().all(|count| count % 7 == 0),
        "{after:?}"
    );
}
