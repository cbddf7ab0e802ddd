use crate::domain::{Period, Reason, Title};

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    #[error("{field}: {problem}")]
    Field {
        field: &'static str,
        problem: String,
    },
    /// A date on which the timetable runs nothing, with the nearest that it does.
    #[error(
        "{field}: no service runs on {date}; nearest dates with service: {}",
        if .nearest.is_empty() { "none at all".to_owned() } else { .nearest.join(", ") }
    )]
    NoService {
        field: &'static str,
        date: String,
        nearest: Vec<String>,
    },
    /// A time of a date at which no vehicle runs anywhere, though some do at other times.
    #[error(
        "{field}: no vehicle runs on {date} within the time asked for; vehicles depart from \
         {first_departure} to {last_departure}, the last arrives at {last_arrival}: ask about a \
         time between"
    )]
    NoVehicle {
        field: &'static str,
        date: String,
        first_departure: String,
        last_departure: String,
        last_arrival: String,
    },
    /// A distance or time that is none, or goes further than is answered.
    #[error("{field}: more than 0 and at most {most} {unit}")]
    Beyond {
        field: &'static str,
        most: u64,
        /// m or min.
        unit: &'static str,
    },
    /// Areas were drawn anew between two times, and no crosswalk says what became of them.
    #[error(
        "level: the {level} codes of {old} and {new} do not match (only then: {}; only now: {}): bring \
         a crosswalk that says what became of them: suitu import crosswalk FILE.csv --level {level} \
         --from {old} --period {new}",
        codes(.only_then, "none", ", "), codes(.only_now, "none", ", ")
    )]
    NoCrosswalk {
        level: String,
        old: Period,
        new: Period,
        only_then: Vec<String>,
        only_now: Vec<String>,
    },
    /// A crosswalk carries sums over areas to new ones, and nothing else.
    #[error(
        "question: the areas of {level} were drawn anew between {old} and {new}: only sums over areas \
         (areas, calibers, balance without catchments) can be carried over"
    )]
    NotCarried {
        level: String,
        old: Period,
        new: Period,
    },
    /// Nothing is known of any of the places that all ways begin or end at.
    #[error("{field}: {}", unmeasurable(.names, *.reason).en)]
    Unmeasurable {
        field: &'static str,
        names: Vec<String>,
        reason: Reason,
    },
    #[error("there is no {what} `{name}`")]
    NotFound { what: &'static str, name: String },
    /// What is asked about is of later days alone.
    #[error("{what} holds nothing at or before {asked}; it holds {}", listed(.known))]
    NoPeriod {
        what: String,
        asked: Period,
        known: Vec<Period>,
    },
    #[error("cancelled")]
    Cancelled,
    #[error("the question needs more than {allowed_mb} MB of memory; ask for less at once")]
    TooLarge { allowed_mb: u64 },
}

impl QueryError {
    pub(crate) fn field(field: &'static str, problem: impl Into<String>) -> Self {
        QueryError::Field {
            field,
            problem: problem.into(),
        }
    }

    /// What is wrong and what to do, in both languages; fields are called as the question has them.
    pub fn told(&self) -> Title {
        Title::new(self.in_chinese(), self.to_string())
    }

    fn in_chinese(&self) -> String {
        match self {
            QueryError::Field { field, problem } => format!("问题中的 {field} 不能用：{problem}"),
            QueryError::NoService {
                field,
                date,
                nearest,
            } => match &nearest[..] {
                [] => format!(
                    "{field}：{date} 没有公交运行，时刻表中没有任何一天有运行；请重新导入时刻表"
                ),
                dates => format!(
                    "{field}：{date} 没有公交运行；最近有运行的日期：{}",
                    dates.join("、")
                ),
            },
            QueryError::NoVehicle {
                field,
                date,
                first_departure,
                last_departure,
                last_arrival,
            } => format!(
                "{field}：{date} 在所问的时段内没有车辆运行；当天 {first_departure} 至 \
                 {last_departure} 发车，末班 {last_arrival} 到达，请改问这段时间"
            ),
            QueryError::Beyond { field, most, unit } => {
                let unit = match *unit {
                    "min" => "分钟",
                    _ => "米",
                };
                format!("{field}：应大于 0，最大 {most} {unit}")
            }
            QueryError::NoCrosswalk {
                level,
                old,
                new,
                only_then,
                only_now,
            } => format!(
                "{level} 的代码在 {old} 与 {new} 不一致（仅前者有：{}；仅后者有：{}）；请导入说明沿革的\
                 对照表：suitu import crosswalk FILE.csv --level {level} --from {old} --period {new}",
                codes(only_then, "无", "、"),
                codes(only_now, "无", "、")
            ),
            QueryError::NotCarried { level, old, new } => format!(
                "{level} 的边界在 {old} 与 {new} 之间重划过；对照表只能换算各单元的合计（单元合计、\
                 人口口径、不含可达范围的职住平衡）"
            ),
            QueryError::Unmeasurable {
                field,
                names,
                reason,
            } => {
                format!("{field}：{}", unmeasurable(names, *reason).zh)
            }
            QueryError::NotFound { what, name } => match in_chinese(what) {
                Some(what) => format!("没有{what}“{name}”；请核对名称或编号"),
                None => format!("没有“{name}”（{what}）；请核对名称或编号"),
            },
            QueryError::NoPeriod { what, asked, known } => {
                let what = match &**what {
                    "the city" => "城市",
                    layer => layer,
                };
                format!(
                    "{what} 在 {asked} 及以前没有数据；现有时点：{}",
                    listed(known)
                )
            }
            QueryError::Cancelled => "已取消".to_owned(),
            QueryError::TooLarge { allowed_mb } => {
                format!("这个问题所需内存超过 {allowed_mb} MB；请缩小范围，或分几次提问")
            }
        }
    }
}

