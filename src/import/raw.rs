use geo::Geometry;

use super::{ImportError, Note, Refusal};
use crate::{crs::Crs, domain::Origin};

/// One value as a file has it, not yet checked against a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Empty,
    Text(&'a str),
    Integer(i64),
    Number(f64),
    Flag(bool),
    /// A value of a kind that no attribute can hold, e.g. a list or a spreadsheet error.
    Unreadable(&'static str),
}

/// Where a row is, as a file says it.
#[derive(Debug)]
pub(super) enum RowPlace {
    /// The format holds no shapes: look at the columns.
    InColumns,
    /// The row has no shape.
    Null,
    Shape(Shape),
    /// There is a shape, but it cannot be used.
    Broken(Refusal),
}

/// A geometry in the file's own coordinates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub geometry: Geometry<f64>,
    /// A ring did not end where it began and was closed.
    pub was_unclosed: bool,
}

impl From<Geometry<f64>> for Shape {
    fn from(geometry: Geometry<f64>) -> Self {
        Shape {
            geometry,
            was_unclosed: false,
        }
    }
}

/// One row or feature; `cells` follow the columns declared so far, absent ones at the end being
/// empty.
#[derive(Debug)]
pub(super) struct RawRow<'a> {
    /// Where a person finds the row: the line of a CSV, the row of a sheet, else the number of
    /// the feature from 1.
    pub number: u64,
    /// The feature's own identity beside its columns.
    pub id: Cell<'a>,
    pub cells: &'a [Cell<'a>],
    pub place: RowPlace,
}

/// Takes what a reader finds in a file.
pub(super) trait RowSink {
    /// Declares the next column and returns its index.
    fn column(&mut self, heading: &str) -> Result<usize, ImportError>;

    /// All columns of a format without shapes are declared.
    fn begin_table(&mut self) -> Result<(), ImportError>;

    fn row(&mut self, row: RawRow<'_>) -> Result<(), ImportError>;

    /// A row that cannot even be read.
    fn broken_row(&mut self, number: u64, refusal: Refusal) -> Result<(), ImportError>;

    fn note(&mut self, note: Note, times: u64);

    /// About how many rows there are, for the progress bar.
    fn expect_rows(&mut self, rows: u64);

    /// The name of the layer, for files that hold several tables.
    fn layer_name(&self) -> &str;

    /// The text encoding that the steward named.
    fn encoding(&self) -> Option<&'static encoding_rs::Encoding>;
}

/// What a file says of its coordinate system.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CarriedCrs {
    Known {
        crs: Crs,
        how: &'static str,
        /// The file does not say so; its format does.
        is_default: bool,
    },
    /// Nothing, and why that is.
    Absent { why: String },
}

impl CarriedCrs {
    pub fn absent(why: impl Into<String>) -> Self {
        CarriedCrs::Absent { why: why.into() }
    }
}

/// What a reader learned about a file as a whole.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FileFacts {
    pub crs: CarriedCrs,
    /// The text encoding, where the format leaves a choice.
    pub encoding: Option<&'static str>,
    /// What a file written here says of its data.
    pub origin: Option<Origin>,
}
