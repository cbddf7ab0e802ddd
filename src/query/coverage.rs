use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Arrival, Departure, Limits, Mode, Provenance, QueryError, Ruler, Start, Travel, Unit,
    answer::definition, sources::population,
};
use crate::{
    city::City,
    domain::{LayerId, LeftOut, Period, Reason},
};

/// What a coverage is a share of (覆盖率的分母).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Denominator {
    /// People, by their place.
    #[default]
    Population,
    /// Residential buildings, each counted once.
    Buildings,
}

/// `GET /api/coverage`: who has a facility within reach.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageQuery {
    /// The facility layer.
    pub layer: LayerId,
    /// Metres.
    pub cutoff: f64,
    #[serde(default)]
    pub unit: Unit,
    #[serde(default)]
    pub mode: Mode,
    /// What minutes on foot are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    /// What minutes by bicycle are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    pub level: String,
    /// The population attribute; the first filled one without it.
    #[serde(default)]
    pub demand: Option<String>,
    #[serde(default)]
    pub denominator: Denominator,
    /// When one sets out, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// When one must be there, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// The longest walk to a first stop and from a last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    #[serde(default)]
    pub period: Option<Period>,
}

impl CoverageQuery {
    /// Measured from the facilities, which are few, to the homes that go to them.
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
}

/// Coverage (服务覆盖率) of one area.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CoverageRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    /// Unknown where no facility layer is loaded or nobody's number is known.
    pub covered: Option<i64>,
    pub uncovered: Option<i64>,
    pub total: Option<i64>,
    /// 0–1
    pub share_covered: Option<f64>,
    pub reason: Option<Reason>,
}

/// The share of people or buildings with at least one facility within a distance.
///
/// # Errors
/// Unknown layer, level or demand, or a cutoff that is no length.
pub fn coverage(
    city: &City,
    query: &CoverageQuery,
    limits: &Limits,
) -> Result<Answer<CoverageRow>, QueryError> {
    let period = query.period.as_ref();
    let ruler = Ruler::new(city, &query.travel())?;
    let cost = ruler.cost("cutoff", query.cutoff)?;
    let definition_of = city.catalog().layer(query.layer.as_str());
    if definition_of.is_none_or(|layer| layer.is_area()) {
        return Err(QueryError::NotFound {
            what: "facility layer",
            name: query.layer.to_string(),
        });
    }
    let areas = super::balance::areas_of_level(city, &query.level, period)?;
    let demand = population(city, query.demand.as_deref(), period).ok_or_else(|| {
        let name = query.demand.clone().unwrap_or_else(|| "population".into());
        QueryError::NotFound {
            what: "population attribute with values",
            name,
        }
    })?;
    let facilities = city.layer(query.layer.as_str(), period);
    let homes = &demand.loaded.index;
    let covered = covered_places(city, query, &ruler, cost, &demand, limits)?;
    let level_at = homes.level_index(&query.level);
    let mut by_area: std::collections::BTreeMap<&str, (i64, i64)> = Default::default();
    let (mut all, mut missing) = ((0i64, 0i64), 0u64);
    let mut outside = 0u64;
    let mut unknown: std::collections::BTreeSet<&str> = Default::default();
    for (feature, covered) in homes.iter().zip(covered) {
        let amount = match query.denominator {
            Denominator::Buildings => 1,
            Denominator::Population => match homes.value(feature, demand.place).as_integer() {
                Some(people) => people,
                None => {
                    missing += 1;
                    unknown.extend(level_at.and_then(|level| homes.area_code(feature, level)));
                    continue;
                }
            },
        };
        let share = if covered { amount } else { 0 };
        all = (all.0 + share, all.1 + amount);
        match level_at.and_then(|level| homes.area_code(feature, level)) {
            Some(code) => {
                let sums = by_area.entry(code).or_default();
                *sums = (sums.0 + share, sums.1 + amount);
            }
            None => outside += u64::from(query.level != "city"),
        }
    }
    let row = |code: &str,
               name: String,
               name_en: Option<String>,
               level: &str,
               sums: Option<(i64, i64)>| {
        let total = sums.map(|sums| sums.1);
        let covered = sums.map(|sums| sums.0).filter(|_| facilities.is_some());
        let share_covered = match (covered, total) {
            (Some(covered), Some(total)) if total > 0 => Some(covered as f64 / total as f64),
            _ => None,
        };
        let reason = match (covered, share_covered) {
            (_, Some(_)) => None,
            (None, _) => Some(Reason::NoData),
            _ => Some(Reason::NoPopulation),
        };
        CoverageRow {
            code: code.to_owned(),
            name,
            name_en,
            level: level.to_owned(),
            covered,
            uncovered: covered.zip(total).map(|(covered, total)| total - covered),
            total,
            share_covered,
            reason,
        }
    };
    let rows = areas.iter().map(|area| {
        let code = area.code.as_str();
        // Homes of which nobody's number is known are not homes of nobody.
        let sums = by_area.get(code).copied();
        let sums = sums.or_else(|| (!unknown.contains(code)).then_some((0, 0)));
        let (name, name_en) = (area.name.clone(), area.name_en.clone());
        row(area.code.as_str(), name, name_en, area.level.as_str(), sums)
    });
    let rows = rows.collect();
    let title = city.title();
    let mut left_out = LeftOut::default();
    let attribute = demand.attribute().id.as_str();
    left_out.add_missing(demand.layer_id(), attribute, missing);
    left_out.add_outside(demand.layer_id(), attribute, outside);
    let inputs = [&*demand.loaded]
        .into_iter()
        .chain(facilities.map(|l| &**l));
    let caliber = Some(demand.attribute().id.to_string());
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(ruler.input());
    Ok(Answer {
        query: json!(query),
        definition: definition(city, ruler.question("coverage", "coverage_walk")),
        provenance,
        rows,
        totals: row("", title.zh, Some(title.en), "city", Some(all)),
        left_out,
    })
}

/// For each home in the index's order: whether a facility is within reach.
fn covered_places(
    city: &City,
    query: &CoverageQuery,
    ruler: &Ruler<'_>,
    cost: f64,
    demand: &super::sources::CountSource,
    limits: &Limits,
) -> Result<Vec<bool>, QueryError> {
    let homes = &demand.loaded.index;
    let numbering = homes.numbering();
    let mut covered = vec![false; homes.features() as usize];
    let Some(facilities) = city.layer(query.layer.as_str(), query.period.as_ref()) else {
        return Ok(covered);
    };
    let mut traveler = ruler.traveler(limits);
    limits.step("量算设施可达范围", "measuring the reach of the facilities");
    for (done, facility) in facilities.index.iter().enumerate() {
        limits.progress(done as u64, facilities.index.features());
        let start = Start::of(facilities, facility);
        traveler.within(&demand.loaded, &start, cost, |home, _| {
            covered[numbering.number(home)] = true;
        })?;
    }
    Ok(covered)
}
