//! What every home promises of edits of single features, and of following them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
    sync::Arc,
};

use geo::{Geometry, Point};
use proptest::prelude::*;
use suitu::{
    city,
    domain::{FeatureState, TextColumn, Value},
    store::{BatchMode, ChangeKind, EditBatch, FeatureWrite, Once, Store, StoreError},
};

use super::sample::{batch, catalog, district, homes, layer, period};

pub const AT: &str = "2020";

/// Every check, by name.
pub fn hold<H: Deref<Target: Store + Sized>>(make: impl Fn() -> H) {
    edits_are_written_and_remembered(&*make());
    an_edit_of_what_was_changed_meanwhile_writes_nothing(&*make());
    an_edit_keeps_what_it_does_not_touch(&*make());
    rows_are_read_by_id(&*make());
    following_reads_no_more_than_what_changed(&*make());
    edits_hold_against_a_map(make);
}

/// A home somewhere with so many people.
pub fn home(lon: f64, people: i64) -> FeatureState {
    let layer = layer("residences");
    let value = |id: &str| match id {
        "usual_residents" => Value::Integer(people),
        "floor_area_m2" => Value::Number(0.1 + people as f64),
        "name" => Value::Text("穗 ' \" 🏠".into()),
        _ => Value::Missing,
    };
    FeatureState {
        geometry: Geometry::Point(Point::new(lon, 23.1)),
        values: layer
            .attributes
            .iter()
            .map(|a| value(a.id.as_str()))
            .collect(),
    }
}

pub fn write(id: &str, before: Option<FeatureState>, after: Option<FeatureState>) -> FeatureWrite {
    FeatureWrite {
        layer: layer("residences"),
        period: period(AT),
        id: id.into(),
        before,
        after,
        area_codes: [("district".parse().unwrap(), "010203".to_owned())].into(),
    }
}

fn edit(store: &dyn Store, writes: &[FeatureWrite]) -> Result<u64, StoreError> {
    edit_once(store, "li", writes, None)
}

pub fn edit_once(
    store: &dyn Store,
    who: &str,
    writes: &[FeatureWrite],
    once: Option<Once<'_>>,
) -> Result<u64, StoreError> {
    store.edit(&EditBatch {
        writes,
        who,
        why: "核实",
        undoes: None,
        once,
    })
}

/// The features by id.
pub fn all(store: &dyn Store) -> BTreeMap<String, FeatureState> {
    let table = store.read(&layer("residences"), &period(AT)).unwrap();
    let rows = table.ids.iter().enumerate();
    rows.map(|(row, id)| (id.to_string(), FeatureState::of_row(&table, row)))
        .collect()
}

fn counted(store: &dyn Store) -> u64 {
    let states = store.states().unwrap();
    let own = states.iter().find(|state| state.layer == *"residences");
    own.map_or(0, |state| state.features)
}

fn edits_are_written_and_remembered(store: &dyn Store) {
    let homes_layer = layer("residences");
    let (first, second) = (home(113.1, 5), home(113.2, 6));
    let added = edit(
        store,
        &[
            write("a", None, Some(first.clone())),
            write("b", None, Some(second.clone())),
        ],
    );
    let added = added.unwrap();
    let moved = home(113.15, 5);
    let changed = edit(
        store,
        &[write("a", Some(first.clone()), Some(moved.clone()))],
    );
    let changed = changed.unwrap();
    let removed = edit(store, &[write("b", Some(second.clone()), None)]).unwrap();
    assert!(added < changed && changed < removed);
    assert_eq!(store.change_number().unwrap(), removed);
    assert_eq!(all(store), [("a".to_owned(), moved.clone())].into());
    assert_eq!(counted(store), 1);
    let log = store.changes_since(0).unwrap();
    let told: Vec<_> = log.iter().map(|c| (c.kind, c.id.as_deref())).collect();
    let wanted = [
        (ChangeKind::Insert, Some("a")),
        (ChangeKind::Insert, Some("b")),
        (ChangeKind::Update, Some("a")),
        (ChangeKind::Delete, Some("b")),
    ];
    assert_eq!(told, wanted);
    assert!(log.iter().all(|change| !change.external));

    let history = store.history(&homes_layer, &period(AT), "a").unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|entry| (entry.number, entry.before.clone(), entry.after.clone()))
        .collect();
    let wanted = [
        (changed, Some(first.clone()), Some(moved)),
        (added - 1, None, Some(first)),
    ];
    assert_eq!(told, wanted);
    assert_eq!((&*history[0].who, &*history[0].why), ("li", "核实"));
    assert!(history[0].at.starts_with("20") && history[0].at.ends_with('Z'));
    let gone = store.history(&homes_layer, &period(AT), "b").unwrap();
    assert_eq!(
        (gone[0].before.clone(), gone[0].after.clone()),
        (Some(second), None)
    );
    assert!(
        store
            .history(&homes_layer, &period("2021"), "a")
            .unwrap()
            .is_empty()
    );
}

