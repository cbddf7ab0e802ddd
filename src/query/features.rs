use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Limits, QueryError, layer_state};
use crate::{
    city::{City, LoadedLayer},
    domain::{Bbox, FeatureState, Layer, LevelId, Period, Role, Value},
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
    let index = &loaded.index;
    let feature = index.find(id).ok_or_else(missing)?;
    let (state, codes) = (index.state(feature), index.codes(feature));
    let within = Within {
        period: index.period(),
        codes: &codes,
        boundaries: period,
    };
    Ok(feature_as(city, loaded.layer(), id, &state, &within))
}

/// When a feature is, and the areas around it.
#[derive(Clone, Copy, Debug)]
pub struct Within<'a> {
    pub period: &'a Period,
    pub codes: &'a BTreeMap<LevelId, String>,
    /// The time whose areas give their names; without it that of the newest data.
    pub boundaries: Option<&'a Period>,
}

/// A feature as [`feature`] tells it, in a state that it may not have in the city yet.
pub fn feature_as(
    city: &City,
    layer: &Layer,
    id: &str,
    state: &FeatureState,
    within: &Within<'_>,
) -> Json {
    let levels = city.catalog().levels();
    let codes = || {
        let codes = levels.iter();
        codes.filter_map(|level| Some((level, within.codes.get(level)?.as_str())))
    };
    let mut found = with_codes(bare(layer, id, state), codes());
    found["version"] = json!(state.version(layer));
    found["period"] = json!(within.period);
    let name = |level: &LevelId, code: &str| {
        if layer.area_level.as_ref() == Some(level) {
            let own = layer
                .index_with_role(Role::Name)
                .map(|at| &state.values[at]);
            return own.and_then(Value::as_text).map(str::to_owned);
        }
        let area = city
            .areas()
            .find_at(level.as_str(), code, within.boundaries);
        area.map(|area| area.name.clone())
    };
    let areas = codes().map(|(level, code)| {
        let name = name(level, code).unwrap_or_else(|| code.to_owned());
        json!({"level": level, "code": code, "name": name})
    });
    found["areas"] = areas.collect();
    found
}

fn to_json(loaded: &LoadedLayer, feature: FeatureRef) -> Json {
    let index = &loaded.index;
    let state = index.state(feature);
    let found = bare(loaded.layer(), index.id(feature), &state);
    let levels = index.levels().iter().enumerate();
    let codes = levels.filter_map(|(at, level)| Some((level, index.area_code(feature, at)?)));
    with_codes(found, codes)
}

/// A feature with the codes of its areas among its properties.
fn with_codes<'a>(mut feature: Json, codes: impl Iterator<Item = (&'a LevelId, &'a str)>) -> Json {
    for (level, code) in codes {
        feature["properties"][format!("{level}_code")] = json!(code);
    }
    feature
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
