use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The name of a piece at all times: its cell, how many levels of areas it is known to lie in, and
/// the smallest of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct GroupName {
    /// The side of its cell, metres.
    pub cell_m: u32,
    /// Column and row.
    pub cell: (i32, i32),
    pub depth: u8,
    /// Empty where it lies in no area.
    pub code: Box<str>,
}

/// A text that names no piece.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no piece")]
pub struct GroupNameError(String);

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (column, row) = self.cell;
        let (cell_m, depth, code) = (self.cell_m, self.depth, &self.code);
        write!(f, "{cell_m}e{column}n{row}-{depth}-{code}")
    }
}

impl FromStr for GroupName {
    type Err = GroupNameError;

    fn from_str(text: &str) -> Result<Self, GroupNameError> {
        let read = || {
            let (cell_m, rest) = text.split_once('e')?;
            let (column, rest) = rest.split_once('n')?;
            // The first character of the row may be its sign.
            let end = rest.get(1..)?.find('-')? + 1;
            let (depth, code) = rest.get(end + 1..)?.split_once('-')?;
            Some(GroupName {
                cell_m: cell_m.parse().ok()?,
                cell: (column.parse().ok()?, rest[..end].parse().ok()?),
                depth: depth.parse().ok()?,
                code: code.into(),
            })
        };
        let name: Option<GroupName> = read();
        // One text for each name.
        name.filter(|name| name.to_string() == text)
            .ok_or_else(|| GroupNameError(text.to_owned()))
    }
}

impl From<GroupName> for String {
    fn from(name: GroupName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for GroupName {
    type Error = GroupNameError;

    fn try_from(text: String) -> Result<Self, GroupNameError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_written_and_nothing_else_is() {
        for text in [
            "100e115n230-3-440106001",
            "6400e-1n-2-0-",
            "200e0n0-2-a-b",
            "100e-5n3-1-440106",
        ] {
            let name: GroupName = text.parse().expect(text);
            assert_eq!(name.to_string(), text);
        }
        for text in [
            "",
            "home",
            "100e1n2",
            "100e1n2-3",
            "1e2n+3-1-x",
            "e1n2-3-a",
            "100e1n-é-1-x",
        ] {
            assert!(text.parse::<GroupName>().is_err(), "{text}");
        }
    }
}
