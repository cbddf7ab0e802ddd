use suitu::analysis::{
    access::{CostMatrix, RowBuilder},
    siting::{Capacities, Effort, Gains, best_limited_sites, best_sites, fewest_sites},
};

use super::{tables::Rng, timed};

/// A square town of some metres a side, everything at random; all pairs within `cutoff_m`,
/// millimetres, and the people of each place.
fn town(places: usize, sites: usize, cutoff_m: f64, side_m: f64) -> (CostMatrix, Vec<i64>) {
    let mut rng = Rng(1);
    let mut at = |count: usize| -> Vec<(f64, f64)> {
        (0..count)
            .map(|_| (rng.unit() * side_m, rng.unit() * side_m))
            .collect()
    };
    let (homes, sites) = (at(places), at(sites));
    let people = (0..places)
        .map(|_| (rng.unit() * 400.0) as i64 + 1)
        .collect();
    let mut costs = CostMatrix::new(places, 1000.0);
    for (x, y) in sites {
        let mut row = RowBuilder::default();
        for (place, home) in (0u32..).zip(&homes) {
            let metres = (home.0 - x).hypot(home.1 - y);
            if metres <= cutoff_m {
                row.push(place, (metres * 1000.0) as u32);
            }
        }
        row.sort();
        costs.push(&row);
    }
    (costs, people)
}

/// What a question gives a search, and a tenth of a second of it.
const EFFORTS: [u64; 2] = [10_000_000, Effort::USUAL];

pub fn measure() {
    println!("| siting, places × candidates | wall | CPU |\n|---|---|---|");
    for (places, sites, side_m) in [(2_000, 200, 10_000.0), (300_000, 400, 40_000.0)] {
        let what = format!("{places} × {sites}");
        for pairs in EFFORTS {
            let effort = Effort {
                pairs,
                ..Effort::default()
            };
            let told = |gap: f64| println!("| its gap {:.3} %, effort {pairs} | | |", gap * 100.0);
            let (costs, people) = town(places, sites, 1500.0, side_m);
            let none = vec![false; places];
            let cover = timed(&format!("cover by 15, {what}"), || {
                best_sites(&Gains::cover(&costs, &people, &none), 15, effort)
            });
            let cover = cover.expect("somebody waits");
            told((cover.bound - cover.value) as f64 / cover.value as f64);
            let capacity = people.iter().sum::<i64>() / 60;
            let limited = timed(&format!("the same with capacities, {what}"), || {
                let limits = Capacities::new(&costs, &people, vec![capacity; sites]);
                let all: Vec<usize> = (0..sites).collect();
                best_limited_sites(&limits, &[], &all, 15, effort)
            });
            let limited = limited.expect("somebody waits");
            told((limited.bound - limited.value) as f64 / limited.value as f64);
            let fewest = timed(&format!("fewest sites, {what}"), || {
                fewest_sites(&costs, &vec![true; places], effort)
            });
            let fewest = fewest.expect("somebody waits");
            told((fewest.sites.len() - fewest.bound) as f64 / fewest.sites.len() as f64);
            let (costs, people) = town(places, sites, 4000.0, side_m);
            let now = vec![4_000_000; places];
            let median = timed(&format!("median of 15 within 4 km, {what}"), || {
                best_sites(&Gains::median(&costs, &people, &now), 15, effort)
            });
            let median = median.expect("somebody waits");
            let all: i64 = people.iter().map(|people| people * 4_000_000).sum();
            told((median.bound - median.value) as f64 / (all - median.value) as f64);
        }
    }
    println!();
}
