use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Limits, Provenance, QueryError,
    answer::definition,
    areas::control_total,
    commute,
    sources::{CountSource, population, with_role},
};
use crate::{
    analysis::{self, FloatingCell, FloatingGrid, commute::Containment},
    city::{Area, City},
    domain::{
        LayerKind, LeftOut, Period, Reason, Role, TileCoord, from_mercator, measure::distance_m,
    },
    index::{AreaSums, Sums},
};

/// `GET /api/balance`: which areas, and whether with floating catchments.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceQuery {
    /// An area level, or `city`.
    pub level: String,
    /// Radius of a floating catchment around each residence cell, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catchment_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population attribute shown beside; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
}

/// The job-housing balance (职住平衡) of one area.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BalanceRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    pub usual_residents: Option<i64>,
    /// The published total of the caliber (官方控制数), where one came with the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub official: Option<i64>,
    /// The sum less the published total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<i64>,
    pub employed_residents: Option<i64>,
    pub households: Option<i64>,
    pub jobs: Option<i64>,
    /// Of the floating catchment where one was asked for.
    pub jobs_per_employed_resident: Option<f64>,
    pub jobs_per_household: Option<f64>,
    /// 职住差异率, (J - W) / (J + W)
    pub balance_index: Option<f64>,
    /// Why the ratio is undefined.
    pub reason: Option<Reason>,
    /// By who in fact commutes, where flows tell.
    #[serde(flatten)]
    pub contained: Option<Contained>,
    /// Jobs within reach of the mean employed resident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catchment_jobs: Option<f64>,
    /// Employed residents within reach of the mean employed resident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catchment_employed_residents: Option<f64>,
}

/// How far homes and workplaces fit together by commuting flows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contained {
    /// Share of resident workers who work inside.
    pub self_containment: Option<f64>,
    /// Share of jobs that residents hold.
    pub self_sufficiency: Option<f64>,
    pub independence: Option<f64>,
}

/// The largest catchment: beyond it every city is one.
const MAX_CATCHMENT_M: f64 = 100_000.0;

/// The counts that a balance is made of.
struct Parts {
    population: Option<CountSource>,
    employed: Option<CountSource>,
    households: Option<CountSource>,
    jobs: Option<CountSource>,
}

impl Parts {
    fn all(&self) -> impl Iterator<Item = &CountSource> {
        [
            &self.population,
            &self.employed,
            &self.households,
            &self.jobs,
        ]
        .into_iter()
        .flatten()
    }
}

