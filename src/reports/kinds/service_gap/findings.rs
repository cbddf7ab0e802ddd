use super::found::{Detail, Found};
use crate::{
    query::GapRow,
    reports::{
        document::{fixed, percent},
        kinds::Draft,
    },
};

/// Areas that a finding names.
const MOST_NAMED: usize = 3;

impl Found<'_> {
    /// What a reader who reads nothing else must know: what is short and where, whom nobody serves,
    /// what closes it, what comes. The chapters say the same of every service.
    pub fn findings(&self, draft: &mut Draft<'_>) {
        self.of_all(draft);
        if let [total] = &self.gaps.answer.totals[..] {
            let text = self.what_is_short(draft, total);
            draft.text.finding(text);
        }
        let mut left_out = self.details.iter();
        if let Some(text) = left_out.find_map(|detail| self.who_is_left_out(draft, detail)) {
            draft.text.finding(text);
        }
        // Where people are short of places before where they are only far from any.
        let is_short = |detail: &&Detail| detail.total.shortfall.is_some_and(|n| n > 0);
        let (short, others): (Vec<&Detail>, Vec<&Detail>) = self.details.iter().partition(is_short);
        let mut closing = short.into_iter().chain(others);
        if let Some(text) = closing.find_map(|detail| self.what_closes_it(draft, detail)) {
            draft.text.finding(text);
        }
        if let Some(text) = self.of_schools(draft) {
            draft.text.finding(text);
        }
    }

    pub(super) fn title_of(&self, draft: &Draft<'_>, service: &str) -> String {
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
            let short = self.amount(draft, row, row.shortfall);
            let place = self.worst_area(&row.service).map(|worst| {
                let area = words.name(&worst.name, worst.name_en.as_deref());
                words.tell(|| format!("，最多在{area}"), || format!(", most in {area}"))
            });
            let place = place.unwrap_or_default();
            words.tell(
                || format!("{name} {share}，缺 {short}{place}"),
                || format!("{name} ({share}, {short} short{place})"),
            )
        });
        let list: Vec<String> = list.collect();
        let (count, list) = (short.len(), list.join(words.say("；", "; ")));
        draft.text.finding(match count {
            0 => words.tell(
                || format!("按{norms}，{subject}的 {all} 类设施中 {known} 类可算满足率，各{}均无缺口；其余缺少规模或标准数值，原因见各表。", self.level_title),
                || format!("By {norms}, {known} of {all} services of {subject} can be rated and none falls short anywhere; the others lack capacities or figures of the norm, see the tables."),
            ),
            _ => words.tell(
                || format!("按{norms}，{subject}的 {all} 类设施中 {known} 类可算满足率，{count} 类在部分{}有缺口；总体满足率最低的依次为：{list}。", self.level_title),
                || format!("By {norms}, {known} of {all} services of {subject} can be rated and {count} fall short in some {}; least met in all are {list}.", self.level_title.to_lowercase()),
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

    /// School by school, now and in the coming years, with why the sums by area are others.
    fn of_schools(&self, draft: &Draft<'_>) -> Option<String> {
        let words = draft.words();
        let is_one = self.gaps.answer.totals.len() == 1;
        let stages = self.schools.iter().flat_map(|found| &found.totals);
        let told = stages.filter_map(|stage| {
            let now = stage.shortfall.filter(|now| is_one || *now > 0)?;
            let years = stage.expected.iter().filter_map(|year| {
                let (ahead, short) = (year.ahead, fixed(year.shortfall? as f64, 0));
                Some(words.tell(
                    || format!("{ahead} 年后 {short} 个"),
                    || format!("{short} in {ahead} years"),
                ))
            });
            let years: Vec<String> = years.collect();
            if years.is_empty() {
                return None;
            }
            let (name, now) = (self.title_of(draft, &stage.service), fixed(now as f64, 0));
            let years = words.list(&years);
            let beyond = stage.children_beyond.filter(|beyond| *beyond > 0);
            let beyond = beyond.map_or_else(String::new, |beyond| {
                let beyond = fixed(beyond as f64, 0);
                words.tell(
                    || format!("（另有 {beyond} 名适龄儿童步行范围内没有学校，未计）"),
                    || format!(" (beside {beyond} children with no school within the walk, who count for none)"),
                )
            });
            Some(words.tell(
                || format!("{name}现缺 {now} 个{beyond}，{years}"),
                || format!("{name} {now} now{beyond}, {years}"),
            ))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() {
            return None;
        }
        let (told, why) = (
            told.join(words.say("；", "; ")),
            self.why_schools_differ(draft),
        );
        Some(words.tell(
            || format!("学位逐校计（儿童归最近的学校，逐岁推移、不计迁移）：{told}。{why}"),
            || format!("School places short, school by school (each child at the nearest school; the children of now moved up, no migration): {told}. {why}"),
        ))
    }

    /// Why the shortfall of schools is not that of the areas they stand in.
    pub(super) fn why_schools_differ(&self, draft: &Draft<'_>) -> String {
        let level = &self.level_title;
        draft.words().tell(
            || format!("逐校缺口与各{level}缺口之和不同，两者不可相加：步行范围内没有学校的儿童不归任何学校，逐校缺口不含他们（使之偏小）；各校余缺逐校不抵补，而{level}内相互抵补（使之偏大）；儿童也可就近到邻近{level}入学。"),
            || format!("It differs from the shortfall by {}, and the two are not added: children with no school within the walk count for none, which makes it smaller; schools do not make up for one another, as those within one do, which makes it larger; and children may be nearest to a school across the boundary.", level.to_lowercase()),
        )
    }

    /// The areas that are short of a service, most first.
    pub(super) fn shortest(&self, service: &str) -> Vec<&GapRow> {
        let rows = self.gaps.answer.rows.iter();
        let is_short = |row: &&GapRow| row.service == service && row.shortfall > Some(0);
        let mut rows: Vec<&GapRow> = rows.filter(is_short).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.shortfall));
        rows
    }

    /// The one area that lacks more of a service than any other; `None` where several lack as much.
    pub(super) fn worst_area(&self, service: &str) -> Option<&GapRow> {
        let short = self.shortest(service);
        let is_alone = |worst: &&GapRow| {
            let mut as_short = short.iter().filter(|row| row.shortfall == worst.shortfall);
            as_short.nth(1).is_none()
        };
        short.first().copied().filter(is_alone)
    }

    /// A capacity with its unit: `1,038 个`.
    pub(super) fn amount(&self, draft: &Draft<'_>, row: &GapRow, count: Option<i64>) -> String {
        let unit = draft
            .words()
            .title(&draft.city.catalog().unit(&row.capacity_unit));
        let count = count.map_or_else(|| "—".to_owned(), |n| fixed(n as f64, 0));
        format!("{count} {unit}").trim_end().to_owned()
    }
}