fn listed(periods: &[Period]) -> String {
    let periods: Vec<&str> = periods.iter().map(Period::as_str).collect();
    periods.join(", ")
}

/// The first ten codes, and how many more there are.
fn codes(all: &[String], none: &str, between: &str) -> String {
    const NAMED: usize = 10;
    let named = all[..all.len().min(NAMED)].join(between);
    match all.len().checked_sub(NAMED) {
        _ if all.is_empty() => none.to_owned(),
        None | Some(0) => named,
        Some(more) => format!("{named} (+{more})"),
    }
}

/// A kind of thing that was not found, in Chinese.
fn in_chinese(what: &str) -> Option<&'static str> {
    Some(match what {
        "layer" => "图层",
        "feature" => "要素",
        "stop" => "站点",
        "scenario" => "方案",
        "attribute" => "属性",
        "area" => "单元",
        "area of that level" | "area of this level" => "该层级的单元",
        "facility layer" | "facility layer with features" => "有数据的设施图层",
        "candidate layer with features" => "有数据的候选点图层",
        "population attribute" | "population attribute with values" => "有数据的人口口径",
        "norm set" => "标准",
        _ => return None,
    })
}

/// Why nothing is known of some places, and what to do.
fn unmeasurable(names: &[String], reason: Reason) -> Title {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let (more_zh, more_en) = match names.len() {
        count if count > SHOWN => (
            format!("等 {count} 处"),
            format!(" and {} more", count - SHOWN),
        ),
        _ => Default::default(),
    };
    let (why_zh, why_en) = match reason {
        Reason::OffNetwork => (
            "500 m 内没有街道，量不出来；请核对坐标，或导入那里的街道",
            "no street lies within 500 m, so nothing can be measured; check the coordinates, or \
             import the streets around",
        ),
        _ => (
            "出行时间矩阵中没有；请用矩阵两端图层的要素",
            "the table of travel times does not name it; ask for features of its two layers",
        ),
    };
    Title::new(
        format!("{}{more_zh}：{why_zh}", shown.join("、")),
        format!("{}{more_en}: {why_en}", shown.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_in_both_languages() {
        let beyond = QueryError::Beyond {
            field: "cutoffs",
            most: 480,
            unit: "min",
        };
        let Title { zh, en } = beyond.told();
        assert_eq!(zh, "cutoffs：应大于 0，最大 480 分钟");
        assert_eq!(en, "cutoffs: more than 0 and at most 480 min");
        let names: Vec<String> = (1..=7).map(|number| format!("p{number}")).collect();
        let at_sea = QueryError::Unmeasurable {
            field: "origins",
            names,
            reason: Reason::OffNetwork,
        };
        let Title { zh, en } = at_sea.told();
        assert!(
            zh.starts_with("origins：p1、p2、p3、p4、p5等 7 处：500 m"),
            "{zh}"
        );
        assert!(
            en.starts_with("origins: p1, p2, p3, p4, p5 and 2 more: no street"),
            "{en}"
        );
        let too_early = QueryError::NoVehicle {
            field: "departure",
            date: "2019-05-13".into(),
            first_departure: "11:00".into(),
            last_departure: "16:40".into(),
            last_arrival: "16:59".into(),
        };
        let Title { zh, en } = too_early.told();
        assert!(zh.contains("当天 11:00 至 16:40 发车"), "{zh}");
        assert!(en.contains("depart from 11:00 to 16:40"), "{en}");
        let unknown = QueryError::NotFound {
            what: "stop",
            name: "9:nowhere".into(),
        };
        assert_eq!(unknown.told().zh, "没有站点“9:nowhere”；请核对名称或编号");
    }
}
