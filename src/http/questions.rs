//! Balance, statistics, catchments, coverage, search.

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use serde_json::json;

use super::{
    ApiError, AppState, Asker, Document,
    answers::{Form, Format, answer, geojson},
    asked::{Posted, With, asked},
};
use crate::{
    domain::Title,
    query::{
        self, BalanceQuery, BalanceReportQuery, CatchmentsQuery, CoverageQuery, SearchQuery,
        StatisticsQuery,
    },
};

/// The job-housing balance (职住平衡) of every area of a level.
#[utoipa::path(get, path = "/api/balance", tag = "questions",
    params(
        ("level" = String, Query, description = "an area level, or city"),
        ("catchment_m" = Option<f64>, Query, description = "reach of a floating catchment, metres"),
        ("minutes" = Option<f64>, Query, description = "the same in minutes"),
        ("mode" = Option<String>, Query, description = "straight, walk or another mode of the city"),
        ("walk_speed_km_h" = Option<f64>, Query, description = "walking speed"),
        ("bicycle_speed_km_h" = Option<f64>, Query, description = "cycling speed"),
        ("departure" = Option<String>, Query, description = "when one sets out, by timetable"),
        ("arrival" = Option<String>, Query, description = "when one must be there, by timetable"),
        ("max_walk_m" = Option<f64>, Query, description = "the longest walk to a stop, by timetable"),
        ("period" = Option<String>, Query, description = "reference date; the newest state at or before it"),
        ("caliber" = Option<String>, Query, description = "the population attribute shown beside"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows, totals, left_out, provenance", body = serde_json::Value)))]
pub async fn list_balance(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<BalanceQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::balance(city, question, limits)?;
                answer(city, &found, form, title("职住平衡", "Job-housing balance"))
            },
        )
        .await
}

/// The job-housing balance at several scales at once (职住平衡多尺度报告), and the places balanced by
/// count but not in fact.
#[utoipa::path(get, path = "/api/balance_report", tag = "questions",
    params(
        ("levels" = Option<String>, Query, description = "area levels with commas between; all without it"),
        ("area" = Option<String>, Query, description = "only units in the area of this code"),
        ("grid_m" = Option<u32>, Query, description = "side of a grid cell, whole metres; 1000 without it"),
        ("catchment_m" = Option<f64>, Query, description = "straight radius of a floating catchment; 5000 without it"),
        ("minutes" = Option<f64>, Query, description = "reach of a catchment along the network; 30 without it"),
        ("mode" = Option<String>, Query, description = "by which way those minutes are: car, bicycle, walk, transit"),
        ("walk_speed_km_h" = Option<f64>, Query, description = "walking speed"),
        ("bicycle_speed_km_h" = Option<f64>, Query, description = "cycling speed"),
        ("departure" = Option<String>, Query, description = "when one sets out, by timetable"),
        ("arrival" = Option<String>, Query, description = "when one must be there, by timetable"),
        ("max_walk_m" = Option<f64>, Query, description = "the longest walk to a stop, by timetable"),
        ("least" = Option<f64>, Query, description = "the lower end of the balanced band"),
        ("most" = Option<f64>, Query, description = "its upper end"),
        ("self_containment" = Option<f64>, Query, description = "below it a place is balanced by count only; the median of the level without it"),
        ("part" = Option<String>, Query, description = "what a table shows: scales or nominal"),
        ("period" = Option<String>, Query, description = "reference date; the newest state at or before it"),
        ("format" = Option<String>, Query, description = "json, csv or xlsx"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "one row for each scale, nominal, rules, totals, provenance", body = serde_json::Value)))]
pub async fn list_balance_report(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<BalanceReportQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::balance_report(city, question, limits)?;
                match form.format {
                    Format::Json => Document::json(&found),
                    _ => {
                        let flat = query::flat_balance_report(&found, form.lang);
                        answer(city, &flat, form, found.title)
                    }
                }
            },
        )
        .await
}

