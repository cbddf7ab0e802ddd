use crate::{
    domain::{Language, Reason, TermFormat, Title, Value},
    export::ResultColumn,
};

/// Chooses between the two languages.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Language);

impl Words {
    pub fn say<'t>(self, zh: &'t str, en: &'t str) -> &'t str {
        match self.0 {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// The same for texts made on the spot.
    pub fn tell(self, zh: impl FnOnce() -> String, en: impl FnOnce() -> String) -> String {
        match self.0 {
            Language::Zh => zh(),
            Language::En => en(),
        }
    }

    pub fn title(self, title: &Title) -> String {
        title.in_language(self.0).to_owned()
    }

    /// A list in running text.
    pub fn list(self, parts: &[String]) -> String {
        parts.join(self.say("、", ", "))
    }

    /// What an area is called.
    pub fn name(self, name: &str, name_en: Option<&str>) -> String {
        match self.0 {
            Language::Zh => name.to_owned(),
            Language::En => name_en
                .filter(|en| !en.is_empty())
                .unwrap_or(name)
                .to_owned(),
        }
    }
}

/// What stands where a value is undefined or suppressed.
pub const UNDEFINED: &str = "—";

/// A value as its column prints it: thousands apart, shares as percentages without the sign (the
/// unit stands in the heading).
pub fn printed(column: &ResultColumn, value: &Value, language: Language) -> String {
    let decimals = usize::from(column.decimals);
    match (value, column.format) {
        (Value::Missing, TermFormat::Text) => String::new(),
        (Value::Missing, _) => UNDEFINED.to_owned(),
        (Value::Text(text), _) => words_of(column, text, language),
        // Years are no quantities.
        (Value::Integer(number), TermFormat::Text) => number.to_string(),
        (Value::Integer(number), TermFormat::Share) => fixed(*number as f64 * 100.0, decimals),
        (Value::Integer(number), _) => grouped(&number.to_string()),
        (Value::Number(number), _) if !number.is_finite() => UNDEFINED.to_owned(),
        (Value::Number(number), TermFormat::Share) => fixed(number * 100.0, decimals),
        (Value::Number(number), TermFormat::Integer) => fixed(*number, 0),
        (Value::Number(number), _) => fixed(*number, decimals),
    }
}

/// Reasons are keys elsewhere.
fn words_of(column: &ResultColumn, text: &str, language: Language) -> String {
    let is_reason = super::table::is_reason(&column.key);
    let known = Reason::ALL
        .into_iter()
        .find(|reason| is_reason && reason.key() == text);
    let words = known.map(|reason| reason.title().in_language(language).to_owned());
    // A line stays a line whatever a name holds.
    words.unwrap_or_else(|| text.replace(char::is_control, " "))
}

/// A number with fixed decimals and thousands apart; never a minus before zero.
pub fn fixed(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let is_zero = text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    grouped(if is_zero {
        text.trim_start_matches('-')
    } else {
        &text
    })
}

fn grouped(number: &str) -> String {
    let (sign, rest) = match number.strip_prefix('-') {
        Some(rest) => ("−", rest),
        None => ("", number),
    };
    let (whole, decimals) = rest
        .split_once('.')
        .map_or((rest, None), |(w, d)| (w, Some(d)));
    let mut text = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(decimals) = decimals {
        text.push('.');
        text.push_str(decimals);
    }
    text
}

/// People in running text: 万人 with two decimals from 10,000 on.
pub fn people(count: i64, language: Language) -> String {
    in_words(count, language, "人", "")
}

/// Jobs in the same way.
pub fn jobs(count: i64, language: Language) -> String {
    in_words(count, language, "个", "")
}

fn in_words(count: i64, language: Language, unit_zh: &str, unit_en: &str) -> String {
    match language {
        Language::Zh if count.abs() >= 10_000 => {
            format!("{} 万{unit_zh}", fixed(count as f64 / 10_000.0, 2))
        }
        Language::Zh => format!("{} {unit_zh}", grouped(&count.to_string())),
        Language::En => grouped(&count.to_string()) + unit_en,
    }
}

/// A share in running text, two decimals.
pub fn percent(share: f64) -> String {
    fixed(share * 100.0, 2) + "%"
}

/// A ratio in running text, two decimals.
pub fn ratio(value: f64) -> String {
    fixed(value, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_in_a_yearbook() {
        let column = |format, decimals| ResultColumn {
            key: "x".into(),
            title: Title::default(),
            unit: Title::default(),
            format,
            decimals,
        };
        let print =
            |value, format, decimals| printed(&column(format, decimals), &value, Language::Zh);
        assert_eq!(
            print(Value::Integer(2_241_826), TermFormat::Integer, 0),
            "2,241,826"
        );
        assert_eq!(
            print(Value::Integer(-1000), TermFormat::Integer, 0),
            "−1,000"
        );
        assert_eq!(
            print(Value::Number(0.123_456), TermFormat::Share, 2),
            "12.35"
        );
        assert_eq!(print(Value::Number(-0.001), TermFormat::Number, 2), "0.00");
        assert_eq!(print(Value::Missing, TermFormat::Number, 2), "—");
        assert_eq!(print(Value::Missing, TermFormat::Text, 0), "");
        assert_eq!(print(Value::Number(f64::NAN), TermFormat::Number, 2), "—");
        assert_eq!(people(18_676_605, Language::Zh), "1,867.66 万人");
        assert_eq!(people(9_999, Language::Zh), "9,999 人");
        assert_eq!(people(18_676_605, Language::En), "18,676,605");
        assert_eq!(percent(0.6607), "66.07%");
    }

    #[test]
    fn reasons_are_told_in_words() {
        let column = ResultColumn {
            key: "reason".into(),
            title: Title::default(),
            unit: Title::default(),
            format: TermFormat::Text,
            decimals: 0,
        };
        let text = Value::Text("no_population".into());
        assert_eq!(printed(&column, &text, Language::Zh), "分母人口为 0");
    }
}
