//! Who gets what (公平性): how access is shared among people.
//!
//! Zones carry people and a value; a zone of nobody has no weight. Values are finite and >= 0.

mod lorenz;
mod palma;
mod poverty;
mod quantile;

use rayon::prelude::*;

pub use lorenz::{Lorenz, concentration_index, gini};
pub use palma::palma_ratio;
pub use poverty::poverty;
pub use quantile::quantiles;

/// The people of a zone and what each of them has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub people: f64,
    pub value: f64,
}

/// The population-weighted mean; `None` without people.
pub fn mean(shares: &[Share]) -> Option<f64> {
    let people = shares.iter().map(|s| s.people);
    let people = people.collect::<super::Sum>().value();
    let held = shares.iter().map(|s| s.people * s.value);
    let held = held.collect::<super::Sum>().value();
    (people > 0.0).then(|| held / people)
}

/// Shares by rising value, those of one value as one; a share of nobody is left out.
pub fn rising(mut shares: Vec<Share>) -> Vec<Share> {
    shares.retain(|share| share.people > 0.0);
    shares.par_sort_by(|a, b| a.value.total_cmp(&b.value));
    shares.dedup_by(|next, first| {
        let is_same = next.value == first.value;
        if is_same {
            first.people += next.people;
        }
        is_same
    });
    shares
}
