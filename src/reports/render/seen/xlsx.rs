//! The cells of a workbook with what else a reader of it sees: formulas in place of numbers, rows
//! that are hidden, formats that write other digits, words laid over the cells.

use std::{collections::BTreeSet, io::Cursor};

use calamine::{Data, Reader, Xlsx};
use roxmltree::Document;

use super::{Piece, Seen, docx::parts};
use crate::{
    domain::Language,
    reports::render::{
        read::{ReadError, SEAL_LABEL},
        xlsx::{figures_sheet, seal_sheet},
    },
};

/// # Errors
/// A file that is no workbook.
pub fn seen(bytes: &[u8]) -> Result<Seen, ReadError> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| ReadError::NoReport)?;
    let broken = |e: calamine::XlsxError| ReadError::Broken(e.to_string());
    let (mut pieces, mut captions) = (Vec::new(), BTreeSet::new());
    let is_named = |name: fn(Language) -> &'static str, sheet: &str| {
        [Language::Zh, Language::En].map(name).contains(&sheet)
    };
    for (number, sheet) in book.sheet_names().into_iter().enumerate() {
        let has_figures = is_named(figures_sheet, &sheet);
        let has_seal = is_named(seal_sheet, &sheet);
        let cells = book.worksheet_range(&sheet).map_err(broken)?;
        let (top, left) = cells.start().unwrap_or_default();
        for (down, row) in cells.rows().enumerate() {
            let first = row.first().map(ToString::to_string).unwrap_or_default();
            if let (0, [_, Data::String(title), ..]) = (number, row) {
                captions.insert(format!("{first} {title}"));
            }
            let filled = row.iter().enumerate();
            let filled = filled.filter(|(at, cell)| {
                let is_seal = has_seal && first == SEAL_LABEL && *at < 2;
                // A machine without a font leaves the sheet of figures out: it repeats captions.
                let is_caption = has_figures && *at == 0 && captions.contains(&first);
                **cell != Data::Empty && !is_seal && !is_caption
            });
            pieces.extend(filled.map(|(at, cell)| Piece {
                place: cell_name(&sheet, top + down as u32, left + at as u32),
                row: first.clone(),
                text: cell.to_string(),
            }));
        }
        let formulas = book.worksheet_formula(&sheet).map_err(broken)?;
        let (top, left) = formulas.start().unwrap_or_default();
        pieces.extend(formulas.used_cells().map(|(down, across, formula)| Piece {
            place: cell_name(&sheet, top + down as u32, left + across as u32),
            row: String::new(),
            text: format!("={formula}"),
        }));
    }
    pieces.extend(beside_cells(bytes)?);
    Ok(Seen::from(pieces))
}

/// What no cell holds and yet is seen, or hides cells. A report has none of it.
fn beside_cells(bytes: &[u8]) -> Result<Vec<Piece>, ReadError> {
    let mut pieces = Vec::new();
    for (name, xml) in parts(bytes)? {
        let starts = |folder: &str| name.to_ascii_lowercase().starts_with(folder);
        let is_sheet = starts("xl/worksheets/");
        let is_over_cells = ["xl/drawings/", "xl/comments", "xl/threaded", "xl/charts/"];
        let is_over_cells = is_over_cells.into_iter().any(starts);
        if !is_sheet && !is_over_cells && !starts("xl/styles") && !starts("xl/workbook") {
            continue;
        }
        let xml = Document::parse(&xml);
        let xml = xml.map_err(|e| ReadError::Broken(format!("{name}: {e}")))?;
        let found = xml.descendants().filter_map(|node| {
            let is_on = |key: &str, on: &[&str]| {
                let value = node.attribute(key);
                value.is_some_and(|value| on.contains(&value))
            };
            match node.tag_name().name() {
                "row" | "col" if is_on("hidden", &["1", "true"]) => {
                    let at = node.attribute("r").or(node.attribute("min"));
                    Some(format!("hidden {}", at.unwrap_or_default()))
                }
                "sheet" if is_on("state", &["hidden", "veryHidden"]) => Some("hidden".to_owned()),
                "numFmt" => {
                    let code = node.attribute("formatCode").unwrap_or_default();
                    writes_digits(code).then(|| code.to_owned())
                }
                "t" if is_over_cells => node.text().map(str::to_owned),
                _ => None,
            }
        });
        pieces.extend(found.map(|text| Piece {
            place: name.clone(),
            row: String::new(),
            text,
        }));
    }
    Ok(pieces)
}

/// Whether a format of numbers writes digits of its own: `"990"`, `\9\9`.
fn writes_digits(code: &str) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    code.chars().any(|letter| {
        let is_literal = is_quoted || is_escaped;
        is_escaped = letter == '\\' && !is_literal;
        is_quoted ^= letter == '"' && (is_quoted || !is_literal);
        is_literal && letter.is_ascii_digit()
    })
}

/// `表2-1!C5`
fn cell_name(sheet: &str, row: u32, column: u32) -> String {
    let (mut letters, mut left) = (String::new(), column + 1);
    while left > 0 {
        left -= 1;
        letters.insert(0, char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    format!("{sheet}!{letters}{}", row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_sheets_name_them() {
        assert_eq!(cell_name("表", 0, 0), "表!A1");
        assert_eq!(cell_name("表", 9, 25), "表!Z10");
        assert_eq!(cell_name("表", 9, 26), "表!AA10");
    }

    #[test]
    fn a_format_that_writes_digits_is_told_from_one_that_shapes_them() {
        for shaping in ["#,##0", "0.00%", "#,##0\"人\"", "\\-0", "@"] {
            assert!(!writes_digits(shaping), "{shaping}");
        }
        for writing in ["\"990\"", "#\"9\"0", "\\9\\9"] {
            assert!(writes_digits(writing), "{writing}");
        }
    }
}
