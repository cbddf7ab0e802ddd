use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{
    overrides::{self, Override},
    values::{Asked, Values},
};
use crate::{
    analysis::zoning::{Stability, Value, Words, class_sentence, classify, undecided_sentence},
    domain::{Reason, Title, zoning::ZoningRules},
    query::{nesting, plan::Plans},
};

/// The layout class (布局分类) of one area with all that leads to it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ZoningRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    /// The largest area around it.
    pub district_code: Option<String>,
    pub district: Option<String>,
    pub district_en: Option<String>,
    /// 现状人口 of the caliber of the answer.
    pub residents: Option<i64>,
    /// 规划人口 of the plan year.
    pub planned_residents: Option<i64>,
    /// 承载规模
    pub planned_capacity: Option<i64>,
    /// 承载率: of the area, or of the one named in `capacity_of`.
    pub capacity_ratio: Option<f64>,
    pub planned_capacity_ratio: Option<f64>,
    /// The area around it whose capacity the ratios are of; none where it is its own.
    pub capacity_of: Option<String>,
    /// `None` is 未分类.
    pub class: Option<String>,
    pub class_title: Title,
    pub colour: Option<String>,
    /// 判定依据
    pub reasons: Title,
    /// 引导措施
    pub guidance: Title,
    /// Classes before that could not be judged, and why.
    pub undecided: Title,
    /// Whether no threshold moved alone by `swing` changes the computed class.
    pub stable: bool,
    /// The same in words.
    pub stability: Title,
    pub flips: Vec<FlipRow>,
    /// The class when densities go by the outline, not by the published area.
    pub outline_class: Option<String>,
    pub outline_class_title: Title,
    /// Whether that is the same class; undefined where no area is published to be compared with.
    pub outline_same: Option<bool>,
    pub outline_reason: Option<Reason>,
    /// What the rules say, whatever was set by hand.
    pub computed_class: Option<String>,
    pub overridden: bool,
    #[serde(rename = "override")]
    pub override_: Option<Override>,
    /// Which conflicts it has.
    pub conflicts: Vec<&'static str>,
    /// Figures of plans by year.
    pub targets: BTreeMap<i32, i64>,
    /// The value of each criterion by its key; `null` where it is undefined.
    pub values: Map<String, Json>,
    /// Why values are undefined, by the key of the criterion.
    pub value_reasons: Map<String, Json>,
}

/// A moved threshold that puts an area into another class.
#[derive(Clone, Debug, Serialize)]
pub struct FlipRow {
    pub criterion: String,
    pub threshold: f64,
    pub class: Option<String>,
}

/// What a missing class is called.
pub(super) fn unclassified() -> Title {
    Title {
        zh: "未分类".into(),
        en: "Unclassified".into(),
    }
}

pub(super) fn title_of(rules: &ZoningRules, class: Option<usize>) -> Title {
    class.map_or_else(unclassified, |class| rules.classes[class].title.clone())
}

pub(super) fn id_of(rules: &ZoningRules, class: Option<usize>) -> Option<String> {
    class.map(|class| rules.classes[class].id.clone())
}

