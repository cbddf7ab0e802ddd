use super::Title;

/// Why a plan figure cannot be kept (指标行的错误).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanFault {
    /// Not a code of an area at all, and why.
    NoCode {
        text: String,
        problem: String,
    },
    /// No area has this code.
    UnknownArea(String),
    /// No layer counts this.
    UnknownIndicator(String),
    Negative(i64),
    Year(i64),
    /// The same area, year, count and date stands twice.
    Twice,
}

impl PlanFault {
    /// What is wrong, with the remedy.
    pub fn told(&self) -> Title {
        let (zh, en) = match self {
            PlanFault::NoCode { text, problem } => (
                format!("“{text}”不是区划代码；多个代码以 + 或、相连"),
                format!("`{text}` is no code of an area ({problem}); join several with +"),
            ),
            PlanFault::UnknownArea(code) => (
                format!("没有代码为 {code} 的单元"),
                format!("no area has the code `{code}`"),
            ),
            PlanFault::UnknownIndicator(name) => (
                format!(
                    "没有图层统计“{name}”；请写计数属性的编号或名称，如 usual_residents 或常住人口"
                ),
                format!(
                    "no layer counts `{name}`; write the id or the title of a count, e.g. usual_residents"
                ),
            ),
            PlanFault::Negative(value) => {
                (format!("{value} 为负数"), format!("{value} is negative"))
            }
            PlanFault::Year(year) => (
                format!("{year} 不是规划年份（1900 至 2200）"),
                format!("{year} is no year of a plan (1900 to 2200)"),
            ),
            PlanFault::Twice => (
                "单元、年份、指标与日期相同的行出现两次".into(),
                "area, year, indicator and date stand twice".into(),
            ),
        };
        Title { zh, en }
    }
}
