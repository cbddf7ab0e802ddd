//! The city as a whole, and the words it is described in.

use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
    response::IntoResponse,
};
use serde_json::json;

use super::{ApiError, asked::asked, snapshot::Snapshot};
use crate::query::{self, TimetableDay, TimetableQuery};

/// What this city is: title, periods, levels, calibers, markings.
#[utoipa::path(get, path = "/api/city", tag = "city",
    responses((status = 200, description = "the city", body = serde_json::Value)))]
pub async fn find_city(Snapshot(city): Snapshot) -> impl IntoResponse {
    Json(query::overview(&city))
}

/// From when to when vehicles run on a date of the timetable, and what it lacks of what feeds usually
/// offer (运营时段). `transit` of `GET /api/city` names the first and the last date, and the one that
/// is asked about here without another.
#[utoipa::path(get, path = "/api/timetable", tag = "city",
    params(("date" = Option<String>, Query, description = "a service date, 2019-05-13; the busiest weekday without it")),
    responses(
        (status = 200, description = "the hours of service of the date", body = query::TimetableDay),
        (status = 400, description = "no date, or one without service: reason `no_service` with the nearest that have it", body = serde_json::Value),
        (status = 404, description = "the city has no timetable", body = serde_json::Value)))]
pub async fn find_timetable_day(
    Snapshot(city): Snapshot,
    question: Result<Query<TimetableQuery>, QueryRejection>,
) -> Result<Json<TimetableDay>, ApiError> {
    Ok(Json(query::timetable_day(&city, &asked(question)?)?))
}

/// What other programs wrote into the city's home and is not sound (外部编辑的错误): values that are taken as
/// missing, shapes that are repaired or left out. What is mended there is no longer listed.
#[utoipa::path(get, path = "/api/faults", tag = "city",
    responses((status = 200, description = "rows of faults: layer, period, id, field, reason", body = query::Faults)))]
pub async fn list_faults(Snapshot(city): Snapshot) -> impl IntoResponse {
    Json(query::faults(&city))
}

/// Every result column with its title, unit and definition.
#[utoipa::path(get, path = "/api/terms", tag = "city",
    responses((status = 200, description = "rows of terms", body = serde_json::Value)))]
pub async fn list_terms(Snapshot(city): Snapshot) -> impl IntoResponse {
    let rows: Vec<_> = city.catalog().terms().collect();
    Json(json!({ "rows": rows }))
}
