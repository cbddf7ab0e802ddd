use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use futures_core::Stream;
use tokio::sync::mpsc;

/// Bytes that are sent while they are still being made.
///
/// Whoever makes them writes to the [`Pipe`] and waits while the reader is slow; once the reader is
/// gone every write fails.
pub struct Pipe {
    parts: mpsc::Sender<io::Result<Bytes>>,
    held: Vec<u8>,
}

/// Parts that wait for the reader, and about how large one is.
const PARTS: usize = 8;
const PART_BYTES: usize = 64 << 10;

/// The writing end of a body, and the body; `guard` is dropped with the body.
pub fn pipe<G: Send + Unpin + 'static>(guard: G) -> (Pipe, Body) {
    let (parts, received) = mpsc::channel(PARTS);
    let held = Vec::with_capacity(PART_BYTES);
    let body = Body::from_stream(Received {
        parts: received,
        _guard: guard,
    });
    (Pipe { parts, held }, body)
}

impl Pipe {
    /// Cuts the body short, so that nobody takes it for a whole one.
    pub fn fail(&mut self, error: io::Error) {
        // A reader that is gone needs no telling.
        let _ = self.parts.blocking_send(Err(error));
    }

    fn send(&mut self) -> io::Result<()> {
        let part = Bytes::from(std::mem::replace(
            &mut self.held,
            Vec::with_capacity(PART_BYTES),
        ));
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.parts.blocking_send(Ok(part)).map_err(gone)
    }
}

impl io::Write for Pipe {
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

struct Received<G> {
    parts: mpsc::Receiver<io::Result<Bytes>>,
    _guard: G,
}

impl<G: Unpin> Stream for Received<G> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.parts.poll_recv(context)
    }
}
