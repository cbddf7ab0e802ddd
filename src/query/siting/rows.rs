use serde::Serialize;

use super::{
    Candidates, Demand, Found, Objective, Ruler, SitingQuery,
    find::Asked,
    place::{areas_around, smallest_level},
};
use crate::{city::City, index::FeatureRef};

/// One chosen site; "cumulative" is with all sites before it and what stands already.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SitingRow {
    /// 1 is the site that does most.
    pub rank: usize,
    pub id: String,
    /// The name of the candidate.
    pub site: Option<String>,
    /// The area whose shortfall it makes up for; the smallest that it lies in where no service is
    /// named.
    pub code: Option<String>,
    pub name: Option<String>,
    /// The codes of all areas that it lies in, the smallest first.
    pub areas: Vec<String>,
    pub lon: f64,
    pub lat: f64,
    /// People of the demand within reach of the site.
    pub within_reach: i64,
    /// The share of them within reach of what stands already.
    pub overlap_existing: Option<f64>,
    /// People within reach of this site and of nothing before it.
    pub newly_covered: i64,
    /// The same of the people told beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newly_covered_beside: Option<i64>,
    pub cumulative_covered: i64,
    /// 0–1; undefined where there is nobody.
    pub cumulative_share: Option<f64>,
    /// The mean cost of all people to the nearest, in the unit of the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_cost: Option<f64>,
    /// The largest cost of anybody who can be reached, with this site and those before it;
    /// undefined while somebody is beyond the cutoff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_cost: Option<f64>,
    /// People that the site serves at most, and does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_capacity: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_served: Option<i64>,
    /// What the site adds to the capacity of its area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_capacity: Option<i64>,
    /// What of it makes up for what the area lacks beside the sites before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_closed: Option<i64>,
    /// What all areas together lack still, with this site and those before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_after: Option<i64>,
}

/// All of the demand, before and after.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SitingTotals {
    pub sites: usize,
    /// Facilities that stand already and count.
    pub existing: usize,
    pub demand: i64,
    pub covered_before: i64,
    pub share_before: Option<f64>,
    pub newly_covered: i64,
    pub covered_after: i64,
    pub share_after: Option<f64>,
    pub uncovered: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside_before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newly_covered_beside: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_cost_before: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_cost_after: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_cost_before: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_cost_after: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_after: Option<i64>,
    /// People served in the end and not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newly_served: Option<i64>,
    /// Places of all new sites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_capacity: Option<i64>,
    /// The unit of capacity and shortfall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_unit: Option<String>,
    /// What areas lack, before and with the sites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_closed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_after: Option<i64>,
    /// The fewest sites that make up for all that any of the candidates can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites_to_close: Option<usize>,
    /// What these leave: in areas with too few candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall_beyond: Option<i64>,
}

/// People whom nothing brings within reach.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OutOfReach {
    pub places: usize,
    pub people: i64,
    /// Those with most people.
    pub largest: Vec<LostPlace>,
}

/// A home that no candidate reaches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LostPlace {
    pub id: String,
    pub code: Option<String>,
    pub lon: f64,
    pub lat: f64,
    pub people: i64,
}

/// Lost places told one by one.
const LISTED: usize = 100;

/// How homes are covered, site after site.
struct Walk<'f> {
    demand: &'f Demand,
    found: &'f Found,
    costs: Vec<u32>,
    covered: i64,
    beside: i64,
    travel: i64,
}

impl<'f> Walk<'f> {
    fn new(demand: &'f Demand, found: &'f Found) -> Self {
        let mut walk = Walk {
            demand,
            found,
            costs: found.present.clone(),
            covered: 0,
            beside: 0,
            travel: 0,
        };
        for (place, cost) in found.present.iter().enumerate() {
            walk.travel += demand.people[place] * i64::from((*cost).min(found.penalty));
            if *cost < u32::MAX {
                walk.covered += demand.people[place];
                walk.beside += demand.beside.get(place).copied().unwrap_or(0);
            }
        }
        walk
    }

