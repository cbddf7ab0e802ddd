use super::StoreError;

/// Rows between two reports of progress.
const STRIDE: u64 = 10_000;

/// Counts the rows of a commit, tells whoever waits, and hears from them whether to go on.
pub(super) struct Progress<'p> {
    written: u64,
    report: &'p mut dyn FnMut(u64) -> bool,
}

impl<'p> Progress<'p> {
    pub fn new(report: &'p mut dyn FnMut(u64) -> bool) -> Self {
        Progress { written: 0, report }
    }

    /// One row more.
    ///
    /// # Errors
    /// The commit was cancelled.
    pub fn step(&mut self) -> Result<(), StoreError> {
        self.written += 1;
        match self.written.is_multiple_of(STRIDE) {
            true => self.tell(),
            false => Ok(()),
        }
    }

    /// Tells the rows written so far.
    ///
    /// # Errors
    /// The commit was cancelled.
    pub fn tell(&mut self) -> Result<(), StoreError> {
        match (self.report)(self.written) {
            true => Ok(()),
            false => Err(StoreError::Cancelled),
        }
    }
}
