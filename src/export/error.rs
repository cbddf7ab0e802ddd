use std::io;

use super::Format;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    #[error("cannot write: {0}")]
    Io(#[from] io::Error),
    #[error("`{0}` is no format: write {list}", list = Format::names())]
    UnknownFormat(String),
    #[error("{layer}: its table holds other columns than the layer defines")]
    OtherColumns { layer: String },
    #[error("{layer}: there is no row {row}, only {rows}")]
    NoSuchRow {
        layer: String,
        row: usize,
        rows: usize,
    },
    #[error("{layer}, id {id}: {problem}")]
    Geometry {
        layer: String,
        id: String,
        problem: &'static str,
    },
    #[error("{rows} rows do not fit a sheet of {most}: choose csv, gpkg or flatgeobuf")]
    TooManyRows { rows: usize, most: usize },
    #[error(
        "{layer}, id {id}: `{field}` is longer than the 32,767 characters of a cell: choose csv or gpkg"
    )]
    CellTooLong {
        layer: String,
        id: String,
        field: String,
    },
    #[error(
        "a shapefile ends at 2 GiB, this one would take {bytes} bytes: choose gpkg or flatgeobuf"
    )]
    ShapefileTooLarge { bytes: u64 },
    /// What a format's own library says.
    #[error("cannot write {format}: {problem}")]
    Format { format: Format, problem: String },
}

impl ExportError {
    /// For `map_err`: a complaint of the library that writes `format`.
    pub(super) fn of<E: std::fmt::Display>(format: Format) -> impl Fn(E) -> ExportError {
        move |error| ExportError::Format {
            format,
            problem: error.to_string(),
        }
    }
}
