//! Access to what a city offers (可达性): who can get to how much of it, with and without others
//! who want the same.
//!
//! Demand (people at places) and supply (capacity at facilities) meet in a [`CostMatrix`]; a
//! measure is a function of it. Sums run in one order, so results do not depend on threads.

mod balanced;
mod choices;
mod competitive;
mod decay;
mod gravity;
mod matrix;
mod nearest;
mod raam;
mod row;
mod three_step;

#[cfg(test)]
mod tests;

pub use balanced::balanced;
pub use choices::Choices;
pub use competitive::{Floating, competitive, two_step};
pub use decay::{Band, Decay, DecayError, Weigher};
pub use gravity::{add_gravity, cumulative, gravity};
pub use matrix::{CostMatrix, RowBuilder};
pub use nearest::{Nearest, nearest};
pub use raam::{Raam, RaamOptions, raam};
pub use row::{CostRow, People, Wanted};
pub use three_step::three_step;
