use std::{cmp::Reverse, collections::BTreeMap};

use super::{Feed, FeedDays, Hours, Schedule, Service, ServiceDate, Trip};

/// What a schedule offers, counted (时刻表概况).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub routes: usize,
    /// Places where vehicles call or could.
    pub platforms: usize,
    /// Platforms at which no trip calls.
    pub unused_platforms: usize,
    pub stations: usize,
    pub entrances: usize,
    pub trips: usize,
    pub calls: usize,
    /// Services that a trip uses.
    pub services: usize,
    /// Runs on each date that has any, headways counted out.
    pub runs: BTreeMap<ServiceDate, u64>,
    /// From when to when they run on it.
    pub hours: BTreeMap<ServiceDate, Hours>,
    /// When each feed runs, by its number.
    pub feeds: BTreeMap<u32, FeedDays>,
}

/// The runs on one day of the week (Monday = 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekdayRuns {
    pub dates: usize,
    pub fewest: u64,
    pub most: u64,
}

impl Summary {
    pub fn of(schedule: &Schedule) -> Self {
        let mut is_used = vec![false; schedule.stops.len()];
        let mut runs_of = vec![0u64; schedule.services.len()];
        for trip in &schedule.trips {
            runs_of[trip.service as usize] += runs(trip);
            for call in &trip.calls {
                is_used[call.stop as usize] = true;
            }
        }
        let mut by_date: BTreeMap<ServiceDate, u64> = BTreeMap::new();
        let mut hours: BTreeMap<ServiceDate, Hours> = BTreeMap::new();
        let hours_of = Hours::of_services(schedule);
        let used = || {
            let services = schedule.services.iter().zip(&runs_of).zip(&hours_of);
            let with_hours = services.map(|((service, runs), hours)| (service, runs, *hours));
            with_hours.filter_map(|(service, runs, hours)| Some((service, *runs, hours?)))
        };
        let mut feeds: BTreeMap<u32, FeedDays> = BTreeMap::new();
        for (service, runs, own) in used() {
            let mut of_feed = Feed::number_of(&service.id).map(|number| {
                let named = || FeedDays {
                    name: schedule.feed_name(number),
                    ..FeedDays::default()
                };
                feeds.entry(number).or_insert_with(named)
            });
            for date in dates(service) {
                *by_date.entry(date).or_default() += runs;
                widen(&mut hours, date, own);
                if let Some(feed) = &mut of_feed {
                    *feed.runs.entry(date).or_default() += runs;
                    widen(&mut feed.hours, date, own);
                }
            }
        }
        let of_kind = |kind| schedule.stops.iter().filter(move |stop| stop.kind == kind);
        let stops = schedule.stops.iter().zip(&is_used);
        Summary {
            routes: schedule.routes.len(),
            platforms: of_kind(0).count(),
            unused_platforms: stops
                .filter(|(stop, used)| stop.kind == 0 && !**used)
                .count(),
            stations: of_kind(1).count(),
            entrances: of_kind(2).count(),
            trips: schedule.trips.len(),
            calls: schedule.trips.iter().map(|trip| trip.calls.len()).sum(),
            services: used().count(),
            runs: by_date,
            hours,
            feeds,
        }
    }

    /// First and last date with service.
    pub fn dates(&self) -> Option<(ServiceDate, ServiceDate)> {
        let (first, _) = self.runs.first_key_value()?;
        let (last, _) = self.runs.last_key_value()?;
        Some((*first, *last))
    }

    /// The date with most runs from Monday to Friday, of equals the one nearest the middle of the
    /// service: a good one to ask about. A date of the weekend where no other has service.
    pub fn busiest_date(&self) -> Option<(ServiceDate, u64)> {
        let is_weekday = |date: ServiceDate| date.weekday() < 5;
        let middle = self
            .dates()
            .map_or(0, |(first, last)| (first.0 + last.0) / 2);
        let busiest = self.runs.iter().max_by_key(|(date, runs)| {
            let off_middle = (date.0 - middle).abs();
            (is_weekday(**date), **runs, Reverse((off_middle, **date)))
        });
        busiest.map(|(date, runs)| (*date, *runs))
    }

    /// Dates between the first and the last on which nothing runs.
    pub fn idle_dates(&self) -> impl Iterator<Item = ServiceDate> {
        let bounds = self.dates().map_or(0..0, |(first, last)| first.0..last.0);
        bounds
            .map(ServiceDate)
            .filter(|date| !self.runs.contains_key(date))
    }

    /// Monday first; `None` for a day of the week without service.
    pub fn weekdays(&self) -> [Option<WeekdayRuns>; 7] {
        let mut days = [None; 7];
        for (date, &runs) in &self.runs {
            let day: &mut Option<WeekdayRuns> = &mut days[date.weekday()];
            *day = Some(match *day {
                None => WeekdayRuns {
                    dates: 1,
                    fewest: runs,
                    most: runs,
                },
                Some(known) => WeekdayRuns {
                    dates: known.dates + 1,
                    fewest: known.fewest.min(runs),
                    most: known.most.max(runs),
                },
            });
        }
        days
    }
}

/// Counts the hours of a service among those of a date.
fn widen(known: &mut BTreeMap<ServiceDate, Hours>, date: ServiceDate, own: Hours) {
    let widened = known.get(&date).map_or(own, |known| known.together(own));
    known.insert(date, widened);
}

/// How often a trip runs on a date of its service.
fn runs(trip: &Trip) -> u64 {
    if trip.headways.is_empty() {
        return 1;
    }
    let departures = trip.headways.iter().map(|headway| {
        let window_s = i64::from(headway.until_s) - i64::from(headway.from_s);
        window_s.max(0) as u64
    });
    let every = trip
        .headways
        .iter()
        .map(|headway| headway.every_s.max(1) as u64);
    departures
        .zip(every)
        .map(|(window_s, every_s)| window_s.div_ceil(every_s))
        .sum()
}