/// All rows, in the order of the areas.
pub(super) fn rows(
    asked: &Asked<'_>,
    plans: &Plans<'_>,
    rules: &ZoningRules,
    words: &[Words],
    values: &Values,
    stability: &Stability,
) -> Vec<ZoningRow> {
    let thresholds: Vec<f64> = rules.criteria().iter().map(|c| c.threshold).collect();
    let targets = targets(asked, plans);
    let one = |at: usize| {
        let area = asked.areas[at];
        let published = area.official_area_km2.is_some();
        let (own, outline) = (&values.by_area[at], &values.by_outline[at]);
        let judged = classify(rules, &thresholds, own);
        let by_outline = classify(rules, &thresholds, outline).class;
        let code = area.code.as_str();
        let set = overrides::current(asked.city, &rules.id, &asked.query.level, code);
        // A class that the rules no longer have cannot be meant.
        let set = set.and_then(|set| {
            let (class, _) = rules.class(set.class.as_deref()?)?;
            Some((class, set))
        });
        let class = set.as_ref().map(|(class, _)| *class).or(judged.class);
        let capacity = &asked.base.capacities[at];
        let (residents, planned) = (asked.base.residents[at], asked.base.planned[at]);
        let holder = nesting::above(asked.city, area, asked.query.period.as_ref());
        let holder = holder.into_iter().skip(1).last();
        let computed = class_sentence(rules, &thresholds, words, own, &judged);
        let flips = &stability.flips[at];
        let mut row = ZoningRow {
            code: area.code.to_string(),
            name: area.name.clone(),
            name_en: area.name_en.clone(),
            level: area.level.to_string(),
            district_code: holder.map(|holder| holder.code.to_string()),
            district: holder.map(|holder| holder.name.clone()),
            district_en: holder.and_then(|holder| holder.name_en.clone()),
            residents,
            planned_residents: planned,
            planned_capacity: capacity.own,
            capacity_ratio: capacity.present(residents).ok(),
            planned_capacity_ratio: capacity.planned(planned).ok(),
            capacity_of: capacity.around.as_ref().map(|around| around.code.clone()),
            class: id_of(rules, class),
            class_title: title_of(rules, class),
            colour: class.map(|class| rules.classes[class].colour.clone()),
            reasons: match &set {
                None => computed,
                Some((_, set)) => by_hand(set, &title_of(rules, judged.class), &computed),
            },
            guidance: class.map_or_else(Title::default, |c| rules.classes[c].guidance.clone()),
            undecided: undecided_sentence(rules, words, own, &judged),
            stable: flips.is_empty(),
            stability: stability_sentence(rules, words, flips, asked.query.swing),
            flips: flips
                .iter()
                .map(|flip| FlipRow {
                    criterion: rules.criteria()[flip.criterion].key.clone(),
                    threshold: flip.threshold,
                    class: id_of(rules, flip.class),
                })
                .collect(),
            outline_class: id_of(rules, by_outline),
            outline_class_title: title_of(rules, by_outline),
            outline_same: published.then_some(by_outline == judged.class),
            outline_reason: (!published).then_some(Reason::NoPublishedArea),
            computed_class: id_of(rules, judged.class),
            overridden: set.is_some(),
            override_: set.map(|(_, set)| set),
            targets: targets
                .iter()
                .filter_map(|(year, by_code)| Some((*year, *by_code.get(code)?)))
                .collect(),
            ..ZoningRow::default()
        };
        set_values(&mut row, rules, own);
        row
    };
    (0..asked.areas.len()).map(one).collect()
}

fn set_values(row: &mut ZoningRow, rules: &ZoningRules, values: &[Value]) {
    for (criterion, value) in rules.criteria().into_iter().zip(values) {
        row.values.insert(criterion.key.clone(), json!(value.ok()));
        if let Err(reason) = value {
            row.value_reasons
                .insert(criterion.key.clone(), json!(reason));
        }
    }
}

/// The planned figures of every area by year.
fn targets(asked: &Asked<'_>, plans: &Plans<'_>) -> BTreeMap<i32, BTreeMap<String, i64>> {
    let indicator = asked.people.attribute().id.as_str();
    let (level, period) = (&asked.query.level, asked.query.period.as_ref());
    let years = plans.years(indicator).into_iter();
    years
        .map(|year| (year, plans.planned_by_area(level, indicator, year, period)))
        .collect()
}

fn by_hand(set: &Override, computed: &Title, why: &Title) -> Title {
    let day = set.at.get(..10).unwrap_or(&set.at);
    Title {
        zh: format!(
            "人工判定：{}（{}，{day}）；按规则为{}：{}",
            set.reason, set.by, computed.zh, why.zh
        ),
        en: format!(
            "set by hand: {} ({}, {day}); by the rules {}: {}",
            set.reason, set.by, computed.en, why.en
        ),
    }
}

fn stability_sentence(
    rules: &ZoningRules,
    words: &[Words],
    flips: &[crate::analysis::zoning::Flip],
    swing: f64,
) -> Title {
    let percent = (swing * 100.0 * 1e6).round() / 1e6;
    if flips.is_empty() {
        return Title {
            zh: format!("阈值±{percent}%内分类不变"),
            en: format!("same class with each threshold ±{percent} %"),
        };
    }
    let parts = flips.iter().map(|flip| {
        let (title, word) = (title_of(rules, flip.class), &words[flip.criterion]);
        let threshold = word.threshold(flip.threshold);
        (
            format!("{}阈值取 {threshold} 时为{}", word.title.zh, title.zh),
            format!("{} with {} at {threshold}", title.en, word.title.en),
        )
    });
    let (zh, en): (Vec<String>, Vec<String>) = parts.unzip();
    Title {
        zh: zh.join("；"),
        en: en.join("; "),
    }
}
