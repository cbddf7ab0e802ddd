use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::K;

/// Counts by what they are of.
pub type Counts = BTreeMap<String, i64>;

/// What an attacker came to know.
#[derive(Default)]
pub struct Found {
    /// Questions asked and differences drawn.
    pub attacks: usize,
    /// Counts of people, jobs and commuters that were looked at.
    pub read: usize,
    /// Counts that are no multiple of k: of those the first few are told.
    pub leaks: usize,
    told: Vec<String>,
}

impl Found {
    pub fn count(&mut self, what: impl FnOnce() -> String, count: i64) {
        self.read += 1;
        if count % K != 0 {
            self.leak(|| format!("{} = {count}", what()));
        }
    }

    pub fn leak(&mut self, what: impl FnOnce() -> String) {
        self.leaks += 1;
        if self.told.len() < 5 {
            self.told.push(what());
        }
    }

    /// Every count in an answer, wherever it stands.
    pub fn answer(&mut self, names: &BTreeSet<String>, answer: &Json, path: &str) {
        self.attacks += 1;
        walk(names, answer, path, &mut |what, number| {
            self.read += 1;
            if number.fract() != 0.0 || number as i64 % K != 0 {
                self.leak(|| format!("{what} = {number}"));
            }
        });
    }

    /// What two answers differ by.
    pub fn difference(&mut self, what: &str, a: &Counts, b: &Counts) {
        self.attacks += 1;
        for (name, count) in a {
            if let Some(other) = b.get(name) {
                self.count(|| format!("{what} {name}"), count - other);
            }
        }
    }

    /// Nothing was learned, though enough was tried and read.
    pub fn assert_nothing(&self, kind: &str, attacks: usize, read: usize) {
        let told = self.told.join("; ");
        assert_eq!(self.leaks, 0, "{kind}: {told}");
        let tried = (self.attacks, self.read);
        assert!(tried.0 >= attacks && tried.1 >= read, "{kind}: {tried:?}");
    }

    /// The same attack finds counts where nothing protects them.
    pub fn assert_something(&self, kind: &str) {
        assert!(self.leaks > 0, "{kind}: {} counts, no leak", self.read);
    }
}

/// The counts of people and units in an answer by name, alone or beside another date.
pub fn counts(names: &BTreeSet<String>, answer: &Json) -> Counts {
    let mut all = Counts::new();
    walk(names, answer, "", &mut |what, number| {
        all.insert(what.to_owned(), number as i64);
    });
    all
}

fn walk(names: &BTreeSet<String>, answer: &Json, path: &str, found: &mut dyn FnMut(&str, f64)) {
    match answer {
        Json::Object(map) => {
            for (key, value) in map {
                let sides = ["then.", "now.", "difference."];
                let plain = sides.iter().find_map(|side| key.strip_prefix(side));
                let what = format!("{path}.{key}");
                match value.as_f64() {
                    // Published totals are official figures and stand as they are.
                    Some(number) if names.contains(plain.unwrap_or(key)) => found(&what, number),
                    _ => walk(names, value, &what, found),
                }
            }
        }
        Json::Array(all) => {
            for (at, value) in all.iter().enumerate() {
                walk(names, value, &format!("{path}[{at}]"), found);
            }
        }
        _ => {}
    }
}
