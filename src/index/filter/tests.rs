//! Filters against an evaluator that looks at one row after the other.

use std::{collections::BTreeMap, sync::Arc};

use geo::Point;
use proptest::prelude::*;

use super::*;
use crate::{
    domain::{Catalog, Period, Table, TileCoord, Value, to_mercator},
    index::LayerIndex,
};

const LAYER: &str = r##"
id = "homes"
kind = "residence"
geometry = "point"
level = "public"
title = { zh = "住宅", en = "Homes" }
zoom = { min = 0, max = 22, detail = 14 }
style = { color = "#000000" }
[[attributes]]
id = "people"
type = "count"
title = { zh = "人", en = "People" }
[[attributes]]
id = "floor_area"
type = "number"
title = { zh = "面积", en = "Floor area" }
[[attributes]]
id = "name"
type = "text"
title = { zh = "名", en = "Name" }
[[attributes]]
id = "kind"
type = "category"
title = { zh = "类", en = "Kind" }
values = [{ code = "A", zh = "甲", en = "A" }, { code = "B", zh = "乙", en = "B" }]
[[attributes]]
id = "opened"
type = "date"
title = { zh = "开业", en = "Opened" }
[[attributes]]
id = "lift"
type = "flag"
title = { zh = "电梯", en = "Lift" }
"##;

fn layer() -> Arc<Layer> {
    let catalog = Catalog::parse([("homes.toml", LAYER)]).expect("a sound definition");
    catalog.layer("homes").expect("just parsed").clone()
}

fn levels() -> Vec<LevelId> {
    vec!["district".parse().expect("a level")]
}

/// One row by name: `id`, attributes, `district_code`.
type Row = BTreeMap<&'static str, Value>;

