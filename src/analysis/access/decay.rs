use super::{CostRow, row::number};

/// A step of a decay: the weight of all costs up to and including `until`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    pub until: f64,
    pub weight: f64,
}

/// How willing people are to bear a cost (距离衰减函数): a weight of 0 or more that never rises.
///
/// Costs are in the unit of the question, minutes or metres.
#[derive(Clone, Debug, PartialEq)]
pub enum Decay {
    /// Steps, each inclusive; 0 beyond the last.
    Bands(Vec<Band>),
    /// `exp(-beta c)`
    Exponential { beta: f64 },
    /// `c^-alpha`, no cost counted as less than `floor`.
    Power { alpha: f64, floor: f64 },
    /// `exp(-c² / 2 sigma²)`
    Gaussian { sigma: f64 },
    /// `1 / (1 + exp(π (c - midpoint) / (sigma √3)))`: one half at the midpoint.
    Logistic { midpoint: f64, sigma: f64 },
    /// `1 - c / zero_at`, 0 beyond.
    Linear { zero_at: f64 },
}

/// Why a decay is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecayError {
    #[error("give bands [[until, weight], …] with rising `until` > 0")]
    Order,
    #[error("the weights of bands are 0 to 1 and never rise")]
    Weight,
    #[error("`{0}` is a finite number above 0")]
    Parameter(&'static str),
}

impl Decay {
    /// 1 up to a cost, inclusive.
    pub fn within(until: f64) -> Self {
        let weight = 1.0;
        Decay::Bands(vec![Band { until, weight }])
    }

    /// # Errors
    /// Bands out of order or with weights that are none, parameters that are not above 0.
    pub fn check(&self) -> Result<(), DecayError> {
        let positive = |name, value: f64| {
            let sound = value > 0.0 && value.is_finite();
            sound.then_some(()).ok_or(DecayError::Parameter(name))
        };
        match self {
            Decay::Bands(bands) => {
                let rising = bands.windows(2).all(|pair| pair[0].until < pair[1].until);
                let sound = |band: &Band| band.until > 0.0 && band.until.is_finite();
                if bands.is_empty() || !rising || !bands.iter().all(sound) {
                    return Err(DecayError::Order);
                }
                let falling = bands
                    .windows(2)
                    .all(|pair| pair[0].weight >= pair[1].weight);
                let weights = bands.iter().all(|band| (0.0..=1.0).contains(&band.weight));
                (falling && weights).then_some(()).ok_or(DecayError::Weight)
            }
            Decay::Exponential { beta } => positive("beta", *beta),
            Decay::Power { alpha, floor } => {
                positive("alpha", *alpha).and(positive("floor", *floor))
            }
            Decay::Gaussian { sigma } => positive("sigma", *sigma),
            Decay::Logistic { midpoint, sigma } => {
                positive("midpoint", *midpoint).and(positive("sigma", *sigma))
            }
            Decay::Linear { zero_at } => positive("zero_at", *zero_at),
        }
    }

    /// The weight of a cost.
    #[inline]
    pub fn weight(&self, cost: f64) -> f64 {
        match self {
            Decay::Bands(bands) => {
                let band = bands.iter().find(|band| cost <= band.until);
                band.map_or(0.0, |band| band.weight)
            }
            Decay::Exponential { beta } => (-beta * cost).exp(),
            Decay::Power { alpha, floor } => cost.max(*floor).powf(-alpha),
            Decay::Gaussian { sigma } => (-0.5 * (cost / sigma).powi(2)).exp(),
            Decay::Logistic { midpoint, sigma } => {
                let steepness = std::f64::consts::PI / 3f64.sqrt() / sigma;
                1.0 / (1.0 + (steepness * (cost - midpoint)).exp())
            }
            Decay::Linear { zero_at } => (1.0 - cost / zero_at).max(0.0),
        }
    }

    /// This decay for whole costs of which `per_unit` make a unit.
    pub fn weigher(&self, per_unit: f64) -> Weigher<'_> {
        let Decay::Bands(bands) = self else {
            return Weigher::Curve(self, per_unit);
        };
        // What a product like 0.1 · 1000 lost in rounding is given back.
        let limit = |until: f64| (until * per_unit * (1.0 + 1e-12)).floor() as u32;
        Weigher::Steps(Steps {
            until: bands.iter().map(|band| limit(band.until)).collect(),
            weights: bands.iter().map(|band| band.weight).collect(),
        })
    }
}

/// A decay on whole costs: steps are compared exactly.
pub enum Weigher<'d> {
    Steps(Steps),
    Curve(&'d Decay, f64),
}

/// Steps of whole costs, the nearest first.
pub struct Steps {
    pub(super) until: Vec<u32>,
    pub(super) weights: Vec<f64>,
}

