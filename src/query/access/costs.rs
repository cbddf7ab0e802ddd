use std::ops::Range;

use super::{Limits, Offer, QueryError, Ruler};
use crate::{
    analysis::access::CostMatrix,
    city::{LoadedLayer, Parts},
    index::FeatureRef,
    query::{Start, by_cell::ByCell, costs::CostSearch},
};

/// The costs between facilities and places, searched when they are asked for.
pub(in crate::query) struct Costs<'c, 'r> {
    pub ruler: &'r Ruler<'c>,
    pub limits: &'r Limits,
    pub places: &'r LoadedLayer,
    pub offer: &'r Offer,
    /// Whether ways are searched from the places, not from the facilities.
    pub is_from_places: bool,
    pub cutoff: f64,
}

/// Pairs of a block: enough to share out among threads, few enough for the cache.
const BLOCK_PAIRS: usize = 4 << 20;

impl Costs<'_, '_> {
    /// How many kept costs make one of the question's units.
    pub fn per_unit(&self) -> f64 {
        self.search().per_unit()
    }

    /// The same cell by cell, where ways are remembered.
    pub fn by_cell<'s>(&'s self, parts: &'s Parts) -> Option<ByCell<'s>> {
        let Costs { ruler, limits, .. } = *self;
        ByCell::of(
            ruler,
            limits,
            parts,
            self.places,
            &self.offer.starts,
            self.cutoff,
        )
    }

    fn search(&self) -> CostSearch<'_, '_> {
        CostSearch {
            ruler: self.ruler,
            limits: self.limits,
            cutoff: self.cutoff,
            walks: None,
        }
    }

    /// Calls `visit` with the costs of some facilities and their numbers, all facilities in turn.
    ///
    /// # Errors
    /// Where nobody waits any longer or a block is more than the memory.
    pub fn for_each(
        &self,
        mut visit: impl FnMut(&CostMatrix, Range<usize>),
    ) -> Result<(), QueryError> {
        self.blocks(BLOCK_PAIRS, |matrix, some| {
            visit(matrix, some);
            matrix.clear();
        })
    }

    /// The costs of all facilities.
    ///
    /// # Errors
    /// As [`Costs::for_each`].
    pub fn all(&self) -> Result<CostMatrix, QueryError> {
        let mut all = None;
        self.blocks(usize::MAX, |matrix, _| {
            let empty = CostMatrix::new(matrix.places(), matrix.per_unit());
            all = Some(std::mem::replace(matrix, empty));
        })?;
        let none = || CostMatrix::new(self.places.index.features() as usize, self.per_unit());
        Ok(all.unwrap_or_else(none))
    }

    fn blocks(
        &self,
        pairs: usize,
        mut full: impl FnMut(&mut CostMatrix, Range<usize>),
    ) -> Result<(), QueryError> {
        let places = self.places.index.features() as usize;
        let numbering = self.places.index.numbering();
        if self.is_from_places {
            let starts: Vec<Start> = self.places.index.iter().map(|p| self.start(p)).collect();
            let number = |facility| self.offer.number(facility);
            let layer = &*self.offer.loaded;
            let facilities = self.offer.starts.len();
            let walks = self
                .ruler
                .walks(self.places, layer, self.cutoff, self.limits)?;
            let search = CostSearch {
                walks: walks.as_ref(),
                ..self.search()
            };
            return search.blocks(
                &starts,
                layer,
                number,
                facilities,
                usize::MAX,
                |by_place, _| {
                    full(&mut by_place.transposed(), 0..facilities);
                },
            );
        }
        let number = |place| Some(numbering.number(place) as u32);
        self.search()
            .blocks(&self.offer.starts, self.places, number, places, pairs, full)
    }

    fn start(&self, place: FeatureRef) -> Start {
        Start::of(self.places, place)
    }
}
