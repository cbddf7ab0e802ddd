use super::{CostMatrix, Decay};

/// The weights of all facilities that each place chooses among (选择权重之和), `Σ_l w_il`: what a
/// share of them is taken of. It must be whole before the first facility is added to a measure that
/// shares people out.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    sums: Vec<f64>,
}

impl Choices {
    pub fn new(places: usize) -> Self {
        Choices {
            sums: vec![0.0; places],
        }
    }

    /// Counts more facilities in.
    pub fn add(&mut self, matrix: &CostMatrix, decay: &Decay) {
        matrix.add_to_places(&mut self.sums, decay, |_, _, weight| weight);
    }

    /// The share that a part has of a place's weights; nothing of nothing.
    pub(super) fn share(&self, place: usize, part: f64) -> f64 {
        share(part, self.sums[place])
    }
}

/// A part of a sum; nothing of nothing.
pub(super) fn share(part: f64, sum: f64) -> f64 {
    if sum > 0.0 { part / sum } else { 0.0 }
}
