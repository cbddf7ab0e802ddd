//! What every scale of a balance report is made from: asked once for a city and told for it or for any
//! of its areas, or asked for one area alone.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    Answer, BalanceQuery, BalanceReport, BalanceReportQuery, BalanceRow, BalanceScaleRow,
    Contained, Limits, Parts, QueryError, balance,
    floating::{Catchment, Floated, floated},
    nominal::Nominal,
    report::{levels_of, rules_of, title},
};
use crate::{
    analysis::{BalanceUnit, balance_of_units},
    city::{Area, City},
    domain::{BalanceRules, Grid, LeftOut, Period, Reason, Title},
    query::{Input, Mode, Provenance, areas_within, find_area, sources::CountSource},
};

const CELLS_M: std::ops::RangeInclusive<u32> = 50..=20_000;

/// The answers of all scales of a whole city, which any of its areas can be told from.
pub struct BalanceScales(Scales);

impl BalanceScales {
    /// The area of the question plays no part.
    ///
    /// # Errors
    /// An unknown level, a band, cell or reach that is none, a mode without what it needs.
    pub fn of(
        city: &City,
        query: &BalanceReportQuery,
        limits: &Limits,
    ) -> Result<Self, QueryError> {
        Scales::of(city, query, None, limits).map(BalanceScales)
    }

    /// The report of the city, or of one of its areas: units that lie in it, each with all that it
    /// reaches.
    ///
    /// # Errors
    /// An unknown area, or nobody waits any longer.
    pub fn report(
        &self,
        city: &City,
        code: Option<&str>,
        limits: &Limits,
    ) -> Result<BalanceReport, QueryError> {
        let period = self.0.query.period.as_ref();
        let area = code.map(|code| find_area(city, code, period)).transpose()?;
        self.0.report(city, area, limits)
    }
}

/// The report of the area of a question alone: what is searched along a network begins there.
pub(super) fn report_of_area(
    city: &City,
    query: &BalanceReportQuery,
    code: &str,
    limits: &Limits,
) -> Result<BalanceReport, QueryError> {
    let area = find_area(city, code, query.period.as_ref())?;
    Scales::of(city, query, Some(area), limits)?.report(city, Some(area), limits)
}

/// Along a network only what begins in the area that it was made for, where it was for one.
struct Scales {
    /// With its defaults.
    query: BalanceReportQuery,
    rules: BalanceRules,
    parts: Parts,
    whole: Answer<BalanceRow>,
    levels: Vec<(Title, Answer<BalanceRow>)>,
    circles: Option<Floated>,
    /// Or why nothing is measured along a network.
    network: Result<Option<Floated>, Reason>,
    cell_m: u32,
    provenance: Provenance,
}

impl Scales {
    fn of(
        city: &City,
        query: &BalanceReportQuery,
        area: Option<&Area>,
        limits: &Limits,
    ) -> Result<Self, QueryError> {
        let mut query = query.clone();
        let rules = rules_of(&mut query)?;
        let period = query.period.clone();
        let period = period.as_ref();
        let parts = Parts::of(city, None, period)?;
        let whole = balance(city, &of_level("city", period), limits)?;
        let mut provenance = whole.provenance.clone();
        let mut levels = Vec::new();
        for level in levels_of(city, &query, period)? {
            limits.check()?;
            let found = balance(city, &of_level(&level, period), limits)?;
            for input in found.provenance.inputs.iter().cloned() {
                add_input(&mut provenance, input);
            }
            let layer = city.catalog().area_layer(&level);
            levels.push((
                layer.map_or_else(Title::default, |layer| layer.title.clone()),
                found,
            ));
        }
        let cell_m = *query.grid_m.get_or_insert(1000);
        if !CELLS_M.contains(&cell_m) {
            let (from, to) = CELLS_M.into_inner();
            let problem = format!("{from} to {to} metres");
            return Err(QueryError::field("grid_m", problem));
        }
        let straight = BalanceQuery {
            catchment_m: Some(*query.catchment_m.get_or_insert(5000.0)),
            ..of_level("city", period)
        };
        let circles = match Catchment::of(city, &straight)? {
            Some(catchment) => floated(city, &parts, &catchment, None, limits)?,
            None => None,
        };
        let network = along_network(city, &parts, &mut query, area, &mut provenance, limits)?;
        Ok(Scales {
            query,
            rules,
            parts,
            whole,
            levels,
            circles,
            network,
            cell_m,
            provenance,
        })
    }

