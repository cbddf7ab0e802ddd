//! Who and what lies within reach of places and stations (服务区).

mod circles;
mod overlap;
mod sums;
mod tally;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use geo::{Geometry, MultiPolygon, Polygon};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Arrival, Departure, Direction, FoundOrigin, Limits, Mode, Origin, Provenance, QueryError, Row,
    Ruler, Travel, Unit,
    answer::definition,
    numbers::each_once,
    origins::find_origins,
    sources::{known, named_population},
};
use crate::{
    city::{City, LoadedLayer},
    domain::{LeftOut, Period, Reason, Title},
    index::{FeatureRef, Sums},
};
pub use circles::Circle;
use circles::Circles;
pub use overlap::Overlap;
use overlap::Shared;
pub(super) use sums::Bands;
pub(super) use tally::Tally;

/// `POST /api/catchments`
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
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
    /// The population attribute that overlaps are measured in; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
    /// Whether polygons are wanted.
    #[serde(default)]
    pub geometry: bool,
    /// Whether what is nearest to each origin is wanted, each feature given to one of them.
    #[serde(default)]
    pub nearest: bool,
    /// Whether what each pair of origins has in common is wanted.
    #[serde(default)]
    pub overlaps: bool,
    /// Metres of a circle to hold each catchment against: one for all cutoffs, or one for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub straight_m: Vec<f64>,
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
    /// What lies nearer to it than to any other origin; of equally near ones the first has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Row>,
    /// The circle to hold it against.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub circle: Option<Circle>,
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
    /// How many origins the mean resident within reach is reached from.
    pub multiplicity: Option<f64>,
    /// The circles to hold it against, each place counted once.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub circle: Option<Circle>,
    /// Why nothing is known of it: no origin can be measured from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlaps: Option<Vec<Overlap>>,
    pub left_out: LeftOut,
}

const MAX_CUTOFFS: usize = 12;

