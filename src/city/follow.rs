use std::collections::{BTreeMap, BTreeSet};

use super::{AreaLocator, City, LoadError, load::reload, locator::set_area_codes};
use crate::{
    domain::{LayerId, Period, Table},
    store::{Batch, BatchMode, ChangeKind, Store},
};

/// Takes over what changed in the store since `before`, by this program or another.
///
/// Features that another program added or moved get their area codes. Answers `None` where nothing
/// changed.
///
/// # Errors
/// What the store says; the city then stays as it is.
pub fn follow(store: &dyn Store, before: &City) -> Result<Option<City>, LoadError> {
    let changes = store.changes_since(before.version())?;
    if changes.is_empty() {
        return Ok(None);
    }
    let mut touched: BTreeMap<(LayerId, Period), BTreeSet<String>> = BTreeMap::new();
    for change in changes
        .into_iter()
        .filter(|c| c.external && c.kind != ChangeKind::Delete)
    {
        if let Some(id) = change.id {
            touched
                .entry((change.layer, change.period))
                .or_default()
                .insert(id);
        }
    }
    for ((layer, period), ids) in touched {
        let Some(definition) = before.catalog().layer(layer.as_str()) else {
            continue;
        };
        let mut table = pick(&store.read(definition, &period)?, &ids);
        if table.is_empty() {
            continue;
        }
        let mut locators = BTreeMap::new();
        for areas in before.catalog().area_layers() {
            let loaded = before
                .layer(areas.id.as_str(), None)
                .filter(|_| areas.id != layer);
            if let (Some(level), Some(loaded)) = (&areas.area_level, loaded) {
                locators.insert(level.clone(), AreaLocator::for_layer(loaded));
            }
        }
        set_area_codes(&mut table, &locators);
        table
            .area_codes
            .retain(|level, _| locators.contains_key(level));
        let batch = Batch {
            layer: definition,
            period,
            mode: BatchMode::AreaCodes,
            table: &table,
            source_geometries: None,
            record: None,
            control_totals: &[],
        };
        store.commit(&[batch], &mut |_| true)?;
    }
    reload(store, before).map(Some)
}

/// Ids and geometries of some rows; their values are not needed to place them.
fn pick(table: &Table, ids: &BTreeSet<String>) -> Table {
    let mut picked = Table::default();
    for (id, geometry) in table.ids.iter().zip(&table.geometries) {
        if ids.contains(&**id) {
            picked.ids.push(id.clone());
            picked.geometries.push(geometry.clone());
        }
    }
    picked
}
