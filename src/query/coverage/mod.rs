mod land;

pub(in crate::query) use land::served_land;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Arrival, Departure, Limits, Mode, Provenance, QueryError, Ruler, Start, Travel, Unit,
    answer::definition,
    nearest::{nearest_costs, nearest_of_each},
    origins::starts_of,
    people::share,
    sources::population,
    stations::Entrances,
};
use crate::{
    city::{Area, City, LoadedLayer},
    domain::{LayerId, LeftOut, LevelId, Period, Reason, Term, Title},
    index::FeatureRef,
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
    /// Residential land (居住用地), m².
    ResidentialLand,
    /// All land of the areas asked about, m².
    Land,
}

/// The layer of residential land.
const RESIDENTIAL_LAND: &str = "residential_land";

impl Denominator {
    fn key(self) -> &'static str {
        match self {
            Denominator::Population => "population",
            Denominator::Buildings => "buildings",
            Denominator::ResidentialLand => "residential_land",
            Denominator::Land => "land",
        }
    }

    /// Whether it is counted in m².
    pub fn is_land(self) -> bool {
        matches!(self, Denominator::ResidentialLand | Denominator::Land)
    }

    /// The plots that make up the land; `None` where the city has none.
    pub(in crate::query) fn plots<'c>(
        self,
        city: &'c City,
        level: &str,
        period: Option<&Period>,
    ) -> Option<&'c Arc<LoadedLayer>> {
        match self {
            Denominator::Population | Denominator::Buildings => None,
            Denominator::ResidentialLand => city.layer(RESIDENTIAL_LAND, period),
            Denominator::Land => {
                let levels = city.catalog().levels();
                let filled = |level: &&LevelId| !city.areas().at(level.as_str(), period).is_empty();
                let level = match level {
                    "city" => levels.iter().find(filled)?.as_str(),
                    level => level,
                };
                let layer = city.catalog().area_layer(level)?;
                let period = city.areas().period_at(level, period)?;
                city.layer(layer.id.as_str(), Some(period))
            }
        }
    }

    /// Why there is nothing to divide by.
    pub(in crate::query) fn missing(self) -> Reason {
        match self {
            Denominator::ResidentialLand => Reason::NoResidentialLand,
            _ => Reason::NoData,
        }
    }

    /// The term that names coverage by this denominator.
    pub(in crate::query) fn term(self, city: &City) -> Option<&Term> {
        city.catalog().term(&format!("coverage.{}", self.key()))
    }
}

/// `GET /api/coverage`: who has a facility within reach.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageQuery {
    /// The facility layer.
    pub layer: LayerId,
    /// In `unit`.
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
    /// When one sets out, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// When one must be there, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// The longest walk to a first stop and from a last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    pub level: String,
    /// The population attribute; the first filled one without it.
    #[serde(default)]
    pub demand: Option<String>,
    #[serde(default)]
    pub denominator: Denominator,
    #[serde(default)]
    pub period: Option<Period>,
}

impl CoverageQuery {
    /// Measured from the facilities, which are few, to the homes that go to them; by timetable from
    /// the homes where people set out at a time, since only they know when.
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

/// Coverage (服务覆盖率) of one area.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CoverageRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    /// People, buildings or m² of land, by the denominator. Unknown where no facility layer is
    /// loaded or nobody's number is known.
    pub covered: Option<i64>,
    pub uncovered: Option<i64>,
    pub total: Option<i64>,
    /// 0–1
    pub share_covered: Option<f64>,
    pub reason: Option<Reason>,
}

