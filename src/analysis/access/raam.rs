use rayon::prelude::*;

use super::CostMatrix;
use crate::analysis::Sum;

/// How rational agents choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RaamOptions {
    /// The travel that weighs as much as the mean congestion of the city, in the unit of the
    /// matrix; 60 minutes is usual.
    pub tau: f64,
    /// The largest relative gap that is an equilibrium.
    pub gap: f64,
    pub max_rounds: usize,
}

impl Default for RaamOptions {
    fn default() -> Self {
        RaamOptions {
            tau: 60.0,
            gap: 1e-3,
            max_rounds: 500,
        }
    }
}

/// An equilibrium of rational agents.
#[derive(Clone, Debug, PartialEq)]
pub struct Raam {
    /// What the people of each place bear, lower is better; `None` for a place of nobody or one
    /// that reaches no supply.
    pub costs: Vec<Option<f64>>,
    /// People who go to each facility.
    pub loads: Vec<f64>,
    /// The largest share of a cost that anyone could still save by going elsewhere.
    pub gap: f64,
    pub rounds: usize,
}

/// Rational agent access model (理性主体可达性, RAAM): people split over facilities until none would
/// be better off elsewhere, where going to `j` costs `load_j / (ρ S_j) + c_ij / τ` and
/// `ρ = Σ P / Σ S`.
///
/// It is the least value of `Σ_j load_j² / (2 ρ S_j) + Σ_ij d_ij c_ij / τ`, which is found place
/// by place: each in turn shares itself out in the best way while all others stay. A place looks
/// only at the facilities that have paid so far; rounds of pricing bring in better ones, and end
/// when nobody can save more than the gap.
///
/// # Arguments
/// * `demand` - people, one per place, finite and >= 0
/// * `supply` - capacity, one per facility of the matrix, finite and >= 0; 0 removes a facility
/// * `keep_on` - asked now and then; `false` ends the search with the gap of that moment
///
/// # Source
/// Saxon & Snow (2020), Annals of the American Association of Geographers 110(1).
pub fn raam(
    matrix: &CostMatrix,
    demand: &[f64],
    supply: &[f64],
    options: &RaamOptions,
    keep_on: &dyn Fn() -> bool,
) -> Raam {
    assert_eq!(demand.len(), matrix.places(), "one demand per place");
    assert_eq!(supply.len(), matrix.facilities(), "one supply per facility");
    let people = demand.iter().copied().collect::<Sum>().value();
    let capacity = supply.iter().copied().collect::<Sum>().value();
    let per_person = |supply: &f64| {
        // A facility without capacity is infinitely crowded: nobody goes there.
        let crowding = capacity / (people * supply);
        if *supply > 0.0 {
            crowding
        } else {
            f64::INFINITY
        }
    };
    let mut market = Market {
        by_place: matrix.transposed(),
        cost_weight: 1.0 / options.tau,
        crowding: supply.iter().map(per_person).collect(),
        loads: vec![0.0; supply.len()],
    };
    let mut agents: Vec<Agent> = (0..demand.len())
        .map(|place| Agent {
            people: demand[place],
            choices: Vec::new(),
        })
        .collect();
    let (mut gap, mut rounds) = (f64::INFINITY, 0);
    while rounds < options.max_rounds && keep_on() {
        gap = market.price(&mut agents, options.gap);
        if gap <= options.gap {
            break;
        }
        rounds += 1;
        for _ in 0..MAX_SWEEPS {
            let left = agents.iter_mut().map(|agent| market.settle(agent));
            if left.fold(0.0, f64::max) <= options.gap / 4.0 {
                break;
            }
        }
        market.recount(&agents);
    }
    Raam {
        costs: agents.iter().map(|agent| market.mean_cost(agent)).collect(),
        loads: market.loads,
        gap,
        rounds,
    }
}

/// Sweeps over all places between two rounds of pricing.
const MAX_SWEEPS: usize = 20;
/// Facilities that a round of pricing brings in for a place.
const AT_ONCE: usize = 4;
/// Fewer people than this share of a place are rounding, not a choice.
const NOBODY: f64 = 1e-9;

/// The people of a place.
struct Agent {
    people: f64,
    choices: Vec<Choice>,
}

/// A facility that a place looks at.
#[derive(Clone, Copy)]
struct Choice {
    facility: u32,
    /// Travel there, in units of congestion.
    travel: f64,
    people: f64,
}

struct Market {
    by_place: CostMatrix,
    cost_weight: f64,
    /// Congestion that one more person brings to each facility.
    crowding: Vec<f64>,
    loads: Vec<f64>,
}

impl Market {
    fn cost(&self, choice: &Choice) -> f64 {
        let facility = choice.facility as usize;
        self.loads[facility] * self.crowding[facility] + choice.travel
    }

