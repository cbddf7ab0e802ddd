//! The promises of [`Store`], held against any home: each check gets a new, empty store.

use std::{collections::BTreeMap, ops::Deref};

use proptest::prelude::*;
use suitu::{
    domain::{Flow, FlowPlace, Flows, Layer, Table, Value},
    store::{
        BatchMode, ChangeKind, ControlTotal, Definition, FlowBatch, ImportRecord, Store,
        StoreError, StoredNetwork,
    },
};

use super::sample::{batch, district, homes, layer, period};

/// Every check, by name; a home passes when none of them panics.
pub fn hold<H: Deref<Target: Store + Sized>>(make: impl Fn() -> H) {
    an_empty_store_is_empty(&*make());
    what_goes_in_comes_out(&*make());
    a_state_is_filled_once(&*make());
    periods_are_apart(&*make());
    an_update_changes_by_id_and_adds(&*make());
    rows_are_appended_and_removed_by_id(&*make());
    area_codes_are_set_alone(&*make());
    a_commit_is_whole_or_nothing(&*make());
    a_cancelled_commit_leaves_nothing(&*make());
    the_change_log_is_complete_and_in_order(&*make());
    settings_and_totals_are_kept(&*make());
    readers_see_whole_commits(&*make());
    networks_take_the_place_of_their_namesakes(&*make());
    flows_are_kept_by_level_and_period(&*make());
    a_cancelled_import_of_flows_leaves_nothing(&*make());
    scenarios_are_kept_with_their_edits(&*make());
    definitions_are_kept_by_kind_and_id(&*make());
    super::once::hold(&make);
    super::edits::hold(make);
}

fn put(store: &dyn Store, layer: &Layer, at: &str, mode: BatchMode, table: &Table) -> u64 {
    let batches = [batch(layer, at, mode, table)];
    store.commit(&batches, &mut |_| true).expect("a commit")
}

fn people(store: &dyn Store, at: &str) -> BTreeMap<String, Option<i64>> {
    let layer = layer("residences");
    let table = store.read(&layer, &period(at)).expect("a table");
    let column = layer
        .attribute_index("usual_residents")
        .expect("an attribute");
    let value = |row: usize| table.columns[column].get(row).as_integer();
    let ids = table.ids.iter().enumerate();
    ids.map(|(row, id)| (id.to_string(), value(row))).collect()
}

fn features(store: &dyn Store, at: &str) -> Option<u64> {
    let states = store.states().expect("states");
    let mut homes = states.iter().filter(|s| s.layer == *"residences");
    homes.find(|s| s.period == period(at)).map(|s| s.features)
}

fn an_empty_store_is_empty(store: &dyn Store) {
    assert_eq!(store.states().unwrap(), []);
    assert_eq!(store.change_number().unwrap(), 0);
    assert_eq!(store.changes_since(0).unwrap(), []);
    assert!(
        store
            .read(&layer("residences"), &period("2020"))
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.setting("title_zh").unwrap(), None);
}

fn what_goes_in_comes_out(store: &dyn Store) {
    let (homes_layer, districts) = (layer("residences"), layer("districts"));
    let written = homes(&["007", "a'b", "穗"], &[1 << 39, -1, 0]);
    put(
        store,
        &homes_layer,
        "2020-11-01",
        BatchMode::Insert,
        &written,
    );
    let read = store.read(&homes_layer, &period("2020-11-01")).unwrap();
    assert_eq!(read.ids, written.ids);
    assert_eq!(read.geometries, written.geometries);
    for (at, attribute) in homes_layer.attributes.iter().enumerate() {
        for row in 0..written.len() {
            let (found, wanted) = (read.columns[at].get(row), written.columns[at].get(row));
            assert_eq!(found, wanted, "{} of row {row}", attribute.id);
        }
    }
    let holed = district();
    put(store, &districts, "2020", BatchMode::Insert, &holed);
    let read = store.read(&districts, &period("2020")).unwrap();
    assert_eq!(read.geometries, holed.geometries);
    let code = districts.attribute_index("code").unwrap();
    assert_eq!(read.columns[code].get(0), Value::Text("010203".into()));
    let states = store.states().unwrap();
    assert_eq!(states.len(), 2);
    assert!(
        states
            .iter()
            .all(|state| state.records[0].source == "a bureau")
    );
}

