use rust_xlsxwriter::{Format, FormatAlign, Formula, Worksheet, XlsxError};

use super::column::{Column, Kind};
use crate::{
    domain::{AttributeType, Language, Layer},
    export::{sheet, words},
};

/// The second sheet of a template: what belongs into each column, and what may be chosen.
#[derive(Debug)]
pub struct Guide {
    name: &'static str,
    lines: Vec<Line>,
    /// For each column of the template the rows of its words, counted from 1.
    choices: Vec<Option<(usize, usize)>>,
}

#[derive(Debug)]
enum Line {
    Note(String),
    Headings(Vec<&'static str>),
    Cells(Vec<String>),
}

impl Guide {
    pub fn new(layer: &Layer, columns: &[Column<'_>], language: Language) -> Self {
        let word = |zh: &'static str, en: &'static str| match language {
            Language::Zh => zh,
            Language::En => en,
        };
        let mut lines: Vec<Line> = vec![Line::Note(layer.title.in_language(language).to_owned())];
        let about = layer.note.in_language(language);
        if !about.is_empty() {
            lines.push(Line::Note(about.to_owned()));
        }
        for note in [
            word(
                "只在第一张表的表头下填写，一行一个要素；不要改动或合并表头，不要写个人身份信息。",
                "Fill the first sheet under its headings, one feature a row; do not merge the \
                 headings, and write no personal identities.",
            ),
            word(
                "没有数据的单元格留空：留空是缺值，0 是确实为零。浅黄色表头为必填。",
                "Leave cells without data empty: empty is missing, 0 is none. Yellow headings are \
                 required.",
            ),
        ] {
            lines.push(Line::Note(note.to_owned()));
        }
        lines.push(Line::Note(String::new()));
        lines.push(Line::Headings(vec![
            word("列", "Column"),
            word("怎么填", "What to write"),
            word("字段", "Attribute"),
            word("单位", "Unit"),
            word("必填", "Required"),
            word("也接受的表头", "Other headings"),
            word("示例", "Example"),
        ]));
        for column in columns {
            let (id, aliases) = match column.kind {
                Kind::Id => ("id".to_owned(), String::new()),
                Kind::Degrees(most) => {
                    let id = if most > 90.0 { "lon" } else { "lat" };
                    (id.to_owned(), String::new())
                }
                Kind::Wkt => ("wkt".to_owned(), String::new()),
                Kind::Attribute(a) => (a.id.to_string(), a.aliases.join("、")),
            };
            lines.push(Line::Cells(vec![
                column.heading.clone(),
                column.what_to_write(language).to_owned(),
                id,
                column.unit.clone(),
                words::flag(column.is_required(), language).to_owned(),
                aliases,
                column.example(language),
            ]));
        }
        lines.push(Line::Note(String::new()));
        lines.push(Line::Headings(vec![
            word("列", "Column"),
            word("可选值", "Choice"),
            word("代码", "Code"),
            word("也接受的写法", "Other spellings"),
        ]));
        let choices = columns
            .iter()
            .map(|column| push_choices(&mut lines, column, language))
            .collect();
        Guide {
            name: word("填写说明", "How to fill"),
            lines,
            choices,
        }
    }

    /// The cells that hold the words of the column at `place`.
    pub fn choices(&self, place: usize) -> Option<Formula> {
        let (first, last) = self.choices[place]?;
        let name = self.name;
        Some(Formula::new(format!("='{name}'!$B${first}:$B${last}")))
    }

    pub fn write(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.set_name(self.name)?;
        let headings = sheet::heading_format();
        let cell = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        for (row, line) in self.lines.iter().enumerate() {
            let row = row as u32;
            match line {
                Line::Note(text) => {
                    sheet.write_string(row, 0, text)?;
                }
                Line::Headings(texts) => {
                    for (column, text) in texts.iter().enumerate() {
                        sheet.write_string_with_format(row, column as u16, *text, &headings)?;
                    }
                }
                Line::Cells(texts) => {
                    for (column, text) in texts.iter().enumerate() {
                        sheet.write_string_with_format(row, column as u16, text, &cell)?;
                    }
                }
            }
        }
        for (column, width) in [26, 44, 24, 12, 8, 44, 20].into_iter().enumerate() {
            sheet.set_column_width(column as u16, width)?;
        }
        Ok(())
    }
}

/// Appends the choices of a category; the rows that they take.
fn push_choices(
    lines: &mut Vec<Line>,
    column: &Column<'_>,
    language: Language,
) -> Option<(usize, usize)> {
    let Kind::Attribute(attribute) = column.kind else {
        return None;
    };
    if attribute.kind != AttributeType::Category || attribute.values.is_empty() {
        return None;
    }
    let first = lines.len() + 1;
    for value in &attribute.values {
        lines.push(Line::Cells(vec![
            column.heading.clone(),
            words::category(attribute, &value.code, language).to_owned(),
            value.code.clone(),
            value.aliases.join("、"),
        ]));
    }
    Some((first, lines.len()))
}
