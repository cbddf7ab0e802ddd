//! Sites whose capacity makes up for what is lacking where they stand (补足缺口).

use super::{Effort, Siting, effort::Budget};
use crate::analysis::access::CostMatrix;

/// What areas lack, and in which of them each candidate stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shortfalls {
    /// By area, >= 0.
    pub lacking: Vec<i64>,
    /// By candidate; none outside all areas.
    pub area_of: Vec<Option<u32>>,
    /// What each new site adds, > 0.
    pub capacity: i64,
}

/// What it takes to make up for all that is lacking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// Sites that make up for all that the candidates can.
    pub sites: usize,
    /// What is lacking still with all of these: their areas hold too few candidates, or none.
    pub left: i64,
}

/// Who is within reach already, which decides between sites that make up for as much.
#[derive(Clone, Copy, Debug)]
pub struct Within<'a> {
    /// Row = candidate, with the places within its reach.
    pub costs: &'a CostMatrix,
    /// People of each place, >= 0.
    pub people: &'a [i64],
    /// The cost of each place from what stands already; `u32::MAX` beyond the cutoff.
    pub present: &'a [u32],
    /// What a place beyond the cutoff is counted with.
    pub penalty: u32,
}

impl Shortfalls {
    /// What a candidate would make up for where its area lacks `left`.
    fn gain(&self, candidate: usize, left: &[i64]) -> i64 {
        let area = self.area_of[candidate];
        area.map_or(0, |area| left[area as usize].min(self.capacity))
    }

    /// How many sites make up for everything.
    pub fn closing(&self) -> Closing {
        let mut candidates = vec![0usize; self.lacking.len()];
        for area in self.area_of.iter().flatten() {
            candidates[*area as usize] += 1;
        }
        let mut closing = Closing::default();
        for (lacking, candidates) in self.lacking.iter().zip(candidates) {
            let wanted = usize::try_from((lacking + self.capacity - 1) / self.capacity);
            let sites = wanted.unwrap_or(usize::MAX).min(candidates);
            closing.sites += sites;
            closing.left += (lacking - self.capacity.saturating_mul(sites as i64)).max(0);
        }
        closing
    }
}

/// The sites that make up for most of what areas lack: a site counts where it stands and up to what
/// is lacking there, so areas do not compete and each further site of one gains no more than the one
/// before it. Taking the largest gain at every step is therefore the best choice, and the bound is
/// the value. Of equal gains the one that brings most people newly within reach is taken, then the
/// one that shortens ways most, then the lower number. A site that makes up for nothing is not
/// taken. `None` where nobody waits any longer.
///
/// # Source
/// Gross (1956), for separable concave gains; Ibaraki & Katoh (1988), Resource Allocation Problems.
pub fn close_shortfalls(
    shortfalls: &Shortfalls,
    within: Within<'_>,
    number: usize,
    effort: Effort<'_>,
) -> Option<Siting> {
    let budget = Budget::new(effort);
    let mut left = shortfalls.lacking.clone();
    let mut costs = within.present.to_vec();
    let mut open: Vec<usize> = (0..shortfalls.area_of.len()).collect();
    let mut siting = Siting::default();
    while siting.sites.len() < number {
        budget.check()?;
        open.retain(|candidate| shortfalls.gain(*candidate, &left) > 0);
        let most = open.iter().map(|c| shortfalls.gain(*c, &left)).max();
        let Some(gain) = most else { break };
        let equals = open
            .iter()
            .filter(|c| shortfalls.gain(**c, &left) == gain)
            .copied();
        let best = equals.max_by_key(|candidate| {
            (
                within.brought(*candidate, &costs),
                std::cmp::Reverse(*candidate),
            )
        })?;
        open.retain(|candidate| *candidate != best);
        if let Some(area) = shortfalls.area_of[best] {
            left[area as usize] -= gain;
        }
        let row = within.costs.row(best);
        for (place, cost) in row.places.iter().zip(row.costs) {
            let known = &mut costs[*place as usize];
            *known = (*known).min(*cost);
        }
        siting.sites.push(best);
        siting.value += gain;
    }
    siting.bound = siting.value;
    Some(siting)
}

