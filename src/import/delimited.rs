//! Tables of text: comma, semicolon or tab between the values.

use super::{
    ImportError,
    encoding::decode,
    raw::{RawHeader, RawRow, RawValue, Sink},
};

/// Reads a CSV or TSV file that is in memory.
pub fn read(file: &str, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), ImportError> {
    let fail = |problem: String| ImportError::File {
        file: file.to_owned(),
        problem,
    };
    let (text, encoding) = decode(bytes);
    if text.contains('\0') {
        return Err(fail("this is no text table".into()));
    }
    let first_line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    if first_line.is_empty() {
        return Err(fail("the file is empty".into()));
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(first_line))
        .flexible(true)
        .has_headers(true)
        .from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|e| fail(e.to_string()))?.clone();
    sink.header(RawHeader {
        file: file.to_owned(),
        columns: headings.iter().map(|h| h.trim().to_owned()).collect(),
        crs: None,
        has_geometry: false,
        encoding: Some(encoding.to_owned()),
    })?;
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let number = record.position().map_or(0, csv::Position::line);
                if record.iter().all(|value| value.trim().is_empty()) {
                    continue;
                }
                let mut values: Vec<RawValue<'_>> =
                    record.iter().map(RawValue::from_text).collect();
                // Spreadsheets leave out empty cells at the end of a line.
                while values.len() < headings.len() {
                    values.push(RawValue::Empty);
                }
                while values.len() > headings.len() && values.last() == Some(&RawValue::Empty) {
                    values.pop();
                }
                sink.row(RawRow {
                    number,
                    id: None,
                    geometry: None,
                    values: &values,
                })?;
            }
            Err(error) => {
                let number = error.position().map_or(0, csv::Position::line);
                sink.broken(number, "the line cannot be split into values")?;
                if error.is_io_error() {
                    return Err(fail(error.to_string()));
                }
            }
        }
    }
}

/// The separator that stands most often in the first line.
fn delimiter(line: &str) -> u8 {
    let count = |mark: char| line.matches(mark).count();
    let marks = [
        (b'\t', count('\t')),
        (b';', count(';')),
        (b'|', count('|')),
        (b',', count(',')),
    ];
    marks
        .into_iter()
        .max_by_key(|(_, n)| *n)
        .filter(|(_, n)| *n > 0)
        .map_or(b',', |(mark, _)| mark)
}
