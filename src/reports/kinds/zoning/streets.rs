use serde_json::json;

use super::{Found, classes::no_plan};
use crate::{
    domain::Language,
    query::{Row, ZoningRow},
    reports::{
        document::LineKind,
        kinds::{Draft, naming::named},
    },
};

impl Found {
    /// Every area with its class and the reasons, district by district.
    pub(super) fn streets(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft.text.heading(
            1,
            &words.tell(
                || format!("各{}分类与依据", self.level_title),
                || "Class and reasons of each area".to_owned(),
            ),
        );
        let districts = &self.zoning.districts;
        if districts.len() > 1 {
            draft.text.paragraph(
                words
                    .say(
                        "以下按区分列；各区的分类图见该区自己的报告。",
                        "District by district; the report of a district has its own map.",
                    )
                    .to_owned(),
            );
        }
        if districts.len() < 2 {
            let all = |_: &ZoningRow| true;
            let total = self.flat.totals.clone();
            self.streets_of(draft, "streets", &draft.place(), all, &total);
            return;
        }
        for district in districts {
            let name = words.name(&district.name, district.name_en.as_deref());
            draft.text.heading(2, &name);
            let mut total = self.district_row(draft, district);
            total.remove("name");
            let id = format!("streets.{}", district.code);
            let own =
                |row: &ZoningRow| row.district_code.as_deref() == Some(district.code.as_str());
            self.streets_of(draft, &id, &name, own, &total);
        }
    }

    fn streets_of(
        &self,
        draft: &mut Draft<'_>,
        id: &str,
        place: &str,
        is_own: impl Fn(&ZoningRow) -> bool,
        total: &Row,
    ) {
        let (words, level) = (draft.words(), &self.level_title);
        let mut keys = vec![
            "name",
            "present_residents",
            "planned_residents",
            "planned_capacity",
            "capacity_ratio",
        ];
        let targets: Vec<String> = match self.flat.rows.first() {
            Some(row) => row
                .keys()
                .filter(|key| key.starts_with("target_"))
                .cloned()
                .collect(),
            None => Vec::new(),
        };
        keys.extend(targets.iter().map(String::as_str));
        keys.extend(["class", "reasons", "undecided"]);
        let title = words.tell(
            || format!("{place}各{level}布局分类与判定依据"),
            || {
                format!(
                    "Layout class and reasons by {}, {place}",
                    level.to_lowercase()
                )
            },
        );
        let mut table = draft.new_table(id, title, &keys);
        table.is_wide = true;
        let rows = self.flat.rows.iter().zip(&self.zoning.answer.rows);
        let mut borrowed = Vec::new();
        for (row, of) in rows.filter(|(_, of)| is_own(of)) {
            let mut row = named(row, words);
            if let Some(code) = &of.capacity_of {
                let name = row.get("name").and_then(|n| n.as_str()).unwrap_or_default();
                borrowed.push((name.to_owned(), draft.area_name(code)));
            }
            // What could not be judged stands below the reasons.
            let undecided = words.title(&of.undecided);
            row.remove("undecided");
            if !undecided.is_empty() {
                let reasons = words.title(&of.reasons);
                let between = match words.0 {
                    Language::Zh => "。",
                    Language::En => ". ",
                };
                row.insert(
                    "reasons".into(),
                    json!(format!("{reasons}{between}{undecided}")),
                );
            }
            table.push(LineKind::Body, &row);
        }
        table.push_named(LineKind::Total, words.say("合计", "Total"), total);
        if let Some(at) = table
            .columns
            .iter()
            .position(|column| column.key == "undecided")
        {
            table.columns.remove(at);
            for line in &mut table.lines {
                line.values.remove(at);
            }
        }
        table.drop_empty(|_| no_plan(draft));
        if !borrowed.is_empty() {
            let list: Vec<String> = borrowed
                .iter()
                .map(|(name, of)| {
                    words.tell(|| format!("{name}（{of}）"), || format!("{name} ({of})"))
                })
                .collect();
            let list = words.list(&list);
            table.notes.push(words.tell(
                || format!("本单元没有承载规模，承载率取所在上级单元：{list}。"),
                || {
                    format!(
                        "No capacity of their own: the ratio is that of the area around: {list}."
                    )
                },
            ));
        }
        draft.table(table);
    }
}
