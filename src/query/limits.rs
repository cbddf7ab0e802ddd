use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{Progress, QueryError, Step};

/// What a question may take: it stops when cancelled and never holds more than its budget; and
/// where it tells how far it has come.
#[derive(Clone, Debug)]
pub struct Limits {
    cancel: Arc<AtomicBool>,
    memory_bytes: u64,
    progress: Arc<Progress>,
}

impl Limits {
    /// Half a gigabyte, never cancelled: for the command line.
    pub fn generous() -> Self {
        Limits::new(Arc::default(), 512 << 20)
    }

    pub fn new(cancel: Arc<AtomicBool>, memory_bytes: u64) -> Self {
        Limits {
            cancel,
            memory_bytes,
            progress: Arc::default(),
        }
    }

    /// The same limits for one of several questions: it tells its progress to nobody.
    pub fn part(&self) -> Self {
        Limits {
            progress: Arc::default(),
            ..self.clone()
        }
    }

    /// What the question tells of its progress.
    pub fn told(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Says how much of the whole question is done; cheap enough for any loop but the innermost.
    pub fn progress(&self, done: u64, of: u64) {
        self.progress.tell(done, of);
    }

    /// Says what comes next, in words.
    pub fn step(&self, zh: &'static str, en: &'static str) {
        self.progress.begin(Step { zh, en });
    }

    /// # Errors
    /// Where nobody waits for the answer any longer.
    pub fn check(&self) -> Result<(), QueryError> {
        if self.cancel.load(Ordering::Relaxed) {
            Err(QueryError::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Set once nobody waits for the answer any longer; for searches that look at it themselves.
    pub fn flag(&self) -> &AtomicBool {
        &self.cancel
    }

    /// Asked before something of this size is built.
    ///
    /// # Errors
    /// Where it is more than the budget.
    pub fn allow(&self, bytes: u64) -> Result<(), QueryError> {
        if bytes > self.memory_bytes {
            Err(QueryError::TooLarge {
                allowed_mb: self.memory_bytes >> 20,
            })
        } else {
            Ok(())
        }
    }
}