fn a_state_is_filled_once(store: &dyn Store) {
    let homes_layer = layer("residences");
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Insert,
        &homes(&["a"], &[1]),
    );
    let again = homes(&["b"], &[2]);
    let refused = store.commit(
        &[batch(&homes_layer, "2020", BatchMode::Insert, &again)],
        &mut |_| true,
    );
    assert!(matches!(
        refused,
        Err(StoreError::Occupied { features: 1, .. })
    ));
    put(store, &homes_layer, "2020", BatchMode::Replace, &again);
    assert_eq!(people(store, "2020"), [("b".to_owned(), Some(2))].into());
    assert_eq!(features(store, "2020"), Some(1));
    // What was replaced has no say in where the numbers come from.
    assert_eq!(store.states().unwrap()[0].records.len(), 1);
}

fn periods_are_apart(store: &dyn Store) {
    let homes_layer = layer("residences");
    put(
        store,
        &homes_layer,
        "2010",
        BatchMode::Insert,
        &homes(&["a"], &[1]),
    );
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Insert,
        &homes(&["a", "b"], &[5, 6]),
    );
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Delete,
        &homes(&["a"], &[0]),
    );
    assert_eq!(people(store, "2010"), [("a".to_owned(), Some(1))].into());
    assert_eq!(people(store, "2020"), [("b".to_owned(), Some(6))].into());
    assert_eq!(
        (features(store, "2010"), features(store, "2020")),
        (Some(1), Some(1))
    );
    // One that is there is filled again only by who says so, and then alone.
    let again = homes(&["a", "z"], &[3, 4]);
    let second = batch(&homes_layer, "2010", BatchMode::Insert, &again);
    match store.commit(&[second], &mut |_| true) {
        Err(StoreError::Occupied {
            period: at,
            features,
            ..
        }) => assert_eq!((at, features), (period("2010"), 1)),
        other => panic!("{other:?}"),
    }
    put(store, &homes_layer, "2010", BatchMode::Replace, &again);
    put(
        store,
        &homes_layer,
        "2015",
        BatchMode::Insert,
        &homes(&["a"], &[2]),
    );
    put(
        store,
        &homes_layer,
        "2010",
        BatchMode::Update,
        &homes(&["z"], &[40]),
    );
    put(
        store,
        &homes_layer,
        "2015",
        BatchMode::Append,
        &homes(&["n"], &[9]),
    );
    let told = |at: &str| people(store, at).into_values().collect::<Vec<_>>();
    assert_eq!(told("2010"), [Some(3), Some(40)]);
    assert_eq!(told("2015"), [Some(2), Some(9)]);
    assert_eq!(told("2020"), [Some(6)]);
    let states = store.states().expect("states");
    let dates: Vec<&str> = states.iter().map(|s| s.period.as_str()).collect();
    assert_eq!(dates, ["2010", "2015", "2020"], "oldest first");
}

fn an_update_changes_by_id_and_adds(store: &dyn Store) {
    let homes_layer = layer("residences");
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Insert,
        &homes(&["a", "b"], &[1, 2]),
    );
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Update,
        &homes(&["b", "c"], &[20, 30]),
    );
    let wanted = [("a", 1), ("b", 20), ("c", 30)].map(|(id, n)| (id.to_owned(), Some(n)));
    assert_eq!(people(store, "2020"), wanted.into());
    assert_eq!(features(store, "2020"), Some(3));
}

fn rows_are_appended_and_removed_by_id(store: &dyn Store) {
    let homes_layer = layer("residences");
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Insert,
        &homes(&["a"], &[1]),
    );
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Append,
        &homes(&["b"], &[2]),
    );
    let twice = homes(&["c", "a"], &[3, 4]);
    let refused = store.commit(
        &[batch(&homes_layer, "2020", BatchMode::Append, &twice)],
        &mut |_| true,
    );
    match refused {
        Err(StoreError::DuplicateId { id, .. }) => assert_eq!(id, "a"),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        people(store, "2020").len(),
        2,
        "nothing of the refused rows stands"
    );
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Delete,
        &homes(&["a", "nobody"], &[0, 0]),
    );
    assert_eq!(people(store, "2020"), [("b".to_owned(), Some(2))].into());
}

