//! A cell becomes a value of an attribute, or the row is refused.

use std::{borrow::Cow, collections::HashMap};

use super::{Note, Refusal, error::list, heading::fold, identity::masked, raw::Cell};
use crate::domain::{
    AreaCode, Attribute, AttributeType, Layer, MAX_COUNT, MAX_TEXT, Period, Role, half_width,
};

/// A checked value that may still borrow from the file or the layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Checked<'a> {
    Missing,
    Integer(i64),
    Number(f64),
    Text(Cow<'a, str>),
}

/// Checks the values of one attribute.
#[derive(Debug)]
pub(super) struct Checker<'l> {
    attribute: &'l Attribute,
    /// Category codes by code, title and alias, folded.
    codes: HashMap<String, &'l str>,
}

impl<'l> Checker<'l> {
    pub fn for_layer(layer: &'l Layer) -> Vec<Self> {
        layer.attributes.iter().map(Self::new).collect()
    }

    pub fn new(attribute: &'l Attribute) -> Self {
        let mut codes = HashMap::new();
        let values = &attribute.values;
        for value in values {
            codes.insert(fold(&value.code), value.code.as_str());
        }
        for value in values {
            let names = [&value.title.zh, &value.title.en];
            for name in names.into_iter().chain(&value.aliases) {
                codes.entry(fold(name)).or_insert(&value.code);
            }
        }
        Checker { attribute, codes }
    }

    /// # Errors
    /// A value of another type or range than the attribute's, or none where one is required.
    pub fn check<'a>(
        &self,
        cell: Cell<'a>,
        notes: &mut dyn FnMut(Note),
    ) -> Result<Checked<'a>, Refusal>
    where
        'l: 'a,
    {
        let value = match cell {
            Cell::Empty => Checked::Missing,
            Cell::Unreadable(what) => return Err(Refusal::Unreadable(what.into())),
            Cell::Text(text) if is_missing(text) => Checked::Missing,
            cell => match self.attribute.kind {
                AttributeType::Count => Checked::Integer(count(cell, notes)?),
                AttributeType::Integer => Checked::Integer(whole(cell, notes)?),
                AttributeType::Number => Checked::Number(number(cell, notes)?),
                AttributeType::Flag => Checked::Integer(i64::from(flag(cell)?)),
                AttributeType::Date => Checked::Text(date(cell)?.into()),
                AttributeType::Category => Checked::Text(self.category(cell)?.into()),
                AttributeType::Text if self.attribute.role == Role::Code => {
                    Checked::Text(area_code(cell)?.as_str().to_owned().into())
                }
                AttributeType::Text => Checked::Text(text(cell)?),
            },
        };
        if value == Checked::Missing && self.attribute.required {
            return Err(Refusal::Required);
        }
        Ok(value)
    }

    fn category(&self, cell: Cell<'_>) -> Result<&'l str, Refusal> {
        let given = identifier(cell).ok_or(Refusal::NotFinite)?;
        let known = self.codes.get(given.as_ref());
        known
            .or_else(|| self.codes.get(&fold(&given)))
            .copied()
            .ok_or_else(|| {
                let allowed = self.attribute.values.iter();
                let named = allowed.map(|v| format!("{} ({})", v.code, v.title.zh));
                Refusal::NotCategory {
                    value: masked(&given),
                    allowed: list(named),
                }
            })
    }
}

