use rstar::{AABB, PointDistance, RStarInsertionStrategy, RTree, RTreeObject, RTreeParams};

use super::{FeatureRef, LayerIndex};
use crate::domain::{Bbox, measure::EARTH_RADIUS_M};

/// Nodes of 16: faster than the default of 6 for bulk-loaded points.
#[derive(Debug)]
pub(super) struct NodesOf16;

impl RTreeParams for NodesOf16 {
    const MIN_SIZE: usize = 6;
    const MAX_SIZE: usize = 16;
    const REINSERTION_COUNT: usize = 4;
    type DefaultInsertionStrategy = RStarInsertionStrategy;
}

pub(super) type PlaceTree = RTree<Place, NodesOf16>;

/// A place on the sphere in metres from its center, so that straight-line order in the tree is
/// the order of great-circle distances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    position: [f64; 3],
    pub(super) row: u16,
}

impl Place {
    pub(super) fn new(lon: f64, lat: f64, row: u16) -> Self {
        Place {
            position: on_sphere(lon, lat),
            row,
        }
    }
}

impl RTreeObject for Place {
    type Envelope = AABB<[f64; 3]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_point(self.position)
    }
}

impl PointDistance for Place {
    fn distance_2(&self, point: &[f64; 3]) -> f64 {
        let [a, b, c] = [0, 1, 2].map(|i| self.position[i] - point[i]);
        a * a + b * b + c * c
    }
}

fn on_sphere(lon: f64, lat: f64) -> [f64; 3] {
    let (lon, lat) = (lon.to_radians(), lat.to_radians());
    [
        EARTH_RADIUS_M * lat.cos() * lon.cos(),
        EARTH_RADIUS_M * lat.cos() * lon.sin(),
        EARTH_RADIUS_M * lat.sin(),
    ]
}

/// The straight line through the sphere that spans an arc of `distance_m`.
fn chord_m(distance_m: f64) -> f64 {
    let half_turn = EARTH_RADIUS_M * std::f64::consts::PI;
    2.0 * EARTH_RADIUS_M * (distance_m.min(half_turn) / (2.0 * EARTH_RADIUS_M)).sin()
}

/// The arc that a straight line of `chord_m` through the sphere spans.
fn arc_m(chord_m: f64) -> f64 {
    2.0 * EARTH_RADIUS_M * (chord_m / (2.0 * EARTH_RADIUS_M)).min(1.0).asin()
}

/// A feature found near a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    pub feature: FeatureRef,
    /// Great-circle metres.
    pub distance_m: f64,
}

impl LayerIndex {
    /// The `k` features whose place is nearest to a point within `max_m` great-circle metres,
    /// nearest first; ties in the order of their ids.
    pub fn nearest(&self, lon: f64, lat: f64, k: usize, max_m: f64) -> Vec<Neighbor> {
        let center = on_sphere(lon, lat);
        let mut found: Vec<Neighbor> = Vec::new();
        let mut limit_m = max_m;
        for (number, at_least_m) in self.cells_by_distance(lon, lat) {
            if at_least_m > limit_m {
                break;
            }
            let before = found.len();
            for (place, d2) in self.cells()[number]
                .tree()
                .nearest_neighbor_iter_with_distance_2(center)
            {
                // The arc is rounded: a hair above the limit is looked at by the exact measure.
                let kth_here = (k > 0).then(|| found.get(before + k - 1)).flatten();
                let enough_m = kth_here.map_or(limit_m, |n| n.distance_m.min(limit_m));
                if arc_m(d2.sqrt()) > enough_m + 1e-6 {
                    break;
                }
                let feature = FeatureRef {
                    cell: number as u32,
                    row: u32::from(place.row),
                };
                let distance_m = self.distance_to(feature, lon, lat);
                if distance_m <= max_m {
                    found.push(Neighbor {
                        feature,
                        distance_m,
                    });
                }
            }
            self.sort_neighbors(&mut found);
            found.truncate(k);
            if found.len() == k {
                limit_m = found.last().map_or(limit_m, |n| n.distance_m);
            }
        }
        found
    }

