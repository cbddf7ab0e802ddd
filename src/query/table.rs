use serde::Serialize;
use serde_json::Value as Json;

use super::Answer;
use crate::{
    city::City,
    domain::{Catalog, Language, Reason, TermFormat, Title, Value},
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
    // `target_2035`: the year is in the heading.
    if let Some(year) = key.strip_prefix("target_")
        && year.parse::<u32>().is_ok()
    {
        let of = column(catalog, "target_of_year")?;
        let title = Title {
            zh: of.title.zh.replace("{year}", year),
            en: of.title.en.replace("{year}", year),
        };
        let key = key.to_owned();
        return Some(ResultColumn { key, title, ..of });
    }
    // `shortfall_in_5`: the word with its number of years.
    if let Some(years) = key.strip_prefix("shortfall_in_")
        && years.parse::<u32>().is_ok()
    {
        let of = column(catalog, "shortfall_in")?;
        let title = Title {
            zh: of.title.zh.replace("{n}", years),
            en: of.title.en.replace("{n}", years),
        };
        let key = key.to_owned();
        return Some(ResultColumn { key, title, ..of });
    }
    // `exclusive.residences.usual_residents`: what the first word makes of the rest.
    if let Some((first @ ("exclusive" | "nearest" | "straight"), of)) = key.split_once('.') {
        let (of, word) = (column(catalog, of)?, catalog.term(first)?);
        let title = Title {
            zh: format!("{} {}", word.title.zh, of.title.zh),
            en: format!("{}: {}", word.title.en, of.title.en),
        };
        let key = key.to_owned();
        return Some(ResultColumn { key, title, ..of });
    }
    // `against_straight.residences.usual_residents`: a share of what stands in the circle.
    if let Some(("against_straight", of)) = key.split_once('.') {
        let (of, word) = (column(catalog, of)?, column(catalog, "against_straight")?);
        let title = Title {
            zh: format!("{} {}", of.title.zh, word.title.zh),
            en: format!("{}: {}", of.title.en, word.title.en.to_lowercase()),
        };
        let key = key.to_owned();
        return Some(ResultColumn { key, title, ..word });
    }
    // `difference.residences.usual_residents`: which side of a comparison the rest is of.
    if let Some((side, of)) = key.split_once('.')
        && let Some(word) = side_term(side)
    {
        let (of, word) = (column(catalog, of)?, catalog.term(word)?);
        let title = Title {
            zh: format!("{} {}", word.title.zh, of.title.zh),
            en: format!("{}: {}", word.title.en, of.title.en),
        };
        let key = key.to_owned();
        return Some(ResultColumn { key, title, ..of });
    }
    // `change_share.residences.usual_residents`: the change of the rest as a share of what it was.
    if let Some(("change_share", of)) = key.split_once('.') {
        let (of, word) = (column(catalog, of)?, catalog.term("change_share")?);
        let title = Title {
            zh: format!("{} {}", of.title.zh, word.title.zh),
            en: format!("{}: {}", of.title.en, word.title.en),
        };
        return Some(ResultColumn {
            key: key.to_owned(),
            title,
            unit: catalog.unit(&word.unit),
            format: word.format,
            decimals: word.decimals,
        });
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

/// The term of a side of a comparison.
fn side_term(side: &str) -> Option<&'static str> {
    match side {
        "base" => Some("base"),
        "scenario" => Some("scenario"),
        "difference" => Some("scenario_difference"),
        "then" => Some("then"),
        "now" => Some("now"),
        _ => None,
    }
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
        let catalog = city.catalog();
        let title = level.as_str().and_then(|id| match catalog.area_layer(id) {
            Some(layer) => Some(&layer.title),
            None => catalog.term(id).map(|term| &term.title),
        });
        if let Some(title) = title {
            *level = Json::from(title.in_language(language));
        }
    }
    let totals = to_rows(&answer.totals);
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
    let mut columns: Vec<ResultColumn> = keys
        .iter()
        .filter(|key| filled(key))
        .filter_map(|key| column(city.catalog(), key))
        .collect();
    // A ratio of catchments is called so: the counts beside it are those of the area.
    let floating = city.catalog().term("balance_floating");
    if let Some(floating) = floating.filter(|_| keys.iter().any(|key| key == "catchment_jobs")) {
        let ratio = |column: &&mut ResultColumn| column.key == "jobs_per_employed_resident";
        if let Some(column) = columns.iter_mut().find(ratio) {
            column.title = floating.title.clone();
        }
    }
    for column in &mut columns {
        tell_reach(column, &answer.query);
    }
    tell_layers_apart(city.catalog(), &mut columns);
    let cells = |row: &Row| -> Vec<Value> {
        columns
            .iter()
            .map(|c| plain_value(row.get(&c.key)))
            .collect()
    };
    let mut total_cells: Vec<Vec<Value>> = totals.iter().map(&cells).collect();
    for cells in &mut total_cells {
        // A total row says so in its first cell and is nameless otherwise.
        for (cell, column) in cells.iter_mut().zip(&columns) {
            if column.format == TermFormat::Text && !says_of_a_sum(&column.key) {
                *cell = Value::Missing;
            }
        }
    }
    let cells: Vec<Vec<Value>> = rows.iter().map(cells).collect();
    ResultTable {
        title,
        rows: cells,
        totals: total_cells,
        notes: notes(city.catalog(), answer),
        watermark: None,
        geometries: None,
        columns,
    }
}

