//! CSV with commas, semicolons, tabs or bars, in UTF-8, UTF-16 or GB18030.

use csv::{ReaderBuilder, StringRecord};

use super::table::{LOOK_AHEAD, heading_line, heading_or_place};
use crate::import::{
    ImportError, Note, Refusal,
    raw::{CarriedCrs, Cell, FileFacts, RawRow, RowPlace, RowSink},
    source::Part,
    text,
};

pub(super) fn read(part: &Part, sink: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    let encoding = sink.encoding().unwrap_or_else(|| text::detect(&part.bytes));
    let (content, replaced) = text::decode(&part.bytes, encoding);
    if content.contains('\0') {
        return Err(ImportError::UnknownFormat {
            file: part.name.clone(),
            hint: ": it holds binary data".into(),
        });
    }
    let empty = || ImportError::Empty {
        file: part.name.clone(),
    };
    if content.trim().is_empty() {
        return Err(empty());
    }
    sink.note(Note::UnreadableCharacters, u64::from(replaced));
    let mut reader = ReaderBuilder::new()
        .delimiter(sniff_delimiter(&content))
        .has_headers(false)
        .flexible(true)
        .from_reader(content.as_bytes());
    let malformed = |e: csv::Error| ImportError::malformed(&part.name, "CSV", e);

    let mut first_lines: Vec<StringRecord> = Vec::new();
    let mut record = StringRecord::new();
    while first_lines.len() < LOOK_AHEAD && reader.read_record(&mut record).map_err(malformed)? {
        first_lines.push(record.clone());
    }
    let heading_at = heading_line(&first_lines, |r| {
        r.iter().filter(|c| !c.trim().is_empty()).count()
    })
    .ok_or_else(empty)?;
    sink.note(Note::LinesAboveHeadings, heading_at as u64);
    let headings = first_lines[heading_at].clone();
    for (index, heading) in headings.iter().enumerate() {
        sink.column(&heading_or_place(heading, index))?;
    }
    sink.begin_table()?;
    sink.expect_rows(estimate_rows(&content, &first_lines));

    let columns = headings.len();
    for line in &first_lines[heading_at + 1..] {
        emit(line, columns, sink)?;
    }
    while reader.read_record(&mut record).map_err(malformed)? {
        emit(&record, columns, sink)?;
    }
    Ok(FileFacts {
        crs: CarriedCrs::absent("a table does not carry it"),
        encoding: Some(text::name(encoding)),
        origin: None,
    })
}

fn emit(record: &StringRecord, columns: usize, sink: &mut dyn RowSink) -> Result<(), ImportError> {
    let number = record.position().map_or(0, |p| p.line());
    let is_blank = |text: &str| text.trim().is_empty();
    if record.iter().all(is_blank) {
        return Ok(());
    }
    let surplus = record.iter().skip(columns).any(|c| !is_blank(c));
    if record.len() < columns || surplus {
        let lines = record
            .iter()
            .map(|c| c.matches('\n').count() as u64)
            .sum::<u64>();
        let refusal = match lines {
            0..=3 => Refusal::Fields {
                found: record.len(),
                columns,
            },
            _ => Refusal::OpenQuote { lines: lines + 1 },
        };
        return sink.broken_row(number, refusal);
    }
    let mut buffer = [Cell::Empty; 64];
    let mut spilled;
    let cells: &mut [Cell<'_>] = if columns <= buffer.len() {
        &mut buffer[..columns]
    } else {
        spilled = vec![Cell::Empty; columns];
        &mut spilled
    };
    for (cell, text) in cells.iter_mut().zip(record) {
        if !text.is_empty() {
            *cell = Cell::Text(text);
        }
    }
    sink.row(RawRow {
        number,
        id: Cell::Empty,
        cells,
        place: RowPlace::InColumns,
    })
}

/// The separator that most of the first lines have, outside quotation marks.
fn sniff_delimiter(content: &str) -> u8 {
    let lines = content.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<&str> = lines.take(5).collect();
    let score = |delimiter: u8| {
        let counts = lines.iter().map(|line| {
            let mut is_quoted = false;
            let mut count = 0;
            for byte in line.bytes() {
                is_quoted ^= byte == b'"';
                count += usize::from(byte == delimiter && !is_quoted);
            }
            count
        });
        let counts: Vec<usize> = counts.filter(|count| *count > 0).collect();
        // A decimal comma is in some lines; what separates columns is in all of them.
        (counts.len(), counts.iter().sum::<usize>())
    };
    let delimiters = [b'|', b';', b'\t', b','];
    delimiters
        .into_iter()
        .max_by_key(|d| score(*d))
        .unwrap_or(b',')
}

fn estimate_rows(content: &str, sample: &[StringRecord]) -> u64 {
    let bytes: usize = sample.iter().map(|r| r.as_slice().len() + r.len()).sum();
    let mean = (bytes / sample.len().max(1)).max(1);
    (content.len() / mean) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_found_outside_quotes() {
        assert_eq!(sniff_delimiter("a,b\n1,2"), b',');
        assert_eq!(sniff_delimiter("a;b\n\"1,2,3,4\";2"), b';');
        assert_eq!(sniff_delimiter("a\tb\n1,5\t2,5\n"), b'\t');
        assert_eq!(sniff_delimiter("id"), b',');
    }
}
