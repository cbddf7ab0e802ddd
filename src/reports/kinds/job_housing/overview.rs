use serde_json::json;

use super::{JobHousing, Part};
use crate::{
    domain::AreaCode,
    query::{self, BalanceRow, Row},
    reports::{
        document::{LineKind, people},
        kinds::{Draft, naming::named, why::why},
    },
};

impl JobHousing {
    /// Calibers side by side.
    pub(super) fn overview(
        &self,
        draft: &mut Draft<'_>,
        own: &BalanceRow,
        code: Option<&AreaCode>,
        parts: &[Part<'_>],
    ) {
        let words = draft.words();
        draft.text.heading(1, words.say("总体情况", "Overview"));
        draft.text.paragraph(words.tell(
            || format!("本报告比较{}居住在当地的就业人口与工作地在当地的就业岗位。职住比为岗位除以就业人口；单元越大越容易平衡，因此在多个尺度上分别计算，并同时列出由通勤流得到的自足性。", draft.subject()),
            || format!("This report compares employed people who live in {} with the jobs whose place of work lies there. Larger areas balance more easily, so the ratio is computed at several scales and stands beside self-containment from commuting flows.", draft.place()),
        ));
        let Some(part) = parts.iter().find(|part| part.is_listed()) else {
            draft.text.paragraph(
                words
                    .say(
                        "没有可列的下级单元。",
                        "There are no smaller areas to list.",
                    )
                    .to_owned(),
            );
            return;
        };
        let answer = &part.level.calibers;
        let mut keys: Vec<&str> = vec!["name"];
        keys.extend(answer.totals.keys().map(String::as_str));
        let title = words.tell(
            || format!("{}人口口径对照", draft.place()),
            || format!("Population calibers in {}", draft.place()),
        );
        if keys.len() == 1 {
            let reason = why("usual_residents", words);
            draft.text.paragraph(words.tell(
                || format!("人口口径对照从略：{reason}。"),
                || format!("No table of population calibers: {reason}."),
            ));
            return;
        }
        draft.cite(words.say("人口口径对照", "Calibers side by side"), answer);
        let mut table = draft.new_table("calibers", title, &keys);
        let rows: Vec<&Row> = part.rows.iter().map(|at| &answer.rows[*at]).collect();
        for row in &rows {
            table.push(LineKind::Body, &named(row, words));
        }
        let whole = match code {
            None => Some(answer.totals.clone()),
            Some(code) => {
                let all = self.levels.iter().flat_map(|level| &level.calibers.rows);
                all.into_iter()
                    .find(|row| row.get("code") == Some(&json!(code)))
                    .cloned()
            }
        };
        if let Some(whole) = whole {
            if let Some(rest) = query::rest_of_counts(&whole, &rows) {
                table.push_named(
                    LineKind::Rest,
                    words.say("未落入上列单元", "In none of them"),
                    &rest,
                );
            }
            table.push_named(LineKind::Total, words.say("合计", "Total"), &whole);
        }
        table.drop_empty(|key| why(key, words));
        table.notes.push(words.say(
            "各口径统计对象不同，不可相加或互相比较增减。",
            "The calibers count different people: they are neither added nor compared over time.",
        ).to_owned());
        draft.table(table);
        if own.official.is_some() {
            draft.text.paragraph(words.tell(
                || {
                    format!(
                        "官方公布数 {}，与上表相差 {}。",
                        people(own.official.unwrap_or(0), words.0),
                        own.difference
                            .map_or("—".to_owned(), |d| people(d, words.0))
                    )
                },
                || {
                    format!(
                        "The published total is {}, the difference {}.",
                        people(own.official.unwrap_or(0), words.0),
                        own.difference
                            .map_or("—".to_owned(), |d| people(d, words.0))
                    )
                },
            ));
        }
    }
}
