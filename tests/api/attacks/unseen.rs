//! Polling during edits: until somebody publishes, nothing that a steward does to the exact city is
//! seen by those who read rounded counts, nor by an official elsewhere.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use serde_json::{Value as Json, json};
use suitu::accounts::Role;

use super::{
    super::helpers::{Answer, Events},
    city::{Attacked, grants},
    dice::Dice,
    downloads::features,
    found::Found,
    reader::{Reader, escaped},
};

/// A question with what it is asked with.
type Question = (String, Option<Json>);

/// All that is told but when: status, headers and body.
#[derive(Clone, PartialEq)]
pub struct Told {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Told {
    pub fn of(answer: Answer) -> Self {
        Told {
            status: answer.status,
            headers: without_date(&answer.headers),
            body: answer.body,
        }
    }

    pub fn text(&self) -> String {
        let (status, headers) = (self.status, &self.headers);
        format!(
            "{status} {headers:?} {}",
            String::from_utf8_lossy(&self.body)
        )
    }
}

fn without_date(headers: &HeaderMap) -> Vec<(String, String)> {
    let told = headers.iter().filter(|(name, _)| *name != "date");
    let told = told.map(|(name, value)| (name.to_string(), format!("{value:?}")));
    let mut told: Vec<_> = told.collect();
    told.sort();
    told
}

/// One question of each kind, some of them refused.
pub fn questions(dice: &mut Dice) -> Vec<Question> {
    let mut all: Vec<Question> = Vec::new();
    let mut get = |path: String| all.push((path, None));
    for path in [
        "/api/city",
        "/api/layers",
        "/api/layers/residences",
        "/api/layers/workplaces",
        "/api/layers/schools",
        "/api/layers/residences/features?limit=1000",
        "/api/layers/workplaces/features?limit=1000",
        "/api/layers/residences/values/usual_residents?classes=7",
        "/api/layers/workplaces/values/jobs",
        "/api/layers/workplaces/download?format=csv",
        "/api/layers/residences/download?format=geojson",
        "/api/layers/residences/download?format=nothing",
        "/api/areas?level=district",
        "/api/areas?level=subdistrict",
        "/api/areas/440104",
        "/api/calibers?level=district",
        "/api/change?question=areas&level=district&from=2010",
        "/api/balance?level=subdistrict",
        "/api/commute?level=district",
        "/api/flows?level=district&limit=50",
        "/api/coverage?layer=stations&cutoff=800&level=subdistrict",
        "/api/station_areas",
        "/api/gaps?level=district&services=primary_school",
        "/api/search?q=u1",
        "/api/events?x=1",
        "/api/edits",
        "/api/layers/residences/features/s17",
        "/api/layers/residences/features/s17/history",
        "/tiles/residences.json",
        "/styles/default.json",
    ] {
        get(path.to_owned());
    }
    for condition in [
        "income > 5",
        "name = 'x'",
        "id = 's17'",
        "usual_residents >= 7",
    ] {
        let condition = escaped(condition);
        get(format!(
            "/api/layers/residences/features?limit=5&where={condition}"
        ));
    }
    for z in 8..=16_u32 {
        let (lon, lat) = dice.place();
        let n = f64::from(1_u32 << z);
        let x = ((lon + 180.0) / 360.0 * n) as u32;
        let up = 1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI;
        get(format!(
            "/tiles/residences/{z}/{x}/{}",
            (up / 2.0 * n) as u32
        ));
        get(format!(
            "/tiles/workplaces/{z}/{x}/{}",
            (up / 2.0 * n) as u32
        ));
    }
    for _ in 0..12 {
        let ((lon, lat), size) = (dice.place(), dice.between(0.002, 0.05));
        let (east, north) = (lon + size, lat + size);
        let ring = [
            [lon, lat],
            [east, lat],
            [east, north],
            [lon, north],
            [lon, lat],
        ];
        let place = json!({"geometry": {"type": "Polygon", "coordinates": [ring]}});
        all.push(("/api/statistics".into(), Some(place)));
        let cutoffs = json!({"origins": [{"lon": lon, "lat": lat}], "mode": "straight",
            "cutoffs": [700, 701, 1500], "unit": "m"});
        all.push(("/api/catchments".into(), Some(cutoffs)));
    }
    let access = json!({"to": {"layer": "workplaces", "capacity": "jobs"},
        "measure": "2sfca", "cutoff": 1500});
    all.push(("/api/access".into(), Some(access)));
    let from = json!({"origins": [{"layer": "residences", "id": "s17"}], "mode": "straight",
        "cutoffs": [500], "unit": "m"});
    all.push(("/api/catchments".into(), Some(from)));
    let conflict = json!({"edits": [{"kind": "change", "layer": "residences", "id": "s17",
        "version": "0123456789abcdef", "values": {"usual_residents": 3}}]});
    all.push(("/api/edits".into(), Some(conflict)));
    all
}

pub async fn told(reader: &Reader<'_>, (path, body): &Question) -> Told {
    Told::of(match body {
        Some(body) => reader.post(path, body.clone()).await,
        None => reader.get(path).await,
    })
}

async fn all_told(reader: &Reader<'_>, questions: &[Question]) -> Vec<Told> {
    let mut all = Vec::new();
    for question in questions {
        all.push(told(reader, question).await);
    }
    all
}

/// A feature of the exact city that may be edited.
struct Feature {
    layer: &'static str,
    id: String,
    lon: f64,
    lat: f64,
}

/// The features of the exact city outside an area.
async fn editable(steward: &Reader<'_>, but: &str) -> Vec<Feature> {
    let mut all = Vec::new();
    for layer in [
        "residences",
        "workplaces",
        "residences",
        "workplaces",
        "workplaces",
    ] {
        for feature in features(steward, layer).await {
            let district = feature["properties"]["district_code"].as_str();
            if district.is_some_and(|code| !code.starts_with(but)) {
                let place = &feature["geometry"]["coordinates"];
                all.push(Feature {
                    layer,
                    id: feature["id"].as_str().expect("an id").to_owned(),
                    lon: place[0].as_f64().expect("a place"),
                    lat: place[1].as_f64().expect("a place"),
                });
            }
        }
    }
    all
}

/// Edits the exact city, which must be taken.
pub async fn send(steward: &Reader<'_>, (method, path): (&str, &str), body: &Json) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-suitu", "1")
        .header("content-type", "application/json")
        .header("if-match", "*")
        .header("cookie", steward.cookie());
    let request = request.body(Body::from(body.to_string()));
    let answer = steward.guarded.send(request.expect("sound")).await;
    let told = String::from_utf8_lossy(&answer.body);
    assert!(answer.status.is_success(), "{method} {path} {body}: {told}");
}

/// Adds, changes, moves or removes a home or a workplace.
async fn edit(steward: &Reader<'_>, dice: &mut Dice, all: &mut Vec<Feature>, n: usize) {
    let at = dice.below(all.len());
    let (layer, lon, lat) = (all[at].layer, all[at].lon, all[at].lat);
    let (people, jobs) = (1 + dice.below(30), 1 + dice.below(900));
    let values = match layer {
        "residences" => json!({"usual_residents": people, "employed_residents": people / 2}),
        _ => json!({"jobs": jobs}),
    };
    let path = format!("/api/layers/{layer}/features");
    let own = format!("{path}/{}", all[at].id);
    let (method, path, body) = match dice.below(4) {
        0 => {
            let id = format!("n{n}");
            let new = json!({"id": id, "lon": lon, "lat": lat, "values": values});
            all.push(Feature {
                layer,
                id,
                lon,
                lat,
            });
            ("POST", path, new)
        }
        1 if all.len() > 100 => {
            let gone = all.swap_remove(at);
            all.retain(|other| (other.layer, &other.id) != (gone.layer, &gone.id));
            ("DELETE", own, Json::Null)
        }
        2 => {
            let other = dice.below(all.len());
            let (lon, lat) = (all[other].lon, all[other].lat);
            ("PATCH", own, json!({"lon": lon, "lat": lat}))
        }
        _ => ("PATCH", own, json!({"values": values})),
    };
    send(steward, (method, &path), &body).await;
}

/// What an official tries out on the own city, here and elsewhere, and questions about it.
async fn tried(official: &Reader<'_>) -> Vec<Question> {
    let made = official
        .post("/api/scenarios", json!({"name": "试算"}))
        .await;
    let id = made.json()["id"].as_u64().expect("an id");
    for area in ["440106", "440103"] {
        let grow = json!({"kind": "grow", "layer": "workplaces", "amount": 60,
            "note": "", "within": {"area": area}});
        let path = format!("/api/scenarios/{id}/edits");
        official.ask_with(&path, grow).await;
    }
    let paths = [
        format!("/api/balance?level=district&scenario={id}"),
        format!("/api/areas?level=subdistrict&scenario={id}"),
        format!("/api/coverage?layer=stations&cutoff=800&level=district&scenario={id}"),
        format!("/api/layers/residences/features?limit=1000&scenario={id}"),
        format!("/api/layers/workplaces/features?limit=1000&scenario={id}"),
        format!("/tiles/workplaces/10/834/444?scenario={id}"),
        format!("/api/scenarios/{id}"),
    ];
    paths.into_iter().map(|path| (path, None)).collect()
}

/// Whether something else is heard within a while.
async fn hears(events: &mut Events, for_ms: u64) -> bool {
    let next = tokio::time::timeout(Duration::from_millis(for_ms), events.next());
    next.await.is_ok_and(|event| event.is_some())
}

pub async fn attack(city: &Attacked, viewer: &Reader<'_>, times: usize) {
    let mut dice = Dice(77);
    let guarded = &city.guarded;
    let steward = (8, &grants(Role::Steward));
    let steward = Reader::new(guarded, "steward", steward, &viewer.names);
    let official = city.official("unseen", &["440106"], &viewer.names);
    let questions = questions(&mut dice);
    let mut all = editable(&steward, "440106").await;
    let before = all_told(viewer, &questions).await;
    let official_before = all_told(&official, &questions).await;
    let exact_before = all_told(&steward, &questions[..24]).await;
    // What is tried belongs to one account.
    let mut trying = city.official("tries", &["440106"], &viewer.names);
    trying.cookies.truncate(1);
    let tried = tried(&trying).await;
    let tried_before = all_told(&trying, &tried).await;
    assert!(
        tried_before
            .iter()
            .all(|told| told.status == StatusCode::OK)
    );
    let mut listening = Vec::new();
    for who in [viewer, &official, &steward] {
        let mut events = guarded.listen("/api/events", who.cookie()).await;
        events.next().await.expect("the version of now");
        listening.push(events);
    }
    let mut found = Found::default();
    for n in 0..times {
        edit(&steward, &mut dice, &mut all, n).await;
        // The city of an official is made anew after each edit, which takes a while.
        for asked in 0..if n % 3 == 0 { 6 } else { 4 } {
            let at = dice.below(questions.len());
            let (who, before) = match asked {
                0..=3 => (viewer, &before),
                _ => (&official, &official_before),
            };
            let now = told(who, &questions[at]).await;
            found.attacks += 1;
            found.read += now.body.len();
            if now != before[at] {
                let (path, body) = &questions[at];
                found.leak(|| format!("after {n} edits {path} {body:?}"));
            }
        }
        if n % 3 == 0 {
            let at = dice.below(tried.len());
            found.attacks += 1;
            if told(&trying, &tried[at]).await != tried_before[at] {
                found.leak(|| format!("after {n} edits {:?}", tried[at]));
            }
        }
    }
    for (who, questions, before) in [
        (viewer, &questions, &before),
        (&official, &questions, &official_before),
        (&trying, &tried, &tried_before),
    ] {
        for (question, before) in questions.iter().zip(before) {
            found.attacks += 1;
            if told(who, question).await != *before {
                found.leak(|| format!("at last {question:?}"));
            }
        }
    }
    found.assert_nothing("edits", 4 * times, 1_000_000);
    assert!(!hears(&mut listening[0], 700).await, "an edit was heard of");
    assert!(
        !hears(&mut listening[1], 700).await,
        "an edit elsewhere was heard of"
    );
    // Whoever reads the exact city notices all of it.
    assert!(hears(&mut listening[2], 5000).await);
    let after = all_told(&steward, &questions[..24]).await;
    let noticed = exact_before.iter().zip(&after).filter(|(a, b)| a != b);
    assert!(noticed.count() > 10);
}
