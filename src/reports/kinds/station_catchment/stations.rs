use serde_json::json;

use super::StationCatchment;
use crate::{
    query::{self, Answer, Mode, Row, StationAreaRow},
    reports::{
        document::{LineKind, Words},
        kinds::Draft,
    },
};

impl StationCatchment {
    pub(super) fn stations(&self, draft: &mut Draft<'_>, areas: &Answer<StationAreaRow>) {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("站点影响区", "Station areas"));
        if areas.rows.is_empty() {
            draft.text.paragraph(
                words
                    .say("范围内没有运营中的站点。", "No station in use lies inside.")
                    .to_owned(),
            );
            return;
        }
        let keys = [
            "station",
            "lines",
            "opened",
            "core_residents",
            "core_jobs",
            "influence_residents",
            "influence_jobs",
            "residents_per_km2",
            "jobs_per_km2",
            "jobs_per_employed_resident",
            "activity_per_km2",
            "station_type",
            "reason",
        ];
        let title = words.tell(
            || {
                format!(
                    "{}站点影响区人口岗位（核心区 500 米，影响区 800 米）",
                    draft.place()
                )
            },
            || {
                format!(
                    "People and jobs around stations (core 500 m, influence 800 m), {}",
                    draft.place()
                )
            },
        );
        let flat = query::flat_station_areas(draft.city, areas, draft.language());
        let mut table = draft.new_table("stations", title, &keys);
        table.is_wide = true;
        let mut rows: Vec<Row> = flat
            .rows
            .iter()
            .map(|row| station_named(row, words))
            .collect();
        let key = |row: &Row, key: &str| {
            row.get(key)
                .and_then(|v| v.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        rows.sort_by_key(|row| (key(row, "lines"), key(row, "station"), key(row, "id")));
        for row in &rows {
            table.push(LineKind::Body, row);
        }
        table.push_named(
            LineKind::Total,
            words.say("合并（去重）", "All, each once"),
            &flat.totals,
        );
        self.note_missing(&mut table, draft.city, words);
        table.reasons_below();
        table.notes.push(match self.mode == Mode::Walk {
            true => words.say(
                "影响区按步行路网计算；一人可在几站的影响区内，各站之和大于合并值，合并行每人只计一次。",
                "Measured along streets. A person may lie in the areas of several stations, so the rows add up to more than the last one, which counts everyone once.",
            ),
            false => words.say(
                "未载入路网，影响区为直线距离；各站之和大于合并值，合并行每人只计一次。",
                "No streets were imported: straight lines. The rows add up to more than the last one, which counts everyone once.",
            ),
        }.to_owned());
        draft.table(table);
    }
}

/// The station in the language of the report.
fn station_named(row: &Row, words: Words) -> Row {
    let mut row = row.clone();
    let text = |row: &Row, key: &str| row.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    let name = text(&row, "station")
        .or_else(|| text(&row, "id"))
        .unwrap_or_default();
    let name_en = text(&row, "name_en");
    row.insert(
        "station".into(),
        json!(words.name(&name, name_en.as_deref())),
    );
    row
}
