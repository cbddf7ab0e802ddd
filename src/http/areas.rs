//! Areas and the calibers of their population.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use serde::{Deserialize, Serialize};

use super::{
    ApiError, AppState, Asker, Document,
    answers::{Form, answer},
    asked::{With, asked},
    questions::title,
};
use crate::{
    domain::Period,
    query::{self, AreasQuery, CalibersQuery},
};

/// All areas of a level with the sum of every count inside (单元一览).
#[utoipa::path(get, path = "/api/areas", tag = "areas",
    params(
        ("level" = String, Query, description = "an area level"),
        ("caliber" = Option<String>, Query, description = "the population attribute of the density"),
        ("period" = Option<String>, Query, description = "reference date"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows, totals, left_out, provenance", body = serde_json::Value)))]
pub async fn list_areas(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<AreasQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::areas(city, question, limits)?;
                answer(city, &found, form, title("单元一览", "Areas"))
            },
        )
        .await
}

/// The population calibers of every area of a level side by side (口径对照表).
#[utoipa::path(get, path = "/api/calibers", tag = "areas",
    params(
        ("level" = String, Query, description = "an area level, or city"),
        ("period" = Option<String>, Query, description = "reference date"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows, totals, left_out, provenance", body = serde_json::Value)))]
pub async fn list_calibers(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<CalibersQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::calibers(city, question, limits)?;
                answer(
                    city,
                    &found,
                    form,
                    title("人口口径对照表", "Calibers side by side"),
                )
            },
        )
        .await
}

#[derive(Debug, Deserialize, Serialize)]
pub struct AtPeriod {
    pub period: Option<Period>,
}

/// Everything about one area.
#[utoipa::path(get, path = "/api/areas/{code}", tag = "areas",
    params(("code" = String, Path, description = "the area code"),
           ("period" = Option<String>, Query, description = "reference date")),
    responses((status = 200, description = "the area's row, outline, neighbors and calibers", body = serde_json::Value)))]
pub async fn find_area(
    State(state): State<AppState>,
    asker: Asker,
    Path(code): Path<String>,
    at: Result<Query<AtPeriod>, QueryRejection>,
) -> Result<Response, ApiError> {
    let at = asked(at)?;
    state
        .ask(asker, at, Form::default(), move |city, at, limits| {
            let card = query::area_card(city, &code, at.period.as_ref(), limits)?;
            Document::json(&card)
        })
        .await
}
