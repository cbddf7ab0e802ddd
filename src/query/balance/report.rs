//! The job-housing balance at several scales at once (职住平衡多尺度报告): the larger the unit, the
//! more balanced a city looks, so that one scale alone says little.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, BalanceQuery, BalanceRow, Limits, Parts, QueryError, balance,
    floating::{Catchment, floated},
};
use crate::{
    analysis::{BalanceUnit, balance_of_units},
    city::City,
    definitions::balance_rules,
    domain::{BalanceRules, Grid, Language, LeftOut, Period, Reason, Title},
    query::{Arrival, Departure, Input, Mode, Provenance, Row, sources::CountSource},
};

/// `GET /api/balance_report`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceReportQuery {
    /// Area levels with commas between; all that have areas without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<String>,
    /// The side of a grid cell, whole metres; 1000 without it.
    #[serde(default)]
    pub grid_m: Option<u32>,
    /// The straight radius of a floating catchment; 5000 m without it.
    #[serde(default)]
    pub catchment_m: Option<f64>,
    /// How far a catchment along the network reaches; 30 minutes without it.
    #[serde(default)]
    pub minutes: Option<f64>,
    /// By which way those minutes are; without it the first that the city has streets for of car,
    /// bicycle and walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    /// The band that is called balanced; that of the rules without it.
    #[serde(default)]
    pub least: Option<f64>,
    #[serde(default)]
    pub most: Option<f64>,
    /// Self-containment below which a place is not balanced in fact, 0–1; the rules' without it,
    /// and where those have none, the median of the level.
    #[serde(default)]
    pub self_containment: Option<f64>,
    /// Which part a table shows.
    #[serde(default)]
    pub part: ReportPart,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// A part of the report that fits one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportPart {
    /// One row for each scale.
    #[default]
    Scales,
    /// The places balanced by count but not in fact.
    Nominal,
}

/// One scale: quantity and, where flows tell, quality beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BalanceScaleRow {
    /// `city`, an area level, `grid`, `catchment_m` or `minutes`.
    pub scale: String,
    pub title: Title,
    pub units: u64,
    pub undefined_units: u64,
    pub balanced_units: u64,
    pub over_units: u64,
    pub under_units: u64,
    /// Of the units with a ratio.
    pub share_balanced_units: Option<f64>,
    /// Of the employed residents of units with a ratio those who live in balanced ones.
    pub share_balanced_workers: Option<f64>,
    pub least_ratio: Option<f64>,
    pub median_ratio: Option<f64>,
    pub greatest_ratio: Option<f64>,
    pub jobs_gini: Option<f64>,
    /// Of all commuters, those who live and work in one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_containment: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_sufficiency: Option<f64>,
    /// How many are balanced by count but not in fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nominal_units: Option<u64>,
    pub reason: Option<Reason>,
}

/// A place balanced by count but not in fact (名义平衡而非实际平衡).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NominalRow {
    pub level: String,
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub jobs: Option<i64>,
    pub employed_residents: Option<i64>,
    pub jobs_per_employed_resident: Option<f64>,
    pub self_containment: Option<f64>,
    pub self_sufficiency: Option<f64>,
    /// What the self-containment is below.
    pub self_containment_threshold: f64,
}

/// The report: a row for each scale, and the places that only counts make balanced.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceReport {
    /// The definition that a table must bear.
    pub title: Title,
    /// Band and threshold with their sources.
    pub rules: BalanceRules,
    #[serde(flatten)]
    pub answer: Answer<BalanceScaleRow, BalanceRow>,
    pub nominal: Vec<NominalRow>,
}

const CELLS_M: std::ops::RangeInclusive<u32> = 50..=20_000;

