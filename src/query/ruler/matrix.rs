use std::sync::Arc;

use super::{Direction, Input, QueryError, Start, Travel};
use crate::{
    city::{City, LoadedLayer, TimeMatrix},
    domain::{LayerId, Title},
    index::FeatureRef,
    network::Side,
};

/// Measures by a table of travel times; only the features that it names have any.
pub(super) struct ByMatrix<'c> {
    matrix: &'c Arc<TimeMatrix>,
    /// Whether one goes from the start.
    is_from: bool,
}

impl<'c> ByMatrix<'c> {
    pub fn new(city: &'c City, name: &str, travel: &Travel) -> Result<Self, QueryError> {
        let none = || {
            let known: Vec<&str> = city.matrices().map(|matrix| &*matrix.name).collect();
            let known = match &known[..] {
                [] => "it has none; import one".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            QueryError::field("mode", format!("this city has no matrix `{name}`: {known}"))
        };
        Ok(ByMatrix {
            matrix: city.matrix(name).ok_or_else(none)?,
            is_from: travel.direction == Direction::From,
        })
    }

    /// Whether a layer is the one that times lead to.
    pub fn knows(&self, loaded: &LoadedLayer) -> bool {
        loaded.layer().id.as_str() == self.matrix.side(!self.is_from).layer
    }

    /// Whether the table names a feature, at either end.
    pub fn is_named(&self, feature: Option<&(LayerId, String)>) -> bool {
        let sides = [true, false].map(|side| self.matrix.side(side));
        sides.iter().any(|side| number(side, feature).is_some())
    }

    /// How many of some features the table names at neither end, of a layer that it has times of.
    pub fn unnamed(&self, loaded: &LoadedLayer, features: impl Iterator<Item = FeatureRef>) -> u64 {
        let sides = [true, false].map(|side| self.matrix.side(side));
        let sides = sides.into_iter();
        let sides = sides.filter(|side| side.layer == loaded.layer().id.as_str());
        let sides: Vec<&Side> = sides.collect();
        let is_unnamed = |feature: &FeatureRef| {
            let id = loaded.index.id(*feature);
            !sides.is_empty() && sides.iter().all(|side| side.number(id).is_none())
        };
        features.filter(is_unnamed).count() as u64
    }

    /// # Errors
    /// A layer that no time leads to.
    pub fn require(&self, loaded: &LoadedLayer) -> Result<(), QueryError> {
        if self.knows(loaded) {
            return Ok(());
        }
        let [from, to] = [true, false].map(|side| &self.matrix.side(side).layer);
        let (name, layer) = (&self.matrix.name, &loaded.layer().id);
        let problem = format!(
            "matrix `{name}` holds times from {from} to {to} and none of {layer}; import one that \
             names its features"
        );
        Err(QueryError::field("mode", problem))
    }

    pub fn within(
        &self,
        loaded: &LoadedLayer,
        start: &Start,
        seconds: f64,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) {
        if !self.knows(loaded) {
            return;
        }
        let own = self.matrix.side(self.is_from);
        let Some(number) = number(own, start.feature.as_ref()) else {
            return;
        };
        let features = self.matrix.features(!self.is_from, loaded);
        let most_ms = most_ms(seconds);
        for (other, ms) in own.times(number) {
            if f64::from(*ms) <= most_ms
                && let Some(feature) = features[*other as usize]
            {
                visit(feature, f64::from(*ms) / 1000.0);
            }
        }
    }

    /// Whole seconds to the ends that the table names, of a part the next.
    pub fn each(
        &self,
        ends: &[Option<(LayerId, String)>],
        start: &Start,
        seconds: f64,
        mut visit: impl FnMut(usize, u32),
    ) {
        let [own, other] = [self.is_from, !self.is_from].map(|side| self.matrix.side(side));
        let Some(own_number) = number(own, start.feature.as_ref()) else {
            return;
        };
        let times = own.times(own_number);
        for (end, feature) in ends.iter().enumerate() {
            let number = number(other, feature.as_ref());
            let at = number.map(|number| times.binary_search_by_key(&number, |time| time.0));
            if let Some(Ok(at)) = at
                && f64::from(times[at].1) <= most_ms(seconds)
            {
                visit(end, times[at].1.div_ceil(1000));
            }
        }
    }

    pub fn input(&self) -> Input {
        let matrix = self.matrix;
        Input {
            layer: "matrix".parse().expect("a layer name"),
            title: Title {
                zh: format!("出行时间矩阵 {}", matrix.name),
                en: format!("Travel-time matrix {}", matrix.name),
            },
            source: matrix.record.source.clone(),
            source_en: matrix.record.source_en.clone(),
            licence: matrix.record.licence.clone(),
            reference_date: matrix.period.clone(),
            features: matrix.matrix.pairs() as u64,
            crs: String::new(),
            synthetic: matrix.record.synthetic,
            estimated: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// The number of a feature on a side: ids of other layers are not its own.
fn number(side: &Side, feature: Option<&(LayerId, String)>) -> Option<u32> {
    let (layer, id) = feature?;
    (layer.as_str() == side.layer).then(|| side.number(id))?
}

/// The most milliseconds that a cutoff allows.
fn most_ms(seconds: f64) -> f64 {
    // What a product like 0.1 · 60 lost in rounding is given back.
    seconds * 1000.0 * (1.0 + 1e-12)
}
