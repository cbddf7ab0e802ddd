use super::{INFLUENCE_M, StationCatchment};
use crate::{
    query::{Answer, StationAreaRow, StationCoverageRow, StationOverlap},
    reports::{
        document::{jobs, people, percent},
        kinds::{Draft, why::why},
    },
};

impl StationCatchment {
    pub(super) fn findings(
        &self,
        draft: &mut Draft<'_>,
        own: &[StationCoverageRow],
        areas: &Answer<StationAreaRow>,
    ) {
        let (words, subject, language) = (draft.words(), draft.subject(), draft.language());
        let stations = areas.rows.len();
        if stations == 0 {
            draft.text.finding(words.tell(
                || format!("{subject}范围内没有运营中的轨道站点；覆盖来自范围外的站点。"),
                || format!("{subject}: no station in use lies inside; whoever is covered is so by stations outside."),
            ));
        }
        if let Some(row) = own.iter().find(|row| row.cutoff == INFLUENCE_M) {
            let say = |circle: Option<f64>,
                       street: Option<f64>,
                       zh: &str,
                       en: &str|
             -> Option<String> {
                let circle = circle?;
                Some(match street {
                    Some(street) => words.tell(
                        || format!("{zh}按 800 米圆形缓冲覆盖 {}，按步行路网只有 {}", percent(circle), percent(street)),
                        || format!("{} of the {en} are within 800 m in a straight line, {} along streets", percent(circle), percent(street)),
                    ),
                    None => words.tell(
                        || format!("{zh}按 800 米圆形缓冲覆盖 {}（未载入路网，无步行值）", percent(circle)),
                        || format!("{} of the {en} are within 800 m in a straight line (no streets, so nothing on foot)", percent(circle)),
                    ),
                })
            };
            let parts: Vec<String> = [
                say(
                    row.straight_share_residents,
                    row.walk_share_residents,
                    "常住人口",
                    "residents",
                ),
                say(
                    row.straight_share_jobs,
                    row.walk_share_jobs,
                    "就业岗位",
                    "jobs",
                ),
            ]
            .into_iter()
            .flatten()
            .collect();
            if parts.is_empty() {
                let reason = why("usual_residents", words);
                draft.text.finding(words.tell(
                    || format!("{subject}有 {stations} 个站点，但覆盖率无法计算（{reason}）。"),
                    || format!("{subject} has {stations} stations, but no coverage can be computed ({reason})."),
                ));
            } else {
                let list = parts.join(words.say("；", "; "));
                draft.text.finding(words.tell(
                    || format!("{subject}：{list}。圆形缓冲高估了步行可达。"),
                    || format!("{subject}: {list}. Circles overstate what can be walked."),
                ));
            }
        }
        let overlap = StationOverlap::of(&areas.rows, &areas.totals);
        if let (Some(once), Some(summed), Some(again)) = (
            overlap.residents,
            overlap.summed_residents,
            overlap.share_residents_again,
        ) {
            draft.text.finding(words.tell(
                || format!("{stations} 个站点 800 米影响区逐站相加有 {}，去重后为 {}，其中 {} 为重复计算。", people(summed, language), people(once, language), percent(again)),
                || format!("Added up over {stations} stations the influence areas hold {} residents, each counted once {}: {} of the sum is double counting.", people(summed, language), people(once, language), percent(again)),
            ));
        }
        let busiest = areas
            .rows
            .iter()
            .filter(|row| row.activity_per_km2.is_some());
        let busiest = busiest.max_by(|a, b| {
            a.activity_per_km2
                .unwrap_or(0.0)
                .total_cmp(&b.activity_per_km2.unwrap_or(0.0))
        });
        if let Some(row) = busiest {
            let name = words.name(
                row.name.as_deref().unwrap_or(&row.id),
                row.name_en.as_deref(),
            );
            let (near, worked) = (
                row.influence_residents.unwrap_or(0),
                row.influence_jobs.unwrap_or(0),
            );
            draft.text.finding(words.tell(
                || format!("综合密度最高的站点为{name}：影响区内常住人口 {}，就业岗位 {}。", people(near, language), jobs(worked, language)),
                || format!("The densest surroundings are those of {name}, with {} residents and {} jobs.", people(near, language), jobs(worked, language)),
            ));
        }
    }
}
