use super::{Bbox, measure::EARTH_RADIUS_M};

/// Equal squares over the globe (等面积网格): bands of one height along the parallels, each cut
/// into cells of one width at its middle. Cells have the same area everywhere and depend on no
/// data, so that the numbers of two periods or cities can be laid side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The side of a cell, metres.
    pub cell_m: u32,
}

impl Grid {
    /// Column and row of the cell that holds a place, counted from the prime meridian and the
    /// equator.
    pub fn cell(&self, lon: f64, lat: f64) -> (i32, i32) {
        let row = (lat / self.height()).floor() as i32;
        ((lon / self.width(row)).floor() as i32, row)
    }

    /// The cell in degrees.
    pub fn bounds(&self, (column, row): (i32, i32)) -> Bbox {
        let (width, height) = (self.width(row), self.height());
        Bbox {
            west: f64::from(column) * width,
            south: f64::from(row) * height,
            east: f64::from(column + 1) * width,
            north: f64::from(row + 1) * height,
        }
    }

    /// The middle of the cell, longitude and latitude.
    pub fn center(&self, cell: (i32, i32)) -> (f64, f64) {
        let bounds = self.bounds(cell);
        (
            f64::midpoint(bounds.west, bounds.east),
            f64::midpoint(bounds.south, bounds.north),
        )
    }

    /// Degrees of latitude.
    fn height(&self) -> f64 {
        (f64::from(self.cell_m) / EARTH_RADIUS_M).to_degrees()
    }

    /// Degrees of longitude in a band.
    fn width(&self, row: i32) -> f64 {
        let middle = (f64::from(row) + 0.5) * self.height();
        self.height() / middle.to_radians().cos().max(1e-6)
    }
}

#[cfg(test)]
mod tests {
    use geo::Geometry;

    use super::*;
    use crate::domain::measure::{area_km2, distance_m};

    #[test]
    fn cells_are_squares_of_the_same_area() {
        for (lon, lat) in [(113.3, 23.1), (-51.2, -30.0), (-0.1, 51.5)] {
            let grid = Grid { cell_m: 500 };
            let bounds = grid.bounds(grid.cell(lon, lat));
            assert!(bounds.contains(lon, lat));
            let middle = (bounds.south + bounds.north) / 2.0;
            let point = |x, y| geo::Point::new(x, y);
            let width = distance_m(point(bounds.west, middle), point(bounds.east, middle));
            let height = distance_m(point(lon, bounds.south), point(lon, bounds.north));
            assert!((width - 500.0).abs() < 0.01 && (height - 500.0).abs() < 0.01);
            let corners = geo::Rect::new((bounds.west, bounds.south), (bounds.east, bounds.north));
            let km2 = area_km2(&Geometry::Polygon(corners.to_polygon()));
            assert!((km2 - 0.25).abs() < 0.002, "{km2}");
        }
    }
}
