//! Conditions from anywhere: whatever is written is a filter, or refused in words.

use proptest::prelude::*;

use super::*;
use crate::domain::Catalog;

const LAYER: &str = r##"
id = "homes"
kind = "residence"
geometry = "point"
level = "public"
title = { zh = "住宅", en = "Homes" }
zoom = { min = 0, max = 22, detail = 14 }
style = { color = "#000000" }
attributes = [
  { id = "people", type = "count", title = { zh = "人", en = "People" } },
  { id = "name", type = "text", title = { zh = "名", en = "Name" } },
  { id = "opened", type = "date", title = { zh = "开", en = "Opened" } },
]
"##;

/// What conditions are made of, and what they are not.
const PIECES: [&str; 48] = [
    "people",
    "name",
    "opened",
    "nothing",
    "geom",
    "id",
    "=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "^",
    "%",
    "(",
    ")",
    ",",
    "AND",
    "OR",
    "NOT",
    "IS NULL",
    "IS NOT NULL",
    "LIKE",
    "IN",
    "BETWEEN",
    "'a%'",
    "'it''s'",
    "'",
    "\"",
    "1",
    "-1",
    "1e999",
    "NaN",
    "0x1",
    "99999999999999999999",
    "DATE('2020-02-30')",
    "TIMESTAMP('x')",
    "TRUE",
    "CASEI(name)",
    "S_INTERSECTS(geom,POINT(1 2))",
    "POLYGON((0 0,1 1))",
    "BBOX(1,2,3,4)",
    "\u{202e}",
    "穗",
];

fn try_it(text: &str) {
    let catalog = Catalog::parse([("homes.toml", LAYER)]).expect("a layer");
    let layer = catalog.layers().next().expect("one layer");
    if let Err(refused) = Filter::parse(text, layer, &[]) {
        assert!(!refused.to_string().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pieces_in_any_order_are_a_filter_or_refused(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12)
    ) {
        try_it(&pieces.join(" "));
    }

    #[test]
    fn so_is_any_text(text in ".{0,60}") {
        try_it(&text);
    }
}

#[test]
fn what_is_deep_or_long_is_refused_and_does_not_overflow() {
    for (open, close) in [
        ("(", ")"),
        ("NOT ", ""),
        ("CASEI(", ")"),
        ("-", ""),
        ("people = 1 OR ", ""),
    ] {
        for times in [10, 1_000, 100_000] {
            try_it(&format!(
                "{}people = 1{}",
                open.repeat(times),
                close.repeat(times)
            ));
        }
    }
}
