use std::collections::BTreeSet;

use super::{Feed, ServiceDate};

/// Everything that one or many feeds say, checked, before a date is chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    pub stops: Vec<Stop>,
    pub routes: Vec<Route>,
    pub trips: Vec<Trip>,
    pub services: Vec<Service>,
    pub transfers: Vec<Transfer>,
    /// The ways between the street and the platforms of stations that have entrances. A platform
    /// named here is entered and left by its entrances alone; every other stop at its own place.
    pub entrances: Vec<Entrance>,
    /// Its sources by their numbers; those of older imports have no names.
    pub feeds: Vec<Feed>,
}

/// A place where vehicles stop (站点), or an entrance or station that holds such places.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// `feed:stop_id`, feed counted from 0.
    pub id: String,
    pub name: String,
    /// Degrees; `None` where the feed gives no usable position.
    pub lon_lat: Option<(f64, f64)>,
    /// Index of the station this place belongs to.
    pub station: Option<u32>,
    /// GTFS `location_type`: 0 platform, 1 station, 2 entrance, 3 node, 4 boarding area.
    pub kind: u8,
}

/// A line as riders know it (线路).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `feed:route_id`, what [`Trip::route`] names.
    pub id: String,
    pub name: String,
    /// GTFS `route_type`: 1 metro, 3 bus …; `None` where it is not a number.
    pub kind: Option<u16>,
}

/// One run of a vehicle, or a template of runs where `headways` is not empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    pub id: String,
    pub route: String,
    /// Index of the service that says on which dates it runs.
    pub service: u32,
    pub calls: Vec<Call>,
    pub headways: Vec<Headway>,
}

/// A call of a trip at a stop; seconds after noon minus twelve hours, may pass 86,400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub stop: u32,
    pub arrival_s: i32,
    pub departure_s: i32,
    pub boards: bool,
    pub alights: bool,
}

/// Departures from the first stop at `from_s`, `from_s + every_s`, … before `until_s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headway {
    pub from_s: i32,
    pub until_s: i32,
    pub every_s: i32,
}

/// The dates on which trips run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    pub id: String,
    /// Monday first, with the first and last date on which the week applies.
    pub week: Option<([bool; 7], ServiceDate, ServiceDate)>,
    pub added: BTreeSet<ServiceDate>,
    pub removed: BTreeSet<ServiceDate>,
}

impl Service {
    /// Whether it runs on `date`: the exceptions first, then the week.
    pub fn runs_on(&self, date: ServiceDate) -> bool {
        if self.removed.contains(&date) {
            return false;
        }
        self.added.contains(&date)
            || self.week.as_ref().is_some_and(|(days, from, until)| {
                (*from..=*until).contains(&date) && days[date.weekday()]
            })
    }
}

/// What a feed says about changing between two stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub from: u32,
    pub to: u32,
    /// Seconds; `None` where changing is not possible.
    pub seconds: Option<u32>,
}

/// The way between an entrance (出入口) on the street and a platform of its station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// Index of a stop of kind 2, at its place on the street.
    pub entrance: u32,
    /// Index of the stop where vehicles call.
    pub platform: u32,
    /// Seconds from the street to the platform; `None` where one may only come out.
    pub in_s: Option<u32>,
    /// Seconds from the platform to the street; `None` where one may only go in.
    pub out_s: Option<u32>,
}

impl Schedule {
    /// Times stand within this many seconds of the start of their day: a thousand hours.
    pub const MAX_TIME_S: i32 = 3_600_000;
    /// Dates of the years 0 to 9999 lie within.
    const MAX_DAY: i32 = 3_000_000;

    /// Whether every number points at something and every time can be counted with.
    pub(super) fn is_sound(&self) -> bool {
        let (stops, services) = (self.stops.len() as u64, self.services.len() as u64);
        let is_stop = |stop: u32| u64::from(stop) < stops;
        let is_time = |time_s: i32| (-Self::MAX_TIME_S..=Self::MAX_TIME_S).contains(&time_s);
        let is_day = |date: ServiceDate| (-Self::MAX_DAY..=Self::MAX_DAY).contains(&date.0);
        let degrees = |(lon, lat): (f64, f64)| lon.abs() <= 180.0 && lat.abs() <= 90.0;
        self.stops
            .iter()
            .all(|stop| stop.station.is_none_or(is_stop) && stop.lon_lat.is_none_or(degrees))
            && self.services.iter().all(|service| {
                let week = service
                    .week
                    .iter()
                    .flat_map(|(_, from, until)| [from, until]);
                let mut days = week.chain(&service.added).chain(&service.removed);
                days.all(|day| is_day(*day))
            })
            && self.trips.iter().all(|trip| {
                let calls_rise = trip
                    .calls
                    .windows(2)
                    .all(|pair| pair[0].departure_s <= pair[1].arrival_s);
                u64::from(trip.service) < services
                    && trip.calls.len() > 1
                    && calls_rise
                    && trip.calls.iter().all(|call| {
                        is_stop(call.stop)
                            && is_time(call.arrival_s)
                            && is_time(call.departure_s)
                            && call.arrival_s <= call.departure_s
                    })
                    && trip.headways.iter().all(|headway| {
                        is_time(headway.from_s) && is_time(headway.until_s) && headway.every_s > 0
                    })
            })
            && self
                .transfers
                .iter()
                .all(|transfer| is_stop(transfer.from) && is_stop(transfer.to))
            && self
                .entrances
                .iter()
                .all(|way| is_stop(way.entrance) && is_stop(way.platform))
    }

    /// Up to three dates before and three after `date` on which a trip runs, nearest first.
    pub fn nearest_dates(&self, date: ServiceDate) -> Vec<ServiceDate> {
        let used: BTreeSet<u32> = self.trips.iter().map(|trip| trip.service).collect();
        let runs = |day: &ServiceDate| {
            used.iter()
                .any(|&service| self.services[service as usize].runs_on(*day))
        };
        let mut bounds: Vec<i32> = Vec::new();
        for service in used.iter().map(|&service| &self.services[service as usize]) {
            bounds.extend(service.added.iter().map(|day| day.0));
            bounds.extend(
                service
                    .week
                    .iter()
                    .flat_map(|(_, from, until)| [from.0, until.0]),
            );
        }
        let (Some(&first), Some(&last)) = (bounds.iter().min(), bounds.iter().max()) else {
            return Vec::new();
        };
        let before = (first..date.0.min(last + 1))
            .rev()
            .map(ServiceDate)
            .filter(runs)
            .take(3);
        let after = ((date.0 + 1).max(first)..=last)
            .map(ServiceDate)
            .filter(runs)
            .take(3);
        let mut dates: Vec<_> = before.chain(after).collect();
        dates.sort_by_key(|day| (day.0 - date.0).abs());
        dates.truncate(3);
        dates
    }
}
