/// A sum of many numbers that keeps what rounding would lose; in one order it gives one result.
///
/// # Source
/// Knuth, The Art of Computer Programming 2, 4.2.2 (the exact error of an addition).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    #[inline]
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        let kept = sum - self.sum;
        self.lost += (self.sum - (sum - kept)) + (value - kept);
        self.sum = sum;
    }

    /// Adds a sum of other numbers, with what its rounding lost.
    pub fn add_sum(&mut self, other: Sum) {
        self.add(other.sum);
        self.lost += other.lost;
    }

    pub fn value(self) -> f64 {
        self.sum + self.lost
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sum = Sum::default();
        values.into_iter().for_each(|value| sum.add(value));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_survive_a_large_one() {
        let values = [1.0, 1e16, 1.0, -1e16];
        assert_eq!(values.iter().sum::<f64>(), 0.0);
        assert_eq!(values.into_iter().collect::<Sum>().value(), 2.0);
    }
}
