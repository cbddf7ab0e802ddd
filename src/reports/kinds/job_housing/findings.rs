use super::{JobHousing, Part};
use crate::{
    query::{BalanceReport, BalanceRow, NominalRow},
    reports::{
        document::{jobs, people, ratio},
        kinds::{Draft, why::why},
    },
};

/// How many places a finding names.
const NAMED: usize = 8;

impl JobHousing {
    pub(super) fn findings(
        &self,
        draft: &mut Draft<'_>,
        own: &BalanceRow,
        parts: &[Part<'_>],
        scales: &BalanceReport,
    ) {
        let (words, subject) = (draft.words(), draft.subject());
        let (language, band) = (draft.language(), &self.band);
        let counted: Vec<String> = [
            own.usual_residents
                .map(|n| (words.say("常住人口", "residents"), people(n, language))),
            own.employed_residents.map(|n| {
                (
                    words.say("就业人口", "employed residents"),
                    people(n, language),
                )
            }),
            own.jobs
                .map(|n| (words.say("就业岗位", "jobs"), jobs(n, language))),
        ]
        .into_iter()
        .flatten()
        .map(|(name, count)| words.tell(|| format!("{name} {count}"), || format!("{count} {name}")))
        .collect();
        let list = words.list(&counted);
        match (own.jobs_per_employed_resident, counted.is_empty()) {
            (Some(value), _) => {
                let (place, means) = match value {
                    _ if value < band.from => (
                        words.say("低于", "below"),
                        words.say("，居住功能为主", ": mainly homes"),
                    ),
                    _ if value > band.to => (
                        words.say("高于", "above"),
                        words.say("，就业功能为主", ": mainly jobs"),
                    ),
                    _ => (words.say("处于", "within"), ""),
                };
                draft.text.finding(words.tell(
                    || format!("{subject}有{list}，职住比（岗位÷就业人口）为 {}，{place}平衡区间（{}–{}）{means}。", ratio(value), band.from, band.to),
                    || format!("{subject} has {list}: {} jobs per employed resident, {place} the band of balance ({}–{}){means}.", ratio(value), band.from, band.to),
                ));
            }
            (None, false) => {
                let reason = why("jobs_per_employed_resident", words);
                draft.text.finding(words.tell(
                    || format!("{subject}有{list}；职住比无法计算（{reason}）。"),
                    || format!("{subject} has {list}; jobs per employed resident cannot be computed ({reason})."),
                ));
            }
            (None, true) => draft.text.finding(words.say(
                "本市数据中没有人口、就业人口和就业岗位，职住平衡无法计算；以下各表只列单元，缺少的指标均注明原因。",
                "The data hold neither residents, employed residents nor jobs, so that the balance cannot be computed; the tables list the areas and say why each column is missing.",
            ).to_owned()),
        }
        if let Some(part) = parts.first() {
            self.finding_of_level(draft, part);
        }
        self.finding_of_nominal(draft, scales, parts);
    }

    /// Balanced by count but not in fact, level by level.
    fn finding_of_nominal(
        &self,
        draft: &mut Draft<'_>,
        scales: &BalanceReport,
        parts: &[Part<'_>],
    ) {
        let words = draft.words();
        let mut told = Vec::new();
        for part in parts {
            let of_level = |row: &&NominalRow| row.level == part.level.id.as_str();
            let named = scales.nominal.iter().filter(of_level);
            let named: Vec<String> = named
                .map(|row| words.name(&row.name, row.name_en.as_deref()))
                .collect();
            if named.is_empty() {
                continue;
            }
            let level = words.title(&part.level.title);
            let (count, units) = (named.len(), part.rows.len());
            let list = words.list(&named[..count.min(NAMED)]);
            let more = if count > NAMED {
                words.say("等", " …")
            } else {
                ""
            };
            told.push(words.tell(
                || format!("{units} 个{level}中 {count} 个（{list}{more}）"),
                || format!("{count} of {units} {} ({list}{more})", level.to_lowercase()),
            ));
        }
        if told.is_empty() {
            return;
        }
        let list = told.join(words.say("；", "; "));
        draft.text.finding(words.tell(
            || format!("名义平衡而非实际平衡（数量上平衡，居住者自足性却低于阈值）：{list}；全部列于“多尺度对照”一章。数量平衡不等于就近就业。"),
            || format!("Balanced by count but not in fact, for fewer of their workers than the threshold work inside: {list}; all are listed in the chapter “Scale by scale”. Balance by count does not prove that people work nearby."),
        ));
    }

    pub(super) fn finding_of_level(&self, draft: &mut Draft<'_>, part: &Part<'_>) {
        let (words, band) = (draft.words(), &self.band);
        let standing = &part.standing;
        let (Some((high, most)), Some((low, least))) = (standing.highest, standing.lowest) else {
            return;
        };
        let level = words.title(&part.level.title);
        let (high, low) = (&part.names[high], &part.names[low]);
        draft.text.finding(words.tell(
            || format!(
                "{} 个{level}中，{} 个职住比在 {}–{} 之间，{} 个低于 {}，{} 个高于 {}{}；最高为{high}（{}），最低为{low}（{}）。",
                standing.areas, standing.balanced, band.from, band.to, standing.more_workers, band.from, standing.more_jobs, band.to,
                if standing.undefined > 0 { format!("，{} 个无定义", standing.undefined) } else { String::new() },
                ratio(most), ratio(least),
            ),
            || format!(
                "Of {} {}, {} have {}–{} jobs per employed resident, {} fewer and {} more{}; the highest is {high} ({}), the lowest {low} ({}).",
                standing.areas, level.to_lowercase(), standing.balanced, band.from, band.to, standing.more_workers, standing.more_jobs,
                if standing.undefined > 0 { format!(", {} are undefined", standing.undefined) } else { String::new() },
                ratio(most), ratio(least),
            ),
        ));
    }
}
