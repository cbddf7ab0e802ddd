//! Population layout classes (人口布局分类指引): each area held against the rules, with its reasons,
//! how firmly it stands, and where plan and capacity do not fit.

mod conflicts;
mod flat;
mod land;
mod overrides;
mod rows;
mod rules;
mod summary;
#[cfg(test)]
mod tests;
mod told;
mod values;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

pub use conflicts::Conflict;
pub use flat::{conflict_words, flat_zoning};
pub use overrides::{Override, OverrideRequest, list_overrides, set_override};
pub use rows::{FlipRow, ZoningRow};
pub use rules::{KIND as ZONING_KIND, RulesChoice, rule_sets, rule_sets_json};
pub use summary::{ClassSummary, DistrictSummary, ZoningTotals};
pub use told::{condition_in_words, criterion_in_words};

use super::{
    Answer, Limits, Provenance, QueryError,
    answer::definition,
    balance::areas_of_level,
    nesting,
    plan::{self, Plans},
    sources::named_population,
};
use crate::{
    analysis::zoning::{Stability, Words, stability},
    city::{Area, City},
    domain::{
        LeftOut, NormSet, Period, TermFormat,
        zoning::{Criterion, Indicator, ZoningRules},
    },
};
use values::{Asked, Base, Values};

/// `GET|POST /api/zoning`
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoningQuery {
    #[serde(default = "subdistrict")]
    pub level: String,
    /// The id of a rule set, or the rules themselves; `default` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesChoice>,
    /// Other thresholds than those of the rules, by the key of the criterion.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub thresholds: BTreeMap<String, f64>,
    /// Only what lies in the area of this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population attribute; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
    /// The year of the plan; that of the rules without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_year: Option<i32>,
    /// By which part of itself each threshold is moved to see what holds; 0.1 without it.
    #[serde(default = "usual_swing")]
    pub swing: f64,
}

pub(super) fn subdistrict() -> String {
    "subdistrict".into()
}

fn usual_swing() -> f64 {
    0.1
}

impl Default for ZoningQuery {
    fn default() -> Self {
        ZoningQuery {
            level: subdistrict(),
            rules: None,
            thresholds: BTreeMap::new(),
            area: None,
            period: None,
            caliber: None,
            plan_year: None,
            swing: usual_swing(),
        }
    }
}

/// The classes of all areas with what they come to.
#[derive(Clone, Debug, Serialize)]
pub struct Zoning {
    #[serde(flatten)]
    pub answer: Answer<ZoningRow, ZoningTotals>,
    /// The rules as they were applied.
    pub rules: ZoningRules,
    pub plan_year: i32,
    pub classes: Vec<ClassSummary>,
    pub districts: Vec<DistrictSummary>,
    pub stability: StabilityReport,
    pub conflicts: Vec<Conflict>,
    /// What each criterion looks at, in words and units.
    pub indicators: Vec<Json>,
}

/// How firmly the classes stand as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct StabilityReport {
    pub swing: f64,
    pub areas: u64,
    /// Areas whose class no threshold moved alone changes.
    pub stable: u64,
    pub stable_share: Option<f64>,
    pub thresholds: Vec<ThresholdReport>,
    /// Areas that have a published area beside the outline.
    pub with_published_area: u64,
    /// Areas that have the same class by outline and by published area.
    pub same_by_outline: u64,
    pub same_by_outline_share: Option<f64>,
}

/// What becomes of all areas when one threshold is moved.
#[derive(Clone, Debug, Serialize)]
pub struct ThresholdReport {
    pub criterion: String,
    pub threshold: f64,
    pub moved: f64,
    /// Areas that keep their class.
    pub kept: u64,
    pub kept_share: Option<f64>,
}

