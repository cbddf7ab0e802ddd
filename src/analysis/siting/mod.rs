//! Where new sites do most good (选址): maximal cover, p-median, p-centre and set cover over sparse
//! costs, and places where areas lack them.
//!
//! Sites are rows of a [`CostMatrix`](super::access::CostMatrix), places are who wants to be served;
//! what stands already is known by what each place gets from it. Amounts are whole numbers and so
//! are the multipliers of the bounds: a bound that meets a value proves it, without any rounding.
//! Equal sites are chosen by their number, so that one question has one answer.

mod bound;
mod branch;
mod capacity;
mod centre;
mod columns;
mod effort;
mod gains;
mod greedy;
mod interchange;
mod set_cover;
mod shortfall;
#[cfg(test)]
mod tests;

pub use branch::best_sites;
pub use capacity::{Capacities, Served, best_limited_sites, serve};
pub use centre::{Centre, TooFew, best_centre};
pub use effort::Effort;
pub use gains::Gains;
pub use greedy::{ranked, value_of};
pub use set_cover::{FewestSites, fewest_sites};
pub use shortfall::{Closing, Shortfalls, Within, close_shortfalls};

/// Sites chosen with the proof of how good they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Siting {
    /// Numbers of the sites, each the best beside those before it.
    pub sites: Vec<usize>,
    /// What they gain together.
    pub value: i64,
    /// No choice of as many sites gains more.
    pub bound: i64,
}

impl Siting {
    /// Whether no other choice is better.
    pub fn is_proven(&self) -> bool {
        self.bound <= self.value
    }
}
