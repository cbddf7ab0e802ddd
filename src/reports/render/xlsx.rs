use rust_xlsxwriter::{
    Format as Look, FormatAlign, FormatBorder, Image, Workbook, Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr;

use super::{RenderError, Seen, picture};
use crate::{
    domain::{Language, TermFormat, Title, Value},
    export::{
        ResultColumn,
        moment::Moment,
        sheet::{self, MOST_EXACT},
    },
    reports::{
        Block, Document, Report, Seal,
        document::{Line, LineKind, Table, Words, printed},
    },
};

/// Characters of the seal in one cell.
const PART: usize = 30_000;

/// The sheet that holds the seal.
pub fn seal_sheet(language: Language) -> &'static str {
    Words(language).say("核验", "Verification")
}

/// The sheet that holds the figures.
pub fn figures_sheet(language: Language) -> &'static str {
    Words(language).say("图", "Figures")
}

/// A workbook: the report in words, one sheet for each table with whole numbers, the figures, and
/// what it is checked by.
///
/// # Errors
/// More than a sheet holds.
pub fn write(report: &Report) -> Result<Vec<u8>, RenderError> {
    // Figures are for looks here: a machine without a Chinese font writes the numbers without them.
    let figures = report.document.figures().map(picture::to_png);
    let figures = match figures.collect::<Result<Vec<_>, _>>() {
        Ok(figures) => figures,
        Err(RenderError::NoFont) => Vec::new(),
        Err(error) => return Err(error),
    };
    let seal = report.seal.with_text(&seen(report)?);
    workbook(report, &figures, &seal).map_err(|e| RenderError::Workbook(e.to_string()))
}

/// What a workbook of the report shows, without its figures.
///
/// # Errors
/// More than a sheet holds.
pub fn seen(report: &Report) -> Result<Seen, RenderError> {
    let failed = |e: String| RenderError::Workbook(e);
    let plain = workbook(report, &[], &report.seal).map_err(|e| failed(e.to_string()))?;
    Seen::of_xlsx(&plain).map_err(|e| failed(e.to_string()))
}

fn workbook(report: &Report, figures: &[Vec<u8>], seal: &Seal) -> Result<Vec<u8>, XlsxError> {
    let document = &report.document;
    let mut workbook = Workbook::new();
    let at = Moment::parse(&report.dated);
    sheet::set_properties(&mut workbook, &document.title, &report.seal.software, at)?;
    words_sheet(&mut workbook, document)?;
    for table in document.tables() {
        table_sheet(workbook.add_worksheet(), table, document)?;
    }
    if !figures.is_empty() {
        draw_figures(workbook.add_worksheet(), document, figures)?;
    }
    seal_into(workbook.add_worksheet(), report, seal)?;
    workbook.save_to_buffer()
}

/// Title, facts, findings and notes.
fn words_sheet(workbook: &mut Workbook, document: &Document) -> Result<(), XlsxError> {
    let words = Words(document.language);
    let page = workbook.add_worksheet();
    page.set_name(words.say("报告", "Report"))?;
    set_page(page, document, false)?;
    page.set_column_width(0, 26)?.set_column_width(1, 96)?;
    let (top, wrapped) = (
        Look::new().set_align(FormatAlign::Top),
        Look::new().set_text_wrap().set_align(FormatAlign::Top),
    );
    let bold = top.clone().set_bold();
    let mut row = 0;
    page.merge_range(row, 0, row, 1, &document.title, &title_look())?;
    page.set_row_height(row, 32)?;
    row += 1;
    for (label, text) in &document.facts {
        page.write_string_with_format(row, 0, label, &top)?;
        page.write_string_with_format(row, 1, text, &wrapped)?;
        row += 1;
    }
    row += 1;
    page.write_string_with_format(row, 0, document.findings_heading(), &bold)?;
    for finding in &document.findings {
        page.write_string_with_format(row, 1, finding, &wrapped)?;
        page.set_row_height(row, tall(finding, 96))?;
        row += 1;
    }
    row += 1;
    for block in &document.blocks {
        let (label, text) = match block {
            Block::Heading { number, text, .. } => (format!("{number}{text}"), String::new()),
            Block::Paragraph(text) => (String::new(), text.clone()),
            Block::Table(table) => (table.number.clone(), table.title.clone()),
            Block::Figure(figure) => (figure.number.clone(), figure.title.clone()),
            Block::Notes(notes) => {
                for (label, text) in notes {
                    page.write_string_with_format(row, 0, label, &wrapped)?;
                    page.write_string_with_format(row, 1, text, &wrapped)?;
                    page.set_row_height(row, tall(text, 96).max(tall(label, 26)))?;
                    row += 1;
                }
                continue;
            }
        };
        page.write_string_with_format(row, 0, &label, &bold)?;
        if let Block::Table(table) = block {
            page.write_url_with_text(
                row,
                1,
                format!("internal:'{}'!A1", name_of(table)).as_str(),
                &text,
            )?;
        } else {
            page.write_string_with_format(row, 1, &text, &wrapped)?;
            page.set_row_height(row, tall(&text, 96))?;
        }
        row += 1;
    }
    Ok(())
}

