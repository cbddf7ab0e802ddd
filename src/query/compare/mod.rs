//! Answers side by side: a scenario beside the city as it is, one period beside another.

mod carry;
mod change;
mod question;
mod rows;
#[cfg(test)]
mod tests;

use serde_json::json;

use super::{Answer, Limits, QueryError, Row, table::column};
use crate::{
    city::City,
    domain::{Catalog, Language, TermFormat, Title},
};
use rows::Pairing;

pub use carry::checked_crosswalk;
pub use change::{Between, change, change_title};
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
    let is_number = |key: &str| is_number(scenario.catalog(), key);
    let pairing = Pairing {
        sides: rows::SCENARIO,
        keys: question.keys(),
        words: question.words(),
        is_number: &is_number,
        is_count: &|_| false,
    };
    let mut rows = pairing.side_by_side(&before.rows, &after.rows);
    if changed_only {
        rows.retain(|row| pairing.is_changed(row));
    }
    let mut query = after.query;
    if let Some(fields) = query.as_object_mut() {
        fields.insert("changed_only".into(), json!(changed_only));
    }
    Ok(Answer {
        query,
        definition: defined(scenario.catalog(), "compare", &after.definition),
        provenance: after.provenance,
        rows,
        totals: pairing.side_by_side(&before.totals, &after.totals),
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

/// Whether a column of results holds numbers.
fn is_number(catalog: &Catalog, key: &str) -> bool {
    column(catalog, key).is_some_and(|column| column.format != TermFormat::Text)
}

/// The definition of a way of comparing before that of what is compared.
fn defined(catalog: &Catalog, how: &str, what: &Title) -> Title {
    let how = catalog.term(how);
    let how = how.map(|term| term.definition.clone()).unwrap_or_default();
    Title {
        zh: format!("{}{}", how.zh, what.zh),
        en: format!("{} {}", how.en, what.en),
    }
}
