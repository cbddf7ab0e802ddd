//! Blind spots (覆盖盲区): where people live whom no facility of a service reaches, as outlines, and
//! how old they are.

mod lattice;
mod pyramid;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use geo::MultiPolygon;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Arrival, Denominator, Departure, Limits, Mode, Provenance, QueryError, Ruler, Travel,
    Unit,
    answer::definition,
    gaps::{Asked, People, Supply, Way, Zones, items, norm_set, reach},
    names::Names,
};
use crate::{
    analysis,
    city::City,
    domain::{Language, LayerId, LeftOut, NormItem, Period},
};
use lattice::Lattice;
pub use pyramid::{AgeRow, UncoveredRow};
pub use table::{blind_spots_table, blind_spots_to_geojson, spot_name};

/// `GET /api/gaps/blind_spots`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BlindSpotsQuery {
    /// The item of the norm set.
    pub service: String,
    #[serde(default)]
    pub norms: Option<LayerId>,
    /// The level of the rows that say how old the uncovered are.
    #[serde(default = "city_level")]
    pub level: String,
    /// Only homes in areas within the one of this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// `straight` measures by the service radius, others along the network by the walk.
    #[serde(default)]
    pub mode: Mode,
    /// The side of a cell, whole metres.
    #[serde(default = "usual_cell")]
    pub cell_m: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    /// The population attribute.
    #[serde(default)]
    pub caliber: Option<String>,
    #[serde(default)]
    pub period: Option<Period>,
}

fn city_level() -> String {
    "city".into()
}

fn usual_cell() -> u32 {
    200
}

const CELLS_M: std::ops::RangeInclusive<u32> = 50..=2000;

/// Neighbouring cells with people whom nobody serves.
#[derive(Clone, Debug, Serialize)]
pub struct BlindSpot {
    /// Residents who are not covered; the most first.
    pub uncovered: i64,
    /// Those of them who want the service.
    pub demand_uncovered: Option<i64>,
    /// Homes that are not covered, those of unknown number too.
    pub homes: i64,
    pub area_km2: f64,
    /// The area of the level in which most of the uncovered live.
    pub code: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// Every area of the level in which they live, most of them first.
    pub areas: Vec<SpotArea>,
    /// The mean place of the uncovered.
    pub lon: f64,
    pub lat: f64,
    #[serde(skip)]
    pub geometry: MultiPolygon<f64>,
}

/// An area that a blind spot takes in.
#[derive(Clone, Debug, Serialize)]
pub struct SpotArea {
    pub code: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// Residents of the blind spot who live there.
    pub uncovered: i64,
}

impl SpotArea {
    pub fn name(&self, language: Language) -> &str {
        match (&self.name_en, language) {
            (Some(english), Language::En) => english,
            _ => &self.name,
        }
    }
}

/// Where nobody is served, and who.
#[derive(Clone, Debug, Serialize)]
pub struct BlindSpots {
    /// One row for each area: how many are not covered, by age.
    #[serde(flatten)]
    pub answer: Answer<UncoveredRow, UncoveredRow>,
    pub blind_spots: Vec<BlindSpot>,
    /// The norm that was measured by.
    pub norm: NormItem,
}

