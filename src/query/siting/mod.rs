//! Where new facilities do most good (选址): from candidate places, beside what stands already.

mod candidates;
mod demand;
mod find;
mod lacking;
mod norm;
mod place;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Arrival, Departure, Limits, Mode, Provenance, QueryError, Ruler, Travel, Unit,
    answer::definition, costs::CostSearch,
};
use crate::{
    city::City,
    domain::{LayerId, LeftOut, Period, Title},
};
use candidates::Candidates;
use demand::Demand;
use find::{Existing, Found};
use lacking::Lacking;

pub use candidates::{CandidatePlace, CandidatesQuery};
pub use lacking::{RemainingGap, ShortfallQuery};
pub use rows::{LostPlace, OutOfReach, SitingRow, SitingTotals};
pub use table::siting_table;

/// What new sites are chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Most people within reach (最大覆盖).
    Cover,
    /// Least travel in all (p-中位).
    Median,
    /// Nobody far: the largest cost the smallest (p-中心).
    Centre,
    /// Fewest sites that bring everyone within reach (集合覆盖).
    Set,
    /// Most of what areas lack made up for, each site counting where it stands (补足缺口).
    Shortfall,
}

impl Objective {
    fn key(self) -> &'static str {
        match self {
            Objective::Cover => "siting_cover",
            Objective::Median => "siting_median",
            Objective::Centre => "siting_centre",
            Objective::Set => "siting_set",
            Objective::Shortfall => "siting_shortfall",
        }
    }
}

/// `POST /api/siting`
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SitingQuery {
    /// The facility layer that new sites are for.
    pub layer: LayerId,
    /// CQL2 text: which of its features count as what stands already.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The code of an area: only its people are to be served, and candidates of a layer or a grid
    /// lie in it. What stands already serves across borders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// The count of people, or several with `+` between, as `age_60_64+age_65_79+age_80_plus`; the
    /// first filled population without it.
    #[serde(default)]
    pub demand: Option<String>,
    /// A count of people told beside, written in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    pub objective: Objective,
    /// How many new sites; not of `set`, which finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sites: Option<usize>,
    #[serde(default)]
    pub mode: Mode,
    /// How far people go, in `unit`.
    pub cutoff: f64,
    #[serde(default)]
    pub unit: Unit,
    pub candidates: CandidatesQuery,
    /// Whether what stands already serves too.
    #[serde(default = "yes")]
    pub existing: bool,
    /// What areas lack and a site adds to; without it nothing is told of that. The objective
    /// `shortfall` needs it, with the others it is told beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortfall: Option<ShortfallQuery>,
    /// People that a new site serves at most: `cover` seeks most people served, `shortfall` tells
    /// of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
    /// The attribute with the people that each existing facility serves at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing_capacity: Option<String>,
    /// What somebody beyond the cutoff is counted with, of `median`, in `unit`; the cutoff without
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f64>,
    /// What minutes on foot are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    /// What minutes by bicycle are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    /// When people must be there; by timetable only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// When people set out; by timetable only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// The longest walk to a first stop and from a last one, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

fn yes() -> bool {
    true
}

/// The most new sites of one question.
const MAX_SITES: usize = 500;

impl SitingQuery {
    /// Measured from the sites, which are few, to the homes that go to them.
    fn travel(&self) -> Travel {
        let travel = Travel {
            mode: self.mode.clone(),
            unit: self.unit,
            walk_speed_km_h: self.walk_speed_km_h,
            bicycle_speed_km_h: self.bicycle_speed_km_h,
            departure: self.departure.clone(),
            arrival: self.arrival.clone(),
            max_walk_m: self.max_walk_m,
            ..Travel::default()
        };
        travel.reversed()
    }

    /// # Errors
    /// What does not belong to the objective, and numbers that are none.
    fn check(&self) -> Result<(), QueryError> {
        let refuse = |field, problem: &str| Err(QueryError::field(field, problem));
        match (self.objective, self.sites) {
            (Objective::Set, Some(_)) => {
                return refuse(
                    "sites",
                    "`set` finds the number of sites itself: leave it out",
                );
            }
            (Objective::Set, None) => {}
            (_, Some(sites)) if (1..=MAX_SITES).contains(&sites) => {}
            _ => {
                let problem = format!("say how many new sites, 1 to {MAX_SITES}");
                return refuse("sites", &problem);
            }
        }
        if self.objective == Objective::Shortfall && self.shortfall.is_none() {
            let problem = "say whose: {norms, service, level, capacity}";
            return refuse("shortfall", problem);
        }
        let has_places = matches!(self.objective, Objective::Cover | Objective::Shortfall);
        if self.capacity.is_some() && !has_places {
            return refuse("capacity", "belongs to `cover` and `shortfall`");
        }
        if self.capacity.is_some_and(|capacity| capacity < 1) {
            return refuse("capacity", "a site serves at least 1 person");
        }
        if self.existing_capacity.is_some() && self.capacity.is_none() {
            return refuse("existing_capacity", "belongs to `capacity`");
        }
        match (self.penalty, self.objective) {
            (None, _) => Ok(()),
            (Some(penalty), Objective::Median) if penalty >= self.cutoff => Ok(()),
            (Some(_), Objective::Median) => refuse("penalty", "is at least the cutoff"),
            (Some(_), _) => refuse("penalty", "belongs to `median`"),
        }
    }
}

/// Sites in the order of their use, with what they come to and how good any others could be.
#[derive(Clone, Debug, Serialize)]
pub struct Siting {
    #[serde(flatten)]
    pub answer: Answer<SitingRow, SitingTotals>,
    pub proof: Proof,
    pub candidates: CandidateCounts,
    /// People whom no candidate and nothing that stands already brings within reach.
    pub out_of_reach: OutOfReach,
    /// The areas that lack anything or get a site, before and after; where a service is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<Vec<RemainingGap>>,
}

/// How good the sites are, held against the best that could be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// People newly covered (or served), the mean or the largest cost in `unit`, the number of
    /// sites, or the capacity that makes up for what lacks.
    pub value: Option<f64>,
    /// No other choice is better than this.
    pub bound: Option<f64>,
    /// The distance from value to bound as a share of the value.
    pub gap: Option<f64>,
    /// Whether the sites are proven to be the best.
    pub is_proven: bool,
}

