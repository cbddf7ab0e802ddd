use super::{Budget, Cover, Effort};

/// One part of a set cover problem, its sites numbered from 0.
struct Problem {
    /// The sites of each place.
    places: Vec<Vec<u32>>,
    /// The places of each site.
    sites: Vec<Vec<u32>>,
    pairs: usize,
}

/// What is decided of a site.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decided {
    Open,
    In,
    Out,
}

/// What one more site costs in multipliers.
const ONE: i64 = 1 << 20;

const ITERATIONS: [usize; 2] = [300, 40];

/// Steps without a better bound before they are halved.
const STALLED: u32 = 10;

/// The fewest sites of a part by their own numbers, how many there must be at least, and the pairs
/// looked at. `None` where nobody waits.
pub(super) fn solve(cover: &Cover, effort: Effort<'_>) -> Option<(Vec<usize>, usize, u64)> {
    let mut budget = Budget::new(effort);
    let mut names: Vec<u32> = cover.places.iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    let number = |site: &u32| names.partition_point(|name| name < site) as u32;
    let places: Vec<Vec<u32>> = cover
        .places
        .iter()
        .map(|sites| sites.iter().map(number).collect())
        .collect();
    let cover = Cover { places };
    let problem = Problem {
        sites: super::reduce::by_site(&cover, names.len()),
        pairs: cover.places.iter().map(Vec::len).sum(),
        places: cover.places,
    };
    let (sites, bound) = problem.search(&mut budget)?;
    let named = sites.into_iter().map(|site| names[site] as usize);
    Some((named.collect(), bound, budget.used()))
}

/// A part of the search.
struct Part {
    decided: Vec<Decided>,
    multipliers: Vec<i64>,
    bound: usize,
}

impl Problem {
    fn search(&self, budget: &mut Budget<'_>) -> Option<(Vec<usize>, usize)> {
        let open = vec![Decided::Open; self.sites.len()];
        let equal: Vec<i64> = self.places.iter().map(|p| ONE / p.len() as i64).collect();
        let mut best = self.fill(&open, |_| ONE);
        let mut parts = vec![Part {
            decided: open,
            multipliers: equal,
            bound: 1,
        }];
        let mut is_first = true;
        while let Some(mut part) = parts.pop() {
            budget.check()?;
            if part.bound >= best.len() {
                continue;
            }
            let depth = usize::from(!std::mem::take(&mut is_first));
            self.raise(&mut part, ITERATIONS[depth], &mut best, budget)?;
            if part.bound >= best.len() {
                continue;
            }
            if !budget.is_left() {
                parts.push(part);
                break;
            }
            self.split(&part, &mut parts);
        }
        let least = parts.iter().map(|part| part.bound).min();
        let bound = least.map_or(best.len(), |least| least.min(best.len()));
        Some((best, bound))
    }

    /// The sites that are left for the most constrained place, one after the other: with the first,
    /// without it and with the second, and so on.
    fn split(&self, part: &Part, parts: &mut Vec<Part>) {
        let is_open = |site: &&u32| part.decided[**site as usize] == Decided::Open;
        let uncovered = self.places.iter().filter(|place| {
            let mut sites = place.iter();
            !sites.any(|site| part.decided[*site as usize] == Decided::In)
        });
        let tightest = uncovered.min_by_key(|place| place.iter().filter(is_open).count());
        let Some(place) = tightest else { return };
        let mut sites: Vec<usize> = place.iter().filter(is_open).map(|s| *s as usize).collect();
        let reduced = self.reduced(&part.multipliers);
        sites.sort_by_key(|site| (reduced[*site], *site));
        let mut new = Vec::new();
        let mut decided = part.decided.clone();
        for site in sites {
            let mut with = decided.clone();
            with[site] = Decided::In;
            new.push(Part {
                decided: with,
                multipliers: part.multipliers.clone(),
                bound: part.bound,
            });
            decided[site] = Decided::Out;
        }
        // The likeliest is looked at first.
        parts.extend(new.into_iter().rev());
    }

    /// What each site costs less the multipliers of its places.
    fn reduced(&self, multipliers: &[i64]) -> Vec<i64> {
        let paid = |places: &Vec<u32>| -> i64 {
            places
                .iter()
                .map(|place| multipliers[*place as usize])
                .sum()
        };
        self.sites.iter().map(|places| ONE - paid(places)).collect()
    }

