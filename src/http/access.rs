use axum::{
    Json,
    extract::{
        Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};

use super::{
    ApiError, AppState,
    answers::{Form, Format, tabled},
    questions::{asked, posted},
};
use crate::query::{self, AccessQuery};

/// How much of what facilities offer each place has (可达性), alone or in competition, and how
/// evenly it is shared.
#[utoipa::path(post, path = "/api/access", tag = "questions",
    params(("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = serde_json::Value,
    responses((status = 200, description = "one row per place or area, summary, left_out, provenance", body = serde_json::Value)))]
pub async fn compute_access(
    State(state): State<AppState>,
    form: Result<Query<Form>, QueryRejection>,
    question: Result<Json<AccessQuery>, JsonRejection>,
) -> Result<Response, ApiError> {
    let (form, question) = (asked(form)?, posted(question)?);
    let city = state.city();
    let found = state
        .compute(move |city, limits| query::access(city, &question, limits))
        .await?;
    match form.format {
        Format::Json => Ok(Json(found).into_response()),
        _ => tabled(&query::access_table(&city, &found), form),
    }
}