fn area_codes_are_set_alone(store: &dyn Store) {
    let homes_layer = layer("residences");
    let before = homes(&["a", "b"], &[1, -1]);
    put(store, &homes_layer, "2020", BatchMode::Insert, &before);
    let mut codes = Table::default();
    codes.ids.push("b".into());
    codes.geometries.push(before.geometries[1].clone());
    let level = "district".parse().expect("a level");
    codes
        .area_codes
        .entry(level)
        .or_default()
        .push(Some("440106"));
    put(store, &homes_layer, "2020", BatchMode::AreaCodes, &codes);
    let read = store.read(&homes_layer, &period("2020")).unwrap();
    assert_eq!(read.columns, before.columns);
    let found = &read.area_codes["district"];
    assert_eq!((found.get(0), found.get(1)), (None, Some("440106")));
}

fn a_commit_is_whole_or_nothing(store: &dyn Store) {
    let homes_layer = layer("residences");
    put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Insert,
        &homes(&["a"], &[1]),
    );
    let (number, states) = (store.change_number().unwrap(), store.states().unwrap());
    let (good, bad) = (homes(&["x"], &[1]), homes(&["y", "y"], &[1, 2]));
    let batches = [
        batch(&homes_layer, "2021", BatchMode::Insert, &good),
        batch(&homes_layer, "2022", BatchMode::Insert, &bad),
    ];
    assert!(store.commit(&batches, &mut |_| true).is_err());
    assert_eq!(store.states().unwrap(), states);
    assert_eq!(store.change_number().unwrap(), number);
    assert!(people(store, "2021").is_empty());
}

fn a_cancelled_commit_leaves_nothing(store: &dyn Store) {
    let homes_layer = layer("residences");
    let ids: Vec<String> = (0..25_000).map(|n| format!("h{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let many = homes(&ids, &vec![1; ids.len()]);
    let mut told = Vec::new();
    let cancelled = store.commit(
        &[batch(&homes_layer, "2020", BatchMode::Insert, &many)],
        &mut |rows| {
            told.push(rows);
            rows < 20_000
        },
    );
    assert!(matches!(cancelled, Err(StoreError::Cancelled)));
    assert!(told.is_sorted() && told.len() >= 2, "{told:?}");
    assert_eq!(store.states().unwrap(), []);
    assert_eq!(store.change_number().unwrap(), 0);
    put(store, &homes_layer, "2020", BatchMode::Insert, &many);
    assert_eq!(features(store, "2020"), Some(25_000));
}

fn the_change_log_is_complete_and_in_order(store: &dyn Store) {
    let homes_layer = layer("residences");
    let first = put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Insert,
        &homes(&["a", "b"], &[1, 2]),
    );
    let second = put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Update,
        &homes(&["b"], &[3]),
    );
    let third = put(
        store,
        &homes_layer,
        "2020",
        BatchMode::Delete,
        &homes(&["a"], &[0]),
    );
    assert!(first < second && second < third);
    assert_eq!(store.change_number().unwrap(), third);
    let all = store.changes_since(0).unwrap();
    assert!(all.windows(2).all(|pair| pair[0].number < pair[1].number));
    assert!(
        all.iter()
            .all(|change| !change.external && change.layer == *"residences")
    );
    let later = store.changes_since(first).unwrap();
    assert!(later.iter().all(|change| change.number > first));
    let touched: Vec<_> = later.iter().filter_map(|c| c.id.as_deref()).collect();
    assert!(
        touched.contains(&"b") && touched.contains(&"a"),
        "{later:?}"
    );
    assert!(later.iter().any(|c| c.kind == ChangeKind::Delete));
    assert_eq!(store.changes_since(third).unwrap(), []);
    assert!(store.holds(third).unwrap() && !store.holds(third + 1).unwrap());
    let state = &store.states().unwrap()[0];
    assert!(state.changed > second, "the state knows its last change");
}