/// Names the layer in the headings that several columns would have alike in a language: beds of
/// hospitals, beds of homes for the aged.
fn tell_layers_apart(catalog: &Catalog, columns: &mut [ResultColumn]) {
    let titles: Vec<Title> = columns.iter().map(|column| column.title.clone()).collect();
    let are_alike = |pick: fn(&Title) -> &String, of: &Title| {
        let alike = titles.iter().filter(|title| pick(title) == pick(of));
        alike.count() > 1
    };
    for (column, title) in columns.iter_mut().zip(&titles) {
        let mut parts = column.key.split('.');
        let Some(layer) = parts.find_map(|part| catalog.layer(part)) else {
            continue;
        };
        if are_alike(|title| &title.zh, title) {
            column.title.zh = format!("{} {}", layer.title.zh, title.zh);
        }
        if are_alike(|title| &title.en, title) {
            column.title.en = format!("{}: {}", layer.title.en, title.en);
        }
    }
}

/// Says in the heading how far a core or influence area of stations reaches.
fn tell_reach(column: &mut ResultColumn, query: &Json) {
    let areas = [
        ("core", "核心区", "core area"),
        ("influence", "影响区", "influence area"),
    ];
    for (key, zh, en) in areas {
        let is_of_area = column
            .key
            .strip_prefix(key)
            .is_some_and(|k| k.starts_with('_'));
        if let (true, Some(reach)) = (is_of_area, query[key].as_f64()) {
            let is_minutes = query["unit"] == "min";
            let (unit_zh, unit_en) = if is_minutes {
                ("分钟", "min")
            } else {
                ("m", "m")
            };
            let title = &mut column.title;
            title.zh = title.zh.replace(zh, &format!("{zh} {reach} {unit_zh} "));
            title.en = title.en.replace(en, &format!("{en} {reach} {unit_en}"));
        }
    }
}

/// Whether a text column says something of a total too.
fn says_of_a_sum(key: &str) -> bool {
    matches!(key, "service" | "capacity_unit" | "evaluation" | "reason") || key.ends_with("_reason")
}

/// A row of an answer under its keys.
pub fn to_row<S: Serialize>(value: &S) -> Option<Row> {
    match serde_json::to_value(value) {
        Ok(Json::Object(row)) => Some(row),
        _ => None,
    }
}

/// The rows of totals: one, none where it is empty, or one for each cutoff.
fn to_rows<S: Serialize>(value: &S) -> Vec<Row> {
    let rows = match serde_json::to_value(value) {
        Ok(Json::Object(row)) => vec![row],
        Ok(Json::Array(rows)) => rows.into_iter().filter_map(|row| to_row(&row)).collect(),
        _ => Vec::new(),
    };
    rows.into_iter().filter(|row| !row.is_empty()).collect()
}

