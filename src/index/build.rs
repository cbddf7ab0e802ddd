use std::sync::{Arc, OnceLock};

use geo::{BoundingRect, Centroid, Geometry, InteriorPoint};
use rayon::prelude::*;

use super::{
    Cell, CellKey, PackedColumn, PackedStrings,
    cell::{BLOCK, short_hash},
    grid::{GRID_BITS, GridLevels, sums_of},
};
use crate::domain::{Bbox, Layer, LevelId, Table, TextColumn, hilbert_key, serial, to_mercator};

/// The most features of one cell; an edit rebuilds that many at the most.
pub const MAX_ROWS: usize = 16_384;

/// Beyond this zoom (about a centimetre) places are as good as equal: cells are cut by count.
pub(super) const DEEPEST: u8 = 30;

/// A row's place on the map and on the curve.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    hilbert: u64,
    row: u32,
    pub x: u32,
    pub y: u32,
    lon: f64,
    lat: f64,
}

/// Cuts `table` into cells; with `under`, only within that quadtree node.
pub(super) fn build_cells(
    layer: &Layer,
    levels: &[LevelId],
    table: &Table,
    under: Option<CellKey>,
) -> Vec<Arc<Cell>> {
    let mut places: Vec<Placed> = table
        .geometries
        .par_iter()
        .enumerate()
        .map(|(row, g)| place(row, g))
        .collect();
    // The id settles ties, so that the same features give the same cells in any order of input.
    places.par_sort_unstable_by(|a, b| {
        let ids = || table.ids[a.row as usize].cmp(&table.ids[b.row as usize]);
        a.hilbert.cmp(&b.hilbert).then_with(ids)
    });
    let mut leaves = Vec::new();
    split(&places, under.map_or(0, |key| key.z), &mut leaves);
    leaves
        .into_par_iter()
        .map(|(key, run)| Arc::new(cell(layer, levels, table, key, run)))
        .collect()
}

pub(super) fn place(row: usize, geometry: &Geometry<f64>) -> Placed {
    let (lon, lat) = representative(geometry);
    let (mx, my) = to_mercator(lon, lat);
    let units = |share: f64| (share * 4_294_967_296.0).clamp(0.0, 4_294_967_295.0) as u32;
    let (x, y) = (units(mx), units(my));
    Placed {
        hilbert: hilbert_key(x, y),
        row: row as u32,
        x,
        y,
        lon,
        lat,
    }
}

/// A point of the geometry: itself, or one inside it.
fn representative(geometry: &Geometry<f64>) -> (f64, f64) {
    match geometry {
        Geometry::Point(point) => (point.x(), point.y()),
        other => {
            let inside = other.interior_point().or_else(|| other.centroid());
            inside.map_or((0.0, 0.0), |point| (point.x(), point.y()))
        }
    }
}

/// Splits a run of the curve into leaves of at most [`MAX_ROWS`] places.
fn split<'a>(places: &'a [Placed], z: u8, leaves: &mut Vec<(CellKey, &'a [Placed])>) {
    let Some(first) = places.first() else { return };
    let key = CellKey::at(z, first.x, first.y);
    if places.len() <= MAX_ROWS {
        leaves.push((key, places));
    } else if z == DEEPEST {
        leaves.extend(places.chunks(MAX_ROWS).map(|chunk| (key, chunk)));
    } else {
        let quarter = |place: &Placed| place.hilbert >> (64 - 2 * (z + 1));
        let mut rest = places;
        while let Some(first) = rest.first() {
            let here = quarter(first);
            let (run, others) = rest.split_at(rest.partition_point(|p| quarter(p) <= here));
            split(run, z + 1, leaves);
            rest = others;
        }
    }
}

fn cell(layer: &Layer, levels: &[LevelId], table: &Table, key: CellKey, run: &[Placed]) -> Cell {
    let rows: Vec<u32> = run.iter().map(|p| p.row).collect();
    let all_points = rows
        .iter()
        .all(|&r| matches!(table.geometries[r as usize], Geometry::Point(_)));
    let envelopes: Vec<Bbox> = rows
        .iter()
        .map(|&r| envelope(&table.geometries[r as usize]))
        .collect();
    let mut bounds = Bbox::EMPTY;
    envelopes.iter().for_each(|e| bounds.expand(e));
    let x: Arc<[u32]> = run.iter().map(|p| p.x).collect();
    let y: Arc<[u32]> = run.iter().map(|p| p.y).collect();
    let columns: Box<[PackedColumn]> = table
        .columns
        .iter()
        .map(|c| PackedColumn::pack(c, &rows))
        .collect();
    let counts: Vec<&PackedColumn> = layer.counts().map(|(place, _)| &columns[place]).collect();
    // Tiles from two zooms below detail on are summed from the rows: few of them, and fast.
    let last_grid_zoom = (layer.zoom.detail + GRID_BITS).saturating_sub(2);
    let ids: PackedStrings = rows.iter().map(|&r| &*table.ids[r as usize]).collect();
    let mut rows_by_id: Vec<(u32, u16)> = ids
        .iter()
        .enumerate()
        .map(|(row, id)| (short_hash(id), row as u16))
        .collect();
    rows_by_id.sort_unstable();
    Cell {
        key,
        serial: serial(),
        ground: serial(),
        bounds,
        rows_by_id: rows_by_id.into(),
        ids: ids.into(),
        lon: run.iter().map(|p| p.lon).collect(),
        lat: run.iter().map(|p| p.lat).collect(),
        geometries: (!all_points).then(|| {
            rows.iter()
                .map(|&r| table.geometries[r as usize].clone())
                .collect()
        }),
        envelopes: (!all_points).then(|| envelopes.into()),
        area_codes: area_codes(levels, table, &rows),
        blocks: x
            .chunks(BLOCK)
            .zip(y.chunks(BLOCK))
            .map(|(x, y)| block(x, y))
            .collect(),
        sums: sums_of(&counts, 0..rows.len()),
        grids: GridLevels::build(key, &x, &y, &counts, last_grid_zoom),
        x,
        y,
        columns,
        tree: Arc::default(),
        area_sums: levels.iter().map(|_| OnceLock::new()).collect(),
    }
}

fn envelope(geometry: &Geometry<f64>) -> Bbox {
    match geometry {
        Geometry::Point(point) => Bbox::from(point.0),
        other => other.bounding_rect().map_or(Bbox::EMPTY, Bbox::from),
    }
}

fn area_codes(levels: &[LevelId], table: &Table, rows: &[u32]) -> Box<[PackedColumn]> {
    let absent = || {
        let mut column = TextColumn::default();
        rows.iter().for_each(|_| column.push(None));
        PackedColumn::pack(
            &crate::domain::Column::Text(column),
            &(0..rows.len() as u32).collect::<Vec<_>>(),
        )
    };
    levels
        .iter()
        .map(|level| match table.area_codes.get(level) {
            Some(codes) => PackedColumn::pack_text(codes, rows),
            None => absent(),
        })
        .collect()
}

fn block(x: &[u32], y: &[u32]) -> [u32; 4] {
    let low = |places: &[u32]| places.iter().copied().min().unwrap_or(0);
    let high = |places: &[u32]| places.iter().copied().max().unwrap_or(0);
    [low(x), low(y), high(x), high(y)]
}
