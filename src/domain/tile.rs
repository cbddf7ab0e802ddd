use super::Bbox;

/// Why three numbers are no tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no tile {z}/{x}/{y}: z goes to {max_zoom}, x and y to 2^z - 1", max_zoom = TileCoord::MAX_ZOOM)]
pub struct TileCoordError {
    pub z: u8,
    pub x: u32,
    pub y: u32,
}

/// The place of a Web Mercator tile (瓦片) in the XYZ scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileCoord {
    z: u8,
    x: u32,
    y: u32,
}

impl TileCoord {
    pub const MAX_ZOOM: u8 = 22;

    pub fn new(z: u8, x: u32, y: u32) -> Result<Self, TileCoordError> {
        if z <= Self::MAX_ZOOM && x < 1 << z && y < 1 << z {
            Ok(TileCoord { z, x, y })
        } else {
            Err(TileCoordError { z, x, y })
        }
    }

    pub fn z(&self) -> u8 {
        self.z
    }

    pub fn x(&self) -> u32 {
        self.x
    }

    pub fn y(&self) -> u32 {
        self.y
    }

    /// The tile's own window, without buffer.
    pub fn bbox(&self) -> Bbox {
        let side = f64::from(1u32 << self.z);
        let lon = |x: u32| f64::from(x) / side * 360.0 - 180.0;
        let lat = |y: u32| mercator_to_latitude(f64::from(y) / side);
        Bbox {
            west: lon(self.x),
            south: lat(self.y + 1),
            east: lon(self.x + 1),
            north: lat(self.y),
        }
    }
}

/// Web Mercator position in the unit square, y growing southward; latitude is held to ±85.0511°.
pub fn to_mercator(lon: f64, lat: f64) -> (f64, f64) {
    let sin = lat.to_radians().sin().clamp(-MAX_SIN, MAX_SIN);
    let x = lon / 360.0 + 0.5;
    let y = 0.5 - ((1.0 + sin) / (1.0 - sin)).ln() / (4.0 * std::f64::consts::PI);
    (x, y.clamp(0.0, 1.0))
}

/// The longitude and latitude of a position in the unit square of [`to_mercator`].
pub fn from_mercator(x: f64, y: f64) -> (f64, f64) {
    ((x - 0.5) * 360.0, mercator_to_latitude(y))
}

/// sin of the latitude where Web Mercator is cut off, 85.051129°.
const MAX_SIN: f64 = 0.996_272_076_220_749_8;

fn mercator_to_latitude(y: f64) -> f64 {
    (std::f64::consts::PI * (1.0 - 2.0 * y))
        .sinh()
        .atan()
        .to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_outside_the_world_is_refused() {
        assert!(TileCoord::new(0, 0, 0).is_ok());
        assert!(TileCoord::new(0, 1, 0).is_err());
        assert!(TileCoord::new(23, 0, 0).is_err());
    }

    #[test]
    fn mercator_goes_there_and_back() {
        for (lon, lat) in [(113.264435, 23.129163), (-179.9, -84.0), (0.0, 0.0)] {
            let (x, y) = to_mercator(lon, lat);
            let (lon2, lat2) = from_mercator(x, y);
            assert!((lon - lon2).abs() < 1e-9 && (lat - lat2).abs() < 1e-9);
        }
    }

    #[test]
    fn the_world_tile_spans_the_mercator_square() {
        let world = TileCoord::new(0, 0, 0).unwrap().bbox();
        assert_eq!(world.west, -180.0);
        assert!((world.north - 85.0511287798).abs() < 1e-9);
    }
}
