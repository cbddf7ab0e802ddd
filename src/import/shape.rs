use geo::{
    Area, BooleanOps, Coord, CoordsIter, Geometry, InteriorPoint, MapCoords, MultiPolygon, Point,
    Polygon, Validation,
};

use crate::domain::GeometryKind;

/// A geometry that fits its layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    pub geometry: Geometry<f64>,
    /// What was mended, in words.
    pub repaired: Option<String>,
}

/// Makes `geometry` (longitude, latitude) fit a layer of `kind`, mending defects of polygons.
///
/// # Errors
/// Why it cannot fit, in words.
pub fn fit(geometry: Geometry<f64>, kind: GeometryKind) -> Result<Fitted, String> {
    if geometry.coords_count() == 0 {
        return Err("the geometry is empty".into());
    }
    if !geometry
        .coords_iter()
        .all(|c| c.x.is_finite() && c.y.is_finite())
    {
        return Err("a coordinate is not a finite number".into());
    }
    if let Some(c) = geometry
        .coords_iter()
        .find(|c| c.x.abs() > 180.0 || c.y.abs() > 90.0)
    {
        return Err(format!(
            "({:.3}, {:.3}) is no longitude, latitude; is the coordinate system right?",
            c.x, c.y
        ));
    }
    match kind {
        GeometryKind::Point => fit_point(geometry),
        GeometryKind::Line => fit_line(geometry),
        GeometryKind::Polygon => fit_polygon(geometry),
    }
}

fn fit_point(geometry: Geometry<f64>) -> Result<Fitted, String> {
    let kept = |point: Point<f64>, repaired: Option<&str>| {
        Ok(Fitted {
            geometry: point.into(),
            repaired: repaired.map(str::to_owned),
        })
    };
    match geometry {
        Geometry::Point(point) => kept(point, None),
        Geometry::MultiPoint(points) if points.0.len() == 1 => kept(points.0[0], None),
        other => match other.interior_point() {
            Some(point) => kept(point, Some("a point inside the shape was taken")),
            None => Err("the shape has no point inside".into()),
        },
    }
}

fn fit_line(geometry: Geometry<f64>) -> Result<Fitted, String> {
    match geometry {
        Geometry::Line(line) => Ok(Fitted {
            geometry: geo::LineString::from(line).into(),
            repaired: None,
        }),
        Geometry::LineString(ref line) if line.0.len() >= 2 => Ok(Fitted {
            geometry,
            repaired: None,
        }),
        Geometry::MultiLineString(mut lines) => {
            lines.0.retain(|line| line.0.len() >= 2);
            if lines.0.is_empty() {
                return Err("the line has no length".into());
            }
            Ok(Fitted {
                geometry: lines.into(),
                repaired: None,
            })
        }
        other => Err(format!(
            "the layer holds lines, this is {}",
            kind_name(&other)
        )),
    }
}

fn fit_polygon(geometry: Geometry<f64>) -> Result<Fitted, String> {
    let parts = match geometry {
        Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]),
        Geometry::MultiPolygon(parts) => parts,
        Geometry::Rect(rect) => MultiPolygon(vec![rect.to_polygon()]),
        Geometry::Triangle(triangle) => MultiPolygon(vec![triangle.to_polygon()]),
        Geometry::GeometryCollection(parts) => {
            let mut polygons = Vec::new();
            for part in parts {
                match part {
                    Geometry::Polygon(polygon) => polygons.push(polygon),
                    Geometry::MultiPolygon(more) => polygons.extend(more),
                    other => {
                        return Err(format!(
                            "the layer holds polygons, this has {}",
                            kind_name(&other)
                        ));
                    }
                }
            }
            MultiPolygon(polygons)
        }
        other => {
            return Err(format!(
                "the layer holds polygons, this is {}",
                kind_name(&other)
            ));
        }
    };
    let problems = parts.validation_errors();
    if problems.is_empty() {
        return Ok(Fitted {
            geometry: single_or_multi(parts),
            repaired: None,
        });
    }
    let before = parts.unsigned_area();
    let mended = mend(&parts)?;
    let change = if before > 0.0 {
        (mended.unsigned_area() - before) / before
    } else {
        0.0
    };
    let mut what = problems[0].to_string();
    if problems.len() > 1 {
        what += &format!(" and {} more", problems.len() - 1);
    }
    Ok(Fitted {
        geometry: single_or_multi(mended),
        repaired: Some(format!("{what}; area {:+.3} %", change * 100.0)),
    })
}

