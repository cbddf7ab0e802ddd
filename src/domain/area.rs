use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is no area code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an area code is 1 to 64 letters, digits, `-`, `_` or `.`")]
pub struct AreaCodeError;

/// The code of an area (区划代码): text, never a number.
///
/// Administrative codes (GB/T 2260, GB/T 10114) drop their trailing zero groups, so that
/// containment is the prefix: `440106` holds `440106008`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AreaCode(String);

impl AreaCode {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` lies in this administrative area, itself included.
    pub fn contains(&self, other: &AreaCode) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl FromStr for AreaCode {
    type Err = AreaCodeError;

    fn from_str(text: &str) -> Result<Self, AreaCodeError> {
        let text = text.trim();
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.chars().count() > 64 || !text.chars().all(fits) {
            return Err(AreaCodeError);
        }
        Ok(Self(without_zero_groups(text).to_owned()))
    }
}

/// Drops the empty groups of a 6, 9 or 12-digit administrative code (PP CC DD TTT VVV).
fn without_zero_groups(text: &str) -> &str {
    if !text.bytes().all(|b| b.is_ascii_digit()) || !matches!(text.len(), 6 | 9 | 12) {
        return text;
    }
    let mut end = text.len();
    for (start, group) in [(9, "000"), (6, "000"), (4, "00"), (2, "00")] {
        if end == start + group.len() && &text[start..end] == group {
            end = start;
        }
    }
    &text[..end]
}

impl TryFrom<String> for AreaCode {
    type Error = AreaCodeError;

    fn try_from(text: String) -> Result<Self, AreaCodeError> {
        text.parse()
    }
}

impl From<AreaCode> for String {
    fn from(code: AreaCode) -> String {
        code.0
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_zero_groups_are_dropped_from_administrative_codes_only() {
        for (given, kept) in [
            ("440106008000", "440106008"),
            ("440106000000", "440106"),
            ("440106", "440106"),
            ("440100", "4401"),
            ("440000", "44"),
            ("110010000000000", "110010000000000"),
            ("Z-100", "Z-100"),
        ] {
            assert_eq!(given.parse::<AreaCode>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn a_prefix_contains_its_codes() {
        let district: AreaCode = "440106".parse().unwrap();
        assert!(district.contains(&"440106008".parse().unwrap()));
        assert!(!district.contains(&"440104008".parse().unwrap()));
    }

    #[test]
    fn an_empty_or_strange_code_is_refused() {
        for text in ["", "  ", "a b", "x'; drop table"] {
            assert!(text.parse::<AreaCode>().is_err());
        }
    }
}
