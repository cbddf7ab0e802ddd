//! Rational agents: a market of who goes where and what it costs, pricing that looks for better
//! facilities, and a forest of the choices in use along which all people move at once.

mod forest;
mod market;
mod price;

use market::{Agent, Market};

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
/// It is the least value of `Σ_j load_j² / (2 ρ S_j) + Σ_ij d_ij c_ij / τ`. A place looks only at
/// the facilities that have paid so far. Sweeps share out each place in turn in the best way while
/// all others stay; where long chains of places would so hand people on one step at a time, the
/// trees that choices in use make are levelled, each as a whole. Rounds of pricing look at every
/// pair, bring in better facilities, and end when nobody can save more than the gap.
///
/// # Arguments
/// * `demand` - people, one per place, finite and >= 0
/// * `supply` - capacity, one per facility of the matrix, finite and >= 0; 0 removes a facility
/// * `keep_on` - asked now and then; `false` ends the search with the gap of that moment
///
/// # Source
/// Saxon & Snow (2020), Annals of the American Association of Geographers 110(1). Trees of
/// what is in use as in the network simplex: Ahuja, Magnanti & Orlin (1993), Network Flows, ch. 11.
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
    let mut market = Market::new(supply.iter().map(per_person).collect());
    let mut agents: Vec<Agent> = demand.iter().map(|people| Agent::new(*people)).collect();
    let travel_weight = 1.0 / (options.tau * matrix.per_unit());
    let (mut gap, mut rounds) = (f64::INFINITY, 0);
    while rounds < options.max_rounds && keep_on() {
        gap = market.price(matrix, travel_weight, &mut agents, options.gap);
        if gap <= options.gap {
            break;
        }
        rounds += 1;
        for _ in 0..TURNS {
            let mut left = f64::INFINITY;
            for _ in 0..SWEEPS {
                let settled = agents.iter_mut();
                let settled = settled.map(|agent| market.settle(agent, options.gap / 8.0));
                left = settled.fold(0.0, f64::max);
            }
            if left <= options.gap / 4.0 {
                break;
            }
            market.level(&mut agents);
        }
        market.recount(&agents);
    }
    Raam {
        costs: agents.iter().map(|agent| market.mean_cost(agent)).collect(),
        loads: market.into_loads(),
        gap,
        rounds,
    }
}

/// Turns of sweeping and levelling, between two rounds of pricing.
const TURNS: usize = 4;
/// Sweeps over all places in a turn.
const SWEEPS: usize = 2;
