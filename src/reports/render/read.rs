//! The seal out of a file again.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};

use super::{docx::SEAL_PART, xlsx::seal_sheet};
use crate::{
    domain::Language,
    reports::{
        print::{SEAL_COMMENT, seal_at},
        seal::{FORMAT, Seal},
    },
};

/// What the cells before the parts of a seal say.
pub const SEAL_LABEL: &str = "suitu-report";

/// No seal is larger: 250 MB of numbers are no report.
pub(super) const MOST_BYTES: u64 = 256 << 20;

/// Why a file has no seal to check.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(
        "这不是穗图的报告：请给出由 suitu report 写成的 PDF、DOCX、XLSX 或 HTML 文件 / this is no report of \
         Suitu: give a PDF, DOCX, XLSX or HTML file that `suitu report` wrote"
    )]
    NoReport,
    #[error(
        "报告已损坏，无法核验：文件被其他程序改动过，请用原文件或重新出具 / the report cannot be checked, for \
         the file is broken or was changed by another program: take the original or write it anew ({0})"
    )]
    Broken(String),
    #[error(
        "报告由另一版本的穗图封存（`{0}`，本版本为 `{known}`），请用该版本核验 / the report was sealed by \
         another version of Suitu (`{0}`, this one knows `{known}`): check it with that one",
        known = FORMAT
    )]
    OtherVersion(String),
}

/// The seal that a file carries, whatever its name says.
///
/// # Errors
/// A file without a seal, or with one that cannot be read.
pub fn read_seal(bytes: &[u8]) -> Result<Seal, ReadError> {
    let text = match bytes {
        [b'P', b'K', ..] => from_archive(bytes)?,
        [b'%', b'P', b'D', b'F', ..] => from_pdf(bytes)?,
        _ => from_html(bytes)?,
    };
    let json: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| ReadError::Broken(e.to_string()))?;
    let format = json["format"].as_str().unwrap_or_default();
    if format != FORMAT {
        return Err(ReadError::OtherVersion(format.chars().take(40).collect()));
    }
    serde_json::from_value(json).map_err(|e| ReadError::Broken(e.to_string()))
}

fn from_html(bytes: &[u8]) -> Result<String, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::NoReport)?;
    let (_, rest) = text
        .rsplit_once("id=\"suitu-report\">")
        .ok_or(ReadError::NoReport)?;
    let (json, _) = rest.split_once("</script>").ok_or(ReadError::NoReport)?;
    Ok(json.to_owned())
}

fn from_archive(bytes: &[u8]) -> Result<String, ReadError> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| ReadError::Broken(e.to_string()))?;
    let Ok(part) = archive.by_name(SEAL_PART) else {
        return from_workbook(bytes);
    };
    let mut xml = String::new();
    part.take(MOST_BYTES)
        .read_to_string(&mut xml)
        .map_err(|e| ReadError::Broken(e.to_string()))?;
    let inner = xml
        .split_once("<report ")
        .and_then(|(_, rest)| rest.split_once('>'));
    let inner = inner.and_then(|(_, rest)| rest.split_once("</report>"));
    let (json, _) = inner.ok_or(ReadError::NoReport)?;
    Ok(unescaped(json))
}

fn from_workbook(bytes: &[u8]) -> Result<String, ReadError> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| ReadError::NoReport)?;
    let mut sheets = [Language::Zh, Language::En].into_iter();
    let sheet = sheets.find_map(|language| book.worksheet_range(seal_sheet(language)).ok());
    let sheet = sheet.ok_or(ReadError::NoReport)?;
    let parts = sheet.rows().filter_map(|row| match row {
        [Data::String(label), Data::String(part), ..] if label == SEAL_LABEL => Some(part.as_str()),
        _ => None,
    });
    let json: String = parts.collect();
    if json.is_empty() {
        Err(ReadError::NoReport)
    } else {
        Ok(json)
    }
}

/// The comment that stands after the first end of a PDF.
fn from_pdf(bytes: &[u8]) -> Result<String, ReadError> {
    let start = SEAL_COMMENT.as_bytes();
    let found = seal_at(bytes).ok_or(ReadError::NoReport)?;
    let rest = &bytes[found + start.len()..];
    let end = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(rest.len());
    String::from_utf8(rest[..end].to_vec()).map_err(|e| ReadError::Broken(e.to_string()))
}

pub(super) fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