/// Balanced, over- and undersupplied units at every scale of a city.
///
/// # Errors
/// An unknown level, a band, cell or reach that is none, a mode without what it needs.
pub fn balance_report(
    city: &City,
    query: &BalanceReportQuery,
    limits: &Limits,
) -> Result<BalanceReport, QueryError> {
    let mut query = query.clone();
    let rules = rules_of(&mut query)?;
    let period = query.period.clone();
    let period = period.as_ref();
    let levels = levels_of(city, &query, period)?;
    let (least, most) = (rules.band.least, rules.band.most);
    let parts = Parts::of(city, None, period)?;
    let whole = balance(city, &of_level("city", period), limits)?;
    let mut provenance = whole.provenance.clone();
    let mut nominal = Vec::new();
    let mut rows = vec![BalanceScaleRow {
        scale: "city".into(),
        title: city.title(),
        ..judged(&[unit(&whole.totals)], least, most)
    }];
    for level in &levels {
        limits.check()?;
        let found = balance(city, &of_level(level, period), limits)?;
        let units: Vec<BalanceUnit> = found.rows.iter().map(unit).collect();
        let listed = nominal_rows(&found.rows, &rules);
        let contained = found.totals.contained.as_ref();
        let layer = city.catalog().area_layer(level);
        rows.push(BalanceScaleRow {
            scale: level.clone(),
            title: layer.map_or_else(Title::default, |layer| layer.title.clone()),
            self_containment: contained.and_then(|c| c.self_containment),
            self_sufficiency: contained.and_then(|c| c.self_sufficiency),
            nominal_units: contained.map(|_| listed.len() as u64),
            ..judged(&units, least, most)
        });
        nominal.extend(listed);
        for input in found.provenance.inputs {
            add_input(&mut provenance, input);
        }
    }
    let cell_m = *query.grid_m.get_or_insert(1000);
    rows.push(of_grid(&parts, cell_m, least, most, limits)?);
    rows.push(of_circles(city, &parts, &mut query, least, most, limits)?);
    rows.push(of_network(
        city,
        &parts,
        &mut query,
        least,
        most,
        &mut provenance,
        limits,
    )?);
    let mut left_out = LeftOut::default();
    for source in [&parts.employed, &parts.jobs].into_iter().flatten() {
        let total = source.total(Some(source.loaded.index.sums()));
        left_out.add_missing(
            source.layer_id(),
            source.attribute().id.as_str(),
            total.missing,
        );
    }
    Ok(BalanceReport {
        title: title(least, most),
        answer: Answer {
            query: json!(query),
            definition: super::definition(city, "balance_report"),
            provenance,
            rows,
            totals: whole.totals,
            left_out,
        },
        rules,
        nominal,
    })
}

/// What is called balanced, said in the heading of a table.
fn title(least: f64, most: f64) -> Title {
    Title {
        zh: format!("职住平衡多尺度比较（职住比 = 就业岗位 ÷ 就业人口，{least}–{most} 为平衡）"),
        en: format!(
            "Job-housing balance by scale (jobs ÷ employed residents, balanced from {least} to {most})"
        ),
    }
}

/// The rules with what the question sets otherwise, and the question with what it leaves to them.
fn rules_of(query: &mut BalanceReportQuery) -> Result<BalanceRules, QueryError> {
    let mut rules = balance_rules();
    if query.least.is_some() || query.most.is_some() {
        rules.band.source = "query".into();
    }
    let band = &mut rules.band;
    band.least = *query.least.get_or_insert(band.least);
    band.most = *query.most.get_or_insert(band.most);
    if !(band.least >= 0.0 && band.most >= band.least && band.most.is_finite()) {
        let problem = "a band is two ratios, the smaller first, such as least=0.8, most=1.2";
        return Err(QueryError::field("least", problem));
    }
    if query.self_containment.is_some() {
        rules.nominal.self_containment = query.self_containment;
        rules.nominal.source = "query".into();
    }
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    if !rules.nominal.self_containment.is_none_or(is_share) {
        return Err(QueryError::field("self_containment", "is a share, 0 to 1"));
    }
    query.self_containment = rules.nominal.self_containment;
    Ok(rules)
}

