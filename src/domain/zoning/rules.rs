use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Condition, Criterion, RuleError,
    condition::RawCondition,
    error::{class, field},
};
use crate::domain::Title;

/// Where the population of a class is meant to go; a plan that goes elsewhere is a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PlanDirection)]
pub enum Direction {
    /// No net growth, rather fewer (疏解).
    Reduce,
    /// About as many (优化).
    Hold,
    /// More (集聚).
    Grow,
    /// Kept as it is for the land's sake (控制).
    Protect,
}

/// A layout class (分类) with all that decides it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ZoningClass {
    pub id: String,
    pub title: Title,
    /// What a plan does there (引导措施).
    pub guidance: Title,
    /// `#rrggbb`
    pub colour: String,
    pub direction: Direction,
    #[serde(flatten)]
    pub condition: Condition,
}

/// An ordered set of classes: an area belongs to the first one whose condition is met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ZoningRules {
    pub id: String,
    pub title: Title,
    pub source: String,
    /// The same in English; as it stands without it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    /// When the rules were made, as the source says.
    pub date: String,
    /// What every reader must know, e.g. that thresholds are placeholders.
    pub note: Title,
    /// Whether the thresholds wait for the city to set them.
    pub placeholder: bool,
    /// The year of the plan that planned residents are taken from.
    pub plan_year: i32,
    pub classes: Vec<ZoningClass>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RawRules {
    id: String,
    title: Title,
    #[serde(default)]
    source: String,
    #[serde(default)]
    source_en: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    note: Title,
    #[serde(default)]
    placeholder: bool,
    plan_year: i32,
    classes: Vec<RawClass>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RawClass {
    id: String,
    title: Title,
    #[serde(default)]
    guidance: Title,
    colour: String,
    direction: Direction,
    all: Option<Vec<RawCondition>>,
    any: Option<Vec<RawCondition>>,
    #[serde(default)]
    otherwise: bool,
}

impl utoipa::PartialSchema for ZoningRules {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        RawRules::schema()
    }
}

impl utoipa::ToSchema for ZoningRules {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        RawRules::schemas(schemas);
    }
}

impl ZoningRules {
    /// # Errors
    /// Text that is no TOML of this shape, an unknown indicator, a missing or wrong unit, a class
    /// twice …, with its place in `file`.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, RuleError> {
        let raw: RawRules =
            toml::from_str(text).map_err(|e| RuleError::of_file(file, e.to_string()))?;
        check(raw).map_err(|error| error.in_file(file))
    }

    /// The same from JSON, as [`serde_json::to_value`] writes it.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn from_json(file: &str, json: &serde_json::Value) -> Result<Self, RuleError> {
        let raw =
            RawRules::deserialize(json).map_err(|e| RuleError::of_file(file, e.to_string()))?;
        check(raw).map_err(|error| error.in_file(file))
    }

    /// Every criterion of every class, in the order of the file.
    pub fn criteria(&self) -> Vec<&Criterion> {
        let classes = self.classes.iter();
        classes
            .flat_map(|class| class.condition.criteria())
            .collect()
    }

    pub fn class(&self, id: &str) -> Option<(usize, &ZoningClass)> {
        let mut classes = self.classes.iter().enumerate();
        classes.find(|(_, class)| class.id == id)
    }

    /// The same rules with other thresholds, by the keys of criteria.
    ///
    /// # Errors
    /// A key that no criterion has, or a threshold that is no number.
    pub fn with_thresholds(mut self, given: &BTreeMap<String, f64>) -> Result<Self, RuleError> {
        let mut left: BTreeSet<&String> = given.keys().collect();
        for class in &mut self.classes {
            for criterion in class.condition.criteria_mut() {
                let Some(threshold) = given.get(&criterion.key) else {
                    continue;
                };
                left.remove(&criterion.key);
                if !threshold.is_finite() {
                    let place = field(&criterion.key);
                    let error = RuleError::at(place, "阈值须为数字", "a threshold is a number");
                    return Err(error.in_file("thresholds"));
                }
                criterion.threshold = *threshold;
            }
        }
        match left.first() {
            None => Ok(self),
            Some(key) => {
                let known: Vec<&str> = self.criteria().iter().map(|c| c.key.as_str()).collect();
                let known = known.join(", ");
                let error = RuleError::at(
                    field(key),
                    format!("没有此键的条件；可用的有：{known}"),
                    format!("no criterion has this key; it is one of {known}"),
                );
                Err(error.in_file("thresholds"))
            }
        }
    }
}

