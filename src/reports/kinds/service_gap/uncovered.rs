use geo::MultiPolygon;
use serde_json::json;

use super::found::{Detail, Found};
use crate::{
    domain::Value,
    query::{self, BlindSpots, Mode, QueryError, Row},
    reports::{
        document::{LineKind, percent},
        figure::{
            Classes, Map, MapArea, MapLines, Mark, MarkSet, Pyramid, PyramidBand, Surface,
            SurfaceKind,
        },
        kinds::{Draft, why::why},
    },
};

/// Blind spots that are listed.
const MOST_SPOTS: usize = 10;

impl Found<'_> {
    /// Service by service: coverage, where nobody is served, how old they are, what closes it.
    ///
    /// # Errors
    /// Nobody waits any longer.
    pub fn each_uncovered(&self, draft: &mut Draft<'_>) -> Result<(), QueryError> {
        let words = draft.words();
        draft.text.heading(
            1,
            words.say("覆盖盲区与补缺", "Who is left out and what closes it"),
        );
        if self.details.is_empty() {
            draft.text.paragraph(words.say(
                "所选设施都无法量算覆盖：或没有设施数据，或标准未给距离，原因见以上各表。",
                "No coverage can be measured: there are no facilities, or the norms give no distance; the tables above say which.",
            ).to_owned());
        } else if self.gaps.answer.totals.len() > self.details.len() {
            let count = self.details.len();
            draft.text.paragraph(words.tell(
                || format!("以下 {count} 类设施可量算覆盖，且未覆盖者最多；其余设施可单独出具报告。"),
                || format!("{count} services whose coverage can be measured, those that leave most out; a report of the others can be asked for by name."),
            ));
        }
        for detail in &self.details {
            draft.text.heading(2, &words.title(&detail.item.title));
            let told = [
                self.who_is_left_out(draft, detail),
                self.what_closes_it(draft, detail),
            ];
            for text in told.into_iter().flatten() {
                draft.text.paragraph(text);
            }
            let table = self.coverage(draft, detail);
            self.blind_map(draft, detail, &table);
            match &detail.spots {
                Ok(spots) => {
                    self.spots(draft, spots);
                    self.ages(draft, spots);
                }
                Err(why) => draft.text.paragraph(words.tell(
                    || format!("盲区与未覆盖人口的年龄从略：{why}。"),
                    || format!("No blind spots and ages: {why}."),
                )),
            }
            self.sites(draft, detail);
        }
        Ok(())
    }

    /// Areas of a map by coverage, measured as the blind spots are.
    pub(super) fn covered_areas(&self, draft: &Draft<'_>, detail: &Detail) -> Vec<MapArea> {
        let rows = self.gaps.answer.rows.iter();
        let rows: Vec<_> = rows
            .filter(|row| row.service == detail.total.service)
            .collect();
        let area = |area: &&crate::city::Area| {
            let row = rows.iter().find(|row| row.code == area.code.as_str());
            let share = row.and_then(|row| match self.mode {
                Mode::Straight => row.straight_share_covered,
                _ => row.network_share_covered,
            });
            draft.map_area(area, share, percent)
        };
        self.areas.iter().map(area).collect()
    }

    /// The facilities of a service inside the areas of the rows.
    pub(super) fn standing(&self, draft: &Draft<'_>, detail: &Detail) -> MarkSet {
        let words = draft.words();
        let period = draft.question.period.as_ref();
        let all = query::facility_places(draft.city, &detail.item, &self.level, period);
        let is_inside = |code: &Option<String>| {
            let code = code.as_deref();
            code.is_some_and(|code| self.areas.iter().any(|area| area.code.as_str() == code))
        };
        let marks = all.into_iter().filter(|place| is_inside(&place.code));
        let name = words.title(&detail.item.title);
        MarkSet {
            title: words.tell(|| format!("现有{name}"), || format!("{name} today")),
            marks: marks
                .map(|place| Mark {
                    place: (place.lon, place.lat),
                    name: String::new(),
                    number: None,
                })
                .collect(),
        }
    }

    pub(super) fn covered_classes(&self, draft: &Draft<'_>) -> (Classes, String) {
        let words = draft.words();
        let title = match self.mode {
            Mode::Straight => words.say("服务半径覆盖率", "Within the radius"),
            _ => words.say("步行路网覆盖率", "Reached on foot"),
        };
        let edges = [0.2, 0.4, 0.6, 0.8];
        let classes = Classes::rising(
            &edges,
            |share| format!("{:.0}%", share * 100.0),
            draft.language(),
        );
        (classes, title.to_owned())
    }

    fn blind_map(&self, draft: &mut Draft<'_>, detail: &Detail, table: &str) {
        let words = draft.words();
        let name = words.title(&detail.item.title);
        let (classes, legend_title) = self.covered_classes(draft);
        let inputs = match &detail.spots {
            Ok(spots) => &spots.answer.provenance.inputs,
            Err(_) => &self.gaps.answer.provenance.inputs,
        };
        let map = Map {
            language: draft.language(),
            areas: self.covered_areas(draft, detail),
            borders: Vec::new(),
            classes,
            legend_title,
            surface: detail.spots.as_ref().ok().map(|spots| blind(draft, spots)),
            marks: vec![self.standing(draft, detail)],
            imprint: draft.imprint(inputs),
            lines: MapLines::default(),
            window: None,
        };
        // Without people there are no blind spots to draw, only shares of the land.
        let (zh, en) = match map.surface {
            Some(_) => ("覆盖盲区", "blind spots"),
            None => ("覆盖率", "coverage"),
        };
        let title = words.tell(
            || format!("{}{name}{zh}", draft.place()),
            || format!("{name}: {en}, {}", draft.place()),
        );
        draft.map(title, &map, table);
    }

    /// The largest blind spots.
    fn spots(&self, draft: &mut Draft<'_>, found: &BlindSpots) {
        let words = draft.words();
        let name = words.title(&found.norm.title);
        if found.blind_spots.is_empty() {
            draft.text.paragraph(words.tell(
                || format!("{name}没有盲区：所有居住点都在距离以内。"),
                || format!("There are no blind spots: every home is within the distance ({name})."),
            ));
            return;
        }
        let whole = query::blind_spots_table(draft.city, found, draft.language());
        let keys = [
            "rank",
            "name",
            "uncovered",
            "demand_uncovered",
            "homes",
            "area_km2",
            "lon",
            "lat",
        ];
        let count = found.blind_spots.len();
        let title = words.tell(
            || {
                format!(
                    "{}{name}主要盲区（{} 米格网）",
                    draft.place(),
                    found.cell_m()
                )
            },
            || {
                format!(
                    "{name}: the largest blind spots (cells of {} m), {}",
                    found.cell_m(),
                    draft.place()
                )
            },
        );
        let id = format!("blind_spots.{}", found.norm.id);
        let mut table = draft.choose_table(&id, title, &keys, &whole);
        // Of blind spots people are counted, of nothing else.
        let people = draft.city.catalog().unit("person");
        for column in &mut table.columns {
            if column.key == "uncovered" {
                column.unit = people.clone();
            }
        }
        let cells = |values: &Vec<Value>| -> Row {
            let cells = whole.columns.iter().zip(values);
            let cells = cells.map(|(column, value)| (column.key.clone(), json!(value)));
            cells.collect()
        };
        for (values, spot) in whole.rows.iter().zip(&found.blind_spots).take(MOST_SPOTS) {
            let mut row = cells(values);
            let first = draft.area_name(&spot.code);
            let name = query::spot_name(
                &first,
                spot.areas.len(),
                &self.level_title,
                draft.language(),
            );
            row.insert("name".into(), json!(name));
            table.push(LineKind::Body, &row);
        }
        for values in &whole.totals {
            let name = words.tell(|| format!("全部 {count} 片"), || format!("All {count}"));
            let mut row = cells(values);
            row.remove("rank");
            table.push_named(LineKind::Total, &name, &row);
        }
        if count > MOST_SPOTS {
            table.notes.push(words.tell(
                || format!("列未覆盖人口最多的 {MOST_SPOTS} 片，末行为全部 {count} 片之和。"),
                || {
                    format!(
                        "The {MOST_SPOTS} with most people; the last row is the sum of all {count}."
                    )
                },
            ));
        }
        let demand = found.norm.demand.as_ref();
        let is_everybody = demand.is_some_and(|demand| demand.attributes.is_empty());
        table.drop_empty(|key| match key {
            "demand_uncovered" if is_everybody => words
                .say(
                    "全部人口均为需求人口，与“未覆盖”相同",
                    "everybody wants it: the same as those not covered",
                )
                .to_owned(),
            "demand_uncovered" => self.why_no_demand(Some(&found.norm), words),
            _ => why(key, words),
        });
        draft.table(table);
    }

    /// How old those are whom nobody serves: table and pyramid.
    fn ages(&self, draft: &mut Draft<'_>, found: &BlindSpots) {
        let (words, ages) = (draft.words(), &found.answer.totals.ages);
        let name = words.title(&found.norm.title);
        if !ages.iter().any(|age| age.uncovered.is_some()) {
            draft.text.paragraph(words.say(
                "未覆盖人口的年龄从略：居住图层没有年龄组。",
                "Nothing is known of the ages of those not covered: the residences have no age groups.",
            ).to_owned());
            return;
        }
        let title = words.tell(
            || format!("{}{name}未覆盖人口的年龄构成", draft.place()),
            || format!("{name}: the ages of those not covered, {}", draft.place()),
        );
        let id = format!("ages.{}", found.norm.id);
        let mut table = draft.new_table(&id, title.clone(), &["age_group", "total", "uncovered"]);
        for age in ages {
            let mut row = Row::new();
            row.insert("age_group".into(), json!(words.title(&age.title)));
            row.insert("total".into(), json!(age.total));
            row.insert("uncovered".into(), json!(age.uncovered));
            table.push(LineKind::Body, &row);
        }
        let mut whole = Row::new();
        whole.insert("total".into(), json!(found.answer.totals.total));
        whole.insert("uncovered".into(), json!(found.answer.totals.uncovered));
        let all = words.say("全部常住人口", "All residents");
        table.push_named(LineKind::Total, all, &whole);
        table.notes.push(words.say(
            "末行为所选口径人口；年龄组缺值的居住点不计入各组，各组之和可能小于末行。",
            "The last row is the population of the chosen caliber; homes without ages count there alone, so groups may add up to less.",
        ).to_owned());
        let number = draft.table(table);
        let band = |age: &query::AgeRow| PyramidBand {
            name: words.title(&age.title),
            left: age.total,
            right: age.uncovered,
        };
        let pyramid = Pyramid {
            left: words.say("全部人口", "all residents").to_owned(),
            right: words.say("未覆盖人口", "not covered").to_owned(),
            bands: ages.iter().map(band).collect(),
            axis: words.say("人", "persons").to_owned(),
        };
        draft.figure(title, pyramid.draw(), &number);
    }
}

/// The cells where nobody is served.
pub(super) fn blind(draft: &Draft<'_>, found: &BlindSpots) -> Surface {
    let spots = found.blind_spots.iter();
    let cells = spots.flat_map(|spot| spot.geometry.0.iter().cloned());
    Surface {
        shape: MultiPolygon(cells.collect()),
        title: draft.words().say("覆盖盲区", "not served").to_owned(),
        kind: SurfaceKind::Blind,
    }
}
