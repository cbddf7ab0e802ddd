use rayon::prelude::*;

use crate::domain::measure::EARTH_RADIUS_M;

/// Cells of the grid are no smaller, radians.
const SMALLEST_CELL: f64 = 30.0 / EARTH_RADIUS_M;

/// About so many cells for each segment.
const CELLS: f64 = 2.0;

/// So many segments are worth a thread.
const SEGMENTS_AT_ONCE: usize = 4096;

/// More than rounding can do to a place, radians: some tens of micrometres.
const MARGIN: f64 = 1e-11;

/// A chord of the unit sphere, and what it is a part of.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Segment<T> {
    from: [f64; 3],
    to: [f64; 3],
    pub of: T,
}

/// Chords of the unit sphere in a uniform grid, to find the nearest of a place.
///
/// The grid lies on a plane that touches the sphere amid the chords, where chords are straight and
/// nothing is farther apart than it is in space.
#[derive(Debug)]
pub(super) struct Segments<T> {
    segments: Vec<Segment<T>>,
    plane: Plane,
    /// The first corner of the grid on the plane.
    low: [f64; 2],
    side: f64,
    columns: usize,
    rows: usize,
    /// Of each cell, row by row, and one more: where its segments begin.
    first: Vec<u32>,
    /// The numbers of the segments that touch each cell, ascending.
    touching: Vec<u32>,
    /// Where nothing is nearer in space, nothing is found.
    reach: f64,
}

/// Two axes at right angles through the middle of the sphere.
#[derive(Clone, Copy, Debug)]
struct Plane([[f64; 3]; 2]);

impl<T> Segment<T> {
    /// How far along the chord the nearest point lies, 0 to 1, and the point.
    #[inline]
    pub fn nearest(&self, place: &[f64; 3]) -> (f64, [f64; 3]) {
        let (from, along) = (self.from, minus(&self.to, &self.from));
        let square = dot(&along, &along);
        let t = match square > 0.0 {
            true => (dot(&minus(place, &from), &along) / square).clamp(0.0, 1.0),
            false => 0.0,
        };
        let at = |axis: usize| from[axis] + t * along[axis];
        (t, [at(0), at(1), at(2)])
    }

    #[inline]
    fn square_to(&self, place: &[f64; 3]) -> f64 {
        let off = minus(&self.nearest(place).1, place);
        dot(&off, &off)
    }
}

