/// A small random generator (SplitMix64) whose numbers are the same on every machine.
///
/// # Source
/// Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A stream of its own for each `(seed, stream)`.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = Rng(seed ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03));
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to 1, 1 excluded.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        ((self.unit() * end as f64) as usize).min(end.saturating_sub(1))
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// The place of a draw by weight: the first whose running sum exceeds it.
    pub fn pick(&mut self, running: &[f64]) -> usize {
        let total = running.last().copied().unwrap_or(0.0);
        let drawn = self.unit() * total;
        running
            .partition_point(|sum| *sum <= drawn)
            .min(running.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // The first two numbers of the reference implementation for seed 0.
        let mut rng = Rng(0);
        assert_eq!(rng.next(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(rng.next(), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn a_weight_of_zero_is_never_picked() {
        let mut rng = Rng::new(1, 1);
        let running = [0.0, 1.0, 1.0, 3.0];
        let mut seen = [0; 4];
        (0..4000).for_each(|_| seen[rng.pick(&running)] += 1);
        assert_eq!((seen[0], seen[2]), (0, 0));
        assert!(seen[1] > 1100 && seen[1] < 1600, "{seen:?}");
    }
}