/// The job-housing balance of every area of a level.
///
/// # Errors
/// An unknown level or caliber, or a radius that is no length.
pub fn balance(
    city: &City,
    query: &BalanceQuery,
    limits: &Limits,
) -> Result<Answer<BalanceRow>, QueryError> {
    let period = query.period.as_ref();
    let areas = areas_of_level(city, &query.level, period)?;
    if let Some(radius) = query.catchment_m
        && !(radius > 0.0 && radius <= MAX_CATCHMENT_M)
    {
        let problem = format!("a radius is more than 0 and at most {MAX_CATCHMENT_M} metres");
        return Err(QueryError::field("catchment_m", problem));
    }
    let parts = Parts {
        population: population(city, query.caliber.as_deref(), period),
        employed: with_role(city, LayerKind::Residence, Role::Employed, period),
        households: with_role(city, LayerKind::Residence, Role::Households, period),
        jobs: with_role(city, LayerKind::Workplace, Role::Jobs, period),
    };
    if let (Some(caliber), None) = (&query.caliber, &parts.population) {
        return Err(QueryError::NotFound {
            what: "population attribute",
            name: caliber.clone(),
        });
    }
    limits.check()?;
    let mut left_out = LeftOut::default();
    for source in parts.all() {
        let (layer, attribute) = (source.layer_id(), source.attribute().id.as_str());
        let total = source.total(Some(source.loaded.index.sums()));
        left_out.add_missing(layer, attribute, total.missing);
        if query.level != "city" {
            let by_area = source.loaded.index.sums_by_area(&query.level);
            left_out.add_outside(layer, attribute, outside(&by_area, &areas));
        }
    }
    let mut rows: Vec<BalanceRow> = areas.iter().map(|area| row_of(&parts, area)).collect();
    let mut totals = total_row(city, &parts);
    // Only where every area has one do published totals add up to one of the city.
    let published: Option<i64> = rows.iter().map(|row| row.official).sum();
    totals.official = published.filter(|_| !rows.is_empty());
    totals.difference = difference(totals.usual_residents, totals.official);
    if let Some(radius_m) = query.catchment_m {
        float(
            &parts,
            &query.level,
            radius_m,
            &mut rows,
            &mut totals,
            limits,
        )?;
    }
    let flows = commute::containments(city, &query.level, period);
    if let Some(flows) = &flows {
        // Both are in the order of the codes.
        for (row, (code, contained)) in rows.iter_mut().zip(&flows.by_area) {
            debug_assert_eq!(row.code, *code);
            row.contained = Some(contained.into());
        }
        totals.contained = Some((&flows.total).into());
    }
    let caliber = parts
        .population
        .as_ref()
        .map(|source| source.attribute().id.to_string());
    let inputs = parts.all().map(|source| &*source.loaded);
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(flows.map(|flows| flows.input));
    Ok(Answer {
        query: json!(query),
        definition: definition(
            city,
            if query.catchment_m.is_some() {
                "balance_floating"
            } else {
                "balance"
            },
        ),
        provenance,
        rows,
        totals,
        left_out,
    })
}

/// How many features lie in none of the areas, or in one that is not listed.
pub(super) fn outside(by_area: &AreaSums, areas: &[&Area]) -> u64 {
    let is_listed = |code: &str| {
        let found = areas.binary_search_by(|area| area.code.as_str().cmp(code));
        found.is_ok()
    };
    by_area
        .iter()
        .filter(|(code, _)| !code.as_deref().is_some_and(is_listed))
        .map(|(_, sums)| sums.features)
        .sum()
}

/// The areas of a level by code; one pseudo-area for `city`, told by `None`.
pub(super) fn areas_of_level<'a>(
    city: &'a City,
    level: &str,
    period: Option<&Period>,
) -> Result<Vec<&'a Area>, QueryError> {
    if level == "city" {
        return Ok(Vec::new());
    }
    if city.catalog().area_layer(level).is_none() {
        let known: Vec<String> = city
            .catalog()
            .levels()
            .iter()
            .map(ToString::to_string)
            .collect();
        let problem = format!(
            "there is no level `{level}`; it is one of: city, {}",
            known.join(", ")
        );
        return Err(QueryError::field("level", problem));
    }
    Ok(city.areas().at(level, period).iter().collect())
}

fn row_of(parts: &Parts, area: &Area) -> BalanceRow {
    let in_area = |source: &Option<CountSource>| {
        let source = source.as_ref()?;
        let by_area = source.loaded.index.sums_by_area(area.level.as_str());
        source.known(by_area.get(&Some(area.code.as_str().into())))
    };
    let official = parts.population.as_ref().and_then(|source| {
        let attribute = source.attribute().id.as_str();
        control_total(&source.loaded, area, attribute).map(|total| total.value)
    });
    let usual_residents = in_area(&parts.population);
    let row = BalanceRow {
        code: area.code.to_string(),
        name: area.name.clone(),
        name_en: area.name_en.clone(),
        level: area.level.to_string(),
        usual_residents,
        official,
        difference: difference(usual_residents, official),
        employed_residents: in_area(&parts.employed),
        households: in_area(&parts.households),
        jobs: in_area(&parts.jobs),
        ..BalanceRow::default()
    };
    with_ratios(row)
}

fn difference(sum: Option<i64>, official: Option<i64>) -> Option<i64> {
    Some(sum? - official?)
}

