//! Measures as plain functions from values to values: no clock, no log, no I/O.

pub mod access;
mod ageing;
mod balance;
mod balance_scale;
mod breaks;
pub mod commute;
mod dissolve;
pub mod equity;
mod floating;
mod gap;
pub mod siting;
mod spread;
mod sum;
pub mod zoning;

pub use ageing::{Cohort, aged};
pub use balance::{balance_index, ratio};
pub use balance_scale::{BalanceOfUnits, BalanceUnit, balance_of_units};
pub use breaks::{equal_breaks, natural_breaks, quantile_breaks};
pub use dissolve::{Corner, Patch, dissolve};
pub use floating::{FloatingCell, FloatingGrid, floating_sums, floating_sums_near};
pub use gap::{gap, need};
pub use spread::{SpreadError, spread};
pub use sum::Sum;
