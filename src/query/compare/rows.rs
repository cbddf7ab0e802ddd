//! Rows of two answers side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::query::Row;

/// Rows matched by their keys, in the order of the scenario's; those that only the base has follow
/// at the end.
///
/// A column of numbers becomes `base.…`, `scenario.…` and `difference.…`; the difference is
/// undefined where either is. A column of `words` becomes `base.…` and `scenario.…`; a reason stands
/// beside its side. Everything else says what the row is about.
pub(super) fn side_by_side(
    base: &[Row],
    scenario: &[Row],
    keys: &[&str],
    words: &[&str],
    is_number: &dyn Fn(&str) -> bool,
) -> Vec<Row> {
    let is_number = |key: &str| !words.contains(&key) && is_number(key);
    let numbers = numbers(base.iter().chain(scenario), keys, &is_number);
    let columns = Columns {
        numbers: &numbers,
        words,
    };
    let (of_base, of_scenario) = (numbered(base, keys), numbered(scenario, keys));
    let known: BTreeMap<&Key, &Row> = of_base.iter().map(|(key, row)| (key, *row)).collect();
    let mut rows: Vec<Row> = Vec::with_capacity(scenario.len());
    for (key, row) in &of_scenario {
        rows.push(pair(known.get(key).copied(), Some(row), &columns));
    }
    let seen: BTreeSet<&Key> = of_scenario.iter().map(|(key, _)| key).collect();
    for (key, row) in of_base.iter().filter(|(key, _)| !seen.contains(key)) {
        debug_assert!(!seen.contains(key));
        rows.push(pair(Some(row), None, &columns));
    }
    rows
}

/// Whether anything differs between the sides of a row.
pub(super) fn is_changed(row: &Row) -> bool {
    row.contains_key("only")
        || row.iter().any(|(key, value)| {
            let of = key.strip_prefix("base.");
            of.is_some_and(|of| row.get(&format!("scenario.{of}")) != Some(value))
        })
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

/// The columns that differ from side to side.
struct Columns<'c> {
    numbers: &'c [String],
    words: &'c [&'c str],
}

fn pair(base: Option<&Row>, scenario: Option<&Row>, columns: &Columns<'_>) -> Row {
    let Columns { numbers, words } = columns;
    let is_told_twice = |key: &String| numbers.contains(key) || words.contains(&key.as_str());
    let mut row = Row::new();
    let Some(shown) = scenario.or(base) else {
        return row;
    };
    for (key, value) in shown {
        let is_word = !value.is_object() && !value.is_array() && !value.is_null();
        if is_word && !is_told_twice(key) && !is_reason(key) {
            row.insert(key.clone(), value.clone());
        }
    }
    match (base, scenario) {
        (None, Some(_)) => drop(row.insert("only".into(), json!("scenario"))),
        (Some(_), None) => drop(row.insert("only".into(), json!("base"))),
        _ => {}
    }
    let of = |side: Option<&Row>, key: &str| {
        let value = side.and_then(|side| side.get(key));
        value.cloned().unwrap_or(Json::Null)
    };
    for key in words.iter().filter(|key| shown.contains_key(**key)) {
        row.insert(format!("base.{key}"), of(base, key));
        row.insert(format!("scenario.{key}"), of(scenario, key));
    }
    for key in *numbers {
        let (before, after) = (of(base, key), of(scenario, key));
        let difference = difference(&before, &after);
        row.insert(format!("base.{key}"), before);
        row.insert(format!("scenario.{key}"), after);
        row.insert(format!("difference.{key}"), difference);
    }
    for (name, side) in [("base", base), ("scenario", scenario)] {
        for (key, value) in side.into_iter().flatten() {
            if is_reason(key) && !value.is_null() {
                row.insert(format!("{name}.{key}"), value.clone());
            }
        }
    }
    row
}

fn is_reason(key: &str) -> bool {
    key == "reason" || key.ends_with("_reason")
}

/// Scenario less base; whole numbers stay whole, what is equal is exactly zero.
fn difference(before: &Json, after: &Json) -> Json {
    if let (Some(before), Some(after)) = (before.as_i64(), after.as_i64()) {
        return json!(after.saturating_sub(before));
    }
    match (before.as_f64(), after.as_f64()) {
        (Some(before), Some(after)) => json!(after - before),
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let rows = side_by_side(&base, &scenario, &["code"], &[], &|key| key == "ratio");
        let codes: Vec<&Json> = rows.iter().map(|row| &row["code"]).collect();
        assert_eq!(codes, ["b", "a", "d", "c"]);
        assert_eq!(rows[0]["difference.jobs"], 2);
        assert_eq!(rows[0]["difference.ratio"], Json::Null);
        assert_eq!(rows[0]["base.reason"], "empty");
        assert!(!rows[0].contains_key("scenario.reason"));
        assert_eq!(rows[1]["difference.jobs"], 0);
        assert_eq!(rows[1]["difference.ratio"], 0.0);
        let changed: Vec<bool> = rows.iter().map(is_changed).collect();
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
        let rows = side_by_side(&base, &scenario, &["code"], &["class"], &|_| false);
        assert_eq!(rows[0]["base.class"], "one");
        assert_eq!(rows[0]["scenario.class"], Json::Null);
        assert!(!rows[0].contains_key("class"));
        assert!(is_changed(&rows[0]));
    }

    #[test]
    fn rows_of_one_name_meet_in_their_order() {
        let rows = [
            row(json!({"origin": "x", "n": 1})),
            row(json!({"origin": "x", "n": 2})),
        ];
        let pairs = side_by_side(&rows, &rows, &["origin"], &[], &|_| false);
        assert_eq!(pairs[1]["base.n"], 2);
        assert!(!pairs.iter().any(is_changed));
    }
}
