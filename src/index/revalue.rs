//! Other values for features that stay where they are: all that follows from their places is shared.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use super::{Cell, CountTotal, Edit, FeatureRef, LayerIndex, grid::sum_of};
use crate::domain::{Column, TextColumn, Value, serial};

/// The new value of a count of one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recount {
    pub feature: FeatureRef,
    /// The place of the attribute in the layer's definition.
    pub place: usize,
    pub value: i64,
}

/// Other values of one column of a cell.
struct Fresh {
    rows: Vec<usize>,
    values: Column,
}

impl Fresh {
    fn like(values: Column) -> Self {
        Fresh {
            rows: Vec::new(),
            values,
        }
    }
}

/// Other values of the rows of one cell, each row named once.
#[derive(Default)]
pub(super) struct Revalued {
    /// By the place of the attribute.
    columns: BTreeMap<usize, Fresh>,
    /// By the place of the level.
    area_codes: BTreeMap<usize, Fresh>,
}

impl LayerIndex {
    /// The index with other counts; cells that none of them is in are shared, and features keep
    /// their numbers.
    ///
    /// # Panics
    /// Where a place is not that of a whole-number attribute.
    pub fn recounted(&self, recounts: &[Recount]) -> LayerIndex {
        // The last value of a feature holds.
        let last: BTreeMap<(FeatureRef, usize), i64> = recounts
            .iter()
            .map(|recount| ((recount.feature, recount.place), recount.value))
            .collect();
        let mut by_cell: BTreeMap<u32, Revalued> = BTreeMap::new();
        for ((feature, place), value) in last {
            let fresh = by_cell.entry(feature.cell).or_default();
            let fresh = fresh.columns.entry(place);
            let fresh = fresh.or_insert_with(|| Fresh::like(Column::Integer(Vec::new())));
            fresh.rows.push(feature.row as usize);
            fresh.values.push(&Value::Integer(value));
        }
        let mut cells = self.cells.clone();
        for (number, fresh) in by_cell {
            let cell = &mut cells[number as usize];
            *cell = self.revalued_cell(cell, &fresh);
        }
        LayerIndex::from_cells(
            self.layer.clone(),
            self.period.clone(),
            self.levels.clone(),
            cells,
        )
    }

    /// Whether an edit leaves the feature where it is.
    pub(super) fn stays(&self, feature: FeatureRef, edit: &Edit) -> bool {
        match edit {
            Edit::Put { geometry, .. } => self.geometry(feature) == *geometry,
            Edit::Remove { .. } => false,
        }
    }

    /// Notes in `fresh` what an edit of a feature that stays changes of its row.
    pub(super) fn note(&self, fresh: &mut Revalued, feature: FeatureRef, edit: &Edit) {
        let Edit::Put {
            values, area_codes, ..
        } = edit
        else {
            return;
        };
        let (cell, row) = (&self.cells[feature.cell as usize], feature.row as usize);
        for (place, attribute) in self.layer.attributes.iter().enumerate() {
            let mut given = Column::for_type(attribute.kind);
            given.push(&values[place]);
            let given = given.get(0);
            if cell.columns[place].value(row) != given {
                let known = fresh.columns.entry(place);
                let known = known.or_insert_with(|| Fresh::like(Column::for_type(attribute.kind)));
                known.rows.push(row);
                known.values.push(&given);
            }
        }
        for (place, level) in self.levels.iter().enumerate() {
            let given = area_codes.get(level).map(String::as_str);
            if cell.area_codes[place].text(row) != given {
                let known = fresh.area_codes.entry(place);
                let empty = || Fresh::like(Column::Text(TextColumn::default()));
                let known = known.or_insert_with(empty);
                known.rows.push(row);
                known
                    .values
                    .push(&given.map_or(Value::Missing, |code| Value::Text(code.to_owned())));
            }
        }
    }

    /// The cell with other values; the very same one where nothing differs.
    pub(super) fn revalued_cell(&self, cell: &Arc<Cell>, fresh: &Revalued) -> Arc<Cell> {
        if fresh.columns.is_empty() && fresh.area_codes.is_empty() {
            return cell.clone();
        }
        let (mut columns, mut area_codes) = (cell.columns.clone(), cell.area_codes.clone());
        for (place, fresh) in &fresh.columns {
            columns[*place] = columns[*place].with(&fresh.rows, &fresh.values);
        }
        for (place, fresh) in &fresh.area_codes {
            area_codes[*place] = area_codes[*place].with(&fresh.rows, &fresh.values);
        }
        let (mut sums, mut grids) = (cell.sums.clone(), cell.grids.clone());
        for (count, (place, _)) in self.layer.counts().enumerate() {
            let Some(fresh) = fresh.columns.get(&place) else {
                continue;
            };
            let (sum, missing) = sum_of(&columns[place], 0..cell.len());
            sums.counts[count] = CountTotal { sum, missing };
            let gain = |row: usize| {
                let value = |column: &super::PackedColumn| column.integer(row).unwrap_or(0);
                value(&columns[place]) - value(&cell.columns[place])
            };
            let gains = fresh.rows.iter();
            let gains = gains.map(|&row| ([cell.x[row], cell.y[row]], gain(row)));
            grids.gain(count, &gains.collect::<Vec<_>>());
        }
        Arc::new(Cell {
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
            blocks: cell.blocks.clone(),
            tree: cell.tree.clone(),
            columns,
            area_codes,
            sums,
            grids,
            area_sums: cell.area_sums.iter().map(|_| OnceLock::new()).collect(),
        })
    }
}
