use crate::analysis::Sum;

/// Fewer people than this share of a place are rounding, not a choice.
const NOBODY: f64 = 1e-9;
/// More choices than this are thinned: those that nobody takes only cost time.
const MANY: usize = 16;

/// The people of a place.
pub(super) struct Agent {
    pub people: f64,
    pub choices: Vec<Choice>,
}

/// A facility that a place looks at.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub facility: u32,
    /// Travel there, in units of congestion.
    pub travel: f64,
    pub people: f64,
    /// What it would cost without the people of this place.
    floor: f64,
}

/// How crowded the facilities are.
pub(super) struct Market {
    /// Congestion that one more person brings to each facility.
    pub crowding: Vec<f64>,
    pub loads: Vec<f64>,
}

impl Agent {
    pub fn new(people: f64) -> Self {
        Agent {
            people,
            choices: Vec::new(),
        }
    }

    /// Whether people in fact go there.
    pub fn takes(&self, choice: &Choice) -> bool {
        choice.people > self.people * NOBODY
    }
}

impl Choice {
    /// A facility that nobody of the place goes to yet.
    pub fn new(facility: u32, travel: f64) -> Self {
        Choice {
            facility,
            travel,
            people: 0.0,
            floor: 0.0,
        }
    }
}

impl Market {
    pub fn new(crowding: Vec<f64>) -> Self {
        Market {
            loads: vec![0.0; crowding.len()],
            crowding,
        }
    }

    pub fn into_loads(self) -> Vec<f64> {
        self.loads
    }

    pub fn congestion(&self, facility: u32) -> f64 {
        self.loads[facility as usize] * self.crowding[facility as usize]
    }

    pub fn cost(&self, choice: &Choice) -> f64 {
        self.congestion(choice.facility) + choice.travel
    }

    /// The mean cost of the people of a place.
    pub fn mean_cost(&self, agent: &Agent) -> Option<f64> {
        let borne = agent.choices.iter().map(|c| c.people * self.cost(c));
        let people: f64 = agent.choices.iter().map(|c| c.people).sum();
        (people > 0.0).then(|| borne.sum::<f64>() / people)
    }

    /// The dearest choice that is taken and the cheapest of all; nothing where none is taken.
    pub fn extremes(&self, agent: &Agent) -> Option<(f64, f64)> {
        let (mut worst, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
        for choice in &agent.choices {
            let cost = self.cost(choice);
            least = least.min(cost);
            if agent.takes(choice) {
                worst = worst.max(cost);
            }
        }
        (worst > f64::NEG_INFINITY).then_some((worst, least))
    }

    /// Shares the people of a place out over its choices in the best way while all others stay:
    /// what is used costs the same, what is not used costs no less. Tells what share of a cost
    /// could be saved before; up to `enough` nobody moves.
    pub fn settle(&mut self, agent: &mut Agent, enough: f64) -> f64 {
        if let [only] = &mut agent.choices[..] {
            self.loads[only.facility as usize] += agent.people - only.people;
            only.people = agent.people;
            return 0.0;
        }
        let saved = match self.extremes(agent) {
            None => 1.0,
            Some((worst, least)) if worst > 0.0 => (worst - least) / worst,
            Some(_) => 0.0,
        };
        if saved <= enough {
            return saved;
        }
        for choice in &mut agent.choices {
            let facility = choice.facility as usize;
            self.loads[facility] -= choice.people;
            choice.floor = self.loads[facility] * self.crowding[facility] + choice.travel;
        }
        agent.choices.sort_unstable_by(|a, b| {
            let by_floor = a.floor.total_cmp(&b.floor);
            by_floor.then(a.facility.cmp(&b.facility))
        });
        // The level that water of this amount reaches in basins of these floors and widths.
        let (mut level, mut width, mut filled) = (f64::INFINITY, 0.0, 0.0);
        for choice in &agent.choices {
            if choice.floor >= level {
                break;
            }
            let basin = 1.0 / self.crowding[choice.facility as usize];
            width += basin;
            filled += choice.floor * basin;
            level = (agent.people + filled) / width;
        }
        for choice in &mut agent.choices {
            let facility = choice.facility as usize;
            choice.people = ((level - choice.floor) / self.crowding[facility]).max(0.0);
            self.loads[facility] += choice.people;
        }
        if agent.choices.len() > MANY {
            agent.choices.retain(|choice| choice.people > 0.0);
        }
        saved
    }

    /// Adds loads up anew: steps back and forth leave rounding behind.
    pub fn recount(&mut self, agents: &[Agent]) {
        let mut loads = vec![Sum::default(); self.loads.len()];
        for choice in agents.iter().flat_map(|agent| &agent.choices) {
            loads[choice.facility as usize].add(choice.people);
        }
        self.loads = loads.into_iter().map(Sum::value).collect();
    }
}
