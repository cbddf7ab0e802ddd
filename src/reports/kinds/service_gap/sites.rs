use serde_json::json;

use super::{
    found::{Detail, Found},
    uncovered::blind,
};
use crate::{
    query::{self, Row, Siting},
    reports::{
        document::{LineKind, fixed, percent},
        figure::{Map, MapLines, Mark, MarkSet},
        kinds::{Draft, naming::named, why::why},
    },
};

impl Found<'_> {
    /// What closes the gap of a service: ranked sites with whom they add.
    pub(super) fn sites(&self, draft: &mut Draft<'_>, detail: &Detail) {
        let words = draft.words();
        let name = words.title(&detail.item.title);
        let siting = match &detail.siting {
            None => return,
            Some(Err(why)) => {
                draft.text.paragraph(words.tell(
                    || format!("补缺选址从略：{why}。"),
                    || format!("No sites are proposed: {why}."),
                ));
                return;
            }
            Some(Ok(siting)) => siting,
        };
        draft
            .text
            .heading(3, words.say("补缺选址", "What closes the gap"));
        let counts = siting.candidates.candidates;
        let reach = self.reach(draft, &detail.item, self.mode == query::Mode::Straight);
        let reach = reach.unwrap_or_default();
        match capacity_of(siting) {
            None => draft.text.paragraph(words.tell(
                || format!("在有需求人口的 500 米格网中各取一点，共 {counts} 个候选点；现有{name}照旧服务，按“{reach}”逐一选取新增覆盖需求人口最多者。候选点不代表可供用地，须现场核对。"),
                || format!("One candidate in each cell of 500 m where people want it, {counts} in all; what stands already goes on serving. By “{reach}” those are chosen one by one that newly cover most of the people in need. A candidate is no plot: check it on the ground."),
            )),
            Some(capacity) => draft.text.paragraph(words.tell(
                || format!("在有需求人口的 500 米格网中各取一点，共 {counts} 个候选点。按未满足的需求选取：需求人口先使用“{reach}”内现有{name}的余量，再由新址接收，使能够就近获得服务的人最多。假设每处新建规模为 {capacity}（本范围现有{name}的平均规模）；现有设施对范围以外人口的服务未扣除。候选点不代表可供用地，须现场核对。"),
                || format!("One candidate in each cell of 500 m where people want it, {counts} in all. They are chosen by unmet demand: people first fill what stands within “{reach}”, then the new sites, so that as many as possible are served. Assumption: each new facility has a capacity of {capacity}, the mean of those that stand here; what these serve of people outside is not taken off. A candidate is no plot: check it on the ground."),
            )),
        }
        let table = self.sites_table(draft, detail, siting);
        let proof = siting.proof;
        let gap = proof.gap.map_or_else(|| "—".to_owned(), percent);
        draft.text.paragraph(match proof.is_proven {
            true => words.say(
                "以上组合已证明最优：相同数目的其他候选点组合不会新增覆盖更多。",
                "This choice is proven to be the best: no other choice of as many candidates covers more.",
            ).to_owned(),
            false => words.tell(
                || format!("以上组合未证明最优，与理论上限的差距为 {gap}。"),
                || format!("This choice is not proven to be the best; the gap to the upper bound is {gap}."),
            ),
        });
        self.sites_map(draft, detail, siting, &table);
        self.remaining(draft, detail, siting);
    }

    /// What each area lacks before and after, where sites have a capacity.
    fn remaining(&self, draft: &mut Draft<'_>, detail: &Detail, siting: &Siting) {
        let words = draft.words();
        let rows = self.gaps.answer.rows.iter();
        let rows: Vec<&query::GapRow> = rows
            .filter(|row| row.service == detail.total.service)
            .collect();
        let Some((areas, sum)) = query::remaining_gaps(&rows, siting) else {
            return;
        };
        let name = words.title(&detail.item.title);
        let title = words.tell(
            || format!("{}新建前后{name}缺口", draft.place()),
            || format!("{name}: shortfall before and after, {}", draft.place()),
        );
        let keys = ["name", "shortfall", "added_capacity", "shortfall_after"];
        let id = format!("remaining.{}", detail.item.id);
        let mut table = draft.new_table(&id, title, &keys);
        for area in &areas {
            let row = query::to_row(area).unwrap_or_default();
            table.push(LineKind::Body, &named(&row, words));
        }
        let total = query::to_row(&sum).unwrap_or_default();
        table.push_named(LineKind::Total, words.say("合计", "Total"), &total);
        table.notes.push(words.say(
            "只列有缺口或有新址的单元；新址计入其所在单元，跨界就学未计。",
            "Only areas that lack any or get a site; a site counts where it stands, whoever crosses the border to it.",
        ).to_owned());
        draft.table(table);
    }

    fn sites_table(&self, draft: &mut Draft<'_>, detail: &Detail, siting: &Siting) -> String {
        let words = draft.words();
        let name = words.title(&detail.item.title);
        let keys: &[&str] = match capacity_of(siting) {
            None => &[
                "rank",
                "name",
                "lon",
                "lat",
                "within_reach",
                "newly_covered",
                "overlap_existing",
                "cumulative_covered",
                "cumulative_share",
            ],
            Some(_) => &[
                "rank",
                "name",
                "lon",
                "lat",
                "within_reach",
                "site_capacity",
                "site_served",
                "newly_covered",
                "cumulative_share",
            ],
        };
        let title = words.tell(
            || format!("{}{name}推荐新址（按需求人口）", draft.place()),
            || format!("{name}: proposed sites (people in need), {}", draft.place()),
        );
        let whole = query::siting_table(draft.city, siting);
        let id = format!("sites.{}", detail.item.id);
        let mut table = draft.choose_table(&id, title, keys, &whole);
        for site in &siting.answer.rows {
            let mut row = query::to_row(site).unwrap_or_default();
            let area = site.code.as_deref().map(|code| draft.area_name(code));
            row.insert("name".into(), json!(area));
            table.push(LineKind::Body, &row);
        }
        let totals = &siting.answer.totals;
        let mut total = Row::new();
        total.insert("newly_covered".into(), json!(totals.newly_covered));
        total.insert("cumulative_covered".into(), json!(totals.covered_after));
        total.insert("cumulative_share".into(), json!(totals.share_after));
        total.insert("site_capacity".into(), json!(totals.added_capacity));
        table.push_named(LineKind::Total, words.say("合计", "Total"), &total);
        let (demand, before) = (
            fixed(totals.demand as f64, 0),
            fixed(totals.covered_before as f64, 0),
        );
        let share = totals.share_before.map_or_else(|| "—".to_owned(), percent);
        table.notes.push(words.tell(
            || format!("需求人口 {demand} 人，现状覆盖 {before} 人（{share}）；累计列含现有设施。"),
            || format!("{demand} people in need, {before} of them ({share}) covered now; cumulative columns include what stands already."),
        ));
        if let (Some(served), Some(after), Some(new)) = (
            totals.served_before,
            totals.served_after,
            totals.newly_served,
        ) {
            let [served, after, new] = [served, after, new].map(|people| fixed(people as f64, 0));
            table.notes.push(words.tell(
                || format!("按规模分配，现状能就近服务 {served} 人，新建后 {after} 人，新增 {new} 人；新址也接收原由他处服务的人，各址服务人数之和可大于新增数。"),
                || format!("By capacity {served} people are served nearby now and {after} with the new sites, {new} more; new sites also take over from others, so that what they serve may add up to more."),
            ));
        }
        table.drop_empty(|key| why(key, words));
        draft.table(table)
    }

    fn sites_map(&self, draft: &mut Draft<'_>, detail: &Detail, siting: &Siting, table: &str) {
        let words = draft.words();
        let name = words.title(&detail.item.title);
        let (classes, legend_title) = self.covered_classes(draft);
        let sites = siting.answer.rows.iter().map(|site| Mark {
            place: (site.lon, site.lat),
            name: format!(
                "+{}",
                fixed(site.site_served.unwrap_or(site.newly_covered) as f64, 0)
            ),
            number: Some(site.rank),
        });
        let proposed = MarkSet {
            title: match capacity_of(siting) {
                None => words.say(
                    "推荐新址（序号；新增覆盖人口）",
                    "proposed site (rank; people it adds)",
                ),
                Some(_) => words.say(
                    "推荐新址（序号；服务人数）",
                    "proposed site (rank; people it serves)",
                ),
            }
            .to_owned(),
            marks: sites.collect(),
        };
        let map = Map {
            language: draft.language(),
            areas: self.covered_areas(draft, detail),
            borders: Vec::new(),
            classes,
            legend_title,
            surface: detail.spots.as_ref().ok().map(|spots| blind(draft, spots)),
            marks: vec![self.standing(draft, detail), proposed],
            imprint: draft.imprint(&siting.answer.provenance.inputs),
            lines: MapLines::default(),
            window: None,
        };
        let title = words.tell(
            || format!("{}{name}补缺选址", draft.place()),
            || format!("{name}: proposed sites, {}", draft.place()),
        );
        draft.map(title, &map, table);
    }
}

/// How many people a new site serves at most, where sites are limited.
fn capacity_of(siting: &Siting) -> Option<i64> {
    siting.answer.query["capacity"].as_i64()
}
