use super::{CostMatrix, CostRow, row::number};

/// The costs of getting to the `k` nearest facilities (最近设施), for each place.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    k: usize,
    per_unit: f64,
    /// The `k` least costs of each place, rising; the largest number where there is none.
    costs: Vec<u32>,
}

/// # Panics
/// Without any `k`.
pub fn nearest(matrix: &CostMatrix, k: usize) -> Nearest {
    let mut nearest = Nearest::new(matrix.places(), k, matrix.per_unit());
    nearest.add(matrix);
    nearest
}

impl Nearest {
    pub fn new(places: usize, k: usize, per_unit: f64) -> Self {
        assert!(k > 0, "at least the nearest");
        Nearest {
            k,
            per_unit,
            costs: vec![u32::MAX; places * k],
        }
    }

    /// Looks at more facilities.
    pub fn add(&mut self, matrix: &CostMatrix) {
        let k = self.k;
        matrix.for_each_part(&mut self.costs, k, |_, first, pairs, costs| {
            look_at(pairs, k, first, costs);
        });
    }

    /// Looks at one more facility.
    pub fn add_row<P: Copy + Into<u32>>(&mut self, row: CostRow<'_, P>) {
        look_at(row, self.k, 0, &mut self.costs);
    }

    /// For each place the cost of the last of its `k`, in the unit of the matrix; `None` where
    /// fewer are within reach.
    pub fn last(&self) -> Vec<Option<f64>> {
        self.of_each(|costs| f64::from(costs[costs.len() - 1]))
    }

    /// For each place the mean cost of its `k`.
    pub fn mean(&self) -> Vec<Option<f64>> {
        let sum = |costs: &[u32]| costs.iter().map(|cost| u64::from(*cost)).sum::<u64>();
        self.of_each(|costs| sum(costs) as f64 / costs.len() as f64)
    }

    fn of_each(&self, cost: impl Fn(&[u32]) -> f64) -> Vec<Option<f64>> {
        let known = |costs: &[u32]| costs.last().is_some_and(|last| *last != u32::MAX);
        let one = |costs: &[u32]| known(costs).then(|| cost(costs) / self.per_unit);
        self.costs.chunks_exact(self.k).map(one).collect()
    }
}

/// Puts the costs of a facility among the `k` least of each place, numbered from `first`.
fn look_at<P: Copy + Into<u32>>(row: CostRow<'_, P>, k: usize, first: usize, costs: &mut [u32]) {
    for (place, cost) in row.places.iter().zip(row.costs) {
        let own = &mut costs[(number(*place) - first) * k..][..k];
        let at = own.partition_point(|known| known <= cost);
        if at < k {
            own[at..].rotate_right(1);
            own[at] = *cost;
        }
    }
}
