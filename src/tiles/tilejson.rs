use serde_json::{Value as Json, json};

use crate::{
    domain::{AttributeType, GeometryKind, Language, Layer},
    index::LayerIndex,
};

/// TileJSON 3.0 of a layer.
///
/// `query` is appended to the tile address, e.g. `?period=2020`, so that the same state is asked for.
pub fn tilejson(index: &LayerIndex, base_url: &str, query: &str, attribution: &str) -> Json {
    let layer = index.layer();
    let bounds = index.bounds();
    let mut vector_layers = vec![json!({
        "id": layer.id,
        "description": format!("{} {}", layer.title.zh, layer.title.en),
        "minzoom": layer.zoom.min,
        "maxzoom": layer.zoom.max,
        "fields": fields(layer, index),
    })];
    if layer.geometry == GeometryKind::Polygon {
        vector_layers.push(json!({
            "id": format!("{}_label", layer.id),
            "description": "one point per polygon for its name",
            "fields": { "code": "String", "name": "String", "name_en": "String" },
        }));
    }
    let mut document = json!({
        "tilejson": "3.0.0",
        "name": layer.title.in_language(Language::Zh),
        "description": layer.title.in_language(Language::En),
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [format!("{base_url}/tiles/{}/{{z}}/{{x}}/{{y}}{query}", layer.id)],
        "minzoom": layer.zoom.min,
        "maxzoom": layer.zoom.max.min(16),
        "attribution": attribution,
        "vector_layers": vector_layers,
    });
    if !bounds.is_empty() {
        document["bounds"] = json!(bounds.as_array());
    }
    document
}

fn fields(layer: &Layer, index: &LayerIndex) -> Json {
    let mut fields = serde_json::Map::new();
    fields.insert("id".into(), json!("String"));
    for attribute in &layer.attributes {
        let kind = match attribute.kind {
            AttributeType::Text | AttributeType::Category | AttributeType::Date => "String",
            _ => "Number",
        };
        fields.insert(attribute.id.to_string(), json!(kind));
    }
    for level in index.levels() {
        fields.insert(format!("{level}_code"), json!("String"));
    }
    if layer.geometry == GeometryKind::Point {
        fields.insert("features".into(), json!("Number: features in a grid cell"));
    }
    Json::Object(fields)
}
