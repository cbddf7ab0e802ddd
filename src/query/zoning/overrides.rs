use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::rules::{RulesChoice, find_rules};
use crate::{
    city::City,
    query::{QueryError, balance::areas_of_level},
    store::{Definition, ImportRecord},
};

/// What overrides are kept under.
const KIND: &str = "zoning_overrides";

/// A class that somebody set by hand (人工判定), or took back: `class` is then `None`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Override {
    pub rules: String,
    pub level: String,
    pub code: String,
    pub class: Option<String>,
    pub reason: String,
    /// Who decided it.
    pub by: String,
    /// UTC, RFC 3339.
    pub at: String,
}

/// `PUT /api/zoning/overrides/{code}`: what is to be set.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideRequest {
    /// The rule set whose class it is; the default one without it.
    #[serde(default)]
    pub rules: Option<String>,
    #[serde(default = "super::subdistrict")]
    pub level: String,
    /// The class; none takes the override back.
    #[serde(default)]
    pub class: Option<String>,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub by: String,
}

fn id(rules: &str, level: &str, code: &str) -> String {
    format!("{rules}:{level}:{code}")
}

/// All entries for one area, oldest first: the last one holds.
fn entries(city: &City, rules: &str, level: &str, code: &str) -> Vec<Override> {
    let stored = city.definition(KIND, &id(rules, level, code));
    stored.map_or_else(Vec::new, |stored| {
        serde_json::from_str(&stored.definition.text).unwrap_or_default()
    })
}

/// The override that holds for an area.
pub(super) fn current(city: &City, rules: &str, level: &str, code: &str) -> Option<Override> {
    let last = entries(city, rules, level, code).pop()?;
    last.class.is_some().then_some(last)
}

/// Every override of a city with what was before it, the newest first.
pub fn list_overrides(city: &City) -> Json {
    let mut all: Vec<(Override, Vec<Override>)> = city
        .definitions(KIND)
        .filter_map(|stored| {
            let mut entries: Vec<Override> =
                serde_json::from_str(&stored.definition.text).unwrap_or_default();
            Some((entries.pop()?, entries))
        })
        .collect();
    all.sort_by(|a, b| (&b.0.at, &a.0.code).cmp(&(&a.0.at, &b.0.code)));
    let rows = all.into_iter().map(|(last, before)| {
        let area = city.areas().find_at(&last.level, &last.code, None);
        let rules = find_rules(city, Some(&RulesChoice::Id(last.rules.clone()))).ok();
        let title = |class: &str| Some(rules.as_ref()?.class(class)?.1.title.clone());
        let mut row = json!(last);
        row["name"] = json!(area.map(|area| &area.name));
        row["name_en"] = json!(area.map(|area| &area.name_en));
        row["class_title"] = json!(last.class.as_deref().and_then(title));
        row["in_force"] = json!(last.class.is_some());
        row["history"] = json!(before);
        row
    });
    json!({"rows": rows.collect::<Vec<_>>()})
}

/// The definition to store for a request.
///
/// # Errors
/// No such rules, level, area or class; no reason, or nobody who decided; nothing to take back.
pub fn set_override(
    city: &City,
    code: &str,
    request: &OverrideRequest,
    at: String,
) -> Result<Definition, QueryError> {
    let choice = request.rules.clone().map(RulesChoice::Id);
    let rules = find_rules(city, choice.as_ref())?;
    areas_of_level(city, &request.level, None)?;
    let area = city.areas().find_at(&request.level, code, None);
    let area = area.ok_or_else(|| QueryError::NotFound {
        what: "area of this level",
        name: code.chars().take(64).collect(),
    })?;
    if let Some(class) = &request.class
        && rules.class(class).is_none()
    {
        let known: Vec<&str> = rules.classes.iter().map(|c| c.id.as_str()).collect();
        let shown: String = class.chars().take(64).collect();
        let problem = format!(
            "there is no class `{shown}`; it is one of: {}",
            known.join(", ")
        );
        return Err(QueryError::field("class", problem));
    }
    let text = |field: &'static str, text: &str, most: usize| {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(QueryError::field(
                field,
                "is missing: an override says why and by whom",
            )),
            n if n > most => Err(QueryError::field(field, format!("at most {most} letters"))),
            _ => Ok(text.to_owned()),
        }
    };
    let code = area.code.as_str();
    let mut entries = entries(city, &rules.id, &request.level, code);
    let is_set = entries.last().is_some_and(|last| last.class.is_some());
    if request.class.is_none() && !is_set {
        return Err(QueryError::NotFound {
            what: "override of",
            name: code.to_owned(),
        });
    }
    entries.push(Override {
        rules: rules.id.clone(),
        level: request.level.clone(),
        code: code.to_owned(),
        class: request.class.clone(),
        reason: text("reason", &request.reason, 500)?,
        by: text("by", &request.by, 100)?,
        at: at.clone(),
    });
    Ok(Definition {
        kind: KIND.into(),
        id: id(&rules.id, &request.level, code),
        text: json!(entries).to_string(),
        record: ImportRecord {
            source: request.by.trim().to_owned(),
            imported_at: at,
            ..ImportRecord::default()
        },
    })
}
