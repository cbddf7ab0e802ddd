//! Geometry from nested lists of numbers, as GeoJSON and WKT write it.

use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

use super::{Refusal, raw::Shape};

/// Coordinates to the depth that a text had them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Coords {
    /// `[]`
    Nothing,
    Position(Coord<f64>),
    Positions(Vec<Coord<f64>>),
    Rings(Vec<Vec<Coord<f64>>>),
    Parts(Vec<Vec<Vec<Coord<f64>>>>),
    /// Not a regular nesting of numbers.
    Wrong(&'static str),
}

impl Coords {
    /// Puts equally deep items into one list.
    pub fn nest(items: Vec<Coords>) -> Self {
        let mut items = items.into_iter();
        let Some(first) = items.next() else {
            return Coords::Nothing;
        };
        const UNEVEN: Coords = Coords::Wrong("coordinates are nested unevenly");
        match first {
            Coords::Position(first) => {
                let mut list = vec![first];
                for item in items {
                    match item {
                        Coords::Position(next) => list.push(next),
                        _ => return UNEVEN,
                    }
                }
                Coords::Positions(list)
            }
            Coords::Positions(first) => {
                let mut list = vec![first];
                for item in items {
                    match item {
                        Coords::Positions(next) => list.push(next),
                        Coords::Nothing => {}
                        _ => return UNEVEN,
                    }
                }
                Coords::Rings(list)
            }
            Coords::Rings(first) => {
                let mut list = vec![first];
                for item in items {
                    match item {
                        Coords::Rings(next) => list.push(next),
                        Coords::Nothing => {}
                        _ => return UNEVEN,
                    }
                }
                Coords::Parts(list)
            }
            Coords::Nothing => Coords::nest(items.collect()),
            Coords::Parts(_) => Coords::Wrong("coordinates are nested too deep"),
            wrong @ Coords::Wrong(_) => wrong,
        }
    }
}

/// The shape of a kind (`Point`, `MULTIPOLYGON` …, in any case) with these coordinates.
///
/// # Errors
/// An unknown kind, or coordinates that do not fit it.
pub(super) fn build(kind: &str, coords: Coords) -> Result<Shape, Refusal> {
    let broken = |what: &str| Refusal::BrokenGeometry(what.to_owned());
    let mut was_unclosed = false;
    let geometry = match (kind.to_ascii_lowercase().as_str(), coords) {
        (_, Coords::Wrong(what)) => return Err(broken(what)),
        (_, Coords::Nothing) => return Err(Refusal::EmptyGeometry),
        ("point", Coords::Position(c)) => Geometry::Point(Point(c)),
        ("multipoint", Coords::Positions(list)) => {
            Geometry::MultiPoint(list.into_iter().map(Point).collect())
        }
        // WKT may put each point of a multi-point in brackets of its own.
        ("multipoint", Coords::Rings(list)) => {
            Geometry::MultiPoint(MultiPoint(list.into_iter().flatten().map(Point).collect()))
        }
        ("linestring", Coords::Positions(list)) => Geometry::LineString(LineString(list)),
        ("multilinestring", Coords::Rings(list)) => {
            Geometry::MultiLineString(MultiLineString(list.into_iter().map(LineString).collect()))
        }
        ("polygon", Coords::Rings(rings)) => Geometry::Polygon(polygon(rings, &mut was_unclosed)),
        ("multipolygon", Coords::Parts(parts)) => Geometry::MultiPolygon(MultiPolygon(
            parts
                .into_iter()
                .map(|rings| polygon(rings, &mut was_unclosed))
                .collect(),
        )),
        (
            "point" | "multipoint" | "linestring" | "multilinestring" | "polygon" | "multipolygon",
            _,
        ) => return Err(broken(&format!("the coordinates do not make a {kind}"))),
        _ => {
            return Err(broken(&format!(
                "`{}` is no kind of geometry that can be read",
                super::error::shorten(kind, 30)
            )));
        }
    };
    Ok(Shape {
        geometry,
        was_unclosed,
    })
}

/// A polygon from its rings, the first being the outer one; tells whether a ring was open.
pub(super) fn polygon(rings: Vec<Vec<Coord<f64>>>, was_unclosed: &mut bool) -> Polygon<f64> {
    let mut rings = rings.into_iter().map(|ring| {
        *was_unclosed |= ring.first() != ring.last();
        LineString(ring)
    });
    let outer = rings.next().unwrap_or(LineString(Vec::new()));
    Polygon::new(outer, rings.collect())
}

/// Several shapes in one feature.
pub(super) fn collection(members: Vec<Shape>) -> Shape {
    let was_unclosed = members.iter().any(|m| m.was_unclosed);
    let geometries = members.into_iter().map(|m| m.geometry).collect();
    Shape {
        geometry: Geometry::GeometryCollection(GeometryCollection(geometries)),
        was_unclosed,
    }
}