fn total_row(city: &City, parts: &Parts) -> BalanceRow {
    let whole = |source: &Option<CountSource>| {
        let source = source.as_ref()?;
        source.known(Some(source.loaded.index.sums()))
    };
    let title = city.title();
    with_ratios(BalanceRow {
        code: String::new(),
        name: title.zh,
        name_en: Some(title.en),
        level: "city".into(),
        usual_residents: whole(&parts.population),
        employed_residents: whole(&parts.employed),
        households: whole(&parts.households),
        jobs: whole(&parts.jobs),
        ..BalanceRow::default()
    })
}

fn with_ratios(mut row: BalanceRow) -> BalanceRow {
    match analysis::ratio(row.jobs, row.employed_residents) {
        Ok(ratio) => row.jobs_per_employed_resident = Some(ratio),
        Err(reason) => row.reason = Some(reason),
    }
    row.jobs_per_household = analysis::ratio(row.jobs, row.households).ok();
    row.balance_index = analysis::balance_index(row.jobs, row.employed_residents).ok();
    row
}

impl From<&Containment> for Contained {
    fn from(found: &Containment) -> Self {
        Contained {
            self_containment: found.self_containment.ok(),
            self_sufficiency: found.self_sufficiency.ok(),
            independence: found.independence.ok(),
        }
    }
}

/// Puts the ratio of the floating catchment in place of the plain one.
///
/// Homes and jobs are summed on a grid whose cells are at most a tenth of the radius wide, but not
/// below 40 m; cell centers stand for what is inside.
fn float(
    parts: &Parts,
    level: &str,
    radius_m: f64,
    rows: &mut [BalanceRow],
    totals: &mut BalanceRow,
    limits: &Limits,
) -> Result<(), QueryError> {
    let (Some(employed), Some(jobs)) = (&parts.employed, &parts.jobs) else {
        return Ok(());
    };
    let middle_lat = {
        let bounds = employed.loaded.index.bounds();
        if bounds.is_empty() {
            0.0
        } else {
            (bounds.south + bounds.north) / 2.0
        }
    };
    limits.step("计算浮动服务区", "computing floating catchments");
    let zoom = grid_zoom(radius_m, middle_lat);
    let mut cells: std::collections::BTreeMap<(u32, u32), FloatingCell> = Default::default();
    let world = TileCoord::new(0, 0, 0).expect("the world tile");
    limits.allow((employed.loaded.index.features() + jobs.loaded.index.features()) * 64)?;
    for cell in employed.loaded.index.grid(world, zoom, None) {
        let place = cells
            .entry((cell.y, cell.x))
            .or_insert(empty_cell(cell.x, cell.y));
        place.employed += cell.sums[employed.count];
    }
    for cell in jobs.loaded.index.grid(world, zoom, None) {
        let place = cells
            .entry((cell.y, cell.x))
            .or_insert(empty_cell(cell.x, cell.y));
        place.jobs += cell.sums[jobs.count];
    }
    limits.check()?;
    limits.progress(1, 3);
    let cells: Vec<FloatingCell> = cells.into_values().collect();
    if let (Some(first), Some(last)) = (cells.first(), cells.last()) {
        let columns = cells.iter().map(|c| c.x).max().unwrap_or(0)
            - cells.iter().map(|c| c.x).min().unwrap_or(0);
        limits.allow(u64::from(columns + 1) * u64::from(last.y - first.y + 1) * 16)?;
    }
    let half_width = |from: u32, row: u32| half_width(zoom, from, row, radius_m);
    let widths = std::cell::RefCell::new(std::collections::HashMap::new());
    let cached = |from: u32, row: u32| {
        *widths
            .borrow_mut()
            .entry((from, row))
            .or_insert_with(|| half_width(from, row))
    };
    let reached = analysis::floating_sums(
        &cells,
        &FloatingGrid {
            half_width: &cached,
        },
    );
    limits.check()?;
    limits.progress(2, 3);
    let by_place: std::collections::HashMap<(u32, u32), (i64, i64)> = cells
        .iter()
        .zip(&reached)
        .map(|(cell, sums)| ((cell.x, cell.y), *sums))
        .collect();
    // Σ W·J(reach) and Σ W·W(reach) by area: sums of numerators and denominators, never of ratios.
    let mut weighted: std::collections::BTreeMap<Option<&str>, [i128; 3]> = Default::default();
    let index = &employed.loaded.index;
    let level_at = index.level_index(level);
    for feature in index.iter() {
        let Some(weight) = index.value(feature, employed.place).as_integer() else {
            continue;
        };
        let cell = &index.cells()[feature.cell as usize];
        let row = feature.row as usize;
        let place = |p: u32| p >> (32 - zoom);
        let key = (place(cell.mercator_x()[row]), place(cell.mercator_y()[row]));
        let Some((jobs, workers)) = by_place.get(&key) else {
            continue;
        };
        let code = level_at.and_then(|level| index.area_code(feature, level));
        for key in [code, Some("")].into_iter().filter(|key| key.is_some()) {
            let sums = weighted.entry(key).or_default();
            sums[0] += i128::from(weight);
            sums[1] += i128::from(weight) * i128::from(*jobs);
            sums[2] += i128::from(weight) * i128::from(*workers);
        }
    }
    for row in rows.iter_mut() {
        let sums = weighted.get(&Some(row.code.as_str())).copied();
        set_floating(row, sums.as_ref());
    }
    set_floating(totals, weighted.get(&Some("")));
    Ok(())
}

