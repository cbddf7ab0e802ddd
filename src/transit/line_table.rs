use super::{Call, Headway, Route, Schedule, Service, ServiceDate, Stop, Trip};

/// Lines as an operator writes them down (线路表): stations in order, run times and headways.
#[derive(Clone, Debug, PartialEq)]
pub struct LineTable {
    pub stations: Vec<LineStation>,
    pub lines: Vec<Line>,
    /// First and last date on which the table holds.
    pub dates: (ServiceDate, ServiceDate),
}

/// A station that lines call at.
#[derive(Clone, Debug, PartialEq)]
pub struct LineStation {
    pub id: String,
    pub name: String,
    pub lon_lat: (f64, f64),
}

/// The way of a line's trains in one direction, or in both alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    /// Which way it runs, as the operator calls it (上行, 下行 …); `None` for both ways alike.
    pub direction: Option<String>,
    /// Two at least.
    pub halts: Vec<Halt>,
    pub headways: Vec<DayHeadway>,
}

/// A stay at a station and the run to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halt {
    /// Index into [`LineTable::stations`].
    pub station: u32,
    /// Seconds at the station (停站时间); no matter at both ends.
    pub dwell_s: i32,
    /// Seconds from here to the next station (区间时间); no matter at the last.
    pub run_s: i32,
}

/// How often a line leaves its first station (发车间隔), on which days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayHeadway {
    pub days: Days,
    pub headway: Headway,
}

/// The days of the week (日期类型) that a headway is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Days {
    /// 每日
    Daily,
    /// 工作日, Monday to Friday.
    Weekday,
    /// 双休日, Saturday and Sunday.
    Weekend,
}

impl Days {
    pub const ALL: [Days; 3] = [Days::Daily, Days::Weekday, Days::Weekend];

    pub fn name(self) -> &'static str {
        match self {
            Days::Daily => "daily",
            Days::Weekday => "weekday",
            Days::Weekend => "weekend",
        }
    }

    /// Monday first.
    fn week(self) -> [bool; 7] {
        std::array::from_fn(|day| match self {
            Days::Daily => true,
            Days::Weekday => day < 5,
            Days::Weekend => day >= 5,
        })
    }
}

impl LineTable {
    /// The table as a schedule: a template trip for each line, direction and kind of day.
    ///
    /// Ids are those of a feed of number 0: `0:station`.
    pub fn schedule(&self) -> Schedule {
        let stops = self.stations.iter().map(|station| Stop {
            id: format!("0:{}", station.id),
            name: station.name.clone(),
            lon_lat: Some(station.lon_lat),
            station: None,
            kind: 0,
        });
        let (from, until) = self.dates;
        let services = Days::ALL.map(|days| Service {
            id: format!("0:{}", days.name()),
            week: Some((days.week(), from, until)),
            ..Service::default()
        });
        let mut routes: Vec<Route> = Vec::new();
        let mut trips = Vec::new();
        for line in &self.lines {
            let id = format!("0:{}", line.name);
            if routes.iter().all(|route| route.id != id) {
                routes.push(Route {
                    id: id.clone(),
                    name: line.name.clone(),
                    kind: None,
                });
            }
            for (direction, calls) in line.ways() {
                for (service, days) in Days::ALL.into_iter().enumerate() {
                    let of_days = line.headways.iter().filter(|headway| headway.days == days);
                    let headways: Vec<Headway> = of_days.map(|headway| headway.headway).collect();
                    if !headways.is_empty() {
                        trips.push(Trip {
                            id: format!("{id}:{direction}:{}", days.name()),
                            route: id.clone(),
                            service: service as u32,
                            calls: calls.clone(),
                            headways,
                        });
                    }
                }
            }
        }
        Schedule {
            stops: stops.collect(),
            routes,
            trips,
            services: services.into(),
            ..Schedule::default()
        }
    }
}

