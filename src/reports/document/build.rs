use super::{Block, Document, Figure, Table, Words, numbering::Numbering};
use crate::{domain::Language, reports::figure::Drawing};

/// Puts a report together in reading order and numbers what needs a number.
pub struct Builder {
    document: Document,
    numbering: Numbering,
    /// One footnote on rounding is enough for a report.
    is_rounding_told: bool,
}

impl Builder {
    pub fn new(language: Language, title: String) -> Self {
        Builder {
            document: Document {
                language,
                title,
                facts: Vec::new(),
                marks: Vec::new(),
                watermark: None,
                findings: Vec::new(),
                blocks: Vec::new(),
                footer: String::new(),
            },
            numbering: Numbering::default(),
            is_rounding_told: false,
        }
    }

    pub fn words(&self) -> Words {
        Words(self.document.language)
    }

    pub fn fact(&mut self, label: &str, text: String) {
        if !text.is_empty() {
            self.document.facts.push((label.to_owned(), text));
        }
    }

    pub fn mark(&mut self, mark: String) {
        if !mark.is_empty() && !self.document.marks.contains(&mark) {
            self.document.marks.push(mark);
        }
    }

    /// Across every page, and among the marks.
    pub fn watermark(&mut self, text: String) {
        self.mark(text.clone());
        self.document.watermark = Some(text);
    }

    pub fn finding(&mut self, sentence: String) {
        self.document.findings.push(sentence);
    }

    pub fn heading(&mut self, level: u8, text: &str) {
        let number = self.numbering.heading(level, self.document.language);
        let text = text.to_owned();
        self.document.blocks.push(Block::Heading {
            level,
            number,
            text,
        });
    }

    pub fn paragraph(&mut self, text: String) {
        self.document.blocks.push(Block::Paragraph(text));
    }

    /// Adds a table and gives its number.
    pub fn table(&mut self, mut table: Table) -> String {
        table.number = self.numbering.table(self.document.language);
        table.unit = table.units();
        if table.has_shares() && !self.is_rounding_told {
            self.is_rounding_told = true;
            let note = self.words().say(
                "部分数据因四舍五入，存在总计与分项合计不等的情况。",
                "Parts may not add up to totals because of rounding.",
            );
            table.notes.push(note.to_owned());
        }
        let number = table.number.clone();
        self.document.blocks.push(Block::Table(table));
        number
    }

    /// Adds a figure and gives its number.
    pub fn figure(&mut self, title: String, drawing: Drawing, alternative: String) -> String {
        let number = self.numbering.figure(self.document.language);
        self.document.blocks.push(Block::Figure(Figure {
            number: number.clone(),
            title,
            svg: drawing.svg,
            width_pt: drawing.width_pt,
            height_pt: drawing.height_pt,
            alternative,
        }));
        number
    }

    pub fn notes(&mut self, notes: Vec<(String, String)>) {
        self.document.blocks.push(Block::Notes(notes));
    }

    pub fn marks(&self) -> &[String] {
        &self.document.marks
    }

    pub fn done(self) -> Document {
        self.document
    }
}