fn empty_cell(x: u32, y: u32) -> FloatingCell {
    FloatingCell {
        x,
        y,
        jobs: 0,
        employed: 0,
    }
}

fn set_floating(row: &mut BalanceRow, sums: Option<&[i128; 3]>) {
    (row.jobs_per_employed_resident, row.reason) = (None, None);
    match sums {
        Some([weight, jobs, workers]) if *weight > 0 && *workers > 0 => {
            row.catchment_jobs = Some(*jobs as f64 / *weight as f64);
            row.catchment_employed_residents = Some(*workers as f64 / *weight as f64);
            row.jobs_per_employed_resident = Some(*jobs as f64 / *workers as f64);
        }
        _ => row.reason = Some(Reason::NoPopulation),
    }
}

/// The grid whose cells are at most a tenth of the radius wide, between 40 m and 2 km.
fn grid_zoom(radius_m: f64, lat: f64) -> u8 {
    let world_m = 40_075_016.7 * lat.to_radians().cos();
    let wanted_m = (radius_m / 10.0).clamp(40.0, 2000.0);
    ((world_m / wanted_m).log2().ceil() as i32).clamp(8, 20) as u8
}

/// How many columns to either side of a cell of row `from` have, in row `row`, their center within
/// `radius_m` great-circle metres of the cell's center.
fn half_width(zoom: u8, from: u32, row: u32, radius_m: f64) -> Option<u32> {
    let side = f64::from(zoom).exp2();
    let center = |x: f64, y: u32| {
        let (lon, lat) = from_mercator((x + 0.5) / side, (f64::from(y) + 0.5) / side);
        geo::Point::new(lon, lat)
    };
    let near = |dx: u32| distance_m(center(0.0, from), center(f64::from(dx), row)) <= radius_m;
    if !near(0) {
        return None;
    }
    let (mut low, mut high) = (0u32, 1u32);
    while near(high) && high < 1 << 16 {
        low = high;
        high *= 2;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if near(middle) {
            low = middle
        } else {
            high = middle
        }
    }
    Some(low)
}

/// Sums of a source in one area, for other questions.
pub(super) fn area_sums<'s>(sums: &'s crate::index::AreaSums, area: &Area) -> Option<&'s Sums> {
    sums.get(&Some(area.code.as_str().into()))
}
