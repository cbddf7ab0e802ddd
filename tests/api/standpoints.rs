//! Who sees whose scenarios: one belongs to the reading that it was made in.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use suitu::{
    accounts::{Grants, Role},
    city::scenario::take_over,
    domain::SecurityLevel,
};

use super::helpers::{App, Guarded};

const SCENARIOS: &str = "/api/scenarios";

/// The exact city beside one of rounded counts, behind accounts.
struct Office {
    exact: App,
    rounded: App,
    guarded: Guarded,
}

impl Office {
    fn new() -> Self {
        let exact = App::new();
        let rounded = exact.rounded();
        let guarded = exact.guarded_beside(&rounded);
        Office {
            exact,
            rounded,
            guarded,
        }
    }

    fn official(&self, name: &str, scope: &[&str]) -> String {
        let scope = scope.iter().map(|code| code.parse().expect("a code"));
        self.of(
            Grants {
                roles: [Role::District].into(),
                scope: scope.collect(),
                ..Grants::none()
            },
            name,
        )
    }

    fn planner(&self, name: &str, clearance: SecurityLevel) -> String {
        self.of(
            Grants {
                roles: [Role::Planner].into(),
                clearance,
                ..Grants::none()
            },
            name,
        )
    }

    fn of(&self, grants: Grants, name: &str) -> String {
        let user = self.guarded.user(name, grants);
        self.guarded.signed_in(&user).1
    }

    async fn made(&self, name: &str, edit: Json, cookie: &str) -> u64 {
        let made = self
            .guarded
            .post(SCENARIOS, json!({"name": name, "note": "内部说明"}), cookie)
            .await;
        assert_eq!(made.status, StatusCode::CREATED);
        let id = made.json()["id"].as_u64().expect("an id");
        let answer = self
            .guarded
            .post(&format!("{SCENARIOS}/{id}/edits"), edit, cookie)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
        id
    }

    async fn names(&self, cookie: &str) -> Vec<String> {
        let list = self.guarded.get(SCENARIOS, cookie).await;
        assert_eq!(list.status, StatusCode::OK);
        let rows = list.json()["rows"].as_array().expect("rows").clone();
        let names = rows
            .iter()
            .map(|row| row["name"].as_str().expect("a name").to_owned());
        names.collect()
    }

    /// Status and reason of everything that can be done with a scenario.
    async fn everything(&self, id: u64, cookie: &str) -> Vec<(String, u16, String)> {
        let at = format!("{SCENARIOS}/{id}");
        let mut told = Vec::new();
        let guarded = &self.guarded;
        for (method, path, body) in [
            ("GET", at.clone(), json!(null)),
            (
                "GET",
                format!("{at}/compare?question=balance&level=district"),
                json!(null),
            ),
            (
                "POST",
                format!("{at}/compare?question=statistics"),
                json!({"area": "440103"}),
            ),
            (
                "GET",
                format!("/api/balance?level=district&scenario={id}"),
                json!(null),
            ),
            (
                "GET",
                format!("/api/layers/residences/download?format=csv&scenario={id}"),
                json!(null),
            ),
            (
                "GET",
                format!("/api/reports/job-housing?scenario={id}"),
                json!(null),
            ),
            (
                "GET",
                format!("/tiles/residences/9/416/222?scenario={id}"),
                json!(null),
            ),
            ("PATCH", at.clone(), json!({"name": "别名"})),
            ("POST", format!("{at}/edits"), homes(1)),
            ("PATCH", format!("{at}/edits/1"), json!({"note": "别的"})),
            ("DELETE", format!("{at}/edits/last"), json!(null)),
            ("POST", format!("{at}/redo"), json!({})),
            ("DELETE", at.clone(), json!(null)),
        ] {
            let answer = match method {
                "GET" => guarded.get(&path, cookie).await,
                "PATCH" => guarded.patch(&path, body, cookie).await,
                "POST" => guarded.post(&path, body, cookie).await,
                _ => guarded.delete(&path, cookie).await,
            };
            let problem: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
            let reason = problem["reason"].as_str().unwrap_or("").to_owned();
            told.push((format!("{method} {path}"), answer.status.as_u16(), reason));
        }
        told
    }
}

fn homes(amount: i64) -> Json {
    json!({"kind": "grow", "layer": "residences", "amount": amount,
           "within": {"area": "440103"}, "note": "实有 397 人"})
}

