//! The value of every indicator of the rules in every area.

use std::collections::BTreeMap;

use super::{ZoningQuery, land};
use crate::{
    analysis::zoning::Value,
    city::{Area, City, LoadedLayer},
    domain::{
        Period, Reason,
        zoning::{Criterion, Indicator, Parameters, ZoningRules},
    },
    query::{
        AccessQuery, BalanceQuery, BalanceRow, CoverageQuery, Denominator, GapsQuery, Input,
        Limits, Measure, Mode, Numbers, QueryError, StationCoverageQuery, To, Unit, access,
        balance, coverage, gaps, nesting, plan::Plans, sources::CountSource, station_coverage,
    },
};

/// What is known of each area before the rules are asked, in the order of the areas.
pub(super) struct Base {
    pub residents: Vec<Option<i64>>,
    pub planned: Vec<Option<i64>>,
    pub capacities: Vec<Capacity>,
}

/// How many residents an area is planned to hold (承载规模).
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Capacity {
    /// Of the area itself.
    pub own: Option<i64>,
    /// Where it has none: the smallest area around it that has one, with its residents and the
    /// planned ones.
    pub around: Option<Around>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Around {
    pub code: String,
    pub name: String,
    pub capacity: i64,
    pub residents: Option<i64>,
    pub planned: Option<i64>,
}

/// The attribute of area layers that holds the capacity.
const CAPACITY: &str = "capacity";

impl Base {
    pub fn of(
        city: &City,
        people: &CountSource,
        plans: &Plans<'_>,
        year: i32,
        level: &str,
        areas: &[&Area],
        period: Option<&Period>,
    ) -> Self {
        let indicator = people.attribute().id.as_str();
        let residents_of = |area: &Area| {
            let by_area = people.loaded.index.sums_by_area(area.level.as_str());
            people.known(by_area.get(&Some(area.code.as_str().into())))
        };
        let planned = |level: &str| plans.planned_by_area(level, indicator, year, period);
        let planned_here = planned(level);
        let own = nesting::own_or_summed(city, level, period, |area| capacity(city, area, period));
        let mut planned_by_level: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        let capacities = areas.iter().map(|area| {
            let own = own.get(area.code.as_str()).copied();
            if own.is_some() {
                return Capacity { own, around: None };
            }
            let above = nesting::above(city, area, period);
            let around = above.into_iter().skip(1).find_map(|above| {
                let level = above.level.to_string();
                let planned = planned_by_level
                    .entry(level)
                    .or_insert_with_key(|l| planned(l));
                Some(Around {
                    capacity: capacity(city, above, period)?,
                    code: above.code.to_string(),
                    name: above.name.clone(),
                    residents: residents_of(above),
                    planned: planned.get(above.code.as_str()).copied(),
                })
            });
            Capacity { own, around }
        });
        let capacities = capacities.collect();
        Base {
            residents: areas.iter().map(|area| residents_of(area)).collect(),
            planned: areas
                .iter()
                .map(|area| planned_here.get(area.code.as_str()).copied())
                .collect(),
            capacities,
        }
    }
}

/// The capacity that an area layer states.
pub(super) fn capacity(city: &City, area: &Area, period: Option<&Period>) -> Option<i64> {
    let layer = city.catalog().area_layer(area.level.as_str())?;
    let place = layer.attribute_index(CAPACITY)?;
    let state = city.areas().period_at(area.level.as_str(), period)?;
    let mut states = city.states(layer.id.as_str());
    let loaded = states.find(|loaded| loaded.index.period() == state)?;
    loaded.index.value(area.feature, place).as_integer()
}

impl Capacity {
    /// Residents over capacity, of the area or of the one around it.
    fn ratio(
        &self,
        people: Option<i64>,
        around: impl Fn(&Around) -> Option<i64>,
        lacking: Reason,
    ) -> Value {
        let (capacity, people) = match (self.own, &self.around) {
            (Some(own), _) => (own, people),
            (None, Some(found)) => (found.capacity, around(found)),
            (None, None) => return Err(Reason::NoCapacity),
        };
        let people = people.ok_or(lacking)?;
        match capacity > 0 {
            true => Ok(people as f64 / capacity as f64),
            false => Err(Reason::NoCapacity),
        }
    }

    pub fn present(&self, residents: Option<i64>) -> Value {
        self.ratio(residents, |around| around.residents, Reason::NoData)
    }

    pub fn planned(&self, planned: Option<i64>) -> Value {
        self.ratio(planned, |around| around.planned, Reason::NoPlan)
    }
}

/// The values of every criterion in every area, in both orders.
pub(super) struct Values {
    /// By area, then by criterion.
    pub by_area: Vec<Vec<Value>>,
    /// The same with densities by the outline where they go by the published area.
    pub by_outline: Vec<Vec<Value>>,
    pub inputs: Vec<Input>,
}

/// One indicator with its values by area, and those by the outline where they differ.
type Slot<'r> = (&'r Criterion, Vec<Value>, Option<Vec<Value>>);

