use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use geo::Geometry;
use rayon::prelude::*;

use super::{
    Cell, CellKey, LayerIndex,
    build::{DEEPEST, build_cells},
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
        let mut added = Table::for_layer(&self.layer);
        for level in &self.levels {
            added.area_codes.entry(level.clone()).or_default();
        }
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

    /// Gives features that stay where they are their values, and rebuilds every cell that loses or
    /// gains rows. A new row goes to the cell whose node holds
    /// its place; rows in no node's reach form cells of their own in free nodes.
    fn rebuilt(
        &self,
        staying: &HashMap<usize, Revalued>,
        gone: &HashMap<usize, HashSet<usize>>,
        added: &Table,
    ) -> LayerIndex {
        let newcomers = build_cells(&self.layer, &self.levels, added, None);
        let mut gains: HashMap<usize, Table> = HashMap::new();
        let mut homeless: BTreeMap<CellKey, Table> = BTreeMap::new();
        for newcomer in &newcomers {
            for row in 0..newcomer.len() {
                let (x, y) = (newcomer.x[row], newcomer.y[row]);
                let target = match self.cell_of(x, y) {
                    Some(home) => gains.entry(home).or_insert_with(|| self.empty_table()),
                    None => homeless
                        .entry(self.free_node(x, y))
                        .or_insert_with(|| self.empty_table()),
                };
                newcomer.append_to(target, &self.levels, [row]);
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
            let mut table = gained.cloned().unwrap_or_else(|| self.empty_table());
            let lost = lost.unwrap_or(&lost_none);
            let kept = (0..cell.len()).filter(|row| !lost.contains(row));
            cell.append_to(&mut table, &self.levels, kept);
            build_cells(&self.layer, &self.levels, &table, Some(cell.key()))
        });
        let mut cells: Vec<Arc<Cell>> = rebuilt.collect::<Vec<_>>().concat();
        for (node, table) in &homeless {
            cells.extend(build_cells(&self.layer, &self.levels, table, Some(*node)));
        }
        LayerIndex::from_cells(
            self.layer.clone(),
            self.period.clone(),
            self.levels.clone(),
            cells,
        )
    }

    fn empty_table(&self) -> Table {
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