    fn report(
        &self,
        city: &City,
        area: Option<&Area>,
        limits: &Limits,
    ) -> Result<BalanceReport, QueryError> {
        let period = self.query.period.as_ref();
        let totals = self.totals(area);
        let mut nominal = Vec::new();
        let own = area.and_then(|area| self.contained(area));
        let mut rows = vec![BalanceScaleRow {
            scale: area.map_or("city", |area| area.level.as_str()).to_owned(),
            title: area.map_or_else(|| city.title(), name_of),
            self_containment: own.and_then(|own| own.self_containment),
            self_sufficiency: own.and_then(|own| own.self_sufficiency),
            ..self.judged(&[unit(&totals)])
        }];
        for (title, found) in &self.levels {
            limits.check()?;
            let level = found.query["level"].as_str().unwrap_or_default();
            let inside = areas_within(city, level, area.map(|area| &area.code), period)?;
            let is_inside = |row: &&BalanceRow| {
                let at = inside.binary_search_by(|area| area.code.as_str().cmp(&row.code));
                at.is_ok()
            };
            let own: Vec<&BalanceRow> = found.rows.iter().filter(is_inside).collect();
            if area.is_some() && own.is_empty() {
                continue;
            }
            let units: Vec<BalanceUnit> = own.iter().map(|row| unit(row)).collect();
            let rule = Nominal::of(&found.rows, &self.rules);
            let listed = own.iter().filter_map(|row| rule?.listed(row));
            let before = nominal.len();
            nominal.extend(listed);
            let contained = Contained::of_all(own.iter().copied());
            let contained = contained.as_ref();
            rows.push(BalanceScaleRow {
                scale: level.to_owned(),
                title: title.clone(),
                self_containment: contained.and_then(|c| c.self_containment),
                self_sufficiency: contained.and_then(|c| c.self_sufficiency),
                nominal_units: rule.map(|_| (nominal.len() - before) as u64),
                ..self.judged(&units)
            });
        }
        rows.push(self.of_grid(area, limits)?);
        rows.push(BalanceScaleRow {
            scale: "catchment_m".into(),
            title: self.circles_title(),
            ..self.of_catchment(&self.circles, area)
        });
        let network = match &self.network {
            Ok(found) => self.of_catchment(found, area),
            Err(reason) => BalanceScaleRow {
                reason: Some(*reason),
                ..BalanceScaleRow::default()
            },
        };
        rows.push(BalanceScaleRow {
            scale: "minutes".into(),
            title: self.network_title(),
            ..network
        });
        let mut left_out = LeftOut::default();
        for source in [&self.parts.employed, &self.parts.jobs]
            .into_iter()
            .flatten()
        {
            let total = source.total(Some(source.loaded.index.sums()));
            left_out.add_missing(
                source.layer_id(),
                source.attribute().id.as_str(),
                total.missing,
            );
        }
        let query = BalanceReportQuery {
            area: area.map(|area| area.code.to_string()),
            ..self.query.clone()
        };
        Ok(BalanceReport {
            title: title(self.rules.band.least, self.rules.band.most),
            answer: Answer {
                query: json!(query),
                definition: super::definition(city, "balance_report"),
                provenance: self.provenance.clone(),
                rows,
                totals,
                left_out,
            },
            rules: self.rules.clone(),
            nominal,
        })
    }

    /// The row of the city, or of an area.
    fn totals(&self, area: Option<&Area>) -> BalanceRow {
        let Some(area) = area else {
            return self.whole.totals.clone();
        };
        super::row_of(&self.parts, area)
    }

