//! One answer in the form that was asked for: JSON, CSV, XLSX or GeoJSON.

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::ApiError;
use crate::{
    city::City,
    domain::{Language, Title},
    export,
    query::{self, Answer},
};

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Json,
    Csv,
    Xlsx,
    Geojson,
}

/// How an answer is to be given, beside the question itself.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Form {
    #[serde(default)]
    pub format: Format,
    #[serde(default)]
    pub lang: Language,
}

/// Answers a question whose rows are areas.
pub fn answer<R: Serialize, T: Serialize>(
    city: &City,
    answer: &Answer<R, T>,
    form: Form,
    title: Title,
) -> Result<Response, ApiError> {
    let failed = |e: std::io::Error| ApiError::Internal(e.to_string());
    match form.format {
        Format::Json => Ok(Json(answer).into_response()),
        Format::Csv => {
            let table = query::to_table(city, answer, title.clone(), form.lang);
            let mut out = Vec::new();
            export::write_csv(&table, form.lang, &mut out).map_err(failed)?;
            Ok(file(
                out,
                "text/csv; charset=utf-8",
                &title,
                "csv",
                form.lang,
            ))
        }
        Format::Xlsx => {
            let table = query::to_table(city, answer, title.clone(), form.lang);
            let out = export::write_xlsx(&table, form.lang)
                .map_err(|e| ApiError::Internal(e.to_string()))?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(file(out, kind, &title, "xlsx", form.lang))
        }
        Format::Geojson => {
            let collection = query::to_geojson(city, answer);
            let out = collection.to_string().into_bytes();
            Ok(file(
                out,
                "application/geo+json",
                &title,
                "geojson",
                form.lang,
            ))
        }
    }
}

/// A file to keep, named by its title.
pub fn file(
    bytes: Vec<u8>,
    kind: &'static str,
    title: &Title,
    extension: &str,
    language: Language,
) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    name_file(&mut response, title, extension, language);
    response
}

/// Says that a response is a file, and its name.
pub fn name_file(response: &mut Response, title: &Title, extension: &str, language: Language) {
    let name: String = title
        .in_language(language)
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '_'
            }
        })
        .collect();
    let encoded: String = name
        .bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => (b as char).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let disposition = format!(
        "attachment; filename=\"suitu.{extension}\"; filename*=UTF-8''{encoded}.{extension}"
    );
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}
