//! Random edits against the same deeds to the rows by plain loops.

use proptest::prelude::*;

use super::*;
use crate::{analysis::apportion, query::test_city::metres};

/// A random edit, as JSON and upon the rows.
#[derive(Clone, Debug)]
enum Deed {
    Add(usize, (f64, f64), i64),
    Move(usize, usize, (f64, f64)),
    Change(usize, usize, i64),
    Remove(usize, usize),
    Grow(bool, [f64; 4], f64),
}

const LAYERS: [(&str, &str); 3] = [
    ("residences", "usual_residents"),
    ("workplaces", "jobs"),
    ("schools", "seats_primary"),
];

fn place() -> impl Strategy<Value = (f64, f64)> {
    (1.0..1999.0f64, 1.0..999.0f64)
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..3usize, place(), 0..500i64).prop_map(|(l, p, n)| Deed::Add(l, p, n)),
        (0..3usize, 0..40usize, place()).prop_map(|(l, f, p)| Deed::Move(l, f, p)),
        (0..3usize, 0..40usize, 0..500i64).prop_map(|(l, f, n)| Deed::Change(l, f, n)),
        (0..3usize, 0..40usize).prop_map(|(l, f)| Deed::Remove(l, f)),
        (any::<bool>(), place(), place(), 0.0..3.0f64).prop_map(|(jobs, a, b, factor)| {
            let (west, east) = (a.0.min(b.0), a.0.max(b.0));
            let (south, north) = (a.1.min(b.1), a.1.max(b.1));
            Deed::Grow(jobs, [west, south, east, north], factor)
        }),
    ]
}

/// Does a deed to the rows by plain loops; the same as an edit, `None` where there is nothing to do.
fn done(model: &mut Model, number: usize, deed: &Deed) -> Option<Json> {
    let spot_json = |kind: &str, layer: &str, place: (f64, f64)| {
        let (lon, lat) = at(place.0, place.1);
        json!({"kind": kind, "layer": layer, "lon": lon, "lat": lat})
    };
    match deed {
        Deed::Add(layer, place, n) => {
            let (layer, attribute) = LAYERS[*layer];
            let id = format!("scenario-{number}");
            model
                .layer(layer)
                .push(spot(id, *place, &[(attribute, *n)]));
            let mut json = spot_json("add", layer, *place);
            json["values"] = json!({attribute: n});
            if layer == "schools" {
                json["values"]["kind"] = json!("primary");
            }
            Some(json)
        }
        Deed::Move(layer, feature, place) => {
            let (layer, _) = LAYERS[*layer];
            let spots = model.layer(layer);
            let count = spots.len();
            let moved = spots.get_mut(feature % count.max(1))?;
            moved.place = *place;
            let mut json = spot_json("move", layer, *place);
            json["id"] = json!(moved.id);
            Some(json)
        }
        Deed::Change(layer, feature, n) => {
            let (layer, attribute) = LAYERS[*layer];
            let spots = model.layer(layer);
            let count = spots.len();
            let changed = spots.get_mut(feature % count.max(1))?;
            let value = changed
                .values
                .iter_mut()
                .find(|(key, _)| *key == attribute)?;
            value.1 = *n;
            let values = json!({attribute: n});
            Some(json!({"kind": "change", "layer": layer, "id": changed.id, "values": values}))
        }
        Deed::Remove(layer, feature) => {
            let (layer, _) = LAYERS[*layer];
            let spots = model.layer(layer);
            // A layer without features would be another city.
            (spots.len() > 1).then(|| {
                let gone = spots.remove(feature % spots.len());
                json!({"kind": "remove", "layer": layer, "id": gone.id})
            })
        }
        Deed::Grow(jobs, [west, south, east, north], factor) => {
            let (layer, attribute) = LAYERS[usize::from(*jobs)];
            let spots = model.layer(layer);
            let is_inside = |spot: &Spot| {
                let (lon, lat) = at(spot.place.0, spot.place.1);
                let (x, y) = metres(lon, lat);
                (*west..*east).contains(&x) && (*south..*north).contains(&y)
            };
            let mut inside: Vec<usize> =
                (0..spots.len()).filter(|i| is_inside(&spots[*i])).collect();
            inside.sort_by_key(|at| spots[*at].id.clone());
            let keys: &[&str] = match jobs {
                true => &["jobs"],
                false => &[
                    "usual_residents",
                    "employed_residents",
                    "households",
                    "age_0_2",
                    "age_18_59",
                ],
            };
            let held = |spots: &[Spot], key: &str| -> Vec<(usize, i64)> {
                let value = |at: &usize| {
                    let known = spots[*at].values.iter().find(|(own, _)| *own == key);
                    known.map(|(_, n)| (*at, *n))
                };
                inside.iter().filter_map(value).collect()
            };
            let total = |held: &[(usize, i64)]| held.iter().map(|(_, n)| n).sum::<i64>();
            let old = total(&held(spots, attribute));
            let new = (old as f64 * factor).round() as i64;
            let ages = ["age_0_2", "age_18_59"].map(|key| total(&held(spots, key)));
            let ages_add_up = ages[0] + ages[1] == old;
            let of_ages = apportion(new, &ages);
            if old > 0 {
                for key in keys {
                    let held = held(spots, key);
                    let age = ["age_0_2", "age_18_59"].iter().position(|age| age == key);
                    let wanted = match age {
                        _ if *key == attribute => new,
                        Some(age) if ages_add_up => of_ages.as_ref().unwrap()[age],
                        _ => (2 * total(&held) * new + old) / (2 * old),
                    };
                    let weights: Vec<i64> = held.iter().map(|(_, n)| *n).collect();
                    let shares = apportion(wanted, &weights).unwrap_or(weights);
                    for ((at, _), share) in held.into_iter().zip(shares) {
                        let mut values = spots[at].values.iter_mut();
                        values.find(|(own, _)| own == key).unwrap().1 = share;
                    }
                }
            }
            let within = rectangle(*west, *south, *east, *north);
            Some(json!({"kind": "grow", "layer": layer, "factor": factor, "within": within}))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn edits_answer_as_a_city_made_of_edited_rows_and_undo_is_exact(
        deeds in prop::collection::vec(deed(), 1..10)
    ) {
        let mut model = Model::new();
        let base = model.city();
        let mut city = base.clone();
        let mut history = vec![answers(&city)];
        let mut edits = Vec::new();
        for deed in &deeds {
            let Some(json) = done(&mut model, edits.len() + 1, deed) else { continue };
            edits.push(json.clone());
            city = apply(&city, edits.len() as u64, &edit(json)).expect("allowed");
            history.push(answers(&city));
        }
        prop_assert_eq!(history.last().unwrap(), &answers(&model.city()));
        // Each step replayed anew answers as it did, and the same way names it by the same number.
        let fresh = after(&base, &edits);
        prop_assert_eq!(fresh.stamp(), city.stamp());
        for count in (0..edits.len()).rev() {
            prop_assert_eq!(&answers(&after(&base, &edits[..count])), &history[count]);
        }
    }
}
