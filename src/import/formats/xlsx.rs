//! XLSX: the first sheet, or the one named with `#`.

use std::io::{Cursor, Read, copy, sink};

use calamine::{CellErrorType, DataRef, Reader, Xlsx, XlsxError};
use zip::ZipArchive;

use super::table::{LOOK_AHEAD, heading_line, heading_or_place};
use crate::{
    domain::{Origin, origin::label},
    import::{
        ImportError, Note, Refusal,
        error::list,
        raw::{CarriedCrs, Cell, FileFacts, RawRow, RowPlace, RowSink},
        source::{MAX_BYTES, Part},
    },
};

/// Columns further right than this are not looked at.
const MAX_COLUMNS: usize = 4096;

pub(super) fn read(part: &Part, rows: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    check_size(part)?;
    let malformed = |e: XlsxError| ImportError::malformed(&part.name, "XLSX workbook", e);
    let mut workbook = Xlsx::new(Cursor::new(part.bytes.as_slice())).map_err(malformed)?;
    let sheets = workbook.sheet_names();
    let sheet = match &part.table {
        Some(name) => sheets.iter().find(|s| *s == name).cloned(),
        None => sheets.first().cloned(),
    };
    let Some(sheet) = sheet else {
        return Err(ImportError::NotInside {
            file: part.name.clone(),
            kind: "sheet",
            name: part.table.clone().unwrap_or_default(),
            names: list(&sheets),
        });
    };
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(malformed)?;
    rows.expect_rows(u64::from(cells.dimensions().end.0));
    let mut table = Table {
        rows,
        first_rows: Vec::new(),
        columns: None,
    };
    let mut line = Line::default();
    while let Some(cell) = cells.next_cell().map_err(malformed)? {
        let (row, column) = cell.get_position();
        if row != line.row && !line.cells.is_empty() {
            table.take(std::mem::take(&mut line))?;
        }
        line.row = row;
        let column = column as usize;
        let value = cell.get_value().clone();
        if value != DataRef::Empty && column < MAX_COLUMNS {
            if line.cells.len() <= column {
                line.cells.resize(column + 1, DataRef::Empty);
            }
            line.cells[column] = value;
        }
    }
    if !line.cells.is_empty() {
        table.take(line)?;
    }
    if !table.finish()? {
        return Err(ImportError::Empty {
            file: format!("{}#{sheet}", part.name),
        });
    }
    drop(cells);
    let (origin, crs) = match sheets.get(1) {
        Some(notes) if part.table.is_none() => told(&mut workbook, notes).map_err(malformed)?,
        _ => (None, None),
    };
    Ok(FileFacts {
        crs: crs.unwrap_or_else(|| CarriedCrs::absent("a table does not carry it")),
        encoding: None,
        origin,
    })
}

/// What the sheet of notes of a workbook written here says of its data and their coordinates.
fn told(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
) -> Result<(Option<Origin>, Option<CarriedCrs>), XlsxError> {
    const MOST_NOTES: usize = 500;
    let mut notes: Vec<(String, String)> = Vec::new();
    let mut cells = workbook.worksheet_cells_reader(sheet)?;
    while let Some(cell) = cells.next_cell()? {
        let text = match cell.get_value() {
            DataRef::String(text) => text.clone(),
            DataRef::SharedString(text) => (*text).to_owned(),
            _ => continue,
        };
        match cell.get_position().1 {
            0 if notes.len() >= MOST_NOTES => break,
            0 => notes.push((text, String::new())),
            1 => {
                if let Some((_, last)) = notes.last_mut() {
                    *last = text;
                }
            }
            _ => {}
        }
    }
    let origin = Origin::from_notes(notes.iter().map(|(l, t)| (l.as_str(), t.as_str())));
    let system = notes
        .iter()
        .find(|(label, text)| label::CRS.contains(&label.as_str()) && text.contains("EPSG:4490"));
    let crs = system.filter(|_| origin.is_some()).and_then(|_| {
        Some(CarriedCrs::Known {
            crs: "EPSG:4490".parse().ok()?,
            how: "sheet of sources",
            is_default: false,
        })
    });
    Ok((origin, crs))
}

/// The used cells of one row of the sheet.
#[derive(Default)]
struct Line<'a> {
    row: u32,
    cells: Vec<DataRef<'a>>,
}

impl Line<'_> {
    fn filled(&self) -> usize {
        let is_blank = |cell: &DataRef<'_>| match cell {
            DataRef::Empty => true,
            DataRef::String(text) => text.trim().is_empty(),
            DataRef::SharedString(text) => text.trim().is_empty(),
            _ => false,
        };
        self.cells.iter().filter(|cell| !is_blank(cell)).count()
    }
}

/// Finds the headings among the first rows, then passes rows on.
struct Table<'a, 's> {
    rows: &'s mut dyn RowSink,
    first_rows: Vec<Line<'a>>,
    /// The number of columns, once the headings are known.
    columns: Option<usize>,
}