#[inline]
fn minus(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[inline]
fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

impl Plane {
    /// The plane that touches the sphere in the direction of `middle`.
    fn at(middle: [f64; 3]) -> Self {
        let across = middle[0].hypot(middle[1]);
        let (sin_lon, cos_lon) = match across > 0.0 {
            true => (middle[1] / across, middle[0] / across),
            false => (0.0, 1.0),
        };
        let length = across.hypot(middle[2]);
        let (sin_lat, cos_lat) = match length > 0.0 {
            true => (middle[2] / length, across / length),
            false => (0.0, 1.0),
        };
        let east = [-sin_lon, cos_lon, 0.0];
        let north = [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat];
        Plane([east, north])
    }

    fn of(&self, place: &[f64; 3]) -> [f64; 2] {
        [dot(&self.0[0], place), dot(&self.0[1], place)]
    }
}

impl<T: Copy + Send + Sync> Segments<T> {
    /// A grid over chords, each from a point of the sphere to another; what is farther off along
    /// the sphere than `reach` radians need not be found.
    pub fn new(parts: &[([f64; 3], [f64; 3], T)], reach: f64) -> Self {
        let mut middle = [0.0; 3];
        for (from, ..) in parts {
            (0..3).for_each(|axis| middle[axis] += from[axis]);
        }
        let plane = Plane::at(middle);
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        let mut deepest: f64 = 0.0;
        for (from, to, _) in parts {
            for place in [plane.of(from), plane.of(to)] {
                low = [low[0].min(place[0]), low[1].min(place[1])];
                high = [high[0].max(place[0]), high[1].max(place[1])];
            }
            // How far the middle of the chord lies beneath the sphere.
            let along = minus(to, from);
            let square = dot(&along, &along);
            deepest = deepest.max(1.0 - (1.0 - square / 4.0).max(0.0).sqrt());
        }
        if parts.is_empty() {
            (low, high) = ([0.0; 2], [0.0; 2]);
        }
        let area = (high[0] - low[0]) * (high[1] - low[1]);
        let side = (area / (CELLS * parts.len().max(1) as f64)).sqrt();
        let side = side.max(SMALLEST_CELL);
        let cells = |axis: usize| ((high[axis] - low[axis]) / side) as usize + 1;
        let segments = parts.iter().map(|&(from, to, of)| Segment { from, to, of });
        let mut grid = Segments {
            segments: segments.collect(),
            plane,
            low,
            side,
            columns: cells(0),
            rows: cells(1),
            first: Vec::new(),
            touching: Vec::new(),
            reach: reach + deepest + MARGIN,
        };
        grid.sort();
        grid
    }

    /// Sorts the segments into the cells that they touch.
    fn sort(&mut self) {
        let numbers = (0..self.segments.len()).into_par_iter();
        let touched = numbers.with_min_len(SEGMENTS_AT_ONCE).fold(
            Vec::new,
            |mut touched: Vec<(usize, u32)>, number| {
                let touch = |cell| touched.push((cell, number as u32));
                self.touched(&self.segments[number], touch);
                touched
            },
        );
        let touched: Vec<Vec<(usize, u32)>> = touched.collect();
        let mut first = vec![0u32; self.columns * self.rows + 1];
        for (cell, _) in touched.iter().flatten() {
            first[cell + 1] += 1;
        }
        for cell in 1..first.len() {
            first[cell] += first[cell - 1];
        }
        let mut next = first.clone();
        let mut touching = vec![0; first[first.len() - 1] as usize];
        for (cell, number) in touched.into_iter().flatten() {
            touching[next[cell] as usize] = number;
            next[cell] += 1;
        }
        (self.first, self.touching) = (first, touching);
    }

    /// Every cell that a segment touches, each once; some that it barely misses.
    fn touched(&self, segment: &Segment<T>, mut visit: impl FnMut(usize)) {
        let (a, b) = (self.plane.of(&segment.from), self.plane.of(&segment.to));
        let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        let cell = |place: f64, axis: usize, cells: usize| {
            (((place - self.low[axis]) / self.side).max(0.0) as usize).min(cells - 1)
        };
        let rise = high[1] - low[1];
        let rows = cell(low[1] - MARGIN, 1, self.rows)..=cell(high[1] + MARGIN, 1, self.rows);
        for row in rows {
            // Where the segment comes into the row and where it leaves it.
            let bottom = self.low[1] + row as f64 * self.side;
            let ends = [bottom - MARGIN, bottom + self.side + MARGIN].map(|at| {
                let share = ((at - low[1]) / rise).clamp(0.0, 1.0);
                low[0] + (high[0] - low[0]) * share
            });
            let ends = if rise > MARGIN { ends } else { [a[0], b[0]] };
            let from = cell(ends[0].min(ends[1]) - MARGIN, 0, self.columns);
            let to = cell(ends[0].max(ends[1]) + MARGIN, 0, self.columns);
            (from..=to).for_each(|column| visit(row * self.columns + column));
        }
    }

    /// The segment nearest to a place, of several equally near the first; `None` where none is
    /// within reach.
    pub fn nearest(&self, place: &[f64; 3]) -> Option<&Segment<T>> {
        let flat = self.plane.of(place);
        let [x, y] = [0, 1].map(|axis| (flat[axis] - self.low[axis]) / self.side);
        let (column, row) = (x.floor() as i64, y.floor() as i64);
        // How near to its sides the place lies within its cell.
        let inside = [x - x.floor(), y - y.floor()];
        let nearest_side = inside.iter().fold(0.5f64, |n, at| n.min(*at).min(1.0 - at));
        let mut found = Found {
            place,
            square: self.reach * self.reach,
            number: u32::MAX,
            worth: self.reach * self.reach,
        };
        let rings = (self.reach / self.side).ceil() as i64 + 1;
        for ring in 0..=rings {
            let beyond = ((ring - 1) as f64 + nearest_side).max(0.0) * self.side;
            if beyond * beyond > found.worth {
                break;
            }
            let (left, right) = (column - ring, column + ring);
            let last = self.columns as i64 - 1;
            for at in (row - ring).max(0)..=(row + ring).min(self.rows as i64 - 1) {
                let mut look = |cell: i64| {
                    let (x, y) = (self.aside(cell as f64 - x), self.aside(at as f64 - y));
                    if x * x + y * y <= found.worth {
                        self.look(at as usize * self.columns + cell as usize, &mut found);
                    }
                };
                if at == row - ring || at == row + ring {
                    (left.max(0)..=right.min(last)).for_each(look);
                } else {
                    let sides = [left, right].into_iter();
                    sides
                        .filter(|cell| (0..=last).contains(cell))
                        .for_each(&mut look);
                }
            }
        }
        self.segments.get(found.number as usize)
    }

    /// How far off a cell is along an axis, that begins `first` sides beyond the place.
    #[inline]
    fn aside(&self, first: f64) -> f64 {
        first.max(-first - 1.0).max(0.0) * self.side
    }

    fn look(&self, cell: usize, found: &mut Found<'_>) {
        let numbers = self.first[cell] as usize..self.first[cell + 1] as usize;
        for &number in &self.touching[numbers] {
            let square = self.segments[number as usize].square_to(found.place);
            if square < found.square || square == found.square && number < found.number {
                (found.square, found.number) = (square, number);
                found.worth = (square.sqrt() + MARGIN).powi(2).min(found.worth);
            }
        }
    }
}

/// The nearest segment so far.
struct Found<'p> {
    place: &'p [f64; 3],
    square: f64,
    number: u32,
    /// Cells farther off than this, squared, hold nothing nearer.
    worth: f64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn on_sphere((lon, lat): (f64, f64)) -> [f64; 3] {
        let (lon, lat) = (lon.to_radians(), lat.to_radians());
        [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
    }

    /// Chords of some hundred metres to tens of kilometres, many with an end in common.
    fn chords() -> impl Strategy<Value = Vec<([f64; 3], [f64; 3], usize)>> {
        let place = |span: i32| {
            (-span..span, -span..span).prop_map(|(x, y)| (f64::from(x) * 1e-3, f64::from(y) * 1e-3))
        };
        let line = (prop_oneof![place(10), place(300)], place(4), any::<bool>());
        let middle = (-180.0..180.0f64, -89.0..89.0f64);
        (middle, prop::collection::vec(line, 0..60)).prop_map(|((lon, lat), lines)| {
            let lines = (0..).zip(lines);
            let chords = lines.map(|(number, (from, step, is_long))| {
                let scale = if is_long { 20.0 } else { 1.0 };
                let to = (from.0 + scale * step.0, from.1 + scale * step.1);
                let [from, to] = [from, to].map(|(x, y)| on_sphere((lon + x, lat + y)));
                (from, to, number)
            });
            chords.collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_nearest_is_that_of_looking_at_all(
            chords in chords(),
            places in prop::collection::vec((any::<prop::sample::Index>(), -8..8i32, -8..8i32, 0..3usize), 20),
            reach in prop_oneof![Just(500.0), Just(5_000.0), Just(5e6)],
        ) {
            let reach = reach / EARTH_RADIUS_M;
            let segments = Segments::new(&chords, reach);
            for (of, x, y, scale) in places {
                let Some(&(from, to, _)) = chords.get(of.index(chords.len().max(1))) else { continue };
                // At an end, beside it, on the chord, or far off.
                let aside = [0.0, 1e-5, 1e-3][scale];
                let t = f64::from(x) / 8.0;
                let mut place: [f64; 3] = std::array::from_fn(|k| from[k] + t * (to[k] - from[k]));
                place[0] += aside * f64::from(y);
                place[2] -= aside * f64::from(x);
                let length = place.iter().map(|k| k * k).sum::<f64>().sqrt();
                place.iter_mut().for_each(|k| *k /= length);
                let all = segments.segments.iter().map(|segment| (segment.square_to(&place), segment.of));
                let nearest = all.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let found = segments.nearest(&place).map(|segment| segment.of);
                let wanted = nearest.expect("there are chords");
                match found {
                    Some(number) => prop_assert_eq!(number, wanted.1),
                    None => prop_assert!(wanted.0.sqrt() > reach),
                }
            }
        }
    }
}