/// A plain value of a row; nested ones are no part of a table.
pub fn plain_value(json: Option<&Json>) -> Value {
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
pub fn notes<R, T>(catalog: &Catalog, answer: &Answer<R, T>) -> Vec<(Title, Title)> {
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
    if let Some(scenario) = &provenance.scenario {
        let name = same(format!("{} · {}", scenario.id, scenario.name));
        notes.push((label("方案", "Scenario"), name));
        for edit in &scenario.edits {
            let mut told = edit.text.clone();
            if !edit.note.is_empty() {
                told.zh += &format!("（{}）", edit.note);
                told.en += &format!(" ({})", edit.note);
            }
            if let Some(refused) = &edit.refused {
                told.zh += &format!("；未计入：{}", refused.zh);
                told.en += &format!("; left out: {}", refused.en);
            }
            let number = edit.number;
            let name = label(&format!("方案编辑 {number}"), &format!("Edit {number}"));
            notes.push((name, told));
        }
    }
    let attribute = |layer: &str, id: &str| {
        let layer = catalog.layer(layer);
        let attribute = layer.and_then(|layer| layer.attribute(id));
        attribute.map_or_else(|| same(id.to_owned()), |known| known.title.clone())
    };
    if let Some(caliber) = &provenance.caliber {
        let title = |id: &str| {
            let of = provenance.inputs.iter().map(|input| input.layer.as_str());
            let mut titles = of.map(|layer| attribute(layer, id));
            let known = titles.find(|title| title.zh != id);
            known.unwrap_or_else(|| same(id.to_owned()))
        };
        // Several counts may be asked for together.
        let titles: Vec<Title> = caliber.split('+').map(title).collect();
        let joined = |pick: fn(&Title) -> &str| {
            let titles: Vec<&str> = titles.iter().map(pick).collect();
            titles.join(" + ")
        };
        let title = label(&joined(|title| &title.zh), &joined(|title| &title.en));
        notes.push((label("人口口径", "Caliber"), title));
    }
    for input in &provenance.inputs {
        let source = match input.source.is_empty() {
            true => label("来源未填", "source not given"),
            false => input.source_title(),
        };
        let mut zh = format!(
            "{}；时点 {}；{} 个要素",
            source.zh, input.reference_date, input.features
        );
        let mut en = format!(
            "{}; reference date {}; {} features",
            source.en, input.reference_date, input.features
        );
        // Tables of flows and figures have no coordinates.
        if !input.crs.is_empty() {
            zh += &format!("；坐标系 {}", input.crs);
            en += &format!("; {}", input.crs);
        }
        if input.synthetic {
            zh += "；合成数据";
            en += "; synthetic data";
        }
        if !input.estimated.is_empty() {
            let names = input.estimated.iter();
            let names = names.map(|id| attribute(input.layer.as_str(), id.as_str()));
            let (names_zh, names_en): (Vec<String>, Vec<String>) =
                names.map(|title| (title.zh, title.en)).unzip();
            zh += &format!("；推算：{}", names_zh.join("、"));
            en += &format!("; estimated: {}", names_en.join(", "));
        }
        for note in &input.notes {
            zh += &format!("；注意：{}", note.zh);
            en += &format!("; note: {}", note.en);
        }
        let name = Title {
            zh: format!("来源：{}", input.title.zh),
            en: format!("Source: {}", input.title.en),
        };
        notes.push((name, Title { zh, en }));
    }
    for (key, count) in &answer.left_out.0 {
        let of = left_out_title(catalog, key);
        let mut zh = format!(
            "{}：无值 {} 行，区外 {} 行",
            of.zh, count.missing, count.outside_areas
        );
        let mut en = format!(
            "{}: {} rows without a value, {} outside all areas",
            of.en, count.missing, count.outside_areas
        );
        if count.unnamed > 0 {
            zh += &format!("，出行时间矩阵未列 {} 行", count.unnamed);
            en += &format!(
                ", {} that the table of travel times does not name",
                count.unnamed
            );
        }
        notes.push((label("未计入", "Left out"), Title { zh, en }));
    }
    notes.push((label("软件", "Software"), same(provenance.software.clone())));
    notes
}

/// What `layer.attribute` is called.
fn left_out_title(catalog: &Catalog, key: &str) -> Title {
    let known = key.split_once('.').and_then(|(layer, attribute)| {
        let layer = catalog.layer(layer)?;
        let of = column(catalog, key)?.title;
        // The number of a layer's features already bears the layer's name.
        Some(match attribute {
            "features" => of,
            _ => Title {
                zh: format!("{} {}", layer.title.zh, of.zh),
                en: format!("{}, {}", layer.title.en, of.en),
            },
        })
    });
    let of_ends = || {
        let (end, why) = key.split_once('.')?;
        let (zh, en) = match end {
            "origins" => ("起点", "origins"),
            "destinations" => ("终点", "destinations"),
            _ => return None,
        };
        let why = Reason::ALL.into_iter().find(|reason| reason.key() == why)?;
        let why = why.title();
        Some(Title::new(
            format!("{zh}（{}）", why.zh),
            format!("{en} ({})", why.en),
        ))
    };
    known
        .or_else(of_ends)
        .unwrap_or_else(|| Title::new(key, key))
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