    /// All features whose place lies within `radius_m` great-circle metres, in no order.
    pub fn within(&self, lon: f64, lat: f64, radius_m: f64, mut visit: impl FnMut(Neighbor)) {
        for number in self.cells_within(lon, lat, radius_m) {
            self.within_in_cell(number, (lon, lat), radius_m, &mut visit);
        }
    }

    /// The numbers of the cells that may have a place within `radius_m` great-circle metres.
    pub fn cells_within(
        &self,
        lon: f64,
        lat: f64,
        radius_m: f64,
    ) -> impl Iterator<Item = usize> + '_ {
        let cells = self.cells().iter().enumerate();
        let window = window(lon, lat, radius_m);
        let is_near = move |cell: &super::Cell| {
            // Most cells are far: that costs nothing to say.
            let bounds = cell.bounds();
            window.is_none_or(|window| bounds.intersects(&window))
                && min_distance_m(bounds, lon, lat) <= radius_m
        };
        cells.filter(move |(_, cell)| is_near(cell)).map(|(n, _)| n)
    }

    /// Like [`within`](Self::within), in one cell alone.
    pub fn within_in_cell(
        &self,
        number: usize,
        (lon, lat): (f64, f64),
        radius_m: f64,
        mut visit: impl FnMut(Neighbor),
    ) {
        let reach = chord_m(radius_m) + 1e-3;
        let tree = self.cells()[number].tree();
        for place in tree.locate_within_distance(on_sphere(lon, lat), reach * reach) {
            let feature = FeatureRef {
                cell: number as u32,
                row: u32::from(place.row),
            };
            let distance_m = self.distance_to(feature, lon, lat);
            if distance_m <= radius_m {
                visit(Neighbor {
                    feature,
                    distance_m,
                });
            }
        }
    }

    fn sort_neighbors(&self, neighbors: &mut [Neighbor]) {
        neighbors.sort_by(|a, b| {
            let by_distance = a.distance_m.total_cmp(&b.distance_m);
            by_distance.then_with(|| self.id(a.feature).cmp(self.id(b.feature)))
        });
    }

    /// Cell numbers with a lower bound of the distance to anything inside, nearest first.
    fn cells_by_distance(&self, lon: f64, lat: f64) -> Vec<(usize, f64)> {
        let mut order: Vec<(usize, f64)> = self
            .cells()
            .iter()
            .enumerate()
            .map(|(number, cell)| (number, min_distance_m(cell.bounds(), lon, lat)))
            .collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1));
        order
    }
}

/// Bounds of everything within so many metres of a point and a little more; `None` where the poles
/// or the date line are near.
fn window(lon: f64, lat: f64, radius_m: f64) -> Option<Bbox> {
    let north = (radius_m / EARTH_RADIUS_M).to_degrees() * 1.001 + 1e-6;
    let highest = lat.abs() + north;
    if highest > 85.0 {
        return None;
    }
    let east = north / highest.to_radians().cos();
    let window = Bbox {
        west: lon - east,
        south: lat - north,
        east: lon + east,
        north: lat + north,
    };
    (window.west > -180.0 && window.east < 180.0).then_some(window)
}

/// A lower bound of the great-circle metres from a point to anything in `bounds`.
pub(super) fn min_distance_m(bounds: &Bbox, lon: f64, lat: f64) -> f64 {
    if bounds.contains(lon, lat) {
        return 0.0;
    }
    let lat_gap = (bounds.south - lat).max(lat - bounds.north).max(0.0);
    let gap = |a: f64, b: f64| (a - b).rem_euclid(360.0).min((b - a).rem_euclid(360.0));
    let inside_lon = bounds.west <= lon && lon <= bounds.east;
    let lon_gap = if inside_lon {
        0.0
    } else {
        gap(bounds.west, lon).min(gap(bounds.east, lon))
    };
    let by_lat = lat_gap.to_radians();
    // The distance to a meridian `lon_gap` away; beyond a quarter turn the pole may be nearer.
    let by_lon = if lon_gap >= 90.0 {
        0.0
    } else {
        (lat.to_radians().cos() * lon_gap.to_radians().sin()).asin()
    };
    // A millimetre off guards against rounding: a bound must never exceed the true distance.
    (by_lat.max(by_lon) * EARTH_RADIUS_M - 1e-3).max(0.0) * (1.0 - 1e-9)
}