fn settings_and_totals_are_kept(store: &dyn Store) {
    store.set_setting("title_zh", "广州").unwrap();
    store.set_setting("title_zh", "广州市").unwrap();
    assert_eq!(
        store.setting("title_zh").unwrap().as_deref(),
        Some("广州市")
    );
    let (homes_layer, table) = (layer("residences"), homes(&["a"], &[1]));
    let totals = [ControlTotal {
        attribute: "usual_residents".parse().unwrap(),
        level: "district".parse().unwrap(),
        code: "440106".parse().unwrap(),
        value: 2_241_826,
        source: "census".into(),
    }];
    let mut with_totals = batch(&homes_layer, "2020", BatchMode::Insert, &table);
    with_totals.control_totals = &totals;
    store.commit(&[with_totals], &mut |_| true).unwrap();
    let found = store
        .control_totals(&homes_layer.id, &period("2020"))
        .unwrap();
    assert_eq!(found, totals);
    put(store, &homes_layer, "2020", BatchMode::Replace, &table);
    assert_eq!(
        store
            .control_totals(&homes_layer.id, &period("2020"))
            .unwrap(),
        []
    );
}

/// Every table that is read while another thread writes is one that was committed.
fn networks_take_the_place_of_their_namesakes(store: &dyn Store) {
    let network = |bytes: &[u8]| StoredNetwork {
        period: period("2020"),
        record: ImportRecord {
            source: format!("{} bytes", bytes.len()),
            ..ImportRecord::default()
        },
        bytes: bytes.to_vec(),
    };
    assert_eq!(store.network("walk").unwrap(), None);
    assert_eq!(store.network_number("walk").unwrap(), None);
    let (walk, car) = (network(b"\0on foot"), network(b"by car"));
    let first = store.set_networks(&[("walk", &walk), ("car", &car)]);
    let first = first.unwrap();
    assert_eq!(first, store.change_number().unwrap());
    assert_eq!(store.network("walk").unwrap(), Some(walk));
    assert_eq!(store.network("car").unwrap(), Some(car.clone()));
    // A later one leaves those of other names as they are.
    let known = store.network_number("car").unwrap();
    assert!(known.is_some_and(|number| number > 0 && number <= first));
    let other = network(b"another way");
    let second = store.set_network("walk", &other).unwrap();
    assert!(second > first);
    assert_eq!(store.network_number("walk").unwrap(), Some(second));
    assert_eq!(store.network("walk").unwrap(), Some(other));
    assert_eq!(store.network("car").unwrap(), Some(car));
    assert_eq!(store.network_number("car").unwrap(), known);
    assert!(!store.changes_since(first).unwrap().is_empty());
    // Nothing to write is nothing done.
    assert_eq!(store.set_networks(&[]).unwrap(), second);
}

fn definitions_are_kept_by_kind_and_id(store: &dyn Store) {
    let definition = |kind: &str, id: &str, text: &str| Definition {
        kind: kind.into(),
        id: id.into(),
        text: text.into(),
        record: ImportRecord {
            source: "a bureau".into(),
            ..ImportRecord::default()
        },
    };
    assert_eq!(store.definitions().unwrap(), []);
    let (a, b) = (
        definition("zoning", "穗", "x = '1'"),
        definition("norms", "b", ""),
    );
    let first = store.put_definitions(&[a.clone(), b.clone()]).unwrap();
    assert_eq!(store.change_number().unwrap(), first);
    let found = store.definitions().unwrap();
    let texts: Vec<&Definition> = found.iter().map(|s| &s.definition).collect();
    assert_eq!(texts, [&b, &a], "by kind, then id");
    // The same id of another kind is another one.
    let other = definition("norms", "穗", "y");
    let newer = definition("zoning", "穗", "x = '2'");
    let second = store.put_definitions(&[other, newer.clone()]).unwrap();
    assert!(second > first);
    let found = store.definitions().unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[2].definition, newer);
    assert_eq!(found[2].number, second);
    assert!(
        found[0].number < second,
        "what was not written keeps its number"
    );
    let removed = store.remove_definition("zoning", "穗").unwrap();
    assert!(removed > Some(second));
    assert_eq!(store.definitions().unwrap().len(), 2);
    // What is not there is no commit.
    assert_eq!(store.remove_definition("zoning", "穗").unwrap(), None);
    assert_eq!(store.put_definitions(&[]).unwrap(), removed.unwrap());
    let changes = store.changes_since(0).unwrap();
    assert_eq!(changes.len(), 5);
    assert!(
        changes
            .iter()
            .all(|c| c.layer == *"definitions" && !c.external)
    );
}

