use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

use super::{Cell, CellKey, Filter, Integers, LayerIndex, Mask, PackedColumn, Sums};
use crate::domain::TileCoord;

/// A tile's grid has 2^6 x 2^6 cells: 8 pixels each on a tile of 512.
pub const GRID_BITS: u8 = 6;

/// One cell of the grid pyramid (网格金字塔) with exact sums of the features whose place is inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridCell {
    /// Column and row in the grid of 2^zoom x 2^zoom cells over the Web Mercator square.
    pub x: u32,
    pub y: u32,
    pub features: u64,
    /// Sum of every count attribute, in the order of the layer's counts; missing values add nothing.
    pub sums: Vec<i64>,
}

impl LayerIndex {
    /// The exact grid sums of the features inside `tile`, in a grid of 2^`grid_zoom` cells a side;
    /// only cells with features, in a fixed order. A filter applies before summing.
    pub fn grid(&self, tile: TileCoord, grid_zoom: u8, filter: Option<&Filter>) -> Vec<GridCell> {
        let counts: Vec<usize> = self.layer().counts().map(|(place, _)| place).collect();
        let mut found = Vec::new();
        let mut may_repeat = false;
        for cell in self.cells() {
            if !tile_meets(tile, cell.key()) {
                continue;
            }
            may_repeat |= cell.key().z >= grid_zoom;
            match filter {
                None => collect_sums(cell, &counts, tile, grid_zoom, &mut found),
                Some(filter) => collect_kept(cell, &counts, tile, grid_zoom, filter, &mut found),
            }
        }
        if may_repeat { merged(found) } else { found }
    }
}

/// Grid sums of one cell for every zoom that is stored.
#[derive(Clone, Debug, Default)]
pub(super) struct GridLevels {
    /// The first grid zoom below the cell's own.
    first_zoom: u8,
    levels: Box<[GridLevel]>,
}

#[derive(Clone, Debug)]
struct GridLevel {
    x: Arc<[u32]>,
    y: Arc<[u32]>,
    features: Integers,
    sums: Box<[Integers]>,
}

impl GridLevels {
    /// Sums the rows of a cell (Mercator places in Hilbert order) for the grid zooms between its
    /// own and `last_zoom`.
    pub(super) fn build(
        key: CellKey,
        x: &[u32],
        y: &[u32],
        counts: &[&PackedColumn],
        last_zoom: u8,
    ) -> Self {
        let first_zoom = key.z + 1;
        let levels = (first_zoom..=last_zoom)
            .map(|zoom| {
                let runs: Vec<Range<usize>> = runs(x, y, 0..x.len(), zoom).collect();
                let sums = counts.iter().map(|column| {
                    Integers::pack(runs.iter().map(|run| Some(sum_of(column, run.clone()).0)))
                });
                GridLevel {
                    x: runs
                        .iter()
                        .map(|run| grid_place(x[run.start], zoom))
                        .collect(),
                    y: runs
                        .iter()
                        .map(|run| grid_place(y[run.start], zoom))
                        .collect(),
                    features: Integers::pack(runs.iter().map(|run| Some(run.len() as i64))),
                    sums: sums.collect(),
                }
            })
            .collect();
        GridLevels { first_zoom, levels }
    }

    /// The same after the count number `count` has gained `by` at some Mercator places.
    pub(super) fn gain(&mut self, count: usize, gains: &[([u32; 2], i64)]) {
        for (zoom, level) in (self.first_zoom..).zip(&mut self.levels) {
            let mut by_entry: BTreeMap<usize, i64> = BTreeMap::new();
            for ([x, y], by) in gains {
                let entry = level.entry_at(CellKey::at(zoom, *x, *y), zoom);
                *by_entry.entry(entry).or_default() += by;
            }
            let sums = &mut level.sums[count];
            let changes = by_entry.into_iter().filter(|(_, by)| *by != 0);
            let changes: Vec<_> = changes
                .map(|(entry, by)| (entry, Some(sums.get(entry).unwrap_or(0) + by)))
                .collect();
            *sums = sums.with(&changes);
        }
    }