/// The layout class of every area of a level.
///
/// # Errors
/// Unknown rules, level, caliber or parameters; rules that do not hold; a swing that is none.
pub fn zoning(city: &City, query: &ZoningQuery, limits: &Limits) -> Result<Zoning, QueryError> {
    let period = query.period.as_ref();
    if query.level == "city" {
        let problem = "classes are of areas; the city is in the summary of any level";
        return Err(QueryError::field("level", problem));
    }
    if !(query.swing > 0.0 && query.swing < 1.0) {
        return Err(QueryError::field(
            "swing",
            "write more than 0 and less than 1",
        ));
    }
    let rules = rules::find_rules(city, query.rules.as_ref())?
        .with_thresholds(&query.thresholds)
        .map_err(|error| QueryError::field("thresholds", error.inside().en))?;
    let areas = chosen(city, query)?;
    let people = named_population(city, query.caliber.as_deref(), period)?;
    let people = people.ok_or_else(|| QueryError::NotFound {
        what: "layer of residents with values",
        name: "residences".into(),
    })?;
    let plans = Plans::of(city);
    let year = query.plan_year.unwrap_or(rules.plan_year);
    let base = Base::of(city, &people, &plans, year, &query.level, &areas, period);
    limits.step("计算指标", "computing indicators");
    let asked = Asked {
        city,
        query,
        areas: &areas,
        people: &people,
        base: &base,
        plan_year: year,
        limits,
    };
    let values = Values::of(&asked, &rules)?;
    limits.check()?;
    let words: Vec<Words> = rules.criteria().iter().map(|c| words_of(city, c)).collect();
    let firm = stability(&rules, &values.by_area, query.swing);
    let mut rows = rows::rows(&asked, &plans, &rules, &words, &values, &firm);
    let report = report(&rules, &firm, &rows, &areas, query.swing);
    let other_levels = other_capacities(city, query, &people, &plans, year);
    let conflicts = conflicts::conflicts(&rules, &mut rows, other_levels);
    let mut left_out = LeftOut::default();
    let attribute = people.attribute().id.to_string();
    let (layer, sums) = (people.layer_id(), people.loaded.index.sums());
    left_out.add_missing(layer, &attribute, people.total(Some(sums)).missing);
    if query.area.is_none() {
        let by_area = people.loaded.index.sums_by_area(&query.level);
        left_out.add_outside(layer, &attribute, super::balance::outside(&by_area, &areas));
    }
    let area_layer = city.catalog().area_layer(&query.level);
    let area_layer = area_layer.and_then(|layer| city.layer(layer.id.as_str(), period));
    let loaded = [&people.loaded].into_iter().chain(area_layer);
    let mut provenance = Provenance::of(
        city,
        period,
        Some(attribute),
        loaded.map(|loaded| &**loaded),
    );
    let more = values.inputs.iter().cloned();
    let more = more.chain(plans.stored().into_iter().map(plan::input));
    for input in more {
        let is_known = |known: &super::Input| {
            known.layer == input.layer
                && known.reference_date == input.reference_date
                && known.title == input.title
        };
        if !provenance.inputs.iter().any(is_known) {
            provenance.inputs.push(input);
        }
    }
    Ok(Zoning {
        classes: summary::by_class(&rules, &rows, &areas),
        districts: summary::by_district(&rules, &rows, &areas),
        answer: Answer {
            query: json!(query),
            definition: described(city, &rules),
            provenance,
            totals: summary::totals(&rows, &areas),
            rows,
            left_out,
        },
        indicators: rules
            .criteria()
            .iter()
            .zip(&words)
            .map(|(criterion, words)| {
                json!({
                    "key": criterion.key,
                    "indicator": criterion.indicator.key(),
                    "title": words.title,
                    "unit": words.unit,
                    "is_share": words.is_share,
                    "decimals": words.decimals,
                })
            })
            .collect(),
        plan_year: year,
        stability: report,
        conflicts,
        rules,
    })
}

/// The areas that are asked about, by code.
fn chosen<'c>(city: &'c City, query: &ZoningQuery) -> Result<Vec<&'c Area>, QueryError> {
    let period = query.period.as_ref();
    let mut areas = areas_of_level(city, &query.level, period)?;
    if let Some(code) = &query.area {
        if city.areas().find(city, code, period).is_none() {
            return Err(QueryError::NotFound {
                what: "area",
                name: code.chars().take(64).collect(),
            });
        }
        areas.retain(|area| {
            let above = nesting::above(city, area, period);
            above.iter().any(|above| above.code.as_str() == code)
        });
    }
    Ok(areas)
}

