//! Norms, gaps, and who is served by nobody.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};

use super::{
    ApiError, AppState, Asker, Document,
    answers::{Format, answer, tabled},
    questions::{With, asked, title},
};
use crate::query::{self, GapsQuery};

/// What each area has of each service beside what its people need (供需差距).
#[utoipa::path(get, path = "/api/gaps", tag = "questions",
    params(
        ("level" = String, Query, description = "an area level, or city"),
        ("area" = Option<String>, Query, description = "only areas within the one of this code"),
        ("norms" = Option<String>, Query, description = "the norm set; public_services without it"),
        ("services" = Option<String>, Query, description = "some of its items, with commas between"),
        ("circle" = Option<u32>, Query, description = "only items of this life circle, minutes"),
        ("denominator" = Option<String>, Query, description = "population, buildings, residential_land or land"),
        ("mode" = Option<String>, Query, description = "how coverage along the network is measured; walk without it"),
        ("walk_speed_km_h" = Option<f64>, Query, description = "walking speed"),
        ("bicycle_speed_km_h" = Option<f64>, Query, description = "cycling speed"),
        ("departure" = Option<String>, Query, description = "when one sets out, by timetable"),
        ("arrival" = Option<String>, Query, description = "when one must be there, by timetable"),
        ("max_walk_m" = Option<f64>, Query, description = "the longest walk to a stop, by timetable"),
        ("caliber" = Option<String>, Query, description = "the population attribute of services for all residents"),
        ("enrolment_rate" = Option<f64>, Query, description = "the share of an age group that comes, 0 to 1, in place of the norm's"),
        ("period" = Option<String>, Query, description = "reference date"),
        ("earlier" = Option<String>, Query, description = "what changes are counted from; the last state before without it"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows by area and service, totals by service, norms, assumptions, left_out, provenance", body = serde_json::Value)))]
pub async fn list_gaps(
    State(state): State<AppState>,
    asker: Asker,
    question: Result<Query<With<GapsQuery>>, QueryRejection>,
) -> Result<Response, ApiError> {
    let With { question, form } = asked(question)?;
    state
        .ask(asker, question, form, move |city, question, limits| {
            let found = query::gaps(city, question, limits)?;
            match form.format {
                Format::Json => Document::json(&found),
                Format::Geojson => {
                    answer(city, &found.answer, form, title("供需差距", "Supply and demand"))
                }
                _ => tabled(&query::gaps_table(city, &found, form.lang), form),
            }
        })
        .await
}
