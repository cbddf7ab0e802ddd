use axum::{extract::State, response::Response};

use super::{
    ApiError, AppState, Asker,
    answers::json_or_table,
    asked::{Posted, With},
};
use crate::query::{self, AccessQuery};

/// How much of what facilities offer each place has (可达性), alone or in competition, and how
/// evenly it is shared.
#[utoipa::path(post, path = "/api/access", tag = "questions",
    params(("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = AccessQuery,
    responses((status = 200, description = "one row per place or area, summary, left_out, provenance", body = serde_json::Value)))]
pub async fn compute_access(
    State(state): State<AppState>,
    asker: Asker,
    Posted(With { question, form }): Posted<AccessQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::access(city, question, limits)?;
                json_or_table(&found, form, |found| query::access_table(city, found))
            },
        )
        .await
}
