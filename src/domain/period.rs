use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period: write 2020, 2020-11 or 2020-11-01")]
pub struct PeriodError(pub String);

/// The reference date (时点) of a layer's state: a year, a month or a day, ordered by time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(String);

impl Period {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The year that it lies in.
    pub fn year(&self) -> i32 {
        let year = self.0.get(..4).and_then(|year| year.parse().ok());
        year.expect("a period begins with its year")
    }

    /// Whether this period starts no later than `other` ends: `2020-11-01` is at or before `2020`.
    pub fn is_at_or_before(&self, other: &Period) -> bool {
        let common = self.0.len().min(other.0.len());
        self.0[..common] <= other.0[..common]
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let text = text.trim();
        let wrong = || PeriodError(text.chars().take(40).collect());
        let parts: Vec<&str> = text.split('-').collect();
        let widths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
        if !matches!(widths[..], [4] | [4, 2] | [4, 2, 2]) {
            return Err(wrong());
        }
        let mut numbers = [1u32; 3];
        for (slot, part) in numbers.iter_mut().zip(&parts) {
            if !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong());
            }
            *slot = part.parse().map_err(|_| wrong())?;
        }
        let [year, month, day] = numbers;
        if year == 0 || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
            return Err(wrong());
        }
        Ok(Self(text.to_owned()))
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.0
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_months_and_days_are_periods() {
        for text in ["2020", "2020-11", "2020-11-01", "2024-02-29"] {
            assert_eq!(text.parse::<Period>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "20",
            "2020-13",
            "2023-02-29",
            "2020/11/01",
            "２０２０",
            "2020-1-1",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_is_at_or_before_its_own_year() {
        let day: Period = "2020-11-01".parse().unwrap();
        assert!(day.is_at_or_before(&"2020".parse().unwrap()));
        assert!(!day.is_at_or_before(&"2020-10".parse().unwrap()));
        assert!(day.is_at_or_before(&"2021".parse().unwrap()));
    }
}
