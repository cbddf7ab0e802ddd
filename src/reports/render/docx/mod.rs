//! A Word document (WordprocessingML, ISO/IEC 29500): real headings, tables whose heading row
//! repeats, captions, figures with words for those who cannot see them.
//!
//! Written by hand: the writers at hand give no repeating heading rows, no alternative texts and
//! number their parts by a counter of the process, so that equal reports had different bytes.

mod body;
mod parts;

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    ReadError, RenderError, picture,
    seen::{DOCX_BODY, Seen},
};
use crate::{export::moment::Moment, reports::Report};

/// The part that holds the seal.
pub const SEAL_PART: &str = "customXml/item1.xml";

/// # Errors
/// A machine without a Chinese font for the figures.
pub fn write(report: &Report) -> Result<Vec<u8>, RenderError> {
    let document = &report.document;
    let figures: Vec<_> = document.figures().collect();
    let texts = texts(report);
    let seen = Seen::of_docx(&texts).map_err(|e| RenderError::Archive(e.to_string()))?;
    let seal = report.seal.with_text(&seen);
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("[Content_Types].xml".into(), parts::CONTENT_TYPES.into()),
        ("_rels/.rels".into(), parts::RELATIONS.into()),
        ("docProps/core.xml".into(), parts::core(report).into_bytes()),
        ("docProps/app.xml".into(), parts::app(report).into_bytes()),
        (
            "word/styles.xml".into(),
            parts::styles(document.language).into_bytes(),
        ),
        ("word/settings.xml".into(), parts::SETTINGS.into()),
        (
            "word/_rels/document.xml.rels".into(),
            parts::document_relations(figures.len()).into_bytes(),
        ),
        (SEAL_PART.into(), parts::seal(&seal).into_bytes()),
        (
            "customXml/itemProps1.xml".into(),
            parts::SEAL_PROPERTIES.into(),
        ),
        (
            "customXml/_rels/item1.xml.rels".into(),
            parts::SEAL_RELATIONS.into(),
        ),
    ];
    let texts = texts.into_iter();
    files.extend(texts.map(|(name, xml)| (name, xml.into_bytes())));
    for (at, figure) in figures.iter().enumerate() {
        files.push((
            format!("word/media/figure{}.png", at + 1),
            picture::to_png(figure)?,
        ));
    }
    pack(files, &report.dated).map_err(|e| RenderError::Archive(e.to_string()))
}

/// The parts that hold what is read.
fn texts(report: &Report) -> Vec<(String, String)> {
    let document = &report.document;
    vec![
        (DOCX_BODY.into(), body::document(document)),
        ("word/header1.xml".into(), parts::header(document)),
        (
            "word/footer1.xml".into(),
            parts::footer(document, body::WIDTH),
        ),
        (
            "word/footer2.xml".into(),
            parts::footer(document, body::WIDE),
        ),
    ]
}

/// What a Word document of the report shows.
///
/// # Errors
/// Never, as long as the parts are XML.
pub fn seen(report: &Report) -> Result<Seen, ReadError> {
    Seen::of_docx(&texts(report))
}

/// Whether an archive is a Word document with a seal.
pub fn is_one(file: &[u8]) -> bool {
    let archive = zip::ZipArchive::new(Cursor::new(file));
    archive.is_ok_and(|mut archive| archive.by_name(SEAL_PART).is_ok())
}

fn pack(files: Vec<(String, Vec<u8>)>, dated: &str) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let method = match name.ends_with(".png") {
            true => CompressionMethod::Stored,
            false => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(Moment::parse(dated).zip());
        archive.start_file(name, options)?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
