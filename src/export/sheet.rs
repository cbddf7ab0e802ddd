//! What all workbooks share: a heading row that stays in sight, widths, notes, a fixed date.

use rust_xlsxwriter::{DocProperties, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::moment::Moment;
use crate::domain::{Language, Title};

/// Rows of a sheet, the heading included.
pub const MOST_ROWS: usize = 1_048_576;

/// UTF-16 units of a cell.
pub const MOST_TEXT: usize = 32_767;

/// The greatest whole number that a cell keeps to the last digit.
pub const MOST_EXACT: u64 = 1 << 53;

/// The same content gives the same bytes: the date is told, not the clock's.
pub fn set_properties(
    workbook: &mut Workbook,
    title: &str,
    software: &str,
    at: Moment,
) -> Result<(), XlsxError> {
    let properties = DocProperties::new()
        .set_title(title)
        .set_author(software)
        .set_creation_datetime(&at.excel()?);
    workbook.set_properties(&properties);
    Ok(())
}

/// The format of headings.
pub fn heading_format() -> Format {
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color(0x00E8_EEF2)
}

/// Whole numbers with thousands separators.
pub const WHOLE: &str = "#,##0";

/// Text even where it looks like a number: codes keep their leading zeros.
pub const TEXT: &str = "@";

/// A number format with a fixed number of decimals, `end` after it.
pub fn decimals_format(start: &str, decimals: u8, end: &str) -> String {
    let dot = if decimals == 0 { "" } else { "." };
    format!("{start}{dot}{}{end}", "0".repeat(decimals.into()))
}

/// Sets widths from the characters that columns need.
pub fn set_widths(sheet: &mut Worksheet, widths: &[usize]) -> Result<(), XlsxError> {
    for (place, width) in widths.iter().enumerate() {
        let characters = (*width as f64 + 2.0).clamp(8.0, 44.0);
        sheet.set_column_width(place as u16, characters)?;
    }
    Ok(())
}

/// Keeps the heading row in sight, on screen and on paper, and offers filters.
pub fn set_up(sheet: &mut Worksheet, rows: usize, columns: usize) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_landscape();
    if columns > 0 {
        sheet.autofilter(0, 0, rows as u32, columns as u16 - 1)?;
    }
    Ok(())
}

/// What stands at the top right of every printed page.
pub fn set_mark(sheet: &mut Worksheet, text: &str) {
    // `&` begins a command there; a header holds 255 characters.
    let text: String = text.chars().take(120).collect();
    sheet.set_header(format!("&R{}", text.replace('&', "&&")));
}

/// The second sheet: labels and texts.
pub fn add_notes<'a>(
    workbook: &mut Workbook,
    language: Language,
    notes: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(notes_name(language))?;
    let top = Format::new().set_align(FormatAlign::Top);
    let (bold, wrapped) = (top.clone().set_bold(), top.set_text_wrap());
    for (row, (label, text)) in notes.into_iter().enumerate() {
        sheet.write_string_with_format(row as u32, 0, cut(label), &bold)?;
        sheet.write_string_with_format(row as u32, 1, cut(text), &wrapped)?;
    }
    sheet.set_column_width(0, 24)?;
    sheet.set_column_width(1, 90)?;
    Ok(())
}

fn notes_name(language: Language) -> &'static str {
    match language {
        Language::Zh => "口径与来源",
        Language::En => "Definitions and sources",
    }
}

/// The first of a note that a cell holds.
fn cut(text: &str) -> String {
    text.chars().take(MOST_TEXT / 2).collect()
}

/// A sheet's name: at most 31 characters and none of `[]:*?/\'`.
pub fn sheet_name(title: &Title, language: Language) -> String {
    let kept = title.in_language(language).chars();
    let name: String = kept
        .filter(|c| !"[]:*?/\\'".contains(*c))
        .take(31)
        .collect();
    if name.trim().is_empty() || name == notes_name(language) {
        "Suitu".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_title_makes_a_sheet_name() {
        let name = |zh: &str| {
            let title = Title {
                zh: zh.to_owned(),
                en: String::new(),
            };
            sheet_name(&title, Language::Zh)
        };
        assert_eq!(name("广州市/居住[2020]"), "广州市居住2020");
        assert_eq!(name("??"), "Suitu");
        assert_eq!(name(&"长".repeat(40)).chars().count(), 31);
    }
}
