use super::found::{Detail, Found};
use crate::{
    query::GapRow,
    reports::{
        document::{fixed, people, percent},
        kinds::Draft,
    },
};

/// Areas that a finding names.
const MOST_NAMED: usize = 3;

impl Found<'_> {
    /// What a reader who reads nothing else must know.
    pub fn findings(&self, draft: &mut Draft<'_>) {
        self.of_all(draft);
        let is_one = self.gaps.answer.totals.len() == 1;
        for detail in &self.details {
            // Of many services the tables say why a gap cannot be told.
            if is_one || detail.total.fulfilment.is_some() {
                self.of_supply(draft, &detail.total);
            }
            self.of_coverage(draft, detail);
            self.of_sites(draft, detail);
        }
        self.of_schools(draft);
        self.of_unsorted(draft);
        self.of_unknown(draft);
    }

    fn title_of(&self, draft: &Draft<'_>, service: &str) -> String {
        let item = self.gaps.norms.set.item(service);
        item.map_or_else(
            || service.to_owned(),
            |item| draft.words().title(&item.title),
        )
    }

    fn of_all(&self, draft: &mut Draft<'_>) {
        let (words, subject) = (draft.words(), draft.subject());
        let totals = &self.gaps.answer.totals;
        let known = totals.iter().filter(|row| row.fulfilment.is_some()).count();
        let short: Vec<&GapRow> = totals
            .iter()
            .filter(|row| row.shortfall.is_some_and(|n| n > 0))
            .collect();
        let norms = words.title(&self.gaps.norms.set.title);
        let all = totals.len();
        if known == 0 {
            let reason = self.common_reason(draft);
            draft.text.finding(words.tell(
                || format!("按{norms}，{subject}的 {all} 类设施都无法计算缺口{reason}；以下只列已知的数量与覆盖，缺少的指标逐项注明原因。"),
                || format!("By {norms}, no gap of the {all} services of {subject} can be told{reason}; what is known of numbers and coverage follows, and each missing column says why."),
            ));
            return;
        }
        if all == 1 {
            return;
        }
        let mut named: Vec<&&GapRow> = short.iter().collect();
        named.sort_by(|a, b| {
            a.fulfilment
                .unwrap_or(0.0)
                .total_cmp(&b.fulfilment.unwrap_or(0.0))
        });
        let list = named.iter().take(MOST_NAMED).map(|row| {
            let (name, share) = (self.title_of(draft, &row.service), row.fulfilment);
            let share = share.map_or_else(|| "—".to_owned(), percent);
            words.tell(
                || format!("{name}（满足率 {share}）"),
                || format!("{name} ({share} met)"),
            )
        });
        let list: Vec<String> = list.collect();
        let (count, list) = (short.len(), words.list(&list));
        draft.text.finding(match count {
            0 => words.tell(
                || format!("按{norms}，{subject}的 {all} 类设施中 {known} 类可算满足率，各{}均无缺口；其余缺少规模或标准数值，原因见各表。", self.level_title),
                || format!("By {norms}, {known} of {all} services of {subject} can be rated and none falls short anywhere; the others lack capacities or figures of the norm, see the tables."),
            ),
            _ => words.tell(
                || format!("按{norms}，{subject}的 {all} 类设施中 {known} 类可算满足率，{count} 类在部分{}有缺口，总体满足率最低的是{list}。", self.level_title),
                || format!("By {norms}, {known} of {all} services of {subject} can be rated and {count} fall short in some {}, least met of all {list}.", self.level_title.to_lowercase()),
            ),
        });
    }

    /// The one reason that all services have, in brackets.
    fn common_reason(&self, draft: &Draft<'_>) -> String {
        let words = draft.words();
        let mut texts: Vec<String> = Vec::new();
        for reason in self.gaps.answer.totals.iter().filter_map(|row| row.reason) {
            let text = words.title(&reason.title());
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        match texts.is_empty() {
            true => String::new(),
            false => words.tell(
                || format!("（{}）", texts.join("；")),
                || format!(" ({})", texts.join("; ")),
            ),
        }
    }

    /// Capacity, need and the areas that lack most.
    fn of_supply(&self, draft: &mut Draft<'_>, total: &GapRow) {
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
            draft.text.finding(words.tell(
                || format!("{name}：现有 {facilities} 处，缺口无法计算（{reason}）。"),
                || format!("{name}: {facilities} today; the gap cannot be told ({reason})."),
            ));
            return;
        };
        let share = percent(share);
        let mut rows: Vec<&GapRow> = self
            .gaps
            .answer
            .rows
            .iter()
            .filter(|row| row.service == total.service && row.shortfall.is_some_and(|n| n > 0))
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.shortfall));
        let count = rows.len();
        let named = rows.iter().take(MOST_NAMED).map(|row| {
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
        let (list, short) = (words.list(&named), number(Some(shortfall)));
        draft.text.finding(match count {
            0 => words.tell(
                || format!("{name}现状规模 {capacity} {unit}，需求规模 {required} {unit}，满足率 {share}，各{}均无缺口。", self.level_title),
                || format!("{name}: {capacity} {unit} for a need of {required} ({share} met); no {} falls short.", self.level_title.to_lowercase()),
            ),
            _ => words.tell(
                || format!("{name}现状规模 {capacity} {unit}，需求规模 {required} {unit}，总体满足率 {share}；{count} 个{}有缺口，共缺 {short} {unit}，最多的是{list}。", self.level_title),
                || format!("{name}: {capacity} {unit} for a need of {required} ({share} met in all); {count} {} fall short by {short} together, most of all {list}.", self.level_title.to_lowercase()),
            ),
        });
    }

    fn of_coverage(&self, draft: &mut Draft<'_>, detail: &Detail) {
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
            return;
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
        draft.text.finding(match left {
            Some((left, wanting)) => {
                let (left, of_whom) = (people(left, language), of_whom(wanting));
                words.tell(
                    || format!("{name}：{ways}；未覆盖 {left}{of_whom}。"),
                    || format!("{name}: {ways}; {left} people are not covered{of_whom}."),
                )
            }
            None => words.tell(
                || format!("{name}：{ways}（分母为单元土地面积；没有人口数据，未覆盖人口无法计算）。"),
                || format!("{name}: {ways} (of the land; without population nobody knows how many are not covered)."),
            ),
        });
    }

    fn of_sites(&self, draft: &mut Draft<'_>, detail: &Detail) {
        let words = draft.words();
        let Some(Ok(siting)) = &detail.siting else {
            return;
        };
        let (rows, totals) = (&siting.answer.rows, &siting.answer.totals);
        let gained = [
            totals.shortfall_closed,
            totals.newly_served,
            Some(totals.newly_covered),
        ];
        if rows.is_empty() || gained.iter().all(|gained| gained.unwrap_or(0) == 0) {
            return;
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
            draft.text.finding(words.tell(
                || format!("按{level}缺口，推荐新建{name} {count} 处（{places}），新增规模 {added}（按现有平均规模假设），{level}缺口由 {short} 降至 {left}；按此规模补足全部缺口约需 {sites} 处。需求人口覆盖率由 {before} 升至 {after}。"),
                || format!("{name}, by what each area lacks: {count} new sites ({places}) with a capacity of {added}, each the mean of those that stand, lower the shortfall from {short} to {left}; about {sites} sites of that size would close it. Coverage rises from {before} to {after}."),
            ));
            return;
        }
        if let (Some(added), Some(served)) = (totals.added_capacity, totals.newly_served) {
            let [added, served] = [added, served].map(|count| fixed(count as f64, 0));
            draft.text.finding(words.tell(
                || format!("按未满足的需求，推荐新建{name} {count} 处（{places}），新增规模 {added}（按现有平均规模假设），可使 {served} 名目前就近无法获得服务的需求人口得到服务；需求人口覆盖率由 {before} 升至 {after}。"),
                || format!("{name}, by unmet demand: {count} new sites ({places}) with a capacity of {added}, each the mean of those that stand, would serve {served} people in need whom nothing nearby can serve now; coverage rises from {before} to {after}."),
            ));
            return;
        }
        let more = fixed(totals.newly_covered as f64, 0);
        draft.text.finding(words.tell(
            || format!("推荐新建{name} {count} 处（{places}），可新增覆盖需求人口 {more} 人，需求人口覆盖率由 {before} 升至 {after}。"),
            || format!("{name}: {count} new sites ({places}) would newly cover {more} of the people in need and raise their coverage from {before} to {after}."),
        ));
    }

    fn of_schools(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let Some(found) = &self.schools else { return };
        let number = |count: i64| fixed(count as f64, 0);
        for stage in &found.totals {
            let Some(now) = stage.shortfall else { continue };
            let years = stage.expected.iter().filter_map(|year| {
                let (ahead, short) = (year.ahead, number(year.shortfall?));
                Some(words.tell(
                    || format!("{ahead} 年后 {short} 座"),
                    || format!("{short} in {ahead} years"),
                ))
            });
            let years: Vec<String> = years.collect();
            if years.is_empty() || (self.gaps.answer.totals.len() > 1 && now == 0) {
                continue;
            }
            let (name, now, years) = (
                self.title_of(draft, &stage.service),
                number(now),
                words.list(&years),
            );
            draft.text.finding(words.tell(
                || format!("{name}学位按就近归属逐校计，现缺 {now} 座；现有儿童逐岁推移（不计迁移），预计{years}。"),
                || format!("{name}: school by school {now} places are short now; with the children of now moved up (no migration), {years}."),
            ));
        }
    }

    /// Facilities that do not say of which kind they are: nobody knows whether the norms mean them.
    fn of_unsorted(&self, draft: &mut Draft<'_>) {
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
        told.into_iter().for_each(|text| draft.text.finding(text));
    }

    fn of_unknown(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let counted = self.gaps.answer.totals.iter().filter_map(|row| {
            let count = row.capacity_unknown.filter(|count| *count > 0)?;
            let (name, count) = (self.title_of(draft, &row.service), fixed(count as f64, 0));
            Some(words.tell(
                || format!("{name} {count} 处"),
                || format!("{name} {count}"),
            ))
        });
        let counted: Vec<String> = counted.collect();
        if !counted.is_empty() {
            let list = words.list(&counted);
            draft.text.finding(words.tell(
                || format!("规模不全的设施：{list}；所在单元不判定缺口，名单见末章。"),
                || format!("Facilities of unknown capacity: {list}. Their areas have no gap; the last chapter lists them."),
            ));
        }
    }
}