/// Origins that are searched from at the same time.
const AT_ONCE: usize = 8;

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
    super::period::check_period(city, period)?;
    let ruler = Ruler::new(city, &query.travel())?;
    let cutoffs = each_once(&query.cutoffs);
    let costs = costs(&ruler, &cutoffs)?;
    let bands = Bands::new(&costs);
    let origins = find_origins(city, "origins", &query.origins, period)?;
    let people = named_population(city, query.caliber.as_deref(), period)?;
    let counted: Vec<&Arc<LoadedLayer>> = city
        .layers_at(period)
        .filter(|l| !l.layer().is_area() && ruler.knows(l))
        .collect();
    let mut shared = people.clone().filter(|_| query.overlaps).map(Shared::new);
    let tallies = reach(&ruler, &counted, &origins, &bands, &mut shared, limits)?;
    // Of each cutoff as asked for: its cost and its band.
    let asked: Vec<(f64, f64, usize)> = cutoffs
        .iter()
        .zip(&costs)
        .map(|(cutoff, cost)| (*cutoff, *cost, bands.of(*cost)))
        .collect();
    let circles = Circles::of(city, query, &cutoffs, &counted, &origins, limits)?;
    let circles = circles.as_ref();
    let shapes = match query.geometry {
        true => Some(shapes(&ruler, &origins, &asked, limits)?),
        false => None,
    };
    let mut shapes = shapes.into_iter().flatten();
    let mut found = Vec::new();
    for (number, origin) in origins.iter().enumerate() {
        let known = ruler.is_measurable(&origin.start);
        for (at, (cutoff, _, band)) in asked.iter().enumerate() {
            let totals = |pick: for<'t> fn(&'t Tally<'_>) -> &'t sums::BandSums| {
                let sums = |tally: &Tally| pick(tally).sums(number, *band);
                let mut row = row(&counted, tallies.iter().map(sums));
                if !known {
                    forget(&mut row);
                }
                row
            };
            found.push(Catchment {
                origin: origin.clone(),
                cutoff: *cutoff,
                unit: query.unit,
                totals: totals(|t| &t.each),
                exclusive: totals(|t| &t.exclusive),
                nearest: query.nearest.then(|| totals(|t| &t.nearest)),
                circle: circles.map(|circles| circles.of_origin(number, at)),
                reason: (!known).then(|| ruler.unmeasurable()),
                geometry: shapes.next().flatten(),
            });
        }
    }
    let of_people = people.as_ref().and_then(|people| {
        let mut tallies = tallies.iter();
        let tally = tallies.find(|tally| Arc::ptr_eq(tally.loaded, &people.loaded))?;
        Some((tally, people))
    });
    let reached = |origin: usize, band: usize| {
        of_people.map_or(0, |(tally, people)| {
            tally.each.sums(origin, band).counts[people.count].sum
        })
    };
    let multiplicity = |band: usize| {
        let (tally, people) = of_people?;
        let union = tally.union.sums(0, band).counts[people.count].sum;
        let all: i64 = (0..origins.len()).map(|origin| reached(origin, band)).sum();
        (union > 0).then(|| all as f64 / union as f64)
    };
    let starts = || origins.iter().map(|origin| &origin.start);
    let lost = starts().filter(|start| !ruler.is_measurable(start)).count();
    let union = asked.iter().enumerate().map(|(at, (cutoff, _, band))| {
        let mut totals = row(&counted, tallies.iter().map(|t| t.union.sums(0, *band)));
        if lost == origins.len() {
            forget(&mut totals);
        }
        Union {
            cutoff: *cutoff,
            totals,
            multiplicity: multiplicity(*band),
            circle: circles.map(|circles| circles.together(at)),
            reason: (lost == origins.len()).then(|| ruler.unmeasurable()),
            geometry: shapes.next().flatten(),
        }
    });
    let union = union.collect();
    let overlaps = match (query.overlaps, shared) {
        (false, _) => None,
        (true, None) => Some(Vec::new()),
        (true, Some(shared)) => {
            let labels: Vec<String> = origins.iter().map(FoundOrigin::label).collect();
            let cutoffs: Vec<(f64, usize)> = asked.iter().map(|(c, _, band)| (*c, *band)).collect();
            Some(shared.overlaps(&cutoffs, &bands, &labels, reached, limits)?)
        }
    };
    let inputs = counted.iter().map(|l| &***l);
    let caliber = people.map(|people| people.attribute().id.to_string());
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(ruler.input());
    let mut left_out = left_out(&tallies, bands.len() - 1);
    left_out.add_missing("origins", "off_network", lost as u64);
    for loaded in &counted {
        let unnamed = ruler.unnamed(loaded, loaded.index.iter());
        left_out.say_unnamed(loaded.layer().id.as_str(), unnamed);
    }
    Ok(Catchments {
        query: json!(query),
        definition: definition(city, ruler.question("catchments", "catchments_walk")),
        provenance,
        catchments: found,
        union,
        overlaps,
        left_out,
    })
}

/// What the cutoffs of a question cost.
///
/// # Errors
/// None or too many of them, or one that is no distance.
pub(super) fn costs(ruler: &Ruler<'_>, cutoffs: &[f64]) -> Result<Vec<f64>, QueryError> {
    if !(1..=MAX_CUTOFFS).contains(&cutoffs.len()) {
        let problem = format!("give 1 to {MAX_CUTOFFS} cutoffs");
        return Err(QueryError::field("cutoffs", problem));
    }
    let cost = |cutoff: &f64| ruler.cost("cutoffs", *cutoff);
    cutoffs.iter().map(cost).collect()
}

/// Searches from every origin, a few at the same time, and sums up in their order.
pub(super) fn reach<'c>(
    ruler: &Ruler<'_>,
    counted: &[&'c Arc<LoadedLayer>],
    origins: &[FoundOrigin],
    bands: &Bands,
    shared: &mut Option<Shared>,
    limits: &Limits,
) -> Result<Vec<Tally<'c>>, QueryError> {
    let features: u64 = counted.iter().map(|loaded| loaded.index.features()).sum();
    limits.allow(features * (24 + 16 * AT_ONCE as u64))?;
    let mut tallies: Vec<Tally<'c>> = counted
        .iter()
        .map(|loaded| Tally::new(loaded, origins.len(), bands))
        .collect();
    let search = |traveler: &mut super::Traveler<'_>, origin: &FoundOrigin| {
        let of_layer = |loaded: &&Arc<LoadedLayer>| {
            let mut found: Vec<(FeatureRef, f64)> = Vec::new();
            let near = |feature, cost| found.push((feature, cost));
            traveler.within(loaded, &origin.start, bands.largest(), near)?;
            Ok(found)
        };
        counted.iter().map(of_layer).collect()
    };
    limits.step("量算可达范围", "measuring what is within reach");
    for (number, some) in origins.chunks(AT_ONCE).enumerate() {
        let found: Vec<Vec<Vec<(FeatureRef, f64)>>> = some
            .par_iter()
            .map_init(|| ruler.traveler(limits).remembering(), search)
            .collect::<Result<_, QueryError>>()?;
        limits.progress((number * AT_ONCE) as u64, origins.len() as u64);
        for (origin, of_layers) in found.iter().enumerate() {
            let origin = number * AT_ONCE + origin;
            for (tally, found) in tallies.iter_mut().zip(of_layers) {
                for (feature, cost) in found {
                    tally.add(bands, origin, *feature, *cost);
                }
                if let Some(shared) = shared.as_mut().filter(|s| s.is_of(tally.loaded)) {
                    shared.add(bands, origin, found, limits)?;
                }
            }
        }
    }
    limits.check()?;
    tallies.par_iter_mut().for_each(|tally| tally.finish(bands));
    Ok(tallies)
}