/// Candidates of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CandidateCounts {
    pub candidates: usize,
    /// Those that no way leads to, left out: too far from every street or stop, or not in the table.
    pub off_network: usize,
}

/// Sites for new facilities among candidates: most people covered, least travel, nobody far, fewest
/// sites, or most of what areas lack made up for.
///
/// # Errors
/// Unknown layers, attributes, areas or services; no candidates or too many; numbers that do not fit the
/// objective; too few sites for everyone to be within the cutoff of `centre`; more pairs than the
/// memory allows.
pub fn siting(city: &City, query: &SitingQuery, limits: &Limits) -> Result<Siting, QueryError> {
    query.check()?;
    let mut query = query.clone();
    let period = query.period.clone();
    let period = period.as_ref();
    let ruler = Ruler::new(city, &query.travel())?;
    let cutoff = ruler.cost("cutoff", query.cutoff)?;
    let demand = Demand::of(city, &mut query, limits)?;
    let candidates = Candidates::of(city, &query, &demand, &ruler)?;
    let existing = Existing::of(city, &mut query)?;
    let lacking = Lacking::of(city, &query, &candidates)?;
    let search = CostSearch {
        ruler: &ruler,
        limits,
        cutoff,
        walks: None,
    };
    let asked = find::Asked {
        query: &query,
        demand: &demand,
        existing: &existing,
        lacking: lacking.as_ref(),
    };
    let found = Found::of(&asked, &search, &candidates)?;
    let rows = rows::rows(city, &asked, &candidates, &found, &ruler);
    let totals = rows::totals(&asked, &found, &ruler);
    let remaining = lacking.as_ref().map(|l| l.remaining(&found.sites));
    let mut left_out = LeftOut::default();
    demand.left_out(&mut left_out);
    existing.left_out(&mut left_out);
    let inputs = [&*demand.loaded];
    let others = [existing.loaded.as_deref(), candidates.loaded.as_deref()];
    let others = others.into_iter().flatten();
    let inputs = inputs.into_iter().chain(others);
    let inputs = inputs.chain(existing.entrances.sources(&query.layer));
    let caliber = query.demand.clone();
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(ruler.input());
    Ok(Siting {
        out_of_reach: rows::out_of_reach(city, &query, &demand, &found),
        remaining,
        proof: found.proof(&query, &demand, &ruler),
        candidates: CandidateCounts {
            candidates: candidates.places.len(),
            off_network: candidates.off_network,
        },
        answer: Answer {
            definition: defined(city, &query, &ruler),
            query: json!(query),
            provenance,
            rows,
            totals,
            left_out,
        },
    })
}

/// What the objective is, how people are given to sites, and how costs are measured.
fn defined(city: &City, query: &SitingQuery, ruler: &Ruler<'_>) -> Title {
    let is_limited = query.capacity.is_some() && query.objective == Objective::Cover;
    let limited = is_limited.then(|| "siting_capacity".to_owned());
    let keys = [query.objective.key().to_owned()];
    let keys = keys.into_iter().chain(limited);
    let keys = keys.chain([ruler.question("costs", "costs_walk")]);
    let texts: Vec<Title> = keys.map(|key| definition(city, key)).collect();
    let en: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
    Title {
        zh: texts.iter().map(|text| text.zh.as_str()).collect(),
        en: en.join(" "),
    }
}
