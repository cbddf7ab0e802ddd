use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use geo::{Geometry, Point};
use rayon::prelude::*;

use super::{BalanceQuery, BalanceRow, Parts};
use crate::{
    analysis::{self, BalanceUnit, FloatingCell, FloatingGrid},
    city::{Area, City, LoadedLayer},
    domain::{Layer, LayerId, Reason, Table, TileCoord, from_mercator, measure::distance_m},
    index::{FeatureRef, LayerIndex},
    query::{Input, Limits, Mode, QueryError, Ruler, Start, Travel, Unit, sources::CountSource},
};

/// The largest straight catchment: beyond it every city is one.
const MAX_CATCHMENT_M: f64 = 100_000.0;

/// How far a floating catchment reaches, and by which way.
pub(super) enum Catchment<'c> {
    Straight {
        radius_m: f64,
    },
    Network {
        ruler: Ruler<'c>,
        cost: f64,
        about_m: f64,
    },
}

impl<'c> Catchment<'c> {
    /// The catchment of a question; `None` where it asks for none.
    ///
    /// # Errors
    /// Metres and minutes at once, a reach that is none, a mode without what it needs.
    pub fn of(city: &'c City, query: &BalanceQuery) -> Result<Option<Self>, QueryError> {
        let (field, reach, unit) = match (query.catchment_m, query.minutes) {
            (Some(metres), None) => ("catchment_m", metres, Unit::Metres),
            (None, Some(minutes)) => ("minutes", minutes, Unit::Minutes),
            (None, None) if query.mode == Mode::Straight => return Ok(None),
            (None, None) => {
                let problem = "a mode measures a catchment: give catchment_m or minutes too";
                return Err(QueryError::field("mode", problem));
            }
            (Some(_), Some(_)) => {
                let problem = "give either catchment_m or minutes";
                return Err(QueryError::field("minutes", problem));
            }
        };
        if query.mode == Mode::Straight && unit == Unit::Metres {
            if reach > 0.0 && reach <= MAX_CATCHMENT_M {
                return Ok(Some(Catchment::Straight { radius_m: reach }));
            }
            let problem = format!("a radius is more than 0 and at most {MAX_CATCHMENT_M} metres");
            return Err(QueryError::field(field, problem));
        }
        let travel = Travel {
            mode: query.mode.clone(),
            unit,
            walk_speed_km_h: query.walk_speed_km_h,
            bicycle_speed_km_h: query.bicycle_speed_km_h,
            departure: query.departure.clone(),
            arrival: query.arrival.clone(),
            max_walk_m: query.max_walk_m,
            ..Travel::default()
        };
        let ruler = Ruler::new(city, &travel)?;
        let cost = ruler.cost(field, reach)?;
        let about_m = match unit {
            Unit::Metres => reach,
            Unit::Minutes => reach * usual_m_per_min(&query.mode),
        };
        Ok(Some(Catchment::Network {
            ruler,
            cost,
            about_m,
        }))
    }

    pub fn question(&self) -> &'static str {
        match self {
            Catchment::Straight { .. } => "balance_floating",
            Catchment::Network { .. } => "balance_floating_network",
        }
    }

    pub fn input(&self) -> Vec<Input> {
        match self {
            Catchment::Straight { .. } => Vec::new(),
            Catchment::Network { ruler, .. } => ruler.input(),
        }
    }

    /// The zoom of the grid: cells a tenth of the reach wide, within bounds; a network has larger
    /// ones, for each is searched from.
    fn zoom(&self, lat: f64) -> u8 {
        let cell_m = match self {
            Catchment::Straight { radius_m } => (radius_m / 10.0).clamp(40.0, 2000.0),
            Catchment::Network { about_m, .. } => (about_m / 10.0).clamp(100.0, 1000.0),
        };
        ((world_m(lat) / cell_m).log2().ceil() as i32).clamp(8, 20) as u8
    }
}

/// The circle of a latitude, metres.
fn world_m(lat: f64) -> f64 {
    40_075_016.7 * lat.to_radians().cos()
}

/// About how far one gets in a minute: only the size of the cells depends on it.
fn usual_m_per_min(mode: &Mode) -> f64 {
    match mode {
        Mode::Straight | Mode::Walk => 75.0,
        Mode::Bicycle => 250.0,
        _ => 500.0,
    }
}

/// Homes and jobs on a grid, with what each cell reaches; cell centers stand for what is inside.
pub(super) struct Floated {
    zoom: u8,
    /// The side of a cell in the middle of the city, metres.
    pub cell_m: f64,
    pub cells: Vec<FloatingCell>,
    /// Jobs and employed residents, in the order of the cells.
    pub reached: Vec<(i64, i64)>,
}

