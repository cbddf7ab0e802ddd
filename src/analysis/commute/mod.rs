//! Who lives and works where (通勤): containment, mean and possible commutes, dissimilarity.
//!
//! A cost is a whole number of small units, millimetres or milliseconds, so that sums are exact
//! and the same whatever the order.

mod both_ends;
mod containment;
mod costs;
mod dissimilarity;
mod ellipse;
mod entropy;
mod excess;
mod tally;
mod transport;
#[cfg(test)]
mod transport_tests;
mod tree;

pub use both_ends::share_of_both_ends;
pub use containment::{Containment, containment};
pub use costs::Costs;
pub use dissimilarity::dissimilarity;
pub use ellipse::{Ellipse, Weighted, covering_ellipse};
pub use entropy::entropy_mix;
pub use excess::{ExcessCommute, excess_commute};
pub use tally::{Band, Tally};
pub use transport::{Goal, Plan, TransportError, transport};

/// Commuters between two zones, by the places of the zones in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trip {
    pub origin: usize,
    pub destination: usize,
    pub commuters: i64,
}

/// Metric reference, vector V1.
#[cfg(test)]
mod v1 {
    use super::{Costs, Trip};

    pub const TRIPS: [[i64; 3]; 3] = [[80, 100, 20], [5, 90, 5], [15, 110, 25]];
    pub const MINUTES: [[u32; 3]; 3] = [[5, 20, 30], [20, 5, 15], [30, 15, 5]];

    pub fn trips() -> Vec<Trip> {
        let cells = (0..9).map(|cell| (cell / 3, cell % 3));
        cells
            .map(|(origin, destination)| Trip {
                origin,
                destination,
                commuters: TRIPS[origin][destination],
            })
            .collect()
    }

    /// In milliseconds.
    pub fn costs() -> Costs {
        let mut costs = Costs::unreachable(3, 3);
        for (i, row) in MINUTES.iter().enumerate() {
            for (j, minutes) in row.iter().enumerate() {
                costs.set(i, j, minutes * 60_000);
            }
        }
        costs
    }

    pub fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 5e-7, "{found} is not {wanted}");
    }
}
