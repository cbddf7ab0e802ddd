//! One answer in the form that was asked for: JSON, CSV, XLSX or GeoJSON.

use serde::{Deserialize, Serialize};

use super::{ApiError, Document};
use crate::{
    city::City,
    domain::{Language, Title},
    export,
    query::{self, Answer},
};

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Json,
    Csv,
    Xlsx,
    Geojson,
}

/// How an answer is to be given, beside the question itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Form {
    #[serde(default)]
    pub format: Format,
    #[serde(default)]
    pub lang: Language,
}

/// Writes the answer of a question whose rows are areas or places.
pub fn answer<R: Serialize, T: Serialize>(
    city: &City,
    answer: &Answer<R, T>,
    form: Form,
    title: Title,
) -> Result<Document, ApiError> {
    let failed = |e: std::io::Error| ApiError::Internal(e.to_string());
    let Form { format, lang } = form;
    match format {
        Format::Json => Document::json(answer),
        Format::Csv => {
            let table = query::to_table(city, answer, title.clone(), lang);
            let mut out = Vec::new();
            export::write_csv(&table, lang, &mut out).map_err(failed)?;
            let kind = "text/csv; charset=utf-8";
            Ok(Document::file(out, kind, &title, "csv", lang))
        }
        Format::Xlsx => {
            let table = query::to_table(city, answer, title.clone(), lang);
            let out =
                export::write_xlsx(&table, lang).map_err(|e| ApiError::Internal(e.to_string()))?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(Document::file(out, kind, &title, "xlsx", lang))
        }
        Format::Geojson => Ok(geojson(&query::to_geojson(city, answer), &title, lang)),
    }
}

/// A collection of features as a file to keep.
pub fn geojson(collection: &serde_json::Value, title: &Title, lang: Language) -> Document {
    let bytes = collection.to_string().into_bytes();
    Document::file(bytes, "application/geo+json", title, "geojson", lang)
}