fn readers_see_whole_commits(store: &dyn Store) {
    const ROWS: i64 = 400;
    let homes_layer = layer("residences");
    let ids: Vec<String> = (0..ROWS).map(|n| format!("h{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let version = |n: i64| homes(&ids, &vec![n; ids.len()]);
    put(store, &homes_layer, "2020", BatchMode::Insert, &version(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..20 {
                put(store, &homes_layer, "2020", BatchMode::Replace, &version(n));
            }
        });
        for _ in 0..40 {
            let seen = people(store, "2020");
            let first = seen.values().next().copied();
            assert_eq!(seen.len() as i64, ROWS);
            assert!(seen.values().all(|value| Some(*value) == first));
        }
    });
}

/// A flow of `n` from each of the places to the next, the last one outside the city.
fn flows(places: &[&str], n: i64) -> Flows {
    let place = |at: usize| FlowPlace {
        code: places[at].parse().expect("a code"),
        is_outside: at + 1 == places.len(),
    };
    Flows::sum((1..places.len()).map(|at| Flow {
        origin: place(at - 1),
        destination: place(at),
        mode: (at % 2 == 0).then(|| "地铁'\"".into()),
        sector: None,
        commuters: n,
    }))
}

fn flow_batch<'a>(level: &str, at: &str, flows: &'a Flows, replace: bool) -> FlowBatch<'a> {
    FlowBatch {
        level: level.parse().expect("a level"),
        period: period(at),
        flows,
        record: ImportRecord {
            source: "a bureau".into(),
            ..ImportRecord::default()
        },
        replace,
    }
}

fn flows_are_kept_by_level_and_period(store: &dyn Store) {
    let written = flows(&["440103", "440104", "佛山"], 1 << 33);
    let put = |batch: FlowBatch<'_>| store.put_flows(&batch, &mut |_| true);
    let read = |level: &str, at: &str| store.flows(&level.parse().unwrap(), &period(at)).unwrap();
    let first = put(flow_batch("district", "2020", &written, false)).unwrap();
    assert_eq!(read("district", "2020"), written);
    assert!(read("district", "2021").is_empty() && read("subdistrict", "2020").is_empty());
    // Once only, but for who says so; other levels and periods stay as they are.
    let other = flows(&["440105", "x"], 3);
    let refused = put(flow_batch("district", "2020", &other, false));
    assert!(matches!(
        refused,
        Err(StoreError::FlowsOccupied { flows: 2, .. })
    ));
    put(flow_batch("district", "2021", &written, false)).unwrap();
    let last = put(flow_batch("district", "2020", &other, true)).unwrap();
    assert_eq!(read("district", "2020"), other);
    assert_eq!(read("district", "2021"), written);
    let states = store.flow_states().unwrap();
    let told: Vec<_> = states
        .iter()
        .map(|s| (s.period.as_str(), s.flows, s.changed))
        .collect();
    assert_eq!((told[0], told[1].1), (("2020", 1, last), 2));
    assert_eq!(states[0].record.source, "a bureau");
    // They are in the change log, and no layer.
    assert!(first < last && store.change_number().unwrap() == last);
    let changes = store.changes_since(first).unwrap();
    assert!(changes.iter().all(|c| c.layer == *"flows" && !c.external));
    assert_eq!(store.states().unwrap(), []);
}

