use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use super::result::{ResultTable, total_word};
use crate::domain::{Language, TermFormat, Value};

/// An Excel workbook: the table with its 合计 row, and a second sheet 口径与来源.
///
/// Codes are text, shares are percentages, undefined cells are empty.
///
/// # Errors
/// What the writer says, e.g. more rows than a sheet holds.
pub fn write_xlsx(table: &ResultTable, language: Language) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&fixed_properties(table, language)?);
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name(table.title.in_language(language)))?;
    let heading = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center);
    let mut widths: Vec<usize> = Vec::new();
    for (place, column) in table.columns.iter().enumerate() {
        let text = column.heading(language);
        widths.push(width(&text));
        sheet.write_string_with_format(0, place as u16, text, &heading)?;
    }
    let plain: Vec<Format> = table
        .columns
        .iter()
        .map(|c| cell_format(c.format, c.decimals))
        .collect();
    let bold: Vec<Format> = plain
        .iter()
        .map(|format| format.clone().set_bold())
        .collect();
    let mut lines: Vec<(&[Value], bool)> = table.rows.iter().map(|r| (&r[..], false)).collect();
    lines.extend(table.totals.iter().map(|totals| (&totals[..], true)));
    for (number, (line, is_total)) in lines.iter().enumerate() {
        let row = number as u32 + 1;
        for (place, value) in line.iter().enumerate() {
            let format = if *is_total {
                &bold[place]
            } else {
                &plain[place]
            };
            let column = place as u16;
            if *is_total && place == 0 {
                sheet.write_string_with_format(row, column, total_word(language), format)?;
                continue;
            }
            match value {
                Value::Missing => {}
                Value::Integer(number) => {
                    widths[place] = widths[place].max(number.to_string().len() + 3);
                    sheet.write_number_with_format(row, column, *number as f64, format)?;
                }
                Value::Number(number) => {
                    sheet.write_number_with_format(row, column, *number, format)?;
                }
                Value::Text(text) => {
                    widths[place] = widths[place].max(width(text));
                    sheet.write_string_with_format(row, column, text, format)?;
                }
            }
        }
    }
    for (place, width) in widths.iter().enumerate() {
        sheet.set_column_width(place as u16, (*width as f64 + 2.0).clamp(8.0, 40.0))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    if !table.columns.is_empty() {
        sheet.autofilter(
            0,
            0,
            table.rows.len() as u32,
            table.columns.len() as u16 - 1,
        )?;
    }
    notes_sheet(&mut workbook, table, language)?;
    workbook.save_to_buffer()
}

fn notes_sheet(
    workbook: &mut Workbook,
    table: &ResultTable,
    language: Language,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(match language {
        Language::Zh => "口径与来源",
        Language::En => "Definitions and sources",
    })?;
    let (bold, wrapped) = (Format::new().set_bold(), Format::new().set_text_wrap());
    for (row, (label, text)) in table.notes.iter().enumerate() {
        sheet.write_string_with_format(row as u32, 0, label.in_language(language), &bold)?;
        sheet.write_string_with_format(row as u32, 1, text.in_language(language), &wrapped)?;
    }
    sheet.set_column_width(0, 22)?;
    sheet.set_column_width(1, 90)?;
    Ok(())
}

/// The same table gives the same bytes: the time of writing is left out.
fn fixed_properties(table: &ResultTable, language: Language) -> Result<DocProperties, XlsxError> {
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    Ok(DocProperties::new()
        .set_title(table.title.in_language(language))
        .set_author("Suitu 穗图")
        .set_creation_datetime(&created))
}

fn cell_format(format: TermFormat, decimals: u8) -> Format {
    let digits = if decimals == 0 {
        String::new()
    } else {
        format!(".{}", "0".repeat(decimals.into()))
    };
    match format {
        TermFormat::Integer => Format::new().set_num_format("#,##0"),
        TermFormat::Number => Format::new().set_num_format(format!("#,##0{digits}")),
        TermFormat::Share => Format::new().set_num_format(format!("0{digits}%")),
        TermFormat::Text => Format::new().set_num_format("@"),
    }
}

/// Characters of a cell, Chinese ones twice as wide.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// A sheet name holds at most 31 characters and none of `[]:*?/\`.
fn sheet_name(title: &str) -> String {
    let name: String = title
        .chars()
        .filter(|c| !"[]:*?/\\'".contains(*c))
        .take(31)
        .collect();
    if name.is_empty() {
        "Suitu".to_owned()
    } else {
        name
    }
}
