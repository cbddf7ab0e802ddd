use geo::{Coord, MultiPolygon};

use super::apart::apart;

/// Lines within a box of more points are drawn group by group, each on its own part of the grid.
const ONE_GRID: f64 = 1e6;

/// The most points of a grid: those of a group of 100 km by 100 km where streets are 30 m wide. A
/// larger one is drawn coarser, which widens its lines too.
const MOST_POINTS: f64 = 24e6;

/// Distances are computed for so many points of a row at a time.
const LANES: usize = 8;

/// A corner may lie so far off what is drawn without it, as a share of a step of the grid: a metre
/// where streets are 30 m wide, half of how far the outline is off a round end.
pub(super) const TOLERANCE: f64 = 0.05;

/// So far off in an outline of many crossings, which is looked at from afar.
const COARSE_TOLERANCE: f64 = 0.25;

/// More crossings of the grid are many.
const MANY: usize = 50_000;

/// Points of the grid stand this share of the width apart; its square's diagonal is 0.99 of it.
const STEP: f64 = 0.7;

/// Draws the outline of everything within a distance of some lines, on a plane in metres.
///
/// Distances stand exactly at the points of a grid, and the outline runs between them where the
/// distance is `width_m`: rings never cross or touch, and more lines never give less area.
#[derive(Clone, Debug)]
pub struct Outline {
    width_m: f64,
    /// How far a corner may lie off what is drawn without it, as a share of a step of the grid;
    /// by the size of the outline if not said.
    tolerance: Option<f64>,
    /// Straight parts: x, y, x, y.
    parts: Vec<[f64; 4]>,
    /// The corners of the box around them.
    low: [f64; 2],
    high: [f64; 2],
}

/// Squared distances to the nearest line at the points of a grid.
pub(super) struct Field {
    pub step: f64,
    pub width_m: f64,
    tolerance: Option<f64>,
    /// Of the first point, in steps.
    pub x: i64,
    pub y: i64,
    pub columns: usize,
    pub rows: usize,
    /// Row by row; the points of the first and last row and column are all outside.
    pub square: Vec<f32>,
}

impl Outline {
    pub fn new(width_m: f64) -> Self {
        Outline {
            width_m,
            tolerance: None,
            parts: Vec::new(),
            low: [f64::INFINITY; 2],
            high: [f64::NEG_INFINITY; 2],
        }
    }

    #[cfg(test)]
    pub(super) fn with_tolerance(self, tolerance: f64) -> Self {
        let tolerance = Some(tolerance);
        Outline { tolerance, ..self }
    }

    #[inline]
    pub fn add(&mut self, from: Coord<f64>, to: Coord<f64>) {
        for end in &[from, to] {
            let (low, high) = (self.low, self.high);
            self.low = [lesser(end.x, low[0]), lesser(end.y, low[1])];
            self.high = [greater(end.x, high[0]), greater(end.y, high[1])];
        }
        self.parts.push([from.x, from.y, to.x, to.y]);
    }

    /// The polygons, outer rings counterclockwise.
    pub fn polygons(&self) -> MultiPolygon<f64> {
        let step = self.width_m * STEP;
        if self.area() <= ONE_GRID * step * step {
            return self.field().map_or_else(none, |field| field.polygons());
        }
        // No point of a grid, and no line between two, is near lines of two groups.
        let groups = apart(&self.parts, 2.0 * (self.width_m + step));
        let mut all = none();
        for group in groups {
            let mut outline = Outline {
                tolerance: self.tolerance,
                ..Outline::new(self.width_m)
            };
            for [ax, ay, bx, by] in group {
                outline.add(Coord { x: ax, y: ay }, Coord { x: bx, y: by });
            }
            if let Some(field) = outline.field() {
                all.0.extend(field.polygons());
            }
        }
        all
    }

    /// Square metres of the box around all lines as they are drawn.
    fn area(&self) -> f64 {
        let side = |axis: usize| self.high[axis] - self.low[axis] + 4.0 * self.width_m;
        match self.parts.is_empty() {
            true => 0.0,
            false => side(0) * side(1),
        }
    }

    fn field(&self) -> Option<Field> {
        let (low, high) = (self.low, self.high);
        if self.parts.is_empty() {
            return None;
        }
        // A square of the grid around a place on a line has all its corners within the width: its
        // diagonal is a little less.
        let step = (self.width_m * STEP).max((self.area() / MOST_POINTS).sqrt());
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
            tolerance: self.tolerance,
            x,
            y,
            columns,
            rows,
            square: vec![f32::MAX; columns * rows],
        };
        field.draw(&self.parts);
        Some(field)
    }
}

fn none() -> MultiPolygon<f64> {
    MultiPolygon::new(Vec::new())
}

impl Field {
    /// How far a corner may lie off an outline of so many crossings.
    pub fn tolerance(&self, crossings: usize) -> f64 {
        self.tolerance.unwrap_or(match crossings > MANY {
            true => COARSE_TOLERANCE,
            false => TOLERANCE,
        })
    }

    /// Takes the distances to straight parts into account where they matter.
    fn draw(&mut self, parts: &[[f64; 4]]) {
        let reach = self.width_m + self.step;
        let per_step = 1.0 / self.step;
        let step = self.step as f32;
        for &[ax, ay, bx, by] in parts {
            // The points nearer than `reach` along an axis; a place in steps is not negative, so
            // that what is cut off is its fraction.
            let span = |a: f64, b: f64, first: i64, most: usize| {
                let place = |metres: f64| (metres * per_step - first as f64) as usize;
                place(lesser(a, b) - reach) + 1..(place(greater(a, b) + reach) + 1).min(most)
            };
            let columns = span(ax, bx, self.x, self.columns - LANES);
            let rows = span(ay, by, self.y, self.rows);
            // From the beginning of the part on, single numbers are good to a tenth of a millimetre.
            let (dx, dy) = ((bx - ax) as f32, (by - ay) as f32);
            let length = (dx * dx + dy * dy).sqrt();
            let (ux, uy) = match length > 0.0 {
                true => (dx / length, dy / length),
                false => (1.0, 0.0),
            };
            let half = length / 2.0;
            // Each point by how far it lies along the part from its middle, and how far aside.
            let (mut lanes_along, mut lanes_aside) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                let east = lane as f32 * step;
                lanes_along[lane] = east * ux;
                lanes_aside[lane] = east * uy;
            }
            let px = ((self.x + columns.start as i64) as f64 * self.step - ax) as f32;
            let py = ((self.y + rows.start as i64) as f64 * self.step - ay) as f32;
            let blocks = columns.len().div_ceil(LANES);
            for (number, row) in rows.enumerate() {
                let py = py + number as f32 * step;
                let line = &mut self.square[row * self.columns + columns.start..];
                // Whole blocks without a branch: a point farther off than matters does no harm.
                let line = line.as_chunks_mut::<LANES>().0.iter_mut().take(blocks);
                for (block, known) in line.enumerate() {
                    let px = px + (block * LANES) as f32 * step;
                    let (along, aside) = (px * ux + py * uy - half, px * uy - py * ux);
                    for (lane, known) in known.iter_mut().enumerate() {
                        let beyond = (along + lanes_along[lane]).abs() - half;
                        let beyond = if beyond > 0.0 { beyond } else { 0.0 };
                        let aside = aside + lanes_aside[lane];
                        let square = aside * aside + beyond * beyond;
                        *known = if square < *known { square } else { *known };
                    }
                }
            }
        }
    }
}

/// Compared: one instruction, since nothing is NaN.
#[inline]
fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

#[inline]
fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
