use serde_json::json;

use super::Found;
use crate::{
    query::{Row, criterion_in_words},
    reports::{
        document::{LineKind, fixed, percent},
        kinds::{Draft, naming::named},
    },
};

impl Found {
    /// What becomes of the classes when thresholds move, and by the outline's area.
    pub(super) fn firmness(&self, draft: &mut Draft<'_>) {
        let (words, firm) = (draft.words(), &self.zoning.stability);
        draft
            .text
            .heading(1, words.say("稳定性", "How firmly the classes stand"));
        let swing = fixed(firm.swing * 100.0, 0);
        let share = |share: Option<f64>| share.map_or_else(|| "—".to_owned(), percent);
        let (stable, all) = (firm.stable, firm.areas);
        let stable_share = share(firm.stable_share);
        let level = &self.level_title;
        draft.text.paragraph(words.tell(
            || format!("把每个阈值单独上下变动 {swing}%，重新判定全部{level}：{all} 个中 {stable} 个（{stable_share}）在任何一次变动中都不改变分类。"),
            || format!("Each threshold is moved alone by {swing} % up and down and all areas are judged again: {stable} of {all} ({stable_share}) keep their class every time."),
        ));
        let (published, same) = (firm.with_published_area, firm.same_by_outline);
        let same_share = share(firm.same_by_outline_share);
        draft.text.paragraph(match published {
            0 => words.say(
                "没有官方公布面积，密度按图上面积计算，无从比较两种面积。",
                "No areas are published: densities go by the outlines, and there is nothing to compare.",
            ).to_owned(),
            _ => words.tell(
                || format!("{published} 个{level}有官方公布面积；改用图上面积计算密度，{same} 个（{same_share}）分类相同。"),
                || format!("{published} areas have a published area; with that of the outline instead {same} ({same_share}) have the same class."),
            ),
        });
        let title = words.tell(
            || format!("{}各阈值变动后保持分类的{level}", draft.place()),
            || {
                format!(
                    "Areas that keep their class as thresholds move, {}",
                    draft.place()
                )
            },
        );
        let keys = ["criterion", "moved_criterion", "kept_areas", "kept_share"];
        let mut table = draft.new_table("thresholds", title, &keys);
        let criteria = self.zoning.rules.criteria();
        for moved in &firm.thresholds {
            let Some(criterion) = criteria.iter().find(|c| c.key == moved.criterion) else {
                continue;
            };
            let told =
                |threshold| words.title(&criterion_in_words(draft.city, criterion, threshold));
            let mut row = Row::new();
            row.insert("criterion".into(), json!(told(moved.threshold)));
            row.insert("moved_criterion".into(), json!(told(moved.moved)));
            row.insert("kept_areas".into(), json!(moved.kept));
            row.insert("kept_share".into(), json!(moved.kept_share));
            table.push(LineKind::Body, &row);
        }
        draft.table(table);
        self.flips(draft);
    }

    /// The areas whose class a moved threshold changes.
    fn flips(&self, draft: &mut Draft<'_>) {
        let (words, level) = (draft.words(), &self.level_title);
        let rows = self.flat.rows.iter().zip(&self.zoning.answer.rows);
        let loose: Vec<_> = rows.filter(|(_, of)| !of.stable).collect();
        if loose.is_empty() {
            return;
        }
        let title = words.tell(
            || format!("{}分类不稳定的{level}", draft.place()),
            || {
                format!(
                    "Areas whose class a moved threshold changes, {}",
                    draft.place()
                )
            },
        );
        let keys = ["name", "class", "stability"];
        let mut table = draft.new_table("unstable", title, &keys);
        for (row, _) in loose {
            table.push(LineKind::Body, &named(row, words));
        }
        draft.table(table);
    }
}
