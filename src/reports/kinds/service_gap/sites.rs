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
        let level = &self.level_title;
        match (aim_of(siting), capacity_of(siting)) {
            (Aim::Shortfall, capacity) => {
                let capacity = fixed(capacity.unwrap_or(0) as f64, 0);
                draft.text.paragraph(words.tell(
                    || format!("在有需求人口的 500 米格网中各取一点，共 {counts} 个候选点。按{level}缺口选取：新址的规模计入其所在{level}，至多补足该{level}的缺口，逐一取补足最多者；补足同样多时取按“{reach}”新增覆盖需求人口最多者；没有缺口的{level}不设新址。假设每处新建规模为 {capacity}（本范围现有{name}的平均规模）。候选点不代表可供用地，须现场核对。"),
                    || format!("One candidate in each cell of 500 m where people want it, {counts} in all. They are chosen by what each area lacks: a site's capacity counts in the area that it stands in, up to what is lacking there, and the largest is taken each time; of equals the one that within “{reach}” newly covers most of the people in need. Where nothing lacks no site is put. Assumption: each new facility has a capacity of {capacity}, the mean of those that stand here. A candidate is no plot: check it on the ground."),
                ));
            }
            (Aim::Served, capacity) => {
                let capacity = fixed(capacity.unwrap_or(0) as f64, 0);
                draft.text.paragraph(words.tell(
                    || format!("在有需求人口的 500 米格网中各取一点，共 {counts} 个候选点。各{level}均无缺口，故按未满足的需求选取：需求人口先使用“{reach}”内现有{name}的余量，再由新址接收，使能够就近获得服务的人最多。假设每处新建规模为 {capacity}（本范围现有{name}的平均规模）；现有设施对范围以外人口的服务未扣除。候选点不代表可供用地，须现场核对。"),
                    || format!("One candidate in each cell of 500 m where people want it, {counts} in all. No area falls short, so they are chosen by unmet demand: people first fill what stands within “{reach}”, then the new sites, so that as many as possible are served. Assumption: each new facility has a capacity of {capacity}, the mean of those that stand here; what these serve of people outside is not taken off. A candidate is no plot: check it on the ground."),
                ));
            }
            (Aim::Cover, _) => draft.text.paragraph(words.tell(
                || format!("在有需求人口的 500 米格网中各取一点，共 {counts} 个候选点；现有{name}照旧服务，按“{reach}”逐一选取新增覆盖需求人口最多者。候选点不代表可供用地，须现场核对。"),
                || format!("One candidate in each cell of 500 m where people want it, {counts} in all; what stands already goes on serving. By “{reach}” those are chosen one by one that newly cover most of the people in need. A candidate is no plot: check it on the ground."),
            )),
        }
        let table = self.sites_table(draft, detail, siting);
        self.proven(draft, siting);
        self.bridge(draft, detail, siting, &reach);
        self.sites_map(draft, detail, siting, &table);
        self.remaining(draft, detail, siting);
    }

    /// How good the choice is.
    fn proven(&self, draft: &mut Draft<'_>, siting: &Siting) {
        let words = draft.words();
        let proof = siting.proof;
        let gap = proof.gap.map_or_else(|| "—".to_owned(), percent);
        let (zh, en) = match aim_of(siting) {
            Aim::Shortfall => ("补足更多", "makes up for more"),
            Aim::Served => ("使更多人获得服务", "serves more people"),
            Aim::Cover => ("新增覆盖更多", "covers more"),
        };
        draft.text.paragraph(match proof.is_proven {
            true => words.tell(
                || format!("以上组合已证明最优：不多于此数目的其他候选点组合不会{zh}。"),
                || format!("This choice is proven to be the best: no other choice of as many candidates {en}."),
            ),
            false => words.tell(
                || format!("以上组合未证明最优，与理论上限的差距为 {gap}。"),
                || format!("This choice is not proven to be the best; the gap to the upper bound is {gap}."),
            ),
        });
    }

    /// What is lacking by area beside what is lacking nearby, which are two things, and how many
    /// sites would close the former.
    fn bridge(&self, draft: &mut Draft<'_>, detail: &Detail, siting: &Siting, reach: &str) {
        let words = draft.words();
        let totals = &siting.answer.totals;
        let (Some(short), Some(after)) = (totals.shortfall, totals.shortfall_after) else {
            return;
        };
        let (level, name) = (&self.level_title, words.title(&detail.item.title));
        let number = |count: i64| fixed(count as f64, 0);
        let unit = totals.capacity_unit.as_deref().unwrap_or_default();
        let unit = words.title(&draft.city.catalog().unit(unit));
        let (short, left) = (number(short), number(after));
        if let (Some(sites), true) = (totals.sites_to_close, totals.shortfall != Some(0)) {
            let beyond = totals.shortfall_beyond.filter(|beyond| *beyond > 0);
            let beyond = beyond.map_or_else(String::new, |beyond| {
                let beyond = number(beyond);
                words.tell(
                    || format!("（另有 {beyond} {unit}所在{level}没有足够的候选点，未计）"),
                    || format!(" ({beyond} more {unit} lack where there are too few candidates)"),
                )
            });
            draft.text.paragraph(words.tell(
                || format!("新建后各{level}仍缺 {left} {unit}；按每处同样规模，补足全部缺口共需 {sites} 处{beyond}。"),
                || format!("With the sites {left} {unit} are lacking still; {sites} sites of that size would close the whole shortfall{beyond}."),
            ));
        }
        let Some((served, served_after)) = totals.served_before.zip(totals.served_after) else {
            return;
        };
        let unmet = [served, served_after].map(|served| number(totals.demand - served));
        let [unmet, unmet_after] = unmet;
        draft.text.paragraph(words.tell(
            || format!("两种口径，不能相加：按{level}计（{name}计入所在{level}），现缺 {short} {unit}，新建后 {left}，说明规模够不够；按就近计（“{reach}”内、可跨{level}），现有 {unmet} 名需求人口在可达的{name}中轮不到，新建后 {unmet_after} 名，说明走不走得到。"),
            || format!("Two ways to count that do not add up: area by area, where a facility counts where it stands, {short} {unit} are lacking now and {left} with the sites, which tells whether there is enough; nearby, within “{reach}” and across borders, {unmet} people in need find nothing left within reach now and {unmet_after} with the sites, which tells whether they can get there."),
        ));
    }

    /// What each area lacks before and after, where a service lacks any.
    fn remaining(&self, draft: &mut Draft<'_>, detail: &Detail, siting: &Siting) {
        let words = draft.words();
        let areas = siting.remaining.as_deref().unwrap_or_default();
        if areas.is_empty() {
            return;
        }
        let name = words.title(&detail.item.title);
        let unit = siting.answer.totals.capacity_unit.as_deref();
        let unit = words.title(&draft.city.catalog().unit(unit.unwrap_or_default()));
        let title = words.tell(
            || format!("{}新建前后{name}缺口（{unit}）", draft.place()),
            || {
                format!(
                    "{name}: shortfall before and after ({unit}), {}",
                    draft.place()
                )
            },
        );
        let keys = ["name", "shortfall", "added_capacity", "shortfall_after"];
        let id = format!("remaining.{}", detail.item.id);
        let mut table = draft.new_table(&id, title, &keys);
        for area in areas {
            let row = query::to_row(area).unwrap_or_default();
            table.push(LineKind::Body, &named(&row, words));
        }
        let total = query::to_row(&siting.answer.totals).unwrap_or_default();
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
        let keys: &[&str] = match aim_of(siting) {
            Aim::Cover => &[
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
            Aim::Served => &[
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
            Aim::Shortfall => &[
                "rank",
                "name",
                "lon",
                "lat",
                "added_capacity",
                "shortfall_closed",
                "shortfall_after",
                "newly_covered",
                "cumulative_share",
            ],
        };
        let title = words.tell(
            || match aim_of(siting) {
                Aim::Shortfall => format!(
                    "{}{name}推荐新址（按{}缺口）",
                    draft.place(),
                    self.level_title
                ),
                _ => format!("{}{name}推荐新址（按需求人口）", draft.place()),
            },
            || match aim_of(siting) {
                Aim::Shortfall => format!(
                    "{name}: proposed sites (what each {} lacks), {}",
                    self.level_title.to_lowercase(),
                    draft.place()
                ),
                _ => format!("{name}: proposed sites (people in need), {}", draft.place()),
            },
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
        total.insert("added_capacity".into(), json!(totals.added_capacity));
        total.insert("shortfall_closed".into(), json!(totals.shortfall_closed));
        total.insert("shortfall_after".into(), json!(totals.shortfall_after));
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
        // Where areas lack, that is told below.
        if let (Aim::Served, Some(served), Some(after), Some(new)) = (
            aim_of(siting),
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
        let aim = aim_of(siting);
        let gain = |site: &query::SitingRow| match aim {
            Aim::Cover => Some(site.newly_covered),
            Aim::Served => site.site_served,
            Aim::Shortfall => site.shortfall_closed,
        };
        let sites = siting.answer.rows.iter().map(|site| Mark {
            place: (site.lon, site.lat),
            name: format!("+{}", fixed(gain(site).unwrap_or(0) as f64, 0)),
            number: Some(site.rank),
        });
        let proposed = MarkSet {
            title: match aim {
                Aim::Cover => words.say(
                    "推荐新址（序号；新增覆盖人口）",
                    "proposed site (rank; people it adds)",
                ),
                Aim::Served => words.say(
                    "推荐新址（序号；服务人数）",
                    "proposed site (rank; people it serves)",
                ),
                Aim::Shortfall => words.say(
                    "推荐新址（序号；补足缺口）",
                    "proposed site (rank; shortfall it makes up for)",
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

/// What the sites of a report are chosen for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    Cover,
    /// Most people served within capacities.
    Served,
    Shortfall,
}

fn aim_of(siting: &Siting) -> Aim {
    let asked = &siting.answer.query;
    match (asked["objective"].as_str(), asked["capacity"].is_null()) {
        (Some("shortfall"), _) => Aim::Shortfall,
        (_, false) => Aim::Served,
        (_, true) => Aim::Cover,
    }
}

/// What a new site adds, where places are counted.
fn capacity_of(siting: &Siting) -> Option<i64> {
    siting.answer.query["shortfall"]["capacity"].as_i64()
}
