use serde_json::{Value as Json, json};

use crate::domain::{GeometryKind, Layer, LayerKind};

/// A MapLibre style (version 8) that draws `layers` on a quiet ground, areas first.
///
/// Labels need no glyph server: text is drawn from the viewer's own fonts.
pub fn style(name: &str, layers: &[&Layer], base_url: &str) -> Json {
    let mut ordered: Vec<&&Layer> = layers.iter().collect();
    ordered.sort_by_key(|layer| (draw_order(layer), layer.rank, layer.id.clone()));
    let mut sources = serde_json::Map::new();
    let mut drawn = vec![
        json!({"id": "ground", "type": "background", "paint": {"background-color": "#f7f6f3"}}),
    ];
    for layer in &ordered {
        let url = format!("{base_url}/tiles/{}.json", layer.id);
        sources.insert(layer.id.to_string(), json!({"type": "vector", "url": url}));
        drawn.extend(marks(layer));
    }
    for layer in ordered.iter().filter(|layer| layer.is_area()) {
        drawn.push(label(layer));
    }
    json!({ "version": 8, "name": name, "sources": sources, "layers": drawn })
}

fn draw_order(layer: &Layer) -> u8 {
    match layer.kind {
        LayerKind::Ground => 0,
        LayerKind::Area => 1,
        LayerKind::Residence | LayerKind::Workplace => 2,
        LayerKind::Facility => 3,
        LayerKind::Station => 4,
    }
}

fn marks(layer: &Layer) -> Vec<Json> {
    let id = &layer.id;
    let color = &layer.style.color;
    let drawn = |suffix: &str, kind: &str, paint: Json| {
        json!({
            "id": format!("{id}{suffix}"), "type": kind, "source": id, "source-layer": id,
            "minzoom": layer.zoom.min, "paint": paint,
        })
    };
    match layer.geometry {
        GeometryKind::Polygon => vec![
            drawn(
                "-fill",
                "fill",
                json!({"fill-color": color, "fill-opacity": 0.04}),
            ),
            drawn(
                "-casing",
                "line",
                json!({"line-color": "#ffffff", "line-width": 2.5}),
            ),
            drawn(
                "-line",
                "line",
                json!({"line-color": "#6b6f73", "line-width": 0.8}),
            ),
        ],
        GeometryKind::Line => {
            vec![drawn(
                "-line",
                "line",
                json!({"line-color": color, "line-width": 1.2}),
            )]
        }
        GeometryKind::Point => vec![drawn(
            "-circle",
            "circle",
            json!({
                "circle-color": color, "circle-opacity": 0.75,
                "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 1.5, 14, 3, 18, 6],
            }),
        )],
    }
}

fn label(layer: &Layer) -> Json {
    let id = &layer.id;
    json!({
        "id": format!("{id}-label"), "type": "symbol", "source": id,
        "source-layer": format!("{id}_label"),
        "layout": {
            "text-field": ["get", "name"], "text-size": 12, "text-font": ["Noto Sans Regular"],
        },
        "paint": {"text-color": "#3a3d40", "text-halo-color": "#ffffff", "text-halo-width": 1.2},
    })
}
