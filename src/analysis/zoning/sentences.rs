use super::{Judged, Value, Verdict};
use crate::domain::{
    Title,
    zoning::{Condition, Criterion, ZoningRules},
};

/// How an indicator is called and its figures are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    pub title: Title,
    /// After the figure; empty where there is none.
    pub unit: Title,
    /// Written as percent.
    pub is_share: bool,
    pub decimals: u8,
}

impl Words {
    /// A figure as people read it: `23,456`, `82.1%`.
    fn figure(&self, value: f64) -> String {
        match self.is_share {
            // A point more than the threshold has, so that 89.96 % is not seen as 90 %.
            true => format!("{}%", grouped(value * 100.0, 1)),
            false => grouped(value, self.decimals),
        }
    }

    /// A threshold: no more decimals than it needs.
    pub fn threshold(&self, value: f64) -> String {
        match self.is_share {
            true => trimmed(value * 100.0) + "%",
            false => trimmed(value),
        }
    }
}

fn trimmed(value: f64) -> String {
    // Six decimals hide the noise of 0.7 * 100.
    let text = grouped(value, 6);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A figure with commas between thousands.
pub fn grouped(value: f64, decimals: u8) -> String {
    let text = format!("{value:.*}", usize::from(decimals));
    let (sign, digits) = match text.strip_prefix('-') {
        // Not less than nothing is nothing.
        Some(digits) if digits.bytes().all(|b| matches!(b, b'0' | b'.')) => ("", digits),
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let mut shown = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    if !rest.is_empty() {
        shown.push('.');
        shown.push_str(rest);
    }
    shown
}

/// What a criterion found, with its figures: `人口密度 23,456 人/平方公里，高于 20,000`.
pub fn criterion_sentence(
    criterion: &Criterion,
    threshold: f64,
    words: &Words,
    value: &Value,
) -> Title {
    let limit = words.threshold(threshold);
    match value {
        Err(reason) => {
            let reason = reason.title();
            Title {
                zh: format!("{}无法判定（{}）", words.title.zh, reason.zh),
                en: format!("{} cannot be judged ({})", words.title.en, reason.en),
            }
        }
        Ok(value) => {
            let figure = words.figure(*value);
            // What the figure is to the threshold, whichever way the criterion asks.
            let relation = match criterion.comparison.holds(*value, threshold) {
                true => criterion.comparison.words(),
                false => opposite(criterion).words(),
            };
            let joined = |unit: &str| match unit.is_empty() || words.is_share {
                true => figure.clone(),
                false => format!("{figure} {unit}"),
            };
            Title {
                zh: format!(
                    "{} {}，{} {limit}",
                    words.title.zh,
                    joined(&words.unit.zh),
                    relation.zh
                ),
                en: format!(
                    "{} {}, {} {limit}",
                    words.title.en,
                    joined(&words.unit.en),
                    relation.en
                ),
            }
        }
    }
}

fn opposite(criterion: &Criterion) -> crate::domain::zoning::Comparison {
    use crate::domain::zoning::Comparison::{Above, AtLeast, AtMost, Below};
    match criterion.comparison {
        Above => AtMost,
        AtLeast => Below,
        Below => AtLeast,
        AtMost => Above,
    }
}

/// Why an area is in its class: every criterion of it that is met. Why it has none, or the one that
/// is for what is left: what each class lacks.
pub fn class_sentence(
    rules: &ZoningRules,
    thresholds: &[f64],
    words: &[Words],
    values: &[Value],
    judged: &Judged,
) -> Title {
    let criteria = rules.criteria();
    let told =
        |at: usize| criterion_sentence(criteria[at], thresholds[at], &words[at], &values[at]);
    let named = judged.class.filter(|class| {
        // What is left has no criteria of its own.
        rules.classes[*class].condition != Condition::Otherwise
    });
    let mut from = 0;
    let mut parts: Vec<Title> = Vec::new();
    for (number, class) in rules.classes.iter().enumerate() {
        let own = from..from + class.condition.criteria().len();
        from = own.end;
        if let Some(named) = named {
            if named == number {
                let met = own.filter(|at| judged.criteria[*at] == Verdict::Met);
                parts.extend(met.map(told));
            }
            continue;
        }
        let lacking = lacking(&class.condition, &judged.criteria[own.clone()]);
        if !lacking.is_empty() {
            let told: Vec<Title> = lacking.iter().map(|at| told(own.start + at)).collect();
            let told = |pick: fn(&Title) -> &str, and: &str| {
                told.iter().map(pick).collect::<Vec<_>>().join(and)
            };
            parts.push(Title {
                zh: format!("非{}：{}", class.title.zh, told(|t| &t.zh, "，且")),
                en: format!("not {}: {}", class.title.en, told(|t| &t.en, ", and ")),
            });
        }
    }
    join(parts)
}

/// The criteria that keep a condition from being met, of the verdicts on its criteria: where all
/// are asked for the first that fails, else the first that is open; where one is enough each.
fn lacking(condition: &Condition, verdicts: &[Verdict]) -> Vec<usize> {
    let mut from = 0;
    let of_member = |member: &Condition| -> Vec<usize> {
        let own = from..from + member.criteria().len();
        from = own.end;
        let lacking = lacking(member, &verdicts[own.clone()]).into_iter();
        lacking.map(|at| own.start + at).collect()
    };
    match condition {
        Condition::Otherwise => Vec::new(),
        Condition::Criterion(_) => match verdicts {
            [Verdict::Met] => Vec::new(),
            _ => vec![0],
        },
        Condition::Any(members) => {
            let lacking: Vec<Vec<usize>> = members.iter().map(of_member).collect();
            match lacking.iter().any(Vec::is_empty) {
                true => Vec::new(),
                false => lacking.concat(),
            }
        }
        Condition::All(members) => {
            let lacking: Vec<Vec<usize>> = members.iter().map(of_member).collect();
            let mut lacking = lacking.into_iter().filter(|lacking| !lacking.is_empty());
            let is_failed = |at: &usize| verdicts[*at] == Verdict::NotMet;
            let first = lacking.next().unwrap_or_default();
            match first.iter().all(is_failed) {
                true => first,
                false => lacking
                    .find(|lacking| lacking.iter().all(is_failed))
                    .unwrap_or(first),
            }
        }
    }
}

/// Which classes before the one found cannot be judged, and why; empty where all can.
pub fn undecided_sentence(
    rules: &ZoningRules,
    words: &[Words],
    values: &[Value],
    judged: &Judged,
) -> Title {
    let mut starts = vec![0];
    for class in &rules.classes {
        starts.push(starts[starts.len() - 1] + class.condition.criteria().len());
    }
    let has_criteria = |class: &usize| starts[*class] < starts[*class + 1];
    let parts = judged.undecided().filter(has_criteria).map(|class| {
        let lacking = starts[class]..starts[class + 1];
        let lacking = lacking.filter_map(|at| values[at].err().map(|reason| (at, reason)));
        let mut named: Vec<(Title, Title)> = Vec::new();
        for (at, reason) in lacking {
            let pair = (words[at].title.clone(), reason.title());
            if !named.contains(&pair) {
                named.push(pair);
            }
        }
        let list = |pick: fn(&Title) -> &String, open: &str, close: &str, between: &str| {
            let each = named.iter();
            let each = each.map(|(what, why)| format!("{}{open}{}{close}", pick(what), pick(why)));
            each.collect::<Vec<_>>().join(between)
        };
        let title = &rules.classes[class].title;
        Title {
            zh: format!(
                "{}无法判定：{}",
                title.zh,
                list(|t| &t.zh, "（", "）", "、")
            ),
            en: format!(
                "{} cannot be judged: {}",
                title.en,
                list(|t| &t.en, " (", ")", ", ")
            ),
        }
    });
    join(parts.collect())
}

fn join(parts: Vec<Title>) -> Title {
    let (zh, en): (Vec<String>, Vec<String>) = parts.into_iter().map(|t| (t.zh, t.en)).unzip();
    Title {
        zh: zh.join("；"),
        en: en.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::super::classify;
    use super::super::classify::tests::{rules, thresholds, values};
    use super::*;
    use crate::domain::Reason;

    fn words() -> Vec<Words> {
        let word = |zh: &str, en: &str, unit: &str, is_share: bool| Words {
            title: Title {
                zh: zh.into(),
                en: en.into(),
            },
            unit: Title {
                zh: unit.into(),
                en: unit.into(),
            },
            is_share,
            decimals: 0,
        };
        let ratio = word("承载率", "Capacity ratio", "", true);
        vec![
            word("人口密度", "Density", "人/km²", false),
            ratio.clone(),
            word("站点覆盖率", "Near a station", "", true),
            ratio,
        ]
    }

    #[test]
    fn figures_and_thresholds_stand_in_the_sentence() {
        let (rules, words) = (rules(), words());
        let thresholds = thresholds(&rules);
        let say = |values: [Value; 4]| {
            let judged = classify(&rules, &thresholds, &values);
            let why = class_sentence(&rules, &thresholds, &words, &values, &judged);
            (why, undecided_sentence(&rules, &words, &values, &judged))
        };
        let (why, open) = say(values(Ok(23456.4), Ok(1.3), Ok(0.9)));
        assert_eq!(
            why.zh,
            "人口密度 23,456 人/km²，高于 20,000；承载率 130.0%，不低于 100%"
        );
        assert_eq!(
            why.en,
            "Density 23,456 人/km², above 20,000; Capacity ratio 130.0%, at least 100%"
        );
        assert_eq!(open, Title::default());
        let (why, open) = say(values(Ok(900.0), Err(Reason::NoData), Ok(0.9)));
        assert_eq!(
            why.zh,
            "非疏解区：人口密度 900 人/km²，不高于 20,000；非优化区：承载率无法判定（无数据）"
        );
        assert_eq!(open.zh, "优化区无法判定：承载率（无数据）");
        assert_eq!(
            open.en,
            "Improve cannot be judged: Capacity ratio (no data)"
        );
    }

    #[test]
    fn what_is_left_says_what_the_others_lack() {
        let (mut rules, words) = (rules(), words());
        rules.classes[1].condition = Condition::Otherwise;
        let (thresholds, words) = (thresholds(&rules), &words[..3]);
        let say = |values: [Value; 3]| {
            let judged = classify(&rules, &thresholds, &values);
            class_sentence(&rules, &thresholds, words, &values, &judged)
        };
        assert_eq!(
            say([Ok(900.0), Ok(0.4), Ok(0.9)]).zh,
            "非疏解区：人口密度 900 人/km²，不高于 20,000"
        );
        // Neither of the two that are each enough.
        assert_eq!(
            say([Ok(30e3), Ok(0.4), Ok(0.9)]).en,
            "not Disperse: Capacity ratio 40.0%, below 100%, and Near a station 90.0%, at least 50%"
        );
    }

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(grouped(-0.001, 1), "0.0");
        assert_eq!(grouped(-1234.5, 1), "-1,234.5");
        assert_eq!(grouped(999.0, 0), "999");
        assert_eq!(trimmed(0.7 * 100.0), "70");
        assert_eq!(trimmed(0.95 * 100.0), "95");
        assert_eq!(trimmed(20000.0), "20,000");
        assert_eq!(trimmed(-0.5), "-0.5");
    }
}
