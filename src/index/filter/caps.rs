use std::{num::NonZeroUsize, sync::Once};

use cql2::Expr;

use super::FilterError;

/// The longest condition that is read, bytes of UTF-8.
pub const MAX_BYTES: usize = 4096;

/// The deepest nesting that is read. The parser calls itself for each step down: deeper text
/// would overflow its stack.
pub const MAX_DEPTH: usize = 64;

/// Steps that the parser may take in one text. It tries a parenthesis first as a group and then as
/// a list, so an error within n of them costs 2^n steps; sound text of [`MAX_BYTES`] takes under a
/// tenth of this.
const MAX_STEPS: NonZeroUsize = NonZeroUsize::new(1_000_000).expect("not zero");

/// Reads CQL2 text within the caps.
pub(super) fn parse(text: &str) -> Result<Expr, FilterError> {
    if text.len() > MAX_BYTES {
        return Err(FilterError::TooLong { bytes: text.len() });
    }
    let depth = depth(text);
    if depth > MAX_DEPTH {
        return Err(FilterError::TooDeep { depth });
    }
    static LIMITED: Once = Once::new();
    LIMITED.call_once(|| pest::set_call_limit(Some(MAX_STEPS)));
    cql2::parse_text(text).map_err(|error| {
        let report = error.to_string();
        if report.contains("limit reached") {
            return FilterError::TooTangled;
        }
        // The parser points at the place in several lines; the last one names what was expected.
        let last = report.lines().rev().find(|line| !line.trim().is_empty());
        let problem = last.unwrap_or(&report).trim().trim_start_matches("= ");
        FilterError::Syntax {
            problem: problem.chars().take(200).collect(),
        }
    })
}

/// A bound on how deep the parsed expression nests: open parentheses, and every `NOT` and
/// operator of a chain that `AND`, `OR` or a comma has not ended.
fn depth(text: &str) -> usize {
    let mut open: Vec<usize> = vec![0];
    let (mut now, mut deepest) = (0usize, 0usize);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        let mut steps = 0;
        match first {
            '\'' | '"' => length = quoted(rest, first),
            '(' => {
                open.push(0);
                now += 1;
            }
            // One too many is the parser's to report.
            ')' if open.len() > 1 => now -= 1 + open.pop().unwrap_or(0),
            '+' | '-' | '*' | '/' | '%' | '^' | '=' | '<' | '>' | '!' => steps = 1,
            ',' => now -= std::mem::take(open.last_mut().expect("never empty")),
            c if c.is_alphabetic() => {
                length = rest
                    .find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | ':'))
                    .unwrap_or(rest.len());
                match rest[..length].to_ascii_lowercase().as_str() {
                    "and" | "or" => now -= std::mem::take(open.last_mut().expect("never empty")),
                    "not" | "like" | "in" | "div" => steps = 1,
                    _ => {}
                }
            }
            _ => {}
        }
        *open.last_mut().expect("never empty") += steps;
        now += steps;
        deepest = deepest.max(now);
        rest = &rest[length..];
    }
    deepest
}

/// The length of a quoted run, in which a doubled quote stands for itself.
fn quoted(text: &str, quote: char) -> usize {
    let inside = &text[1..];
    // A doubled quote ends one run and begins the next: read together they are skipped alike.
    inside.find(quote).map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_not_counted() {
        assert_eq!(depth("name = '((((not not'"), 1);
        assert_eq!(depth("name = 'it''s ((' and \"((\" = 1"), 1);
        assert_eq!(depth("((a = 1))"), 3);
        assert_eq!(depth("a = 1 and b = 2 or not c = 3"), 2);
        assert_eq!(depth("))))(a)"), 1);
    }

    #[test]
    fn sound_text_up_to_the_caps_is_read_and_beyond_them_refused() {
        let nested = |n: usize| format!("{}a = 1{}", "(".repeat(n), ")".repeat(n));
        assert!(parse(&nested(MAX_DEPTH - 1)).is_ok());
        assert!(matches!(
            parse(&nested(MAX_DEPTH)),
            Err(FilterError::TooDeep { .. })
        ));
        assert!(parse(&"not ".repeat(80)).is_err());
        assert!(parse(&"-".repeat(4000)).is_err());
        assert!(parse(&"a=".repeat(2000)).is_err());
        let long = vec!["a = 1"; 400].join(" and ");
        assert!(long.len() < MAX_BYTES && parse(&long).is_ok());
        let list = format!("a in ({})", vec!["1"; 2000].join(","));
        assert!(list.len() < MAX_BYTES && parse(&list).is_ok());
        assert!(matches!(
            parse(&" ".repeat(MAX_BYTES + 1)),
            Err(FilterError::TooLong { .. })
        ));
    }

    #[test]
    fn text_that_makes_the_parser_go_back_and_forth_is_refused_in_time() {
        for inner in ["", "a = ", "1,2,", "("] {
            let tangled = format!("{}{inner}{}", "(".repeat(60), ")".repeat(60));
            assert!(parse(&tangled).is_err(), "{tangled}");
        }
    }

    #[test]
    fn a_small_stack_is_enough() {
        let deep = |n: usize| format!("{}a = 1{}", "not (".repeat(n), ")".repeat(n));
        let chain = vec!["a = 1"; 450].join(" or ");
        let texts = [deep(31), chain, "not ".repeat(60) + "a = 1"];
        let reading = std::thread::Builder::new().stack_size(1 << 20);
        let reading = reading.spawn(move || texts.map(|text| parse(&text).is_ok()));
        let read = reading.expect("a thread").join().expect("no overflow");
        assert_eq!(read, [true; 3]);
    }
}
