use geo::{Coord, LineString, Polygon};

use crate::{
    analysis::{Corner, Patch},
    domain::{Bbox, measure::EARTH_RADIUS_M},
};

/// Squares of one size on a lattice of longitude and latitude, so that neighbours share their
/// corners; as wide as they are high in the middle of the city.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lattice {
    width: f64,
    height: f64,
}

impl Lattice {
    pub fn over(bounds: &Bbox, cell_m: u32) -> Self {
        let height = (f64::from(cell_m) / EARTH_RADIUS_M).to_degrees();
        // To a tenth of a degree, so that a home more or less moves no cell.
        let middle = ((bounds.south + bounds.north) / 2.0 * 10.0).round() / 10.0;
        Lattice {
            width: height / middle.to_radians().cos().max(1e-6),
            height,
        }
    }

    /// Column and row of the cell that holds a place.
    pub fn cell(&self, lon: f64, lat: f64) -> Corner {
        let column = (lon / self.width).floor() as i64;
        (column, (lat / self.height).floor() as i64)
    }

    pub fn polygon(&self, patch: &Patch) -> Polygon<f64> {
        let corner = |(column, row): &Corner| Coord {
            x: round(*column as f64 * self.width),
            y: round(*row as f64 * self.height),
        };
        let ring = |ring: &Vec<Corner>| -> LineString<f64> { ring.iter().map(corner).collect() };
        Polygon::new(ring(&patch.outer), patch.holes.iter().map(ring).collect())
    }
}

/// To a centimetre.
fn round(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}
