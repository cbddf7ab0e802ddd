//! Rows of two answers side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::query::Row;

/// What the two sides are called, the one that the difference is counted from first.
pub(super) type Sides = [&'static str; 2];

/// The city as it is, and a scenario.
pub(super) const SCENARIO: Sides = ["base", "scenario"];

/// An earlier period, and a later one.
pub(super) const PERIODS: Sides = ["then", "now"];

/// How rows are held against each other.
#[derive(Clone, Copy)]
pub(super) struct Pairing<'a> {
    pub sides: Sides,
    /// The columns that say which row is which.
    pub keys: &'a [&'a str],
    /// Columns of words, told of both sides.
    pub words: &'a [&'a str],
    /// Whether a column holds numbers where no row says so.
    pub is_number: &'a dyn Fn(&str) -> bool,
    /// Whether a column counts something, so that its change is told as a share too.
    pub is_count: &'a dyn Fn(&str) -> bool,
}

impl Pairing<'_> {
    /// Rows matched by their keys, in the order of the second side's; those that only the first has
    /// follow at the end.
    ///
    /// A column of numbers becomes one of each side, `base.…` and `scenario.…`, and `difference.…`,
    /// which is undefined where either is; of a count, `change_share.…` is the difference as a share
    /// of the first side, undefined where that is none. A column of `words` becomes one of each
    /// side; a reason stands beside its side. Everything else says what the row is about.
    pub fn side_by_side(&self, first: &[Row], second: &[Row]) -> Vec<Row> {
        let is_number = |key: &str| !self.words.contains(&key) && (self.is_number)(key);
        let numbers = numbers(first.iter().chain(second), self.keys, &is_number);
        let (of_first, of_second) = (numbered(first, self.keys), numbered(second, self.keys));
        let known: BTreeMap<&Key, &Row> = of_first.iter().map(|(key, row)| (key, *row)).collect();
        let mut rows: Vec<Row> = Vec::with_capacity(second.len());
        for (key, row) in &of_second {
            rows.push(self.pair([known.get(key).copied(), Some(row)], &numbers));
        }
        let seen: BTreeSet<&Key> = of_second.iter().map(|(key, _)| key).collect();
        for (_, row) in of_first.iter().filter(|(key, _)| !seen.contains(key)) {
            rows.push(self.pair([Some(row), None], &numbers));
        }
        rows
    }

    /// Whether anything differs between the sides of a row.
    pub fn is_changed(&self, row: &Row) -> bool {
        let [first, second] = self.sides;
        row.contains_key("only")
            || row.iter().any(|(key, value)| {
                let side = key.split_once('.').filter(|(side, _)| *side == first);
                side.is_some_and(|(_, of)| row.get(&format!("{second}.{of}")) != Some(value))
            })
    }

    fn pair(&self, of_sides: [Option<&Row>; 2], numbers: &[String]) -> Row {
        let ([first, second], words) = (self.sides, self.words);
        let [before, after] = of_sides;
        let is_told_twice = |key: &String| numbers.contains(key) || words.contains(&key.as_str());
        let mut row = Row::new();
        let Some(shown) = after.or(before) else {
            return row;
        };
        for (key, value) in shown {
            let is_word = !value.is_object() && !value.is_array() && !value.is_null();
            if is_word && !is_told_twice(key) && !is_reason(key) {
                row.insert(key.clone(), value.clone());
            }
        }
        match of_sides {
            [None, Some(_)] => drop(row.insert("only".into(), json!(second))),
            [Some(_), None] => drop(row.insert("only".into(), json!(first))),
            _ => {}
        }
        let of = |side: Option<&Row>, key: &str| {
            let value = side.and_then(|side| side.get(key));
            value.cloned().unwrap_or(Json::Null)
        };
        for key in words.iter().filter(|key| shown.contains_key(**key)) {
            row.insert(format!("{first}.{key}"), of(before, key));
            row.insert(format!("{second}.{key}"), of(after, key));
        }
        for key in numbers {
            let (then, now) = (of(before, key), of(after, key));
            let difference = difference(&then, &now);
            let share = (self.is_count)(key).then(|| share(&difference, &then));
            row.insert(format!("{first}.{key}"), then);
            row.insert(format!("{second}.{key}"), now);
            row.insert(format!("difference.{key}"), difference);
            if let Some(share) = share {
                row.insert(format!("change_share.{key}"), share);
            }
        }
        for (name, side) in self.sides.into_iter().zip(of_sides) {
            for (key, value) in side.into_iter().flatten() {
                if is_reason(key) && !value.is_null() {
                    row.insert(format!("{name}.{key}"), value.clone());
                }
            }
        }
        row
    }
}

/// The words of a row's keys, and which of the rows with the same words it is.
type Key = (Vec<String>, usize);

fn numbered<'r>(rows: &'r [Row], keys: &[&str]) -> Vec<(Key, &'r Row)> {
    let mut times: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let key = |row: &Row| -> Vec<String> {
        let values = keys.iter().filter_map(|key| row.get(*key));
        values.map(Json::to_string).collect()
    };
    let numbered = rows.iter().map(|row| {
        let words = key(row);
        let time = times.entry(words.clone()).or_default();
        *time += 1;
        ((words, *time), row)
    });
    numbered.collect()
}

/// The columns that hold numbers, in the order of their first row.
fn numbers<'r>(
    rows: impl Iterator<Item = &'r Row>,
    keys: &[&str],
    is_number: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    const PLACE: [&str; 2] = ["lon", "lat"];
    let mut order: Vec<String> = Vec::new();
    let mut seen: BTreeSet<&'r str> = BTreeSet::new();
    for (key, value) in rows.flatten() {
        let is_identity = keys.contains(&key.as_str()) || PLACE.contains(&key.as_str());
        let fits = value.is_number() || (value.is_null() && is_number(key));
        if !is_identity && fits && seen.insert(key) {
            order.push(key.clone());
        }
    }
    order
}

