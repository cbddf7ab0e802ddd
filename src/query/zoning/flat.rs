use serde_json::json;

use super::{Zoning, ZoningRow};
use crate::{
    domain::{Language, Title},
    query::{Answer, Row},
};

/// Classes as plain rows in a language, with the columns that a report prints.
pub fn flat_zoning(zoning: &Zoning, language: Language) -> Answer<Row, Row> {
    let answer = &zoning.answer;
    let mut years: Vec<i32> = answer
        .rows
        .iter()
        .flat_map(|r| r.targets.keys().copied())
        .collect();
    years.sort_unstable();
    years.dedup();
    let flat = |row: &ZoningRow| flat_row(zoning, row, &years, language);
    let mut totals = Row::new();
    let of = &answer.totals;
    totals.insert("present_residents".into(), json!(of.residents));
    totals.insert("planned_residents".into(), json!(of.planned_residents));
    totals.insert("planned_capacity".into(), json!(of.planned_capacity));
    totals.insert("capacity_ratio".into(), json!(of.capacity_ratio));
    totals.insert(
        "planned_capacity_ratio".into(),
        json!(of.planned_capacity_ratio),
    );
    for year in years.iter().filter(|_| !answer.rows.is_empty()) {
        let sum: Option<i64> = answer
            .rows
            .iter()
            .map(|row| row.targets.get(year))
            .sum::<Option<i64>>();
        totals.insert(format!("target_{year}"), json!(sum));
    }
    Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows: answer.rows.iter().map(flat).collect(),
        totals,
        left_out: answer.left_out.clone(),
    }
}

fn flat_row(zoning: &Zoning, row: &ZoningRow, years: &[i32], language: Language) -> Row {
    let say = |title: &Title| match title.in_language(language) {
        "" => json!(null),
        text => json!(text),
    };
    let mut flat = Row::new();
    let mut put = |key: &str, value: serde_json::Value| {
        flat.insert(key.to_owned(), value);
    };
    put("code", json!(row.code));
    put("name", json!(row.name));
    put("name_en", json!(row.name_en));
    put("level", json!(row.level));
    put(
        "district",
        json!(match language {
            Language::Zh => &row.district,
            Language::En => match &row.district_en {
                None => &row.district,
                english => english,
            },
        }),
    );
    put("present_residents", json!(row.residents));
    put("planned_residents", json!(row.planned_residents));
    put("planned_capacity", json!(row.planned_capacity));
    put("capacity_ratio", json!(row.capacity_ratio));
    put("planned_capacity_ratio", json!(row.planned_capacity_ratio));
    put("capacity_of", json!(row.capacity_of));
    put("class", say(&row.class_title));
    put("reasons", say(&row.reasons));
    put("guidance", say(&row.guidance));
    for year in years {
        put(&format!("target_{year}"), json!(row.targets.get(year)));
    }
    // Each indicator once, by the first criterion that looks at it.
    for criterion in zoning.rules.criteria() {
        let key = criterion.indicator.key();
        if !flat.contains_key(key) {
            let value = row.values.get(&criterion.key).cloned();
            flat.insert(key.to_owned(), value.unwrap_or_default());
        }
    }
    let mut put = |key: &str, value: serde_json::Value| {
        flat.insert(key.to_owned(), value);
    };
    put("stability", say(&row.stability));
    put("outline_class", say(&row.outline_class_title));
    put("undecided", say(&row.undecided));
    put(
        "conflicts",
        match row.conflicts.is_empty() {
            true => json!(null),
            false => json!(conflict_words(&row.conflicts, language)),
        },
    );
    put(
        "override_reason",
        json!(row.override_.as_ref().map(|set| &set.reason)),
    );
    put(
        "override_by",
        json!(row.override_.as_ref().map(|set| &set.by)),
    );
    put(
        "override_at",
        json!(row.override_.as_ref().map(|set| &set.at)),
    );
    flat
}

/// Kinds of conflicts in words.
pub fn conflict_words(kinds: &[&str], language: Language) -> String {
    let words = kinds.iter().map(|kind| match (*kind, language) {
        ("over_capacity", Language::Zh) => "现状超承载",
        ("over_capacity", Language::En) => "over capacity",
        ("plan_over_capacity", Language::Zh) => "规划超承载",
        ("plan_over_capacity", Language::En) => "plan over capacity",
        ("plan_against_class", Language::Zh) => "规划与分类相悖",
        ("plan_against_class", Language::En) => "plan against class",
        (other, _) => other,
    });
    let between = match language {
        Language::Zh => "、",
        Language::En => ", ",
    };
    words.collect::<Vec<_>>().join(between)
}
