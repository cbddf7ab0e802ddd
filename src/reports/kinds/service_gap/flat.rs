use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    domain::{NormItem, Value},
    export::ResultTable,
    query::{self, Gaps, Row, coverage_title},
    reports::{
        document::{Table, Words},
        kinds::{Draft, naming::named},
    },
};

/// The rows of the gaps with services, units and bands in words.
pub(super) struct Flat {
    pub table: ResultTable,
    /// By service, in the order of the areas.
    pub rows: BTreeMap<String, Vec<Row>>,
    /// One for each service, in the order of the norms.
    pub totals: Vec<Row>,
}

impl Flat {
    pub fn of(draft: &Draft<'_>, gaps: &Gaps) -> Self {
        let words = draft.words();
        let mut table = query::gaps_table(draft.city, gaps, words.0);
        // On paper the denominator stands in brackets: 服务半径覆盖率（按人口）.
        let denominator = serde_json::from_value(gaps.answer.query["denominator"].clone());
        let of = coverage_title(draft.city, denominator.unwrap_or_default());
        for column in &mut table.columns {
            let Some(term) = draft.city.catalog().term(&column.key) else {
                continue;
            };
            if column.key.ends_with("_share_covered") && column.title != term.title {
                // What names its denominator in other words stands in brackets as a whole.
                let bracket = |text: &str, open: char, close: char| match text.find(open) {
                    Some(at) => text[at..].to_owned(),
                    None => format!("{open}{text}{close}"),
                };
                column.title.zh = term.title.zh.clone() + &bracket(&of.zh, '（', '）');
                column.title.en = format!("{} {}", term.title.en, bracket(&of.en, '(', ')'));
            }
        }
        let row = |values: &Vec<Value>| -> Row {
            let cells = table.columns.iter().zip(values);
            cells
                .map(|(column, value)| (column.key.clone(), json!(value)))
                .collect()
        };
        let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for (values, of) in table.rows.iter().zip(&gaps.answer.rows) {
            let mut cells = row(values);
            cells.insert("name_en".into(), json!(of.name_en));
            let of_service = rows.entry(of.service.clone()).or_default();
            of_service.push(named(&cells, words));
        }
        Flat {
            totals: table.totals.iter().map(row).collect(),
            rows,
            table,
        }
    }

    /// An empty table with columns of the gaps.
    pub fn new_table(&self, draft: &Draft<'_>, id: &str, title: String, keys: &[&str]) -> Table {
        draft.choose_table(id, title, keys, &self.table)
    }

    /// What the norms ask of a service: label and figures with their sources.
    pub fn norm(&self, item: &NormItem, words: Words) -> Option<(String, String)> {
        let label = format!("标准：{}", item.title.zh);
        let mut notes = self.table.notes.iter();
        let (title, text) = notes.find(|(title, _)| title.zh == label)?;
        Some((words.title(title), words.title(text)))
    }
}
