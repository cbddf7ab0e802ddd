use std::borrow::Cow;

use super::{identity::shown, raw::RawValue};
use crate::domain::{Attribute, AttributeType, Period, Value};

/// The largest count of one feature; a million of them still sum without overflow.
pub const MAX_COUNT: i64 = 1_000_000_000_000;

/// A raw value as the attribute's type has it, or why it is none.
pub fn check(attribute: &Attribute, raw: &RawValue<'_>) -> Result<Value, String> {
    let text = match raw {
        RawValue::Empty => return Ok(Value::Missing),
        other => other.text().unwrap_or_default(),
    };
    if text.trim().is_empty() {
        return Ok(Value::Missing);
    }
    match attribute.kind {
        AttributeType::Count => match whole(raw, &text)? {
            count if count < 0 => Err(format!(
                "{} is negative; a count is 0 or more",
                shown(&text)
            )),
            count if count > MAX_COUNT => Err(format!("{} is too large", shown(&text))),
            count => Ok(Value::Integer(count)),
        },
        AttributeType::Integer => whole(raw, &text).map(Value::Integer),
        AttributeType::Number => match raw {
            RawValue::Number(number) => finite(*number, &text),
            _ => match plain_number(&text).parse::<f64>() {
                Ok(number) => finite(number, &text),
                Err(_) => Err(format!("{} is no number", shown(&text))),
            },
        },
        AttributeType::Flag => flag(&text),
        AttributeType::Category => category(attribute, &text),
        AttributeType::Date => match date(&text).parse::<Period>() {
            Ok(period) => Ok(Value::Text(period.to_string())),
            Err(_) => Err(format!(
                "{} is no date; write 2020, 2020-11 or 2020-11-01",
                shown(&text)
            )),
        },
        AttributeType::Text => Ok(Value::Text(text.trim().to_owned())),
    }
}

fn finite(number: f64, text: &str) -> Result<Value, String> {
    if number.is_finite() {
        Ok(Value::Number(number))
    } else {
        Err(format!("{} is no finite number", shown(text)))
    }
}

fn whole(raw: &RawValue<'_>, text: &str) -> Result<i64, String> {
    let from_float = |number: f64| {
        let exact = number.fract() == 0.0 && number.abs() < 9e15;
        exact
            .then_some(number as i64)
            .ok_or_else(|| format!("{} is no whole number", shown(text)))
    };
    match raw {
        RawValue::Integer(number) => Ok(*number),
        RawValue::Flag(flag) => Ok(i64::from(*flag)),
        RawValue::Number(number) => from_float(*number),
        _ => {
            let plain = plain_number(text);
            match plain.parse::<i64>() {
                Ok(number) => Ok(number),
                Err(_) => match plain.parse::<f64>() {
                    Ok(number) if number.is_finite() => from_float(number),
                    _ => Err(format!("{} is no whole number", shown(text))),
                },
            }
        }
    }
}

/// Digits as a parser wants them: full-width ones made plain, thousands separators taken out.
fn plain_number(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let wide: String = text
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
            '．' => '.',
            '，' => ',',
            '－' => '-',
            other => other,
        })
        .collect();
    if has_thousands(&wide) {
        wide.replace(',', "").into()
    } else {
        wide.into()
    }
}

/// Whether commas stand before every group of three digits and nowhere else.
fn has_thousands(text: &str) -> bool {
    let whole = text
        .split('.')
        .next()
        .unwrap_or("")
        .trim_start_matches(['-', '+']);
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or("");
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    whole.contains(',')
        && (1..=3).contains(&first.len())
        && digits(first)
        && groups.all(|group| group.len() == 3 && digits(group))
}

fn flag(text: &str) -> Result<Value, String> {
    match text.trim().to_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "是" | "有" => Ok(Value::Integer(1)),
        "0" | "false" | "f" | "no" | "n" | "否" | "无" => Ok(Value::Integer(0)),
        _ => Err(format!(
            "{} is neither yes (是, 1) nor no (否, 0)",
            shown(text)
        )),
    }
}

