use axum::{extract::State, response::Response};

use super::{
    ApiError, AppState, Asker,
    answers::json_or_table,
    asked::{Posted, With},
};
use crate::query::{self, SitingQuery};

/// Where new facilities do most good (选址): most people covered, least travel, nobody far or fewest
/// sites, with a bound on how much better any other choice could be.
#[utoipa::path(post, path = "/api/siting", tag = "questions",
    params(("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = SitingQuery,
    responses((status = 200, description = "one row per site in the order of use, totals, proof, out_of_reach, left_out, provenance", body = serde_json::Value)))]
pub async fn compute_siting(
    State(state): State<AppState>,
    asker: Asker,
    Posted(With { question, form }): Posted<SitingQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::siting(city, question, limits)?;
                json_or_table(&found, form, |found| query::siting_table(city, found))
            },
        )
        .await
}