/// Whether a text stands for no value.
pub(super) fn is_missing(text: &str) -> bool {
    let text = text.trim();
    matches!(
        text,
        "" | "-" | "--" | "—" | "——" | "–" | "…" | "\\N" | "无数据" | "#N/A" | "<null>" | "<空>"
    ) || ["na", "n/a", "null", "none"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

fn count(cell: Cell<'_>, notes: &mut dyn FnMut(Note)) -> Result<i64, Refusal> {
    let value = whole(cell, notes)?;
    if value < 0 {
        return Err(Refusal::Negative(value.to_string()));
    }
    if value > MAX_COUNT {
        return Err(Refusal::TooLarge(masked(&value.to_string())));
    }
    Ok(value)
}

fn whole(cell: Cell<'_>, notes: &mut dyn FnMut(Note)) -> Result<i64, Refusal> {
    match cell {
        Cell::Integer(value) => return Ok(value),
        Cell::Text(text) => {
            let text = text.trim();
            let plain = text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
            if plain && let Ok(value) = text.parse() {
                return Ok(value);
            }
        }
        _ => {}
    }
    let value = number(cell, notes)?;
    if value.fract() != 0.0 {
        return Err(Refusal::NotWhole(shown(cell)));
    }
    if value.abs() > 9e15 {
        return Err(Refusal::TooLarge(shown(cell)));
    }
    Ok(value as i64)
}

/// A finite number from a cell; full-width digits and thousands separators are understood.
pub(super) fn number(cell: Cell<'_>, notes: &mut dyn FnMut(Note)) -> Result<f64, Refusal> {
    let value = match cell {
        Cell::Integer(value) => value as f64,
        Cell::Number(value) => value,
        Cell::Flag(value) => f64::from(u8::from(value)),
        Cell::Text(text) => match text.trim().parse::<f64>() {
            Ok(value) => value,
            Err(_) => {
                written_number(text, notes).ok_or_else(|| Refusal::NotNumber(masked(text)))?
            }
        },
        Cell::Empty | Cell::Unreadable(_) => return Err(Refusal::NotNumber(shown(cell))),
    };
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Refusal::NotFinite)
    }
}

/// A number as people write it: `１２３４`, `1,234`, `1，234.5`.
fn written_number(text: &str, notes: &mut dyn FnMut(Note)) -> Option<f64> {
    let half: String = text.trim().chars().map(half_width).collect();
    let is_wide = half != text.trim();
    let digits = half.trim_start_matches(['-', '+']);
    let whole = digits.split('.').next().unwrap_or(digits);
    let grouped = whole.contains(',');
    if grouped {
        let mut groups = whole.split(',');
        let first = groups.next()?;
        let fits = (1..=3).contains(&first.len()) && groups.all(|g| g.len() == 3);
        if !fits || digits[whole.len()..].contains(',') {
            return None;
        }
    }
    let value: f64 = half.replace(',', "").parse().ok()?;
    if grouped {
        notes(Note::GroupedNumbers);
    } else if is_wide {
        notes(Note::FullWidthNumbers);
    }
    Some(value)
}

fn flag(cell: Cell<'_>) -> Result<bool, Refusal> {
    match cell {
        Cell::Flag(value) => Ok(value),
        Cell::Integer(0) => Ok(false),
        Cell::Integer(1) => Ok(true),
        Cell::Number(0.0) => Ok(false),
        Cell::Number(1.0) => Ok(true),
        Cell::Text(text) => match fold(text).as_str() {
            "1" | "1.0" | "yes" | "y" | "true" | "t" | "是" | "有" => Ok(true),
            "0" | "0.0" | "no" | "n" | "false" | "f" | "否" | "无" => Ok(false),
            _ => Err(Refusal::NotFlag(masked(text))),
        },
        other => Err(Refusal::NotFlag(shown(other))),
    }
}

/// A date as a [`Period`]: `2020`, `2020-11`, `2020/11/1`, `2020年11月1日`, `20201101`.
fn date(cell: Cell<'_>) -> Result<String, Refusal> {
    let given = identifier(cell).ok_or(Refusal::NotFinite)?;
    let half: String = given.trim().chars().map(half_width).collect();
    let wrong = || Refusal::NotDate(masked(&given));
    let day = half.split(['T', ' ']).next().unwrap_or(&half);
    let parts: Vec<&str> = day
        .split(['-', '/', '.', '年', '月', '日'])
        .filter(|part| !part.is_empty())
        .collect();
    let written = match parts[..] {
        [all] if all.len() == 8 && all.is_ascii() => {
            format!("{}-{}-{}", &all[..4], &all[4..6], &all[6..])
        }
        [all] if all.len() == 6 && all.is_ascii() => format!("{}-{}", &all[..4], &all[4..]),
        [year] => year.to_owned(),
        [year, month] => format!("{year}-{month:0>2}"),
        [year, month, day] => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => return Err(wrong()),
    };
    let period: Period = written.parse().map_err(|_| wrong())?;
    Ok(period.as_str().to_owned())
}

/// The area code in a cell (区划代码).
pub(super) fn area_code(cell: Cell<'_>) -> Result<AreaCode, Refusal> {
    let given = identifier(cell).ok_or(Refusal::NotFinite)?;
    given.parse().map_err(|_| Refusal::NotCode(masked(&given)))
}