    /// Who lives and works in an area, where flows tell of its level.
    fn contained(&self, area: &Area) -> Option<&Contained> {
        let rows = self.levels.iter().flat_map(|(_, found)| &found.rows);
        let mut own = rows.filter(|row| row.code == area.code.as_str() && area.level == *row.level);
        own.next()?.contained.as_ref()
    }

    fn judged(&self, units: &[BalanceUnit]) -> BalanceScaleRow {
        let (least, most) = (self.rules.band.least, self.rules.band.most);
        let (found, reason) = balance_of_units(units, least, most);
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let with_ratio = found.units - found.undefined;
        BalanceScaleRow {
            units: found.units,
            undefined_units: found.undefined,
            balanced_units: found.balanced,
            over_units: found.over,
            under_units: found.under,
            share_balanced_units: share(found.balanced as f64, with_ratio as f64),
            share_balanced_workers: share(found.workers_in_balanced as f64, found.workers as f64),
            least_ratio: found.range.map(|range| range[0]),
            median_ratio: found.range.map(|range| range[1]),
            greatest_ratio: found.range.map(|range| range[2]),
            jobs_gini: found.gini,
            reason,
            ..BalanceScaleRow::default()
        }
    }

    /// The cells of an equal-area grid that hold homes or jobs.
    fn of_grid(&self, area: Option<&Area>, limits: &Limits) -> Result<BalanceScaleRow, QueryError> {
        let cell_m = self.cell_m;
        let grid = Grid { cell_m };
        let mut cells: BTreeMap<(i32, i32), [i64; 2]> = BTreeMap::new();
        let mut add = |source: &CountSource, at: usize| {
            let index = &source.loaded.index;
            let is_inside = |feature| {
                area.is_none_or(|area| {
                    let level = index.level_index(area.level.as_str());
                    let code = level.and_then(|level| index.area_code(feature, level));
                    code == Some(area.code.as_str())
                })
            };
            for feature in index.iter().filter(|feature| is_inside(*feature)) {
                if let Some(value) = index.value(feature, source.place).as_integer() {
                    let (lon, lat) = index.place(feature);
                    cells.entry(grid.cell(lon, lat)).or_default()[at] += value;
                }
            }
        };
        let filled = |source: &&CountSource| source.ever_filled();
        let (jobs, employed) = (self.parts.jobs.as_ref(), self.parts.employed.as_ref());
        let both = jobs.filter(filled).zip(employed.filter(filled));
        if let Some((jobs, employed)) = both {
            limits.allow((jobs.loaded.index.features() + employed.loaded.index.features()) * 64)?;
            add(jobs, 0);
            add(employed, 1);
        }
        limits.check()?;
        let units = cells
            .values()
            .filter(|[jobs, workers]| *jobs > 0 || *workers > 0);
        let units: Vec<BalanceUnit> = units
            .map(|[jobs, workers]| BalanceUnit {
                workers: *workers,
                reach: Some((*jobs, *workers)),
            })
            .collect();
        let row = self.judged(&units);
        Ok(BalanceScaleRow {
            scale: "grid".into(),
            title: Title {
                zh: format!("{cell_m} 米网格"),
                en: format!("Grid of {cell_m} m"),
            },
            reason: both.map_or(Some(Reason::NoData), |_| row.reason),
            ..row
        })
    }

    /// The cells where anybody who works lives, each with what it reaches.
    fn of_catchment(&self, found: &Option<Floated>, area: Option<&Area>) -> BalanceScaleRow {
        match (found, &self.parts.employed) {
            (Some(found), Some(employed)) => self.judged(&found.units(employed, area)),
            _ => BalanceScaleRow {
                reason: Some(Reason::NoData),
                ..BalanceScaleRow::default()
            },
        }
    }

