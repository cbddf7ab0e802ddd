//! What the least and the greatest commute of many zones cost. Prints a table in Markdown.
//!
//! `cargo bench --profile release --bench commute`: homes and jobs fall off from a centre, costs are
//! straight millimetres. CPU time is what the kernel counts for the thread.

#[path = "../city/cpu.rs"]
#[allow(dead_code)]
mod cpu;

use suitu::analysis::commute::{Costs, Goal, transport};

fn main() {
    println!("| zones | least commute, CPU ms | greatest, CPU ms |");
    println!("|---|---|---|");
    for zones in [100, 300, 1000, 2000] {
        let (costs, homes, jobs) = city(zones);
        let milliseconds = |goal| {
            let start = cpu::thread_ms();
            let plan = transport(&costs, &homes, &jobs, goal).expect("every pair has a way");
            assert!(plan.total > 0);
            cpu::thread_ms() - start
        };
        let (least, greatest) = (milliseconds(Goal::Least), milliseconds(Goal::Greatest));
        println!("| {zones} | {least:.0} | {greatest:.0} |");
    }
}

/// Zones at random on a plane of 60 km, with 8,000 workers each in the mean; jobs stand closer to
/// the middle.
fn city(zones: usize) -> (Costs, Vec<i64>, Vec<i64>) {
    let mut state = 20_201_101u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let places: Vec<(f64, f64)> = (0..zones)
        .map(|_| (random() * 60_000.0, random() * 60_000.0))
        .collect();
    let from_middle = |(x, y): &(f64, f64)| (x - 30_000.0).hypot(y - 30_000.0);
    let weights = |scale_m: f64| -> Vec<f64> {
        let near = |place| (-from_middle(place) / scale_m).exp();
        places.iter().map(near).collect()
    };
    let total = 8_000 * zones as i64;
    let spread = |weights: &[f64]| suitu::analysis::spread(total, weights).expect("weights");
    let (homes, jobs) = (spread(&weights(20_000.0)), spread(&weights(8_000.0)));
    let mut costs = Costs::unreachable(zones, zones);
    for (i, from) in places.iter().enumerate() {
        for (j, to) in places.iter().enumerate() {
            let metres = (from.0 - to.0).hypot(from.1 - to.1).max(400.0);
            costs.set(i, j, (metres * 1000.0) as u32);
        }
    }
    (costs, homes, jobs)
}
