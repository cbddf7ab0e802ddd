//! Empty tables to fill for a layer (数据模板).

mod column;
mod guide;

use std::io::Write;

use rust_xlsxwriter::{Workbook, XlsxError};
use unicode_width::UnicodeWidthStr;

use super::{
    ExportError, Format,
    moment::Moment,
    sheet::{self, MOST_ROWS},
};
use crate::domain::{Catalog, Language, Layer};
use column::Column;
use guide::Guide;

/// What a template is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateFormat {
    Xlsx,
    /// The line of headings alone.
    Csv,
}

/// An empty workbook for a layer: headings to fill under, and a second sheet 填写说明 that says
/// what belongs where.
///
/// Categories are chosen from a list, counts are whole and not negative, codes are text. The first
/// sheet holds nothing but headings, so that no example is ever imported.
///
/// # Errors
/// What `out` says.
pub fn write_template(
    layer: &Layer,
    catalog: &Catalog,
    language: Language,
    format: TemplateFormat,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let columns = column::columns(layer, catalog, language);
    write(layer, &columns, language, format, out)
}

/// Like [`write_template`] for rows that have no id and no place of their own.
///
/// # Errors
/// What `out` says.
pub fn write_table_template(
    table: &Layer,
    catalog: &Catalog,
    language: Language,
    format: TemplateFormat,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let columns = column::attributes(table, catalog, language);
    let columns: Vec<Column<'_>> = columns.collect();
    write(table, &columns, language, format, out)
}

fn write(
    layer: &Layer,
    columns: &[Column<'_>],
    language: Language,
    format: TemplateFormat,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    match format {
        TemplateFormat::Xlsx => {
            let bytes = workbook(layer, columns, language);
            Ok(out.write_all(&bytes.map_err(ExportError::of(Format::Xlsx))?)?)
        }
        TemplateFormat::Csv => {
            // Excel takes it for UTF-8 by this mark.
            out.write_all("\u{feff}".as_bytes())?;
            let mut writer = csv::Writer::from_writer(out);
            let headings = columns.iter().map(|column| &column.heading);
            writer
                .write_record(headings)
                .map_err(ExportError::of(Format::Csv))?;
            Ok(writer.flush()?)
        }
    }
}

fn workbook(
    layer: &Layer,
    columns: &[Column<'_>],
    language: Language,
) -> Result<Vec<u8>, XlsxError> {
    let guide = Guide::new(layer, columns, language);
    let mut workbook = Workbook::new();
    let title = layer.title.in_language(language);
    sheet::set_properties(&mut workbook, title, "Suitu 穗图", Moment::NONE)?;
    let page = workbook.add_worksheet();
    page.set_name(sheet::sheet_name(&layer.title, language))?;
    let heading_format = sheet::heading_format();
    let required_format = sheet::heading_format().set_background_color(0x00F9_E2B8);
    let width = |column: &Column<'_>| column.heading.width().max(10);
    sheet::set_widths(page, &columns.iter().map(width).collect::<Vec<_>>())?;
    page.set_freeze_panes(1, 0)?;
    for (place, column) in columns.iter().enumerate() {
        let at = place as u16;
        let format = match column.is_required() {
            true => &required_format,
            false => &heading_format,
        };
        page.set_column_format(at, &column.cell_format())?;
        page.write_string_with_format(0, at, &column.heading, format)?;
        if let Some(rule) = column.validation(guide.choices(place), language)? {
            page.add_data_validation(1, at, MOST_ROWS as u32 - 1, at, &rule)?;
        }
    }
    guide.write(workbook.add_worksheet())?;
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Reader, Xlsx};

    use super::*;
    use crate::definitions::read_catalog;

    fn template(layer: &str, language: Language) -> (Vec<u8>, Xlsx<Cursor<Vec<u8>>>) {
        let catalog = read_catalog(None).expect("sound definitions");
        let layer = catalog.layer(layer).expect("a built-in layer");
        let mut out = Vec::new();
        write_template(layer, &catalog, language, TemplateFormat::Xlsx, &mut out)
            .expect("a template");
        let book = Xlsx::new(Cursor::new(out.clone())).expect("a workbook");
        (out, book)
    }

    #[test]
    fn the_first_sheet_holds_headings_and_nothing_else() {
        let (bytes, mut book) = template("residences", Language::Zh);
        assert_eq!(bytes, template("residences", Language::Zh).0);
        let names = book.sheet_names();
        assert_eq!(names[1], "填写说明");
        let sheet = book.worksheet_range(&names[0]).unwrap();
        assert_eq!(sheet.height(), 1);
        let headings: Vec<String> = sheet
            .rows()
            .next()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(headings[0], "编号");
        assert!(
            headings.contains(&"常住人口(人)".to_owned()),
            "{headings:?}"
        );
        assert_eq!(headings[headings.len() - 2..], ["经度", "纬度"]);
    }

    #[test]
    fn every_layer_has_a_template_in_both_languages() {
        let catalog = read_catalog(None).expect("sound definitions");
        for layer in catalog.layers() {
            for language in [Language::Zh, Language::En] {
                let mut out = Vec::new();
                write_template(layer, &catalog, language, TemplateFormat::Xlsx, &mut out)
                    .unwrap_or_else(|error| panic!("{}: {error}", layer.id));
            }
        }
    }

    #[test]
    fn lists_offer_the_words_that_the_guide_explains() {
        let (bytes, mut book) = template("stations", Language::Zh);
        let guide = book.worksheet_range("填写说明").unwrap();
        let metro = guide
            .rows()
            .position(|row| row.get(2).is_some_and(|cell| *cell == "metro"))
            .expect("the code is explained");
        assert_eq!(guide.rows().nth(metro).unwrap()[1].to_string(), "地铁");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut sheet = String::new();
        let mut entry = archive.by_name("xl/worksheets/sheet1.xml").unwrap();
        std::io::Read::read_to_string(&mut entry, &mut sheet).unwrap();
        let range = format!("'填写说明'!$B${}:", metro + 1);
        assert!(sheet.contains(&range), "{range} in {sheet}");
    }
}
