//! Layers: what there is, from where, and how its values are spread.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ApiError, AppState, Asker, Document, answers::Form, asked::asked, snapshot::Snapshot};
use crate::{domain::Period, query};

/// Every layer that this city knows, with the states it holds.
#[utoipa::path(get, path = "/api/layers", tag = "layers",
    responses((status = 200, description = "rows of layers", body = serde_json::Value)))]
pub async fn list_layers(Snapshot(city): Snapshot) -> impl IntoResponse {
    let rows: Vec<_> = city
        .catalog()
        .layers()
        .map(|l| query::describe_layer(&city, l))
        .collect();
    Json(json!({ "rows": rows }))
}

/// One layer.
#[utoipa::path(get, path = "/api/layers/{layer}", tag = "layers",
    params(("layer" = String, Path, description = "the layer")),
    responses((status = 200, description = "the layer", body = serde_json::Value)))]
pub async fn find_layer(
    Snapshot(city): Snapshot,
    Path(layer): Path<String>,
) -> Result<Response, ApiError> {
    let missing = || ApiError::NotFound {
        what: "layer",
        name: layer.chars().take(64).collect(),
    };
    let definition = city.catalog().layer(&layer).ok_or_else(missing)?;
    Ok(Json(query::describe_layer(&city, definition)).into_response())
}

#[derive(Debug, Deserialize, Serialize)]
pub struct ValuesQuery {
    classes: Option<usize>,
    period: Option<Period>,
}

/// How the values of an attribute are spread, with class breaks.
#[utoipa::path(get, path = "/api/layers/{layer}/values/{attribute}", tag = "layers",
    params(("layer" = String, Path, description = "the layer"),
           ("attribute" = String, Path, description = "a count or number"),
           ("classes" = Option<usize>, Query, description = "3 to 9"),
           ("period" = Option<String>, Query, description = "reference date")),
    responses((status = 200, description = "extent, sample and breaks", body = serde_json::Value)))]
pub async fn list_values(
    State(state): State<AppState>,
    asker: Asker,
    Path((layer, attribute)): Path<(String, String)>,
    question: Result<Query<ValuesQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let question = asked(question)?;
    let form = Form::default();
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let classes = question.classes.unwrap_or(5);
                let period = question.period.as_ref();
                let values = query::values(city, &layer, &attribute, classes, period, limits)?;
                Document::json(&values)
            },
        )
        .await
}