/// The share of people, buildings or residential land with at least one facility within reach; one
/// goes from home to the facility.
///
/// # Errors
/// Unknown layer, level or demand, or a cutoff that is no length.
pub fn coverage(
    city: &City,
    query: &CoverageQuery,
    limits: &Limits,
) -> Result<Answer<CoverageRow>, QueryError> {
    let period = query.period.as_ref();
    if query.departure.is_some() && query.denominator.is_land() {
        let problem = "people set out from homes and not from land: give arrival with date and by, \
                       or another denominator";
        return Err(QueryError::field("departure", problem));
    }
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
    let facilities = city.layer(query.layer.as_str(), period);
    let starts = match facilities {
        Some(facilities) => starts_of(city, facilities, None, period)?,
        None => Vec::new(),
    };
    if query.departure.is_some() && starts.iter().any(|start| start.points.len() > 1) {
        let problem = "these facilities have entrances, to which ways lead from homes by an arrival \
                       alone: give arrival with date and by";
        return Err(QueryError::field("departure", problem));
    }
    let reach = Reach {
        ruler: &ruler,
        starts: &starts,
        from_homes: facilities.filter(|_| query.departure.is_some()),
        cost,
        limits,
    };
    let measured = match query.denominator {
        denominator if denominator.is_land() => of_land(city, query, &reach)?,
        _ => Some(of_homes(city, query, &reach)?),
    };
    let mut by_area = vec![None::<(i64, i64)>; areas.len()];
    let mut unknown = vec![false; areas.len()];
    let (mut all, mut missing, mut outside) = ((0i64, 0i64), 0u64, 0u64);
    if let Some(measured) = &measured {
        let index = &measured.loaded.index;
        // An area that is not listed is one nevertheless.
        let area = |code: &str| {
            let found = areas.binary_search_by(|area| area.code.as_str().cmp(code));
            Some(found.map_or(u32::MAX, |at| at as u32))
        };
        let area_of = match index.level_index(&query.level) {
            Some(level) => index.by_area_code(level, area),
            None => vec![None; measured.parts.len()],
        };
        for (area, part) in area_of.into_iter().zip(&measured.parts) {
            let at = area.map(|area| area as usize);
            let Some((covered, amount)) = *part else {
                missing += 1;
                if let Some(unknown) = at.and_then(|at| unknown.get_mut(at)) {
                    *unknown = true;
                }
                continue;
            };
            all = (all.0 + covered, all.1 + amount);
            match at {
                Some(at) => {
                    if let Some(sums) = by_area.get_mut(at) {
                        let known = sums.unwrap_or_default();
                        *sums = Some((known.0 + covered, known.1 + amount));
                    }
                }
                None => outside += u64::from(query.level != "city"),
            }
        }
    }
    let no_data = match query.denominator {
        denominator if measured.is_none() => denominator.missing(),
        _ => Reason::NoData,
    };
    let row = |area: Option<&Area>, sums: Option<(i64, i64)>| {
        let total = sums.map(|sums| sums.1);
        let covered = sums.map(|sums| sums.0).filter(|_| facilities.is_some());
        let share = match share(covered, total, Reason::NoPopulation) {
            Err(Reason::NoData) => Err(no_data),
            share => share,
        };
        let title = city.title();
        CoverageRow {
            code: area.map_or_else(String::new, |area| area.code.to_string()),
            name: area.map_or(title.zh, |area| area.name.clone()),
            name_en: area.map_or(Some(title.en), |area| area.name_en.clone()),
            level: area.map_or_else(|| "city".into(), |area| area.level.to_string()),
            covered,
            uncovered: covered.zip(total).map(|(covered, total)| total - covered),
            total,
            share_covered: share.ok(),
            reason: share.err(),
        }
    };
    let rows = areas.iter().enumerate().map(|(at, area)| {
        // Homes of which nobody's number is known are not homes of nobody.
        let none = (measured.is_some() && !unknown[at]).then_some((0, 0));
        row(Some(area), by_area[at].or(none))
    });
    let rows = rows.collect();
    let totals = row(None, measured.as_ref().map(|_| all));
    let mut left_out = LeftOut::default();
    if let Some(measured) = &measured {
        let (layer, counted) = (measured.loaded.layer(), measured.counted.as_str());
        left_out.add_missing(layer.id.as_str(), counted, missing);
        left_out.add_outside(layer.id.as_str(), counted, outside);
    }
    let entrances = Entrances::of(city, period);
    let counted = measured.as_ref().map(|measured| &*measured.loaded);
    let inputs = counted
        .into_iter()
        .chain(facilities.map(|l| &**l))
        .chain(entrances.sources(&query.layer));
    let caliber = measured
        .as_ref()
        .and_then(|measured| measured.caliber.clone());
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(ruler.input());
    Ok(Answer {
        query: json!(query),
        definition: defined(city, &ruler, query.denominator),
        provenance,
        rows,
        totals,
        left_out,
    })
}

