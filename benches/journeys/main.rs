//! What journeys by timetable cost, in Porto Alegre: 4,010 stops, a weekday of bus and rail.
//!
//! `cargo bench --profile release --bench journeys`; CPU time is that of the whole process, all
//! threads. `SUITU_TEST_DATA=DIR` names the folder of the data.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use serde_json::json;
use suitu::{
    city::{City, Pace, Streets, Transit},
    definitions,
    network::{Rules, graph_to_bytes, read_osm},
    query::{Limits, Ruler, Start, TravelTimes, TravelTimesQuery},
    store::{ImportRecord, StoredNetwork},
    transit::{Journeys, gtfs, raptor::Window},
};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let home = std::env::var_os("SUITU_TEST_DATA").map(PathBuf::from);
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    let folder = home.unwrap_or_else(|| beside.into()).join("porto-alegre");
    if !folder.join("poa_osm.pbf").exists() {
        eprintln!("skipped: no data at {}", folder.display());
        return Ok(());
    }
    let city = city(&folder)?;
    println!("| what | wall ms | CPU ms |\n|---|---|---|");
    stop_to_all(&city)?;
    search_alone(&city)?;
    isochrone(&city)?;
    matrix(&city, &folder)
}

fn city(folder: &Path) -> Outcome<City> {
    let rules = Rules::walk()?;
    let files = [folder.join("poa_osm.pbf")];
    let lines = read_osm(&files, std::slice::from_ref(&rules), &|| true)?.lines;
    let (graph, _) = lines[0].build()?;
    let stored = StoredNetwork {
        period: "2020".parse()?,
        record: ImportRecord::default(),
        bytes: graph_to_bytes(&graph),
    };
    let streets = Arc::new(Streets::read(rules, stored, 1)?);
    let feeds = ["poa_eptc.zip", "poa_trensurb.zip"].map(|feed| folder.join(feed));
    let (schedule, _) = gtfs::read(&feeds)?;
    let period = "2019".parse()?;
    let record = ImportRecord::default();
    let transit = Transit::new(Arc::new(schedule), period, record, 2, Some(streets.clone()));
    let catalog = Arc::new(definitions::read_catalog(None)?);
    let city = City::new(catalog, 2, BTreeMap::new(), []);
    Ok(city
        .with_streets(Some(streets))
        .with_transit(Some(Arc::new(transit))))
}

/// CPU time of this process, milliseconds.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // User and system time stand thirteenth and fourteenth after the name, in hundredths.
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields = after.split_whitespace().skip(11).take(2);
    let ticks: f64 = fields.filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks * 10.0
}

/// Measures `times` runs, of which each is a share.
fn measure<T>(what: &str, times: u32, mut run: impl FnMut() -> Outcome<T>) -> Outcome<T> {
    let (wall, cpu) = (Instant::now(), cpu_ms());
    let mut last = run()?;
    for _ in 1..times {
        last = run()?;
    }
    let wall_ms = wall.elapsed().as_secs_f64() * 1e3 / f64::from(times);
    let cpu_ms = (cpu_ms() - cpu) / f64::from(times);
    println!("| {what} | {wall_ms:.2} | {cpu_ms:.2} |");
    Ok(last)
}

fn ask(question: serde_json::Value) -> Outcome<TravelTimesQuery> {
    Ok(serde_json::from_value(question)?)
}

const STOP: &str = "0:1511";

fn stop_to_all(city: &City) -> Outcome {
    let limits = Limits::generous();
    for (name, max_walk_m) in [("", 1500), (", no walks", 0)] {
        let question = ask(json!({"origins": [{"layer": "stops", "id": STOP}],
            "destinations": {"layer": "stops"}, "mode": "transit", "max_walk_m": max_walk_m,
            "departure": {"date": "2019-05-13", "from": "14:00"}}))?;
        let prepare = format!("prepare a date{name}");
        measure(&prepare, 1, || Ok(TravelTimes::find(city, &question)?))?;
        let found = measure(&format!("prepare it again{name}"), 10, || {
            Ok(TravelTimes::find(city, &question)?)
        })?;
        measure(
            &format!("one stop to all, two hours, as CSV{name}"),
            500,
            || Ok(found.write_csv(&limits, std::io::sink())?),
        )?;
    }
    Ok(())
}

/// From one stop to all others, on the timetable alone: walks are between stops.
fn search_alone(city: &City) -> Outcome {
    let transit = city.transit().ok_or("no timetable")?;
    let day = transit.day("2019-05-13".parse()?, Pace::new(4.5, 1500.0))?;
    let stops = &transit.schedule.stops;
    let stop = stops.iter().position(|stop| stop.id == STOP);
    let stop = stop.ok_or("no such stop")?;
    let mut access = vec![(stop as u32, 0)];
    access.extend(day.forward.walks(stop as u32));
    let mut journeys = Journeys::default();
    for (what, departures) in [("14:00", 1), ("14:00 to 16:00, every minute", 120)] {
        // Each time a second later: what was asked before is known.
        let mut window = Window {
            from_s: 14 * 3600,
            departures,
            longest_s: 7200,
            max_transfers: None,
        };
        let what = format!("one stop to all, two hours, {what}, the search alone");
        measure(&what, 100, || {
            window.from_s += 1;
            Ok(journeys.run(&day.forward, window, &access, &AtomicBool::new(false))?)
        })?;
    }
    Ok(())
}

fn isochrone(city: &City) -> Outcome {
    use suitu::query::{Departure, Mode, Travel, Unit};
    let departure: Departure = "2019-05-13,14:00,15:00".parse()?;
    let travel = Travel {
        mode: Mode::Transit,
        unit: Unit::Minutes,
        departure: Some(departure),
        ..Travel::default()
    };
    let ruler = Ruler::new(city, &travel)?;
    let limits = Limits::generous();
    let mut traveler = ruler.traveler(&limits);
    let start = Start::at(-51.2287, -30.0277);
    let costs = [15.0, 30.0, 45.0, 60.0].map(|minutes| minutes * 60.0);
    measure(
        "isochrones of 15 to 60 min, 60 departures, the first",
        1,
        || Ok(traveler.shapes(std::slice::from_ref(&start), &costs)?),
    )?;
    measure(
        "isochrones of 15 to 60 min, 60 departures, again",
        20,
        || Ok(traveler.shapes(std::slice::from_ref(&start), &costs)?),
    )?;
    Ok(())
}

fn matrix(city: &City, folder: &Path) -> Outcome {
    let mut cells = Vec::new();
    for row in csv::Reader::from_path(folder.join("poa_hexgrid.csv"))?.deserialize() {
        let row: BTreeMap<String, String> = row?;
        let degrees = |key: &str| row[key].parse::<f64>();
        cells.push(json!({"name": row["id"], "lon": degrees("lon")?, "lat": degrees("lat")?}));
    }
    let limits = Limits::generous();
    let question = ask(
        json!({"origins": cells, "destinations": cells, "mode": "transit",
        "departure": {"date": "2019-05-13", "from": "14:00", "to": "16:00"},
        "percentiles": [10, 50, 90]}),
    )?;
    let found = measure("prepare the cells", 1, || {
        Ok(TravelTimes::find(city, &question)?)
    })?;
    let what = format!("{0} x {0} cells, 120 departures, as CSV", cells.len());
    measure(&what, 1, || Ok(found.write_csv(&limits, std::io::sink())?))
}
