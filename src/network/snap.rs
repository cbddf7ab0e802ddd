use geo::Point;
use rstar::{AABB, PointDistance, RTree, RTreeObject};

use super::Graph;
use crate::domain::measure::{EARTH_RADIUS_M, distance_m};

/// A place farther than this from every street is off the network (不在路网上).
pub const MAX_LEG_MM: u32 = 500_000;

/// A place joined to the nearest point of a street.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snap {
    pub edge: u32,
    /// Millimetres along the edge from its first node.
    pub at_mm: u32,
    /// The straight leg to it, millimetres.
    pub leg_mm: u32,
}

/// Finds the nearest street.
#[derive(Debug)]
pub struct Snapper {
    tree: RTree<Segment>,
}

/// A straight part of an edge as a chord of the unit sphere.
#[derive(Clone, Debug)]
struct Segment {
    from: [f64; 3],
    to: [f64; 3],
    edge: u32,
    /// Share of the edge's length before it and in it.
    before: f32,
    share: f32,
}

impl Segment {
    /// How far along the chord the nearest point lies, 0 to 1, and the point.
    fn nearest(&self, place: &[f64; 3]) -> (f64, [f64; 3]) {
        let (mut dot, mut square) = (0.0, 0.0);
        for ((from, to), place) in self.from.iter().zip(&self.to).zip(place) {
            dot += (place - from) * (to - from);
            square += (to - from) * (to - from);
        }
        let t = if square > 0.0 {
            (dot / square).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let at =
            std::array::from_fn(|axis| self.from[axis] + t * (self.to[axis] - self.from[axis]));
        (t, at)
    }
}

impl RTreeObject for Segment {
    type Envelope = AABB<[f64; 3]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.from, self.to)
    }
}

impl PointDistance for Segment {
    fn distance_2(&self, place: &[f64; 3]) -> f64 {
        let (_, at) = self.nearest(place);
        (0..3).map(|axis| (at[axis] - place[axis]).powi(2)).sum()
    }
}

impl Snapper {
    pub fn new(graph: &Graph) -> Self {
        let mut segments = Vec::new();
        for edge in 0..graph.edges().len() as u32 {
            let line = graph.line(edge);
            let steps = line.clone().zip(line.clone().skip(1));
            let total: f64 = steps.clone().map(|(a, b)| distance_m(a, b)).sum();
            let share = |metres: f64| if total > 0.0 { metres / total } else { 0.0 };
            let mut before = 0.0;
            for (a, b) in steps {
                let metres = distance_m(a, b);
                segments.push(Segment {
                    from: on_sphere(a),
                    to: on_sphere(b),
                    edge,
                    before: share(before) as f32,
                    share: share(metres) as f32,
                });
                before += metres;
            }
        }
        Snapper {
            tree: RTree::bulk_load(segments),
        }
    }

    /// The nearest point of a street; `None` where the place is off the network.
    pub fn snap(&self, graph: &Graph, lon: f64, lat: f64) -> Option<Snap> {
        let place = on_sphere(Point::new(lon, lat));
        let segment = self.tree.nearest_neighbor(place)?;
        let (t, at) = segment.nearest(&place);
        let leg_mm = (arc_m(&place, &at) * 1000.0).round();
        if leg_mm > f64::from(MAX_LEG_MM) {
            return None;
        }
        let mm = graph.edge(segment.edge).mm;
        let along = f64::from(segment.before) + t * f64::from(segment.share);
        Some(Snap {
            edge: segment.edge,
            at_mm: ((along * f64::from(mm)).round() as u32).min(mm),
            leg_mm: leg_mm as u32,
        })
    }
}

fn on_sphere(place: Point<f64>) -> [f64; 3] {
    let (lon, lat) = (place.x().to_radians(), place.y().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// Metres along the sphere between two points on or just under it.
fn arc_m(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let length = |v: &[f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let scale = length(b);
    let chord: f64 = (0..3).map(|axis| (a[axis] - b[axis] / scale).powi(2)).sum();
    2.0 * (chord.sqrt() / 2.0).clamp(0.0, 1.0).asin() * EARTH_RADIUS_M
}
