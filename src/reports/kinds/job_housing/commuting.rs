use super::{JobHousing, Part, flows::desire_lines};
use crate::{
    domain::{AreaCode, Title},
    query::{Answer, CommuteRow, Limits, QueryError, Way, to_row},
    reports::{
        document::{LineKind, Words, percent, ratio},
        kinds::{Draft, naming::named, why::why},
    },
};

impl JobHousing {
    /// # Errors
    /// Nobody waits any longer.
    pub(super) fn commuting(
        &self,
        draft: &mut Draft<'_>,
        code: Option<&AreaCode>,
        parts: &[Part<'_>],
        limits: &Limits,
    ) -> Result<(), QueryError> {
        let words = draft.words();
        draft.text.heading(
            1,
            words.say("通勤与自足性", "Commuting and self-containment"),
        );
        let with_flows = parts
            .iter()
            .filter(|part| part.is_listed() && part.level.commute.is_some());
        let mut is_any = false;
        for part in with_flows {
            let Some(answer) = &part.level.commute else {
                continue;
            };
            is_any = true;
            let level = words.title(&part.level.title);
            draft.cite(words.say("通勤", "Commuting"), answer);
            let keys = [
                "name",
                "commuters",
                "inside",
                "out_commuters",
                "in_commuters",
                "self_containment",
                "self_sufficiency",
                "mean_distance_km",
                "share_within_5_km",
                "minimum_commute",
                "reason",
            ];
            let title = words.tell(
                || format!("{}各{level}通勤", draft.place()),
                || format!("Commuting by {}, {}", level.to_lowercase(), draft.place()),
            );
            let mut table = draft.new_table(&format!("commute.{}", part.level.id), title, &keys);
            for column in &mut table.columns {
                if column.key == "minimum_commute" {
                    // Between places as the crow flies it is in kilometres.
                    column.title = Title {
                        zh: "职住分离度".into(),
                        en: "Minimum commute".into(),
                    };
                    column.unit = Title {
                        zh: "公里".into(),
                        en: "km".into(),
                    };
                }
            }
            for at in &part.rows {
                let row = to_row(&answer.rows[*at]).unwrap_or_default();
                table.push(LineKind::Body, &named(&row, words));
            }
            let total = part.commuters(answer, code);
            let cells = to_row(&total).unwrap_or_default();
            table.push_named(LineKind::Total, words.say("合计", "Total"), &cells);
            let own = code.and_then(|code| self.own_commute(code));
            if let Some(own) = own {
                let mut own = own.clone();
                own.way = Way::default();
                own.reason = own.reason.filter(|_| own.self_containment.is_none());
                let name = words.tell(
                    || format!("{}作为一个单元", draft.subject()),
                    || format!("{} as one area", draft.subject()),
                );
                table.push_named(LineKind::Total, &name, &to_row(&own).unwrap_or_default());
            }
            table.drop_empty(|key| unknown(key, &total, words));
            table.reasons_below();
            if own.is_some() {
                table.notes.push(words.say(
                    "合计为上列各单元之和，距离按上列单元量算。末行把全域作为一个单元：域内单元之间的通勤算作域内就业，因此不等于合计；通勤距离以单元代表点量算，一个单元内部不作量算，该行不列。",
                    "The total is the sum of the areas above, distances are those between them. The last row takes the whole as one area: who commutes between the areas above works inside, so it is not their sum; distances are measured between areas, so that one alone has none.",
                ).to_owned());
            }
            if code.is_none() {
                table.notes.push(words.say(
                    "职住分离度是全域最优匹配的平均，单个单元的数值随匹配的取法而变，只列全域。",
                    "The minimum commute is a mean over all areas: that of one depends on which of several best exchanges is taken, so that only the whole has one.",
                ).to_owned());
            }
            draft.table(table);
            self.excess(draft, &total, &level);
            desire_lines(draft, code, part, limits)?;
            for times in &part.level.times {
                self.times(draft, code, part, times);
            }
            if part.level.times.is_empty() {
                draft.text.paragraph(words.say(
                    "通勤时间从略：未载入路网与时刻表，只有直线距离。",
                    "No times of commutes: neither streets nor a timetable were imported, distances are straight.",
                ).to_owned());
            }
        }
        if !is_any {
            let reason = why("commuters", words);
            draft.text.paragraph(words.tell(
                || format!("本章从略：{reason}。职住平衡的质量（多少人就近就业）因此无法判断。"),
                || format!("This chapter is left out: {reason}. Whether people work nearby cannot be told."),
            ));
        }
        Ok(())
    }

    /// How long people of each area commute by one way of travelling.
    fn times(
        &self,
        draft: &mut Draft<'_>,
        code: Option<&AreaCode>,
        part: &Part<'_>,
        times: &Answer<CommuteRow>,
    ) {
        let words = draft.words();
        let level = words.title(&part.level.title);
        let mode = times.query["cost"].as_str().unwrap_or_default();
        let by = match mode {
            "car" => words.say("小汽车", "by car"),
            "transit" => words.say("公共交通", "by public transport"),
            "walk" => words.say("步行", "on foot"),
            other => other,
        };
        draft.cite(
            &words.tell(
                || format!("通勤时间（{by}）"),
                || format!("Time of commutes, {by}"),
            ),
            times,
        );
        let keys = [
            "name",
            "commuters",
            "mean_minutes",
            "share_within_45_min",
            "share_over_60_min",
            "reason",
        ];
        let title = words.tell(
            || format!("{}各{level}通勤时间（{by}）", draft.place()),
            || {
                format!(
                    "Time of commutes {by} by {}, {}",
                    level.to_lowercase(),
                    draft.place()
                )
            },
        );
        let id = format!("times.{mode}.{}", part.level.id);
        let mut table = draft.new_table(&id, title, &keys);
        for at in &part.rows {
            let row = to_row(&times.rows[*at]).unwrap_or_default();
            table.push(LineKind::Body, &named(&row, words));
        }
        let total = part.commuters(times, code);
        let cells = to_row(&total).unwrap_or_default();
        table.push_named(LineKind::Total, words.say("合计", "Total"), &cells);
        table.drop_empty(|key| unknown(key, &total, words));
        table.reasons_below();
        if mode == "car" {
            table.notes.push(words.say(
                "小汽车时间按路网自由流速度（各道路等级的设定车速）计算，不计拥堵、停车与候灯，高峰实际更长。",
                "By car at the free-flow speed set for each class of street, without congestion, parking and lights: the peak takes longer.",
            ).to_owned());
        }
        table.notes.push(words.say(
            "各单元之间按代表点量算，合计为上列各单元全部通勤者的平均与比重；以通勤流中已知去向者为准，不分实际出行方式：表示都以该方式出行所需的时间。",
            "Measured between the centers of areas for all commuters whose workplace is known, however they travel: how long it takes if all went this way. The total is of all commuters of the areas above.",
        ).to_owned());
        draft.table(table);
    }

    /// The area of the report as one zone.
    fn own_commute(&self, code: &AreaCode) -> Option<&CommuteRow> {
        let levels = self.levels.iter();
        let answers = levels.filter_map(|level| level.commute.as_ref());
        let mut rows = answers.flat_map(|answer| &answer.rows);
        rows.find(|row| row.code == code.as_str())
    }

    /// How much less homes and jobs would allow.
    fn excess(&self, draft: &mut Draft<'_>, total: &CommuteRow, level: &str) {
        let words = draft.words();
        let Some(city) = &total.city else {
            return;
        };
        if let (Some(observed), Some(minimum), Some(maximum)) = (
            city.observed_commute,
            city.minimum_commute,
            city.maximum_commute,
        ) {
            let unit = words.say(
                if city.unit == "km" {
                    "公里"
                } else {
                    "分钟"
                },
                city.unit,
            );
            let used = city.excess_share.map_or_else(|| "—".to_owned(), percent);
            draft.text.paragraph(words.tell(
                || format!("以{level}为单元，现状平均单程通勤 {} {unit}；在现有居住与岗位布局下，理论最小 {} {unit}（职住分离度），最大 {} {unit}；过剩通勤占 {used}。", ratio(observed), ratio(minimum), ratio(maximum)),
                || format!("Between {}, the mean commute is {} {unit}; today's homes and jobs would allow {} {unit} at least and {} {unit} at most; {used} is excess.", level.to_lowercase(), ratio(observed), ratio(minimum), ratio(maximum)),
            ));
        }
    }
}

/// Why a column of commutes is empty: the flows may be there and yet say nothing of it.
fn unknown(key: &str, total: &CommuteRow, words: Words) -> String {
    let is_way = key.starts_with("mean_") || key.starts_with("share_");
    match total.reason.filter(|_| is_way) {
        Some(reason) => words.title(&reason.title()),
        None => why(key, words),
    }
}
