//! Other counts for features that stay where they are.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use super::{
    Cell, FeatureRef, Integers, LayerIndex, PackedColumn,
    grid::{GRID_BITS, GridLevels, sums_of},
};
use crate::domain::serial;

/// The new value of a count of one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recount {
    pub feature: FeatureRef,
    /// The place of the attribute in the layer's definition.
    pub place: usize,
    pub value: i64,
}

impl LayerIndex {
    /// The index with other counts; cells that none of them is in are shared, and features keep
    /// their numbers.
    ///
    /// # Panics
    /// Where a place is not that of a whole-number attribute.
    pub fn recounted(&self, recounts: &[Recount]) -> LayerIndex {
        let mut by_cell: BTreeMap<u32, Vec<&Recount>> = BTreeMap::new();
        for recount in recounts {
            by_cell
                .entry(recount.feature.cell)
                .or_default()
                .push(recount);
        }
        let mut cells = self.cells.clone();
        for (number, recounts) in by_cell {
            let cell = &mut cells[number as usize];
            *cell = Arc::new(self.recounted_cell(cell, &recounts));
        }
        LayerIndex::from_cells(
            self.layer.clone(),
            self.period.clone(),
            self.levels.clone(),
            cells,
        )
    }

    fn recounted_cell(&self, cell: &Cell, recounts: &[&Recount]) -> Cell {
        let mut fresh: BTreeMap<usize, Vec<Option<i64>>> = BTreeMap::new();
        for recount in recounts {
            let column = fresh.entry(recount.place).or_insert_with(|| {
                let PackedColumn::Integer(known) = &cell.columns[recount.place] else {
                    panic!("counts are whole numbers");
                };
                (0..cell.len()).map(|row| known.get(row)).collect()
            });
            column[recount.feature.row as usize] = Some(recount.value);
        }
        let mut columns = cell.columns.clone();
        for (place, values) in fresh {
            columns[place] = PackedColumn::Integer(Integers::pack(values.into_iter()));
        }
        let counts: Vec<&PackedColumn> = self.layer.counts().map(|(at, _)| &columns[at]).collect();
        let last_grid_zoom = (self.layer.zoom.detail + GRID_BITS).saturating_sub(2);
        Cell {
            key: cell.key,
            serial: serial(),
            ground: cell.ground,
            bounds: cell.bounds,
            ids: cell.ids.clone(),
            rows_by_id: cell.rows_by_id.clone(),
            lon: cell.lon.clone(),
            lat: cell.lat.clone(),
            x: cell.x.clone(),
            y: cell.y.clone(),
            geometries: cell.geometries.clone(),
            envelopes: cell.envelopes.clone(),
            area_codes: cell.area_codes.clone(),
            blocks: cell.blocks.clone(),
            sums: sums_of(&counts, 0..cell.len()),
            grids: GridLevels::build(cell.key, &cell.x, &cell.y, &counts, last_grid_zoom),
            columns,
            tree: OnceLock::new(),
            area_sums: cell.area_sums.iter().map(|_| OnceLock::new()).collect(),
        }
    }
}
