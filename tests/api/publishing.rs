//! The security administrator sets k and the key of the protected city, and takes another one.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use suitu::{
    accounts::{
        Role,
        audit::{Chain, Search},
    },
    city::{self, LiveCity},
    domain::Protection,
    protection::{self, Policy},
    publication::Publisher,
    store::{Home, Store, copy, geopackage::GeoPackage},
};

use super::helpers::{App, Guarded};

const STATUS: &str = "/api/protection";
const KEY: &str = "/api/protection/key";
const ROTATION: &str = "/api/protection/rotation";

/// How it stands once nothing is being published.
async fn settled(guarded: &Guarded, security: &str) -> Json {
    for _ in 0..600 {
        let answer = guarded.get(STATUS, security).await;
        assert_eq!(answer.status, StatusCode::OK);
        let told = answer.json();
        if told["publishing"] == false && (told["served"] == true || !told["failed"].is_null()) {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was published");
}

/// Residents of the first district as a viewer reads them, and the names of the answer.
async fn residents(guarded: &Guarded, viewer: &str) -> (i64, String) {
    let answer = guarded.get("/api/areas?level=district", viewer).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    let tag = answer.headers["etag"].to_str().expect("text").to_owned();
    let people = &answer.json()["rows"][0]["residences.usual_residents"];
    (people.as_i64().expect("a count"), tag)
}

/// The digits of the key, which nobody may be told.
fn digits(app: &App) -> String {
    let text = std::fs::read_to_string(app.at("protection.key")).expect("a key");
    let line = text.lines().find(|line| line.starts_with("key = "));
    line.expect("a key")
        .split('"')
        .nth(1)
        .expect("digits")
        .to_owned()
}

fn reason(answer: &super::helpers::Answer) -> (u16, String) {
    let reason = answer.json()["reason"].as_str().unwrap_or("").to_owned();
    (answer.status.as_u16(), reason)
}

#[tokio::test]
async fn the_security_administrator_sets_k_and_makes_the_key_once() {
    let app = App::new();
    let guarded = app.guarded_publishing();
    let security = guarded.session_of(Role::Security);
    let viewer = guarded.session_of(Role::Viewer);
    for role in [
        Role::System,
        Role::Audit,
        Role::Planner,
        Role::Steward,
        Role::District,
        Role::Viewer,
    ] {
        let other = guarded.session_of(role);
        let rotation = json!({"k": 5, "confirm": "x"});
        for answer in [
            guarded.get(STATUS, &other).await,
            guarded.post(KEY, json!({"k": 5}), &other).await,
            guarded.post(ROTATION, rotation, &other).await,
        ] {
            assert_eq!(reason(&answer), (403, "not_granted".into()), "{role}");
        }
    }
    let before = guarded.get(STATUS, &security).await.json();
    assert_eq!(
        (&before["served"], &before["publishes"]),
        (&json!(false), &json!(true))
    );
    assert!(before["key"].is_null() && before["publication"].is_null());
    assert_eq!(
        before["k"],
        json!({"least": 3, "most": 1000, "default": 10})
    );
    let refused = guarded.get("/api/areas?level=district", &viewer).await;
    assert_eq!(reason(&refused), (403, "no_protected_city".into()));
    for k in [0, 2, 1001] {
        let answer = guarded.post(KEY, json!({"k": k}), &security).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["field"]),
            (400, &json!("k"))
        );
    }
    let nothing = guarded
        .post(ROTATION, json!({"k": 5, "confirm": ""}), &security)
        .await;
    assert_eq!(reason(&nothing), (409, "no_key".into()));
    assert!(!app.at("protection.key").exists());

    let made = guarded.post(KEY, json!({"k": 5}), &security).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let told = settled(&guarded, &security).await;
    assert_eq!(
        (&told["key"]["k"], &told["publication"]["k"]),
        (&json!(5), &json!(5))
    );
    assert_eq!(
        told["key"]["fingerprint"],
        told["publication"]["fingerprint"]
    );
    assert_eq!(
        (&told["behind"], &told["failed"]),
        (&json!(false), &json!(null))
    );
    assert_eq!(residents(&guarded, &viewer).await.0 % 5, 0);
    let again = guarded.post(KEY, json!({"k": 6}), &security).await;
    assert_eq!(reason(&again), (409, "key_there".into()));

    // What has changed since is told.
    let steward = guarded.session_of(Role::Steward);
    let edit = json!({"edits": [{"kind": "remove", "layer": "stations", "id": "s4", "version": "*"}], "reason": ""});
    let done = guarded.post("/api/edits", edit, &steward).await;
    assert!(done.status.is_success(), "{}", done.json());
    assert_eq!(guarded.get(STATUS, &security).await.json()["behind"], true);

    // The key is told to nobody and is in no record; its fingerprint is.
    let secret = digits(&app);
    let fingerprint = told["key"]["fingerprint"].as_str().expect("a name");
    for body in [
        made.body,
        again.body,
        guarded.get(STATUS, &security).await.body,
    ] {
        assert!(
            !String::from_utf8(body)
                .expect("text")
                .contains(&secret[..12])
        );
    }
    let record = guarded.accounts.record().to_owned();
    guarded.recorder.stop();
    let rows = Chain::found(&record)
        .expect("a record")
        .search(&Search::default())
        .expect("read");
    let subject = |act: &str| {
        let found = rows
            .iter()
            .find(|row| row.act == act && row.outcome.starts_with(['2', 'd']));
        found
            .unwrap_or_else(|| panic!("{act} is on record"))
            .subject
            .clone()
    };
    let wanted = format!("key made k=5 fingerprint={fingerprint}");
    assert_eq!(subject("POST /api/protection/key"), wanted);
    assert_eq!(subject("protect publish"), wanted.replace("key made ", ""));
    assert!(!format!("{rows:?}").contains(&secret[..12]));
}

