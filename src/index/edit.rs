use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use geo::Geometry;
use rayon::prelude::*;

use super::{
    Cell, CellKey, FeatureRef, LayerIndex,
    build::{DEEPEST, Placed, build_cells, place},
    revalue::Revalued,
};
use crate::domain::{LevelId, Table, Value};

/// A change of one feature.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Adds the feature, or takes the place of the one with this id.
    Put {
        id: String,
        geometry: Geometry<f64>,
        /// In the order of the layer's attributes.
        values: Vec<Value>,
        area_codes: BTreeMap<LevelId, String>,
    },
    Remove {
        id: String,
    },
}

impl LayerIndex {
    /// The index after `edits`, in order; cells that none of them touches are shared.
    ///
    /// Removing an id that is not there changes nothing.
    pub fn edited(&self, edits: &[Edit]) -> LayerIndex {
        let mut last: BTreeMap<&str, &Edit> = BTreeMap::new();
        for edit in edits {
            let (Edit::Put { id, .. } | Edit::Remove { id }) = edit;
            last.insert(id, edit);
        }
        let mut gone: HashMap<usize, HashSet<usize>> = HashMap::new();
        let mut staying: HashMap<usize, Revalued> = HashMap::new();
        last.retain(|id, edit| {
            let Some(feature) = self.find(id) else {
                return true;
            };
            let cell = feature.cell as usize;
            let stays = self.stays(feature, edit);
            if stays {
                self.note(staying.entry(cell).or_default(), feature, edit);
            } else {
                gone.entry(cell).or_default().insert(feature.row as usize);
            }
            !stays
        });
        let mut added = self.empty_table();
        for edit in last.values() {
            if let Edit::Put {
                id,
                geometry,
                values,
                area_codes,
            } = edit
            {
                added.push(id, geometry.clone(), values);
                for (level, column) in &mut added.area_codes {
                    column.push(area_codes.get(level).map(String::as_str));
                }
            }
        }
        self.rebuilt(&staying, &gone, &added)
    }

    /// The index without some features and with new ones, of the same layer and levels; cells that
    /// neither are in are shared.
    pub fn with_rows(
        &self,
        gone: impl IntoIterator<Item = FeatureRef>,
        added: &Table,
    ) -> LayerIndex {
        let mut by_cell: HashMap<usize, HashSet<usize>> = HashMap::new();
        for feature in gone {
            let rows = by_cell.entry(feature.cell as usize).or_default();
            rows.insert(feature.row as usize);
        }
        self.rebuilt(&HashMap::new(), &by_cell, added)
    }

    /// Gives features that stay where they are their values, and rebuilds every cell that loses or
    /// gains rows. A new row goes to the cell whose node holds
    /// its place; rows in no node's reach form cells of their own in free nodes.
    fn rebuilt(
        &self,
        staying: &HashMap<usize, Revalued>,
        gone: &HashMap<usize, HashSet<usize>>,
        added: &Table,
    ) -> LayerIndex {
        let mut gains: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut homeless: BTreeMap<CellKey, Vec<usize>> = BTreeMap::new();
        for (row, geometry) in added.geometries.iter().enumerate() {
            let Placed { x, y, .. } = place(row, geometry);
            match self.cell_of(x, y) {
                Some(home) => gains.entry(home).or_default().push(row),
                None => homeless.entry(self.free_node(x, y)).or_default().push(row),
            }
        }
        let lost_none = HashSet::new();
        let rebuilt = self.cells.par_iter().enumerate().map(|(number, cell)| {
            let cell = match staying.get(&number) {
                Some(fresh) => &self.revalued_cell(cell, fresh),
                None => cell,
            };
            let (lost, gained) = (gone.get(&number), gains.get(&number));
            if lost.is_none() && gained.is_none() {
                return vec![cell.clone()];
            }
            let mut table = added.rows(gained.map_or(&[], Vec::as_slice));
            let lost = lost.unwrap_or(&lost_none);
            let kept = (0..cell.len()).filter(|row| !lost.contains(row));
            cell.append_to(&mut table, &self.levels, kept);
            build_cells(&self.layer, &self.levels, &table, Some(cell.key()))
        });
        let mut cells: Vec<Arc<Cell>> = rebuilt.collect::<Vec<_>>().concat();
        for (node, rows) in &homeless {
            let table = added.rows(rows);
            cells.extend(build_cells(&self.layer, &self.levels, &table, Some(*node)));
        }
        LayerIndex::from_cells(
            self.layer.clone(),
            self.period.clone(),
            self.levels.clone(),
            cells,
        )
    }

    pub(super) fn empty_table(&self) -> Table {
        let mut table = Table::for_layer(&self.layer);
        for level in &self.levels {
            table.area_codes.entry(level.clone()).or_default();
        }
        table
    }

    /// The cell whose quadtree node holds a Mercator place.
    fn cell_of(&self, x: u32, y: u32) -> Option<usize> {
        self.cells.iter().position(|cell| {
            let key = cell.key();
            CellKey::at(key.z, x, y) == key
        })
    }

    /// The largest quadtree node around a Mercator place that holds no cell.
    fn free_node(&self, x: u32, y: u32) -> CellKey {
        let nodes = (0..=DEEPEST).map(|z| CellKey::at(z, x, y));
        let free = |node: &CellKey| !self.cells.iter().any(|cell| node.holds(cell.key()));
        let mut nodes = nodes.filter(free);
        nodes.next().unwrap_or(CellKey::at(DEEPEST, x, y))
    }
}

#[cfg(test)]
mod tests {
    use geo::Point;

    use super::*;
    use crate::{definitions, domain::Layer, index::MAX_ROWS};

    fn table_of(layer: &Layer, rows: impl Iterator<Item = (String, f64, f64)>) -> Table {
        let values = vec![Value::Missing; layer.attributes.len()];
        let mut table = Table::for_layer(layer);
        for (id, lon, lat) in rows {
            table.push(&id, Geometry::Point(Point::new(lon, lat)), &values);
        }
        table
    }

    #[test]
    fn rows_give_way_to_others_and_cells_without_any_are_shared() {
        let catalog = definitions::read_catalog(None).expect("sound definitions");
        let layer = catalog.layer("clinics").expect("a built-in layer");
        let place = |number: usize| {
            let (east, north) = ((number % 200) as f64, (number / 200) as f64);
            (number.to_string(), 113.0 + east * 5e-5, 23.0 + north * 1e-4)
        };
        let build = |rows: &Table| {
            let period = "2020".parse().expect("a year");
            LayerIndex::build(layer.clone(), period, Vec::new(), rows)
        };
        let before = build(&table_of(layer, (0..MAX_ROWS + 400).map(place)));
        assert!(before.cells().len() > 1);
        let gone = ["7", "8", "9"].map(|id| before.find(id).expect("it is there"));
        // Beside those that go, and far from all.
        let added = [("a", 113.000_36, 23.000_01), ("b", 10.0, -60.0)];
        let added = added.map(|(id, lon, lat)| (id.to_owned(), lon, lat));
        let after = before.with_rows(gone, &table_of(layer, added.clone().into_iter()));
        let others = (0..MAX_ROWS + 400).filter(|number| !(7..10).contains(number));
        let expected = table_of(layer, others.map(place).chain(added));
        assert_eq!(after.to_table(), build(&expected).to_table());
        let serials = |index: &LayerIndex| -> HashSet<u64> {
            index.cells().iter().map(|cell| cell.serial()).collect()
        };
        let (before, after) = (serials(&before), serials(&after));
        assert_eq!(before.difference(&after).count(), 1);
    }
}