/// The text of a cell that names something: numbers lose the `.0` that spreadsheets and data
/// frames add. `None` for what is no finite number.
pub(super) fn identifier(cell: Cell<'_>) -> Option<Cow<'_, str>> {
    match cell {
        Cell::Text(text) => {
            let text = text.trim();
            let whole = text.trim_end_matches('0').strip_suffix('.');
            Some(match whole {
                Some(whole) if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) => {
                    whole.into()
                }
                _ => text.into(),
            })
        }
        other => text(other).ok(),
    }
}

fn text(cell: Cell<'_>) -> Result<Cow<'_, str>, Refusal> {
    Ok(match cell {
        Cell::Text(text) => {
            let text = text.trim();
            if text.len() > MAX_TEXT && text.chars().nth(MAX_TEXT).is_some() {
                return Err(Refusal::TooLong);
            }
            if text.contains('\0') {
                return Err(Refusal::Nul);
            }
            text.into()
        }
        Cell::Integer(value) => value.to_string().into(),
        Cell::Number(value) if !value.is_finite() => return Err(Refusal::NotFinite),
        Cell::Number(value) => value.to_string().into(),
        Cell::Flag(value) => if value { "true" } else { "false" }.into(),
        Cell::Empty => "".into(),
        Cell::Unreadable(what) => return Err(Refusal::Unreadable(what.into())),
    })
}

fn shown(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => masked(text),
        other => text(other).map_or_else(|_| "NaN".into(), |t| masked(&t)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent() -> impl FnMut(Note) {
        |_| {}
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        let good = [
            (Cell::Text("12"), 12),
            (Cell::Text(" 12.0 "), 12),
            (Cell::Text("１２"), 12),
            (Cell::Text("1,234,567"), 1_234_567),
            (Cell::Text("1，234"), 1234),
            (Cell::Number(12.0), 12),
            (Cell::Integer(0), 0),
            (Cell::Text("1e3"), 1000),
        ];
        for (cell, value) in good {
            assert_eq!(count(cell, &mut silent()), Ok(value), "{cell:?}");
        }
        let bad = [
            Cell::Text("12.5"),
            Cell::Text("-3"),
            Cell::Text("abc"),
            Cell::Text("NaN"),
            Cell::Text("inf"),
            Cell::Text("1,23"),
            Cell::Text("1,234,5"),
            Cell::Text("12人"),
            Cell::Text("1e300"),
            Cell::Text("99999999999999999999"),
            Cell::Number(f64::NAN),
            Cell::Number(-0.5),
            Cell::Integer(-1),
            Cell::Integer(i64::MAX),
        ];
        for cell in bad {
            assert!(count(cell, &mut silent()).is_err(), "{cell:?}");
        }
    }

    #[test]
    fn dates_are_read_in_the_usual_ways() {
        for (text, period) in [
            ("2020", "2020"),
            ("2020-11", "2020-11"),
            ("2020/11/1", "2020-11-01"),
            ("2020.11.01", "2020-11-01"),
            ("2020年11月1日", "2020-11-01"),
            ("2020年", "2020"),
            ("20201101", "2020-11-01"),
            ("202011", "2020-11"),
            ("2020-11-01T08:00:00Z", "2020-11-01"),
        ] {
            assert_eq!(date(Cell::Text(text)).as_deref(), Ok(period), "{text}");
        }
        assert_eq!(date(Cell::Number(2020.0)).as_deref(), Ok("2020"));
        for text in [
            "2020-13",
            "昨天",
            "1.5",
            "2020-11-01-02",
            "２０２０年十一月",
        ] {
            assert!(date(Cell::Text(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_things_lose_the_fraction_that_spreadsheets_add() {
        for (cell, text) in [
            (Cell::Number(440_106.0), "440106"),
            (Cell::Text("440106.0"), "440106"),
            (Cell::Text("440100"), "440100"),
            (Cell::Text("1.50"), "1.50"),
            (Cell::Text("a.0"), "a.0"),
            (Cell::Integer(7), "7"),
        ] {
            assert_eq!(identifier(cell).unwrap(), text);
        }
        assert_eq!(identifier(Cell::Number(f64::NAN)), None);
    }
}