    fn open(&mut self, site: usize) {
        let row = self.found.costs.row(site);
        for (place, cost) in row.places.iter().zip(row.costs) {
            let place = *place as usize;
            let people = self.demand.people[place];
            let before = self.costs[place];
            if before == u32::MAX {
                self.covered += people;
                self.beside += self.demand.beside.get(place).copied().unwrap_or(0);
            }
            if *cost < before {
                let before = before.min(self.found.penalty);
                self.travel -= people * i64::from(before - *cost);
                self.costs[place] = *cost;
            }
        }
    }

    /// The mean cost of all people, in the unit of the question.
    fn mean_cost(&self, ruler: &Ruler<'_>) -> Option<f64> {
        let people = self.demand.total();
        let mean = self.travel as f64 / (people as f64 * 1000.0);
        (people > 0).then(|| ruler.in_unit(mean))
    }
}

impl Walk<'_> {
    /// The largest cost of the people in `reached` homes, in the unit of the question.
    fn largest_cost(&self, reached: &[bool], ruler: &Ruler<'_>) -> Option<f64> {
        let homes = self.demand.people.iter().zip(&self.costs).zip(reached);
        let wanted = homes.filter(|((people, _), is_reached)| **people > 0 && **is_reached);
        let largest = wanted.map(|((_, cost), _)| *cost).max()?;
        (largest < u32::MAX).then(|| ruler.in_unit(f64::from(largest) / 1000.0))
    }
}

fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

pub(super) fn rows(
    city: &City,
    asked: &Asked<'_>,
    candidates: &Candidates,
    found: &Found,
    ruler: &Ruler<'_>,
) -> Vec<SitingRow> {
    let Asked { query, demand, .. } = *asked;
    let total = demand.total();
    let closed = asked.lacking.map(|lacking| lacking.closed(&found.sites));
    let mut left = asked
        .lacking
        .map(|lacking| lacking.shortfalls.lacking.iter().sum::<i64>());
    let mut walk = Walk::new(demand, found);
    let is_centre = query.objective == Objective::Centre;
    let reachable = is_centre.then(|| found.reached());
    let mut row = |(at, site): (usize, &usize)| {
        let (covered, beside) = (walk.covered, walk.beside);
        let reached = found.costs.row(*site).places.iter();
        let (mut within_reach, mut known) = (0, 0);
        for place in reached {
            let people = demand.people[*place as usize];
            within_reach += people;
            if found.present[*place as usize] < u32::MAX {
                known += people;
            }
        }
        walk.open(*site);
        let candidate = &candidates.places[*site];
        let (lon, lat) = candidate.place();
        let areas = areas_around(city, (lon, lat), query.period.as_ref());
        let area = areas
            .first()
            .map(|area| (area.code.as_str(), area.name.as_str()));
        let of_service = asked.lacking.and_then(|lacking| lacking.area(*site));
        let of_service = of_service.map(|area| (area.code.as_str(), area.name.as_str()));
        let area = of_service.or(area);
        let own = closed.as_ref().map(|closed| closed[at]);
        left = left.zip(own).map(|(left, own)| left - own);
        let is_median = query.objective == Objective::Median;
        SitingRow {
            rank: at + 1,
            id: candidate.id.clone(),
            site: candidate.name.clone(),
            code: area.map(|(code, _)| code.to_owned()),
            name: area.map(|(_, name)| name.to_owned()),
            areas: areas.iter().map(|area| area.code.to_string()).collect(),
            lon,
            lat,
            within_reach,
            overlap_existing: share(known, within_reach),
            newly_covered: walk.covered - covered,
            newly_covered_beside: query.beside.as_ref().map(|_| walk.beside - beside),
            cumulative_covered: walk.covered,
            cumulative_share: share(walk.covered, total),
            mean_cost: walk.mean_cost(ruler).filter(|_| is_median),
            largest_cost: reachable
                .as_deref()
                .and_then(|reached| walk.largest_cost(reached, ruler)),
            site_capacity: query.capacity,
            site_served: found.served.as_ref().map(|(_, with)| with.by_site[*site]),
            added_capacity: query.shortfall.as_ref().map(|asked| asked.capacity),
            shortfall_closed: own,
            shortfall_after: left,
        }
    };
    found.sites.iter().enumerate().map(&mut row).collect()
}

