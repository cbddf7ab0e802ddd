use std::cell::RefCell;

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::{gates::Gate, outline::Field};

/// Holes smaller than this are courtyards between streets, square metres.
const SMALLEST_HOLE_M2: f64 = 10_000.0;

/// More links than this are not kept for the next outline.
const MOST_KEPT: usize = 1 << 21;

thread_local! {
    /// The crossing that follows each, all 0 between outlines: kept, since memory that is new costs
    /// more than what is done with it.
    static NEXT: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Beside the number of a ring: what stands here is the ring that a crossing belongs to, no longer
/// the crossing that follows it.
const TRACED: u32 = 1 << 31;

/// Of a square, by which of its corners are inside (a bit each, counterclockwise from the lower left
/// one): the sides at which the outline comes in, each with the one at which it leaves; sides are
/// counted counterclockwise from the lower one. Going around counterclockwise, the outline leaves
/// where the inside begins and comes in where it ends; two inside corners across stay apart.
const FOLLOWS: [&[(usize, usize)]; 16] = [
    &[],
    &[(0, 3)],
    &[(1, 0)],
    &[(1, 3)],
    &[(2, 1)],
    &[(2, 1), (0, 3)],
    &[(2, 0)],
    &[(2, 3)],
    &[(3, 2)],
    &[(0, 2)],
    &[(1, 0), (3, 2)],
    &[(1, 2)],
    &[(3, 1)],
    &[(0, 1)],
    &[(3, 0)],
    &[],
];

/// A closed ring with the inside on its left.
struct Ring {
    /// Square metres, positive where the ring is an outer one.
    area: f64,
    /// Of a hole: the point to the left of its westernmost corner between two points of a row.
    beside: usize,
    /// The corners that are kept, closed; none of a hole too small.
    line: LineString<f64>,
}

impl Field {
    /// The polygons of what is inside, the largest first, outer rings counterclockwise.
    pub fn polygons(&self) -> MultiPolygon<f64> {
        NEXT.with_borrow_mut(|next| {
            // A crossing is named by its grid edge: twice the point it goes out from, one more
            // where it goes up. Each has one crossing that follows it, kept with one added: 0 is
            // none, and all are 0 again in the end.
            if next.len() < self.square.len() * 2 {
                next.resize(self.square.len() * 2, 0);
            }
            let crossings = self.link(next);
            let rings = self.rings(&crossings, next);
            let polygons = self.assemble(rings, next);
            for crossing in crossings {
                next[crossing as usize] = 0;
            }
            if next.len() > MOST_KEPT {
                *next = Vec::new();
            }
            polygons
        })
    }

    /// A bit for each point of a row that is inside.
    fn inside(&self, row: usize, bits: &mut [u64]) {
        let most = self.most();
        let squares = self.square[row * self.columns..][..self.columns].chunks(64);
        for (bits, squares) in bits.iter_mut().zip(squares) {
            let set = squares.iter().enumerate();
            *bits = set.fold(0, |bits, (at, square)| {
                bits | u64::from(*square <= most) << at
            });
        }
    }

    #[inline]
    fn most(&self) -> f32 {
        (self.width_m * self.width_m) as f32
    }

    /// Says of each crossing which one follows; lists them all.
    fn link(&self, next: &mut [u32]) -> Vec<u32> {
        let mut crossings = Vec::new();
        let right = |at: usize| (at as u32) << 1;
        let up = |at: usize| ((at as u32) << 1) | 1;
        let words = self.columns.div_ceil(64);
        let (mut low, mut high) = (vec![0u64; words], vec![0u64; words]);
        self.inside(0, &mut high);
        for row in 0..self.rows - 1 {
            std::mem::swap(&mut low, &mut high);
            self.inside(row + 1, &mut high);
            for word in 0..words {
                // Of each point, whether the one to its right is inside.
                let beside = |bits: &[u64]| {
                    bits[word] >> 1 | bits.get(word + 1).map_or(0, |following| following << 63)
                };
                let [a, b, c, d] = [low[word], beside(&low), beside(&high), high[word]];
                let mut mixed = (a | b | c | d) & !(a & b & c & d);
                while mixed != 0 {
                    let bit = mixed.trailing_zeros();
                    mixed &= mixed - 1;
                    let is_inside = |bits: u64| (bits >> bit & 1) as usize;
                    let inside =
                        is_inside(a) | is_inside(b) << 1 | is_inside(c) << 2 | is_inside(d) << 3;
                    let at = row * self.columns + word * 64 + bit as usize;
                    let sides = [right(at), up(at + 1), right(at + self.columns), up(at)];
                    for &(end, begin) in FOLLOWS[inside] {
                        next[sides[end] as usize] = sides[begin] + 1;
                        crossings.push(sides[end]);
                    }
                }
            }
        }
        crossings
    }

    /// Goes around every ring; `next` then says of each crossing which ring it belongs to.
    fn rings(&self, crossings: &[u32], next: &mut [u32]) -> Vec<Ring> {
        let tolerance = self.tolerance(crossings.len());
        let mut rings = Vec::new();
        let mut gates: Vec<Gate> = Vec::new();
        for &first in crossings {
            let number = TRACED | rings.len() as u32;
            gates.clear();
            let (mut at, mut westernmost) = (first, (usize::MAX, 0));
            let mut doubled = 0.0;
            while next[at as usize] & TRACED == 0 {
                // All rings are closed: each of their crossings has one that follows.
                let following = std::mem::replace(&mut next[at as usize], number) - 1;
                let (gate, column) = self.gate(at);
                let point = (at >> 1) as usize;
                if at & 1 == 0 && column < westernmost.0 {
                    westernmost = (column, point);
                }
                if let (Some(origin), Some(last)) = (gates.first(), gates.last()) {
                    doubled += origin.turn(last, &gate);
                }
                gates.push(gate);
                at = following;
            }
            if gates.is_empty() {
                continue;
            }
            let area = doubled / 2.0 * self.step * self.step;
            let is_kept = area > 0.0 || -area >= SMALLEST_HOLE_M2;
            rings.push(Ring {
                area,
                beside: westernmost.1,
                line: match is_kept {
                    true => self.line(&gates, tolerance),
                    false => LineString::new(Vec::new()),
                },
            });
        }
        rings
    }

    /// Where the outline crosses from a point to its neighbour, and the column of the point.
    #[inline]
    fn gate(&self, crossing: u32) -> (Gate, usize) {
        let from = (crossing >> 1) as usize;
        let is_up = crossing & 1 == 1;
        let to = from + if is_up { self.columns } else { 1 };
        let metres = |at: usize| f64::from(self.square[at]).sqrt().min(4.0 * self.width_m);
        let (a, b) = (metres(from), metres(to));
        let t = (self.width_m - a) / (b - a);
        let t = if t.is_finite() { t } else { 0.5 };
        // Narrow numbers are divided sooner.
        let (point, columns) = (crossing >> 1, self.columns as u32);
        let (row, column) = ((point / columns) as usize, (point % columns) as usize);
        (Gate::new(column, row, is_up, t), column)
    }

    /// The corners of a ring that matter, in metres.
    fn line(&self, gates: &[Gate], tolerance: f64) -> LineString<f64> {
        let metres = |[x, y]: [f64; 2]| Coord {
            x: (self.x as f64 + x) * self.step,
            y: (self.y as f64 + y) * self.step,
        };
        Gate::corners(gates, tolerance)
            .into_iter()
            .map(metres)
            .collect()
    }

    /// Puts holes into the outer rings that they lie in.
    fn assemble(&self, mut rings: Vec<Ring>, ring_of: &[u32]) -> MultiPolygon<f64> {
        let is_hole = |ring: &Ring| ring.area <= 0.0;
        let mut outer: Vec<usize> = (0..rings.len())
            .filter(|at| !is_hole(&rings[*at]))
            .collect();
        outer.sort_by(|a, b| rings[*b].area.total_cmp(&rings[*a].area));
        let mut polygons: Vec<Polygon<f64>> = Vec::with_capacity(outer.len());
        let mut polygon_of = vec![usize::MAX; rings.len()];
        for ring in outer {
            polygon_of[ring] = polygons.len();
            let line = std::mem::replace(&mut rings[ring].line, LineString::new(Vec::new()));
            polygons.push(Polygon::new(line, Vec::new()));
        }
        for hole in 0..rings.len() {
            if rings[hole].line.0.is_empty() {
                continue;
            }
            // Westward through the inside to the next ring: the outer one, or a hole farther west.
            let mut ring = hole;
            while is_hole(&rings[ring]) {
                let mut west = rings[ring].beside;
                while self.square[west] <= self.most() {
                    west -= 1;
                }
                ring = (ring_of[west << 1] & !TRACED) as usize;
            }
            let line = std::mem::replace(&mut rings[hole].line, LineString::new(Vec::new()));
            polygons[polygon_of[ring]].interiors_push(line);
        }
        MultiPolygon::new(polygons)
    }
}
