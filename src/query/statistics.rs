use geo::Geometry;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Answer, Limits, Provenance, QueryError, Row, answer::definition};
use crate::{
    city::{City, LoadedLayer},
    domain::{LayerId, LeftOut, Period, Title, measure},
    index::{PreparedPolygon, Sums},
};

/// `POST /api/statistics`: sums of every count inside a polygon or an area.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatisticsQuery {
    /// A GeoJSON polygon in longitude, latitude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub geometry: Option<geojson::Geometry>,
    /// The code of an area, instead of a polygon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Only these layers; all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<LayerId>>,
}

/// One count of one layer inside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatisticsRow {
    pub layer: LayerId,
    pub attribute: String,
    pub title: Title,
    pub unit: String,
    pub caliber: String,
    /// Unknown where there are features but none of them has a value.
    pub value: Option<i64>,
    /// Features inside without a value.
    pub missing: u64,
    /// Features inside.
    pub features: u64,
}

/// The most corners of a polygon in a question.
const MAX_CORNERS: usize = 100_000;

/// Sums of every count attribute of every layer inside a polygon or an area.
///
/// A feature is inside where its place is. For an area the features are those that carry its code.
///
/// # Errors
/// Neither or both of polygon and area, an unknown area, or a geometry that is no polygon.
pub fn statistics(
    city: &City,
    query: &StatisticsQuery,
    limits: &Limits,
) -> Result<Answer<StatisticsRow, Row>, QueryError> {
    let period = query.period.as_ref();
    super::period::check_period(city, period)?;
    let scope = match (&query.geometry, &query.area) {
        (Some(geometry), None) => Scope::Polygon(polygon(geometry)?),
        (None, Some(code)) => {
            let area = city.areas().find(city, code, period);
            let area = area.ok_or_else(|| QueryError::NotFound {
                what: "area",
                name: code.clone(),
            })?;
            Scope::Area(area)
        }
        _ => {
            return Err(QueryError::field(
                "geometry",
                "give either a geometry or an area",
            ));
        }
    };
    if let Some(layers) = &query.layers
        && let Some(unknown) = layers
            .iter()
            .find(|id| city.catalog().layer(id.as_str()).is_none())
    {
        return Err(QueryError::NotFound {
            what: "layer",
            name: unknown.to_string(),
        });
    }
    let asked = |loaded: &&std::sync::Arc<LoadedLayer>| match &query.layers {
        Some(layers) => layers.contains(&loaded.layer().id),
        None => !loaded.layer().is_area(),
    };
    let loaded: Vec<_> = city.layers_at(period).filter(asked).collect();
    let prepared = match &scope {
        Scope::Polygon(geometry) => Some(PreparedPolygon::new(geometry)),
        Scope::Area(_) => None,
    };
    let mut rows = Vec::new();
    let mut totals = Row::new();
    let mut left_out = LeftOut::default();
    for loaded in &loaded {
        limits.check()?;
        let sums = match (&prepared, &scope) {
            (Some(polygon), _) => loaded.index.sums_in(polygon),
            (None, Scope::Area(area)) => {
                let by_area = loaded.index.sums_by_area(area.level.as_str());
                let none = || Sums::zero(loaded.index.sums().counts.len());
                super::balance::area_sums(&by_area, area)
                    .cloned()
                    .unwrap_or_else(none)
            }
            (None, Scope::Polygon(_)) => unreachable!("a polygon is always prepared"),
        };
        add_layer(loaded, &sums, &mut rows, &mut totals, &mut left_out);
    }
    let area_km2 = match &scope {
        Scope::Polygon(geometry) => measure::area_km2(geometry),
        Scope::Area(area) => area.density_area_km2(),
    };
    totals.insert("area_km2".into(), json!(area_km2));
    Ok(Answer {
        query: json!(query),
        definition: definition(city, "statistics"),
        provenance: Provenance::of(city, period, None, loaded.into_iter().map(|l| &**l)),
        rows,
        totals,
        left_out,
    })
}

enum Scope<'a> {
    Polygon(Geometry<f64>),
    Area(&'a crate::city::Area),
}

fn add_layer(
    loaded: &LoadedLayer,
    sums: &Sums,
    rows: &mut Vec<StatisticsRow>,
    totals: &mut Row,
    left_out: &mut LeftOut,
) {
    let layer = loaded.layer();
    totals.insert(format!("{}.features", layer.id), json!(sums.features));
    for (count, (_, attribute)) in layer.counts().enumerate() {
        if super::sources::known(loaded.index.sums(), count).is_none() {
            continue;
        }
        let value = super::sources::known(sums, count);
        let missing = sums.counts[count].missing;
        left_out.add_missing(layer.id.as_str(), attribute.id.as_str(), missing);
        totals.insert(
            format!("{}.{}", layer.id, attribute.id),
            value.map_or(Json::Null, |v| json!(v)),
        );
        rows.push(StatisticsRow {
            layer: layer.id.clone(),
            attribute: attribute.id.to_string(),
            title: attribute.title.clone(),
            unit: attribute.unit.clone(),
            caliber: attribute.caliber.clone(),
            value,
            missing,
            features: sums.features,
        });
    }
}

/// Whether every corner of a polygon has two numbers.
fn has_positions(geometry: &geojson::Geometry) -> bool {
    let is_position = |position: &geojson::Position| position.as_slice().len() >= 2;
    match &geometry.value {
        geojson::GeometryValue::Polygon { coordinates } => {
            coordinates.iter().flatten().all(is_position)
        }
        geojson::GeometryValue::MultiPolygon { coordinates } => {
            coordinates.iter().flatten().flatten().all(is_position)
        }
        _ => false,
    }
}

/// The polygon of a question, checked.
pub(super) fn polygon(geometry: &geojson::Geometry) -> Result<Geometry<f64>, QueryError> {
    let fail = |problem: &str| QueryError::field("geometry", problem);
    if !has_positions(geometry) {
        return Err(fail("a corner is longitude, latitude"));
    }
    let shape =
        Geometry::<f64>::try_from(geometry).map_err(|_| fail("this is no GeoJSON geometry"))?;
    if !matches!(shape, Geometry::Polygon(_) | Geometry::MultiPolygon(_)) {
        return Err(fail("a Polygon or MultiPolygon is needed"));
    }
    let corners: Vec<geo::Coord<f64>> = geo::CoordsIter::coords_iter(&shape).collect();
    if corners.len() > MAX_CORNERS {
        return Err(fail(
            "the polygon has more than 100,000 corners; simplify it",
        ));
    }
    let fits = |c: &geo::Coord<f64>| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
    if corners.len() < 4 || !corners.iter().all(fits) {
        return Err(fail(
            "the corners are not longitude, latitude in degrees, three at least",
        ));
    }
    Ok(shape)
}
