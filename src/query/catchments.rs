use std::sync::Arc;

use geo::{Geometry, MultiPolygon, Polygon};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Arrival, Departure, Direction, Limits, Mode, Provenance, QueryError, Row, Ruler, Start, Travel,
    Traveler, Unit, answer::definition,
};
use crate::{
    city::{City, LoadedLayer},
    domain::{LayerId, LeftOut, Period, Reason, Role, Title},
    index::{FeatureRef, Sums},
};

/// Where a catchment starts: a feature or any place.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Origin {
    Feature {
        layer: LayerId,
        id: String,
    },
    Place {
        lon: f64,
        lat: f64,
        #[serde(default)]
        name: Option<String>,
    },
}

/// `POST /api/catchments`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CatchmentsQuery {
    pub origins: Vec<Origin>,
    #[serde(default)]
    pub mode: Mode,
    /// Metres, or minutes; at most 50,000 metres, by car 120 minutes.
    pub cutoffs: Vec<f64>,
    #[serde(default)]
    pub unit: Unit,
    #[serde(default)]
    pub direction: Direction,
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
    #[serde(default)]
    pub period: Option<Period>,
    /// Whether polygons are wanted.
    #[serde(default)]
    pub geometry: bool,
}

impl CatchmentsQuery {
    fn travel(&self) -> Travel {
        Travel {
            mode: self.mode.clone(),
            unit: self.unit,
            direction: self.direction,
            walk_speed_km_h: self.walk_speed_km_h,
            bicycle_speed_km_h: self.bicycle_speed_km_h,
            departure: self.departure.clone(),
            arrival: self.arrival.clone(),
            max_walk_m: self.max_walk_m,
        }
    }
}

/// An origin as it was found.
#[derive(Clone, Debug, Serialize)]
pub struct FoundOrigin {
    pub layer: Option<LayerId>,
    pub id: Option<String>,
    pub name: Option<String>,
    pub lon: f64,
    pub lat: f64,
    #[serde(skip)]
    pub start: Start,
}

/// The catchment of one origin and cutoff.
#[derive(Clone, Debug, Serialize)]
pub struct Catchment {
    pub origin: FoundOrigin,
    pub cutoff: f64,
    pub unit: Unit,
    /// Every count of every layer inside, as `layer.attribute`.
    pub totals: Row,
    /// What no other origin of the question reaches within the cutoff.
    pub exclusive: Row,
    /// Why nothing is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<geojson::Geometry>,
}

