//! What it costs to get from zone to zone.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::fast::FixedState;
use geo::{Geometry, Point};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    analysis::commute::Costs,
    city::{Area, City, LoadedLayer},
    domain::{GeometryKind, Layer, LayerId, LayerKind, Period, Table, measure::distance_m},
    index::LayerIndex,
    query::{
        Direction, Limits, Mode, QueryError, Ruler, Start, Travel, Unit, sources::CountSource,
    },
};

/// What a commute within a zone costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Intrazonal {
    /// Nothing: the excess is then inflated.
    Zero,
    /// Half of what it costs to the nearest other zone.
    HalfNearest,
    /// The mean straight way within a circle of the zone's area, ⅔·√(area/π), on foot.
    Radius,
    /// What a matrix says of the zone itself.
    Given,
}

/// What point stands for a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Center {
    /// The home nearest to the mean place of the population.
    Population,
    /// A point inside the outline: nobody is known to live there.
    InnerPoint,
}

/// The points that stand for zones, as a layer that a ruler measures to.
pub struct Centers {
    pub loaded: LoadedLayer,
    /// In the order of the areas.
    pub points: Vec<(f64, f64)>,
    pub kinds: Vec<Center>,
    /// The areas themselves: what a table of travel times names.
    areas: Option<Arc<LoadedLayer>>,
}

/// Walking speed within a zone where the question names none.
const WALK_KM_H: f64 = 4.5;

/// No pair of zones is farther apart in a straight line, metres, nor by a table, seconds.
const FARTHEST: f64 = 4_000_000.0;

/// Nobody commutes farther along streets, metres, or longer, seconds: a search sorts what it finds
/// by spans of its limit, and one without an end sorts nothing.
const FARTHEST_COMMUTE_M: f64 = 300_000.0;
const LONGEST_COMMUTE_S: f64 = 8.0 * 3600.0;

impl Centers {
    /// Points for areas of one level, by their order.
    pub fn of(
        city: &City,
        level: &str,
        areas: &[Area],
        people: Option<&CountSource>,
        period: Option<&Period>,
    ) -> Self {
        let homes = people.map(|people| homes_in_the_middle(people, level));
        let homes = homes.unwrap_or_default();
        let (mut points, mut kinds) = (Vec::new(), Vec::new());
        let mut table = Table::default();
        for area in areas {
            let (point, kind) = match homes.get(area.code.as_str()) {
                Some(home) => (*home, Center::Population),
                None => (area.place, Center::InnerPoint),
            };
            points.push(point);
            kinds.push(kind);
            table.push(&area.id, Geometry::Point(Point::new(point.0, point.1)), &[]);
        }
        let layer = Arc::new(layer(city, level));
        let asked = period;
        let period = period.cloned().or_else(|| city.periods().pop());
        let period = period.unwrap_or_else(|| "1970".parse().expect("a year"));
        Centers {
            loaded: LoadedLayer {
                index: LayerIndex::build(layer, period, Vec::new(), &table),
                records: Vec::new(),
                control_totals: Vec::new(),
                version: version_of(&points),
            },
            points,
            kinds,
            areas: area_layer(city, level, asked),
        }
    }

    /// The costs between all zones in thousandths of the ruler's cost: millimetres or milliseconds.
    ///
    /// # Errors
    /// Where nobody waits for the answer any longer.
    pub fn costs(
        &self,
        ruler: &Ruler<'_>,
        travel: &Travel,
        areas: &[Area],
        intrazonal: Intrazonal,
        limits: &Limits,
    ) -> Result<Costs, QueryError> {
        // Costs, and what an exchange of jobs holds of them at once.
        limits.allow((areas.len() * areas.len() * 40) as u64)?;
        let mut costs = Costs::unreachable(areas.len(), areas.len());
        let farthest = match (&travel.mode, ruler.counts_time()) {
            (Mode::Straight | Mode::Matrix(_), _) => FARTHEST,
            (_, false) => FARTHEST_COMMUTE_M,
            (_, true) => LONGEST_COMMUTE_S,
        };
        // A table knows the areas and not the points that stand for them.
        let ends = match (&travel.mode, &self.areas) {
            (Mode::Matrix(_), Some(areas)) => areas,
            _ => &self.loaded,
        };
        ruler.require(ends)?;
        let index = &ends.index;
        let numbering = index.numbering();
        let numbers = areas.iter().enumerate();
        let numbers: BTreeMap<&str, usize> =
            numbers.map(|(zone, area)| (&*area.id, zone)).collect();
        let zones: Vec<Option<usize>> = index
            .iter()
            .map(|end| numbers.get(index.id(end)).copied())
            .collect();
        limits.step("量算单元之间的成本", "measuring between areas");
        let done = AtomicU64::new(0);
        let measured: Vec<Vec<(usize, u32)>> = (0..areas.len())
            .into_par_iter()
            .map_init(
                || ruler.traveler(limits),
                |traveler, zone| {
                    let (lon, lat) = self.points[zone];
                    let start = Start {
                        feature: Some((ends.layer().id.clone(), areas[zone].id.clone())),
                        ..Start::at(lon, lat)
                    };
                    let mut found = Vec::with_capacity(areas.len());
                    traveler.within(ends, &start, farthest, |feature, cost| {
                        if let Some(other) = zones[numbering.number(feature)] {
                            found.push((other, (cost * 1000.0).round() as u32));
                        }
                    })?;
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    limits.progress(done, areas.len() as u64);
                    Ok(found)
                },
            )
            .collect::<Result<_, QueryError>>()?;
        for (zone, found) in measured.into_iter().enumerate() {
            for (other, cost) in found {
                match travel.direction {
                    Direction::From => costs.set(zone, other, cost),
                    Direction::To => costs.set(other, zone, cost),
                }
            }
        }
        let within = |area: &Area| {
            let way_m = (area.area_km2 * 1e6 / std::f64::consts::PI).sqrt() * 2.0 / 3.0;
            let walk_m_min = travel.walk_speed_km_h.unwrap_or(WALK_KM_H) * 1000.0 / 60.0;
            let in_unit = match travel.unit {
                Unit::Metres => way_m,
                Unit::Minutes => way_m / walk_m_min,
            };
            (in_unit / ruler.in_unit(0.001)).round() as u32
        };
        set_intrazonal(&mut costs, areas, intrazonal, within);
        Ok(costs)
    }
}

