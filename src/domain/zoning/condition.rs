use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::{
    Indicator, Parameters, RuleError,
    error::{class, criterion},
};
use crate::domain::Title;

/// How a value is held against a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Comparison {
    #[serde(rename = ">")]
    Above,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "<")]
    Below,
    #[serde(rename = "<=")]
    AtMost,
}

impl Comparison {
    fn of_sign(sign: &str) -> Option<Self> {
        match sign {
            ">" => Some(Comparison::Above),
            ">=" | "≥" => Some(Comparison::AtLeast),
            "<" => Some(Comparison::Below),
            "<=" | "≤" => Some(Comparison::AtMost),
            _ => None,
        }
    }

    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Above => ">",
            Comparison::AtLeast => "≥",
            Comparison::Below => "<",
            Comparison::AtMost => "≤",
        }
    }

    /// In words, for a sentence: `高于 20000`, `above 20000`.
    pub fn words(self) -> Title {
        let (zh, en) = match self {
            Comparison::Above => ("高于", "above"),
            Comparison::AtLeast => ("不低于", "at least"),
            Comparison::Below => ("低于", "below"),
            Comparison::AtMost => ("不高于", "at most"),
        };
        Title {
            zh: zh.into(),
            en: en.into(),
        }
    }

    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Comparison::Above => value > threshold,
            Comparison::AtLeast => value >= threshold,
            Comparison::Below => value < threshold,
            Comparison::AtMost => value <= threshold,
        }
    }
}

/// One visible criterion of a class (判定条件).
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// `CLASS.NUMBER`, numbered from 1 within its class: what a slider moves.
    pub key: String,
    pub indicator: Indicator,
    pub parameters: Parameters,
    pub comparison: Comparison,
    pub threshold: f64,
    pub unit: String,
    pub source: String,
    /// The same in English; empty where the source stands as it is.
    pub source_en: String,
    pub confidence: String,
}

/// Criteria joined by all or any, or what is left when every class before has been ruled out.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Criterion(Box<Criterion>),
    /// Of the last class only.
    Otherwise,
}

/// A condition as a file has it: a group, or a criterion.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCondition {
    #[schema(no_recursion)]
    pub all: Option<Vec<RawCondition>>,
    #[schema(no_recursion)]
    pub any: Option<Vec<RawCondition>>,
    /// Printed by the server, not read.
    #[serde(rename = "key")]
    _key: Option<String>,
    indicator: Option<String>,
    comparison: Option<String>,
    threshold: Option<f64>,
    unit: Option<String>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    source_en: String,
    #[serde(default)]
    confidence: String,
    layer: Option<String>,
    within_m: Option<f64>,
    mode: Option<String>,
    capacity: Option<String>,
    measure: Option<String>,
    service: Option<String>,
    norms: Option<String>,
}

/// Groups within groups, at most.
const MAX_DEPTH: usize = 8;

impl RawCondition {
    /// What a class as a whole asks for.
    pub fn group(all: Option<Vec<RawCondition>>, any: Option<Vec<RawCondition>>) -> Self {
        RawCondition {
            all,
            any,
            ..RawCondition::default()
        }
    }

    /// Checks and numbers the criteria; `count` runs through the class.
    pub fn check(
        self,
        class_id: &str,
        count: &mut usize,
        depth: usize,
    ) -> Result<Condition, RuleError> {
        if depth > MAX_DEPTH {
            return Err(RuleError::at(
                class(class_id),
                format!("条件组最多嵌套 {MAX_DEPTH} 层"),
                format!("groups stand at most {MAX_DEPTH} deep"),
            ));
        }
        match (
            self.all.is_some(),
            self.any.is_some(),
            self.indicator.is_some(),
        ) {
            (true, false, false) => {
                let group = group(self.all.unwrap_or_default(), class_id, count, depth)?;
                Ok(Condition::All(group))
            }
            (false, true, false) => {
                let group = group(self.any.unwrap_or_default(), class_id, count, depth)?;
                Ok(Condition::Any(group))
            }
            (false, false, true) => {
                *count += 1;
                let criterion = self.criterion(class_id, *count)?;
                Ok(Condition::Criterion(Box::new(criterion)))
            }
            (false, false, false) => {
                let known = known();
                Err(RuleError::at(
                    criterion(class_id, *count + 1),
                    format!("缺少 indicator；可用的指标：{known}"),
                    format!("`indicator` is missing; it is one of: {known}"),
                ))
            }
            _ => Err(RuleError::at(
                class(class_id),
                "一个条件只能是 all、any 或一个 indicator",
                "a condition is either `all`, `any` or one `indicator`",
            )),
        }
    }

