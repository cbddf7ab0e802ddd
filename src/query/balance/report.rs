//! The job-housing balance at several scales at once (职住平衡多尺度报告): the larger the unit, the
//! more balanced a city looks, so that one scale alone says little.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, BalanceRow, BalanceScales, Limits, NominalRow, QueryError, scales::report_of_area,
};
use crate::{
    city::City,
    definitions::balance_rules,
    domain::{BalanceRules, Language, Period, Reason, Title},
    query::{Arrival, Departure, Mode, Row},
};

/// `GET /api/balance_report`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceReportQuery {
    /// Area levels with commas between; all that have areas without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<String>,
    /// Only units in the area of this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// The side of a grid cell, whole metres; 1000 without it.
    #[serde(default)]
    pub grid_m: Option<u32>,
    /// The straight radius of a floating catchment; 5000 m without it.
    #[serde(default)]
    pub catchment_m: Option<f64>,
    /// How far a catchment along the network reaches; 30 minutes without it.
    #[serde(default)]
    pub minutes: Option<f64>,
    /// By which way those minutes are; without it the first that the city has streets for of car,
    /// bicycle and walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    /// The band that is called balanced; that of the rules without it.
    #[serde(default)]
    pub least: Option<f64>,
    #[serde(default)]
    pub most: Option<f64>,
    /// Self-containment below which a place is not balanced in fact, 0–1; the rules' without it,
    /// and where those have none, the median of the level.
    #[serde(default)]
    pub self_containment: Option<f64>,
    /// Which part a table shows.
    #[serde(default)]
    pub part: ReportPart,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// A part of the report that fits one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportPart {
    /// One row for each scale.
    #[default]
    Scales,
    /// The places balanced by count but not in fact.
    Nominal,
}

/// One scale: quantity and, where flows tell, quality beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BalanceScaleRow {
    /// `city`, an area level, `grid`, `catchment_m` or `minutes`.
    pub scale: String,
    pub title: Title,
    pub units: u64,
    pub undefined_units: u64,
    pub balanced_units: u64,
    pub over_units: u64,
    pub under_units: u64,
    /// Of the units with a ratio.
    pub share_balanced_units: Option<f64>,
    /// Of the employed residents of units with a ratio those who live in balanced ones.
    pub share_balanced_workers: Option<f64>,
    pub least_ratio: Option<f64>,
    pub median_ratio: Option<f64>,
    pub greatest_ratio: Option<f64>,
    pub jobs_gini: Option<f64>,
    /// Of all commuters of the units, those who live and work in one of them; unknown of the city as
    /// one unit, and of cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_containment: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_sufficiency: Option<f64>,
    /// How many are balanced by count but not in fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nominal_units: Option<u64>,
    pub reason: Option<Reason>,
}

/// The report: a row for each scale, and the places that only counts make balanced.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceReport {
    /// The definition that a table must bear.
    pub title: Title,
    /// Band and threshold with their sources.
    pub rules: BalanceRules,
    #[serde(flatten)]
    pub answer: Answer<BalanceScaleRow, BalanceRow>,
    pub nominal: Vec<NominalRow>,
}

/// Balanced, over- and undersupplied units at every scale of a city, or of the area asked for.
///
/// # Errors
/// An unknown level or area, a band, cell or reach that is none, a mode without what it needs.
pub fn balance_report(
    city: &City,
    query: &BalanceReportQuery,
    limits: &Limits,
) -> Result<BalanceReport, QueryError> {
    match &query.area {
        None => BalanceScales::of(city, query, limits)?.report(city, None, limits),
        Some(code) => report_of_area(city, query, code, limits),
    }
}

/// What is called balanced, said in the heading of a table.
pub(super) fn title(least: f64, most: f64) -> Title {
    Title {
        zh: format!("职住平衡多尺度比较（职住比 = 就业岗位 ÷ 就业人口，{least}–{most} 为平衡）"),
        en: format!(
            "Job-housing balance by scale (jobs ÷ employed residents, balanced from {least} to {most})"
        ),
    }
}

/// The rules with what the question sets otherwise, and the question with what it leaves to them.
pub(super) fn rules_of(query: &mut BalanceReportQuery) -> Result<BalanceRules, QueryError> {
    let mut rules = balance_rules();
    if query.least.is_some() || query.most.is_some() {
        rules.band.source = "query".into();
        rules.band.note = Title::default();
    }
    let band = &mut rules.band;
    band.least = *query.least.get_or_insert(band.least);
    band.most = *query.most.get_or_insert(band.most);
    if !(band.least >= 0.0 && band.most >= band.least && band.most.is_finite()) {
        let problem = "a band is two ratios, the smaller first, such as least=0.8, most=1.2";
        return Err(QueryError::field("least", problem));
    }
    if query.self_containment.is_some() {
        rules.nominal.self_containment = query.self_containment;
        rules.nominal.source = "query".into();
        rules.nominal.source_en.clear();
    }
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    if !rules.nominal.self_containment.is_none_or(is_share) {
        return Err(QueryError::field("self_containment", "is a share, 0 to 1"));
    }
    query.self_containment = rules.nominal.self_containment;
    Ok(rules)
}

/// # Errors
/// A level that is none.
pub(super) fn levels_of(
    city: &City,
    query: &BalanceReportQuery,
    period: Option<&Period>,
) -> Result<Vec<String>, QueryError> {
    let known = city.catalog().levels().into_iter();
    let known: Vec<String> = known.map(|level| level.to_string()).collect();
    let Some(asked) = &query.levels else {
        let has_areas = |level: &String| !city.areas().at(level, period).is_empty();
        return Ok(known.into_iter().filter(has_areas).collect());
    };
    let asked: Vec<String> = asked
        .split(',')
        .map(|level| level.trim().to_owned())
        .collect();
    match asked.iter().find(|level| !known.contains(level)) {
        None => Ok(asked),
        Some(level) => {
            let problem = format!("`{level}` is none of {}", known.join(", "));
            Err(QueryError::field("levels", problem))
        }
    }
}

/// A part of the report as rows of a table.
pub fn flat_balance_report(report: &BalanceReport, language: Language) -> Answer<Row, Row> {
    let to_row = |value: serde_json::Value| match value {
        serde_json::Value::Object(row) => row,
        _ => Row::new(),
    };
    let rows = match report.answer.query["part"].as_str() {
        Some("nominal") => report
            .nominal
            .iter()
            .map(|row| to_row(json!(row)))
            .collect(),
        _ => report
            .answer
            .rows
            .iter()
            .map(|row| {
                let mut flat = to_row(json!(row));
                let title = row.title.in_language(language);
                flat.shift_remove("title");
                flat.insert("scale".into(), json!(title));
                flat
            })
            .collect(),
    };
    Answer {
        query: report.answer.query.clone(),
        definition: report.answer.definition.clone(),
        provenance: report.answer.provenance.clone(),
        rows,
        totals: Row::new(),
        left_out: report.answer.left_out.clone(),
    }
}
