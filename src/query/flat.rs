//! Answers whose rows are nested, flattened for tables and files.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{Answer, Catchments, Circle, CoverageRow, Row, StatisticsRow};
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
        row.insert("entrances".into(), json!(origin.entrances));
        row.insert(cutoff.into(), json!(catchment.cutoff));
        row.extend(catchment.totals.clone());
        let exclusive = catchment.exclusive.iter();
        row.extend(exclusive.map(|(key, value)| (format!("exclusive.{key}"), value.clone())));
        let nearest = catchment.nearest.iter().flatten();
        row.extend(nearest.map(|(key, value)| (format!("nearest.{key}"), value.clone())));
        row.extend(circle_beside(&catchment.totals, catchment.circle.as_ref()));
        row.insert("reason".into(), json!(catchment.reason));
        rows.push(row);
    }
    if answer.catchments.len() > answer.union.len() {
        for union in &answer.union {
            let mut row = Row::new();
            row.insert("origin".into(), json!(together));
            row.insert(cutoff.into(), json!(union.cutoff));
            row.extend(union.totals.clone());
            row.insert("multiplicity".into(), json!(union.multiplicity));
            row.extend(circle_beside(&union.totals, union.circle.as_ref()));
            row.insert("reason".into(), json!(union.reason));
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

/// The radius and the counts of a circle, and by what share those of the catchment differ from them.
fn circle_beside(totals: &Row, circle: Option<&Circle>) -> Row {
    let mut row = Row::new();
    let Some(Circle {
        straight_m,
        straight,
    }) = circle
    else {
        return row;
    };
    row.insert("straight_m".into(), json!(straight_m));
    for (key, value) in straight {
        row.insert(format!("straight.{key}"), value.clone());
    }
    for (key, value) in straight {
        let inside = totals.get(key).and_then(Json::as_f64);
        let all = value.as_f64().filter(|all| *all > 0.0);
        let share = inside.zip(all).map(|(inside, all)| (inside - all) / all);
        row.insert(format!("against_straight.{key}"), json!(share));
    }
    row
}

/// Rows by area and cutoff with the column of the cutoff in the unit of the question.
pub fn flat_cutoffs<R: Serialize, T: Serialize>(answer: &Answer<R, T>) -> Answer<Json, Json> {
    let is_minutes = answer.query["unit"] == "min";
    let flat = |row: Json| match row {
        Json::Object(row) if is_minutes => {
            let key = |key: String| match key.as_str() {
                "cutoff" => "cutoff_min".to_owned(),
                _ => key,
            };
            Json::Object(row.into_iter().map(|(k, value)| (key(k), value)).collect())
        }
        row => row,
    };
    let rows = |value: Json| match value {
        Json::Array(rows) => rows.into_iter().map(flat).collect(),
        _ => Vec::new(),
    };
    Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows: rows(json!(answer.rows)),
        totals: Json::Array(rows(json!(answer.totals))),
        left_out: answer.left_out.clone(),
    }
}

/// Coverage with its columns in the unit of the denominator, which every row names.
pub fn flat_coverage(answer: &Answer<CoverageRow>, language: Language) -> Answer<Json, Json> {
    let denominator = &answer.query["denominator"];
    let named = match (denominator.as_str(), language) {
        (Some("buildings"), Language::Zh) => "居住建筑",
        (Some("buildings"), Language::En) => "residential buildings",
        (Some("residential_land"), Language::Zh) => "居住用地",
        (Some("residential_land"), Language::En) => "residential land",
        (Some("land"), Language::Zh) => "土地",
        (Some("land"), Language::En) => "all land",
        (_, Language::Zh) => "人口",
        (_, Language::En) => "population",
    };
    let is_land = denominator == "residential_land" || denominator == "land";
    let key = |key: String| match key.as_str() {
        "covered" | "uncovered" | "total" if is_land => format!("{key}_m2"),
        _ => key,
    };
    let flat = |row: &CoverageRow| match json!(row) {
        Json::Object(row) => {
            let mut flat: Row = row.into_iter().map(|(k, value)| (key(k), value)).collect();
            flat.insert("denominator".into(), json!(named));
            Json::Object(flat)
        }
        other => other,
    };
    Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows: answer.rows.iter().map(flat).collect(),
        totals: flat(&answer.totals),
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
