//! The largest flows as lines from home to work (期望线).

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Answer, Limits, Provenance, QueryError, definition, input, zoned};
use crate::{
    city::{Area, City},
    domain::{LeftOut, Period},
    query::{areas_within, find_area},
};

/// `GET /api/flows`: the largest flows between the areas of a level.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FlowsQuery {
    /// An area level.
    pub level: String,
    /// At most so many, 500 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Only flows that begin or end in the area of this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Only flows between areas that lie in the area of this code, of any level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Only commuters by this mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

const USUAL: usize = 500;
const MOST: usize = 20_000;

/// A flow between two areas.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FlowLine {
    pub origin_code: String,
    pub origin_name: String,
    pub destination_code: String,
    pub destination_name: String,
    pub commuters: i64,
    /// Of all who live in the origin.
    pub share_of_origin: Option<f64>,
    /// Of all who work in the destination.
    pub share_of_destination: Option<f64>,
    #[serde(skip)]
    pub ends: [(f64, f64); 2],
}

/// Commuters shown and not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FlowTotals {
    /// On the lines shown.
    pub commuters: i64,
    /// Flows between two areas that the limit leaves out, and their commuters.
    pub more_flows: u64,
    pub more_commuters: i64,
    /// Who stays within an area: no line shows them.
    pub inside: i64,
    pub leaving_city: i64,
    pub entering_city: i64,
}

/// The largest flows between different areas of a level, largest first; equal ones by code.
///
/// # Errors
/// An unknown level, area or mode, no flows, or a limit that is none.
pub fn flow_lines(
    city: &City,
    query: &FlowsQuery,
    limits: &Limits,
) -> Result<Answer<FlowLine, FlowTotals>, QueryError> {
    let period = query.period.as_ref();
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(QueryError::field("limit", format!("1 to {MOST}")));
    }
    let flows = zoned(city, &query.level, period, query.mode.as_deref())?;
    let only = match &query.area {
        None => None,
        Some(code) => {
            let found = flows
                .areas
                .iter()
                .position(|area| area.code.as_str() == code);
            Some(found.ok_or_else(|| QueryError::NotFound {
                what: "area of that level",
                name: code.clone(),
            })?)
        }
    };
    let inside = query.within.as_deref();
    let inside = inside.map(|code| zones_within(city, &query.level, code, period, flows.areas));
    let inside = inside.transpose()?;
    limits.check()?;
    let is_inside = |zone: usize| inside.as_ref().is_none_or(|inside| inside[zone]);
    let touches = |zone: usize| only.is_none_or(|only| only == zone);
    let ends = flows.ends();
    let mut totals = FlowTotals::default();
    for (zone, ends) in ends
        .iter()
        .enumerate()
        .filter(|(zone, _)| touches(*zone) && is_inside(*zone))
    {
        totals.inside += ends.inside;
        totals.leaving_city += flows.leaving[zone];
        totals.entering_city += flows.entering[zone];
    }
    let mut between = flows.trips.clone();
    between.retain(|trip| {
        trip.origin != trip.destination
            && (touches(trip.origin) || touches(trip.destination))
            && is_inside(trip.origin)
            && is_inside(trip.destination)
    });
    between.sort_by_key(|trip| (-trip.commuters, trip.origin, trip.destination));
    let (shown, more) = between.split_at(limit.min(between.len()));
    let sum = |trips: &[_]| trips.iter().map(|t: &super::Trip| t.commuters).sum();
    totals.commuters = sum(shown);
    totals.more_flows = more.len() as u64;
    totals.more_commuters = sum(more);
    let share = |part: i64, whole: i64| (whole > 0).then(|| part as f64 / whole as f64);
    let rows = shown.iter().map(|trip| {
        let (origin, destination) = (&flows.areas[trip.origin], &flows.areas[trip.destination]);
        let (home, work) = (ends[trip.origin], ends[trip.destination]);
        FlowLine {
            origin_code: origin.code.to_string(),
            origin_name: origin.name.clone(),
            destination_code: destination.code.to_string(),
            destination_name: destination.name.clone(),
            commuters: trip.commuters,
            share_of_origin: share(trip.commuters, home.inside + home.out),
            share_of_destination: share(trip.commuters, work.inside + work.into),
            ends: [origin.place, destination.place],
        }
    });
    let rows = rows.collect();
    let mut left_out = LeftOut::default();
    left_out.add_outside("flows", "commuters", flows.unplaced);
    let mut provenance = Provenance::of(city, period, None, []);
    provenance.inputs.push(input(flows.loaded));
    Ok(Answer {
        query: json!(query),
        definition: definition(city, "flows"),
        provenance,
        rows,
        totals,
        left_out,
    })
}

/// Which areas of a level lie in the area of a code.
fn zones_within(
    city: &City,
    level: &str,
    code: &str,
    period: Option<&Period>,
    areas: &[Area],
) -> Result<Vec<bool>, QueryError> {
    let area = find_area(city, code, period)
        .map_err(|_| QueryError::field("within", format!("there is no area `{code}`")))?;
    let inside = areas_within(city, level, Some(&area.code), period)?;
    let is_inside = |area: &Area| inside.iter().any(|inside| inside.code == area.code);
    Ok(areas.iter().map(is_inside).collect())
}

/// Flows as GeoJSON lines from home to work.
pub fn flow_lines_to_geojson(answer: &Answer<FlowLine, FlowTotals>) -> Json {
    let feature = |line: &FlowLine| {
        let [(x, y), (to_x, to_y)] = line.ends;
        let geometry = json!({"type": "LineString", "coordinates": [[x, y], [to_x, to_y]]});
        json!({"type": "Feature", "geometry": geometry, "properties": line})
    };
    let features: Vec<Json> = answer.rows.iter().map(feature).collect();
    json!({
        "type": "FeatureCollection",
        "features": features,
        "query": answer.query,
        "definition": answer.definition,
        "provenance": answer.provenance,
        "totals": answer.totals,
        "left_out": answer.left_out,
    })
}
