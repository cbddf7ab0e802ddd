use serde::Serialize;
use serde_json::Value as Json;

use super::Answer;
use crate::{
    city::City,
    domain::{Catalog, Language, TermFormat, Title, Value},
    export::{ResultColumn, ResultTable},
};

/// A row whose columns depend on the layers of the city.
pub type Row = serde_json::Map<String, Json>;

/// The column of a result key: a term of `terms.toml`, or `layer.attribute`.
pub fn column(catalog: &Catalog, key: &str) -> Option<ResultColumn> {
    if let Some(term) = catalog.term(key) {
        return Some(ResultColumn {
            key: key.to_owned(),
            title: term.title.clone(),
            unit: catalog.unit(&term.unit),
            format: term.format,
            decimals: term.decimals,
        });
    }
    if let Some(percent) = key.strip_prefix('p')
        && percent.parse::<u32>().is_ok()
    {
        let of = column(catalog, "percentile")?;
        let title = Title {
            zh: of.title.zh.replace("{p}", percent),
            en: of.title.en.replace("{p}", percent),
        };
        let key = key.to_owned();
        return Some(ResultColumn { key, title, ..of });
    }
    if let Some(of) = key.strip_prefix("exclusive.") {
        let (of, word) = (column(catalog, of)?, catalog.term("exclusive")?);
        let title = Title {
            zh: format!("{} {}", word.title.zh, of.title.zh),
            en: format!("{}: {}", word.title.en, of.title.en),
        };
        let key = key.to_owned();
        return Some(ResultColumn { key, title, ..of });
    }
    // `residences.usual_residents.official`: what the last word says of the rest.
    if let Some((of, word)) = key.rsplit_once('.')
        && of.contains('.')
    {
        let (of, word) = (column(catalog, of)?, catalog.term(word)?);
        let title = Title {
            zh: format!("{} {}", of.title.zh, word.title.zh),
            en: format!("{}: {}", of.title.en, word.title.en),
        };
        let key = key.to_owned();
        return Some(ResultColumn { key, title, ..of });
    }
    let (layer, attribute) = key.split_once('.')?;
    let layer = catalog.layer(layer)?;
    if attribute == "features" {
        let title = Title {
            zh: format!("{}数量", layer.title.zh),
            en: format!("{}: number", layer.title.en),
        };
        let (key, unit) = (key.to_owned(), Title::default());
        return Some(ResultColumn {
            key,
            title,
            unit,
            format: TermFormat::Integer,
            decimals: 0,
        });
    }
    let attribute = layer.attribute(attribute)?;
    Some(ResultColumn {
        key: key.to_owned(),
        title: attribute.title.clone(),
        unit: catalog.unit(&attribute.unit),
        format: if attribute.is_count() {
            TermFormat::Integer
        } else {
            TermFormat::Number
        },
        decimals: if attribute.is_count() { 0 } else { 2 },
    })
}

/// The answer as a table with headings, for CSV, XLSX, GeoJSON and the terminal.
///
/// Columns that no row fills are left out; nested values are not part of a table.
pub fn to_table<R: Serialize, T: Serialize>(
    city: &City,
    answer: &Answer<R, T>,
    title: Title,
    language: Language,
) -> ResultTable {
    let mut rows: Vec<Row> = answer.rows.iter().filter_map(to_row).collect();
    for level in rows.iter_mut().filter_map(|row| row.get_mut("level")) {
        let layer = level.as_str().and_then(|id| city.catalog().area_layer(id));
        if let Some(layer) = layer {
            *level = Json::from(layer.title.in_language(language));
        }
    }
    let totals = to_row(&answer.totals);
    let mut keys: Vec<String> = Vec::new();
    for key in rows.iter().chain(&totals).flat_map(|row| row.keys()) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    let filled = |key: &String| {
        let is_plain = |row: &Row| matches!(row.get(key), Some(v) if !v.is_null() && !v.is_object() && !v.is_array());
        rows.iter().chain(&totals).any(is_plain)
    };
    let columns: Vec<ResultColumn> = keys
        .iter()
        .filter(|key| filled(key))
        .filter_map(|key| column(city.catalog(), key))
        .collect();
    let cells =
        |row: &Row| -> Vec<Value> { columns.iter().map(|c| value(row.get(&c.key))).collect() };
    let mut total_cells = totals.as_ref().filter(|row| !row.is_empty()).map(&cells);
    if let Some(cells) = &mut total_cells {
        // The total row says so in its first cell and is nameless otherwise.
        for (cell, column) in cells.iter_mut().zip(&columns) {
            if column.format == TermFormat::Text {
                *cell = Value::Missing;
            }
        }
    }
    let cells: Vec<Vec<Value>> = rows.iter().map(cells).collect();
    ResultTable {
        title,
        rows: cells,
        totals: total_cells,
        notes: notes(answer),
        geometries: None,
        columns,
    }
}

