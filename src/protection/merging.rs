use std::collections::{BTreeMap, btree_map::Entry};

use geo::Point;

use crate::domain::{Grid, measure::distance_m};

/// The area codes of the levels down to the subdistrict that a piece lies in, larger areas first;
/// a piece that was merged across areas has fewer.
pub(super) type Unit = Vec<Option<Box<str>>>;

/// Features that are published as one, with their sums.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub unit: Unit,
    /// The side of its cell, metres.
    pub cell_m: u32,
    pub cell: (i32, i32),
    pub features: u64,
    /// What the largest of its features has of the count that dominance is judged by, and all.
    pub largest: i64,
    pub total: i64,
    /// By place in the layer's attributes; `None` where no feature has it.
    pub counts: Vec<Option<i64>>,
    /// The pieces that it was merged from, by number.
    pub members: Vec<u32>,
}

impl Piece {
    /// The middle of its cell.
    pub fn center(&self) -> (f64, f64) {
        let grid = Grid {
            cell_m: self.cell_m,
        };
        grid.center(self.cell)
    }

    /// Whether nobody can tell one unit from it: three at least, none with more than 85 % of all.
    fn is_safe(&self) -> bool {
        let share = i128::from(self.largest) * 100;
        self.features >= LEAST_UNITS && share <= i128::from(self.total) * MOST_PERCENT
    }

    fn add(&mut self, other: &Piece) {
        self.features += other.features;
        self.largest = self.largest.max(other.largest);
        self.total = self.total.saturating_add(other.total);
        self.members.extend_from_slice(&other.members);
        for (sum, more) in self.counts.iter_mut().zip(&other.counts) {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0).saturating_add(*more));
            }
        }
    }
}

const LEAST_UNITS: u64 = 3;
const MOST_PERCENT: i128 = 85;

/// How often cells are doubled before pieces are merged across areas.
const DOUBLINGS: u32 = 6;

/// Merges unsafe pieces with one another: in cells of twice the side within their area, again and
/// again, then within the whole area, the next larger one, at last the city; what alone is not safe
/// in an area joins the safe pieces nearest to it. Answers the safe pieces, and how many features
/// remained that even all together would tell of one.
pub(super) fn merge(pieces: Vec<Piece>) -> (Vec<Piece>, u64) {
    let finest = pieces.first().map_or(1, |piece| piece.cell_m);
    let depth = pieces.iter().map(|piece| piece.unit.len()).max();
    let (mut safe, mut rest): (Vec<_>, Vec<_>) = pieces.into_iter().partition(Piece::is_safe);
    for times in 1..=DOUBLINGS {
        let merged = in_cells(rest, finest << times);
        let (good, bad) = merged.into_iter().partition::<Vec<_>, _>(Piece::is_safe);
        safe.extend(good);
        rest = bad;
    }
    for depth in (0..=depth.unwrap_or(0)).rev() {
        let merged = in_areas(rest, depth, finest << DOUBLINGS);
        let (good, bad) = merged.into_iter().partition::<Vec<_>, _>(Piece::is_safe);
        safe.extend(good);
        rest = bad
            .into_iter()
            .filter_map(|piece| join_nearest(piece, &mut safe))
            .collect();
    }
    (safe, rest.iter().map(|piece| piece.features).sum())
}

/// Joins an unsafe piece to the nearest safe ones of its area, as many as it takes; they then stand
/// where the nearest was. Answers the piece where all of them are not enough.
fn join_nearest(piece: Piece, safe: &mut Vec<Piece>) -> Option<Piece> {
    let center = Point::from(piece.center());
    let mut near: Vec<(f64, usize)> = safe
        .iter()
        .enumerate()
        .filter(|(_, other)| other.unit.starts_with(&piece.unit))
        .map(|(at, other)| (distance_m(center, Point::from(other.center())), at))
        .collect();
    near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut joined: Option<Piece> = None;
    for (taken, (_, at)) in near.iter().enumerate() {
        let sum = joined.get_or_insert_with(|| Piece {
            cell_m: safe[*at].cell_m,
            cell: safe[*at].cell,
            ..piece.clone()
        });
        sum.add(&safe[*at]);
        if sum.is_safe() {
            let mut gone: Vec<usize> = near[..=taken].iter().map(|(_, at)| *at).collect();
            gone.sort_unstable();
            gone.into_iter().rev().for_each(|at| {
                safe.remove(at);
            });
            safe.extend(joined);
            return None;
        }
    }
    Some(piece)
}

