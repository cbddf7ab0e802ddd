use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    Json,
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::AppState;

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: AtomicU64,
    client_errors: AtomicU64,
    server_errors: AtomicU64,
    tiles: AtomicU64,
    microseconds: AtomicU64,
}

pub async fn count(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_tile = request.uri().path().starts_with("/tiles/");
    let start = std::time::Instant::now();
    let response = next.run(request).await;
    let metrics = &state.metrics;
    metrics.requests.fetch_add(1, Ordering::Relaxed);
    metrics
        .tiles
        .fetch_add(u64::from(is_tile), Ordering::Relaxed);
    let status = response.status();
    metrics
        .client_errors
        .fetch_add(u64::from(status.is_client_error()), Ordering::Relaxed);
    metrics
        .server_errors
        .fetch_add(u64::from(status.is_server_error()), Ordering::Relaxed);
    let spent = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    metrics.microseconds.fetch_add(spent, Ordering::Relaxed);
    response
}

/// `GET /health/live`: the process answers.
#[utoipa::path(get, path = "/health/live", tag = "operation", responses((status = 200, description = "the process answers")))]
pub async fn live() -> &'static str {
    "ok\n"
}

/// `GET /health/ready`: a city is loaded; how many changes of its home it does not show yet, and how many
/// seconds ago the home was last heard of.
#[utoipa::path(get, path = "/health/ready", tag = "operation", responses((status = 200, description = "a city is loaded")))]
pub async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    let lag = state.live.lag();
    let silence_s = lag.silence.as_secs();
    // With accounts everybody may ask this, and counts are not for everybody.
    if state.access.is_some() {
        return Json(json!({ "ready": true, "home_silence_s": silence_s }));
    }
    let city = state.city();
    let features: u64 = city
        .all_states()
        .map(|loaded| loaded.index.features())
        .sum();
    Json(json!({
        "data_version": city.version(),
        "features": features,
        "changes_behind": lag.changes,
        "home_silence_s": silence_s,
    }))
}

/// `GET /metrics`: counts in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, description = "counts since the start")))]
pub async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let m = &state.metrics;
    let answers = &state.computations.counts;
    let lag = state.live.lag();
    let jobs = state.jobs.load();
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let mut text = String::new();
    for (name, kind, value) in [
        ("suitu_requests_total", "counter", read(&m.requests)),
        (
            "suitu_client_errors_total",
            "counter",
            read(&m.client_errors),
        ),
        (
            "suitu_server_errors_total",
            "counter",
            read(&m.server_errors),
        ),
        ("suitu_tile_requests_total", "counter", read(&m.tiles)),
        (
            "suitu_request_microseconds_total",
            "counter",
            read(&m.microseconds),
        ),
        ("suitu_answer_hits_total", "counter", read(&answers.hits)),
        (
            "suitu_answer_joined_total",
            "counter",
            read(&answers.joined),
        ),
        (
            "suitu_answer_misses_total",
            "counter",
            read(&answers.misses),
        ),
        (
            "suitu_computations_running",
            "gauge",
            read(&answers.running),
        ),
        ("suitu_listeners", "gauge", state.seats.taken() as u64),
        (
            "suitu_district_cities_awaited_total",
            "counter",
            state.districts.awaited(),
        ),
        ("suitu_jobs_total", "counter", jobs.accepted),
        ("suitu_jobs_waiting", "gauge", jobs.waiting),
        ("suitu_jobs_running", "gauge", jobs.running),
        ("suitu_job_answer_bytes", "gauge", jobs.bytes),
        ("suitu_changes_behind", "gauge", lag.changes),
        ("suitu_home_silence_seconds", "gauge", lag.silence.as_secs()),
    ] {
        text += &format!("# TYPE {name} {kind}\n{name} {value}\n");
    }
    // Who administers sees no data, and each of these tells of every single edit.
    if state.access.is_none() {
        let city = state.city();
        let states = || city.all_states().map(|loaded| &loaded.index);
        let features: u64 = states().map(|index| index.features()).sum();
        let bytes: usize = states().map(|index| index.heap_bytes()).sum();
        for (name, value) in [
            ("suitu_data_version", city.version()),
            ("suitu_features", features),
            ("suitu_index_bytes", bytes as u64),
        ] {
            text += &format!("# TYPE {name} gauge\n{name} {value}\n");
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
