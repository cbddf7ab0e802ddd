//! The paragraphs of a Word document. Text that Word does not show is left out, whatever hides it;
//! what it would put in place of a text, as a field does, is part of it.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read},
};

use roxmltree::{Document, Node};

use super::{Piece, Seen};
use crate::reports::render::{
    docx::SEAL_PART,
    read::{MOST_BYTES, ReadError},
};

/// The part of a Word document that holds its text.
pub const BODY: &str = "word/document.xml";

/// The parts of an archive that can hold text: all XML but the seal.
///
/// # Errors
/// An archive that cannot be read.
pub fn parts(bytes: &[u8]) -> Result<Vec<(String, String)>, ReadError> {
    let broken = |e: String| ReadError::Broken(e);
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(e.to_string()))?;
    let names = archive.file_names().filter_map(Result::ok);
    let names: BTreeSet<String> = names
        .filter(|name| name.to_ascii_lowercase().ends_with(".xml") && *name != SEAL_PART)
        .map(|name| name.to_string())
        .collect();
    let mut parts = Vec::new();
    for name in names {
        let part = archive.by_name(&name).map_err(|e| broken(e.to_string()))?;
        let mut xml = String::new();
        part.take(MOST_BYTES)
            .read_to_string(&mut xml)
            .map_err(|e| broken(e.to_string()))?;
        parts.push((name, xml));
    }
    Ok(parts)
}

/// # Errors
/// Parts that are no XML.
pub fn seen(parts: &[(String, String)]) -> Result<Seen, ReadError> {
    // Word writes headers and footers as often as it likes.
    let (mut pieces, mut others) = (Vec::new(), BTreeSet::new());
    for (name, xml) in parts {
        let xml = Document::parse(xml);
        let xml = xml.map_err(|e| ReadError::Broken(format!("{name}: {e}")))?;
        if name.eq_ignore_ascii_case("word/styles.xml") {
            let hides = xml.descendants().any(|node| hides(&node));
            others.extend(hides.then(|| format!("{name}: vanish")));
            continue;
        }
        let found = paragraphs(&xml, name == BODY);
        match name == BODY {
            true => pieces = found,
            false => others.extend(found.into_iter().map(|piece| piece.text)),
        }
    }
    pieces.extend(others.into_iter().map(|text| Piece {
        text,
        ..Piece::default()
    }));
    Ok(Seen::from(pieces))
}

/// The paragraphs of a part that show anything, and what shows the text of another file.
fn paragraphs(xml: &Document<'_>, is_body: bool) -> Vec<Piece> {
    let shown = xml.descendants().filter_map(|node| {
        let text = match node.tag_name().name() {
            "p" => text_of(node, is_body),
            "altChunk" | "dataBinding" | "object" => format!("<{}>", node.tag_name().name()),
            _ => return None,
        };
        if text.is_empty() {
            return None;
        }
        let row = node.ancestors().find(|node| is(node, "tr"));
        let mut cells = row.into_iter().flat_map(|row| row.descendants());
        let first = cells.find(|node| is(node, "p"));
        Some(Piece {
            place: String::new(),
            row: first
                .map(|first| text_of(first, is_body))
                .unwrap_or_default(),
            text,
        })
    });
    shown.collect()
}

/// A field that is open: what it computes, and whether its result is being read.
#[derive(Default)]
struct Field {
    code: String,
    is_result: bool,
}

impl Field {
    /// Page numbers differ from page to page: they are no text, but in the body none belong.
    fn is_page_number(&self, is_body: bool) -> bool {
        let code = self.code.split_whitespace().next().unwrap_or_default();
        !is_body && ["PAGE", "NUMPAGES"].contains(&code)
    }
}

/// What a paragraph shows: no hidden or deleted text, no page numbers; pictures by their words.
fn text_of(paragraph: Node<'_, '_>, is_body: bool) -> String {
    let (mut out, mut fields) = (String::new(), Vec::<Field>::new());
    for node in paragraph.descendants() {
        match node.tag_name().name() {
            "fldChar" => match attribute(&node, "fldCharType") {
                Some("begin") => fields.push(Field::default()),
                Some("separate") => {
                    if let Some(field) = fields.last_mut() {
                        field.is_result = true;
                    }
                }
                Some("end") => {
                    let ended = fields.pop();
                    let live = ended.filter(|field| !field.is_page_number(is_body));
                    out +=
                        &live.map_or(String::new(), |field| format!("{{{}}}", field.code.trim()));
                }
                _ => {}
            },
            "instrText" => {
                if let Some(field) = fields.last_mut() {
                    field.code += node.text().unwrap_or_default();
                }
            }
            "fldSimple" => {
                let code = attribute(&node, "instr").unwrap_or_default().trim();
                out += &format!("{{{code}}}");
            }
            "docPr" => {
                let words = attribute(&node, "descr").unwrap_or_default();
                out += &format!("[{words}]");
            }
            "sym" => out += attribute(&node, "char").unwrap_or_default(),
            "t" if !is_hidden(&node) => {
                let text = node.text().unwrap_or_default();
                let is_number = text.chars().all(|letter| letter.is_ascii_digit());
                let is_shown = fields
                    .iter()
                    .all(|field| field.is_result && !(is_number && field.is_page_number(is_body)));
                out += if is_shown { text } else { "" };
            }
            _ => {}
        }
    }
    out.trim().to_owned()
}

