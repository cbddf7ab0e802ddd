//! Answers in the making: equal questions are computed once, by one thread, for all who wait; what
//! came out is kept for those who ask later.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};

use super::{ApiError, Document, answers::Form};
use crate::query::{Limits, Progress};

/// What a question may hold in memory while it is computed.
const MEMORY_BYTES: u64 = 512 << 20;

/// How long a request waits for its turn; a job waits as long as it takes.
const WAIT: Duration = Duration::from_secs(10);

/// An answer that nobody asks for again is let go after this.
const IDLE: Duration = Duration::from_secs(3600);

/// The largest answer that is kept for those who ask later.
const LARGEST_KEPT_BYTES: u64 = 32 << 20;

/// How much may be computed and kept at once.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Questions of requests computed at once; more of them wait for a moment and are then refused.
    pub requests_at_once: usize,
    /// Jobs computed at once, beside the requests.
    pub jobs_at_once: usize,
    /// Jobs that wait for their turn; more of them are refused.
    pub jobs_waiting: usize,
    /// Answers kept for those who ask the same.
    pub answers_bytes: u64,
    /// Answers of jobs kept for those who come for them.
    pub jobs_bytes: u64,
    /// How long a job goes on that nobody asks about or listens to.
    pub jobs_patience: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            requests_at_once: 4,
            jobs_at_once: 2,
            jobs_waiting: 16,
            answers_bytes: 128 << 20,
            jobs_bytes: 256 << 20,
            jobs_patience: Duration::from_secs(120),
        }
    }
}

/// What an answer depends on: equal keys, equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// # Errors
    /// A question that JSON cannot write.
    pub fn new(
        path: &str,
        question: &impl Serialize,
        form: Form,
        data_version: u64,
    ) -> Result<Self, ApiError> {
        let depends_on = serde_json::to_vec(&(path, question, form, data_version));
        let depends_on = depends_on.map_err(|e| ApiError::Internal(e.to_string()))?;
        Ok(Key(Sha256::digest(depends_on).into()))
    }
}

/// In which line a computation waits for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Requests,
    Jobs,
}

/// How far a computation is.
#[derive(Clone, Debug)]
pub enum Stage {
    Waiting,
    Running,
    Ended(Result<Document, ApiError>),
}

/// One computation, held by all who wait for it; it stops when the last of them lets go.
#[derive(Debug)]
pub struct Computation {
    line: Line,
    cancel: Arc<AtomicBool>,
    pub progress: Arc<Progress>,
    stage: watch::Receiver<Stage>,
}

impl Computation {
    fn ended(line: Line, answer: Document) -> Arc<Self> {
        Arc::new(Computation {
            line,
            cancel: Arc::default(),
            progress: Arc::default(),
            stage: watch::channel(Stage::Ended(Ok(answer))).1,
        })
    }

    pub fn stage(&self) -> Stage {
        self.stage.borrow().clone()
    }

    /// Whether one who waits in `line` gets the answer from here as soon as from a new computation.
    fn serves(&self, line: Line) -> bool {
        match &*self.stage.borrow() {
            Stage::Waiting => self.line == line,
            Stage::Running => true,
            Stage::Ended(outcome) => outcome.is_ok(),
        }
    }

    /// Waits until it no longer waits for its turn.
    pub async fn begun(&self) {
        let mut stage = self.stage.clone();
        let begun = |stage: &Stage| !matches!(stage, Stage::Waiting);
        // Where the sender is gone, the outcome says so.
        stage.wait_for(begun).await.ok();
    }

    /// # Errors
    /// Why there is no answer.
    pub async fn outcome(&self) -> Result<Document, ApiError> {
        let mut stage = self.stage.clone();
        let ended = |stage: &Stage| matches!(stage, Stage::Ended(_));
        match stage.wait_for(ended).await.as_deref() {
            Ok(Stage::Ended(outcome)) => outcome.clone(),
            _ => Err(ApiError::Internal("a computation was lost".into())),
        }
    }
}

