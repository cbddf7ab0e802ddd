//! Thousands of cities that differ by one person, one home or one workplace, and what is published of
//! both.

use super::{
    grouping::{Day, Dice, rows},
    *,
};
use crate::{
    city::{Boundaries, LoadedLayer},
    index::LayerIndex,
};

/// A home: metres east and north, residents, children of them.
type Person = (f64, f64, i64, i64);

fn homes(city: &City, all: &BTreeMap<u64, Person>) -> LoadedLayer {
    let layer = city.catalog().layer("residences").expect("built in");
    let period = "2020-11-01".parse().expect("a period");
    let at = |id: &str| layer.attribute_index(id).expect("an attribute");
    let (people, young, adult) = (at("usual_residents"), at("age_6_11"), at("age_18_59"));
    let mut table = Table::for_layer(layer);
    for (id, (east, north, count, children)) in all {
        let mut values = vec![Value::Missing; layer.attributes.len()];
        values[people] = Value::Integer(*count);
        values[young] = Value::Integer(*children);
        values[adult] = Value::Integer(count - children);
        table.push(&format!("h{id}"), point(*east, *north), &values);
    }
    Boundaries::of(city).place(layer, &period, &mut table);
    LoadedLayer {
        index: LayerIndex::build(layer.clone(), period, city.catalog().levels(), &table),
        records: Vec::new(),
        control_totals: Vec::new(),
        version: 1,
    }
}

/// Counts of every row by its name and attribute.
fn counts_of(pieces: &Pieces) -> BTreeMap<(String, String), i64> {
    let mut all = BTreeMap::new();
    for (row, id) in pieces.table.ids.iter().enumerate() {
        for (at, attribute) in pieces.layer.counts() {
            if let Some(count) = pieces.table.columns[at].get(row).as_integer() {
                all.insert((id.to_string(), attribute.id.to_string()), count);
            }
        }
    }
    all
}

/// What differs: the rows, and the most that a count moved.
fn difference(a: &Pieces, b: &Pieces) -> (usize, i64) {
    let (a, b) = (counts_of(a), counts_of(b));
    let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
    let of = |all: &BTreeMap<_, i64>, key: &(String, String)| all.get(key).copied().unwrap_or(0);
    let moved = keys.into_iter().map(|key| (key, of(&a, key) - of(&b, key)));
    let moved: Vec<_> = moved.filter(|(_, by)| *by != 0).collect();
    assert!(moved.iter().all(|(_, by)| by % 10 == 0));
    let rows: std::collections::BTreeSet<_> = moved.iter().map(|((id, _), _)| id).collect();
    let most = moved.iter().map(|(_, by)| by.abs()).max();
    (rows.len(), most.unwrap_or(0))
}

#[test]
fn one_person_more_or_less_moves_one_piece_by_k_or_nothing_at_all() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let city = exact.city();
    let mut dice = Dice(11);
    let place = |dice: &mut Dice| (dice.below(900) as f64, dice.below(900) as f64);
    let mut all: BTreeMap<u64, Person> = BTreeMap::new();
    for id in 0..40 {
        let (east, north) = place(&mut dice);
        let people = 1 + dice.below(14) as i64;
        all.insert(id, (east, north, people, people / 4));
    }
    let publish = |all: &BTreeMap<u64, Person>| {
        let pieces = pieces_of(&city, &homes(&city, all), &policy(5));
        pieces.expect("pieces")
    };
    let mut before = publish(&all);
    let (mut silent, mut seen) = (0, 0);
    for edit in 0..2000 {
        let id = dice.below(40 + edit / 40);
        let (east, north) = place(&mut dice);
        match all.get_mut(&id) {
            // Somebody is born, moves in or out; a home is new or empty.
            Some(home) if dice.below(6) > 0 => match dice.below(3) {
                0 => (home.2, home.3) = (home.2 + 1, home.3 + 1),
                1 => home.2 += 1,
                _ => home.2 = (home.2 - 1).max(home.3),
            },
            Some(home) if home.2 < 10 => drop(all.remove(&id)),
            Some(_) => {}
            None => drop(all.insert(id, (east, north, 1, 0))),
        }
        let after = publish(&all);
        match difference(&before, &after) {
            // Then not a byte differs.
            (0, _) => {
                silent += 1;
                assert_eq!(rows(&before.table), rows(&after.table));
            }
            // Where a whole that was below k comes up to it its parts stand for themselves.
            (1, most) => {
                seen += 1;
                assert!(most <= 10, "edit {edit}: {most}");
            }
            (more, _) => panic!("edit {edit} moved {more} pieces"),
        }
        before = after;
    }
    assert!(silent > 1000 && seen > 100, "{silent} silent, {seen} seen");
}

#[test]
fn one_job_more_or_less_moves_one_group_by_k_or_nothing_at_all() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let city = exact.city();
    let mut dice = Dice(12);
    let mut day = Day::new(&city);
    for _ in 0..150 {
        day.edit(&mut dice);
    }
    let mut groups = Groups::default();
    let mut publish = |day: &Day<'_>, publication: u32| {
        let pieces =
            super::super::pieces_of(&city, &day.loaded(), &policy(5), &mut groups, publication);
        pieces.expect("pieces")
    };
    let mut before = publish(&day, 1);
    let (mut silent, mut seen) = (0, 0);
    for edit in 0..1500 {
        let id = day.any(&mut dice).expect("a workplace");
        let by = if dice.below(2) == 0 { 1 } else { -1 };
        let jobs = &mut day.units.get_mut(&id).expect("known").2;
        *jobs = (*jobs + by).max(1);
        let after = publish(&day, 2 + edit);
        match difference(&before, &after) {
            (0, _) => silent += usize::from(rows(&before.table) == rows(&after.table)),
            (1, most) => {
                seen += 1;
                assert_eq!(most, 10);
            }
            // One that came to have more than 85 % of its group is joined to the next.
            (rows, _) => assert!(rows <= 3, "{rows}"),
        }
        before = after;
    }
    assert!(silent > 700 && seen > 50, "{silent} silent, {seen} seen");
}
