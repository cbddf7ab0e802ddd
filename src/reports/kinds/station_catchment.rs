use geo::MultiPolygon;
use serde_json::json;

use super::{Draft, job_housing::named, why::why};
use crate::{
    city::City,
    domain::{AreaCode, LevelId, Title},
    query::{
        self, Answer, Limits, Mode, Numbers, QueryError, Row, StationAreaRow, StationAreasQuery,
        StationCoverageQuery, StationCoverageRow, StationOverlap, areas_within, outline, to_row,
    },
    reports::{
        Question,
        document::{LineKind, Table, Words, jobs, people, percent},
        figure::{Classes, Group, GroupedBars, Map, MapArea, Mark},
    },
};

/// Who lives and works around stations (站点影响区人口岗位): by network, circle beside street, and
/// station by station.
pub struct StationCatchment {
    /// By level, larger areas first.
    levels: Vec<(LevelId, Title, Coverage)>,
    city: Option<Coverage>,
    mode: Mode,
    question: Question,
    /// Why there is nothing to say about stations.
    missing: Option<Title>,
}

type Coverage = Answer<StationCoverageRow, Vec<StationCoverageRow>>;

/// Metres of the bands (domain practice: 300–500 core, 500–800 influence).
const INFLUENCE_M: f64 = 800.0;

impl StationCatchment {
    /// # Errors
    /// What the questions refuse.
    pub fn gather(city: &City, question: &Question, limits: &Limits) -> Result<Self, QueryError> {
        let mode = match city.streets("walk") {
            Some(_) => Mode::Walk,
            None => Mode::Straight,
        };
        let period = question.period.as_ref();
        let mut gathered = StationCatchment {
            levels: Vec::new(),
            city: None,
            mode,
            question: question.clone(),
            missing: None,
        };
        if city.layer("stations", period).is_none() {
            gathered.missing = Some(Title {
                zh: "没有站点数据：需导入站点图层 stations".into(),
                en: "no stations: import the layer stations".into(),
            });
            return Ok(gathered);
        }
        let filled: Vec<_> = city
            .catalog()
            .area_layers()
            .into_iter()
            .filter_map(|layer| Some((layer.area_level.clone()?, layer.title.clone())))
            .filter(|(level, _)| {
                let areas = city.areas().at(level.as_str(), period).len();
                areas > 0 && areas <= MOST_ROWS
            })
            .collect();
        let ask = |level: &str| {
            let coverage = StationCoverageQuery {
                level: level.to_owned(),
                cutoffs: Numbers(vec![300.0, 500.0, 600.0, INFLUENCE_M]),
                layer: "stations".parse().expect("a name of a layer"),
                line: None,
                period: question.period.clone(),
                caliber: question.caliber.clone(),
            };
            query::station_coverage(city, &coverage, &limits.part())
        };
        limits.step("计算线网站点覆盖率", "coverage by stations");
        for (number, (id, title)) in filled.iter().enumerate() {
            limits.check()?;
            limits.progress(number as u64, 2 * filled.len() as u64 + 1);
            gathered
                .levels
                .push((id.clone(), title.clone(), ask(id.as_str())?));
        }
        gathered.city = match gathered.levels.first() {
            Some((_, _, coverage)) => Some(coverage.clone()),
            None => Some(ask("city")?),
        };
        Ok(gathered)
    }

    fn station_areas(
        &self,
        draft: &Draft<'_>,
        mode: Mode,
        limits: &Limits,
    ) -> Result<Answer<StationAreaRow>, QueryError> {
        let asked = json!({
            "mode": mode,
            "level": self.levels.first().map_or("district", |(id, _, _)| id.as_str()),
            "core": 500.0,
            "influence": INFLUENCE_M,
            "area": draft.area.map(|area| area.code.to_string()),
            "period": self.question.period,
            "caliber": self.question.caliber,
        });
        let asked: StationAreasQuery =
            serde_json::from_value(asked).map_err(|e| QueryError::Field {
                field: "area",
                problem: e.to_string(),
            })?;
        query::station_areas(draft.city, &asked, &limits.part())
    }