/// What the values are asked of.
pub(super) struct Asked<'q> {
    pub city: &'q City,
    pub query: &'q ZoningQuery,
    pub areas: &'q [&'q Area],
    pub people: &'q CountSource,
    pub base: &'q Base,
    pub plan_year: i32,
    pub limits: &'q Limits,
}

impl Values {
    /// # Errors
    /// A parameter that the city does not know, with the criterion that has it.
    pub fn of(asked: &Asked<'_>, rules: &ZoningRules) -> Result<Self, QueryError> {
        let mut known: Vec<Slot<'_>> = Vec::new();
        let mut inputs = Vec::new();
        let criteria = rules.criteria();
        let mut slots = Vec::with_capacity(criteria.len());
        for criterion in &criteria {
            let same = |other: &Criterion| {
                other.indicator == criterion.indicator && other.parameters == criterion.parameters
            };
            if let Some(slot) = known.iter().position(|(other, ..)| same(other)) {
                slots.push(slot);
                continue;
            }
            asked.limits.check()?;
            // A moved threshold asks for the same values again.
            let make = || asked.values(criterion);
            let kept = asked.city.find_or_make(&asked.key(criterion), make);
            let kept = kept.map_err(|error| match error {
                QueryError::Cancelled | QueryError::TooLarge { .. } => error,
                other => QueryError::field("rules", format!("{}: {other}", criterion.key)),
            })?;
            let (values, used) = (*kept).clone();
            inputs.extend(used);
            let by_outline = (criterion.indicator == Indicator::Density)
                .then(|| asked.densities(|area| area.area_km2));
            slots.push(known.len());
            known.push((criterion, values, by_outline));
        }
        let areas = 0..asked.areas.len();
        let pick = |area: usize, is_outline: bool| -> Vec<Value> {
            let of = |slot: &usize| match &known[*slot] {
                (_, _, Some(by_outline)) if is_outline => by_outline[area],
                (_, values, _) => values[area],
            };
            slots.iter().map(of).collect()
        };
        Ok(Values {
            by_area: areas.clone().map(|area| pick(area, false)).collect(),
            by_outline: areas.map(|area| pick(area, true)).collect(),
            inputs,
        })
    }
}

type Found = (Vec<Value>, Vec<Input>);

