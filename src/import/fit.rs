//! A shape from a file becomes the geometry of a layer: converted, of the right kind, valid.

use geo::{
    CoordsIter, Geometry, InteriorPoint, LineString, MultiLineString, MultiPolygon, Point,
    orient::{Direction, Orient},
};

use super::{Note, Refusal, raw::Shape};
use crate::{
    crs::Transform,
    domain::{
        GeometryKind,
        polygon::{Defect, find_defect, repair},
    },
};

/// A geometry that fits a layer.
#[derive(Debug)]
pub(super) struct Fitted {
    pub geometry: Geometry<f64>,
    /// As the file had it, where its system is another.
    pub source: Option<Geometry<f64>>,
    /// The defect that was repaired, with the areas before and after in km².
    pub repaired: Option<(Defect, f64, f64)>,
    pub note: Option<Note>,
}

/// # Errors
/// A shape of another kind than the layer's, outside the world, or beyond repair.
pub(super) fn fit(
    shape: Shape,
    transform: &Transform,
    kind: GeometryKind,
) -> Result<Fitted, Refusal> {
    let mut geometry = shape.geometry;
    let finite = |g: &Geometry<f64>| g.coords_iter().all(|c| c.x.is_finite() && c.y.is_finite());
    if !finite(&geometry) {
        return Err(Refusal::BrokenGeometry(
            "a coordinate is no finite number".into(),
        ));
    }
    let source = (!transform.is_identity()).then(|| geometry.clone());
    if source.is_some() {
        transform
            .geometry_to_lonlat(&mut geometry)
            .map_err(|_| Refusal::OutsideWorld)?;
    }
    let in_world = geometry
        .coords_iter()
        .all(|c| (-180.0..=180.0).contains(&c.x) && (-90.0..=90.0).contains(&c.y));
    if !in_world {
        return Err(Refusal::OutsideWorld);
    }
    let mut fitted = place(geometry, kind, shape.was_unclosed)?;
    fitted.source = source;
    Ok(fitted)
}

/// Brings a geometry that is already in longitude and latitude to the kind of a layer.
///
/// # Errors
/// A geometry of another kind, or beyond repair.
pub(super) fn place(
    geometry: Geometry<f64>,
    kind: GeometryKind,
    was_unclosed: bool,
) -> Result<Fitted, Refusal> {
    let (geometry, mut note) = unwrap_single(geometry, kind);
    let wrong = |found| {
        Err(Refusal::WrongGeometry {
            found,
            wanted: match kind {
                GeometryKind::Point => "points",
                GeometryKind::Line => "lines",
                GeometryKind::Polygon => "polygons",
            },
        })
    };
    let mut repaired = None;
    let geometry = match (kind, geometry) {
        (GeometryKind::Point, point @ Geometry::Point(_)) => point,
        (GeometryKind::Point, Geometry::MultiPoint(points)) => {
            return Err(match points.0.len() {
                0 => Refusal::EmptyGeometry,
                n => Refusal::SeveralPoints(n),
            });
        }
        (GeometryKind::Point, area @ (Geometry::Polygon(_) | Geometry::MultiPolygon(_))) => {
            note = Some(Note::PointOnSurface);
            let (valid, _) = valid(area, was_unclosed)?;
            Geometry::Point(valid.interior_point().ok_or(Refusal::EmptyGeometry)?)
        }
        (GeometryKind::Line, Geometry::LineString(line)) => {
            Geometry::LineString(checked_line(line)?)
        }
        (GeometryKind::Line, Geometry::MultiLineString(lines)) => {
            let parts = lines.0.into_iter().filter(|line| !line.0.is_empty());
            let parts: Vec<_> = parts.map(checked_line).collect::<Result<_, _>>()?;
            if parts.is_empty() {
                return Err(Refusal::EmptyGeometry);
            }
            Geometry::MultiLineString(MultiLineString(parts))
        }
        (GeometryKind::Polygon, area @ (Geometry::Polygon(_) | Geometry::MultiPolygon(_))) => {
            let (area, repair) = valid(area, was_unclosed)?;
            repaired = repair;
            area
        }
        (_, other) => return wrong(name(&other)),
    };
    Ok(Fitted {
        geometry,
        source: None,
        repaired,
        note,
    })
}

/// Takes the only member out of a collection or multi-geometry that is wanted single.
fn unwrap_single(geometry: Geometry<f64>, kind: GeometryKind) -> (Geometry<f64>, Option<Note>) {
    match geometry {
        Geometry::GeometryCollection(mut collection) if collection.0.len() == 1 => {
            (collection.0.remove(0), Some(Note::SinglePart))
        }
        Geometry::MultiPoint(points) if kind == GeometryKind::Point && points.0.len() == 1 => (
            Geometry::Point(Point(points.0[0].0)),
            Some(Note::SinglePart),
        ),
        Geometry::Line(line) => (LineString::from(line).into(), None),
        Geometry::Rect(rect) => (rect.to_polygon().into(), None),
        Geometry::Triangle(triangle) => (triangle.to_polygon().into(), None),
        other => (other, None),
    }
}

fn checked_line(line: LineString<f64>) -> Result<LineString<f64>, Refusal> {
    let is_line = line.0.windows(2).any(|pair| pair[0] != pair[1]);
    match (line.0.is_empty(), is_line) {
        (true, _) => Err(Refusal::EmptyGeometry),
        (_, true) => Ok(line),
        _ => Err(Refusal::BrokenGeometry(
            "the line has no two different points".into(),
        )),
    }
}

type Repaired = Option<(Defect, f64, f64)>;

/// The polygon itself where it is valid, else repaired; outer rings turn left.
fn valid(
    mut area: Geometry<f64>,
    was_unclosed: bool,
) -> Result<(Geometry<f64>, Repaired), Refusal> {
    if let Geometry::MultiPolygon(MultiPolygon(parts)) = &mut area {
        parts.retain(|part| !part.exterior().0.is_empty());
    }
    if area.coords_count() == 0 {
        return Err(Refusal::EmptyGeometry);
    }
    match find_defect(&area) {
        Some(defect) => {
            let (repaired, before, after) = repair(&area).ok_or(Refusal::CannotRepair)?;
            Ok((repaired, Some((defect, before, after))))
        }
        None => {
            let area = match area {
                Geometry::Polygon(p) => Geometry::Polygon(p.orient(Direction::Default)),
                Geometry::MultiPolygon(p) => Geometry::MultiPolygon(p.orient(Direction::Default)),
                other => other,
            };
            let closed = was_unclosed.then(|| {
                let km2 = crate::domain::measure::area_km2(&area);
                (Defect::UnclosedRing, km2, km2)
            });
            Ok((area, closed))
        }
    }
}

fn name(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "point",
        Geometry::MultiPoint(_) => "multi-point",
        Geometry::Line(_) | Geometry::LineString(_) => "line",
        Geometry::MultiLineString(_) => "multi-line",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "polygon",
        Geometry::MultiPolygon(_) => "multi-polygon",
        Geometry::GeometryCollection(_) => "geometry collection",
    }
}
