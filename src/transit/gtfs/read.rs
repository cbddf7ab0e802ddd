use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::FeedReport;
use super::files::{Row, Table, open};
use super::fill::fill;
use crate::transit::{
    Call, Headway, Schedule, Service, ServiceDate, Stop, Transfer, TransitError, Trip,
};

const EARTH_RADIUS_M: f64 = 6_371_008.8;
const TOO_FAST_M_S: f64 = 200.0 / 3.6;
/// Walking speed where a transfer is allowed and its time not given.
const WALK_M_S: f64 = 1.25;

/// Reads feeds, each a folder or a zip, into one schedule; ids become `feed:id`, counted from 0.
///
/// Rows that make no sense are left out and reported; blank times are filled.
///
/// # Errors
/// [`TransitError`] where a table, a column or every row that a timetable needs is missing.
pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<(Schedule, FeedReport), TransitError> {
    let mut schedule = Schedule::default();
    let mut report = FeedReport::default();
    for (number, path) in paths.iter().enumerate() {
        let feed = Feed {
            number,
            path: path.as_ref().display().to_string(),
            files: open(path.as_ref())?,
            schedule: &mut schedule,
            report: &mut report,
        };
        feed.read()?;
    }
    summarize(&schedule, &mut report);
    Ok((schedule, report))
}

struct Feed<'a> {
    number: usize,
    path: String,
    files: BTreeMap<String, Vec<u8>>,
    schedule: &'a mut Schedule,
    report: &'a mut FeedReport,
}

type Index = HashMap<String, u32>;

