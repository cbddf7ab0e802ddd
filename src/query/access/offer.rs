use std::{collections::HashMap, sync::Arc};

use super::{AccessQuery, Measure, QueryError};
use crate::{
    city::{City, LoadedLayer},
    domain::{LeftOut, Role},
    index::FeatureRef,
    query::{Start, features::condition},
};

/// The facilities of a question and what they offer.
pub(in crate::query) struct Offer {
    pub loaded: Arc<LoadedLayer>,
    pub starts: Vec<Start>,
    pub supply: Vec<f64>,
    /// The number of each feature of the layer among the facilities.
    numbers: HashMap<FeatureRef, u32>,
    /// The attribute of the capacity; none where each facility is one.
    attribute: Option<String>,
    missing: u64,
}

/// Each facility counts one.
const FEATURES: &str = "features";

impl Offer {
    /// Facilities that are known already, each with where one sets out from it and what it offers.
    pub fn given(
        loaded: Arc<LoadedLayer>,
        facilities: impl IntoIterator<Item = (FeatureRef, Start, f64)>,
    ) -> Self {
        let mut offer = Offer {
            loaded,
            starts: Vec::new(),
            supply: Vec::new(),
            numbers: HashMap::new(),
            attribute: None,
            missing: 0,
        };
        for (feature, start, supply) in facilities {
            offer.numbers.insert(feature, offer.starts.len() as u32);
            offer.starts.push(start);
            offer.supply.push(supply);
        }
        offer
    }

    /// The facilities of a question with a known capacity, in the order of their index.
    ///
    /// # Errors
    /// An unknown layer, condition or attribute; an attribute that no facility has a value of.
    pub fn of(city: &City, query: &mut AccessQuery) -> Result<Self, QueryError> {
        let not_found = || QueryError::NotFound {
            what: "facility layer with features",
            name: query.to.layer.to_string(),
        };
        let loaded = city.layer(query.to.layer.as_str(), query.period.as_ref());
        let loaded = loaded
            .filter(|l| !l.layer().is_area())
            .ok_or_else(not_found)?;
        let condition = condition(loaded, query.to.condition.as_deref())?;
        let capacity = match (&query.to.capacity, query.measure) {
            (None, Measure::Nearest) => FEATURES.to_owned(),
            (None, _) => return Err(ask_for_capacity(loaded)),
            (Some(attribute), _) => attribute.clone(),
        };
        let place = match capacity.as_str() {
            FEATURES => None,
            name => Some(number_attribute(loaded, name)?),
        };
        let index = &loaded.index;
        let mut offer = Offer {
            loaded: loaded.clone(),
            starts: Vec::new(),
            supply: Vec::new(),
            numbers: HashMap::new(),
            attribute: place.map(|_| capacity.clone()),
            missing: 0,
        };
        let facilities: Vec<_> = match &condition {
            Some(condition) => index.iter_kept(condition).collect(),
            None => index.iter().collect(),
        };
        for facility in &facilities {
            let value = match place {
                None => Some(1.0),
                Some(place) => index.value(*facility, place).as_number(),
            };
            let Some(value) = value else {
                offer.missing += 1;
                continue;
            };
            if value < 0.0 {
                let id = index.id(*facility);
                let problem = format!("`{capacity}` of {id} is below 0; mend it");
                return Err(QueryError::field("to", problem));
            }
            // To the nearest of several there is no way round a place that offers nothing.
            if value == 0.0 && query.measure == Measure::Nearest {
                continue;
            }
            offer.numbers.insert(*facility, offer.starts.len() as u32);
            offer.starts.push(Start::of(loaded, *facility));
            offer.supply.push(value);
        }
        if offer.missing > 0 && offer.supply.is_empty() {
            let problem = format!(
                "no facility has a value of `{capacity}`; import it, name another, or count each \
                 as one with `features`"
            );
            return Err(QueryError::field("to", problem));
        }
        query.to.capacity = Some(capacity);
        Ok(offer)
    }

    /// The number of a feature of the layer; `None` where it is not one of the facilities.
    pub fn number(&self, feature: FeatureRef) -> Option<u32> {
        self.numbers.get(&feature).copied()
    }

    pub fn left_out(&self, left_out: &mut LeftOut) {
        if let Some(attribute) = &self.attribute {
            left_out.add_missing(self.loaded.layer().id.as_str(), attribute, self.missing);
        }
    }
}

fn ask_for_capacity(loaded: &LoadedLayer) -> QueryError {
    let attributes = loaded.layer().attributes.iter();
    let counted = attributes.filter(|a| matches!(a.role, Role::Capacity | Role::Jobs));
    let names: Vec<&str> = counted.map(|a| a.id.as_str()).collect();
    let names = [&names[..], &[FEATURES]].concat().join(", ");
    let problem = format!("say what counts in `capacity`: {names}");
    QueryError::field("to", problem)
}

fn number_attribute(loaded: &LoadedLayer, name: &str) -> Result<usize, QueryError> {
    use crate::domain::AttributeType::{Count, Integer, Number};
    let layer = loaded.layer();
    let place = layer.attribute_index(name);
    let is_number = |at: &usize| matches!(layer.attributes[*at].kind, Count | Integer | Number);
    place.filter(is_number).ok_or_else(|| {
        let numbers = (0..layer.attributes.len()).filter(is_number);
        let names: Vec<&str> = numbers.map(|at| layer.attributes[at].id.as_str()).collect();
        let names = [&names[..], &[FEATURES]].concat().join(", ");
        let problem = format!(
            "`{name}` is no number of {}; it is one of {names}",
            layer.id
        );
        QueryError::field("to", problem)
    })
}
