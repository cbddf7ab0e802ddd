//! Measures as plain functions from values to values: no clock, no log, no I/O.

mod balance;
mod floating;
mod spread;

pub use balance::{balance_index, ratio};
pub use floating::{FloatingCell, FloatingGrid, floating_sums};
pub use spread::{SpreadError, spread};
