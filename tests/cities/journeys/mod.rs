//! Journeys through Porto Alegre by bus and rail, held against a second opinion.

mod plain;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use serde_json::json;
use suitu::{
    city::{self, City},
    definitions,
    query::{Limits, TravelTimes},
    store::geopackage::GeoPackage,
};

use super::*;
use plain::{Joint, Leg, NEVER, Streets, Timetable};

const DATE: &str = "2019-05-13";
const MAX_WALK_MM: f64 = 1_500_000.0;
const MAX_CHANGE_MM: f64 = 600_000.0;

/// How far two ways of laying a place on a street may lie apart.
const BLUR_MM: f64 = 3.0;

struct Files {
    streets: PathBuf,
    feeds: [PathBuf; 2],
}

fn files() -> Option<Files> {
    Some(Files {
        streets: data("porto-alegre/poa_osm.pbf")?,
        feeds: [
            data("porto-alegre/poa_eptc.zip")?,
            data("porto-alegre/poa_trensurb.zip")?,
        ],
    })
}

fn imported(files: &Files) -> Desk {
    let desk = Desk::new();
    desk.done(&["import", "streets", text(&files.streets)]);
    let [bus, rail] = &files.feeds;
    desk.done(&["import", "transit", text(bus), text(rail)]);
    desk
}

fn read_timetable(files: &Files) -> Timetable {
    let [bus, rail] = &files.feeds;
    Timetable::read(&[bus, rail], "20190513", "monday")
}

/// The city of both feeds, imported and loaded once for all tests.
fn loaded(files: &Files) -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(|| in_memory(&imported(files)))
}

fn in_memory(desk: &Desk) -> City {
    let catalog = Arc::new(definitions::read_catalog(None).expect("sound definitions"));
    let store = GeoPackage::open(&desk.path("city.gpkg"), catalog.clone()).expect("a city");
    city::load(&store, catalog).expect("loads")
}

/// Rows of a streamed table: the numbers of each pair.
fn times(city: &City, question: &Json) -> HashMap<(String, String), Vec<Option<i64>>> {
    let parsed = serde_json::from_value(question.clone()).expect("a question");
    let found = TravelTimes::find(city, &parsed).unwrap_or_else(|e| panic!("{question}: {e}"));
    let mut table = Vec::new();
    found
        .write_csv(&Limits::generous(), &mut table)
        .expect("memory takes it");
    let table = table
        .strip_prefix(b"\xef\xbb\xbf")
        .expect("a byte-order mark");
    let mut reader = csv::Reader::from_reader(table);
    let row = |row: csv::StringRecord| {
        let numbers = row.iter().skip(2).map(|number| number.parse().ok());
        ((row[0].to_owned(), row[1].to_owned()), numbers.collect())
    };
    reader
        .records()
        .map(|record| row(record.expect("a row")))
        .collect()
}

fn stop(id: &str) -> Json {
    json!({"layer": "stops", "id": id})
}

/// Some stops across the city: two bus stops far apart and a rail station.
fn some_stops(timetable: &Timetable) -> Vec<usize> {
    let number = |id: &str| timetable.stops.iter().position(|stop| stop.id == id);
    vec![
        number("0:4220").expect("a bus stop"),
        number("0:1511").expect("a bus stop"),
        number("1:MR").expect("a station"),
    ]
}

