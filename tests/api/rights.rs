//! Every operation of the interface with every role against the table of rights.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value as Json, json};
use suitu::{
    accounts::{
        Grants, Role, UserName,
        rights::{self, Reading},
    },
    clock,
    domain::SecurityLevel,
    http::Doors,
};

use super::helpers::{Answer, App, Guarded};

/// The addresses of every operation, filled with what the small city has.
async fn operations(app: &App) -> Vec<(String, String, String)> {
    let document = app.guarded().document().await;
    let mut all = Vec::new();
    for (template, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let path = template
                .replace("{layer}", "residences")
                .replace("tiles/{name}", "tiles/districts.json")
                .replace("styles/{name}", "styles/default.json")
                .replace("users/{name}", "users/nobody")
                .replace("grants/{name}", "grants/nobody")
                .replace("norms/{id}", "norms/public_services")
                .replace("scenarios/{id}", "scenarios/1")
                .replace("{code}", "440103")
                .replace("{id}", "a")
                .replace("{number}", "1")
                .replace("{kind}", "job-housing")
                .replace("{attribute}", "usual_residents")
                .replace("{job}", "none")
                .replace("{z}", "9")
                .replace("{x}", "416")
                .replace("{y}", "222");
            all.push((method.to_uppercase(), template.clone(), path));
        }
    }
    // Beside the document: the document itself.
    for path in ["/api/openapi.json", "/api/docs"] {
        all.push(("GET".into(), path.into(), path.into()));
    }
    all
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("x-suitu", "1")
        .header("content-type", "application/json")
}

fn reason(answer: &Answer) -> String {
    let problem: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    problem["reason"].as_str().unwrap_or("").to_owned()
}

#[tokio::test]
async fn every_operation_stands_in_the_table_and_the_table_names_no_other() {
    let app = App::new();
    let all = operations(&app).await;
    assert!(all.len() > 80);
    for (method, template, _) in &all {
        assert!(
            rights::rule(method, template).is_some(),
            "{method} {template} has no entry"
        );
    }
    for (method, path, _) in rights::operations() {
        let is_there = all
            .iter()
            .any(|(m, p, _)| (m.as_str(), p.as_str()) == (method, path));
        assert!(is_there, "{method} {path} is no operation");
    }
}

#[tokio::test]
async fn every_role_may_what_the_table_says_and_nothing_else() {
    let app = App::new();
    let guarded = app.guarded();
    let all = operations(&app).await;
    for role in Role::ALL.map(Some).into_iter().chain([None]) {
        for (method, template, path) in &all {
            let rule = rights::rule(method, template).expect("an entry");
            let mut sent = request(method, path);
            if let Some(role) = role {
                // Anew for each: signing out is one of them.
                sent = sent.header("cookie", guarded.session_of(role));
            }
            let answer = guarded
                .send(sent.body(Body::from("{}")).expect("sound"))
                .await;
            let (status, reason) = (answer.status, reason(&answer));
            let told = format!("{role:?} {method} {path}: {status} {reason}");
            match rule.of(role) {
                None if role.is_none() => {
                    assert_eq!(
                        (status, &*reason),
                        (StatusCode::UNAUTHORIZED, "sign_in"),
                        "{told}"
                    );
                }
                None => {
                    assert_eq!(
                        (status, &*reason),
                        (StatusCode::FORBIDDEN, "not_granted"),
                        "{told}"
                    );
                }
                Some(Reading::Protected | Reading::District) => {
                    assert_ne!(status, StatusCode::UNAUTHORIZED, "{told}");
                    assert!(
                        status.is_success()
                            || reason == "no_protected_city"
                            || status.is_client_error(),
                        "{told}"
                    );
                    assert_ne!(reason, "not_granted", "{told}");
                }
                Some(Reading::Nothing | Reading::Exact) => {
                    assert_ne!(status, StatusCode::FORBIDDEN, "{told}");
                    assert_ne!(reason, "sign_in", "{told}");
                    assert!(!status.is_server_error(), "{told}");
                }
            }
            let cache = answer
                .headers
                .get("cache-control")
                .expect("says who may keep it");
            let cache = cache.to_str().expect("text");
            assert!(
                cache.contains("private") || cache.contains("no-store"),
                "{told}: {cache}"
            );
        }
    }
}

#[tokio::test]
async fn who_has_no_role_an_ended_session_or_a_wrong_token_reads_nothing() {
    let app = App::new();
    let guarded = app.guarded();
    let bare = guarded.user("bare", Grants::none());
    let (_, session) = guarded.signed_in(&bare);
    for (method, template, path) in operations(&app).await {
        let rule = rights::rule(&method, &template).expect("an entry");
        if rule.of(None).is_some() || rule.of(Some(Role::Viewer)) == Some(Reading::Nothing) {
            continue;
        }
        for (name, value, status) in [
            ("cookie", session.clone(), StatusCode::FORBIDDEN),
            (
                "cookie",
                "suitu_session=0000".to_owned(),
                StatusCode::UNAUTHORIZED,
            ),
            (
                "authorization",
                "Bearer suitu_0000".to_owned(),
                StatusCode::UNAUTHORIZED,
            ),
        ] {
            let sent = request(&method, &path).header(name, &value);
            let answer = guarded
                .send(sent.body(Body::from("{}")).expect("sound"))
                .await;
            assert_eq!(answer.status, status, "{value} {method} {path}");
        }
    }
}