fn to_row<S: Serialize>(value: &S) -> Option<Row> {
    match serde_json::to_value(value) {
        Ok(Json::Object(row)) => Some(row),
        _ => None,
    }
}

fn value(json: Option<&Json>) -> Value {
    match json {
        Some(Json::Number(number)) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => number.as_f64().map_or(Value::Missing, Value::Number),
        },
        Some(Json::String(text)) => Value::Text(text.clone()),
        Some(Json::Bool(flag)) => Value::Integer(i64::from(*flag)),
        _ => Value::Missing,
    }
}

/// The second sheet: definition, sources, dates, parameters, what is left out.
pub(super) fn notes<R, T>(answer: &Answer<R, T>) -> Vec<(Title, Title)> {
    let label = |zh: &str, en: &str| Title {
        zh: zh.into(),
        en: en.into(),
    };
    let same = |text: String| Title {
        zh: text.clone(),
        en: text,
    };
    let provenance = &answer.provenance;
    let mut notes = vec![
        (label("口径与方法", "Definition"), answer.definition.clone()),
        (label("城市", "City"), provenance.city.clone()),
        (label("参数", "Parameters"), same(answer.query.to_string())),
        (
            label("数据版本", "Data version"),
            same(provenance.data_version.to_string()),
        ),
    ];
    if let Some(caliber) = &provenance.caliber {
        notes.push((label("人口口径", "Caliber"), same(caliber.clone())));
    }
    for input in &provenance.inputs {
        let mut zh = format!(
            "{}；时点 {}；{} 个要素；坐标系 {}",
            input.source, input.reference_date, input.features, input.crs
        );
        let mut en = format!(
            "{}; reference date {}; {} features; {}",
            input.source, input.reference_date, input.features, input.crs
        );
        if input.synthetic {
            zh += "；合成数据";
            en += "; synthetic data";
        }
        if !input.estimated.is_empty() {
            let names: Vec<&str> = input.estimated.iter().map(|a| a.as_str()).collect();
            zh += &format!("；推算：{}", names.join(", "));
            en += &format!("; estimated: {}", names.join(", "));
        }
        let name = Title {
            zh: format!("来源：{}", input.title.zh),
            en: format!("Source: {}", input.title.en),
        };
        notes.push((name, Title { zh, en }));
    }
    for (key, count) in &answer.left_out.0 {
        let zh = format!(
            "{key}：无值 {} 行，区外 {} 行",
            count.missing, count.outside_areas
        );
        let en = format!(
            "{key}: {} rows without a value, {} outside all areas",
            count.missing, count.outside_areas
        );
        notes.push((label("未计入", "Left out"), Title { zh, en }));
    }
    notes.push((label("软件", "Software"), same(provenance.software.clone())));
    notes
}

/// The answer as a GeoJSON collection: the outline of each row's area, `null` where it has none.
pub fn to_geojson<R: Serialize, T: Serialize>(city: &City, answer: &Answer<R, T>) -> Json {
    let period = answer.provenance.period.as_ref();
    let outline = |row: &Row| -> Option<geojson::Geometry> {
        let (code, level) = (row.get("code")?.as_str()?, row.get("level")?.as_str()?);
        let area = city.areas().find_at(level, code, period)?;
        let layer = city.catalog().area_layer(level)?;
        let loaded = city.layer(layer.id.as_str(), period)?;
        Some(geojson::Geometry::from(
            &loaded.index.geometry(area.feature),
        ))
    };
    let feature = |row: Row| {
        let geometry = outline(&row);
        let id = row.get("code").cloned().unwrap_or(Json::Null);
        serde_json::json!({"type": "Feature", "id": id, "geometry": geometry, "properties": row})
    };
    let features: Vec<Json> = answer.rows.iter().filter_map(to_row).map(feature).collect();
    serde_json::json!({
        "type": "FeatureCollection",
        "features": features,
        "definition": answer.definition,
        "provenance": answer.provenance,
    })
}
