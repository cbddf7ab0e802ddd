//! A report as a file.

mod docx;
mod html;
mod picture;
mod read;
mod widths;
mod xlsx;

pub use read::{ReadError, read_seal};

use super::{Format, Report, print::PrintError};
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
        Format::Html => Ok(html::write(report).into_bytes()),
        Format::Docx => docx::write(report),
        Format::Xlsx => xlsx::write(report),
        Format::Pdf => Ok(super::print::print(report, &html::write(report), limits)?),
    }
}