    fn level(&self, zoom: u8) -> Option<&GridLevel> {
        self.levels
            .get(usize::from(zoom.checked_sub(self.first_zoom)?))
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let of_level = |level: &GridLevel| {
            level.x.len() * 8
                + level.features.heap_bytes()
                + level.sums.iter().map(Integers::heap_bytes).sum::<usize>()
        };
        self.levels.iter().map(of_level).sum()
    }
}

impl GridLevel {
    /// The entry of a grid cell of `zoom` that holds rows; entries stand along the curve.
    fn entry_at(&self, key: CellKey, zoom: u8) -> usize {
        let start = key.curve_start();
        let before = |&entry: &usize| {
            let (x, y) = (self.x[entry], self.y[entry]);
            CellKey { z: zoom, x, y }.curve_start() < start
        };
        partition(self.x.len(), before)
    }
}

/// The first number below `len` for which `before` no longer holds; `len` where it always does.
fn partition(len: usize, before: impl Fn(&usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        match before(&middle) {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    low
}

/// The grid column (or row) of a Mercator place.
fn grid_place(place: u32, zoom: u8) -> u32 {
    if zoom == 0 { 0 } else { place >> (32 - zoom) }
}

/// Runs of consecutive rows in one grid cell. In Hilbert order every grid cell is one run.
fn runs(x: &[u32], y: &[u32], rows: Range<usize>, zoom: u8) -> impl Iterator<Item = Range<usize>> {
    let mut start = rows.start;
    std::iter::from_fn(move || {
        if start >= rows.end {
            return None;
        }
        let place = |row: usize| (grid_place(x[row], zoom), grid_place(y[row], zoom));
        let here = place(start);
        let mut end = start + 1;
        while end < rows.end && place(end) == here {
            end += 1;
        }
        let run = start..end;
        start = end;
        Some(run)
    })
}

/// The sum of a count column over a run of rows, and how many are missing.
pub(super) fn sum_of(column: &PackedColumn, rows: Range<usize>) -> (i64, u64) {
    match column {
        PackedColumn::Integer(values) => values.sum(rows),
        _ => (0, 0),
    }
}

/// Sums of count columns over a run of rows.
pub(super) fn sums_of(columns: &[&PackedColumn], rows: Range<usize>) -> Sums {
    let total = |column: &&PackedColumn| {
        let (sum, missing) = sum_of(column, rows.clone());
        super::CountTotal { sum, missing }
    };
    Sums {
        features: rows.len() as u64,
        counts: columns.iter().map(total).collect(),
    }
}

pub(super) fn tile_meets(tile: TileCoord, key: CellKey) -> bool {
    if key.z <= tile.z() {
        let shift = tile.z() - key.z;
        tile.x() >> shift == key.x && tile.y() >> shift == key.y
    } else {
        let shift = key.z - tile.z();
        key.x >> shift == tile.x() && key.y >> shift == tile.y()
    }
}

/// The tile's window in Mercator units: left, top, right, bottom.
pub(super) fn tile_window(tile: TileCoord) -> [u64; 4] {
    let shift = 32 - tile.z();
    let (x, y) = (u64::from(tile.x()), u64::from(tile.y()));
    [x << shift, y << shift, (x + 1) << shift, (y + 1) << shift]
}

fn collect_sums(
    cell: &Cell,
    counts: &[usize],
    tile: TileCoord,
    grid_zoom: u8,
    found: &mut Vec<GridCell>,
) {
    let key = cell.key();
    if grid_zoom <= key.z {
        let shift = key.z - grid_zoom;
        found.push(GridCell {
            x: key.x >> shift,
            y: key.y >> shift,
            features: cell.sums.features,
            sums: cell.sums.counts.iter().map(|total| total.sum).collect(),
        });
        return;
    }
    let bits = grid_zoom - tile.z();
    if let Some(level) = cell.grids.level(grid_zoom) {
        for entry in 0..level.x.len() {
            let (x, y) = (level.x[entry], level.y[entry]);
            if x >> bits == tile.x() && y >> bits == tile.y() {
                found.push(GridCell {
                    x,
                    y,
                    features: level.features.get(entry).unwrap_or(0) as u64,
                    sums: level
                        .sums
                        .iter()
                        .map(|s| s.get(entry).unwrap_or(0))
                        .collect(),
                });
            }
        }
        return;
    }
    let columns: Vec<&PackedColumn> = counts.iter().map(|&place| &cell.columns[place]).collect();
    let [left, top, right, bottom] = tile_window(tile);
    for block in cell.window_runs([left, top, right, bottom]) {
        for run in runs(&cell.x, &cell.y, block, grid_zoom) {
            let (x, y) = (cell.x[run.start], cell.y[run.start]);
            let (gx, gy) = (grid_place(x, grid_zoom), grid_place(y, grid_zoom));
            if gx >> bits != tile.x() || gy >> bits != tile.y() {
                continue;
            }
            let sums = sums_of(&columns, run);
            let part = GridCell {
                x: gx,
                y: gy,
                features: sums.features,
                sums: sums.counts.iter().map(|total| total.sum).collect(),
            };
            push_or_add(found, part);
        }
    }
}

/// Grid sums of the rows that meet `filter`.
fn collect_kept(
    cell: &Cell,
    counts: &[usize],
    tile: TileCoord,
    grid_zoom: u8,
    filter: &Filter,
    found: &mut Vec<GridCell>,
) {
    let columns: Vec<&PackedColumn> = counts.iter().map(|&place| &cell.columns[place]).collect();
    let bits = grid_zoom - tile.z();
    for block in cell.window_runs(tile_window(tile)) {
        let kept = filter.rows(cell, block.clone());
        for run in runs(&cell.x, &cell.y, block.clone(), grid_zoom) {
            let (x, y) = (cell.x[run.start], cell.y[run.start]);
            let (gx, gy) = (grid_place(x, grid_zoom), grid_place(y, grid_zoom));
            if gx >> bits != tile.x() || gy >> bits != tile.y() {
                continue;
            }
            let part = kept_sums(&columns, run, &kept, block.start);
            if part.features > 0 {
                let sums = part.counts.iter().map(|total| total.sum).collect();
                push_or_add(
                    found,
                    GridCell {
                        x: gx,
                        y: gy,
                        features: part.features,
                        sums,
                    },
                );
            }
        }
    }
}

/// Sums over the rows of a run that are kept; the first bit of `kept` is the row `first`.
fn kept_sums(columns: &[&PackedColumn], run: Range<usize>, kept: &Mask, first: usize) -> Sums {
    let mut total = Sums::zero(columns.len());
    let mut next = run.start;
    while next < run.end {
        let start = next;
        let bit = kept.get(start - first);
        while next < run.end && kept.get(next - first) == bit {
            next += 1;
        }
        if bit {
            total.add(&sums_of(columns, start..next));
        }
    }
    total
}

/// Adds `part` to the last cell found where that is the same one: a run may be cut by a block.
fn push_or_add(found: &mut Vec<GridCell>, part: GridCell) {
    match found.last_mut() {
        Some(last) if (last.x, last.y) == (part.x, part.y) => add(last, &part),
        _ => found.push(part),
    }
}

fn add(total: &mut GridCell, part: &GridCell) {
    total.features += part.features;
    for (sum, more) in total.sums.iter_mut().zip(&part.sums) {
        *sum += more;
    }
}

/// Joins grid cells that several quadtree cells contribute to; the first mention keeps its place.
fn merged(found: Vec<GridCell>) -> Vec<GridCell> {
    let mut places: HashMap<(u32, u32), usize> = HashMap::with_capacity(found.len());
    let mut result: Vec<GridCell> = Vec::with_capacity(found.len());
    for part in found {
        match places.get(&(part.x, part.y)) {
            Some(&place) => add(&mut result[place], &part),
            None => {
                places.insert((part.x, part.y), result.len());
                result.push(part);
            }
        }
    }
    result
}
