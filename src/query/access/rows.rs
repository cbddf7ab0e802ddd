use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::{
    AccessQuery, Limits, QueryError,
    found::Found,
    places::{PlaceKind, Places},
    tally::AreaTally,
};
use crate::{city::City, domain::Reason, index::FeatureRef, query::balance::areas_of_level};

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

/// So many homes are worth a thread.
const HOMES_AT_ONCE: usize = 4096;

/// One row for each place.
pub(super) fn by_place(
    city: &City,
    query: &AccessQuery,
    places: &Places,
    found: &Found,
    limits: &Limits,
) -> Result<Vec<AccessRow>, QueryError> {
    let index = &places.loaded.index;
    limits.allow(index.features() * (size_of::<AccessRow>() as u64 + 64))?;
    let numbering = index.numbering();
    let row = |number: usize, feature: FeatureRef, code: Option<&str>| {
        let (lon, lat) = index.place(feature);
        let (value, reason) = found.place(feature);
        AccessRow {
            id: index.id(feature).into(),
            code: code.map(Into::into),
            name: None,
            level: None,
            lon,
            lat,
            demand: places.people_at(feature, number),
            value,
            reason,
        }
    };
    Ok(match &places.kind {
        PlaceKind::Areas(areas) => {
            let row = |(area, number): &(crate::city::Area, usize)| AccessRow {
                name: Some(area.name.as_str().into()),
                level: Some(area.level.as_str().into()),
                ..row(
                    *number,
                    numbering.feature(*number),
                    Some(area.code.as_str()),
                )
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
            let home = |number| {
                let home = numbering.feature(number);
                let code = level.and_then(|level| index.area_code(home, level));
                row(number, home, code)
            };
            // Each goes to its place at once.
            let homes = (0..index.features() as usize).into_par_iter();
            homes.with_min_len(HOMES_AT_ONCE).map(home).collect()
        }
        PlaceKind::Cells => {
            let cells = index.iter().enumerate();
            cells
                .map(|(number, cell)| row(number, cell, None))
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
    let mut own: BTreeMap<&str, AreaTally> = BTreeMap::new();
    if let Some(at) = index.level_index(level) {
        for (cell, found) in index.cells().iter().zip(&found.cells) {
            let words = cell.area_codes()[at].words();
            for (code, tally) in words.iter().zip(&found.tally.areas) {
                own.entry(code).or_default().add_all(tally);
            }
        }
    }
    let areas = areas_of_level(city, level, query.period.as_ref())?;
    let row = |area: &&crate::city::Area| {
        let tally = own.get(area.code.as_str()).copied().unwrap_or_default();
        let (value, reason) = tally.mean();
        AccessRow {
            id: area.code.as_str().into(),
            code: Some(area.code.as_str().into()),
            name: Some(area.name.as_str().into()),
            level: Some(level.into()),
            lon: area.place.0,
            lat: area.place.1,
            demand: tally.people(),
            value,
            reason,
        }
    };
    Ok(areas.iter().map(row).collect())
}