/// The homes that no facility of a service reaches, as outlines of cells, and who lives there.
///
/// # Errors
/// An unknown norm, service, level or area; a norm that knows no distance; a mode that the city
/// cannot be measured by; no residents.
pub fn blind_spots(
    city: &City,
    query: &BlindSpotsQuery,
    limits: &Limits,
) -> Result<BlindSpots, QueryError> {
    let mut query = query.clone();
    if !CELLS_M.contains(&query.cell_m) {
        let (least, most) = CELLS_M.into_inner();
        return Err(QueryError::field(
            "cell_m",
            format!("{least} to {most} metres"),
        ));
    }
    let set = norm_set(city, query.norms.as_ref())?;
    query.norms = Some(set.id.clone());
    let named = Names(vec![query.service.clone()]);
    let item = items(set, Some(&named), None)?[0];
    let period = query.period.as_ref();
    let zones = Zones::of(city, &query.level, query.area.as_deref(), period)?;
    let residents = People::residents(city, query.caliber.as_deref(), period).ok_or_else(|| {
        QueryError::NotFound {
            what: "population attribute with values",
            name: query.caliber.clone().unwrap_or_else(|| "population".into()),
        }
    })?;
    let (cutoff, unit) = distance(item, &query.mode)?;
    let missing = |name: &LayerId| QueryError::NotFound {
        what: "facility layer with features",
        name: name.to_string(),
    };
    let supply = Supply::of(city, item, period).ok_or_else(|| missing(&item.layer))?;
    // Of a kind that was never imported nobody knows whom it serves.
    if supply.facilities.is_empty() {
        return Err(missing(&item.id));
    }
    let ruler = Ruler::new(city, &query.travel(unit))?;
    let way = Way {
        ruler: &ruler,
        cutoff,
        is_from_homes: query.departure.is_some(),
    };
    limits.step("量算设施可达范围", "measuring the reach of the facilities");
    let people = residents.all();
    let asked = Asked {
        homes: &residents.loaded,
        counted: Some(&residents),
        denominator: Denominator::default(),
        wanted: None,
        norm: None,
    };
    let covered = reach(&way, &asked, &zones, &supply, limits)?.covered(&residents.loaded);
    let demand = item.demand.as_ref();
    let demand = demand
        .filter(|demand| !demand.attributes.is_empty())
        .and_then(|demand| People::of(city, demand, query.caliber.as_deref(), period))
        .filter(|demand| std::sync::Arc::ptr_eq(&demand.loaded, &residents.loaded));
    let home_zones = zones.of_features(&residents.loaded);
    let mut is_asked = vec![false; zones.len()];
    zones.asked().for_each(|zone| is_asked[zone] = true);
    let uncovered = |home: usize| {
        !covered[home] && home_zones[home].is_some_and(|zone| is_asked[zone as usize])
    };
    let mut left_out = LeftOut::default();
    residents.leave_out(&people, &home_zones, &mut left_out);
    let gathered = gather(&query, &residents, demand.as_ref(), &home_zones, uncovered);
    let spots = spots(&query, &zones, gathered);
    let (rows, totals) = pyramid::rows(&zones, &residents, demand.as_ref(), &home_zones, &covered);
    let caliber = residents.attributes().next().map(|a| a.id.to_string());
    let inputs = [&*residents.loaded, &*supply.loaded];
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(ruler.input());
    Ok(BlindSpots {
        answer: Answer {
            query: json!(query),
            definition: definition(city, "blind_spots"),
            provenance,
            rows,
            totals,
            left_out,
        },
        blind_spots: spots,
        norm: item.clone(),
    })
}

/// How far the norm means by a mode, and in which unit.
fn distance(item: &NormItem, mode: &Mode) -> Result<(f64, Unit), QueryError> {
    match item.distance(*mode == Mode::Straight) {
        Some((value, "min")) => Ok((value, Unit::Minutes)),
        Some((value, _)) => Ok((value, Unit::Metres)),
        None => {
            let what = match mode {
                Mode::Straight => "service radius",
                _ => "walk",
            };
            let problem = format!(
                "the norm of `{}` has no {what}: set it in a copy of the city's own, or ask by another mode",
                item.id
            );
            Err(QueryError::field("service", problem))
        }
    }
}

impl BlindSpots {
    /// The side of a cell, metres.
    pub fn cell_m(&self) -> u64 {
        self.answer.query["cell_m"].as_u64().unwrap_or_default()
    }
}

impl BlindSpotsQuery {
    /// The question about a service with nothing else said.
    pub fn of(service: &str) -> Self {
        BlindSpotsQuery {
            service: service.to_owned(),
            norms: None,
            level: city_level(),
            area: None,
            mode: Mode::default(),
            cell_m: usual_cell(),
            walk_speed_km_h: None,
            bicycle_speed_km_h: None,
            departure: None,
            arrival: None,
            max_walk_m: None,
            caliber: None,
            period: None,
        }
    }

