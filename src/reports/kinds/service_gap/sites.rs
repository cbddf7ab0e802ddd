use serde_json::json;

use super::{
    found::{Detail, Found},
    uncovered::blind,
};
use crate::{
    query::{self, Row, Siting},
    reports::{
        document::{LineKind, fixed, percent},
        figure::{Map, Mark, MarkSet},
        kinds::{Draft, why::why},
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
        draft.text.paragraph(words.tell(
            || format!("在有需求人口的 500 米格网中各取一点，共 {counts} 个候选点；现有{name}照旧服务，按“{reach}”逐一选取新增覆盖需求人口最多者。候选点不代表可供用地，须现场核对。"),
            || format!("One candidate in each cell of 500 m where people want it, {counts} in all; what stands already goes on serving. By “{reach}” those are chosen one by one that newly cover most of the people in need. A candidate is no plot: check it on the ground."),
        ));
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
    }

    fn sites_table(&self, draft: &mut Draft<'_>, detail: &Detail, siting: &Siting) -> String {
        let words = draft.words();
        let name = words.title(&detail.item.title);
        let keys = [
            "rank",
            "name",
            "lon",
            "lat",
            "within_reach",
            "newly_covered",
            "overlap_existing",
            "cumulative_covered",
            "cumulative_share",
        ];
        let title = words.tell(
            || format!("{}{name}推荐新址（按需求人口）", draft.place()),
            || format!("{name}: proposed sites (people in need), {}", draft.place()),
        );
        let whole = query::siting_table(draft.city, siting);
        let id = format!("sites.{}", detail.item.id);
        let mut table = draft.choose_table(&id, title, &keys, &whole);
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
        table.drop_empty(|key| why(key, words));
        draft.table(table)
    }

    fn sites_map(&self, draft: &mut Draft<'_>, detail: &Detail, siting: &Siting, table: &str) {
        let words = draft.words();
        let name = words.title(&detail.item.title);
        let (classes, legend_title) = self.covered_classes(draft);
        let sites = siting.answer.rows.iter().map(|site| Mark {
            place: (site.lon, site.lat),
            name: format!("+{}", fixed(site.newly_covered as f64, 0)),
            number: Some(site.rank),
        });
        let proposed = MarkSet {
            title: words
                .say(
                    "推荐新址（序号；新增覆盖人口）",
                    "proposed site (rank; people it adds)",
                )
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
            window: None,
        };
        let title = words.tell(
            || format!("{}{name}补缺选址", draft.place()),
            || format!("{name}: proposed sites, {}", draft.place()),
        );
        draft.map(title, &map, table);
    }
}
