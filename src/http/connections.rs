//! Connections (连接): as many as the program may hold, each with a time to say what it asks for and a
//! time to take the answer, so that whoever is slow, or silent, takes nothing from others.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Sleep, sleep},
};
use tower::Service;

/// How long is waited for whom.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection that is silent between requests, or takes long over the head of one. Proxies
    /// are to hang up first, or a request may meet a closing door (nginx does after 60 s).
    silent: Duration,
    /// For a reader who takes nothing of an answer.
    unread: Duration,
    /// For running requests when the program stops; questions take 60 s at most.
    stopping: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            silent: Duration::from_secs(75),
            unread: Duration::from_secs(60),
            stopping: Duration::from_secs(65),
        }
    }
}

/// The longest head of a request, and about as much of an answer waits to be sent.
const HEAD_BYTES: usize = 64 << 10;

/// Connections at once; further ones wait at the door.
const MOST: usize = 10_000;

/// Open files that are kept for everything else.
const OTHER_FILES: usize = 256;

/// Serves every connection until `stop` resolves, and lets running requests end.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let most = most();
    tracing::info!(connections = most, "listening");
    let turns = Arc::new(Semaphore::new(most));
    let closing = watch::Sender::new(false);
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // The semaphore is never closed.
            let turn = turns.clone().acquire_owned().await.ok();
            (turn, accept(&listener).await)
        };
        let (turn, (stream, address)) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let held = hold(
            (stream, address),
            routes.clone(),
            patience,
            closing.subscribe(),
            turn,
        );
        tokio::spawn(held);
    }
    drop(listener);
    closing.send_replace(true);
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let left = tokio::time::timeout(patience.stopping, turns.acquire_many(all)).await;
    if left.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
    }
}

/// How many connections the open files allow, of which the program may have as many as the machine
/// lets it: usual limits are meant for programs that people start.
fn most() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: limit.maximum,
        ..limit
    };
    let files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let files = files.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    });
    files.saturating_sub(OTHER_FILES).clamp(64, MOST)
}

/// The next connection; where there is none to be had now, a little later.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // Whoever came is gone again.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn hold(
    (stream, address): (TcpStream, SocketAddr),
    routes: Router,
    patience: Patience,
    mut closing: watch::Receiver<bool>,
    _turn: Option<OwnedSemaphorePermit>,
) {
    // A connection without it is slower and no worse.
    stream.set_nodelay(true).ok();
    let stream = Patient {
        stream,
        unread: patience.unread,
        until: None,
    };
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        let answered = routes.clone().call(request.map(Body::new));
        async move { Ok::<_, Infallible>(answered.await.unwrap_or_else(|never| match never {})) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience.silent)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        // However it ended, nobody is left to be told.
        _ = &mut connection => return,
        _ = closing.wait_for(|closing| *closing) => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await.ok();
}

/// A stream that gives up a reader who takes nothing for too long.
struct Patient {
    stream: TcpStream,
    unread: Duration,
    /// Set while something waits to be taken.
    until: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn within_time<T>(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.until = None;
            return polled;
        }
        let unread = self.unread;
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(unread)));
        ready!(until.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within_time(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.within_time(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
        task::JoinHandle,
    };

    use super::*;

    const LARGE: usize = 64 << 20;
    const HOUR: Duration = Duration::from_secs(3600);
    const MOMENT: Duration = Duration::from_millis(20);

    struct Server {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        serving: JoinHandle<()>,
    }

    impl Server {
        /// A server of one large answer that waits for an hour, but where a test says otherwise.
        async fn new(patience: impl FnOnce(&mut Patience)) -> Self {
            let mut waits = Patience {
                silent: HOUR,
                unread: HOUR,
                stopping: HOUR,
            };
            patience(&mut waits);
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let large = || async { vec![b'x'; LARGE] };
            let routes = Router::new().route("/", axum::routing::get(large));
            let (stop, stopped) = oneshot::channel::<()>();
            let serving = tokio::spawn(serve(listener, routes, waits, async {
                stopped.await.ok();
            }));
            Server {
                address,
                stop,
                serving,
            }
        }

        async fn says(&self, text: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.expect("connected");
            stream.write_all(text.as_bytes()).await.expect("sent");
            stream
        }
    }

    const ASKED: &str = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

    #[tokio::test]
    async fn whoever_never_ends_the_head_of_a_request_is_hung_up_on() {
        let server = Server::new(|waits| waits.silent = MOMENT).await;
        let mut slow = server.says("GET / HTTP/1.1\r\nhost: ").await;
        let mut rest = Vec::new();
        slow.read_to_end(&mut rest).await.ok();
        assert!(rest.is_empty(), "hung up without an answer");
        // So is who asks once and then nothing.
        let mut silent = server.says(ASKED).await;
        silent.read_to_end(&mut rest).await.expect("hung up");
        assert!(rest.len() > LARGE, "the answer came whole");
    }

    #[tokio::test]
    async fn whoever_takes_nothing_of_an_answer_is_hung_up_on() {
        let server = Server::new(|waits| waits.unread = MOMENT).await;
        let mut lazy = server.says(ASKED).await;
        let mut first = [0; 12];
        lazy.read_exact(&mut first)
            .await
            .expect("the answer begins");
        assert_eq!(&first, b"HTTP/1.1 200");
        // A server that stops waits for running answers: only giving up the reader ends that.
        server.stop.send(()).expect("it runs");
        server.serving.await.expect("it ends");
        let mut rest = Vec::new();
        lazy.read_to_end(&mut rest).await.ok();
        assert!(rest.len() < LARGE, "the answer was cut short");
    }

    #[tokio::test]
    async fn a_server_that_stops_ends_running_answers_and_waits_for_nobody_silent() {
        let server = Server::new(|_| {}).await;
        let mut asked = server.says(ASKED).await;
        let mut first = [0; 12];
        asked
            .read_exact(&mut first)
            .await
            .expect("the answer begins");
        let silent = server.says("").await;
        server.stop.send(()).expect("it runs");
        let mut rest = Vec::new();
        asked.read_to_end(&mut rest).await.expect("the answer ends");
        assert!(rest.len() >= LARGE);
        server.serving.await.expect("it ends");
        drop(silent);
    }
}
