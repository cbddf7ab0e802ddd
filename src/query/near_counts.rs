//! How much of a count lies near the nearest of some places, area by area (方案增量计算): cell by
//! cell, each remembered under all that it is made of.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    Limits, QueryError, Ruler, Start,
    by_cell::{ByCell, CellSum, Offered},
    gaps::{Known, Pieces, Zones, level_word},
    nearest::nearest_costs,
    people::ByArea,
    sources::CountSource,
};
use crate::{
    city::{CellWays, Part, PartKey},
    domain::LeftOut,
};

/// A count with the areas that it is told by.
pub(super) struct CountNear<'a> {
    source: CountSource,
    zones: &'a Zones<'a>,
    level: Option<usize>,
    /// Metres.
    cutoffs: &'a [f64],
}

/// What a count comes to in all and within each cutoff.
pub(super) struct Near {
    pub total: ByArea,
    pub within: Vec<ByArea>,
    missing: u64,
    /// Features outside all areas; none where there are no areas.
    outside: u64,
}

/// Of each piece of a cell all of it, then what is within each cutoff.
pub(super) struct CellNear(Box<[Sums]>);

pub(super) type Sums = Box<[Known]>;

impl Part for CellNear {
    fn heap_bytes(&self) -> usize {
        let pieces = self.0.iter();
        pieces
            .map(|sums| size_of::<Sums>() + size_of_val(&**sums))
            .sum()
    }
}

impl<'a> CountNear<'a> {
    pub fn of(source: CountSource, zones: &'a Zones<'a>, cutoffs: &'a [f64]) -> Self {
        CountNear {
            level: zones.level_at(&source.loaded),
            source,
            zones,
            cutoffs,
        }
    }

    /// Adds up what is near any of some starts.
    ///
    /// # Errors
    /// Where nobody waits any longer or the layer is more than the memory.
    pub fn near(
        &self,
        ruler: &Ruler<'_>,
        starts: &[Start],
        limits: &Limits,
    ) -> Result<Near, QueryError> {
        let homes = &*self.source.loaded;
        let largest = self.cutoffs.iter().copied().fold(0.0, f64::max);
        let parts = self.zones.parts();
        let cells = match ByCell::of(ruler, limits, parts, homes, starts, largest) {
            Some(by_cell) => {
                let nothing = vec![0.0; starts.len()];
                by_cell.sums(self, &Offered::Whole(&nothing))?.cells
            }
            None => {
                let costs = nearest_costs(ruler, homes, starts, largest, limits)?;
                let numbering = homes.index.numbering();
                let cells = (0..homes.index.cells().len()).into_par_iter();
                let of_cell = |cell| costs[numbering.of_cell(cell)].to_vec();
                cells
                    .map(|cell| Arc::new(self.finish(cell, of_cell(cell))))
                    .collect()
            }
        };
        Ok(self.add_up(&cells))
    }

    fn add_up(&self, cells: &[Arc<CellNear>]) -> Near {
        let pieces = || cells.iter().map(|cell| &*cell.0);
        let zero = || vec![Known::default(); self.cutoffs.len() + 1].into_boxed_slice();
        let add = |sums: &mut Sums, piece: &Sums| {
            let each = sums.iter_mut().zip(piece);
            each.for_each(|(sum, piece)| sum.add_all(piece));
        };
        let mut whole = zero();
        pieces().flatten().for_each(|piece| add(&mut whole, piece));
        let areas = match self.zones.is_city() {
            true => Vec::new(),
            false => self
                .zones
                .sums_of_pieces(&self.source.loaded, pieces(), zero, add),
        };
        let by_area = |number: usize| ByArea {
            areas: areas.iter().map(|sums| sums[number].sum()).collect(),
            whole: whole[number].sum(),
        };
        let inside: u64 = areas.iter().map(|sums| sums[0].features).sum();
        Near {
            total: by_area(0),
            within: (1..=self.cutoffs.len()).map(by_area).collect(),
            missing: whole[0].missing,
            outside: match areas.is_empty() {
                true => 0,
                false => whole[0].features - inside,
            },
        }
    }

    /// Counts features without a value, and those outside all areas.
    pub fn leave_out(&self, near: &Near, left_out: &mut LeftOut) {
        let (layer, attribute) = (self.source.layer_id(), &self.source.attribute().id);
        left_out.add_missing(layer, attribute.as_str(), near.missing);
        left_out.add_outside(layer, attribute.as_str(), near.outside);
    }
}

impl CellSum for CountNear<'_> {
    /// Metres to the nearest, home by home.
    type Homes = Vec<f64>;
    type Part = CellNear;

    fn key(&self) -> PartKey {
        PartKey::new("count near")
            .with(self.source.place as u64)
            .with(level_word(self.level))
            .with_all(self.cutoffs.iter().map(|cutoff| cutoff.to_bits()))
    }

    fn begin(&self, cell: usize, _near: &dyn Fn(PartKey) -> PartKey) -> Vec<f64> {
        vec![f64::INFINITY; self.source.loaded.index.cells()[cell].len()]
    }

    fn add(&self, homes: &mut Vec<f64>, _start: usize, _value: f64, ways: &CellWays) {
        for (row, metres) in ways.in_metres() {
            let nearest = &mut homes[usize::from(row)];
            *nearest = nearest.min(metres);
        }
    }

    fn finish(&self, cell: usize, homes: Vec<f64>) -> CellNear {
        let cell = &self.source.loaded.index.cells()[cell];
        let of_pieces = Pieces::of(cell, self.level);
        let width = self.cutoffs.len() + 1;
        let mut pieces = vec![vec![Known::default(); width].into_boxed_slice(); of_pieces.len()];
        let counts = &cell.columns()[self.source.place];
        for (row, metres) in homes.into_iter().enumerate() {
            let (piece, amount) = (&mut pieces[of_pieces.at(row)], counts.integer(row));
            piece[0].add(amount);
            for (sum, cutoff) in piece[1..].iter_mut().zip(self.cutoffs) {
                let is_near = metres <= *cutoff;
                sum.add(amount.map(|amount| if is_near { amount } else { 0 }));
            }
        }
        CellNear(pieces.into())
    }
}
