//! A timetable with lines that are not there yet, or without stops that are.

use super::{LineTable, Schedule, ServiceDate, Stop};
use crate::domain::measure::distance_m;

/// Stops of one id farther apart than this are two.
const SAME_STOP_M: f64 = 200.0;

impl Schedule {
    /// The first and last date that any service names.
    pub fn dates(&self) -> Option<(ServiceDate, ServiceDate)> {
        let days = self.services.iter().flat_map(|service| {
            let week = service
                .week
                .iter()
                .flat_map(|(_, from, until)| [*from, *until]);
            week.chain(service.added.iter().copied())
                .collect::<Vec<_>>()
        });
        let days: Vec<ServiceDate> = days.collect();
        Some((*days.iter().min()?, *days.iter().max()?))
    }

    /// The schedule with the lines of a table beside its own. A station of the table is the stop of
    /// that id where one stands there already, so that one changes without walking; otherwise it
    /// is a new stop.
    pub fn with_lines(&self, table: &LineTable) -> Schedule {
        let more = table.schedule();
        let mut schedule = self.clone();
        let numbers: Vec<u32> = more
            .stops
            .iter()
            .map(|stop| schedule.stop_for(stop))
            .collect();
        let first_service = schedule.services.len() as u32;
        schedule.services.extend(more.services);
        let mut renamed = Vec::new();
        for mut route in more.routes {
            let id = schedule.free_route(&route.id);
            renamed.push((route.id.clone(), id.clone()));
            route.id = id;
            schedule.routes.push(route);
        }
        for mut trip in more.trips {
            if let Some((old, new)) = renamed.iter().find(|(old, _)| *old == trip.route) {
                trip.id = format!("{new}{}", trip.id.strip_prefix(old.as_str()).unwrap_or(""));
                trip.route.clone_from(new);
            }
            trip.service += first_service;
            for call in &mut trip.calls {
                call.stop = numbers[call.stop as usize];
            }
            schedule.trips.push(trip);
        }
        schedule
    }

    /// The platform of the station of an id at a place: where a line table or feed calls it so and
    /// it stands near there.
    pub fn stop_of(&self, station: &str, place: (f64, f64)) -> Option<u32> {
        let is_named = |stop: &Stop| {
            let own = stop
                .id
                .split_once(':')
                .map_or(stop.id.as_str(), |(_, own)| own);
            own == station && stop.kind == 0
        };
        let is_near = |stop: &Stop| {
            let metres = |at| distance_m(geo::Point::from(at), geo::Point::from(place));
            stop.lon_lat.is_some_and(|at| metres(at) <= SAME_STOP_M)
        };
        let mut stops = self.stops.iter();
        let found = stops.position(|stop| is_named(stop) && is_near(stop));
        found.map(|number| number as u32)
    }

    /// The schedule with a stop at another place; run times stay.
    pub fn with_stop_at(&self, stop: u32, place: (f64, f64)) -> Schedule {
        let mut schedule = self.clone();
        schedule.stops[stop as usize].lon_lat = Some(place);
        schedule
    }

    /// The schedule in which no vehicle calls at a stop: trips pass it in the time they took, and
    /// those that call at fewer than two others do not run.
    pub fn passing(&self, stop: u32) -> Schedule {
        let mut schedule = self.clone();
        schedule.trips.retain_mut(|trip| {
            let Some(first) = trip.calls.first().copied() else {
                return false;
            };
            let before = trip.calls.len();
            trip.calls.retain(|call| call.stop != stop);
            let Some(now_first) = trip.calls.first() else {
                return false;
            };
            // Headways are told at the first stop.
            let later = now_first.departure_s - first.departure_s;
            for headway in &mut trip.headways {
                headway.from_s += later;
                headway.until_s += later;
            }
            trip.calls.len() == before || trip.calls.len() >= 2
        });
        let is_elsewhere = |end: u32| end != stop;
        let transfers = &mut schedule.transfers;
        transfers.retain(|transfer| is_elsewhere(transfer.from) && is_elsewhere(transfer.to));
        schedule.entrances.retain(|way| is_elsewhere(way.platform));
        schedule
    }

