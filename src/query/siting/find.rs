use std::sync::Arc;

use super::{Candidates, Demand, Lacking, Objective, Proof, QueryError, Ruler, SitingQuery};
use crate::{
    analysis::{
        access::CostMatrix,
        siting::{
            Capacities, Effort, Gains, Served, Siting, Within, best_centre, best_limited_sites,
            best_sites, close_shortfalls, fewest_sites, ranked, serve,
        },
    },
    city::{City, LoadedLayer},
    domain::{AttributeType, LeftOut, Role},
    index::FeatureRef,
    query::{
        Start,
        costs::{CostSearch, PAIR, whole},
        features::condition,
        nearest::nearest_costs,
        stations::{Entrances, has_status},
    },
};

/// What stands already.
pub(super) struct Existing {
    pub loaded: Option<Arc<LoadedLayer>>,
    pub entrances: Entrances,
    starts: Vec<Start>,
    /// Of each, where the question limits sites.
    capacity: Vec<i64>,
    missing: Option<(String, u64)>,
}

impl Existing {
    /// The facilities in use of a question, by id; none where it does not count them or the city
    /// has no such layer yet.
    ///
    /// # Errors
    /// An unknown layer, condition or attribute.
    pub fn of(city: &City, query: &mut SitingQuery) -> Result<Self, QueryError> {
        let period = query.period.as_ref();
        let mut existing = Existing {
            loaded: None,
            entrances: Entrances::of(city, period),
            starts: Vec::new(),
            capacity: Vec::new(),
            missing: None,
        };
        let known = city.catalog().layer(query.layer.as_str());
        if known.is_none_or(|layer| layer.is_area()) {
            return Err(QueryError::NotFound {
                what: "facility layer",
                name: query.layer.to_string(),
            });
        }
        let loaded = city.layer(query.layer.as_str(), period);
        let Some(loaded) = loaded.filter(|_| query.existing) else {
            return Ok(existing);
        };
        let condition = condition(loaded, query.condition.as_deref())?;
        let index = &loaded.index;
        let mut features: Vec<FeatureRef> = match &condition {
            Some(condition) => index.iter_kept(condition).collect(),
            None => index.iter().collect(),
        };
        features.retain(|feature| has_status(index, *feature, None));
        features.sort_by(|a, b| index.id(*a).cmp(index.id(*b)));
        if query.capacity.is_some() {
            let (name, place) = capacity_of(loaded, query.existing_capacity.as_deref())?;
            let mut missing = 0;
            features.retain(|feature| {
                let value = index.value(*feature, place).as_integer();
                match value.filter(|value| *value >= 0) {
                    Some(value) => existing.capacity.push(value),
                    None => missing += 1,
                }
                value.is_some_and(|value| value >= 0)
            });
            existing.missing = Some((name.clone(), missing));
            query.existing_capacity = Some(name);
        }
        let start = |feature: &FeatureRef| existing.entrances.start(loaded, *feature).0;
        existing.starts = features.iter().map(start).collect();
        existing.loaded = Some(loaded.clone());
        Ok(existing)
    }

    pub fn number(&self) -> usize {
        self.starts.len()
    }

    pub fn left_out(&self, left_out: &mut LeftOut) {
        if let (Some(loaded), Some((attribute, missing))) = (&self.loaded, &self.missing) {
            left_out.add_missing(loaded.layer().id.as_str(), attribute, *missing);
        }
    }
}

/// The attribute that says how many a facility serves: the one named, else the first capacity.
fn capacity_of(loaded: &LoadedLayer, name: Option<&str>) -> Result<(String, usize), QueryError> {
    let layer = loaded.layer();
    let attributes = layer.attributes.iter().enumerate();
    let is_whole = |kind| matches!(kind, AttributeType::Count | AttributeType::Integer);
    let mut fitting = attributes.filter(|(_, a)| match name {
        Some(name) => a.id == *name && is_whole(a.kind),
        None => a.role == Role::Capacity && is_whole(a.kind),
    });
    let found = fitting.next().ok_or_else(|| {
        let of = layer.attributes.iter().filter(|a| is_whole(a.kind));
        let names: Vec<&str> = of.map(|a| a.id.as_str()).collect();
        let problem = match names.is_empty() {
            true => format!("{} counts nothing that limits a facility", layer.id),
            false => format!("write one of {}", names.join(", ")),
        };
        QueryError::field("existing_capacity", problem)
    })?;
    Ok((found.1.id.to_string(), found.0))
}

/// A question with what it is about.
pub(super) struct Asked<'q> {
    pub query: &'q SitingQuery,
    pub demand: &'q Demand,
    pub existing: &'q Existing,
    /// Where a service is named.
    pub lacking: Option<&'q Lacking>,
}

