use super::{
    found::{Detail, Found},
    unlisted::Unlisted,
};
use crate::{
    domain::{Catalog, TermFormat, Title, Value},
    query::to_row,
    reports::{
        document::{LineKind, Table},
        kinds::{Draft, naming::named},
    },
};

impl Found<'_> {
    /// A service covered twice: within the radius and along the streets; the table's number.
    pub(super) fn coverage(&self, draft: &mut Draft<'_>, detail: &Detail) -> String {
        let words = draft.words();
        let (name, level) = (words.title(&detail.item.title), &self.level_title);
        let reach = |is_straight| self.reach(draft, &detail.item, is_straight);
        let ways: Vec<String> = [true, false].into_iter().filter_map(reach).collect();
        let ways = words.list(&ways);
        let title = words.tell(
            || format!("{}各{level}{name}覆盖（{ways}）", draft.place()),
            || {
                format!(
                    "Coverage by {} ({ways}), {}",
                    name.to_lowercase(),
                    draft.place()
                )
            },
        );
        let keys = [
            "name",
            "total",
            "straight_covered",
            "straight_uncovered",
            "straight_share_covered",
            "straight_demand_uncovered",
            "network_covered",
            "network_uncovered",
            "network_share_covered",
            "network_demand_uncovered",
            "straight_reason",
            "network_reason",
        ];
        let id = format!("coverage.{}", detail.item.id);
        let mut table = self.flat.new_table(draft, &id, title, &keys);
        let service = detail.item.id.as_str();
        for row in self.flat.rows.get(service).into_iter().flatten() {
            table.push(LineKind::Body, row);
        }
        let totals = self.gaps.answer.totals.iter().zip(&self.flat.totals);
        let total = totals
            .into_iter()
            .find(|(total, _)| total.service == *service);
        if let Some((_, row)) = total {
            table.push_named(LineKind::Total, words.say("合计", "Total"), row);
        }
        let rows = self.gaps.answer.rows.iter();
        let rows = rows.filter(|row| row.service == *service);
        self.unlisted(rows, words).finish(&mut table, words);
        if self.is_of_land() {
            in_km2(&mut table, draft.city.catalog());
        }
        table.notes.push(self.denominator(draft));
        draft.table(table)
    }

    /// What coverage is a share of, in words.
    fn denominator(&self, draft: &Draft<'_>) -> String {
        let text = match self.is_of_land() {
            true => (
                "本市没有人口数据，覆盖率的分母为单元土地面积。",
                "No population is known: coverage is a share of the land of the areas.",
            ),
            false => (
                "覆盖率的分母为所选口径的人口，每人只计一次。",
                "Coverage is a share of the people of the chosen caliber, each counted once.",
            ),
        };
        draft.words().say(text.0, text.1).to_owned()
    }

    /// Who has all required services of a life circle (生活圈), where the norms have circles.
    pub fn life_circles(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        if self.gaps.circles.is_empty() {
            return;
        }
        draft
            .text
            .heading(1, words.say("生活圈达标", "Life circles"));
        for services in &self.gaps.circle_services {
            let rows = self.gaps.circles.iter();
            let rows: Vec<_> = rows.filter(|row| row.circle == services.circle).collect();
            let Some(first) = rows.first() else { continue };
            let (circle, level) = (words.title(&first.title), &self.level_title);
            draft.text.heading(2, &circle);
            let names = |ids: &[String]| {
                let name = |id: &String| {
                    let item = self.gaps.norms.set.item(id);
                    item.map_or_else(|| id.clone(), |item| words.title(&item.title))
                };
                let names: Vec<String> = ids.iter().map(name).collect();
                match names.is_empty() {
                    true => words.say("无", "none").to_owned(),
                    false => words.list(&names),
                }
            };
            let (tested, untested) = (names(&services.tested), names(&services.untested));
            draft.text.paragraph(words.tell(
                || format!("检验的设施：{tested}。未能检验（无数据或标准无半径）：{untested}。各级生活圈互不包含，逐级检验。"),
                || format!("Tested: {tested}. Not tested for want of data or of a radius: {untested}. Circles do not contain one another: each is tested by itself."),
            ));
            let title = words.tell(
                || {
                    format!(
                        "{}各{level}{circle}达标人口（全部所检设施可达）",
                        draft.place()
                    )
                },
                || {
                    format!(
                        "Residents with all tested services of the {}, {}",
                        circle.to_lowercase(),
                        draft.place()
                    )
                },
            );
            let keys = [
                "name",
                "residents",
                "straight_covered",
                "straight_share_covered",
                "network_covered",
                "network_share_covered",
                "reason",
            ];
            let id = format!("circle.{}", services.circle);
            let mut table = self.flat.new_table(draft, &id, title, &keys);
            for row in &rows {
                table.push(
                    LineKind::Body,
                    &named(&to_row(row).unwrap_or_default(), words),
                );
            }
            let why = Unlisted::of_circles(rows.iter().copied(), words);
            why.finish(&mut table, words);
            draft.table(table);
        }
    }
}

/// Land as square kilometres, which fit on paper; answers count it in square metres.
fn in_km2(table: &mut Table, catalog: &Catalog) {
    const OF_LAND: [&str; 5] = [
        "total",
        "straight_covered",
        "straight_uncovered",
        "network_covered",
        "network_uncovered",
    ];
    for at in 0..table.columns.len() {
        let column = &mut table.columns[at];
        if !OF_LAND.contains(&column.key.as_str()) {
            continue;
        }
        column.unit = catalog.unit("km2");
        column.format = TermFormat::Number;
        column.decimals = 2;
        if column.key == "total" {
            column.title = Title {
                zh: "土地面积".into(),
                en: "Land".into(),
            };
        }
        for line in &mut table.lines {
            let value = &mut line.values[at];
            if let Some(square_metres) = value.as_number() {
                *value = Value::Number(square_metres / 1e6);
            }
        }
    }
}
