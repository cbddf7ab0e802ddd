use std::collections::{BTreeMap, BTreeSet};

/// A corner of a lattice: column, row.
pub type Corner = (i64, i64);

/// Neighbouring cells of a lattice as one polygon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Column and row of each cell, its south-western corner.
    pub cells: Vec<Corner>,
    /// Counterclockwise, closed, no corner twice.
    pub outer: Vec<Corner>,
    /// Clockwise; they touch the outer ring or one another in single corners at most.
    pub holes: Vec<Vec<Corner>>,
}

/// Joins cells that share an edge (合并相邻格网) to polygons that are valid whatever their shape:
/// no ring crosses or touches itself.
///
/// Patches come in the order of their first cell, by column and row.
pub fn dissolve(cells: impl IntoIterator<Item = Corner>) -> Vec<Patch> {
    let mut open: BTreeSet<Corner> = cells.into_iter().collect();
    let mut patches = Vec::new();
    while let Some(first) = open.pop_first() {
        let mut patch = BTreeSet::from([first]);
        let mut edge = vec![first];
        while let Some((x, y)) = edge.pop() {
            for next in [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)] {
                if open.remove(&next) {
                    patch.insert(next);
                    edge.push(next);
                }
            }
        }
        patches.push(outline(patch));
    }
    patches
}

fn outline(cells: BTreeSet<Corner>) -> Patch {
    // Edges with the patch to their left, by where they begin; at most two begin in a corner.
    let mut edges: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    for &(x, y) in &cells {
        let sides = [
            ((x, y - 1), (x, y), (x + 1, y)),
            ((x + 1, y), (x + 1, y), (x + 1, y + 1)),
            ((x, y + 1), (x + 1, y + 1), (x, y + 1)),
            ((x - 1, y), (x, y + 1), (x, y)),
        ];
        for (beyond, from, to) in sides {
            if !cells.contains(&beyond) {
                edges.entry(from).or_default().push(to);
            }
        }
    }
    let (mut outer, mut holes) = (Vec::new(), Vec::new());
    while let Some((&start, _)) = edges.first_key_value() {
        let mut path = vec![start];
        let mut at = BTreeMap::from([(start, 0usize)]);
        let mut corner = start;
        while let Some(to) = take(&mut edges, corner) {
            corner = to;
            // A corner that was passed before closes a ring of its own.
            if let Some(&begin) = at.get(&to) {
                let ring: Vec<Corner> = path.drain(begin..).collect();
                at.retain(|_, place| *place < begin);
                let ring = straightened(ring);
                match twice_area(&ring) > 0 {
                    true => outer = ring,
                    false => holes.push(ring),
                }
            }
            at.insert(to, path.len());
            path.push(to);
        }
    }
    holes.sort();
    Patch {
        cells: cells.into_iter().collect(),
        outer,
        holes,
    }
}

fn take(edges: &mut BTreeMap<Corner, Vec<Corner>>, from: Corner) -> Option<Corner> {
    let ends = edges.get_mut(&from)?;
    let to = ends.pop();
    if ends.is_empty() {
        edges.remove(&from);
    }
    to
}

/// Only the corners where a ring turns, closed.
fn straightened(ring: Vec<Corner>) -> Vec<Corner> {
    let count = ring.len();
    let turns = |place: &usize| {
        let (before, here) = (ring[(place + count - 1) % count], ring[*place]);
        let after = ring[(place + 1) % count];
        (here.0 - before.0, here.1 - before.1) != (after.0 - here.0, after.1 - here.1)
    };
    let mut kept: Vec<Corner> = (0..count).filter(turns).map(|place| ring[place]).collect();
    // From the least corner on, so that the same cells give the same ring.
    if let Some(least) = (0..kept.len()).min_by_key(|place| kept[*place]) {
        kept.rotate_left(least);
    }
    kept.extend(kept.first().copied());
    kept
}

fn twice_area(ring: &[Corner]) -> i64 {
    ring.windows(2)
        .map(|pair| pair[0].0 * pair[1].1 - pair[1].0 * pair[0].1)
        .sum()
}

#[cfg(test)]
mod tests {
    use geo::{Area, Coord, LineString, Polygon, Validation};
    use proptest::prelude::*;

    use super::*;

    fn polygon(patch: &Patch) -> Polygon<f64> {
        let ring = |ring: &Vec<Corner>| -> LineString<f64> {
            let corner = |c: &Corner| Coord {
                x: c.0 as f64,
                y: c.1 as f64,
            };
            ring.iter().map(corner).collect()
        };
        Polygon::new(ring(&patch.outer), patch.holes.iter().map(ring).collect())
    }

    #[test]
    fn a_ring_of_cells_has_a_hole_and_corners_alone_do_not_join() {
        let ring = (0..3).flat_map(|x| (0..3).map(move |y| (x, y)));
        let patches = dissolve(ring.filter(|cell| *cell != (1, 1)));
        assert_eq!(patches.len(), 1);
        assert_eq!(patches[0].outer, [(0, 0), (3, 0), (3, 3), (0, 3), (0, 0)]);
        assert_eq!(
            patches[0].holes,
            [vec![(1, 1), (1, 2), (2, 2), (2, 1), (1, 1)]]
        );
        assert_eq!(dissolve([(0, 0), (1, 1)]).len(), 2);
        assert!(dissolve([]).is_empty());
    }

    #[test]
    fn a_hole_that_touches_the_outside_in_a_corner_stays_a_hole() {
        // A ring of eight cells without its north-eastern corner cell's neighbour pair.
        let cells = [(0, 0), (1, 0), (2, 0), (0, 1), (0, 2), (1, 2), (2, 1)];
        let patches = dissolve(cells);
        assert_eq!(patches.len(), 1);
        let shape = polygon(&patches[0]);
        assert!(shape.is_valid());
        assert_eq!(shape.unsigned_area(), 7.0);
        assert_eq!(patches[0].holes.len(), 1);
    }

    proptest! {
        #[test]
        fn polygons_are_valid_and_hold_their_cells(
            cells in prop::collection::btree_set((0..9i64, 0..9i64), 0..60),
        ) {
            let patches = dissolve(cells.iter().copied());
            let held: usize = patches.iter().map(|p| p.cells.len()).sum();
            prop_assert_eq!(held, cells.len());
            for patch in &patches {
                let shape = polygon(patch);
                prop_assert!(shape.is_valid(), "{:?}", patch);
                prop_assert_eq!(shape.unsigned_area(), patch.cells.len() as f64);
            }
        }
    }
}
