//! Gaps (供需差距): what each area has of a service beside what its people need, how many of them
//! have it within reach, and whom nobody serves.
//!
//! Every figure is of a norm, which is data; what a norm leaves open stays undefined with its
//! reason. Coverage is measured twice, straight as norms mean a service radius and along the
//! streets; capacity is shared across borders by two-step floating catchments.

mod assumptions;
mod change;
mod circles;
mod count;
mod cover;
mod demand;
mod lacking;
mod pieces;
mod places;
mod query;
mod reached;
mod row;
mod supply;
mod table;
#[cfg(test)]
mod tests;
mod zones;

use serde::Serialize;
use serde_json::json;

use super::{
    Answer, Denominator, Limits, Mode, Provenance, QueryError, Ruler, Travel, Unit,
    answer::definition,
};
use crate::{
    city::City,
    domain::{Band, LeftOut, NormItem, NormSet, Period, Reason, Title},
};
use circles::Circles;
use count::{Counted, Need};
pub(in crate::query) use count::{Known, share_that_comes};
use cover::{Base, Coverage, Shared, Side, cover};
pub(in crate::query) use demand::People;
pub(in crate::query) use lacking::{Lack, lacking};
pub(in crate::query) use pieces::{Pieces, level_word};
pub(in crate::query) use query::{items, norm_set};
pub(in crate::query) use reached::{Asked, Way, reach};
pub(in crate::query) use supply::{Supply, capacity_unit};
pub(in crate::query) use zones::Zones;

pub use circles::{CircleRow, CircleServices};
pub use places::{FacilityPlace, facility_places};
pub use query::GapsQuery;
pub use row::GapRow;
pub use table::gaps_table;

/// The gaps of areas with the norms that they were measured by.
#[derive(Clone, Debug, Serialize)]
pub struct Gaps {
    /// One row for each area and service; totals one for each service.
    #[serde(flatten)]
    pub answer: Answer<GapRow, Vec<GapRow>>,
    pub norms: NormsUsed,
    /// What is taken for granted, in words.
    pub assumptions: Vec<Title>,
    /// What changes are counted from.
    pub earlier_period: Option<Period>,
    /// Who has all required services of a life circle, where the norms have circles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub circles: Vec<CircleRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub circle_services: Vec<CircleServices>,
    /// Facilities of unknown capacity (规模不全), at most [`MOST_LISTED`].
    pub unknown_capacity: Vec<UnknownCapacity>,
}

/// The norms of an answer: the set with the items that were asked for.
#[derive(Clone, Debug, Serialize)]
pub struct NormsUsed {
    #[serde(flatten)]
    pub set: NormSet,
    /// `item.field` of every figure that the city has to set.
    pub set_by_city: Vec<String>,
}

/// A facility whose capacity nobody knows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnknownCapacity {
    pub service: String,
    pub layer: String,
    pub id: String,
    pub name: Option<String>,
    /// The area of the rows that it lies in.
    pub code: Option<String>,
}

/// How many facilities of unknown capacity are listed.
pub const MOST_LISTED: usize = 500;

