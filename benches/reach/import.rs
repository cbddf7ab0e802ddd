use std::path::Path;

use suitu::network::{Lines, Rules, Snapper, graph_from_bytes, graph_to_bytes, read_osm};

use super::{Outcome, fastest};

/// From a file of OpenStreetMap to networks, and from their bytes into memory.
pub fn measure(file: &Path) -> Outcome {
    let rules = Rules::all()?;
    let (ms, lines) = fastest(3, || read_osm(&[file], &rules, &|| true));
    let lines = lines?.lines;
    println!("| streets of Porto | CPU ms | |\n|---|---|---|");
    println!("| read, all modes | {ms:.0} | |");
    for (rules, lines) in rules.iter().zip(&lines) {
        let mode = &rules.mode;
        let (ms, built) = fastest(3, || Lines::build(lines));
        let (graph, report) = built?;
        println!(
            "| {mode}: build | {ms:.0} | {} nodes, {} edges, {} islands |",
            report.nodes, report.edges, report.islands
        );
        let (ms, bytes) = fastest(3, || graph_to_bytes(&graph));
        println!("| {mode}: to bytes | {ms:.0} | {} bytes |", bytes.len());
        let (ms, again) = fastest(3, || graph_from_bytes(&bytes));
        println!(
            "| {mode}: load | {ms:.1} | {} MB |",
            again?.heap_bytes() >> 20
        );
        let (ms, _) = fastest(3, || Snapper::new(&graph));
        println!("| {mode}: index of streets | {ms:.0} | |");
    }
    println!();
    Ok(())
}
