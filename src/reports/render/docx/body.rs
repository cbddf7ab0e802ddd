//! The text of the document.

use std::fmt::Write;

use super::super::widths::{DENSE_MARGIN, MARGIN, layout, lies_across};
use crate::reports::{
    Block, Document,
    document::{Figure, LineKind, Table, Words},
    figure::escape,
};

/// A4 with margins of 25 mm left and right, in twentieths of a point.
pub const WIDTH: usize = 9071;
/// The same across.
pub const WIDE: usize = 14_003;

const EMU_PER_POINT: f64 = 12_700.0;

pub fn document(document: &Document) -> String {
    let mut body = Body {
        out: String::new(),
        figures: 0,
        is_kept: false,
        words: Words(document.language),
    };
    body.paragraph("Title", &document.title);
    body.facts(&document.facts);
    body.paragraph("FindingsHeading", document.findings_heading());
    for (at, finding) in document.findings.iter().enumerate() {
        body.paragraph("Finding", &format!("{}. {finding}", at + 1));
    }
    for (is_across, blocks) in document.runs(|table| lies_across(table, WIDTH)) {
        if is_across {
            body.section(false);
        }
        let width = if is_across { WIDE } else { WIDTH };
        blocks.iter().for_each(|block| body.block(block, width));
        if is_across {
            body.section(true);
        }
    }
    format!(
        concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
            r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" "#,
            r#"xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" "#,
            r#"xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" "#,
            r#"xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" "#,
            r#"xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>{}{}</w:body></w:document>"#
        ),
        body.out,
        section_properties(false)
    )
}

/// A table of no more lines stays on one page.
const FEW_LINES: usize = 14;

struct Body {
    out: String,
    figures: usize,
    /// Whether the row being written stays on the page of the next one.
    is_kept: bool,
    words: Words,
}

impl Body {
    fn block(&mut self, block: &Block, width: usize) {
        match block {
            Block::Heading {
                level,
                number,
                text,
            } => self.paragraph(&format!("Heading{level}"), &format!("{number}{text}")),
            Block::Paragraph(text) => self.paragraph("BodyText", text),
            Block::Table(table) => self.table(table, width),
            Block::Figure(figure) => self.figure(figure),
            Block::Notes(notes) => {
                for (label, text) in notes {
                    self.note(label, text);
                }
            }
        }
    }

    fn paragraph(&mut self, style: &str, text: &str) {
        let _ = write!(
            self.out,
            "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>{}</w:p>",
            run(text, "")
        );
    }

    fn note(&mut self, label: &str, text: &str) {
        let _ = write!(
            self.out,
            "<w:p><w:pPr><w:pStyle w:val=\"Note\"/></w:pPr>{}{}</w:p>",
            run(&(label.to_owned() + self.words.say("：", ": ")), "<w:b/>"),
            run(text, "")
        );
    }

    /// Ends a section: upright, or across.
    fn section(&mut self, is_across: bool) {
        let _ = write!(
            self.out,
            "<w:p><w:pPr>{}</w:pPr></w:p>",
            section_properties(is_across)
        );
    }

    fn facts(&mut self, facts: &[(String, String)]) {
        let (label, text) = (1500, WIDTH - 1500);
        let rule = |edge: &str, size: u8| {
            format!("<w:{edge} w:val=\"single\" w:sz=\"{size}\" w:space=\"0\" w:color=\"3A3A3A\"/>")
        };
        let _ = write!(
            self.out,
            "<w:tbl><w:tblPr><w:tblW w:w=\"{WIDTH}\" w:type=\"dxa\"/><w:tblBorders>{}{}</w:tblBorders><w:tblLayout w:type=\"fixed\"/></w:tblPr>\
             <w:tblGrid><w:gridCol w:w=\"{label}\"/><w:gridCol w:w=\"{text}\"/></w:tblGrid>",
            rule("top", 12),
            rule("bottom", 6)
        );
        for (name, value) in facts {
            let cell = |width: usize, text: &str, look: &str| {
                format!(
                    "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr><w:p><w:pPr><w:pStyle w:val=\"TableText\"/></w:pPr>{}</w:p></w:tc>",
                    run(text, look)
                )
            };
            let _ = write!(
                self.out,
                "<w:tr><w:trPr><w:cantSplit/></w:trPr>{}{}</w:tr>",
                cell(
                    label,
                    name,
                    "<w:color w:val=\"5C5C5C\"/><w:sz w:val=\"19\"/>"
                ),
                cell(text, value, "<w:sz w:val=\"19\"/>")
            );
        }
        self.out.push_str("</w:tbl>");
    }

