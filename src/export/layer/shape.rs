use std::borrow::Cow;

use geo::{BoundingRect, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon};

use super::features::Features;
use crate::{domain::GeometryKind, export::ExportError};

/// The one type of geometry of a file whose format wants one: the narrowest that holds all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeType {
    Point,
    MultiPoint,
    LineString,
    MultiLineString,
    Polygon,
    MultiPolygon,
}

impl ShapeType {
    /// # Errors
    /// Points, lines and polygons in one layer, or a collection.
    pub fn of(features: &Features<'_>) -> Result<Self, ExportError> {
        let mut common: Option<ShapeType> = None;
        for row in features.rows() {
            let fail = |problem| ExportError::Geometry {
                layer: features.layer.id.to_string(),
                id: features.id(row).to_owned(),
                problem,
            };
            if features.geometry(row).bounding_rect().is_none() {
                return Err(fail("the geometry is empty"));
            }
            let own = ShapeType::of_geometry(features.geometry(row)).ok_or_else(|| {
                fail("a collection of geometries is neither point, line nor polygon")
            })?;
            common = Some(match common {
                None => own,
                Some(before) => before
                    .joined(own)
                    .ok_or_else(|| fail("points, lines and polygons do not go into one file"))?,
            });
        }
        Ok(common.unwrap_or(match features.layer.geometry {
            GeometryKind::Point => ShapeType::Point,
            GeometryKind::Line => ShapeType::LineString,
            GeometryKind::Polygon => ShapeType::Polygon,
        }))
    }

    fn of_geometry(geometry: &Geometry<f64>) -> Option<Self> {
        Some(match geometry {
            Geometry::Point(_) => ShapeType::Point,
            Geometry::MultiPoint(_) => ShapeType::MultiPoint,
            Geometry::Line(_) | Geometry::LineString(_) => ShapeType::LineString,
            Geometry::MultiLineString(_) => ShapeType::MultiLineString,
            Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => ShapeType::Polygon,
            Geometry::MultiPolygon(_) => ShapeType::MultiPolygon,
            Geometry::GeometryCollection(_) => return None,
        })
    }

    fn joined(self, other: Self) -> Option<Self> {
        if self == other {
            return Some(self);
        }
        (self.multiple() == other.multiple()).then(|| self.multiple())
    }

    fn multiple(self) -> Self {
        match self {
            ShapeType::Point | ShapeType::MultiPoint => ShapeType::MultiPoint,
            ShapeType::LineString | ShapeType::MultiLineString => ShapeType::MultiLineString,
            ShapeType::Polygon | ShapeType::MultiPolygon => ShapeType::MultiPolygon,
        }
    }

    /// `geometry` as this type; it must be one that went into [`ShapeType::of`].
    pub fn fit<'g>(self, geometry: &'g Geometry<f64>) -> Cow<'g, Geometry<f64>> {
        let geometry = plain(geometry);
        let fitted = match (self, &*geometry) {
            (ShapeType::MultiPoint, Geometry::Point(p)) => MultiPoint(vec![*p]).into(),
            (ShapeType::MultiLineString, Geometry::LineString(line)) => {
                MultiLineString(vec![line.clone()]).into()
            }
            (ShapeType::MultiPolygon, Geometry::Polygon(polygon)) => {
                MultiPolygon(vec![polygon.clone()]).into()
            }
            _ => return geometry,
        };
        Cow::Owned(fitted)
    }
}

/// `geometry` as one of the types that formats know: rectangles and the like become polygons.
pub fn plain(geometry: &Geometry<f64>) -> Cow<'_, Geometry<f64>> {
    let polygon = |polygon: Polygon<f64>| Cow::Owned(polygon.into());
    match geometry {
        Geometry::Line(line) => Cow::Owned(LineString::from(*line).into()),
        Geometry::Rect(rect) => polygon(rect.to_polygon()),
        Geometry::Triangle(triangle) => polygon(triangle.to_polygon()),
        other => Cow::Borrowed(other),
    }
}
