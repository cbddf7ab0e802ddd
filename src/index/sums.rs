/// The sum of one count attribute over features, and how many of them have no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountTotal {
    pub sum: i64,
    pub missing: u64,
}

/// Sums of every count attribute over a set of features.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub features: u64,
    /// In the order of [`Layer::counts`](crate::domain::Layer::counts).
    pub counts: Vec<CountTotal>,
}

impl Sums {
    pub fn zero(counts: usize) -> Self {
        Sums {
            features: 0,
            counts: vec![CountTotal::default(); counts],
        }
    }

    pub fn add(&mut self, other: &Sums) {
        self.features += other.features;
        for (total, more) in self.counts.iter_mut().zip(&other.counts) {
            total.sum += more.sum;
            total.missing += more.missing;
        }
    }
}