fn text(value: Option<String>) -> Value {
    value.map_or(Value::Missing, Value::Text)
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let maybe = |words: &'static [&'static str]| {
        prop::option::weighted(0.8, prop::sample::select(words)).prop_map(|w| w.map(str::to_owned))
    };
    let row = (
        prop::option::weighted(0.8, prop_oneof![0..6i64, 250..260i64, 70_000..70_003i64]),
        prop::option::weighted(
            0.8,
            prop_oneof![Just(-0.0), Just(0.0), Just(2.5), -1.0..300.0],
        ),
        maybe(&["东街", "东街1号", "西街", "100%", "a_b", "it's"]),
        maybe(&["A", "B"]),
        maybe(&["2020", "2020-05", "2021-01-01"]),
        prop::option::weighted(0.8, 0..2i64),
        maybe(&["4401", "4402"]),
    );
    prop::collection::vec(row, 1..150).prop_map(|rows| {
        let row = |(i, (people, area, name, kind, opened, lift, district))| {
            let integer = |v: Option<i64>| v.map_or(Value::Missing, Value::Integer);
            Row::from([
                ("id", Value::Text(format!("h{i}"))),
                ("people", integer(people)),
                (
                    "floor_area",
                    Option::map_or(area, Value::Missing, Value::Number),
                ),
                ("name", text(name)),
                ("kind", text(kind)),
                ("opened", text(opened)),
                ("lift", integer(lift)),
                ("district_code", text(district)),
            ])
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

/// Homes along a line, so that every tile of the neighborhood has some.
fn place(row: usize) -> (f64, f64) {
    (113.0 + row as f64 * 0.003, 23.0 + (row % 7) as f64 * 0.01)
}

fn index(rows: &[Row]) -> LayerIndex {
    let mut table = Table::for_layer(&layer());
    let names = ["people", "floor_area", "name", "kind", "opened", "lift"];
    for (number, row) in rows.iter().enumerate() {
        let (lon, lat) = place(number);
        let values: Vec<Value> = names.iter().map(|name| row[name].clone()).collect();
        let Value::Text(id) = &row["id"] else {
            unreachable!("ids are text")
        };
        table.push(id, Point::new(lon, lat).into(), &values);
        let codes = table.area_codes.entry(levels().remove(0)).or_default();
        match &row["district_code"] {
            Value::Text(code) => codes.push(Some(code)),
            _ => codes.push(None),
        }
    }
    let period: Period = "2020".parse().expect("a year");
    LayerIndex::build(layer(), period, levels(), &table)
}

/// A condition in a form of its own.
#[derive(Clone, Debug)]
enum Condition {
    Compare(&'static str, &'static str, Value),
    Pair(&'static str, &'static str, &'static str),
    Between(&'static str, Value, Value),
    In(&'static str, Vec<Value>),
    Like(&'static str, &'static str),
    IsNull(&'static str),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

const OPERATORS: &[&str] = &["=", "<>", "<", "<=", ">", ">="];

fn conditions() -> impl Strategy<Value = Condition> {
    let number = prop_oneof![
        4 => (0..6i64).prop_map(|v| Value::Number(v as f64)),
        2 => Just(Value::Number(255.0)),
        1 => Just(Value::Number(-0.5)),
        1 => Just(Value::Number(70_001.0)),
        1 => Just(Value::Missing),
    ];
    let word = |words: &'static [&'static str]| {
        prop::sample::select(words).prop_map(|w| Value::Text(w.to_owned()))
    };
    let subject = prop_oneof![
        3 => (prop::sample::select(&["people", "floor_area", "lift"][..]), number.clone(), number)
            .prop_map(|(name, a, b)| (name, a, b)),
        1 => (Just("name"), word(&["东街", "it's"]), word(&["西街"])),
        1 => (Just("kind"), word(&["A", "B"]), word(&["B"])),
        1 => (Just("opened"), word(&["2020", "2020-06"]), word(&["2021"])),
        1 => (Just("district_code"), word(&["4401", "9"]), word(&["4402"])),
        1 => (Just("id"), word(&["h1", "h3"]), word(&["h20"])),
    ];
    let names = &[
        "people",
        "floor_area",
        "name",
        "kind",
        "opened",
        "lift",
        "district_code",
        "id",
    ];
    let leaf = prop_oneof![
        (subject.clone(), prop::sample::select(OPERATORS))
            .prop_map(|((name, a, _), op)| Condition::Compare(name, op, a)),
        subject
            .clone()
            .prop_map(|(name, a, b)| Condition::Between(name, a, b)),
        subject.prop_map(|(name, a, b)| Condition::In(name, vec![a, b])),
        prop::sample::select(OPERATORS).prop_map(|op| Condition::Pair("people", op, "floor_area")),
        prop::sample::select(OPERATORS).prop_map(|op| Condition::Pair("name", op, "kind")),
        prop::sample::select(&["%街%", "东_", "100\\%", "%", "%a%b%", "a\\_b"][..])
            .prop_map(|pattern| Condition::Like("name", pattern)),
        prop::sample::select(&names[..]).prop_map(Condition::IsNull),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|c| Condition::Not(Box::new(c))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            prop::collection::vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

fn literal(value: &Value) -> String {
    match value {
        Value::Missing => "NULL".into(),
        Value::Integer(v) => v.to_string(),
        Value::Number(v) => v.to_string(),
        Value::Text(v) => format!("'{}'", v.replace('\'', "''")),
    }
}

impl Condition {
    fn to_text(&self) -> String {
        let joined = |parts: &[Condition], word: &str| {
            let parts: Vec<String> = parts.iter().map(|p| format!("({})", p.to_text())).collect();
            parts.join(word)
        };
        match self {
            Condition::Compare(name, op, value) => format!("{name} {op} {}", literal(value)),
            Condition::Pair(left, op, right) => format!("{left} {op} {right}"),
            Condition::Between(name, low, high) => {
                format!("{name} BETWEEN {} AND {}", literal(low), literal(high))
            }
            Condition::In(name, values) => {
                let values: Vec<String> = values.iter().map(literal).collect();
                format!("{name} IN ({})", values.join(", "))
            }
            Condition::Like(name, pattern) => format!("{name} LIKE '{pattern}'"),
            Condition::IsNull(name) => format!("{name} IS NULL"),
            Condition::Not(inner) => format!("NOT ({})", inner.to_text()),
            Condition::And(parts) => joined(parts, " AND "),
            Condition::Or(parts) => joined(parts, " OR "),
        }
    }

    /// `None` is SQL's unknown.
    fn holds(&self, row: &Row) -> Option<bool> {
        match self {
            Condition::Compare(name, op, value) => plain_compare(&row[name], op, value),
            Condition::Pair(left, op, right) => plain_compare(&row[left], op, &row[right]),
            Condition::Between(name, low, high) => both(
                plain_compare(&row[name], ">=", low),
                plain_compare(&row[name], "<=", high),
            ),
            Condition::In(name, values) => values
                .iter()
                .map(|value| plain_compare(&row[name], "=", value))
                .fold(Some(false), either),
            Condition::Like(name, pattern) => match &row[name] {
                Value::Text(text) => {
                    let characters = |s: &str| s.chars().collect::<Vec<char>>();
                    Some(plain_like(&characters(text), &characters(pattern)))
                }
                _ => None,
            },
            Condition::IsNull(name) => Some(row[name] == Value::Missing),
            Condition::Not(inner) => inner.holds(row).map(|truth| !truth),
            Condition::And(parts) => parts.iter().map(|p| p.holds(row)).fold(Some(true), both),
            Condition::Or(parts) => parts.iter().map(|p| p.holds(row)).fold(Some(false), either),
        }
    }
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    both(a.map(|truth| !truth), b.map(|truth| !truth)).map(|truth| !truth)
}

fn plain_compare(left: &Value, op: &str, right: &Value) -> Option<bool> {
    let number = |value: &Value| match value {
        Value::Integer(v) => Some(*v as f64),
        Value::Number(v) => Some(*v),
        _ => None,
    };
    let order = match (left, right) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => number(left)?.partial_cmp(&number(right)?)?,
    };
    Some(match op {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn plain_like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|from| plain_like(&text[from..], rest)),
        ['_', rest @ ..] => !text.is_empty() && plain_like(&text[1..], rest),
        ['\\', c, rest @ ..] | [c, rest @ ..] => {
            text.first() == Some(c) && plain_like(&text[1..], rest)
        }
    }
}

fn parse(text: &str) -> Result<Filter, FilterError> {
    Filter::parse(text, &layer(), &levels())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_filter_keeps_what_a_row_by_row_evaluator_keeps(rows in rows(), condition in conditions()) {
        let written = condition.to_text();
        let filter = parse(&written).map_err(|e| TestCaseError::fail(format!("{written}: {e}")))?;
        let index = index(&rows);
        let mut kept: Vec<&str> = index.iter_kept(&filter).map(|f| index.id(f)).collect();
        kept.sort_unstable();
        let holds = |row: &&Row| condition.holds(row) == Some(true);
        let mut expected: Vec<&str> = rows.iter().filter(holds).map(|row| match &row["id"] {
            Value::Text(id) => id.as_str(),
            _ => unreachable!("ids are text"),
        }).collect();
        expected.sort_unstable();
        prop_assert_eq!(kept, expected, "{}", written);

        // Grid sums of the kept rows, in a tile that holds only some of them.
        for z in [6u8, 10, 12] {
            let (mx, my) = to_mercator(113.1, 23.02);
            let side = f64::from(1u32 << z);
            let tile = TileCoord::new(z, (mx * side) as u32, (my * side) as u32).expect("a tile");
            let mut summed = (0, 0);
            for cell in index.grid(tile, z + 6, Some(&filter)) {
                summed.0 += cell.features;
                summed.1 += cell.sums[0];
            }
            let mut looped = (0, 0);
            for (number, row) in rows.iter().enumerate().filter(|(_, row)| holds(row)) {
                let (lon, lat) = place(number);
                let (mx, my) = to_mercator(lon, lat);
                if ((mx * side) as u32, (my * side) as u32) == (tile.x(), tile.y()) {
                    looped.0 += 1;
                    looped.1 += match row["people"] { Value::Integer(v) => v, _ => 0 };
                }
            }
            prop_assert_eq!(summed, looped, "z{} {}", z, written);
        }
    }

    #[test]
    fn no_text_brings_the_parser_down(text in "[a-z_'\"()<>=,.%+* 0-9-]{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_row_of_words_brings_the_parser_down(words in prop::collection::vec(prop::sample::select(&[
        "people", "name", "and", "or", "not", "(", ")", ",", "=", "<>", "like", "in", "between",
        "is", "null", "'x'", "1", "-", "+", "DATE", "TIMESTAMP", "BBOX", "POINT", "S_INTERSECTS",
        "true", "INTERVAL", "casei", "''", "1e400",
    ][..]), 0..24)) {
        let _ = parse(&words.join(" "));
    }
}

#[test]
fn refusals_name_the_attribute_and_what_there_is() {
    for (text, says) in [
        (
            "peple > 1",
            "homes has no attribute `peple`; it has id, people, floor_area",
        ),
        ("peple > 1", "lift, district_code"),
        (
            "people > 'many'",
            "`people` holds numbers, which 'many' is not",
        ),
        ("name = 5", "`name` holds text, which 5 is not"),
        (
            "people = name",
            "`people` holds numbers, which `name` is not",
        ),
        ("kind IN ('A', 'X')", "`kind` has no value 'X'; it has A, B"),
        ("opened > 'yesterday'", "`opened` holds dates"),
        ("lift = 'yes'", "`lift` holds 0 or 1"),
        ("people = true", "`people` holds numbers, which true is not"),
        ("people LIKE '1%'", "`people` holds numbers"),
        ("people + 1 > 2", "`+` cannot be used here"),
        (
            "S_INTERSECTS(geometry, POINT(113 23))",
            "`s_intersects` cannot be used here",
        ),
        ("people", "a value without a comparison"),
        ("people >", "no CQL2 text"),
        ("", "no CQL2 text"),
        ("people = 1) or (1 = 1", "no CQL2 text"),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn precedence_and_spellings_are_those_of_cql2() {
    let rows: Vec<Row> = (0..8i64)
        .map(|i| {
            let mut row = Row::from([("id", Value::Text(format!("h{i}")))]);
            row.insert("people", Value::Integer(i));
            row.insert("lift", Value::Integer(i % 2));
            row.insert("opened", Value::Text(format!("202{i}-01")));
            for name in ["floor_area", "name", "kind", "district_code"] {
                row.insert(name, Value::Missing);
            }
            row
        })
        .collect();
    let index = index(&rows);
    for (text, expected) in [
        ("people = 1 or people = 2 and people = 3", "h1"),
        ("not people > 1 and people >= 1", "h1"),
        ("people between 2 and 3 and lift = 1", "h3"),
        ("people NOT IN (0,1,2,3,4,5)", "h6 h7"),
        ("people not between 1 and 6", "h0 h7"),
        ("lift and people < 4", "h1 h3"),
        ("lift = true and people < 4", "h1 h3"),
        ("opened < DATE('2022-01') ", "h0 h1"),
        ("4 <= people and 5 > people", "h4"),
        ("\"people\" = 6", "h6"),
        ("people > -1 and people < 1", "h0"),
        ("people = NULL or not (people = NULL)", ""),
        ("floor_area = 1 or not (floor_area = 1)", ""),
        ("people in (5, NULL)", "h5"),
        ("people not in (5, NULL)", ""),
        (
            "id like 'h_' and floor_area is null and people is not null and people = 7",
            "h7",
        ),
    ] {
        let filter = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let mut kept: Vec<&str> = index.iter_kept(&filter).map(|f| index.id(f)).collect();
        kept.sort_unstable();
        assert_eq!(kept.join(" "), expected, "{text}");
    }
}
