use geo::Geometry;
use serde::{Deserialize, Serialize};

use super::EditError;
use crate::{
    city::{City, LoadedLayer},
    domain::Period,
    index::{FeatureRef, PreparedPolygon},
};

/// Where an edit works: in a polygon, or in an area of the city by its code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// A GeoJSON polygon in longitude, latitude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub geometry: Option<geojson::Geometry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
}

/// The most corners of a polygon in an edit.
const MAX_CORNERS: usize = 20_000;

impl Within {
    /// The shape, checked.
    ///
    /// # Errors
    /// Neither or both of polygon and area, an area that is not there, or no polygon.
    pub(super) fn shape(
        &self,
        city: &City,
        field: &'static str,
        period: Option<&Period>,
    ) -> Result<Geometry<f64>, EditError> {
        match (&self.geometry, &self.area) {
            (Some(geometry), None) => polygon(geometry, field),
            (None, Some(code)) => {
                let area = city.areas().find(city, code, period);
                let shape = area.and_then(|area| {
                    let layer = city.catalog().area_layer(area.level.as_str())?;
                    let dated = city.areas().period_at(area.level.as_str(), period)?;
                    let mut states = city.states(layer.id.as_str());
                    let areas = states.find(|loaded| loaded.index.period() == dated)?;
                    Some(areas.index.geometry(area.feature))
                });
                shape.ok_or_else(|| {
                    EditError::new(
                        field,
                        format!("没有代码为 `{code}` 的单元；请改选单元或画一个多边形"),
                        format!("there is no area `{code}`; choose another or draw a polygon"),
                    )
                })
            }
            _ => Err(EditError::new(
                field,
                "请给出多边形或单元代码，二者取一",
                "give either a polygon (`geometry`) or the code of an area (`area`)",
            )),
        }
    }
}

fn polygon(geometry: &geojson::Geometry, field: &'static str) -> Result<Geometry<f64>, EditError> {
    let wrong = || {
        EditError::new(
            field,
            "需要一个 GeoJSON 多边形（经度、纬度，至少三个角点，最多 20000 个）",
            "a GeoJSON Polygon or MultiPolygon in longitude, latitude is needed, of three to \
             20,000 corners",
        )
    };
    let rings: Vec<&Vec<geojson::Position>> = match &geometry.value {
        geojson::GeometryValue::Polygon { coordinates } => coordinates.iter().collect(),
        geojson::GeometryValue::MultiPolygon { coordinates } => {
            coordinates.iter().flatten().collect()
        }
        _ => return Err(wrong()),
    };
    let corners = rings.iter().copied().flatten();
    let fits = |corner: &geojson::Position| match corner.as_slice() {
        [lon, lat, ..] => lon.abs() <= 180.0 && lat.abs() <= 90.0,
        _ => false,
    };
    let count: usize = rings.iter().map(|ring| ring.len()).sum();
    if !(4..=MAX_CORNERS).contains(&count) || !corners.clone().all(fits) {
        return Err(wrong());
    }
    Geometry::<f64>::try_from(geometry).map_err(|_| wrong())
}

/// The features of a layer whose place is in a shape, in the order of the index.
pub(super) fn features_in(loaded: &LoadedLayer, shape: &Geometry<f64>) -> Vec<FeatureRef> {
    let prepared = PreparedPolygon::new(shape);
    let mut found = Vec::new();
    loaded
        .index
        .for_each_in(&prepared, |feature| found.push(feature));
    found
}

/// Refuses a place outside the city: outside every area where there are any, else well outside
/// everything that it holds.
pub(in crate::city) fn check_place(
    city: &City,
    field: &'static str,
    (lon, lat): (f64, f64),
    period: Option<&Period>,
) -> Result<(), EditError> {
    /// About 20 km.
    const MARGIN: f64 = 0.2;
    let is_place = lon.abs() <= 180.0 && lat.abs() <= 90.0;
    let layers = city.catalog().area_layers();
    let states = layers.iter().filter_map(|layer| {
        let level = layer.area_level.as_ref()?;
        let dated = city.areas().period_at(level.as_str(), period)?;
        let mut states = city.states(layer.id.as_str());
        states.find(|loaded| loaded.index.period() == dated)
    });
    let mut states = states.peekable();
    let is_inside = match states.peek() {
        Some(_) => states.any(|areas| city.locator(areas).locate(lon, lat).is_some()),
        None => city.bounds().is_none_or(|bounds| {
            (bounds.west - MARGIN..=bounds.east + MARGIN).contains(&lon)
                && (bounds.south - MARGIN..=bounds.north + MARGIN).contains(&lat)
        }),
    };
    match is_place && is_inside {
        true => Ok(()),
        false => Err(EditError::new(
            field,
            format!("({lon}, {lat}) 不在本市范围内；请检查经度、纬度的先后和坐标系"),
            format!(
                "({lon}, {lat}) lies outside the city; check the order of longitude and latitude, \
                 and the coordinate system"
            ),
        )),
    }
}
