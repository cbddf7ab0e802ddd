use geo::Point;

use super::{Graph, segments::Segments};
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
    segments: Segments<Share>,
}

/// Which share of which edge a straight part is.
#[derive(Clone, Copy, Debug)]
struct Share {
    edge: u32,
    /// Share of the edge's length before it and in it.
    before: f32,
    share: f32,
}

impl Snapper {
    pub fn new(graph: &Graph) -> Self {
        let mut parts = Vec::new();
        let mut line: Vec<(Point<f64>, [f64; 3])> = Vec::new();
        let mut lengths = Vec::new();
        for edge in 0..graph.edges().len() as u32 {
            line.clear();
            line.extend(graph.line(edge).map(|place| (place, on_sphere(place))));
            lengths.clear();
            lengths.extend(line.windows(2).map(|ends| distance_m(ends[0].0, ends[1].0)));
            let total: f64 = lengths.iter().sum();
            let share = |metres: f64| if total > 0.0 { metres / total } else { 0.0 };
            let mut before = 0.0;
            for (ends, &metres) in line.windows(2).zip(&lengths) {
                let of_edge = Share {
                    edge,
                    before: share(before) as f32,
                    share: share(metres) as f32,
                };
                parts.push((ends[0].1, ends[1].1, of_edge));
                before += metres;
            }
        }
        let reach_m = f64::from(MAX_LEG_MM + 1) / 1000.0;
        Snapper {
            segments: Segments::new(&parts, reach_m / EARTH_RADIUS_M),
        }
    }

    /// The nearest point of a street, of several equally near that of the first edge; `None` where
    /// the place is off the network.
    pub fn snap(&self, graph: &Graph, lon: f64, lat: f64) -> Option<Snap> {
        let place = on_sphere(Point::new(lon, lat));
        let segment = self.segments.nearest(&place)?;
        let (t, at) = segment.nearest(&place);
        let leg_mm = (arc_m(&place, &at) * 1000.0).round();
        if leg_mm > f64::from(MAX_LEG_MM) {
            return None;
        }
        let Share {
            edge,
            before,
            share,
        } = segment.of;
        let mm = graph.edge(edge).mm;
        let along = f64::from(before) + t * f64::from(share);
        Some(Snap {
            edge,
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
