//! One answer in the form that was asked for: JSON, CSV, XLSX or GeoJSON.

use serde::{Deserialize, Serialize};

use super::{ApiError, Asker, Document};
use crate::{
    city::City,
    domain::{Language, Title, Watermark},
    export::{self, ResultTable},
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Form {
    #[serde(default)]
    pub format: Format,
    #[serde(default)]
    pub lang: Language,
    /// What stands on a file; never said by the request itself.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Watermark>,
}

/// Writes the answer of a question whose rows are areas or places.
pub fn answer<R: Serialize, T: Serialize>(
    city: &City,
    answer: &Answer<R, T>,
    form: Form,
    title: Title,
) -> Result<Document, ApiError> {
    match form.format {
        Format::Json => Document::json(answer),
        Format::Csv | Format::Xlsx => {
            let table = query::to_table(city, answer, title, form.lang);
            tabled(table, form)
        }
        Format::Geojson => Ok(geojson(query::to_geojson(city, answer), &title, &form)),
    }
}

/// Writes an answer that has more than rows as JSON, else the table that it makes.
pub fn json_or_table<A: Serialize>(
    found: &A,
    form: Form,
    table: impl FnOnce(&A) -> ResultTable,
) -> Result<Document, ApiError> {
    match form.format {
        Format::Json => Document::json(found),
        _ => tabled(table(found), form),
    }
}

/// A table as a file, with the shapes of its rows as GeoJSON.
pub fn tabled(table: ResultTable, form: Form) -> Result<Document, ApiError> {
    let failed = |e: std::io::Error| ApiError::Internal(e.to_string());
    let title = form.named(&table.title);
    let Form {
        format,
        lang,
        watermark,
    } = form;
    let table = table.marked(watermark);
    match format {
        Format::Csv => {
            let mut out = Vec::new();
            export::write_csv(&table, lang, &mut out).map_err(failed)?;
            let kind = "text/csv; charset=utf-8";
            Ok(Document::file(out, kind, &title, "csv", lang))
        }
        Format::Xlsx => {
            let out =
                export::write_xlsx(&table, lang).map_err(|e| ApiError::Internal(e.to_string()))?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(Document::file(out, kind, &title, "xlsx", lang))
        }
        Format::Json | Format::Geojson => {
            let mut out = Vec::new();
            export::write_geojson(&table, &mut out).map_err(failed)?;
            let kind = "application/geo+json";
            Ok(Document::file(out, kind, &title, "geojson", lang))
        }
    }
}

/// A collection of features as a file to keep.
pub fn geojson(mut collection: serde_json::Value, title: &Title, form: &Form) -> Document {
    if let (Some(mark), Some(members)) = (&form.watermark, collection.as_object_mut()) {
        members.insert("watermark".to_owned(), mark.to_string().into());
    }
    let bytes = collection.to_string().into_bytes();
    let title = form.named(title);
    Document::file(bytes, "application/geo+json", &title, "geojson", form.lang)
}

impl Form {
    /// The one form of what is always a file.
    pub fn of_file(asker: &Asker) -> Self {
        Form {
            watermark: asker.watermark.clone(),
            ..Form::default()
        }
    }

    /// What a file of this title is called.
    pub fn named(&self, title: &Title) -> Title {
        let marked = self.watermark.as_ref().map(|mark| mark.after(title));
        marked.unwrap_or_else(|| title.clone())
    }
}