    /// The mean cost of the people of a place.
    fn mean_cost(&self, agent: &Agent) -> Option<f64> {
        let borne = agent.choices.iter().map(|c| c.people * self.cost(c));
        let people: f64 = agent.choices.iter().map(|c| c.people).sum();
        (people > 0.0).then(|| borne.sum::<f64>() / people)
    }

    /// Looks at every facility for every place, takes in the best new ones, and tells the largest
    /// share of a cost that anyone could save.
    fn price(&self, agents: &mut [Agent], gap: f64) -> f64 {
        let one = |(place, agent): (usize, &mut Agent)| self.price_one(place, agent, gap);
        let gaps = agents.par_iter_mut().enumerate().map(one);
        gaps.reduce(|| 0.0, f64::max)
    }

    fn price_one(&self, place: usize, agent: &mut Agent, gap: f64) -> f64 {
        if agent.people <= 0.0 {
            return 0.0;
        }
        let used = agent.people * NOBODY;
        let worst = agent.choices.iter().filter(|c| c.people > used);
        let worst = worst
            .map(|c| self.cost(c))
            .fold(f64::NEG_INFINITY, f64::max);
        let is_new = worst == f64::NEG_INFINITY;
        let enough = if is_new {
            f64::INFINITY
        } else {
            worst * (1.0 - gap / 4.0)
        };
        let mut best: [(f64, u32, f64); AT_ONCE] = [(f64::INFINITY, u32::MAX, 0.0); AT_ONCE];
        let (mut least, mut bar) = (worst.max(0.0), enough);
        if is_new {
            least = f64::INFINITY;
        }
        let row = self.by_place.row(place);
        for (facility, cost) in row.places.iter().zip(row.costs) {
            let at = *facility as usize;
            if self.crowding[at] == f64::INFINITY {
                continue;
            }
            let travel = self.by_place.in_unit(*cost) * self.cost_weight;
            let cost = self.loads[at] * self.crowding[at] + travel;
            least = least.min(cost);
            if cost < bar {
                let known = agent.choices.iter().any(|c| c.facility == *facility);
                if !known {
                    let last = AT_ONCE - 1;
                    best[last] = (cost, *facility, travel);
                    best.sort_by(|a, b| a.0.total_cmp(&b.0));
                    bar = best[last].0.min(enough);
                }
            }
        }
        let found = best.iter().filter(|(cost, ..)| cost.is_finite());
        agent
            .choices
            .extend(found.map(|(_, facility, travel)| Choice {
                facility: *facility,
                travel: *travel,
                people: 0.0,
            }));
        match (is_new, agent.choices.is_empty()) {
            (true, true) => 0.0,
            (true, false) => f64::INFINITY,
            _ => (worst - least) / worst,
        }
    }

    /// Shares the people of a place out over its choices in the best way while all others stay:
    /// what is used costs the same, what is not used costs no less. Tells what could be saved
    /// before.
    fn settle(&mut self, agent: &mut Agent) -> f64 {
        let (mut worst, mut least) = (0.0f64, f64::INFINITY);
        for choice in &agent.choices {
            let cost = self.cost(choice);
            least = least.min(cost);
            if choice.people > agent.people * NOBODY {
                worst = worst.max(cost);
            }
        }
        if let [only] = &mut agent.choices[..] {
            self.loads[only.facility as usize] += agent.people - only.people;
            only.people = agent.people;
            return 0.0;
        }
        for choice in &agent.choices {
            self.loads[choice.facility as usize] -= choice.people;
        }
        let key = |market: &Market, choice: &Choice| market.cost(choice);
        agent.choices.sort_by(|a, b| {
            let by_cost = key(self, a).total_cmp(&key(self, b));
            by_cost.then(a.facility.cmp(&b.facility))
        });
        // The level that water of this amount reaches in basins of these floors and widths.
        let (mut level, mut width, mut filled) = (f64::INFINITY, 0.0, 0.0);
        for choice in &agent.choices {
            let floor = self.cost(choice);
            if floor >= level {
                break;
            }
            let basin = 1.0 / self.crowding[choice.facility as usize];
            width += basin;
            filled += floor * basin;
            level = (agent.people + filled) / width;
        }
        for choice in &mut agent.choices {
            let facility = choice.facility as usize;
            let floor = self.loads[facility] * self.crowding[facility] + choice.travel;
            choice.people = ((level - floor) / self.crowding[facility]).max(0.0);
            self.loads[facility] += choice.people;
        }
        // Too many choices that nobody takes only cost time.
        if agent.choices.len() > 16 {
            agent.choices.retain(|choice| choice.people > 0.0);
        }
        if worst > 0.0 {
            (worst - least) / worst
        } else {
            1.0
        }
    }

    /// Adds loads up anew: steps back and forth leave rounding behind.
    fn recount(&mut self, agents: &[Agent]) {
        let mut loads = vec![Sum::default(); self.loads.len()];
        for choice in agents.iter().flat_map(|agent| &agent.choices) {
            loads[choice.facility as usize].add(choice.people);
        }
        self.loads = loads.into_iter().map(Sum::value).collect();
    }
}