/// What each area has of each service beside what it needs.
///
/// # Errors
/// Unknown norms, services, level, area or caliber; a mode that the city cannot be measured by.
pub fn gaps(city: &City, query: &GapsQuery, limits: &Limits) -> Result<Gaps, QueryError> {
    query.check()?;
    let mut query = query.clone();
    let set = norm_set(city, query.norms.as_ref())?;
    query.norms = Some(set.id.clone());
    let items = items(set, query.services.as_ref(), query.circle)?;
    let period = query.period.as_ref();
    let zones = Zones::of(city, &query.level, query.area.as_deref(), period)?;
    super::sources::named_population(city, query.caliber.as_deref(), period)?;
    let base = Base::of(city, &query, &zones);
    let rulers = Rulers::of(city, &query, &items)?;
    let mut left_out = LeftOut::default();
    if let Some(residents) = &base.residents {
        let by_zone = zones.people(residents);
        residents.leave_out_so_many(by_zone.missing, by_zone.outside, &mut left_out);
    }
    let earlier = change::earlier_period(city, &query, &items);
    let mut found = Found::default();
    let mut rows: Vec<Vec<GapRow>> = Vec::new();
    let mut totals = Vec::new();
    for item in &items {
        limits.check()?;
        limits.step("量算供需差距", "measuring supply and demand");
        let mut service = Service::of(city, &query, set, item);
        service.leave_out(&zones, &mut left_out);
        service.say_unnamed(&base, &rulers, &mut left_out);
        service.supply = service.supply.filter(|supply| !supply.is_undecided());
        found.list_unknown(&zones, &service);
        let measured = service.measure(&base, &zones, &rulers, limits)?;
        // A kind of which the whole city has none is not recorded rather than not built.
        let has_any = |supply: &Supply| !supply.facilities.is_empty();
        let is_recorded = service.supply.as_ref().is_some_and(has_any);
        let (straight, network) = match is_recorded {
            true => (
                measured.straight.homes.as_ref(),
                measured.network.homes.as_ref(),
            ),
            false => (None, None),
        };
        found.circles.add(item, straight, network);
        let before = earlier
            .as_ref()
            .map(|earlier| change::before(city, &zones, &service, &query, earlier));
        let of_zones = zones.asked();
        let of_zones = of_zones.map(|zone| {
            let mut row = service.row(&zones, zone, &measured, query.denominator);
            if let Some(before) = &before {
                change::write(&mut row, &measured.counted[zone], &before[zone]);
            }
            row
        });
        let of_zones: Vec<GapRow> = of_zones.collect();
        let asked: Vec<usize> = zones.asked().collect();
        totals.push(service.total(&of_zones, &asked, &measured, query.denominator));
        rows.push(of_zones);
        found
            .inputs
            .extend(service.supply.map(|supply| supply.loaded));
        found
            .inputs
            .extend(service.people.map(|people| people.loaded));
    }
    // Area by area, each with its services in the order of the norms.
    let areas = rows.first().map_or(0, Vec::len);
    let rows: Vec<GapRow> = (0..areas)
        .flat_map(|area| rows.iter().map(move |of_item| of_item[area].clone()))
        .collect();
    let residents = base.residents.as_ref();
    let caliber = residents.and_then(|r| Some(r.attributes().next()?.id.to_string()));
    found.inputs.extend(residents.map(|r| r.loaded.clone()));
    found.inputs.extend(base.plots.cloned());
    let inputs = found.inputs.iter().map(|loaded| &**loaded);
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(rulers.input());
    let (circles, circle_services) = found.circles.rows(set, &base, &zones);
    let assumptions = assumptions::told(&query, set, &items, &rulers);
    Ok(Gaps {
        answer: Answer {
            query: json!(query),
            definition: defined(city, query.denominator),
            provenance,
            rows,
            totals,
            left_out,
        },
        norms: NormsUsed::of(set, &items),
        assumptions,
        earlier_period: earlier,
        circles,
        circle_services,
        unknown_capacity: found.unknown_capacity,
    })
}

/// What an answer gathers beside its rows.
#[derive(Default)]
struct Found {
    inputs: Vec<std::sync::Arc<crate::city::LoadedLayer>>,
    unknown_capacity: Vec<UnknownCapacity>,
    circles: Circles,
}

impl Found {
    fn list_unknown(&mut self, zones: &Zones<'_>, service: &Service<'_>) {
        let Some(supply) = &service.supply else {
            return;
        };
        let index = &supply.loaded.index;
        let name_at = index.layer().index_with_role(crate::domain::Role::Name);
        let asked: Vec<usize> = zones.asked().collect();
        for facility in supply.facilities.iter().filter(|f| f.capacity.is_none()) {
            let zone = zones.zone(&supply.loaded, facility.feature);
            if zone.is_some_and(|zone| asked.binary_search(&zone).is_err())
                || self.unknown_capacity.len() >= MOST_LISTED
            {
                continue;
            }
            let name = name_at.and_then(|at| index.text(facility.feature, at));
            self.unknown_capacity.push(UnknownCapacity {
                service: service.item.id.to_string(),
                layer: index.layer().id.to_string(),
                id: index.id(facility.feature).to_owned(),
                name: name.map(str::to_owned),
                code: zone
                    .filter(|_| !zones.is_city())
                    .map(|zone| zones.code(zone)),
            });
        }
    }
}

impl NormsUsed {
    fn of(set: &NormSet, items: &[&NormItem]) -> Self {
        let set = NormSet {
            items: items.iter().map(|item| (*item).clone()).collect(),
            ..set.clone()
        };
        NormsUsed {
            set_by_city: set.set_by_city(),
            set,
        }
    }
}

