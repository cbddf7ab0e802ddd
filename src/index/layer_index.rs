use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, Mutex},
};

use geo::{Geometry, Point};
use rayon::prelude::*;

use super::{
    Cell, CellKey, Filter, Region, Relation, Sums,
    build::build_cells,
    cell::short_hash,
    grid::{sums_of, tile_meets, tile_window},
};
use crate::domain::{Bbox, Layer, LevelId, Period, Table, TileCoord, Value, measure};

/// Where a feature stands in its [`LayerIndex`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeatureRef {
    pub cell: u32,
    pub row: u32,
}

/// Sums by area code; the key `None` holds what lies outside all areas.
pub type AreaSums = BTreeMap<Option<Box<str>>, Sums>;

/// One layer at one period in memory, immutable.
#[derive(Debug)]
pub struct LayerIndex {
    pub(super) layer: Arc<Layer>,
    pub(super) period: Period,
    pub(super) levels: Vec<LevelId>,
    /// In the order of their quadtree nodes along the curve.
    pub(super) cells: Vec<Arc<Cell>>,
    bounds: Bbox,
    sums: Sums,
    area_sums: Mutex<BTreeMap<LevelId, Arc<AreaSums>>>,
}

impl LayerIndex {
    /// Builds the index of `table`; its `area_codes` are kept for `levels`.
    pub fn build(layer: Arc<Layer>, period: Period, levels: Vec<LevelId>, table: &Table) -> Self {
        let cells = build_cells(&layer, &levels, table, None);
        Self::from_cells(layer, period, levels, cells)
    }

    pub(super) fn from_cells(
        layer: Arc<Layer>,
        period: Period,
        levels: Vec<LevelId>,
        mut cells: Vec<Arc<Cell>>,
    ) -> Self {
        cells.sort_by_key(|cell| (cell.key().curve_start(), cell.key()));
        let mut bounds = Bbox::EMPTY;
        let mut sums = Sums::zero(layer.counts().count());
        for cell in &cells {
            bounds.expand(cell.bounds());
            sums.add(cell.sums());
        }
        LayerIndex {
            layer,
            period,
            levels,
            cells,
            bounds,
            sums,
            area_sums: Mutex::default(),
        }
    }

    /// The same index, its cells named as those of an earlier state where they hold the same
    /// features at the same places: what was made for their ground is found again.
    pub fn on_known_ground(mut self, before: &LayerIndex) -> Self {
        let known: HashMap<CellKey, &Cell> = before
            .cells
            .iter()
            .map(|cell| (cell.key(), &**cell))
            .collect();
        for cell in &mut self.cells {
            let known = known.get(&cell.key()).filter(|known| {
                let rows = 0..cell.len();
                known.len() == cell.len()
                    && known.lon == cell.lon
                    && known.lat == cell.lat
                    && rows.into_iter().all(|row| known.id(row) == cell.id(row))
            });
            if let (Some(known), Some(cell)) = (known.map(|cell| cell.ground), Arc::get_mut(cell)) {
                cell.ground = known;
            }
        }
        self
    }

    pub fn layer(&self) -> &Arc<Layer> {
        &self.layer
    }

    pub fn period(&self) -> &Period {
        &self.period
    }

    /// The area levels whose codes the features carry, larger areas first.
    pub fn levels(&self) -> &[LevelId] {
        &self.levels
    }

    pub fn level_index(&self, level: &str) -> Option<usize> {
        self.levels.iter().position(|l| *l == *level)
    }

    pub fn cells(&self) -> &[Arc<Cell>] {
        &self.cells
    }

    /// True bounds of all geometries; empty for an empty layer.
    pub fn bounds(&self) -> &Bbox {
        &self.bounds
    }

    pub fn features(&self) -> u64 {
        self.sums.features
    }

