use geo::{Destination, Haversine, MultiPolygon, Point, Polygon};

use super::Start;

/// Everything within great-circle metres of any of the starts.
pub(super) fn circles(starts: &[Start], radius_m: f64) -> MultiPolygon<f64> {
    let points = starts.iter().flat_map(|start| &start.points);
    let circles: Vec<Polygon<f64>> = points
        .map(|(lon, lat)| circle(*lon, *lat, radius_m))
        .collect();
    match circles.len() {
        1 => MultiPolygon::new(circles),
        _ => geo::unary_union(&circles),
    }
}

/// A circle of great-circle metres as a polygon of 128 corners that lie on it.
fn circle(lon: f64, lat: f64, radius_m: f64) -> Polygon<f64> {
    let center = Point::new(lon, lat);
    let corner = |i: u32| {
        let point = Haversine.destination(center, f64::from(i) * -360.0 / 128.0, radius_m);
        geo::coord! { x: (point.x() * 1e7).round() / 1e7, y: (point.y() * 1e7).round() / 1e7 }
    };
    Polygon::new((0..128).map(corner).collect::<Vec<_>>().into(), vec![])
}
