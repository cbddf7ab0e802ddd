//! Sites that serve no more than their capacity (有容量限制的最大覆盖).

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
};

use super::{Effort, Siting, effort::Budget};
use crate::analysis::access::CostMatrix;

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
/// the relaxed assignment, each site filled from those who are cheapest to serve.
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
        exchange(
            capacities,
            fixed,
            candidates,
            &mut chosen,
            &mut flow,
            &mut budget,
        )?;
        let (order, _) = greedy(&before, &chosen, number, &mut budget)?;
        chosen = order;
    }
    let value = flow.total - before.total;
    let bound = match number < candidates.len() {
        true => bound(capacities, fixed, candidates, number, &flow, &mut budget)?,
        false => flow.total,
    };
    Some(Siting {
        sites: chosen,
        value,
        bound: bound - before.total,
    })
}

/// Who is served where.
#[derive(Clone)]
struct Flow<'c> {
    of: &'c Capacities,
    is_open: Vec<bool>,
    /// People of each class that nobody serves.
    left: Vec<i64>,
    /// By pair of a class and a site.
    given: Vec<i64>,
    used: Vec<i64>,
    total: i64,
    looked: usize,
}

impl<'c> Flow<'c> {
    fn new(of: &'c Capacities) -> Self {
        Flow {
            of,
            is_open: vec![false; of.capacity.len()],
            left: of.people.clone(),
            given: vec![0; of.sites.len()],
            used: vec![0; of.capacity.len()],
            total: 0,
            looked: 0,
        }
    }

    fn give(&mut self, class: usize, site: usize, people: i64) {
        self.given[self.of.pair(class, site)] += people;
    }

    /// Opens a site: it takes who is left in its reach, then makes room elsewhere for others.
    fn open(&mut self, site: usize) {
        if std::mem::replace(&mut self.is_open[site], true) {
            return;
        }
        while self.used[site] < self.of.capacity[site] && self.take(site) {}
    }

    /// Brings some more people to a site with room: those left in the reach of it or, along a chain
    /// of sites each taking people of the next, in the reach of another.
    fn take(&mut self, site: usize) -> bool {
        // For each site in the chain the one that takes from it, and whom.
        let mut taker: HashMap<usize, (usize, usize)> = HashMap::new();
        let mut open = VecDeque::from([site]);
        while let Some(at) = open.pop_front() {
            let mut has_taken = false;
            for class in &self.of.classes_of[at] {
                let class = *class as usize;
                self.looked += 1;
                if self.left[class] > 0 {
                    has_taken |= self.pull(site, at, class, &taker);
                    if self.used[site] == self.of.capacity[site] {
                        return true;
                    }
                }
            }
            if has_taken {
                return true;
            }
            for class in &self.of.classes_of[at] {
                let class = *class as usize;
                for pair in self.of.pairs(class) {
                    let (other, given) = (self.of.sites[pair], self.given[pair]);
                    let other = other as usize;
                    self.looked += 1;
                    if given > 0 && other != site && !taker.contains_key(&other) {
                        taker.insert(other, (at, class));
                        open.push_back(other);
                    }
                }
            }
        }
        false
    }

    /// Gives people of a class to `at`, and as many from each site of the chain to the one before.
    fn pull(
        &mut self,
        site: usize,
        at: usize,
        class: usize,
        taker: &HashMap<usize, (usize, usize)>,
    ) -> bool {
        let mut people = self.left[class].min(self.of.capacity[site] - self.used[site]);
        let mut step = at;
        while let Some((next, moved)) = taker.get(&step) {
            people = people.min(self.given[self.of.pair(*moved, step)]);
            step = *next;
        }
        if people <= 0 {
            return false;
        }
        self.left[class] -= people;
        self.give(class, at, people);
        let mut step = at;
        while let Some((next, moved)) = taker.get(&step) {
            self.give(*moved, step, -people);
            self.give(*moved, *next, people);
            step = *next;
        }
        self.used[site] += people;
        self.total += people;
        true
    }
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
        let mut with = flow.clone();
        with.open(site);
        budget.spend(with.looked - flow.looked);
        heap.push((with.total - flow.total, Reverse(site), true));
    }
    Some((chosen, flow))
}

