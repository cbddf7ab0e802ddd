//! Refusals: what is said of features that only the exact city has is what is said of those that
//! nobody has.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value as Json, json};

use super::{
    dice::Dice,
    found::Found,
    reader::{Reader, escaped},
    unseen::Told,
};

/// Requests about a feature.
fn requests(layer: &str, id: &str) -> Vec<(Method, String, Json)> {
    let own = format!("/api/layers/{layer}/features/{id}");
    let origin = json!([{"layer": layer, "id": id}]);
    let (name, count) = match layer {
        "residences" => ("usual_residents", 5),
        _ => ("jobs", 40),
    };
    let mut values = serde_json::Map::new();
    values.insert(name.into(), json!(count));
    let edit = json!({"edits": [{"kind": "change", "layer": layer, "id": id,
        "version": "0123456789abcdef", "values": values}]});
    let where_id = escaped(&format!("id = '{id}'"));
    vec![
        (Method::GET, own.clone(), Json::Null),
        (Method::GET, format!("{own}/history"), Json::Null),
        (Method::PATCH, own.clone(), json!({ "values": values })),
        (Method::DELETE, own.clone(), Json::Null),
        (Method::POST, format!("{own}/undo"), json!({})),
        (Method::POST, "/api/edits".into(), edit),
        (
            Method::GET,
            format!("/api/layers/{layer}/features?where={where_id}"),
            Json::Null,
        ),
        (
            Method::GET,
            format!("/api/layers/{layer}/download?format=csv&where={where_id}"),
            Json::Null,
        ),
        (Method::GET, format!("/api/search?q={id}"), Json::Null),
        (
            Method::POST,
            "/api/catchments".into(),
            json!({"origins": origin, "mode": "straight", "cutoffs": [500], "unit": "m"}),
        ),
        (
            Method::POST,
            "/api/travel_times".into(),
            json!({"origins": origin, "destinations": origin, "mode": "straight"}),
        ),
        (Method::GET, format!("/api/areas/{id}"), Json::Null),
        (
            Method::GET,
            format!("/api/reports/gaps?area={id}"),
            Json::Null,
        ),
    ]
}

/// Asks as who has read some version of it.
async fn ask(reader: &Reader<'_>, (method, path, body): &(Method, String, Json)) -> Told {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("cookie", reader.cookie())
        .header("x-suitu", "1")
        .header("content-type", "application/json")
        .header("if-match", "\"0123456789abcdef.0\"")
        .header("if-none-match", "\"0123456789abcdef.0\"");
    let body = match body {
        Json::Null => Body::empty(),
        body => Body::from(body.to_string()),
    };
    Told::of(
        reader
            .guarded
            .send(request.body(body).expect("sound"))
            .await,
    )
}

/// Asks of features that are there and of those that are not, whose names are as long.
pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    for _ in 0..times {
        let (layer, known) = match dice.below(2) {
            0 => ("residences", format!("s{}", 100 + dice.below(600))),
            _ => ("workplaces", format!("u{}-0", 10 + dice.below(80))),
        };
        let unknown = known.replace(['s', 'u'], "q");
        let asked = requests(layer, &known).into_iter();
        for (there, nowhere) in asked.zip(requests(layer, &unknown)) {
            let (a, b) = (ask(reader, &there).await, ask(reader, &nowhere).await);
            found.attacks += 1;
            found.read += a.body.len();
            // Answers name what was asked for.
            let (escaped_known, escaped_unknown) = (escaped(&known), escaped(&unknown));
            let same = a.text().replace(&known, &unknown);
            let same = same.replace(&escaped_known, &escaped_unknown);
            let other = b.text();
            if without_tags(&same) != without_tags(&other) {
                found.leak(|| format!("{} {}: {same} / {other}", there.0, there.1));
            }
        }
    }
    found
}

/// An etag is made of the question too, which differs.
fn without_tags(text: &str) -> String {
    let mut kept = String::new();
    for (at, part) in text.split("(\"etag\", \"").enumerate() {
        kept += match at {
            0 => part,
            _ => part.split_once("\")").map_or("", |(_, rest)| rest),
        };
    }
    kept
}