/// The dates of a service in order.
fn dates(service: &Service) -> Vec<ServiceDate> {
    /// A century bounds the work that a mistyped year can cause.
    const LONGEST_DAYS: i32 = 36_525;
    let mut dates = service.added.clone();
    if let Some((_, from, until)) = service.week {
        dates.extend((from.0..=until.0.min(from.0.saturating_add(LONGEST_DAYS))).map(ServiceDate));
    }
    dates.retain(|&date| service.runs_on(date));
    dates.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transit::{Call, Headway, Stop};

    fn schedule() -> Schedule {
        let stop = |kind| Stop {
            id: String::new(),
            name: String::new(),
            lon_lat: None,
            station: None,
            kind,
        };
        let call = |stop, time_s| Call {
            stop,
            arrival_s: time_s,
            departure_s: time_s,
            boards: true,
            alights: true,
        };
        let day = |text: &str| -> ServiceDate { text.parse().unwrap() };
        let workdays = [true, true, true, true, true, false, false];
        let trip = |service, headways: &[(i32, i32, i32)]| Trip {
            id: String::new(),
            route: String::new(),
            service,
            calls: vec![call(0, 0), call(1, 60)],
            headways: headways
                .iter()
                .map(|&(from_s, until_s, every_s)| Headway {
                    from_s,
                    until_s,
                    every_s,
                })
                .collect(),
        };
        Schedule {
            stops: vec![stop(0), stop(0), stop(0), stop(1), stop(2)],
            trips: vec![trip(0, &[]), trip(0, &[(0, 601, 300)]), trip(1, &[])],
            services: vec![
                Service {
                    // Monday to Friday of two weeks, but not the second Tuesday.
                    week: Some((workdays, day("2020-11-02"), day("2020-11-15"))),
                    removed: [day("2020-11-10")].into(),
                    ..Service::default()
                },
                Service {
                    added: [day("2020-11-05"), day("2020-11-08")].into(),
                    ..Service::default()
                },
                Service::default(),
            ],
            ..Schedule::default()
        }
    }

    #[test]
    fn runs_are_counted_by_date_and_day_of_the_week() {
        let summary = Summary::of(&schedule());
        let text = |date: ServiceDate| date.to_string();
        let (first, last) = summary.dates().unwrap();
        assert_eq!(
            (text(first), text(last)),
            ("2020-11-02".into(), "2020-11-13".into())
        );
        // One trip, three departures by headway, and the added one.
        assert_eq!(
            summary.busiest_date().map(|(d, n)| (text(d), n)),
            Some(("2020-11-05".into(), 5))
        );
        let idle: Vec<String> = summary.idle_dates().map(text).collect();
        assert_eq!(idle, ["2020-11-07", "2020-11-10"]);
        let days = summary.weekdays();
        let runs = |dates, fewest, most| {
            Some(WeekdayRuns {
                dates,
                fewest,
                most,
            })
        };
        assert_eq!(days[0], runs(2, 4, 4));
        assert_eq!(days[1], runs(1, 4, 4));
        assert_eq!(days[3], runs(2, 4, 5));
        assert_eq!((days[5], days[6]), (None, runs(1, 1, 1)));
        assert_eq!((summary.platforms, summary.unused_platforms), (3, 1));
        assert_eq!(
            (summary.stations, summary.entrances, summary.services),
            (1, 1, 2)
        );
    }

    #[test]
    fn where_only_a_weekend_has_service_the_busiest_day_is_no_weekday() {
        let mut summary = Summary::of(&schedule());
        let text = |summary: &Summary| summary.to_text(crate::domain::Language::En).join("\n");
        assert!(text(&summary).contains("busiest weekday: 2020-11-05 (Thu)"));
        summary.runs.retain(|date, _| date.weekday() > 4);
        assert!(text(&summary).contains("busiest day: 2020-11-08 (Sun)"));
    }

    #[test]
    fn hours_of_service_are_told_by_kind_of_date_and_feed() {
        let mut named = schedule();
        for (service, id) in named
            .services
            .iter_mut()
            .zip(["0:bus", "1:ferry", "1:none"])
        {
            service.id = id.into();
        }
        named.trips[1].headways[0].from_s = 39_600;
        named.trips[1].headways[0].until_s = 57_601;
        let text = |schedule: &Schedule, language| Summary::of(schedule).to_text(language);
        let en = text(&named, crate::domain::Language::En);
        assert!(
            en.contains(&"hours of service (first to last departure): ".into()),
            "{en:?}"
        );
        assert!(en.contains(&"  0: Mon–Fri 00:00–16:00".into()), "{en:?}");
        assert!(
            en.contains(&"  1: Mon–Fri 00:00–00:00, Sun 00:00–00:00".into()),
            "{en:?}"
        );
        // Of one source alone there is one line.
        named.services.truncate(1);
        named.trips.retain(|trip| trip.service == 0);
        let zh = text(&named, crate::domain::Language::Zh);
        let told = "运营时段（首班至末班发车）：周一至周五 00:00–16:00";
        assert!(zh.contains(&told.into()), "{zh:?}");
    }

    #[test]
    fn a_schedule_without_trips_has_no_dates() {
        let summary = Summary::of(&Schedule::default());
        assert_eq!(summary.dates(), None);
        assert_eq!(summary.busiest_date(), None);
        assert_eq!(summary.idle_dates().count(), 0);
    }
}
