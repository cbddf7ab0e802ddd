use std::io;

use crate::crs::CrsError;

/// Why nothing of the files can be imported; a single bad row is a
/// [`RowError`](super::RowError) instead and hides no other.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error("no file was named")]
    NoFile,
    #[error("{file}: cannot be read: {source}")]
    Io { file: String, source: io::Error },
    #[error("{file}: is empty")]
    Empty { file: String },
    #[error(
        "{file}: is none of GeoJSON, GeoJSON text sequence, FlatGeobuf, GeoPackage, Shapefile, \
         CSV, XLSX, plain, .gz or .zip{hint}"
    )]
    UnknownFormat { file: String, hint: String },
    #[error("{file}: is no readable {format}: {problem}")]
    Malformed {
        file: String,
        format: &'static str,
        problem: String,
    },
    #[error("{file}: is too large: {what}")]
    TooLarge { file: String, what: String },
    #[error("{file}: holds nothing that can be imported{found}")]
    NothingInside { file: String, found: String },
    #[error("{file}: holds several {kind}; name one as {file}#NAME: {names}")]
    SeveralInside {
        file: String,
        kind: &'static str,
        names: String,
    },
    #[error("{file}: holds no {kind} `{name}`; it has: {names}")]
    NotInside {
        file: String,
        kind: &'static str,
        name: String,
        names: String,
    },
    #[error("--map {given}: {problem}")]
    Map { given: String, problem: String },
    #[error("--encoding {0}: no such text encoding; try UTF-8 or GB18030")]
    UnknownEncoding(String),
    #[error("{file}: columns {columns} could all be {target}; say --map {target}=COLUMN")]
    AmbiguousColumns {
        file: String,
        columns: String,
        target: String,
    },
    #[error("{file}: column `{column}` could be any of {targets}; say --map ATTRIBUTE={column}")]
    AmbiguousTargets {
        file: String,
        column: String,
        targets: String,
    },
    #[error(
        "{file}: column `{column}` is in {unit}, but {attribute} is kept in {wanted}: convert the \
         column and its heading first"
    )]
    OtherUnit {
        file: String,
        column: String,
        unit: String,
        attribute: String,
        wanted: String,
    },
    #[error(
        "{file}: column `{column}` holds identity numbers (公民身份号码): remove the column; personal \
         identity data are not imported and nothing of this file was kept"
    )]
    IdentityNumbers { file: String, column: String },
    #[error(
        "{file}: nothing says where the rows are: there are no lon/lat, x/y or WKT columns among \
         {columns}; name them with --map lon=COLUMN --map lat=COLUMN, or find places by key with \
         --locate LAYER --key COLUMN"
    )]
    NoPlace { file: String, columns: String },
    #[error("{file}: there is no key column `{column}`; the columns are {columns}")]
    NoKeyColumn {
        file: String,
        column: String,
        columns: String,
    },
    #[error(
        "{file}: {layer} requires {missing}, but no column is called so; say --map FIELD=COLUMN; \
         the columns are {columns}"
    )]
    NoColumn {
        file: String,
        layer: String,
        missing: String,
        columns: String,
    },
    #[error(
        "no column is called `{column}`: --mode-columns names the columns that count commuters by \
         mode, as they stand in the file"
    )]
    NoModeColumn { column: String },
    #[error("--mode-columns {given}: name each column once, with commas between")]
    ModeColumns { given: String },
    #[error(
        "{file}: no column holds one of the counts {counts}; say --map COUNT=COLUMN; the columns \
         are {columns}"
    )]
    NoCounts {
        file: String,
        counts: String,
        columns: String,
    },
    #[error(
        "{file}: the coordinate system is not known ({why}); say --crs EPSG:4490 for longitude and \
         latitude on CGCS2000, --crs GCJ-02 for map-service coordinates, --crs EPSG:4547 for \
         Guangzhou plane coordinates, or another; do not guess: ask who made the file"
    )]
    UnknownCrs { file: String, why: String },
    #[error("{file}: {source}")]
    Crs { file: String, source: CrsError },
    #[error("cancelled; nothing was imported")]
    Cancelled,
}

impl ImportError {
    pub(super) fn malformed(file: &str, format: &'static str, problem: impl ToString) -> Self {
        ImportError::Malformed {
            file: file.to_owned(),
            format,
            problem: problem.to_string(),
        }
    }
}

/// Names as a list in a message, shortened where it would run away.
pub(super) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    const SHOWN: usize = 24;
    let names: Vec<S> = names.into_iter().collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(|name| shorten(name.as_ref(), 60))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" … ({} in all)", names.len()));
    }
    text
}

/// At most `limit` characters of `text`, on one line.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(limit).map(clean).collect();
    if text.chars().nth(limit).is_some() {
        short.push('…');
    }
    short
}