impl Drop for Computation {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

/// How the answers so far came about.
#[derive(Debug, Default)]
pub struct Counts {
    /// Found among the answers that were kept.
    pub hits: AtomicU64,
    /// Waited for by more than one.
    pub joined: AtomicU64,
    /// Begun anew.
    pub misses: AtomicU64,
    /// Being computed now.
    pub running: AtomicU64,
}

/// All computations of the program, and the answers that they gave.
#[derive(Clone)]
pub struct Computations {
    answers: Cache<Key, Document>,
    open: Arc<Mutex<HashMap<Key, Weak<Computation>>>>,
    requests: Arc<Semaphore>,
    jobs: Arc<Semaphore>,
    pub counts: Arc<Counts>,
}

impl Computations {
    pub fn new(bounds: Bounds) -> Self {
        let weigh = |_: &Key, answer: &Document| {
            let bytes = 500 + answer.bytes();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let answers = Cache::builder()
            .max_capacity(bounds.answers_bytes)
            .weigher(weigh)
            .time_to_idle(IDLE);
        Computations {
            answers: answers.build(),
            open: Arc::default(),
            requests: Arc::new(Semaphore::new(bounds.requests_at_once)),
            jobs: Arc::new(Semaphore::new(bounds.jobs_at_once)),
            counts: Arc::default(),
        }
    }

    /// The computation of `key`: the one that is open, or kept, or else a new one.
    pub fn join_or_begin(
        &self,
        key: Key,
        line: Line,
        compute: impl FnOnce(&Limits) -> Result<Document, ApiError> + Send + 'static,
    ) -> Arc<Computation> {
        let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, computation| computation.strong_count() > 0);
        let known = open.get(&key).and_then(Weak::upgrade);
        if let Some(computation) = known.filter(|computation| computation.serves(line)) {
            count(&self.counts.joined);
            return computation;
        }
        // An answer is kept before its computation ends: one of the two is always found.
        if let Some(answer) = self.answers.get(&key) {
            count(&self.counts.hits);
            return Computation::ended(line, answer);
        }
        count(&self.counts.misses);
        let cancel: Arc<AtomicBool> = Arc::default();
        let limits = Limits::new(cancel.clone(), MEMORY_BYTES);
        let (sender, stage) = watch::channel(Stage::Waiting);
        let computation = Arc::new(Computation {
            line,
            cancel,
            progress: limits.told().clone(),
            stage,
        });
        open.insert(key, Arc::downgrade(&computation));
        tokio::spawn(self.clone().run(key, line, limits, sender, compute));
        computation
    }

    /// Waits for the turn, then computes away from the threads that serve requests.
    async fn run(
        self,
        key: Key,
        line: Line,
        limits: Limits,
        stage: watch::Sender<Stage>,
        compute: impl FnOnce(&Limits) -> Result<Document, ApiError> + Send + 'static,
    ) {
        let turn = tokio::select! {
            turn = self.turn(line) => turn,
            () = stage.closed() => return,
        };
        // Meanwhile it may have been computed in the other line.
        let kept = self.answers.get(&key);
        let outcome = match (turn, kept) {
            (_, Some(answer)) => Ok(answer),
            (Err(busy), None) => Err(busy),
            (Ok(turn), None) => {
                stage.send_replace(Stage::Running);
                let running = Running::new(self.counts.clone());
                let computing = tokio::task::spawn_blocking(move || {
                    let _held = (turn, running);
                    compute(&limits)
                });
                let failed = |e: tokio::task::JoinError| Err(ApiError::Internal(e.to_string()));
                computing.await.unwrap_or_else(failed)
            }
        };
        if let Ok(answer) = &outcome
            && answer.bytes() <= LARGEST_KEPT_BYTES
        {
            self.answers.insert(key, answer.clone());
        }
        stage.send_replace(Stage::Ended(outcome));
    }

