//! Measures as plain functions from values to values: no clock, no log, no I/O.

pub mod access;
mod balance;
mod balance_scale;
mod breaks;
pub mod commute;
pub mod equity;
mod floating;
pub mod siting;
mod spread;
mod sum;

pub use balance::{balance_index, ratio};
pub use balance_scale::{BalanceOfUnits, BalanceUnit, balance_of_units};
pub use breaks::{equal_breaks, natural_breaks, quantile_breaks};
pub use floating::{FloatingCell, FloatingGrid, floating_sums, floating_sums_near};
pub use spread::{SpreadError, spread};
pub use sum::Sum;
