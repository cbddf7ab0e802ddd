//! A scenario beside the city as it is.

mod question;
mod rows;
#[cfg(test)]
mod tests;

use serde_json::json;

use super::{Answer, Limits, QueryError, Row, table::column};
use crate::{
    city::City,
    domain::{Language, TermFormat, Title},
};

pub use question::{Asked, Question};

/// One question's answers for the city as it is and for a scenario, row by row with their
/// difference (方案对比).
///
/// Rows are matched by their keys; every number becomes `base.…`, `scenario.…` and `difference.…`
/// (scenario less base), undefined where either is. What no edit touches differs by exactly zero.
/// With `changed_only` rows without any difference are left out; totals stay those of all.
///
/// # Errors
/// As the question itself.
pub fn compare(
    [base, scenario]: [&City; 2],
    question: &Question,
    language: Language,
    changed_only: bool,
    limits: &Limits,
) -> Result<Answer<Row, Vec<Row>>, QueryError> {
    let before = question.ask(base, language, limits)?;
    let after = question.ask(scenario, language, limits)?;
    let is_number = |key: &str| {
        let column = column(scenario.catalog(), key);
        column.is_some_and(|column| column.format != TermFormat::Text)
    };
    let (keys, words) = (question.keys(), question.words());
    let mut rows = rows::side_by_side(&before.rows, &after.rows, keys, words, &is_number);
    if changed_only {
        rows.retain(rows::is_changed);
    }
    let mut query = after.query;
    if let Some(fields) = query.as_object_mut() {
        fields.insert("changed_only".into(), json!(changed_only));
    }
    let how = scenario.catalog().term("compare");
    let how = how.map(|term| term.definition.clone()).unwrap_or_default();
    Ok(Answer {
        query,
        definition: Title {
            zh: format!("{}{}", how.zh, after.definition.zh),
            en: format!("{} {}", how.en, after.definition.en),
        },
        provenance: after.provenance,
        rows,
        totals: rows::side_by_side(&before.totals, &after.totals, keys, words, &is_number),
        left_out: after.left_out,
    })
}

/// What a comparison of a question is called.
pub fn compare_title(question: &Question) -> Title {
    let of = question.title();
    Title {
        zh: format!("方案对比_{}", of.zh),
        en: format!("{}, scenario beside base", of.en),
    }
}