/// The sites of an answer with what is measured.
pub(super) struct Found {
    /// Costs of the homes with people, row = candidate.
    pub costs: CostMatrix,
    /// Numbers of the candidates chosen, in the order of their use.
    pub sites: Vec<usize>,
    /// The cost of each home now, from the nearest that stands; `u32::MAX` beyond the cutoff.
    pub present: Vec<u32>,
    /// What somebody beyond the cutoff is counted with.
    pub penalty: u32,
    /// Where sites are limited: before and with the new sites, which come last.
    pub served: Option<(Served, Served)>,
    value: i64,
    bound: i64,
}

impl Found {
    /// # Errors
    /// More pairs than the memory allows, or nobody waits any longer.
    pub fn of(
        asked: &Asked<'_>,
        search: &CostSearch<'_, '_>,
        candidates: &Candidates,
    ) -> Result<Self, QueryError> {
        let Asked {
            query,
            demand,
            existing,
            lacking,
        } = *asked;
        let CostSearch {
            ruler,
            limits,
            cutoff,
            ..
        } = *search;
        let starts = candidates.places.iter().map(|place| &place.start);
        let starts: Vec<Start> = starts.cloned().collect();
        let costs = rows_of(search, demand, &starts)?;
        let nearest = nearest_costs(ruler, &demand.loaded, &existing.starts, cutoff, limits)?;
        let present = nearest.into_iter().map(|cost| match cost.is_finite() {
            true => whole(cost),
            false => u32::MAX,
        });
        let present: Vec<u32> = present.collect();
        // Beside the pairs their gains, which take as much again, by site and by place.
        limits.allow(costs.pairs() as u64 * (2 * PAIR + 28))?;
        limits.step("选择位置", "choosing the sites");
        let go_on = || limits.check().is_ok();
        let effort = Effort {
            go_on: &go_on,
            ..Effort::default()
        };
        let penalty = query.penalty.map(|penalty| ruler.cost("penalty", penalty));
        let penalty = penalty.transpose()?.unwrap_or(cutoff);
        let mut found = Found {
            costs,
            sites: Vec::new(),
            present,
            penalty: whole(penalty),
            served: None,
            value: 0,
            bound: 0,
        };
        let number = query.sites.unwrap_or(0);
        // What stands already comes after the candidates.
        let standing = found.costs.facilities()..found.costs.facilities() + existing.number();
        let fixed: Vec<usize> = standing.collect();
        match (query.objective, query.capacity) {
            (Objective::Cover, Some(capacity)) => {
                let capacities = found.capacities(search, capacity, demand, existing)?;
                let free: Vec<usize> = (0..found.costs.facilities()).collect();
                let best = best_limited_sites(&capacities, &fixed, &free, number, effort);
                let best = best.ok_or(QueryError::Cancelled)?;
                let before = serve(&capacities, &fixed).total;
                found.take(best, |sites| {
                    serve(&capacities, &[&fixed, sites].concat()).total - before
                });
                found.serve(&capacities, &fixed);
            }
            (Objective::Shortfall, capacity) => {
                if let Some(lacking) = lacking {
                    let within = Within {
                        costs: &found.costs,
                        people: &demand.people,
                        present: &found.present,
                        penalty: found.penalty,
                    };
                    let best = close_shortfalls(&lacking.shortfalls, within, number, effort);
                    let best = best.ok_or(QueryError::Cancelled)?;
                    (found.sites, found.value, found.bound) = (best.sites, best.value, best.bound);
                }
                if let Some(capacity) = capacity {
                    let capacities = found.capacities(search, capacity, demand, existing)?;
                    found.serve(&capacities, &fixed);
                }
            }
            (Objective::Set, _) => {
                let is_covered = |place: usize| found.present[place] < u32::MAX;
                let wanted = demand.people.iter().enumerate();
                let wanted: Vec<bool> = wanted.map(|(at, p)| *p > 0 && !is_covered(at)).collect();
                let fewest = fewest_sites(&found.costs, &wanted, effort);
                let fewest = fewest.ok_or(QueryError::Cancelled)?;
                let gains = found.gains(Objective::Cover, demand);
                found.sites = ranked(&gains, &fewest.sites);
                (found.value, found.bound) = (fewest.sites.len() as i64, fewest.bound as i64);
            }
            (Objective::Centre, _) => {
                let wanted: Vec<bool> = demand.people.iter().map(|people| *people > 0).collect();
                let best = best_centre(&found.costs, &found.present, &wanted, number, effort);
                let best = best.ok_or(QueryError::Cancelled)?.map_err(|few| {
                    let (least, enough) = (few.least, few.enough);
                    let problem = format!(
                        "{number} do not bring everyone who can be reached within the cutoff: at \
                         least {least} are needed, {enough} are enough; ask for more sites or a \
                         larger cutoff"
                    );
                    QueryError::field("sites", problem)
                })?;
                let gains = found.gains(Objective::Median, demand);
                found.sites = ranked(&gains, &best.sites);
                (found.value, found.bound) = (i64::from(best.value), i64::from(best.bound));
            }
            (objective, _) => {
                let gains = found.gains(objective, demand);
                let best = best_sites(&gains, number, effort).ok_or(QueryError::Cancelled)?;
                found.take(best, |sites| {
                    crate::analysis::siting::value_of(&gains, sites)
                });
            }
        }
        Ok(found)
    }

