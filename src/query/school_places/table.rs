use serde_json::json;

use super::{Expected, SchoolPlaces, SchoolRow, StageTotal};
use crate::{
    city::City,
    domain::{Language, Title},
    export::ResultTable,
    query::{Answer, Row, gaps::norm_set, table::to_table},
};

/// The table 学位供需: one row for each stage of each school, the years ahead as columns.
pub fn school_places_table(city: &City, found: &SchoolPlaces, language: Language) -> ResultTable {
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
    let answer = Answer {
        query: found.query.clone(),
        definition: found.definition.clone(),
        provenance: found.provenance.clone(),
        rows: found.rows.iter().map(flat).collect::<Vec<Row>>(),
        totals: found.totals.iter().map(total).collect::<Vec<Row>>(),
        left_out: found.left_out.clone(),
    };
    let title = Title {
        zh: "学位供需（预计按现有儿童推移，不计迁移）".into(),
        en: "School places (years ahead from the children of now, without migration)".into(),
    };
    to_table(city, &answer, title, language)
}