impl Line {
    /// The calls of each direction with its name.
    fn ways(&self) -> Vec<(&str, Vec<Call>)> {
        match &self.direction {
            Some(direction) => vec![(direction, calls(&self.halts))],
            None => {
                // On the way back the run before a station is the one after it.
                let runs = self.halts.iter().rev().skip(1).map(|halt| halt.run_s);
                let halts = self.halts.iter().rev().zip(runs.chain([0]));
                let back: Vec<Halt> = halts.map(|(halt, run_s)| Halt { run_s, ..*halt }).collect();
                vec![("out", calls(&self.halts)), ("back", calls(&back))]
            }
        }
    }
}

fn calls(halts: &[Halt]) -> Vec<Call> {
    let mut time_s = 0;
    let last = halts.len().saturating_sub(1);
    let halts = halts.iter().enumerate();
    let call = |(place, halt): (usize, &Halt)| {
        let is_end = place == 0 || place == last;
        let arrival_s = time_s;
        let departure_s = arrival_s + if is_end { 0 } else { halt.dwell_s };
        time_s = departure_s + halt.run_s;
        Call {
            stop: halt.station,
            arrival_s,
            departure_s,
            boards: place != last,
            alights: place != 0,
        }
    };
    halts.map(call).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transit::Timetable;

    /// A to B in 100 s, 30 s there, on to C in 200 s.
    fn table(direction: Option<&str>) -> LineTable {
        let halt = |station, dwell_s, run_s| Halt {
            station,
            dwell_s,
            run_s,
        };
        let headway = |days, from_s, until_s, every_s| DayHeadway {
            days,
            headway: Headway {
                from_s,
                until_s,
                every_s,
            },
        };
        LineTable {
            stations: ["a", "b", "c"]
                .map(|id| LineStation {
                    id: id.into(),
                    name: id.to_uppercase(),
                    lon_lat: (113.0, 23.0),
                })
                .into(),
            lines: vec![Line {
                name: "1".into(),
                direction: direction.map(str::to_owned),
                halts: vec![halt(0, 45, 100), halt(1, 30, 200), halt(2, 45, 0)],
                headways: vec![
                    headway(Days::Weekday, 25_200, 25_800, 300),
                    headway(Days::Weekend, 25_200, 25_800, 600),
                ],
            }],
            dates: ("2020-01-01".parse().unwrap(), "2020-12-31".parse().unwrap()),
        }
    }

    #[test]
    fn a_line_runs_both_ways_with_its_runs_turned_round() {
        let schedule = table(None).schedule();
        assert!(schedule.is_sound());
        let times = |trip: &Trip| -> Vec<_> {
            let calls = trip.calls.iter();
            calls
                .map(|call| (call.stop, call.arrival_s, call.departure_s))
                .collect()
        };
        assert_eq!(schedule.trips[0].id, "0:1:out:weekday");
        assert_eq!(
            times(&schedule.trips[0]),
            [(0, 0, 0), (1, 100, 130), (2, 330, 330)]
        );
        assert_eq!(schedule.trips[2].id, "0:1:back:weekday");
        assert_eq!(
            times(&schedule.trips[2]),
            [(2, 0, 0), (1, 200, 230), (0, 330, 330)]
        );
    }

    #[test]
    fn days_have_their_own_headways_and_directions_their_own_way() {
        let runs = |date: &str, direction| {
            let schedule = table(direction).schedule();
            let timetable = Timetable::for_date(&schedule, date.parse().unwrap(), &[]).unwrap();
            timetable.trips_before(24 * 3600)
        };
        // Departures at 07:00 and 07:05 on Monday, at 07:00 alone on Sunday.
        assert_eq!(runs("2020-11-02", None), 4);
        assert_eq!(runs("2020-11-01", None), 2);
        assert_eq!(runs("2020-11-02", Some("上行")), 2);
        let schedule = table(None).schedule();
        let next_year = "2021-01-04".parse().unwrap();
        assert!(Timetable::for_date(&schedule, next_year, &[]).is_err());
    }
}
