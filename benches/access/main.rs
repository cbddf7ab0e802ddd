//! What access and siting cost: the measures on a table of pairs, the choice of sites, and a
//! question to a whole city. Prints tables in Markdown.
//!
//! `cargo bench --profile release --bench access` measures the tables; `SUITU_BENCH_CITY=FILE`
//! asks a city instead, with 5 % of its workplaces as facilities. CPU time is what the kernel counts for all threads.

mod city;
mod siting;
mod tables;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    if let Some(path) = std::env::var_os("SUITU_BENCH_CITY") {
        return city::measure(path.as_ref());
    }
    tables::measure();
    siting::measure();
    Ok(())
}

/// Runs something, and prints its wall and CPU time.
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (start, before) = (std::time::Instant::now(), process_ms());
    let done = work();
    let (wall, cpu) = (start.elapsed().as_secs_f64(), process_ms() - before);
    println!("| {what} | {:.0} ms | {cpu:.0} ms |", wall * 1000.0);
    done
}

/// CPU time that all threads of this process have used, milliseconds.
fn process_ms() -> f64 {
    // The kernel brings the count up to date when a thread gives way.
    std::thread::yield_now();
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let counted = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    counted.sum::<f64>() / 1e6
}
