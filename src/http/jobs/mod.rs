//! Jobs (任务): questions whose answers are fetched later, with progress meanwhile.
//!
//! A job is for somebody: one that nobody asks about for two minutes and to whose events nobody
//! listens is cancelled.

mod job;
mod registry;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};

use super::{ApiError, AppState, Asker, computing::Stage};
use crate::query::QueryError;

pub use job::Job;
pub use registry::Jobs;

/// How often progress is looked at for those who listen.
const TICK: Duration = Duration::from_millis(250);

/// How often a listener hears something even where nothing changes.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// That a question is accepted, and where its answer will be.
pub fn accepted(job: &Job) -> Response {
    let mut response = (StatusCode::ACCEPTED, described(job)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        "preference-applied",
        HeaderValue::from_static("respond-async"),
    );
    if let Ok(address) = HeaderValue::from_str(&job.address()) {
        headers.insert(header::LOCATION, address);
    }
    response
}

fn described(job: &Job) -> impl IntoResponse + use<> {
    let fresh = [(header::CACHE_CONTROL, "no-store")];
    (fresh, Json(job.describe()))
}

/// How far a job is. Ask at least once a minute or listen to its events: a job about which nobody
/// asks for two minutes is cancelled. What has ended is kept for an hour.
#[utoipa::path(get, path = "/api/jobs/{job}", tag = "jobs",
    params(("job" = String, Path, description = "the number that the 202 told")),
    responses((status = 200, description = "state (waiting, running, done, failed, cancelled), progress, problem, address of the answer", body = serde_json::Value),
              (status = 404, description = "never was, or is no longer kept")))]
pub async fn find_job(
    State(state): State<AppState>,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Ok(described(&*state.jobs.find(&id, asker.who.as_ref())?).into_response())
}

/// Cancels a job; one that has ended stays as it is.
#[utoipa::path(delete, path = "/api/jobs/{job}", tag = "jobs",
    params(("job" = String, Path, description = "the number that the 202 told")),
    responses((status = 200, description = "the job as it is now", body = serde_json::Value),
              (status = 404, description = "never was, or is no longer kept")))]
pub async fn cancel_job(
    State(state): State<AppState>,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let job = state.jobs.find(&id, asker.who.as_ref())?;
    job.cancel();
    Ok(described(&job).into_response())
}

/// The answer of a job: the bytes that the question has without one.
#[utoipa::path(get, path = "/api/jobs/{job}/answer", tag = "jobs",
    params(("job" = String, Path, description = "the number that the 202 told")),
    responses((status = 200, description = "the answer in the form that was asked for", body = serde_json::Value),
              (status = 304, description = "not changed"),
              (status = 404, description = "never was, or is no longer kept"),
              (status = 409, description = "not done yet"),
              (status = 410, description = "cancelled")))]
pub async fn find_answer(
    State(state): State<AppState>,
    Path(id): Path<String>,
    asker: Asker,
) -> Result<Response, ApiError> {
    match state.jobs.find(&id, asker.who.as_ref())?.stage() {
        Stage::Waiting | Stage::Running => Err(ApiError::NotYet),
        Stage::Ended(Err(ApiError::Query(QueryError::Cancelled))) => Err(ApiError::JobCancelled),
        Stage::Ended(outcome) => Ok(outcome?.respond(&asker.headers)),
    }
}

/// The progress of a job as server-sent events, until it ends.
#[utoipa::path(get, path = "/api/jobs/{job}/events", tag = "jobs",
    params(("job" = String, Path, description = "the number that the 202 told")),
    responses((status = 200, description = "events `progress`, and `end` as the last; their data is the job", content_type = "text/event-stream", body = String),
              (status = 404, description = "never was, or is no longer kept")))]
pub async fn list_events(
    State(state): State<AppState>,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let events = Sse::new(events(state.jobs.find(&id, asker.who.as_ref())?));
    let alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(events.keep_alive(alive).into_response())
}

fn events(job: Arc<Job>) -> impl Stream<Item = Result<Event, Infallible>> {
    let start = Some((job.changes(), String::new()));
    stream::unfold(start, move |told| {
        let job = job.clone();
        async move {
            let (mut changes, last) = told?;
            loop {
                // Asked first, so that the last event tells the end.
                let has_ended = job.has_ended();
                let now = job.describe().to_string();
                if has_ended {
                    let event = Event::default().event("end").data(now);
                    return Some((Ok(event), None));
                }
                if now != last {
                    let event = Event::default().event("progress").data(now.clone());
                    return Some((Ok(event), Some((changes, now))));
                }
                tokio::time::timeout(TICK, changes.changed()).await.ok();
            }
        }
    })
}
