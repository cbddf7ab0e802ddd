//! What a reader of a file sees, taken out of the file again: the text of a page, the paragraphs of
//! a Word document, the cells of a workbook, the bytes of a PDF. Of pictures only the words that stand
//! for them are part of it.

mod docx;
mod xlsx;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{
    html,
    read::{ReadError, unescaped},
};
use crate::reports::{Block, Document};

pub use docx::BODY as DOCX_BODY;

/// The text of a file in reading order, with what it is recognized by.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub pieces: Vec<Piece>,
    /// SHA-256 in hexadecimal digits.
    pub digest: String,
}

/// A paragraph or a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The cell of a workbook; empty elsewhere.
    pub place: String,
    /// The first cell of the row, where it stands in a table.
    pub row: String,
    pub text: String,
}

impl Seen {
    /// The text of any file but a PDF, whose text nobody can take out reliably: there the bytes
    /// before the seal stand for it.
    ///
    /// # Errors
    /// A file that is none of the formats, or broken.
    pub fn of(bytes: &[u8]) -> Result<Self, ReadError> {
        match bytes {
            [b'P', b'K', ..] => {
                let parts = docx::parts(bytes)?;
                match parts.iter().any(|(name, _)| name == DOCX_BODY) {
                    true => Seen::of_docx(&parts),
                    false => Seen::of_xlsx(bytes),
                }
            }
            [b'%', b'P', b'D', b'F', ..] => Ok(Seen::of_pdf(bytes)),
            _ => Ok(Seen::of_html(&String::from_utf8_lossy(bytes))),
        }
    }

    /// Everything beside the seal counts for a page: a style can hide a text as well as a word can
    /// replace it.
    pub fn of_html(page: &str) -> Self {
        let page = page.replace("\r\n", "\n");
        let (before, after) = html::around_seal(&page).unwrap_or((&page, ""));
        Seen {
            pieces: pieces_of_html(before),
            digest: digest([before, after]),
        }
    }

    /// # Errors
    /// Parts that are no XML.
    pub fn of_docx(parts: &[(String, String)]) -> Result<Self, ReadError> {
        docx::seen(parts)
    }

    /// # Errors
    /// A file that is no workbook.
    pub fn of_xlsx(bytes: &[u8]) -> Result<Self, ReadError> {
        xlsx::seen(bytes)
    }

    /// Of a PDF before it has a seal.
    pub fn of_unsealed_pdf(bytes: &[u8]) -> Self {
        let newline: &[u8] = if bytes.ends_with(b"\n") { b"" } else { b"\n" };
        Seen {
            pieces: Vec::new(),
            digest: digest([&[bytes, newline].concat()[..], b""]),
        }
    }

    fn of_pdf(bytes: &[u8]) -> Self {
        let (before, after) = crate::reports::print::around_seal(bytes);
        // What follows the seal tells the end again and nothing else.
        let is_end_alone =
            !after.is_empty() && before.trim_ascii_end().ends_with(after.trim_ascii_end());
        Seen {
            pieces: Vec::new(),
            digest: match is_end_alone {
                true => digest([before, b""]),
                false => digest([before, after]),
            },
        }
    }

    /// Where this text is not that of `fresh`, the same report written anew: all places where the
    /// pieces still answer one another, else the first.
    pub fn differences(&self, fresh: &Seen, document: &Document) -> Vec<SeenDifference> {
        if self.digest == fresh.digest {
            return Vec::new();
        }
        let titles = titles(document);
        let most = self.pieces.len().max(fresh.pieces.len());
        let differ = (0..most).filter(|at| self.pieces.get(*at) != fresh.pieces.get(*at));
        let text = |seen: &Seen, at: usize| {
            let piece = seen.pieces.get(at);
            piece.map(|piece| piece.text.clone()).unwrap_or_default()
        };
        let told = differ.map(|at| {
            let before = &self.pieces[..at.min(self.pieces.len())];
            let title = before.iter().rev().find(|p| titles.contains(&p.text));
            let piece = self.pieces.get(at).or(fresh.pieces.get(at));
            let piece = piece.cloned().unwrap_or_default();
            SeenDifference {
                place: match piece.place.is_empty() {
                    true => title.map(|piece| piece.text.clone()).unwrap_or_default(),
                    false => piece.place,
                },
                row: piece.row,
                was: text(self, at),
                is: text(fresh, at),
            }
        });
        let told = told.filter(|found| found.was != found.is);
        match self.pieces.len() == fresh.pieces.len() {
            true => told.collect(),
            false => told.take(1).collect(),
        }
    }
}

/// A place where the text of a file is not what the report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenDifference {
    /// The title above it, or the cell of a workbook.
    pub place: String,
    pub row: String,
    /// As the file says.
    pub was: String,
    pub is: String,
}

impl From<Vec<Piece>> for Seen {
    fn from(pieces: Vec<Piece>) -> Self {
        let lines = pieces.iter().flat_map(|p| [p.place.as_str(), &p.text]);
        Seen {
            digest: digest(lines),
            pieces,
        }
    }
}

/// The parts of a text, each told apart from the next by its length.
fn digest<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        let part = part.as_ref();
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Headings and captions.
fn titles(document: &Document) -> BTreeSet<String> {
    let blocks = document.blocks.iter().filter_map(|block| match block {
        Block::Heading { number, text, .. } => Some(format!("{number}{text}")),
        Block::Table(table) => Some(format!("{} {}", table.number, table.title)),
        Block::Figure(figure) => Some(format!("{} {}", figure.number, figure.title)),
        _ => None,
    });
    blocks
        .chain([
            document.title.clone(),
            document.findings_heading().to_owned(),
        ])
        .collect()
}

/// The texts between the tags of a page.
fn pieces_of_html(page: &str) -> Vec<Piece> {
    let (mut pieces, mut rest): (Vec<Piece>, &str) = (Vec::new(), page);
    // The first cell of the row that is open.
    let mut row: Option<String> = None;
    while let Some(start) = rest.find('<') {
        let text = unescaped(rest[..start].trim());
        if !text.is_empty() {
            let row = match &mut row {
                None => String::new(),
                Some(first) => {
                    if first.is_empty() {
                        first.clone_from(&text);
                    }
                    first.clone()
                }
            };
            pieces.push(Piece {
                place: String::new(),
                row,
                text,
            });
        }
        let Some(end) = rest[start..].find('>') else {
            break;
        };
        let tag = &rest[start + 1..start + end];
        rest = &rest[start + end + 1..];
        match tag.split(' ').next().unwrap_or_default() {
            "tr" => row = Some(String::new()),
            "/tr" => row = None,
            "style" => rest = rest.split_once("</style>").map_or("", |(_, rest)| rest),
            _ => {}
        }
    }
    pieces
}
