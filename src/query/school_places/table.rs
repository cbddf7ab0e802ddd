use serde_json::{Value as Json, json};

use super::{Expected, SchoolPlaces, SchoolRow, StageTotal};
use crate::{
    city::City,
    domain::{Language, Title},
    export::ResultTable,
    query::{Answer, Row, gaps::norm_set, table::to_table},
};

/// School places as plain rows in a language, the years ahead as columns.
pub fn flat_school_places(
    city: &City,
    found: &SchoolPlaces,
    language: Language,
) -> Answer<Row, Vec<Row>> {
    let norms = found.query["norms"].as_str().and_then(|id| id.parse().ok());
    let set = norm_set(city, norms.as_ref()).ok();
    let say = |title: &Title| json!(title.in_language(language));
    let service = |id: &str| {
        let item = set.and_then(|set| set.item(id));
        item.map_or(json!(id), |item| say(&item.title))
    };
    let kind = |row: &SchoolRow| {
        let item = set.and_then(|set| set.item(&row.service));
        let layer = item.and_then(|item| city.catalog().layer(item.layer.as_str()));
        let attribute = layer.and_then(|layer| layer.attribute("kind"));
        let values = attribute.map_or(&[][..], |attribute| &attribute.values);
        let value = values
            .iter()
            .find(|value| Some(&value.code) == row.kind.as_ref());
        value.map_or(json!(row.kind), |value| say(&value.title))
    };
    let years = |row: &mut Row, expected: &[Expected]| {
        for year in expected {
            row.insert(
                format!("shortfall_in_{}", year.ahead),
                json!(year.shortfall),
            );
        }
    };
    let flat = |school: &SchoolRow| {
        let mut row = Row::new();
        row.insert("code".into(), json!(school.code));
        row.insert(
            "school".into(),
            json!(school.name.as_ref().unwrap_or(&school.id)),
        );
        row.insert("school_kind".into(), kind(school));
        row.insert("service".into(), service(&school.service));
        row.insert("classes".into(), json!(school.classes));
        row.insert("capacity".into(), json!(school.capacity));
        row.insert("children_within".into(), json!(school.children_within));
        row.insert("children_nearest".into(), json!(school.children_nearest));
        row.insert("required".into(), json!(school.required));
        row.insert("shortfall".into(), json!(school.shortfall));
        row.insert("surplus".into(), json!(school.surplus));
        years(&mut row, &school.expected);
        row.insert("reason".into(), json!(school.reason));
        row
    };
    let total = |stage: &StageTotal| {
        let mut row = Row::new();
        row.insert("service".into(), service(&stage.service));
        row.insert("capacity".into(), json!(stage.capacity));
        row.insert("children_nearest".into(), json!(stage.children_nearest));
        row.insert("children_beyond".into(), json!(stage.children_beyond));
        row.insert("required".into(), json!(stage.required));
        row.insert("shortfall".into(), json!(stage.shortfall));
        row.insert("surplus".into(), json!(stage.surplus));
        years(&mut row, &stage.expected);
        row
    };
    Answer {
        query: found.query.clone(),
        definition: found.definition.clone(),
        provenance: found.provenance.clone(),
        rows: found.rows.iter().map(flat).collect::<Vec<Row>>(),
        totals: found.totals.iter().map(total).collect::<Vec<Row>>(),
        left_out: found.left_out.clone(),
    }
}

/// The table 学位供需: one row for each stage of each school.
pub fn school_places_table(city: &City, found: &SchoolPlaces, language: Language) -> ResultTable {
    let answer = flat_school_places(city, found, language);
    let title = Title {
        zh: "学位供需（预计按现有儿童推移，不计迁移）".into(),
        en: "School places (years ahead from the children of now, without migration)".into(),
    };
    let mut table = to_table(city, &answer, title, language);
    let years = found
        .totals
        .first()
        .map_or(&[][..], |stage| &stage.expected);
    for column in &mut table.columns {
        if let Some(title) = heading(&column.key, &found.query["mode"], years) {
            column.title = title;
        }
    }
    table
}

/// What a column is called by how the question measures and by the years that it is of.
fn heading(key: &str, mode: &Json, years: &[Expected]) -> Option<Title> {
    let (zh, en) = match (key, mode.as_str()) {
        ("children_within", Some("straight")) => return None,
        ("children_within", Some("walk")) => (
            "步行范围内适龄人口".to_owned(),
            "Children within the walk".to_owned(),
        ),
        ("children_within", _) => (
            "路网范围内适龄人口".to_owned(),
            "Children within reach".to_owned(),
        ),
        _ => {
            let ahead: u32 = key.strip_prefix("shortfall_in_")?.parse().ok()?;
            let year = years.iter().find(|year| year.ahead == ahead)?.year?;
            (
                format!("{year} 年预计学位缺口"),
                format!("Shortfall expected in {year}"),
            )
        }
    };
    Some(Title { zh, en })
}
