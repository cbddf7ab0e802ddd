use super::{CostMatrix, Decay};

/// Opportunities within a cost, inclusive (累积机会) `Σ_j O_j [c_ij <= C]`, for each place.
///
/// # Arguments
/// * `supply` - opportunities, one per facility of the matrix, finite and >= 0
/// * `cutoff` - in the unit of the matrix
///
/// # Source
/// Wachs & Kumagai (1973), Socio-Economic Planning Sciences 7.
pub fn cumulative(matrix: &CostMatrix, supply: &[f64], cutoff: f64) -> Vec<f64> {
    gravity(matrix, supply, &Decay::within(cutoff))
}

/// Hansen's potential (引力潜能) `Σ_j O_j f(c_ij)`, for each place.
///
/// # Source
/// Hansen (1959), Journal of the American Institute of Planners 25(2).
pub fn gravity(matrix: &CostMatrix, supply: &[f64], decay: &Decay) -> Vec<f64> {
    let mut access = vec![0.0; matrix.places()];
    add_gravity(&mut access, matrix, supply, decay);
    access
}

/// Adds the potential of some facilities to what places have of others.
pub fn add_gravity(access: &mut [f64], matrix: &CostMatrix, supply: &[f64], decay: &Decay) {
    assert_eq!(supply.len(), matrix.facilities(), "one supply per facility");
    matrix.add_values(access, decay, supply);
}
