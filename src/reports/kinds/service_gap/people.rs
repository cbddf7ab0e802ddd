use super::found::Found;
use crate::{
    domain::Title,
    query::{self, Row},
    reports::{
        document::{LineKind, fixed},
        kinds::{Draft, levels::MOST_ROWS, naming::named, why::why},
    },
};

impl Found<'_> {
    /// Who lives in the areas, by age, how densely, and how many more than before.
    pub fn people(&self, draft: &mut Draft<'_>) {
        let (words, level) = (draft.words(), &self.level_title);
        draft
            .text
            .heading(1, words.say("人口与密度", "Residents and density"));
        if self.areas.len() > MOST_ROWS {
            let count = self.areas.len();
            draft.text.paragraph(words.tell(
                || format!("共 {count} 个{level}，超过 {MOST_ROWS} 个，不逐一列出。"),
                || {
                    format!(
                        "There are {count} of them, more than {MOST_ROWS}: they are not listed."
                    )
                },
            ));
            return;
        }
        draft.cite(
            words.say("人口与密度", "Residents and density"),
            &self.people,
        );
        let keys = [
            "name",
            "area_km2",
            "residents",
            "age_0_14",
            "age_15_59",
            "age_60_plus",
            "age_65_plus",
            "density_per_km2",
            "residents_change_share",
        ];
        let title = words.tell(
            || format!("{}各{level}人口与密度", draft.place()),
            || {
                format!(
                    "Residents and density by {}, {}",
                    level.to_lowercase(),
                    draft.place()
                )
            },
        );
        let mut table = draft.new_table("people", title, &keys);
        if let Some(earlier) = self.people.query["earlier"].as_str() {
            let year = &earlier[..4];
            let change = table.columns.iter_mut();
            for column in change.filter(|column| column.key == "residents_change_share") {
                column.title = Title {
                    zh: format!("较{year}年增减"),
                    en: format!("Change since {year}"),
                };
            }
        }
        let to_row = |row: &query::AgeStructureRow| query::to_row(row).unwrap_or_default();
        let rows: Vec<Row> = self.people.rows.iter().map(to_row).collect();
        for row in &rows {
            table.push(LineKind::Body, &named(row, words));
        }
        let total = to_row(&self.people.totals);
        let parts: Vec<&Row> = rows.iter().collect();
        if let Some(rest) = query::rest_of_counts(&total, &parts) {
            let name = words.say("未落入上列单元", "In none of them");
            table.push_named(LineKind::Rest, name, &rest);
        }
        table.push_named(LineKind::Total, words.say("合计", "Total"), &total);
        table.drop_empty(|key| match key {
            key if key.starts_with("age_") => words
                .say(
                    "居住图层没有可合成该年龄段的年龄组",
                    "the age groups of the residences do not add up to it",
                )
                .to_owned(),
            "residents_change_share" => words
                .say("没有更早时点的人口", "no earlier state of the residents")
                .to_owned(),
            key => why(key, words),
        });
        let mapped = |row: &Row| row.get("area_km2").and_then(|value| value.as_f64());
        let apart = mapped(&total).map(|whole| whole - rows.iter().filter_map(mapped).sum::<f64>());
        if let Some(apart) = apart.filter(|apart| apart.abs() >= 0.005) {
            let apart = fixed(apart, 2);
            table.notes.push(words.tell(
                || format!("合计的图上面积按范围自身的边界量算，与各{level}之和相差 {apart} 平方公里：两级边界不完全重合。"),
                || format!("The mapped area of the total is that of its own outline, {apart} km² apart from the sum of the rows: the outlines of the two levels do not quite agree."),
            ));
        }
        draft.table(table);
    }
}