fn an_edit_of_what_was_changed_meanwhile_writes_nothing(store: &dyn Store) {
    let (first, other) = (home(113.1, 5), home(113.1, 7));
    edit(store, &[write("a", None, Some(first.clone()))]).unwrap();
    let number = store.change_number().unwrap();
    let late = [
        write("new", None, Some(home(113.3, 1))),
        write("a", Some(other.clone()), Some(home(113.1, 8))),
        write("gone", Some(other.clone()), None),
    ];
    let Err(StoreError::EditConflict(conflicts)) = edit(store, &late) else {
        panic!("written all the same");
    };
    let told: Vec<_> = conflicts
        .iter()
        .map(|c| (&*c.id, c.found.clone()))
        .collect();
    assert_eq!(told, [("a", Some(first.clone())), ("gone", None)]);
    // One that is there is not added again.
    let twice = edit(store, &[write("a", None, Some(other))]);
    assert!(matches!(twice, Err(StoreError::EditConflict(c)) if c.len() == 1));
    assert_eq!(all(store), [("a".to_owned(), first)].into());
    assert_eq!(store.change_number().unwrap(), number);
    assert_eq!(counted(store), 1);
    let history = store.history(&layer("residences"), &period(AT), "new");
    assert!(history.unwrap().is_empty());
}

fn an_edit_keeps_what_it_does_not_touch(store: &dyn Store) {
    let homes_layer = layer("residences");
    let mut table = homes(&["a", "b"], &[1, 2]);
    let mut codes = TextColumn::default();
    codes.push(Some("440106"));
    codes.push(Some("440103"));
    table.area_codes.insert("district".parse().unwrap(), codes);
    let filled = batch(&homes_layer, AT, BatchMode::Insert, &table);
    store.commit(&[filled], &mut |_| true).unwrap();
    let before = FeatureState::of_row(&table, 0);
    let mut after = before.clone();
    let people = homes_layer.attribute_index("usual_residents").unwrap();
    after.values[people] = Value::Missing;
    // Where it stays where it is, no area is said, and none is lost.
    let mut stays = write("a", Some(before), Some(after.clone()));
    stays.area_codes = BTreeMap::new();
    edit(store, &[stays]).unwrap();
    let read = store.read(&homes_layer, &period(AT)).unwrap();
    assert_eq!(read.ids, table.ids);
    assert_eq!(FeatureState::of_row(&read, 0), after);
    assert_eq!(
        FeatureState::of_row(&read, 1),
        FeatureState::of_row(&table, 1)
    );
    let codes: Vec<_> = (0..2)
        .map(|row| read.area_codes["district"].get(row))
        .collect();
    assert_eq!(codes, [Some("440106"), Some("440103")]);
    assert_eq!(store.states().unwrap()[0].records.len(), 1);
}

fn rows_are_read_by_id(store: &dyn Store) {
    let homes_layer = layer("residences");
    let table = homes(&["a", "b'", "穗"], &[1, 2, -1]);
    let filled = batch(&homes_layer, AT, BatchMode::Insert, &table);
    store.commit(&[filled], &mut |_| true).unwrap();
    let read = |ids: &[&str]| store.read_rows(&homes_layer, &period(AT), ids).unwrap();
    let some = read(&["穗", "none", "b'"]);
    let found: BTreeMap<&str, FeatureState> = (0..some.len())
        .map(|row| (&*some.ids[row], FeatureState::of_row(&some, row)))
        .collect();
    let wanted = [("b'", 1), ("穗", 2)];
    let wanted = wanted.map(|(id, row)| (id, FeatureState::of_row(&table, row)));
    assert_eq!(found, wanted.into());
    assert!(read(&[]).is_empty());
}

/// Rows of an index by id, with their areas.
fn rows(city: &city::City) -> BTreeMap<String, (FeatureState, BTreeMap<String, String>)> {
    let index = &city.layer("residences", None).expect("homes").index;
    let row = |feature| {
        let codes = index.codes(feature).into_iter();
        let codes = codes.map(|(level, code)| (level.to_string(), code));
        (
            index.id(feature).to_owned(),
            (index.state(feature), codes.collect()),
        )
    };
    index.iter().map(row).collect()
}

