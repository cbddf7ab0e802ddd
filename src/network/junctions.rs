//! Where lines of one's own meet that share no corner there.

use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};
use serde::Serialize;

use super::{
    Lines,
    graph::{UNITS_PER_DEGREE, place},
};
use crate::domain::measure::EARTH_RADIUS_M;

/// An end no farther than this from the middle of a line lies on it, metres: what drawing programs
/// and the rounding of coordinates leave between them.
pub const TOUCH_M: f64 = 0.05;

/// A loose end no farther than this from a line that it is not joined to is told, metres.
pub const NEAR_M: f64 = 2.0;

/// What became of lines that meet without a corner in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Junctions {
    /// Ends that lay on the middle of a line and were joined to it.
    pub joined: u64,
    /// Places where lines cross without a corner in common: bridges and tunnels, which stay apart.
    pub crossings: u64,
    /// Loose ends that lie near a line and are not joined to it, the nearest first.
    pub near_misses: Vec<NearMiss>,
}

/// A loose end near a line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NearMiss {
    pub lon_lat: (f64, f64),
    pub gap_m: f64,
}

/// A straight part of a line between two corners: the line and the place of the first of them.
type Part = GeomWithData<Rectangle<[f64; 2]>, (u32, u32)>;

/// An end of a line beside another: where along it, and how far.
#[derive(Clone, Copy)]
struct Beside {
    line: u32,
    at: u32,
    share: f64,
    metres: f64,
}

impl Lines {
    /// Joins every end to the lines that it lies on, to [`TOUCH_M`], by a corner of theirs; all that
    /// else crosses stays apart.
    pub(super) fn join_ends(&mut self) -> Junctions {
        let parts = self.parts();
        let ends = self.ends();
        // Line, part, how far along it, and the point that becomes a corner there.
        let mut corners: Vec<(u32, u32, f64, u32)> = Vec::new();
        let mut found = Junctions::default();
        for &(end, is_loose) in &ends {
            let near = self.beside(&parts, end, NEAR_M);
            let touching = near.iter().filter(|beside| beside.metres <= TOUCH_M);
            let before = corners.len();
            corners.extend(touching.map(|b| (b.line, b.at, b.share, end)));
            match near.iter().map(|beside| beside.metres).reduce(f64::min) {
                _ if corners.len() > before => found.joined += 1,
                Some(gap_m) if is_loose => {
                    let at = place(self.points[end as usize]);
                    let lon_lat = (at.x(), at.y());
                    found.near_misses.push(NearMiss { lon_lat, gap_m });
                }
                _ => {}
            }
        }
        // Equally near ones stay in the order of the file.
        found
            .near_misses
            .sort_by(|a, b| a.gap_m.total_cmp(&b.gap_m));
        // From the last part of a line to its first, so that places before stay what they were.
        corners.sort_by(|a, b| {
            (b.0, b.1)
                .cmp(&(a.0, a.1))
                .then(b.2.total_cmp(&a.2))
                .then(b.3.cmp(&a.3))
        });
        for (line, at, _, point) in corners {
            self.lines[line as usize].insert(at as usize + 1, point);
        }
        found.crossings = self.crossings();
        found
    }

    fn parts(&self) -> RTree<Part> {
        let flat = |point: u32| self.points[point as usize].map(f64::from);
        let lines = (0..).zip(&self.lines);
        let parts = lines.flat_map(|(number, line)| {
            let pairs = (0..).zip(line.windows(2));
            pairs.map(move |(at, pair)| {
                let own = Rectangle::from_corners(flat(pair[0]), flat(pair[1]));
                GeomWithData::new(own, (number, at))
            })
        });
        RTree::bulk_load(parts.collect())
    }

    /// The points at which lines end, each once, and whether nothing else meets there.
    fn ends(&self) -> Vec<(u32, bool)> {
        let mut uses = vec![0u8; self.points.len()];
        for point in self.lines.iter().flatten() {
            let uses = &mut uses[*point as usize];
            *uses = uses.saturating_add(1);
        }
        let ends = self
            .lines
            .iter()
            .flat_map(|line| [line.first(), line.last()]);
        let mut ends: Vec<u32> = ends.flatten().copied().collect();
        ends.sort_unstable();
        ends.dedup();
        let is_loose = |point: u32| uses[point as usize] == 1;
        ends.into_iter()
            .map(|point| (point, is_loose(point)))
            .collect()
    }

