use std::borrow::Cow;

use geo::Geometry;

use super::ImportError;
use crate::crs::Crs;

/// A value as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub enum RawValue<'a> {
    Empty,
    Text(Cow<'a, str>),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

impl<'a> RawValue<'a> {
    /// A text cell; blank ones and the usual words for "nothing" are empty.
    pub fn from_text(text: &'a str) -> Self {
        match text.trim() {
            "" | "NA" | "N/A" | "NULL" | "null" | "None" | "NaN" | "nan" | "\\N" | "-" | "—" => {
                RawValue::Empty
            }
            text => RawValue::Text(Cow::Borrowed(text)),
        }
    }

    /// The value as text; whole numbers without `.0`.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            RawValue::Empty => None,
            RawValue::Text(text) => Some(Cow::Borrowed(text)),
            RawValue::Integer(number) => Some(number.to_string().into()),
            RawValue::Number(number) => Some(number.to_string().into()),
            RawValue::Flag(flag) => Some(if *flag { "1" } else { "0" }.into()),
        }
    }
}

/// One row of a file.
#[derive(Debug)]
pub struct RawRow<'a> {
    /// Line or feature number as a person would count it, from 1, headings included.
    pub number: u64,
    /// The feature's own identity, where the format has one beside the columns.
    pub id: Option<Cow<'a, str>>,
    /// `None` for a null geometry, and for tables, whose columns may hold coordinates.
    pub geometry: Option<Geometry<f64>>,
    /// In the order of the columns that were announced.
    pub values: &'a [RawValue<'a>],
}

/// What a reader tells before its first row.
#[derive(Clone, Debug)]
pub struct RawHeader {
    /// The file as messages name it.
    pub file: String,
    pub columns: Vec<String>,
    /// The coordinate system that the file carries.
    pub crs: Option<Crs>,
    /// Whether geometry comes beside the columns.
    pub has_geometry: bool,
    /// How the text was encoded, for the report.
    pub encoding: Option<String>,
}

/// Where readers deliver rows.
pub trait Sink {
    fn header(&mut self, header: RawHeader) -> Result<(), ImportError>;
    fn row(&mut self, row: RawRow<'_>) -> Result<(), ImportError>;
    /// A row that the reader itself could not make sense of.
    fn broken(&mut self, number: u64, problem: &str) -> Result<(), ImportError>;
}
