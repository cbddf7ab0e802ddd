//! A flat sheet over the city, in metres. Only sums, products and square roots are used in this
//! room, so that every machine draws the same city.

/// South-west of the city: the origin of the sheet.
const ORIGIN: (f64, f64) = (112.8, 22.4);
/// Metres in a degree on the WGS 84 ellipsoid at 23.2° north.
const LON_M: f64 = 102_370.8;
const LAT_M: f64 = 110_747.0;

/// A place on the sheet: metres east and north of its origin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spot {
    pub x: f64,
    pub y: f64,
}

impl Spot {
    pub fn of(lon: f64, lat: f64) -> Self {
        Spot {
            x: (lon - ORIGIN.0) * LON_M,
            y: (lat - ORIGIN.1) * LAT_M,
        }
    }

    /// Longitude, latitude, rounded to 1e-7 degrees (1 cm).
    pub fn lon_lat(self) -> geo::Coord<f64> {
        let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
        geo::coord! {
            x: round(ORIGIN.0 + self.x / LON_M),
            y: round(ORIGIN.1 + self.y / LAT_M),
        }
    }

    pub fn moved(self, east: f64, north: f64) -> Self {
        Spot {
            x: self.x + east,
            y: self.y + north,
        }
    }

    /// The square of the distance, m².
    pub fn distance2(self, other: Spot) -> f64 {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        dx * dx + dy * dy
    }
}

/// How near a distance (squared, m²) is: 1 at the place itself, ½ at `half_m`, and long tails.
pub fn nearness(distance2: f64, half_m: f64) -> f64 {
    1.0 / (1.0 + distance2 / (half_m * half_m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_goes_there_and_back() {
        let place = Spot::of(113.32452, 23.10645).lon_lat();
        assert_eq!((place.x, place.y), (113.32452, 23.10645));
    }
}
