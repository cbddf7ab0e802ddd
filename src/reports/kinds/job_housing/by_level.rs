use serde_json::json;

use super::{JobHousing, Level, Part};
use crate::{
    domain::Period,
    query::{BalanceRow, Contained, Limits, QueryError, balance_rest, to_row},
    reports::{
        document::{LineKind, fixed},
        kinds::{Draft, levels::MOST_ROWS, naming::named, why::why},
    },
};

impl JobHousing {
    pub(super) fn by_level(
        &self,
        draft: &mut Draft<'_>,
        own: &BalanceRow,
        parts: &[Part<'_>],
        period: Option<&Period>,
        limits: &Limits,
    ) -> Result<(), QueryError> {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("职住平衡", "Job-housing balance"));
        if parts.is_empty() {
            draft.text.paragraph(
                words
                    .say("本范围没有下级单元。", "There are no smaller areas.")
                    .to_owned(),
            );
        }
        for part in parts {
            limits.check()?;
            let level = words.title(&part.level.title);
            draft.text.heading(
                2,
                &words.tell(
                    || format!("按{level}"),
                    || format!("By {}", level.to_lowercase()),
                ),
            );
            if !part.is_listed() {
                draft.text.paragraph(words.tell(
                    || format!("共 {} 个{level}，超过 {MOST_ROWS} 个，不逐一列出，见多尺度对照表；完整数据可用 Excel 导出。", part.rows.len()),
                    || format!("There are {} of them, more than {MOST_ROWS}: they are not listed, see the table of scales; the full data can be had as Excel.", part.rows.len()),
                ));
                continue;
            }
            draft.cite(
                words.say("职住比（按数量）", "Jobs per employed resident, by count"),
                &part.level.balance,
            );
            if let Some(floating) = &part.level.floating {
                draft.cite(
                    words.say("服务区职住比", "Ratio of floating catchments"),
                    floating,
                );
            }
            let number = self.balance_table(draft, own, part);
            if own.jobs_per_employed_resident.is_some() {
                self.figures(draft, part, period, &number);
            }
        }
        Ok(())
    }

    pub(super) fn balance_table(
        &self,
        draft: &mut Draft<'_>,
        own: &BalanceRow,
        part: &Part<'_>,
    ) -> String {
        let words = draft.words();
        let keys = [
            "name",
            "usual_residents",
            "employed_residents",
            "jobs",
            "jobs_per_employed_resident",
            "catchment_jobs_per_employed_resident",
            "balance_index",
            "self_containment",
            "self_sufficiency",
            "reason",
        ];
        let level = words.title(&part.level.title);
        let title = words.tell(
            || format!("{}各{level}职住平衡（岗位÷就业人口）", draft.place()),
            || {
                format!(
                    "Jobs and employed residents by {}, {}",
                    level.to_lowercase(),
                    draft.place()
                )
            },
        );
        let id = format!("balance.{}", part.level.id);
        let mut table = draft.new_table(&id, title, &keys);
        for (at, row) in part.rows.iter().zip(&part.balance) {
            let mut cells = named(&to_row(row).unwrap_or_default(), words);
            let floating = part
                .level
                .floating
                .as_ref()
                .map(|answer| answer.rows[*at].jobs_per_employed_resident);
            cells.insert(
                "catchment_jobs_per_employed_resident".into(),
                json!(floating.flatten()),
            );
            table.push(LineKind::Body, &cells);
        }
        if let Some(rest) = balance_rest(own, &part.balance) {
            let mut cells = to_row(&rest).unwrap_or_default();
            cells.remove("reason");
            table.push_named(
                LineKind::Rest,
                words.say("未落入上列单元", "In none of them"),
                &cells,
            );
        }
        let code = (!own.code.is_empty()).then_some(own.code.as_str());
        // Containment is that of the areas listed: the larger an area, the more it contains.
        let total = BalanceRow {
            contained: Contained::of_all(&part.balance),
            ..own.clone()
        };
        let mut cells = to_row(&total).unwrap_or_default();
        cells.insert(
            "catchment_jobs_per_employed_resident".into(),
            json!(self.floating_of(code, part.level)),
        );
        table.push_named(LineKind::Total, words.say("合计", "Total"), &cells);
        table.drop_empty(|key| why(key, words));
        table.reasons_below();
        if part.level.floating.is_some() {
            let km = fixed(self.band.catchment_m / 1000.0, 0);
            table.notes.push(words.tell(
                || format!("服务区职住比：以各居住格网为中心、直线 {km} 公里内的岗位与就业人口之比，按就业人口加权；不受单元边界影响。"),
                || format!("Ratio of floating catchments: jobs and employed residents within {km} km in a straight line of each home, weighted by employed residents; boundaries do not matter."),
            ));
        }
        draft.table(table)
    }

    pub(super) fn floating_of(&self, code: Option<&str>, level: &Level) -> Option<f64> {
        match code {
            None => level.floating.as_ref()?.totals.jobs_per_employed_resident,
            Some(code) => {
                let answers = self
                    .levels
                    .iter()
                    .filter_map(|level| level.floating.as_ref());
                let mut rows = answers.flat_map(|answer| &answer.rows);
                rows.find(|row| row.code == code)?
                    .jobs_per_employed_resident
            }
        }
    }
}
