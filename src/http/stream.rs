//! Answers that are sent while they are still being made.

use std::{
    io::{self, Write},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures_util::Stream;
use tokio::{
    runtime::Handle,
    sync::{
        AcquireError, OwnedSemaphorePermit, Semaphore, mpsc, mpsc::error::TrySendError, oneshot,
    },
};

use super::ApiError;
use crate::{
    city::City,
    query::{Limits, QueryError},
};

/// Streams at once; more of them are refused. Each may hold its parts while its reader is slow.
const OPEN: usize = 64;

/// Streams that are computed at once: those whose readers are slow are none of them. More wait for a
/// moment and are then refused.
const AT_ONCE: usize = 2;
const WAIT: Duration = Duration::from_secs(10);

const MEMORY_BYTES: u64 = 512 << 20;

/// Parts that wait for the reader, and about how large one is.
const PARTS: usize = 8;
const PART_BYTES: usize = 64 << 10;

/// All streamed answers of the program.
#[derive(Clone, Debug)]
pub struct Streams {
    open: Arc<Semaphore>,
    computing: Arc<Semaphore>,
}

impl Default for Streams {
    fn default() -> Self {
        Streams {
            open: Arc::new(Semaphore::new(OPEN)),
            computing: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Streams {
    /// Sends an answer while it is being computed, as long as somebody reads it.
    ///
    /// `write` says when the question is known to be sound; what it refuses before is a problem,
    /// what fails later cuts the answer short.
    ///
    /// # Errors
    /// What `write` refuses, or too many streams.
    pub async fn send<F>(&self, city: Arc<City>, write: F) -> Result<Body, ApiError>
    where
        F: FnOnce(&City, &Limits, &mut Begin, &mut Pipe) -> Result<io::Result<()>, QueryError>
            + Send
            + 'static,
    {
        let open = self.open.clone().try_acquire_owned();
        let open = open.map_err(|_| ApiError::Busy)?;
        let turns = Turns::begin(self.computing.clone()).await?;
        let cancel: Arc<AtomicBool> = Arc::default();
        let limits = Limits::new(cancel.clone(), MEMORY_BYTES);
        let (mut out, body) = pipe(cancel, turns);
        let (begin, begun) = oneshot::channel();
        let running = tokio::task::spawn_blocking(move || {
            let _open = open;
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
}

/// Told once a streamed question is known to be sound: its answer begins then.
pub struct Begin(Option<oneshot::Sender<()>>);

impl Begin {
    pub fn now(&mut self) {
        if let Some(begin) = self.0.take() {
            // Whoever asked may be gone; the writing notices that.
            begin.send(()).ok();
        }
    }
}

/// The turn of a stream to be computed, given to others while its reader is slow.
struct Turns {
    computing: Arc<Semaphore>,
    own: Option<OwnedSemaphorePermit>,
    threads: Handle,
}

impl Turns {
    async fn begin(computing: Arc<Semaphore>) -> Result<Self, ApiError> {
        let turn = tokio::time::timeout(WAIT, computing.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| ApiError::Busy)?;
        let own = turn.map_err(|_: AcquireError| ApiError::Busy)?;
        Ok(Turns {
            computing,
            own: Some(own),
            threads: Handle::current(),
        })
    }

    /// Does what may take long and is no work, then waits for the turn again.
    fn without<T>(&mut self, wait: impl FnOnce() -> T) -> T {
        self.own = None;
        let waited = wait();
        let turn = self.computing.clone().acquire_owned();
        // The semaphore is never closed.
        self.own = self.threads.block_on(turn).ok();
        waited
    }
}

/// The writing end of a body: it waits while the reader is slow, and fails once the reader is gone.
pub struct Pipe {
    parts: mpsc::Sender<io::Result<Bytes>>,
    held: Vec<u8>,
    turns: Turns,
}

fn pipe(cancel: Arc<AtomicBool>, turns: Turns) -> (Pipe, Body) {
    let (parts, received) = mpsc::channel(PARTS);
    let held = Vec::with_capacity(PART_BYTES);
    let body = Body::from_stream(Received {
        parts: received,
        cancel,
    });
    (Pipe { parts, held, turns }, body)
}

impl Pipe {
    /// Cuts the body short, so that nobody takes it for a whole one.
    fn fail(&mut self, error: io::Error) {
        // A reader that is gone needs no telling.
        self.parts.blocking_send(Err(error)).ok();
    }

    fn send(&mut self) -> io::Result<()> {
        let part = std::mem::replace(&mut self.held, Vec::with_capacity(PART_BYTES));
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        match self.parts.try_send(Ok(part.into())) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(gone()),
            Err(TrySendError::Full(part)) => {
                let Pipe { parts, turns, .. } = self;
                turns
                    .without(|| parts.blocking_send(part))
                    .map_err(|_| gone())
            }
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PART_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.held.is_empty() {
            true => Ok(()),
            false => self.send(),
        }
    }
}

/// The reading end; once it is let go the computation is cancelled.
struct Received {
    parts: mpsc::Receiver<io::Result<Bytes>>,
    cancel: Arc<AtomicBool>,
}

impl Stream for Received {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.parts.poll_recv(context)
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::StreamExt;

    use super::*;
    use crate::definitions;

    #[tokio::test]
    async fn slow_readers_do_not_keep_others_waiting() {
        let catalog = definitions::read_catalog(None).expect("the built-in layers");
        let city = Arc::new(City::new(Arc::new(catalog), 1, BTreeMap::new(), []));
        let streams = Streams::default();
        let parts = |many: usize| {
            move |_: &City, _: &Limits, begin: &mut Begin, out: &mut Pipe| {
                begin.now();
                Ok((0..many).try_for_each(|_| out.write_all(&[b'x'; PART_BYTES])))
            }
        };
        let mut slow = Vec::new();
        for _ in 0..2 * AT_ONCE {
            let body = streams.send(city.clone(), parts(4 * PARTS)).await;
            slow.push(body.expect("begun"));
        }
        let quick = streams.send(city.clone(), parts(1)).await;
        let quick = axum::body::to_bytes(quick.expect("begun"), usize::MAX).await;
        assert_eq!(quick.expect("whole").len(), PART_BYTES);
        for body in slow {
            let whole = axum::body::to_bytes(body, usize::MAX).await;
            assert_eq!(whole.expect("whole").len(), 4 * PARTS * PART_BYTES);
        }
    }

    #[tokio::test]
    async fn a_reader_who_leaves_midway_stops_the_work() {
        let catalog = definitions::read_catalog(None).expect("the built-in layers");
        let city = Arc::new(City::new(Arc::new(catalog), 1, BTreeMap::new(), []));
        let (ended, end) = oneshot::channel();
        let streams = Streams::default();
        let endless = move |_: &City, limits: &Limits, begin: &mut Begin, out: &mut Pipe| {
            begin.now();
            let failed = loop {
                if let Err(error) = out.write_all(&[b'x'; 4096]) {
                    break error;
                }
            };
            ended.send((failed.kind(), limits.check().is_err())).ok();
            Ok(Err(failed))
        };
        let Ok(body) = streams.send(city, endless).await else {
            panic!("a stream that was begun is no refusal");
        };
        let mut parts = body.into_data_stream();
        let first = parts.next().await.expect("a part").expect("a whole one");
        assert!(first.len() >= PART_BYTES);
        drop(parts);
        // Without an end to the work this waits for ever.
        let (kind, is_cancelled) = end.await.expect("the work ends");
        assert_eq!(kind, io::ErrorKind::BrokenPipe);
        assert!(is_cancelled, "searches look at the flag");
    }
}
