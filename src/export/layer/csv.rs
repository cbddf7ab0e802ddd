use std::io::Write;

use geo::Geometry;
use geozero::ToWkt;

use super::{
    Exported,
    features::{Cell, Features},
    shape::plain,
};
use crate::{
    domain::formula_guard::guarded,
    export::{ExportError, Format},
};

/// CSV, UTF-8 with byte-order mark: the ids of the attributes as headings, `lon` and `lat` for
/// points, `wkt` for shapes.
///
/// Nothing is rounded; a missing value is an empty cell. Texts that a spreadsheet program would
/// run as a formula are [guarded].
pub fn write(features: &Features<'_>, mut out: &mut dyn Write) -> Result<Exported, ExportError> {
    out.write_all(b"\xef\xbb\xbf")?;
    let are_points = features.are_points();
    let fail = ExportError::of::<csv::Error>(Format::Csv);
    let mut writer = csv::Writer::from_writer(&mut out);
    writer.write_field("id").map_err(&fail)?;
    for field in &features.fields {
        writer.write_field(&*field.name).map_err(&fail)?;
    }
    let place: &[&str] = if are_points {
        &["lon", "lat"]
    } else {
        &["wkt"]
    };
    for heading in place {
        writer.write_field(heading).map_err(&fail)?;
    }
    writer.write_record(None::<&[u8]>).map_err(&fail)?;
    let mut number_text = Vec::with_capacity(32);
    for row in features.rows() {
        writer
            .write_field(&*guarded(features.id(row)))
            .map_err(&fail)?;
        let mut number = |writer: &mut csv::Writer<_>, number: &dyn std::fmt::Display| {
            number_text.clear();
            write!(number_text, "{number}")?;
            writer.write_field(&number_text).map_err(&fail)
        };
        for field in &features.fields {
            match field.cell(row) {
                Cell::Missing => writer.write_field("").map_err(&fail)?,
                Cell::Integer(value) => number(&mut writer, &value)?,
                Cell::Number(value) => number(&mut writer, &value)?,
                Cell::Text(text) => writer.write_field(&*guarded(text)).map_err(&fail)?,
            }
        }
        match features.geometry(row) {
            Geometry::Point(point) if are_points => {
                number(&mut writer, &point.x())?;
                number(&mut writer, &point.y())?;
            }
            shape => {
                let text = plain(shape)
                    .to_wkt()
                    .map_err(ExportError::of(Format::Csv))?;
                writer.write_field(text).map_err(&fail)?;
            }
        }
        writer.write_record(None::<&[u8]>).map_err(&fail)?;
    }
    writer.flush()?;
    Ok(Exported::all(features.len()))
}