    async fn turn(&self, line: Line) -> Result<OwnedSemaphorePermit, ApiError> {
        let closed = |_: AcquireError| ApiError::Busy;
        match line {
            Line::Jobs => self.jobs.clone().acquire_owned().await.map_err(closed),
            Line::Requests => {
                let turn = tokio::time::timeout(WAIT, self.requests.clone().acquire_owned());
                turn.await.map_err(|_| ApiError::Busy)?.map_err(closed)
            }
        }
    }
}

/// Counts what is being computed.
struct Running(Arc<Counts>);

impl Running {
    fn new(counts: Arc<Counts>) -> Self {
        counts.running.fetch_add(1, Ordering::Relaxed);
        Running(counts)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn key(question: &str) -> Key {
        Key::new("/api/question", &question, Form::default(), 1).expect("a key")
    }

    fn document(text: &str) -> Document {
        Document::json(&text).expect("JSON")
    }

    /// Ends when told to, or when nobody waits any longer.
    fn until_told(
        told: mpsc::Receiver<()>,
    ) -> impl FnOnce(&Limits) -> Result<Document, ApiError> + Send {
        move |limits| {
            loop {
                limits.check()?;
                if told.recv_timeout(Duration::from_millis(1)).is_ok() {
                    return Ok(document("done"));
                }
            }
        }
    }

    fn never(_: &Limits) -> Result<Document, ApiError> {
        panic!("computed a second time")
    }

    async fn until(holds: impl Fn() -> bool) {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn count(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    #[test]
    fn the_key_holds_everything_that_an_answer_depends_on() {
        let known = key("a");
        let csv = Form {
            format: super::super::answers::Format::Csv,
            ..Form::default()
        };
        for other in [
            key("b"),
            Key::new("/api/other", &"a", Form::default(), 1).expect("a key"),
            Key::new("/api/question", &"a", csv, 1).expect("a key"),
            Key::new("/api/question", &"a", Form::default(), 2).expect("a key"),
        ] {
            assert_ne!(known, other);
        }
    }

    #[tokio::test]
    async fn equal_questions_are_computed_once_and_kept() {
        let all = Computations::new(Bounds::default());
        let (tell, told) = mpsc::channel();
        let first = all.join_or_begin(key("a"), Line::Requests, until_told(told));
        let second = all.join_or_begin(key("a"), Line::Requests, never);
        // One who leaves does not stop the others.
        drop(first);
        tell.send(()).expect("somebody waits");
        assert_eq!(second.outcome().await.expect("an answer").bytes(), 6);
        drop(second);
        let later = all.join_or_begin(key("a"), Line::Jobs, never);
        assert_eq!(later.outcome().await.expect("an answer").bytes(), 6);
        let counts = &all.counts;
        assert_eq!(count(&counts.misses), 1);
        assert_eq!(count(&counts.joined), 1);
        assert_eq!(count(&counts.hits), 1);
    }

    #[tokio::test]
    async fn a_computation_stops_when_the_last_one_leaves() {
        let all = Computations::new(Bounds::default());
        let (_tell, told) = mpsc::channel();
        let first = all.join_or_begin(key("a"), Line::Requests, until_told(told));
        let second = all.join_or_begin(key("a"), Line::Requests, never);
        until(|| count(&all.counts.running) == 1).await;
        drop(first);
        assert_eq!(count(&all.counts.running), 1);
        drop(second);
        until(|| count(&all.counts.running) == 0).await;
        // What was stopped is begun anew, not found broken.
        let (tell, told) = mpsc::channel();
        let again = all.join_or_begin(key("a"), Line::Requests, until_told(told));
        tell.send(()).expect("somebody waits");
        assert!(again.outcome().await.is_ok());
    }

    #[tokio::test]
    async fn a_request_does_not_stand_in_the_line_of_the_jobs() {
        let all = Computations::new(Bounds {
            jobs_at_once: 1,
            ..Bounds::default()
        });
        let (_tell, told) = mpsc::channel();
        let running = all.join_or_begin(key("long"), Line::Jobs, until_told(told));
        running.begun().await;
        let waiting = all.join_or_begin(key("a"), Line::Jobs, never);
        let asked = all.join_or_begin(key("a"), Line::Requests, |_| Ok(document("done")));
        assert!(asked.outcome().await.is_ok());
        assert!(matches!(waiting.stage(), Stage::Waiting));
    }

    #[tokio::test]
    async fn failures_are_told_and_not_kept() {
        let all = Computations::new(Bounds::default());
        let failing = all.join_or_begin(key("a"), Line::Requests, |_| Err(ApiError::Busy));
        assert!(matches!(failing.outcome().await, Err(ApiError::Busy)));
        let panicking = all.join_or_begin(key("a"), Line::Requests, never);
        let outcome = panicking.outcome().await;
        assert!(matches!(outcome, Err(ApiError::Internal(_))));
        let again = all.join_or_begin(key("a"), Line::Requests, |_| Ok(document("done")));
        assert!(again.outcome().await.is_ok());
    }
}
