//! Lagrangian bounds: how much any choice could gain at most.

use super::{Gains, columns::Columns, effort::Budget};

/// What is decided of a site in a part of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decided {
    Open,
    In,
    Out,
}

/// A problem with its weights for the multipliers, made once.
pub(super) struct Relaxation<'g> {
    pub gains: &'g Gains,
    /// A gain has 2 to the power of this many parts, in which multipliers are counted.
    shift: u32,
    columns: &'g Columns,
    /// The most that each place can gain, scaled: how far its multiplier moves.
    most: Vec<i64>,
}

/// The tightest bound found for a part of the search.
pub(super) struct Relaxed {
    /// In whole gains.
    pub bound: i64,
    pub multipliers: Vec<i64>,
    /// By site; 0 of those that are out.
    prices: Vec<i64>,
    /// Scaled.
    total: i128,
}

/// What a search for bounds is told.
pub(super) struct Search<'s> {
    pub decided: &'s [Decided],
    /// How many sites are to be chosen in all.
    pub number: usize,
    pub iterations: usize,
    pub first_step: f64,
}

impl<'g> Relaxation<'g> {
    pub fn new(gains: &'g Gains, columns: &'g Columns) -> Self {
        let most = (0..gains.places()).map(|place| columns.most(place));
        let mut most: Vec<i64> = most.collect();
        let total: i128 = most.iter().map(|most| i128::from(*most)).sum();
        let mut shift = 0;
        while shift < 10 && total << shift < 1 << 59 {
            shift += 1;
        }
        most.iter_mut().for_each(|most| *most <<= shift);
        Relaxation {
            gains,
            columns,
            shift,
            most,
        }
    }

    /// Multipliers at which the bound is that of a greedy choice: what places gain from it.
    pub fn multipliers_of(&self, sites: &[usize]) -> Vec<i64> {
        let best = super::greedy::best_of(self.gains, sites);
        best.into_iter().map(|gain| gain << self.shift).collect()
    }

