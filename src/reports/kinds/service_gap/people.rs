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
            "density_area_km2",
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
        table.notes.extend(self.areas_meant(draft, &rows, &total));
        draft.table(table);
    }

    /// Which areas are published and which are of the outline, where that is not said by the total.
    fn areas_meant(&self, draft: &Draft<'_>, rows: &[Row], total: &Row) -> Option<String> {
        let (words, level) = (draft.words(), &self.level_title);
        let number = |row: &Row| {
            row.get("density_area_km2")
                .and_then(serde_json::Value::as_f64)
        };
        let whole = number(total)?;
        let official = self.people.rows.iter().filter(|row| row.is_official_area);
        let of_rows = match official.count() {
            0 => words.say("图上面积", "the mapped one"),
            all if all == rows.len() => words.say("官方面积", "the official one"),
            _ => words.say(
                "官方面积，没有的用图上面积",
                "the official one, the mapped one where none is published",
            ),
        };
        let of_total = match self.people.totals.is_official_area {
            true => words.say("官方面积", "the official one"),
            false => words.say("图上面积", "the mapped one"),
        };
        let apart = whole - rows.iter().filter_map(number).sum::<f64>();
        if apart.abs() < 0.005 {
            return Some(words.tell(
                || format!("面积：各{level}用{of_rows}。"),
                || format!("Area: {of_rows} for every {}.", level.to_lowercase()),
            ));
        }
        let apart = fixed(apart, 2);
        Some(words.tell(
            || format!("面积：各{level}用{of_rows}，合计用{of_total}，两者之差 {apart} 平方公里。"),
            || {
                let level = level.to_lowercase();
                format!("Area: {of_rows} for every {level}, {of_total} for the total, {apart} km² apart from the sum of the rows.")
            },
        ))
    }
}
