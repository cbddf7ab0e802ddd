//! Categories and totals: every whole without its parts, areas without the areas in them, sums of
//! sums.

use super::{
    dice::Dice,
    found::{Counts, Found, counts},
    reader::Reader,
};

/// The tables of areas by level, each row by code.
async fn table(reader: &Reader<'_>, level: &str) -> Vec<(String, Counts)> {
    let path = format!("/api/areas?level={level}");
    let answer = reader.ask(&path).await;
    let rows = answer["rows"].as_array().expect("rows").iter();
    let row = rows.map(|row| {
        let code = row["code"].as_str().expect("a code").to_owned();
        (code, counts(&reader.names, row))
    });
    row.collect()
}

fn add(sum: &mut Counts, row: &Counts, sign: i64) {
    for (name, count) in row {
        *sum.entry(name.clone()).or_default() += sign * count;
    }
}

pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    let districts = table(reader, "district").await;
    let streets = table(reader, "subdistrict").await;
    // Every area without all areas in it: those that no area has.
    for (code, whole) in &districts {
        let mut rest = whole.clone();
        let inside = streets
            .iter()
            .filter(|(own, _)| own.starts_with(code.as_str()));
        inside.for_each(|(_, part)| add(&mut rest, part, -1));
        found.difference(code, &rest, &Counts::new());
        rest.iter()
            .for_each(|(name, count)| found.count(|| format!("{code} {name}"), *count));
    }
    // Any count without any others of the same area: ages of residents, movers of registered ones.
    for _ in 0..times {
        let (code, row) = dice.any(&streets);
        let all: Vec<(&String, &i64)> = row.iter().collect();
        let (name, whole) = dice.any(&all);
        let mut rest = **whole;
        for _ in 0..dice.below(6) {
            rest -= *dice.any(&all).1;
        }
        found.attacks += 1;
        found.count(|| format!("{code} {name} without others"), rest);
    }
    // Any areas together without any others.
    for _ in 0..times {
        let mut sum = Counts::new();
        for _ in 0..1 + dice.below(12) {
            let sign = if dice.below(2) == 0 { 1 } else { -1 };
            add(&mut sum, &dice.any(&streets).1, sign);
        }
        found.attacks += 1;
        sum.iter()
            .for_each(|(name, count)| found.count(|| format!("areas {name}"), *count));
    }
    found
}