#[tokio::test]
async fn another_key_withdraws_what_was_published_and_publishes_anew() {
    let app = App::new();
    let guarded = app.guarded_publishing();
    let security = guarded.session_of(Role::Security);
    let viewer = guarded.session_of(Role::Viewer);
    let official = guarded.session_of(Role::District);
    guarded.post(KEY, json!({"k": 5}), &security).await;
    let first = settled(&guarded, &security).await;
    let (before, secret) = (residents(&guarded, &viewer).await, digits(&app));
    let tile = "/tiles/residences/14/13338/7100";
    guarded.get(tile, &viewer).await;
    residents(&guarded, &official).await;

    let fingerprint = first["key"]["fingerprint"].as_str().expect("a name");
    for (body, field) in [
        (json!({"k": 7, "confirm": "0000000000000000"}), "confirm"),
        (json!({"k": 7, "confirm": ""}), "confirm"),
        (json!({"k": 2, "confirm": fingerprint}), "k"),
    ] {
        let answer = guarded.post(ROTATION, body, &security).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["field"]),
            (400, &json!(field))
        );
    }
    assert_eq!(digits(&app), secret);
    assert_eq!(residents(&guarded, &viewer).await, before);

    let rotated = guarded
        .post(ROTATION, json!({"k": 7, "confirm": fingerprint}), &security)
        .await;
    assert_eq!(rotated.status, StatusCode::ACCEPTED);
    let second = settled(&guarded, &security).await;
    assert_ne!(second["key"]["fingerprint"], first["key"]["fingerprint"]);
    assert_eq!(
        second["publication"]["fingerprint"],
        second["key"]["fingerprint"]
    );
    assert_eq!(
        (&second["publication"]["k"], &second["behind"]),
        (&json!(7), &json!(false))
    );
    assert_ne!(digits(&app), secret);
    // Nothing that was computed or named before is taken for what is there now.
    let after = residents(&guarded, &viewer).await;
    assert_eq!(after.0 % 7, 0);
    assert_ne!(after.1, before.1);
    assert_eq!(residents(&guarded, &official).await.0, 400);
    let layers = guarded
        .get("/api/layers/residences/features?limit=100", &viewer)
        .await
        .json();
    for feature in layers["features"].as_array().expect("features") {
        let people = feature["properties"]["usual_residents"]
            .as_i64()
            .unwrap_or(0);
        assert_eq!(people % 7, 0, "{feature}");
    }
    let files = std::fs::read_dir(app.at("")).expect("a folder");
    let names = files.map(|file| {
        file.expect("a file")
            .file_name()
            .into_string()
            .expect("text")
    });
    assert!(names.into_iter().all(|name| !name.contains(".new")));
    guarded.recorder.stop();
    let chain = Chain::found(guarded.accounts.record()).expect("a record");
    let rows = chain.search(&Search::default()).expect("read");
    let row = rows
        .iter()
        .find(|row| row.act == "POST /api/protection/rotation" && row.outcome == "202");
    let subject = &row.expect("on record").subject;
    let new = second["key"]["fingerprint"].as_str().expect("a name");
    assert_eq!(
        *subject,
        format!("publication {fingerprint} withdrawn k=7 fingerprint={new}")
    );
}