#[test]
fn stop_to_stop_agrees_with_a_plain_scan_to_the_second() {
    let Some(files) = files() else { return };
    let city = loaded(&files);
    let plain = read_timetable(&files);
    let starts = some_stops(&plain);
    let origins: Vec<Json> = starts.iter().map(|&at| stop(&plain.stops[at].id)).collect();
    let question = |from: &str, to: &str| {
        json!({"origins": origins, "destinations": {"layer": "stops"}, "mode": "transit",
               "departure": {"date": DATE, "from": from, "to": to}, "max_walk_m": 0,
               "percentiles": [1, 10, 50, 90, 100]})
    };
    let no_walks = vec![Vec::new(); plain.stops.len()];
    let ride = |start: usize, time: i64| {
        let mut ridden = plain.ride(&[(start, 0)], &no_walks, time);
        ridden[start] = time;
        let within = |at: i64| (at - time <= 7200).then_some(at - time);
        ridden.into_iter().map(within).collect::<Vec<_>>()
    };

    // At two in the afternoon, and over a window of twenty minutes.
    let once = times(
        city,
        &json!({"origins": origins, "destinations": {"layer": "stops"},
        "mode": "transit", "departure": {"date": DATE, "from": "14:00"}, "max_walk_m": 0}),
    );
    let window = times(city, &question("14:00", "14:20"));
    let mut compared = 0;
    for &start in &starts {
        let rows: Vec<Vec<Option<i64>>> = (0..20)
            .map(|minute| ride(start, 50_400 + 60 * minute))
            .collect();
        for (at, to) in plain.stops.iter().enumerate() {
            let pair = (plain.stops[start].id.clone(), to.id.clone());
            let told = once.get(&pair).map(|row| row[0].expect("seconds"));
            assert_eq!(told, rows[0][at], "{pair:?} at 14:00");
            let mut times: Vec<i64> = rows.iter().filter_map(|row| row[at]).collect();
            times.sort_unstable();
            let expected = (!times.is_empty()).then(|| {
                let rank = |percent: usize| (percent * 20).div_ceil(100);
                let of = [1, 10, 50, 90, 100].map(|percent| times.get(rank(percent) - 1).copied());
                let mut row = vec![Some(times.len() as i64)];
                row.extend(of);
                row
            });
            assert_eq!(
                window.get(&pair),
                expected.as_ref(),
                "{pair:?} from 14:00 to 14:20"
            );
            compared += usize::from(told.is_some());
        }
    }
    assert!(compared > 500, "only {compared} pairs are reachable");
}

/// Walks as a second opinion: the shortest and the longest that they may be taken for.
struct Walks {
    streets: Streets,
    joints: Vec<Option<Joint>>,
}

impl Walks {
    fn new(streets: Streets, timetable: &Timetable) -> Self {
        let joints = timetable
            .stops
            .iter()
            .map(|stop| streets.join(stop.place))
            .collect();
        Walks { streets, joints }
    }

    /// (other, millimetres) from a stop, a little farther than the limit.
    fn from(&self, stop: usize, limit: f64) -> Vec<(usize, f64)> {
        let Some(joint) = self.joints[stop] else {
            return Vec::new();
        };
        let found = self.streets.walks(joint, &self.joints, limit + BLUR_MM);
        let found = found.into_iter().enumerate();
        found
            .filter_map(|(to, mm)| Some((to, mm?)))
            .filter(|(to, _)| *to != stop)
            .collect()
    }
}

/// Seconds of walks that count, each `blur` millimetres longer than measured.
fn legs(walks: &[(usize, f64)], limit: f64, blur: f64) -> Vec<Leg> {
    let near = walks.iter().filter(|(_, mm)| mm + blur <= limit);
    let seconds = |mm: f64| ((mm + blur).max(0.0) / 1250.0).ceil() as i64;
    near.map(|(to, mm)| (*to, seconds(*mm))).collect()
}

#[test]
fn door_to_door_agrees_with_a_second_opinion_on_streets_and_timetable() {
    let Some(files) = files() else { return };
    let city = loaded(&files);
    let plain = read_timetable(&files);
    let walks = Walks::new(Streets::read(&files.streets), &plain);
    let around: Vec<Vec<(usize, f64)>> = (0..plain.stops.len())
        .map(|stop| walks.from(stop, MAX_WALK_MM))
        .collect();
    let starts = some_stops(&plain);
    let origins: Vec<Json> = starts.iter().map(|&at| stop(&plain.stops[at].id)).collect();
    let told = times(
        city,
        &json!({"origins": origins, "destinations": {"layer": "stops"},
        "mode": "transit", "departure": {"date": DATE, "from": "14:00"}, "max_min": 90}),
    );
    let (mut exact, mut compared) = (0, 0);
    for &start in &starts {
        let on_foot: HashMap<usize, f64> = walks.from(start, 5400.0 * 1250.0).into_iter().collect();
        // Every walk as short, and as long, as it may be taken for.
        let bounds = [-BLUR_MM, BLUR_MM].map(|blur| {
            let changes: Vec<Vec<Leg>> = around
                .iter()
                .map(|walks| legs(walks, MAX_CHANGE_MM, blur))
                .collect();
            let mut access = legs(&around[start], MAX_WALK_MM, blur);
            access.push((start, 0));
            let ridden = plain.ride(&access, &changes, 50_400);
            let mut best: Vec<i64> = ridden.clone();
            for (from, at) in ridden.iter().enumerate().filter(|(_, at)| **at < NEVER) {
                for (to, seconds) in legs(&around[from], MAX_WALK_MM, blur) {
                    best[to] = best[to].min(at + seconds);
                }
            }
            for (to, mm) in &on_foot {
                let seconds = ((mm + blur).max(0.0) / 1250.0).ceil() as i64;
                best[*to] = best[*to].min(50_400 + seconds);
            }
            best[start] = 50_400;
            best.into_iter()
                .map(|at| (at - 50_400 <= 5400).then_some(at - 50_400))
                .collect::<Vec<_>>()
        });
        for (at, to) in plain.stops.iter().enumerate() {
            let pair = (plain.stops[start].id.clone(), to.id.clone());
            let found = told
                .get(&pair)
                .map_or(i64::MAX, |row| row[0].expect("seconds"));
            let [low, high] = [&bounds[0], &bounds[1]].map(|bound| bound[at].unwrap_or(i64::MAX));
            assert!(
                (low..=high).contains(&found),
                "{pair:?}: {found}, not {low} to {high}"
            );
            compared += 1;
            exact += u32::from(low == high);
        }
    }
    assert!(
        f64::from(exact) > 0.97 * f64::from(compared),
        "{exact} of {compared} are certain"
    );
}

