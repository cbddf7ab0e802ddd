use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use geo::Geometry;
use rstar::RTree;

use super::{
    AreaSums, PackedColumn, PackedStrings, Sums,
    grid::GridLevels,
    nearest::{Place, PlaceTree},
};
use crate::domain::{Bbox, Table, hilbert_key};

/// The quadtree node that a cell covers: a Web Mercator tile of zoom `z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    pub z: u8,
    pub x: u32,
    pub y: u32,
}

impl CellKey {
    /// The node of zoom `z` around a Mercator place.
    pub(super) fn at(z: u8, x: u32, y: u32) -> Self {
        let node = |place: u32| if z == 0 { 0 } else { place >> (32 - z) };
        CellKey {
            z,
            x: node(x),
            y: node(y),
        }
    }

    /// Whether `other` is this node or lies in it.
    pub(super) fn holds(&self, other: CellKey) -> bool {
        other.z >= self.z && {
            let shift = other.z - self.z;
            other.x >> shift == self.x && other.y >> shift == self.y
        }
    }

    /// Where the node's run of the Hilbert curve starts.
    pub(super) fn curve_start(&self) -> u64 {
        if self.z == 0 {
            return 0;
        }
        let shift = 64 - 2 * u32::from(self.z);
        (hilbert_key(self.x << (32 - self.z), self.y << (32 - self.z)) >> shift) << shift
    }
}

/// Rows per block of [`Cell::blocks`].
pub const BLOCK: usize = 256;

/// Up to [`MAX_ROWS`](super::MAX_ROWS) features that lie together, in Hilbert order.
///
/// Each feature has a place: itself for a point, a point inside it for a line or polygon.
#[derive(Debug)]
pub struct Cell {
    pub(super) key: CellKey,
    /// Names this very cell, its counts too.
    pub(super) serial: u64,
    /// Names its rows and their places: cells of one number differ in counts alone.
    pub(super) ground: u64,
    /// True bounds of the geometries.
    pub(super) bounds: Bbox,
    pub(super) ids: Arc<PackedStrings>,
    /// Row numbers in the order of the hash of their id.
    pub(super) rows_by_id: Arc<[(u32, u16)]>,
    pub(super) lon: Arc<[f64]>,
    pub(super) lat: Arc<[f64]>,
    /// Web Mercator place in units of 2^-32 of the world's width, y southward.
    pub(super) x: Arc<[u32]>,
    pub(super) y: Arc<[u32]>,
    /// `None` for points, whose place is their geometry.
    pub(super) geometries: Option<Arc<[Geometry<f64>]>>,
    /// Bounds of each geometry, beside `geometries`.
    pub(super) envelopes: Option<Arc<[Bbox]>>,
    pub(super) columns: Box<[PackedColumn]>,
    /// One per area level of the index.
    pub(super) area_codes: Box<[PackedColumn]>,
    /// West, south, east, north of every [`BLOCK`] places in Mercator units: left, top, right, bottom.
    pub(super) blocks: Arc<[[u32; 4]]>,
    pub(super) sums: Sums,
    pub(super) grids: GridLevels,
    /// Built when first asked for.
    pub(super) tree: Arc<OnceLock<PlaceTree>>,
    /// One per area level of the index, summed when first asked for.
    pub(super) area_sums: Box<[OnceLock<AreaSums>]>,
}

impl Cell {
    pub fn key(&self) -> CellKey {
        self.key
    }

    /// Names this very cell among all that there ever were: nothing else has the same rows, places,
    /// values and area codes.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Names its rows and their places among all cells that there ever were: another cell of this
    /// number has the same features at the same places and differs in counts alone.
    pub fn ground(&self) -> u64 {
        self.ground
    }

