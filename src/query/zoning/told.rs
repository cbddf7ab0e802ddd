use super::words_of;
use crate::{
    city::City,
    domain::{
        Title,
        zoning::{Condition, Criterion},
    },
};

/// A criterion as people read it, with its own threshold or another:
/// `人口密度 > 20,000 人/平方公里`.
pub fn criterion_in_words(city: &City, criterion: &Criterion, threshold: f64) -> Title {
    let words = words_of(city, criterion);
    let (limit, sign) = (words.threshold(threshold), criterion.comparison.sign());
    let told = |title: &str, unit: &str| match unit.is_empty() || words.is_share {
        true => format!("{title} {sign} {limit}"),
        false => format!("{title} {sign} {limit} {unit}"),
    };
    Title {
        zh: told(&words.title.zh, &words.unit.zh),
        en: told(&words.title.en, &words.unit.en),
    }
}

/// All that a class asks for: `A 且（B 或 C）`.
pub fn condition_in_words(city: &City, condition: &Condition) -> Title {
    let (members, zh, en) = match condition {
        Condition::Criterion(criterion) => {
            return criterion_in_words(city, criterion, criterion.threshold);
        }
        Condition::All(members) => (members, " 且 ", " and "),
        Condition::Any(members) => (members, " 或 ", " or "),
        Condition::Otherwise => {
            return Title {
                zh: "前面各类均不满足".into(),
                en: "none of the classes above".into(),
            };
        }
    };
    let told = members.iter().map(|member| {
        let text = condition_in_words(city, member);
        // One alone, or one criterion, needs no brackets.
        let is_plain = members.len() == 1
            || matches!(member, Condition::Criterion(_))
            || matches!(member, Condition::All(m) | Condition::Any(m) if m.len() == 1);
        match is_plain {
            true => (text.zh, text.en),
            false => (format!("（{}）", text.zh), format!("({})", text.en)),
        }
    });
    let (all_zh, all_en): (Vec<String>, Vec<String>) = told.unzip();
    Title {
        zh: all_zh.join(zh),
        en: all_en.join(en),
    }
}
