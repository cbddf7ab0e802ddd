use suitu::network::{Graph, Snapper};

use super::fastest;

const PLACES: usize = 300_000;

/// Joins places within some 300 m of the streets to their nearest point.
pub fn measure(city: &str, graph: &Graph) {
    let mut state = 7u64;
    let mut random = |most: u64| {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) % most
    };
    let places: Vec<(f64, f64)> = (0..PLACES)
        .map(|_| {
            let node = graph.node(random(graph.nodes() as u64) as u32);
            let mut aside = || (random(6001) as f64 - 3000.0) * 1e-6;
            (node.x() + aside(), node.y() + aside())
        })
        .collect();
    let (index, snapper) = fastest(3, || Snapper::new(graph));
    let (join, (joined, legs, along)) = fastest(3, || {
        let snaps = places.iter().flat_map(|(x, y)| snapper.snap(graph, *x, *y));
        snaps.fold((0, 0, 0), |(joined, legs, along), snap| {
            let at = u64::from(snap.at_mm) ^ u64::from(snap.edge);
            (joined + 1, legs + u64::from(snap.leg_mm), along + at)
        })
    });
    println!("| places joined to the streets of {city} | CPU ms | |\n|---|---|---|");
    println!("| index of streets | {index:.1} | |");
    println!("| {PLACES} places | {join:.0} | {joined} joined, legs {legs} mm, sum {along} |\n");
}
