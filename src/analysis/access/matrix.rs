use rayon::prelude::*;

use super::{CostRow, Decay, People, Wanted};
use crate::analysis::Sum;

/// Travel costs between supply and demand (出行成本矩阵), sparse: a row for each facility with the
/// places that reach it; a pair that is absent is unreachable.
///
/// Costs are whole numbers (millimetres, milliseconds), so that cutoffs are compared exactly.
/// Pairs stand in the order of their places, whatever order they were found in. A large city comes
/// as several matrices, some of its facilities in each: measures add up over them, to the same
/// bytes as over one.
#[derive(Clone, Debug, PartialEq)]
pub struct CostMatrix {
    places: usize,
    /// How many costs make a unit of the decays.
    per_unit: f64,
    /// Where each row begins, and the end.
    starts: Vec<usize>,
    place: Vec<u32>,
    cost: Vec<u32>,
}

/// A row in the making, used again and again.
#[derive(Clone, Debug, Default)]
pub struct RowBuilder {
    /// Place in the upper half, cost in the lower.
    pairs: Vec<u64>,
}

impl RowBuilder {
    pub fn push(&mut self, place: u32, cost: u32) {
        self.pairs.push(u64::from(place) << 32 | u64::from(cost));
    }

    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Puts the pairs in order, of one place the least cost.
    pub fn sort(&mut self) {
        self.pairs.sort_unstable();
        self.pairs.dedup_by_key(|pair| *pair >> 32);
    }
}

impl CostMatrix {
    /// No facility yet; `per_unit` costs make a unit of the decays (60,000 ms a minute).
    pub fn new(places: usize, per_unit: f64) -> Self {
        CostMatrix {
            places,
            per_unit,
            starts: vec![0],
            place: Vec::new(),
            cost: Vec::new(),
        }
    }

    /// Forgets all facilities and keeps the memory.
    pub fn clear(&mut self) {
        self.starts.truncate(1);
        self.place.clear();
        self.cost.clear();
    }

    /// Adds the row of the next facility, which must be [sorted](RowBuilder::sort).
    pub fn push(&mut self, row: &RowBuilder) {
        self.place
            .extend(row.pairs.iter().map(|p| (p >> 32) as u32));
        self.cost.extend(row.pairs.iter().map(|p| *p as u32));
        self.starts.push(self.place.len());
    }

    /// Adds the rows of another matrix to the same places.
    pub fn append(&mut self, other: &Self) {
        assert_eq!(self.places, other.places, "rows of the same places");
        let before = self.place.len();
        self.place.extend(&other.place);
        self.cost.extend(&other.cost);
        self.starts
            .extend(other.starts[1..].iter().map(|start| before + start));
    }

    pub fn facilities(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn places(&self) -> usize {
        self.places
    }

    pub fn pairs(&self) -> usize {
        self.place.len()
    }

    pub fn row(&self, row: usize) -> CostRow<'_> {
        let pairs = self.starts[row]..self.starts[row + 1];
        CostRow {
            places: &self.place[pairs.clone()],
            costs: &self.cost[pairs],
        }
    }

    pub fn per_unit(&self) -> f64 {
        self.per_unit
    }

    /// A whole cost in the unit of the decays.
    pub fn in_unit(&self, cost: u32) -> f64 {
        f64::from(cost) / self.per_unit
    }

    /// Only the pairs of at most a cost.
    pub fn up_to(&self, most: u32) -> Self {
        let mut kept = CostMatrix::new(self.places, self.per_unit);
        for row in 0..self.facilities() {
            let CostRow { places, costs } = self.row(row);
            let near = places.iter().zip(costs).filter(|(_, cost)| **cost <= most);
            for (place, cost) in near {
                kept.place.push(*place);
                kept.cost.push(*cost);
            }
            kept.starts.push(kept.place.len());
        }
        kept
    }

