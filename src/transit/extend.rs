//! A timetable with lines that are not there yet.

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