/// Whether a text is hidden, deleted, white, or too small to be read.
fn is_hidden(text: &Node<'_, '_>) -> bool {
    let is_deleted = |node: &Node<'_, '_>| is(node, "del") || is(node, "moveFrom");
    if text.ancestors().any(|node| is_deleted(&node)) {
        return true;
    }
    let run = text.ancestors().find(|node| is(node, "r"));
    let looks = run.and_then(|run| run.children().find(|node| is(node, "rPr")));
    let mut looks = looks.into_iter().flat_map(|looks| looks.children());
    looks.any(|look| {
        let value = attribute(&look, "val").unwrap_or_default();
        match look.tag_name().name() {
            "color" => value.eq_ignore_ascii_case("ffffff"),
            // In half points.
            "sz" => value.parse::<f64>().is_ok_and(|half| half < 6.0),
            _ => hides(&look),
        }
    })
}

/// Whether a property hides text: it is there and not switched off.
fn hides(look: &Node<'_, '_>) -> bool {
    let is_off = |value: &str| ["0", "false", "off"].contains(&value);
    (is(look, "vanish") || is(look, "webHidden")) && !attribute(look, "val").is_some_and(is_off)
}

fn is(node: &Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn attribute<'n>(node: &Node<'n, '_>, name: &str) -> Option<&'n str> {
    let found = node.attributes().find(|known| known.name() == name);
    found.map(|known| known.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(looks: &str, text: &str) -> String {
        format!("<w:r><w:rPr>{looks}</w:rPr><w:t>{text}</w:t></w:r>")
    }

    fn field(code: &str, result: &str) -> String {
        let mark = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
        format!(
            "{}<w:r><w:instrText> {code} </w:instrText></w:r>{}<w:r><w:t>{result}</w:t></w:r>{}",
            mark("begin"),
            mark("separate"),
            mark("end")
        )
    }

    fn shown(inner: &str, is_body: bool) -> String {
        let xml = format!("<w:hdr xmlns:w=\"w\"><w:p>{inner}</w:p></w:hdr>");
        let xml = Document::parse(&xml).unwrap();
        let found = paragraphs(&xml, is_body);
        found
            .first()
            .map(|piece| piece.text.clone())
            .unwrap_or_default()
    }

    #[test]
    fn text_that_word_hides_is_not_seen_and_what_it_shows_is() {
        for hidden in [
            "<w:vanish/>",
            "<w:vanish w:val=\"true\"/>",
            "<w:webHidden/>",
            "<w:color w:val=\"FFFFFF\"/>",
            "<w:sz w:val=\"1\"/>",
        ] {
            assert_eq!(
                shown(&(run("", "a") + &run(hidden, "b")), true),
                "a",
                "{hidden}"
            );
        }
        for off in ["0", "false", "off"] {
            let off = format!("<w:vanish w:val=\"{off}\"/>");
            assert_eq!(shown(&(run("", "a") + &run(&off, "b")), true), "ab");
        }
        let deleted = format!("<w:del>{}</w:del>", run("", "b"));
        assert_eq!(shown(&(run("", "a") + &deleted), true), "a");
        assert_eq!(shown(&run("", "&#57;&lt;0"), true), "9<0");
    }

    #[test]
    fn results_of_fields_are_seen_but_page_numbers_in_margins() {
        let before = run("", "a");
        assert_eq!(shown(&(before.clone() + &field("PAGE", "7")), false), "a");
        assert_eq!(shown(&(before.clone() + &field("PAGE", "x")), false), "ax");
        assert_eq!(
            shown(&(before.clone() + &field("PAGE", "7")), true),
            "a7{PAGE}"
        );
        assert_eq!(
            shown(&(before + &field("= 1+1", "990")), false),
            "a990{= 1+1}"
        );
    }
}
