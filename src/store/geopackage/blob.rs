//! Geometry as a GeoPackage keeps it: a short header and well-known binary.

use geo::{BoundingRect, Geometry, Point};
use geozero::{CoordDimensions, ToGeo, ToWkb, wkb::Wkb};

/// The SRS of every geometry in a city: CGCS2000 longitude, latitude.
pub(super) const SRS_ID: i32 = 4490;

/// Why bytes are no GeoPackage geometry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a GeoPackage geometry: {0}")]
pub(super) struct BlobError(String);

/// Least and greatest coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Envelope {
    pub min_x: f64,
    pub max_x: f64,
    pub min_y: f64,
    pub max_y: f64,
}

/// Little-endian, with an XY envelope (flags bit 1-3 = 1) for all but points.
pub(super) fn encode(geometry: &Geometry<f64>, srs_id: i32) -> Result<Vec<u8>, BlobError> {
    let mut bytes = Vec::with_capacity(32);
    bytes.extend_from_slice(b"GP\0");
    if let Geometry::Point(point) = geometry {
        bytes.push(0b0000_0001);
        bytes.extend_from_slice(&srs_id.to_le_bytes());
        bytes.push(1);
        bytes.extend_from_slice(&1u32.to_le_bytes());
        bytes.extend_from_slice(&point.x().to_le_bytes());
        bytes.extend_from_slice(&point.y().to_le_bytes());
        return Ok(bytes);
    }
    let bounds = geometry
        .bounding_rect()
        .ok_or_else(|| BlobError("it is empty".into()))?;
    bytes.push(0b0000_0011);
    bytes.extend_from_slice(&srs_id.to_le_bytes());
    for side in [
        bounds.min().x,
        bounds.max().x,
        bounds.min().y,
        bounds.max().y,
    ] {
        bytes.extend_from_slice(&side.to_le_bytes());
    }
    bytes.extend(wkb(geometry)?);
    Ok(bytes)
}

/// Well-known binary without a header.
pub(super) fn wkb(geometry: &Geometry<f64>) -> Result<Vec<u8>, BlobError> {
    geometry
        .to_wkb(CoordDimensions::xy())
        .map_err(|e| BlobError(e.to_string()))
}

pub(super) fn decode(bytes: &[u8]) -> Result<Geometry<f64>, BlobError> {
    let (_, start) = header(bytes)?;
    let body = &bytes[start..];
    // The usual case of a million rows: a little-endian point.
    if body.len() == 21 && body[0] == 1 && body[1..5] == 1u32.to_le_bytes() {
        let number = |at: usize| {
            body[at..at + 8]
                .try_into()
                .map_or(f64::NAN, f64::from_le_bytes)
        };
        let (x, y) = (number(5), number(13));
        return match x.is_finite() && y.is_finite() {
            true => Ok(Geometry::Point(Point::new(x, y))),
            false => Err(BlobError("a coordinate is no number".into())),
        };
    }
    let mut rest = body;
    check(&mut rest, 0)?;
    Wkb(body).to_geo().map_err(|e| BlobError(e.to_string()))
}

/// How deep collections may stand in collections.
const DEEPEST: usize = 8;

/// Refuses well-known binary that would not end well: cut short, with more parts than bytes,
/// nested without end, or with coordinates that are no numbers. Another program may have written
/// it.
fn check(rest: &mut &[u8], depth: usize) -> Result<(), BlobError> {
    let fail = |problem: &str| BlobError(problem.into());
    if depth > DEEPEST {
        return Err(fail("collections stand too deep in one another"));
    }
    let (order, after) = rest.split_first().ok_or(fail("it is cut short"))?;
    *rest = after;
    let is_little = match order {
        0 => false,
        1 => true,
        _ => return Err(fail("its byte order is unknown")),
    };
    let kind = take_u32(rest, is_little)?;
    let axes = match kind / 1000 {
        0 => 2,
        1 | 2 => 3,
        3 => 4,
        _ => return Err(fail("its kind is unknown")),
    };
    match kind % 1000 {
        1 => take_places(rest, is_little, 1, axes),
        2 => {
            let places = take_u32(rest, is_little)?;
            take_places(rest, is_little, places, axes)
        }
        3 => {
            for _ in 0..take_u32(rest, is_little)? {
                let places = take_u32(rest, is_little)?;
                take_places(rest, is_little, places, axes)?;
            }
            Ok(())
        }
        4..=7 => {
            for _ in 0..take_u32(rest, is_little)? {
                check(rest, depth + 1)?;
            }
            Ok(())
        }
        _ => Err(fail("its kind is unknown")),
    }
}

