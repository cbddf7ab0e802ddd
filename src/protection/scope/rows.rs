use geo::Geometry;

use crate::domain::Value;

/// Appends all that a row is; no two rows give the same bytes.
pub(super) fn write_row<'a>(
    bytes: &mut Vec<u8>,
    id: &str,
    geometry: &Geometry<f64>,
    values: impl Iterator<Item = Value>,
    codes: impl Iterator<Item = Option<&'a str>>,
) {
    write_text(bytes, id);
    match geometry {
        Geometry::Point(point) => {
            bytes.extend(point.x().to_bits().to_be_bytes());
            bytes.extend(point.y().to_bits().to_be_bytes());
        }
        // Coordinates are finite: JSON holds them all.
        other => {
            let shape = geojson::Geometry::from(other).to_string();
            write_text(bytes, &shape);
        }
    }
    for value in values {
        match value {
            Value::Missing => bytes.push(0),
            Value::Integer(value) => {
                bytes.push(1);
                bytes.extend(value.to_be_bytes());
            }
            Value::Number(value) => {
                bytes.push(2);
                bytes.extend(value.to_bits().to_be_bytes());
            }
            Value::Text(text) => {
                bytes.push(3);
                write_text(bytes, &text);
            }
        }
    }
    for code in codes {
        bytes.push(u8::from(code.is_some()));
        write_text(bytes, code.unwrap_or(""));
    }
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_be_bytes());
    bytes.extend(text.as_bytes());
}
