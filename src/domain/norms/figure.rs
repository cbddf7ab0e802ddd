use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::Title;

/// How sure a figure is (可信度).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confidence {
    /// Read in the published source.
    A,
    /// Computed from figures that were read in the source.
    #[serde(rename = "A*")]
    Computed,
    /// Well-established practice, the text not read again.
    B,
    /// Unsure: nothing may be computed with it.
    C,
    /// Set by the city for itself (本市设定).
    #[serde(rename = "city")]
    City,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Confidence::A => "A",
            Confidence::Computed => "A*",
            Confidence::B => "B",
            Confidence::C => "C",
            Confidence::City => "city",
        })
    }
}

/// One number of a norm (标准值) with what is needed to trust it. Without a value it is for the
/// city to set (由城市设定).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    #[serde(default)]
    pub value: Option<f64>,
    /// What the value counts, e.g. `m`, `min`, `per_1000`.
    #[serde(default)]
    pub unit: String,
    /// Where the value is published.
    #[serde(default)]
    pub source: String,
    /// The same in English; the source as it stands without it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    /// When that was published: a year, a month or a day.
    #[serde(default)]
    pub date: String,
    #[serde(default)]
    pub confidence: Option<Confidence>,
    /// Nobody published it: it is taken for granted until the city sets it (假设).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assumption: bool,
}

impl Figure {
    pub fn source_title(&self) -> Title {
        Title::of_source(&self.source, &self.source_en)
    }

    /// Whether the city must set the value first.
    pub fn set_by_city(&self) -> bool {
        self.value.is_none()
    }
}

/// The range that a figure of a field must lie in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    pub units: &'static [&'static str],
    pub least: f64,
    pub most: f64,
    /// Whether `least` itself is allowed.
    pub with_least: bool,
}

impl Allowed {
    /// More than 0 of some units.
    pub const fn positive(units: &'static [&'static str], most: f64) -> Self {
        Allowed {
            units,
            least: 0.0,
            most,
            with_least: false,
        }
    }

    /// What is wrong with a figure, with the field's end and what to do: `.unit`, "is missing …".
    pub fn check(&self, figure: &Figure) -> Result<(), (&'static str, Title)> {
        let units = self.units.join(", ");
        match figure.unit.as_str() {
            "" => {
                let problem = Title::new(
                    format!("缺少单位；请写其中之一：{units}"),
                    format!("is missing; write one of: {units}"),
                );
                return Err(("unit", problem));
            }
            unit if !self.units.contains(&unit) => {
                let problem = Title::new(
                    format!("“{unit}”不适用；请写其中之一：{units}"),
                    format!("`{unit}` does not fit; write one of: {units}"),
                );
                return Err(("unit", problem));
            }
            _ => {}
        }
        let Some(value) = figure.value else {
            return Ok(());
        };
        let low_enough = value <= self.most;
        let high_enough = value > self.least || (self.with_least && value == self.least);
        if !(low_enough && high_enough) {
            let (low_zh, low) = match self.with_least {
                true => ("不小于", "at least"),
                false => ("大于", "more than"),
            };
            let (least, most, unit) = (self.least, self.most, &figure.unit);
            let problem = Title::new(
                format!(
                    "{value} 不可能；请写{low_zh} {least} 且不大于 {most} 的数（{unit}），或不写值，\
                     留待本市设定"
                ),
                format!(
                    "{value} is not possible; write {low} {least} and at most {most} {unit}, or \
                     leave the value out for the city to set"
                ),
            );
            return Err(("value", problem));
        }
        if figure.source.trim().is_empty() {
            let problem = Title::new(
                "缺少来源；请写明数值出自何处",
                "is missing; say where the value is from",
            );
            return Err(("source", problem));
        }
        let date = &figure.date;
        if date.parse::<crate::domain::Period>().is_err() {
            let problem = Title::new(
                format!("“{date}”不是日期；请写 2018、2018-12 或 2018-12-01"),
                format!("`{date}` is no date; write 2018, 2018-12 or 2018-12-01"),
            );
            return Err(("date", problem));
        }
        match figure.confidence {
            None => Err((
                "confidence",
                Title::new(
                    "缺少可信度；请写 A（核对过原文）、B（通行数值）或 city（本市设定）",
                    "is missing; write A (read in the source), B (established practice) or city \
                     (set by the city)",
                ),
            )),
            Some(Confidence::C) => Err((
                "confidence",
                Title::new(
                    "C 不够可靠，不能用于计算；请不写值，留待本市设定，或核实后写 A、B 或 city",
                    "C is too unsure to compute with; leave the value out for the city to set, or \
                     confirm it and write A, B or city",
                ),
            )),
            Some(_) => Ok(()),
        }
    }
}
