//! What reach along streets costs: searches, outlines, import and load. Prints tables in Markdown.
//!
//! `cargo bench --profile release --bench reach` measures the real cities where the data are there
//! (`SUITU_TEST_DATA=DIR`, else `../shared/data`), and a lattice in any case. CPU time is what the
//! kernel counts for the thread; the least of several rounds.

#[path = "../city/cpu.rs"]
mod cpu;
mod import;
mod isochrones;
mod join;
mod people;

use std::{env, path::PathBuf};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    people::on_lattice()?;
    if let Some(folder) = data("porto-alegre") {
        people::in_city(&folder)?;
        isochrones::measure(&folder)?;
    }
    if let Some(folder) = data("porto-portugal") {
        let file = folder.join("porto_portugal.osm.pbf");
        import::measure(&file)?;
        isochrones::by_car(&file)?;
    }
    Ok(())
}

/// A folder of the real data, or `None`, said aloud, where it is not there.
fn data(folder: &str) -> Option<PathBuf> {
    let home = env::var_os("SUITU_TEST_DATA").map(PathBuf::from);
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    let path = home.unwrap_or_else(|| beside.into()).join(folder);
    let found = path.exists();
    if !found {
        println!("no data at {}: left out\n", path.display());
    }
    found.then_some(path)
}

/// CPU milliseconds of the fastest of some rounds, with what it made.
fn fastest<T>(rounds: usize, mut work: impl FnMut() -> T) -> (f64, T) {
    let mut best: Option<(f64, T)> = None;
    for _ in 0..rounds {
        let before = cpu::thread_ms();
        let made = work();
        let ms = cpu::thread_ms() - before;
        if best.as_ref().is_none_or(|(least, _)| ms < *least) {
            best = Some((ms, made));
        }
    }
    best.expect("at least one round")
}
