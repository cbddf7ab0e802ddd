use geo::Point;
use rayon::prelude::*;

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
        let edges = (0..graph.edges().len() as u32).into_par_iter();
        let made = edges
            .with_min_len(EDGES_AT_ONCE)
            .fold(Parts::default, |mut parts, edge| {
                parts.add(graph, edge);
                parts
            });
        let parts: Vec<_> = made.map(|parts| parts.made).collect();
        let parts = parts.concat();
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

/// So many edges are worth a thread.
const EDGES_AT_ONCE: usize = 4096;

/// The straight parts of edges in the making.
#[derive(Default)]
struct Parts {
    made: Vec<([f64; 3], [f64; 3], Share)>,
    line: Vec<(Point<f64>, [f64; 3])>,
    lengths: Vec<f64>,
}

impl Parts {
    fn add(&mut self, graph: &Graph, edge: u32) {
        let line = graph.line(edge).map(|place| (place, on_sphere(place)));
        self.line.clear();
        self.line.extend(line);
        let ends = self.line.windows(2);
        self.lengths.clear();
        self.lengths
            .extend(ends.clone().map(|ends| distance_m(ends[0].0, ends[1].0)));
        let total: f64 = self.lengths.iter().sum();
        let share = |metres: f64| if total > 0.0 { metres / total } else { 0.0 };
        let mut before = 0.0;
        for (ends, &metres) in ends.zip(&self.lengths) {
            let of_edge = Share {
                edge,
                before: share(before) as f32,
                share: share(metres) as f32,
            };
            self.made.push((ends[0].1, ends[1].1, of_edge));
            before += metres;
        }
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