impl Floated {
    /// The cells where anybody who works lives, or lives within an area, each with all it reaches.
    pub fn units(&self, employed: &CountSource, area: Option<&Area>) -> Vec<BalanceUnit> {
        let inside = area.map(|area| workers_in(employed, area, self.zoom));
        let workers = |cell: &FloatingCell| match &inside {
            None => cell.employed,
            Some(inside) => inside.get(&(cell.x, cell.y)).copied().unwrap_or(0),
        };
        let units = self.cells.iter().zip(&self.reached);
        let units = units.map(|(cell, reached)| BalanceUnit {
            workers: workers(cell),
            reach: Some(*reached),
        });
        units.filter(|unit| unit.workers > 0).collect()
    }
}

/// Who lives in an area and works, by cell of a zoom.
fn workers_in(employed: &CountSource, area: &Area, zoom: u8) -> HashMap<(u32, u32), i64> {
    let index = &employed.loaded.index;
    let level = index.level_index(area.level.as_str());
    let is_inside = |feature: &FeatureRef| {
        let code = level.and_then(|level| index.area_code(*feature, level));
        code == Some(area.code.as_str())
    };
    let mut inside = HashMap::new();
    for feature in index.iter().filter(is_inside) {
        let workers = index.value(feature, employed.place).as_integer();
        *inside.entry(place_in(index, feature, zoom)).or_default() += workers.unwrap_or(0);
    }
    inside
}

/// Column and row of the cell of a zoom that a feature lies in.
fn place_in(index: &LayerIndex, feature: FeatureRef, zoom: u8) -> (u32, u32) {
    let cell = &index.cells()[feature.cell as usize];
    let row = feature.row as usize;
    let place = |p: u32| p >> (32 - zoom);
    (place(cell.mercator_x()[row]), place(cell.mercator_y()[row]))
}

/// What the cells of a city reach, along a network only those where people of an area live if one is
/// asked about; `None` where either count is unknown.
///
/// # Errors
/// A grid that is too large to hold, or nobody waits any longer.
pub(super) fn floated(
    city: &City,
    parts: &Parts,
    catchment: &Catchment<'_>,
    area: Option<&Area>,
    limits: &Limits,
) -> Result<Option<Floated>, QueryError> {
    let filled = |source: &'_ &CountSource| source.ever_filled();
    let (employed, jobs) = (parts.employed.as_ref(), parts.jobs.as_ref());
    let (Some(employed), Some(jobs)) = (employed.filter(filled), jobs.filter(filled)) else {
        return Ok(None);
    };
    let bounds = employed.loaded.index.bounds();
    let middle_lat = match bounds.is_empty() {
        true => 0.0,
        false => (bounds.south + bounds.north) / 2.0,
    };
    limits.step("计算浮动服务区", "computing floating catchments");
    let zoom = catchment.zoom(middle_lat);
    limits.allow((employed.loaded.index.features() + jobs.loaded.index.features()) * 64)?;
    let mut cells: BTreeMap<(u32, u32), FloatingCell> = BTreeMap::new();
    let world = TileCoord::new(0, 0, 0).expect("the world tile");
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
    let cells: Vec<FloatingCell> = cells.into_values().collect();
    let reached = match catchment {
        Catchment::Straight { radius_m } => in_circles(&cells, zoom, *radius_m, limits)?,
        Catchment::Network { ruler, cost, .. } => {
            let centers = centers(city, [&employed.loaded, &jobs.loaded], &cells, zoom);
            let asked = area.map(|area| workers_in(employed, area, zoom));
            let asks = |cell: &FloatingCell| match &asked {
                None => cell.employed > 0,
                Some(asked) => asked.contains_key(&(cell.x, cell.y)),
            };
            on_network(ruler, *cost, &cells, &centers, &asks, limits)?
        }
    };
    limits.check()?;
    Ok(Some(Floated {
        zoom,
        cell_m: world_m(middle_lat) / f64::from(1u32 << zoom),
        cells,
        reached,
    }))
}

