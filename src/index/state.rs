use std::collections::BTreeMap;

use super::{Edit, FeatureRef, LayerIndex};
use crate::domain::{FeatureState, LevelId, Table};

impl LayerIndex {
    /// What a feature is.
    pub fn state(&self, feature: FeatureRef) -> FeatureState {
        let places = 0..self.layer().attributes.len();
        FeatureState {
            geometry: self.geometry(feature),
            values: places.map(|at| self.value(feature, at)).collect(),
        }
    }

    /// The areas that a feature lies in, by their codes.
    pub fn codes(&self, feature: FeatureRef) -> BTreeMap<LevelId, String> {
        let levels = self.levels().iter().enumerate();
        levels
            .filter_map(|(at, level)| {
                Some((level.clone(), self.area_code(feature, at)?.to_owned()))
            })
            .collect()
    }
}

impl Edit {
    /// Puts the feature that a row of a table is.
    pub fn put(table: &Table, row: usize) -> Self {
        let FeatureState { geometry, values } = FeatureState::of_row(table, row);
        let codes = table.area_codes.iter();
        Edit::Put {
            id: table.ids[row].to_string(),
            geometry,
            values,
            area_codes: codes
                .filter_map(|(level, codes)| Some((level.clone(), codes.get(row)?.to_owned())))
                .collect(),
        }
    }
}