impl Within<'_> {
    /// People newly within reach of a candidate, then how much nearer it brings everyone.
    fn brought(&self, candidate: usize, costs: &[u32]) -> (i64, i64) {
        let row = self.costs.row(candidate);
        let mut brought = (0, 0);
        for (place, cost) in row.places.iter().zip(row.costs) {
            let (known, people) = (costs[*place as usize], self.people[*place as usize]);
            if known == u32::MAX {
                brought.0 += people;
            }
            let nearer = known.min(self.penalty).saturating_sub(*cost);
            brought.1 += people * i64::from(nearer);
        }
        brought
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::access::RowBuilder;

    /// Candidates with the places that each covers, at cost 1.
    fn costs(places: usize, covered: &[Vec<u32>]) -> CostMatrix {
        let mut costs = CostMatrix::new(places, 1.0);
        for own in covered {
            let mut row = RowBuilder::default();
            own.iter().for_each(|place| row.push(*place, 1));
            row.sort();
            costs.push(&row);
        }
        costs
    }

    fn close(shortfalls: &Shortfalls, covered: &[Vec<u32>], number: usize) -> Siting {
        let costs = costs(4, covered);
        let within = Within {
            costs: &costs,
            people: &[10, 20, 30, 40],
            present: &[1, u32::MAX, u32::MAX, u32::MAX],
            penalty: 5,
        };
        close_shortfalls(shortfalls, within, number, Effort::default()).expect("somebody waits")
    }

    #[test]
    fn places_go_where_places_lack() {
        // Area 0 lacks 150, area 1 lacks 40, area 2 nothing; candidate 4 stands outside.
        let shortfalls = Shortfalls {
            lacking: vec![150, 40, 0],
            area_of: vec![Some(0), Some(0), Some(1), Some(2), None],
            capacity: 100,
        };
        let covered = [vec![0], vec![1], vec![2], vec![3], vec![3]];
        let two = close(&shortfalls, &covered, 2);
        // Of the two in area 0 the one that somebody new reaches comes first.
        assert_eq!((&two.sites[..], two.value), (&[1, 0][..], 150));
        // The third closes area 1; nothing is built where nothing lacks.
        let all = close(&shortfalls, &covered, 5);
        assert_eq!(
            (&all.sites[..], all.value, all.bound),
            (&[1, 0, 2][..], 190, 190)
        );
        let closing = Closing { sites: 3, left: 0 };
        assert_eq!(shortfalls.closing(), closing);
    }

    #[test]
    fn what_no_candidate_can_close_is_told() {
        let shortfalls = Shortfalls {
            lacking: vec![250, 40],
            area_of: vec![Some(0), Some(0), None],
            capacity: 100,
        };
        let closing = Closing { sites: 2, left: 90 };
        assert_eq!(shortfalls.closing(), closing);
    }

    proptest! {
        /// No other choice of as many candidates makes up for more.
        #[test]
        fn no_other_choice_is_better(
            lacking in proptest::collection::vec(0i64..300, 3),
            area_of in proptest::collection::vec(proptest::option::of(0u32..3), 1..8),
            capacity in 1i64..150,
            number in 1usize..5,
        ) {
            let shortfalls = Shortfalls { lacking, area_of, capacity };
            let candidates = shortfalls.area_of.len();
            let covered: Vec<Vec<u32>> = (0..candidates).map(|c| vec![c as u32 % 4]).collect();
            let found = close(&shortfalls, &covered, number);
            let closed = |choice: u32| -> i64 {
                let areas = shortfalls.lacking.iter().enumerate();
                areas.map(|(area, lacking)| {
                    let inside = |site: &usize| choice >> site & 1 == 1
                        && shortfalls.area_of[*site] == Some(area as u32);
                    let sites = (0..candidates).filter(inside).count() as i64;
                    (*lacking).min(sites * capacity)
                }).sum()
            };
            let choices = (0..1u32 << candidates).filter(|c| c.count_ones() as usize <= number);
            prop_assert_eq!(found.value, choices.map(closed).max().unwrap_or(0));
            let all = closed((1 << candidates) - 1);
            let closing = shortfalls.closing();
            prop_assert_eq!(closing.left, shortfalls.lacking.iter().sum::<i64>() - all);
            prop_assert_eq!(close(&shortfalls, &covered, closing.sites).value, all);
        }
    }
}
