use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::table::{Printed, ResultColumn, ResultTable};
use crate::domain::{Language, TermFormat};

/// Aligned columns for the terminal; Chinese characters are two wide, undefined values are `—`.
///
/// # Errors
/// What `out` says.
pub fn write_text(table: &ResultTable, language: Language, mut out: impl Write) -> io::Result<()> {
    let headings: Vec<String> = table.columns.iter().map(|c| c.heading(language)).collect();
    let printed = table.lines().map(|line| {
        let is_total = line.is_total;
        let cells = line.cells(&table.columns, language);
        cells
            .map(|(column, value)| match value {
                Printed::Missing if is_total || column.format == TermFormat::Text => String::new(),
                value => print(column, value),
            })
            .collect()
    });
    let lines: Vec<Vec<String>> = std::iter::once(headings).chain(printed).collect();
    let width_of = |place: usize| lines.iter().map(|line| line[place].width()).max();
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|place| width_of(place).unwrap_or(0))
        .collect();
    for line in &lines {
        let mut text = String::new();
        for ((cell, column), width) in line.iter().zip(&table.columns).zip(&widths) {
            let gap = " ".repeat(width - cell.width());
            if !text.is_empty() {
                text.push_str("  ");
            }
            text += &match column.format {
                TermFormat::Text => format!("{cell}{gap}"),
                _ => format!("{gap}{cell}"),
            };
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

fn print(column: &ResultColumn, value: Printed<'_>) -> String {
    let decimals = usize::from(column.decimals);
    match (value, column.format) {
        (Printed::Missing, _) => "—".to_owned(),
        // A line stays a line whatever a name holds.
        (Printed::Text(text), _) => text.replace(char::is_control, " "),
        (Printed::Integer(number), TermFormat::Share) => percent(number as f64, decimals),
        (Printed::Integer(number), _) => number.to_string(),
        (Printed::Number(number), TermFormat::Share) => percent(number, decimals),
        (Printed::Number(number), TermFormat::Integer) => format!("{number:.0}"),
        (Printed::Number(number), _) => format!("{number:.decimals$}"),
    }
}

fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$}%", share * 100.0)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{Title, Value};

    fn title(zh: &str, en: &str) -> Title {
        let (zh, en) = (zh.to_owned(), en.to_owned());
        Title { zh, en }
    }

    pub fn sample() -> ResultTable {
        let column = |key: &str, name: Title, unit: Title, format, decimals| ResultColumn {
            key: key.to_owned(),
            title: name,
            unit,
            format,
            decimals,
        };
        let none = Title::default;
        let text = |text: &str| Value::Text(text.to_owned());
        use TermFormat::{Integer, Share, Text};
        ResultTable {
            title: title("职住平衡", "Balance"),
            columns: vec![
                column("code", title("代码", "Code"), none(), Text, 0),
                column("name", title("单元", "Area"), none(), Text, 0),
                column(
                    "usual_residents",
                    title("常住人口", "Usual residents"),
                    title("人", "persons"),
                    Integer,
                    0,
                ),
                column(
                    "share_covered",
                    title("覆盖率", "Share covered"),
                    none(),
                    Share,
                    2,
                ),
                column("reason", title("原因", "Reason"), none(), Text, 0),
            ],
            rows: vec![
                vec![
                    text("440106"),
                    text("天河区"),
                    Value::Integer(2_241_826),
                    Value::Number(0.123_456),
                    Value::Missing,
                ],
                vec![
                    text("440115"),
                    text("=南沙"),
                    Value::Integer(0),
                    Value::Missing,
                    text("no_population"),
                ],
            ],
            totals: vec![vec![
                Value::Missing,
                Value::Missing,
                Value::Integer(2_241_826),
                Value::Number(0.1234),
                Value::Missing,
            ]],
            notes: vec![(
                title("口径", "Definition"),
                title("常住人口", "usual residents"),
            )],
            watermark: None,
            geometries: None,
        }
    }

    #[test]
    fn columns_stand_under_each_other_whatever_the_script() {
        let mut out = Vec::new();
        write_text(&sample(), Language::Zh, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "代码    单元    常住人口(人)  覆盖率  原因\n\
             440106  天河区       2241826  12.35%\n\
             440115  =南沙              0       —  分母人口为 0\n\
             合计                 2241826  12.34%\n"
        );
    }
}