fn name_of(table: &Table) -> String {
    let title = Title {
        zh: table.number.clone(),
        en: table.number.clone(),
    };
    sheet::sheet_name(&title, table.language)
}

fn title_look() -> Look {
    Look::new()
        .set_bold()
        .set_font_size(14)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
}

/// Title, unit at the right, headings, rows, notes.
fn table_sheet(page: &mut Worksheet, table: &Table, document: &Document) -> Result<(), XlsxError> {
    let words = Words(table.language);
    page.set_name(name_of(table))?;
    set_page(page, document, table.columns.len() > 8)?;
    let last = (table.columns.len().max(2) - 1) as u16;
    let title = format!("{} {}", table.number, table.title);
    page.merge_range(0, 0, 0, last, &title, &title_look().set_font_size(12))?;
    page.set_row_height(0, 24)?;
    page.write_string_with_format(
        1,
        last,
        &table.unit,
        &Look::new().set_align(FormatAlign::Right),
    )?;
    let heading = sheet::heading_format()
        .set_border_top(FormatBorder::Medium)
        .set_border_bottom(FormatBorder::Thin);
    let mut widths: Vec<usize> = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        let text = table.heading(column);
        page.write_string_with_format(2, at as u16, &text, &heading)?;
        widths.push((text.width() / 2 + 1).max(8));
    }
    page.set_row_height(2, 32)?;
    for (number, line) in table.lines.iter().enumerate() {
        let row = number as u32 + 3;
        for (at, (column, value)) in table.columns.iter().zip(&line.values).enumerate() {
            write_cell(page, (row, at as u16), column, value, line, table.language)?;
            widths[at] = widths[at].max(printed(column, value, table.language).width());
        }
    }
    sheet::set_widths(page, &widths)?;
    let below = table.lines.len() as u32 + 3;
    for (row, note) in (below..).zip(&table.notes) {
        page.write_string(row, 0, format!("{}{note}", words.say("注：", "Note: ")))?;
    }
    page.set_freeze_panes(3, 1)?;
    page.set_repeat_rows(2, 2)?;
    Ok(())
}

fn write_cell(
    page: &mut Worksheet,
    (row, at): (u32, u16),
    column: &ResultColumn,
    value: &Value,
    line: &Line,
    language: Language,
) -> Result<(), XlsxError> {
    let look = look_of(column, line.kind);
    match value {
        // Undefined is a dash and not a zero.
        Value::Missing if column.format != TermFormat::Text => {
            page.write_string_with_format(row, at, "—", &look.set_align(FormatAlign::Right))?
        }
        Value::Missing => page.write_blank(row, at, &look)?,
        Value::Integer(number)
            if number.unsigned_abs() <= MOST_EXACT && column.format != TermFormat::Text =>
        {
            page.write_number_with_format(row, at, *number as f64, &look)?
        }
        Value::Number(number) if number.is_finite() => {
            page.write_number_with_format(row, at, *number, &look)?
        }
        other => page.write_string_with_format(row, at, printed(column, other, language), &look)?,
    };
    Ok(())
}

