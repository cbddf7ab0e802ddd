use geo::{Geometry, LineString, MultiPolygon, Point, Polygon};

use super::nearest::min_distance_m;
use crate::domain::{Bbox, measure};

/// How a window lies to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Outside,
    Inside,
    /// Some of it may be inside.
    Crosses,
}

/// A part of the world that places are asked to be in.
pub trait Region: Sync {
    fn relation(&self, window: &Bbox) -> Relation;
    fn contains(&self, lon: f64, lat: f64) -> bool;
}

/// Everything within great-circle metres of a point, the edge included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    pub lon: f64,
    pub lat: f64,
    pub radius_m: f64,
}

impl Region for Circle {
    fn relation(&self, window: &Bbox) -> Relation {
        if min_distance_m(window, self.lon, self.lat) > self.radius_m {
            Relation::Outside
        } else {
            Relation::Crosses
        }
    }

    fn contains(&self, lon: f64, lat: f64) -> bool {
        measure::distance_m(Point::new(self.lon, self.lat), Point::new(lon, lat)) <= self.radius_m
    }
}

impl Region for Bbox {
    fn relation(&self, window: &Bbox) -> Relation {
        if !self.intersects(window) {
            Relation::Outside
        } else if self.contains_bbox(window) {
            Relation::Inside
        } else {
            Relation::Crosses
        }
    }

    fn contains(&self, lon: f64, lat: f64) -> bool {
        Bbox::contains(self, lon, lat)
    }
}

/// A polygon made ready for many point-in-polygon questions.
///
/// Even-odd rule. A place on a border that two polygons share belongs to exactly one of them,
/// because a shared edge is computed the same way for both.
#[derive(Clone, Debug)]
pub struct PreparedPolygon {
    bounds: Bbox,
    /// Lower end first: x1, y1, x2, y2 with y1 <= y2.
    edges: Vec<[f64; 4]>,
    /// Edge numbers by horizontal slab; `starts[s]..starts[s + 1]` are slab s's.
    starts: Vec<u32>,
    slab_edges: Vec<u32>,
}

/// The most edge numbers in slabs, 16 MB of them.
const MOST_ENTRIES: f64 = 4e6;

impl PreparedPolygon {
    /// Prepares the polygons in `geometry`; other shapes contain nothing.
    pub fn new(geometry: &Geometry<f64>) -> Self {
        let mut edges = Vec::new();
        collect_edges(geometry, &mut edges);
        let mut bounds = Bbox::EMPTY;
        for &[x1, y1, x2, y2] in &edges {
            bounds.expand(&Bbox {
                west: x1.min(x2),
                south: y1,
                east: x1.max(x2),
                north: y2,
            });
        }
        let height = (bounds.north - bounds.south).max(f64::MIN_POSITIVE);
        let mut slabs = (edges.len() / 2).clamp(1, 8192);
        // Edges that cross many slabs, as in a zigzag, would fill the memory.
        let entries = |slabs: usize| -> f64 {
            let spans = edges
                .iter()
                .map(|e| (e[3] - e[1]) / height * slabs as f64 + 2.0);
            spans.sum()
        };
        while slabs > 1 && entries(slabs) > MOST_ENTRIES {
            slabs /= 2;
        }
        let mut prepared = PreparedPolygon {
            bounds,
            edges,
            starts: vec![0; slabs + 1],
            slab_edges: Vec::new(),
        };
        prepared.fill_slabs(slabs);
        prepared
    }

    pub fn bounds(&self) -> &Bbox {
        &self.bounds
    }

    fn fill_slabs(&mut self, slabs: usize) {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); slabs];
        for (number, edge) in self.edges.iter().enumerate() {
            for list in &mut lists[self.slab(edge[1])..=self.slab(edge[3])] {
                list.push(number as u32);
            }
        }
        for (slab, list) in lists.iter().enumerate() {
            self.slab_edges.extend_from_slice(list);
            self.starts[slab + 1] = self.slab_edges.len() as u32;
        }
    }

    /// The slab of a latitude, the nearest one where it lies outside.
    fn slab(&self, lat: f64) -> usize {
        let slabs = self.starts.len() - 1;
        let height = self.bounds.north - self.bounds.south;
        if height.is_nan() || height <= 0.0 {
            return 0;
        }
        let share = (lat - self.bounds.south) / height;
        ((share * slabs as f64).max(0.0) as usize).min(slabs - 1)
    }

    fn edges_between(&self, south: f64, north: f64) -> impl Iterator<Item = &[f64; 4]> {
        let from = self.starts[self.slab(south)] as usize;
        let until = self.starts[self.slab(north) + 1] as usize;
        self.slab_edges[from..until]
            .iter()
            .map(|&number| &self.edges[number as usize])
    }
}

impl Region for PreparedPolygon {
    fn relation(&self, window: &Bbox) -> Relation {
        if self.edges.is_empty() || !self.bounds.intersects(window) {
            return Relation::Outside;
        }
        if self
            .edges_between(window.south, window.north)
            .any(|edge| edge_meets(edge, window))
        {
            return Relation::Crosses;
        }
        let inside = self.contains(
            (window.west + window.east) / 2.0,
            (window.south + window.north) / 2.0,
        );
        if inside {
            Relation::Inside
        } else {
            Relation::Outside
        }
    }