    fn travel(&self, unit: Unit) -> Travel {
        let travel = Travel {
            mode: self.mode.clone(),
            unit,
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

/// What the uncovered homes of a cell add up to.
#[derive(Clone, Debug, Default)]
struct Cell {
    people: i64,
    demand: Option<i64>,
    homes: i64,
    /// Sums over the homes.
    lon: f64,
    lat: f64,
    /// People by zone.
    zones: BTreeMap<u32, i64>,
}

/// The cells that hold uncovered homes.
fn gather(
    query: &BlindSpotsQuery,
    residents: &People,
    demand: Option<&People>,
    home_zones: &[Option<u32>],
    uncovered: impl Fn(usize) -> bool,
) -> (Lattice, BTreeMap<analysis::Corner, Cell>) {
    let index = &residents.loaded.index;
    let lattice = Lattice::over(index.bounds(), query.cell_m);
    let mut cells: BTreeMap<analysis::Corner, Cell> = BTreeMap::new();
    for (number, home) in index.iter().enumerate() {
        if !uncovered(number) {
            continue;
        }
        let people = residents.at(home);
        // A house where nobody lives is no blind spot.
        if people == Some(0) {
            continue;
        }
        let (lon, lat) = index.place(home);
        let cell = cells.entry(lattice.cell(lon, lat)).or_default();
        let people = people.unwrap_or(0);
        cell.people += people;
        cell.homes += 1;
        cell.lon += lon;
        cell.lat += lat;
        if let Some(wanting) = demand.and_then(|demand| demand.at(home)) {
            *cell.demand.get_or_insert(0) += wanting;
        }
        if let Some(zone) = home_zones[number] {
            *cell.zones.entry(zone).or_default() += people;
        }
    }
    (lattice, cells)
}

/// Cells joined to outlines, those with the most people first.
fn spots(
    query: &BlindSpotsQuery,
    zones: &Zones<'_>,
    (lattice, cells): (Lattice, BTreeMap<analysis::Corner, Cell>),
) -> Vec<BlindSpot> {
    let spot = |patch: analysis::Patch| {
        let mut all = Cell::default();
        for cell in patch.cells.iter().filter_map(|cell| cells.get(cell)) {
            all.people += cell.people;
            all.homes += cell.homes;
            all.lon += cell.lon;
            all.lat += cell.lat;
            if let Some(demand) = cell.demand {
                *all.demand.get_or_insert(0) += demand;
            }
            for (zone, people) in &cell.zones {
                *all.zones.entry(*zone).or_default() += people;
            }
        }
        let mut lived_in: Vec<(u32, i64)> = all.zones.into_iter().collect();
        // Homes of unknown number count where nothing else is known.
        if lived_in.iter().any(|(_, people)| *people > 0) {
            lived_in.retain(|(_, people)| *people > 0);
        }
        lived_in.sort_by_key(|(zone, people)| (std::cmp::Reverse(*people), *zone));
        let area = |(zone, uncovered): (u32, i64)| {
            let (name, name_en) = zones.name(zone as usize);
            SpotArea {
                code: zones.code(zone as usize),
                name,
                name_en,
                uncovered,
            }
        };
        let areas: Vec<SpotArea> = lived_in.into_iter().map(area).collect();
        let most = areas.first();
        let geometry = lattice.polygon(&patch);
        let homes = all.homes as f64;
        BlindSpot {
            uncovered: all.people,
            demand_uncovered: all.demand,
            homes: all.homes,
            area_km2: square_km(patch.cells.len(), query.cell_m),
            code: most.map_or_else(String::new, |area| area.code.clone()),
            name: most.map_or_else(String::new, |area| area.name.clone()),
            name_en: most.and_then(|area| area.name_en.clone()),
            areas,
            lon: all.lon / homes,
            lat: all.lat / homes,
            geometry: MultiPolygon::new(vec![geometry]),
        }
    };
    let patches = analysis::dissolve(cells.keys().copied());
    let mut spots: Vec<BlindSpot> = patches.into_iter().map(spot).collect();
    // Patches come in a fixed order, which equal ones keep.
    spots.sort_by_key(|spot| std::cmp::Reverse(spot.uncovered));
    spots
}

/// The ground of so many cells of a side in metres, square kilometres.
fn square_km(cells: usize, cell_m: u32) -> f64 {
    to_square_metre(cells as f64 * (f64::from(cell_m) / 1000.0).powi(2))
}

/// Square kilometres to the square metre: sums of decimals keep no tail of binary digits.
fn to_square_metre(km2: f64) -> f64 {
    (km2 * 1e6).round() / 1e6
}