/// Exchanges one chosen site for another as long as more are served.
fn exchange<'c>(
    of: &'c Capacities,
    fixed: &[usize],
    candidates: &[usize],
    chosen: &mut [usize],
    flow: &mut Flow<'c>,
    budget: &mut Budget<'_>,
) -> Option<()> {
    let mut since_better = 0;
    let mut at = 0;
    while since_better < chosen.len() && budget.is_left() {
        let mut without = Flow::new(of);
        let others = chosen.iter().enumerate().filter(|(place, _)| *place != at);
        let kept = fixed.iter().chain(others.map(|(_, site)| site));
        kept.for_each(|site| without.open(*site));
        budget.spend(without.looked);
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

/// Parts of a person that multipliers are counted in.
const ONE: i64 = 1 << 16;

/// No choice serves more people: `Σ people · u + Σ_{chosen} the best filling of each site`, where a
/// person of a class is worth `1 − u`, is a bound for any `u`; subgradient steps lower it.
fn bound(
    of: &Capacities,
    fixed: &[usize],
    candidates: &[usize],
    number: usize,
    flow: &Flow<'_>,
    budget: &mut Budget<'_>,
) -> Option<i64> {
    let all_served = |left: &i64| if *left == 0 { ONE } else { 0 };
    let mut u: Vec<i64> = flow.left.iter().map(all_served).collect();
    let (mut lowest, mut step, mut since_better) = (i128::MAX, 1.0, 0);
    let people: i64 = of.people.iter().sum();
    for _ in 0..200 {
        budget.check()?;
        let fill = |site: usize| fill(of, site, &u);
        let filled: Vec<(i128, Vec<(usize, i64)>)> =
            candidates.iter().map(|site| fill(*site)).collect();
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by_key(|at| (Reverse(filled[*at].0), *at));
        let fixed: Vec<(i128, Vec<(usize, i64)>)> = fixed.iter().map(|site| fill(*site)).collect();
        let taken = order[..number].iter().map(|at| &filled[*at]).chain(&fixed);
        let mut slope = of.people.clone();
        let paid = of.people.iter().zip(&u);
        let mut total: i128 = paid.map(|(p, u)| i128::from(*p) * i128::from(*u)).sum();
        for (worth, given) in taken {
            total += worth;
            given
                .iter()
                .for_each(|(class, people)| slope[*class] -= people);
        }
        budget.spend(2 * of.classes_of.iter().map(Vec::len).sum::<usize>());
        if total < lowest {
            (lowest, since_better) = (total, 0);
        } else {
            since_better += 1;
            if since_better == 10 {
                (since_better, step) = (0, step / 2.0);
            }
        }
        let above = total - i128::from(flow.total) * i128::from(ONE);
        if lowest.div_euclid(i128::from(ONE)) <= i128::from(flow.total)
            || step < 0.01
            || !budget.is_left()
        {
            break;
        }
        // Measured by the people of a class, so that large and small ones move alike.
        let share = |class: usize| slope[class] as f64 / of.people[class] as f64;
        let moves = |class: usize, u: &[i64]| match slope[class] {
            0 => false,
            down if down > 0 => u[class] > 0,
            _ => u[class] < ONE,
        };
        let norm: f64 = (0..u.len())
            .filter(|class| moves(*class, &u))
            .map(|class| share(class) * slope[class] as f64)
            .sum();
        if norm <= 0.0 {
            break;
        }
        let length = step * above as f64 / norm;
        for class in 0..u.len() {
            if moves(class, &u) {
                let by = (length * share(class)).round() as i64;
                u[class] = u[class].saturating_sub(by).clamp(0, ONE);
            }
        }
    }
    let whole = lowest.div_euclid(i128::from(ONE));
    Some(i64::try_from(whole).unwrap_or(i64::MAX).min(people))
}

/// A site filled from those who are worth most, and with whom.
fn fill(of: &Capacities, site: usize, u: &[i64]) -> (i128, Vec<(usize, i64)>) {
    let classes = of.classes_of[site].iter().map(|class| *class as usize);
    let mut classes: Vec<usize> = classes.filter(|class| u[*class] < ONE).collect();
    classes.sort_unstable_by_key(|class| (u[*class], *class));
    let (mut room, mut worth, mut given) = (of.capacity[site], 0i128, Vec::new());
    for class in classes {
        let people = of.people[class].min(room);
        if people == 0 {
            break;
        }
        room -= people;
        worth += i128::from(people) * i128::from(ONE - u[class]);
        given.push((class, people));
    }
    (worth, given)
}