/// What the definition says, and what the rules say of themselves.
fn described(city: &City, rules: &ZoningRules) -> crate::domain::Title {
    let mut text = definition(city, "zoning");
    text.zh += &format!("规则：{}。{}", rules.title.zh, rules.note.zh);
    text.en += &format!(" Rules: {}. {}", rules.title.en, rules.note.en);
    text
}

/// How an indicator is written in sentences: its term, with its parameters.
fn words_of(city: &City, criterion: &Criterion) -> Words {
    let catalog = city.catalog();
    let term = catalog.term(criterion.indicator.key());
    let mut title = term.map(|term| term.title.clone()).unwrap_or_default();
    let parameters = &criterion.parameters;
    if let Some(metres) = parameters.within_m {
        let is_walk = parameters.mode.as_deref() == Some("walk");
        let (zh, en) = match is_walk {
            true => (format!("步行 {metres} 米"), format!("{metres} m on foot")),
            false => (format!("{metres} 米"), format!("{metres} m")),
        };
        let named = parameters
            .layer
            .as_deref()
            .filter(|_| criterion.indicator != Indicator::StationShare);
        let layer = named.and_then(|layer| catalog.layer(layer));
        let (of_zh, of_en) = match layer {
            Some(layer) => (
                layer.title.zh.clone() + " ",
                layer.title.en.to_lowercase() + ", ",
            ),
            None => (String::new(), String::new()),
        };
        title.zh = format!("{of_zh}{zh}{}", title.zh);
        title.en = format!("{} ({of_en}{en})", title.en);
    }
    if let Some(service) = &parameters.service {
        let norms = parameters.norms.as_deref().unwrap_or(NormSet::DEFAULT);
        let item = city.norm_set(norms);
        let item = item.and_then(|set| set.items.iter().find(|item| item.id == **service));
        let (zh, en) = match item {
            Some(item) => (item.title.zh.as_str(), item.title.en.as_str()),
            None => (service.as_str(), service.as_str()),
        };
        title.zh = format!("{zh}{}", title.zh);
        title.en = format!("{} ({})", title.en, en.to_lowercase());
    }
    Words {
        title,
        unit: term
            .map(|term| catalog.unit(&term.unit))
            .unwrap_or_default(),
        is_share: term.is_some_and(|term| term.format == TermFormat::Share),
        decimals: term.map_or(2, |term| term.decimals),
    }
}

/// Conflicts of the other levels whose areas state a capacity themselves.
fn other_capacities(
    city: &City,
    query: &ZoningQuery,
    people: &super::sources::CountSource,
    plans: &Plans<'_>,
    year: i32,
) -> Vec<Conflict> {
    let levels = city.catalog().levels();
    let others = levels.iter().filter(|level| **level != *query.level);
    others
        .flat_map(|level| {
            let asked = ZoningQuery {
                level: level.to_string(),
                ..query.clone()
            };
            let areas = chosen(city, &asked).unwrap_or_default();
            let period = query.period.as_ref();
            let stated = areas
                .into_iter()
                .filter(|a| values::capacity(city, a, period).is_some());
            let stated: Vec<&Area> = stated.collect();
            conflicts::of_level(city, people, plans, year, &stated, period)
        })
        .collect()
}

fn report(
    rules: &ZoningRules,
    firm: &Stability,
    rows: &[ZoningRow],
    areas: &[&Area],
    swing: f64,
) -> StabilityReport {
    let all = rows.len();
    let share = |part: usize| (all > 0).then(|| part as f64 / all as f64);
    let criteria = rules.criteria();
    let thresholds = firm.shifts.iter().map(|shift| ThresholdReport {
        criterion: criteria[shift.criterion].key.clone(),
        threshold: criteria[shift.criterion].threshold,
        moved: shift.threshold,
        kept: shift.kept as u64,
        kept_share: share(shift.kept),
    });
    let same = rows.iter().filter(|row| row.outline_same == Some(true));
    let same = same.count();
    let published = areas.iter().filter(|area| area.official_area_km2.is_some());
    let published = published.count();
    StabilityReport {
        swing,
        areas: all as u64,
        stable: firm.stable() as u64,
        stable_share: share(firm.stable()),
        thresholds: thresholds.collect(),
        with_published_area: published as u64,
        same_by_outline: same as u64,
        same_by_outline_share: (published > 0).then(|| same as f64 / published as f64),
    }
}
