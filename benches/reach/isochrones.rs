use std::path::Path;

use geo::{CoordsIter, GeodesicArea};
use suitu::network::{Reach, ReachedShape, Rules, Snapper, read_osm};

use super::{Outcome, fastest, join, people};

/// The center of Porto Alegre.
const CENTER: (f64, f64) = (-51.2287, -30.0277);

/// Isochrones on foot with their polygon, at 75 m a minute.
pub fn measure(folder: &Path) -> Outcome {
    let (graph, snapper) = people::city(folder)?;
    let (lon, lat) = CENTER;
    let from = snapper.snap(&graph, lon, lat).ok_or("off the network")?;
    join::measure("Porto Alegre", &graph);
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
        let edges = reach.edges(&graph).count();
        let corners = shape.coords_count();
        println!("| {minutes} min | {search:.3} | {whole:.3} | {edges} | {corners} |");
    }
    println!();
    Ok(())
}

/// Isochrones by car from the middle of Porto.
pub fn by_car(file: &Path) -> Outcome {
    let rules = Rules::all()?;
    let car = rules.iter().position(|rules| rules.mode == "car");
    let car = car.ok_or("no rules for cars")?;
    let lines = read_osm(&[file], &rules[car..=car], &|| true)?.lines;
    let (graph, _) = lines[0].build()?;
    let snapper = Snapper::new(&graph);
    join::measure("Porto, by car", &graph);
    let from = snapper.snap(&graph, -8.6110, 41.1496);
    let from = from.ok_or("off the network")?;
    println!("| isochrone by car | CPU ms | corners | rings | GeoJSON bytes | km² |");
    println!("|---|---|---|---|---|---|");
    let mut reach = Reach::default();
    for minutes in [10, 20, 30] {
        let limit = minutes * 60_000;
        let (ms, shape) = fastest(5, || {
            reach.run(&graph, &[from], limit);
            let mut shape = ReachedShape::new(41.1496, 30.0);
            shape.add(&graph, &reach, limit);
            shape.polygons()
        });
        let (corners, km2) = (shape.coords_count(), shape.geodesic_area_unsigned() / 1e6);
        let rings: usize = shape.0.iter().map(|part| 1 + part.interiors().len()).sum();
        let bytes = geojson::GeometryValue::from(&shape).to_string().len();
        println!("| {minutes} min | {ms:.1} | {corners} | {rings} | {bytes} | {km2:.4} |");
    }
    println!();
    Ok(())
}
