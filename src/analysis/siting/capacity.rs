//! Sites that serve no more than their capacity (有容量限制的最大覆盖).

mod bound;
mod flow;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use super::{Effort, Siting, effort::Budget};
use crate::analysis::access::CostMatrix;
use bound::bound;
use flow::Flow;

/// Who wants to be served, by the sites within reach, and how many each site serves at most.
///
/// Places with the same sites count as one, which changes no sum.
#[derive(Clone, Debug)]
pub struct Capacities {
    /// People of each class of places.
    people: Vec<i64>,
    /// Where the sites of each class begin in `sites`, and the end.
    starts: Vec<usize>,
    sites: Vec<u32>,
    /// The classes of each site.
    classes_of: Vec<Vec<u32>>,
    /// By site.
    capacity: Vec<i64>,
}

/// As many people as some sites can serve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    pub total: i64,
    /// By the number of the site; 0 of those that are not open.
    pub by_site: Vec<i64>,
}

impl Capacities {
    /// # Arguments
    /// * `costs` - row = site, with the places within its reach
    /// * `weights` - people of each place, >= 0
    /// * `capacity` - of each site, >= 0
    pub fn new(costs: &CostMatrix, weights: &[i64], capacity: Vec<i64>) -> Self {
        let by_place = costs.transposed();
        let mut classes: HashMap<&[u32], usize> = HashMap::new();
        let mut of = Capacities {
            people: Vec::new(),
            starts: vec![0],
            sites: Vec::new(),
            classes_of: vec![Vec::new(); costs.facilities()],
            capacity,
        };
        for (place, weight) in weights.iter().enumerate() {
            let sites = by_place.row(place).places;
            if *weight <= 0 || sites.is_empty() {
                continue;
            }
            let class = *classes.entry(sites).or_insert(of.people.len());
            if class == of.people.len() {
                of.people.push(0);
                of.sites.extend(sites);
                of.starts.push(of.sites.len());
            }
            of.people[class] += weight;
        }
        for class in 0..of.people.len() {
            for pair in of.pairs(class) {
                let site = of.sites[pair] as usize;
                of.classes_of[site].push(class as u32);
            }
        }
        of
    }

    /// The pairs of a class with its sites.
    fn pairs(&self, class: usize) -> std::ops::Range<usize> {
        self.starts[class]..self.starts[class + 1]
    }

    /// The pair of a class with a site of it.
    fn pair(&self, class: usize, site: usize) -> usize {
        let pairs = self.pairs(class);
        let at = self.sites[pairs.clone()].binary_search(&(site as u32));
        pairs.start + at.expect("a site of the class")
    }

    fn reach(&self, site: usize) -> i64 {
        let classes = self.classes_of[site].iter();
        classes.map(|class| self.people[*class as usize]).sum()
    }
}

/// People given to open sites so that as many as possible are served (a maximal flow): nobody can
/// be served who is not, whoever changes place.
pub fn serve(capacities: &Capacities, sites: &[usize]) -> Served {
    let mut flow = Flow::new(capacities);
    sites.iter().for_each(|site| flow.open(*site));
    Served {
        total: flow.total,
        by_site: flow.used,
    }
}

/// The `number` of `candidates` with which, beside the `fixed` sites, most people are served, with
/// a bound; all candidates where there are no more. `value` and `bound` count the people served
/// beyond those that the fixed sites serve alone. `None` where nobody waits any longer.
///
/// # Source
/// Current & Storbeck (1988), Environment and Planning B 15(2); greedy, exchanges and a bound from
/// the relaxed assignment, each site filled from those who are cheapest to serve; its first
/// multipliers are the smallest cut of the choice found (Ford & Fulkerson 1956). Another is the sum of
/// the gains of single sites.
pub fn best_limited_sites(
    capacities: &Capacities,
    fixed: &[usize],
    candidates: &[usize],
    number: usize,
    effort: Effort<'_>,
) -> Option<Siting> {
    let mut budget = Budget::new(effort);
    let mut before = Flow::new(capacities);
    fixed.iter().for_each(|site| before.open(*site));
    let number = number.min(candidates.len());
    let (mut chosen, mut flow) = greedy(&before, candidates, number, &mut budget)?;
    if number < candidates.len() {
        exchange(&before, candidates, &mut chosen, &mut flow, &mut budget)?;
        let (order, _) = greedy(&before, &chosen, number, &mut budget)?;
        chosen = order;
    }
    let value = flow.total - before.total;
    let bound = match number < candidates.len() {
        true => {
            let of_gains = most_by_gains(&before, candidates, number, &mut budget)?
                .min(most_by_gains(&flow, candidates, number, &mut budget)?);
            match of_gains > flow.total {
                true => {
                    bound(capacities, fixed, candidates, number, &flow, &mut budget)?.min(of_gains)
                }
                false => of_gains,
            }
        }
        false => flow.total,
    };
    Some(Siting {
        sites: chosen,
        value,
        bound: bound - before.total,
    })
}

