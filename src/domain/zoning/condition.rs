use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::{Indicator, Parameters, RuleError};
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
        class: &str,
        count: &mut usize,
        depth: usize,
    ) -> Result<Condition, RuleError> {
        let class_place = format!("class `{class}`");
        if depth > MAX_DEPTH {
            let problem = format!("groups stand at most {MAX_DEPTH} deep");
            return Err(RuleError::at(&class_place, problem));
        }
        match (
            self.all.is_some(),
            self.any.is_some(),
            self.indicator.is_some(),
        ) {
            (true, false, false) => {
                let group = group(self.all.unwrap_or_default(), class, count, depth)?;
                Ok(Condition::All(group))
            }
            (false, true, false) => {
                let group = group(self.any.unwrap_or_default(), class, count, depth)?;
                Ok(Condition::Any(group))
            }
            (false, false, true) => {
                *count += 1;
                let place = format!("{class_place}, criterion {count}");
                let criterion = self.criterion(class, *count, &place)?;
                Ok(Condition::Criterion(Box::new(criterion)))
            }
            (false, false, false) => {
                let place = format!("{class_place}, criterion {}", *count + 1);
                let problem = format!("`indicator` is missing; it is one of: {}", known());
                Err(RuleError::at(&place, problem))
            }
            _ => {
                let problem = "a condition is either `all`, `any` or one `indicator`";
                Err(RuleError::at(&class_place, problem))
            }
        }
    }

    fn criterion(self, class: &str, number: usize, place: &str) -> Result<Criterion, RuleError> {
        let fail = |problem: String| RuleError::at(place, problem);
        let named = self.indicator.unwrap_or_default();
        let indicator = Indicator::of_key(&named).ok_or_else(|| {
            fail(format!(
                "there is no indicator `{}`; it is one of: {}",
                named.chars().take(64).collect::<String>(),
                known()
            ))
        })?;
        let sign = self.comparison.as_deref().unwrap_or_default();
        let comparison = Comparison::of_sign(sign)
            .ok_or_else(|| fail(format!("comparison `{sign}`: write >, >=, < or <=")))?;
        let threshold = self
            .threshold
            .filter(|value| value.is_finite())
            .ok_or_else(|| fail("`threshold` is missing or no number".into()))?;
        let unit = self.unit.unwrap_or_default();
        if unit != indicator.unit() {
            let problem = match unit.is_empty() {
                true => "`unit` is missing".to_owned(),
                false => format!("unit `{unit}` does not fit"),
            };
            let (key, unit) = (indicator.key(), indicator.unit());
            return Err(fail(format!("{problem}: {key} is in `{unit}`")));
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
            return Err(fail(format!("{} needs `{lacking}`", indicator.key())));
        }
        let fits = |name: &&&str| !needed.contains(*name) && !allowed.contains(*name);
        if let Some(foreign) = given.iter().find(fits) {
            return Err(fail(format!("{} has no `{foreign}`", indicator.key())));
        }
        if let Some(metres) = parameters.within_m
            && !(metres > 0.0 && metres <= 100_000.0)
        {
            return Err(fail(format!(
                "within_m {metres}: a reach is more than 0 and at most 100000 metres"
            )));
        }
        Ok(Criterion {
            key: format!("{class}.{number}"),
            indicator,
            parameters,
            comparison,
            threshold,
            unit,
            source: self.source,
            confidence: self.confidence,
        })
    }
}

fn group(
    members: Vec<RawCondition>,
    class: &str,
    count: &mut usize,
    depth: usize,
) -> Result<Vec<Condition>, RuleError> {
    if members.is_empty() {
        let place = format!("class `{class}`");
        return Err(RuleError::at(&place, "a group has at least one criterion"));
    }
    let members = members.into_iter();
    members
        .map(|member| member.check(class, count, depth + 1))
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
            confidence: &self.confidence,
        }
        .serialize(serializer)
    }
}
