use std::{collections::BTreeMap, sync::Arc};

use super::has_status;
use crate::{
    city::{City, LoadedLayer},
    domain::{LayerId, Period},
    index::FeatureRef,
    query::Start,
};

/// The entrances of a city (出入口), by the feature that they belong to: where one goes in and out.
pub struct Entrances {
    points: BTreeMap<LayerId, BTreeMap<String, Vec<(f64, f64)>>>,
    loaded: Vec<Arc<LoadedLayer>>,
}

impl Entrances {
    /// Those in use of every layer that refers to another.
    pub fn of(city: &City, period: Option<&Period>) -> Self {
        let mut entrances = Entrances {
            points: BTreeMap::new(),
            loaded: Vec::new(),
        };
        for loaded in city.layers_at(period) {
            let attributes = loaded.layer().attributes.iter().enumerate();
            for (at, attribute) in attributes {
                let Some(owner) = &attribute.refers_to else {
                    continue;
                };
                let index = &loaded.index;
                let points = entrances.points.entry(owner.clone()).or_default();
                for feature in index.iter().filter(|f| has_status(index, *f, None)) {
                    if let Some(id) = index.text(feature, at) {
                        let known: &mut Vec<_> = points.entry(id.to_owned()).or_default();
                        known.push(index.place(feature));
                    }
                }
                entrances.loaded.push(loaded.clone());
            }
        }
        entrances
    }

    /// The layers that refer to another.
    pub fn layers_of<'c>(
        city: &'c City,
        owner: &LayerId,
        period: Option<&'c Period>,
    ) -> impl Iterator<Item = &'c LoadedLayer> {
        let owner = owner.clone();
        let refers = move |loaded: &&Arc<LoadedLayer>| {
            let mut attributes = loaded.layer().attributes.iter();
            attributes.any(|attribute| attribute.refers_to.as_ref() == Some(&owner))
        };
        city.layers_at(period)
            .filter(refers)
            .map(|loaded| &**loaded)
    }

    /// Where one sets out from a feature, and how many entrances that is: all of them, or the
    /// feature's own place where none is known.
    pub fn start(&self, loaded: &LoadedLayer, feature: FeatureRef) -> (Start, Option<usize>) {
        let id = loaded.index.id(feature);
        let known = self
            .points
            .get(&loaded.layer().id)
            .and_then(|of| of.get(id));
        let start = Start {
            points: known.map_or_else(|| vec![loaded.index.place(feature)], Clone::clone),
            ..Start::of(loaded, feature)
        };
        (start, known.map(Vec::len))
    }

    /// The layers that they come from, as sources of an answer about `owner`.
    pub fn sources<'a>(&'a self, owner: &LayerId) -> impl Iterator<Item = &'a LoadedLayer> {
        let owner = owner.clone();
        let refers = move |loaded: &&Arc<LoadedLayer>| {
            let mut attributes = loaded.layer().attributes.iter();
            attributes.any(|attribute| attribute.refers_to.as_ref() == Some(&owner))
        };
        self.loaded.iter().filter(refers).map(|loaded| &**loaded)
    }
}
