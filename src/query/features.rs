use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Limits, QueryError, layer_state};
use crate::{
    city::{City, LoadedLayer},
    domain::{Bbox, FeatureState, Layer, Period, Value},
    index::{FeatureRef, Filter},
};

/// `GET /api/layers/{layer}/features`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturesQuery {
    #[serde(default)]
    pub bbox: Option<String>,
    /// CQL2 text.
    #[serde(default, rename = "where")]
    pub condition: Option<String>,
    #[serde(default)]
    pub limit: Option<usize>,
    #[serde(default)]
    pub cursor: Option<String>,
    #[serde(default)]
    pub period: Option<Period>,
}

/// The condition `where` of a question about a layer; none where it is blank.
///
/// # Errors
/// What is wrong with it, under the field `where`.
pub fn condition(loaded: &LoadedLayer, text: Option<&str>) -> Result<Option<Filter>, QueryError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    Filter::parse(text, loaded.layer(), loaded.index.levels())
        .map(Some)
        .map_err(|e| QueryError::field("where", e.to_string()))
}

/// A page of a layer's features, as a GeoJSON collection with `number_matched` and `next`.
///
/// # Errors
/// Unknown layer, or a window, condition or cursor that is none.
pub fn features(
    city: &City,
    layer: &str,
    query: &FeaturesQuery,
    limits: &Limits,
) -> Result<Json, QueryError> {
    let loaded = layer_state(city, layer, query.period.as_ref())?;
    let window: Option<Bbox> = match &query.bbox {
        None => None,
        Some(text) => {
            let problem = |e: crate::domain::BboxError| QueryError::field("bbox", e.to_string());
            Some(text.parse().map_err(problem)?)
        }
    };
    let filter = condition(loaded, query.condition.as_deref())?;
    let limit = query.limit.unwrap_or(100).min(1000);
    if limit == 0 {
        return Err(QueryError::field("limit", "a page has 1 to 1000 features"));
    }
    let start: usize = match &query.cursor {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| QueryError::field("cursor", "use the `next` of the last page"))?,
    };
    limits.check()?;
    let mut page = Vec::new();
    let mut matched = 0usize;
    let mut take = |feature: FeatureRef| {
        if matched >= start && page.len() < limit {
            page.push(feature);
        }
        matched += 1;
    };
    match (&window, &filter) {
        (Some(window), filter) => {
            loaded
                .index
                .for_each_meeting(window, filter.as_ref(), &mut take);
        }
        (None, Some(filter)) => loaded.index.iter_kept(filter).for_each(&mut take),
        (None, None) => loaded.index.iter().for_each(&mut take),
    }
    let next = (start + page.len() < matched).then(|| (start + page.len()).to_string());
    let features: Vec<Json> = page.into_iter().map(|f| to_json(loaded, f)).collect();
    Ok(json!({
        "type": "FeatureCollection",
        "features": features,
        "number_matched": matched,
        "next": next,
    }))
}

/// One feature with its version and the names of the areas around it.
///
/// # Errors
/// Unknown layer or feature.
pub fn feature(
    city: &City,
    layer: &str,
    id: &str,
    period: Option<&Period>,
) -> Result<Json, QueryError> {
    let loaded = layer_state(city, layer, period)?;
    let missing = || QueryError::NotFound {
        what: "feature",
        name: id.chars().take(64).collect(),
    };
    let feature = loaded.index.find(id).ok_or_else(missing)?;
    let mut found = to_json(loaded, feature);
    found["version"] = json!(loaded.index.state(feature).version(loaded.layer()));
    found["period"] = json!(loaded.index.period());
    let areas: Vec<Json> = loaded
        .index
        .levels()
        .iter()
        .enumerate()
        .filter_map(|(at, level)| {
            let code = loaded.index.area_code(feature, at)?;
            let area = city.areas().find_at(level.as_str(), code, period);
            let name = area.map_or(code, |area| area.name.as_str());
            Some(json!({"level": level, "code": code, "name": name}))
        })
        .collect();
    found["areas"] = json!(areas);
    Ok(found)
}

fn to_json(loaded: &LoadedLayer, feature: FeatureRef) -> Json {
    let index = &loaded.index;
    let state = index.state(feature);
    let mut found = bare(loaded.layer(), index.id(feature), &state);
    for (at, level) in index.levels().iter().enumerate() {
        if let Some(code) = index.area_code(feature, at) {
            found["properties"][format!("{level}_code")] = json!(code);
        }
    }
    found
}

/// A state of a feature by itself, with its version.
pub fn feature_state(layer: &Layer, id: &str, state: &FeatureState) -> Json {
    let mut found = bare(layer, id, state);
    found["version"] = json!(state.version(layer));
    found
}

fn bare(layer: &Layer, id: &str, state: &FeatureState) -> Json {
    let mut properties = serde_json::Map::new();
    for (attribute, value) in layer.attributes.iter().zip(&state.values) {
        let value = match value {
            Value::Missing => Json::Null,
            value => json!(value),
        };
        properties.insert(attribute.id.to_string(), value);
    }
    json!({
        "type": "Feature",
        "id": id,
        "geometry": geojson::Geometry::from(&state.geometry),
        "properties": properties,
    })
}
