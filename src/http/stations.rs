//! Stations: their surroundings, whom they cover, what another set of them changes.

use axum::{extract::State, response::Response};

use super::{
    ApiError, AppState, Asker, Document,
    answers::{Format, answer, geojson},
    asked::{Posted, With},
    questions::title,
};
use crate::query::{self, StationAreasQuery, StationChangeQuery, StationCoverageQuery};

/// People, jobs and densities around every station (站点影响区).
#[utoipa::path(get, path = "/api/station_areas", tag = "questions",
    params(
        ("layer" = Option<String>, Query, description = "the layer of stations, `stations` without it"),
        ("line" = Option<String>, Query, description = "only the stations of this line"),
        ("mode" = Option<String>, Query, description = "straight, walk or another mode of the city"),
        ("unit" = Option<String>, Query, description = "m or min"),
        ("walk_speed_km_h" = Option<f64>, Query, description = "walking speed"),
        ("bicycle_speed_km_h" = Option<f64>, Query, description = "cycling speed"),
        ("departure" = Option<String>, Query, description = "when one sets out, by timetable"),
        ("arrival" = Option<String>, Query, description = "when one must be there, by timetable"),
        ("max_walk_m" = Option<f64>, Query, description = "the longest walk to a stop, by timetable"),
        ("core" = Option<f64>, Query, description = "reach of the core area, 500 without it"),
        ("influence" = Option<f64>, Query, description = "reach of the influence area, 800 without it"),
        ("level" = Option<String>, Query, description = "the area level that stations are placed in"),
        ("area" = Option<String>, Query, description = "only the stations in the area with this code"),
        ("period" = Option<String>, Query, description = "reference date"),
        ("caliber" = Option<String>, Query, description = "the population attribute"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "a row for each station; the totals count each person once", body = serde_json::Value)))]
pub async fn list_station_areas(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<StationAreasQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::station_areas(city, question, limits)?;
                let title = title("站点影响区人口岗位", "People and jobs around stations");
                match form.format {
                    Format::Json => Document::json(&found),
                    Format::Geojson => {
                        let collection = query::station_areas_to_geojson(&found);
                        Ok(geojson(collection, &title, &form))
                    }
                    _ => {
                        let flat = query::flat_station_areas(city, &found, form.lang);
                        answer(city, &flat, form, title)
                    }
                }
            },
        )
        .await
}

/// Who lives and works near a station, circle beside street network, each counted once
/// (线网站点覆盖率).
#[utoipa::path(get, path = "/api/station_coverage", tag = "questions",
    params(
        ("level" = String, Query, description = "an area level, city, or a category of areas such as tier"),
        ("cutoffs" = Option<String>, Query, description = "metres, 300,500,600,800 without it"),
        ("layer" = Option<String>, Query, description = "the layer of stations, `stations` without it"),
        ("line" = Option<String>, Query, description = "only the stations of this line"),
        ("period" = Option<String>, Query, description = "reference date"),
        ("caliber" = Option<String>, Query, description = "the population attribute"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "a row for each area and cutoff; totals has one for each cutoff", body = serde_json::Value)))]
pub async fn list_station_coverage(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<StationCoverageQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::station_coverage(city, question, limits)?;
                let title = title("站点人口岗位覆盖率", "Coverage by stations");
                answer(city, &query::flat_cutoffs(&found), form, title)
            },
        )
        .await
}

/// What another set of stations changes in who is near one (站点方案对比).
#[utoipa::path(post, path = "/api/station_change", tag = "questions",
    params(("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = StationChangeQuery,
    responses((status = 200, description = "a row for each area and cutoff; totals has one for each cutoff", body = serde_json::Value)))]
pub async fn compute_station_change(
    State(state): State<AppState>,
    asker: Asker,
    Posted(With { question, form }): Posted<StationChangeQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::station_change(city, question, limits)?;
                let title = title("站点方案前后对比", "Stations before and after");
                match form.format {
                    Format::Json => Document::json(&found),
                    _ => answer(city, &query::flat_cutoffs(&found), form, title),
                }
            },
        )
        .await
}
