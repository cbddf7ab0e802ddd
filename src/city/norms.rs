use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::City;
use crate::domain::{LayerId, NormError, NormSet};

/// The norm sets that a city keeps for itself (本市标准), in place of those of the same name.
#[derive(Debug, Default)]
pub struct OwnNorms {
    sets: BTreeMap<LayerId, Arc<NormSet>>,
    /// Texts that do not hold together with the layers of now.
    faults: Vec<(String, NormError)>,
}

impl OwnNorms {
    pub(super) fn of(city: &City) -> Self {
        let mut own = OwnNorms::default();
        for stored in city.definitions(City::NORMS) {
            let definition = &stored.definition;
            match NormSet::parse(&definition.text, city.catalog()) {
                Ok(set) => drop(own.sets.insert(set.id.clone(), Arc::new(set))),
                Err(fault) => own.faults.push((definition.id.clone(), fault)),
            }
        }
        own
    }
}

impl City {
    /// The kind of definitions that norm sets are.
    pub const NORMS: &'static str = "norms";

    /// The norm set of a name: the city's own, else the built-in one.
    pub fn norm_set(&self, id: &str) -> Option<&Arc<NormSet>> {
        let own = self.own_norms().sets.get(id);
        own.or_else(|| self.catalog().norm_set(id))
    }

    /// All norm sets in the order of their ids.
    pub fn norm_sets(&self) -> impl Iterator<Item = &Arc<NormSet>> {
        let built_in = self.catalog().norm_sets().map(|set| &set.id);
        let ids: BTreeSet<&LayerId> = built_in.chain(self.own_norms().sets.keys()).collect();
        ids.into_iter().filter_map(|id| self.norm_set(id.as_str()))
    }

    /// Whether a norm set is the city's own.
    pub fn has_own_norms(&self, id: &str) -> bool {
        self.own_norms().sets.contains_key(id)
    }

    /// Norm sets of the city's own that cannot be used any longer, and why.
    pub fn norm_faults(&self) -> &[(String, NormError)] {
        &self.own_norms().faults
    }
}
