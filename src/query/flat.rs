//! Answers whose rows are nested, flattened for tables and files.

use serde_json::{Value as Json, json};

use super::{Answer, Catchments, Row, StatisticsRow};
use crate::{
    city::City,
    domain::{Language, Title},
};

/// Statistics with layer, attribute and unit in words, for people to read.
pub fn flat_statistics(
    city: &City,
    answer: &Answer<StatisticsRow, Row>,
    language: Language,
) -> Answer<Row, Row> {
    let catalog = city.catalog();
    let say = |title: &Title| json!(title.in_language(language));
    let flat = |row: &StatisticsRow| {
        let layer = catalog.layer(row.layer.as_str());
        let mut flat = Row::new();
        let title = layer.map_or(json!(row.layer), |layer| say(&layer.title));
        flat.insert("layer".into(), title);
        flat.insert("features".into(), json!(row.features));
        flat.insert("title".into(), say(&row.title));
        flat.insert("value".into(), json!(row.value));
        flat.insert("unit".into(), say(&catalog.unit(&row.unit)));
        flat.insert("missing".into(), json!(row.missing));
        flat
    };
    Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows: answer.rows.iter().map(flat).collect(),
        totals: Row::new(),
        left_out: answer.left_out.clone(),
    }
}

/// Catchments as one row per origin and cutoff, then one per cutoff for all origins together.
pub fn flat_catchments(answer: &Catchments, language: Language) -> Answer<Row, Row> {
    let together = match language {
        Language::Zh => "合并（不重复计）",
        Language::En => "all together, each once",
    };
    let cutoff = match answer.query["unit"].as_str() {
        Some("min") => "cutoff_min",
        _ => "cutoff",
    };
    let mut rows = Vec::new();
    for catchment in &answer.catchments {
        let origin = &catchment.origin;
        let place = || format!("({:.5}, {:.5})", origin.lon, origin.lat);
        let name = origin.name.clone().or_else(|| origin.id.clone());
        let mut row = Row::new();
        row.insert("origin".into(), json!(name.unwrap_or_else(place)));
        row.insert(cutoff.into(), json!(catchment.cutoff));
        row.extend(catchment.totals.clone());
        let exclusive = catchment.exclusive.iter();
        row.extend(exclusive.map(|(key, value)| (format!("exclusive.{key}"), value.clone())));
        rows.push(row);
    }
    if answer.query["origins"]
        .as_array()
        .is_some_and(|o| o.len() > 1)
    {
        for union in &answer.union {
            let mut row = Row::new();
            row.insert("origin".into(), json!(together));
            row.insert(cutoff.into(), json!(union.cutoff));
            row.extend(union.totals.clone());
            rows.push(row);
        }
    }
    Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows,
        totals: Row::new(),
        left_out: answer.left_out.clone(),
    }
}

/// Catchments as GeoJSON features with their polygons, those of all origins together last.
pub fn catchments_to_geojson(answer: &Catchments, language: Language) -> Json {
    let shapes = answer.catchments.iter().map(|c| &c.geometry);
    let shapes = shapes.chain(answer.union.iter().map(|u| &u.geometry));
    let rows = flat_catchments(answer, language).rows;
    let features: Vec<Json> = rows
        .into_iter()
        .zip(shapes)
        .map(|(row, shape)| json!({"type": "Feature", "geometry": shape, "properties": row}))
        .collect();
    json!({
        "type": "FeatureCollection",
        "features": features,
        "definition": answer.definition,
        "provenance": answer.provenance,
    })
}
