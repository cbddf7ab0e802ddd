//! Routes: parse, ask, answer. Only this room knows status codes and JSON envelopes.

mod access;
mod answers;
mod areas;
mod asked;
mod asker;
mod assets;
mod city;
mod commute;
mod compress;
mod computing;
mod document;
mod download;
mod error;
mod etag;
mod features;
mod gaps;
mod guard;
mod health;
mod jobs;
mod layers;
mod norms;
mod openapi;
mod questions;
mod reports;
mod router;
mod scenarios;
mod siting;
mod snapshot;
mod state;
mod stations;
mod stream;
mod tiles;
mod travel_times;
mod zoning;

use asker::Asker;
pub use computing::Bounds;
use document::Document;
pub use error::ApiError;
pub use router::router;
pub use state::AppState;

/// Serves until `stop` resolves, then cancels the jobs and lets running requests end.
///
/// # Errors
/// What the listener says.
pub async fn serve(
    listener: tokio::net::TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let jobs = state.jobs.clone();
    let stop = async move {
        stop.await;
        jobs.close();
    };
    axum::serve(listener, router(state))
        .with_graceful_shutdown(stop)
        .await
}
