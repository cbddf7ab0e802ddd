//! Geometry as a GeoPackage keeps it: a short header and well-known binary.

use geo::{BoundingRect, Geometry};

use crate::store::wkb::{self, WkbError};

/// Least and greatest coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Envelope {
    pub min_x: f64,
    pub max_x: f64,
    pub min_y: f64,
    pub max_y: f64,
}

/// Little-endian, with an XY envelope (flags bit 1-3 = 1) for all but points.
pub(super) fn encode(geometry: &Geometry<f64>, srs_id: i32) -> Result<Vec<u8>, WkbError> {
    let mut bytes = Vec::with_capacity(32);
    bytes.extend_from_slice(b"GP\0");
    if let Geometry::Point(point) = geometry {
        bytes.push(0b0000_0001);
        bytes.extend_from_slice(&srs_id.to_le_bytes());
        wkb::push_point(&mut bytes, *point);
        return Ok(bytes);
    }
    let bounds = geometry
        .bounding_rect()
        .ok_or_else(|| WkbError("it is empty".into()))?;
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
    bytes.extend(wkb::encode(geometry)?);
    Ok(bytes)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Geometry<f64>, WkbError> {
    let (_, start) = header(bytes)?;
    wkb::decode(&bytes[start..])
}

/// Bounds of a geometry; `None` where it is empty.
pub(super) fn envelope(bytes: &[u8]) -> Result<Option<Envelope>, WkbError> {
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
fn header(bytes: &[u8]) -> Result<(Option<Envelope>, usize), WkbError> {
    if bytes.len() < 8 || &bytes[..2] != b"GP" {
        return Err(WkbError("it does not start with GP".into()));
    }
    let flags = bytes[3];
    let little = flags & 1 == 1;
    let doubles = match (flags >> 1) & 7 {
        0 => 0,
        1 => 4,
        2 | 3 => 6,
        4 => 8,
        _ => return Err(WkbError("unknown envelope".into())),
    };
    let start = 8 + doubles * 8;
    if bytes.len() < start {
        return Err(WkbError("it is cut short".into()));
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
    use geo::{Point, line_string, polygon};

    use super::*;
    use crate::store::wkb::SRS_ID;

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
