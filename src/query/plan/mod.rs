//! Plan versus actual (规划目标与现状): figures of plans as versioned records, beside what is so.

mod check;
mod flat;
mod records;
mod rows;

use serde::{Deserialize, Serialize};
use serde_json::json;

pub use check::check_plan;
pub use flat::flat_plan;
pub use records::KIND as PLAN_KIND;
pub(super) use records::Plans;
pub use rows::{PlanRow, PlanStatus};

use super::{
    Answer, Limits, Provenance, QueryError, Row,
    answer::{Input, definition},
};
use crate::{
    city::City,
    domain::{FigureKind, LeftOut, Period, PlanFigure, Title},
    store::StoredDefinition,
};

/// `GET /api/plan`: targets beside what is so.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PlanQuery {
    /// `city`, `group` (several areas together) or an area level; all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The area that the figures are for, or that their areas lie in by the prefix of the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// The year of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// The count, e.g. `usual_residents`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<String>,
    /// Whether figures that a later document has replaced are listed too.
    #[serde(default)]
    pub superseded: bool,
    /// What is so at or before this date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// Every target of a plan with what is so, how far that is from it, and the year of both.
///
/// # Errors
/// An unknown level.
pub fn plan(
    city: &City,
    query: &PlanQuery,
    limits: &Limits,
) -> Result<Answer<PlanRow, Row>, QueryError> {
    let period = query.period.as_ref();
    if let Some(level) = &query.level
        && level != "group"
    {
        super::balance::areas_of_level(city, level, period)?;
    }
    let plans = Plans::of(city);
    let mut rows = Vec::new();
    for recorded in &plans.all {
        limits.check()?;
        let figure = &recorded.figure;
        let is_in = |area: &String| {
            let mut codes = figure.areas.iter();
            !figure.areas.is_empty() && codes.all(|code| code.as_str().starts_with(area.as_str()))
        };
        let is_of_level = |level: &String| match level.as_str() {
            "city" => figure.areas.is_empty(),
            "group" => figure.areas.len() > 1,
            _ => figure.areas.len() == 1,
        };
        let fits = figure.kind != FigureKind::Actual
            && query.level.as_ref().is_none_or(is_of_level)
            && (query.superseded || !recorded.superseded)
            && query.year.is_none_or(|year| figure.year == year)
            && query
                .indicator
                .as_ref()
                .is_none_or(|i| figure.indicator == **i)
            && query.area.as_ref().is_none_or(is_in);
        if !fits {
            continue;
        }
        let row = rows::row_of(city, &plans, recorded, period);
        if query.level.as_ref().is_none_or(|level| row.level == *level) {
            rows.push(row);
        }
    }
    rows::sort(city, &mut rows);
    let mut indicators: Vec<&str> = rows.iter().map(|row| row.indicator.as_str()).collect();
    indicators.sort_unstable();
    indicators.dedup();
    let counted = indicators
        .iter()
        .filter_map(|indicator| records::counted(city, indicator, period));
    let inputs = counted.map(|(loaded, _)| loaded);
    let caliber = match indicators[..] {
        [one] => Some(one.to_owned()),
        _ => None,
    };
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance
        .inputs
        .extend(plans.stored().into_iter().map(input));
    Ok(Answer {
        query: json!(query),
        definition: definition(city, "plan"),
        provenance,
        rows,
        totals: Row::new(),
        left_out: LeftOut::default(),
    })
}

/// What a set of figures is called: those that come with the demonstration city in words, a
/// steward's own by its id.
fn set_title(id: &str) -> Title {
    let (zh, en) = match id {
        "published" => ("公布数", "published"),
        "synthetic" => ("合成", "synthetic"),
        own => (own, own),
    };
    Title {
        zh: format!("规划指标（{zh}）"),
        en: format!("Plan figures ({en})"),
    }
}

/// A set of figures as one of the inputs of an answer.
pub(super) fn input(stored: &StoredDefinition) -> Input {
    let record = &stored.definition.record;
    // What the figures are of ends with their newest source; an import is no date of data.
    let figures: Vec<PlanFigure> =
        serde_json::from_str(&stored.definition.text).unwrap_or_default();
    let sources = figures.iter().filter_map(|figure| figure.date.parse().ok());
    let newest: Option<Period> = sources.max();
    let imported = record.imported_at.get(..10).unwrap_or_default();
    Input {
        layer: "targets".parse().expect("a name"),
        title: set_title(&stored.definition.id),
        source: record.source.clone(),
        source_en: record.source_en.clone(),
        licence: record.licence.clone(),
        reference_date: newest
            .or(imported.parse().ok())
            .unwrap_or("1970".parse().expect("a year")),
        features: record.kept,
        crs: String::new(),
        synthetic: record.synthetic,
        estimated: Vec::new(),
        notes: Vec::new(),
    }
}
