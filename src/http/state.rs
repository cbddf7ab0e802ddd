use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use axum::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{
    ApiError,
    stream::{Pipe, pipe},
};
use crate::{
    city::{City, LiveCity, LoadedLayer},
    domain::{LayerId, Period},
    query::{Limits, QueryError},
    tiles::{Shapes, TileCache},
};

/// What a question may take.
const MEMORY_BYTES: u64 = 512 << 20;
const QUESTION_SECONDS: u64 = 60;

/// Questions computed at once; more of them wait for a moment and are then refused.
const AT_ONCE: usize = 4;
const WAIT: Duration = Duration::from_secs(10);

const TILE_CACHE_BYTES: u64 = 256 << 20;

/// Outlines of a layer's state, by the state's name and version.
type ShapesKey = (LayerId, Period, u64);

/// What all routes share.
#[derive(Clone)]
pub struct AppState {
    pub(super) live: Arc<LiveCity>,
    pub(super) tiles: TileCache,
    shapes: Arc<Mutex<HashMap<ShapesKey, Arc<Shapes>>>>,
    questions: Arc<Semaphore>,
    /// Whether only this machine may ask: no accounts exist then.
    pub(super) loopback_only: bool,
    pub(super) metrics: Arc<super::health::Metrics>,
}

/// Stops a question that nobody waits for any longer.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Told once a streamed question is known to be sound: its answer begins then.
pub(super) struct Begin(Option<oneshot::Sender<()>>);

impl Begin {
    pub fn now(&mut self) {
        if let Some(begin) = self.0.take() {
            // Whoever asked may be gone; the writing notices that.
            let _ = begin.send(());
        }
    }
}

impl AppState {
    pub fn new(live: Arc<LiveCity>, loopback_only: bool) -> Self {
        AppState {
            live,
            tiles: TileCache::new(TILE_CACHE_BYTES),
            shapes: Arc::default(),
            questions: Arc::new(Semaphore::new(AT_ONCE)),
            loopback_only,
            metrics: Arc::default(),
        }
    }

    pub(super) fn city(&self) -> Arc<City> {
        self.live.snapshot()
    }

    /// Outlines for the tiles of a layer, made once per state.
    pub(super) fn shapes(&self, loaded: &LoadedLayer) -> Arc<Shapes> {
        let key = (
            loaded.layer().id.clone(),
            loaded.index.period().clone(),
            loaded.version,
        );
        let mut known = self
            .shapes
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(shapes) = known.get(&key) {
            return shapes.clone();
        }
        let shapes = Arc::new(Shapes::of(&loaded.index));
        known.retain(|(layer, period, _), _| (layer, period) != (&key.0, &key.1));
        known.insert(key, shapes.clone());
        shapes
    }

    /// Computes an answer away from the threads that serve requests, within time and memory; a
    /// request that is gone stops its question.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        question: impl FnOnce(&City, &Limits) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = self.turn().await?;
        let city = self.city();
        let cancel: Arc<AtomicBool> = Arc::default();
        let limits = Limits::new(cancel.clone(), MEMORY_BYTES);
        let _guard = CancelOnDrop(cancel);
        let running = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            question(&city, &limits)
        });
        match tokio::time::timeout(Duration::from_secs(QUESTION_SECONDS), running).await {
            Err(_) => Err(ApiError::TimedOut(QUESTION_SECONDS)),
            Ok(Err(failed)) => Err(ApiError::Internal(failed.to_string())),
            Ok(Ok(answer)) => Ok(answer?),
        }
    }

    /// Sends an answer while it is being computed, as long as somebody reads it.
    ///
    /// `write` says when the question is known to be sound; what it refuses before is a problem,
    /// what fails later cuts the answer short.
    pub(super) async fn stream<F>(&self, write: F) -> Result<Body, ApiError>
    where
        F: FnOnce(&City, &Limits, &mut Begin, &mut Pipe) -> Result<io::Result<()>, QueryError>
            + Send
            + 'static,
    {
        let permit = self.turn().await?;
        let city = self.city();
        let cancel: Arc<AtomicBool> = Arc::default();
        let limits = Limits::new(cancel.clone(), MEMORY_BYTES);
        let (mut out, body) = pipe(CancelOnDrop(cancel));
        let (begin, begun) = oneshot::channel();
        let running = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let written = write(&city, &limits, &mut Begin(Some(begin)), &mut out)?;
            if let Err(error) = written.and_then(|()| out.flush()) {
                out.fail(error);
            }
            Ok::<(), QueryError>(())
        });
        if begun.await.is_ok() {
            return Ok(body);
        }
        match running.await {
            Err(failed) => Err(ApiError::Internal(failed.to_string())),
            Ok(Err(refused)) => Err(refused.into()),
            Ok(Ok(())) => Ok(body),
        }
    }

    /// Waits for a place among the questions that are computed at once.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let waiting = tokio::time::timeout(WAIT, self.questions.clone().acquire_owned());
        let turn = waiting.await.map_err(|_| ApiError::Busy)?;
        turn.map_err(|_| ApiError::Busy)
    }
}