fn take_u32(rest: &mut &[u8], is_little: bool) -> Result<u32, BlobError> {
    let (bytes, after) = rest
        .split_first_chunk::<4>()
        .ok_or_else(|| BlobError("it is cut short".into()))?;
    *rest = after;
    Ok(match is_little {
        true => u32::from_le_bytes(*bytes),
        false => u32::from_be_bytes(*bytes),
    })
}

fn take_places(
    rest: &mut &[u8],
    is_little: bool,
    places: u32,
    axes: usize,
) -> Result<(), BlobError> {
    let length = places as usize * axes * 8;
    let (bytes, after) = rest
        .split_at_checked(length)
        .ok_or_else(|| BlobError("it has fewer places than it says".into()))?;
    *rest = after;
    let (numbers, _) = bytes.as_chunks::<8>();
    let is_finite = |(at, bytes): (usize, &[u8; 8])| {
        let number = match is_little {
            true => f64::from_le_bytes(*bytes),
            false => f64::from_be_bytes(*bytes),
        };
        number.is_finite() || at % axes >= 2
    };
    match numbers.iter().enumerate().all(is_finite) {
        true => Ok(()),
        false => Err(BlobError("a coordinate is no number".into())),
    }
}

/// Bounds of a geometry; `None` where it is empty.
pub(super) fn envelope(bytes: &[u8]) -> Result<Option<Envelope>, BlobError> {
    let (stored, _) = header(bytes)?;
    if stored.is_some() {
        return Ok(stored);
    }
    let bounds = decode(bytes)?.bounding_rect();
    Ok(bounds.filter(|b| b.min().x.is_finite()).map(|b| Envelope {
        min_x: b.min().x,
        max_x: b.max().x,
        min_y: b.min().y,
        max_y: b.max().y,
    }))
}

/// The envelope in the header, if any, and where the body starts.
fn header(bytes: &[u8]) -> Result<(Option<Envelope>, usize), BlobError> {
    if bytes.len() < 8 || &bytes[..2] != b"GP" {
        return Err(BlobError("it does not start with GP".into()));
    }
    let flags = bytes[3];
    let little = flags & 1 == 1;
    let doubles = match (flags >> 1) & 7 {
        0 => 0,
        1 => 4,
        2 | 3 => 6,
        4 => 8,
        _ => return Err(BlobError("unknown envelope".into())),
    };
    let start = 8 + doubles * 8;
    if bytes.len() < start {
        return Err(BlobError("it is cut short".into()));
    }
    let number = |place: usize| {
        let at = 8 + place * 8;
        let eight = bytes[at..at + 8].try_into().expect("eight bytes");
        if little {
            f64::from_le_bytes(eight)
        } else {
            f64::from_be_bytes(eight)
        }
    };
    let envelope = (doubles >= 4).then(|| Envelope {
        min_x: number(0),
        max_x: number(1),
        min_y: number(2),
        max_y: number(3),
    });
    Ok((envelope, start))
}

#[cfg(test)]
mod tests {
    use geo::{line_string, polygon};

    use super::*;

    #[test]
    fn geometries_come_back_with_their_envelope() {
        let shapes: [Geometry<f64>; 3] = [
            Point::new(113.3, 23.1).into(),
            line_string![(x: 1.0, y: 2.0), (x: 3.0, y: -4.0)].into(),
            polygon![(x: 0.0, y: 0.0), (x: 2.0, y: 0.0), (x: 2.0, y: 1.0)].into(),
        ];
        for shape in shapes {
            let bytes = encode(&shape, SRS_ID).unwrap();
            assert_eq!(decode(&bytes).unwrap(), shape);
            let bounds = shape.bounding_rect().unwrap();
            let envelope = envelope(&bytes).unwrap().unwrap();
            assert_eq!(
                (envelope.min_x, envelope.max_y),
                (bounds.min().x, bounds.max().y)
            );
        }
    }

    #[test]
    fn broken_bytes_are_an_error() {
        for bytes in [
            &b""[..],
            b"GP",
            b"XX000000000",
            b"GP\0\x03\0\0\0\0",
            b"GP\0\x01\0\0\0\0\x01\x07",
        ] {
            assert!(decode(bytes).is_err());
        }
    }
}
