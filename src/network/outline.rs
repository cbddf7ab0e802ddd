use std::cell::RefCell;

use geo::{Coord, LineString, MultiPolygon, Polygon};

/// Holes smaller than this are courtyards between streets, square metres.
const SMALLEST_HOLE_M2: f64 = 10_000.0;

/// The most points of the grid; a larger outline is drawn on a coarser one, which widens its lines
/// too: half an hour by car in Porto gains half as much area again on a quarter of these points.
const MOST_POINTS: f64 = 4e6;

/// Distances are computed for so many points of a row at a time.
const LANES: usize = 8;

/// Points of the grid stand this share of the width apart; its square's diagonal is 0.99 of it.
const STEP: f64 = 0.7;

/// Draws the outline of everything within a distance of some lines, on a plane in metres.
///
/// Distances stand exactly at the points of a grid, and the outline runs between them where the
/// distance is `width_m`: rings never cross or touch, and more lines never give less area.
#[derive(Clone, Debug)]
pub struct Outline {
    width_m: f64,
    /// Straight parts: x, y, x, y.
    parts: Vec<[f64; 4]>,
}

/// More links than this are not kept for the next outline.
const MOST_KEPT: usize = 1 << 21;

thread_local! {
    /// The crossing that follows each, all 0 between outlines: kept, since memory that is new costs
    /// more than what is done with it.
    static NEXT: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Squared distances to the nearest line at the points of a grid.
struct Field {
    step: f64,
    width_m: f64,
    /// Of the first point, in steps.
    x: i64,
    y: i64,
    columns: usize,
    rows: usize,
    square: Vec<f32>,
}

impl Outline {
    pub fn new(width_m: f64) -> Self {
        Outline {
            width_m,
            parts: Vec::new(),
        }
    }

    pub fn add(&mut self, from: Coord<f64>, to: Coord<f64>) {
        self.parts.push([from.x, from.y, to.x, to.y]);
    }

    /// The polygons, outer rings counterclockwise.
    pub fn polygons(&self) -> MultiPolygon<f64> {
        match self.field() {
            Some(field) => assemble(field.rings()),
            None => MultiPolygon::new(Vec::new()),
        }
    }

    fn field(&self) -> Option<Field> {
        let ends = |a: usize| self.parts.iter().flat_map(move |p| [p[a], p[a + 2]]);
        let low = [0, 1].map(|axis| ends(axis).fold(f64::INFINITY, f64::min));
        let high = [0, 1].map(|axis| ends(axis).fold(f64::NEG_INFINITY, f64::max));
        if self.parts.is_empty() {
            return None;
        }
        let area =
            (high[0] - low[0] + 4.0 * self.width_m) * (high[1] - low[1] + 4.0 * self.width_m);
        // A square of the grid around a place on a line has all its corners within the width: its
        // diagonal is a little less.
        let step = (self.width_m * STEP).max((area / MOST_POINTS).sqrt());
        let width_m = self.width_m.max(step / STEP);
        let margin = width_m + step;
        let first = |axis: usize| ((low[axis] - margin) / step).floor() as i64;
        let last = |axis: usize| ((high[axis] + margin) / step).ceil() as i64;
        let (x, y) = (first(0), first(1));
        // Wider by what the last points of a row are computed with.
        let (columns, rows) = (
            (last(0) - x + 1) as usize + LANES,
            (last(1) - y + 1) as usize,
        );
        let mut field = Field {
            step,
            width_m,
            x,
            y,
            columns,
            rows,
            square: vec![f32::MAX; columns * rows],
        };
        self.parts.iter().for_each(|part| field.near(part));
        Some(field)
    }
}

impl Field {
    /// Takes the distance to one straight part into account where it matters.
    fn near(&mut self, &[ax, ay, bx, by]: &[f64; 4]) {
        let reach = self.width_m + self.step;
        let place = |metres: f64, first: i64| metres / self.step - first as f64;
        let span = |low: f64, high: f64, first: i64, most: usize| {
            let from = place(low - reach, first).ceil().max(0.0) as usize;
            let to = place(high + reach, first).floor().max(0.0) as usize;
            from..(to + 1).min(most)
        };
        let columns = span(ax.min(bx), ax.max(bx), self.x, self.columns);
        let rows = span(ay.min(by), ay.max(by), self.y, self.rows);
        // From the beginning of the part on, single numbers are good to a tenth of a millimetre.
        let (dx, dy) = ((bx - ax) as f32, (by - ay) as f32);
        let square = dx * dx + dy * dy;
        let inverse = if square > 0.0 { 1.0 / square } else { 0.0 };
        let step = self.step as f32;
        let first = ((self.x + columns.start as i64) as f64 * self.step - ax) as f32;
        let blocks = columns.len().div_ceil(LANES);
        for row in rows {
            let py = ((self.y + row as i64) as f64 * self.step - ay) as f32;
            let line = &mut self.square[row * self.columns + columns.start..];
            // Whole blocks without a branch: a point farther off than matters does no harm.
            let line = line.as_chunks_mut::<LANES>().0.iter_mut().take(blocks);
            for (block, known) in line.enumerate() {
                for (lane, known) in known.iter_mut().enumerate() {
                    let px = first + (block * LANES + lane) as f32 * step;
                    let t = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
                    let (ox, oy) = (px - t * dx, py - t * dy);
                    *known = known.min(ox * ox + oy * oy);
                }
            }
        }
    }

    /// Where the outline crosses from one point to its neighbour: never at a point itself.
    fn crossing(&self, from: usize, to: usize) -> Coord<f64> {
        let metres = |at: usize| f64::from(self.square[at]).sqrt().min(4.0 * self.width_m);
        let (a, b) = (metres(from), metres(to));
        let t = ((self.width_m - a) / (b - a)).clamp(0.01, 0.99);
        let t = if t.is_finite() { t } else { 0.5 };
        let point = |at: usize| Coord {
            x: (self.x + (at % self.columns) as i64) as f64 * self.step,
            y: (self.y + (at / self.columns) as i64) as f64 * self.step,
        };
        point(from) + (point(to) - point(from)) * t
    }

    /// Closed rings with the inside on their left.
    fn rings(&self) -> Vec<Vec<Coord<f64>>> {
        NEXT.with_borrow_mut(|next| {
            let rings = self.linked(next);
            if next.len() > MOST_KEPT {
                *next = Vec::new();
            }
            rings
        })
    }

    /// A bit for each point of a row that is inside.
    fn inside(&self, row: usize, bits: &mut [u64]) {
        let most = (self.width_m * self.width_m) as f32;
        let squares = self.square[row * self.columns..][..self.columns].chunks(64);
        for (bits, squares) in bits.iter_mut().zip(squares) {
            let set = squares.iter().enumerate();
            *bits = set.fold(0, |bits, (at, square)| {
                bits | u64::from(*square <= most) << at
            });
        }
    }

    fn linked(&self, next: &mut Vec<u32>) -> Vec<Vec<Coord<f64>>> {
        // A crossing is named by its grid edge: twice the point it goes out from, one more where it
        // goes up. Each has one crossing that follows it, kept with one added: 0 is none, and all
        // are 0 again in the end.
        if next.len() < self.square.len() * 2 {
            next.resize(self.square.len() * 2, 0);
        }
        let mut begun = Vec::new();
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
                let corners = [low[word], beside(&low), beside(&high), high[word]];
                let all = corners.iter().fold(u64::MAX, |all, bits| all & bits);
                let any = corners.iter().fold(0, |any, bits| any | bits);
                let mut mixed = any & !all;
                while mixed != 0 {
                    let bit = mixed.trailing_zeros();
                    mixed &= mixed - 1;
                    let inside = corners.map(|bits| bits >> bit & 1 == 1);
                    let at = row * self.columns + word * 64 + bit as usize;
                    let sides = [right(at), up(at + 1), right(at + self.columns), up(at)];
                    // Going around counterclockwise, the outline leaves the square where the inside
                    // begins and comes in where it ends; two inside corners across stay apart.
                    for side in 0..4 {
                        let after = (side + 1) % 4;
                        if !inside[side] && inside[after] {
                            // The next side at which the inside ends again.
                            let end = (1..4)
                                .map(|step| (side + step) % 4)
                                .find(|&s| inside[s] && !inside[(s + 1) % 4]);
                            if let Some(end) = end {
                                next[sides[end] as usize] = sides[side] + 1;
                                begun.push(sides[end]);
                            }
                        }
                    }
                }
            }
        }
        let mut rings = Vec::new();
        for first in begun {
            let mut ring = Vec::new();
            let mut at = first;
            while let Some(following) = std::mem::take(&mut next[at as usize]).checked_sub(1) {
                ring.push(self.place(at));
                at = following;
            }
            if !ring.is_empty() {
                rings.push(ring);
            }
        }
        rings
    }

    fn place(&self, crossing: u32) -> Coord<f64> {
        let at = (crossing >> 1) as usize;
        let other = if crossing & 1 == 1 {
            at + self.columns
        } else {
            at + 1
        };
        self.crossing(at, other)
    }
}

