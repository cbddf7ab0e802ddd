use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

/// How far a question has come (进度): told by the thread that computes, read by whoever waits.
#[derive(Debug, Default)]
pub struct Progress {
    /// One more than millionths of the whole; 0 while nothing is known.
    done: AtomicU32,
    step: Mutex<Option<Step>>,
}

/// What a question is doing, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    pub zh: &'static str,
    pub en: &'static str,
}

const WHOLE: u64 = 1_000_000;

impl Progress {
    /// Never goes back, whichever thread tells last.
    pub(super) fn tell(&self, done: u64, of: u64) {
        let millionths = match of {
            0 => WHOLE,
            of => (u128::from(done.min(of)) * u128::from(WHOLE) / u128::from(of)) as u64,
        };
        self.done
            .fetch_max(millionths as u32 + 1, Ordering::Relaxed);
    }

    pub(super) fn begin(&self, step: Step) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
    }

    /// 0–1; unknown until the question tells.
    pub fn share_done(&self) -> Option<f64> {
        let told = self.done.load(Ordering::Relaxed).checked_sub(1)?;
        Some(f64::from(told) / WHOLE as f64)
    }

    pub fn step(&self) -> Option<Step> {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_unknown_at_first_and_never_goes_back() {
        let progress = Progress::default();
        assert_eq!(progress.share_done(), None);
        progress.tell(0, 8);
        assert_eq!(progress.share_done(), Some(0.0));
        progress.tell(2, 8);
        progress.tell(1, 8);
        assert_eq!(progress.share_done(), Some(0.25));
        progress.tell(9, 8);
        assert_eq!(progress.share_done(), Some(1.0));
        progress.tell(0, 0);
        assert_eq!(progress.share_done(), Some(1.0));
    }
}
