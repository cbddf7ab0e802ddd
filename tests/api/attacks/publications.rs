//! Publications of cities that differ by one person or one workplace.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use suitu::{accounts::Role, domain::Period, store::Store};

use super::{
    K,
    city::{Attacked, Side, grants, guarded_by},
    dice::Dice,
    downloads::features,
    reader::Reader,
    unseen::{Told, questions, send, told},
};

/// The counts of every row of a layer.
type Rows = BTreeMap<String, Vec<Option<i64>>>;

/// What is published of a layer.
fn rows(side: &Side, layer: &str) -> Rows {
    let city = side.city();
    let layer = city.catalog().layer(layer).expect("built in");
    let period: Period = "2020-11-01".parse().expect("a period");
    let table = side.store.read(layer, &period).expect("read");
    let row = |at: usize| {
        let values = table
            .columns
            .iter()
            .map(|column| column.get(at).as_integer());
        (table.ids[at].to_string(), values.collect())
    };
    (0..table.len()).map(row).collect()
}

async fn all_told(reader: &Reader<'_>) -> Vec<Told> {
    let mut all = Vec::new();
    for question in questions(&mut Dice(5)) {
        all.push(told(reader, &question).await);
    }
    all
}

/// What somebody adds, changes or takes away, alone in the time between two publications, and what
/// takes it back. `units`: workplaces of the exact city.
fn alone(dice: &mut Dice, n: usize, units: &[Json]) -> [Edit; 2] {
    let path = |layer: &str| format!("/api/layers/{layer}/features");
    let of = |layer: &str, id: &str| format!("{}/{id}", path(layer));
    let (lon, lat) = dice.inside();
    let add = |layer, values| {
        let id = format!("alone{n}");
        let body = json!({"id": id, "lon": lon, "lat": lat, "values": values});
        let own = of(layer, &id);
        [("POST", path(layer), body), ("DELETE", own, Json::Null)]
    };
    let unit = dice.any(units);
    let own = of("workplaces", unit["id"].as_str().expect("an id"));
    let jobs = unit["properties"]["jobs"].as_i64().expect("jobs");
    let change = |jobs| ("PATCH", own.clone(), json!({"values": {"jobs": jobs}}));
    match n % 7 {
        0 => add("residences", json!({"usual_residents": 1})),
        1 | 2 => {
            let family = json!({"usual_residents": 7, "age_6_11": 3, "age_18_59": 4,
                "employed_residents": 2, "households": 1});
            add("residences", family)
        }
        3 => add("workplaces", json!({"jobs": 1 + dice.below(60)})),
        4 => add("workplaces", json!({"jobs": 9000})),
        5 => [change(jobs + 1 + dice.below(900) as i64), change(jobs)],
        _ => {
            let place = &unit["geometry"]["coordinates"];
            let body = json!({"id": unit["id"], "lon": place[0], "lat": place[1],
                "values": {"jobs": jobs}});
            let back = ("POST", path("workplaces"), body);
            [("DELETE", own.clone(), Json::Null), back]
        }
    }
}

/// A steward adds a person, a family or a workplace, again and again, and publishes each time: not a
/// byte tells of it. Of many together something is seen, and only as steps of k.
pub async fn attack(city: &Attacked, viewer: &Reader<'_>, times: usize) {
    let steward = (8, &grants(Role::Steward));
    let steward = Reader::new(&city.guarded, "daily", steward, &viewer.names);
    let mut dice = Dice(404);
    city.publish().expect("published");
    let number = || city.public.store.change_number().expect("a number");
    let layers = ["residences", "workplaces"];
    let all_rows = || layers.map(|layer| rows(&city.public, layer));
    let before = (all_rows(), all_told(viewer).await, number());
    let units = features(&steward, "workplaces").await;
    for n in 0..times {
        for (method, path, body) in alone(&mut dice, n, &units) {
            send(&steward, (method, &path), &body).await;
            city.publish().expect("published");
            assert_eq!(number(), before.2, "{method} {path} {body}");
            assert!(all_rows() == before.0, "{method} {path} {body}");
        }
    }
    // Not a byte: from the server that goes on, and from one that starts anew.
    let anew = Side::open(&city.app.at("city.gpkg"), &city.catalog);
    let anew = guarded_by(&city.exact, &anew);
    let again = (8, &grants(Role::Viewer));
    let again = Reader::new(&anew, "again", again, &viewer.names);
    for reader in [viewer, &again] {
        for (now, before) in all_told(reader).await.iter().zip(&before.1) {
            assert!(now == before, "{}\n{}", now.text(), before.text());
        }
    }
    // A block of new homes, and workplaces of like size side by side.
    for n in 0..4 {
        let (lon, lat) = (113.31 + 0.0001 * f64::from(n), 23.13);
        for (layer, values) in [
            ("residences", json!({"usual_residents": 40})),
            ("workplaces", json!({"jobs": 40})),
        ] {
            let id = format!("many{n}");
            let body = json!({"id": id, "lon": lon, "lat": lat, "values": values});
            let path = format!("/api/layers/{layer}/features");
            send(&steward, ("POST", &path), &body).await;
        }
    }
    city.publish().expect("published");
    assert!(number() > before.2);
    for (before, after) in before.0.iter().zip(&all_rows()) {
        let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let nothing = Vec::new();
        let counts = |rows: &Rows, id: &String| rows.get(id).unwrap_or(&nothing).clone();
        let mut seen = 0;
        for id in ids {
            let (then, now) = (counts(before, id), counts(after, id));
            seen += usize::from(then != now);
            for count in then.iter().chain(&now).flatten() {
                assert_eq!(count % K, 0, "{id}");
            }
        }
        assert!((1..=4).contains(&seen), "{seen} rows");
    }
}

/// Method, path and body.
type Edit = (&'static str, String, Json);