    /// The lines within some metres of a point that is no corner of theirs there, each where it is
    /// nearest.
    fn beside(&self, parts: &RTree<Part>, point: u32, metres: f64) -> Vec<Beside> {
        let here = self.points[point as usize].map(f64::from);
        let scale = metres_per_unit(here);
        let wide = [metres / scale[0], metres / scale[1]];
        let window = AABB::from_corners(
            [here[0] - wide[0], here[1] - wide[1]],
            [here[0] + wide[0], here[1] + wide[1]],
        );
        let mut nearest: Vec<Beside> = Vec::new();
        let mut touching: Vec<(u32, u32)> = parts
            .locate_in_envelope_intersecting(window)
            .map(|part| part.data)
            .collect();
        touching.sort_unstable();
        for (line, at) in touching {
            let pair = &self.lines[line as usize][at as usize..][..2];
            if pair.contains(&point) {
                // The line has its corner there: what else of it comes near is no other junction.
                nearest.retain(|known| known.line != line);
                nearest.push(Beside {
                    line,
                    at,
                    share: 0.0,
                    metres: f64::NAN,
                });
                continue;
            }
            let [from, to] = [pair[0], pair[1]].map(|p| self.points[p as usize].map(f64::from));
            let off = |place: [f64; 2]| [0, 1].map(|axis| (place[axis] - here[axis]) * scale[axis]);
            let (from, to) = (off(from), off(to));
            let along = [to[0] - from[0], to[1] - from[1]];
            let square = along[0] * along[0] + along[1] * along[1];
            let share = -(from[0] * along[0] + from[1] * along[1]) / square;
            let share = if square > 0.0 {
                share.clamp(0.0, 1.0)
            } else {
                0.0
            };
            let metres_off = (from[0] + share * along[0]).hypot(from[1] + share * along[1]);
            let beside = Beside {
                line,
                at,
                share,
                metres: metres_off,
            };
            match nearest.iter_mut().find(|known| known.line == line) {
                Some(known) if metres_off < known.metres => *known = beside,
                Some(_) => {}
                None => nearest.push(beside),
            }
        }
        nearest.retain(|beside| beside.metres <= metres);
        nearest
    }

    /// How often parts of lines cross or touch that have no corner in common, exactly.
    fn crossings(&self) -> u64 {
        let parts = self.parts();
        let pair = |(line, at): (u32, u32)| {
            let line = &self.lines[line as usize];
            [line[at as usize], line[at as usize + 1]]
        };
        let crosses = |a: [u32; 2], b: [u32; 2]| {
            if a.contains(&b[0]) || a.contains(&b[1]) {
                return false;
            }
            let [a, b] = [a, b].map(|ends| ends.map(|p| self.points[p as usize].map(i128::from)));
            cross(a, b)
        };
        let near = parts.iter().map(|part| {
            let window = rstar::RTreeObject::envelope(part);
            let others = parts.locate_in_envelope_intersecting(window);
            let later = others.filter(|other| other.data > part.data);
            later
                .filter(|other| crosses(pair(part.data), pair(other.data)))
                .count() as u64
        });
        near.sum()
    }
}

/// Whether two straight parts meet, each with its first end and without its last, so that a corner
/// of a line counts once. Such that lie on one line do not.
fn cross(a: [[i128; 2]; 2], b: [[i128; 2]; 2]) -> bool {
    let minus = |a: [i128; 2], b: [i128; 2]| [a[0] - b[0], a[1] - b[1]];
    let times = |a: [i128; 2], b: [i128; 2]| a[0] * b[1] - a[1] * b[0];
    let (along_a, along_b) = (minus(a[1], a[0]), minus(b[1], b[0]));
    let whole = times(along_a, along_b);
    let between = minus(b[0], a[0]);
    let is_within = |share: i128| match whole > 0 {
        true => (0..whole).contains(&share),
        false => share <= 0 && share > whole,
    };
    whole != 0 && is_within(times(between, along_b)) && is_within(times(between, along_a))
}