/// The shape of every origin and cutoff, then of all origins together.
fn shapes(
    ruler: &Ruler<'_>,
    origins: &[FoundOrigin],
    asked: &[(f64, f64, usize)],
    limits: &Limits,
) -> Result<Vec<Option<geojson::Geometry>>, QueryError> {
    limits.step("绘制服务区范围", "drawing the shapes");
    let starts: Vec<_> = origins.iter().map(|origin| origin.start.clone()).collect();
    // One search serves all cutoffs.
    let costs: Vec<f64> = asked.iter().map(|(_, cost, _)| *cost).collect();
    let together = (starts.len() > 1).then_some(&starts[..]);
    let wanted: Vec<_> = starts.chunks(1).chain(together).collect();
    let shapes: Vec<Vec<MultiPolygon<f64>>> = wanted
        .into_par_iter()
        .map_init(
            || ruler.traveler(limits),
            |traveler, starts| traveler.shapes(starts, &costs),
        )
        .collect::<Result<_, _>>()?;
    // Nothing reached has no shape, which is not an empty one.
    let shape = |shape: MultiPolygon<f64>| (!shape.0.is_empty()).then(|| to_geojson_shape(shape));
    let mut shapes: Vec<_> = shapes.into_iter().flatten().map(shape).collect();
    if together.is_none() {
        shapes.extend_from_within(..);
    }
    Ok(shapes)
}

/// A shape of one part as a polygon, of several as a multipolygon.
pub(super) fn to_geojson_shape(shape: MultiPolygon<f64>) -> geojson::Geometry {
    match <[Polygon<f64>; 1]>::try_from(shape.0) {
        Ok([only]) => geojson::Geometry::from(&Geometry::Polygon(only)),
        Err(parts) => geojson::Geometry::from(&Geometry::MultiPolygon(MultiPolygon::new(parts))),
    }
}

/// Nothing is known of the numbers of a row, which is not zero.
fn forget(row: &mut Row) {
    let values = row.values_mut();
    values.for_each(|value| *value = serde_json::Value::Null);
}

/// The features without a value in the union of the largest cutoff.
fn left_out(tallies: &[Tally<'_>], band: usize) -> LeftOut {
    let mut left_out = LeftOut::default();
    for tally in tallies {
        let (layer, sums) = (tally.loaded.layer(), tally.union.sums(0, band));
        for (count, (_, attribute)) in layer.counts().enumerate() {
            if known(tally.loaded.index.sums(), count).is_some() {
                let missing = sums.counts[count].missing;
                left_out.add_missing(layer.id.as_str(), attribute.id.as_str(), missing);
            }
        }
    }
    left_out
}

fn row(counted: &[&Arc<LoadedLayer>], sums: impl Iterator<Item = Sums>) -> Row {
    let mut row = Row::new();
    for (loaded, sums) in counted.iter().zip(sums) {
        let layer = loaded.layer();
        row.insert(format!("{}.features", layer.id), json!(sums.features));
        for (count, (_, attribute)) in layer.counts().enumerate() {
            if known(loaded.index.sums(), count).is_some() {
                let value = known(&sums, count);
                row.insert(format!("{}.{}", layer.id, attribute.id), json!(value));
            }
        }
    }
    row
}
