//! One reader per foreign format; each tells a [`RowSink`] what it finds.

mod csv;
mod dbf;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod shapefile;
mod table;
mod wkb;
mod xlsx;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    ImportError,
    raw::{FileFacts, RowSink},
    source::{Format, Part},
};

/// Reads all rows of a file into `sink`.
///
/// # Errors
/// A file that is damaged as a whole, or what the sink answers.
pub(super) fn read(part: &Part, sink: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    // The parsers of SHP, XLSX and ZIP come from elsewhere and meet bytes from anywhere. Should
    // one of them panic on a damaged file, the steward still deserves a line that names it.
    let outcome = catch_unwind(AssertUnwindSafe(|| match part.format {
        Format::GeoJson => geojson::read(part, sink),
        Format::GeoJsonSequence => geojson::read_sequence(part, sink),
        Format::FlatGeobuf => flatgeobuf::read(part, sink),
        Format::GeoPackage => geopackage::read(part, sink),
        Format::Shapefile => shapefile::read(part, sink),
        Format::Dbf => dbf::read(part, sink),
        Format::Csv => csv::read(part, sink),
        Format::Xlsx => xlsx::read(part, sink),
    }));
    outcome.unwrap_or_else(|_| {
        Err(ImportError::malformed(
            &part.name,
            part.format.name(),
            "it is damaged in a way that no reader understands",
        ))
    })
}