pub(super) fn totals(asked: &Asked<'_>, found: &Found, ruler: &Ruler<'_>) -> SitingTotals {
    let Asked {
        query,
        demand,
        existing,
        lacking,
    } = *asked;
    let before = Walk::new(demand, found);
    let mut after = Walk::new(demand, found);
    found.sites.iter().for_each(|site| after.open(*site));
    let total = demand.total();
    let told_beside = |people: i64| query.beside.as_ref().map(|_| people);
    // Of `centre` the cutoff is no distance that anybody should go.
    let is_centre = query.objective == Objective::Centre;
    let shortfall = lacking.map(|lacking| lacking.shortfalls.lacking.iter().sum::<i64>());
    let closed = lacking.map(|lacking| lacking.closed(&found.sites).iter().sum::<i64>());
    let capacity = query.shortfall.as_ref().map(|asked| asked.capacity);
    let reached = (query.objective == Objective::Centre).then(|| found.reached());
    let largest = |walk: &Walk<'_>| walk.largest_cost(reached.as_deref()?, ruler);
    let served = |pick: fn(
        &(
            crate::analysis::siting::Served,
            crate::analysis::siting::Served,
        ),
    ) -> i64| { found.served.as_ref().map(pick) };
    SitingTotals {
        sites: found.sites.len(),
        existing: existing.number(),
        demand: total,
        covered_before: before.covered,
        share_before: share(before.covered, total),
        newly_covered: after.covered - before.covered,
        covered_after: after.covered,
        share_after: share(after.covered, total),
        uncovered: total - after.covered,
        beside: told_beside(demand.beside.iter().sum()),
        beside_before: told_beside(before.beside),
        newly_covered_beside: told_beside(after.beside - before.beside),
        mean_cost_before: before.mean_cost(ruler).filter(|_| !is_centre),
        mean_cost_after: after.mean_cost(ruler).filter(|_| !is_centre),
        largest_cost_before: largest(&before),
        largest_cost_after: largest(&after),
        served_before: served(|(before, _)| before.total),
        served_after: served(|(_, after)| after.total),
        newly_served: served(|(before, after)| after.total - before.total),
        added_capacity: capacity
            .or(query.capacity)
            .map(|capacity| capacity.saturating_mul(found.sites.len() as i64)),
        capacity_unit: lacking.map(|lacking| lacking.unit.clone()),
        shortfall,
        shortfall_closed: closed,
        shortfall_after: shortfall
            .zip(closed)
            .map(|(before, closed)| before - closed),
        sites_to_close: lacking.map(|lacking| lacking.closing.sites),
        shortfall_beyond: lacking.map(|lacking| lacking.closing.left),
    }
}

pub(super) fn out_of_reach(
    city: &City,
    query: &SitingQuery,
    demand: &Demand,
    found: &Found,
) -> OutOfReach {
    let is_reached = found.reached();
    let index = &demand.loaded.index;
    let homes = index.iter().zip(&demand.people).zip(&is_reached);
    let mut lost: Vec<(i64, FeatureRef)> = homes
        .filter(|((_, people), is_reached)| **people > 0 && !**is_reached)
        .map(|((home, people), _)| (*people, home))
        .collect();
    lost.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| index.id(a.1).cmp(index.id(b.1))));
    let level = smallest_level(city, query.period.as_ref());
    let level = level.and_then(|level| index.level_index(&level));
    let place = |(people, home): &(i64, FeatureRef)| {
        let (lon, lat) = index.place(*home);
        let code = level.and_then(|level| index.area_code(*home, level));
        LostPlace {
            id: index.id(*home).to_owned(),
            code: code.map(str::to_owned),
            lon,
            lat,
            people: *people,
        }
    };
    OutOfReach {
        places: lost.len(),
        people: lost.iter().map(|(people, _)| people).sum(),
        largest: lost.iter().take(LISTED).map(place).collect(),
    }
}