#[test]
fn journeys_keep_the_rules_of_time() {
    let Some(files) = files() else { return };
    let city = loaded(&files);
    let ends = json!(["0:4220", "0:1511", "1:MR", "1:AP", "0:1028"]);
    let ends: Vec<Json> = ends
        .as_array()
        .expect("ids")
        .iter()
        .map(|id| stop(id.as_str().expect("text")))
        .collect();
    let ask = |more: Json| {
        let mut question = json!({"origins": ends, "destinations": {"layer": "stops"}});
        for (key, value) in more.as_object().expect("fields") {
            question[key] = value.clone();
        }
        times(city, &question)
    };
    let depart = json!({"date": DATE, "from": "08:00", "to": "08:30"});
    let usual = ask(json!({"mode": "transit", "departure": depart, "percentiles": [10, 50, 90]}));
    // Percentiles rise, and nothing is reached by fewer departures than a percentile needs.
    for (pair, row) in &usual {
        let [reached, p10, p50, p90] = row[..] else {
            panic!("{pair:?}")
        };
        let known = [p10, p50, p90].map(|p| p.unwrap_or(i64::MAX));
        assert!(known[0] <= known[1] && known[1] <= known[2], "{pair:?}");
        let reached = reached.expect("a count");
        for (value, needed) in [(p10, 3), (p50, 15), (p90, 27)] {
            assert_eq!(value.is_some(), reached >= needed, "{pair:?}");
        }
    }
    let no_later = |better: &HashMap<_, Vec<Option<i64>>>,
                    worse: &HashMap<_, Vec<Option<i64>>>,
                    column: usize| {
        for (pair, row) in worse {
            if let Some(slow) = row[column] {
                let quick = better.get(pair).and_then(|row| row[column]);
                assert!(
                    quick.is_some_and(|quick| quick <= slow),
                    "{pair:?}: {quick:?}, {slow}"
                );
            }
        }
    };
    // Walking all the way is never sooner.
    let walked = ask(json!({"mode": "walk"}));
    assert!(!walked.is_empty());
    let as_median = walked
        .iter()
        .map(|(pair, row)| (pair.clone(), vec![None, None, row[0]]));
    no_later(&usual, &as_median.collect(), 2);
    // A quicker walk, and a longer one allowed, are never later.
    let quick = ask(
        json!({"mode": "transit", "departure": depart, "percentiles": [10, 50, 90], "walk_speed_km_h": 5.4}),
    );
    (1..4).for_each(|column| no_later(&quick, &usual, column));
    let near = ask(
        json!({"mode": "transit", "departure": depart, "percentiles": [10, 50, 90], "max_walk_m": 500}),
    );
    (1..4).for_each(|column| no_later(&usual, &near, column));
    // A lower limit only cuts off.
    let short = ask(
        json!({"mode": "transit", "departure": depart, "percentiles": [10, 50, 90], "max_min": 40}),
    );
    for (pair, row) in &usual {
        let cut = |value: Option<i64>| value.filter(|seconds| *seconds <= 2400);
        let told = short
            .get(pair)
            .map_or([None; 3], |row| [row[1], row[2], row[3]]);
        assert_eq!(told, [row[1], row[2], row[3]].map(cut), "{pair:?}");
    }
    // Without the trains nothing is sooner, at a time when buses run.
    let depart = json!({"date": DATE, "from": "14:00", "to": "14:30"});
    let bus_only = Desk::new();
    bus_only.done(&["import", "streets", text(&files.streets)]);
    bus_only.done(&["import", "transit", text(&files.feeds[0])]);
    let from_bus = |city: &City| {
        times(
            city,
            &json!({"origins": [stop("0:4220"), stop("0:1028")],
        "destinations": {"layer": "stops"}, "mode": "transit", "departure": depart}),
        )
    };
    no_later(&from_bus(city), &from_bus(&in_memory(&bus_only)), 1);
}