#[tokio::test]
async fn a_token_does_what_the_table_says_and_never_touches_accounts() {
    let app = App::new();
    let guarded = app.guarded();
    let user = guarded.user("robot", roles(&[Role::Steward]));
    let now = clock::unix_seconds();
    let made = guarded
        .accounts
        .add_token(&user, "t", &[Role::Steward].into(), 1, now);
    let token = format!("Bearer {}", made.expect("a token").secret);
    for (method, template, path) in operations(&app).await {
        let rule = rights::rule(&method, &template).expect("an entry");
        if rule.of(Some(Role::Steward)).is_none() {
            continue;
        }
        let sent = Request::builder().method(&*method).uri(&path);
        let sent = sent
            .header("authorization", &token)
            .header("content-type", "application/json");
        let answer = guarded
            .send(sent.body(Body::from("{}")).expect("sound"))
            .await;
        let refused = reason(&answer) == "not_by_token";
        assert_eq!(refused, !rule.by_token, "{method} {path}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let app = App::new();
    let guarded = app.guarded();
    for (method, _, path) in operations(&app).await {
        if method == "GET" {
            continue;
        }
        let cookie = guarded.session_of(Role::Steward);
        let sent = Request::builder()
            .method(&*method)
            .uri(&path)
            .header("cookie", &cookie);
        let answer = guarded
            .send(sent.body(Body::from("{}")).expect("sound"))
            .await;
        assert_eq!(reason(&answer), "foreign_page", "{method} {path}");
        let sent = request(&method, &path)
            .header("cookie", &cookie)
            .header("host", "127.0.0.1:8080")
            .header("origin", "https://evil.example");
        let answer = guarded
            .send(sent.body(Body::from("{}")).expect("sound"))
            .await;
        assert_eq!(reason(&answer), "foreign_page", "{method} {path}");
    }
}

#[tokio::test]
async fn layers_above_the_clearance_are_as_if_they_were_empty() {
    let app = App::new();
    let guarded = app.guarded();
    let cleared = |name: &str, clearance: SecurityLevel| {
        let grants = Grants {
            clearance,
            ..roles(&[Role::Planner])
        };
        let user = guarded.user(name, grants);
        guarded.signed_in(&user).1
    };
    let internal = cleared("internal", SecurityLevel::Internal);
    let public = cleared("public", SecurityLevel::Public);
    let features = async |cookie: &str| {
        let layers = guarded.get("/api/layers", cookie).await.json();
        let rows = layers["rows"].as_array().expect("rows").clone();
        let of = |id: &str| {
            let row = rows.iter().find(|row| row["id"] == id);
            row.expect("known")["features"].as_u64()
        };
        [of("residences"), of("districts"), of("stations")]
    };
    assert_eq!(features(&internal).await, [Some(4), Some(4), Some(4)]);
    assert_eq!(features(&public).await, [Some(0), Some(4), Some(4)]);
    // Workplaces and residences are internal; the same questions, other answers, whoever asks first.
    let question = "/api/statistics";
    let body = json!({"area": "440103"});
    for (cookie, people) in [(&internal, true), (&public, false), (&internal, true)] {
        let answer = guarded.post(question, body.clone(), cookie).await;
        assert_eq!(answer.status, StatusCode::OK);
        let text = String::from_utf8(answer.body).expect("text");
        assert_eq!(
            text.contains("\"residences.usual_residents\":400"),
            people,
            "{text}"
        );
    }
    for (cookie, status) in [(&internal, 200), (&public, 204), (&internal, 200)] {
        let tile = guarded.get("/tiles/residences/9/416/222", cookie).await;
        assert_eq!(tile.status.as_u16(), status);
    }
    let found = guarded
        .get("/api/layers/residences/features/a", &public)
        .await;
    assert_eq!(found.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_job_is_found_by_whoever_asked_alone() {
    let app = App::new();
    let guarded = app.guarded();
    let owner = guarded.session_of(Role::Planner);
    let other = guarded.session_of(Role::Steward);
    let asked = Request::get("/api/balance?level=district")
        .header("prefer", "respond-async")
        .header("cookie", &owner);
    let accepted = guarded
        .send(asked.body(Body::empty()).expect("sound"))
        .await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED);
    let address = format!(
        "/api/jobs/{}",
        accepted.json()["id"].as_str().expect("an id")
    );
    assert_eq!(guarded.get(&address, &owner).await.status, StatusCode::OK);
    assert_eq!(
        guarded.get(&address, &other).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_foreign_host_is_refused_and_the_page_is_for_all() {
    let app = App::new();
    let doors = Doors {
        hosts: vec!["suitu.gz.example".into()],
        ..Doors::default()
    };
    let guarded = app.guarded_by(doors);
    let ask = async |path: &str, host: &str| {
        let sent = Request::get(path).header("host", host);
        guarded
            .send(sent.body(Body::empty()).expect("sound"))
            .await
            .status
    };
    assert_eq!(
        ask("/api/session", "suitu.gz.example").await,
        StatusCode::OK
    );
    assert_eq!(ask("/api/session", "10.0.0.7:8080").await, StatusCode::OK);
    assert_eq!(
        ask("/api/session", "evil.example").await,
        StatusCode::FORBIDDEN
    );
    assert_ne!(ask("/", "suitu.gz.example").await, StatusCode::FORBIDDEN);
    assert_eq!(ask("/health/live", "10.0.0.7").await, StatusCode::OK);
}

pub fn roles(roles: &[Role]) -> Grants {
    let scope = match roles.contains(&Role::District) {
        true => vec!["440103".parse().expect("a code")],
        false => Vec::new(),
    };
    Grants {
        roles: roles.iter().copied().collect(),
        scope,
        ..Grants::none()
    }
}

impl Guarded {
    /// The cookie of a new session of somebody with that role alone.
    fn session_of(&self, role: Role) -> String {
        let name: UserName = format!("a-{role}").parse().expect("a name");
        if self.accounts.user(&name).is_err() {
            self.user(name.as_str(), roles(&[role]));
        }
        self.signed_in(&name).1
    }
}
