use super::{CostMatrix, Decay};

/// Access where others want the same (供需可达性).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Floating {
    /// Supply per person, for each place; 0 where no supply is within reach. A place of nobody has
    /// the value that a newcomer would have.
    pub access: Vec<f64>,
    /// Supply per weighted person of each facility; `None` where nobody reaches it.
    pub ratios: Vec<Option<f64>>,
}

impl Floating {
    /// Nothing yet, for so many places.
    pub fn new(places: usize) -> Self {
        Floating {
            access: vec![0.0; places],
            ratios: Vec::new(),
        }
    }

    /// Supply that nobody reaches (闲置供给), which no place has a share of: the facilities with
    /// any.
    pub fn stranded<'a>(&'a self, supply: &'a [f64]) -> impl Iterator<Item = usize> + 'a {
        let is_stranded = |at: &usize| self.ratios[*at].is_none() && supply[*at] > 0.0;
        (0..supply.len()).filter(is_stranded)
    }

    /// Adds the next facilities by [`competitive`] access.
    pub fn add_competitive(
        &mut self,
        matrix: &CostMatrix,
        demand: &[f64],
        supply: &[f64],
        decay: &Decay,
    ) {
        let wanted = matrix.sum_demand(decay, demand);
        let ratios = self.set_ratios(supply, &wanted);
        matrix.add_values(&mut self.access, decay, &ratios);
    }

    /// Keeps the ratios of the next facilities; stranded ones have nothing to share, told as 0.
    pub(super) fn set_ratios(&mut self, supply: &[f64], wanted: &[f64]) -> Vec<f64> {
        assert_eq!(supply.len(), wanted.len(), "one supply per facility");
        let ratio = |(supply, wanted): (&f64, &f64)| (*wanted > 0.0).then(|| supply / wanted);
        let ratios = supply.iter().zip(wanted).map(ratio);
        let first = self.ratios.len();
        self.ratios.extend(ratios);
        let new = self.ratios[first..].iter();
        new.map(|ratio| ratio.unwrap_or(0.0)).collect()
    }
}

/// Competitive access (竞争性可达性) `Σ_j S_j f(c_ij) / Σ_k P_k f(c_kj)`.
///
/// Invariant: `Σ_i P_i A_i` is the capacity of all facilities that anyone reaches.
///
/// # Arguments
/// * `demand` - people, one per place, finite and >= 0
/// * `supply` - capacity, one per facility of the matrix, finite and >= 0
///
/// # Source
/// Weibull (1976), Regional Science and Urban Economics 6; Shen (1998), Environment and Planning B
/// 25(3). With the steps of Luo & Qi (2009), Health & Place 15(4), it is the enhanced two-step
/// floating catchment area (E2SFCA).
pub fn competitive(matrix: &CostMatrix, demand: &[f64], supply: &[f64], decay: &Decay) -> Floating {
    let mut found = Floating::new(matrix.places());
    found.add_competitive(matrix, demand, supply, decay);
    found
}

/// Two-step floating catchment area (两步移动搜索法, 2SFCA): competitive access with weight 1 up to
/// a cutoff, inclusive.
///
/// # Source
/// Luo & Wang (2003), Environment and Planning B 30(6).
pub fn two_step(matrix: &CostMatrix, demand: &[f64], supply: &[f64], cutoff: f64) -> Floating {
    competitive(matrix, demand, supply, &Decay::within(cutoff))
}
