use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::fault::Fault;
use super::files::{Row, Table, open};
use super::report::{FeedFacts, FeedReport, Place};
use crate::domain::{Language, Title, measure::distance_m};
use crate::transit::{Headway, Route, Schedule, Service, ServiceDate, Stop, TransitError, Trip};

/// Walking speed where a feed gives a length or nothing.
pub(super) const WALK_M_S: f64 = 1.25;

/// Reads feeds, each a folder or a zip, into one schedule; ids become `feed:id`, counted from 0.
///
/// Rows that make no sense are left out and reported; blank times are filled.
///
/// # Errors
/// [`TransitError`] where a table, a column or every row that a timetable needs is missing.
pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<(Schedule, FeedReport), TransitError> {
    read_while(paths, &|| true)
}

/// Like [`read`], for as long as `goes_on` says so.
///
/// # Errors
/// As [`read`], and [`TransitError::Cancelled`].
pub fn read_while<P: AsRef<Path>>(
    paths: &[P],
    goes_on: &dyn Fn() -> bool,
) -> Result<(Schedule, FeedReport), TransitError> {
    let mut schedule = Schedule::default();
    let mut report = FeedReport::default();
    for (number, path) in paths.iter().enumerate() {
        let path = path.as_ref();
        let name = path.file_name().unwrap_or(path.as_os_str());
        let feed = Feed {
            number,
            path: path.display().to_string(),
            name: name.to_string_lossy().into_owned(),
            files: open(path)?,
            first_stop: schedule.stops.len(),
            first_trip: schedule.trips.len(),
            schedule: &mut schedule,
            report: &mut report,
            goes_on,
        };
        feed.read()?;
    }
    Ok((schedule, report))
}

/// A feed while it is being read.
pub(super) struct Feed<'a> {
    number: usize,
    path: String,
    /// The file without its folder.
    name: String,
    files: BTreeMap<String, Vec<u8>>,
    /// Where its own stops and trips begin.
    pub(super) first_stop: usize,
    pub(super) first_trip: usize,
    pub(super) schedule: &'a mut Schedule,
    pub(super) report: &'a mut FeedReport,
    pub(super) goes_on: &'a dyn Fn() -> bool,
}

/// Numbers by the ids of the feed.
pub(super) type Index = HashMap<String, u32>;

