//! Well-known binary, as every home keeps geometry; what another program wrote is checked first.

use geo::{Geometry, Point};
use geozero::{CoordDimensions, ToGeo, ToWkb, wkb::Wkb};

/// The reference system of every geometry in a city: CGCS2000 longitude, latitude.
pub(super) const SRS_ID: i32 = 4490;

/// Why bytes are no geometry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a geometry: {0}")]
pub(super) struct WkbError(pub String);

/// Little-endian, two axes.
pub(super) fn encode(geometry: &Geometry<f64>) -> Result<Vec<u8>, WkbError> {
    geometry
        .to_wkb(CoordDimensions::xy())
        .map_err(|e| WkbError(e.to_string()))
}

/// Appends a little-endian point: the usual case of a million rows.
pub(super) fn push_point(bytes: &mut Vec<u8>, point: Point<f64>) {
    bytes.push(1);
    bytes.extend_from_slice(&1u32.to_le_bytes());
    bytes.extend_from_slice(&point.x().to_le_bytes());
    bytes.extend_from_slice(&point.y().to_le_bytes());
}

pub(super) fn decode(body: &[u8]) -> Result<Geometry<f64>, WkbError> {
    if body.len() == 21 && body[0] == 1 && body[1..5] == 1u32.to_le_bytes() {
        let number = |at: usize| {
            body[at..at + 8]
                .try_into()
                .map_or(f64::NAN, f64::from_le_bytes)
        };
        let (x, y) = (number(5), number(13));
        return match x.is_finite() && y.is_finite() {
            true => Ok(Geometry::Point(Point::new(x, y))),
            false => Err(WkbError("a coordinate is no number".into())),
        };
    }
    let mut rest = body;
    check(&mut rest, 0)?;
    Wkb(body).to_geo().map_err(|e| WkbError(e.to_string()))
}

/// A point in the extended form of PostGIS, which names the reference system within.
pub(super) fn decode_extended_point(body: &[u8]) -> Result<Geometry<f64>, WkbError> {
    const POINT: u32 = 1;
    const HAS_SRID: u32 = 0x2000_0000;
    let (head, numbers) = (body.get(..9), body.get(9..25));
    let (Some(head), Some(numbers), 25) = (head, numbers, body.len()) else {
        return Err(WkbError("it is no point with a reference system".into()));
    };
    let mut kind = &head[1..5];
    let is_little = head[0] == 1;
    if take_u32(&mut kind, is_little)? != POINT | HAS_SRID {
        return Err(WkbError("it is no point with a reference system".into()));
    }
    let number = |at: usize| {
        let bytes = numbers[at..at + 8].try_into().expect("eight bytes");
        match is_little {
            true => f64::from_le_bytes(bytes),
            false => f64::from_be_bytes(bytes),
        }
    };
    let (x, y) = (number(0), number(8));
    match x.is_finite() && y.is_finite() {
        true => Ok(Geometry::Point(Point::new(x, y))),
        false => Err(WkbError("a coordinate is no number".into())),
    }
}

/// How deep collections may stand in collections.
const DEEPEST: usize = 8;

/// Refuses well-known binary that would not end well: cut short, with more parts than bytes,
/// nested without end, or with coordinates that are no numbers. Another program may have written
/// it.
fn check(rest: &mut &[u8], depth: usize) -> Result<(), WkbError> {
    let fail = |problem: &str| WkbError(problem.into());
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

fn take_u32(rest: &mut &[u8], is_little: bool) -> Result<u32, WkbError> {
    let (bytes, after) = rest
        .split_first_chunk::<4>()
        .ok_or_else(|| WkbError("it is cut short".into()))?;
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
) -> Result<(), WkbError> {
    let length = places as usize * axes * 8;
    let (bytes, after) = rest
        .split_at_checked(length)
        .ok_or_else(|| WkbError("it has fewer places than it says".into()))?;
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
        false => Err(WkbError("a coordinate is no number".into())),
    }
}