    /// The same pairs by place: a row for each place with the facilities that it reaches.
    pub fn transposed(&self) -> Self {
        let mut starts = vec![0usize; self.places + 1];
        for place in &self.place {
            starts[*place as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let (mut place, mut cost) = (vec![0; self.pairs()], vec![0; self.pairs()]);
        for row in 0..self.facilities() {
            let CostRow { places, costs } = self.row(row);
            for (from, from_cost) in places.iter().zip(costs) {
                let at = &mut next[*from as usize];
                place[*at] = row as u32;
                cost[*at] = *from_cost;
                *at += 1;
            }
        }
        CostMatrix {
            places: self.facilities(),
            per_unit: self.per_unit,
            starts,
            place,
            cost,
        }
    }

    /// For each facility the sum of `term(place, weight)` over the places that reach it.
    pub(super) fn sum_rows(
        &self,
        decay: &Decay,
        term: impl Fn(usize, f64) -> f64 + Sync,
    ) -> Vec<f64> {
        let weigher = decay.weigher(self.per_unit);
        let rows = (0..self.facilities()).into_par_iter();
        rows.map(|row| {
            let mut sum = Sum::default();
            let add = |place, weight| sum.add(term(place, weight));
            self.row(row).for_each(&weigher, add);
            sum.value()
        })
        .collect()
    }

    /// For each facility the weighted demand of the places that reach it.
    pub(super) fn sum_demand(&self, decay: &Decay, demand: &[f64]) -> Vec<f64> {
        let weigher = decay.weigher(self.per_unit);
        let people = People::of(demand.to_vec());
        let rows = (0..self.facilities()).into_par_iter();
        rows.map(|row| {
            let mut wanted = Wanted::new(&weigher);
            wanted.add(self.row(row), &people);
            wanted.sum()
        })
        .collect()
    }

    /// Adds to each place the weighted values of the facilities that it reaches, in their order.
    pub(super) fn add_values(&self, sums: &mut [f64], decay: &Decay, values: &[f64]) {
        let weigher = decay.weigher(self.per_unit);
        self.for_each_part(sums, 1, |row, first, pairs, sums| {
            pairs.add_to(&weigher, values[row], first, sums);
        });
    }

    /// Adds to each place `term(facility, place, weight)` of the facilities that it reaches, in their
    /// order.
    pub(super) fn add_to_places(
        &self,
        sums: &mut [f64],
        decay: &Decay,
        term: impl Fn(usize, usize, f64) -> f64 + Sync,
    ) {
        let weigher = decay.weigher(self.per_unit);
        self.for_each_part(sums, 1, |row, first, pairs, sums| {
            pairs.for_each(&weigher, |place, weight| {
                sums[place - first] += term(row, place, weight);
            });
        });
    }

    /// Calls `visit` with every facility in turn, once for each part of the places: a part of
    /// `values`, `width` of them a place, the first place of the part, and the facility's pairs
    /// there. A part belongs to one thread, so no value depends on how many there are.
    pub(super) fn for_each_part<T: Send>(
        &self,
        values: &mut [T],
        width: usize,
        visit: impl Fn(usize, usize, CostRow<'_>, &mut [T]) + Sync,
    ) {
        assert_eq!(values.len(), self.places * width, "values for every place");
        let parts = 4 * rayon::current_num_threads();
        let size = self.places.div_ceil(parts).max(1024);
        let parts = self.places.div_ceil(size);
        // Of each row, where its pairs of every part begin, and the end.
        let rows = (0..self.facilities()).into_par_iter();
        let cuts: Vec<usize> = rows
            .flat_map_iter(|row| {
                let (start, places) = (self.starts[row], self.row(row).places);
                let number = |place: Option<&u32>| place.map_or(0, |place| *place as usize);
                let (least, last) = (number(places.first()), number(places.last()));
                (0..=parts).map(move |part| {
                    // Most parts hold all of a row or nothing of it.
                    start
                        + match part * size {
                            from if from <= least => 0,
                            from if from > last => places.len(),
                            from => places.partition_point(|place| (*place as usize) < from),
                        }
                })
            })
            .collect();
        let chunks = values.par_chunks_mut(size * width).enumerate();
        chunks.for_each(|(part, values)| {
            for (row, cuts) in cuts.chunks(parts + 1).enumerate() {
                let pairs = cuts[part]..cuts[part + 1];
                let here = CostRow {
                    places: &self.place[pairs.clone()],
                    costs: &self.cost[pairs],
                };
                visit(row, part * size, here, values);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[&[(u32, u32)]]) -> CostMatrix {
        let mut matrix = CostMatrix::new(3, 1.0);
        let mut row = RowBuilder::default();
        for pairs in rows {
            row.pairs.clear();
            pairs
                .iter()
                .for_each(|(place, cost)| row.push(*place, *cost));
            row.sort();
            matrix.push(&row);
        }
        matrix
    }

    #[test]
    fn a_row_is_sorted_and_keeps_the_least_cost() {
        let matrix = matrix(&[&[(2, 7), (0, 9), (2, 5)], &[], &[(1, 0)]]);
        assert_eq!((matrix.facilities(), matrix.pairs()), (3, 3));
        assert_eq!(matrix.row(0).places, [0, 2]);
        assert_eq!(matrix.row(0).costs, [9, 5]);
        assert!(matrix.row(1).places.is_empty());
    }

    #[test]
    fn turned_twice_it_is_itself() {
        let matrix = matrix(&[&[(0, 1), (2, 2)], &[(1, 3), (2, 4)], &[]]);
        let turned = matrix.transposed();
        assert_eq!(turned.row(2).places, [0, 1]);
        assert_eq!(turned.row(2).costs, [2, 4]);
        assert_eq!(turned.transposed(), matrix);
    }
}
