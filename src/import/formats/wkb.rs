//! Well-known binary, as GeoPackage keeps it. Every count is checked against the bytes left, so
//! a damaged blob cannot ask for memory.

use geo::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point};

use crate::import::{
    Refusal,
    raw::Shape,
    shape::{collection, polygon},
};

/// Reads the blob of a GeoPackage: a header of its own, then well-known binary.
///
/// # Errors
/// A damaged blob or a kind of geometry that layers do not hold.
pub(super) fn from_geopackage(blob: &[u8]) -> Result<Shape, Refusal> {
    let flags = match blob {
        [b'G', b'P', _, flags, ..] => *flags,
        _ => return Err(broken("the blob is no GeoPackage geometry")),
    };
    if flags & 0b0010_0000 != 0 {
        return Err(Refusal::UnknownGeometry(
            "an extension of the format".into(),
        ));
    }
    if flags & 0b0001_0000 != 0 {
        return Err(Refusal::EmptyGeometry);
    }
    let envelope = match flags >> 1 & 0b111 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err(broken("the blob's envelope is of an unknown kind")),
    };
    let body = blob.get(8 + envelope..).ok_or_else(cut)?;
    Reader { rest: body }.shape(0)
}

fn broken(what: &str) -> Refusal {
    Refusal::BrokenGeometry(what.to_owned())
}

fn cut() -> Refusal {
    broken("it ends too early")
}

struct Reader<'b> {
    rest: &'b [u8],
}

/// What the first bytes of a geometry say.
struct Head {
    is_little: bool,
    kind: u32,
    dimensions: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (value, rest) = self.rest.split_first_chunk::<N>().ok_or_else(cut)?;
        self.rest = rest;
        Ok(*value)
    }

    fn whole(&mut self, is_little: bool) -> Result<u32, Refusal> {
        let bytes = self.take()?;
        Ok(if is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    fn number(&mut self, is_little: bool) -> Result<f64, Refusal> {
        let bytes = self.take()?;
        Ok(if is_little {
            f64::from_le_bytes(bytes)
        } else {
            f64::from_be_bytes(bytes)
        })
    }

    /// Reads a count of items that take at least `least` bytes each.
    fn count(&mut self, head: &Head, least: usize) -> Result<usize, Refusal> {
        let count = self.whole(head.is_little)? as usize;
        if count > self.rest.len() / least {
            return Err(cut());
        }
        Ok(count)
    }

    fn head(&mut self) -> Result<Head, Refusal> {
        let is_little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            _ => return Err(broken("its byte order is unknown")),
        };
        let code = self.whole(is_little)?;
        // ISO writes Z as 1000, M as 2000; the older extended form uses the highest bits.
        let mut dimensions =
            2 + usize::from(code >> 31 & 1 == 1) + usize::from(code >> 30 & 1 == 1);
        if code >> 29 & 1 == 1 {
            self.whole(is_little)?;
        }
        let code = code & 0x0fff_ffff;
        dimensions += match code / 1000 {
            0 => 0,
            1 | 2 => 1,
            3 => 2,
            _ => return Err(broken("its kind is unknown")),
        };
        Ok(Head {
            is_little,
            kind: code % 1000,
            dimensions,
        })
    }

    fn coord(&mut self, head: &Head) -> Result<Coord<f64>, Refusal> {
        let x = self.number(head.is_little)?;
        let y = self.number(head.is_little)?;
        for _ in 2..head.dimensions {
            self.number(head.is_little)?;
        }
        Ok(Coord { x, y })
    }

    fn coords(&mut self, head: &Head) -> Result<Vec<Coord<f64>>, Refusal> {
        let count = self.count(head, 8 * head.dimensions)?;
        (0..count).map(|_| self.coord(head)).collect()
    }

    fn rings(&mut self, head: &Head) -> Result<Vec<Vec<Coord<f64>>>, Refusal> {
        let count = self.count(head, 4)?;
        (0..count).map(|_| self.coords(head)).collect()
    }

    fn members(&mut self, head: &Head, depth: u8) -> Result<Vec<Shape>, Refusal> {
        let count = self.count(head, 9)?;
        (0..count).map(|_| self.shape(depth + 1)).collect()
    }

    fn shape(&mut self, depth: u8) -> Result<Shape, Refusal> {
        if depth > 4 {
            return Err(broken("geometries are nested too deep"));
        }
        let head = self.head()?;
        let mut was_unclosed = false;
        let geometry = match head.kind {
            1 => {
                let c = self.coord(&head)?;
                if c.x.is_nan() && c.y.is_nan() {
                    return Err(Refusal::EmptyGeometry);
                }
                Geometry::Point(Point(c))
            }
            2 => Geometry::LineString(LineString(self.coords(&head)?)),
            3 => Geometry::Polygon(polygon(self.rings(&head)?, &mut was_unclosed)),
            4..=7 => {
                let members = self.members(&head, depth)?;
                was_unclosed = members.iter().any(|m| m.was_unclosed);
                let parts = members.into_iter().map(|m| m.geometry);
                match head.kind {
                    4 => Geometry::MultiPoint(MultiPoint(each(parts)?)),
                    5 => Geometry::MultiLineString(MultiLineString(each(parts)?)),
                    6 => Geometry::MultiPolygon(MultiPolygon(each(parts)?)),
                    _ => return Ok(collection(parts.map(Shape::from).collect())),
                }
            }
            8..=17 => {
                const KINDS: [&str; 10] = [
                    "CircularString",
                    "CompoundCurve",
                    "CurvePolygon",
                    "MultiCurve",
                    "MultiSurface",
                    "Curve",
                    "Surface",
                    "PolyhedralSurface",
                    "TIN",
                    "Triangle",
                ];
                let kind = KINDS[head.kind as usize - 8];
                return Err(Refusal::UnknownGeometry(kind.into()));
            }
            _ => return Err(broken("its kind is unknown")),
        };
        Ok(Shape {
            geometry,
            was_unclosed,
        })
    }
}

/// The parts of a multi-geometry, all of its kind.
fn each<P: TryFrom<Geometry<f64>>>(
    parts: impl Iterator<Item = Geometry<f64>>,
) -> Result<Vec<P>, Refusal> {
    parts
        .map(|part| P::try_from(part).map_err(|_| broken("its parts are of different kinds")))
        .collect()
}

#[cfg(test)]
mod tests {
    use geo::wkt;
    use geozero::{CoordDimensions, ToWkb};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_another_writer_wrote_is_read() {
        let shapes: [Geometry<f64>; 5] = [
            wkt!(POINT(113.2 23.1)).into(),
            wkt!(LINESTRING(0. 0.,1. 1.,2. 0.)).into(),
            wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 0.),(1. 0.5,2. 0.5,2. 1.,1. 0.5))).into(),
            wkt!(MULTIPOLYGON(((0. 0.,4. 0.,4. 4.,0. 0.)),((9. 9.,10. 9.,10. 10.,9. 9.)))).into(),
            wkt!(MULTIPOINT(1. 2.,3. 4.)).into(),
        ];
        for geometry in shapes {
            let blob = geometry
                .to_gpkg_wkb(CoordDimensions::xy(), Some(4326), vec![])
                .unwrap();
            assert_eq!(from_geopackage(&blob).unwrap().geometry, geometry);
            for cut in 0..blob.len() {
                let _ = from_geopackage(&blob[..cut]);
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..80), kind in 0u8..20) {
            let mut blob = vec![b'G', b'P', 0, 1, 0, 0, 0, 0, 1, kind, 0, 0, 0];
            blob.append(&mut bytes);
            let _ = from_geopackage(&blob);
        }
    }
}
