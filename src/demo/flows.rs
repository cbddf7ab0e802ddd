use std::collections::BTreeMap;

use serde::Deserialize;

use super::{figures::Figures, people::EMPLOYED, plane::Spot, workplaces::JOBS};
use crate::{
    analysis::{
        apportion,
        commute::{Costs, Goal, transport},
    },
    domain::{Flow, FlowPlace, Flows, Layer, Table},
};

/// Of two jobs of which one is so much farther, the nearer is chosen e times as often, metres.
const PULL_M: f64 = 6_500.0;
/// The way within a street or town, metres.
const WITHIN_M: f64 = 1_500.0;

/// A city beside this one with its commuters.
#[derive(Clone, Debug, Deserialize)]
struct Neighbor {
    code: String,
    lon: f64,
    lat: f64,
    /// Who lives here and works there.
    leave: i64,
    /// Who lives there and works here.
    enter: i64,
}

/// Who lives in one street or town and works in another: a gravity model held to the employed
/// residents and the jobs of each, to the last person; by ways to work that the distance favours.
///
/// # Source
/// Wilson (1971), Environment and Planning 3, the doubly constrained model; the numbers are
/// invented.
pub fn flows(figures: &Figures, employed: &[i64], jobs: &[i64]) -> Flows {
    let neighbors = neighbors();
    let mut places: Vec<FlowPlace> = Vec::new();
    let mut spots: Vec<Spot> = Vec::new();
    for subdistrict in &figures.subdistricts {
        places.push(place(&subdistrict.code, false));
        spots.push(subdistrict.anchor());
    }
    let own = places.len();
    for neighbor in &neighbors {
        places.push(place(&neighbor.code, true));
        spots.push(Spot::of(neighbor.lon, neighbor.lat));
    }
    let mut homes = employed.to_vec();
    homes.extend(neighbors.iter().map(|n| n.enter));
    let mut work = jobs.to_vec();
    work.extend(neighbors.iter().map(|n| n.leave));
    let pull = |from: usize, to: usize| match (from, to) {
        // Nobody passes through.
        (from, to) if from >= own && to >= own => 0.0,
        _ => {
            let way_m = spots[from].distance2(spots[to]).sqrt().max(WITHIN_M);
            (-way_m / PULL_M).exp()
        }
    };
    let fitted = fit(&homes, &work, pull);
    let whole = round(&fitted, &homes, &work, |from, to| from < own || to < own);
    let flows = whole.into_iter().flat_map(|(from, to, commuters)| {
        let way_m = spots[from].distance2(spots[to]).sqrt().max(WITHIN_M);
        let shares = apportion(commuters, &ways_to_work(way_m)).expect("some way to work");
        let (origin, destination) = (places[from].clone(), places[to].clone());
        let by_mode = MODES.into_iter().zip(shares);
        let by_mode = by_mode.filter(|(_, commuters)| *commuters > 0);
        by_mode.map(move |(mode, commuters)| Flow {
            origin: origin.clone(),
            destination: destination.clone(),
            mode: Some(mode.into()),
            sector: None,
            commuters,
        })
    });
    Flows::sum(flows)
}

/// Ways to work (通勤方式): on foot, by bicycle or e-bike, by bus or rail, by car.
pub const MODES: [&str; 4] = ["walk", "bicycle", "transit", "car"];

/// How many of ten thousand or so go by each of the [`MODES`] over a straight distance: invented,
/// so that short ways are walked or ridden and long ones driven.
fn ways_to_work(way_m: f64) -> [i64; 4] {
    let km = way_m / 1000.0;
    let odds = [
        3.0 * (-km).exp(),
        (-km / 3.5).exp(),
        0.35 * (1.0 - (-km / 4.0).exp()),
        0.30 * (1.0 - (-km / 3.0).exp()),
    ];
    odds.map(|odds| (odds * 1e4).round() as i64)
}

/// Whether these are all who work and all jobs of the city, by street or town.
pub fn are_all(employed: &[i64], jobs: &[i64]) -> bool {
    employed.iter().sum::<i64>() == EMPLOYED && jobs.iter().sum::<i64>() == JOBS
}