impl<'c> Base<'c> {
    fn of(city: &'c City, query: &GapsQuery, zones: &Zones<'_>) -> Self {
        let period = query.period.as_ref();
        let residents = People::residents(city, query.caliber.as_deref(), period);
        let plots = query.denominator.plots(city, &query.level, period);
        Base {
            denominator: query.denominator,
            plot_zones: plots
                .map(|plots| zones.of_features(plots))
                .unwrap_or_default(),
            residents,
            plots,
        }
    }
}

/// What is measured by: straight, and along the streets in the units that the norms use.
struct Rulers<'c> {
    straight: Ruler<'c>,
    metres: Option<Ruler<'c>>,
    minutes: Option<Ruler<'c>>,
    is_from_homes: bool,
}

impl<'c> Rulers<'c> {
    fn of(city: &'c City, query: &GapsQuery, items: &[&NormItem]) -> Result<Self, QueryError> {
        let has_unit = |unit: &str| {
            let of_item = |item: &&NormItem| network_figure(item).map(|(_, u)| u == unit);
            items.iter().any(|item| of_item(item) == Some(true))
        };
        // Without streets the columns say so, but a mode that was named must be there.
        let is_there = query.mode.is_some() || city.streets("walk").is_some();
        let of_unit = |unit: Unit| match is_there && has_unit(unit.key()) {
            true => match Ruler::new(city, &query.travel(unit)) {
                Err(QueryError::Field { field: "unit", .. }) => Err(unfit(query, items, unit)),
                ruler => ruler.map(Some),
            },
            false => Ok(None),
        };
        let straight = Travel::default().reversed();
        Ok(Rulers {
            straight: Ruler::new(city, &straight)?,
            metres: of_unit(Unit::Metres)?,
            minutes: of_unit(Unit::Minutes)?,
            is_from_homes: query.departure.is_some() && query.mode != Some(Mode::Straight),
        })
    }

    fn input(&self) -> Vec<super::Input> {
        let network = self.minutes.as_ref().or(self.metres.as_ref());
        network.map_or_else(Vec::new, Ruler::input)
    }

    fn network(&self, unit: &str) -> Option<&Ruler<'c>> {
        match unit {
            "min" => self.minutes.as_ref(),
            _ => self.metres.as_ref(),
        }
    }
}

/// A mode that cannot measure some norms, with those that it can.
fn unfit(query: &GapsQuery, items: &[&NormItem], unit: Unit) -> QueryError {
    let mode = query
        .mode
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let others = items.iter().filter(|item| {
        let of_item = network_figure(item);
        of_item.is_some_and(|(value, of)| value.is_some() && of != unit.key())
    });
    let others: Vec<&str> = others.map(|item| item.id.as_str()).collect();
    let (others, unit) = (others.join(", "), unit.key());
    let problem = format!(
        "`{mode}` cannot measure norms that are in {unit}; ask by another mode, or for services \
         whose norms are not: {others}"
    );
    QueryError::field("mode", problem)
}

/// How far one may walk to a service, and in which unit: its own figure, else the service radius.
fn network_figure(item: &NormItem) -> Option<(Option<f64>, &str)> {
    let figure = item.walk.as_ref().or(item.service_radius.as_ref())?;
    Some((figure.value, figure.unit.as_str()))
}

/// One item of the norms with all that it needs.
struct Service<'c> {
    item: &'c NormItem,
    bands: &'c [Band],
    supply: Option<Supply>,
    people: Option<People>,
    need: Need,
    unit: String,
}

/// A service measured in every zone.
struct Measured {
    counted: Vec<Counted>,
    straight: Coverage,
    network: Coverage,
    shared: Result<Vec<Shared>, Reason>,
}

impl<'c> Service<'c> {
    fn of(city: &City, query: &GapsQuery, set: &'c NormSet, item: &'c NormItem) -> Self {
        let (caliber, period) = (query.caliber.as_deref(), query.period.as_ref());
        let demand = item.demand.as_ref();
        Service {
            item,
            bands: set.bands_of(item),
            supply: Supply::of(city, item, period),
            people: demand.and_then(|demand| People::of(city, demand, caliber, period)),
            need: Need::of(item, query.enrolment_rate),
            unit: capacity_unit(city, item),
        }
    }
}

