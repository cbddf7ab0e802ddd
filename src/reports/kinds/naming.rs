use serde_json::json;

use crate::{query::Row, reports::document::Words};

/// A row whose name is in the language of the report.
pub fn named(row: &Row, words: Words) -> Row {
    let mut row = row.clone();
    let name = row
        .get("name")
        .and_then(|name| name.as_str())
        .unwrap_or_default()
        .to_owned();
    let name_en = row
        .get("name_en")
        .and_then(|name| name.as_str())
        .map(str::to_owned);
    row.insert("name".into(), json!(words.name(&name, name_en.as_deref())));
    row
}
