/// Travel costs from every origin to every destination, whole millimetres or milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    columns: usize,
    values: Vec<u32>,
}

impl Costs {
    /// What stands for a pair without a way.
    pub const UNREACHABLE: u32 = u32::MAX;

    /// No pair has a way yet.
    pub fn unreachable(rows: usize, columns: usize) -> Self {
        Costs {
            columns,
            values: vec![Self::UNREACHABLE; rows * columns],
        }
    }

    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn set(&mut self, origin: usize, destination: usize, cost: u32) {
        self.values[origin * self.columns + destination] = cost;
    }

    /// `None` where there is no way.
    pub fn get(&self, origin: usize, destination: usize) -> Option<u32> {
        let cost = self.values[origin * self.columns + destination];
        (cost != Self::UNREACHABLE).then_some(cost)
    }

    /// The costs from one origin, [`Costs::UNREACHABLE`] included.
    pub fn row(&self, origin: usize) -> &[u32] {
        &self.values[origin * self.columns..(origin + 1) * self.columns]
    }
}