fn category(attribute: &Attribute, text: &str) -> Result<Value, String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let fits = |given: &str| given == text || given.to_lowercase() == lower;
    let known = attribute.values.iter().find(|value| {
        fits(&value.code)
            || fits(&value.title.zh)
            || fits(&value.title.en)
            || value.aliases.iter().any(|alias| fits(alias))
    });
    match known {
        Some(value) => Ok(Value::Text(value.code.clone())),
        None => {
            let allowed: Vec<String> = attribute
                .values
                .iter()
                .map(|v| format!("{} {}", v.code, v.title.zh))
                .collect();
            Err(format!(
                "{} is none of: {}",
                shown(text),
                allowed.join(", ")
            ))
        }
    }
}

/// A date as people write it, in the form of a period.
fn date(text: &str) -> String {
    let text = text.trim();
    let parts: Vec<&str> = text
        .split(['-', '/', '.', '年', '月', '日'])
        .filter(|p| !p.is_empty())
        .collect();
    let digits = parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit()));
    match &parts[..] {
        [day] if digits && day.len() == 8 => {
            format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..])
        }
        [year, rest @ ..] if digits && rest.len() <= 2 => {
            let two = |part: &&str| format!("{part:0>2}");
            std::iter::once((*year).to_owned())
                .chain(rest.iter().map(two))
                .collect::<Vec<_>>()
                .join("-")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: &str, more: &str) -> Attribute {
        let text =
            format!("id = \"a\"\ntype = \"{kind}\"\ntitle = {{ zh = \"甲\", en = \"A\" }}\n{more}");
        toml::from_str(&text).expect("a sound attribute")
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        let count = attribute("count", "");
        for (text, value) in [
            ("12", 12),
            ("12.0", 12),
            ("1,234", 1234),
            ("１２", 12),
            ("1e3", 1000),
        ] {
            assert_eq!(
                check(&count, &RawValue::from_text(text)),
                Ok(Value::Integer(value))
            );
        }
        for text in ["", "  ", "NA", "NULL"] {
            assert_eq!(
                check(&count, &RawValue::from_text(text)),
                Ok(Value::Missing)
            );
        }
        for text in ["12.5", "-3", "abc", "inf", "1,23", "9e18"] {
            assert!(check(&count, &RawValue::from_text(text)).is_err(), "{text}");
        }
        assert!(check(&count, &RawValue::Number(f64::INFINITY)).is_err());
    }

    #[test]
    fn categories_are_found_by_code_title_and_alias() {
        let kind = attribute(
            "category",
            "values = [{ code = \"public\", zh = \"公办\", en = \"Public\", aliases = [\"公立\"] }]",
        );
        for text in ["public", "PUBLIC", "公办", "公立"] {
            assert_eq!(
                check(&kind, &RawValue::from_text(text)),
                Ok(Value::Text("public".into()))
            );
        }
        let refused = check(&kind, &RawValue::from_text("民办")).unwrap_err();
        assert!(refused.contains("public 公办"), "{refused}");
    }

    #[test]
    fn dates_and_flags_in_their_usual_spellings() {
        let date = attribute("date", "");
        for (text, value) in [
            ("2020年11月1日", "2020-11-01"),
            ("20201101", "2020-11-01"),
            ("2020/3", "2020-03"),
        ] {
            assert_eq!(
                check(&date, &RawValue::from_text(text)),
                Ok(Value::Text(value.into()))
            );
        }
        assert!(check(&date, &RawValue::from_text("昨天")).is_err());
        assert_eq!(
            check(&attribute("flag", ""), &RawValue::from_text("是")),
            Ok(Value::Integer(1))
        );
    }

    #[test]
    fn codes_that_came_as_numbers_are_plain_text() {
        let text = attribute("text", "");
        assert_eq!(
            check(&text, &RawValue::Number(440_106.0)),
            Ok(Value::Text("440106".into()))
        );
    }
}