/// All origins together, each place counted once.
#[derive(Clone, Debug, Serialize)]
pub struct Union {
    pub cutoff: f64,
    pub totals: Row,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<geojson::Geometry>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Catchments {
    pub query: serde_json::Value,
    pub definition: Title,
    pub provenance: Provenance,
    /// By origin, then cutoff.
    pub catchments: Vec<Catchment>,
    pub union: Vec<Union>,
    pub left_out: LeftOut,
}

const MAX_ORIGINS: usize = 1000;
const MAX_CUTOFFS: usize = 12;

/// Who and what lies within reach of each origin (服务区), and of all together.
///
/// # Errors
/// Unknown origins, no or too many origins or cutoffs, a cutoff that is no length.
pub fn catchments(
    city: &City,
    query: &CatchmentsQuery,
    limits: &Limits,
) -> Result<Catchments, QueryError> {
    let period = query.period.as_ref();
    check(query)?;
    let ruler = Ruler::new(city, &query.travel())?;
    let mut traveler = ruler.traveler(limits);
    let cost = |cutoff: &f64| ruler.cost("cutoffs", *cutoff);
    let costs: Vec<f64> = query.cutoffs.iter().map(cost).collect::<Result<_, _>>()?;
    let origins: Vec<FoundOrigin> = query
        .origins
        .iter()
        .map(|o| find(city, o, period))
        .collect::<Result<_, _>>()?;
    let counted: Vec<&Arc<LoadedLayer>> = city
        .layers_at(period)
        .filter(|l| !l.layer().is_area() && ruler.knows(l))
        .collect();
    let largest = costs.iter().copied().fold(0.0, f64::max);
    // For each cutoff and layer: sums per origin, exclusive sums per origin, sums of the union.
    let mut tallies: Vec<Vec<Tally>> = query
        .cutoffs
        .iter()
        .map(|_| {
            counted
                .iter()
                .map(|l| Tally::new(l, origins.len()))
                .collect()
        })
        .collect();
    let mut work = Work::new(query, counted.len(), limits);
    limits.step("量算可达范围", "measuring what is within reach");
    for (place, loaded) in counted.iter().enumerate() {
        let reached = reach(&mut traveler, loaded, &origins, largest, &mut work)?;
        for (cost, tallies) in costs.iter().zip(&mut tallies) {
            tallies[place].count(loaded, &reached, *cost);
        }
    }
    let mut left_out = LeftOut::default();
    if let Some(last) = query
        .cutoffs
        .iter()
        .zip(&tallies)
        .max_by(|a, b| a.0.total_cmp(b.0))
    {
        for (loaded, tally) in counted.iter().zip(last.1) {
            for (count, (_, attribute)) in loaded.layer().counts().enumerate() {
                if super::sources::known(loaded.index.sums(), count).is_some() {
                    let missing = tally.union.counts[count].missing;
                    left_out.add_missing(
                        loaded.layer().id.as_str(),
                        attribute.id.as_str(),
                        missing,
                    );
                }
            }
        }
    }
    if query.geometry {
        limits.step("绘制服务区范围", "drawing the shapes");
    }
    let mut found = Vec::new();
    for (number, origin) in origins.iter().enumerate() {
        let known = ruler.is_measurable(&origin.start);
        for ((cutoff, cost), tallies) in query.cutoffs.iter().zip(&costs).zip(&tallies) {
            let totals = |pick: fn(&Tally) -> &Vec<Sums>| {
                let mut row = row(&counted, tallies.iter().map(|t| &pick(t)[number]));
                if !known {
                    row.values_mut()
                        .for_each(|value| *value = serde_json::Value::Null);
                }
                row
            };
            found.push(Catchment {
                origin: origin.clone(),
                cutoff: *cutoff,
                unit: query.unit,
                totals: totals(|t| &t.each),
                exclusive: totals(|t| &t.exclusive),
                reason: (!known).then(|| ruler.unmeasurable()),
                geometry: match query.geometry {
                    true => {
                        work.advance();
                        Some(shape(&mut traveler, std::slice::from_ref(origin), *cost)?)
                    }
                    false => None,
                },
            });
        }
    }
    let mut union = Vec::new();
    for ((cutoff, cost), tallies) in query.cutoffs.iter().zip(&costs).zip(&tallies) {
        union.push(Union {
            cutoff: *cutoff,
            totals: row(&counted, tallies.iter().map(|t| &t.union)),
            geometry: match query.geometry {
                true => Some(shape(&mut traveler, &origins, *cost)?),
                false => None,
            },
        });
    }
    let mut provenance = Provenance::of(city, period, None, counted.into_iter().map(|l| &**l));
    provenance.inputs.extend(ruler.input());
    Ok(Catchments {
        query: json!(query),
        definition: definition(city, ruler.question("catchments", "catchments_walk")),
        provenance,
        catchments: found,
        union,
        left_out,
    })
}

/// How much of the work is done: one unit for each search and each shape.
struct Work<'l> {
    limits: &'l Limits,
    done: u64,
    of: u64,
}

impl<'l> Work<'l> {
    fn new(query: &CatchmentsQuery, layers: usize, limits: &'l Limits) -> Self {
        let shapes = match query.geometry {
            true => query.cutoffs.len(),
            false => 0,
        };
        Work {
            limits,
            done: 0,
            of: (query.origins.len() * (layers + shapes)) as u64,
        }
    }

    fn advance(&mut self) {
        self.done += 1;
        self.limits.progress(self.done, self.of);
    }
}

fn check(query: &CatchmentsQuery) -> Result<(), QueryError> {
    if query.origins.is_empty() || query.origins.len() > MAX_ORIGINS {
        return Err(QueryError::field(
            "origins",
            format!("give 1 to {MAX_ORIGINS} origins"),
        ));
    }
    if query.cutoffs.is_empty() || query.cutoffs.len() > MAX_CUTOFFS {
        return Err(QueryError::field(
            "cutoffs",
            format!("give 1 to {MAX_CUTOFFS} cutoffs"),
        ));
    }
    Ok(())
}

