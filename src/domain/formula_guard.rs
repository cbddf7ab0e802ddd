//! Texts that spreadsheet programs would take for formulas (CSV injection).
//!
//! A CSV cell `=HYPERLINK(…)` is run when the file is opened. Writers therefore put an apostrophe
//! before such a text, and readers take exactly one away again, so that nothing is lost:
//! `unguarded(&guarded(text)) == text` for every text.

use std::borrow::Cow;

/// `text` as a spreadsheet program shows it and never runs it.
///
/// Plain numbers such as `-12.5` stay as they are, and so do coordinates such as `-51.2,-30.0`.
pub fn guarded(text: &str) -> Cow<'_, str> {
    let is_plain = || text.split(',').all(|part| part.parse::<f64>().is_ok());
    if is_risky(text) && !is_plain() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// `text` without the apostrophe that [`guarded`] put before it.
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(bare) if is_risky(bare) => bare,
        _ => text,
    }
}

/// Whether a text starts like a formula; apostrophes before it do not count, so that a text that
/// was guarded elsewhere is guarded once more and comes back as it was.
fn is_risky(text: &str) -> bool {
    let start = text.trim_start_matches('\'').chars().next();
    // Full-width forms are formulas too in East Asian editions.
    start.is_some_and(|c| "=+-@\t\r\n＝＋－＠".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        for text in ["=1+1", "@SUM(A1)", "+86 20", "-x", "\tx", "＝1"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["-1,=2", "-1,", "-51.2;-30"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in [
            "",
            "-12.5",
            "-51.2287,-30.0277",
            "+3",
            "天河区",
            "'s-Hertogenbosch",
            "0086",
        ] {
            assert_eq!(guarded(text), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "['=+@\\-\ta1＝]{0,6}") {
            let there = guarded(&text);
            prop_assert_eq!(unguarded(&there), text.as_str());
        }
    }
}
