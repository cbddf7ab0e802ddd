//! Access (可达性): how much of what a city offers each place has within reach, by every measure of
//! the literature, and how evenly it is shared.
//!
//! Costs are searched from the facilities, which are few; they come block by block, so that a
//! measure holds a part of the pairs at a time.

mod costs;
mod decay;
mod found;
mod measure;
mod offer;
mod places;
mod rows;
mod summary;
mod table;
mod tally;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Arrival, Departure, Limits, Mode, Provenance, QueryError, Ruler, Travel, Unit,
    answer::definition, grid,
};
use crate::{
    city::City,
    domain::{LayerId, LeftOut, Period},
};
pub(in crate::query) use costs::Costs;
use found::Gather;
use measure::Plan;
pub(in crate::query) use offer::Offer;
use places::Places;

pub use decay::{DecayKind, DecayQuery};
pub use measure::Measure;
pub use rows::AccessRow;
pub use summary::AccessSummary;
pub use table::access_table;

/// What is to be got to.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct To {
    pub layer: LayerId,
    /// The attribute that counts, or `features`: each facility is one.
    #[serde(default)]
    pub capacity: Option<String>,
    /// CQL2 text: which facilities count.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// `POST /api/access`
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessQuery {
    /// `residences`, `grid` or an area level.
    #[serde(default = "residences")]
    pub from: String,
    pub to: To,
    /// The count of people who want it; the first filled population without it.
    #[serde(default)]
    pub demand: Option<String>,
    pub measure: Measure,
    #[serde(default)]
    pub mode: Mode,
    /// How far people go; the end of the last band without it.
    #[serde(default)]
    pub cutoff: Option<f64>,
    #[serde(default)]
    pub unit: Unit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<DecayQuery>,
    /// How many of the nearest facilities; 1 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest_k: Option<usize>,
    /// Whether the mean cost of the nearest is meant, not that of the last of them.
    #[serde(default)]
    pub nearest_mean: bool,
    /// Minutes that weigh as much as the mean congestion; 60 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tau_min: Option<f64>,
    /// The side of a cell of `grid`, whole metres; 500 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell_m: Option<u32>,
    /// What minutes on foot are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    /// What minutes by bicycle are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    /// When people set out; by timetable only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// When people must be there; by timetable only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// The longest walk to a first stop and from a last one, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    /// An area level: rows are its areas, with the mean of their people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The attribute that ranks people for the Palma ratio and the concentration index: an amount
    /// per person, no count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub income: Option<String>,
    /// What is too little: asks for the poverty measures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poverty_line: Option<f64>,
    #[serde(default)]
    pub period: Option<Period>,
}

fn residences() -> String {
    "residences".into()
}

impl AccessQuery {
    /// Measured from the facilities, which are few, to the people who go to them; by timetable from
    /// the people where they set out at a time, since only they know when.
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
        match self.departure {
            Some(_) => travel,
            None => travel.reversed(),
        }
    }
}

/// Access of every place or area, with what it comes to for the city.
#[derive(Clone, Debug, Serialize)]
pub struct Access {
    #[serde(flatten)]
    pub answer: Answer<AccessRow, AccessTotals>,
    pub summary: AccessSummary,
}

/// The city as one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct AccessTotals {
    pub demand: i64,
    /// The mean of all people with a value.
    pub value: Option<f64>,
}

/// How much of what facilities offer each place has, alone or in competition.
///
/// # Errors
/// Unknown layers, attributes or levels; facilities of unknown capacity; a cutoff or decay that is
/// none or does not fit the measure; more pairs than the memory allows.
pub fn access(city: &City, query: &AccessQuery, limits: &Limits) -> Result<Access, QueryError> {
    let mut query = query.clone();
    let plan = Plan::of(&mut query)?;
    let ruler = Ruler::new(city, &query.travel())?;
    let places = Places::of(city, &mut query, limits)?;
    let offer = Offer::of(city, &mut query)?;
    let costs = Costs {
        ruler: &ruler,
        limits,
        places: &places.loaded,
        offer: &offer,
        is_from_places: query.departure.is_some(),
        cutoff: ruler.cost("cutoff", plan.cutoff)?,
    };
    let gather = Gather {
        places: &places,
        ruler: &ruler,
        measure: plan.measure,
        level: query
            .by
            .as_ref()
            .and_then(|level| places.loaded.index.level_index(level)),
        keeps_places: query.by.is_none() || !places.income.is_empty(),
    };
    let found = plan.measure(&costs, city.parts(), &gather, &offer)?;
    let (summary, rows) = rayon::join(
        || summary::summarize(&query, &places, &offer, &found, &ruler),
        || match &query.by {
            Some(level) => rows::by_area(city, &query, &places, &found, level),
            None => rows::by_place(city, &query, &places, &found, limits),
        },
    );
    let (summary, rows) = (summary?, rows?);
    let mut left_out = LeftOut::default();
    places.left_out(&mut left_out);
    offer.left_out(&mut left_out);
    if let Some(level) = &query.by {
        places.outside(level, &mut left_out);
    }
    let inputs = [&*places.source.loaded, &*places.loaded, &*offer.loaded];
    let inputs = inputs.into_iter().filter(|l| l.layer().id != *grid::LAYER);
    let caliber = Some(places.source.attribute().id.to_string());
    let mut provenance = Provenance::of(city, query.period.as_ref(), caliber, inputs);
    provenance.inputs.extend(ruler.input());
    let totals = AccessTotals {
        demand: summary.people,
        value: summary.mean,
    };
    Ok(Access {
        answer: Answer {
            query: json!(query),
            definition: definition_of(city, plan.measure, &ruler),
            provenance,
            rows,
            totals,
            left_out,
        },
        summary,
    })
}

/// What the measure is, and how costs are measured.
fn definition_of(city: &City, measure: Measure, ruler: &Ruler<'_>) -> crate::domain::Title {
    let mut text = definition(city, measure.term());
    let costs = definition(city, ruler.question("costs", "costs_walk"));
    text.zh += &costs.zh;
    text.en += " ";
    text.en += &costs.en;
    text
}
