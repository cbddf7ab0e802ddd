use geo::{BoundingRect, Coord, LineString, MultiPolygon, Polygon, Rect, Simplify};

/// The paper of a map: a local equirectangular projection, true to scale in its middle (局部等距圆柱).
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    middle: Coord<f64>,
    /// Points of paper for a degree of longitude and of latitude.
    scale: Coord<f64>,
    paper: (f64, f64),
}

/// Metres of a degree of latitude on the sphere that distances are measured on.
const DEGREE_M: f64 = 111_195.08;

/// Corners nearer than this to the line between their neighbours are left out, in points.
const TOLERANCE_PT: f64 = 0.12;

impl Plane {
    /// The largest that fits `bounds` into a rectangle of paper.
    pub fn fitting(bounds: Rect<f64>, (x, y): (f64, f64), (w, h): (f64, f64)) -> Self {
        let middle = bounds.center();
        let narrowing = middle.y.to_radians().cos();
        let (width, height) = (
            (bounds.width() * narrowing).max(1e-6),
            bounds.height().max(1e-6),
        );
        let per_degree = (w / width).min(h / height);
        Plane {
            middle,
            scale: Coord {
                x: per_degree * narrowing,
                y: per_degree,
            },
            paper: (x + w / 2.0, y + h / 2.0),
        }
    }

    /// Height over width of what is drawn.
    pub fn aspect(bounds: Rect<f64>) -> f64 {
        let narrowing = bounds.center().y.to_radians().cos();
        bounds.height().max(1e-6) / (bounds.width() * narrowing).max(1e-6)
    }

    pub fn point(&self, lon: f64, lat: f64) -> (f64, f64) {
        (
            self.paper.0 + (lon - self.middle.x) * self.scale.x,
            self.paper.1 - (lat - self.middle.y) * self.scale.y,
        )
    }

    /// Points of paper for a metre.
    pub fn points_per_metre(&self) -> f64 {
        self.scale.y / DEGREE_M
    }

    fn ring(&self, ring: &LineString<f64>) -> LineString<f64> {
        let on_paper = |c: &Coord<f64>| Coord::from(self.point(c.x, c.y));
        LineString(ring.0.iter().map(on_paper).collect())
    }

    /// Every ring of a shape on paper, with no more corners than show.
    pub fn rings(&self, shape: &MultiPolygon<f64>) -> Vec<Vec<(f64, f64)>> {
        let mut rings = Vec::new();
        for polygon in &shape.0 {
            let polygon = Polygon::new(
                self.ring(polygon.exterior()),
                polygon
                    .interiors()
                    .iter()
                    .map(|ring| self.ring(ring))
                    .collect(),
            );
            let simple = polygon.simplify(TOLERANCE_PT);
            let all = std::iter::once(simple.exterior()).chain(simple.interiors());
            rings.extend(all.filter(|ring| ring.0.len() > 3).map(|ring| {
                ring.0[..ring.0.len() - 1]
                    .iter()
                    .map(|c| (c.x, c.y))
                    .collect()
            }));
        }
        rings
    }
}

/// The box around shapes; `None` where there are none.
pub fn bounds<'s>(shapes: impl Iterator<Item = &'s MultiPolygon<f64>>) -> Option<Rect<f64>> {
    shapes
        .filter_map(BoundingRect::bounding_rect)
        .reduce(|a, b| {
            let (min, max) = (a.min(), a.max());
            Rect::new(
                Coord {
                    x: min.x.min(b.min().x),
                    y: min.y.min(b.min().y),
                },
                Coord {
                    x: max.x.max(b.max().x),
                    y: max.y.max(b.max().y),
                },
            )
        })
}

/// A round length of at most `most` metres: 1, 2 or 5 times a power of ten.
pub fn round_length(most: f64) -> f64 {
    let power = 10f64.powf(most.max(1e-3).log10().floor());
    let step = [5.0, 2.0, 1.0]
        .into_iter()
        .find(|step| step * power <= most);
    step.unwrap_or(1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_kilometre_stays_square_and_keeps_its_scale() {
        let north = 1000.0 / DEGREE_M;
        let east = north / 23f64.to_radians().cos();
        let bounds = Rect::new(
            (113.0, 23.0 - north / 2.0),
            (113.0 + east, 23.0 + north / 2.0),
        );
        let plane = Plane::fitting(bounds, (0.0, 0.0), (200.0, 100.0));
        let ((x1, y1), (x2, y2)) = (
            plane.point(113.0, 23.0 + north / 2.0),
            plane.point(113.0 + east, 23.0 - north / 2.0),
        );
        assert!(((x2 - x1) - 100.0).abs() < 0.01 && ((y2 - y1) - 100.0).abs() < 0.01);
        assert!((x1 - 50.0).abs() < 0.01 && y1.abs() < 0.01);
        assert!((plane.points_per_metre() * 1000.0 - 100.0).abs() < 0.01);
        assert!((Plane::aspect(bounds) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn lengths_are_round() {
        assert_eq!(
            [
                round_length(7300.0),
                round_length(4999.0),
                round_length(1000.0)
            ],
            [5000.0, 2000.0, 1000.0]
        );
    }
}
