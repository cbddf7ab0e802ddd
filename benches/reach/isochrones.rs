use std::path::Path;

use suitu::network::{Reach, ReachedShape};

use super::{Outcome, fastest, people};

/// The center of Porto Alegre.
const CENTER: (f64, f64) = (-51.2287, -30.0277);

/// Isochrones on foot with their polygon, at 75 m a minute.
pub fn measure(folder: &Path) -> Outcome {
    let (graph, snapper) = people::city(folder)?;
    let (lon, lat) = CENTER;
    let from = snapper.snap(&graph, lon, lat).ok_or("off the network")?;
    println!("| isochrone on foot | search, CPU ms | with polygon, CPU ms | edges | corners |");
    println!("|---|---|---|---|---|");
    let mut reach = Reach::default();
    for minutes in [15, 30, 60] {
        let limit = minutes * 75_000;
        let (search, _) = fastest(30, || reach.run(&graph, &[from], limit));
        let (whole, shape) = fastest(30, || {
            reach.run(&graph, &[from], limit);
            let mut shape = ReachedShape::new(lat, 30.0);
            shape.add(&graph, &reach, limit);
            shape.polygons()
        });
        let rings = shape.0.iter().flat_map(|part| {
            let holes = part.interiors().iter();
            holes.chain([part.exterior()])
        });
        let corners: usize = rings.map(|ring| ring.0.len()).sum();
        let edges = reach.edges(&graph).count();
        println!("| {minutes} min | {search:.3} | {whole:.3} | {edges} | {corners} |");
    }
    println!();
    Ok(())
}