    /// Sums of every count attribute over the whole layer.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    pub fn id(&self, feature: FeatureRef) -> &str {
        self.cells[feature.cell as usize].id(feature.row as usize)
    }

    pub fn geometry(&self, feature: FeatureRef) -> Geometry<f64> {
        self.cells[feature.cell as usize].geometry(feature.row as usize)
    }

    /// The place of a feature: itself for a point, else a point inside.
    pub fn place(&self, feature: FeatureRef) -> (f64, f64) {
        let cell = &self.cells[feature.cell as usize];
        (
            cell.lon[feature.row as usize],
            cell.lat[feature.row as usize],
        )
    }

    /// The value of the attribute at `place` in the layer's definition.
    pub fn value(&self, feature: FeatureRef, place: usize) -> Value {
        self.cells[feature.cell as usize].columns[place].value(feature.row as usize)
    }

    /// The whole-number value of the attribute at `place`.
    pub fn integer(&self, feature: FeatureRef, place: usize) -> Option<i64> {
        self.cells[feature.cell as usize].columns[place].integer(feature.row as usize)
    }

    /// The whole-number values of the attribute at `place`, in the order of [`iter`](Self::iter).
    pub fn integers(&self, place: usize) -> impl Iterator<Item = Option<i64>> + '_ {
        self.cells.iter().flat_map(move |cell| {
            let column = &cell.columns[place];
            (0..cell.len()).map(move |row| column.integer(row))
        })
    }

    /// What `of` makes of the area code that each feature carries for `levels()[level]`, in the
    /// order of [`iter`](Self::iter); each code of a cell is looked at once.
    pub fn by_area_code(&self, level: usize, of: impl Fn(&str) -> Option<u32>) -> Vec<Option<u32>> {
        let mut all = Vec::with_capacity(self.features() as usize);
        for cell in &self.cells {
            cell.area_codes[level].map_words(&of, &mut all);
        }
        all
    }

    pub fn text(&self, feature: FeatureRef, place: usize) -> Option<&str> {
        self.cells[feature.cell as usize].columns[place].text(feature.row as usize)
    }

    /// The code of the area of `levels()[level]` that a feature lies in.
    pub fn area_code(&self, feature: FeatureRef, level: usize) -> Option<&str> {
        self.cells[feature.cell as usize].area_codes[level].text(feature.row as usize)
    }

    pub fn find(&self, id: &str) -> Option<FeatureRef> {
        let hash = short_hash(id);
        self.cells.iter().enumerate().find_map(|(number, cell)| {
            let row = cell.find(id, hash)?;
            Some(FeatureRef {
                cell: number as u32,
                row: row as u32,
            })
        })
    }

    /// All features, cell by cell in Hilbert order.
    pub fn iter(&self) -> impl Iterator<Item = FeatureRef> {
        self.cells.iter().enumerate().flat_map(|(number, cell)| {
            (0..cell.len() as u32).map(move |row| FeatureRef {
                cell: number as u32,
                row,
            })
        })
    }

    pub fn distance_to(&self, feature: FeatureRef, lon: f64, lat: f64) -> f64 {
        let (x, y) = self.place(feature);
        measure::distance_m(Point::new(lon, lat), Point::new(x, y))
    }

    /// Calls `visit` with every feature whose place is in `tile` (its own window, no buffer) and
    /// that meets `filter`.
    pub fn for_each_in_tile(
        &self,
        tile: TileCoord,
        filter: Option<&Filter>,
        mut visit: impl FnMut(&Cell, usize),
    ) {
        let window = tile_window(tile);
        for cell in self.cells.iter().filter(|c| tile_meets(tile, c.key())) {
            let Some(filter) = filter else {
                cell.for_each_in_window(window, |row| visit(cell, row));
                continue;
            };
            for run in cell.window_runs(window) {
                let kept = filter.rows(cell, run.clone());
                let rows = kept.ones().map(|at| run.start + at);
                rows.filter(|&row| cell.is_in_window(row, window))
                    .for_each(|row| visit(cell, row));
            }
        }
    }

    /// Calls `visit` with every feature whose geometry's bounds meet `window` and that meets
    /// `filter`.
    pub fn for_each_meeting(
        &self,
        window: &Bbox,
        filter: Option<&Filter>,
        mut visit: impl FnMut(FeatureRef),
    ) {
        for (number, cell) in self.cells.iter().enumerate() {
            if !cell.bounds.intersects(window) {
                continue;
            }
            let kept = filter.map(|filter| filter.rows(cell, 0..cell.len()));
            for row in 0..cell.len() {
                let meets = match &cell.envelopes {
                    Some(envelopes) => envelopes[row].intersects(window),
                    None => window.contains(cell.lon[row], cell.lat[row]),
                };
                if meets && kept.as_ref().is_none_or(|kept| kept.get(row)) {
                    visit(FeatureRef {
                        cell: number as u32,
                        row: row as u32,
                    });
                }
            }
        }
    }

    /// All features that meet `filter`, in the order of [`iter`](Self::iter).
    pub fn iter_kept(&self, filter: &Filter) -> impl Iterator<Item = FeatureRef> {
        self.cells.iter().enumerate().flat_map(|(number, cell)| {
            let kept = filter.rows(cell, 0..cell.len());
            let rows: Vec<usize> = kept.ones().collect();
            rows.into_iter().map(move |row| FeatureRef {
                cell: number as u32,
                row: row as u32,
            })
        })
    }

    /// Calls `visit` with every feature whose place is in `region`.
    pub fn for_each_in(&self, region: &dyn Region, mut visit: impl FnMut(FeatureRef)) {
        for (number, cell) in self.cells.iter().enumerate() {
            let relation = region.relation(&cell.bounds);
            if relation == Relation::Outside {
                continue;
            }
            for row in 0..cell.len() {
                if relation == Relation::Inside || region.contains(cell.lon[row], cell.lat[row]) {
                    visit(FeatureRef {
                        cell: number as u32,
                        row: row as u32,
                    });
                }
            }
        }
    }

    /// Sums of every count attribute over the features whose place is in `region`.
    pub fn sums_in(&self, region: &dyn Region) -> Sums {
        let parts: Vec<Sums> = self
            .cells
            .par_iter()
            .map(|cell| self.cell_sums_in(cell, region))
            .collect();
        let mut total = Sums::zero(self.sums.counts.len());
        parts.iter().for_each(|part| total.add(part));
        total
    }

    fn cell_sums_in(&self, cell: &Cell, region: &dyn Region) -> Sums {
        match region.relation(&cell.bounds) {
            Relation::Outside => Sums::zero(self.sums.counts.len()),
            Relation::Inside => cell.sums.clone(),
            Relation::Crosses => {
                let rows = (0..cell.len()).filter(|&r| region.contains(cell.lon[r], cell.lat[r]));
                self.sums_of_rows(cell, rows)
            }
        }
    }

    /// Sums over some rows of a cell; runs of neighboring rows are summed at once.
    fn sums_of_rows(&self, cell: &Cell, rows: impl Iterator<Item = usize>) -> Sums {
        let columns: Vec<_> = self
            .layer
            .counts()
            .map(|(place, _)| &cell.columns[place])
            .collect();
        let mut total = Sums::zero(columns.len());
        let mut run = 0..0;
        for row in rows {
            if row == run.end {
                run.end += 1;
            } else {
                total.add(&sums_of(&columns, run));
                run = row..row + 1;
            }
        }
        total.add(&sums_of(&columns, run));
        total
    }

    /// Sums of every count attribute by the area of `level` that the features carry.
    pub fn sums_by_area(&self, level: &str) -> Arc<AreaSums> {
        let Some(place) = self.level_index(level) else {
            let everything = AreaSums::from([(None, self.sums.clone())]);
            return Arc::new(everything);
        };
        if let Some(known) = self
            .area_sums
            .lock()
            .expect("never poisoned")
            .get(&self.levels[place])
        {
            return known.clone();
        }
        // A cell that an edit left alone has its sums already.
        self.cells.par_iter().for_each(|cell| {
            cell.area_sums[place].get_or_init(|| self.cell_sums_by_area(cell, place));
        });
        let mut total = AreaSums::new();
        for (code, sums) in self
            .cells
            .iter()
            .filter_map(|cell| cell.area_sums[place].get())
            .flatten()
        {
            total
                .entry(code.clone())
                .or_insert_with(|| Sums::zero(sums.counts.len()))
                .add(sums);
        }
        let total = Arc::new(total);
        let mut known = self.area_sums.lock().expect("never poisoned");
        known.insert(self.levels[place].clone(), total.clone());
        total
    }

    fn cell_sums_by_area(&self, cell: &Cell, level: usize) -> AreaSums {
        let codes = &cell.area_codes[level];
        let mut rows_of: BTreeMap<Option<Box<str>>, Vec<usize>> = BTreeMap::new();
        let mut last: Option<(Option<&str>, Vec<usize>)> = None;
        for row in 0..cell.len() {
            let code = codes.text(row);
            match &mut last {
                Some((same, rows)) if *same == code => rows.push(row),
                _ => {
                    if let Some((code, rows)) = last.take() {
                        rows_of
                            .entry(code.map(Into::into))
                            .or_default()
                            .extend(rows);
                    }
                    last = Some((code, vec![row]));
                }
            }
        }
        if let Some((code, rows)) = last {
            rows_of
                .entry(code.map(Into::into))
                .or_default()
                .extend(rows);
        }
        let summed =
            |(code, rows): (_, Vec<usize>)| (code, self.sums_of_rows(cell, rows.into_iter()));
        rows_of.into_iter().map(summed).collect()
    }

    /// Features numbered in the order of [`LayerIndex::iter`].
    pub fn numbering(&self) -> Numbering {
        let mut starts = Vec::with_capacity(self.cells.len() + 1);
        let mut next = 0;
        for cell in &self.cells {
            starts.push(next);
            next += cell.len();
        }
        starts.push(next);
        Numbering { starts }
    }

    /// All rows in columns, in the index's order.
    pub fn to_table(&self) -> Table {
        let mut table = self.empty_table();
        for cell in &self.cells {
            cell.append_to(&mut table, &self.levels, 0..cell.len());
        }
        table
    }

    /// Some features in columns, in the order given.
    pub fn rows(&self, features: impl IntoIterator<Item = FeatureRef>) -> Table {
        let mut table = self.empty_table();
        for feature in features {
            let cell = &self.cells[feature.cell as usize];
            cell.append_to(&mut table, &self.levels, [feature.row as usize]);
        }
        table
    }

    /// Bytes held on the heap, roughly.
    pub fn heap_bytes(&self) -> usize {
        self.cells.iter().map(|cell| cell.heap_bytes()).sum()
    }
}
/// Numbers of features and back.
#[derive(Clone, Debug)]
pub struct Numbering {
    /// The number of the first feature of each cell, and how many there are.
    starts: Vec<usize>,
}

