use std::collections::{BTreeMap, BTreeSet};

use super::City;
use crate::{
    domain::{Flow, FlowPlace, Flows, LevelId, Period, Title},
    store::{ChangeNumber, ImportRecord},
};

/// The commuting flows of one level at one period with where they come from.
#[derive(Debug)]
pub struct LoadedFlows {
    pub level: LevelId,
    pub period: Period,
    pub flows: Flows,
    pub record: ImportRecord,
    /// The last commit that touched them.
    pub version: ChangeNumber,
}

/// Flows whose ends are areas of the city or places outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacedFlows {
    pub flows: Flows,
    /// Rows that were added to another of the same places, mode and sector.
    pub merged: u64,
    /// Rows without any commuter, left out.
    pub empty: u64,
    /// Rows and commuters that neither live nor work in the city, left out.
    pub elsewhere: (u64, i64),
    /// Places outside with the commuters that live or work there.
    pub outside: BTreeMap<String, i64>,
}

/// Codes that no area has, with their commuters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.told().en)]
pub struct UnknownPlaces {
    pub level: LevelId,
    pub codes: BTreeMap<String, i64>,
}

impl UnknownPlaces {
    /// Which codes, most commuters first, and what to do, in both languages.
    pub fn told(&self) -> Title {
        const SHOWN: usize = 20;
        let (level, count) = (&self.level, self.codes.len());
        let mut most: Vec<(&String, &i64)> = self.codes.iter().collect();
        most.sort_by_key(|(code, commuters)| (-**commuters, *code));
        let more = if count > SHOWN { " …" } else { "" };
        let listed = |before: &str, after: &str, between: &str| {
            let shown = most.iter().take(SHOWN);
            let shown: Vec<String> = shown
                .map(|(code, commuters)| format!("{code}{before}{commuters}{after}"))
                .collect();
            shown.join(between) + more
        };
        Title::new(
            format!(
                "{count} 个代码不是层级 {level} 的单元（{}）：请改正，或加 --outside 作为市外地点保留",
                listed("：", " 人", "，")
            ),
            format!(
                "{count} codes are no area of level {level} ({}): mend them, or say --outside to \
                 keep them as places outside the city",
                listed(": ", " commuters", ", ")
            ),
        )
    }
}

/// Tells areas of a level from places outside; unknown codes are outside where `keep_outside`
/// says so.
///
/// # Errors
/// Codes that are neither an area nor said to be outside.
pub fn place_flows(
    city: &City,
    level: &LevelId,
    period: &Period,
    flows: Vec<Flow>,
    keep_outside: bool,
) -> Result<PlacedFlows, UnknownPlaces> {
    let areas = city.areas().at(level.as_str(), Some(period));
    let is_area = |place: &FlowPlace| {
        let found = areas.binary_search_by(|area| area.code.cmp(&place.code));
        found.is_ok()
    };
    let mut placed = PlacedFlows::default();
    let mut unknown: BTreeMap<String, i64> = BTreeMap::new();
    let mut kept = Vec::with_capacity(flows.len());
    for mut flow in flows {
        if flow.commuters == 0 {
            placed.empty += 1;
            continue;
        }
        for place in [&mut flow.origin, &mut flow.destination] {
            // What the city has an area for is in it, whatever a file says.
            let was_told = place.is_outside;
            place.is_outside = !is_area(place);
            if place.is_outside {
                let list = match keep_outside || was_told {
                    true => &mut placed.outside,
                    false => &mut unknown,
                };
                *list.entry(place.code.to_string()).or_default() += flow.commuters;
            }
        }
        if flow.origin.is_outside && flow.destination.is_outside {
            placed.elsewhere.0 += 1;
            placed.elsewhere.1 += flow.commuters;
            continue;
        }
        kept.push(flow);
    }
    if !unknown.is_empty() {
        return Err(UnknownPlaces {
            level: level.clone(),
            codes: unknown,
        });
    }
    let rows = kept.len();
    placed.flows = Flows::sum(kept);
    placed.merged = (rows - placed.flows.len()) as u64;
    Ok(placed)
}

/// The level whose areas have most of the codes that flows begin or end at; `None` where no level
/// has any.
pub fn level_of_flows(city: &City, period: &Period, flows: &[Flow]) -> Option<LevelId> {
    let codes: BTreeSet<&FlowPlace> = flows
        .iter()
        .flat_map(|flow| [&flow.origin, &flow.destination])
        .collect();
    let known = |level: &LevelId| {
        let areas = city.areas().at(level.as_str(), Some(period));
        let is_area = |place: &&&FlowPlace| {
            areas
                .binary_search_by(|area| area.code.cmp(&place.code))
                .is_ok()
        };
        codes.iter().filter(is_area).count()
    };
    let levels = city.catalog().levels().into_iter();
    let counted = levels.map(|level| (known(&level), level));
    // Of several the largest areas.
    let best = counted.rev().max_by_key(|(count, _)| *count)?;
    (best.0 > 0).then_some(best.1)
}