impl Feed<'_> {
    fn read(mut self) -> Result<(), TransitError> {
        for file in ["stops.txt", "trips.txt", "stop_times.txt"] {
            if !self.files.contains_key(file) {
                return Err(TransitError::MissingFile {
                    path: self.path,
                    file,
                });
            }
        }
        if !["calendar.txt", "calendar_dates.txt"]
            .iter()
            .any(|file| self.files.contains_key(*file))
        {
            return Err(TransitError::MissingFile {
                path: self.path,
                file: "calendar.txt",
            });
        }
        let before = self.schedule.trips.len();
        let stops = self.stops()?;
        let services = self.services()?;
        let trips = self.trips(&services)?;
        self.stop_times(&stops, &trips)?;
        self.frequencies(&trips)?;
        self.transfers(&stops)?;
        let first_fault = self.report.left_out.iter().next();
        let first_fault = first_fault
            .map(|(reason, (_, place))| format!("{reason} ({place})"))
            .unwrap_or_else(|| "it is empty".to_owned());
        let mut used = self.schedule.trips.split_off(before);
        used.retain(|trip| trip.calls.len() > 1);
        if used.is_empty() {
            let file = "stop_times.txt";
            return Err(TransitError::NoRows {
                path: self.path,
                file,
                first_fault,
            });
        }
        self.schedule.trips.append(&mut used);
        Ok(())
    }

    fn table(&mut self, file: &str, needed: &[&str]) -> Result<Option<Table>, TransitError> {
        let Some(bytes) = self.files.remove(file) else {
            return Ok(None);
        };
        let table = Table::new(bytes);
        match needed
            .iter()
            .find(|heading| table.column(heading).is_none())
        {
            Some(column) => Err(TransitError::MissingColumn {
                path: self.path.clone(),
                file: file.to_owned(),
                column: (*column).to_owned(),
            }),
            None => Ok(Some(table)),
        }
    }

    fn leave_out(&mut self, file: &str, row: &Row, reason: &str) {
        let place = format!("{}: {file}, line {}", self.path, row.line);
        self.report.leave_out(reason, place);
    }

    fn stops(&mut self) -> Result<Index, TransitError> {
        let mut index = Index::new();
        let mut parents = Vec::new();
        let Some(mut table) = self.table("stops.txt", &["stop_id"])? else {
            return Ok(index);
        };
        let [id, name, lon, lat, kind, parent] = [
            "stop_id",
            "stop_name",
            "stop_lon",
            "stop_lat",
            "location_type",
            "parent_station",
        ]
        .map(|heading| table.column(heading));
        for row in table.by_ref() {
            let key = row.get(id).to_owned();
            if key.is_empty() || index.contains_key(&key) {
                self.leave_out("stops.txt", &row, "stop without an id of its own");
                continue;
            }
            let degrees = |column, limit: f64| {
                let value: Option<f64> = row.get(column).parse().ok();
                value.filter(|value| value.abs() <= limit)
            };
            let number = self.schedule.stops.len() as u32;
            if !row.get(parent).is_empty() {
                parents.push((number, row.get(parent).to_owned()));
            }
            self.schedule.stops.push(Stop {
                id: format!("{}:{key}", self.number),
                name: row.get(name).to_owned(),
                lon_lat: degrees(lon, 180.0).zip(degrees(lat, 90.0)),
                station: None,
                kind: row.get(kind).parse().unwrap_or(0),
            });
            index.insert(key, number);
        }
        for (stop, parent) in parents {
            self.schedule.stops[stop as usize].station = index.get(&parent).copied();
        }
        Ok(index)
    }

    fn services(&mut self) -> Result<Index, TransitError> {
        const DAYS: [&str; 7] = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        let mut index = Index::new();
        if let Some(mut table) = self.table("calendar.txt", &["service_id"])? {
            let [id, from, until] =
                ["service_id", "start_date", "end_date"].map(|heading| table.column(heading));
            let days = DAYS.map(|day| table.column(day));
            for row in table.by_ref() {
                let (Ok(from), Ok(until)) = (row.get(from).parse(), row.get(until).parse()) else {
                    self.leave_out("calendar.txt", &row, "service without valid dates");
                    continue;
                };
                let week = days.map(|day| row.get(day) == "1");
                self.service(row.get(id), &mut index).week = Some((week, from, until));
            }
        }
        let needed = ["service_id", "date", "exception_type"];
        if let Some(mut table) = self.table("calendar_dates.txt", &needed)? {
            let [id, date, kind] = needed.map(|heading| table.column(heading));
            for row in table.by_ref() {
                let day: Result<ServiceDate, _> = row.get(date).parse();
                match (day, row.get(kind)) {
                    (Ok(day), "1") => {
                        self.service(row.get(id), &mut index).added.insert(day);
                    }
                    (Ok(day), "2") => {
                        self.service(row.get(id), &mut index).removed.insert(day);
                    }
                    _ => self.leave_out("calendar_dates.txt", &row, "exception not understood"),
                }
            }
        }
        Ok(index)
    }

    fn service(&mut self, id: &str, index: &mut Index) -> &mut Service {
        let services = &mut self.schedule.services;
        let number = *index.entry(id.to_owned()).or_insert_with(|| {
            services.push(Service {
                id: format!("{}:{id}", self.number),
                ..Service::default()
            });
            services.len() as u32 - 1
        });
        &mut services[number as usize]
    }

    fn trips(&mut self, services: &Index) -> Result<Index, TransitError> {
        let mut index = Index::new();
        let needed = ["trip_id", "service_id", "route_id"];
        let Some(mut table) = self.table("trips.txt", &needed)? else {
            return Ok(index);
        };
        let [id, service, route] = needed.map(|heading| table.column(heading));
        for row in table.by_ref() {
            let key = row.get(id).to_owned();
            let Some(&service) = services.get(row.get(service)) else {
                self.leave_out(
                    "trips.txt",
                    &row,
                    "trip of a service that no calendar names",
                );
                continue;
            };
            if key.is_empty() || index.contains_key(&key) {
                self.leave_out("trips.txt", &row, "trip without an id of its own");
                continue;
            }
            self.schedule.trips.push(Trip {
                id: format!("{}:{key}", self.number),
                route: format!("{}:{}", self.number, row.get(route)),
                service,
                calls: Vec::new(),
                headways: Vec::new(),
            });
            index.insert(key, self.schedule.trips.len() as u32 - 1);
        }
        Ok(index)
    }

    fn stop_times(&mut self, stops: &Index, trips: &Index) -> Result<(), TransitError> {
        struct RawCall {
            trip: u32,
            order: i64,
            stop: u32,
            time: (Option<i32>, Option<i32>),
            boards: bool,
            alights: bool,
        }
        let needed = ["trip_id", "stop_id", "stop_sequence"];
        let Some(mut table) = self.table("stop_times.txt", &needed)? else {
            return Ok(());
        };
        let [trip, stop, order] = needed.map(|heading| table.column(heading));
        let [arrival, departure, pickup, drop_off] = [
            "arrival_time",
            "departure_time",
            "pickup_type",
            "drop_off_type",
        ]
        .map(|heading| table.column(heading));
        let mut raw = Vec::new();
        let mut broken = BTreeSet::new();
        for row in table.by_ref() {
            let Some(&trip) = trips.get(row.get(trip)) else {
                self.leave_out("stop_times.txt", &row, "call of an unknown trip");
                continue;
            };
            let (Some(&stop), Ok(order)) = (stops.get(row.get(stop)), row.get(order).parse())
            else {
                self.leave_out(
                    "stop_times.txt",
                    &row,
                    "call without a known stop and order",
                );
                continue;
            };
            let (Ok(arrival), Ok(departure)) = (
                time_of_day(row.get(arrival)),
                time_of_day(row.get(departure)),
            ) else {
                self.leave_out("stop_times.txt", &row, "trip with a time not understood");
                broken.insert(trip);
                continue;
            };
            let (boards, alights) = (row.get(pickup) != "1", row.get(drop_off) != "1");
            raw.push(RawCall {
                trip,
                order,
                stop,
                time: (arrival, departure),
                boards,
                alights,
            });
        }
        raw.sort_by_key(|call| (call.trip, call.order));
        for calls in raw.chunk_by(|a, b| a.trip == b.trip) {
            let trip = calls[0].trip;
            if broken.contains(&trip) {
                continue;
            }
            let lengths_m: Vec<f64> = calls
                .windows(2)
                .map(|pair| self.length_m(pair[0].stop, pair[1].stop))
                .collect();
            let mut times: Vec<_> = calls.iter().map(|call| call.time).collect();
            let Some(filled) = fill(&mut times, &lengths_m) else {
                let id = self.schedule.trips[trip as usize].id.clone();
                let reason = "trip whose times run backwards or lack an end";
                self.report
                    .leave_out(reason, format!("{}: trip {id}", self.path));
                continue;
            };
            self.report.filled_calls += filled;
            let fixed = calls
                .iter()
                .zip(times)
                .filter_map(|(call, (arrival, departure))| {
                    Some(Call {
                        stop: call.stop,
                        arrival_s: arrival?,
                        departure_s: departure?,
                        boards: call.boards,
                        alights: call.alights,
                    })
                });
            let fixed: Vec<Call> = fixed.collect();
            let too_fast = fixed.windows(2).zip(&lengths_m).any(|(pair, length_m)| {
                // Times are often whole minutes: a minute more must still be too fast.
                let seconds = f64::from(pair[1].arrival_s - pair[0].departure_s) + 60.0;
                length_m / seconds > TOO_FAST_M_S
            });
            self.report.too_fast_trips += usize::from(too_fast);
            self.schedule.trips[trip as usize].calls = fixed;
        }
        Ok(())
    }

    fn frequencies(&mut self, trips: &Index) -> Result<(), TransitError> {
        let needed = ["trip_id", "start_time", "end_time", "headway_secs"];
        let Some(mut table) = self.table("frequencies.txt", &needed)? else {
            return Ok(());
        };
        let [trip, from, until, every] = needed.map(|heading| table.column(heading));
        for row in table.by_ref() {
            let headway = || {
                let from_s = time_of_day(row.get(from)).ok()??;
                let until_s = time_of_day(row.get(until)).ok()??;
                let every_s: i32 = row.get(every).parse().ok().filter(|&every| every > 0)?;
                Some(Headway {
                    from_s,
                    until_s,
                    every_s,
                })
            };
            match (trips.get(row.get(trip)), headway()) {
                (Some(&trip), Some(headway)) => {
                    self.schedule.trips[trip as usize].headways.push(headway);
                }
                _ => self.leave_out("frequencies.txt", &row, "headway not understood"),
            }
        }
        Ok(())
    }

    fn transfers(&mut self, stops: &Index) -> Result<(), TransitError> {
        let needed = ["from_stop_id", "to_stop_id"];
        let Some(mut table) = self.table("transfers.txt", &needed)? else {
            return Ok(());
        };
        let [from, to] = needed.map(|heading| table.column(heading));
        let [kind, least] = ["transfer_type", "min_transfer_time"].map(|name| table.column(name));
        let special = ["from_route_id", "to_route_id", "from_trip_id", "to_trip_id"]
            .map(|heading| table.column(heading));
        for row in table.by_ref() {
            let (Some(&from), Some(&to)) = (stops.get(row.get(from)), stops.get(row.get(to)))
            else {
                self.leave_out("transfers.txt", &row, "transfer between unknown stops");
                continue;
            };
            if special.iter().any(|&column| !row.get(column).is_empty()) {
                self.leave_out("transfers.txt", &row, "transfer of single routes or trips");
                continue;
            }
            let least: Option<u32> = row.get(least).parse().ok();
            let walk_s = (self.length_m(from, to) / WALK_M_S).ceil() as u32;
            let seconds = match row.get(kind) {
                "3" => None,
                "2" => Some(least.unwrap_or(walk_s)),
                _ => Some(walk_s),
            };
            self.schedule.transfers.push(Transfer { from, to, seconds });
        }
        Ok(())
    }

    /// Great-circle length, 0 where a position is not known.
    fn length_m(&self, from: u32, to: u32) -> f64 {
        let place = |stop: u32| self.schedule.stops[stop as usize].lon_lat;
        let (Some((lon_a, lat_a)), Some((lon_b, lat_b))) = (place(from), place(to)) else {
            return 0.0;
        };
        let (lat_a, lat_b) = (lat_a.to_radians(), lat_b.to_radians());
        let half_lat = ((lat_b - lat_a) / 2.0).sin();
        let half_lon = ((lon_b - lon_a).to_radians() / 2.0).sin();
        let square = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
        2.0 * EARTH_RADIUS_M * square.sqrt().min(1.0).asin()
    }
}