    fn criterion(self, class_id: &str, number: usize) -> Result<Criterion, RuleError> {
        let fail = |zh: String, en: String| RuleError::at(criterion(class_id, number), zh, en);
        let named = self.indicator.unwrap_or_default();
        let indicator = Indicator::of_key(&named).ok_or_else(|| {
            let (shown, known) = (named.chars().take(64).collect::<String>(), known());
            fail(
                format!("没有指标“{shown}”；可用的指标：{known}"),
                format!("there is no indicator `{shown}`; it is one of: {known}"),
            )
        })?;
        let sign = self.comparison.as_deref().unwrap_or_default();
        let comparison = Comparison::of_sign(sign).ok_or_else(|| {
            fail(
                format!("comparison “{sign}”：请写 >、>=、< 或 <="),
                format!("comparison `{sign}`: write >, >=, < or <="),
            )
        })?;
        let threshold = self
            .threshold
            .filter(|value| value.is_finite())
            .ok_or_else(|| {
                fail(
                    "threshold 缺失或不是数字；请写数字".into(),
                    "`threshold` is missing or no number; write a number".into(),
                )
            })?;
        let unit = self.unit.unwrap_or_default();
        if unit != indicator.unit() {
            let (zh, en) = match unit.is_empty() {
                true => ("缺少 unit".to_owned(), "`unit` is missing".to_owned()),
                false => (
                    format!("unit “{unit}”不适用"),
                    format!("unit `{unit}` does not fit"),
                ),
            };
            let (key, unit) = (indicator.key(), indicator.unit());
            return Err(fail(
                format!("{zh}：{key} 的单位是 {unit}"),
                format!("{en}: {key} is in `{unit}`"),
            ));
        }
        let parameters = Parameters {
            layer: self.layer,
            within_m: self.within_m,
            mode: self.mode,
            capacity: self.capacity,
            measure: self.measure,
            service: self.service,
            norms: self.norms,
        };
        let (needed, allowed) = indicator.parameters();
        let given = parameters.given();
        if let Some(lacking) = needed.iter().find(|name| !given.contains(name)) {
            let key = indicator.key();
            return Err(fail(
                format!("{key} 缺少参数 {lacking}"),
                format!("{key} needs `{lacking}`"),
            ));
        }
        let fits = |name: &&&str| !needed.contains(*name) && !allowed.contains(*name);
        if let Some(foreign) = given.iter().find(fits) {
            let key = indicator.key();
            return Err(fail(
                format!("{key} 没有参数 {foreign}；请删去"),
                format!("{key} has no `{foreign}`; leave it out"),
            ));
        }
        if let Some(metres) = parameters.within_m
            && !(metres > 0.0 && metres <= 100_000.0)
        {
            return Err(fail(
                format!("within_m {metres}：距离须大于 0 且不超过 100000 米"),
                format!("within_m {metres}: a reach is more than 0 and at most 100000 metres"),
            ));
        }
        Ok(Criterion {
            key: format!("{class_id}.{number}"),
            indicator,
            parameters,
            comparison,
            threshold,
            unit,
            source: self.source,
            source_en: self.source_en,
            confidence: self.confidence,
        })
    }
}

fn group(
    members: Vec<RawCondition>,
    class_id: &str,
    count: &mut usize,
    depth: usize,
) -> Result<Vec<Condition>, RuleError> {
    if members.is_empty() {
        return Err(RuleError::at(
            class(class_id),
            "每组至少一个条件",
            "a group has at least one criterion",
        ));
    }
    let members = members.into_iter();
    members
        .map(|member| member.check(class_id, count, depth + 1))
        .collect()
}

fn known() -> String {
    Indicator::ALL.map(Indicator::key).join(", ")
}

impl Condition {
    /// The criteria in the order of the file.
    pub fn criteria(&self) -> Vec<&Criterion> {
        match self {
            Condition::Criterion(criterion) => vec![criterion],
            Condition::All(members) | Condition::Any(members) => {
                members.iter().flat_map(Condition::criteria).collect()
            }
            Condition::Otherwise => Vec::new(),
        }
    }

    pub(super) fn criteria_mut(&mut self) -> Vec<&mut Criterion> {
        match self {
            Condition::Criterion(criterion) => vec![criterion],
            Condition::All(members) | Condition::Any(members) => {
                let members = members.iter_mut();
                members.flat_map(Condition::criteria_mut).collect()
            }
            Condition::Otherwise => Vec::new(),
        }
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Condition::Criterion(criterion) => criterion.serialize(serializer),
            Condition::All(members) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("all", members)?;
                map.end()
            }
            Condition::Any(members) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("any", members)?;
                map.end()
            }
            Condition::Otherwise => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("otherwise", &true)?;
                map.end()
            }
        }
    }
}

impl Serialize for Criterion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'c> {
            key: &'c str,
            indicator: &'static str,
            #[serde(flatten)]
            parameters: &'c Parameters,
            comparison: Comparison,
            threshold: f64,
            unit: &'c str,
            source: &'c str,
            #[serde(skip_serializing_if = "str::is_empty")]
            source_en: &'c str,
            confidence: &'c str,
        }
        Flat {
            key: &self.key,
            indicator: self.indicator.key(),
            parameters: &self.parameters,
            comparison: self.comparison,
            threshold: self.threshold,
            unit: &self.unit,
            source: &self.source,
            source_en: &self.source_en,
            confidence: &self.confidence,
        }
        .serialize(serializer)
    }
}
