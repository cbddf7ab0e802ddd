use serde_json::json;

use super::Found;
use crate::{
    query::{self, Conflict, conflict_words},
    reports::{
        document::LineKind,
        kinds::{Draft, naming::named},
    },
};

/// Conflicts that are listed, the worst of each kind first.
const MOST_LISTED: usize = 80;

impl Found {
    /// The conflicts of the areas of the rows.
    pub(super) fn own_conflicts(&self) -> Vec<&Conflict> {
        let level = self
            .zoning
            .answer
            .rows
            .first()
            .map(|row| row.level.as_str());
        let all = self.zoning.conflicts.iter();
        all.filter(|conflict| Some(conflict.level.as_str()) == level)
            .collect()
    }

    /// Classes that were set by hand, with who says so and why.
    pub(super) fn overrides(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft.text.heading(1, words.say("人工判定", "Set by hand"));
        let rows = self.flat.rows.iter().zip(&self.zoning.answer.rows);
        let by_hand: Vec<_> = rows.filter(|(_, of)| of.overridden).collect();
        if by_hand.is_empty() {
            draft.text.paragraph(
                words
                    .say(
                        "没有人工判定：全部分类由规则得出。",
                        "None: all classes follow from the rules.",
                    )
                    .to_owned(),
            );
            return;
        }
        let title = words.tell(
            || format!("{}人工判定的分类", draft.place()),
            || format!("Classes set by hand, {}", draft.place()),
        );
        let keys = [
            "name",
            "computed_class",
            "class",
            "override_reason",
            "override_by",
            "override_at",
        ];
        let mut table = draft.new_table("overrides", title, &keys);
        for (row, of) in by_hand {
            let mut row = named(row, words);
            let computed = of.computed_class.as_deref();
            let class = computed.and_then(|id| self.zoning.rules.class(id));
            let none = words.say("未分类", "Unclassified").to_owned();
            let title = class.map_or(none, |(_, class)| words.title(&class.title));
            row.insert("computed_class".into(), json!(title));
            let at = of
                .override_
                .as_ref()
                .map(|set| set.at.get(..10).unwrap_or(&set.at));
            row.insert("override_at".into(), json!(at));
            table.push(LineKind::Body, &row);
        }
        draft.table(table);
    }

    /// Where people, plan, capacity and class do not fit together.
    pub(super) fn conflicts(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("承载率与规划冲突", "Capacity and conflicts"));
        draft.text.paragraph(words.say(
            "现状超承载：现状人口多于承载规模；规划超承载：规划人口多于承载规模；规划与分类相悖：规划人口的增减与类别的方向相反。",
            "Over capacity: more residents than the planned capacity. Plan over capacity: more planned residents than that. Plan against class: the plan goes the other way than the class.",
        ).to_owned());
        if self.zoning.conflicts.is_empty() {
            draft
                .text
                .paragraph(match self.zoning.answer.totals.planned_capacity {
                    Some(_) => words
                        .say("没有冲突。", "There are no conflicts.")
                        .to_owned(),
                    None => {
                        let why = super::classes::no_plan(draft);
                        words.tell(
                            || format!("没有可列的冲突；部分或全部单元{why}。"),
                            || format!("There are none to list; of some areas or all: {why}."),
                        )
                    }
                });
            return;
        }
        let title = words.tell(
            || format!("{}规划冲突", draft.place()),
            || format!("Conflicts, {}", draft.place()),
        );
        let keys = [
            "conflicts",
            "level",
            "name",
            "class",
            "present_residents",
            "planned_residents",
            "planned_capacity",
            "excess",
        ];
        let mut table = draft.new_table("conflicts", title, &keys);
        let all = &self.zoning.conflicts;
        for conflict in all.iter().take(MOST_LISTED) {
            let mut row = query::to_row(conflict).unwrap_or_default();
            let kind = conflict_words(&[conflict.kind], words.0);
            let level = draft.city.catalog().area_layer(&conflict.level);
            let level = level.map(|layer| words.title(&layer.title));
            let class = conflict.class.as_deref();
            let class = class.and_then(|id| self.zoning.rules.class(id));
            let name = words.name(&conflict.name, conflict.name_en.as_deref());
            row.insert("conflicts".into(), json!(kind));
            row.insert("level".into(), json!(level));
            row.insert("name".into(), json!(name));
            row.insert(
                "class".into(),
                json!(class.map(|(_, class)| words.title(&class.title))),
            );
            row.insert("present_residents".into(), json!(conflict.residents));
            table.push(LineKind::Body, &row);
        }
        if all.len() > MOST_LISTED {
            let count = all.len();
            table.notes.push(words.tell(
                || format!("共 {count} 处，按种类列前 {MOST_LISTED} 处。"),
                || format!("The first {MOST_LISTED} of {count}."),
            ));
        }
        table.drop_empty(|_| super::classes::no_plan(draft));
        draft.table(table);
    }
}
