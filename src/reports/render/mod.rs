//! A report as a file.

mod docx;
mod html;
mod letters;
mod picture;
mod read;
mod seen;
mod widths;
mod xlsx;

pub use read::{ReadError, read_seal};
pub use seen::{Seen, SeenDifference};

use super::{Format, Report, Seal, print::PrintError};
use crate::query::Limits;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error(
        "this machine has no font with Chinese characters for the figures of a Word file: install \
         the Debian package fonts-noto-cjk, or take html"
    )]
    NoFont,
    #[error("a figure could not be drawn: {0}")]
    Figure(String),
    #[error("the workbook could not be written: {0}")]
    Workbook(String),
    #[error("the document could not be written: {0}")]
    Archive(String),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Writes a report in a format.
///
/// # Errors
/// Where the machine lacks what the format needs: a font, a printer of PDF.
pub fn render(report: &Report, format: Format, limits: &Limits) -> Result<Vec<u8>, RenderError> {
    match format {
        Format::Html => {
            let page = html::Page::of(report);
            let seal = report.seal.with_text(&page.seen());
            Ok(page.with(&seal).into_bytes())
        }
        Format::Docx => docx::write(report),
        Format::Xlsx => xlsx::write(report),
        Format::Pdf => {
            let page = html::Page::of(report).with(&report.seal);
            Ok(super::print::print(report, &page, limits)?)
        }
    }
}

/// What a file of the report shows, written anew for a check of `file`; `None` for a PDF, whose
/// text is not taken out of it.
///
/// # Errors
/// The report cannot be written.
pub fn seen_anew(report: &Report, file: &[u8]) -> Result<Option<Seen>, RenderError> {
    let broken = |e: ReadError| RenderError::Archive(e.to_string());
    Ok(match file {
        [b'%', b'P', b'D', b'F', ..] => None,
        [b'P', b'K', ..] if docx::is_one(file) => Some(docx::seen(report).map_err(broken)?),
        [b'P', b'K', ..] => Some(xlsx::seen(report)?),
        _ => Some(html::Page::of(report).seen()),
    })
}

impl Seal {
    /// The seal of a file that shows this.
    #[must_use]
    fn with_text(&self, seen: &Seen) -> Seal {
        Seal {
            text: Some(seen.digest.clone()),
            ..self.clone()
        }
    }
}