    /// Raises the bound of a part by subgradient steps, trying a choice by the reduced costs now
    /// and then, and decides sites where the bound allows only one way.
    fn raise(
        &self,
        part: &mut Part,
        iterations: usize,
        best: &mut Vec<usize>,
        budget: &mut Budget<'_>,
    ) -> Option<()> {
        let mut u = part.multipliers.clone();
        let fixed = part.decided.iter().filter(|d| **d == Decided::In).count();
        let is_served: Vec<bool> = self
            .places
            .iter()
            .map(|place| {
                let mut sites = place.iter();
                sites.any(|site| part.decided[*site as usize] == Decided::In)
            })
            .collect();
        for (place, sites) in self.places.iter().enumerate() {
            let mut sites = sites.iter();
            if is_served[place] {
                u[place] = 0;
            } else if sites.all(|site| part.decided[*site as usize] == Decided::Out) {
                // Nothing is left for this place: no choice in this part.
                part.bound = usize::MAX;
                return Some(());
            }
        }
        let (mut step, mut since_better, mut highest) = (1.0, 0, i64::MIN);
        for iteration in 0..iterations {
            budget.check()?;
            budget.spend(2 * self.pairs);
            let reduced = self.reduced(&u);
            let is_open = |site: &usize| part.decided[*site] == Decided::Open;
            let taken: Vec<usize> = (0..self.sites.len())
                .filter(|site| is_open(site) && reduced[*site] < 0)
                .collect();
            let total: i64 = fixed as i64 * ONE
                + u.iter().sum::<i64>()
                + taken.iter().map(|site| reduced[*site]).sum::<i64>();
            if total > highest {
                highest = total;
                since_better = 0;
                part.multipliers.clone_from(&u);
                let bound = total.div_euclid(ONE) + i64::from(total.rem_euclid(ONE) > 0);
                part.bound = part.bound.max(bound.max(0) as usize);
            } else {
                since_better += 1;
                if since_better == STALLED {
                    (since_better, step) = (0, step / 2.0);
                }
            }
            if iteration % 10 == 0 {
                let found = self.fill(&part.decided, |site| reduced[site].max(ONE / 64));
                if found.len() < best.len() && self.covers_all(&found) {
                    *best = found;
                }
            }
            if part.bound >= best.len() || step < 0.005 || !budget.is_left() {
                break;
            }
            let mut slope = vec![1i32; u.len()];
            for site in &taken {
                let places = self.sites[*site].iter();
                places.for_each(|place| slope[*place as usize] -= 1);
            }
            let moves = |place: usize, u: &[i64]| {
                !is_served[place] && slope[place] != 0 && (u[place] > 0 || slope[place] > 0)
            };
            let norm: f64 = (0..u.len())
                .filter(|place| moves(*place, &u))
                .map(|place| f64::from(slope[place]).powi(2))
                .sum();
            if norm <= 0.0 {
                break;
            }
            let length = step * (best.len() as i64 * ONE - total) as f64 / norm;
            for place in 0..u.len() {
                if moves(place, &u) {
                    let by = (length * f64::from(slope[place])).round() as i64;
                    u[place] = (u[place] + by).clamp(0, ONE);
                }
            }
        }
        // A site whose choice lifts the bound to the best known is not in a better one.
        let reduced = self.reduced(&part.multipliers);
        for (site, reduced) in reduced.into_iter().enumerate() {
            let lifted = highest + reduced.max(0);
            if part.decided[site] == Decided::Open && lifted > (best.len() as i64 - 1) * ONE {
                part.decided[site] = Decided::Out;
            }
        }
        Some(())
    }

    fn covers_all(&self, sites: &[usize]) -> bool {
        let mut is_in = vec![false; self.sites.len()];
        sites.iter().for_each(|site| is_in[*site] = true);
        let is_covered = |place: &Vec<u32>| place.iter().any(|site| is_in[*site as usize]);
        self.places.iter().all(is_covered)
    }

    /// A choice that covers all that can be: for one place after the other, those with the fewest
    /// sites first, the site of the least `price` for each place it newly serves; then without
    /// those that are not needed.
    fn fill(&self, decided: &[Decided], price: impl Fn(usize) -> i64) -> Vec<usize> {
        let mut times = vec![0u32; self.places.len()];
        let in_all = (0..self.sites.len()).filter(|site| decided[*site] == Decided::In);
        let mut chosen: Vec<usize> = in_all.collect();
        let fixed = chosen.len();
        let count = |site: usize, times: &mut [u32]| {
            let places = self.sites[site].iter();
            places.for_each(|place| times[*place as usize] += 1);
        };
        chosen.iter().for_each(|site| count(*site, &mut times));
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        order.sort_by_key(|place| (self.places[*place].len(), *place));
        for place in order {
            if times[place] > 0 {
                continue;
            }
            let open = self.places[place].iter().map(|site| *site as usize);
            let open = open.filter(|site| decided[*site] == Decided::Open);
            let priced = open.map(|site| {
                let places = self.sites[site].iter();
                let news = places.filter(|place| times[**place as usize] == 0).count();
                (price(site), news as i64, site)
            });
            let best = priced.min_by(|a, b| (a.0 * b.1, a.2).cmp(&(b.0 * a.1, b.2)));
            if let Some((_, _, site)) = best {
                chosen.push(site);
                count(site, &mut times);
            }
        }
        // The last taken is the first to be found needless.
        for at in (fixed..chosen.len()).rev() {
            let places = &self.sites[chosen[at]];
            if places.iter().all(|place| times[*place as usize] > 1) {
                places.iter().for_each(|place| times[*place as usize] -= 1);
                chosen.remove(at);
            }
        }
        chosen
    }
}