/// One piece for each cell and area.
fn in_cells(pieces: Vec<Piece>, cell_m: u32) -> Vec<Piece> {
    let mut merged: BTreeMap<(Unit, (i32, i32)), Piece> = BTreeMap::new();
    for mut piece in pieces {
        let (lon, lat) = piece.center();
        (piece.cell_m, piece.cell) = (cell_m, Grid { cell_m }.cell(lon, lat));
        add_to(&mut merged, (piece.unit.clone(), piece.cell), piece);
    }
    merged.into_values().collect()
}

/// One piece for each area of the `depth`th level; it stands in the cell of its first.
fn in_areas(pieces: Vec<Piece>, depth: usize, cell_m: u32) -> Vec<Piece> {
    let mut merged: BTreeMap<Unit, Piece> = BTreeMap::new();
    for mut piece in pieces {
        let (lon, lat) = piece.center();
        (piece.cell_m, piece.cell) = (cell_m, Grid { cell_m }.cell(lon, lat));
        piece.unit.truncate(depth);
        add_to(&mut merged, piece.unit.clone(), piece);
    }
    merged.into_values().collect()
}

fn add_to<K: Ord>(merged: &mut BTreeMap<K, Piece>, key: K, piece: Piece) {
    match merged.entry(key) {
        Entry::Occupied(mut known) => known.get_mut().add(&piece),
        Entry::Vacant(free) => {
            free.insert(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(code: &str, cell: (i32, i32), jobs: &[i64]) -> Piece {
        let total = jobs.iter().sum();
        Piece {
            unit: vec![Some("44".into()), Some(code.into())],
            cell_m: 100,
            cell,
            features: jobs.len() as u64,
            largest: jobs.iter().copied().max().unwrap_or(0),
            total,
            counts: vec![Some(total), None],
            members: vec![0],
        }
    }

    fn totals(pieces: &[Piece]) -> (u64, i64) {
        let features = pieces.iter().map(|piece| piece.features).sum();
        let jobs = pieces.iter().filter_map(|piece| piece.counts[0]).sum();
        (features, jobs)
    }

    #[test]
    fn few_or_dominant_units_are_merged_until_they_are_safe() {
        let (pieces, left) = merge(vec![
            piece("4401", (0, 0), &[5, 6, 7]),
            piece("4401", (1, 0), &[900, 1, 1]),
            piece("4401", (40, 0), &[800]),
            piece("4401", (2, 0), &[700]),
            piece("4402", (500, 500), &[3]),
            piece("4403", (900, 900), &[4, 5]),
        ]);
        assert_eq!((totals(&pieces), left), ((11, 2432), 0));
        assert!(pieces.iter().all(Piece::is_safe));
        let safe = pieces.iter().find(|piece| piece.cell_m == 100);
        assert_eq!(safe.map(|piece| piece.cell), Some((0, 0)));
        // Two lonely areas become one piece of the area above, which belongs to neither.
        let above = pieces.iter().find(|piece| piece.unit.len() == 1);
        assert_eq!(
            above.map(|piece| (piece.features, piece.total)),
            Some((3, 12))
        );
    }

    #[test]
    fn what_would_tell_of_one_unit_in_the_city_is_withheld() {
        let (pieces, left) = merge(vec![
            piece("4401", (0, 0), &[5000]),
            piece("4402", (9, 9), &[1, 2]),
        ]);
        assert_eq!((pieces, left), (vec![], 3));
        assert_eq!(merge(vec![]), (vec![], 0));
    }
}