/// `25:10:00` in seconds; `None` for a blank.
fn time_of_day(text: &str) -> Result<Option<i32>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut parts = text.split(':').map(|part| part.trim().parse::<u16>());
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Ok(hours)), Some(Ok(minutes)), Some(Ok(seconds)), None)
            if hours < 1000 && minutes < 60 && seconds < 60 =>
        {
            Ok(Some(
                i32::from(hours) * 3600 + i32::from(minutes) * 60 + i32::from(seconds),
            ))
        }
        _ => Err(()),
    }
}

fn summarize(schedule: &Schedule, report: &mut FeedReport) {
    let mut called = vec![false; schedule.stops.len()];
    let mut dates = BTreeSet::new();
    let mut services = BTreeSet::new();
    for trip in &schedule.trips {
        report.calls += trip.calls.len();
        services.insert(trip.service);
        trip.calls
            .iter()
            .for_each(|call| called[call.stop as usize] = true);
    }
    for service in services
        .iter()
        .map(|&service| &schedule.services[service as usize])
    {
        dates.extend(service.added.iter().copied());
        if let Some((_, from, until)) = service.week {
            // A century bounds the work that a mistyped year can cause.
            let days = (from.0..=until.0.min(from.0.saturating_add(36_525))).map(ServiceDate);
            dates.extend(days.filter(|&day| service.runs_on(day)));
        }
    }
    report.stops = schedule.stops.len();
    report.trips = schedule.trips.len();
    let unused = |(stop, called): (&Stop, &bool)| stop.kind == 0 && !called;
    report.unused_stops = schedule
        .stops
        .iter()
        .zip(&called)
        .filter(|&pair| unused(pair))
        .count();
    report.service = dates
        .first()
        .zip(dates.last())
        .map(|(first, last)| (first.to_string(), last.to_string(), dates.len()));
}