fn look_of(column: &ResultColumn, kind: LineKind) -> Look {
    let decimals = column.decimals;
    let look = Look::new().set_num_format(match column.format {
        TermFormat::Integer => sheet::WHOLE.to_owned(),
        TermFormat::Number => sheet::decimals_format("#,##0", decimals, ""),
        TermFormat::Share => sheet::decimals_format("0", decimals, "%"),
        TermFormat::Text => sheet::TEXT.to_owned(),
    });
    match kind {
        LineKind::Body => look,
        LineKind::Rest => look.set_italic(),
        LineKind::Total => look
            .set_bold()
            .set_border_top(FormatBorder::Thin)
            .set_border_bottom(FormatBorder::Medium),
    }
}

fn draw_figures(
    page: &mut Worksheet,
    document: &Document,
    figures: &[Vec<u8>],
) -> Result<(), XlsxError> {
    page.set_name(figures_sheet(document.language))?;
    set_page(page, document, false)?;
    let bold = Look::new().set_bold();
    let mut row = 0;
    for (figure, png) in document.figures().zip(figures) {
        page.write_string_with_format(
            row,
            0,
            format!("{} {}", figure.number, figure.title),
            &bold,
        )?;
        let pixels = figure.width_pt * 220.0 / 72.0;
        // Sheets measure in 96 dots per inch.
        let scale = figure.width_pt * 96.0 / 72.0 / pixels.ceil();
        let image = Image::new_from_buffer(png)?
            .set_scale_width(scale)
            .set_scale_height(scale)
            .set_alt_text(&figure.alternative);
        page.insert_image(row + 1, 0, &image)?;
        // A row is 15 points tall.
        row += (figure.height_pt / 15.0).ceil() as u32 + 4;
    }
    Ok(())
}

/// The question, the version, the checksum, and the seal in parts.
fn seal_into(page: &mut Worksheet, report: &Report, seal: &Seal) -> Result<(), XlsxError> {
    let words = Words(report.document.language);
    page.set_name(seal_sheet(report.document.language))?;
    page.set_column_width(0, 26)?.set_column_width(1, 96)?;
    let rows = [
        (words.say("问题", "Question"), serde_json::json!(report.seal.question).to_string()),
        (words.say("数据版本", "Data version"), report.seal.data_version.to_string()),
        (words.say("校验码（SHA-256）", "Checksum (SHA-256)"), report.seal.checksum.clone()),
        (
            words.say("说明", "Note"),
            words
                .say(
                    "以下为机器可读的核验内容，请勿改动；用 suitu report --verify 核验。",
                    "What follows is for machines, leave it as it is; check with `suitu report --verify`.",
                )
                .to_owned(),
        ),
    ];
    for (row, (label, text)) in rows.iter().enumerate() {
        page.write_string(row as u32, 0, *label)?;
        page.write_string(row as u32, 1, text)?;
    }
    let seal: Vec<char> = seal.to_json().chars().collect();
    for (number, part) in seal.chunks(PART).enumerate() {
        let row = (rows.len() + number) as u32;
        page.write_string(row, 0, super::read::SEAL_LABEL)?;
        page.write_string(row, 1, part.iter().collect::<String>())?;
    }
    Ok(())
}

fn set_page(page: &mut Worksheet, document: &Document, is_across: bool) -> Result<(), XlsxError> {
    page.set_paper_size(9);
    if is_across {
        page.set_landscape();
    }
    page.set_print_fit_to_pages(1, 0);
    // An ampersand starts a code in headers.
    let plain = |text: &str| text.replace('&', "&&");
    let marks = plain(&document.marks.join(" · "));
    page.set_header(format!(
        "&R&8{}",
        marks.chars().take(200).collect::<String>()
    ));
    page.set_footer(format!("&L&8{}&R&8&P / &N", plain(&document.footer)));
    Ok(())
}

/// How tall a row is whose text is wrapped at a width, points.
fn tall(text: &str, width: usize) -> f64 {
    let lines = text.width().div_ceil(width).max(1);
    (lines as f64 * 15.0).min(400.0)
}
