use crate::{
    city::LoadedLayer,
    index::{CountTotal, FeatureRef, Sums},
};

/// The cutoffs of a question from near to far: a feature is inside from one of them on.
pub struct Bands {
    /// Ascending, each once.
    costs: Vec<f64>,
}

impl Bands {
    pub fn new(costs: &[f64]) -> Self {
        let mut costs = costs.to_vec();
        costs.sort_by(f64::total_cmp);
        costs.dedup();
        Bands { costs }
    }

    pub fn len(&self) -> usize {
        self.costs.len()
    }

    pub fn largest(&self) -> f64 {
        self.costs.last().copied().unwrap_or(0.0)
    }

    /// The first band that holds a cost; [`Bands::len`] where none does.
    pub fn of(&self, cost: f64) -> usize {
        self.costs.partition_point(|cutoff| *cutoff < cost)
    }
}

/// The numbers of one feature: 1, then value and missing of each count.
pub struct Entry {
    places: Vec<usize>,
    values: Vec<i64>,
}

impl Entry {
    pub fn of(loaded: &LoadedLayer) -> Self {
        let places: Vec<usize> = loaded.layer().counts().map(|(place, _)| place).collect();
        let values = vec![0; 1 + 2 * places.len()];
        Entry { places, values }
    }

    pub fn read(&mut self, loaded: &LoadedLayer, feature: FeatureRef) -> &[i64] {
        self.values[0] = 1;
        let numbers = self.values[1..].chunks_exact_mut(2);
        for (place, number) in self.places.iter().zip(numbers) {
            let value = loaded.index.value(feature, *place).as_integer();
            number[0] = value.unwrap_or(0);
            number[1] = i64::from(value.is_none());
        }
        &self.values
    }
}

/// Sums of every count of one layer, of several origins in every band.
pub struct BandSums {
    bands: usize,
    width: usize,
    values: Vec<i64>,
}

impl BandSums {
    pub fn new(origins: usize, bands: usize, counts: usize) -> Self {
        let width = 1 + 2 * counts;
        BandSums {
            bands,
            width,
            values: vec![0; origins * bands * width],
        }
    }

    /// Counts a feature from a band on.
    pub fn add(&mut self, origin: usize, band: usize, entry: &[i64]) {
        let sums = self.at(origin, band);
        sums.iter_mut().zip(entry).for_each(|(sum, n)| *sum += n);
    }

    /// No longer counts a feature from a band on; beyond the last band nothing changes.
    pub fn take(&mut self, origin: usize, band: usize, entry: &[i64]) {
        if band < self.bands {
            let sums = self.at(origin, band);
            sums.iter_mut().zip(entry).for_each(|(sum, n)| *sum -= n);
        }
    }

    fn at(&mut self, origin: usize, band: usize) -> &mut [i64] {
        let at = (origin * self.bands + band) * self.width;
        &mut self.values[at..at + self.width]
    }

    /// Makes of what each band adds the sums up to it.
    pub fn accumulate(&mut self) {
        for origin in self.values.chunks_exact_mut(self.bands * self.width) {
            for at in self.width..origin.len() {
                origin[at] += origin[at - self.width];
            }
        }
    }

    pub fn sums(&self, origin: usize, band: usize) -> Sums {
        let at = (origin * self.bands + band) * self.width;
        let values = &self.values[at..at + self.width];
        let count = |pair: &[i64]| CountTotal {
            sum: pair[0],
            missing: pair[1] as u64,
        };
        Sums {
            features: values[0] as u64,
            counts: values[1..].chunks_exact(2).map(count).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_on_a_cutoff_is_inside() {
        let bands = Bands::new(&[800.0, 300.0, 800.0]);
        assert_eq!(bands.len(), 2);
        let of = [0.0, 300.0, 300.1, 800.0, 801.0].map(|cost| bands.of(cost));
        assert_eq!(of, [0, 0, 1, 1, 2]);
    }

    #[test]
    fn what_enters_and_leaves_is_summed_from_band_to_band() {
        let mut sums = BandSums::new(2, 3, 1);
        sums.add(1, 0, &[1, 40, 0]);
        sums.add(1, 1, &[1, 0, 1]);
        sums.take(1, 2, &[1, 40, 0]);
        sums.take(1, 3, &[1, 0, 1]);
        sums.accumulate();
        let people = |band| sums.sums(1, band).counts[0];
        assert_eq!([0, 1, 2].map(|band| people(band).sum), [40, 40, 0]);
        assert_eq!([0, 1, 2].map(|band| people(band).missing), [0, 1, 1]);
        assert_eq!([0, 1, 2].map(|band| sums.sums(1, band).features), [1, 2, 1]);
        assert_eq!(sums.sums(0, 2).features, 0);
    }
}
