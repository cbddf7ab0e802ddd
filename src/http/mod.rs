//! Routes: parse, ask, answer. Only this room knows status codes and JSON envelopes.

mod answers;
mod areas;
mod assets;
mod city;
mod compress;
mod download;
mod error;
mod features;
mod guard;
mod health;
mod layers;
mod openapi;
mod questions;
mod router;
mod state;
mod stations;
mod tiles;

pub use error::ApiError;
pub use router::router;
pub use state::AppState;

/// Serves until `stop` resolves, then lets running requests end.
///
/// # Errors
/// What the listener says.
pub async fn serve(
    listener: tokio::net::TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(state))
        .with_graceful_shutdown(stop)
        .await
}
