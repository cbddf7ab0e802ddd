//! Large bodies: no more of them at once than there is memory for.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use super::{ApiError, AppState};

/// The largest body of a question: a polygon of 100,000 corners fits.
pub const MOST_BYTES: usize = 8 << 20;

/// Bodies up to this length are let through as they come.
const SMALL_BYTES: usize = 64 << 10;

/// What larger bodies may hold together, in memory several times as much once they are read.
const TOGETHER_BYTES: usize = 64 << 20;

/// How long one waits for its turn.
const WAIT: Duration = Duration::from_secs(10);

/// Turns of large bodies, one for each [`SMALL_BYTES`].
#[derive(Clone, Debug)]
pub struct Bodies(Arc<Semaphore>);

impl Default for Bodies {
    fn default() -> Self {
        Bodies(Arc::new(Semaphore::new(TOGETHER_BYTES / SMALL_BYTES)))
    }
}

/// Lets a body in when there is room for it, and refuses at once what is too large.
pub async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let bytes = length(&request);
    if bytes <= SMALL_BYTES {
        return next.run(request).await;
    }
    if bytes > MOST_BYTES {
        return ApiError::LargeBody(MOST_BYTES).into_response();
    }
    let parts = u32::try_from(bytes.div_ceil(SMALL_BYTES)).unwrap_or(u32::MAX);
    let turn = tokio::time::timeout(WAIT, state.bodies.0.acquire_many(parts)).await;
    match turn {
        Ok(Ok(_turn)) => next.run(request).await,
        _ => ApiError::Busy.into_response(),
    }
}

/// How long a body says that it is; one that does not say may be as long as any.
fn length(request: &Request) -> usize {
    let told = request.headers().get(header::CONTENT_LENGTH);
    match told.map(|told| told.to_str().unwrap_or("").parse()) {
        Some(told) => told.unwrap_or(usize::MAX),
        None if request.headers().contains_key(header::TRANSFER_ENCODING) => MOST_BYTES,
        None => 0,
    }
}
