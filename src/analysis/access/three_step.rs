use super::{Choices, CostMatrix, Decay, Floating};

/// Three-step floating catchment area (三步移动搜索法, 3SFCA): people share themselves out over the
/// facilities of their catchment before they compete.
///
/// `G_ij = w_ij / Σ_l w_il`, `R_j = S_j / Σ_k G_kj w_kj P_k`, `A_i = Σ_j G_ij w_ij R_j`.
///
/// Invariant: as that of [`competitive`](super::competitive).
///
/// # Source
/// Wan, Zou & Sternberg (2012), International Journal of GIS 26(6).
pub fn three_step(matrix: &CostMatrix, demand: &[f64], supply: &[f64], decay: &Decay) -> Floating {
    let mut choices = Choices::new(matrix.places());
    choices.add(matrix, decay);
    let mut found = Floating::new(matrix.places());
    found.add_three_step(&choices, matrix, demand, supply, decay);
    found
}

impl Floating {
    /// Adds the next facilities by [`three_step`].
    pub fn add_three_step(
        &mut self,
        choices: &Choices,
        matrix: &CostMatrix,
        demand: &[f64],
        supply: &[f64],
        decay: &Decay,
    ) {
        let wanted = matrix.sum_rows(decay, |place, weight| {
            choices.share(place, weight * weight) * demand[place]
        });
        let ratios = self.set_ratios(supply, &wanted);
        matrix.add_to_places(&mut self.access, decay, |facility, place, weight| {
            choices.share(place, weight * weight) * ratios[facility]
        });
    }
}
