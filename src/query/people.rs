//! People or jobs, feature by feature and area by area, of which a question counts a part.

use super::sources::CountSource;
use crate::{
    city::Area,
    domain::{LeftOut, Reason},
};

/// One count of a layer with the area that each feature lies in.
pub struct Counted {
    pub source: CountSource,
    /// Value and number of the area, by the number of the feature.
    features: Vec<(Option<i64>, Option<u32>)>,
    areas: usize,
}

/// A sum in each area of a level, and over the whole layer.
#[derive(Clone, Debug, PartialEq)]
pub struct ByArea {
    /// Unknown where there are features but none of them has a value.
    pub areas: Vec<Option<i64>>,
    pub whole: Option<i64>,
}

impl Counted {
    /// `areas` by code, as they are listed.
    pub fn of(source: CountSource, level: &str, areas: &[&Area]) -> Self {
        let index = &source.loaded.index;
        let level_at = index.level_index(level);
        let area_of = |code: &str| {
            let found = areas.binary_search_by(|area| area.code.as_str().cmp(code));
            found.ok().map(|at| at as u32)
        };
        let area_of_each = match level_at {
            Some(level) => index.by_area_code(level, area_of),
            None => vec![None; index.features() as usize],
        };
        let features = index.integers(source.place).zip(area_of_each);
        Counted {
            features: features.collect(),
            areas: areas.len(),
            source,
        }
    }

    /// The sum over the features that are chosen by their number.
    pub fn sum(&self, is_chosen: impl Fn(usize) -> bool) -> ByArea {
        /// Sum, whether anything is there, whether any of it is known.
        type Part = (i64, bool, bool);
        let add = |part: &mut Part, value: Option<i64>, is_chosen: bool| {
            part.0 += value.filter(|_| is_chosen).unwrap_or(0);
            part.1 = true;
            part.2 |= value.is_some();
        };
        let mut areas: Vec<Part> = vec![(0, false, false); self.areas];
        let mut whole: Part = (0, false, false);
        for (number, (value, area)) in self.features.iter().enumerate() {
            let is_chosen = is_chosen(number);
            add(&mut whole, *value, is_chosen);
            if let Some(area) = area {
                add(&mut areas[*area as usize], *value, is_chosen);
            }
        }
        let known = |(sum, is_any, is_known): Part| (is_known || !is_any).then_some(sum);
        ByArea {
            areas: areas.into_iter().map(known).collect(),
            whole: known(whole),
        }
    }

    pub fn total(&self) -> ByArea {
        self.sum(|_| true)
    }

    /// Counts features without a value, and those outside all areas.
    pub fn leave_out(&self, left_out: &mut LeftOut) {
        let (layer, attribute) = (self.source.layer_id(), self.source.attribute());
        let missing = self.features.iter().filter(|f| f.0.is_none()).count();
        left_out.add_missing(layer, attribute.id.as_str(), missing as u64);
        if self.areas > 0 {
            let outside = self.features.iter().filter(|f| f.1.is_none()).count();
            left_out.add_outside(layer, attribute.id.as_str(), outside as u64);
        }
    }
}

impl ByArea {
    /// The sum of some areas together, or of the whole layer; unknown where that of each is.
    pub fn of_all(&self, areas: Option<&[usize]>) -> Option<i64> {
        let Some(areas) = areas else {
            return self.whole;
        };
        let known = areas.iter().filter_map(|area| self.areas[*area]);
        known.reduce(|sum, of_area| sum + of_area)
    }

    /// The sum of an area, or of the whole layer.
    pub fn at(&self, area: Option<usize>) -> Option<i64> {
        area.map_or(self.whole, |area| self.areas[area])
    }
}

/// A part of a total.
///
/// # Errors
/// `nobody` where the total is 0, no data where either is unknown.
pub fn share(part: Option<i64>, total: Option<i64>, nobody: Reason) -> Result<f64, Reason> {
    match (part, total) {
        (Some(_), Some(0)) => Err(nobody),
        (Some(part), Some(total)) => Ok(part as f64 / total as f64),
        _ => Err(Reason::NoData),
    }
}
