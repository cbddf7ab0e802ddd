//! The city as a whole, and the words it is described in.

use axum::{Json, response::IntoResponse};
use serde_json::json;

use super::snapshot::Snapshot;
use crate::query;

/// What this city is: title, periods, levels, calibers, markings.
#[utoipa::path(get, path = "/api/city", tag = "city",
    responses((status = 200, description = "the city", body = serde_json::Value)))]
pub async fn find_city(Snapshot(city): Snapshot) -> impl IntoResponse {
    Json(query::overview(&city))
}

/// Every result column with its title, unit and definition.
#[utoipa::path(get, path = "/api/terms", tag = "city",
    responses((status = 200, description = "rows of terms", body = serde_json::Value)))]
pub async fn list_terms(Snapshot(city): Snapshot) -> impl IntoResponse {
    let rows: Vec<_> = city.catalog().terms().collect();
    Json(json!({ "rows": rows }))
}
