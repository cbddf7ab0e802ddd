use std::path::Path;

use suitu::network::{Graph, Lines, Reach, Rules, Search, Snapper, read_osm};

use super::{Outcome, fastest};

const LIMIT_MM: u32 = 1_000_000;

/// People within 1,000 m of every node: searched from the 1,227 cells of people.
pub fn in_city(folder: &Path) -> Outcome {
    let (graph, snapper) = city(folder)?;
    let mut reader = csv::Reader::from_path(folder.join("poa_hexgrid.csv"))?;
    let mut cells = Vec::new();
    for row in reader.records() {
        let row = row?;
        let (lon, lat): (f64, f64) = (row[1].parse()?, row[2].parse()?);
        let people = row[3].parse::<f64>()? as u64;
        cells.extend(snapper.snap(&graph, lon, lat).map(|snap| (snap, people)));
    }
    let mut reach = Reach::default();
    let (ms, (sum, settled)) = fastest(5, || {
        let mut people = vec![0u64; graph.nodes()];
        let mut settled = 0;
        for (snap, living) in &cells {
            reach.run(&graph, &[*snap], LIMIT_MM);
            settled += reach.search.settled().len();
            for node in reach.search.settled() {
                people[*node as usize] += living;
            }
        }
        (people.iter().sum::<u64>(), settled)
    });
    println!("| people within 1,000 m of every node of Porto Alegre | |\n|---|---|");
    println!(
        "| nodes, edges | {}, {} |",
        graph.nodes(),
        graph.edges().len()
    );
    println!("| all nodes | {:.1} CPU ms, sum {sum} |", ms);
    println!("| a node settled | {:.1} ns |\n", ms * 1e6 / settled as f64);
    Ok(())
}

/// A square lattice of 500 by 500 nodes about 111 m apart, 1,000 m from each node.
pub fn on_lattice() -> Outcome {
    const SIDE: u32 = 500;
    let mut lines = Lines::default();
    for y in 0..SIDE {
        for x in 0..SIDE {
            lines.points.push([x as i32 * 10_000, y as i32 * 10_000]);
            let here = y * SIDE + x;
            if x > 0 {
                lines.lines.push(vec![here - 1, here]);
            }
            if y > 0 {
                lines.lines.push(vec![here - SIDE, here]);
            }
        }
    }
    let (graph, _) = lines.build()?;
    let mut search = Search::default();
    let (ms, settled) = fastest(3, || {
        let mut settled = 0;
        for node in 0..graph.nodes() as u32 {
            search.run(&graph, [(node, 0)], LIMIT_MM);
            settled += search.settled().len();
        }
        settled
    });
    println!("| 1,000 m from each node of a lattice | |\n|---|---|");
    println!("| nodes | {} |", graph.nodes());
    println!("| all nodes | {:.0} CPU ms, {settled} settled |", ms);
    println!("| a node settled | {:.1} ns |\n", ms * 1e6 / settled as f64);
    Ok(())
}

pub fn city(folder: &Path) -> Result<(Graph, Snapper), Box<dyn std::error::Error>> {
    let rules = [Rules::walk()?];
    let lines = read_osm(&[folder.join("poa_osm.pbf")], &rules, &|| true)?.lines;
    let (graph, _) = lines[0].build()?;
    let snapper = Snapper::new(&graph);
    Ok((graph, snapper))
}
