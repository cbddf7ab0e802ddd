//! Edits of the city: what they change, what they refuse, who may make them, and undoing them.

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
    domain::{Protection, SecurityLevel},
    store::Store,
};

use super::helpers::{Answer, App, Guarded};

const HOME: &str = "/api/layers/residences/features/a";

fn request(method: &str, path: &str, tag: Option<&str>, body: Json) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-suitu", "1")
        .header("content-type", "application/json");
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    request.body(Body::from(body.to_string())).expect("sound")
}

async fn send(app: &App, method: &str, path: &str, tag: Option<&str>, body: Json) -> Answer {
    app.send(request(method, path, tag, body)).await
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().expect("text").to_owned()
}

/// Usual residents of the first district.
async fn people(app: &App) -> u64 {
    let sums = app.post("/api/statistics", json!({"area": "440103"})).await;
    sums.json()["totals"]["residences.usual_residents"]
        .as_u64()
        .expect("a count")
}

#[tokio::test]
async fn a_changed_value_is_in_every_answer_and_can_be_undone() {
    let app = App::new();
    assert_eq!(people(&app).await, 400);
    let read = app.get(HOME).await;
    let version = read.json()["version"]
        .as_str()
        .expect("a version")
        .to_owned();
    assert!(tag(&read).starts_with(&format!("\"{version}.")));
    let tile = tag(&app.get("/tiles/residences/9/416/222").await);

    let body = json!({"values": {"usual_residents": 401}, "reason": "核实"});
    let changed = send(&app, "PATCH", HOME, Some(&tag(&read)), body).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json());
    assert_eq!(changed.json()["properties"]["usual_residents"], 401);
    // The others stay, and the area too.
    assert_eq!(changed.json()["properties"]["employed_residents"], 200);
    assert_eq!(changed.json()["properties"]["district_code"], "440103");
    assert_ne!(changed.json()["version"], json!(version));
    assert_eq!(people(&app).await, 401);
    assert_ne!(tag(&app.get("/tiles/residences/9/416/222").await), tile);

    let history = app.get(&format!("{HOME}/history")).await;
    let rows = history.json()["rows"].clone();
    assert_eq!(rows.as_array().expect("rows").len(), 1);
    assert_eq!(
        (&rows[0]["who"], &rows[0]["why"]),
        (&json!("local"), &json!("核实"))
    );
    assert_eq!(rows[0]["before"]["properties"]["usual_residents"], 400);
    assert_eq!(rows[0]["before"]["version"], json!(version));
    assert_eq!(rows[0]["after"]["properties"]["usual_residents"], 401);

    let path = format!("{HOME}/undo");
    let undone = send(&app, "POST", &path, Some(&tag(&history)), json!({})).await;
    assert_eq!(undone.status, StatusCode::OK);
    assert_eq!(undone.json()["version"], json!(version));
    assert_eq!(people(&app).await, 400);
    assert_eq!(tag(&app.get("/tiles/residences/9/416/222").await), tile);
    let rows = app.get(&format!("{HOME}/history")).await.json()["rows"].clone();
    assert_eq!(rows[0]["undoes"], rows[1]["number"]);
    // Further back by its number: what it was before the first edit is what it is.
    let first = json!({"number": rows[1]["number"]});
    let again = send(&app, "POST", &path, Some("*"), first).await;
    assert_eq!(again.json()["version"], json!(version));
    // What was written is there after a restart.
    let restarted = app.restarted();
    let read =
        tower::ServiceExt::oneshot(restarted, Request::get(HOME).body(Body::empty()).unwrap());
    assert_eq!(read.await.expect("answered").status(), StatusCode::OK);
}

#[tokio::test]
async fn whoever_comes_second_is_shown_what_the_first_one_left() {
    let app = App::new();
    let read = tag(&app.get(HOME).await);
    let to = |people: u64| json!({"values": {"usual_residents": people}});
    let lacking = send(&app, "PATCH", HOME, None, to(1)).await;
    assert_eq!(lacking.status, StatusCode::PRECONDITION_REQUIRED);
    let first = send(&app, "PATCH", HOME, Some(&read), to(500)).await;
    assert_eq!(first.status, StatusCode::OK);
    for (method, path) in [("PATCH", HOME.to_owned()), ("DELETE", HOME.to_owned())] {
        let late = send(&app, method, &path, Some(&read), to(600)).await;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{method}");
        let conflict = late.json()["conflicts"][0].clone();
        assert_eq!(
            (&conflict["layer"], &conflict["id"]),
            (&json!("residences"), &json!("a"))
        );
        assert_eq!(conflict["current"]["properties"]["usual_residents"], 500);
        assert_eq!(conflict["current"]["version"], first.json()["version"]);
    }
    assert_eq!(people(&app).await, 500);
    // The same once more changes nothing and is no conflict.
    let same = send(&app, "PATCH", HOME, Some(&tag(&first)), to(500)).await;
    assert_eq!((same.status, tag(&same)), (StatusCode::OK, tag(&first)));
    let gone = send(
        &app,
        "PATCH",
        "/api/layers/residences/features/zz",
        Some("*"),
        to(1),
    )
    .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let wrong = send(&app, "PATCH", HOME, Some("\"abc\""), to(1)).await;
    assert_eq!(
        (wrong.status, wrong.json()["field"].clone()),
        (StatusCode::BAD_REQUEST, json!("If-Match"))
    );
}

