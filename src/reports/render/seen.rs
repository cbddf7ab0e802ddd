//! What a reader of a file sees, taken out of the file again: the text of a page, the paragraphs of
//! a Word document, the cells of a workbook, the bytes of a PDF. Pictures are not part of it.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read},
};

use calamine::{Data, Reader, Xlsx};
use roxmltree::Node;
use sha2::{Digest, Sha256};

use super::{
    html,
    read::{MOST_BYTES, ReadError, SEAL_LABEL, unescaped},
    xlsx::figures_sheet,
};
use crate::{
    domain::Language,
    reports::{Block, Document},
};

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
                let texts = texts_of_docx(bytes)?;
                match texts.is_empty() {
                    true => Seen::of_xlsx(bytes),
                    false => Seen::of_docx(&texts),
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
    pub fn of_docx(texts: &[(String, String)]) -> Result<Self, ReadError> {
        let (mut pieces, mut margins) = (Vec::new(), BTreeSet::new());
        for (name, xml) in texts {
            let xml = roxmltree::Document::parse(xml);
            let xml = xml.map_err(|e| ReadError::Broken(format!("{name}: {e}")))?;
            let found = paragraphs(&xml);
            match name.as_str() {
                DOCX_BODY => pieces = found,
                // Word writes headers and footers as often as it likes.
                _ => margins.extend(found.into_iter().map(|piece| piece.text)),
            }
        }
        pieces.extend(margins.into_iter().map(|text| Piece {
            text,
            ..Piece::default()
        }));
        Ok(Seen::from(pieces))
    }

    /// # Errors
    /// A file that is no workbook.
    pub fn of_xlsx(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| ReadError::NoReport)?;
        let (mut pieces, mut captions) = (Vec::new(), BTreeSet::new());
        for (number, sheet) in book.sheet_names().into_iter().enumerate() {
            let has_figures = [Language::Zh, Language::En]
                .map(figures_sheet)
                .contains(&&*sheet);
            let cells = book.worksheet_range(&sheet);
            let cells = cells.map_err(|e| ReadError::Broken(e.to_string()))?;
            let (top, left) = cells.start().unwrap_or_default();
            for (down, row) in cells.rows().enumerate() {
                if matches!(row.first(), Some(Data::String(label)) if label == SEAL_LABEL) {
                    continue;
                }
                let first = row.first().map(ToString::to_string).unwrap_or_default();
                if let (0, [_, Data::String(title), ..]) = (number, row) {
                    captions.insert(format!("{first} {title}"));
                }
                // A machine without a font leaves the sheet of figures out: it repeats captions.
                if has_figures && captions.contains(&first) {
                    continue;
                }
                let filled = row.iter().enumerate();
                let filled = filled.filter(|(_, cell)| **cell != Data::Empty);
                pieces.extend(filled.map(|(at, cell)| Piece {
                    place: cell_name(&sheet, top + down as u32, left + at as u32),
                    row: first.clone(),
                    text: cell.to_string(),
                }));
            }
        }
        Ok(Seen::from(pieces))
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

/// The part of a Word document that holds its text.
pub const DOCX_BODY: &str = "word/document.xml";

/// The parts of a Word document that hold text: its body, headers and footers.
fn texts_of_docx(bytes: &[u8]) -> Result<Vec<(String, String)>, ReadError> {
    let broken = |e: String| ReadError::Broken(e);
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(e.to_string()))?;
    let is_text = |name: &&str| {
        let margin = name.starts_with("word/header") || name.starts_with("word/footer");
        *name == DOCX_BODY || (margin && name.ends_with(".xml"))
    };
    let names = archive.file_names().filter_map(Result::ok);
    let names: BTreeSet<String> = names
        .filter(|name| is_text(&name.as_ref()))
        .map(|name| name.to_string())
        .collect();
    let mut texts = Vec::new();
    for name in names {
        let part = archive.by_name(&name).map_err(|e| broken(e.to_string()))?;
        let mut xml = String::new();
        part.take(MOST_BYTES)
            .read_to_string(&mut xml)
            .map_err(|e| broken(e.to_string()))?;
        texts.push((name, xml));
    }
    Ok(texts)
}

/// The paragraphs of a part that show anything.
fn paragraphs(xml: &roxmltree::Document<'_>) -> Vec<Piece> {
    let all = xml.descendants().filter(|node| is(node, "p"));
    let shown = all.filter_map(|paragraph| {
        let text = text_of(paragraph);
        if text.is_empty() {
            return None;
        }
        let row = paragraph.ancestors().find(|node| is(node, "tr"));
        let mut cells = row.into_iter().flat_map(|row| row.descendants());
        let first = cells.find(|node| is(node, "p")).map(text_of);
        Some(Piece {
            place: String::new(),
            row: first.unwrap_or_default(),
            text,
        })
    });
    shown.collect()
}

/// What a paragraph shows: no hidden text, no page numbers.
fn text_of(paragraph: Node<'_, '_>) -> String {
    let (mut out, mut fields) = (String::new(), 0_u32);
    for node in paragraph.descendants() {
        let is_hidden = || {
            let run = node.ancestors().find(|node| is(node, "r"));
            let mut looks = run.into_iter().flat_map(|run| run.descendants());
            looks.any(|look| is(&look, "vanish"))
        };
        match node.tag_name().name() {
            "fldChar" => match attribute(&node, "fldCharType") {
                Some("begin") => fields += 1,
                Some("end") => fields = fields.saturating_sub(1),
                _ => {}
            },
            "t" if fields == 0 && !is_hidden() => out += node.text().unwrap_or_default(),
            _ => {}
        }
    }
    out.trim().to_owned()
}

fn is(node: &Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn attribute<'n>(node: &Node<'n, '_>, name: &str) -> Option<&'n str> {
    let found = node.attributes().find(|known| known.name() == name);
    found.map(|known| known.value())
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

/// `表2-1!C5`
fn cell_name(sheet: &str, row: u32, column: u32) -> String {
    let (mut letters, mut left) = (String::new(), column + 1);
    while left > 0 {
        left -= 1;
        letters.insert(0, char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    format!("{sheet}!{letters}{}", row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_sheets_name_them() {
        assert_eq!(cell_name("表", 0, 0), "表!A1");
        assert_eq!(cell_name("表", 9, 25), "表!Z10");
        assert_eq!(cell_name("表", 9, 26), "表!AA10");
    }

    #[test]
    fn hidden_text_and_page_numbers_are_not_seen() {
        let xml = r#"<w:hdr xmlns:w="w"><w:p><w:r><w:t>a</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>b</w:t></w:r>
            <w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:t>7</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:hdr>"#;
        let xml = roxmltree::Document::parse(xml).unwrap();
        assert_eq!(paragraphs(&xml)[0].text, "a");
    }
}
