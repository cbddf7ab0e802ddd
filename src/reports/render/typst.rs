//! A report as Typst source, for the PDF writer.

use std::fmt::Write;

use super::widths::column_shares;
use crate::{
    domain::Language,
    reports::{
        Block, Report,
        document::{LineKind, Table, Words},
        print::Bundle,
    },
};

/// The attachment that holds the seal.
pub const SEAL_FILE: &str = "suitu-report.json";

/// Source, figures and seal.
pub fn bundle(report: &Report) -> Bundle {
    let document = &report.document;
    let words = Words(document.language);
    let mut out = String::from(HEAD);
    let _ = writeln!(
        out,
        "#show: report.with(title: {}, marks: {}, footer: {}, lang: {}, checksum: {})",
        quoted(&document.title),
        quoted(&document.marks.join(" · ")),
        quoted(&document.footer),
        quoted(match document.language {
            Language::Zh => "zh",
            Language::En => "en",
        }),
        quoted(&report.seal.checksum)
    );
    let _ = writeln!(
        out,
        "#pdf.attach({}, read({}, encoding: none), relationship: \"data\", mime-type: \"application/json\", description: {})",
        quoted(SEAL_FILE),
        quoted(SEAL_FILE),
        quoted(words.say("核验信息", "for verification"))
    );
    out.push_str("#facts((");
    for (label, text) in &document.facts {
        let _ = write!(out, "({}, {}),", quoted(label), quoted(text));
    }
    out.push_str("))\n");
    let _ = write!(out, "#findings({}, (", quoted(document.findings_heading()));
    for finding in &document.findings {
        let _ = write!(out, "{},", quoted(finding));
    }
    out.push_str("))\n");
    let mut figures = 0;
    let mut files = vec![(SEAL_FILE.to_owned(), report.seal.to_json().into_bytes())];
    for block in &document.blocks {
        match block {
            Block::Heading { level, number, text } => {
                let _ = writeln!(out, "#heading(level: {level}, {})", quoted(&format!("{number}{text}")));
            }
            Block::Paragraph(text) => {
                let _ = writeln!(out, "#par[#{}]", quoted(text));
            }
            Block::Table(table) => write_table(&mut out, table),
            Block::Figure(figure) => {
                figures += 1;
                let name = format!("figure{figures}.svg");
                let _ = writeln!(
                    out,
                    "#picture({}, {}, {})",
                    quoted(&name),
                    quoted(&format!("{} {}", figure.number, figure.title)),
                    quoted(&figure.alternative)
                );
                files.push((name, figure.svg.clone().into_bytes()));
            }
            Block::Notes(notes) => {
                out.push_str("#notes((");
                for (label, text) in notes {
                    let _ = write!(out, "({}, {}),", quoted(label), quoted(text));
                }
                out.push_str("))\n");
            }
        }
    }
    Bundle {
        source: out,
        files,
        dated: report.dated.clone(),
    }
}

fn write_table(out: &mut String, table: &Table) {
    let words = Words(table.language);
    let _ = write!(
        out,
        "#tabled(name: {}, unit: {}, wide: {}, note: {}, widths: (",
        quoted(&format!("{} {}", table.number, table.title)),
        quoted(&table.unit),
        table.is_wide,
        quoted(words.say("注：", "Note: "))
    );
    for share in column_shares(table) {
        let _ = write!(out, "{:.4}fr,", share * 100.0);
    }
    out.push_str("), aligned: (");
    for at in 0..table.columns.len() {
        out.push_str(if table.is_number(at) { "right," } else { "left," });
    }
    out.push_str("), headings: (");
    for column in &table.columns {
        let _ = write!(out, "{},", quoted(&table.heading(column)));
    }
    out.push_str("), lines: (");
    for line in &table.lines {
        let kind = match line.kind {
            LineKind::Body => "body",
            LineKind::Rest => "rest",
            LineKind::Total => "total",
        };
        let _ = write!(out, "(\"{kind}\", (");
        for cell in table.cells(line) {
            let _ = write!(out, "{},", quoted(&cell));
        }
        out.push_str(")),");
    }
    out.push_str("), notes: (");
    for note in &table.notes {
        let _ = write!(out, "{},", quoted(note));
    }
    out.push_str("))\n");
}

/// A string literal.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

const HEAD: &str = include_str!("report.typ");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_quotes() {
        assert_eq!(quoted("a\"b\\c\n#d"), "\"a\\\"b\\\\c #d\"");
    }
}
