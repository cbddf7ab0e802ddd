use std::str::FromStr;

use geo::{Coord, Rect};

/// Why four numbers are no bounding box.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bbox is west,south,east,north in degrees with west <= east and south <= north")]
pub struct BboxError;

/// A window in longitude, latitude (degrees), edges included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bbox {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl Bbox {
    /// Holds nothing; grows with [`Bbox::expand`].
    pub const EMPTY: Bbox = Bbox {
        west: f64::INFINITY,
        south: f64::INFINITY,
        east: f64::NEG_INFINITY,
        north: f64::NEG_INFINITY,
    };

    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self, BboxError> {
        let in_range = (-180.0..=180.0).contains(&west)
            && (-180.0..=180.0).contains(&east)
            && (-90.0..=90.0).contains(&south)
            && (-90.0..=90.0).contains(&north);
        if in_range && west <= east && south <= north {
            Ok(Bbox {
                west,
                south,
                east,
                north,
            })
        } else {
            Err(BboxError)
        }
    }

    pub fn is_empty(&self) -> bool {
        self.west > self.east || self.south > self.north
    }

    pub fn expand(&mut self, other: &Bbox) {
        self.west = self.west.min(other.west);
        self.south = self.south.min(other.south);
        self.east = self.east.max(other.east);
        self.north = self.north.max(other.north);
    }

    pub fn contains(&self, lon: f64, lat: f64) -> bool {
        self.west <= lon && lon <= self.east && self.south <= lat && lat <= self.north
    }

    pub fn contains_bbox(&self, other: &Bbox) -> bool {
        self.west <= other.west
            && other.east <= self.east
            && self.south <= other.south
            && other.north <= self.north
    }

    pub fn intersects(&self, other: &Bbox) -> bool {
        self.west <= other.east
            && other.west <= self.east
            && self.south <= other.north
            && other.south <= self.north
    }

    pub fn as_array(&self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }
}

impl From<Rect<f64>> for Bbox {
    fn from(rect: Rect<f64>) -> Self {
        let (min, max) = (rect.min(), rect.max());
        Bbox {
            west: min.x,
            south: min.y,
            east: max.x,
            north: max.y,
        }
    }
}

impl From<Coord<f64>> for Bbox {
    fn from(c: Coord<f64>) -> Self {
        Bbox {
            west: c.x,
            south: c.y,
            east: c.x,
            north: c.y,
        }
    }
}

impl FromStr for Bbox {
    type Err = BboxError;

    fn from_str(text: &str) -> Result<Self, BboxError> {
        let numbers: Vec<f64> = text
            .split(',')
            .map(|part| part.trim().parse::<f64>().map_err(|_| BboxError))
            .collect::<Result<_, _>>()?;
        match numbers[..] {
            [west, south, east, north] => Bbox::new(west, south, east, north),
            _ => Err(BboxError),
        }
    }
}