    /// # Errors
    /// Where nobody waits any longer.
    pub fn write<'c>(
        &self,
        mut draft: Draft<'c>,
        limits: &Limits,
    ) -> Result<Draft<'c>, QueryError> {
        let words = draft.words();
        if let Some(missing) = &self.missing {
            let text = words.tell(
                || format!("{}无法评价轨道站点覆盖：{}。", draft.subject(), missing.zh),
                || {
                    format!(
                        "{}: coverage by stations cannot be told: {}.",
                        draft.subject(),
                        missing.en
                    )
                },
            );
            draft.text.finding(text.clone());
            draft
                .text
                .heading(1, words.say("站点覆盖", "Coverage by stations"));
            draft.text.paragraph(text);
            return Ok(draft);
        }
        limits.step("计算各站点影响区", "station by station");
        let areas = self.station_areas(&draft, self.mode.clone(), limits)?;
        let code = draft.area.map(|area| area.code.clone());
        let own = self.own(code.as_ref());
        self.findings(&mut draft, &own, &areas);
        if let Some(coverage) = &self.city {
            draft.cite(
                words.say("站点人口岗位覆盖率", "Coverage by stations"),
                coverage,
            );
        }
        draft.cite(words.say("站点影响区", "Station areas"), &areas);
        self.coverage(&mut draft, &own);
        self.by_area(&mut draft, &own, &areas);
        self.stations(&mut draft, &areas);
        Ok(draft)
    }

    /// The rows of the area itself, or of the city, one for each cutoff.
    fn own(&self, code: Option<&AreaCode>) -> Vec<StationCoverageRow> {
        match code {
            None => self
                .city
                .iter()
                .flat_map(|coverage| coverage.totals.clone())
                .collect(),
            Some(code) => {
                let rows = self
                    .levels
                    .iter()
                    .flat_map(|(_, _, coverage)| &coverage.rows);
                rows.filter(|row| row.code == code.as_str())
                    .cloned()
                    .collect()
            }
        }
    }

    fn findings(
        &self,
        draft: &mut Draft<'_>,
        own: &[StationCoverageRow],
        areas: &Answer<StationAreaRow>,
    ) {
        let (words, subject, language) = (draft.words(), draft.subject(), draft.language());
        let stations = areas.rows.len();
        if stations == 0 {
            draft.text.finding(words.tell(
                || format!("{subject}范围内没有运营中的轨道站点；覆盖来自范围外的站点。"),
                || format!("{subject}: no station in use lies inside; whoever is covered is so by stations outside."),
            ));
        }
        if let Some(row) = own.iter().find(|row| row.cutoff == INFLUENCE_M) {
            let say = |circle: Option<f64>,
                       street: Option<f64>,
                       zh: &str,
                       en: &str|
             -> Option<String> {
                let circle = circle?;
                Some(match street {
                    Some(street) => words.tell(
                        || format!("{zh}按 800 米圆形缓冲覆盖 {}，按步行路网只有 {}", percent(circle), percent(street)),
                        || format!("{} of the {en} are within 800 m in a straight line, {} along streets", percent(circle), percent(street)),
                    ),
                    None => words.tell(
                        || format!("{zh}按 800 米圆形缓冲覆盖 {}（未载入路网，无步行值）", percent(circle)),
                        || format!("{} of the {en} are within 800 m in a straight line (no streets, so nothing on foot)", percent(circle)),
                    ),
                })
            };
            let parts: Vec<String> = [
                say(
                    row.straight_share_residents,
                    row.walk_share_residents,
                    "常住人口",
                    "residents",
                ),
                say(
                    row.straight_share_jobs,
                    row.walk_share_jobs,
                    "就业岗位",
                    "jobs",
                ),
            ]
            .into_iter()
            .flatten()
            .collect();
            if parts.is_empty() {
                let reason = why("usual_residents", words);
                draft.text.finding(words.tell(
                    || format!("{subject}有 {stations} 个站点，但覆盖率无法计算（{reason}）。"),
                    || format!("{subject} has {stations} stations, but no coverage can be computed ({reason})."),
                ));
            } else {
                let list = parts.join(words.say("；", "; "));
                draft.text.finding(words.tell(
                    || format!("{subject}：{list}。圆形缓冲高估了步行可达。"),
                    || format!("{subject}: {list}. Circles overstate what can be walked."),
                ));
            }
        }
        let overlap = StationOverlap::of(&areas.rows, &areas.totals);
        if let (Some(once), Some(summed), Some(again)) = (
            overlap.residents,
            overlap.summed_residents,
            overlap.share_residents_again,
        ) {
            draft.text.finding(words.tell(
                || format!("{stations} 个站点 800 米影响区逐站相加有 {}，去重后为 {}，其中 {} 为重复计算。", people(summed, language), people(once, language), percent(again)),
                || format!("Added up over {stations} stations the influence areas hold {} residents, each counted once {}: {} of the sum is double counting.", people(summed, language), people(once, language), percent(again)),
            ));
        }
        let busiest = areas
            .rows
            .iter()
            .filter(|row| row.activity_per_km2.is_some());
        let busiest = busiest.max_by(|a, b| {
            a.activity_per_km2
                .unwrap_or(0.0)
                .total_cmp(&b.activity_per_km2.unwrap_or(0.0))
        });
        if let Some(row) = busiest {
            let name = words.name(
                row.name.as_deref().unwrap_or(&row.id),
                row.name_en.as_deref(),
            );
            let (near, worked) = (
                row.influence_residents.unwrap_or(0),
                row.influence_jobs.unwrap_or(0),
            );
            draft.text.finding(words.tell(
                || format!("综合密度最高的站点为{name}：影响区内常住人口 {}，就业岗位 {}。", people(near, language), jobs(worked, language)),
                || format!("The densest surroundings are those of {name}, with {} residents and {} jobs.", people(near, language), jobs(worked, language)),
            ));
        }
    }

    fn coverage(&self, draft: &mut Draft<'_>, own: &[StationCoverageRow]) {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("线网覆盖", "Coverage of the network"));
        draft.text.paragraph(words.say(
            "下表为站点各半径内的人口与岗位，圆形缓冲与步行路网并列；重叠部分每人、每个岗位只计一次。",
            "People and jobs within several distances of any station, circle beside street network; each person and job counts once.",
        ).to_owned());
        let keys = [
            "cutoff",
            "straight_residents",
            "straight_share_residents",
            "walk_residents",
            "walk_share_residents",
            "straight_jobs",
            "straight_share_jobs",
            "walk_jobs",
            "walk_share_jobs",
        ];
        let title = words.tell(
            || {
                format!(
                    "{}站点人口岗位覆盖率（圆形缓冲与步行路网，去重）",
                    draft.place()
                )
            },
            || {
                format!(
                    "Coverage by stations, circle beside streets, each once, {}",
                    draft.place()
                )
            },
        );
        let mut table = Table::new(
            "coverage",
            title,
            draft.city.catalog(),
            draft.language(),
            &keys,
        );
        for row in own {
            table.push(LineKind::Body, &to_row(row).unwrap_or_default());
        }
        self.note_missing(&mut table, draft.city, words);
        let number = draft.table(table);
        let group = |row: &StationCoverageRow,
                     pick: fn(&StationCoverageRow) -> [Option<f64>; 2]| Group {
            name: words.tell(
                || format!("{} 米", row.cutoff),
                || format!("{} m", row.cutoff),
            ),
            bars: pick(row)
                .into_iter()
                .map(|share| {
                    (
                        share.map(|share| share * 100.0),
                        share.map_or_else(|| "—".to_owned(), percent),
                    )
                })
                .collect(),
        };
        let groups: Vec<Group> = own
            .iter()
            .map(|row| {
                group(row, |row| {
                    [row.straight_share_residents, row.walk_share_residents]
                })
            })
            .collect();
        if groups
            .iter()
            .any(|group| group.bars.iter().any(|bar| bar.0.is_some()))
        {
            let chart = GroupedBars {
                series: vec![
                    words.say("圆形缓冲", "straight line").to_owned(),
                    words.say("步行路网", "along streets").to_owned(),
                ],
                groups,
                axis: words
                    .say("常住人口覆盖率（%）", "share of residents, %")
                    .to_owned(),
            };
            let title = words.tell(
                || format!("{}站点人口覆盖率", draft.place()),
                || format!("Share of residents near a station, {}", draft.place()),
            );
            let alternative = words.tell(
                || format!("{title}，数值见{number}"),
                || format!("{title}; values in {number}"),
            );
            draft.text.figure(title, chart.draw(), alternative);
        }
    }

    fn note_missing(&self, table: &mut Table, city: &City, words: Words) {
        let has_streets = city.streets("walk").is_some();
        table.drop_empty(|key| match key.starts_with("walk_") && !has_streets {
            true => words
                .say("未载入路网：需导入 streets", "no streets: import streets")
                .to_owned(),
            false => why(key, words),
        });
    }

    fn by_area(
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
        let mut table = Table::new(
            &format!("coverage.{id}"),
            title,
            draft.city.catalog(),
            draft.language(),
            &keys,
        );
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
                MapArea {
                    shape: outline(draft.city, area, period.as_ref()),
                    place: area.place,
                    value,
                    name: words.name(&area.name, area.name_en.as_deref()),
                    printed: value.map(percent).unwrap_or_default(),
                }
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
            surface: surface.map(|surface| (surface, words_of_surface.to_owned())),
            marks_title: words.say("运营站点", "station in use").to_owned(),
            marks,
            imprint: draft.imprint(&areas.provenance.inputs),
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
        let alternative = words.tell(
            || format!("{title}，数值见{number}"),
            || format!("{title}; values in {number}"),
        );
        draft.text.figure(title, map.draw(), alternative);
    }

    fn stations(&self, draft: &mut Draft<'_>, areas: &Answer<StationAreaRow>) {
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
        let mut table = Table::new(
            "stations",
            title,
            draft.city.catalog(),
            draft.language(),
            &keys,
        );
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

/// More areas than these are not listed on paper.
const MOST_ROWS: usize = 300;

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

fn to_shape(geometry: &geojson::Geometry) -> Option<MultiPolygon<f64>> {
    match geo::Geometry::<f64>::try_from(geometry.clone()).ok()? {
        geo::Geometry::MultiPolygon(shape) => Some(shape),
        geo::Geometry::Polygon(shape) => Some(MultiPolygon(vec![shape])),
        _ => None,
    }
}
