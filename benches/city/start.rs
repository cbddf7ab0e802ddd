use std::{path::Path, sync::Arc, time::Instant};

use suitu::{
    city, definitions,
    domain::{TileCoord, to_mercator},
    store::geopackage::GeoPackage,
    tiles::{Encoded, Encoding, Shapes, encode},
};

use super::Outcome;

/// From a closed file to the first tile of residences, the file in the page cache.
pub fn measure(path: &Path) -> Outcome {
    let start = Instant::now();
    let catalog = Arc::new(definitions::read_catalog(None)?);
    let store = GeoPackage::open(path, catalog.clone())?;
    let city = city::load(&store, catalog)?;
    let loaded = start.elapsed().as_secs_f64();
    let homes = city.layer("residences", None).ok_or("no residences")?;
    let bounds = homes.index.bounds();
    let (lon, lat) = (
        (bounds.west + bounds.east) / 2.0,
        (bounds.south + bounds.north) / 2.0,
    );
    let (x, y) = to_mercator(lon, lat);
    let tile = TileCoord::new(9, (x * 512.0) as u32, (y * 512.0) as u32)?;
    let first = encode(&homes.index, &Shapes::default(), tile, None);
    let first = first.map(|tile| Encoded::new(&tile, Encoding::Gzip));
    let seconds = start.elapsed().as_secs_f64();
    let bytes: usize = city
        .all_states()
        .map(|state| state.index.heap_bytes())
        .sum();
    println!("| start | |\n|---|---|");
    println!("| store to memory | {loaded:.2} s |");
    println!(
        "| store to first tile | {seconds:.2} s ({} bytes) |",
        first.map_or(0, |tile| tile.body.len())
    );
    println!("| columns, trees, grids | {} MB |", bytes >> 20);
    println!("| resident | {:.0} MB |\n", resident_mb());
    Ok(())
}

/// Resident memory of this process, MB.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
