//! Personal identity numbers (公民身份号码, GB 11643-1999): noticed in any column, never repeated.

use super::{error::shorten, raw::Cell};
use crate::domain::{
    half_width,
    identity_number::{is_birth_date, is_identity_number, runs},
    tells_identity,
};

/// Whether a cell holds a valid identity number, alone or in a longer text.
pub(super) fn holds_identity_number(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Text(text) => tells_identity(text),
        Cell::Integer(n @ 100_000_000_000_000_000..1_000_000_000_000_000_000) => {
            is_identity_number(n.to_string().as_bytes())
        }
        // A spreadsheet keeps 15 digits of a number: the check digit is lost, the date is not.
        Cell::Number(n) if (1.1e17..8.3e17).contains(n) && n.fract() == 0.0 => {
            is_birth_date(&format!("{n:.0}").as_bytes()[6..14])
        }
        _ => false,
    }
}

/// Counts what looks like identity numbers in one column.
#[derive(Debug, Default)]
pub(super) struct IdentityWatch {
    is_suspect: bool,
    filled: u64,
    valid: u64,
}

impl IdentityWatch {
    /// `folded` is the heading of the column.
    pub fn new(folded: &str) -> Self {
        let is_suspect = [
            "身份证",
            "身份号码",
            "证件号",
            "idcard",
            "idnumber",
            "sfzh",
            "gmsfhm",
        ]
        .iter()
        .any(|word| folded.contains(word));
        IdentityWatch {
            is_suspect,
            ..IdentityWatch::default()
        }
    }

    pub fn look(&mut self, cell: &Cell<'_>) {
        if matches!(cell, Cell::Empty) {
            return;
        }
        self.filled += 1;
        // Under a telling heading old, mistyped and half hidden numbers count as well.
        let is_announced = || {
            self.is_suspect
                && match cell {
                    Cell::Text(text) => text.chars().count() >= 15,
                    Cell::Integer(n) => n.unsigned_abs() >= 100_000_000_000_000,
                    Cell::Number(n) => n.abs() >= 1e14,
                    _ => false,
                }
        };
        if holds_identity_number(cell) || is_announced() {
            self.valid += 1;
        }
    }

    /// Whether the column must be taken for one of identity numbers: at least three and one in a
    /// hundred, or half of a short column, or any at all under a telling heading.
    pub fn is_identity(&self) -> bool {
        (self.valid >= 3 && self.valid * 100 >= self.filled)
            || (self.valid >= 1 && self.valid * 2 >= self.filled)
            || (self.valid >= 1 && self.is_suspect)
    }
}

/// A value for a message: shortened, and hidden where it looks like an identity or telephone
/// number.
pub(super) fn masked(value: &str) -> String {
    let half: String = value.chars().map(half_width).collect();
    let joined: String = half.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if runs(&joined).any(is_personal) {
        return "***".into();
    }
    shorten(value.trim(), 40)
}

fn is_personal(run: &[u8]) -> bool {
    let national = run.strip_prefix(b"86").unwrap_or(run);
    let is_mobile = |n: &[u8]| n.len() == 11 && n[0] == b'1' && n[1] >= b'3';
    let is_old_identity = run.len() == 15 && {
        let mut date = b"19".to_vec();
        date.extend_from_slice(&run[6..12]);
        is_birth_date(&date)
    };
    is_mobile(run)
        || is_mobile(national)
        || is_old_identity
        || (run.len() >= 15 && is_birth_date(&run[6..14]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_are_recognised_wherever_they_stand() {
        for text in [
            "11010519491231002X",
            "11010519491231002x",
            "440524188001010014",
            "证件：440524188001010014（复印件）",
            "４４０５２４１８８００１０１００１４",
        ] {
            assert!(holds_identity_number(&Cell::Text(text)), "{text}");
            assert_eq!(masked(text), "***");
        }
        assert!(holds_identity_number(&Cell::Integer(
            440_524_188_001_010_014
        )));
        for text in [
            "440524188001010015",
            "44052418800101001",
            "1440524188001010014",
            "440106008001000012",
            "91350100M000100Y43",
        ] {
            assert!(!holds_identity_number(&Cell::Text(text)), "{text}");
        }
    }

    #[test]
    fn messages_hide_personal_numbers_and_show_the_rest() {
        for text in [
            "13800138000",
            "+86 138-0013-8000",
            "440524880101001",
            "44052418800101001",
        ] {
            assert_eq!(masked(text), "***", "{text}");
        }
        for text in ["abc", "-3", "12.5", "440106008001", "113.26443500000001"] {
            assert_eq!(masked(text), text);
        }
        assert_eq!(masked(&"长".repeat(50)).chars().count(), 41);
    }

    #[test]
    fn a_few_lucky_numbers_do_not_make_a_column() {
        let mut watch = IdentityWatch::new("code");
        for n in 0..1000 {
            watch.look(&Cell::Integer(n));
        }
        watch.look(&Cell::Text("440524188001010014"));
        watch.look(&Cell::Text("440524188001010014"));
        assert!(!watch.is_identity());
        let mut short = IdentityWatch::new("备注");
        short.look(&Cell::Text("440524188001010014"));
        assert!(short.is_identity());
    }
}
