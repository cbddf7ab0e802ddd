use serde::Serialize;
use sha2::{Digest, Sha256};

use super::super::secret::hex;

/// One thing that was done, or refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// Milliseconds since 1970, UTC; of a sum the begin of its minute.
    pub at_ms: i64,
    /// The account; `-` for nobody, `machine:NAME` for whoever owns the machine.
    pub who: String,
    /// session, token, machine or none.
    pub credential: String,
    /// The address that it came from.
    pub origin: String,
    /// The operation: `GET /api/balance`, `import residences`.
    pub act: String,
    /// What it was done to or asked of.
    pub subject: String,
    /// How it ended.
    pub outcome: String,
    /// How often: more than 1 in a sum.
    pub times: u64,
}

/// An entry in its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// From 1, without gaps.
    pub number: i64,
    pub at_ms: i64,
    pub who: String,
    pub credential: String,
    pub origin: String,
    pub act: String,
    pub subject: String,
    pub outcome: String,
    pub times: u64,
    /// SHA-256 of the hash of the row before and of this one.
    pub hash: String,
}

/// The longest text of a field.
const LONGEST: usize = 300;

impl Entry {
    /// As it may be kept: without identity numbers, control characters and endless texts.
    pub fn cleaned(mut self) -> Self {
        for text in [
            &mut self.who,
            &mut self.credential,
            &mut self.origin,
            &mut self.act,
            &mut self.subject,
            &mut self.outcome,
        ] {
            let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            let plain: String = plain.take(LONGEST).collect();
            *text = without_numbers(&plain);
        }
        self
    }

    /// The entry as row `number` after one with the hash `previous`.
    pub fn chained(self, number: i64, previous: &str) -> Row {
        let mut row = Row {
            number,
            at_ms: self.at_ms,
            who: self.who,
            credential: self.credential,
            origin: self.origin,
            act: self.act,
            subject: self.subject,
            outcome: self.outcome,
            times: self.times,
            hash: String::new(),
        };
        row.hash = row.hashed(previous);
        row
    }
}

impl Row {
    /// SHA-256 over the hash of the row before and every field, each with its length, so that no two
    /// rows are written alike.
    pub fn hashed(&self, previous: &str) -> String {
        let numbers = [
            self.number.to_string(),
            self.at_ms.to_string(),
            self.times.to_string(),
        ];
        let texts = [
            &self.who,
            &self.credential,
            &self.origin,
            &self.act,
            &self.subject,
            &self.outcome,
        ];
        let mut hash = Sha256::new();
        let fields = std::iter::once(previous)
            .chain(numbers.iter().map(String::as_str))
            .chain(texts.into_iter().map(String::as_str));
        for field in fields {
            hash.update(format!("{}:", field.len()));
            hash.update(field);
        }
        hex(&hash.finalize())
    }
}

/// The text without runs of 15 digits and more: identity numbers (公民身份号码) never stand in a
/// record, wherever somebody typed them.
pub fn without_numbers(text: &str) -> String {
    const LONG: usize = 15;
    let mut out = String::with_capacity(text.len());
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        match digits.len() >= LONG {
            true => out.push('…'),
            false => out.push_str(digits),
        }
        digits.clear();
    };
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut out);
            out.push(c);
        }
    }
    flush(&mut digits, &mut out);
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn entry(act: &str) -> Entry {
        Entry {
            at_ms: 1_700_000_000_000,
            who: "chenyu".into(),
            credential: "session".into(),
            origin: "10.0.0.7".into(),
            act: act.into(),
            subject: String::new(),
            outcome: "200".into(),
            times: 1,
        }
    }

    #[test]
    fn a_row_is_bound_to_every_field_and_to_the_row_before() {
        let row = entry("GET /api/balance").chained(7, "ab");
        let mut other = row.clone();
        other.subject = "x".into();
        assert_ne!(other.hashed("ab"), row.hash);
        assert_ne!(row.hashed("ac"), row.hash);
        let mut moved = row.clone();
        (moved.who, moved.credential) = ("chenyuses".into(), "sion".into());
        assert_ne!(moved.hashed("ab"), row.hash);
        assert_eq!(row.hashed("ab"), row.hash);
    }

    #[test]
    fn identity_numbers_and_control_characters_are_never_kept() {
        assert_eq!(without_numbers("id=440103199001011234&x"), "id=…&x");
        assert_eq!(without_numbers("44010319900101123X"), "…X");
        assert_eq!(without_numbers("440103 20201101"), "440103 20201101");
        let mut long = entry("a\nb");
        long.subject = "长".repeat(1000);
        let kept = long.cleaned();
        assert_eq!(kept.act, "a b");
        assert_eq!(kept.subject.chars().count(), LONGEST);
    }
}
