use std::io::Write;

use geo::Geometry;
use geozero::ToWkt;
use rust_xlsxwriter::{Format as CellFormat, Workbook, Worksheet, XlsxError};
use unicode_width::UnicodeWidthStr;

use super::{
    Exported, Loss,
    features::{Cell, Features, Field},
    shape::plain,
};
use crate::{
    domain::{AttributeType, Language},
    export::{
        ExportContext, ExportError, Format,
        moment::Moment,
        sheet::{self, MOST_EXACT, MOST_ROWS, MOST_TEXT},
        words,
    },
};

/// Rows whose texts decide the width of a column.
const MEASURED_ROWS: usize = 200;

/// An Excel workbook: one row a feature under headings in words, a row 合计, and a second sheet
/// 口径与来源.
///
/// Codes and dates are text, categories stand in words, no cell is a formula. The first row is the
/// headings and the total row says 合计 in its id cell, so that an import takes the file back.
pub fn write(
    features: &Features<'_>,
    context: &ExportContext<'_>,
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    // Headings and totals take a row each.
    let (rows, most) = (features.len(), MOST_ROWS - 2);
    if rows > most {
        return Err(ExportError::TooManyRows { rows, most });
    }
    check_texts(features)?;
    let fail = ExportError::of::<XlsxError>(Format::Xlsx);
    let language = context.language;
    let mut workbook = Workbook::new();
    sheet::set_properties(
        &mut workbook,
        context.title.in_language(language),
        &context.software,
        Moment::parse(&context.exported_at),
    )
    .map_err(&fail)?;
    let page = workbook.add_worksheet_with_low_memory().map_err(&fail)?;
    page.set_name(sheet::sheet_name(&features.layer.title, language))
        .map_err(&fail)?;
    let shapes_left_out = fill(page, features, context).map_err(&fail)?;
    let mut exported = Exported::all(rows);
    if shapes_left_out > 0 {
        exported.losses.push(Loss::ShapeLeftOut {
            features: shapes_left_out,
        });
    }
    let notes = notes(features, context, &exported);
    let notes = notes.iter().map(|(label, text)| (&**label, &**text));
    sheet::add_notes(&mut workbook, language, notes).map_err(&fail)?;
    let bytes = workbook.save_to_buffer().map_err(&fail)?;
    out.write_all(&bytes)?;
    Ok(exported)
}

/// A text longer than a cell is an error, not cut in silence.
fn check_texts(features: &Features<'_>) -> Result<(), ExportError> {
    for row in features.rows() {
        for field in &features.fields {
            if let Cell::Text(text) = field.cell(row)
                && !fits_cell(text)
            {
                return Err(ExportError::CellTooLong {
                    layer: features.layer.id.to_string(),
                    id: features.id(row).to_owned(),
                    field: field.name.to_string(),
                });
            }
        }
    }
    Ok(())
}

fn fits_cell(text: &str) -> bool {
    text.len() <= MOST_TEXT || text.encode_utf16().count() <= MOST_TEXT
}

/// Writes the first sheet; the number of shapes that are longer than a cell.
fn fill(
    page: &mut Worksheet,
    features: &Features<'_>,
    context: &ExportContext<'_>,
) -> Result<u64, XlsxError> {
    let language = context.language;
    let are_points = features.are_points();
    let place = words::place_headings(language, are_points);
    let mut headings = vec![words::id_heading(language).to_owned()];
    headings.extend(features.fields.iter().map(|field| field.heading(context)));
    headings.extend(place.iter().map(|heading| (*heading).to_owned()));
    let place_column = 1 + features.fields.len() as u16;

    sheet::set_widths(page, &widths(features, language, &headings))?;
    sheet::set_up(page, features.len(), headings.len())?;
    if let Some(mark) = context.watermark {
        sheet::set_mark(page, &mark.to_string());
    }
    let format = sheet::heading_format();
    for (column, text) in headings.iter().enumerate() {
        page.write_string_with_format(0, column as u16, text, &format)?;
    }
    let text_format = CellFormat::new().set_num_format(sheet::TEXT);
    let degree_format = CellFormat::new().set_num_format("0.000000");
    let formats: Vec<CellFormat> = features
        .fields
        .iter()
        .map(|f| cell_format(f.kind))
        .collect();
    let mut totals: Vec<Option<i128>> = vec![None; features.fields.len()];
    let mut shapes_left_out = 0;
    for (number, row) in features.rows().enumerate() {
        let line = number as u32 + 1;
        page.write_string_with_format(line, 0, features.id(row), &text_format)?;
        for (at, field) in features.fields.iter().enumerate() {
            let cell = field.cell(row);
            if let (AttributeType::Count, Cell::Integer(value)) = (field.kind, cell) {
                *totals[at].get_or_insert(0) += i128::from(value);
            }
            write_cell(
                page,
                (line, at as u16 + 1),
                field,
                cell,
                &formats[at],
                language,
            )?;
        }
        match features.geometry(row) {
            Geometry::Point(point) if are_points => {
                page.write_number_with_format(line, place_column, point.x(), &degree_format)?;
                page.write_number_with_format(line, place_column + 1, point.y(), &degree_format)?;
            }
            shape => match plain(shape).to_wkt().ok().filter(|wkt| fits_cell(wkt)) {
                Some(wkt) => {
                    page.write_string(line, place_column, wkt)?;
                }
                None => shapes_left_out += 1,
            },
        }
    }
    if features
        .fields
        .iter()
        .any(|field| field.kind == AttributeType::Count)
    {
        let line = features.len() as u32 + 1;
        let bold = |format: &CellFormat| format.clone().set_bold();
        page.write_string_with_format(line, 0, words::total(language), &bold(&text_format))?;
        for (at, total) in totals.iter().enumerate() {
            if let Some(total) = total {
                let column = at as u16 + 1;
                page.write_number_with_format(line, column, *total as f64, &bold(&formats[at]))?;
            }
        }
    }
    Ok(shapes_left_out)
}

