use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::{
    city::City,
    domain::zoning::{RuleError, ZoningRules},
    query::QueryError,
};

/// What rule sets of a city are kept under.
pub const KIND: &str = "zoning";

/// The rules that a question names, or carries with it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum RulesChoice {
    Id(String),
    Inline(Json),
}

/// The rule sets that a city may be classified by: its own, and the built-in ones that it has no
/// copy of.
pub fn rule_sets(city: &City) -> Vec<(ZoningRules, bool)> {
    let own = city.definitions(KIND).filter_map(|stored| {
        // Only checked rules are stored; others are of another version of the program.
        let rules = ZoningRules::from_toml(&stored.definition.id, &stored.definition.text);
        rules.ok().map(|rules| (rules, true))
    });
    let mut all: Vec<(ZoningRules, bool)> = own.collect();
    for built_in in city.catalog().zoning().cloned() {
        if !all.iter().any(|(rules, _)| rules.id == built_in.id) {
            all.push((built_in, false));
        }
    }
    all.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    all
}

/// Every rule set as JSON, with whether it is the city's own.
pub fn rule_sets_json(city: &City) -> Json {
    let rows = rule_sets(city).into_iter().map(|(rules, is_own)| {
        let mut row = json!(rules);
        row["own"] = json!(is_own);
        row
    });
    json!({"rows": rows.collect::<Vec<_>>()})
}

/// The rules of a question; without a choice those that the city names its own, else the default.
///
/// # Errors
/// No such rules, or inline ones that do not hold.
pub(super) fn find_rules(
    city: &City,
    choice: Option<&RulesChoice>,
) -> Result<ZoningRules, QueryError> {
    let failed = |error: RuleError| QueryError::field("rules", error.inside().en);
    let all = || rule_sets(city);
    match choice {
        Some(RulesChoice::Inline(json)) => ZoningRules::from_json("rules", json).map_err(failed),
        Some(RulesChoice::Id(id)) => {
            let mut found = all().into_iter().map(|(rules, _)| rules);
            found.find(|rules| rules.id == *id).ok_or_else(|| {
                let known: Vec<String> = all().into_iter().map(|(rules, _)| rules.id).collect();
                let shown: String = id.chars().take(64).collect();
                let problem = format!(
                    "there are no rules `{shown}`; known are: {}",
                    known.join(", ")
                );
                QueryError::field("rules", problem)
            })
        }
        None => {
            let mut sets = all();
            let at = sets.iter().position(|(rules, _)| rules.id == "default");
            match sets.is_empty() {
                true => Err(QueryError::field("rules", "there are none; import some")),
                false => Ok(sets.swap_remove(at.unwrap_or(0)).0),
            }
        }
    }
}
