//! The timetable of the metro: real lines, assumed speeds and headways.

use serde::Deserialize;

use super::{figures::Figures, figures::read, plane::Spot};
use crate::transit::{DayHeadway, Days, Halt, Headway, Line, LineStation, LineTable};

/// Tracks are longer than the straight way from station to station.
const DETOUR: f64 = 1.15;
/// Where lines cross more people change.
const DWELL_S: i32 = 30;
const CROSSING_DWELL_S: i32 = 40;
/// Until this date the table is good for every day, so that today's date is too.
const DATES: (&str, &str) = ("2020-01-01", "2030-12-31");

#[derive(Clone, Debug, Deserialize)]
struct MetroLine {
    #[cfg(test)]
    line: String,
    name: String,
    kind: Kind,
    speed_km_h: f64,
    stations: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Core,
    Outer,
}

/// The lines with the stations that the city holds, as an operator would write them down.
pub fn line_table(figures: &Figures) -> LineTable {
    let stations = figures.stations.iter().enumerate().map(|(at, station)| {
        let place = station.spot().lon_lat();
        LineStation {
            id: format!("st{:03}", at + 1),
            name: station.name.clone(),
            lon_lat: (place.x, place.y),
        }
    });
    let [from, until] = [DATES.0, DATES.1].map(|date| date.parse().expect("a date"));
    LineTable {
        stations: stations.collect(),
        lines: metro_lines()
            .iter()
            .map(|line| metro_line(figures, line))
            .collect(),
        dates: (from, until),
    }
}

fn metro_lines() -> Vec<MetroLine> {
    read(include_str!("metro_lines.csv"))
}

fn metro_line(figures: &Figures, line: &MetroLine) -> Line {
    let places: Vec<usize> = stations_of(figures, line);
    let runs = places.windows(2).map(|pair| {
        let [from, to]: [Spot; 2] = [pair[0], pair[1]].map(|at| figures.stations[at].spot());
        let way_m = from.distance2(to).sqrt() * DETOUR;
        let seconds = way_m * 3.6 / line.speed_km_h - f64::from(dwell_s(figures, pair[1]));
        // To five seconds, as operators write them.
        ((seconds / 5.0).round() as i32 * 5).max(60)
    });
    let halts = places.iter().zip(runs.chain([0]));
    let halt = |(&station, run_s): (&usize, i32)| Halt {
        station: station as u32,
        dwell_s: dwell_s(figures, station),
        run_s,
    };
    Line {
        name: line.name.clone(),
        direction: None,
        halts: halts.map(halt).collect(),
        headways: headways(line.kind),
    }
}

fn stations_of(figures: &Figures, line: &MetroLine) -> Vec<usize> {
    let names = line.stations.split('/');
    let place = |name: &str| figures.stations.iter().position(|s| s.name == name);
    let places: Option<Vec<usize>> = names.map(place).collect();
    places.expect("the lines name stations of the city")
}

fn dwell_s(figures: &Figures, station: usize) -> i32 {
    match figures.stations[station].line_count() {
        1 => DWELL_S,
        _ => CROSSING_DWELL_S,
    }
}

fn headways(kind: Kind) -> Vec<DayHeadway> {
    let (peak_s, day_s, edge_s) = match kind {
        Kind::Core => (150, 300, 480),
        Kind::Outer => (180, 360, 480),
    };
    let bands = [
        (Days::Weekday, 360, 420, edge_s),
        (Days::Weekday, 420, 570, peak_s),
        (Days::Weekday, 570, 1020, day_s),
        (Days::Weekday, 1020, 1170, peak_s),
        (Days::Weekday, 1170, 1290, day_s),
        (Days::Weekday, 1290, 1410, edge_s),
        (Days::Weekend, 360, 450, edge_s),
        (Days::Weekend, 450, 1290, day_s),
        (Days::Weekend, 1290, 1410, edge_s),
    ];
    let headway = |(days, from_min, until_min, every_s)| DayHeadway {
        days,
        headway: Headway {
            from_s: from_min * 60,
            until_s: until_min * 60,
            every_s,
        },
    };
    bands.map(headway).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn lines_and_stations_name_each_other() {
        let figures = Figures::built_in();
        let mut of_stations = BTreeSet::new();
        for station in &figures.stations {
            of_stations.extend(station.lines.split('/').map(|line| (line, &station.name)));
        }
        let lines = metro_lines();
        let mut of_lines = BTreeSet::new();
        for line in &lines {
            // The northern branch belongs to line 3.
            let id = line.line.strip_suffix('N').unwrap_or(&line.line);
            let places = stations_of(&figures, line);
            of_lines.extend(
                places
                    .into_iter()
                    .map(|at| (id, &figures.stations[at].name)),
            );
        }
        assert_eq!(of_stations, of_lines);
    }

    #[test]
    fn no_line_zigzags() {
        let figures = Figures::built_in();
        for line in metro_lines() {
            let spots: Vec<Spot> = stations_of(&figures, &line)
                .into_iter()
                .map(|at| figures.stations[at].spot())
                .collect();
            let gap = |a: usize, b: usize| spots[a].distance2(spots[b]).sqrt();
            // Turning a part of the line round never makes it shorter.
            for from in 1..spots.len() {
                for to in from + 1..spots.len() - 1 {
                    let now = gap(from - 1, from) + gap(to, to + 1);
                    let turned = gap(from - 1, to) + gap(from, to + 1);
                    let (name, stations) = (&line.name, &line.stations);
                    assert!(now <= turned + 1.0, "{name}: {from}..={to} of {stations}");
                }
            }
        }
    }

    #[test]
    fn trains_keep_the_speed_of_their_line() {
        let figures = Figures::built_in();
        let table = line_table(&figures);
        for (line, known) in table.lines.iter().zip(metro_lines()) {
            let spot = |halt: &Halt| figures.stations[halt.station as usize].spot();
            let pairs = line.halts.windows(2);
            let way_m: f64 = pairs
                .map(|pair| spot(&pair[0]).distance2(spot(&pair[1])).sqrt() * DETOUR)
                .sum();
            let seconds: i32 = line
                .halts
                .windows(2)
                .map(|p| p[0].run_s + p[1].dwell_s)
                .sum();
            let km_h = way_m * 3.6 / f64::from(seconds);
            println!(
                "{}: {way_m:.0} m, {} min, {km_h:.1} km/h",
                line.name,
                seconds / 60
            );
            assert!(
                (km_h / known.speed_km_h - 1.0).abs() < 0.08,
                "{}: {km_h}",
                line.name
            );
        }
    }

    #[test]
    fn weekdays_have_their_peaks() {
        let schedule = line_table(&Figures::built_in()).schedule();
        let ten_lines = schedule.trips.iter().filter(|trip| trip.route == "0:1号线");
        // Two ways, two kinds of day.
        assert_eq!(ten_lines.count(), 4);
        let weekday = &schedule.trips[0];
        // 8 by 8 min, 60 and 60 by 2.5, 90 and 24 by 5, 15 by 8.
        let runs: i32 = weekday
            .headways
            .iter()
            .map(|h| (h.until_s - h.from_s + h.every_s - 1) / h.every_s)
            .sum();
        assert_eq!(runs, 8 + 60 + 90 + 60 + 24 + 15);
    }
}
