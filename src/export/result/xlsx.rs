use rust_xlsxwriter::{Format as CellFormat, Workbook, Worksheet, XlsxError};
use unicode_width::UnicodeWidthStr;

use super::table::{Printed, ResultColumn, ResultTable};
use crate::{
    domain::{Language, TermFormat},
    export::{
        ExportError, Format,
        moment::Moment,
        sheet::{self, MOST_ROWS},
    },
};

/// An Excel workbook: the table with its row 合计, and a second sheet 口径与来源.
///
/// Codes are text, shares are percentages of 0–1 values, undefined cells are empty, no cell is a
/// formula. An answer has no time of its own, so the file carries none.
///
/// # Errors
/// More rows or longer texts than a sheet holds.
pub fn write_xlsx(table: &ResultTable, language: Language) -> Result<Vec<u8>, ExportError> {
    // Headings take a row.
    let (rows, most) = (table.rows.len() + table.totals.len(), MOST_ROWS - 1);
    if rows > most {
        return Err(ExportError::TooManyRows { rows, most });
    }
    workbook(table, language).map_err(ExportError::of(Format::Xlsx))
}

fn workbook(table: &ResultTable, language: Language) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let title = table.title.in_language(language);
    sheet::set_properties(&mut workbook, title, "Suitu 穗图", Moment::NONE)?;
    let page = workbook.add_worksheet();
    page.set_name(sheet::sheet_name(&table.title, language))?;
    let headings: Vec<String> = table.columns.iter().map(|c| c.heading(language)).collect();
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.width()).collect();
    let heading_format = sheet::heading_format();
    for (place, heading) in headings.iter().enumerate() {
        page.write_string_with_format(0, place as u16, heading, &heading_format)?;
    }
    let plain: Vec<CellFormat> = table.columns.iter().map(cell_format).collect();
    let bold: Vec<CellFormat> = plain.iter().map(|f| f.clone().set_bold()).collect();
    for (number, line) in table.lines().enumerate() {
        let formats = if line.is_total { &bold } else { &plain };
        for (place, (_, value)) in line.cells(&table.columns, language).enumerate() {
            let at = (number as u32 + 1, place as u16);
            let width = write_cell(page, at, value, &formats[place])?;
            widths[place] = widths[place].max(width);
        }
    }
    sheet::set_widths(page, &widths)?;
    sheet::set_up(page, table.rows.len(), table.columns.len())?;
    if let Some(mark) = &table.watermark {
        sheet::set_mark(page, &mark.to_string());
    }
    let notes = table.notes.iter().map(|(label, text)| {
        let text = text.in_language(language);
        (label.in_language(language), text)
    });
    sheet::add_notes(&mut workbook, language, notes)?;
    workbook.save_to_buffer()
}

/// Writes one value; how wide it will be.
fn write_cell(
    page: &mut Worksheet,
    (row, column): (u32, u16),
    value: Printed<'_>,
    format: &CellFormat,
) -> Result<usize, XlsxError> {
    Ok(match value {
        Printed::Missing => 0,
        Printed::Integer(number) if number.unsigned_abs() > sheet::MOST_EXACT => {
            page.write_string(row, column, number.to_string())?;
            20
        }
        Printed::Integer(number) => {
            page.write_number_with_format(row, column, number as f64, format)?;
            // Thousands separators take a third more.
            number.to_string().len() * 4 / 3
        }
        Printed::Number(number) => {
            page.write_number_with_format(row, column, number, format)?;
            10
        }
        Printed::Text(text) => {
            page.write_string_with_format(row, column, &*text, format)?;
            text.width()
        }
    })
}

fn cell_format(column: &ResultColumn) -> CellFormat {
    let decimals = column.decimals;
    CellFormat::new().set_num_format(match column.format {
        TermFormat::Integer => sheet::WHOLE.to_owned(),
        TermFormat::Number => sheet::decimals_format("#,##0", decimals, ""),
        TermFormat::Share => sheet::decimals_format("0", decimals, "%"),
        TermFormat::Text => sheet::TEXT.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;
    use crate::export::result::text::tests::sample;

    #[test]
    fn the_workbook_holds_what_the_table_holds() {
        let bytes = write_xlsx(&sample(), Language::Zh).unwrap();
        assert_eq!(bytes, write_xlsx(&sample(), Language::Zh).unwrap());
        let mut book = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        assert_eq!(book.sheet_names(), ["职住平衡", "口径与来源"]);
        let sheet = book.worksheet_range("职住平衡").unwrap();
        let text = |text: &str| Some(Data::String(text.to_owned()));
        let cell = |row, column| sheet.get_value((row, column)).cloned();
        assert_eq!(cell(0, 2), text("常住人口(人)"));
        assert_eq!(cell(1, 0), text("440106"));
        assert_eq!(cell(1, 3), Some(Data::Float(0.123_456)));
        assert_eq!(cell(2, 1), text("=南沙"));
        assert_eq!(cell(2, 2), Some(Data::Float(0.0)));
        assert_eq!(cell(2, 3), Some(Data::Empty));
        assert_eq!(cell(2, 4), text("分母人口为 0"));
        assert_eq!(cell(3, 0), text("合计"));
        let formulas = book.worksheet_formula("职住平衡").unwrap();
        assert!(formulas.is_empty());
        let notes = book.worksheet_range("口径与来源").unwrap();
        assert_eq!(notes.get_value((0, 1)).cloned(), text("常住人口"));
    }
}