/// Twice the signed area of a ring, positive where it runs counterclockwise.
fn doubled_area(ring: &[Coord<f64>]) -> f64 {
    let origin = ring.first().copied().unwrap_or(Coord::zero());
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    pairs
        .map(|(a, b)| (a.x - origin.x) * (b.y - origin.y) - (b.x - origin.x) * (a.y - origin.y))
        .sum()
}

/// Puts holes into the outer rings that they lie in.
fn assemble(rings: Vec<Vec<Coord<f64>>>) -> MultiPolygon<f64> {
    let (mut outer, mut holes) = (Vec::new(), Vec::new());
    for ring in rings {
        let area = doubled_area(&ring) / 2.0;
        let mut ring = LineString::from(ring);
        ring.close();
        match area > 0.0 {
            true => outer.push((area, ring, Vec::new())),
            false if -area >= SMALLEST_HOLE_M2 => holes.push(ring),
            false => {}
        }
    }
    // The smallest ring around a hole is its own.
    outer.sort_by(|a, b| a.0.total_cmp(&b.0));
    for hole in holes {
        let inside = hole.0[0];
        if let Some((.., own)) = outer
            .iter_mut()
            .find(|(_, ring, _)| surrounds(ring, inside))
        {
            own.push(hole);
        }
    }
    let polygon = |(_, ring, holes)| Polygon::new(ring, holes);
    MultiPolygon::new(outer.into_iter().rev().map(polygon).collect())
}

fn surrounds(ring: &LineString<f64>, place: Coord<f64>) -> bool {
    let crosses = |pair: &&[Coord<f64>]| {
        let (a, b) = (pair[0], pair[1]);
        (a.y > place.y) != (b.y > place.y)
            && place.x < (b.x - a.x) * (place.y - a.y) / (b.y - a.y) + a.x
    };
    ring.0.windows(2).filter(crosses).count() % 2 == 1
}
