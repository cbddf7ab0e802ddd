use super::{Choices, CostMatrix, Decay, Floating, choices::share};

/// Balanced floating catchment area (平衡移动搜索法, BFCA): weights are shares, so that neither
/// demand nor service is counted more than once.
///
/// `R_j = S_j / Σ_k P_k (w_kj / Σ_l w_kl)`, `A_i = Σ_j R_j (w_ij / Σ_k w_kj)`.
///
/// Invariants: the demand of all facilities is the people who reach any; `Σ_i A_i` is `Σ_j R_j`.
///
/// # Source
/// Páez, Higgins & Vivona (2019), PLoS ONE 14(6).
pub fn balanced(matrix: &CostMatrix, demand: &[f64], supply: &[f64], decay: &Decay) -> Floating {
    let mut choices = Choices::new(matrix.places());
    choices.add(matrix, decay);
    let mut found = Floating::new(matrix.places());
    found.add_balanced(&choices, matrix, demand, supply, decay);
    found
}

impl Floating {
    /// Adds the next facilities by [`balanced`] catchments.
    pub fn add_balanced(
        &mut self,
        choices: &Choices,
        matrix: &CostMatrix,
        demand: &[f64],
        supply: &[f64],
        decay: &Decay,
    ) {
        let catchments = matrix.sum_rows(decay, |_, weight| weight);
        let wanted = matrix.sum_rows(decay, |place, weight| {
            choices.share(place, weight) * demand[place]
        });
        let ratios = self.set_ratios(supply, &wanted);
        matrix.add_to_places(&mut self.access, decay, |facility, _, weight| {
            share(weight, catchments[facility]) * ratios[facility]
        });
    }
}
