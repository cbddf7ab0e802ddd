//! Norms (标准): what residents are to be offered, as data that a city may change.

mod check;
mod figure;
mod item;

#[cfg(test)]
mod tests;

pub use check::NormError;
pub use figure::{Confidence, Figure};
pub use item::{Band, Demand, LifeCircle, NormItem, NormSet};