impl Feed<'_> {
    fn read(mut self) -> Result<(), TransitError> {
        let missing = |file| TransitError::MissingFile {
            path: self.path.clone(),
            file,
        };
        for file in ["stops.txt", "trips.txt", "stop_times.txt"] {
            if !self.files.contains_key(file) {
                return Err(missing(file));
            }
        }
        let calendars = ["calendar.txt", "calendar_dates.txt"];
        if !calendars.iter().any(|file| self.files.contains_key(*file)) {
            return Err(missing("calendar.txt"));
        }
        let publisher = self.publisher()?;
        self.report.feeds.push(FeedFacts {
            file: self.name.clone(),
            publisher,
        });
        let stops = self.stops()?;
        self.routes()?;
        let services = self.services()?;
        let mut trips = self.trips(&services)?;
        self.calls(&stops, &trips)?;
        self.headways(&trips)?;
        self.drop_empty_trips(&mut trips)?;
        self.report.trips.taken += self.schedule.trips.len() - self.first_trip;
        self.transfers(&stops, &trips)?;
        self.pathways(&stops)
    }

    /// A table with the columns that it cannot do without; `None` where the feed has no such file.
    pub(super) fn table(
        &mut self,
        file: &'static str,
        needed: &[&str],
    ) -> Result<Option<Table>, TransitError> {
        let Some(bytes) = self.files.remove(file) else {
            return Ok(None);
        };
        let table = Table::new(bytes);
        match needed
            .iter()
            .find(|heading| table.column(heading).is_none())
        {
            Some(column) => Err(self.missing_column(file, column)),
            None => Ok(Some(table)),
        }
    }

    pub(super) fn missing_column(&self, file: &str, column: &str) -> TransitError {
        TransitError::MissingColumn {
            path: self.path.clone(),
            file: file.to_owned(),
            column: column.to_owned(),
        }
    }

    pub(super) fn leave_out(&mut self, fault: Fault, file: &'static str, row: &Row) {
        let place = || Place::Line {
            feed: self.name.clone(),
            file,
            line: row.line,
        };
        self.report.left_out.entry(fault).or_default().add(place);
    }

    /// Who publishes the feed, else who runs it.
    fn publisher(&mut self) -> Result<String, TransitError> {
        let tables = [
            ("feed_info.txt", "feed_publisher_name"),
            ("agency.txt", "agency_name"),
        ];
        for (file, heading) in tables {
            if let Some(mut table) = self.table(file, &[])? {
                let column = table.column(heading);
                let names = table.by_ref().map(|row| row.get(column).to_owned());
                let mut names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
                names.dedup();
                if !names.is_empty() {
                    names.truncate(3);
                    return Ok(names.join(", "));
                }
            }
        }
        Ok(String::new())
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
            self.report.stops.rows += 1;
            if key.is_empty() || index.contains_key(&key) {
                self.leave_out(Fault::StopId, "stops.txt", &row);
                continue;
            }
            self.report.stops.taken += 1;
            let degrees = |column, limit: f64| {
                let value: Option<f64> = row.get(column).parse().ok();
                value.filter(|value| value.abs() <= limit)
            };
            let number = self.schedule.stops.len() as u32;
            if !row.get(parent).is_empty() {
                parents.push((number, row.get(parent).to_owned()));
            }
            let lon_lat = degrees(lon, 180.0).zip(degrees(lat, 90.0));
            let id = format!("{}:{key}", self.number);
            // No city lies there: programs write zeros where they know nothing.
            let lon_lat = lon_lat.filter(|place| *place != (0.0, 0.0));
            let kind = row.get(kind).parse().unwrap_or(0);
            // Nodes and boarding areas need no position.
            if lon_lat.is_none() && kind < 3 {
                self.report.unplaced_stops.add(|| Place::Id(id.clone()));
            }
            self.schedule.stops.push(Stop {
                id,
                name: row.get(name).to_owned(),
                lon_lat,
                station: None,
                kind,
            });
            index.insert(key, number);
        }
        for (stop, parent) in parents {
            let parent = index.get(&parent).copied().filter(|parent| *parent != stop);
            self.schedule.stops[stop as usize].station = parent;
        }
        Ok(index)
    }

    fn routes(&mut self) -> Result<(), TransitError> {
        let Some(mut table) = self.table("routes.txt", &[])? else {
            return Ok(());
        };
        let [id, short_name, long_name, kind] = [
            "route_id",
            "route_short_name",
            "route_long_name",
            "route_type",
        ]
        .map(|heading| table.column(heading));
        let mut known = Index::new();
        for row in table.by_ref() {
            let key = row.get(id).to_owned();
            self.report.routes.rows += 1;
            if key.is_empty() || known.insert(key, 0).is_some() {
                self.leave_out(Fault::RouteId, "routes.txt", &row);
                continue;
            }
            self.report.routes.taken += 1;
            let route = format!("{}:{}", self.number, row.get(id));
            let kind = row.get(kind).parse().ok();
            if kind.is_none() {
                self.report.unknown_kinds.add(|| Place::Id(route.clone()));
            }
            let name = match row.get(short_name) {
                "" => row.get(long_name),
                name => name,
            };
            self.schedule.routes.push(Route {
                id: route,
                name: name.to_owned(),
                kind,
            });
        }
        Ok(())
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
                    self.leave_out(Fault::ServiceDates, "calendar.txt", &row);
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
                    _ => self.leave_out(Fault::ExceptionDate, "calendar_dates.txt", &row),
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
            self.report.trips.rows += 1;
            let key = row.get(id).to_owned();
            let Some(&service) = services.get(row.get(service)) else {
                self.leave_out(Fault::TripService, "trips.txt", &row);
                continue;
            };
            if key.is_empty() || index.contains_key(&key) {
                self.leave_out(Fault::TripId, "trips.txt", &row);
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

    fn headways(&mut self, trips: &Index) -> Result<(), TransitError> {
        /// A train every second of a day is no timetable.
        const MOST_DEPARTURES: i32 = 20_000;
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
                let departures = (until_s - from_s) / every_s;
                (from_s < until_s && departures < MOST_DEPARTURES).then_some(Headway {
                    from_s,
                    until_s,
                    every_s,
                })
            };
            match (trips.get(row.get(trip)), headway()) {
                (Some(&trip), Some(headway)) => {
                    self.schedule.trips[trip as usize].headways.push(headway);
                    self.report.headways += 1;
                }
                _ => self.leave_out(Fault::Headway, "frequencies.txt", &row),
            }
        }
        let own = &self.schedule.trips[self.first_trip..];
        self.report.headway_trips += own.iter().filter(|t| !t.headways.is_empty()).count();
        Ok(())
    }

    /// Takes out trips that go nowhere; `trips` then names those that are left.
    fn drop_empty_trips(&mut self, trips: &mut Index) -> Result<(), TransitError> {
        let own = self.schedule.trips.split_off(self.first_trip);
        let mut now = vec![None; own.len()];
        for (before, trip) in own.into_iter().enumerate() {
            if trip.calls.len() > 1 {
                now[before] = Some(self.schedule.trips.len() as u32);
                self.schedule.trips.push(trip);
            }
        }
        trips.retain(|_, trip| match now[*trip as usize - self.first_trip] {
            Some(number) => {
                *trip = number;
                true
            }
            None => false,
        });
        if self.schedule.trips.len() > self.first_trip {
            return Ok(());
        }
        // Stops and routes that are left out leave trips and calls behind, which say it better.
        let mut causes = self
            .report
            .left_out
            .iter()
            .filter(|(fault, _)| **fault > Fault::RouteId);
        let first = causes.find_map(|(fault, examples)| {
            let place = examples.first.first()?;
            let (zh, en) = (Language::Zh, Language::En);
            Some(Title::new(
                format!("{}（{}）", fault.text(zh), place.text(zh)),
                format!("{} ({})", fault.text(en), place.text(en)),
            ))
        });
        Err(TransitError::NoRows {
            path: self.path.clone(),
            file: "stop_times.txt",
            first_fault: first.unwrap_or_else(|| Title::new("其中没有内容", "it is empty")),
        })
    }

    /// Great-circle length, 0 where a position is not known.
    pub(super) fn length_m(&self, from: u32, to: u32) -> f64 {
        let place = |stop: u32| self.schedule.stops[stop as usize].lon_lat;
        match (place(from), place(to)) {
            (Some(from), Some(to)) => distance_m(from.into(), to.into()),
            _ => 0.0,
        }
    }

    /// Seconds of a straight walk, rounded up.
    pub(super) fn walk_s(&self, from: u32, to: u32) -> u32 {
        (self.length_m(from, to) / WALK_M_S).ceil() as u32
    }
}

/// `25:10:00` in seconds; `None` for a blank.
pub(super) fn time_of_day(text: &str) -> Result<Option<i32>, ()> {
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