fn check(raw: RawRules) -> Result<ZoningRules, RuleError> {
    check_name("id", &raw.id)?;
    if raw.title.zh.is_empty() || raw.title.en.is_empty() {
        let place = field("title");
        return Err(RuleError::at(place, "请写 zh 与 en", "write zh and en"));
    }
    if !(1900..=2200).contains(&raw.plan_year) {
        return Err(RuleError::at(
            field("plan_year"),
            "请写年份，如 2035",
            "write a year, e.g. 2035",
        ));
    }
    if raw.classes.is_empty() || raw.classes.len() > MAX_CLASSES {
        return Err(RuleError::at(
            field("classes"),
            format!("请写 1 至 {MAX_CLASSES} 类"),
            format!("write between 1 and {MAX_CLASSES} classes"),
        ));
    }
    let mut seen = BTreeSet::new();
    let mut classes: Vec<ZoningClass> = Vec::new();
    for raw in raw.classes {
        if let Some(before) = classes.last()
            && before.condition == Condition::Otherwise
        {
            return Err(RuleError::at(
                class(&before.id),
                "otherwise 只用于最后一类",
                "`otherwise` is for the last class",
            ));
        }
        check_name("class", &raw.id)?;
        let fail = |zh: &str, en: &str| RuleError::at(class(&raw.id), zh, en);
        if !seen.insert(raw.id.clone()) {
            return Err(fail(
                "重复；请给每类单独的编号",
                "stands twice; give each its own id",
            ));
        }
        if raw.title.zh.is_empty() || raw.title.en.is_empty() {
            return Err(fail("title：请写 zh 与 en", "title: write zh and en"));
        }
        let digits = raw.colour.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            let colour = &raw.colour;
            return Err(fail(
                &format!("colour “{colour}”：请写 #rrggbb"),
                &format!("colour `{colour}`: write #rrggbb"),
            ));
        }
        let condition = match (raw.all.is_some(), raw.any.is_some(), raw.otherwise) {
            (false, false, true) => Condition::Otherwise,
            (true, false, false) | (false, true, false) => {
                RawCondition::group(raw.all, raw.any).check(&raw.id, &mut 0, 0)?
            }
            _ => {
                return Err(fail(
                    "条件请写在 all 或 any 之一，或写 otherwise = true",
                    "write criteria in either `all` or `any`, or `otherwise = true`",
                ));
            }
        };
        classes.push(ZoningClass {
            id: raw.id,
            title: raw.title,
            guidance: raw.guidance,
            colour: raw.colour,
            direction: raw.direction,
            condition,
        });
    }
    let rules = ZoningRules {
        id: raw.id,
        title: raw.title,
        source: raw.source,
        source_en: raw.source_en,
        date: raw.date,
        note: raw.note,
        placeholder: raw.placeholder,
        plan_year: raw.plan_year,
        classes,
    };
    match rules.criteria().len() > MAX_CRITERIA {
        true => Err(RuleError::at(
            field("classes"),
            format!("条件最多 {MAX_CRITERIA} 个"),
            format!("at most {MAX_CRITERIA} criteria"),
        )),
        false => Ok(rules),
    }
}

const MAX_CLASSES: usize = 20;
const MAX_CRITERIA: usize = 200;

