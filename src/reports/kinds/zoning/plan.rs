use super::Found;
use crate::{
    domain::Title,
    query::{self, flat_plan},
    reports::{
        document::LineKind,
        kinds::{Draft, naming::named, why::why},
    },
};

/// Figures of plans that are listed.
const MOST_LISTED: usize = 80;

impl Found {
    /// Targets of plans beside what is so.
    pub(super) fn plan(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("规划目标与现状", "Plan and actual"));
        // Of the whole city the figures of its parts are told, not of every area.
        let own = self.zoning.answer.rows.first().map(|row| &row.level);
        let is_told = |row: &query::PlanRow| draft.area.is_some() || Some(&row.level) != own;
        let rows = flat_plan(&self.plan, draft.language()).rows;
        let rows = rows.iter().zip(&self.plan.rows);
        let rows: Vec<_> = rows
            .filter(|(_, of)| is_told(of))
            .map(|(row, _)| row)
            .collect();
        if rows.is_empty() {
            draft.text.paragraph(
                words
                    .say(
                        "本范围没有规划指标：需导入 targets。",
                        "There are no plan figures for this area: import targets.",
                    )
                    .to_owned(),
            );
            return;
        }
        draft.cite(words.say("规划目标与现状", "Plan and actual"), &self.plan);
        let title = words.tell(
            || format!("{}规划目标与现状", draft.place()),
            || format!("Plan and actual, {}", draft.place()),
        );
        let keys = [
            "name",
            "indicator_title",
            "target_year",
            "figure_kind",
            "target",
            "actual",
            "actual_year",
            "completion_share",
            "target_difference",
            "status",
            "reason",
        ];
        let mut table = draft.new_table("plan", title, &keys);
        if let Some(unit) = self.unit_of_figures(draft) {
            let counts = table.columns.iter_mut();
            let is_count = |key: &str| ["target", "actual", "target_difference"].contains(&key);
            for column in counts.filter(|column| is_count(&column.key)) {
                column.unit = unit.clone();
            }
        }
        for row in rows.iter().take(MOST_LISTED) {
            table.push(LineKind::Body, &named(row, words));
        }
        let count = rows.len();
        if count > MOST_LISTED {
            table.notes.push(words.tell(
                || format!("共 {count} 项，大范围在前，列前 {MOST_LISTED} 项。"),
                || format!("The first {MOST_LISTED} of {count}, larger areas first."),
            ));
        }
        table.drop_empty(|key| why(key, words));
        table.reasons_below();
        let mut sources: Vec<String> = Vec::new();
        for row in self.plan.rows.iter().take(MOST_LISTED) {
            let source = words.title(&row.source_title());
            if !source.is_empty() && !sources.contains(&source) {
                sources.push(source);
            }
        }
        if !sources.is_empty() {
            let list = sources.join(words.say("；", "; "));
            table.notes.push(words.tell(
                || format!("规划指标来源：{list}。"),
                || format!("Sources of the plan figures: {list}."),
            ));
        }
        draft.table(table);
    }

    /// The unit that all figures of plans have.
    fn unit_of_figures(&self, draft: &Draft<'_>) -> Option<Title> {
        let catalog = draft.city.catalog();
        let unit = |row: &query::PlanRow| {
            let mut layers = catalog.layers().filter(|layer| !layer.is_area());
            let attribute = layers.find_map(|layer| layer.attribute(&row.indicator))?;
            Some(catalog.unit(&attribute.unit))
        };
        let mut units = self.plan.rows.iter().map(unit);
        let first = units.next()??;
        units
            .all(|unit| unit.as_ref() == Some(&first))
            .then_some(first)
    }
}
