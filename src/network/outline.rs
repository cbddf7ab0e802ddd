use geo::{Coord, LineString, MultiPolygon, Polygon};

/// Holes smaller than this are courtyards between streets, square metres.
const SMALLEST_HOLE_M2: f64 = 10_000.0;

/// The most points of the grid; a larger outline is drawn on a coarser one.
const MOST_POINTS: f64 = 4e6;

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
        let (columns, rows) = ((last(0) - x + 1) as usize, (last(1) - y + 1) as usize);
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
        for row in rows {
            let py = ((self.y + row as i64) as f64 * self.step - ay) as f32;
            let line = &mut self.square[row * self.columns..][columns.clone()];
            for (at, known) in line.iter_mut().enumerate() {
                let px = first + at as f32 * step;
                let t = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
                let (ox, oy) = (px - t * dx, py - t * dy);
                *known = known.min(ox * ox + oy * oy);
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
        // A crossing is named by its grid edge: twice the point it goes out from, one more where it
        // goes up. Each has one crossing that follows it, kept with one added: 0 is none.
        let mut next = vec![0u32; self.square.len() * 2];
        let mut begun = Vec::new();
        let right = |at: usize| (at as u32) << 1;
        let up = |at: usize| ((at as u32) << 1) | 1;
        let most = (self.width_m * self.width_m) as f32;
        let inside: Vec<bool> = self.square.iter().map(|square| *square <= most).collect();
        let rows = inside.chunks_exact(self.columns);
        for (row, (low, high)) in rows.clone().zip(rows.skip(1)).enumerate() {
            let squares = low.windows(2).zip(high.windows(2));
            for (column, (low, high)) in squares.enumerate() {
                let inside = [low[0], low[1], high[1], high[0]];
                if inside == [inside[0]; 4] {
                    continue;
                }
                let at = row * self.columns + column;
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