fn check_name(what: &str, name: &str) -> Result<(), RuleError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > 40 || !name.chars().all(fits) || name == "none" {
        let shown: String = name.chars().take(64).collect();
        return Err(RuleError::at(
            field(what),
            format!("“{shown}”：请用小写字母、数字和 _，最多 40 个，不能是 none"),
            format!("`{shown}`: write small letters, digits and _, at most 40, not `none`"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id = \"t\"\ntitle = { zh = \"试\", en = \"T\" }\nplan_year = 2035\n";

    fn class(rest: &str) -> String {
        format!(
            "{HEAD}[[classes]]\nid = \"a\"\ntitle = {{ zh = \"甲\", en = \"A\" }}\n\
             colour = \"#112233\"\ndirection = \"hold\"\n{rest}"
        )
    }

    #[test]
    fn groups_within_groups_are_read_numbered_and_written_back() {
        let text = class(
            "[[classes.all]]\nindicator = \"density_per_km2\"\ncomparison = \">\"\n\
             threshold = 20000\nunit = \"person_per_km2\"\n\
             [[classes.all]]\nany = [\n\
             { indicator = \"capacity_ratio\", comparison = \">=\", threshold = 1, unit = \"share\" },\n\
             { indicator = \"station_share_residents\", within_m = 800, comparison = \"<\", threshold = 0.5, unit = \"share\" },\n]\n",
        );
        let rules = ZoningRules::from_toml("t.toml", &text).expect("sound rules");
        let keys: Vec<&str> = rules.criteria().iter().map(|c| c.key.as_str()).collect();
        assert_eq!(keys, ["a.1", "a.2", "a.3"]);
        assert!(matches!(&rules.classes[0].condition, Condition::All(m)
            if matches!(&m[1], Condition::Any(m) if m.len() == 2)));
        let json = serde_json::to_value(&rules).expect("JSON");
        assert_eq!(
            ZoningRules::from_json("again", &json).expect("the same"),
            rules
        );
        let moved = rules
            .clone()
            .with_thresholds(&[("a.2".to_owned(), 0.8)].into());
        assert_eq!(moved.expect("a known key").criteria()[1].threshold, 0.8);
        let wrong = rules.with_thresholds(&[("a.9".to_owned(), 0.8)].into());
        assert!(wrong.unwrap_err().to_string().contains("a.9"));
    }

    #[test]
    fn a_bad_file_is_refused_with_place_and_remedy() {
        let criterion = |rest: &str| class(&format!("all = [{{ {rest} }}]\n"));
        for (text, wanted) in [
            (
                criterion(
                    "indicator = \"densty\", comparison = \">\", threshold = 1, unit = \"share\"",
                ),
                &["class `a`, criterion 1", "`densty`", "density_per_km2"][..],
            ),
            (
                criterion("indicator = \"capacity_ratio\", comparison = \">\", threshold = 1"),
                &["`unit` is missing", "`share`"],
            ),
            (
                criterion(
                    "indicator = \"capacity_ratio\", comparison = \">\", threshold = 1, unit = \"km2\"",
                ),
                &["unit `km2`", "`share`"],
            ),
            (
                criterion(
                    "indicator = \"capacity_ratio\", comparison = \"=\", threshold = 1, unit = \"share\"",
                ),
                &["comparison `=`", ">="],
            ),
            (
                criterion("indicator = \"capacity_ratio\", comparison = \">\", unit = \"share\""),
                &["`threshold`"],
            ),
            (
                criterion(
                    "indicator = \"station_share_residents\", comparison = \">\", threshold = 0.5, unit = \"share\"",
                ),
                &["needs `within_m`"],
            ),
            (
                criterion(
                    "indicator = \"capacity_ratio\", within_m = 5, comparison = \">\", threshold = 0.5, unit = \"share\"",
                ),
                &["has no `within_m`"],
            ),
            (class(""), &["class `a`", "`all` or `any`"]),
            (
                class("otherwise = true\nall = []\n"),
                &["class `a`", "`otherwise = true`"],
            ),
            (
                class(
                    "otherwise = true\n[[classes]]\nid = \"b\"\ntitle = { zh = \"乙\", en = \"B\" }\n\
                     colour = \"#112233\"\ndirection = \"hold\"\notherwise = true\n",
                ),
                &["class `a`", "last class"],
            ),
            (class("all = []\n"), &["at least one criterion"]),
            (class("colours = 3\n"), &["colours"]),
            (HEAD.to_owned(), &["classes"]),
            ("id = ".to_owned(), &["t.toml"]),
        ] {
            let error = ZoningRules::from_toml("t.toml", &text)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("t.toml: "), "{error}");
            for part in wanted {
                assert!(error.contains(part), "{error}: no {part}");
            }
        }
    }
}