/// Sites one after the other, each the best beside those before it, the lower number of equals.
fn greedy<'c>(
    before: &Flow<'c>,
    candidates: &[usize],
    number: usize,
    budget: &mut Budget<'_>,
) -> Option<(Vec<usize>, Flow<'c>)> {
    let mut flow = before.clone();
    let most = |site: usize| before.of.capacity[site].min(before.of.reach(site));
    let known = candidates
        .iter()
        .map(|site| (most(*site), Reverse(*site), false));
    let mut heap: BinaryHeap<(i64, Reverse<usize>, bool)> = known.collect();
    let mut chosen = Vec::new();
    while chosen.len() < number
        && let Some((_, Reverse(site), is_known)) = heap.pop()
    {
        budget.check()?;
        if is_known {
            flow.open(site);
            chosen.push(site);
            // A gain never grows when more is open.
            let stale = heap.drain().map(|(gain, site, _)| (gain, site, false));
            heap = stale.collect();
            continue;
        }
        heap.push((gain(&flow, site, budget), Reverse(site), true));
    }
    Some((chosen, flow))
}

/// How many more are served when a site opens beside those that are open.
fn gain(flow: &Flow<'_>, site: usize, budget: &mut Budget<'_>) -> i64 {
    let mut with = flow.clone();
    with.open(site);
    budget.spend(with.looked - flow.looked);
    with.total - flow.total
}

/// No `number` of candidates beside the open ones bring it further: gains never grow when more is
/// open (Nemhauser, Wolsey & Fisher 1978), so together they gain at most the sum of the largest.
fn most_by_gains(
    flow: &Flow<'_>,
    candidates: &[usize],
    number: usize,
    budget: &mut Budget<'_>,
) -> Option<i64> {
    let most = |site: usize| flow.of.capacity[site].min(flow.of.reach(site));
    let known = candidates.iter().map(|site| (most(*site), *site, false));
    let mut heap: BinaryHeap<(i64, usize, bool)> = known.collect();
    let (mut total, mut taken) = (flow.total, 0);
    while taken < number
        && let Some((most, site, is_known)) = heap.pop()
    {
        budget.check()?;
        if is_known {
            total += most;
            taken += 1;
        } else {
            heap.push((gain(flow, site, budget), site, true));
        }
    }
    Some(total)
}

/// Exchanges one chosen site for another as long as more are served; half of the effort is left
/// for the bound.
fn exchange<'c>(
    before: &Flow<'c>,
    candidates: &[usize],
    chosen: &mut [usize],
    flow: &mut Flow<'c>,
    budget: &mut Budget<'_>,
) -> Option<()> {
    let mut since_better = 0;
    let mut at = 0;
    let until = budget.used() + budget.share(2);
    while since_better < chosen.len() && budget.used() < until {
        let mut without = before.clone();
        let others = chosen.iter().enumerate().filter(|(place, _)| *place != at);
        others.for_each(|(_, site)| without.open(*site));
        budget.spend(without.looked - before.looked);
        let free: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|site| *site == chosen[at] || !chosen.contains(site))
            .collect();
        let (best, with) = greedy(&without, &free, 1, budget)?;
        since_better += 1;
        if with.total > flow.total {
            chosen[at] = best[0];
            *flow = with;
            since_better = 0;
        }
        at = (at + 1) % chosen.len();
    }
    Some(())
}
