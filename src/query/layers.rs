use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Limits, QueryError};
use crate::{
    analysis,
    city::City,
    domain::{Layer, Period},
};

/// A layer with its definition and the states that the city holds.
pub fn describe_layer(city: &City, layer: &Arc<Layer>) -> Json {
    let mut described = serde_json::to_value(&**layer).unwrap_or_default();
    let states: Vec<Json> = city
        .states(layer.id.as_str())
        .map(|loaded| {
            let input = super::answer::Input::of(loaded);
            let last = loaded.records.last();
            json!({
                "period": input.reference_date,
                "features": input.features,
                "source": input.source,
                "source_en": input.source_en,
                "licence": input.licence,
                "crs": input.crs,
                "synthetic": input.synthetic,
                "estimated": input.estimated,
                "imported_at": last.map(|r| r.imported_at.clone()),
                "files": last.map(|r| r.files.clone()),
            })
        })
        .collect();
    described["periods"] = json!(states);
    let newest = city.layer(layer.id.as_str(), None);
    described["features"] = json!(newest.map_or(0, |loaded| loaded.index.features()));
    let bounds = newest.map(|loaded| loaded.index.bounds().as_array());
    described["bbox"] = json!(bounds);
    let (mut totals, mut missing) = (serde_json::Map::new(), serde_json::Map::new());
    let mut outside = serde_json::Map::new();
    if let Some(loaded) = newest {
        let sums = loaded.index.sums();
        for (count, (_, attribute)) in layer.counts().enumerate() {
            if let Some(sum) = super::sources::known(sums, count) {
                totals.insert(attribute.id.to_string(), json!(sum));
                missing.insert(attribute.id.to_string(), json!(sums.counts[count].missing));
            }
        }
        for level in loaded.index.levels() {
            if city.areas().at(level.as_str(), None).is_empty() {
                continue;
            }
            let by_area = loaded.index.sums_by_area(level.as_str());
            let count = by_area.get(&None).map_or(0, |sums| sums.features);
            if count > 0 && !layer.is_area() {
                outside.insert(level.to_string(), json!(count));
            }
        }
    }
    described["totals"] = Json::Object(totals);
    described["missing"] = Json::Object(missing);
    described["outside_areas"] = Json::Object(outside);
    described
}

/// Values beyond this many are sampled evenly for the histogram.
const SAMPLE: usize = 2000;

/// Extent, an even sample and class breaks of an attribute's values over the features.
///
/// # Errors
/// Unknown layer or attribute, or a number of classes outside 3 to 9.
pub fn values(
    city: &City,
    layer: &str,
    attribute: &str,
    classes: usize,
    period: Option<&Period>,
    limits: &Limits,
) -> Result<Json, QueryError> {
    if !(3..=9).contains(&classes) {
        return Err(QueryError::field("classes", "3 to 9"));
    }
    let short = |text: &str| text.chars().take(64).collect::<String>();
    let loaded = city
        .layer(layer, period)
        .ok_or_else(|| super::no_state(city, layer, period))?;
    let place = loaded
        .layer()
        .attribute_index(attribute)
        .ok_or_else(|| QueryError::NotFound {
            what: "attribute",
            name: short(attribute),
        })?;
    limits.allow(loaded.index.features() * 16)?;
    let mut found = Vec::new();
    let mut missing = 0u64;
    for cell in loaded.index.cells() {
        limits.check()?;
        for row in 0..cell.len() {
            match cell.columns()[place].number(row) {
                Some(value) => found.push(value),
                None => missing += 1,
            }
        }
    }
    found.sort_by(f64::total_cmp);
    let step = found.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<f64> = found.iter().copied().step_by(step).collect();
    Ok(json!({
        "attribute": attribute,
        "count": found.len(),
        "missing": missing,
        "min": found.first(),
        "max": found.last(),
        "sum": found.iter().sum::<f64>(),
        "values": sample,
        "breaks": {
            "quantile": analysis::quantile_breaks(&found, classes),
            "jenks": analysis::natural_breaks(&sample, classes),
            "equal": analysis::equal_breaks(&found, classes),
        },
    }))
}