#[test]
fn arriving_by_is_the_latest_departure_that_still_arrives() {
    let Some(files) = files() else { return };
    let city = loaded(&files);
    let target = stop("1:MR");
    let back = times(
        city,
        &json!({"origins": {"layer": "stops"}, "destinations": [target],
        "mode": "transit", "arrival": {"date": DATE, "by": "09:00"}, "max_min": 60}),
    );
    assert!(back.len() > 500, "{}", back.len());
    let mut pairs: Vec<_> = back.iter().collect();
    pairs.sort();
    for ((from, _), row) in pairs.into_iter().step_by(97) {
        let seconds = row[0].expect("seconds");
        let at = |time: i64| {
            let clock = format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
            let there = times(
                city,
                &json!({"origins": [stop(from)], "destinations": [target],
                "mode": "transit", "departure": {"date": DATE, "from": clock}, "max_min": 120}),
            );
            time + there
                .values()
                .next()
                .map_or(NEVER, |row| row[0].expect("seconds"))
        };
        assert!(at(32_400 - seconds) <= 32_400, "{from}: in time");
        assert!(at(32_400 - seconds + 1) > 32_400, "{from}: the latest");
    }
}

#[test]
fn a_time_at_which_a_feed_does_not_run_is_told_beside_every_table() {
    let Some(files) = files() else { return };
    let desk = imported(&files);
    let path = desk.path("early.json");
    let question = json!({"origins": [stop("0:4220")], "destinations": [stop("0:1028")],
        "mode": "transit", "departure": {"date": DATE, "from": "08:00", "to": "09:00"}});
    std::fs::write(&path, question.to_string()).expect("written");
    desk.answers_alike_in_a_database(&[&["travel_times", "--json", text(&path)]]);
    for format in ["csv", "table"] {
        let asked = [
            "query",
            "travel_times",
            "--json",
            text(&path),
            "--format",
            format,
        ];
        let told = desk.done(&asked);
        assert!(told.contains("11:20"), "{format}: {told}");
    }
}