impl Service<'_> {
    fn leave_out(&self, zones: &Zones<'_>, left_out: &mut LeftOut) {
        if let Some(people) = &self.people {
            let by_zone = zones.people(people);
            people.leave_out_so_many(by_zone.missing, by_zone.outside, left_out);
        }
        let Some(supply) = &self.supply else { return };
        supply.leave_out(left_out);
        if !zones.is_city() {
            let facilities = supply.facilities.iter();
            let outside = facilities.filter(|f| zones.zone(&supply.loaded, f.feature).is_none());
            let layer = supply.loaded.layer().id.as_str();
            let key = format!("{layer}.features");
            // Of services that share a layer the most is told.
            let outside = outside.count() as u64;
            let known = left_out.0.get(&key).map_or(0, |count| count.outside_areas);
            left_out.add_outside(layer, "features", outside.saturating_sub(known));
        }
    }

    /// Facilities and homes that a table of travel times does not name count as out of reach.
    fn say_unnamed(&self, base: &Base<'_>, rulers: &Rulers<'_>, left_out: &mut LeftOut) {
        let ruler = network_figure(self.item).and_then(|(_, unit)| rulers.network(unit));
        let (Some(ruler), Some(supply)) = (ruler, &self.supply) else {
            return;
        };
        let facilities = supply.facilities.iter().map(|facility| facility.feature);
        let unnamed = ruler.unnamed(&supply.loaded, facilities);
        left_out.say_unnamed(supply.loaded.layer().id.as_str(), unnamed);
        if let Some(People { loaded: homes, .. }) = self.people.as_ref().or(base.residents.as_ref())
        {
            let unnamed = ruler.unnamed(homes, homes.index.iter());
            left_out.say_unnamed(homes.layer().id.as_str(), unnamed);
        }
    }

    fn measure(
        &self,
        base: &Base<'_>,
        zones: &Zones<'_>,
        rulers: &Rulers<'_>,
        limits: &Limits,
    ) -> Result<Measured, QueryError> {
        let none = |reason| (Coverage::none(zones.len(), reason), Err(reason));
        let measure = |ruler: &Ruler<'_>, cutoff: f64, is_from_homes: bool| {
            let way = Way {
                ruler,
                cutoff,
                is_from_homes,
            };
            let Some(supply) = &self.supply else {
                return Ok(none(Reason::NoData));
            };
            // A kind of which the whole city has none was most likely never imported.
            if supply.facilities.is_empty() {
                return Ok(none(Reason::NoFacilities));
            }
            let people = self.people.as_ref();
            let found = cover(base, zones, &way, supply, people, &self.need, limits)?;
            Ok::<_, QueryError>((found.0, Ok(found.1)))
        };
        let (straight, mut shared) = match &self.item.service_radius {
            None => none(Reason::NotAsked),
            Some(figure) => match figure.value {
                None => none(Reason::SetByCity),
                Some(metres) => measure(&rulers.straight, metres, false)?,
            },
        };
        let (network, along_streets) = match network_figure(self.item) {
            None => none(Reason::NotAsked),
            Some((None, _)) => none(Reason::SetByCity),
            Some((Some(cutoff), unit)) => match rulers.network(unit) {
                None => none(Reason::NoStreets),
                Some(ruler) => measure(ruler, cutoff, rulers.is_from_homes)?,
            },
        };
        // A norm that knows no radius means the way along the streets.
        if shared.is_err() && along_streets.is_ok() {
            shared = along_streets;
        }
        let (supply, people) = (self.supply.as_ref(), self.people.as_ref());
        Ok(Measured {
            counted: count::count(zones, supply, people, &self.need),
            straight,
            network,
            shared: match self.item.demand {
                None => Err(Reason::NotAsked),
                Some(_) => shared,
            },
        })
    }

    fn row(
        &self,
        zones: &Zones<'_>,
        zone: usize,
        measured: &Measured,
        denominator: Denominator,
    ) -> GapRow {
        let (name, name_en) = zones.name(zone);
        let mut row = GapRow {
            code: zones.code(zone),
            name,
            name_en,
            level: zones.level().to_owned(),
            ..self.empty()
        };
        let counted = &measured.counted[zone];
        row.facilities = counted.facilities;
        row.capacity = counted.capacity;
        row.capacity_unknown = counted.unknown;
        row.demand = counted.demand;
        row.required = counted.required;
        row.shortfall = counted.gap.map(|gap| gap.0);
        row.surplus = counted.gap.map(|gap| gap.1);
        row.fulfilment = counted.fulfilment;
        row.reason = counted.reason;
        row.evaluation = self.evaluation(counted.fulfilment);
        measured
            .straight
            .write(&mut row, zone, Side::Straight, denominator);
        measured
            .network
            .write(&mut row, zone, Side::Network, denominator);
        match &measured.shared {
            Ok(shared) => shared[zone].write(&mut row, self.people.is_some()),
            Err(reason) => row.shared_reason = Some(*reason),
        }
        row
    }

    fn empty(&self) -> GapRow {
        GapRow {
            service: self.item.id.to_string(),
            capacity_unit: self.unit.clone(),
            ..GapRow::default()
        }
    }

    /// What a fulfilment is called: the first band that it reaches.
    fn evaluation(&self, fulfilment: Option<f64>) -> Option<String> {
        let fulfilment = fulfilment?;
        let reached = |band: &&Band| band.from.value.is_some_and(|from| fulfilment >= from);
        self.bands
            .iter()
            .find(reached)
            .map(|band| band.id.to_string())
    }

    /// The sums of rows, and ratios of sums; a gap of an area is not made up for by another's surplus.
    fn total(
        &self,
        rows: &[GapRow],
        asked: &[usize],
        measured: &Measured,
        denominator: Denominator,
    ) -> GapRow {
        let sum = |pick: fn(&GapRow) -> Option<i64>| {
            let known = rows.iter().filter_map(pick);
            let any = rows.iter().any(|row| pick(row).is_some());
            any.then(|| known.sum::<i64>())
        };
        let mut total = self.empty();
        total.facilities = sum(|row| row.facilities);
        total.capacity = sum(|row| row.capacity);
        total.capacity_unknown = sum(|row| row.capacity_unknown);
        total.demand = sum(|row| row.demand);
        total.required = sum(|row| row.required);
        total.shortfall = sum(|row| row.shortfall);
        total.surplus = sum(|row| row.surplus);
        total.net = total
            .surplus
            .zip(total.shortfall)
            .map(|(more, less)| more - less);
        // A ratio of parts that do not cover the same areas would be none.
        let open = rows.iter().find(|row| row.shortfall.is_none());
        total.reason = open.and_then(|row| row.reason);
        total.fulfilment = match (total.reason, total.capacity, total.required) {
            (None, Some(capacity), Some(required)) if required > 0 => {
                Some(capacity as f64 / required as f64)
            }
            (None, Some(_), Some(_)) => {
                total.reason = Some(Reason::NoPopulation);
                None
            }
            _ => None,
        };
        total.evaluation = self.evaluation(total.fulfilment.map(|of_sums| {
            // Where any area is short not everybody is served, whatever is left over elsewhere.
            match (total.shortfall, total.required) {
                (Some(short), Some(required)) if short > 0 && required > 0 => {
                    of_sums.min((required - short) as f64 / required as f64)
                }
                _ => of_sums,
            }
        }));
        total.total = sum(|row| row.total);
        let (covered, people) = (
            sum(|row| row.straight_covered),
            sum(|row| row.straight_demand_uncovered),
        );
        let straight = &measured.straight;
        let all = total.total;
        straight.write_sums(
            &mut total,
            covered,
            all,
            people,
            Side::Straight,
            denominator,
        );
        let (covered, people) = (
            sum(|row| row.network_covered),
            sum(|row| row.network_demand_uncovered),
        );
        let network = &measured.network;
        network.write_sums(&mut total, covered, all, people, Side::Network, denominator);
        match &measured.shared {
            Ok(shared) => {
                let mut of_all = Shared {
                    below: self.need.norm().ok().map(|_| 0),
                    ..Shared::default()
                };
                asked.iter().for_each(|zone| of_all.add(&shared[*zone]));
                of_all.write(&mut total, self.people.is_some());
            }
            Err(reason) => total.shared_reason = Some(*reason),
        }
        total.change_facilities = sum(|row| row.change_facilities);
        total.change_capacity = sum(|row| row.change_capacity);
        total.change_required = sum(|row| row.change_required);
        total.change_shortfall = sum(|row| row.change_shortfall);
        total
    }
}

/// What gaps are, and what coverage is a share of.
fn defined(city: &City, denominator: Denominator) -> Title {
    let gaps = definition(city, "gaps");
    let of = denominator.term(city).map(|term| term.definition.clone());
    let of = of.unwrap_or_default();
    Title {
        zh: gaps.zh + &of.zh,
        en: gaps.en + " " + &of.en,
    }
}
