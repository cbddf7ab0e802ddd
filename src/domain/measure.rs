//! Metres and square kilometres come from here and from nowhere else.

use geo::{Distance, GeodesicArea, Geometry, Haversine, Orient, Point, Polygon, orient::Direction};

/// Mean earth radius of great-circle distances, metres.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Great-circle distance (大圆距离) in metres.
pub fn distance_m(from: Point<f64>, to: Point<f64>) -> f64 {
    Haversine.distance(from, to)
}

/// Area on the ellipsoid (WGS 84) in km², whatever the direction of the rings.
pub fn area_km2(geometry: &Geometry<f64>) -> f64 {
    // A ring that runs clockwise would count as the rest of the earth.
    let polygon = |p: &Polygon<f64>| p.orient(Direction::Default).geodesic_area_unsigned() / 1e6;
    match geometry {
        Geometry::Polygon(p) => polygon(p),
        Geometry::MultiPolygon(parts) => parts.iter().map(polygon).sum(),
        Geometry::Rect(rect) => polygon(&rect.to_polygon()),
        Geometry::Triangle(triangle) => polygon(&triangle.to_polygon()),
        Geometry::GeometryCollection(parts) => parts.iter().map(area_km2).sum(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use geo::{Rect, coord};

    use super::*;

    #[test]
    fn a_degree_along_the_equator() {
        let d = distance_m(Point::new(0.0, 0.0), Point::new(1.0, 0.0));
        assert!((d - EARTH_RADIUS_M.to_radians()).abs() < 1e-6);
    }

    #[test]
    fn a_small_square_near_guangzhou() {
        let square = Rect::new(coord! {x: 113.0, y: 23.0}, coord! {x: 113.01, y: 23.01});
        let km2 = area_km2(&Geometry::Polygon(square.to_polygon()));
        assert!((km2 - 1.1349).abs() < 0.001, "{km2}");
        let mut clockwise = square.to_polygon();
        clockwise.exterior_mut(|ring| ring.0.reverse());
        assert_eq!(area_km2(&Geometry::Polygon(clockwise)), km2);
    }
}