/// Mends self-touching, self-crossing and overlapping rings by uniting the parts with themselves.
fn mend(parts: &MultiPolygon<f64>) -> Result<MultiPolygon<f64>, String> {
    // The overlay works on a grid of 2^30 steps: around the shape's own middle and in units of its
    // size, so that the grid is finer than a millimetre for any city.
    let bounds = geo::BoundingRect::bounding_rect(parts).ok_or("the polygon is empty")?;
    let middle = bounds.center();
    let local = parts.map_coords(|c| c - middle);
    let mut mended = MultiPolygon::<f64>(vec![]);
    for polygon in &local {
        let closed = without_repeats(polygon);
        mended = if mended.0.is_empty() {
            closed.union(&MultiPolygon(vec![]))
        } else {
            mended.union(&closed)
        };
    }
    mended.0.retain(|polygon| polygon.unsigned_area() > 0.0);
    let mended = mended.map_coords(|c| c + middle);
    if mended.0.is_empty() {
        return Err("nothing is left of the polygon after repair".into());
    }
    if mended.is_valid() {
        return Ok(mended);
    }
    // Rings that touch at a point: once more, with coordinates at a tenth of a millimetre.
    let snapped = mended.map_coords(|c: Coord<f64>| Coord {
        x: (c.x * 1e9).round() / 1e9,
        y: (c.y * 1e9).round() / 1e9,
    });
    let again = snapped.union(&MultiPolygon(vec![]));
    if again.is_valid() {
        Ok(again)
    } else {
        Err("the polygon cannot be repaired".into())
    }
}

fn without_repeats(polygon: &Polygon<f64>) -> Polygon<f64> {
    let ring = |ring: &geo::LineString<f64>| {
        let mut coords = ring.0.clone();
        coords.dedup();
        geo::LineString::new(coords)
    };
    Polygon::new(
        ring(polygon.exterior()),
        polygon.interiors().iter().map(ring).collect(),
    )
}

fn single_or_multi(mut parts: MultiPolygon<f64>) -> Geometry<f64> {
    if parts.0.len() == 1 {
        parts.0.remove(0).into()
    } else {
        parts.into()
    }
}

fn kind_name(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "a point",
        Geometry::MultiPoint(_) => "a set of points",
        Geometry::Line(_) | Geometry::LineString(_) | Geometry::MultiLineString(_) => "a line",
        Geometry::GeometryCollection(_) => "a collection",
        _ => "a polygon",
    }
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;

    #[test]
    fn a_bow_tie_becomes_two_triangles() {
        let bow = polygon![(x: 113.0, y: 23.0), (x: 113.2, y: 23.2), (x: 113.2, y: 23.0), (x: 113.0, y: 23.2)];
        let fitted = fit(bow.into(), GeometryKind::Polygon).unwrap();
        assert!(fitted.repaired.is_some());
        let Geometry::MultiPolygon(parts) = &fitted.geometry else {
            panic!("two parts")
        };
        assert_eq!(parts.0.len(), 2);
        assert!((parts.unsigned_area() - 0.02).abs() < 1e-9);
    }

    #[test]
    fn a_sound_polygon_is_left_alone_to_the_last_bit() {
        let square: Geometry<f64> =
            polygon![(x: 113.0, y: 23.0), (x: 113.1, y: 23.0), (x: 113.1, y: 23.1)].into();
        assert_eq!(
            fit(square.clone(), GeometryKind::Polygon).unwrap(),
            Fitted {
                geometry: square,
                repaired: None
            }
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words() {
        let point: Geometry<f64> = Point::new(113.0, 23.0).into();
        assert!(
            fit(point, GeometryKind::Polygon)
                .unwrap_err()
                .contains("this is a point")
        );
        let far: Geometry<f64> = Point::new(424_000.0, 2_558_000.0).into();
        assert!(
            fit(far, GeometryKind::Point)
                .unwrap_err()
                .contains("coordinate system")
        );
    }
}
