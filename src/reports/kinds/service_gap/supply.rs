use serde_json::json;

use super::found::Found;
use crate::{
    domain::Title,
    query::{GapRow, Row},
    reports::{
        document::{LineKind, Words, fixed},
        kinds::{Draft, levels::MOST_ROWS},
    },
};

/// Facilities of unknown capacity that are listed on paper.
const MOST_LISTED: usize = 60;

impl Found<'_> {
    /// All services of the whole, one row each.
    pub fn all_services(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft.text.heading(1, words.say("供需总表", "All services"));
        let keys = [
            "service",
            "facilities",
            "capacity",
            "capacity_unit",
            "required",
            "shortfall",
            "surplus",
            "net",
            "fulfilment",
            "straight_share_covered",
            "network_share_covered",
            "evaluation",
            "reason",
            "straight_reason",
            "network_reason",
        ];
        let title = words.tell(
            || format!("{}公共服务设施供需", draft.place()),
            || format!("Supply and demand of public services, {}", draft.place()),
        );
        let mut table = self.flat.new_table(draft, "services", title, &keys);
        for row in &self.flat.totals {
            table.push(LineKind::Body, row);
        }
        let totals = self.gaps.answer.totals.iter();
        self.unlisted(totals, words).finish(&mut table, words);
        table.notes.extend(self.judged_by_parts(words));
        table.notes.push(words.tell(
            || format!("缺口、富余为各{}之和，一单元的富余不抵另一单元的缺口；净差额为富余减缺口。", self.level_title),
            || format!("Shortfall and surplus are sums over the {}: the surplus of one does not make up for the shortfall of another; net is surplus less shortfall.", self.level_title.to_lowercase()),
        ));
        draft.table(table);
        for text in self.unsorted(draft) {
            draft.text.paragraph(text);
        }
    }

    /// Says which services are judged by less than their fulfilment, and why: a surplus of one area
    /// does not make up for what another lacks.
    fn judged_by_parts(&self, words: Words) -> Option<String> {
        let set = &self.gaps.norms.set;
        let is_lower = |row: &GapRow| -> Option<String> {
            let item = set.item(&row.service)?;
            let fulfilment = row.fulfilment?;
            let mut bands = set.bands_of(item).iter();
            let own = bands.find(|band| band.from.value.is_some_and(|from| fulfilment >= from))?;
            let judged = row.evaluation.as_deref()?;
            (own.id.as_str() != judged).then(|| words.title(&item.title))
        };
        let named: Vec<String> = self
            .gaps
            .answer
            .totals
            .iter()
            .filter_map(is_lower)
            .collect();
        if named.is_empty() {
            return None;
        }
        let (list, level) = (words.list(&named), &self.level_title);
        Some(words.tell(
            || format!("{list}：总体满足率较高，但部分{level}仍有缺口，富余不能相抵，评价按（需求规模 − 缺口）÷ 需求规模评定，因而低于满足率所在的等级。"),
            || format!("{list}: the whole has a higher fulfilment, but some {} fall short, which the surplus of others does not make up for: the rating is that of (required − shortfall) ÷ required and so lower than the band of the fulfilment.", level.to_lowercase()),
        ))
    }

    /// One table for each service, area by area.
    pub fn each_service(&self, draft: &mut Draft<'_>) {
        let (words, level) = (draft.words(), &self.level_title);
        draft.text.heading(
            1,
            &words.tell(
                || format!("各{level}供需"),
                || format!("Supply and demand by {}", level.to_lowercase()),
            ),
        );
        if self.areas.len() > MOST_ROWS {
            let count = self.areas.len();
            draft.text.paragraph(words.tell(
                || format!("共 {count} 个{level}，超过 {MOST_ROWS} 个，不逐一列出；完整数据可用 Excel 导出。"),
                || format!("There are {count} of them, more than {MOST_ROWS}: they are not listed; the full data can be had as Excel."),
            ));
            return;
        }
        let totals = self.gaps.answer.totals.iter().zip(&self.flat.totals);
        for (total, row) in totals {
            let Some(item) = self.gaps.norms.set.item(&total.service) else {
                continue;
            };
            let name = words.title(&item.title);
            let unit = words.title(&draft.city.catalog().unit(&total.capacity_unit));
            draft.text.heading(2, &name);
            if let Some((_, text)) = self.flat.norm(item, words) {
                draft.text.paragraph(
                    words.tell(|| format!("标准：{text}。"), || format!("Norm: {text}.")),
                );
            }
            if total.shortfall.is_some() && self.gaps.answer.totals.len() > 1 {
                let text = self.what_is_short(draft, total);
                draft.text.paragraph(text);
            }
            let rows = self.flat.rows.get(&total.service);
            let rows = rows.map_or(&[][..], |rows| &rows[..]);
            // What nobody recorded anywhere needs no table of dashes.
            let is_said = |row: &Row| {
                ["facilities", "required"]
                    .iter()
                    .any(|key| !row.get(*key).is_none_or(|v| v.is_null()))
            };
            if !rows.iter().any(is_said) {
                let name = &name;
                draft.text.paragraph(words.tell(
                    || format!("本市数据中没有{name}，也没有其需求人口，供需无法计算，表从略。"),
                    || format!("The data hold neither facilities nor people for this service ({name}): there is no table."),
                ));
                continue;
            }
            let mut keys = vec![
                "name",
                "facilities",
                "capacity",
                "demand",
                "required",
                "shortfall",
                "surplus",
                "fulfilment",
                "straight_share_covered",
                "network_share_covered",
                "evaluation",
                "reason",
            ];
            if total.change_shortfall.is_some() {
                keys.insert(6, "change_shortfall");
            }
            let title = words.tell(
                || match unit.is_empty() {
                    true => format!("{}各{level}{name}供需", draft.place()),
                    false => format!("{}各{level}{name}供需（规模单位：{unit}）", draft.place()),
                },
                || {
                    let of = format!("{name} by {}, {}", level.to_lowercase(), draft.place());
                    match unit.is_empty() {
                        true => of,
                        false => format!("{of} (capacity in {unit})"),
                    }
                },
            );
            let id = format!("service.{}", total.service);
            let mut table = self.flat.new_table(draft, &id, title, &keys);
            if let Some(earlier) = &self.gaps.earlier_period {
                let year = earlier.year();
                let change = table.columns.iter_mut();
                for column in change.filter(|column| column.key == "change_shortfall") {
                    column.title = Title {
                        zh: format!("缺口较{year}年增减"),
                        en: format!("Shortfall since {year}"),
                    };
                }
            }
            for row in rows {
                table.push(LineKind::Body, row);
            }
            table.push_named(LineKind::Total, words.say("合计", "Total"), row);
            let own = self.gaps.answer.rows.iter();
            let own = own.filter(|row| row.service == total.service);
            self.unlisted(own, words).finish(&mut table, words);
            if let Some(net) = total.net {
                let net = fixed(net as f64, 0);
                table.notes.push(words.tell(
                    || format!("合计净差额（富余 − 缺口）为 {net} {unit}。"),
                    || format!("Net of the total (surplus − shortfall): {net} {unit}."),
                ));
            }
            draft.table(table);
        }
    }

    /// Facilities whose capacity nobody knows (规模不全), by name.
    pub fn unknown_capacity(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft.text.heading(
            1,
            words.say("规模不全的设施", "Facilities of unknown capacity"),
        );
        let unknown = &self.gaps.unknown_capacity;
        let counted = self.gaps.answer.totals.iter();
        let count: i64 = counted.filter_map(|row| row.capacity_unknown).sum();
        if unknown.is_empty() {
            draft.text.paragraph(
                words
                    .say(
                        "没有规模不明的设施。",
                        "There are no facilities of unknown capacity.",
                    )
                    .to_owned(),
            );
            return;
        }
        draft.text.paragraph(words.tell(
            || format!("下列设施没有规模数据，按设施类别共 {count} 条（一处设施可属几类）。其所在单元只列已知规模，不判定缺口；补齐规模后重新出具报告。"),
            || format!("These facilities have no known capacity: {count} entries by service, one facility may serve several. Their areas show what is known and have no gap until it is filled in."),
        ));
        let title = words.tell(
            || format!("{}规模不全的设施", draft.place()),
            || format!("Facilities of unknown capacity, {}", draft.place()),
        );
        let keys = ["service", "facility", "id", "name"];
        let mut table = draft.new_table("unknown_capacity", title, &keys);
        for facility in unknown.iter().take(MOST_LISTED) {
            let item = self.gaps.norms.set.item(&facility.service);
            let service = item.map_or_else(|| facility.service.clone(), |i| words.title(&i.title));
            let mut row = Row::new();
            row.insert("service".into(), json!(service));
            let own = facility.name.as_ref().unwrap_or(&facility.id);
            row.insert("facility".into(), json!(own));
            row.insert("id".into(), json!(facility.id));
            let area = facility.code.as_deref().map(|code| draft.area_name(code));
            row.insert("name".into(), json!(area));
            table.push(LineKind::Body, &row);
        }
        if count as usize > MOST_LISTED {
            table.notes.push(words.tell(
                || format!("共 {count} 条，此处列前 {MOST_LISTED} 条。"),
                || format!("The first {MOST_LISTED} of {count}."),
            ));
        }
        draft.table(table);
    }
}
