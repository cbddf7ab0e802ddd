use std::io::Read;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::read;
use crate::transit::oracle_tests::plain_scan;
use crate::transit::percentile::UNREACHED;
use crate::transit::raptor::{Raptor, Window};
use crate::transit::{Call, ServiceDate, Timetable, TransitError};

fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var("SUITU_TEST_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data").to_owned());
    let path = PathBuf::from(root).join(path);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn porto_alegre_agrees_with_the_plain_scan() {
    let (Some(bus), Some(rail)) = (
        data("porto-alegre/poa_eptc.zip"),
        data("porto-alegre/poa_trensurb.zip"),
    ) else {
        return;
    };
    let (schedule, report) = read(&[bus, rail]).unwrap();
    println!("{report}");
    let date: ServiceDate = "2019-05-13".parse().unwrap();
    let timetable = Timetable::for_date(&schedule, date, &[]).unwrap();
    let runs: Vec<Vec<Call>> = schedule
        .trips
        .iter()
        .filter(|trip| schedule.services[trip.service as usize].runs_on(date))
        .inspect(|trip| assert!(trip.headways.is_empty()))
        .map(|trip| trip.calls.clone())
        .collect();
    println!(
        "{} runs in {} patterns",
        runs.len(),
        timetable.patterns.len()
    );
    let never = AtomicBool::new(false);
    let mut raptor = Raptor::default();
    for origin in (0..schedule.stops.len() as u32).step_by(401) {
        let window = Window {
            from_s: 14 * 3600,
            departures: 5,
            longest_s: 7200,
            max_transfers: None,
        };
        let mut rows = vec![Vec::new(); 5];
        raptor
            .search(
                &timetable,
                window,
                &[(origin, 0)],
                &never,
                |number, reached| {
                    rows[number] = (0..schedule.stops.len() as u32)
                        .map(|stop| reached.stop(stop))
                        .collect();
                },
            )
            .unwrap();
        for number in [0, 4] {
            let departure_s = 14 * 3600 + 60 * number as i32;
            let plain = plain_scan(
                &runs,
                &timetable.walks,
                &timetable.change_s,
                &[(origin, 0)],
                departure_s,
            );
            for (stop, &arrival) in plain.iter().enumerate() {
                let seconds = arrival - i64::from(departure_s);
                let plain = if seconds <= 7200 {
                    seconds as u32
                } else {
                    UNREACHED
                };
                assert_eq!(rows[number][stop], plain, "from {origin} to {stop}");
            }
        }
    }
    let one = Window {
        from_s: 14 * 3600,
        departures: 1,
        longest_s: 7200,
        max_transfers: None,
    };
    for (name, window) in [
        ("one departure", one),
        (
            "120 departures",
            Window {
                departures: 120,
                ..one
            },
        ),
    ] {
        let start = Instant::now();
        let mut origins = 0;
        for origin in (0..schedule.stops.len() as u32).step_by(40) {
            raptor
                .search(&timetable, window, &[(origin, 0)], &never, |_, _| {})
                .unwrap();
            origins += 1;
        }
        println!("{name}, one stop to all: {:?}", start.elapsed() / origins);
    }
    let sunday_of_another_year = "2031-01-05".parse().unwrap();
    let refused = Timetable::for_date(&schedule, sunday_of_another_year, &[]).unwrap_err();
    assert!(refused.to_string().contains("2019-12-31"), "{refused}");
}

#[test]
fn faulty_feeds_are_read_or_refused_in_words() {
    for archive in [
        "etalab_transport_validator_fixtures.tar.gz",
        "conveyal_r5_gtfs_fixtures.tar.gz",
    ] {
        let Some(path) = data(&format!("formats/gtfs/{archive}")) else {
            return;
        };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).unwrap();
        flate2::read::GzDecoder::new(file)
            .read_to_end(&mut bytes)
            .unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let feeds = unpack(&bytes, scratch.path());
        assert!(!feeds.is_empty());
        for feed in feeds {
            let name = feed
                .strip_prefix(scratch.path())
                .unwrap()
                .display()
                .to_string();
            match read(&[&feed]) {
                Ok((schedule, report)) => {
                    println!(
                        "read {name}: {} trips, {:?}",
                        schedule.trips.len(),
                        report.left_out
                    );
                }
                Err(error) => println!("refused {name}: {error}"),
            }
        }
    }
}

/// Writes the files of a tar and returns the zips and the folders of tables among them.
fn unpack(mut tar: &[u8], into: &std::path::Path) -> std::collections::BTreeSet<PathBuf> {
    let mut feeds = std::collections::BTreeSet::new();
    while tar.len() >= 512 && tar[0] != 0 {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&tar[range])
                .trim_matches(['\0', ' '])
                .to_owned()
        };
        let (name, size) = (
            text(0..100),
            usize::from_str_radix(&text(124..136), 8).unwrap(),
        );
        if tar[156] == b'0' {
            let path = into.join(&name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &tar[512..512 + size]).unwrap();
            match path.extension().and_then(|end| end.to_str()) {
                Some("zip") => feeds.insert(path),
                Some("txt") => feeds.insert(path.parent().unwrap().to_owned()),
                _ => false,
            };
        }
        tar = &tar[(512 + size.next_multiple_of(512)).min(tar.len())..];
    }
    feeds
}

#[test]
fn odd_packings_are_read_and_a_missing_table_is_named() {
    for name in ["gtfs_with_bom.zip", "macosx.zip", "subdirectory.zip"] {
        let Some(path) = data(&format!("formats/gtfs/{name}")) else {
            continue;
        };
        match read(&[path]) {
            Ok((schedule, _)) => println!("{name}: {} trips", schedule.trips.len()),
            Err(error) => println!("{name}: {error}"),
        }
    }
    let empty = tempfile::tempdir().unwrap();
    let refused = read(&[empty.path()]).unwrap_err();
    assert!(matches!(
        refused,
        TransitError::MissingFile {
            file: "stops.txt",
            ..
        }
    ));
}