/// # Errors
/// A level that is none.
fn levels_of(
    city: &City,
    query: &BalanceReportQuery,
    period: Option<&Period>,
) -> Result<Vec<String>, QueryError> {
    let known = city.catalog().levels().into_iter();
    let known: Vec<String> = known.map(|level| level.to_string()).collect();
    let Some(asked) = &query.levels else {
        let has_areas = |level: &String| !city.areas().at(level, period).is_empty();
        return Ok(known.into_iter().filter(has_areas).collect());
    };
    let asked: Vec<String> = asked
        .split(',')
        .map(|level| level.trim().to_owned())
        .collect();
    match asked.iter().find(|level| !known.contains(level)) {
        None => Ok(asked),
        Some(level) => {
            let problem = format!("`{level}` is none of {}", known.join(", "));
            Err(QueryError::field("levels", problem))
        }
    }
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

fn judged(units: &[BalanceUnit], least: f64, most: f64) -> BalanceScaleRow {
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

/// The areas of a level in the band whose residents work elsewhere more than most.
fn nominal_rows(rows: &[BalanceRow], rules: &BalanceRules) -> Vec<NominalRow> {
    let contained = |row: &BalanceRow| row.contained.as_ref()?.self_containment;
    let mut known: Vec<f64> = rows.iter().filter_map(contained).collect();
    known.sort_by(f64::total_cmp);
    let median = match known.len() {
        0 => return Vec::new(),
        odd if odd % 2 == 1 => known[odd / 2],
        even => (known[even / 2 - 1] + known[even / 2]) / 2.0,
    };
    let threshold = rules.nominal.self_containment.unwrap_or(median);
    let band = rules.band.least..=rules.band.most;
    let is_nominal = |row: &&BalanceRow| {
        row.jobs_per_employed_resident
            .is_some_and(|ratio| band.contains(&ratio))
            && contained(row).is_some_and(|share| share < threshold)
    };
    let listed = |row: &BalanceRow| NominalRow {
        level: row.level.clone(),
        code: row.code.clone(),
        name: row.name.clone(),
        name_en: row.name_en.clone(),
        jobs: row.jobs,
        employed_residents: row.employed_residents,
        jobs_per_employed_resident: row.jobs_per_employed_resident,
        self_containment: contained(row),
        self_sufficiency: row.contained.as_ref().and_then(|c| c.self_sufficiency),
        self_containment_threshold: threshold,
    };
    rows.iter().filter(is_nominal).map(listed).collect()
}

/// The cells of an equal-area grid that hold homes or jobs.
fn of_grid(
    parts: &Parts,
    cell_m: u32,
    least: f64,
    most: f64,
    limits: &Limits,
) -> Result<BalanceScaleRow, QueryError> {
    if !CELLS_M.contains(&cell_m) {
        let (from, to) = CELLS_M.into_inner();
        return Err(QueryError::field(
            "grid_m",
            format!("{from} to {to} metres"),
        ));
    }
    let grid = Grid { cell_m };
    let mut cells: BTreeMap<(i32, i32), [i64; 2]> = BTreeMap::new();
    let mut add = |source: &CountSource, at: usize| {
        let index = &source.loaded.index;
        for feature in index.iter() {
            if let Some(value) = index.value(feature, source.place).as_integer() {
                let (lon, lat) = index.place(feature);
                cells.entry(grid.cell(lon, lat)).or_default()[at] += value;
            }
        }
    };
    let filled = |source: &&CountSource| source.ever_filled();
    let both = parts
        .jobs
        .as_ref()
        .filter(filled)
        .zip(parts.employed.as_ref().filter(filled));
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
    let row = judged(&units, least, most);
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

fn of_circles(
    city: &City,
    parts: &Parts,
    query: &mut BalanceReportQuery,
    least: f64,
    most: f64,
    limits: &Limits,
) -> Result<BalanceScaleRow, QueryError> {
    let metres = *query.catchment_m.get_or_insert(5000.0);
    let straight = BalanceQuery {
        catchment_m: Some(metres),
        ..of_level("city", query.period.as_ref())
    };
    let catchment = Catchment::of(city, &straight)?;
    let found = of_catchment(city, parts, catchment.as_ref(), least, most, limits)?;
    Ok(BalanceScaleRow {
        scale: "catchment_m".into(),
        title: Title {
            zh: format!("{} 公里浮动服务区（直线）", metres / 1000.0),
            en: format!("Floating catchment, {} km straight", metres / 1000.0),
        },
        ..found
    })
}

fn of_network(
    city: &City,
    parts: &Parts,
    query: &mut BalanceReportQuery,
    least: f64,
    most: f64,
    provenance: &mut Provenance,
    limits: &Limits,
) -> Result<BalanceScaleRow, QueryError> {
    let minutes = *query.minutes.get_or_insert(30.0);
    if query.mode.is_none() {
        let mut usual = [Mode::Car, Mode::Bicycle, Mode::Walk].into_iter();
        query.mode = usual.find(|mode| city.streets(&mode.to_string()).is_some());
    }
    let found = match &query.mode {
        None => BalanceScaleRow {
            reason: Some(Reason::NoStreets),
            ..BalanceScaleRow::default()
        },
        Some(mode) => {
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
            of_catchment(city, parts, catchment.as_ref(), least, most, limits)?
        }
    };
    let (zh, en) = match &query.mode {
        None => ("", "".to_owned()),
        Some(Mode::Walk) => ("步行", " on foot".to_owned()),
        Some(Mode::Bicycle) => ("骑行", " by bicycle".to_owned()),
        Some(Mode::Car) => ("小汽车", " by car".to_owned()),
        Some(Mode::Transit) => ("公共交通", " by public transport".to_owned()),
        Some(other) => ("", format!(" by {other}")),
    };
    Ok(BalanceScaleRow {
        scale: "minutes".into(),
        title: Title {
            zh: format!("{minutes} 分钟{zh}服务区"),
            en: format!("Catchment of {minutes} minutes{en}"),
        },
        ..found
    })
}

/// The cells where anybody who works lives, each with what it reaches.
fn of_catchment(
    city: &City,
    parts: &Parts,
    catchment: Option<&Catchment<'_>>,
    least: f64,
    most: f64,
    limits: &Limits,
) -> Result<BalanceScaleRow, QueryError> {
    let found = match catchment {
        Some(catchment) => floated(city, parts, catchment, limits)?,
        None => None,
    };
    let Some(found) = found else {
        return Ok(BalanceScaleRow {
            reason: Some(Reason::NoData),
            ..BalanceScaleRow::default()
        });
    };
    let cells = found.cells.iter().zip(&found.reached);
    let units: Vec<BalanceUnit> = cells
        .filter(|(cell, _)| cell.employed > 0)
        .map(|(cell, reached)| BalanceUnit {
            workers: cell.employed,
            reach: Some(*reached),
        })
        .collect();
    Ok(judged(&units, least, most))
}

fn add_input(provenance: &mut Provenance, input: Input) {
    let is_known = |known: &Input| {
        (&known.layer, &known.reference_date) == (&input.layer, &input.reference_date)
    };
    if !provenance.inputs.iter().any(is_known) {
        provenance.inputs.push(input);
    }
}

/// A part of the report as rows of a table.
pub fn flat_balance_report(report: &BalanceReport, language: Language) -> Answer<Row, Row> {
    let to_row = |value: serde_json::Value| match value {
        serde_json::Value::Object(row) => row,
        _ => Row::new(),
    };
    let rows = match report.answer.query["part"].as_str() {
        Some("nominal") => report
            .nominal
            .iter()
            .map(|row| to_row(json!(row)))
            .collect(),
        _ => report
            .answer
            .rows
            .iter()
            .map(|row| {
                let mut flat = to_row(json!(row));
                let title = row.title.in_language(language);
                flat.shift_remove("title");
                flat.insert("scale".into(), json!(title));
                flat
            })
            .collect(),
    };
    Answer {
        query: report.answer.query.clone(),
        definition: report.answer.definition.clone(),
        provenance: report.answer.provenance.clone(),
        rows,
        totals: Row::new(),
        left_out: report.answer.left_out.clone(),
    }
}