fn write_cell(
    page: &mut Worksheet,
    (line, column): (u32, u16),
    field: &Field<'_>,
    cell: Cell<'_>,
    format: &CellFormat,
    language: Language,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Missing => {}
        Cell::Integer(value) if field.kind == AttributeType::Flag => {
            page.write_string(line, column, words::flag(value != 0, language))?;
        }
        // Cells hold floating-point numbers: a longer one is kept as text.
        Cell::Integer(value) if value.unsigned_abs() > MOST_EXACT => {
            page.write_string(line, column, value.to_string())?;
        }
        Cell::Integer(value) => {
            page.write_number_with_format(line, column, value as f64, format)?;
        }
        Cell::Number(value) => {
            page.write_number_with_format(line, column, value, format)?;
        }
        Cell::Text(text) => {
            let text = match field.attribute {
                Some(attribute) if attribute.kind == AttributeType::Category => {
                    words::category(attribute, text, language)
                }
                _ => text,
            };
            page.write_string_with_format(line, column, text, format)?;
        }
    }
    Ok(())
}

fn cell_format(kind: AttributeType) -> CellFormat {
    CellFormat::new().set_num_format(match kind {
        AttributeType::Count => sheet::WHOLE,
        AttributeType::Integer => "0",
        AttributeType::Number => "#,##0.00",
        _ => sheet::TEXT,
    })
}

fn widths(features: &Features<'_>, language: Language, headings: &[String]) -> Vec<usize> {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.width()).collect();
    for row in features.rows().take(MEASURED_ROWS) {
        widths[0] = widths[0].max(features.id(row).width());
        for (at, field) in features.fields.iter().enumerate() {
            let needed = match field.cell(row) {
                Cell::Text(text) => text.width(),
                Cell::Integer(value) => value.to_string().len() + 3,
                Cell::Number(value) => format!("{value:.2}").len() + 3,
                Cell::Missing => 0,
            };
            widths[at + 1] = widths[at + 1].max(needed);
        }
    }
    widths[0] = widths[0].max(words::total(language).width());
    widths
}

/// Where the data come from, what the columns mean, what was left out.
fn notes(
    features: &Features<'_>,
    context: &ExportContext<'_>,
    exported: &Exported,
) -> Vec<(String, String)> {
    let language = context.language;
    let word = |zh: &str, en: &str| match language {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    };
    let mut notes: Vec<(String, String)> = context
        .notes(features.len())
        .into_iter()
        .map(|(label, text)| (label.to_owned(), text))
        .collect();
    let about = features.layer.note.in_language(language);
    if !about.is_empty() {
        notes.push((word("图层说明", "About the layer"), about.to_owned()));
    }
    for loss in &exported.losses {
        notes.push((word("未写入", "Left out"), loss.text(language)));
    }
    notes.push((
        word("空单元格", "Empty cells"),
        word(
            "缺值，不是 0；合计不含缺值",
            "missing, which is not 0; totals leave them out",
        ),
    ));
    for field in &features.fields {
        let mut text = field.name.to_string();
        if let Some(attribute) = field.attribute {
            if !attribute.caliber.is_empty() {
                text += &format!("{}{}", word("；口径：", "; caliber: "), attribute.caliber);
            }
            if context.estimated.contains(&attribute.id) {
                text += &word("；推算值", "; estimated");
            }
            let codes: Vec<String> = attribute
                .values
                .iter()
                .map(|value| format!("{} = {}", value.title.in_language(language), value.code))
                .collect();
            if !codes.is_empty() {
                text += &format!("{}{}", word("；", "; "), codes.join(", "));
            }
        }
        notes.push((field.heading(context), text));
    }
    notes
}