impl<'a> Table<'a, '_> {
    fn take(&mut self, line: Line<'a>) -> Result<(), ImportError> {
        match self.columns {
            Some(columns) => emit(&line, columns, self.rows),
            None => {
                self.first_rows.push(line);
                if self.first_rows.len() == LOOK_AHEAD {
                    self.begin()?;
                }
                Ok(())
            }
        }
    }

    fn begin(&mut self) -> Result<bool, ImportError> {
        let Some(at) = heading_line(&self.first_rows, Line::filled) else {
            return Ok(false);
        };
        self.rows.note(Note::LinesAboveHeadings, at as u64);
        let lines = std::mem::take(&mut self.first_rows);
        let mut scratch = Vec::new();
        let headings = to_cells(&lines[at].cells, &mut scratch);
        for (index, heading) in headings.iter().enumerate() {
            let text = match heading {
                Cell::Text(text) => (*text).to_owned(),
                Cell::Integer(n) => n.to_string(),
                Cell::Number(n) => n.to_string(),
                _ => String::new(),
            };
            self.rows.column(&heading_or_place(&text, index))?;
        }
        self.rows.begin_table()?;
        self.columns = Some(headings.len());
        for line in &lines[at + 1..] {
            emit(line, headings.len(), self.rows)?;
        }
        Ok(true)
    }

    fn finish(mut self) -> Result<bool, ImportError> {
        match self.columns {
            Some(_) => Ok(true),
            None => self.begin(),
        }
    }
}

fn emit(line: &Line<'_>, columns: usize, rows: &mut dyn RowSink) -> Result<(), ImportError> {
    if line.filled() == 0 {
        return Ok(());
    }
    let number = u64::from(line.row) + 1;
    let mut scratch = Vec::new();
    let cells = to_cells(&line.cells, &mut scratch);
    if cells.iter().skip(columns).any(|cell| *cell != Cell::Empty) {
        return rows.broken_row(
            number,
            Refusal::Fields {
                found: cells.len(),
                columns,
            },
        );
    }
    rows.row(RawRow {
        number,
        id: Cell::Empty,
        cells: &cells[..cells.len().min(columns)],
        place: RowPlace::InColumns,
    })
}

/// Cells of a sheet as cells of a table; dates become text in `scratch`.
fn to_cells<'c>(line: &'c [DataRef<'_>], scratch: &'c mut Vec<String>) -> Vec<Cell<'c>> {
    let dates = line.iter().filter_map(|cell| match cell {
        // Less than a day is a time of day: 06:30.
        DataRef::DateTime(date) if date.as_f64() < 1.0 => {
            let seconds = (date.as_f64() * 86_400.0).round() as u32;
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            Some(format!("{hours:02}:{minutes:02}:{:02}", seconds % 60))
        }
        DataRef::DateTime(date) => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            Some(format!("{year:04}-{month:02}-{day:02}"))
        }
        _ => None,
    });
    scratch.extend(dates);
    let mut dates = scratch.iter();
    line.iter()
        .map(|cell| match cell {
            DataRef::Empty => Cell::Empty,
            DataRef::Int(n) => Cell::Integer(*n),
            DataRef::Float(n) => Cell::Number(*n),
            DataRef::Bool(b) => Cell::Flag(*b),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                filled(text)
            }
            DataRef::SharedString(text) => filled(text),
            DataRef::DateTime(_) => dates.next().map_or(Cell::Empty, |date| Cell::Text(date)),
            DataRef::Error(CellErrorType::NA) => Cell::Empty,
            DataRef::Error(_) => Cell::Unreadable("a spreadsheet error (#DIV/0!, #REF! …)"),
        })
        .collect()
}

fn filled(text: &str) -> Cell<'_> {
    match text.trim() {
        "" => Cell::Empty,
        _ => Cell::Text(text),
    }
}

/// A workbook is a zip and could be a bomb: its parts are counted before they are believed.
fn check_size(part: &Part) -> Result<(), ImportError> {
    const SMALL: usize = 1 << 20;
    if part.bytes.len() <= SMALL {
        // Even at the best rate that deflate allows this stays about one gigabyte.
        return Ok(());
    }
    let malformed =
        |e: &dyn std::fmt::Display| ImportError::malformed(&part.name, "XLSX workbook", e);
    let limit = (part.bytes.len() as u64 * 250).min(MAX_BYTES);
    let mut zip = ZipArchive::new(Cursor::new(part.bytes.as_slice())).map_err(|e| malformed(&e))?;
    let mut total = 0;
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(|e| malformed(&e))?;
        total +=
            copy(&mut entry.take(limit + 1 - total), &mut sink()).map_err(|e| malformed(&e))?;
        if total > limit {
            return Err(ImportError::TooLarge {
                file: part.name.clone(),
                what: format!("it unpacks to more than {} MB", limit >> 20),
            });
        }
    }
    Ok(())
}