fn metres_per_unit(place: [f64; 2]) -> [f64; 2] {
    let north = (1.0 / UNITS_PER_DEGREE).to_radians() * EARTH_RADIUS_M;
    let lat = (place[1] / UNITS_PER_DEGREE).to_radians();
    [north * lat.cos().max(1e-9), north]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines over corners in centimetres east and north of a place on the equator, near enough.
    fn lines(all: &[&[(i32, i32)]]) -> Lines {
        let mut lines = Lines::default();
        for corners in all {
            let numbers = corners.iter().map(|&(x, y)| {
                let at = [x, y].map(|cm| (f64::from(cm) * 0.898_315).round() as i32);
                let known = lines.points.iter().position(|known| *known == at);
                known.unwrap_or_else(|| {
                    lines.points.push(at);
                    lines.points.len() - 1
                }) as u32
            });
            let numbers = numbers.collect();
            lines.lines.push(numbers);
        }
        lines
    }

    const MAIN: &[(i32, i32)] = &[(0, 0), (5_000, 0), (10_000, 0)];

    #[test]
    fn ends_on_a_line_are_joined_and_crossings_stay_apart() {
        // A side street that ends 4 cm short of the main one, one that ends 3 cm beyond, a bridge.
        let mut town = lines(&[
            MAIN,
            &[(2_000, 4), (2_000, 5_000)],
            &[(7_000, -3), (7_000, 5_000)],
            &[(9_000, -5_000), (9_000, 5_000)],
            &[(2_000, 5_000), (7_000, 5_000)],
        ]);
        let found = town.join_ends();
        assert_eq!((found.joined, found.crossings), (2, 1));
        assert_eq!(found.near_misses, []);
        assert_eq!(town.lines[0], [0, 3, 1, 5, 2]);
        let (graph, report) = town.build().unwrap();
        // The block has four corners and two dead ends; the bridge is an island.
        assert_eq!(
            (graph.nodes(), graph.edges().len(), report.islands),
            (6, 6, 1)
        );
        // Nothing is left to be joined.
        let again = town.join_ends();
        assert_eq!((again.joined, again.crossings), (0, 1));
    }

    #[test]
    fn loose_ends_near_a_line_are_told_the_nearest_first() {
        let mut town = lines(&[
            MAIN,
            &[(1_000, 150), (1_000, 5_000)],
            &[(3_000, 6), (3_000, 5_000)],
            &[(6_000, 250), (6_000, 5_000)],
            // Ends near the main street, joined to another: not loose.
            &[(8_000, 5_000), (8_000, 100)],
            &[(8_000, 100), (9_000, 5_000)],
        ]);
        let found = town.join_ends();
        assert_eq!((found.joined, found.crossings), (0, 0));
        let gaps: Vec<f64> = found
            .near_misses
            .iter()
            .map(|miss| (miss.gap_m * 100.0).round())
            .collect();
        assert_eq!(gaps, [6.0, 150.0]);
        let east = found.near_misses[0].lon_lat.0;
        assert!((east - 2_695e-7).abs() < 1e-9, "{east}");
    }

    #[test]
    fn several_ends_split_a_part_in_their_order_and_one_end_joins_several_lines() {
        let mut town = lines(&[
            &[(0, 0), (10_000, 0)],
            &[(8_000, 0), (8_000, 900)],
            &[(2_000, 0), (2_000, 900)],
            &[(0, 2), (10_000, 2)],
        ]);
        let found = town.join_ends();
        // Both ends of the double line lie on the other, and the other's on it.
        assert_eq!(found.crossings, 0);
        let middle = &town.lines[0][1..town.lines[0].len() - 1];
        let place = |number: &&u32| town.points[**number as usize][0];
        assert!(
            middle
                .iter()
                .collect::<Vec<_>>()
                .windows(2)
                .all(|two| place(&two[0]) <= place(&two[1]))
        );
        let has = |line: usize, point: u32| town.lines[line].contains(&point);
        assert!(has(0, 2) && has(0, 4) && has(3, 2) && has(3, 4));
    }

    #[test]
    fn a_corner_on_the_middle_of_a_line_is_one_crossing() {
        let mut town = lines(&[MAIN, &[(2_000, -900), (2_000, 0), (2_100, 900)]]);
        assert_eq!(town.join_ends().crossings, 1);
        let mut shared = lines(&[MAIN, &[(5_000, -900), (5_000, 0), (5_100, 900)]]);
        assert_eq!(shared.join_ends().crossings, 0);
    }
}