#[test]
fn impossible_journeys_are_refused_by_name() {
    let Some(files) = files() else { return };
    let desk = imported(&files);
    let refused = |change: &str, value: Json| {
        let mut question = json!({"origins": [stop("1:MR")], "destinations": {"layer": "stops"},
            "mode": "transit", "departure": {"date": DATE, "from": "14:00", "to": "15:00"}});
        question[change] = value;
        let path = desk.path("question.json");
        std::fs::write(&path, question.to_string()).expect("written");
        desk.refused(&["query", "travel_times", "--json", text(&path)])
    };
    let departure =
        |date: &str, from: &str, to: &str| json!({"date": date, "from": from, "to": to});
    let told = refused("departure", departure("2021-05-13", "14:00", "15:00"));
    assert!(
        told.contains("2021-05-13") && told.contains("2019-12-31"),
        "{told}"
    );
    for (change, value, word) in [
        (
            "departure",
            departure(DATE, "15:00", "14:00"),
            "ends before",
        ),
        (
            "departure",
            departure(DATE, "00:00", "24:01"),
            "at most a day",
        ),
        (
            "departure",
            departure(DATE, "25:61", "26:00"),
            "time of day",
        ),
        (
            "departure",
            departure("2019-02-30", "14:00", "15:00"),
            "not a date",
        ),
        (
            "departure",
            json!({"date": DATE, "from": "14:00", "percentile": 0}),
            "1 to 100",
        ),
        ("departure", Json::Null, "give departure"),
        ("arrival", json!({"date": DATE, "by": "09:00"}), "not both"),
        ("max_min", json!(0), "more than 0"),
        ("max_min", json!(525_600), "at most 480"),
        ("max_walk_m", json!(-1), "0 to"),
        ("percentiles", json!([101]), "1 to 100"),
        ("origins", json!([stop("9:nowhere")]), "9:nowhere"),
        ("origins", json!([{"lon": 1000, "lat": 0}]), "degrees"),
        ("origins", json!([]), "at least one"),
    ] {
        let told = refused(change, value);
        assert!(told.contains(word), "{change}: {told}");
    }
    // From the sea nobody walks or rides: that is no empty table.
    let sea = json!({"origins": [{"lon": -50.0, "lat": -31.5, "name": "sea"}],
        "departure": {"date": DATE, "from": "14:00"}});
    let path = desk.path("question.json");
    std::fs::write(
        &path,
        json!({"origins": sea["origins"], "destinations": [stop("1:MR")],
        "mode": "transit", "departure": sea["departure"]})
        .to_string(),
    )
    .expect("written");
    let ask = ["query", "travel_times", "--json", text(&path)];
    for more in [&[][..], &["--format", "csv"], &["--format", "json"]] {
        let told = desk.refused(&[&ask[..], more].concat());
        assert!(
            told.contains("origins: sea: no street lies within 500 m"),
            "{told}"
        );
    }
    let told = desk.refused(&[&["--lang", "zh"], &ask[..]].concat());
    assert!(told.contains("origins：sea：500 m 内没有街道"), "{told}");
    let told = desk.refused(&["--lang", "zh", "query", "catchments", "--json", text(&path)]);
    assert!(told.contains("cutoffs"), "{told}");
}

#[test]
fn catchments_hold_the_places_that_the_times_say() {
    let (Some(files), Some(grid)) = (files(), data("porto-alegre/poa_hexgrid.csv")) else {
        return;
    };
    let desk = imported(&files);
    let crs = ["--crs", "EPSG:4326", "--period", "2019"];
    let mut homes = vec!["import", "residences", text(&grid)];
    homes.extend(["--map", "usual_residents=population"]);
    homes.extend(crs);
    desk.done(&homes);
    let ask = |question: &str, body: Json| {
        let path = desk.path("question.json");
        std::fs::write(&path, body.to_string()).expect("written");
        desk.json(&["query", question, "--json", text(&path)])
    };
    let center = json!([{"lon": -51.2287, "lat": -30.0277, "name": "center"}]);
    let departure = json!({"date": DATE, "from": "14:00", "to": "14:30", "percentile": 50});
    let found = ask(
        "catchments",
        json!({"origins": center, "mode": "transit", "unit": "min",
        "cutoffs": [15, 30, 45], "departure": departure, "geometry": true}),
    );
    let times = times(
        &in_memory(&desk),
        &json!({"origins": center, "destinations": {"layer": "residences"},
        "mode": "transit", "departure": departure}),
    );
    let mut smaller: Option<geo::MultiPolygon<f64>> = None;
    for (catchment, minutes) in found["catchments"]
        .as_array()
        .expect("catchments")
        .iter()
        .zip([15, 30, 45])
    {
        let within = times
            .values()
            .filter(|row| row[1].is_some_and(|p50| p50 <= minutes * 60));
        assert_eq!(catchment["totals"]["residences.features"], within.count());
        let shape: geojson::Geometry =
            serde_json::from_value(catchment["geometry"].clone()).expect("a shape");
        let shape = match geo::Geometry::try_from(shape).expect("a shape") {
            geo::Geometry::Polygon(one) => geo::MultiPolygon::new(vec![one]),
            geo::Geometry::MultiPolygon(many) => many,
            other => panic!("{other:?}"),
        };
        use geo::{Area, BooleanOps, Validation};
        assert!(shape.is_valid(), "{minutes} min");
        if let Some(smaller) = smaller {
            // But for corners that are left out here and not there.
            let beyond = smaller.difference(&shape).unsigned_area();
            assert!(
                beyond < 1e-3 * shape.unsigned_area(),
                "{minutes} min: {beyond}"
            );
        }
        smaller = Some(shape);
    }
    let people = |n: usize| found["catchments"][n]["totals"]["residences.usual_residents"].as_i64();
    assert!(people(0) < people(1) && people(1) < people(2));
    // The same question, the same bytes.
    let again = ask("catchments", found["query"].clone());
    assert_eq!(again, found);
}
