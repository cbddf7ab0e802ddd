use geo::{Geometry, Point};
use serde_json::Value as Json;

use super::Siting;
use crate::{
    city::City,
    domain::{Title, Value},
    export::{ResultColumn, ResultTable},
    query::table::{column, notes},
};

/// The columns in the order in which they are read.
const COLUMNS: [&str; 20] = [
    "rank",
    "id",
    "site",
    "code",
    "name",
    "lon",
    "lat",
    "added_capacity",
    "shortfall_closed",
    "shortfall_after",
    "within_reach",
    "newly_covered",
    "newly_covered_beside",
    "overlap_existing",
    "cumulative_covered",
    "cumulative_share",
    "mean_cost",
    "largest_cost",
    "site_capacity",
    "site_served",
];

/// Sites as a table with headings and places, for files and the terminal; the proof and who is out
/// of reach stand in the notes.
pub fn siting_table(city: &City, siting: &Siting) -> ResultTable {
    let answer = &siting.answer;
    let catalog = city.catalog();
    let rows: Vec<Json> = answer
        .rows
        .iter()
        .filter_map(|row| serde_json::to_value(row).ok())
        .collect();
    let is_filled = |key: &&str| rows.iter().any(|row| !row[*key].is_null());
    let always = ["rank", "newly_covered", "cumulative_share"];
    let keys = COLUMNS.into_iter();
    let keys = keys.filter(|key| always.contains(key) || is_filled(key));
    let columns: Vec<ResultColumn> = keys.filter_map(|key| column(catalog, key)).collect();
    let unit = answer.query["unit"].as_str().unwrap_or_default();
    let columns: Vec<ResultColumn> = columns
        .into_iter()
        .map(|column| match column.key.as_str() {
            "mean_cost" | "largest_cost" => ResultColumn {
                unit: catalog.unit(unit),
                ..column
            },
            "added_capacity" | "shortfall_closed" | "shortfall_after" => {
                let unit = answer.totals.capacity_unit.as_deref();
                ResultColumn {
                    unit: unit.map_or(column.unit, |unit| catalog.unit(unit)),
                    ..column
                }
            }
            _ => column,
        })
        .collect();
    let cells = |row: &Json| columns.iter().map(|c| value(&row[&c.key])).collect();
    let totals = &answer.totals;
    let total = |column: &ResultColumn| match column.key.as_str() {
        "newly_covered" => Value::Integer(totals.newly_covered),
        "added_capacity" => totals.added_capacity.map_or(Value::Missing, Value::Integer),
        "shortfall_closed" => totals
            .shortfall_closed
            .map_or(Value::Missing, Value::Integer),
        "shortfall_after" => totals
            .shortfall_after
            .map_or(Value::Missing, Value::Integer),
        "newly_covered_beside" => totals
            .newly_covered_beside
            .map_or(Value::Missing, Value::Integer),
        "cumulative_covered" => Value::Integer(totals.covered_after),
        "cumulative_share" => totals.share_after.map_or(Value::Missing, Value::Number),
        "mean_cost" => totals.mean_cost_after.map_or(Value::Missing, Value::Number),
        "largest_cost" => totals
            .largest_cost_after
            .map_or(Value::Missing, Value::Number),
        "site_capacity" => {
            let all = answer.rows.iter().filter_map(|row| row.site_capacity);
            Value::Integer(all.sum())
        }
        "site_served" => {
            let all = answer.rows.iter().filter_map(|row| row.site_served);
            Value::Integer(all.sum())
        }
        _ => Value::Missing,
    };
    let place = |row: &super::SitingRow| Geometry::Point(Point::new(row.lon, row.lat));
    let title = catalog.term("siting").map(|term| term.title.clone());
    let mut all_notes = notes(catalog, answer);
    // After the definition.
    all_notes.splice(1..1, own_notes(siting));
    ResultTable {
        title: title.unwrap_or_default(),
        rows: rows.iter().map(cells).collect(),
        totals: vec![columns.iter().map(total).collect()],
        notes: all_notes,
        watermark: None,
        geometries: Some(answer.rows.iter().map(place).collect()),
        columns,
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => number.as_f64().map_or(Value::Missing, Value::Number),
        },
        Json::String(text) => Value::Text(text.clone()),
        _ => Value::Missing,
    }
}

/// What the whole comes to, how good it is, and who is left without.
fn own_notes(siting: &Siting) -> Vec<(Title, Title)> {
    let note = |zh: &str, en: &str, zh_text: String, en_text: String| {
        let [label, text] =
            [(zh.to_owned(), en.to_owned()), (zh_text, en_text)].map(|(zh, en)| Title { zh, en });
        (label, text)
    };
    let totals = &siting.answer.totals;
    let percent = |share: Option<f64>| match share {
        Some(share) => format!("{:.2}%", share * 100.0),
        None => "—".to_owned(),
    };
    let number = |value: Option<f64>| match value {
        Some(value) if value.fract() == 0.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
        None => "—".to_owned(),
    };
    let proof = &siting.proof;
    let (zh, en) = match proof.is_proven {
        true => ("已证明最优", "proven to be the best"),
        false => ("未证明最优", "not proven to be the best"),
    };
    let lost = &siting.out_of_reach;
    let candidates = siting.candidates;
    let short = totals.shortfall.zip(totals.shortfall_after).map(|(before, after)| {
        let (sites, beyond) = (
            totals.sites_to_close.unwrap_or(0),
            totals.shortfall_beyond.unwrap_or(0),
        );
        note(
            "缺口变化",
            "Shortfall",
            format!("各单元现状缺口 {before}，建成后 {after}；补足全部可补缺口需 {sites} 处，候选点不足而无法补足 {beyond}"),
            format!("the areas lack {before} now and {after} with the sites; {sites} sites make up for all that the candidates can, {beyond} are left where candidates are too few"),
        )
    });
    let told = vec![
        note(
            "覆盖变化",
            "Coverage",
            format!(
                "需求人口 {}；现状覆盖 {}（{}），建成后 {}（{}），仍未覆盖 {}",
                totals.demand,
                totals.covered_before,
                percent(totals.share_before),
                totals.covered_after,
                percent(totals.share_after),
                totals.uncovered,
            ),
            format!(
                "demand {}; covered now {} ({}), with the sites {} ({}), still uncovered {}",
                totals.demand,
                totals.covered_before,
                percent(totals.share_before),
                totals.covered_after,
                percent(totals.share_after),
                totals.uncovered,
            ),
        ),
        note(
            "解的质量",
            "How good it is",
            format!(
                "目标值 {}，理论界 {}，差距 {}；{zh}",
                number(proof.value),
                number(proof.bound),
                percent(proof.gap),
            ),
            format!(
                "value {}, bound {}, gap {}; {en}",
                number(proof.value),
                number(proof.bound),
                percent(proof.gap),
            ),
        ),
        note(
            "候选点",
            "Candidates",
            format!(
                "{} 个；另有 {} 个不通路网，未计入",
                candidates.candidates, candidates.off_network
            ),
            format!(
                "{}; {} more that no way leads to are left out",
                candidates.candidates, candidates.off_network
            ),
        ),
        note(
            "无候选点可达",
            "Out of reach",
            format!("{} 处居住点、{} 人", lost.places, lost.people),
            format!("{} homes with {} people", lost.places, lost.people),
        ),
    ];
    short.into_iter().chain(told).collect()
}
