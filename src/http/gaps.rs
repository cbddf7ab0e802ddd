//! Norms, gaps, and who is served by nobody.

use axum::{extract::State, response::Response};

use super::{
    ApiError, AppState, Asker, Document,
    answers::{Format, answer, geojson, tabled},
    asked::With,
    questions::title,
};
use crate::query::{self, BlindSpotsQuery, GapsQuery, SchoolPlacesQuery};

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
    With { question, form }: With<GapsQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::gaps(city, question, limits)?;
                match form.format {
                    Format::Json => Document::json(&found),
                    Format::Geojson => answer(
                        city,
                        &found.answer,
                        form,
                        title("供需差距", "Supply and demand"),
                    ),
                    _ => tabled(query::gaps_table(city, &found, form.lang), form),
                }
            },
        )
        .await
}

/// Where people live whom no facility of a service reaches (覆盖盲区), and how old they are.
#[utoipa::path(get, path = "/api/gaps/blind_spots", tag = "questions",
    params(
        ("service" = String, Query, description = "the item of the norm set"),
        ("norms" = Option<String>, Query, description = "the norm set; public_services without it"),
        ("level" = Option<String>, Query, description = "the level of `rows`, who is not covered by age; city without it"),
        ("area" = Option<String>, Query, description = "only homes within the area of this code"),
        ("mode" = Option<String>, Query, description = "straight: the service radius; walk or another: along the network"),
        ("cell_m" = Option<u32>, Query, description = "the side of a cell, 200 without it"),
        ("walk_speed_km_h" = Option<f64>, Query, description = "walking speed"),
        ("bicycle_speed_km_h" = Option<f64>, Query, description = "cycling speed"),
        ("departure" = Option<String>, Query, description = "when one sets out, by timetable"),
        ("arrival" = Option<String>, Query, description = "when one must be there, by timetable"),
        ("max_walk_m" = Option<f64>, Query, description = "the longest walk to a stop, by timetable"),
        ("caliber" = Option<String>, Query, description = "the population attribute"),
        ("period" = Option<String>, Query, description = "reference date"),
        ("format" = Option<String>, Query, description = "geojson (json is the same), csv or xlsx"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "a FeatureCollection of outlines with people; `rows` and `totals`: the uncovered by age", body = serde_json::Value)))]
pub async fn list_blind_spots(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<BlindSpotsQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::blind_spots(city, question, limits)?;
                match form.format {
                    Format::Json => Document::json(&query::blind_spots_to_geojson(&found)),
                    Format::Geojson => {
                        let title = title("覆盖盲区", "Blind spots");
                        let collection = query::blind_spots_to_geojson(&found);
                        Ok(geojson(collection, &title, &form))
                    }
                    _ => tabled(query::blind_spots_table(city, &found, form.lang), form),
                }
            },
        )
        .await
}

/// School by school, the children around it beside its places, now and in some years (学位供需).
#[utoipa::path(get, path = "/api/school_places", tag = "questions",
    params(
        ("area" = Option<String>, Query, description = "only schools in the area of this code"),
        ("norms" = Option<String>, Query, description = "the norm set; public_services without it"),
        ("services" = Option<String>, Query, description = "some of its items; all with a class size without it"),
        ("mode" = Option<String>, Query, description = "straight: the service radius; walk or another: along the network"),
        ("walk_speed_km_h" = Option<f64>, Query, description = "walking speed"),
        ("ahead" = Option<String>, Query, description = "years ahead with commas between; 3,5 without it"),
        ("enrolment_rate" = Option<f64>, Query, description = "the share of an age group that comes, 0 to 1"),
        ("period" = Option<String>, Query, description = "reference date"),
        ("format" = Option<String>, Query, description = "json, csv or xlsx"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows by school and stage, totals by stage, left_out, provenance", body = serde_json::Value)))]
pub async fn list_school_places(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<SchoolPlacesQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::school_places(city, question, limits)?;
                match form.format {
                    Format::Json => Document::json(&found),
                    _ => tabled(query::school_places_table(city, &found, form.lang), form),
                }
            },
        )
        .await
}