    /// Lowers `Σ u + Σ_{chosen} Σ_places max(0, gain − u)` over multipliers `u >= 0`, each value of
    /// which is a bound, by subgradient steps, until it proves `best` or no longer falls. `visit`
    /// gets each choice that a bound is made of and returns the best value known.
    ///
    /// # Source
    /// Cornuéjols, Fisher & Nemhauser (1977), Management Science 23(8); Held, Wolfe & Crowder (1974).
    pub fn lower(
        &self,
        search: &Search<'_>,
        multipliers: Vec<i64>,
        mut best: i64,
        budget: &mut Budget<'_>,
        mut visit: impl FnMut(&[usize], &mut Budget<'_>) -> Option<i64>,
    ) -> Option<Relaxed> {
        let gains = self.gains;
        let of = |wanted: Decided| -> Vec<usize> {
            let sites = 0..gains.sites();
            sites
                .filter(|site| search.decided[*site] == wanted)
                .collect()
        };
        let (fixed, open) = (of(Decided::In), of(Decided::Open));
        let to_choose = (search.number - fixed.len()).min(open.len());
        let mut u = multipliers;
        let mut step = search.first_step;
        let mut found: Option<Relaxed> = None;
        let mut since_better = 0;
        let mut last: Vec<usize> = Vec::new();
        for _ in 0..search.iterations {
            budget.check()?;
            let (mut prices, looked) = self.prices(&u);
            for (price, decided) in prices.iter_mut().zip(search.decided) {
                if *decided == Decided::Out {
                    *price = 0;
                }
            }
            let mut order = open.clone();
            let by_price = |site: &usize| (std::cmp::Reverse(prices[*site]), *site);
            if to_choose < order.len() {
                order.select_nth_unstable_by_key(to_choose, by_price);
                order.truncate(to_choose);
            }
            let mut chosen = [&fixed[..], &order[..]].concat();
            chosen.sort_unstable();
            // A step takes the rows of the choice as its value does, about as many as columns.
            budget.spend(2 * looked + gains.pairs_of(&chosen) + 4 * u.len());
            let of_chosen = chosen.iter().map(|site| &prices[*site]);
            let total: i128 = u
                .iter()
                .chain(of_chosen)
                .map(|part| i128::from(*part))
                .sum();
            let is_better = found.as_ref().is_none_or(|found| total < found.total);
            if is_better {
                since_better = 0;
                found = Some(Relaxed {
                    bound: (total >> self.shift) as i64,
                    multipliers: u.clone(),
                    prices,
                    total,
                });
            } else {
                since_better += 1;
                if since_better == STALLED {
                    (since_better, step) = (0, step / 2.0);
                }
            }
            if chosen != last {
                best = best.max(visit(&chosen, budget)?);
                last.clone_from(&chosen);
            }
            let bound = found.as_ref().map_or(i64::MAX, |found| found.bound);
            if bound <= best || step < LEAST_STEP || !budget.is_left() {
                break;
            }
            let above = total - (i128::from(best) << self.shift);
            self.step(&mut u, &chosen, step * above as f64);
        }
        found
    }

    /// What each site gains over the multipliers, scaled, and the effort that took.
    fn prices(&self, u: &[i64]) -> (Vec<i64>, usize) {
        let least = |place: usize| u[place] >> self.shift;
        let each = |place: usize, (sites, gains): (&[u32], &[i64]), prices: &mut [i64]| {
            let u = u[place];
            for (site, gain) in sites.iter().zip(gains) {
                prices[*site as usize] += (gain << self.shift) - u;
            }
        };
        self.columns.sums(self.gains.sites(), least, each)
    }

    /// Moves the multipliers against the subgradient, as far as the places can gain.
    fn step(&self, u: &mut [i64], chosen: &[usize], length: f64) {
        let mut slope = vec![1i32; u.len()];
        for site in chosen {
            for (place, gain) in self.gains.row(*site) {
                slope[place] -= i32::from(gain > u[place] >> self.shift);
            }
        }
        let moves =
            |place: usize, u: &[i64]| slope[place] != 0 && (u[place] > 0 || slope[place] < 0);
        let norm: f64 = (0..u.len())
            .filter(|place| moves(*place, u))
            .map(|place| f64::from(slope[place]).powi(2) * self.most[place] as f64)
            .sum();
        if norm <= 0.0 {
            return;
        }
        for place in 0..u.len() {
            if moves(place, u) {
                let by = length * f64::from(slope[place]) * self.most[place] as f64 / norm;
                // To the nearest whole one: half of one is added, and what is left over cut off.
                let next = u[place].saturating_sub((by + 0.5_f64.copysign(by)) as i64);
                u[place] = next.clamp(0, self.most[place]);
            }
        }
    }

    /// Decides the sites without or with which no choice gains more than `best`.
    pub fn decide(&self, relaxed: &Relaxed, decided: &mut [Decided], number: usize, best: i64) {
        let fixed = decided.iter().filter(|d| **d == Decided::In).count();
        let mut order: Vec<usize> = (0..decided.len())
            .filter(|site| decided[*site] == Decided::Open)
            .collect();
        order.sort_unstable_by_key(|site| (std::cmp::Reverse(relaxed.prices[*site]), *site));
        let to_choose = number - fixed;
        if to_choose == 0 || to_choose >= order.len() {
            return;
        }
        let (last_in, first_out) = (order[to_choose - 1], order[to_choose]);
        let price = |site: usize| i128::from(relaxed.prices[site]);
        let enough = (i128::from(best) + 1) << self.shift;
        for (at, site) in order.iter().enumerate() {
            if at < to_choose {
                if relaxed.total - price(*site) + price(first_out) < enough {
                    decided[*site] = Decided::In;
                }
            } else if relaxed.total - price(last_in) + price(*site) < enough {
                decided[*site] = Decided::Out;
            }
        }
    }

    /// The open site that the bound leans on most.
    pub fn branch_site(&self, relaxed: &Relaxed, decided: &[Decided]) -> Option<usize> {
        let open = (0..decided.len()).filter(|site| decided[*site] == Decided::Open);
        open.max_by_key(|site| (relaxed.prices[*site], std::cmp::Reverse(*site)))
    }
}

/// Steps without a better bound before they are halved.
const STALLED: u32 = 12;

/// Where steps no longer change anything.
const LEAST_STEP: f64 = 0.004;
