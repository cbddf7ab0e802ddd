//! Routes: parse, ask, answer. Only this room knows status codes and JSON envelopes.

mod access;
mod accounts;
mod answers;
mod areas;
mod asked;
mod asker;
mod assets;
mod bodies;
mod change;
mod city;
mod commute;
mod compress;
mod computing;
mod connections;
mod districts;
mod document;
mod download;
mod edited;
mod edits;
mod error;
mod etag;
mod events;
mod features;
mod gaps;
mod guard;
mod health;
mod jobs;
mod layers;
mod norms;
mod nul;
mod once;
mod openapi;
mod questions;
mod reports;
mod router;
mod scenarios;
mod schemas;
mod siting;
mod snapshot;
mod state;
mod stations;
mod stream;
mod tiles;
mod travel_times;
mod whole;
mod zoning;

use accounts::Access;
pub use accounts::Doors;
use asker::Asker;
pub use computing::Bounds;
use connections::Patience;
use document::Document;
pub use error::ApiError;
pub use router::router;
pub use state::AppState;

/// Serves until `stop` resolves, then cancels the jobs and lets running requests end.
pub async fn serve(
    listener: tokio::net::TcpListener,
    state: AppState,
    stop: impl Future<Output = ()>,
) {
    let (jobs, seats) = (state.jobs.clone(), state.seats.clone());
    let access = state.access.clone();
    let stop = async move {
        stop.await;
        jobs.close();
        seats.close();
    };
    connections::serve(listener, router(state), Patience::default(), stop).await;
    if let Some(access) = access {
        // Nothing that was done is left out of the record.
        let stopping = tokio::task::spawn_blocking(move || access.recorder.stop());
        stopping.await.ok();
    }
}
