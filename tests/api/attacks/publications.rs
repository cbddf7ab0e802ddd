//! Publications of cities that differ by one person or one workplace.

use std::collections::BTreeMap;

use serde_json::json;
use suitu::{accounts::Role, domain::Period, store::Store};

use super::{
    K,
    city::{Attacked, Side, grants, guarded_by},
    dice::Dice,
    reader::Reader,
    unseen::{Told, questions, told},
};

/// What is published of a layer: the counts of every row.
fn rows(side: &Side, layer: &str) -> BTreeMap<String, Vec<Option<i64>>> {
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

/// A steward adds a person to a home, again and again, and publishes each time.
pub async fn attack(city: &Attacked, viewer: &Reader<'_>, times: usize) {
    let steward = city.guarded.session_of(Role::Steward);
    city.publish().expect("published");
    let (mut silent, mut seen) = (0, 0);
    for n in 0..times {
        let before = (rows(&city.public, "residences"), all_told(viewer).await);
        let number = city.public.store.change_number().expect("a number");
        let place = json!({"id": format!("p{n}"), "lon": 113.31 + 0.002 * n as f64, "lat": 23.13,
            "values": {"usual_residents": 1}});
        let path = "/api/layers/residences/features";
        let answer = city.guarded.post(path, place, &steward).await;
        assert_eq!(answer.status, 201);
        city.publish().expect("published");
        let after = rows(&city.public, "residences");
        let ids = before.0.keys().chain(after.keys());
        let changed: Vec<&String> = ids
            .filter(|id| before.0.get(*id) != after.get(*id))
            .collect();
        if changed.is_empty() {
            // Not a byte: from the server that goes on, and from one that starts anew.
            silent += 1;
            assert_eq!(city.public.store.change_number().expect("a number"), number);
            let path = city.app.at("city.gpkg");
            let anew = Side::open(&path, &city.catalog);
            let anew = guarded_by(&city.exact, &anew);
            let again = (8, &grants(Role::Viewer));
            let again = Reader::new(&anew, "again", again, &viewer.names);
            for reader in [viewer, &again] {
                for (now, before) in all_told(reader).await.iter().zip(&before.1) {
                    assert!(now == before, "{}\n{}", now.text(), before.text());
                }
            }
        } else {
            seen += 1;
            let (of, nothing) = (changed[0], Vec::new());
            assert!(changed.iter().all(|id| *id == of), "{changed:?}");
            let then = before.0.get(of).unwrap_or(&nothing);
            for (at, now) in after.get(of).unwrap_or(&nothing).iter().enumerate() {
                let then = then.get(at).copied().flatten().unwrap_or(0);
                let moved = now.unwrap_or(0) - then;
                assert!(moved == 0 || moved.abs() == K, "{of}: {moved}");
            }
        }
    }
    assert!(
        silent > 0,
        "{silent} of {} publications were silent",
        silent + seen
    );
}
