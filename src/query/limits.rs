use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::QueryError;

/// What a question may take: it stops when cancelled and never holds more than its budget.
#[derive(Clone, Debug)]
pub struct Limits {
    cancel: Arc<AtomicBool>,
    memory_bytes: u64,
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
        }
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
