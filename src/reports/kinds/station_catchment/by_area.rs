use geo::MultiPolygon;

use super::{INFLUENCE_M, StationCatchment};
use crate::{
    query::{self, Answer, Mode, Row, StationAreaRow, StationCoverageRow, areas_within, to_row},
    reports::{
        document::{LineKind, percent},
        figure::{Classes, Map, MapArea, MapLines, Mark, MarkSet, Surface, SurfaceKind},
        kinds::{Draft, naming::named},
    },
};

impl StationCatchment {
    pub(super) fn by_area(
        &self,
        draft: &mut Draft<'_>,
        own: &[StationCoverageRow],
        areas: &Answer<StationAreaRow>,
    ) {
        let words = draft.words();
        let period = self.question.period.clone();
        let code = draft.area.map(|area| area.code.clone());
        let parts = self.levels.iter().filter_map(|(id, title, coverage)| {
            let inside =
                areas_within(draft.city, id.as_str(), code.as_ref(), period.as_ref()).ok()?;
            (!inside.is_empty()).then_some((id, title, coverage, inside))
        });
        // The largest areas inside: what a reader looks for first.
        let Some((id, level, coverage, inside)) = parts.into_iter().next() else {
            return;
        };
        let level = words.title(level);
        draft.text.heading(
            1,
            &words.tell(
                || format!("各{level}覆盖"),
                || format!("Coverage by {}", level.to_lowercase()),
            ),
        );
        let keys = [
            "name",
            "residents",
            "straight_share_residents",
            "walk_residents",
            "walk_share_residents",
            "jobs",
            "straight_share_jobs",
            "walk_jobs",
            "walk_share_jobs",
            "reason",
        ];
        let title = words.tell(
            || format!("{}各{level} 800 米站点覆盖", draft.place()),
            || {
                format!(
                    "Within 800 m of a station by {}, {}",
                    level.to_lowercase(),
                    draft.place()
                )
            },
        );
        let mut table = draft.new_table(&format!("coverage.{id}"), title, &keys);
        let at_edge = |row: &&StationCoverageRow| row.cutoff == INFLUENCE_M;
        let row_of = |code: &str| {
            coverage
                .rows
                .iter()
                .filter(at_edge)
                .find(|row| row.code == code)
        };
        for area in &inside {
            if let Some(row) = row_of(area.code.as_str()) {
                table.push(
                    LineKind::Body,
                    &named(&to_row(row).unwrap_or_default(), words),
                );
            }
        }
        if let Some(total) = own.iter().find(at_edge) {
            let total = to_row(total).unwrap_or_default();
            let rows: Vec<Row> = inside
                .iter()
                .filter_map(|area| to_row(row_of(area.code.as_str())?))
                .collect();
            if let Some(mut rest) = query::rest_of_counts(&total, &rows.iter().collect::<Vec<_>>())
            {
                rest.remove("cutoff");
                if rest.values().any(|left| left.as_i64() != Some(0)) {
                    table.push_named(
                        LineKind::Rest,
                        words.say("未落入上列单元", "In none of them"),
                        &rest,
                    );
                }
            }
            table.push_named(LineKind::Total, words.say("合计", "Total"), &total);
        }
        self.note_missing(&mut table, draft.city, words);
        table.reasons_below();
        let number = draft.table(table);
        let share =
            |row: &StationCoverageRow| row.walk_share_residents.or(row.straight_share_residents);
        let shown: Vec<MapArea> = inside
            .iter()
            .map(|area| {
                let value = row_of(area.code.as_str()).and_then(share);
                draft.map_area(area, value, percent)
            })
            .collect();
        let is_on_foot = self.mode == Mode::Walk;
        let marks: Vec<Mark> = areas
            .rows
            .iter()
            .filter_map(|row| {
                Some(Mark {
                    place: query::place_of(draft.city, "stations", &row.id, period.as_ref())?,
                    name: words.name(
                        row.name.as_deref().unwrap_or(&row.id),
                        row.name_en.as_deref(),
                    ),
                    number: None,
                })
            })
            .collect();
        let surface = areas.totals.shape.as_ref().and_then(to_shape);
        let words_of_surface = match is_on_foot {
            true => words.say("步行 800 米影响区", "800 m along streets"),
            false => words.say("直线 800 米影响区", "800 m in a straight line"),
        };
        let map = Map {
            language: draft.language(),
            areas: shown,
            borders: Vec::new(),
            classes: Classes::rising(
                &[0.2, 0.4, 0.6, 0.8],
                |share| format!("{:.0}%", share * 100.0),
                draft.language(),
            ),
            legend_title: words
                .say("800 米人口覆盖率", "Residents within 800 m")
                .to_owned(),
            surface: surface.map(|shape| Surface {
                shape,
                title: words_of_surface.to_owned(),
                kind: SurfaceKind::Reached,
            }),
            marks: vec![MarkSet {
                title: words.say("运营站点", "station in use").to_owned(),
                marks,
            }],
            imprint: draft.imprint(&areas.provenance.inputs),
            lines: MapLines::default(),
            window: None,
        };
        let title = words.tell(
            || format!("{}轨道站点影响区与人口覆盖率", draft.place()),
            || {
                format!(
                    "Station areas and share of residents covered, {}",
                    draft.place()
                )
            },
        );
        draft.map(title, &map, &number);
    }
}

fn to_shape(geometry: &geojson::Geometry) -> Option<MultiPolygon<f64>> {
    match geo::Geometry::<f64>::try_from(geometry.clone()).ok()? {
        geo::Geometry::MultiPolygon(shape) => Some(shape),
        geo::Geometry::Polygon(shape) => Some(MultiPolygon(vec![shape])),
        _ => None,
    }
}
