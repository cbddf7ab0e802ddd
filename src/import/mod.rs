//! Foreign formats in (数据导入): files of many bureaus become a checked [`Table`].
//!
//! A reader turns a file into rows of raw values; the [`intake`] checks them against the layer's
//! definition, places them, and keeps a [`Report`] of everything that was kept, mended, dropped or
//! refused. A bad row never hides the next one, and nothing that looks like an identity number is
//! ever repeated.

mod columns;
mod delimited;
mod encoding;
mod geojson_file;
mod identity;
mod intake;
mod raw;
mod report;
mod shape;
mod source;
mod totals;
mod value;

use std::path::PathBuf;

pub use report::{Report, RowError};
pub use totals::{AreaTotals, read_totals};

use crate::{
    crs::{Crs, CrsError},
    domain::{Layer, Table},
};
use geo::Geometry;
use intake::Intake;

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error("{file}: {problem}")]
    File { file: String, problem: String },
    #[error("{file}: {source}")]
    Crs { file: String, source: CrsError },
    #[error(
        "{file}: its coordinate system is not stated; say --crs EPSG:4490, EPSG:4326, EPSG:4547, \
         GCJ-02, BD-09 … as the publisher of the data tells"
    )]
    CrsMissing { file: String },
    #[error(
        "{file}: column `{column}` holds identity numbers (公民身份号码); Suitu keeps no personal \
         records: remove the column and import again"
    )]
    IdentityNumbers { file: String, column: String },
    #[error("--map {attribute}={column}: {problem}")]
    Map {
        attribute: String,
        column: String,
        problem: String,
    },
    #[error("{file}: {problem}")]
    Columns { file: String, problem: String },
    #[error("cancelled; nothing was written")]
    Cancelled,
}

/// Finds the place of a row by a key, e.g. an address or area code.
pub trait Locate {
    fn locate(&self, key: &str) -> Option<Geometry<f64>>;
}

/// How files are to be read.
#[derive(Default)]
pub struct ReadOptions<'a> {
    /// The coordinate system; it overrides what a file carries.
    pub crs: Option<Crs>,
    /// (attribute, column): also `id`, `lon`, `lat`, `wkt` as attribute.
    pub map: Vec<(String, String)>,
    /// Places rows by the value of a column instead of by coordinates.
    pub locate: Option<(&'a dyn Locate, String)>,
    /// Told the rows read so far; answers whether to go on.
    pub progress: Option<&'a mut dyn FnMut(u64) -> bool>,
}

/// Checked features and what became of the rest.
#[derive(Debug)]
pub struct Imported {
    pub table: Table,
    /// Geometries as the file has them, where its system is not longitude, latitude on WGS 84.
    pub source_geometries: Option<Vec<Geometry<f64>>>,
    pub report: Report,
}

/// Reads `files` as features of `layer`.
///
/// # Errors
/// A file that cannot be read at all or whose columns or coordinate system are not understood.
/// Rows at fault are no error: they stand in the report.
pub fn read<'a>(
    files: &[PathBuf],
    layer: &'a Layer,
    options: ReadOptions<'a>,
) -> Result<Imported, ImportError> {
    let mut intake = Intake::new(layer, options);
    for path in files {
        source::read(path, &mut intake)?;
    }
    intake.finish()
}
