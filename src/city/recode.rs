//! Which area each feature lies in: every state by the boundaries of its time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use geo::Geometry;

use super::{AreaLocator, City, locator::set_area_codes};
use crate::{
    domain::{Layer, LayerId, LevelId, Period, Role, Table, TextColumn},
    index::LayerIndex,
};

/// A state of an area layer.
type AreaState = (LayerId, Period);

/// The boundaries of a city, by layer and period, with those that are about to change.
pub struct Boundaries<'c> {
    city: &'c City,
    /// The polygons by code of states that are not, or not like this, in the city.
    fresh: BTreeMap<AreaState, Vec<(String, Geometry<f64>)>>,
    locators: BTreeMap<AreaState, Arc<AreaLocator>>,
}

impl<'c> Boundaries<'c> {
    pub fn of(city: &'c City) -> Self {
        Boundaries {
            city,
            fresh: BTreeMap::new(),
            locators: BTreeMap::new(),
        }
    }

    /// Puts areas in place of those of the state.
    pub fn replace(
        &mut self,
        layer: &LayerId,
        period: &Period,
        areas: Vec<(String, Geometry<f64>)>,
    ) {
        self.fresh.insert((layer.clone(), period.clone()), areas);
    }

    /// The boundaries that hold at `period`: the newest at or before it, else the oldest.
    fn state_for(&self, layer: &Layer, period: &Period) -> Option<AreaState> {
        let known = self.city.states(layer.id.as_str());
        let mut periods: BTreeSet<&Period> = known.map(|loaded| loaded.index.period()).collect();
        let fresh = self.fresh.keys().filter(|(id, _)| *id == layer.id);
        periods.extend(fresh.map(|(_, period)| period));
        let older = periods.iter().rev().find(|p| p.is_at_or_before(period));
        let chosen = older.or_else(|| periods.iter().next())?;
        Some((layer.id.clone(), (*chosen).clone()))
    }

    /// For each level the locator of the boundaries at `period`.
    pub fn at(&mut self, period: &Period) -> BTreeMap<LevelId, Arc<AreaLocator>> {
        let mut found = BTreeMap::new();
        for layer in self.city.catalog().area_layers() {
            let (Some(level), Some(state)) = (&layer.area_level, self.state_for(layer, period))
            else {
                continue;
            };
            if let Some(locator) = self.locator(&state) {
                found.insert(level.clone(), locator);
            }
        }
        found
    }

    fn locator(&mut self, state: &AreaState) -> Option<Arc<AreaLocator>> {
        if let Some(known) = self.locators.get(state) {
            return Some(known.clone());
        }
        let locator = match self.fresh.get(state) {
            Some(areas) => Arc::new(AreaLocator::new(areas.clone().into_iter())),
            None => {
                let mut states = self.city.states(state.0.as_str());
                let loaded = states.find(|loaded| *loaded.index.period() == state.1)?;
                self.city.locator(loaded)
            }
        };
        self.locators.insert(state.clone(), locator.clone());
        Some(locator)
    }

    /// Whether the boundaries at `period` are among `changed`.
    fn depends(&self, period: &Period, changed: &BTreeSet<AreaState>) -> bool {
        let areas = self.city.catalog().area_layers();
        let mut states = areas
            .iter()
            .filter_map(|layer| self.state_for(layer, period));
        states.any(|state| changed.contains(&state))
    }

    /// Area codes anew for every state of the city whose boundaries are among `changed`, but for
    /// those that `skip` names.
    pub fn recode(
        &mut self,
        changed: &BTreeSet<AreaState>,
        skip: impl Fn(&LayerIndex) -> bool,
    ) -> Vec<(&'c LayerIndex, Table)> {
        let city = self.city;
        let mut recoded = Vec::new();
        for loaded in city.all_states() {
            let index = &loaded.index;
            if skip(index) || !self.depends(index.period(), changed) {
                continue;
            }
            let mut table = index.to_table();
            self.place(index.layer(), index.period(), &mut table);
            recoded.push((index, table));
        }
        recoded
    }

    /// Sets the area codes of every row of a table of `layer` at `period`.
    pub fn place(&mut self, layer: &Layer, period: &Period, table: &mut Table) {
        set_area_codes(table, &self.at(period));
        set_own_level(layer, table, &self.city.catalog().levels());
    }
}

/// The polygons of a table by code.
pub fn coded(layer: &Layer, table: &Table) -> Vec<(String, Geometry<f64>)> {
    let code_at = layer.index_with_role(Role::Code);
    let code = |row: usize| Some(table.columns[code_at?].get(row).as_text()?.to_owned());
    let rows = 0..table.len();
    rows.filter_map(|row| Some((code(row)?, table.geometries[row].clone())))
        .collect()
}

/// An area carries its own code at its own level and none of a smaller level.
fn set_own_level(layer: &Layer, table: &mut Table, levels: &[LevelId]) {
    let (Some(own), Some(code_at)) = (&layer.area_level, layer.index_with_role(Role::Code)) else {
        return;
    };
    let mut column = TextColumn::default();
    for row in 0..table.len() {
        // Rows that are only placed come without their values.
        let code = table.columns.get(code_at).map(|codes| codes.get(row));
        column.push(code.as_ref().and_then(|code| code.as_text()));
    }
    table.area_codes.insert(own.clone(), column);
    for smaller in levels.iter().skip_while(|level| *level != own).skip(1) {
        table.area_codes.remove(smaller);
    }
}
