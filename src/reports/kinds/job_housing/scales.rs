use serde_json::json;

use super::{JobHousing, Part};
use crate::{
    query::Row,
    reports::{
        document::LineKind,
        kinds::{Draft, why::why},
    },
};

impl JobHousing {
    /// The same question at every scale.
    pub(super) fn scales(&self, draft: &mut Draft<'_>, parts: &[Part<'_>]) {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("多尺度对照", "Scale by scale"));
        if parts.is_empty() {
            draft.text.paragraph(
                words
                    .say("只有一个尺度。", "There is only one scale.")
                    .to_owned(),
            );
            return;
        }
        let keys = [
            "level",
            "areas_count",
            "balanced_areas",
            "share_balanced",
            "more_workers_areas",
            "more_jobs_areas",
            "undefined_areas",
            "lowest_ratio",
            "highest_ratio",
        ];
        let title = words.tell(
            || format!("{}不同尺度下的职住平衡", draft.place()),
            || format!("Balance by scale, {}", draft.place()),
        );
        let mut table = draft.new_table("scales", title, &keys);
        for part in parts {
            let standing = &part.standing;
            let mut row = Row::new();
            row.insert("level".into(), json!(words.title(&part.level.title)));
            row.insert("areas_count".into(), json!(standing.areas));
            row.insert("balanced_areas".into(), json!(standing.balanced));
            row.insert("share_balanced".into(), json!(standing.share_balanced));
            row.insert("more_workers_areas".into(), json!(standing.more_workers));
            row.insert("more_jobs_areas".into(), json!(standing.more_jobs));
            row.insert("undefined_areas".into(), json!(standing.undefined));
            row.insert(
                "lowest_ratio".into(),
                json!(standing.lowest.map(|(_, ratio)| ratio)),
            );
            row.insert(
                "highest_ratio".into(),
                json!(standing.highest.map(|(_, ratio)| ratio)),
            );
            table.push(LineKind::Body, &row);
        }
        table.drop_empty(|key| why(key, words));
        draft.table(table);
        draft.text.paragraph(words.say(
            "单元越大，内部越容易平衡；不同尺度的占比不可直接比较，应结合通勤距离选择尺度。",
            "The larger the areas, the more of them balance: shares of two scales are not compared; choose the scale by how far people commute.",
        ).to_owned());
    }
}
