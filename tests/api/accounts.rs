//! Signing in, administration and the record, over HTTP.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::json;
use suitu::accounts::{
    Grants, Role,
    audit::{Chain, Search},
};

use super::{
    helpers::{Answer, App, Guarded},
    rights::roles,
};

const GOOD: &str = "Lychee-Bay-7";

/// The cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    let set = answer.headers["set-cookie"].to_str().expect("text");
    assert!(set.contains("; HttpOnly; SameSite=Strict"), "{set}");
    set.split(';').next().expect("a pair").to_owned()
}

fn administrators(guarded: &Guarded) -> [String; 3] {
    [
        ("sys", Role::System),
        ("sec", Role::Security),
        ("aud", Role::Audit),
    ]
    .map(|(name, role)| {
        let user = guarded.user(name, roles(&[role]));
        guarded.signed_in(&user).1
    })
}

#[tokio::test]
async fn without_accounts_nothing_asks_who_is_there() {
    let app = App::new();
    let session = app.get("/api/session").await;
    assert_eq!(session.json(), json!({ "accounts": false }));
    assert_eq!(app.get("/api/users").await.status, StatusCode::CONFLICT);
    assert_eq!(app.get("/api/city").await.status, StatusCode::OK);
}

#[tokio::test]
async fn from_invitation_to_work_and_out_again() {
    let app = App::new();
    let guarded = app.guarded();
    let [system, security, _] = administrators(&guarded);
    let nobody = guarded.get("/api/session", "").await.json();
    assert_eq!(
        nobody,
        json!({ "accounts": true, "user": null, "provider": null })
    );

    let new = json!({ "name": "ChenYu", "title": "陈雨 规划院" });
    let made = guarded.post("/api/users", new.clone(), &system).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let invitation = made.json()["invitation"]
        .as_str()
        .expect("a secret")
        .to_owned();
    assert_eq!(
        guarded.post("/api/users", new, &system).await.status,
        StatusCode::CONFLICT
    );

    let accept = |password: &str| json!({ "invitation": invitation, "password": password });
    let weak = guarded.post("/api/invitation", accept("weak"), "").await;
    assert_eq!(
        (weak.status, &weak.json()["field"]),
        (StatusCode::BAD_REQUEST, &json!("password"))
    );
    let fault = &weak.json()["faults"][0];
    assert_eq!(fault["message"]["zh"], "太短：至少 10 个字符。");
    assert_eq!(fault["message"]["en"], "Too short: at least 10 letters.");
    let nameless = guarded.post("/api/users", json!({ "name": "-" }), &system);
    let nameless = nameless.await;
    assert_eq!(
        (nameless.status, &nameless.json()["faults"][0]["field"]),
        (StatusCode::BAD_REQUEST, &json!("name"))
    );
    let accepted = guarded.post("/api/invitation", accept(GOOD), "").await;
    assert_eq!(accepted.json()["user"], "chenyu");
    let own = cookie(&accepted);
    assert_eq!(
        guarded.get("/api/city", &own).await.status,
        StatusCode::FORBIDDEN
    );

    let grants = json!({ "roles": ["planner"], "clearance": "internal" });
    let granted = guarded.put("/api/grants/chenyu", grants, &security).await;
    assert_eq!(granted.status, StatusCode::OK);
    assert_eq!(guarded.get("/api/city", &own).await.status, StatusCode::OK);
    let session = guarded.get("/api/session", &own).await.json();
    assert_eq!(session["reads"], "exact");
    assert_eq!(session["title"], "陈雨 规划院");

    assert_eq!(
        guarded.delete("/api/session", &own).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        guarded.get("/api/city", &own).await.status,
        StatusCode::UNAUTHORIZED
    );
    let sign_in = |password: &str| json!({ "name": "chenyu", "password": password });
    let wrong = guarded
        .post("/api/session", sign_in("Wrong-Bay-7"), "")
        .await;
    assert_eq!(
        (wrong.status, &wrong.json()["reason"]),
        (StatusCode::UNAUTHORIZED, &json!("wrong_credentials"))
    );
    assert!(wrong.headers.get("set-cookie").is_none());
    let right = guarded.post("/api/session", sign_in(GOOD), "").await;
    assert_eq!(right.status, StatusCode::OK);
    assert_eq!(
        guarded.get("/api/city", &cookie(&right)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn administrators_change_neither_themselves_nor_one_another() {
    let app = App::new();
    let guarded = app.guarded();
    let [system, security, _] = administrators(&guarded);
    let lock = json!({ "is_disabled": true });
    for name in ["sys", "sec", "aud"] {
        let answer = guarded
            .patch(&format!("/api/users/{name}"), lock.clone(), &system)
            .await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{name}");
        let reset = guarded
            .post(&format!("/api/users/{name}/reset"), json!({}), &system)
            .await;
        assert_eq!(reset.status, StatusCode::CONFLICT, "{name}");
        let grants = json!({ "roles": ["planner"], "clearance": "core" });
        let granted = guarded
            .put(&format!("/api/grants/{name}"), grants, &security)
            .await;
        assert_eq!(granted.status, StatusCode::CONFLICT, "{name}");
    }
    guarded.user("li", Grants::none());
    let grant = async |roles: serde_json::Value| {
        let grants = json!({ "roles": roles, "clearance": "internal" });
        guarded
            .put("/api/grants/li", grants, &security)
            .await
            .status
    };
    assert_eq!(grant(json!(["audit"])).await, StatusCode::CONFLICT);
    assert_eq!(grant(json!(["root"])).await, StatusCode::BAD_REQUEST);
    assert_eq!(grant(json!(["district"])).await, StatusCode::BAD_REQUEST);
    assert_eq!(grant(json!(["planner", "steward"])).await, StatusCode::OK);
    for (code, expected) in [
        ("440103", StatusCode::OK),
        ("440199", StatusCode::NOT_FOUND),
    ] {
        let grants = json!({ "roles": ["district"], "scope": [code], "clearance": "internal" });
        let granted = guarded.put("/api/grants/li", grants, &security).await;
        assert_eq!(granted.status, expected, "{code}");
    }
    assert_eq!(
        guarded.patch("/api/users/li", lock, &system).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn what_is_done_is_on_record_and_no_secret_is() {
    let app = App::new();
    let guarded = app.guarded();
    let [system, _, audit] = administrators(&guarded);
    let user = guarded.user("chenyu", roles(&[Role::Planner]));
    let own = guarded.signed_in(&user).1;
    let invitation = guarded.accounts.reset_user(
        &guarded.user("li", Grants::none()),
        suitu::clock::unix_seconds(),
    );
    let invitation = invitation.expect("reset").secret;
    guarded
        .post(
            "/api/invitation",
            json!({ "invitation": invitation, "password": GOOD }),
            "",
        )
        .await;
    guarded
        .post(
            "/api/session",
            json!({ "name": "li", "password": "Secret-Typed-9" }),
            "",
        )
        .await;
    guarded
        .post(
            "/api/session",
            json!({ "name": "Secret-Typed-9", "password": "x" }),
            "",
        )
        .await;
    guarded
        .get("/api/layers/residences/features/440103199001011234", &own)
        .await;
    guarded
        .get(
            "/api/layers/residences/download?format=csv&where=name='440103199001011234'",
            &own,
        )
        .await;
    for x in 416..420 {
        guarded
            .get(
                &format!("/tiles/residences/9/{x}/222?period=2020-11-01"),
                &own,
            )
            .await;
    }
    guarded
        .post("/api/users", json!({ "name": "wang" }), &system)
        .await;
    guarded.get("/api/users", &own).await;
    let chain = Chain::open(guarded.accounts.record()).expect("the record");
    // What changes something is there before the answer is.
    let rows = |act: &str| {
        let search = Search {
            act: Some(act.into()),
            ..Search::default()
        };
        chain.search(&search).expect("readable")
    };
    assert_eq!(rows("POST /api/users")[0].subject, "wang");
    assert_eq!(rows("POST /api/users")[0].who, "sys");
    let signing = rows("POST /api/session");
    let told: Vec<(&str, &str)> = signing
        .iter()
        .map(|row| (&*row.subject, &*row.outcome))
        .collect();
    assert_eq!(told, [("?", "401"), ("li", "401")]);
    let download = &rows("/download")[0];
    assert_eq!(
        (&*download.who, &*download.subject, &*download.outcome),
        ("chenyu", "residences format=csv", "200")
    );
    guarded.recorder.stop();
    let tiles = &rows("GET /tiles")[0];
    assert!(tiles.times >= 3, "{tiles:?}");
    assert_eq!(rows("GET /api/users")[0].outcome, "403 not_granted");
    assert_eq!(rows("features/{id}")[0].subject, "residences …");
    let everything = format!(
        "{:?}",
        chain
            .search(&Search {
                limit: Some(1000),
                ..Search::default()
            })
            .expect("readable")
    );
    for secret in [
        "440103199001011234",
        "Secret-Typed-9",
        GOOD,
        &invitation,
        "suitu_session",
    ] {
        assert!(!everything.contains(secret), "{secret}");
    }
    assert!(chain.check(None).is_ok());
    // Where nothing can be recorded nothing is done.
    guarded
        .post("/api/users", json!({ "name": "zhao" }), &system)
        .await;
    let after = guarded.get("/api/city", &own).await;
    assert_eq!(after.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        guarded.get("/api/audit", &audit).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn the_audit_administrator_searches_exports_and_checks() {
    let app = App::new();
    let guarded = app.guarded();
    let [system, _, audit] = administrators(&guarded);
    guarded
        .post("/api/users", json!({ "name": "wang" }), &system)
        .await;
    let found = guarded
        .get("/api/audit?who=sys&act=users", &audit)
        .await
        .json();
    assert_eq!(found["rows"][0]["subject"], "wang");
    let wrong = guarded.get("/api/audit?from=yesterday", &audit).await;
    assert_eq!(
        (wrong.status, &wrong.json()["field"]),
        (StatusCode::BAD_REQUEST, &json!("from"))
    );
    let file = guarded.get("/api/audit/export", &audit).await;
    let text = String::from_utf8(file.body).expect("UTF-8");
    assert!(text.starts_with("\u{feff}number,at,who"), "{text}");
    assert!(
        text.contains(",sys,session,local,POST /api/users,wang,201,1,"),
        "{text}"
    );
    let checked = guarded.get("/api/audit/check", &audit).await.json();
    assert_eq!(checked["holds"], true);
}

#[tokio::test]
async fn too_many_attempts_from_one_place_wait() {
    let app = App::new();
    let guarded = app.guarded();
    let mut last = StatusCode::OK;
    for n in 0..40 {
        let body = json!({ "invitation": format!("{n}"), "password": GOOD });
        let answer = guarded.post("/api/invitation", body, "").await;
        last = answer.status;
        if last == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers.contains_key("retry-after"));
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    use std::net::SocketAddr;
    let app = App::new();
    let doors = suitu::http::Doors {
        proxies: vec!["10.0.0.1".parse().expect("an address")],
        ..Default::default()
    };
    let guarded = app.guarded_by(doors);
    let user = guarded.user("li", Grants::none());
    let made = guarded
        .accounts
        .reset_user(&user, suitu::clock::unix_seconds())
        .expect("reset");
    let body = json!({ "invitation": made.secret, "password": GOOD });
    let peer: SocketAddr = "10.0.0.1:4000".parse().expect("an address");
    let sent = Request::post("/api/invitation")
        .header("content-type", "application/json")
        .header("x-suitu", "1")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-for", "172.16.0.9")
        .extension(axum::extract::ConnectInfo(peer));
    let answer = guarded
        .send(sent.body(Body::from(body.to_string())).expect("sound"))
        .await;
    let set = answer.headers["set-cookie"].to_str().expect("text");
    assert!(
        set.starts_with("__Host-suitu_session=") && set.ends_with("; Secure"),
        "{set}"
    );
    let chain = Chain::open(guarded.accounts.record()).expect("the record");
    let rows = chain.search(&Search::default()).expect("readable");
    assert_eq!(rows[0].origin, "172.16.0.9");
}

#[tokio::test]
async fn what_was_done_is_on_record_whenever_whoever_asked_hangs_up() {
    let app = App::new();
    let guarded = app.guarded();
    let [system, ..] = administrators(&guarded);
    for n in 0..24u32 {
        let new = json!({ "name": format!("user{n}") });
        let asked = guarded.post("/api/users", new, &system);
        let patience = std::time::Duration::from_micros(u64::from(n) * 400);
        tokio::time::timeout(patience, asked).await.ok();
    }
    // Whatever was still going on comes before this in the one file that all of it is written to.
    let last = guarded.post("/api/users", json!({ "name": "last" }), &system);
    assert_eq!(last.await.status, StatusCode::CREATED);
    let chain = Chain::open(guarded.accounts.record()).expect("the record");
    let missing = || {
        let search = Search {
            act: Some("POST /api/users".into()),
            ..Search::default()
        };
        let rows = chain.search(&search).expect("readable");
        let users = guarded.accounts.users().expect("readable");
        let made = users.into_iter().map(|user| user.name.to_string());
        let made = made.filter(|name| name.starts_with("user") || name == "last");
        let is_told = |name: &String| rows.iter().any(|row| row.subject == *name);
        made.filter(|name| !is_told(name)).count()
    };
    // Those that nobody waits for any more end on their own.
    while missing() > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
