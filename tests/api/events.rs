//! What is told of changes as they happen, and to whom.

use serde_json::{Value as Json, json};
use suitu::{
    accounts::{Grants, Role},
    domain::{Protection, SecurityLevel},
    store::Store,
};

use super::helpers::{App, Guarded};

const EVENTS: &str = "/api/events";

/// An edit of one station.
fn edit(name: &str) -> Json {
    json!({"edits": [
        {"kind": "change", "layer": "stations", "id": "s1", "version": "*", "values": {"name": name}}]})
}

fn granted(guarded: &Guarded, name: &str, role: Role, clearance: SecurityLevel) -> String {
    let grants = Grants {
        roles: [role].into(),
        clearance,
        ..Grants::none()
    };
    let user = guarded.user(name, grants);
    guarded.signed_in(&user).1
}

#[tokio::test]
async fn an_edit_is_told_by_the_versions_of_its_layers() {
    let app = App::new();
    let mut events = app.listen(EVENTS).await;
    let first = events.next().await.expect("the version of now");
    let done = app.post("/api/edits", edit("新名")).await.json();
    let second = events.next().await.expect("the next version");
    assert_eq!(second["version"], done["data_version"]);
    assert!(second["version"].as_u64() > first["version"].as_u64());
    let (before, after) = (&first["layers"], &second["layers"]);
    let differs: Vec<_> = before
        .as_object()
        .expect("layers")
        .iter()
        .filter(|(layer, version)| after[layer.as_str()] != **version)
        .map(|(layer, _)| layer.as_str())
        .collect();
    assert_eq!(differs, ["stations"]);
    // Nothing but versions.
    let names: Vec<_> = second.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["version", "layers", "publication"]);
    // What is the same is not told; the next thing is.
    app.post("/api/edits", edit("新名")).await;
    let other = json!({"kind": "add", "layer": "schools", "lon": 113.05, "lat": 23.05});
    app.post("/api/edits", json!({"edits": [other]})).await;
    let third = events.next().await.expect("one more");
    assert!(third["layers"]["schools"].is_u64());
    assert_eq!(third["layers"]["stations"], after["stations"]);
}

#[tokio::test]
async fn a_session_hears_what_it_may_see_until_it_ends() {
    let app = App::new();
    let guarded = app.guarded();
    let internal = granted(&guarded, "li", Role::Steward, SecurityLevel::Internal);
    let public = granted(&guarded, "wu", Role::Planner, SecurityLevel::Public);
    let mut all = guarded.listen(EVENTS, &internal).await;
    let mut some = guarded.listen(EVENTS, &public).await;
    assert!(all.next().await.expect("told")["layers"]["residences"].is_u64());
    let told = some.next().await.expect("told");
    assert!(told["layers"]["residences"].is_null() && told["layers"]["stations"].is_u64());
    guarded.delete("/api/session", &public).await;
    let done = guarded.post("/api/edits", edit("新名"), &internal).await;
    let version = done.json()["data_version"].clone();
    assert_eq!(all.next().await.expect("told")["version"], version);
    assert!(some.next().await.is_none());
}

#[tokio::test]
async fn who_reads_rounded_counts_hears_of_publications_alone() {
    let note = json!({"k": 10, "cell_m": 100, "fingerprint": "f", "published": "2026-01-01"});
    let (exact, published) = (
        App::new(),
        App::with(|store| {
            let written = store.set_setting(Protection::SETTING, &note.to_string());
            written.expect("written");
        }),
    );
    let guarded = exact.guarded_beside(&published);
    let steward = granted(&guarded, "li", Role::Steward, SecurityLevel::Internal);
    let viewer = granted(&guarded, "wu", Role::Viewer, SecurityLevel::Internal);
    let mut events = guarded.listen(EVENTS, &viewer).await;
    let first = events.next().await.expect("told");
    for name in ["一", "二", "三"] {
        let done = guarded.post("/api/edits", edit(name), &steward).await;
        assert!(done.status.is_success());
    }
    published.remove("stations", &["s4"]);
    let second = events.next().await.expect("told");
    let city = published.get("/api/city").await.json();
    assert_eq!(second["version"], city["data_version"]);
    assert_ne!(first["layers"]["stations"], second["layers"]["stations"]);
    assert_eq!(
        first["layers"]["residences"],
        second["layers"]["residences"]
    );
}