fn a_cancelled_import_of_flows_leaves_nothing(store: &dyn Store) {
    let codes: Vec<String> = (0..20_002).map(|n| format!("z{n:05}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let many = flows(&codes, 1);
    let batch = flow_batch("district", "2020", &many, false);
    let cancelled = store.put_flows(&batch, &mut |rows| rows < 20_000);
    assert!(matches!(cancelled, Err(StoreError::Cancelled)));
    assert_eq!(store.flow_states().unwrap(), []);
    assert_eq!(store.change_number().unwrap(), 0);
    store.put_flows(&batch, &mut |_| true).unwrap();
    assert_eq!(store.flow_states().unwrap()[0].flows, 20_001);
}

#[derive(Clone, Debug)]
enum Step {
    Put(BatchMode, Vec<(u8, i64)>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let modes = prop_oneof![
        Just(BatchMode::Replace),
        Just(BatchMode::Update),
        Just(BatchMode::Append),
        Just(BatchMode::Delete),
    ];
    let rows = proptest::collection::vec((0u8..12, -1i64..50), 0..8);
    proptest::collection::vec(
        (modes, rows).prop_map(|(mode, rows)| Step::Put(mode, rows)),
        1..12,
    )
}

/// Any order of commits leaves what a plain map would hold.
pub fn hold_against_a_map<H: Deref<Target: Store + Sized>>(make: impl Fn() -> H) {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&steps(), |steps| {
            let store = make();
            let mut model: BTreeMap<String, Option<i64>> = BTreeMap::new();
            let mut last = 0;
            for Step::Put(mode, rows) in steps {
                let unique: BTreeMap<u8, i64> = rows.into_iter().collect();
                let ids: Vec<String> = unique.keys().map(|n| format!("h{n}")).collect();
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                let values: Vec<i64> = unique.values().copied().collect();
                let table = homes(&ids, &values);
                let homes_layer = layer("residences");
                let done =
                    store.commit(&[batch(&homes_layer, "2020", mode, &table)], &mut |_| true);
                let clash = ids.iter().any(|id| model.contains_key(*id));
                prop_assert_eq!(done.is_err(), mode == BatchMode::Append && clash);
                let Ok(number) = done else { continue };
                prop_assert!(number > last);
                last = number;
                if mode == BatchMode::Replace {
                    model.clear();
                }
                for (id, value) in ids.iter().zip(values) {
                    match mode {
                        BatchMode::Delete => drop(model.remove(*id)),
                        _ => drop(model.insert((*id).to_owned(), (value >= 0).then_some(value))),
                    }
                }
                prop_assert_eq!(&people(&*store, "2020"), &model);
                prop_assert_eq!(features(&*store, "2020"), Some(model.len() as u64));
            }
            Ok(())
        })
        .expect("the store holds what the map holds");
}

fn scenarios_are_kept_with_their_edits(store: &dyn Store) {
    assert_eq!(store.scenarios().unwrap(), []);
    assert_eq!(store.scenario(1).unwrap(), None);
    let mut first = store.create_scenario("甲案", "说明", "").unwrap();
    let second = store.create_scenario("乙案", "", "scope 440103").unwrap();
    assert!(second.id > first.id);
    assert_eq!((&*first.reading, &*second.reading), ("", "scope 440103"));
    assert_eq!((first.version, first.edits.len()), (1, 0));
    first.edits = vec!["{\"a\":1}".into(), "{\"b\":'\"2}".into()];
    first.undone = vec!["{\"c\":3}".into(), "{\"d\":4}".into()];
    let written = store.put_scenario(&first, "edit").unwrap();
    assert_eq!(
        (written.version, &written.edits, &written.undone),
        (2, &first.edits, &first.undone)
    );
    assert_eq!(store.scenario(first.id).unwrap().as_ref(), Some(&written));
    // What was read before is no longer what is there.
    let late = store.put_scenario(&first, "edit");
    assert!(matches!(
        late,
        Err(StoreError::ScenarioChanged { found: 2, .. })
    ));
    let late = store.delete_scenario(first.id, 1);
    assert!(matches!(
        late,
        Err(StoreError::ScenarioChanged { found: 2, .. })
    ));
    assert_eq!(
        store.scenarios().unwrap(),
        [written.clone(), second.clone()]
    );
    store.delete_scenario(first.id, 2).unwrap();
    assert_eq!(store.scenarios().unwrap(), std::slice::from_ref(&second));
    assert!(matches!(
        store.put_scenario(&written, "edit"),
        Err(StoreError::NoScenario(_))
    ));
    let third = store.create_scenario("丙案", "", "").unwrap();
    assert!(third.id > second.id, "ids are never given twice");
    let log = store.scenario_changes().unwrap();
    let told: Vec<(u64, u64, &str)> = log
        .iter()
        .map(|change| (change.scenario, change.version, change.what.as_str()))
        .collect();
    let wanted = [
        (first.id, 1, "create"),
        (second.id, 1, "create"),
        (first.id, 2, "edit"),
        (first.id, 2, "delete"),
        (third.id, 1, "create"),
    ];
    assert_eq!(told, wanted);
    assert!(log.is_sorted_by_key(|change| change.number));
    // The data are the same whatever is tried on them.
    assert_eq!(store.change_number().unwrap(), 0);
}
