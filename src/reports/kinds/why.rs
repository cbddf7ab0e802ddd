//! Why a column of a report is empty, in words and with what to do.

use super::missing;
use crate::reports::document::Words;

/// The reason that no row of a city has a value under a key.
pub fn why(key: &str, words: Words) -> String {
    let key = key.rsplit_once('.').map_or(key, |(_, last)| last);
    let text = match key {
        "usual_residents"
        | "residents"
        | "core_residents"
        | "influence_residents"
        | "residents_per_km2"
        | "straight_residents"
        | "walk_residents"
        | "straight_share_residents"
        | "walk_share_residents"
        | "density_per_km2" => return missing::no_population(words),
        "employed_residents" | "influence_employed_residents" => words.say(
            "没有就业人口数据：居住图层需有就业人口字段",
            "no employed residents: the layer residences needs that column",
        ),
        "jobs"
        | "core_jobs"
        | "influence_jobs"
        | "jobs_per_km2"
        | "straight_jobs"
        | "walk_jobs"
        | "straight_share_jobs"
        | "walk_share_jobs" => words.say(
            "没有就业岗位数据：需导入就业图层 workplaces",
            "no jobs: import the layer workplaces",
        ),
        "jobs_per_employed_resident"
        | "balance_index"
        | "catchment_jobs_per_employed_resident"
        | "station_type"
        | "activity_per_km2"
        | "lowest_ratio"
        | "highest_ratio"
        | "share_balanced" => words.say(
            "需同时有就业岗位与就业人口",
            "needs both jobs and employed residents",
        ),
        "commuters" | "inside" | "out_commuters" | "in_commuters" | "self_containment"
        | "self_sufficiency" | "independence" => words.say(
            "没有通勤流：需导入 flows",
            "no commuting flows: import flows",
        ),
        "mean_minutes" | "share_within_45_min" | "share_over_60_min" => words.say(
            "没有通勤时间：需按时间计量的出行方式",
            "no commuting times: they need a way of travel with times",
        ),
        "minimum_commute" => words.say("只对全市有唯一的值", "unique for the whole city only"),
        "opened" => words.say("站点图层没有开通日期", "the stations have no opening dates"),
        _ => words.say("无数据", "no data"),
    };
    text.to_owned()
}