fn following_reads_no_more_than_what_changed(store: &dyn Store) {
    const MANY: usize = 40_000;
    let (districts, homes_layer) = (layer("districts"), layer("residences"));
    let names: Vec<String> = (0..MANY).map(|n| format!("h{n}")).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = homes(&ids, &vec![3; MANY]);
    let area = district();
    let batches = [
        batch(&districts, AT, BatchMode::Insert, &area),
        batch(&homes_layer, AT, BatchMode::Insert, &table),
    ];
    store.commit(&batches, &mut |_| true).unwrap();
    let before = city::load(store, catalog()).unwrap();
    edit(
        store,
        &[
            write(
                "h0",
                Some(FeatureState::of_row(&table, 0)),
                Some(home(113.0, 9)),
            ),
            write("h1", Some(FeatureState::of_row(&table, 1)), None),
            write("new", None, Some(home(113.00005, 4))),
        ],
    )
    .unwrap();
    let after = city::follow(store, &before).unwrap().expect("a change");
    let afresh = city::load(store, catalog()).unwrap();
    assert_eq!(rows(&after), rows(&afresh));
    assert_eq!(rows(&after).len(), MANY);
    let cells = |city: &city::City| {
        let index = &city.layer("residences", None).expect("homes").index;
        let cells = index.cells().iter();
        cells
            .map(|cell| Arc::as_ptr(cell) as usize)
            .collect::<BTreeSet<_>>()
    };
    let (old, new) = (cells(&before), cells(&after));
    let shared = old.intersection(&new).count();
    assert!(
        old.len() > 2 && shared + 1 == old.len(),
        "{shared} of {}",
        old.len()
    );
    let sums = |city: &city::City| {
        city.layer("residences", None)
            .expect("homes")
            .index
            .sums()
            .clone()
    };
    assert_eq!(
        format!("{:?}", sums(&after)),
        format!("{:?}", sums(&afresh))
    );
    assert!(city::follow(store, &after).unwrap().is_none());
}

/// Edits of up to six homes: which one, what becomes of it, whether by its true state.
fn batches() -> impl Strategy<Value = Vec<Vec<(u8, Option<u8>, bool)>>> {
    let one = (
        0..6u8,
        prop::option::weighted(0.7, 0..5u8),
        prop::bool::weighted(0.85),
    );
    prop::collection::vec(prop::collection::vec(one, 1..5), 1..8)
}

fn edits_hold_against_a_map<H: Deref<Target: Store + Sized>>(make: impl Fn() -> H) {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&batches(), |batches| {
            let store = make();
            let mut model: BTreeMap<String, FeatureState> = BTreeMap::new();
            let mut log: BTreeMap<String, Vec<Option<FeatureState>>> = BTreeMap::new();
            for edits in batches {
                let mut named = BTreeSet::new();
                let mut is_sound = true;
                let mut writes = Vec::new();
                for (number, after, is_seen) in edits {
                    let id = format!("h{number}");
                    if !named.insert(number) {
                        continue;
                    }
                    let now = model.get(&id).cloned();
                    let after = after.map(|n| home(113.0 + f64::from(n % 2), i64::from(n)));
                    let stale = Some(home(120.0, 1));
                    is_sound &= is_seen;
                    writes.push(write(&id, if is_seen { now } else { stale }, after));
                }
                writes.retain(|write| write.before != write.after);
                let done = edit(&*store, &writes);
                prop_assert_eq!(done.is_ok(), is_sound || writes.is_empty());
                if done.is_err() {
                    continue;
                }
                for write in writes {
                    log.entry(write.id.clone())
                        .or_default()
                        .push(write.after.clone());
                    match write.after {
                        Some(after) => drop(model.insert(write.id, after)),
                        None => drop(model.remove(&write.id)),
                    }
                }
                prop_assert_eq!(&all(&*store), &model);
                prop_assert_eq!(counted(&*store), model.len() as u64);
            }
            for (id, states) in log {
                let entries = store
                    .history(&layer("residences"), &period(AT), &id)
                    .unwrap();
                let afters = entries.into_iter().rev().map(|entry| entry.after);
                prop_assert_eq!(afters.collect::<Vec<_>>(), states);
            }
            Ok(())
        })
        .expect("the store holds what the map holds");
}
