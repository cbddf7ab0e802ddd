use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rayon::prelude::*;

use super::{Limits, QueryError, Ruler, Start, Traveler, Walks};
use crate::{
    analysis::access::{CostMatrix, RowBuilder},
    city::LoadedLayer,
    index::FeatureRef,
};

/// Searches the costs between many starts and the features of a layer, by all threads.
pub(super) struct CostSearch<'c, 'r> {
    pub ruler: &'r Ruler<'c>,
    pub limits: &'r Limits,
    /// The largest cost of a pair.
    pub cutoff: f64,
    /// Those of the starts, by their place in the list, where they are known.
    pub walks: Option<&'r Walks>,
}

/// Starts searched between two looks at the size of a block.
pub(super) const AT_ONCE: usize = 64;
/// Costs are kept in thousandths: millimetres, or milliseconds.
pub(super) const THOUSANDTHS: f64 = 1000.0;
/// The ways of more starts than these are not remembered: they would drive out all others.
pub(super) const MOST_REMEMBERED: usize = 20_000;
/// Bytes of a pair.
pub(super) const PAIR: u64 = 8;

impl CostSearch<'_, '_> {
    /// How many kept costs make one of the question's units.
    pub fn per_unit(&self) -> f64 {
        self.ruler.cost_per_unit() * THOUSANDTHS
    }

    /// The costs from some starts to the features of a layer that have a number, a block at a time.
    ///
    /// # Errors
    /// Where nobody waits any longer or a block is more than the memory.
    pub fn blocks(
        &self,
        starts: &[Start],
        layer: &LoadedLayer,
        number: impl Fn(FeatureRef) -> Option<u32> + Sync,
        numbers: usize,
        pairs: usize,
        mut full: impl FnMut(&mut CostMatrix, Range<usize>),
    ) -> Result<(), QueryError> {
        let mut matrix = CostMatrix::new(numbers, self.per_unit());
        let is_remembering = starts.len() <= MOST_REMEMBERED;
        let travelers = Travelers::new(self.ruler, self.limits, is_remembering);
        self.limits
            .step("搜索出行成本", "searching the costs of travel");
        let (done, all) = (AtomicU64::new(0), starts.len() as u64);
        self.limits.progress(0, all);
        let mut first = 0;
        for (part, some) in starts.chunks(AT_ONCE).enumerate() {
            let held = AtomicU64::new(matrix.pairs() as u64);
            let row = |(at, start): (usize, &Start)| {
                let mut row = RowBuilder::default();
                let visit = |feature, cost| {
                    if let Some(number) = number(feature) {
                        row.push(number, whole(cost));
                    }
                };
                travelers.with(|traveler| match self.walks {
                    Some(walks) => {
                        let start = part * AT_ONCE + at;
                        traveler.within_known(walks, start, layer, self.cutoff, visit)
                    }
                    None => traveler.within(layer, start, self.cutoff, visit),
                })?;
                row.sort();
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                self.limits.progress(done, all);
                let held = held.fetch_add(row.len() as u64, Ordering::Relaxed);
                self.limits.allow((held + row.len() as u64) * PAIR)?;
                Ok(row)
            };
            let numbered = some.par_iter().enumerate();
            let rows: Vec<RowBuilder> = numbered.map(row).collect::<Result<_, _>>()?;
            rows.iter().for_each(|row| matrix.push(row));
            let next = part * AT_ONCE + some.len();
            if matrix.pairs() >= pairs || next == starts.len() {
                full(&mut matrix, first..next);
                first = next;
            }
        }
        Ok(())
    }
}

/// A cost in whole thousandths. What lies between two counts as the larger, so that a cutoff in
/// whole thousandths parts the same pairs as the cost itself.
pub(super) fn whole(cost: f64) -> u32 {
    let thousandths = cost * THOUSANDTHS;
    let nearest = thousandths.round();
    // What was whole before is whole again.
    if (thousandths - nearest).abs() < 1e-6 {
        nearest as u32
    } else {
        thousandths.ceil() as u32
    }
}

/// Travelers in waiting, one for each thread that is at work.
pub(super) struct Travelers<'r> {
    ruler: &'r Ruler<'r>,
    limits: &'r Limits,
    /// Whether they remember their ways.
    is_remembering: bool,
    waiting: Mutex<Vec<Traveler<'r>>>,
}

impl<'r> Travelers<'r> {
    pub fn new(ruler: &'r Ruler<'r>, limits: &'r Limits, is_remembering: bool) -> Self {
        Travelers {
            ruler,
            limits,
            is_remembering,
            waiting: Mutex::default(),
        }
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut Traveler<'r>) -> T) -> T {
        let lock = || self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = lock().pop();
        let mut traveler = waiting.unwrap_or_else(|| {
            let traveler = self.ruler.traveler(self.limits);
            match self.is_remembering {
                true => traveler.remembering(),
                false => traveler,
            }
        });
        let done = work(&mut traveler);
        lock().push(traveler);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{
        Travel,
        test_city::{Feature, TestCity},
    };

    #[test]
    fn a_search_tells_its_progress_while_it_goes_on() {
        let homes: Vec<String> = (0..40).map(|n| format!("h{n}")).collect();
        let homes: Vec<Feature<'_>> = (0..40)
            .map(|n| (&*homes[n], (n as f64 * 10.0, 0.0), &[][..]))
            .collect();
        let city = TestCity::new().with("residences", &homes).build();
        let homes = city.layer("residences", None).expect("homes");
        let ruler = Ruler::new(&city, &Travel::default()).expect("a ruler");
        let limits = Limits::generous();
        let search = CostSearch {
            ruler: &ruler,
            limits: &limits,
            cutoff: 1000.0,
            walks: None,
        };
        let starts: Vec<Start> = homes
            .index
            .iter()
            .map(|home| Start::of(homes, home))
            .collect();
        // Fewer than are searched at once: what is told meanwhile is seen from within.
        let seen = Mutex::new(Vec::new());
        let number = |_| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(limits.told().share_done());
            Some(0)
        };
        assert_eq!(limits.told().share_done(), None);
        search
            .blocks(&starts, homes, number, 1, usize::MAX, |_, _| {})
            .expect("costs");
        let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        assert!(seen.iter().all(Option::is_some));
        let between = |share: &&Option<f64>| share.is_some_and(|share| share > 0.0 && share < 1.0);
        assert!(seen.iter().filter(between).count() > 40, "{seen:?}");
        assert_eq!(limits.told().share_done(), Some(1.0));
    }

    #[test]
    fn whole_costs_come_back_and_others_round_up() {
        for mm in [0u32, 1, 1003, 499_999, 1_125_000, 49_999_999] {
            assert_eq!(whole(f64::from(mm) / 1000.0), mm);
        }
        assert_eq!(whole(500.00001), 500_001);
        assert_eq!(whole(499.99999), 500_000);
    }
}