/// Puts the ratio of the floating catchment in place of the plain one.
pub(super) fn float(
    city: &City,
    parts: &Parts,
    query: &BalanceQuery,
    catchment: &Catchment<'_>,
    rows: &mut [BalanceRow],
    totals: &mut BalanceRow,
    limits: &Limits,
) -> Result<(), QueryError> {
    let Some(employed) = &parts.employed else {
        return Ok(());
    };
    let Some(Floated {
        zoom,
        cells,
        reached,
        ..
    }) = floated(city, parts, catchment, None, limits)?
    else {
        return Ok(());
    };
    let by_place: HashMap<(u32, u32), (i64, i64)> = cells
        .iter()
        .zip(&reached)
        .map(|(cell, sums)| ((cell.x, cell.y), *sums))
        .collect();
    // Σ W·J(reach) and Σ W·W(reach) by area: sums of numerators and denominators, never of ratios.
    let mut weighted: BTreeMap<Option<&str>, [i128; 3]> = Default::default();
    let index = &employed.loaded.index;
    let level_at = index.level_index(&query.level);
    for feature in index.iter() {
        let Some(weight) = index.value(feature, employed.place).as_integer() else {
            continue;
        };
        let key = place_in(index, feature, zoom);
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

/// Jobs and employed residents in the circle around each cell.
fn in_circles(
    cells: &[FloatingCell],
    zoom: u8,
    radius_m: f64,
    limits: &Limits,
) -> Result<Vec<(i64, i64)>, QueryError> {
    if let (Some(first), Some(last)) = (cells.first(), cells.last()) {
        let columns = || cells.iter().map(|cell| cell.x);
        let across = columns().max().unwrap_or(0) - columns().min().unwrap_or(0);
        limits.allow(u64::from(across + 1) * u64::from(last.y - first.y + 1) * 16)?;
    }
    let widths = RefCell::new(HashMap::new());
    let half_width = |from: u32, row: u32| {
        let mut widths = widths.borrow_mut();
        let known = widths.entry((from, row));
        *known.or_insert_with(|| half_width(zoom, from, row, radius_m))
    };
    let grid = FloatingGrid {
        half_width: &half_width,
    };
    Ok(analysis::floating_sums(cells, &grid))
}

/// The centers of cells as a layer that can be measured to, each with its number as id.
///
/// A network keeps the places of a layer by its id, period and version: the id names the grid and
/// the day of the other layer.
fn centers(
    city: &City,
    [like, beside]: [&LoadedLayer; 2],
    cells: &[FloatingCell],
    zoom: u8,
) -> LoadedLayer {
    let day = beside.index.period().as_str().replace('-', "_");
    let id: LayerId = format!("floating_cells_{zoom}_{day}")
        .parse()
        .expect("a name");
    let layer = Layer {
        id,
        attributes: Vec::new(),
        ..(**like.layer()).clone()
    };
    let mut table = Table::for_layer(&layer);
    for (number, cell) in cells.iter().enumerate() {
        let (lon, lat) = center(cell, zoom);
        table.push(
            &number.to_string(),
            Geometry::Point(Point::new(lon, lat)),
            &[],
        );
    }
    let period = like.index.period().clone();
    LoadedLayer {
        index: LayerIndex::build(Arc::new(layer), period, Vec::new(), &table),
        records: Vec::new(),
        control_totals: Vec::new(),
        version: city.stamp(),
    }
}

fn center(cell: &FloatingCell, zoom: u8) -> (f64, f64) {
    let side = f64::from(zoom).exp2();
    from_mercator(
        (f64::from(cell.x) + 0.5) / side,
        (f64::from(cell.y) + 0.5) / side,
    )
}

/// Jobs and employed residents within a cost of the center of each cell that asks; nothing of others.
fn on_network(
    ruler: &Ruler<'_>,
    cost: f64,
    cells: &[FloatingCell],
    centers: &LoadedLayer,
    asks: &(impl Fn(&FloatingCell) -> bool + Sync),
    limits: &Limits,
) -> Result<Vec<(i64, i64)>, QueryError> {
    let index = &centers.index;
    let numbering = index.numbering();
    // Of each feature in the order of the index: its cell.
    let cell_of = |feature| index.id(feature).parse().expect("the id is a number");
    let cell_of: Vec<usize> = index.iter().map(cell_of).collect();
    let mut start_of = vec![(0.0, 0.0); cells.len()];
    for (feature, cell) in index.iter().zip(&cell_of) {
        start_of[*cell] = index.place(feature);
    }
    let done = AtomicU64::new(0);
    let sums = |traveler: &mut crate::query::Traveler<'_>, own: usize| {
        limits.progress(done.fetch_add(1, Ordering::Relaxed), cells.len() as u64);
        if !asks(&cells[own]) {
            return Ok((0, 0));
        }
        let (lon, lat) = start_of[own];
        let mut near: Vec<usize> = Vec::new();
        traveler.within(centers, &Start::at(lon, lat), cost, |feature, _| {
            near.push(cell_of[numbering.number(feature)]);
        })?;
        Ok(analysis::floating_sums_near(cells, own, near))
    };
    let owns = (0..cells.len()).into_par_iter();
    owns.map_init(|| ruler.traveler(limits), sums).collect()
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
        _ => {
            let is_known = row.employed_residents.is_some();
            row.reason = Some(if is_known {
                Reason::NoPopulation
            } else {
                Reason::NoData
            });
        }
    }
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