/// A city that was published before, by a key that is lost.
#[tokio::test]
async fn what_a_lost_key_published_is_withdrawn_by_rotation_alone() {
    let app = App::new();
    let lost = Policy::new(4, [9; 32]).expect("a policy");
    let city = city::load(app.store(), app.catalog().clone()).expect("loads");
    let path = app.at("public.gpkg");
    let home = GeoPackage::create(&path, app.catalog().protected().into()).expect("a new city");
    protection::publish(&city, app.store(), &home, &lost, "2026-01-01").expect("published");
    drop(home);
    let guarded = app.guarded_publishing();
    let security = guarded.session_of(Role::Security);
    let told = guarded.get(STATUS, &security).await.json();
    assert_eq!(
        (&told["served"], &told["publication"]["published"]),
        (&json!(true), &json!("2026-01-01"))
    );
    assert!(told["key"].is_null() && told["behind"].is_null());
    let made = guarded.post(KEY, json!({"k": 5}), &security).await;
    assert_eq!(reason(&made), (409, "published_otherwise".into()));
    assert!(!app.at("protection.key").exists());
    let body = json!({"k": 5, "confirm": lost.fingerprint()});
    assert_eq!(
        guarded.post(ROTATION, body, &security).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(settled(&guarded, &security).await["publication"]["k"], 5);
}

#[tokio::test]
async fn the_exact_city_is_never_withdrawn_in_place_of_a_publication() {
    let app = App::new();
    let guarded = app.guarded_publishing_into("more.gpkg");
    let security = guarded.session_of(Role::Security);
    // An exact city has come to stand where the publication was to be.
    let exact = GeoPackage::create(&app.at("more.gpkg"), app.catalog().clone()).expect("a city");
    copy(app.store(), &exact, app.catalog(), &mut |_| true).expect("copied");
    drop(exact);
    guarded.post(KEY, json!({"k": 5}), &security).await;
    let told = settled(&guarded, &security).await;
    assert!(
        told["failed"]
            .as_str()
            .expect("why")
            .contains("not protected"),
        "{told}"
    );
    assert_eq!(told["served"], false);
    let body = json!({"k": 5, "confirm": told["key"]["fingerprint"]});
    let refused = guarded.post(ROTATION, body, &security).await;
    assert_eq!(reason(&refused), (409, "no_publication".into()));
    let there = GeoPackage::open(&app.at("more.gpkg"), app.catalog().clone()).expect("a city");
    assert!(there.change_number().expect("read") > 0);
}

#[tokio::test]
async fn a_server_that_publishes_nothing_says_so() {
    let app = App::new();
    let guarded = app.guarded_beside(&app.rounded());
    let security = guarded.session_of(Role::Security);
    let told = guarded.get(STATUS, &security).await.json();
    assert_eq!(
        (&told["served"], &told["publishes"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(told["publication"]["k"], 3);
    let answer = guarded.post(KEY, json!({"k": 5}), &security).await;
    assert_eq!(reason(&answer), (409, "no_publisher".into()));
}

#[test]
fn a_city_is_due_once_a_day_and_again_where_that_was_interrupted() {
    let app = App::new();
    let home = app.at("public.gpkg");
    // A server anew, as after a restart.
    let publisher = || {
        let store = GeoPackage::open(&app.at("city.gpkg"), app.catalog().clone());
        let store: Arc<dyn Store> = Arc::new(store.expect("the city"));
        let city = city::load(&*store, app.catalog().clone()).expect("loads");
        let shown = Arc::new(ArcSwapOption::empty());
        if home.exists() {
            let public = GeoPackage::open(&home, app.catalog().clone()).expect("a city");
            let public = city::load(&public, app.catalog().clone()).expect("loads");
            shown.store(Some(Arc::new(LiveCity::new(public))));
        }
        let live = Arc::new(LiveCity::new(city));
        let places = (Home::File(home.clone()), app.at("protection.key"));
        Publisher::new((live, store), places, shown, |_, _| {}, None)
    };
    let first = publisher();
    assert!(!first.is_due(), "there is no key");
    first.make_key(10).expect("a key");
    assert!(first.is_due());
    first.publish().expect("published");
    assert!(!first.is_due() && !publisher().is_due());
    let noted = |act: &dyn Fn(&GeoPackage)| {
        act(&GeoPackage::open(&home, app.catalog().clone()).expect("a city"));
    };
    noted(&|store| {
        let note = store
            .setting(Protection::SETTING)
            .expect("read")
            .expect("a note");
        let mut note: Protection = serde_json::from_str(&note).expect("a note");
        note.published = "2026-01-01".into();
        let note = serde_json::to_string(&note).expect("text");
        store
            .set_setting(Protection::SETTING, &note)
            .expect("written");
    });
    let next_day = publisher();
    assert!(next_day.is_due());
    next_day.publish().expect("published");
    assert!(!publisher().is_due());
    noted(&|store| store.set_setting(Protection::OF, "").expect("written"));
    assert!(publisher().is_due(), "the last publication was interrupted");
}

#[tokio::test]
async fn who_follows_a_home_into_which_nothing_is_published_yet_shows_it_once_it_is() {
    let app = App::new();
    let store = GeoPackage::create(&app.at("later.gpkg"), app.catalog().clone()).expect("a home");
    let empty = city::load(&store, app.catalog().clone()).expect("loads");
    let shown = Arc::new(LiveCity::new(empty));
    let guarded = super::helpers::guarded(
        suitu::http::AppState::new(Arc::new(LiveCity::new(app.city())), false)
            .with_protected(shown.clone()),
        suitu::http::Doors::default(),
    );
    let viewer = guarded.session_of(Role::Viewer);
    let refused = guarded.get("/api/areas?level=district", &viewer).await;
    assert_eq!(reason(&refused), (403, "no_protected_city".into()));
    let policy = Policy::new(4, [9; 32]).expect("a policy");
    protection::publish(&app.city(), app.store(), &store, &policy, "2026-01-01")
        .expect("published");
    let newer = city::follow(&store, &shown.snapshot()).expect("read");
    shown.publish(newer.expect("a change"));
    let (people, _) = residents(&guarded, &viewer).await;
    assert_eq!(people % 4, 0);
    // Its definitions are those of a protected city.
    let homes = shown.snapshot().catalog().layer("residences").cloned();
    assert!(homes.expect("a layer").attribute("income").is_none());
}
