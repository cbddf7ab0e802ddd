/// Random numbers that are the same in every run (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (self.number() >> 11) as f64 / (1_u64 << 53) as f64 * (high - low)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.number() % bound.max(1) as u64) as usize
    }

    pub fn any<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Somewhere inside the city, where an edit may put something.
    pub fn inside(&mut self) -> (f64, f64) {
        (self.between(113.27, 113.38), self.between(23.10, 23.16))
    }

    /// Somewhere in the built-up part of the city, or just beyond.
    pub fn place(&mut self) -> (f64, f64) {
        (self.between(113.2, 113.45), self.between(23.03, 23.2))
    }
}
