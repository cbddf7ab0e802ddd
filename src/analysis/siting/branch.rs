use std::{collections::BTreeMap, rc::Rc};

use super::{
    Effort, Gains, Siting,
    bound::{Decided, Relaxation, Search},
    columns::Columns,
    effort::Budget,
    greedy::{greedy, ranked},
    interchange::interchange,
    value_of,
};

/// A part of the search that is still to be looked at.
struct Part {
    decided: Vec<Decided>,
    multipliers: Rc<Vec<i64>>,
}

/// Parts by their bounds, of equals the one that was made last first: the part that holds the bound
/// up is looked at next.
#[derive(Default)]
struct Parts {
    parts: BTreeMap<(i64, u64), Part>,
    made: u64,
}

impl Parts {
    fn push(&mut self, bound: i64, part: Part) {
        self.made += 1;
        self.parts.insert((bound, self.made), part);
    }

    fn pop(&mut self) -> Option<(i64, Part)> {
        let ((bound, _), part) = self.parts.pop_last()?;
        Some((bound, part))
    }
}

/// Bounds looked for at the start, and in a part of the search.
const ITERATIONS: [usize; 2] = [400, 60];
const FIRST_STEPS: [f64; 2] = [1.0, 0.3];

/// The `number` of sites that gain most together, with a bound; all sites where there are no more.
/// Greedy, then exchanges, then a search through all choices by Lagrangian bounds, which proves the
/// best one where the effort is enough. `None` where nobody waits any longer.
///
/// # Source
/// Teitz & Bart (1968), Operations Research 16(5); Galvão & ReVelle (1996), European Journal of
/// Operational Research 88(1), for the bound of the maximal covering problem.
pub fn best_sites(gains: &Gains, number: usize, effort: Effort<'_>) -> Option<Siting> {
    let mut budget = Budget::new(effort);
    let all: Vec<usize> = (0..gains.sites()).collect();
    if number >= all.len() {
        let value = value_of(gains, &all);
        let sites = ranked(gains, &all);
        return Some(Siting {
            sites,
            value,
            bound: value,
        });
    }
    let mut best = greedy(gains, number);
    let columns = Columns::of(gains);
    let mut value = interchange(gains, &columns, &mut best, &mut budget)?;
    let mut bound = value;
    if number > 0 {
        let relaxation = Relaxation::new(gains, &columns);
        let mut open = Parts::default();
        let first = Part {
            decided: vec![Decided::Open; all.len()],
            multipliers: Rc::new(relaxation.multipliers_of(&best)),
        };
        open.push(i64::MAX, first);
        let mut is_first = true;
        while let Some((of_part, mut part)) = open.pop() {
            // All others are at most as high.
            bound = of_part.max(value);
            if of_part <= value {
                break;
            }
            if !is_first && !budget.is_left() {
                break;
            }
            let depth = usize::from(!std::mem::take(&mut is_first));
            let search = Search {
                decided: &part.decided,
                number,
                iterations: ITERATIONS[depth],
                first_step: FIRST_STEPS[depth],
            };
            let multipliers = Vec::clone(&part.multipliers);
            let known = value;
            let mut visited = 0u32;
            let visit = |chosen: &[usize], budget: &mut Budget<'_>| {
                visited += 1;
                let mut sites = chosen.to_vec();
                let mut found = value_of(gains, &sites);
                // At the start now and then from quite another choice.
                let is_worth = found > value || (depth == 0 && visited.is_multiple_of(25));
                if is_worth {
                    found = interchange(gains, &columns, &mut sites, budget)?;
                }
                if found > value {
                    (value, best) = (found, sites);
                }
                Some(value)
            };
            let relaxed = relaxation.lower(&search, multipliers, known, &mut budget, visit)?;
            let of_part = of_part.min(relaxed.bound);
            bound = value;
            if of_part <= value {
                continue;
            }
            relaxation.decide(&relaxed, &mut part.decided, number, value);
            let count = |wanted| part.decided.iter().filter(|d| **d == wanted).count();
            let (fixed, undecided) = (count(Decided::In), count(Decided::Open));
            if fixed + undecided < number {
                continue;
            }
            if fixed == number || fixed + undecided == number {
                // The only choice that is left in this part.
                let taken = |site: &usize| match part.decided[*site] {
                    Decided::In => true,
                    Decided::Open => fixed < number,
                    Decided::Out => false,
                };
                let sites: Vec<usize> = all.iter().copied().filter(taken).collect();
                let found = value_of(gains, &sites);
                if found > value {
                    (value, best) = (found, sites);
                }
                continue;
            }
            let Some(site) = relaxation.branch_site(&relaxed, &part.decided) else {
                continue;
            };
            let multipliers = Rc::new(relaxed.multipliers);
            for choice in [Decided::Out, Decided::In] {
                let mut decided = part.decided.clone();
                decided[site] = choice;
                let part = Part {
                    decided,
                    multipliers: multipliers.clone(),
                };
                open.push(of_part, part);
            }
        }
    }
    Some(Siting {
        sites: ranked(gains, &best),
        value,
        bound,
    })
}
