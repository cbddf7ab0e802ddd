//! Single features.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};

use super::{ApiError, AppState, Asker, Document, answers::Form, areas::AtPeriod, asked::asked};
use crate::query::{self, FeaturesQuery};

/// The features of a layer, page by page.
#[utoipa::path(get, path = "/api/layers/{layer}/features", tag = "layers",
    params(
        ("layer" = String, Path, description = "the layer"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north"),
        ("where" = Option<String>, Query, description = "CQL2 text that features meet"),
        ("limit" = Option<usize>, Query, description = "at most 1000, 100 by default"),
        ("cursor" = Option<String>, Query, description = "where the last page ended"),
        ("period" = Option<String>, Query, description = "reference date"),
    ),
    responses((status = 200, description = "a GeoJSON collection", body = serde_json::Value)))]
pub async fn list_features(
    State(state): State<AppState>,
    asker: Asker,
    Path(layer): Path<String>,
    question: Result<Query<FeaturesQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let question = asked(question)?;
    let form = Form::default();
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                Document::json(&query::features(city, &layer, question, limits)?)
            },
        )
        .await
}

/// One feature with the areas around it; its etag goes into `If-Match` of an edit.
#[utoipa::path(get, path = "/api/layers/{layer}/features/{id}", tag = "layers",
    params(("layer" = String, Path, description = "the layer"),
           ("id" = String, Path, description = "the feature"),
           ("period" = Option<String>, Query, description = "reference date")),
    responses((status = 200, description = "a GeoJSON feature", body = serde_json::Value)))]
pub async fn find_feature(
    State(state): State<AppState>,
    asker: Asker,
    Path((layer, id)): Path<(String, String)>,
    at: Result<Query<AtPeriod>, QueryRejection>,
) -> Result<Response, ApiError> {
    let at = asked(at)?;
    state
        .ask(asker, at, Form::default(), move |city, at, _| {
            let feature = query::feature(city, &layer, &id, at.period.as_ref())?;
            let version = feature["version"].as_str().unwrap_or_default();
            Ok(Document::json(&feature)?.tagged(version))
        })
        .await
}