impl Weigher<'_> {
    /// How many steps there are; none of a curve.
    pub(super) fn steps(&self) -> usize {
        match self {
            Weigher::Steps(steps) => steps.until.len(),
            Weigher::Curve(..) => 0,
        }
    }

    /// Everything that weights depend on.
    pub fn words(&self) -> Vec<u64> {
        match self {
            Weigher::Steps(Steps { until, weights }) => {
                let steps = until.iter().zip(weights);
                let words = steps.flat_map(|(until, weight)| [u64::from(*until), weight.to_bits()]);
                std::iter::once(0).chain(words).collect()
            }
            Weigher::Curve(decay, per_unit) => {
                let (kind, a, b) = match decay {
                    // Steps are no curve.
                    Decay::Bands(_) => (1, 0.0, 0.0),
                    Decay::Exponential { beta } => (2, *beta, 0.0),
                    Decay::Power { alpha, floor } => (3, *alpha, *floor),
                    Decay::Gaussian { sigma } => (4, *sigma, 0.0),
                    Decay::Logistic { midpoint, sigma } => (5, *midpoint, *sigma),
                    Decay::Linear { zero_at } => (6, *zero_at, 0.0),
                };
                vec![kind, a.to_bits(), b.to_bits(), per_unit.to_bits()]
            }
        }
    }

    /// The weight of each cost.
    #[inline]
    pub(super) fn weigh(&self, costs: &[u32], weights: &mut [f64]) {
        match self {
            Weigher::Steps(steps) => {
                weights.fill(0.0);
                for (until, weight) in steps.until.iter().zip(&steps.weights).rev() {
                    for (into, cost) in weights.iter_mut().zip(costs) {
                        *into = if cost <= until { *weight } else { *into };
                    }
                }
            }
            Weigher::Curve(decay, per_unit) => {
                for (into, cost) in weights.iter_mut().zip(costs) {
                    *into = decay.weight(f64::from(*cost) / per_unit);
                }
            }
        }
    }
}

/// Adds the people within each of some costs; compiled for their number, without a branch.
pub(super) fn within<const STEPS: usize, P: Copy + Into<u32>>(
    until: [u32; STEPS],
    row: CostRow<'_, P>,
    people: &[u32],
    sums: &mut [u64],
) {
    let mut within = [0; STEPS];
    for (place, cost) in row.places.iter().zip(row.costs) {
        let living = u64::from(people[number(*place)]);
        for step in 0..STEPS {
            within[step] += if *cost <= until[step] { living } else { 0 };
        }
    }
    sums.iter_mut()
        .zip(within)
        .for_each(|(sum, within)| *sum += within);
}

/// Adds the value of its step to every place; compiled for their number, without a branch.
pub(super) fn add_steps<const STEPS: usize, P: Copy + Into<u32>>(
    until: [u32; STEPS],
    values: [f64; STEPS],
    row: &CostRow<'_, P>,
    first: usize,
    sums: &mut [f64],
) {
    // What lies beyond the last step adds nothing.
    let mut of_step = [0.0; 4];
    of_step[..STEPS].copy_from_slice(&values);
    for (place, cost) in row.places.iter().zip(row.costs) {
        let mut step = 0;
        for until in &until {
            step += usize::from(cost > until);
        }
        sums[number(*place) - first] += of_step[step & 3];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(steps: &[(f64, f64)]) -> Decay {
        let band = |&(until, weight): &(f64, f64)| Band { until, weight };
        Decay::Bands(steps.iter().map(band).collect())
    }

    #[test]
    fn the_weights_of_vector_v6() {
        let steps = bands(&[(20.0, 1.0), (40.0, 0.68), (60.0, 0.22)]);
        let found = [20.0, 30.0, 50.0, 70.0].map(|cost| steps.weight(cost));
        assert_eq!(found, [1.0, 0.68, 0.22, 0.0]);
        let gaussian = Decay::Gaussian { sigma: 20.0 };
        for (cost, wanted) in [(0.0, 1.0), (20.0, 0.60653066), (40.0, 0.13533528)] {
            assert!((gaussian.weight(cost) - wanted).abs() < 5e-9);
        }
    }

    #[test]
    fn other_forms_by_hand() {
        let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}");
        close(Decay::Exponential { beta: 0.1 }.weight(10.0), (-1f64).exp());
        let power = Decay::Power {
            alpha: 2.0,
            floor: 1.0,
        };
        close(power.weight(0.0), 1.0);
        close(power.weight(4.0), 0.0625);
        let logistic = Decay::Logistic {
            midpoint: 30.0,
            sigma: 10.0,
        };
        close(logistic.weight(30.0), 0.5);
        close(logistic.weight(20.0) + logistic.weight(40.0), 1.0);
        close(Decay::Linear { zero_at: 40.0 }.weight(10.0), 0.75);
        close(Decay::Linear { zero_at: 40.0 }.weight(50.0), 0.0);
    }

    #[test]
    fn whole_costs_are_compared_exactly() {
        // 0.3 min are 18,000 ms, though 0.3 · 60,000 rounds to less.
        let decay = bands(&[(0.3, 1.0), (1.0, 0.5)]);
        let mut weights = [0.0; 4];
        let costs = [18_000, 18_001, 60_000, 60_001];
        decay.weigher(60_000.0).weigh(&costs, &mut weights);
        assert_eq!(weights, [1.0, 0.5, 0.5, 0.0]);
    }

    #[test]
    fn what_is_no_decay_is_refused() {
        assert_eq!(bands(&[]).check(), Err(DecayError::Order));
        assert_eq!(
            bands(&[(20.0, 1.0), (10.0, 0.5)]).check(),
            Err(DecayError::Order)
        );
        assert_eq!(
            bands(&[(10.0, 0.5), (20.0, 0.6)]).check(),
            Err(DecayError::Weight)
        );
        let power = Decay::Power {
            alpha: 1.0,
            floor: 0.0,
        };
        assert_eq!(power.check(), Err(DecayError::Parameter("floor")));
        let endless = Decay::Exponential {
            beta: f64::INFINITY,
        };
        assert_eq!(endless.check(), Err(DecayError::Parameter("beta")));
        assert_eq!(bands(&[(10.0, 1.0), (20.0, 0.5)]).check(), Ok(()));
    }
}