/// Sums a count of a layer by street or town, told by the grid code of each row.
pub fn by_subdistrict(figures: &Figures, layer: &Layer, table: &Table, count: &str) -> Vec<i64> {
    let mut sums = vec![0; figures.subdistricts.len()];
    let numbers: BTreeMap<&str, usize> = figures
        .subdistricts
        .iter()
        .enumerate()
        .map(|(number, subdistrict)| (subdistrict.code.as_str(), number))
        .collect();
    let column = |id: &str| layer.attribute_index(id).map(|at| &table.columns[at]);
    let (Some(codes), Some(counts)) = (column("grid_code"), column(count)) else {
        return sums;
    };
    for row in 0..table.len() {
        let code = codes.get(row);
        let code = code.as_text().and_then(|code| code.split('-').next());
        if let Some(number) = code.and_then(|code| numbers.get(code)) {
            sums[*number] += counts.get(row).as_integer().unwrap_or(0);
        }
    }
    sums
}

fn place(code: &str, is_outside: bool) -> FlowPlace {
    FlowPlace {
        code: code.parse().expect("a code"),
        is_outside,
    }
}

/// The cities around; whom the jobs here lack or have too many of lives or stays in the first.
fn neighbors() -> Vec<Neighbor> {
    let mut neighbors: Vec<Neighbor> = super::figures::read(include_str!("commuters.csv"));
    let crossing: i64 = neighbors.iter().map(|n| n.enter - n.leave).sum();
    neighbors[0].enter += JOBS - EMPLOYED - crossing;
    neighbors
}

/// Iterative proportional fitting: rows to the homes, columns to the work.
fn fit(homes: &[i64], work: &[i64], pull: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    let mut cells: Vec<Vec<f64>> = (0..homes.len())
        .map(|from| (0..work.len()).map(|to| pull(from, to)).collect())
        .collect();
    let scale = |wanted: i64, sum: f64| if sum > 0.0 { wanted as f64 / sum } else { 0.0 };
    for _ in 0..200 {
        let mut sums = vec![0.0; work.len()];
        for row in &cells {
            row.iter()
                .zip(&mut sums)
                .for_each(|(cell, sum)| *sum += cell);
        }
        let factors: Vec<f64> = work.iter().zip(&sums).map(|(w, s)| scale(*w, *s)).collect();
        for (row, home) in cells.iter_mut().zip(homes) {
            row.iter_mut()
                .zip(&factors)
                .for_each(|(cell, factor)| *cell *= factor);
            let factor = scale(*home, row.iter().sum());
            row.iter_mut().for_each(|cell| *cell *= factor);
        }
    }
    cells
}

/// Whole people out of shares of them, every sum kept: each cell is rounded down, and those who
/// are left over go where most of a person was cut off, by the transportation problem.
fn round(
    cells: &[Vec<f64>],
    homes: &[i64],
    work: &[i64],
    is_open: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize, i64)> {
    let (mut rows, mut columns) = (homes.to_vec(), work.to_vec());
    let mut costs = Costs::unreachable(homes.len(), work.len());
    let mut found: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for (from, row) in cells.iter().enumerate() {
        for (to, cell) in row.iter().enumerate().filter(|(to, _)| is_open(from, *to)) {
            let whole = (*cell as i64).min(rows[from]).min(columns[to]);
            rows[from] -= whole;
            columns[to] -= whole;
            found.insert((from, to), whole);
            let cut_off = (cell - whole as f64).clamp(0.0, 1.0);
            costs.set(from, to, ((1.0 - cut_off) * 1e6) as u32);
        }
    }
    let rest = transport(&costs, &rows, &columns, Goal::Least);
    for (from, to, more) in rest.expect("homes and work have the same sum").flows {
        *found.entry((from, to)).or_default() += more;
    }
    let filled = found.into_iter().filter(|(_, commuters)| *commuters > 0);
    filled
        .map(|((from, to), commuters)| (from, to, commuters))
        .collect()
}
