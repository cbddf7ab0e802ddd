//! GeoJSON (RFC 7946) and its line-by-line form, written as a stream.

use std::io::{self, Write};

use geo::{Coord, Geometry, LineString, Orient, Polygon, orient::Direction};

use super::{
    features::{Cell, Features},
    shape::plain,
};
use crate::export::ExportContext;

/// About a centimetre.
const POINT_DECIMALS: u32 = 7;
/// A tenth of a millimetre: fine enough that rounding makes no ring cross itself.
const SHAPE_DECIMALS: u32 = 9;

/// One `FeatureCollection`; where it comes from stands beside the features.
pub fn write(
    features: &Features<'_>,
    context: &ExportContext<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = features.layer.id.as_str();
    let provenance = context.provenance();
    write!(
        out,
        "{{\"type\":\"FeatureCollection\",\"name\":\"{name}\",\"provenance\":{provenance},\"features\":["
    )?;
    let mut before = "\n";
    each_feature(features, |feature| {
        out.write_all(before.as_bytes())?;
        before = ",\n";
        out.write_all(feature)
    })?;
    out.write_all(b"\n]}\n")
}

/// One feature a line, for tools that read as a stream.
pub fn write_lines(features: &Features<'_>, out: &mut dyn Write) -> io::Result<()> {
    each_feature(features, |feature| {
        out.write_all(feature)?;
        out.write_all(b"\n")
    })
}

fn each_feature(
    features: &Features<'_>,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let keys: Vec<String> = features
        .fields
        .iter()
        .map(|field| format!("\"{}\":", field.name))
        .collect();
    let mut text = Vec::with_capacity(1024);
    for row in features.rows() {
        text.clear();
        text.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        serde_json::to_writer(&mut text, features.id(row))?;
        text.extend_from_slice(b",\"geometry\":");
        push_geometry(&mut text, features.geometry(row))?;
        text.extend_from_slice(b",\"properties\":{");
        for (place, (field, key)) in features.fields.iter().zip(&keys).enumerate() {
            if place > 0 {
                text.push(b',');
            }
            text.extend_from_slice(key.as_bytes());
            match field.cell(row) {
                Cell::Missing => text.extend_from_slice(b"null"),
                Cell::Integer(number) => write!(text, "{number}")?,
                Cell::Number(number) => serde_json::to_writer(&mut text, &number)?,
                Cell::Text(word) => serde_json::to_writer(&mut text, word)?,
            }
        }
        text.extend_from_slice(b"}}");
        take(&text)?;
    }
    Ok(())
}

/// The geometry as a GeoJSON object; outer rings run counterclockwise, holes clockwise.
pub fn push_geometry(text: &mut Vec<u8>, geometry: &Geometry<f64>) -> io::Result<()> {
    let geometry = plain(geometry);
    let kind = match &*geometry {
        Geometry::Point(_) => "Point",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::LineString(_) => "LineString",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::Polygon(_) => "Polygon",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        _ => "GeometryCollection",
    };
    write!(text, "{{\"type\":\"{kind}\",")?;
    if let Geometry::GeometryCollection(parts) = &*geometry {
        text.extend_from_slice(b"\"geometries\":");
        push_list(text, &parts.0, push_geometry)?;
    } else {
        text.extend_from_slice(b"\"coordinates\":");
    }
    match &*geometry {
        Geometry::Point(point) => push_position(text, point.0, POINT_DECIMALS),
        Geometry::MultiPoint(points) => push_list(text, &points.0, |text, point| {
            push_position(text, point.0, POINT_DECIMALS)
        }),
        Geometry::LineString(line) => push_line(text, line),
        Geometry::MultiLineString(lines) => push_list(text, &lines.0, push_line),
        Geometry::Polygon(polygon) => push_polygon(text, polygon),
        Geometry::MultiPolygon(polygons) => push_list(text, &polygons.0, push_polygon),
        _ => Ok(()),
    }?;
    text.push(b'}');
    Ok(())
}

fn push_polygon(text: &mut Vec<u8>, polygon: &Polygon<f64>) -> io::Result<()> {
    let oriented = polygon.orient(Direction::Default);
    let rings: Vec<&LineString<f64>> = std::iter::once(oriented.exterior())
        .chain(oriented.interiors())
        .collect();
    push_list(text, &rings, |text, ring| push_line(text, ring))
}

fn push_line(text: &mut Vec<u8>, line: &LineString<f64>) -> io::Result<()> {
    push_list(text, &line.0, |text, place| {
        push_position(text, *place, SHAPE_DECIMALS)
    })
}

fn push_list<T>(
    text: &mut Vec<u8>,
    items: &[T],
    push: impl Fn(&mut Vec<u8>, &T) -> io::Result<()>,
) -> io::Result<()> {
    text.push(b'[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            text.push(b',');
        }
        push(text, item)?;
    }
    text.push(b']');
    Ok(())
}

fn push_position(text: &mut Vec<u8>, place: Coord<f64>, decimals: u32) -> io::Result<()> {
    text.push(b'[');
    push_rounded(text, place.x, decimals)?;
    text.push(b',');
    push_rounded(text, place.y, decimals)?;
    text.push(b']');
    Ok(())
}

/// A coordinate without trailing zeros.
fn push_rounded(text: &mut Vec<u8>, number: f64, decimals: u32) -> io::Result<()> {
    let scale = 10u64.pow(decimals);
    let scaled = (number * scale as f64).round();
    // Beyond this, neighbouring numbers are further apart than the last decimal.
    if scaled.abs() >= 9e15 || !scaled.is_finite() {
        return Ok(serde_json::to_writer(text, &number)?);
    }
    let digits = scaled.abs() as u64;
    if scaled < 0.0 {
        text.push(b'-');
    }
    write!(text, "{}", digits / scale)?;
    let (mut rest, mut width) = (digits % scale, decimals as usize);
    if rest > 0 {
        while rest.is_multiple_of(10) {
            rest /= 10;
            width -= 1;
        }
        write!(text, ".{rest:0width$}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;

    #[test]
    fn coordinates_are_rounded_and_have_no_trailing_zeros() {
        for (number, expected) in [
            (113.264_435_16, "113.2644352"),
            (-0.000_000_04, "0"),
            (-113.5, "-113.5"),
            (23.0, "23"),
            (1.000_000_1, "1.0000001"),
            (9.999_999_96, "10"),
        ] {
            let mut text = Vec::new();
            push_rounded(&mut text, number, 7).unwrap();
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }

    #[test]
    fn outer_rings_run_counterclockwise() {
        let clockwise = polygon![(x: 0.0, y: 0.0), (x: 0.0, y: 1.0), (x: 1.0, y: 1.0)];
        let mut text = Vec::new();
        push_geometry(&mut text, &clockwise.into()).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[0,1],[0,0]]]}"
        );
    }
}
