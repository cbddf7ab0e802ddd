use serde::{Deserialize, Serialize};

use super::{AreaCode, AttributeId, Title};

/// What a figure of a plan or bulletin says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    /// To be reached (目标).
    #[default]
    Target,
    /// Not to be passed (上限).
    AtMost,
    /// To be reached or passed (下限).
    AtLeast,
    /// What is published as being so (现状公布数).
    Actual,
}

/// One figure of a plan or bulletin (规划指标): where, when, what, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFigure {
    /// The areas that it is the sum of; none is the whole city.
    #[serde(default)]
    pub areas: Vec<AreaCode>,
    /// What these areas are called together; empty for one area.
    #[serde(default)]
    pub name: Title,
    pub year: i32,
    /// The count that it is of, e.g. `usual_residents`.
    pub indicator: AttributeId,
    pub value: i64,
    #[serde(default)]
    pub kind: FigureKind,
    #[serde(default)]
    pub source: String,
    /// The same in English; as it stands without it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    /// The date of the source: of two figures for the same, the later one holds.
    #[serde(default)]
    pub date: String,
    /// How sure the figure is, as the steward marks it (A, B, C).
    #[serde(default)]
    pub confidence: String,
}

impl PlanFigure {
    /// Areas as one text, `440103+440104`; empty for the whole city.
    pub fn code(&self) -> String {
        let codes: Vec<&str> = self.areas.iter().map(AreaCode::as_str).collect();
        codes.join("+")
    }

    /// Whether both say something of the same: the later one then takes the place of the other.
    pub fn is_of_same(&self, other: &PlanFigure) -> bool {
        let is_actual = |figure: &PlanFigure| figure.kind == FigureKind::Actual;
        self.areas == other.areas
            && self.year == other.year
            && self.indicator == other.indicator
            && is_actual(self) == is_actual(other)
    }
}