impl Numbering {
    pub fn number(&self, feature: FeatureRef) -> usize {
        self.starts[feature.cell as usize] + feature.row as usize
    }

    /// The numbers of the features of a cell.
    pub fn of_cell(&self, cell: usize) -> Range<usize> {
        self.starts[cell]..self.starts[cell + 1]
    }

    pub fn feature(&self, number: usize) -> FeatureRef {
        let cell = self.starts.partition_point(|start| *start <= number) - 1;
        FeatureRef {
            cell: cell as u32,
            row: (number - self.starts[cell]) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        definitions,
        index::{Edit, MAX_ROWS},
    };

    #[test]
    fn read_again_a_layer_stands_on_known_ground_but_where_it_changed() {
        let catalog = definitions::read_catalog(None).expect("sound definitions");
        let layer = catalog.layer("clinics").expect("a built-in layer");
        let values = vec![Value::Missing; layer.attributes.len()];
        let mut table = Table::for_layer(layer);
        for number in 0..MAX_ROWS + 400 {
            let (east, north) = (number % 200, number / 200);
            let place = Point::new(113.0 + east as f64 * 5e-5, 23.0 + north as f64 * 1e-4);
            table.push(&number.to_string(), Geometry::Point(place), &values);
        }
        let period: Period = "2020".parse().expect("a year");
        let build =
            |table: &Table| LayerIndex::build(layer.clone(), period.clone(), Vec::new(), table);
        let before = build(&table);
        let grounds = |index: &LayerIndex| -> Vec<u64> {
            index.cells().iter().map(|cell| cell.ground()).collect()
        };
        let known = grounds(&before);
        assert!(known.len() > 1);
        assert_eq!(grounds(&build(&table).on_known_ground(&before)), known);

        let moved = Edit::Put {
            id: "7".into(),
            geometry: Geometry::Point(Point::new(113.0001, 23.00001)),
            values: values.clone(),
            area_codes: BTreeMap::new(),
        };
        let after = build(&before.edited(&[moved]).to_table()).on_known_ground(&before);
        let differing = |after: &LayerIndex| -> Vec<usize> {
            let pairs = grounds(after).into_iter().zip(&known).enumerate();
            let new = pairs.filter(|(_, (ground, known))| ground != *known);
            new.map(|(number, _)| number).collect()
        };
        let home = before.find("7").expect("it is there").cell as usize;
        assert_eq!(differing(&after), [home]);
        // Another feature at the same place is other ground.
        let renamed = table.ids.iter().position(|id| &**id == "7").expect("a row");
        table.ids[renamed] = "seven".into();
        assert_eq!(differing(&build(&table).on_known_ground(&before)), [home]);
    }
}
