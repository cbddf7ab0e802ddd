/// The ends of a grid edge belong to the grid points: an outline keeps this share of the edge off
/// them.
const OFF: f64 = 0.01;

/// No corner is looked for farther than this beyond the last that would do.
const AHEAD: usize = 4;

/// Where an outline crosses an edge of the grid, in steps of the grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    /// The grid point that the edge goes out from.
    from: [f64; 2],
    /// Whether it goes up and not to the right.
    is_up: bool,
    /// How far along the edge, 0 to 1.
    t: f64,
}

type Vector = [f64; 2];

#[inline]
fn cross(a: Vector, b: Vector) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

#[inline]
fn minus(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1]]
}

/// The directions between two of them, from the right one counterclockwise to the left one, less
/// than half around.
#[derive(Clone, Copy, Debug)]
struct Wedge {
    right: Vector,
    left: Vector,
}

impl Wedge {
    #[inline]
    fn between(a: Vector, b: Vector) -> Self {
        let (right, left) = if cross(a, b) >= 0.0 { (a, b) } else { (b, a) };
        Wedge { right, left }
    }

    #[inline]
    fn holds(&self, direction: Vector) -> bool {
        cross(self.right, direction) >= 0.0 && cross(direction, self.left) >= 0.0
    }

    /// The directions that also meet the piece between the ends of another wedge.
    #[inline]
    fn narrowed(&self, by: &Wedge) -> Option<Self> {
        let (mut low, mut high) = (0.0f64, 1.0f64);
        for &(first, last) in &[
            (cross(self.right, by.right), cross(self.right, by.left)),
            (cross(by.right, self.left), cross(by.left, self.left)),
        ] {
            match (first < 0.0, last < 0.0) {
                (true, true) => return None,
                (true, false) => low = low.max(first / (first - last)),
                (false, true) => high = high.min(first / (first - last)),
                (false, false) => {}
            }
        }
        let along = minus(by.left, by.right);
        let end = |share: f64| match share {
            0.0 => by.right,
            1.0 => by.left,
            share => [
                by.right[0] + share * along[0],
                by.right[1] + share * along[1],
            ],
        };
        (low <= high).then(|| Wedge {
            right: end(low),
            left: end(high),
        })
    }
}

impl Gate {
    #[inline]
    pub fn new(column: usize, row: usize, is_up: bool, t: f64) -> Self {
        Gate {
            from: [column as f64, row as f64],
            is_up,
            t: t.clamp(OFF, 1.0 - OFF),
        }
    }

    #[inline]
    fn along(&self, t: f64) -> Vector {
        let [x, y] = self.from;
        if self.is_up { [x, y + t] } else { [x + t, y] }
    }

    #[inline]
    pub fn at(&self) -> Vector {
        self.along(self.t)
    }

    /// Twice the area of the triangle of three, positive where they turn to the left.
    #[inline]
    pub fn turn(&self, second: &Gate, third: &Gate) -> f64 {
        let origin = self.at();
        cross(minus(second.at(), origin), minus(third.at(), origin))
    }

    /// What one sees of it from a place through an opening of `tolerance` to both sides.
    #[inline]
    fn seen_from(&self, place: Vector, tolerance: f64) -> Wedge {
        let end = |t: f64| minus(self.along(t.clamp(OFF, 1.0 - OFF)), place);
        Wedge::between(end(self.t - tolerance), end(self.t + tolerance))
    }

    /// The corners of a closed ring, the first again at the end, without those that are not needed:
    /// what is drawn passes every gate no farther than `tolerance` from where the ring does.
    ///
    /// Each line passes the gates between its ends one after the other, so that it lies in the same
    /// squares of the grid as what it stands for. In a square no two parts of outlines cross, since
    /// they do not at its sides: rings neither cross nor touch, and what is inside at the points of
    /// the grid stays inside.
    ///
    /// # Source
    /// Zhao & Saalfeld (1997), *Linear-time sleeve-fitting polyline simplification algorithms*,
    /// Auto-Carto 13.
    pub fn corners(gates: &[Gate], tolerance: f64) -> Vec<Vector> {
        let mut corners = Vec::new();
        let mut last = 0;
        while last < gates.len() {
            let here = gates[last].at();
            corners.push(here);
            let mut wedge: Option<Wedge> = None;
            for next in last + 1..=gates.len() {
                let gate = gates.get(next).unwrap_or(&gates[0]);
                let seen = gate.seen_from(here, tolerance);
                let narrowed = wedge.map_or(Some(seen), |wedge| wedge.narrowed(&seen));
                if wedge.is_none_or(|wedge| wedge.holds(minus(gate.at(), here))) {
                    last = next;
                }
                wedge = narrowed;
                if narrowed.is_none() || next > last + AHEAD {
                    break;
                }
            }
        }
        corners.extend(corners.first().copied());
        corners
    }
}

#[cfg(test)]
mod tests {
    use geo::{
        Area, Coord, CoordsIter, Distance, Euclidean, MultiLineString, MultiPolygon, Point,
        Validation,
    };
    use proptest::prelude::*;

    use super::super::outline::Outline;

    const WIDTH_M: f64 = 30.0;

    /// The outline of some lines, without the corners that are not needed and with all.
    fn outlines(lines: &[[(f64, f64); 2]], tolerance: f64) -> [MultiPolygon<f64>; 2] {
        [tolerance, 0.0].map(|tolerance| {
            let mut outline = Outline::new(WIDTH_M).with_tolerance(tolerance);
            for &[from, to] in lines {
                outline.add(Coord::from(from), Coord::from(to));
            }
            outline.polygons()
        })
    }

    fn rings(shape: &MultiPolygon<f64>) -> MultiLineString<f64> {
        let rings = shape
            .iter()
            .flat_map(|part| part.interiors().iter().chain([part.exterior()]));
        MultiLineString(rings.cloned().collect())
    }

    #[test]
    fn a_straight_street_has_corners_at_its_ends_only() {
        let [few, all] = outlines(
            &[[(0.0, 0.0), (5_000.0, 1_234.0)]],
            super::super::outline::TOLERANCE,
        );
        assert!(few.coords_count() < 50, "{}", few.coords_count());
        assert!(all.coords_count() > 400, "{}", all.coords_count());
        // The flanks are where they were; the round ends, 190 m of 10 km, may be off by a metre.
        let more = few.unsigned_area() / all.unsigned_area() - 1.0;
        assert!(more.abs() < 1e-3, "{more}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn fewer_corners_keep_every_ring_where_it_was(
            lines in prop::collection::vec(((0..7i32, 0..7i32), (0..7i32, 0..7i32), -60.0..60.0f64), 1..40),
            tolerance in prop_oneof![Just(super::super::outline::TOLERANCE), 0.0..0.6f64],
        ) {
            let place = |(x, y): (i32, i32), aside: f64| {
                (f64::from(x) * 250.0 + aside, f64::from(y) * 250.0 - aside / 2.0)
            };
            let lines = lines.into_iter().map(|(from, to, aside)| [place(from, aside), place(to, aside)]);
            let [few, all] = outlines(&lines.collect::<Vec<_>>(), tolerance);
            prop_assert!(few.is_valid());
            prop_assert_eq!(few.0.len(), all.0.len());
            for (few, all) in few.iter().zip(&all) {
                prop_assert_eq!(few.interiors().len(), all.interiors().len());
            }
            let drawn = rings(&few);
            let step = WIDTH_M * 0.7;
            for corner in all.coords_iter() {
                let off = Euclidean.distance(&Point(corner), &drawn);
                prop_assert!(off <= tolerance * step + 1e-6, "{off}");
            }
        }
    }
}
