use std::sync::atomic::{AtomicU64, Ordering};

/// A number above 0 that nothing else in this process has: it names something immutable among all
/// that there ever was, where an address in memory would be given out again. It is never part of
/// an answer.
pub fn serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
