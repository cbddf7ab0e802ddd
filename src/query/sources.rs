//! Which layer and attribute answers for a role, e.g. jobs or employed residents.

use std::sync::Arc;

use super::QueryError;
use crate::{
    city::{City, LoadedLayer},
    domain::{Attribute, LayerKind, Period, Role},
    index::{CountTotal, Sums},
};

/// A count attribute of a loaded layer.
#[derive(Clone)]
pub struct CountSource {
    pub loaded: Arc<LoadedLayer>,
    /// Its place in the layer's attributes.
    pub place: usize,
    /// Its place among the layer's counts, as in [`Sums`].
    pub count: usize,
}

impl CountSource {
    pub fn attribute(&self) -> &Attribute {
        &self.loaded.layer().attributes[self.place]
    }

    pub fn layer_id(&self) -> &str {
        self.loaded.layer().id.as_str()
    }

    /// The total of this attribute in `sums`, unknown where features exist but none has a value.
    pub fn known(&self, sums: Option<&Sums>) -> Option<i64> {
        match sums {
            None => self.ever_filled().then_some(0),
            Some(sums) => known(sums, self.count),
        }
    }

    pub fn total(&self, sums: Option<&Sums>) -> CountTotal {
        sums.map_or_else(CountTotal::default, |sums| sums.counts[self.count])
    }

    /// Whether any feature of the layer has a value.
    pub fn ever_filled(&self) -> bool {
        known(self.loaded.index.sums(), self.count).is_some()
    }
}

/// A sum, unknown where there are features but not one of them has a value.
pub fn known(sums: &Sums, count: usize) -> Option<i64> {
    let total = sums.counts[count];
    let all_missing = sums.features > 0 && total.missing == sums.features;
    (!all_missing).then_some(total.sum)
}

/// The attribute that plays `role` in a loaded layer of `kind`; filled ones before empty ones,
/// then by layer id.
pub fn with_role(
    city: &City,
    kind: LayerKind,
    role: Role,
    period: Option<&Period>,
) -> Option<CountSource> {
    let candidates: Vec<CountSource> = city
        .layers_at(period)
        .filter(|loaded| loaded.layer().kind == kind)
        .filter_map(|loaded| {
            let mut counts = loaded.layer().counts().enumerate();
            let (count, (place, _)) = counts.find(|(_, (_, a))| a.role == role)?;
            Some(CountSource {
                loaded: loaded.clone(),
                place,
                count,
            })
        })
        .collect();
    let filled = candidates
        .iter()
        .find(|source| source.ever_filled())
        .cloned();
    filled.or_else(|| candidates.into_iter().next())
}

/// The population attribute named `caliber` (an attribute id), or the first filled one.
pub fn population(
    city: &City,
    caliber: Option<&str>,
    period: Option<&Period>,
) -> Option<CountSource> {
    let mut sources = populations(city, period).into_iter();
    match caliber {
        Some(id) => sources.find(|source| source.attribute().id == *id),
        None => sources.next(),
    }
}

/// Whether anybody is known to live in the city, of a caliber or of any.
pub fn has_population(city: &City, caliber: Option<&str>, period: Option<&Period>) -> bool {
    population(city, caliber, period).is_some()
}

/// Like [`population`].
///
/// # Errors
/// A named attribute that is no population or holds no values.
pub fn named_population(
    city: &City,
    caliber: Option<&str>,
    period: Option<&Period>,
) -> Result<Option<CountSource>, QueryError> {
    match (population(city, caliber, period), caliber) {
        (None, Some(caliber)) => Err(QueryError::NotFound {
            what: "population attribute",
            name: caliber.to_owned(),
        }),
        (people, _) => Ok(people),
    }
}

/// Every population count of the residence layers that holds values.
pub fn populations(city: &City, period: Option<&Period>) -> Vec<CountSource> {
    city.layers_at(period)
        .filter(|loaded| loaded.layer().kind == LayerKind::Residence)
        .flat_map(|loaded| {
            let counts: Vec<_> = loaded.layer().counts().enumerate().collect();
            let of_role = counts
                .into_iter()
                .filter(|(_, (_, a))| a.role == Role::Population);
            let source = |(count, (place, _)): (usize, (usize, &Attribute))| CountSource {
                loaded: loaded.clone(),
                place,
                count,
            };
            of_role.map(source).collect::<Vec<_>>()
        })
        .filter(CountSource::ever_filled)
        .collect()
}