fn find(city: &City, origin: &Origin, period: Option<&Period>) -> Result<FoundOrigin, QueryError> {
    match origin {
        Origin::Place { lon, lat, name } => {
            if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
                return Err(QueryError::field(
                    "origins",
                    "a place is longitude, latitude in degrees",
                ));
            }
            Ok(FoundOrigin {
                layer: None,
                id: None,
                name: name.clone(),
                lon: *lon,
                lat: *lat,
                start: Start::at(*lon, *lat),
            })
        }
        Origin::Feature { layer, id } => {
            let loaded = city.layer(layer.as_str(), period);
            let loaded = loaded.ok_or_else(|| QueryError::NotFound {
                what: "layer",
                name: layer.to_string(),
            })?;
            let feature = loaded.index.find(id).ok_or_else(|| QueryError::NotFound {
                what: "feature",
                name: id.chars().take(64).collect(),
            })?;
            let (lon, lat) = loaded.index.place(feature);
            let name_at = loaded.layer().index_with_role(Role::Name);
            let name = name_at
                .and_then(|at| loaded.index.text(feature, at))
                .map(str::to_owned);
            Ok(FoundOrigin {
                layer: Some(layer.clone()),
                id: Some(id.clone()),
                name,
                lon,
                lat,
                start: Start {
                    id: Some(id.clone()),
                    ..Start::at(lon, lat)
                },
            })
        }
    }
}

/// For every feature within reach of any origin: the origins with their cost.
type Reached = std::collections::BTreeMap<FeatureRef, Vec<(u32, f64)>>;

fn reach(
    traveler: &mut Traveler<'_>,
    loaded: &LoadedLayer,
    origins: &[FoundOrigin],
    cost: f64,
    work: &mut Work<'_>,
) -> Result<Reached, QueryError> {
    let mut reached = Reached::new();
    let mut pairs = 0u64;
    for (number, origin) in origins.iter().enumerate() {
        let near = |feature: FeatureRef, cost: f64| {
            pairs += 1;
            let origins: &mut Vec<_> = reached.entry(feature).or_default();
            origins.push((number as u32, cost));
        };
        traveler.within(loaded, &origin.start, cost, near)?;
        work.limits.allow(pairs * 16 + reached.len() as u64 * 48)?;
        work.advance();
    }
    Ok(reached)
}

/// Sums of one layer at one cutoff.
struct Tally {
    each: Vec<Sums>,
    exclusive: Vec<Sums>,
    union: Sums,
}

impl Tally {
    fn new(loaded: &LoadedLayer, origins: usize) -> Self {
        let zero = Sums::zero(loaded.index.sums().counts.len());
        Tally {
            each: vec![zero.clone(); origins],
            exclusive: vec![zero.clone(); origins],
            union: zero,
        }
    }

    fn count(&mut self, loaded: &LoadedLayer, reached: &Reached, cost: f64) {
        let places: Vec<usize> = loaded.layer().counts().map(|(place, _)| place).collect();
        for (feature, origins) in reached {
            let near: Vec<u32> = origins
                .iter()
                .filter(|(_, near)| *near <= cost)
                .map(|(o, _)| *o)
                .collect();
            if near.is_empty() {
                continue;
            }
            let one = |place: &usize| {
                let value = loaded.index.value(*feature, *place).as_integer();
                crate::index::CountTotal {
                    sum: value.unwrap_or(0),
                    missing: u64::from(value.is_none()),
                }
            };
            let sums = Sums {
                features: 1,
                counts: places.iter().map(one).collect(),
            };
            for origin in &near {
                self.each[*origin as usize].add(&sums);
            }
            if let [only] = near[..] {
                self.exclusive[only as usize].add(&sums);
            }
            self.union.add(&sums);
        }
    }
}

fn row<'s>(counted: &[&Arc<LoadedLayer>], sums: impl Iterator<Item = &'s Sums>) -> Row {
    let mut row = Row::new();
    for (loaded, sums) in counted.iter().zip(sums) {
        let layer = loaded.layer();
        row.insert(format!("{}.features", layer.id), json!(sums.features));
        for (count, (_, attribute)) in layer.counts().enumerate() {
            if super::sources::known(loaded.index.sums(), count).is_some() {
                let value = super::sources::known(sums, count);
                row.insert(format!("{}.{}", layer.id, attribute.id), json!(value));
            }
        }
    }
    row
}

/// The shape of what lies within a cost of any of the origins.
fn shape(
    traveler: &mut Traveler<'_>,
    origins: &[FoundOrigin],
    cost: f64,
) -> Result<geojson::Geometry, QueryError> {
    let starts: Vec<Start> = origins.iter().map(|o| o.start.clone()).collect();
    let shape = traveler.shape(&starts, cost)?;
    Ok(match <[Polygon<f64>; 1]>::try_from(shape.0) {
        Ok([only]) => geojson::Geometry::from(&Geometry::Polygon(only)),
        Err(parts) => geojson::Geometry::from(&Geometry::MultiPolygon(MultiPolygon::new(parts))),
    })
}