    pub fn bounds(&self) -> &Bbox {
        &self.bounds
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub fn id(&self, row: usize) -> &str {
        self.ids.get(row)
    }

    /// Longitude of each feature's place.
    pub fn lon(&self) -> &[f64] {
        &self.lon
    }

    pub fn lat(&self) -> &[f64] {
        &self.lat
    }

    /// Web Mercator place in units of 2^-32 of the world's width.
    pub fn mercator_x(&self) -> &[u32] {
        &self.x
    }

    /// Web Mercator place, southward, in units of 2^-32 of the world's width.
    pub fn mercator_y(&self) -> &[u32] {
        &self.y
    }

    pub fn columns(&self) -> &[PackedColumn] {
        &self.columns
    }

    /// One column per area level of the index.
    pub fn area_codes(&self) -> &[PackedColumn] {
        &self.area_codes
    }

    /// Sums of all count attributes over the whole cell.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Geometries in row order; `None` where all are points.
    pub fn geometries(&self) -> Option<&[Geometry<f64>]> {
        self.geometries.as_deref()
    }

    /// Bounds of each geometry; `None` where all are points.
    pub fn envelopes(&self) -> Option<&[Bbox]> {
        self.envelopes.as_deref()
    }

    pub fn geometry(&self, row: usize) -> Geometry<f64> {
        match &self.geometries {
            Some(geometries) => geometries[row].clone(),
            None => Geometry::Point(geo::Point::new(self.lon[row], self.lat[row])),
        }
    }

    /// The row of `id`, whose [`short_hash`] is `hash`.
    pub(super) fn find(&self, id: &str, hash: u32) -> Option<usize> {
        let start = first_at(&self.rows_by_id, hash);
        self.rows_by_id[start..]
            .iter()
            .take_while(|(h, _)| *h == hash)
            .map(|(_, row)| usize::from(*row))
            .find(|&row| self.id(row) == id)
    }

    /// Calls `visit` with every row whose place lies in the Mercator window, edges
    /// `left <= x < right` and `top <= y < bottom`.
    pub fn for_each_in_window(&self, window: [u64; 4], mut visit: impl FnMut(usize)) {
        let [left, top, right, bottom] = window;
        for (number, block) in self.blocks.iter().enumerate() {
            let [l, t, r, b] = block.map(u64::from);
            if r < left || l >= right || b < top || t >= bottom {
                continue;
            }
            let rows = self.block_rows(number);
            if left <= l && r < right && top <= t && b < bottom {
                rows.for_each(&mut visit);
                continue;
            }
            rows.filter(|&row| self.is_in_window(row, window))
                .for_each(&mut visit);
        }
    }

    /// Whether the place of a row lies in a Mercator window.
    pub(super) fn is_in_window(&self, row: usize, window: [u64; 4]) -> bool {
        let [left, top, right, bottom] = window;
        let (x, y) = (u64::from(self.x[row]), u64::from(self.y[row]));
        left <= x && x < right && top <= y && y < bottom
    }

    /// The blocks of rows that may have places in a Mercator window, joined where they touch.
    pub(super) fn window_runs(&self, window: [u64; 4]) -> Vec<Range<usize>> {
        let [left, top, right, bottom] = window;
        let mut found: Vec<Range<usize>> = Vec::new();
        for (number, block) in self.blocks.iter().enumerate() {
            let [l, t, r, b] = block.map(u64::from);
            if r < left || l >= right || b < top || t >= bottom {
                continue;
            }
            let rows = self.block_rows(number);
            match found.last_mut() {
                Some(last) if last.end == rows.start => last.end = rows.end,
                _ => found.push(rows),
            }
        }
        found
    }

    fn block_rows(&self, number: usize) -> Range<usize> {
        number * BLOCK..((number + 1) * BLOCK).min(self.len())
    }

    /// The tree of places, in metres.
    pub(super) fn tree(&self) -> &PlaceTree {
        self.tree.get_or_init(|| {
            let places = (0..self.len()).map(|r| Place::new(self.lon[r], self.lat[r], r as u16));
            RTree::bulk_load_with_params(places.collect())
        })
    }

    /// Appends some of this cell's rows to `table`.
    pub(super) fn append_to(
        &self,
        table: &mut Table,
        levels: &[crate::domain::LevelId],
        rows: impl IntoIterator<Item = usize>,
    ) {
        for row in rows {
            table.ids.push(self.id(row).into());
            table.geometries.push(self.geometry(row));
            for (column, packed) in table.columns.iter_mut().zip(&self.columns) {
                column.push(&packed.value(row));
            }
            for (level, packed) in levels.iter().zip(&self.area_codes) {
                table
                    .area_codes
                    .entry(level.clone())
                    .or_default()
                    .push(packed.text(row));
            }
        }
    }

    /// Bytes held on the heap, trees included, geometries of lines and polygons roughly.
    pub fn heap_bytes(&self) -> usize {
        let points = |g: &Geometry<f64>| geo::CoordsIter::coords_count(g) * 16 + 80;
        self.ids.heap_bytes()
            + self.rows_by_id.len() * 8
            + self.lon.len() * 24
            + self
                .columns
                .iter()
                .map(PackedColumn::heap_bytes)
                .sum::<usize>()
            + self
                .area_codes
                .iter()
                .map(PackedColumn::heap_bytes)
                .sum::<usize>()
            + self
                .geometries
                .as_ref()
                .map_or(0, |g| g.iter().map(points).sum())
            + self.grids.heap_bytes()
            + self.tree.get().map_or(0, |_| self.len() * 40)
    }
}

/// The first of rows in the order of their hashes whose hash is not below `hash`. Hashes are spread
/// evenly, so it stands near its share of all: little memory is touched.
fn first_at(rows: &[(u32, u16)], hash: u32) -> usize {
    let is_before = |at: usize| rows[at].0 < hash;
    let guess = ((u64::from(hash) * rows.len() as u64) >> 32) as usize;
    let (mut low, mut high, mut step) = (guess, guess, 16);
    while low > 0 && !is_before(low - 1) {
        low = low.saturating_sub(step);
        step *= 2;
    }
    step = 16;
    while high < rows.len() && is_before(high) {
        high = (high + step).min(rows.len());
        step *= 2;
    }
    low + rows[low..high].partition_point(|(h, _)| *h < hash)
}

pub(super) fn short_hash(id: &str) -> u32 {
    let wide = fnv(id);
    (wide ^ (wide >> 32)) as u32
}

fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A number below 2^53 that stands for `id` in tiles: the id itself where it is a plain number
/// below 2^52, else a hash of it between 2^52 and 2^53.
pub fn stable_number(id: &str) -> u64 {
    const HALF: u64 = 1 << 52;
    let plain = !id.is_empty() && id.len() <= 16 && (id == "0" || !id.starts_with('0'));
    if plain
        && id.bytes().all(|b| b.is_ascii_digit())
        && let Ok(number) = id.parse::<u64>()
        && number < HALF
    {
        return number;
    }
    HALF | (fnv(id) >> 12)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_hash_is_found_wherever_it_stands(
            mut hashes in prop::collection::vec(prop_oneof![any::<u32>(), 0..5u32, u32::MAX - 3..=u32::MAX], 0..300),
            asked in prop_oneof![any::<u32>(), 0..6u32, u32::MAX - 4..=u32::MAX],
            at in any::<prop::sample::Index>(),
        ) {
            hashes.sort_unstable();
            let rows: Vec<(u32, u16)> = hashes.iter().copied().zip(0..).collect();
            let known = (!rows.is_empty()).then(|| rows[at.index(rows.len())].0);
            for hash in [Some(asked), known].into_iter().flatten() {
                prop_assert_eq!(first_at(&rows, hash), rows.partition_point(|(h, _)| *h < hash));
            }
        }
    }

    #[test]
    fn plain_numbers_stand_for_themselves_and_others_never_collide_with_them() {
        assert_eq!(stable_number("440106"), 440106);
        for id in ["007", "a", "", "9007199254740993"] {
            let number = stable_number(id);
            assert!((1 << 52..1 << 53).contains(&number), "{id}: {number}");
        }
    }
}
