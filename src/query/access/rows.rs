use rayon::prelude::*;
use serde::Serialize;

use super::{
    AccessQuery, Limits, Measure, QueryError, Ruler,
    measure::Found,
    places::{PlaceKind, Places},
};
use crate::{
    analysis::equity::{Share, mean},
    city::City,
    domain::Reason,
    query::{Start, balance::areas_of_level},
};

/// Access of one place or area.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccessRow {
    pub id: Box<str>,
    /// The area that it is or lies in.
    pub code: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Box<str>>,
    pub lon: f64,
    pub lat: f64,
    /// People who want it; unknown where no home has a value.
    pub demand: Option<i64>,
    pub value: Option<f64>,
    pub reason: Option<Reason>,
}

/// Says why a value is undefined or nothing: an unknown way is not a way to nothing.
pub(super) fn explain(found: &mut Found, ruler: &Ruler<'_>, places: &Places, measure: Measure) {
    let index = &places.loaded.index;
    let numbering = index.numbering();
    let measurable = ruler.measurable(&places.loaded);
    let is_measurable = |number: usize| match &measurable {
        Some(all) => all[number],
        None => {
            let start = Start::of(&places.loaded, numbering.feature(number));
            ruler.is_measurable(&start)
        }
    };
    let reason = |(number, value): (usize, &mut Option<f64>)| {
        if value.is_some_and(|value| value > 0.0) {
            return None;
        }
        if measure == Measure::Raam {
            match places.people[number] {
                None => return Some(Reason::NoData),
                Some(0) => return Some(Reason::NoPopulation),
                Some(_) => {}
            }
        }
        if !is_measurable(number) {
            *value = None;
            return Some(ruler.unmeasurable());
        }
        match measure {
            // Standing at the facility costs nothing, which is a cost.
            Measure::Nearest | Measure::Raam => value.is_none().then_some(Reason::NoReachablePair),
            _ => Some(Reason::NoSupplyInCatchment),
        }
    };
    let values = found.values.par_iter_mut().enumerate();
    found.reasons = values.map(reason).collect();
}

/// One row for each place.
pub(super) fn by_place(
    city: &City,
    query: &AccessQuery,
    places: &Places,
    found: &Found,
    limits: &Limits,
) -> Result<Vec<AccessRow>, QueryError> {
    limits.allow(places.people.len() as u64 * (size_of::<AccessRow>() as u64 + 32))?;
    let index = &places.loaded.index;
    let numbering = index.numbering();
    let row = |number: usize, code: Option<&str>, name: Option<&str>, level: Option<&str>| {
        let feature = numbering.feature(number);
        let (lon, lat) = index.place(feature);
        AccessRow {
            id: index.id(feature).into(),
            code: code.map(Into::into),
            name: name.map(Into::into),
            level: level.map(Into::into),
            lon,
            lat,
            demand: places.people[number],
            value: found.values[number],
            reason: found.reasons[number],
        }
    };
    Ok(match &places.kind {
        PlaceKind::Areas(areas) => {
            let row = |(area, number): &(crate::city::Area, usize)| {
                let (code, name) = (area.code.as_str(), area.name.as_str());
                row(*number, Some(code), Some(name), Some(area.level.as_str()))
            };
            areas.iter().map(row).collect()
        }
        PlaceKind::Homes => {
            // The smallest area that the city has.
            let period = query.period.as_ref();
            let levels = (0..index.levels().len()).rev();
            let mut levels = levels.filter(|at| {
                let level = index.levels()[*at].as_str();
                !city.areas().at(level, period).is_empty()
            });
            let level = levels.next();
            let row = |(number, home)| {
                let code = level.and_then(|level| index.area_code(home, level));
                row(number, code, None, None)
            };
            index.iter().enumerate().map(row).collect()
        }
        PlaceKind::Cells => {
            let numbers = 0..places.people.len();
            numbers
                .map(|number| row(number, None, None, None))
                .collect()
        }
    })
}

/// One row for each area of a level: the mean of the people of its homes.
pub(super) fn by_area(
    city: &City,
    query: &AccessQuery,
    places: &Places,
    found: &Found,
    level: &str,
) -> Result<Vec<AccessRow>, QueryError> {
    let index = &places.loaded.index;
    let at = index.level_index(level);
    let mut own: std::collections::BTreeMap<&str, Vec<usize>> = Default::default();
    for (number, home) in index.iter().enumerate() {
        if let Some(code) = at.and_then(|at| index.area_code(home, at)) {
            own.entry(code).or_default().push(number);
        }
    }
    let areas = areas_of_level(city, level, query.period.as_ref())?;
    let row = |area: &&crate::city::Area| {
        let homes = own.get(area.code.as_str()).map_or(&[][..], Vec::as_slice);
        let (value, reason) = mean_of(homes, places, found);
        let known = homes.iter().filter_map(|home| places.people[*home]);
        let any_known = homes.is_empty() || known.clone().next().is_some();
        AccessRow {
            id: area.code.as_str().into(),
            code: Some(area.code.as_str().into()),
            name: Some(area.name.as_str().into()),
            level: Some(level.into()),
            lon: area.place.0,
            lat: area.place.1,
            demand: any_known.then(|| known.sum()),
            value,
            reason,
        }
    };
    Ok(areas.iter().map(row).collect())
}

/// The mean of the people of some homes, or why there is none.
fn mean_of(homes: &[usize], places: &Places, found: &Found) -> (Option<f64>, Option<Reason>) {
    let share = |home: &usize| {
        Some(Share {
            people: places.people[*home]? as f64,
            value: found.values[*home]?,
        })
    };
    let shares: Vec<Share> = homes.iter().filter_map(share).collect();
    match mean(&shares) {
        Some(0.0) => (Some(0.0), Some(Reason::NoSupplyInCatchment)),
        Some(value) => (Some(value), None),
        None => {
            let people = homes
                .iter()
                .filter(|h| places.people[**h].is_some_and(|p| p > 0));
            let reason = people.filter_map(|home| found.reasons[*home]).next();
            let all_unknown = homes.iter().all(|home| places.people[*home].is_none());
            let nobody = match all_unknown && !homes.is_empty() {
                true => Reason::NoData,
                false => Reason::NoPopulation,
            };
            (None, Some(reason.unwrap_or(nobody)))
        }
    }
}