    fn gains(&self, objective: Objective, demand: &Demand) -> Gains {
        match objective {
            Objective::Median => {
                let present = self.present.iter().map(|cost| (*cost).min(self.penalty));
                let present: Vec<u32> = present.collect();
                Gains::median(&self.costs, &demand.people, &present)
            }
            _ => {
                let is_covered = self.present.iter().map(|cost| *cost < u32::MAX);
                let is_covered: Vec<bool> = is_covered.collect();
                Gains::cover(&self.costs, &demand.people, &is_covered)
            }
        }
    }

    /// Keeps the sites that gain anything: the last in their order may not.
    fn take(&mut self, mut best: Siting, value_of: impl Fn(&[usize]) -> i64) {
        while let [others @ .., _] = &best.sites[..]
            && value_of(others) == best.value
        {
            best.sites.pop();
        }
        (self.value, self.bound) = (best.value, best.bound);
        self.sites = best.sites;
    }

    /// How many the candidates, and after them what stands already, serve at most.
    fn capacities(
        &self,
        search: &CostSearch<'_, '_>,
        capacity: i64,
        demand: &Demand,
        existing: &Existing,
    ) -> Result<Capacities, QueryError> {
        let mut all = self.costs.clone();
        let standing = rows_of(search, demand, &existing.starts)?;
        search
            .limits
            .allow((all.pairs() + standing.pairs()) as u64 * 3 * PAIR)?;
        all.append(&standing);
        let mut limits = vec![capacity; self.costs.facilities()];
        limits.extend(&existing.capacity);
        Ok(Capacities::new(&all, &demand.people, limits))
    }

    /// Who is served before and with the sites.
    fn serve(&mut self, capacities: &Capacities, fixed: &[usize]) {
        let before = serve(capacities, fixed);
        let with = serve(capacities, &[fixed, &self.sites].concat());
        self.served = Some((before, with));
    }

    pub fn proof(&self, query: &SitingQuery, demand: &Demand, ruler: &Ruler<'_>) -> Proof {
        let is_proven = match query.objective {
            Objective::Set | Objective::Centre => self.bound >= self.value,
            _ => self.bound <= self.value,
        };
        let share = |value: f64, bound: f64| match value > 0.0 {
            true => Some((value - bound).abs() / value),
            false => is_proven.then_some(0.0),
        };
        let (value, bound) = match query.objective {
            Objective::Median => {
                let all = self.travel(demand);
                let people = demand.total() as f64 * 1000.0;
                if demand.total() == 0 {
                    return Proof {
                        value: None,
                        bound: None,
                        gap: None,
                        is_proven,
                    };
                }
                let mean = |total: i64| ruler.in_unit(total as f64 / people);
                (mean(all - self.value), mean(all - self.bound))
            }
            Objective::Centre => {
                let cost = |thousandths: i64| ruler.in_unit(thousandths as f64 / 1000.0);
                (cost(self.value), cost(self.bound))
            }
            _ => (self.value as f64, self.bound as f64),
        };
        Proof {
            value: Some(value),
            bound: Some(bound),
            gap: share(value, bound),
            is_proven,
        }
    }

    /// Which homes a candidate or something that stands already reaches.
    pub fn reached(&self) -> Vec<bool> {
        let mut is_reached: Vec<bool> = self.present.iter().map(|cost| *cost < u32::MAX).collect();
        for site in 0..self.costs.facilities() {
            for place in self.costs.row(site).places {
                is_reached[*place as usize] = true;
            }
        }
        is_reached
    }

    /// People times the cost of each now, in thousandths.
    fn travel(&self, demand: &Demand) -> i64 {
        let homes = demand.people.iter().zip(&self.present);
        homes
            .map(|(people, cost)| people * i64::from((*cost).min(self.penalty)))
            .sum()
    }
}

/// The costs from some starts to the homes with people.
fn rows_of(
    search: &CostSearch<'_, '_>,
    demand: &Demand,
    starts: &[Start],
) -> Result<CostMatrix, QueryError> {
    let numbering = demand.loaded.index.numbering();
    let homes = demand.people.len();
    let number = |home| {
        let number = numbering.number(home);
        (demand.people[number] > 0).then_some(number as u32)
    };
    let mut all = None;
    search.blocks(
        starts,
        &demand.loaded,
        number,
        homes,
        usize::MAX,
        |rows, _| {
            let empty = CostMatrix::new(homes, rows.per_unit());
            all = Some(std::mem::replace(rows, empty));
        },
    )?;
    Ok(all.unwrap_or_else(|| CostMatrix::new(homes, search.per_unit())))
}