    fn circles_title(&self) -> Title {
        let km = self.query.catchment_m.unwrap_or_default() / 1000.0;
        let (zh, en) = cells(self.circles.as_ref());
        Title {
            zh: format!("{km} 公里浮动服务区（直线{zh}）"),
            en: format!("Floating catchment, {km} km straight{en}"),
        }
    }

    fn network_title(&self) -> Title {
        let minutes = self.query.minutes.unwrap_or_default();
        let (zh, en) = match &self.query.mode {
            None => ("", "".to_owned()),
            Some(Mode::Walk) => ("步行", " on foot".to_owned()),
            Some(Mode::Bicycle) => ("骑行", " by bicycle".to_owned()),
            Some(Mode::Car) => ("小汽车", " by car".to_owned()),
            Some(Mode::Transit) => ("公共交通", " by public transport".to_owned()),
            Some(other) => ("", format!(" by {other}")),
        };
        let (cells_zh, cells_en) = cells(self.network.as_ref().ok().and_then(Option::as_ref));
        let cells_zh = match cells_zh.trim_start_matches('，') {
            "" => String::new(),
            cells => format!("（{cells}）"),
        };
        Title {
            zh: format!("{minutes} 分钟{zh}服务区{cells_zh}"),
            en: format!("Catchment of {minutes} minutes{en}{cells_en}"),
        }
    }
}

/// How large the cells of catchments are, in tens of metres.
fn cells(found: Option<&Floated>) -> (String, String) {
    let Some(found) = found else {
        return <_>::default();
    };
    let cell_m = (found.cell_m / 10.0).round() * 10.0;
    (
        format!("，约 {cell_m} 米格网"),
        format!(", cells of about {cell_m} m"),
    )
}

/// What is reached within minutes by the mode asked for, else by the first that the city has streets
/// for.
fn along_network(
    city: &City,
    parts: &Parts,
    query: &mut BalanceReportQuery,
    area: Option<&Area>,
    provenance: &mut Provenance,
    limits: &Limits,
) -> Result<Result<Option<Floated>, Reason>, QueryError> {
    let minutes = *query.minutes.get_or_insert(30.0);
    if query.mode.is_none() {
        let mut usual = [Mode::Car, Mode::Bicycle, Mode::Walk].into_iter();
        query.mode = usual.find(|mode| city.streets(&mode.to_string()).is_some());
    }
    let Some(mode) = &query.mode else {
        return Ok(Err(Reason::NoStreets));
    };
    let asked = BalanceQuery {
        minutes: Some(minutes),
        mode: mode.clone(),
        walk_speed_km_h: query.walk_speed_km_h,
        bicycle_speed_km_h: query.bicycle_speed_km_h,
        departure: query.departure.clone(),
        arrival: query.arrival.clone(),
        max_walk_m: query.max_walk_m,
        ..of_level("city", query.period.as_ref())
    };
    let catchment = Catchment::of(city, &asked)?;
    for input in catchment.iter().flat_map(Catchment::input) {
        add_input(provenance, input);
    }
    Ok(Ok(match &catchment {
        Some(catchment) => floated(city, parts, catchment, area, limits)?,
        None => None,
    }))
}

fn of_level(level: &str, period: Option<&Period>) -> BalanceQuery {
    BalanceQuery {
        level: level.to_owned(),
        period: period.cloned(),
        ..BalanceQuery::default()
    }
}

fn unit(row: &BalanceRow) -> BalanceUnit {
    BalanceUnit {
        workers: row.employed_residents.unwrap_or(0),
        reach: row.jobs.zip(row.employed_residents),
    }
}

fn name_of(area: &Area) -> Title {
    let en = area.name_en.clone().filter(|name| !name.is_empty());
    Title {
        zh: area.name.clone(),
        en: en.unwrap_or_else(|| area.name.clone()),
    }
}

fn add_input(provenance: &mut Provenance, input: Input) {
    let is_known = |known: &Input| {
        (&known.layer, &known.reference_date) == (&input.layer, &input.reference_date)
    };
    if !provenance.inputs.iter().any(is_known) {
        provenance.inputs.push(input);
    }
}
