use std::collections::BTreeMap;

use serde::Serialize;

use super::{AccessQuery, Offer, Places, QueryError, Ruler, found::Found, tally::Tally};
use crate::{
    analysis::{
        Sum,
        equity::{Lorenz, Share, concentration_index, mean, palma_ratio, poverty, quantiles},
    },
    domain::Reason,
};

/// What access comes to for the people of the city; a place of nobody has no weight.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccessSummary {
    /// Places with people and a value.
    pub places: u64,
    /// The people of these places.
    pub people: i64,
    /// Places that hold people but have no value, by reason, and the people there.
    pub places_without_value: BTreeMap<&'static str, u64>,
    pub people_without_value: i64,
    pub mean: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub quantiles: Option<Quantiles>,
    /// Of access, or of the cost where the measure is one.
    pub gini: Option<f64>,
    pub gini_of: &'static str,
    /// Cumulative shares of people and of what they have, the poorest first.
    pub lorenz: Vec<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_income: Option<ByIncome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fgt: Option<Fgt>,
    pub facilities: u64,
    pub supply: f64,
    pub facilities_off_network: u64,
    pub stranded: Stranded,
    /// The largest share of a cost that an agent could still save.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<usize>,
    /// Why a number of the summary is undefined.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<&'static str, Reason>,
}

/// The least value that so many people do not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    pub p10: f64,
    pub p25: f64,
    pub p50: f64,
    pub p75: f64,
    pub p90: f64,
}

/// Rich and poor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ByIncome {
    pub palma_ratio: Option<f64>,
    pub concentration_index: Option<f64>,
    /// Places with people and a value but no income.
    pub places_left_out: u64,
}

/// Access poverty below a line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fgt {
    pub line: f64,
    pub share_below: f64,
    pub depth: f64,
    pub severity: f64,
}

/// Supply that nobody reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Stranded {
    pub facilities: u64,
    pub supply: f64,
}

pub(super) fn summarize(
    query: &AccessQuery,
    places: &Places,
    offer: &Offer,
    found: &Found,
    ruler: &Ruler<'_>,
) -> Result<AccessSummary, QueryError> {
    let mut summary = AccessSummary {
        gini_of: if query.measure.is_cost() {
            "cost"
        } else {
            "access"
        },
        ..AccessSummary::default()
    };
    let tally = Tally::of(found.cells.iter().map(|cell| &cell.tally));
    summary.places = tally.places;
    summary.people = tally.people;
    summary.places_without_value = tally.without_value;
    summary.people_without_value = tally.people_without_value;
    let rising = &tally.shares[..];
    summary.mean = mean(rising);
    summary.min = rising.first().map(|share| share.value);
    summary.max = rising.last().map(|share| share.value);
    if let [p10, p25, p50, p75, p90] = quantiles(rising, &[0.1, 0.25, 0.5, 0.75, 0.9])[..] {
        summary.quantiles = Some(Quantiles {
            p10,
            p25,
            p50,
            p75,
            p90,
        });
    }
    let curve = Lorenz::of(rising);
    summary.gini = curve.gini();
    summary.lorenz = curve.points();
    if !places.income.is_empty() {
        let ranked = by_income(found, places);
        summary.by_income = Some(ByIncome {
            palma_ratio: palma_ratio(&ranked),
            concentration_index: concentration_index(&ranked),
            places_left_out: summary.places - ranked.len() as u64,
        });
    }
    if let Some(line) = query.poverty_line {
        summary.fgt = poverty(rising, line).map(|[share_below, depth, severity]| Fgt {
            line,
            share_below,
            depth,
            severity,
        });
    }
    summary.facilities = offer.supply.len() as u64;
    summary.supply = offer.supply.iter().copied().collect::<Sum>().value();
    let off = offer
        .starts
        .iter()
        .filter(|start| !ruler.is_measurable(start));
    summary.facilities_off_network = off.count() as u64;
    let stranded = found.stranded.iter().map(|at| offer.supply[*at]);
    summary.stranded = Stranded {
        facilities: found.stranded.len() as u64,
        supply: stranded.collect::<Sum>().value(),
    };
    if let Some(raam) = &found.raam {
        summary.gap = Some(raam.gap).filter(|gap| gap.is_finite());
        summary.rounds = Some(raam.rounds);
    }
    let nothing = match summary.people {
        0 => Reason::NoPopulation,
        _ => Reason::NoSupplyInCatchment,
    };
    for (key, is_undefined) in [
        ("mean", summary.mean.is_none()),
        ("gini", summary.gini.is_none()),
        (
            "palma_ratio",
            summary.by_income.is_some_and(|b| b.palma_ratio.is_none()),
        ),
        (
            "concentration_index",
            summary
                .by_income
                .is_some_and(|b| b.concentration_index.is_none()),
        ),
    ] {
        if is_undefined {
            summary.reasons.insert(key, nothing);
        }
    }
    Ok(summary)
}

/// The people of known income, the poorest first; of one income by the id of their place.
fn by_income(found: &Found, places: &Places) -> Vec<Share> {
    let index = &places.loaded.index;
    let people = places.people();
    let numbered = index.iter().zip(found.places()).enumerate();
    let ranked = numbered.filter_map(|(number, (place, (value, _)))| {
        let share = Share {
            people: people[number].filter(|people| *people > 0)? as f64,
            value: value?,
        };
        Some((places.income[number]?, index.id(place), share))
    });
    let mut ranked: Vec<(f64, &str, Share)> = ranked.collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    ranked.into_iter().map(|(_, _, share)| share).collect()
}