/// Sets the cost within each zone.
fn set_intrazonal(
    costs: &mut Costs,
    areas: &[Area],
    rule: Intrazonal,
    within: impl Fn(&Area) -> u32,
) {
    let own: Vec<Option<u32>> = (0..areas.len())
        .map(|zone| {
            let nearest = || {
                let others = (0..areas.len()).filter(|other| *other != zone);
                others.filter_map(|other| costs.get(zone, other)).min()
            };
            match rule {
                Intrazonal::Zero => Some(0),
                Intrazonal::HalfNearest => nearest().map(|cost| cost / 2),
                Intrazonal::Radius => Some(within(&areas[zone])),
                Intrazonal::Given => costs.get(zone, zone),
            }
        })
        .collect();
    for (zone, cost) in own.into_iter().enumerate() {
        costs.set(zone, zone, cost.unwrap_or(Costs::UNREACHABLE));
    }
}

/// For each area of a level the home nearest to the mean place of its people.
fn homes_in_the_middle(people: &CountSource, level: &str) -> BTreeMap<String, (f64, f64)> {
    let index = &people.loaded.index;
    let Some(level_at) = index.level_index(level) else {
        return BTreeMap::new();
    };
    let homes = || {
        index.iter().filter_map(|feature| {
            let weight = index.value(feature, people.place).as_integer()?;
            let code = index.area_code(feature, level_at)?;
            (weight > 0).then(|| (code, weight as f64, index.place(feature)))
        })
    };
    let mut means: BTreeMap<&str, [f64; 3]> = BTreeMap::new();
    for (code, weight, (lon, lat)) in homes() {
        let sums = means.entry(code).or_default();
        sums[0] += weight;
        sums[1] += weight * lon;
        sums[2] += weight * lat;
    }
    let mut nearest: BTreeMap<&str, (f64, (f64, f64))> = BTreeMap::new();
    for (code, _, place) in homes() {
        let [weight, lon, lat] = means[code];
        let mean = Point::new(lon / weight, lat / weight);
        let away_m = distance_m(mean, Point::new(place.0, place.1));
        let known = nearest.entry(code).or_insert((f64::INFINITY, place));
        if away_m < known.0 {
            *known = (away_m, place);
        }
    }
    let named = nearest.into_iter();
    named
        .map(|(code, (_, place))| (code.to_owned(), place))
        .collect()
}

/// What a ruler tells centers by that it has met already: their own places.
fn version_of(points: &[(f64, f64)]) -> u64 {
    let mut hash = FixedState::default().build_hasher();
    for (lon, lat) in points {
        (lon.to_bits(), lat.to_bits()).hash(&mut hash);
    }
    hash.finish()
}

/// The layer of the areas of a level, as of a date.
fn area_layer(city: &City, level: &str, period: Option<&Period>) -> Option<Arc<LoadedLayer>> {
    let layer = city.catalog().area_layer(level)?;
    let state = city.areas().period_at(level, period)?;
    let mut states = city.states(layer.id.as_str());
    states
        .find(|loaded| loaded.index.period() == state)
        .cloned()
}

/// A point layer without attributes, named after the areas.
fn layer(city: &City, level: &str) -> Layer {
    let areas = city.catalog().area_layer(level).expect("a known level");
    let id: LayerId = format!("{:.50}_centers", areas.id.as_str())
        .parse()
        .expect("a layer's name with letters after it");
    Layer {
        id,
        kind: LayerKind::Ground,
        geometry: GeometryKind::Point,
        area_level: None,
        attributes: Vec::new(),
        ..Layer::clone(areas)
    }
}
