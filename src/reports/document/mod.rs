//! A report before it is a file: headings, sentences, tables and figures, numbered, in one language.

mod build;
mod numbering;
mod table;
mod text;

pub use build::Builder;
pub use table::{Line, LineKind, Table};
pub use text::{Words, fixed, jobs, people, percent, printed, ratio};

use crate::domain::Language;

/// A report in one language, ready for any format.
#[derive(Clone, Debug)]
pub struct Document {
    pub language: Language,
    /// `天河区职住平衡分析报告`
    pub title: String,
    /// The title block: label and text.
    pub facts: Vec<(String, String)>,
    /// 内部使用, 合成: printed on every page and picture.
    pub marks: Vec<String>,
    /// Who takes the report away, across every page, where that is asked for.
    pub watermark: Option<String>,
    /// What a reader who reads nothing else must know.
    pub findings: Vec<String>,
    pub blocks: Vec<Block>,
    /// What the footer of every page says.
    pub footer: String,
}

/// One piece of a report, in reading order.
#[derive(Clone, Debug)]
pub enum Block {
    /// Level 1 to 3 with its number, `一、`.
    Heading {
        level: u8,
        number: String,
        text: String,
    },
    Paragraph(String),
    Table(Table),
    Figure(Figure),
    /// Label and text: the method note.
    Notes(Vec<(String, String)>),
}

/// A map or chart (图).
#[derive(Clone, Debug)]
pub struct Figure {
    /// `图2-1`
    pub number: String,
    pub title: String,
    /// A whole SVG image, sizes in points.
    pub svg: String,
    pub width_pt: f64,
    pub height_pt: f64,
    /// What it shows, for those who cannot see it.
    pub alternative: String,
}

impl Document {
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }

    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Figure(figure) => Some(figure),
            _ => None,
        })
    }

    /// The blocks in runs of pages that lie the same way: upright, or across for the tables that a
    /// format says need it. What leads to a wide table lies across with it, so that no heading
    /// stands alone.
    pub fn runs(&self, lies_across: impl Fn(&Table) -> bool) -> Vec<(bool, &[Block])> {
        let is_wide = |block: &Block| matches!(block, Block::Table(table) if lies_across(table));
        let mut across: Vec<bool> = self.blocks.iter().map(is_wide).collect();
        for at in (1..across.len()).rev() {
            let leads = matches!(
                self.blocks[at - 1],
                Block::Heading { .. } | Block::Paragraph(_)
            );
            across[at - 1] |= across[at] && leads;
        }
        let mut runs = Vec::new();
        let mut from = 0;
        for to in 1..=across.len() {
            if to == across.len() || across[to] != across[from] {
                runs.push((across[from], &self.blocks[from..to]));
                from = to;
            }
        }
        runs
    }

    /// The heading of the findings.
    pub fn findings_heading(&self) -> &'static str {
        Words(self.language).say("主要结论", "Key findings")
    }
}
