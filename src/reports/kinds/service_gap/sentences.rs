//! What is said of a service in a sentence: of supply, of coverage, of new sites.

use super::found::{Detail, Found};
use crate::{
    query::{GapRow, Mode},
    reports::{
        document::{fixed, people, percent},
        kinds::Draft,
    },
};

/// Areas that a sentence names.
const MOST_NAMED: usize = 3;

impl Found<'_> {
    /// Capacity, need and the areas that lack most.
    pub(super) fn what_is_short(&self, draft: &Draft<'_>, total: &GapRow) -> String {
        let words = draft.words();
        let name = self.title_of(draft, &total.service);
        let unit = words.title(&draft.city.catalog().unit(&total.capacity_unit));
        let number =
            |count: Option<i64>| count.map_or_else(|| "—".to_owned(), |n| fixed(n as f64, 0));
        let (capacity, required) = (number(total.capacity), number(total.required));
        let (Some(share), Some(shortfall)) = (total.fulfilment, total.shortfall) else {
            let reason = total.reason.map(|reason| words.title(&reason.title()));
            let reason = reason.unwrap_or_else(|| words.say("无数据", "no data").to_owned());
            let facilities = number(total.facilities);
            return words.tell(
                || format!("{name}：现有 {facilities} 处，缺口无法计算（{reason}）。"),
                || format!("{name}: {facilities} today; the gap cannot be told ({reason})."),
            );
        };
        let share = percent(share);
        let rows = self.shortest(&total.service);
        let count = rows.len();
        // Of areas that lack as much none is named before the others.
        let next = rows.get(MOST_NAMED).map(|row| row.shortfall);
        let named = rows.iter().take(MOST_NAMED);
        let named = named.filter(|row| next.is_none_or(|next| row.shortfall > next));
        let named = named.map(|row| {
            let (area, short) = (
                words.name(&row.name, row.name_en.as_deref()),
                number(row.shortfall),
            );
            words.tell(
                || format!("{area}（缺 {short}）"),
                || format!("{area} ({short})"),
            )
        });
        let named: Vec<String> = named.collect();
        let most = rows.first().map(|row| row.shortfall);
        let as_short = rows
            .iter()
            .filter(|row| Some(row.shortfall) == most)
            .count();
        let most = number(most.flatten());
        let list = match named.is_empty() {
            _ if as_short == count && count > 1 => {
                words.tell(|| format!("各缺 {most}"), || format!("{most} each"))
            }
            false => words.tell(
                || format!("最多的是{}", words.list(&named)),
                || format!("most of all {}", words.list(&named)),
            ),
            true => words.tell(
                || format!("其中 {as_short} 个各缺 {most}，为最多"),
                || format!("most of all {as_short} of them by {most} each"),
            ),
        };
        let short = number(Some(shortfall));
        match count {
            0 => words.tell(
                || format!("{name}现状规模 {capacity} {unit}，需求规模 {required} {unit}，满足率 {share}，各{}均无缺口。", self.level_title),
                || format!("{name}: {capacity} {unit} for a need of {required} ({share} met); no {} falls short.", self.level_title.to_lowercase()),
            ),
            _ => words.tell(
                || format!("{name}现状规模 {capacity} {unit}，需求规模 {required} {unit}，总体满足率 {share}；{count} 个{}有缺口，共缺 {short} {unit}，{list}。", self.level_title),
                || format!("{name}: {capacity} {unit} for a need of {required} ({share} met in all); {count} {} fall short by {short} together, {list}.", self.level_title.to_lowercase()),
            ),
        }
    }

    /// Who is within reach, who is not, and where fewest are.
    pub(super) fn who_is_left_out(&self, draft: &Draft<'_>, detail: &Detail) -> Option<String> {
        let (words, language) = (draft.words(), draft.language());
        let name = words.title(&detail.item.title);
        let way = |share: Option<f64>, is_straight: bool| {
            let (share, reach) = (
                percent(share?),
                self.reach(draft, &detail.item, is_straight)?,
            );
            Some(words.tell(
                || format!("{reach}覆盖 {share}"),
                || format!("{share} within {reach}"),
            ))
        };
        let total = &detail.total;
        let ways = [
            way(total.straight_share_covered, true),
            way(total.network_share_covered, false),
        ];
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        if ways.is_empty() {
            return None;
        }
        let ways = ways.join(words.say("，", ", "));
        let left = detail.spots.as_ref().ok().and_then(|spots| {
            spots
                .answer
                .totals
                .uncovered
                .map(|n| (n, spots.answer.totals.demand_uncovered))
        });
        let of_whom = |wanting: Option<i64>| {
            wanting.map_or(String::new(), |n| {
                let n = people(n, language);
                words.tell(
                    || format!("，其中需求人口 {n}"),
                    || format!(", {n} of them in need of it"),
                )
            })
        };
        let least = self.least_covered(draft, &total.service);
        Some(match left {
            Some((left, wanting)) => {
                let (left, of_whom) = (people(left, language), of_whom(wanting));
                words.tell(
                    || format!("{name}：{ways}；未覆盖 {left}{of_whom}{least}。"),
                    || format!("{name}: {ways}; {left} people are not covered{of_whom}{least}."),
                )
            }
            None => words.tell(
                || format!("{name}：{ways}（分母为单元土地面积；没有人口数据，未覆盖人口无法计算）。"),
                || format!("{name}: {ways} (of the land; without population nobody knows how many are not covered)."),
            ),
        })
    }

    /// `；覆盖率最低的是凤凰街道（8.17%）`, measured as the blind spots are.
    fn least_covered(&self, draft: &Draft<'_>, service: &str) -> String {
        let words = draft.words();
        let share = |row: &GapRow| match self.mode {
            Mode::Straight => row.straight_share_covered,
            _ => row.network_share_covered,
        };
        let rows = self.gaps.answer.rows.iter();
        let rows = rows.filter(|row| row.service == service);
        let known: Vec<(&GapRow, f64)> = rows.filter_map(|row| Some((row, share(row)?))).collect();
        let least = known.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        match least.filter(|_| known.len() > 1) {
            None => String::new(),
            Some((row, share)) => {
                let area = words.name(&row.name, row.name_en.as_deref());
                let share = percent(*share);
                words.tell(
                    || format!("；覆盖率最低的是{area}（{share}）"),
                    || format!("; least of all in {area} ({share})"),
                )
            }
        }
    }

    /// The new sites that would serve most, with whom.
    pub(super) fn what_closes_it(&self, draft: &Draft<'_>, detail: &Detail) -> Option<String> {
        let words = draft.words();
        let Some(Ok(siting)) = &detail.siting else {
            return None;
        };
        let (rows, totals) = (&siting.answer.rows, &siting.answer.totals);
        let gained = [
            totals.shortfall_closed,
            totals.newly_served,
            Some(totals.newly_covered),
        ];
        if rows.is_empty() || gained.iter().all(|gained| gained.unwrap_or(0) == 0) {
            return None;
        }
        let name = words.title(&detail.item.title);
        let share = |share: Option<f64>| share.map_or_else(|| "—".to_owned(), percent);
        let (before, after) = (share(totals.share_before), share(totals.share_after));
        let mut places: Vec<String> = Vec::new();
        for code in rows.iter().filter_map(|site| site.code.as_deref()) {
            let place = draft.area_name(code);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let (count, places) = (rows.len(), words.list(&places));
        if let (Some(short), Some(added), Some(after_sites), Some(sites)) = (
            totals.shortfall.filter(|short| *short > 0),
            totals.added_capacity,
            totals.shortfall_after,
            totals.sites_to_close,
        ) {
            let [short, added, left] =
                [short, added, after_sites].map(|count| fixed(count as f64, 0));
            let level = &self.level_title;
            return Some(words.tell(
                || format!("按{level}缺口，推荐新建{name} {count} 处（{places}），新增规模 {added}（按现有平均规模假设），{level}缺口由 {short} 降至 {left}；按此规模补足全部缺口约需 {sites} 处。需求人口覆盖率由 {before} 升至 {after}。"),
                || format!("{name}, by what each area lacks: {count} new sites ({places}) with a capacity of {added}, each the mean of those that stand, lower the shortfall from {short} to {left}; about {sites} sites of that size would close it. Coverage rises from {before} to {after}."),
            ));
        }
        if let (Some(added), Some(served)) = (totals.added_capacity, totals.newly_served) {
            let [added, served] = [added, served].map(|count| fixed(count as f64, 0));
            return Some(words.tell(
                || format!("按未满足的需求，推荐新建{name} {count} 处（{places}），新增规模 {added}（按现有平均规模假设），可使 {served} 名目前就近无法获得服务的需求人口得到服务；需求人口覆盖率由 {before} 升至 {after}。"),
                || format!("{name}, by unmet demand: {count} new sites ({places}) with a capacity of {added}, each the mean of those that stand, would serve {served} people in need whom nothing nearby can serve now; coverage rises from {before} to {after}."),
            ));
        }
        let more = fixed(totals.newly_covered as f64, 0);
        Some(words.tell(
            || format!("推荐新建{name} {count} 处（{places}），可新增覆盖需求人口 {more} 人，需求人口覆盖率由 {before} 升至 {after}。"),
            || format!("{name}: {count} new sites ({places}) would newly cover {more} of the people in need and raise their coverage from {before} to {after}."),
        ))
    }

    /// Facilities that do not say of which kind they are: nobody knows whether the norms mean them.
    pub(super) fn unsorted(&self, draft: &Draft<'_>) -> Vec<String> {
        let (words, catalog) = (draft.words(), draft.city.catalog());
        let mut told: Vec<String> = Vec::new();
        for item in &self.gaps.norms.set.items {
            let Some(layer) = catalog.layer(item.layer.as_str()) else {
                continue;
            };
            for attribute in item.condition.keys() {
                let key = format!("{}.{attribute}", item.layer);
                let left = self.gaps.answer.left_out.0.get(&key);
                let missing = left.map_or(0, |count| count.missing);
                let Some(known) = layer.attribute(attribute.as_str()).filter(|_| missing > 0)
                else {
                    continue;
                };
                let (layer, known) = (words.title(&layer.title), words.title(&known.title));
                let text = words.tell(
                    || format!("{missing} 处{layer}未写明{known}，不知是否属于所查设施，未计入；现状数量与覆盖因此可能偏低。"),
                    || format!("{missing} of the layer {layer} do not say their {}: nobody knows whether they are meant, and they are left out; numbers and coverage may be too low.", known.to_lowercase()),
                );
                if !told.contains(&text) {
                    told.push(text);
                }
            }
        }
        told
    }
}