/// What coverage by a denominator is called in tables (覆盖率的名称须带分母).
pub fn coverage_title(city: &City, denominator: Denominator) -> Title {
    let term = denominator.term(city);
    term.map_or_else(Title::default, |term| term.title.clone())
}

/// How coverage is measured, and what it is a share of.
fn defined(city: &City, ruler: &Ruler<'_>, denominator: Denominator) -> Title {
    let way = definition(city, ruler.question("coverage", "coverage_walk"));
    let of = denominator.term(city).map(|term| term.definition.clone());
    let of = of.unwrap_or_default();
    Title {
        zh: way.zh + &of.zh,
        en: way.en + " " + &of.en,
    }
}

/// The facilities of a question with how far they reach.
struct Reach<'q> {
    ruler: &'q Ruler<'q>,
    starts: &'q [Start],
    /// The facilities, where ways are searched from the homes.
    from_homes: Option<&'q Arc<LoadedLayer>>,
    cost: f64,
    limits: &'q Limits,
}

/// A layer of homes or land, with what of each feature is covered and how much there is of it.
struct Measured {
    loaded: Arc<LoadedLayer>,
    /// Covered and all, in the order of the index; unknown where a value is missing.
    parts: Vec<Option<(i64, i64)>>,
    /// The attribute that is counted.
    counted: String,
    caliber: Option<String>,
}

fn of_homes(city: &City, query: &CoverageQuery, reach: &Reach<'_>) -> Result<Measured, QueryError> {
    let demand = population(city, query.demand.as_deref(), query.period.as_ref());
    let demand = demand.ok_or_else(|| {
        let name = query.demand.clone().unwrap_or_else(|| "population".into());
        QueryError::NotFound {
            what: "population attribute with values",
            name,
        }
    })?;
    let loaded = demand.loaded.clone();
    let nearest = match reach.from_homes {
        Some(facilities) => {
            nearest_of_each(reach.ruler, &loaded, facilities, reach.cost, reach.limits)?
        }
        None => nearest_costs(reach.ruler, &loaded, reach.starts, reach.cost, reach.limits)?,
    };
    let part = |(feature, cost): (FeatureRef, f64)| {
        let amount = match query.denominator {
            Denominator::Buildings => 1,
            _ => loaded.index.value(feature, demand.place).as_integer()?,
        };
        Some((if cost.is_finite() { amount } else { 0 }, amount))
    };
    let parts = loaded.index.iter().zip(nearest).map(part).collect();
    let attribute = demand.attribute().id.to_string();
    Ok(Measured {
        parts,
        loaded,
        caliber: Some(attribute.clone()),
        counted: attribute,
    })
}

/// `None` where the city has no such land.
fn of_land(
    city: &City,
    query: &CoverageQuery,
    reach: &Reach<'_>,
) -> Result<Option<Measured>, QueryError> {
    let Some(loaded) = query
        .denominator
        .plots(city, &query.level, query.period.as_ref())
    else {
        return Ok(None);
    };
    let parts = land::served_land(reach.ruler, loaded, reach.starts, reach.cost, reach.limits)?;
    Ok(Some(Measured {
        loaded: loaded.clone(),
        parts: parts.into_iter().map(Some).collect(),
        counted: "area".into(),
        caliber: None,
    }))
}