    fn table(&mut self, table: &Table, width: usize) {
        self.paragraph("Caption", &format!("{} {}", table.number, table.title));
        self.paragraph("Unit", &table.unit);
        let layout = layout(table, width);
        let widths = &layout.widths;
        let margin = match layout.is_dense {
            true => DENSE_MARGIN,
            false => MARGIN,
        };
        let edge = |name: &str, size: u8| {
            format!("<w:{name} w:val=\"single\" w:sz=\"{size}\" w:space=\"0\" w:color=\"3A3A3A\"/>")
        };
        let _ = write!(
            self.out,
            "<w:tbl><w:tblPr><w:tblW w:w=\"{width}\" w:type=\"dxa\"/><w:tblBorders>{}{}\
             <w:insideH w:val=\"single\" w:sz=\"2\" w:space=\"0\" w:color=\"C8C8C8\"/></w:tblBorders>\
             <w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"{margin}\" w:type=\"dxa\"/><w:right w:w=\"{margin}\" w:type=\"dxa\"/></w:tblCellMar><w:tblCaption w:val=\"{}\"/></w:tblPr><w:tblGrid>",
            edge("top", 12),
            edge("bottom", 12),
            escape(&table.id)
        );
        for width in widths {
            let _ = write!(self.out, "<w:gridCol w:w=\"{width}\"/>");
        }
        self.out
            .push_str("</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
        let (heading, text) = match layout.is_dense {
            true => ("DenseHeading", "DenseText"),
            false => ("TableHeading", "TableText"),
        };
        for (at, column) in table.columns.iter().enumerate() {
            let border = format!(
                "<w:tcBorders>{}</w:tcBorders><w:vAlign w:val=\"bottom\"/>",
                edge("bottom", 6)
            );
            self.cell(
                widths[at],
                &table.heading(column),
                table.is_number(at),
                heading,
                &border,
                "",
            );
        }
        self.out.push_str("</w:tr>");
        for (number, line) in table.lines.iter().enumerate() {
            self.is_kept = table.lines.len() <= FEW_LINES && number + 1 < table.lines.len();
            self.out.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
            let (border, look) = match line.kind {
                LineKind::Body => (String::new(), ""),
                LineKind::Rest => (String::new(), "<w:color w:val=\"5C5C5C\"/>"),
                LineKind::Total => (
                    format!("<w:tcBorders>{}</w:tcBorders>", edge("top", 6)),
                    "<w:b/>",
                ),
            };
            for (at, cell) in table.cells(line).iter().enumerate() {
                self.cell(widths[at], cell, table.is_number(at), text, &border, look);
            }
            self.out.push_str("</w:tr>");
        }
        self.is_kept = false;
        self.out.push_str("</w:tbl>");
        let colon = self.words.say("注：", "Note: ");
        for note in &table.notes {
            self.paragraph("TableNote", &format!("{colon}{note}"));
        }
        // Two tables never touch.
        if table.notes.is_empty() {
            self.paragraph("TableNote", "");
        }
    }

    fn cell(
        &mut self,
        width: usize,
        text: &str,
        is_number: bool,
        style: &str,
        border: &str,
        look: &str,
    ) {
        let align = if is_number {
            "<w:jc w:val=\"right\"/>"
        } else {
            ""
        };
        let keep = if self.is_kept { "<w:keepNext/>" } else { "" };
        let _ = write!(
            self.out,
            "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{border}</w:tcPr><w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{keep}{align}</w:pPr>{}</w:p></w:tc>",
            run(text, look)
        );
    }

    fn figure(&mut self, figure: &Figure) {
        self.figures += 1;
        let (number, relation) = (self.figures, 9 + self.figures);
        let emu = |points: f64| (points * EMU_PER_POINT).round() as u64;
        let (w, h) = (emu(figure.width_pt), emu(figure.height_pt));
        let words = escape(&figure.alternative);
        let _ = write!(
            self.out,
            concat!(
                "<w:p><w:pPr><w:keepNext/><w:spacing w:before=\"200\" w:line=\"240\" w:lineRule=\"auto\"/><w:jc w:val=\"center\"/></w:pPr><w:r><w:drawing>",
                "<wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"{}\" cy=\"{}\"/>",
                "<wp:docPr id=\"{}\" name=\"{}\" descr=\"{}\"/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">",
                "<pic:pic><pic:nvPicPr><pic:cNvPr id=\"{}\" name=\"figure{}.png\" descr=\"{}\"/><pic:cNvPicPr/></pic:nvPicPr>",
                "<pic:blipFill><a:blip r:embed=\"rId{}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>",
                "<pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{}\" cy=\"{}\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr>",
                "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
            ),
            w,
            h,
            number,
            escape(&figure.number),
            words,
            number,
            number,
            words,
            relation,
            w,
            h
        );
        self.paragraph(
            "FigureCaption",
            &format!("{} {}", figure.number, figure.title),
        );
    }
}

fn run(text: &str, look: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let look = match look {
        "" => String::new(),
        look => format!("<w:rPr>{look}</w:rPr>"),
    };
    format!(
        "<w:r>{look}<w:t xml:space=\"preserve\">{}</w:t></w:r>",
        escape(text)
    )
}

fn section_properties(is_across: bool) -> String {
    let (footer, size) = match is_across {
        true => (
            "rId6",
            "<w:pgSz w:w=\"16838\" w:h=\"11906\" w:orient=\"landscape\"/>",
        ),
        false => ("rId2", "<w:pgSz w:w=\"11906\" w:h=\"16838\"/>"),
    };
    format!(
        "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId1\"/><w:footerReference w:type=\"default\" r:id=\"{footer}\"/>{size}\
         <w:pgMar w:top=\"1360\" w:right=\"1417\" w:bottom=\"1250\" w:left=\"1417\" w:header=\"700\" w:footer=\"600\" w:gutter=\"0\"/></w:sectPr>"
    )
}