impl Asked<'_> {
    /// All that the values of a criterion depend on beside the city.
    fn key(&self, criterion: &Criterion) -> String {
        let query = self.query;
        serde_json::json!([
            "zoning",
            criterion.indicator.key(),
            criterion.parameters,
            query.level,
            query.area,
            query.period,
            query.caliber,
            self.plan_year,
        ])
        .to_string()
    }

    fn values(&self, criterion: &Criterion) -> Result<Found, QueryError> {
        let base = self.base;
        let none = Vec::new();
        Ok(match criterion.indicator {
            Indicator::Density => (self.densities(Area::density_area_km2), none),
            Indicator::ResidentialDensity => return self.residential_density(),
            Indicator::Growth => (self.growth(), none),
            Indicator::PlannedGrowth => {
                let growth = |at: usize| {
                    let planned = base.planned[at].ok_or(Reason::NoPlan)?;
                    match base.residents[at] {
                        None => Err(Reason::NoData),
                        Some(0) => Err(Reason::NoPopulation),
                        Some(residents) => Ok(planned as f64 / residents as f64 - 1.0),
                    }
                };
                ((0..self.areas.len()).map(growth).collect(), none)
            }
            Indicator::CapacityRatio => (
                self.by_capacity(|c, at| c.present(base.residents[at])),
                none,
            ),
            Indicator::PlannedCapacityRatio => {
                (self.by_capacity(|c, at| c.planned(base.planned[at])), none)
            }
            Indicator::JobsPerEmployedResident => {
                return self.balance(|row| row.jobs_per_employed_resident.ok_or(row.reason));
            }
            Indicator::BalanceIndex => {
                return self.balance(|row| row.balance_index.ok_or(row.reason));
            }
            Indicator::SelfContainment => {
                return self.balance(|row| {
                    let contained = row.contained.as_ref();
                    contained.and_then(|c| c.self_containment).ok_or(None)
                });
            }
            Indicator::StationShare => return self.near_stations(&criterion.parameters),
            Indicator::ServiceShare => return self.served(&criterion.parameters),
            Indicator::MeanAccess => return self.mean_access(&criterion.parameters),
            Indicator::Fulfilment => return self.fulfilment(&criterion.parameters),
            Indicator::ResidentialLandShare => {
                return self.land_share("residential_land", Reason::NoResidentialLand);
            }
            Indicator::ProtectedLandShare => {
                return self.land_share("protected_land", Reason::NoProtectedLand);
            }
        })
    }

    fn period(&self) -> Option<&Period> {
        self.query.period.as_ref()
    }

    fn everywhere(&self, reason: Reason) -> Vec<Value> {
        vec![Err(reason); self.areas.len()]
    }

    fn densities(&self, km2: impl Fn(&Area) -> f64) -> Vec<Value> {
        let pairs = self.areas.iter().zip(&self.base.residents);
        let density = |(area, people): (&&Area, &Option<i64>)| {
            let km2 = km2(area);
            let people = people.ok_or(Reason::NoData)?;
            match km2 > 0.0 {
                true => Ok(people as f64 / km2),
                false => Err(Reason::NoData),
            }
        };
        pairs.map(density).collect()
    }

    fn by_capacity(&self, ratio: impl Fn(&Capacity, usize) -> Value) -> Vec<Value> {
        let capacities = self.base.capacities.iter().enumerate();
        capacities
            .map(|(at, capacity)| ratio(capacity, at))
            .collect()
    }

    /// Mean yearly growth from the state of the count before this one.
    fn growth(&self) -> Vec<Value> {
        let now = &self.people.loaded;
        let attribute = &self.people.attribute().id;
        let states = self.city.states(now.layer().id.as_str());
        let older = states.filter(|older| older.index.period() < now.index.period());
        let of = |loaded: &std::sync::Arc<LoadedLayer>| {
            let mut counts = loaded.layer().counts().enumerate();
            let (count, (place, _)) = counts.find(|(_, (_, a))| a.id == *attribute)?;
            let source = CountSource {
                loaded: loaded.clone(),
                place,
                count,
            };
            source.ever_filled().then_some(source)
        };
        let Some(older) = older.filter_map(of).last() else {
            return self.everywhere(Reason::NoEarlierPeriod);
        };
        let years = years_of(now.index.period()) - years_of(older.loaded.index.period());
        let before = |area: &Area| {
            let by_area = older.loaded.index.sums_by_area(area.level.as_str());
            older.known(by_area.get(&Some(area.code.as_str().into())))
        };
        let growth = |(area, people): (&&Area, &Option<i64>)| match (before(area), people) {
            (Some(before), Some(people)) if before > 0 && years > 0.0 => {
                Ok((*people as f64 / before as f64).powf(1.0 / years) - 1.0)
            }
            (Some(_), Some(_)) => Err(Reason::NoPopulation),
            _ => Err(Reason::NoData),
        };
        let pairs = self.areas.iter().zip(&self.base.residents);
        pairs.map(growth).collect()
    }

    fn balance(
        &self,
        value: impl Fn(&BalanceRow) -> Result<f64, Option<Reason>>,
    ) -> Result<Found, QueryError> {
        let query = BalanceQuery {
            level: self.query.level.clone(),
            period: self.query.period.clone(),
            caliber: self.query.caliber.clone(),
            ..BalanceQuery::default()
        };
        let answer = balance(self.city, &query, self.limits)?;
        let by_code: BTreeMap<&str, Value> = answer
            .rows
            .iter()
            .map(|row| {
                let value = value(row).map_err(|reason| reason.unwrap_or(Reason::NoData));
                (row.code.as_str(), value)
            })
            .collect();
        Ok((self.in_order(&by_code), answer.provenance.inputs))
    }

    fn in_order(&self, by_code: &BTreeMap<&str, Value>) -> Vec<Value> {
        let of = |area: &&Area| {
            let found = by_code.get(area.code.as_str()).copied();
            found.unwrap_or(Err(Reason::NoData))
        };
        self.areas.iter().map(of).collect()
    }

    fn near_stations(&self, parameters: &Parameters) -> Result<Found, QueryError> {
        let layer = parameters.layer.as_deref().unwrap_or("stations");
        if !self.has_facilities(layer)? {
            return Ok((self.everywhere(Reason::NoFacilities), Vec::new()));
        }
        let on_foot = match parameters.mode.as_deref() {
            None | Some("straight") => false,
            Some("walk") => true,
            Some(other) => {
                let problem = format!("`{other}`: stations are near straight or on foot (walk)");
                return Err(QueryError::field("mode", problem));
            }
        };
        let query = StationCoverageQuery {
            level: self.query.level.clone(),
            cutoffs: Numbers(vec![parameters.within_m.unwrap_or_default()]),
            layer: layer.parse().map_err(|_| unknown_layer(layer))?,
            line: None,
            period: self.query.period.clone(),
            caliber: self.query.caliber.clone(),
        };
        let answer = station_coverage(self.city, &query, self.limits)?;
        let rows = answer.rows.iter().map(|row| {
            let value = match on_foot {
                true => row
                    .walk_share_residents
                    .ok_or(row.walk_reason.or(row.reason)),
                false => row.straight_share_residents.ok_or(row.reason),
            };
            let value = value.map_err(|reason| reason.unwrap_or(Reason::NoData));
            (row.code.as_str(), value)
        });
        let by_code = rows.collect();
        Ok((self.in_order(&by_code), answer.provenance.inputs))
    }

    fn served(&self, parameters: &Parameters) -> Result<Found, QueryError> {
        let layer = parameters.layer.as_deref().unwrap_or_default();
        if !self.has_facilities(layer)? {
            return Ok((self.everywhere(Reason::NoFacilities), Vec::new()));
        }
        let query = CoverageQuery {
            layer: layer.parse().map_err(|_| unknown_layer(layer))?,
            cutoff: parameters.within_m.unwrap_or_default(),
            unit: Unit::Metres,
            mode: mode(parameters)?,
            walk_speed_km_h: None,
            bicycle_speed_km_h: None,
            departure: None,
            arrival: None,
            max_walk_m: None,
            level: self.query.level.clone(),
            demand: self.query.caliber.clone(),
            denominator: Denominator::Population,
            period: self.query.period.clone(),
        };
        let answer = coverage(self.city, &query, self.limits)?;
        let rows = answer.rows.iter().map(|row| {
            let value = row
                .share_covered
                .ok_or(row.reason.unwrap_or(Reason::NoData));
            (row.code.as_str(), value)
        });
        let by_code = rows.collect();
        Ok((self.in_order(&by_code), answer.provenance.inputs))
    }

    fn mean_access(&self, parameters: &Parameters) -> Result<Found, QueryError> {
        let layer = parameters.layer.as_deref().unwrap_or_default();
        if !self.has_facilities(layer)? {
            return Ok((self.everywhere(Reason::NoFacilities), Vec::new()));
        }
        let measure = parameters.measure.as_deref().unwrap_or("2sfca");
        let measure: Measure = serde_json::from_value(serde_json::json!(measure))
            .map_err(|e| QueryError::field("measure", e.to_string()))?;
        let question = serde_json::json!({
            "to": To {
                layer: layer.parse().map_err(|_| unknown_layer(layer))?,
                capacity: parameters.capacity.clone(),
                condition: None,
            },
            "measure": measure,
            "mode": mode(parameters)?,
            "cutoff": parameters.within_m,
            "unit": "m",
            "by": self.query.level,
            "demand": self.query.caliber,
            "period": self.query.period,
        });
        let query: AccessQuery = serde_json::from_value(question)
            .map_err(|e| QueryError::field("measure", e.to_string()))?;
        let found = access(self.city, &query, self.limits)?;
        let rows = found.answer.rows.iter().filter_map(|row| {
            let value = row.value.ok_or(row.reason.unwrap_or(Reason::NoData));
            Some((row.code.as_deref()?, value))
        });
        let by_code = rows.collect();
        Ok((self.in_order(&by_code), found.answer.provenance.inputs))
    }

    /// Capacity over what the norms require, as the table of gaps has it.
    fn fulfilment(&self, parameters: &Parameters) -> Result<Found, QueryError> {
        let question = serde_json::json!({
            "level": self.query.level,
            "norms": parameters.norms,
            "services": parameters.service,
            "caliber": self.query.caliber,
            "period": self.query.period,
        });
        let query: GapsQuery = serde_json::from_value(question)
            .map_err(|e| QueryError::field("norms", e.to_string()))?;
        let found = gaps(self.city, &query, self.limits)?;
        let rows = found.answer.rows.iter().map(|row| {
            let value = row.fulfilment.ok_or(row.reason.unwrap_or(Reason::NoData));
            (row.code.as_str(), value)
        });
        let by_code = rows.collect();
        Ok((self.in_order(&by_code), found.answer.provenance.inputs))
    }

    /// Whether the city holds any of a layer.
    ///
    /// # Errors
    /// No such layer is defined, or it is one of areas.
    fn has_facilities(&self, layer: &str) -> Result<bool, QueryError> {
        let defined = self.city.catalog().layer(layer);
        if defined.is_none_or(|layer| layer.is_area()) {
            return Err(unknown_layer(layer));
        }
        Ok(self.city.layer(layer, self.period()).is_some())
    }

    fn residential_density(&self) -> Result<Found, QueryError> {
        let (land, inputs) = self.land_km2("residential_land")?;
        let Some(land) = land else {
            return Ok((self.everywhere(Reason::NoResidentialLand), inputs));
        };
        let density = |(km2, people): (&f64, &Option<i64>)| {
            let people = people.ok_or(Reason::NoData)?;
            match *km2 > 0.0 {
                true => Ok(people as f64 / km2),
                false => Err(Reason::NoResidentialLand),
            }
        };
        let pairs = land.iter().zip(&self.base.residents);
        Ok((pairs.map(density).collect(), inputs))
    }

    fn land_share(&self, layer: &str, lacking: Reason) -> Result<Found, QueryError> {
        let (land, inputs) = self.land_km2(layer)?;
        let Some(land) = land else {
            return Ok((self.everywhere(lacking), inputs));
        };
        let share = |(km2, area): (&f64, &&Area)| match area.area_km2 > 0.0 {
            true => Ok((km2 / area.area_km2).min(1.0)),
            false => Err(Reason::NoData),
        };
        let pairs = land.iter().zip(self.areas);
        Ok((pairs.map(share).collect(), inputs))
    }

    fn land_km2(&self, layer: &str) -> Result<(Option<Vec<f64>>, Vec<Input>), QueryError> {
        let Some(land) = self.city.layer(layer, self.period()) else {
            return Ok((None, Vec::new()));
        };
        let period = self.period();
        let km2 = land::covered_km2(self.city, self.areas, land, period, self.limits)?;
        Ok((Some(km2), vec![Input::of(land)]))
    }
}

fn mode(parameters: &Parameters) -> Result<Mode, QueryError> {
    let Some(named) = &parameters.mode else {
        return Ok(Mode::default());
    };
    serde_json::from_value(serde_json::json!(named))
        .map_err(|e| QueryError::field("mode", e.to_string()))
}

fn unknown_layer(layer: &str) -> QueryError {
    QueryError::NotFound {
        what: "layer of facilities",
        name: layer.chars().take(64).collect(),
    }
}

/// A period as years since year 0, the middle of what it names.
fn years_of(period: &Period) -> f64 {
    let mut parts = period
        .as_str()
        .split('-')
        .map(|part| part.parse().unwrap_or(0.0));
    let year: f64 = parts.next().unwrap_or(0.0);
    match (parts.next(), parts.next()) {
        (Some(month), Some(day)) => year + (month - 1.0) / 12.0 + (day - 1.0) / 365.25,
        (Some(month), None) => year + (month - 0.5) / 12.0,
        _ => year + 0.5,
    }
}