    fn contains(&self, lon: f64, lat: f64) -> bool {
        if !self.bounds.contains(lon, lat) {
            return false;
        }
        let mut inside = false;
        for &[x1, y1, x2, y2] in self.edges_between(lat, lat) {
            if y1 <= lat && lat < y2 && lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1) {
                inside = !inside;
            }
        }
        inside
    }
}

fn collect_edges(geometry: &Geometry<f64>, edges: &mut Vec<[f64; 4]>) {
    match geometry {
        Geometry::Polygon(polygon) => polygon_edges(polygon, edges),
        Geometry::MultiPolygon(MultiPolygon(parts)) => {
            parts.iter().for_each(|part| polygon_edges(part, edges));
        }
        Geometry::Rect(rect) => polygon_edges(&rect.to_polygon(), edges),
        Geometry::Triangle(triangle) => polygon_edges(&triangle.to_polygon(), edges),
        Geometry::GeometryCollection(parts) => {
            parts.iter().for_each(|part| collect_edges(part, edges));
        }
        _ => {}
    }
}

fn polygon_edges(polygon: &Polygon<f64>, edges: &mut Vec<[f64; 4]>) {
    let mut ring = |ring: &LineString<f64>| {
        edges.extend(ring.lines().map(|line| {
            let (a, b) = (line.start, line.end);
            if (a.y, a.x) <= (b.y, b.x) {
                [a.x, a.y, b.x, b.y]
            } else {
                [b.x, b.y, a.x, a.y]
            }
        }));
    };
    ring(polygon.exterior());
    polygon.interiors().iter().for_each(ring);
}

/// Whether a segment has a point in a window, edges included.
fn edge_meets(&[x1, y1, x2, y2]: &[f64; 4], window: &Bbox) -> bool {
    let apart = x1.max(x2) < window.west
        || x1.min(x2) > window.east
        || y2 < window.south
        || y1 > window.north;
    if apart {
        return false;
    }
    let side = |x: f64, y: f64| (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
    let corners = [
        side(window.west, window.south),
        side(window.west, window.north),
        side(window.east, window.south),
        side(window.east, window.north),
    ];
    !(corners.iter().all(|s| *s > 0.0) || corners.iter().all(|s| *s < 0.0))
}

#[cfg(test)]
mod tests {
    use geo::{Intersects, polygon};
    use proptest::prelude::*;

    use super::*;

    fn star(radii: &[f64]) -> Geometry<f64> {
        let step = std::f64::consts::TAU / radii.len() as f64;
        let ring = radii.iter().enumerate().map(|(i, r)| {
            let angle = i as f64 * step;
            (113.0 + r * angle.cos(), 23.0 + r * angle.sin())
        });
        Geometry::Polygon(Polygon::new(ring.collect::<Vec<_>>().into(), vec![]))
    }

    proptest! {
        #[test]
        fn agrees_with_the_plain_test_and_with_windows(
            radii in prop::collection::vec(0.1..1.0f64, 3..40),
            lon in 111.9..114.1f64, lat in 21.9..24.1f64, side in 0.001..0.5f64,
        ) {
            let geometry = star(&radii);
            let prepared = PreparedPolygon::new(&geometry);
            prop_assert_eq!(prepared.contains(lon, lat), geometry.intersects(&Point::new(lon, lat)));
            let window = Bbox::new(lon, lat, lon + side, lat + side).unwrap();
            let inside_at = |x: f64, y: f64| {
                prepared.contains(lon + x * side, lat + y * side)
            };
            match prepared.relation(&window) {
                Relation::Inside => for i in 0..=4 { for j in 0..=4 {
                    prop_assert!(inside_at(f64::from(i) / 4.0, f64::from(j) / 4.0));
                }},
                Relation::Outside => for i in 0..=4 { for j in 0..=4 {
                    prop_assert!(!inside_at(f64::from(i) / 4.0, f64::from(j) / 4.0));
                }},
                Relation::Crosses => {}
            }
        }
    }

    #[test]
    fn a_place_on_a_shared_border_is_in_exactly_one_polygon() {
        let west = polygon![(x: 0.0, y: 0.0), (x: 1.3, y: 0.1), (x: 1.7, y: 1.9), (x: 0.0, y: 2.0)];
        let east = polygon![(x: 1.3, y: 0.1), (x: 3.0, y: 0.0), (x: 3.0, y: 2.0), (x: 1.7, y: 1.9)];
        let (west, east) = (
            PreparedPolygon::new(&Geometry::Polygon(west)),
            PreparedPolygon::new(&Geometry::Polygon(east)),
        );
        for i in 1..100 {
            let t = f64::from(i) / 100.0;
            let (lon, lat) = (1.3 + 0.4 * t, 0.1 + 1.8 * t);
            assert!(west.contains(lon, lat) ^ east.contains(lon, lat));
        }
    }

    #[test]
    fn a_hole_is_outside() {
        let mut ring =
            polygon![(x: 0.0, y: 0.0), (x: 4.0, y: 0.0), (x: 4.0, y: 4.0), (x: 0.0, y: 4.0)];
        ring.interiors_push(vec![
            (1.0, 1.0),
            (3.0, 1.0),
            (3.0, 3.0),
            (1.0, 3.0),
            (1.0, 1.0),
        ]);
        let prepared = PreparedPolygon::new(&Geometry::Polygon(ring));
        assert!(prepared.contains(0.5, 0.5) && !prepared.contains(2.0, 2.0));
        let hole = Bbox::new(1.5, 1.5, 2.5, 2.5).unwrap();
        assert_eq!(prepared.relation(&hole), Relation::Outside);
    }
}