#[tokio::test]
async fn officials_of_different_districts_see_none_of_each_others_scenarios() {
    let office = Office::new();
    let first = office.official("jia", &["440103"]);
    let again = office.official("jia2", &["440103"]);
    let second = office.official("yi", &["440104"]);
    let both = office.official("jiayi", &["440103", "440104"]);
    let planner = office.planner("li", SecurityLevel::Internal);
    let viewer = office.guarded.session_of(Role::Viewer);
    let id = office.made("甲区方案", homes(60), &first).await;
    let other = office.made("全市方案", homes(10), &planner).await;

    // Whoever reads the same city works on the same scenarios.
    assert_eq!(office.names(&first).await, ["甲区方案"]);
    assert_eq!(office.names(&again).await, ["甲区方案"]);
    let edits = format!("{SCENARIOS}/{id}/edits");
    let more = office.guarded.post(&edits, homes(5), &again).await;
    assert_eq!(more.status, StatusCode::OK);
    let asked = format!("/api/statistics?scenario={id}");
    let people = async |cookie: &str| {
        let answer = office
            .guarded
            .post(&asked, json!({"area": "440103"}), cookie);
        answer.await.json()["totals"]["residences.usual_residents"].as_i64()
    };
    assert_eq!(
        (people(&first).await, people(&planner).await),
        (Some(465), Some(465))
    );

    for cookie in [&second, &both] {
        assert!(office.names(cookie).await.is_empty());
        for (what, status, reason) in office.everything(id, cookie).await {
            assert_eq!((status, &*reason), (404, "not_found"), "{what}");
        }
    }
    for (what, status, _) in office.everything(other, &first).await {
        assert_eq!(status, 404, "{what}");
    }
    for (what, status, reason) in office.everything(id, &viewer).await {
        assert_eq!((status, &*reason), (403, "not_granted"), "{what}");
    }
    // Who reads the exact city reads all of them and changes none that others made.
    assert_eq!(office.names(&planner).await, ["甲区方案", "全市方案"]);
    let told = office
        .guarded
        .get(&format!("{SCENARIOS}/{id}"), &planner)
        .await
        .json();
    assert_eq!(
        (&told["read_only"], &told["reading"]),
        (&json!(true), &json!("scope 440103"))
    );
    for (what, status, reason) in office.everything(id, &planner).await {
        match what.contains("compare") || what.starts_with("GET") {
            true => assert!((200..300).contains(&status), "{what}: {status}"),
            false => assert_eq!((status, &*reason), (403, "scenario_of_others"), "{what}"),
        }
    }
    // The same answers after a scope was written in another order.
    let same = office.official("yijia", &["440104", "440103"]);
    let id = office.made("两区", homes(1), &both).await;
    assert_eq!(office.names(&same).await, ["两区"]);
    assert_eq!(
        office
            .guarded
            .delete(&format!("{SCENARIOS}/{id}"), &same)
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn scenarios_of_officials_that_the_published_city_kept_go_to_who_reads_the_exact_one() {
    let office = Office::new();
    let mut old = office
        .rounded
        .store()
        .create_scenario("旧方案", "说明", "")
        .expect("made");
    old.edits.push(homes(7).to_string());
    old.undone.push(homes(8).to_string());
    office
        .rounded
        .store()
        .put_scenario(&old, "edit")
        .expect("written");
    let brought = take_over(office.rounded.store(), office.exact.store());
    assert_eq!(brought.expect("brought"), 1);
    assert_eq!(office.rounded.store().scenarios().expect("read"), []);
    assert_eq!(
        take_over(office.rounded.store(), office.exact.store()).expect("nothing"),
        0
    );

    let official = office.official("jia", &["440103"]);
    let planner = office.planner("li", SecurityLevel::Internal);
    assert!(office.names(&official).await.is_empty());
    let list = office.guarded.get(SCENARIOS, &planner).await.json();
    let row = &list["rows"][0];
    assert_eq!(
        (&row["name"], &row["read_only"]),
        (&json!("旧方案"), &json!(true))
    );
    assert_eq!(
        (&row["edits"][0]["amount"], &row["undone"][0]["amount"]),
        (&json!(7), &json!(8))
    );
    // Nobody else can: whoever reads all may clear them away.
    let gone = format!("{SCENARIOS}/{}", row["id"]);
    assert_eq!(office.guarded.delete(&gone, &planner).await.status, 204);
}

#[tokio::test]
async fn edits_above_the_clearance_are_neither_told_nor_computed_nor_made() {
    let office = Office::new();
    let cleared = office.planner("li", SecurityLevel::Internal);
    let public = office.planner("wu", SecurityLevel::Public);
    let id = office.made("学校", homes(60), &cleared).await;
    let answer = office
        .guarded
        .get(&format!("{SCENARIOS}/{id}"), &public)
        .await;
    let text = String::from_utf8(answer.body.clone()).expect("text");
    let told = answer.json();
    assert_eq!(told["edits"][0]["kind"], "withheld");
    assert_eq!(
        (&told["withheld"], &told["read_only"]),
        (&json!(1), &json!(true))
    );
    assert!(
        told["edits"][0]["text"]["zh"]
            .as_str()
            .expect("words")
            .contains("密级")
    );
    for secret in ["residences", "397", "60", "440103", "内部说明"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let list = office.guarded.get(SCENARIOS, &public).await;
    assert!(!String::from_utf8(list.body).expect("text").contains("397"));
    for (what, status, reason) in office.everything(id, &public).await {
        match what == format!("GET {SCENARIOS}/{id}") {
            true => assert_eq!(status, 200, "{what}"),
            false => assert_eq!((status, &*reason), (403, "scenario_withheld"), "{what}"),
        }
    }
    // Nor is one added by who could not see it afterwards.
    let station =
        json!({"kind": "add", "layer": "stations", "lon": 113.05, "lat": 23.05, "values": {}});
    let own = office.made("车站", station, &public).await;
    let edits = format!("{SCENARIOS}/{own}/edits");
    let refused = office.guarded.post(&edits, homes(1), &public).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["reason"]),
        (403, &json!("scenario_withheld"))
    );
    // What was taken back is a text as well.
    let edits = format!("{SCENARIOS}/{id}/edits/last");
    assert_eq!(office.guarded.delete(&edits, &cleared).await.status, 200);
    let told = office
        .guarded
        .get(&format!("{SCENARIOS}/{id}"), &public)
        .await
        .json();
    assert_eq!(told["undone"][0]["kind"], "withheld");
    // The same scenario is whole for who is cleared.
    let told = office
        .guarded
        .get(&format!("{SCENARIOS}/{id}"), &cleared)
        .await
        .json();
    assert_eq!(
        (&told["undone"][0]["amount"], &told["note"]),
        (&json!(60), &json!("内部说明"))
    );
}

/// A valid one of nobody: the birth date and the check digit are right.
const NUMBER: &str = "11010519491231002X";

#[tokio::test]
async fn no_text_of_a_scenario_or_an_edit_holds_an_identity_number() {
    let office = Office::new();
    let planner = office.planner("li", SecurityLevel::Internal);
    let steward = office.guarded.session_of(Role::Steward);
    let id = office.made("方案", homes(1), &planner).await;
    let at = format!("{SCENARIOS}/{id}");
    let text = format!("业主 {NUMBER} 反映");
    let edit = |extra: Json| {
        let mut edit = json!({"kind": "add", "layer": "stations", "lon": 113.05, "lat": 23.05,
                              "values": {"name": "站"}});
        edit.as_object_mut()
            .expect("fields")
            .extend(extra.as_object().expect("fields").clone());
        edit
    };
    let guarded = &office.guarded;
    let answers = [
        ("name", guarded.post(SCENARIOS, json!({"name": text}), &planner).await),
        ("note", guarded.post(SCENARIOS, json!({"name": "甲", "note": text}), &planner).await),
        ("name", guarded.patch(&at, json!({"name": text}), &planner).await),
        ("note", guarded.patch(&at, json!({"note": text}), &planner).await),
        ("note", guarded.patch(&format!("{at}/edits/1"), json!({"note": text}), &planner).await),
        ("note", guarded.post(&format!("{at}/edits"), edit(json!({"note": text})), &planner).await),
        ("id", guarded.post(&format!("{at}/edits"), edit(json!({"id": NUMBER})), &planner).await),
        ("values", guarded.post(&format!("{at}/edits"), edit(json!({"values": {"name": text}})), &planner).await),
        ("reason", guarded.post("/api/layers/stations/features", json!({"lon": 113.05, "lat": 23.05, "values": {}, "reason": text}), &steward).await),
        ("reason", guarded.post("/api/edits", json!({"edits": [{"kind": "remove", "layer": "stations", "id": "s1"}], "reason": text}), &steward).await),
        ("values", guarded.post("/api/layers/stations/features", json!({"lon": 113.05, "lat": 23.05, "values": {"name": text}, "reason": ""}), &steward).await),
        ("id", guarded.post("/api/layers/stations/features", json!({"id": NUMBER, "lon": 113.05, "lat": 23.05, "values": {}, "reason": ""}), &steward).await),
    ];
    for (number, (field, answer)) in answers.into_iter().enumerate() {
        let told = String::from_utf8(answer.body.clone()).expect("text");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{number}: {told}");
        assert_eq!(answer.json()["field"], field, "{number}: {told}");
        assert!(!told.contains(&NUMBER[..17]), "{number}: {told}");
        assert!(told.contains("身份号码"), "{number}: {told}");
    }
    // A long number that is none is a text like others.
    let plain = guarded
        .patch(&at, json!({"note": "批文 110105194912310021"}), &planner)
        .await;
    assert_eq!(plain.status, StatusCode::OK);
}