    fn stop_for(&mut self, stop: &Stop) -> u32 {
        let is_same = |known: &Stop, id: &str| {
            let near = known.lon_lat.zip(stop.lon_lat).is_some_and(|(a, b)| {
                distance_m(geo::Point::from(a), geo::Point::from(b)) <= SAME_STOP_M
            });
            known.id == id && known.kind == 0 && near
        };
        let mut id = stop.id.clone();
        loop {
            let same = self.stops.iter().position(|known| is_same(known, &id));
            if let Some(number) = same {
                return number as u32;
            }
            if self.stops.iter().all(|known| known.id != id) {
                self.stops.push(Stop { id, ..stop.clone() });
                return self.stops.len() as u32 - 1;
            }
            id += "+";
        }
    }

    fn free_route(&self, wanted: &str) -> String {
        let mut id = wanted.to_owned();
        while self.routes.iter().any(|route| route.id == id) {
            id += "+";
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transit::{DayHeadway, Days, Halt, Headway, Line, LineStation, Timetable};

    fn table(line: &str, stations: [(&str, f64); 2]) -> LineTable {
        let halt = |station, run_s| Halt {
            station,
            dwell_s: 30,
            run_s,
        };
        let headway = Headway {
            from_s: 25_200,
            until_s: 25_800,
            every_s: 300,
        };
        LineTable {
            stations: stations
                .map(|(id, lon)| LineStation {
                    id: id.into(),
                    name: id.to_uppercase(),
                    lon_lat: (lon, 23.0),
                })
                .into(),
            lines: vec![Line {
                name: line.into(),
                direction: None,
                halts: vec![halt(0, 100), halt(1, 0)],
                headways: vec![DayHeadway {
                    days: Days::Daily,
                    headway,
                }],
            }],
            dates: ("2020-01-01".parse().unwrap(), "2020-12-31".parse().unwrap()),
        }
    }

    #[test]
    fn a_stop_that_is_closed_is_passed_in_the_same_time() {
        let mut table = table("1", [("a", 113.0), ("b", 113.1)]);
        table.stations.push(LineStation {
            id: "c".into(),
            name: "C".into(),
            lon_lat: (113.2, 23.0),
        });
        table.lines[0].halts[1].run_s = 200;
        table.lines[0].halts.push(Halt {
            station: 2,
            dwell_s: 30,
            run_s: 0,
        });
        let base = table.schedule();
        assert_eq!(base.stop_of("b", (113.1, 23.001)), Some(1));
        assert_eq!(base.stop_of("b", (113.2, 23.0)), None);
        let arrival = |schedule: &Schedule, trip: usize, stop: u32| {
            let trip = &schedule.trips[trip];
            let call = trip.calls.iter().find(|call| call.stop == stop);
            // Seconds of the day at which the first vehicle gets there.
            call.map(|call| trip.headways[0].from_s + call.arrival_s - trip.calls[0].departure_s)
        };
        for closed in 0..3 {
            let after = base.passing(closed);
            assert!(after.is_sound());
            for (trip, stop) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
                let is_start = after.trips[trip].calls[0].stop == stop;
                let wanted = (stop != closed)
                    .then(|| arrival(&base, trip, stop))
                    .flatten();
                if !is_start {
                    assert_eq!(
                        arrival(&after, trip, stop),
                        wanted,
                        "{closed} {trip} {stop}"
                    );
                }
            }
        }
        // A line of two stops does not run to one.
        assert!(base.passing(0).passing(1).trips.is_empty());
    }

    #[test]
    fn a_station_that_is_there_is_shared_and_another_of_its_name_is_not() {
        let base = table("1", [("a", 113.0), ("b", 113.1)]).schedule();
        let more = base.with_lines(&table("1", [("b", 113.1), ("a", 113.5)]));
        assert!(more.is_sound());
        let ids: Vec<&str> = more.stops.iter().map(|stop| stop.id.as_str()).collect();
        assert_eq!(ids, ["0:a", "0:b", "0:a+"]);
        let routes: Vec<&str> = more.routes.iter().map(|route| route.id.as_str()).collect();
        assert_eq!(routes, ["0:1", "0:1+"]);
        assert_eq!(more.trips[2].id, "0:1+:out:daily");
        assert_eq!(more.trips[2].calls[0].stop, 1);
        assert_eq!(more.dates(), base.dates());
        let day = "2020-06-01".parse().unwrap();
        let runs = |schedule: &Schedule| {
            let timetable = Timetable::for_date(schedule, day, &[]).unwrap();
            timetable.trips_before(24 * 3600)
        };
        assert_eq!((runs(&base), runs(&more)), (4, 8));
        assert_eq!(more.trips[..base.trips.len()], base.trips);
    }
}
