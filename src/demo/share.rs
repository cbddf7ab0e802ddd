//! Whole numbers out of shares, without losing one.

/// Hands out whole numbers that follow real ones: at every moment the sum given is the rounded sum
/// asked for, so that the last is exact.
#[derive(Clone, Copy, Debug, Default)]
pub struct Running {
    asked: f64,
    given: i64,
}

impl Running {
    /// The whole number for the next `amount`, which is 0 or more.
    pub fn next(&mut self, amount: f64) -> i64 {
        self.asked += amount;
        let sum = (self.asked + 0.5).floor() as i64;
        let next = (sum - self.given).max(0);
        self.given += next;
        next
    }
}

/// Spreads `total` over `weights` so that the parts sum to it exactly.
pub fn spread(total: i64, weights: &[f64]) -> Vec<i64> {
    let sum: f64 = weights.iter().sum();
    let mut running = Running::default();
    let mut parts: Vec<i64> = weights
        .iter()
        .map(|w| running.next(w * total as f64 / sum))
        .collect();
    // The sums of floating point may end one short or over.
    let rest = total - parts.iter().sum::<i64>();
    if let Some(largest) = parts.iter_mut().max() {
        *largest += rest;
    }
    parts
}

/// Splits whole numbers into `N` groups by shares; what rounding takes from a group in one place
/// it gives back in the next.
#[derive(Clone, Copy, Debug)]
pub struct Splitter<const N: usize> {
    owed: [f64; N],
}

impl<const N: usize> Splitter<N> {
    pub fn new() -> Self {
        Splitter { owed: [0.0; N] }
    }

    /// Parts of `total` by `shares`, which sum to 1. The parts sum to `total`.
    pub fn split(&mut self, total: i64, shares: &[f64; N]) -> [i64; N] {
        let mut parts = [0i64; N];
        for group in 0..N {
            self.owed[group] += shares[group] * total as f64;
            parts[group] = (self.owed[group].floor() as i64).max(0);
        }
        let mut rest = total - parts.iter().sum::<i64>();
        while rest != 0 {
            let step = rest.signum();
            let need = |group: &usize| (self.owed[*group] - parts[*group] as f64) * step as f64;
            let open = (0..N).filter(|group| step > 0 || parts[*group] > 0);
            let most = open.max_by(|a, b| need(a).total_cmp(&need(b)));
            let Some(most) = most else { break };
            parts[most] += step;
            rest -= step;
        }
        for (owed, part) in self.owed.iter_mut().zip(parts) {
            *owed -= part as f64;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_sums_exactly() {
        for total in [0, 1, 7, 18_676_605] {
            let weights: Vec<f64> = (1..500).map(|i| 1.0 / f64::from(i)).collect();
            let parts = spread(total, &weights);
            assert_eq!(parts.iter().sum::<i64>(), total);
            assert!(parts.iter().all(|part| *part >= 0));
        }
    }

    #[test]
    fn a_split_sums_exactly_in_each_place_and_nearly_in_each_group() {
        let shares = [0.03, 0.17, 0.8];
        let mut splitter = Splitter::<3>::new();
        let mut sums = [0i64; 3];
        for total in (0..3000).map(|i| i % 7) {
            let parts = splitter.split(total, &shares);
            assert_eq!(parts.iter().sum::<i64>(), total);
            assert!(parts.iter().all(|part| *part >= 0));
            sums.iter_mut()
                .zip(parts)
                .for_each(|(sum, part)| *sum += part);
        }
        let all = sums.iter().sum::<i64>() as f64;
        for (sum, share) in sums.iter().zip(shares) {
            assert!((*sum as f64 - share * all).abs() < 2.0);
        }
    }
}
