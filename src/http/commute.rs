//! Commuting and its flows.

use axum::{extract::State, response::Response};

use super::{
    ApiError, AppState, Asker,
    answers::{Format, answer, geojson},
    asked::With,
    questions::title,
};
use crate::query::{self, CommuteQuery, FlowsQuery};

/// Who commutes where, how far, and how far from the least that homes and jobs allow (通勤).
#[utoipa::path(get, path = "/api/commute", tag = "questions",
    params(
        ("level" = String, Query, description = "an area level"),
        ("cost" = Option<String>, Query, description = "how a commute is measured: straight, walk, bicycle, car …"),
        ("unit" = Option<String>, Query, description = "m or min"),
        ("intrazonal" = Option<String>, Query, description = "what a commute within an area costs: zero, half_nearest or radius"),
        ("walk_speed_km_h" = Option<f64>, Query, description = "what minutes on foot are turned into metres by"),
        ("bicycle_speed_km_h" = Option<f64>, Query, description = "what minutes by bicycle are turned into metres by"),
        ("departure" = Option<String>, Query, description = "when one sets out, by timetable"),
        ("arrival" = Option<String>, Query, description = "when one must be there, by timetable"),
        ("max_walk_m" = Option<f64>, Query, description = "the longest walk to a first stop and from a last one, metres"),
        ("mode" = Option<String>, Query, description = "only commuters by this mode"),
        ("period" = Option<String>, Query, description = "reference date; the newest state at or before it"),
        ("caliber" = Option<String>, Query, description = "the population that centers and mismatch are made from"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows, totals, left_out, provenance", body = serde_json::Value)))]
pub async fn list_commute(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<CommuteQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::commute(city, question, limits)?;
                answer(city, &found, form, title("通勤", "Commuting"))
            },
        )
        .await
}

/// The largest flows between areas as lines from home to work (期望线); JSON is GeoJSON here.
#[utoipa::path(get, path = "/api/flows", tag = "questions",
    params(
        ("level" = String, Query, description = "an area level"),
        ("limit" = Option<usize>, Query, description = "at most so many, 500 by default"),
        ("area" = Option<String>, Query, description = "only flows that begin or end in the area of this code"),
        ("within" = Option<String>, Query, description = "only flows between areas that lie in the area of this code, of any level"),
        ("mode" = Option<String>, Query, description = "only commuters by this mode"),
        ("period" = Option<String>, Query, description = "reference date; the newest state at or before it"),
        ("format" = Option<String>, Query, description = "geojson, csv or xlsx"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "a collection of lines, largest first, with totals", body = serde_json::Value)))]
pub async fn list_flows(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<FlowsQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::flow_lines(city, question, limits)?;
                let title = title("通勤流", "Commuting flows");
                match form.format {
                    Format::Json | Format::Geojson => {
                        let lines = query::flow_lines_to_geojson(&found);
                        Ok(geojson(lines, &title, &form))
                    }
                    _ => answer(city, &found, form, title),
                }
            },
        )
        .await
}
