//! Differences of polygons: nested, moved by a metre, slivers, holes, several parts.

use serde_json::{Value as Json, json};

use super::{dice::Dice, found::Found, reader::Reader};

/// About a metre, degrees.
const METRE: f64 = 1e-5;

type Ring = Vec<[f64; 2]>;

fn ring((lon, lat): (f64, f64), radius: f64, corners: usize) -> Ring {
    let corner = |n: usize| {
        let angle = (n % corners) as f64 / corners as f64 * std::f64::consts::TAU;
        [lon + radius * angle.cos(), lat + radius * angle.sin()]
    };
    (0..=corners).map(corner).collect()
}

fn polygon(rings: &[Ring]) -> Json {
    json!({"type": "Polygon", "coordinates": rings})
}

/// Two polygons that hardly differ, and in what.
fn pair(dice: &mut Dice) -> (&'static str, Json, Json) {
    let at = dice.place();
    let (radius, corners) = (dice.between(0.0005, 0.02), 3 + dice.below(30));
    let outer = ring(at, radius, corners);
    match dice.below(5) {
        0 => {
            let inner = ring(at, radius - dice.between(METRE, radius / 2.0), corners);
            ("nested", polygon(&[outer]), polygon(&[inner]))
        }
        1 => {
            let moved = (at.0 + METRE, at.1);
            let moved = ring(moved, radius, corners);
            ("moved", polygon(&[outer]), polygon(&[moved]))
        }
        2 => {
            let thin = dice.between(METRE, 30.0 * METRE);
            let (west, south) = (at.0 - radius, at.1 - thin);
            let (east, north) = (at.0 + radius, at.1 + thin);
            let sliver = |north: f64| {
                let corners = [[west, south], [east, south], [east, north], [west, north]];
                let closed = corners.into_iter().chain([corners[0]]);
                polygon(&[closed.collect()])
            };
            ("sliver", sliver(north), sliver(north + METRE))
        }
        3 => {
            let mut hole = ring(at, radius * dice.between(0.1, 0.9), corners);
            hole.reverse();
            let holed = polygon(&[outer.clone(), hole]);
            ("hole", polygon(&[outer]), holed)
        }
        _ => {
            let far = ring((at.0 + 2.5 * radius, at.1), radius / 2.0, corners);
            let both = json!({"type": "MultiPolygon", "coordinates": [[outer], [far]]});
            ("parts", both, polygon(&[outer]))
        }
    }
}

pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    for _ in 0..times {
        let (kind, a, b) = pair(dice);
        let (a, b) = (reader.sums(&a, None).await, reader.sums(&b, None).await);
        found.difference(kind, &a, &b);
        for (name, count) in &a {
            found.count(|| format!("{kind} {name}"), *count);
        }
    }
    found
}
