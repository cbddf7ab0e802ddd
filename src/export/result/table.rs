use std::io::{self, Write};

use geo::Geometry;

use crate::domain::{Language, TermFormat, Title, Value};

/// One column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultColumn {
    pub key: String,
    pub title: Title,
    pub unit: String,
    pub format: TermFormat,
    pub decimals: u8,
}

impl ResultColumn {
    /// The heading with its unit: `常住人口(人)`.
    pub fn heading(&self, language: Language) -> String {
        let title = self.title.in_language(language);
        match unit_name(&self.unit, language) {
            "" => title.to_owned(),
            unit => format!("{title}({unit})"),
        }
    }
}

/// The name of a unit for headings.
pub fn unit_name(unit: &str, language: Language) -> &str {
    match (unit, language) {
        ("person", Language::Zh) => "人",
        ("person", Language::En) => "persons",
        ("household", Language::Zh) => "户",
        ("household", Language::En) => "households",
        ("job", Language::Zh) => "个",
        ("job", Language::En) => "jobs",
        ("km2", Language::Zh) => "平方公里",
        ("km2", Language::En) => "km²",
        ("m2", Language::Zh) => "平方米",
        ("m2", Language::En) => "m²",
        ("person_per_km2", Language::Zh) => "人/平方公里",
        ("person_per_km2", Language::En) => "persons/km²",
        ("m", Language::Zh) => "米",
        ("seat", Language::Zh) => "座",
        ("seat", Language::En) => "seats",
        ("bed", Language::Zh) => "张",
        ("bed", Language::En) => "beds",
        (other, _) => other,
    }
}

/// The answer to a question as a table, ready for any format.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultTable {
    pub title: Title,
    pub columns: Vec<ResultColumn>,
    pub rows: Vec<Vec<Value>>,
    /// The 合计 row.
    pub totals: Option<Vec<Value>>,
    /// Definition, sources, what is left out: (label, text).
    pub notes: Vec<(Title, Title)>,
    /// One per row.
    pub geometries: Option<Vec<Geometry<f64>>>,
}

impl ResultTable {
    /// All rows as printed text, the total row last.
    fn printed(&self, language: Language) -> Vec<Vec<String>> {
        let mut lines: Vec<Vec<String>> =
            self.rows.iter().map(|row| self.printed_row(row)).collect();
        if let Some(totals) = &self.totals {
            let mut line = self.printed_row(totals);
            if let Some(first) = line.first_mut() {
                *first = total_word(language).to_owned();
            }
            lines.push(line);
        }
        lines
    }

    fn printed_row(&self, row: &[Value]) -> Vec<String> {
        row.iter()
            .zip(&self.columns)
            .map(|(value, column)| print(value, column))
            .collect()
    }
}

/// 合计
pub fn total_word(language: Language) -> &'static str {
    match language {
        Language::Zh => "合计",
        Language::En => "Total",
    }
}

fn print(value: &Value, column: &ResultColumn) -> String {
    let decimals = usize::from(column.decimals);
    match value {
        Value::Missing => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => match column.format {
            TermFormat::Integer => format!("{number:.0}"),
            _ => format!("{number:.decimals$}"),
        },
        Value::Text(text) => text.clone(),
    }
}

/// UTF-8 with byte-order mark, as spreadsheet programs want it.
///
/// # Errors
/// What `out` says.
pub fn write_csv(table: &ResultTable, language: Language, mut out: impl Write) -> io::Result<()> {
    out.write_all(b"\xef\xbb\xbf")?;
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(table.columns.iter().map(|c| c.heading(language)))?;
    for (number, line) in table.printed(language).into_iter().enumerate() {
        let exact = |place: usize, text: String| match table.rows.get(number).map(|r| &r[place]) {
            // A file keeps every digit; only screens round.
            Some(Value::Number(value)) => value.to_string(),
            _ => harmless(text),
        };
        writer.write_record(
            line.into_iter()
                .enumerate()
                .map(|(place, t)| exact(place, t)),
        )?;
    }
    writer.flush()
}

/// A text that no spreadsheet program takes for a formula.
fn harmless(text: String) -> String {
    match text.bytes().next() {
        Some(b'=' | b'@' | b'\t' | b'\r') => format!("'{text}"),
        Some(b'+' | b'-') if text.parse::<f64>().is_err() => format!("'{text}"),
        _ => text,
    }
}

/// Aligned columns for the terminal; Chinese characters are two wide.
///
/// # Errors
/// What `out` says.
pub fn write_text(table: &ResultTable, language: Language, mut out: impl Write) -> io::Result<()> {
    let headings: Vec<String> = table.columns.iter().map(|c| c.heading(language)).collect();
    let mut lines = vec![headings];
    lines.extend(table.printed(language));
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|place| {
            lines
                .iter()
                .map(|line| width(&line[place]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    for line in &lines {
        let mut text = String::new();
        for (place, cell) in line.iter().enumerate() {
            let gap = " ".repeat(widths[place] - width(cell));
            let is_text = table.columns[place].format == TermFormat::Text;
            if place > 0 {
                text.push_str("  ");
            }
            text += &if is_text {
                format!("{cell}{gap}")
            } else {
                format!("{gap}{cell}")
            };
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// Columns that a text takes on a terminal.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if c as u32 >= 0x1100 && !matches!(c, '\u{2000}'..='\u{206f}') {
                2
            } else {
                1
            }
        })
        .sum()
}
