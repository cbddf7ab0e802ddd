use super::{
    CostMatrix,
    market::{Agent, Choice, Market},
};

/// Facilities that a round of pricing brings in for a place.
const AT_ONCE: usize = 4;

/// The best facilities for a place among those looked at.
#[derive(Clone)]
struct Offers {
    /// What costs less is looked at more closely.
    bar: f64,
    /// Cost and facility with the travel there, the cheapest first; apart, so that bars stand
    /// close together.
    best: Box<[(f64, u32, f64); AT_ONCE]>,
}

impl Offers {
    fn below(bar: f64) -> Self {
        Offers {
            bar,
            best: Box::new([(f64::INFINITY, u32::MAX, 0.0); AT_ONCE]),
        }
    }

    #[cold]
    fn take(&mut self, cost: f64, facility: u32, travel: f64, known: &[Choice]) {
        if known.iter().any(|choice| choice.facility == facility) {
            return;
        }
        let last = AT_ONCE - 1;
        self.best[last] = (cost, facility, travel);
        self.best
            .sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.bar = self.bar.min(self.best[last].0);
    }
}

impl Market {
    /// Looks at every facility for every place, takes in the best new ones, and tells the largest
    /// share of a cost that anyone could save.
    ///
    /// Travel is a cost of the matrix times `travel_weight`; what saves no more than a quarter of
    /// `gap` is left where it is.
    pub fn price(
        &self,
        matrix: &CostMatrix,
        travel_weight: f64,
        agents: &mut [Agent],
        gap: f64,
    ) -> f64 {
        let looks = |agent: &Agent| match self.extremes(agent) {
            _ if agent.people <= 0.0 => Offers::below(f64::NEG_INFINITY),
            None => Offers::below(f64::INFINITY),
            Some((worst, _)) => Offers::below(worst),
        };
        let mut offers: Vec<Offers> = agents.iter().map(looks).collect();
        let known = &*agents;
        matrix.for_each_part(&mut offers, 1, |facility, first, pairs, offers| {
            if self.crowding[facility] == f64::INFINITY {
                return;
            }
            let facility = facility as u32;
            let congestion = self.congestion(facility);
            for (place, cost) in pairs.places.iter().zip(pairs.costs) {
                let travel = f64::from(*cost) * travel_weight;
                let offers = &mut offers[*place as usize - first];
                if congestion + travel < offers.bar {
                    let known = &known[*place as usize].choices;
                    offers.take(congestion + travel, facility, travel, known);
                }
            }
        });
        let mut largest: f64 = 0.0;
        for (agent, offers) in agents.iter_mut().zip(&offers) {
            largest = largest.max(self.accept(agent, offers, gap));
        }
        largest
    }

    /// Takes offers in that pay, and tells the share of the cost that could be saved.
    fn accept(&self, agent: &mut Agent, offers: &Offers, gap: f64) -> f64 {
        let extremes = self.extremes(agent);
        let enough = extremes.map_or(f64::INFINITY, |(worst, _)| worst * (1.0 - gap / 4.0));
        let pays = offers.best.iter().filter(|offer| offer.0 < enough);
        agent
            .choices
            .extend(pays.map(|(_, facility, travel)| Choice::new(*facility, *travel)));
        match extremes {
            None if agent.choices.is_empty() => 0.0,
            None => f64::INFINITY,
            Some((worst, least)) if worst > 0.0 => (worst - least.min(offers.best[0].0)) / worst,
            Some(_) => 0.0,
        }
    }
}
