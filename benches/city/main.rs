//! What a large city costs: import, start, memory, tiles. Prints tables in Markdown.
//!
//! `cargo bench --profile release --bench city` makes a synthetic city of a million residences in
//! a temporary folder; `SUITU_BENCH_RESIDENCES=N` makes another size, `SUITU_BENCH_CITY=FILE`
//! measures a city that is there. CPU time is what the kernel counts for the thread.

mod cpu;
mod import;
mod start;
mod tiles;

use std::{env, path::PathBuf, process::Command};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    // Each part but the import runs in a process of its own: nothing else is in its memory.
    let arguments: Vec<String> = env::args().collect();
    if let [_, part, city, ..] = arguments.as_slice() {
        let city = PathBuf::from(city);
        match part.as_str() {
            "start" => return start::measure(&city),
            "tiles" => return tiles::measure(&city),
            _ => {}
        }
    }
    let folder = tempfile::tempdir()?;
    let city = match env::var_os("SUITU_BENCH_CITY") {
        Some(path) => PathBuf::from(path),
        None => {
            let residences = env::var("SUITU_BENCH_RESIDENCES").ok();
            let residences = residences.map_or(Ok(1_000_000), |n| n.parse())?;
            let path = folder.path().join("city.gpkg");
            import::measure(&path, residences)?;
            path
        }
    };
    for part in ["start", "tiles"] {
        let status = Command::new(env::current_exe()?)
            .arg(part)
            .arg(&city)
            .status()?;
        if !status.success() {
            return Err(format!("{part}: {status}").into());
        }
    }
    Ok(())
}
