//! A layer as a file.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::HeaderName,
    response::Response,
};
use serde::{Deserialize, Serialize};

use super::{ApiError, AppState, Asker, Document, answers::Form, asked::asked, snapshot::Snapshot};
use crate::{
    domain::{Language, Period},
    export::{self, Format, TemplateFormat},
    query::{self, FileOf, Limits, QueryError},
};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DownloadQuery {
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    period: Option<Period>,
    #[serde(default, rename = "where")]
    condition: Option<String>,
    #[serde(default)]
    lang: Language,
}

/// The features of a layer as a file to keep.
///
/// Where the format cannot hold everything, the header `x-suitu-losses` says what was cut.
#[utoipa::path(get, path = "/api/layers/{layer}/download", tag = "layers",
    params(("layer" = String, Path, description = "the layer"),
           ("format" = Option<String>, Query,
            description = "xlsx (default), csv, geojson, geojsonl, flatgeobuf, gpkg or shapefile"),
           ("period" = Option<String>, Query, description = "reference date"),
           ("where" = Option<String>, Query, description = "CQL2 text that features meet"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    responses((status = 200, description = "the file", content_type = "application/octet-stream")))]
pub async fn download_layer(
    State(state): State<AppState>,
    asker: Asker,
    Path(layer): Path<String>,
    question: Result<Query<DownloadQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let question = asked(question)?;
    let refused = |e: export::ExportError| QueryError::field("format", e.to_string());
    let format: Format = question
        .format
        .as_deref()
        .unwrap_or("xlsx")
        .parse()
        .map_err(refused)?;
    let form = Form::of_file(&asker);
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let loaded = query::layer_state(city, &layer, question.period.as_ref())?;
                let filter = query::condition(loaded, question.condition.as_deref())?;
                let watermark = form.watermark.as_ref();
                let title = form.named(&query::file_title(city, loaded));
                // The last commit's time, so that equal data give equal bytes.
                let at = loaded.records.last().map_or("", |r| &r.imported_at);
                let lang = question.lang;
                let mut out = Waited {
                    bytes: Vec::new(),
                    limits,
                };
                let taken = FileOf {
                    format,
                    language: lang,
                    filter: filter.as_ref(),
                    exported_at: at,
                    watermark,
                };
                let done = query::write_layer(city, loaded, &taken, &mut out).map_err(refused)?;
                let (kind, extension) = (format.media_type(), format.extension());
                let document = Document::file(out.bytes, kind, &title, extension, lang);
                let losses: Vec<String> =
                    done.losses.iter().map(|l| l.text(Language::En)).collect();
                Ok(match losses.is_empty() {
                    true => document,
                    false => document.with(LOSSES, &losses.join("; ")),
                })
            },
        )
        .await
}

/// What the format could not hold.
const LOSSES: HeaderName = HeaderName::from_static("x-suitu-losses");

/// A file in memory, as long as somebody waits for it.
struct Waited<'l> {
    bytes: Vec<u8>,
    limits: &'l Limits,
}

impl std::io::Write for Waited<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let stopped = |e: QueryError| std::io::Error::other(e.to_string());
        self.limits.check().map_err(stopped)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An empty workbook to fill for a layer (数据模板).
#[utoipa::path(get, path = "/api/layers/{layer}/template", tag = "layers",
    params(("layer" = String, Path, description = "the layer"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    responses((status = 200, description = "an XLSX workbook", content_type = "application/octet-stream")))]
pub async fn find_template(
    Snapshot(city): Snapshot,
    asker: Asker,
    Path(layer): Path<String>,
    question: Result<Query<DownloadQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let DownloadQuery { lang, .. } = asked(question)?;
    let missing = || ApiError::NotFound {
        what: "layer",
        name: layer.chars().take(64).collect(),
    };
    let definition = city.catalog().layer(&layer).ok_or_else(missing)?;
    let mut out = Vec::new();
    export::write_template(
        definition,
        city.catalog(),
        lang,
        TemplateFormat::Xlsx,
        &mut out,
    )
    .map_err(|e| ApiError::Internal(e.to_string()))?;
    let kind = Format::Xlsx.media_type();
    let template = Document::file(out, kind, &definition.title, "xlsx", lang);
    Ok(template.respond(&asker.headers))
}