fn is_reason(key: &str) -> bool {
    key == "reason" || key.ends_with("_reason")
}

/// Second less first; whole numbers stay whole, what is equal is exactly zero.
fn difference(before: &Json, after: &Json) -> Json {
    if let (Some(before), Some(after)) = (before.as_i64(), after.as_i64()) {
        return json!(after.saturating_sub(before));
    }
    match (before.as_f64(), after.as_f64()) {
        (Some(before), Some(after)) => json!(after - before),
        _ => Json::Null,
    }
}

/// A difference as a share of what there was; undefined where there was none.
fn share(difference: &Json, before: &Json) -> Json {
    match (difference.as_f64(), before.as_f64()) {
        (Some(difference), Some(before)) if before != 0.0 => json!(difference / before),
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairing<'a>(
        keys: &'a [&'a str],
        words: &'a [&'a str],
        is_number: &'a dyn Fn(&str) -> bool,
    ) -> Pairing<'a> {
        Pairing {
            sides: SCENARIO,
            keys,
            words,
            is_number,
            is_count: &|_| false,
        }
    }

    fn row(value: Json) -> Row {
        match value {
            Json::Object(row) => row,
            other => panic!("{other} is no row"),
        }
    }

    #[test]
    fn rows_meet_by_key_and_undefined_stays_undefined() {
        let base = [
            row(json!({"code": "a", "name": "A", "jobs": 5, "ratio": 0.5, "reason": null})),
            row(json!({"code": "b", "name": "B", "jobs": 0, "ratio": null, "reason": "empty"})),
            row(json!({"code": "c", "name": "C", "jobs": 1, "ratio": 0.1, "reason": null})),
        ];
        let scenario = [
            row(json!({"code": "b", "name": "B", "jobs": 2, "ratio": 0.25, "reason": null})),
            row(json!({"code": "a", "name": "A", "jobs": 5, "ratio": 0.5, "reason": null})),
            row(json!({"code": "d", "name": "D", "jobs": 7, "ratio": null, "reason": "empty"})),
        ];
        let is_ratio = |key: &str| key == "ratio";
        let pairing = pairing(&["code"], &[], &is_ratio);
        let rows = pairing.side_by_side(&base, &scenario);
        let codes: Vec<&Json> = rows.iter().map(|row| &row["code"]).collect();
        assert_eq!(codes, ["b", "a", "d", "c"]);
        assert_eq!(rows[0]["difference.jobs"], 2);
        assert_eq!(rows[0]["difference.ratio"], Json::Null);
        assert_eq!(rows[0]["base.reason"], "empty");
        assert!(!rows[0].contains_key("scenario.reason"));
        assert_eq!(rows[1]["difference.jobs"], 0);
        assert_eq!(rows[1]["difference.ratio"], 0.0);
        let changed: Vec<bool> = rows.iter().map(|row| pairing.is_changed(row)).collect();
        assert_eq!(changed, [true, false, true, true]);
        assert_eq!(
            (&rows[2]["only"], &rows[3]["only"]),
            (&json!("scenario"), &json!("base"))
        );
        assert_eq!(rows[3]["scenario.jobs"], Json::Null);
    }

    #[test]
    fn words_that_change_are_told_of_both_sides() {
        let base = [row(json!({"code": "a", "class": "one", "n": 1}))];
        let scenario = [row(json!({"code": "a", "class": null, "n": 1}))];
        let pairing = pairing(&["code"], &["class"], &|_| false);
        let rows = pairing.side_by_side(&base, &scenario);
        assert_eq!(rows[0]["base.class"], "one");
        assert_eq!(rows[0]["scenario.class"], Json::Null);
        assert!(!rows[0].contains_key("class"));
        assert!(pairing.is_changed(&rows[0]));
    }

    #[test]
    fn rows_of_one_name_meet_in_their_order() {
        let rows = [
            row(json!({"origin": "x", "n": 1})),
            row(json!({"origin": "x", "n": 2})),
        ];
        let pairing = pairing(&["origin"], &[], &|_| false);
        let pairs = pairing.side_by_side(&rows, &rows);
        assert_eq!(pairs[1]["base.n"], 2);
        assert!(!pairs.iter().any(|row| pairing.is_changed(row)));
    }

    #[test]
    fn a_count_changes_by_a_share_of_what_there_was() {
        let is_count = |key: &str| key == "n";
        let pairing = Pairing {
            sides: PERIODS,
            is_count: &is_count,
            ..pairing(&["code"], &[], &|_| false)
        };
        let then = [
            row(json!({"code": "a", "n": 200, "ratio": 0.5})),
            row(json!({"code": "b", "n": 0, "ratio": 0.5})),
        ];
        let now = [
            row(json!({"code": "a", "n": 150, "ratio": 0.75})),
            row(json!({"code": "b", "n": 7, "ratio": 0.5})),
            row(json!({"code": "c", "n": 7, "ratio": 0.5})),
        ];
        let rows = pairing.side_by_side(&then, &now);
        let shares: Vec<&Json> = rows.iter().map(|row| &row["change_share.n"]).collect();
        assert_eq!(shares, [&json!(-0.25), &Json::Null, &Json::Null]);
        assert_eq!(rows[0]["difference.ratio"], 0.25);
        assert!(!rows[0].contains_key("change_share.ratio"));
        assert_eq!(
            (&rows[1]["then.n"], &rows[1]["now.n"]),
            (&json!(0), &json!(7))
        );
        assert_eq!(rows[2]["only"], "now");
    }
}
