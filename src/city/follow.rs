use std::collections::{BTreeMap, BTreeSet};

use super::{
    City, LoadError,
    load::{reload, reload_whole},
    recode::Boundaries,
};
use crate::{
    domain::{FeatureState, LayerId, Period, Table, TextColumn},
    index::LayerIndex,
    store::{Batch, BatchMode, Change, ChangeKind, ChangeNumber, PLACED, Store, StoreError, epoch},
};

/// Takes over what changed in the store since `before`, by this program or another.
///
/// Of layers where single features changed only these are read. Features that another program added or
/// moved get their area codes; where it changed areas, all features of their time do. Answers
/// `None` where nothing changed.
///
/// # Errors
/// What the store says; the city then stays as it is.
pub fn follow(store: &dyn Store, before: &City) -> Result<Option<City>, LoadError> {
    let changes = store.changes_since(before.version())?;
    if is_lost(store, before, changes.last())? {
        tracing::warn!(
            version = before.version(),
            "the last changes were lost in a failover: what the database holds is shown"
        );
        let city = reload_whole(store, before)?.returning();
        return catch_up(store, city).map(Some);
    }
    // What was written of a period that is none is no change of a state, but listed.
    if changes.is_empty() && store.change_number()? <= before.version() {
        return Ok(None);
    }
    place(store, reload(store, before)?, &changes).map(Some)
}

/// Whether what was committed last before `before` was made never reached the database that answers
/// now. A standby that is only behind will have it.
fn is_lost(store: &dyn Store, before: &City, newest: Option<&Change>) -> Result<bool, StoreError> {
    let known = before.version();
    let is_elsewhere = match newest {
        Some(newest) => epoch(newest.number) > epoch(known),
        None => store.change_number()? < known && store.takes_writes()?,
    };
    Ok(is_elsewhere && known > 0 && !store.holds(known)?)
}

/// Places in areas what other programs edited while nobody followed.
///
/// # Errors
/// What the store says.
pub fn catch_up(store: &dyn Store, city: City) -> Result<City, LoadError> {
    let placed: ChangeNumber = store
        .setting(PLACED)?
        .and_then(|number| number.parse().ok())
        .unwrap_or(0);
    let changes = store.changes_since(placed)?;
    place(store, city, &changes)
}

/// Sets the area codes that external `changes` call for, in the store and in the city.
fn place(store: &dyn Store, city: City, changes: &[Change]) -> Result<City, LoadError> {
    let external: Vec<&Change> = changes.iter().filter(|change| change.external).collect();
    // What reaches a standby is placed by whoever follows the home that it stands by.
    if external.is_empty() || !store.takes_writes()? {
        return Ok(city);
    }
    let is_area = |layer: &LayerId| {
        let layer = city.catalog().layer(layer.as_str());
        layer.is_some_and(|layer| layer.is_area())
    };
    let state = |change: &&Change| (change.layer.clone(), change.period.clone());
    let areas: BTreeSet<(LayerId, Period)> = external
        .iter()
        .filter(|change| is_area(&change.layer))
        .map(state)
        .collect();
    let mut touched: BTreeMap<(LayerId, Period), BTreeSet<&str>> = BTreeMap::new();
    for change in external.iter().filter(|c| c.kind != ChangeKind::Delete) {
        if let Some(id) = &change.id {
            touched.entry(state(change)).or_default().insert(id);
        }
    }
    let mut boundaries = Boundaries::of(&city);
    let mut recoded = match areas.is_empty() {
        true => Vec::new(),
        false => boundaries.recode(&areas, |_| false),
    };
    for ((layer, period), ids) in touched {
        let is_done = |(index, _): &(&LayerIndex, Table)| {
            index.layer().id == layer && *index.period() == period
        };
        let mut states = city.states(layer.as_str());
        let Some(loaded) = states.find(|loaded| *loaded.index.period() == period) else {
            continue;
        };
        if recoded.iter().any(is_done) {
            continue;
        }
        let before = pick(&loaded.index, &ids);
        let mut table = before.clone();
        boundaries.place(loaded.layer(), &period, &mut table);
        let rows = 0..table.len();
        let misplaced: Vec<usize> = rows
            .filter(|row| !same_codes(&before, &table, *row))
            .collect();
        if !misplaced.is_empty() {
            recoded.push((&loaded.index, table.rows(&misplaced)));
        }
    }
    let batches: Vec<Batch<'_>> = recoded
        .iter()
        .map(|(index, table)| Batch {
            layer: index.layer(),
            period: index.period().clone(),
            mode: BatchMode::AreaCodes,
            table,
            source_geometries: None,
            record: None,
            control_totals: &[],
            only: None,
        })
        .collect();
    let has_moved = !batches.is_empty();
    if has_moved {
        store.commit(&batches, &mut |_| true)?;
    }
    let last = store.change_number()?;
    store.set_setting(PLACED, &last.to_string())?;
    drop(batches);
    drop(recoded);
    match has_moved {
        true => reload(store, &city),
        false => Ok(city),
    }
}

/// The features with these ids, with their area codes; those that are gone are left out.
fn pick(index: &LayerIndex, ids: &BTreeSet<&str>) -> Table {
    let mut table = Table::for_layer(index.layer());
    for level in index.levels() {
        table
            .area_codes
            .insert(level.clone(), TextColumn::default());
    }
    for (id, feature) in ids.iter().filter_map(|id| Some((id, index.find(id)?))) {
        let FeatureState { geometry, values } = index.state(feature);
        table.push(id, geometry, &values);
        for (at, level) in index.levels().iter().enumerate() {
            let codes = table.area_codes.entry(level.clone()).or_default();
            codes.push(index.area_code(feature, at));
        }
    }
    table
}

/// Whether a row lies in the same areas in both tables; levels that `after` does not say stay.
fn same_codes(before: &Table, after: &Table, row: usize) -> bool {
    let mut said = after.area_codes.iter();
    said.all(|(level, codes)| {
        let known = before
            .area_codes
            .get(level)
            .and_then(|known| known.get(row));
        codes.get(row) == known
    })
}