/// The share of people, homes or residential land with a facility within reach (服务覆盖率).
#[utoipa::path(get, path = "/api/coverage", tag = "questions",
    params(
        ("layer" = String, Query, description = "the facility layer"),
        ("cutoff" = f64, Query, description = "the largest distance or time, in `unit`"),
        ("level" = String, Query, description = "an area level, or city"),
        ("demand" = Option<String>, Query, description = "the population attribute"),
        ("denominator" = Option<String>, Query, description = "population, buildings or residential_land"),
        ("mode" = Option<String>, Query, description = "straight, walk or another mode of the city"),
        ("unit" = Option<String>, Query, description = "m or min"),
        ("walk_speed_km_h" = Option<f64>, Query, description = "walking speed"),
        ("bicycle_speed_km_h" = Option<f64>, Query, description = "cycling speed"),
        ("departure" = Option<String>, Query, description = "when one sets out from home, by timetable: YYYY-MM-DD,FROM[,TO[,PERCENTILE]]"),
        ("arrival" = Option<String>, Query, description = "when one must be at the facility, by timetable: YYYY-MM-DD,HH:MM"),
        ("max_walk_m" = Option<f64>, Query, description = "the longest walk to a stop, by timetable"),
        ("period" = Option<String>, Query, description = "reference date"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows, totals, left_out, provenance", body = serde_json::Value)))]
pub async fn list_coverage(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<CoverageQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::coverage(city, question, limits)?;
                let title = query::coverage_title(city, question.denominator);
                match form.format {
                    Format::Json => Document::json(&found),
                    _ => answer(city, &query::flat_coverage(&found, form.lang), form, title),
                }
            },
        )
        .await
}

/// Sums of every count inside a polygon or an area (范围统计).
#[utoipa::path(post, path = "/api/statistics", tag = "questions",
    request_body = StatisticsQuery,
    responses((status = 200, description = "one row per layer and count", body = serde_json::Value)))]
pub async fn compute_statistics(
    State(state): State<AppState>,
    asker: Asker,
    Posted(With { question, form }): Posted<StatisticsQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::statistics(city, question, limits)?;
                if form.format == Format::Json {
                    return Document::json(&found);
                }
                let flat = query::flat_statistics(city, &found, form.lang);
                answer(city, &flat, form, title("范围统计", "Statistics"))
            },
        )
        .await
}

/// Who and what lies within reach of places or features (服务区).
#[utoipa::path(post, path = "/api/catchments", tag = "questions",
    params(("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = CatchmentsQuery,
    responses((status = 200, description = "catchments by origin and cutoff, and their union", body = serde_json::Value)))]
pub async fn compute_catchments(
    State(state): State<AppState>,
    asker: Asker,
    Posted(With { mut question, form }): Posted<CatchmentsQuery>,
) -> Result<Response, ApiError> {
    // Who asks for a file of shapes wants shapes.
    question.geometry |= form.format == Format::Geojson;
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::catchments(city, question, limits)?;
                let title = title("服务区", "Catchments");
                match form.format {
                    Format::Json => Document::json(&found),
                    Format::Geojson => {
                        let collection = query::catchments_to_geojson(&found, form.lang);
                        Ok(geojson(collection, &title, &form))
                    }
                    _ => {
                        let flat = query::flat_catchments(&found, form.lang);
                        answer(city, &flat, form, title)
                    }
                }
            },
        )
        .await
}

/// Places by Chinese or English name, code, pinyin or its initials (地名检索).
#[utoipa::path(get, path = "/api/search", tag = "questions",
    params(
        ("q" = String, Query, description = "name, code, pinyin or initials"),
        ("limit" = Option<usize>, Query, description = "at most 100, 10 by default"),
        ("period" = Option<String>, Query, description = "reference date"),
    ),
    responses((status = 200, description = "best first", body = serde_json::Value)))]
pub async fn search_places(
    State(state): State<AppState>,
    asker: Asker,
    question: Result<Query<SearchQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let question = asked(question)?;
    let form = Form::default();
    state
        .ask(asker, question, form.clone(), |city, question, limits| {
            Document::json(&json!({ "rows": query::search(city, question, limits)? }))
        })
        .await
}

pub(super) fn title(zh: &str, en: &str) -> Title {
    Title {
        zh: zh.into(),
        en: en.into(),
    }
}
