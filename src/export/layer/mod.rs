//! The features of a layer as a file, whole or some rows of it.
//!
//! One file per format. Formats that people compute with (GeoJSON, FlatGeobuf, GeoPackage,
//! Shapefile, CSV) carry the ids of the attributes and the codes of categories; the workbook that
//! people read (XLSX) carries titles. An import takes any of them back.

mod csv;
mod dbf;
mod features;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod loss;
mod shape;
mod shapefile;
mod xlsx;

#[cfg(test)]
mod tests;

use std::io::Write;

pub use loss::{Exported, Loss};

pub(super) use geojson::push_geometry;

use super::{ExportContext, ExportError, Format};
use crate::domain::{Layer, Table};
use features::Features;

/// Writes the features of `table` in `format`; `rows` chooses and orders them, `None` is all.
///
/// The same arguments give the same bytes.
///
/// # Errors
/// A table that does not fit the layer, more than the format holds, or what `out` says.
pub fn export_layer(
    format: Format,
    layer: &Layer,
    table: &Table,
    rows: Option<&[usize]>,
    context: &ExportContext<'_>,
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    let features = Features::new(layer, table, rows, context)?;
    let exported = match format {
        Format::GeoJson => {
            geojson::write(&features, context, out)?;
            Exported::all(features.len())
        }
        Format::GeoJsonLines => {
            geojson::write_lines(&features, out)?;
            Exported::all(features.len())
        }
        Format::FlatGeobuf => flatgeobuf::write(&features, context, out)?,
        Format::GeoPackage => geopackage::write(&features, context, out)?,
        Format::Shapefile => shapefile::write(&features, context, out)?,
        Format::Csv => csv::write(&features, out)?,
        Format::Xlsx => xlsx::write(&features, context, out)?,
    };
    out.flush()?;
    Ok(exported)
}