#[tokio::test]
async fn a_feature_is_added_moved_removed_and_brought_back() {
    let app = App::new();
    let new = json!({"lon": 113.05, "lat": 23.06, "values": {"jobs": "1,200", "sector": "金融业"}});
    let made = send(&app, "POST", "/api/layers/workplaces/features", None, new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    let place = made.headers["location"].to_str().expect("text").to_owned();
    let feature = made.json();
    // Checked as a file is: a number as people write it, a code by its title, the area by its place.
    assert_eq!(feature["properties"]["jobs"], 1200);
    assert_eq!(feature["properties"]["sector"], "J");
    assert_eq!(feature["properties"]["district_code"], "440103");
    assert_eq!(app.get(&place).await.json(), feature);

    let to = json!({"lon": 113.15, "lat": 23.15, "values": {"jobs": 7}});
    let moved = send(&app, "PATCH", &place, Some(&tag(&made)), to).await;
    assert_eq!(moved.json()["properties"]["district_code"], "440106");
    assert_eq!(moved.json()["properties"]["jobs"], 7);
    let removed = send(&app, "DELETE", &place, Some(&tag(&moved)), json!({})).await;
    assert_eq!(
        (removed.status, removed.json()["version"].clone()),
        (StatusCode::OK, json!(null))
    );
    assert_eq!(app.get(&place).await.status, StatusCode::NOT_FOUND);

    let (path, query) = place.split_once('?').expect("with its period");
    let history = app.get(&format!("{path}/history?{query}")).await;
    let kinds: Vec<_> = history.json()["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["kind"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(kinds, ["remove", "change", "add"]);
    let undo = format!("{path}/undo?{query}");
    let stale = send(&app, "POST", &undo, Some(&tag(&moved)), json!({})).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(stale.json()["conflicts"][0]["current"], json!(null));
    let back = send(&app, "POST", &undo, Some(&tag(&history)), json!({})).await;
    assert_eq!(back.json()["version"], moved.json()["version"]);
    assert_eq!(back.json()["properties"]["district_code"], "440106");
    // Undoing the first edit takes it away again.
    let add = history.json()["rows"][2]["number"].clone();
    let gone = send(
        &app,
        "POST",
        &undo,
        Some(&tag(&back)),
        json!({"number": add}),
    )
    .await;
    assert_eq!(gone.json()["version"], json!(null));
    let none = send(&app, "POST", &undo, Some("*"), json!({"number": 999_999})).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let never = send(
        &app,
        "POST",
        "/api/layers/workplaces/features/x/undo",
        Some("*"),
        json!({}),
    )
    .await;
    assert_eq!(never.status, StatusCode::CONFLICT);
    assert_eq!(never.json()["reason"], "nothing_to_undo");
}

#[tokio::test]
async fn a_batch_is_made_whole_or_not_at_all() {
    let app = App::new();
    let version = app.get(HOME).await.json()["version"].clone();
    let edits = |edits: Json| json!({"edits": edits, "reason": "年度更新"});
    let faulty = edits(json!([
        {"kind": "change", "layer": "residences", "id": "a", "version": version, "values": {"usual_residents": 1}},
        {"kind": "change", "layer": "residences", "id": "b", "values": {"usual_residents": 1}},
        {"kind": "change", "layer": "residences", "id": "c", "version": "*", "values": {"usual_residents": -5}},
        {"kind": "add", "layer": "workplaces", "lon": 23.05, "lat": 113.05, "values": {}},
        {"kind": "add", "layer": "workplaces", "id": "x", "lon": 113.05, "lat": 23.05},
        {"kind": "move", "layer": "districts", "id": "440103", "version": "*", "lon": 113.05, "lat": 23.05},
        {"kind": "change", "layer": "districts", "id": "440103", "version": "*", "values": {"code": "1"}},
        {"kind": "remove", "layer": "residences", "id": "none", "version": "*"},
        {"kind": "add", "layer": "nowhere", "lon": 113.05, "lat": 23.05},
        {"kind": "change", "layer": "workplaces", "id": "x", "version": "*", "values": {"name": "11010519491231002X"}},
    ]));
    let refused = app.post("/api/edits", faulty).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let faults = refused.json()["faults"].as_array().expect("faults").clone();
    let told: Vec<_> = faults
        .iter()
        .map(|f| {
            (
                f["edit"].as_u64().expect("a number"),
                f["field"].as_str().expect("text"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (2, "version"),
            (3, "values"),
            (4, "lon"),
            (5, "id"),
            (6, "layer"),
            (7, "values"),
            (8, "id"),
            (9, "layer"),
            (10, "values"),
        ]
    );
    assert!(
        faults
            .iter()
            .all(|f| f["message"]["zh"].is_string() && f["message"]["en"].is_string())
    );
    // An identity number is not said again.
    assert!(
        !String::from_utf8(refused.body)
            .expect("text")
            .contains("11010519491231002X")
    );
    assert_eq!(app.get(HOME).await.json()["version"], version);

    let sound = edits(json!([
        {"kind": "add", "layer": "workplaces", "id": "w", "lon": 113.05, "lat": 23.05, "values": {"jobs": 1}},
        {"kind": "change", "layer": "residences", "id": "a", "version": version, "values": {"usual_residents": 1}},
        {"kind": "change", "layer": "workplaces", "id": "w", "values": {"jobs": 2}},
        {"kind": "change", "layer": "residences", "id": "a", "values": {"employed_residents": null}},
        {"kind": "remove", "layer": "residences", "id": "b", "version": "*"},
    ]));
    let done = app.post("/api/edits", sound.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.json());
    let rows = done.json()["rows"].as_array().expect("rows").clone();
    let ids: Vec<_> = rows
        .iter()
        .map(|row| row["id"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(ids, ["w", "a", "b"]);
    assert_eq!(rows[2]["version"], json!(null));
    assert_eq!(
        app.get("/api/layers/workplaces/features/w").await.json()["properties"]["jobs"],
        2
    );
    let read = app.get(HOME).await.json();
    assert_eq!(read["properties"]["employed_residents"], json!(null));
    assert_eq!(read["version"], rows[1]["version"]);
    // One feature, one entry.
    let history = app.get(&format!("{HOME}/history")).await.json();
    assert_eq!(history["rows"].as_array().expect("rows").len(), 1);
    // Sent once more nothing of it is right any longer.
    let again = app.post("/api/edits", sound).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    for wrong in [
        json!({"edits": []}),
        json!({"edits": [{"kind": "grow"}]}),
        json!({"edits": 1}),
    ] {
        let refused = app.post("/api/edits", wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn what_another_program_wrote_first_is_a_conflict() {
    let app = App::new();
    let read = tag(&app.get(HOME).await);
    app.import("stations", "id,lon,lat\nq,113.05,23.05\n");
    // An import of another layer is none.
    let body = json!({"values": {"usual_residents": 3}});
    let done = send(&app, "PATCH", HOME, Some(&read), body.clone()).await;
    assert_eq!(done.status, StatusCode::OK);
    app.remove("residences", &["a"]);
    let gone = send(&app, "PATCH", HOME, Some(&tag(&done)), body).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
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
async fn stewards_alone_edit_within_their_clearance_and_on_record() {
    let app = App::new();
    let guarded = app.guarded();
    let steward = granted(&guarded, "li", Role::Steward, SecurityLevel::Internal);
    let public = granted(&guarded, "wu", Role::Steward, SecurityLevel::Public);
    let planner = granted(&guarded, "zhao", Role::Planner, SecurityLevel::Internal);
    let change = |cookie: &str, tag: &str| {
        let body = json!({"values": {"usual_residents": 77}, "reason": "r"});
        let mut request = request("PATCH", HOME, Some(tag), body);
        request
            .headers_mut()
            .insert("cookie", cookie.parse().expect("a cookie"));
        guarded.send(request)
    };
    assert_eq!(change(&planner, "*").await.status, StatusCode::FORBIDDEN);
    let history = format!("{HOME}/history");
    assert_eq!(
        guarded.get(&history, &planner).await.status,
        StatusCode::FORBIDDEN
    );
    // A layer above the clearance is as if it were not, and takes no feature either.
    assert_eq!(change(&public, "*").await.status, StatusCode::NOT_FOUND);
    let add = json!({"lon": 113.05, "lat": 23.05});
    let path = "/api/layers/residences/features";
    assert_eq!(
        guarded.post(path, add, &public).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        guarded.get(&history, &public).await.status,
        StatusCode::BAD_REQUEST
    );

    let read = guarded.get(HOME, &steward).await;
    let done = change(&steward, &tag(&read)).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.json());
    let rows = guarded.get(&history, &steward).await.json()["rows"].clone();
    assert_eq!(
        (&rows[0]["who"], &rows[0]["why"]),
        (&json!("li"), &json!("r"))
    );
    let batch = json!({"edits": [
        {"kind": "change", "layer": "stations", "id": "s1", "version": "*", "values": {"name": "新名"}}]});
    assert_eq!(
        guarded.post("/api/edits", batch, &public).await.status,
        StatusCode::OK
    );
    let chain = Chain::open(guarded.accounts.record()).expect("the record");
    let told = chain.search(&Search::default()).expect("rows");
    let has = |who: &str, act: &str, subject: &str, outcome: &str| {
        told.iter().any(|row| {
            (&*row.who, &*row.act, &*row.subject, &*row.outcome) == (who, act, subject, outcome)
        })
    };
    let operation = "PATCH /api/layers/{layer}/features/{id}";
    assert!(has("li", operation, "residences a", "200"), "{told:?}");
    assert!(has("wu", "POST /api/edits", "1 stations", "200"));
}

#[tokio::test]
async fn a_published_city_is_not_edited() {
    let note = json!({"k": 10, "cell_m": 100, "fingerprint": "f", "published": "2026-01-01"});
    let app = App::with(|store| {
        let written = store.set_setting(Protection::SETTING, &note.to_string());
        written.expect("written");
    });
    let path = "/api/layers/stations/features/s1";
    let body = json!({"values": {"name": "x"}});
    let refused = send(&app, "PATCH", path, Some("*"), body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_edit_opens_no_period_that_the_layer_does_not_have() {
    let app = App::new();
    let before = app.store().states().expect("states").len();
    let new = json!({"lon": 113.05, "lat": 23.05, "values": {"usual_residents": 3}});
    let path = "/api/layers/residences/features?period=1999";
    let refused = send(&app, "POST", path, None, new).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
    let said = refused.json().to_string();
    assert!(
        said.contains("1999") && said.contains("suitu import"),
        "{said}"
    );
    assert_eq!(app.store().states().expect("states").len(), before);
}

#[tokio::test]
async fn what_other_programs_wrote_wrongly_is_listed_for_stewards() {
    let app = App::new();
    // One home of this city lies far outside it.
    let far = app.get("/api/faults").await.json();
    assert_eq!(
        (&far["total"], &far["rows"][0]["id"]),
        (&json!(1), &json!("d"))
    );
    let other = rusqlite::Connection::open(app.at("city.gpkg")).expect("the file");
    let sql = "update residences set usual_residents = -5 where id = 'a'";
    other.execute(sql, []).expect("an update");
    app.put(|_| {});
    let listed = app.get("/api/faults").await.json();
    assert_eq!(listed["total"], 2);
    let mut rows = listed["rows"].as_array().expect("rows").iter();
    let fault = rows.find(|row| row["id"] == "a").expect("the home");
    assert_eq!(
        (
            &fault["layer"],
            &fault["id"],
            &fault["field"],
            &fault["left_out"]
        ),
        (
            &json!("residences"),
            &json!("a"),
            &json!("usual_residents"),
            &json!(false)
        )
    );
    assert!(
        fault["reason"]["zh"]
            .as_str()
            .expect("words")
            .contains("为负")
    );
    assert!(
        fault["reason"]["en"]
            .as_str()
            .expect("words")
            .contains("negative")
    );
    // So does the command line.
    let (doubts, _) = app.run(&["check", "--lang", "en"]);
    assert!(doubts.contains("`a`, usual_residents"), "{doubts}");
    let guarded = app.guarded();
    let steward = granted(&guarded, "li", Role::Steward, SecurityLevel::Internal);
    let public = granted(&guarded, "wu", Role::Steward, SecurityLevel::Public);
    let planner = granted(&guarded, "zhao", Role::Planner, SecurityLevel::Internal);
    let of = async |cookie: &str| guarded.get("/api/faults", cookie).await;
    assert_eq!(of(&steward).await.json()["total"], 2);
    assert_eq!(of(&public).await.json()["total"], 0);
    assert_eq!(of(&planner).await.status, StatusCode::FORBIDDEN);
}
