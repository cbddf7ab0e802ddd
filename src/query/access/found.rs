use std::sync::Arc;

use rayon::prelude::*;

use super::{
    Measure, Places, Ruler,
    tally::{AreaTally, Tally},
};
use crate::{
    analysis::access::Raam,
    city::{Part, PartKey},
    domain::Reason,
    index::FeatureRef,
};

/// What the places have, cell by cell in the order of their index.
#[derive(Default)]
pub(super) struct Found {
    pub cells: Vec<Arc<CellFound>>,
    /// Facilities that nobody reaches, where the measure asks who does.
    pub stranded: Vec<usize>,
    pub raam: Option<Raam>,
}

/// The value of a place, and why it is undefined, or 0 because nothing is there.
pub(super) type PlaceFound = (Option<f64>, Option<Reason>);

/// What the places of one cell have.
pub(super) struct CellFound {
    /// Row by row; only where an answer names places.
    pub places: Option<Box<[PlaceFound]>>,
    pub tally: Tally,
}

impl Part for CellFound {
    fn heap_bytes(&self) -> usize {
        let places = self.places.as_ref();
        places.map_or(0, |places| size_of_val(&**places)) + self.tally.heap_bytes()
    }
}

impl Found {
    /// The value and reason of a place; unknown where the answer names none.
    pub fn place(&self, place: FeatureRef) -> PlaceFound {
        let places = self.cells[place.cell as usize].places.as_ref();
        places.map_or((None, None), |places| places[place.row as usize])
    }

    /// Every place in the order of the index with its value and reason.
    pub fn places(&self) -> impl Iterator<Item = PlaceFound> + '_ {
        let cells = self.cells.iter().filter_map(|cell| cell.places.as_deref());
        cells.flatten().copied()
    }
}

/// Puts together what was found for the places of a cell.
pub(super) struct Gather<'a> {
    pub places: &'a Places,
    pub ruler: &'a Ruler<'a>,
    pub measure: Measure,
    /// The level whose areas are told apart, by its place in the index.
    pub level: Option<usize>,
    /// Whether single places are told.
    pub keeps_places: bool,
}

impl Gather<'_> {
    /// The beginning of a key of what is gathered.
    pub fn key(&self) -> PartKey {
        let key = PartKey::new(self.measure.key());
        key.with(self.places.source.place as u64)
            .with(self.level.map_or(u64::MAX, |level| level as u64))
            .with(u64::from(self.keeps_places))
    }

    /// Values of all places, in the order of the index.
    pub fn all(&self, values: &[Option<f64>]) -> Vec<Arc<CellFound>> {
        let mut rest = values;
        let mut parts = Vec::new();
        for (number, cell) in self.places.loaded.index.cells().iter().enumerate() {
            let (own, others) = rest.split_at(cell.len());
            parts.push((number, own));
            rest = others;
        }
        let parts = parts.into_par_iter();
        parts
            .map(|(number, own)| Arc::new(self.cell(number, own.to_vec())))
            .collect()
    }

    /// Values of the places of a cell, row by row.
    pub fn cell(&self, number: usize, mut values: Vec<Option<f64>>) -> CellFound {
        let people = self.places.people_in(number);
        let reasons = self.explain(number, &people, &mut values);
        let mut tally = Tally::default();
        let cell = &self.places.loaded.index.cells()[number];
        let codes = self.level.map(|level| &cell.area_codes()[level]);
        tally.areas = vec![AreaTally::default(); codes.map_or(0, |codes| codes.words().len())];
        for (row, people) in people.iter().enumerate() {
            let (value, reason) = (values[row], reasons[row]);
            tally.add(*people, value, reason);
            if let Some(area) = codes.and_then(|codes| codes.word(row)) {
                tally.areas[area].add(*people, value, reason);
            }
        }
        tally.sort();
        CellFound {
            places: self
                .keeps_places
                .then(|| values.into_iter().zip(reasons).collect()),
            tally,
        }
    }

    /// Says why a value is undefined or nothing: an unknown way is not a way to nothing.
    fn explain(
        &self,
        cell: usize,
        people: &[Option<i64>],
        values: &mut [Option<f64>],
    ) -> Vec<Option<Reason>> {
        let mut measurable = None;
        let mut reason = |(row, value): (usize, &mut Option<f64>)| {
            if value.is_some_and(|value| value > 0.0) {
                return None;
            }
            if self.measure == Measure::Raam {
                match people[row] {
                    None => return Some(Reason::NoData),
                    Some(0) => return Some(Reason::NoPopulation),
                    Some(_) => {}
                }
            }
            let measurable = measurable
                .get_or_insert_with(|| self.ruler.measurable_in(&self.places.loaded, cell));
            if !measurable[row] {
                *value = None;
                return Some(self.ruler.unmeasurable());
            }
            match self.measure {
                // Standing at the facility costs nothing, which is a cost.
                Measure::Nearest | Measure::Raam => {
                    value.is_none().then_some(Reason::NoReachablePair)
                }
                _ => Some(Reason::NoSupplyInCatchment),
            }
        };
        values.iter_mut().enumerate().map(&mut reason).collect()
    }
}
