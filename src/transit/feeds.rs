//! The sources that a timetable is joined of, each of which can be replaced by itself.

use std::collections::BTreeSet;

use super::Schedule;

/// One source of a timetable (时刻表来源): a GTFS feed, or tables of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// What stands before its ids: `2:stop_id` is of the feed of number 2.
    pub number: u32,
    /// What it is replaced by and told by.
    pub name: String,
    /// Who publishes it.
    pub source: String,
    pub licence: String,
    /// The coordinate system that it was in.
    pub crs: String,
    /// Names of its files without folders.
    pub files: Vec<String>,
}

impl Feed {
    /// What a feed is called after its file: the name of it without its endings.
    pub fn name_of(file: &str) -> String {
        let stem = file.split('.').find(|part| !part.is_empty());
        stem.unwrap_or_default().to_owned()
    }

    /// The feeds with names of their own: a number after those that repeat, theirs for those without.
    pub fn told_apart(feeds: impl IntoIterator<Item = Feed>) -> Vec<Feed> {
        let mut apart: Vec<Feed> = Vec::new();
        for mut feed in feeds {
            if feed.name.is_empty() {
                feed.name = feed.number.to_string();
            }
            let numbered = (2..).map(|number| format!("{}-{number}", feed.name));
            let mut names = std::iter::once(feed.name.clone()).chain(numbered);
            let is_free = |name: &String| apart.iter().all(|known| known.name != *name);
            feed.name = names.find(is_free).expect("numbers do not end");
            apart.push(feed);
        }
        apart
    }

    /// The number of the feed that an id is of.
    pub(super) fn number_of(id: &str) -> Option<u32> {
        id.split_once(':')?.0.parse().ok()
    }
}

impl Schedule {
    /// What a feed is called; its number where it has no name.
    pub fn feed_name(&self, number: u32) -> String {
        let named = self.feeds.iter().find(|feed| feed.number == number);
        named.map_or_else(|| number.to_string(), |feed| feed.name.clone())
    }

    /// The schedule with names for its feeds where it was kept without: of each its file in `all`,
    /// where these are as many, with what else `all` says.
    pub fn with_named_feeds(mut self, all: &Feed) -> Schedule {
        if self.feeds.is_empty() {
            let numbers = self.feed_numbers();
            let is_one_each = numbers.len() == all.files.len();
            let feeds = numbers.into_iter().enumerate().map(|(place, number)| {
                let files = match is_one_each {
                    true => vec![all.files[place].clone()],
                    false => all.files.clone(),
                };
                let name = match is_one_each || place == 0 {
                    true => Feed::name_of(files.first().map_or("", String::as_str)),
                    false => String::new(),
                };
                Feed {
                    number,
                    name,
                    files,
                    ..all.clone()
                }
            });
            self.feeds = Feed::told_apart(feeds);
        }
        self
    }

    /// The numbers that ids begin with.
    pub fn feed_numbers(&self) -> BTreeSet<u32> {
        let stops = self.stops.iter().map(|stop| stop.id.as_str());
        let services = self.services.iter().map(|service| service.id.as_str());
        stops.chain(services).filter_map(Feed::number_of).collect()
    }

    /// The schedule with a feed in the place of the one of its name, else beside all others; its
    /// number is that of the one it replaces, else the next that is free.
    ///
    /// `own` holds this feed alone, as number 0. What comes of it is the same, to the order of its
    /// rows, as if all feeds had been read at once.
    pub fn with_feed(&self, feed: Feed, own: Schedule) -> Schedule {
        let known = self.feeds.iter().find(|known| known.name == feed.name);
        let numbers = self.feed_numbers();
        let used = numbers.iter().chain(self.feeds.iter().map(|f| &f.number));
        let next = || used.max().map_or(0, |last| last + 1);
        let number = known.map_or_else(next, |known| known.number);
        let mut own = own.renumbered(number);
        own.feeds = vec![Feed { number, ..feed }];
        let mut joined = self.part(|other| other < number);
        joined.append(own);
        joined.append(self.part(|other| other > number));
        joined
    }

    /// A schedule of the feed 0 alone as that of another number.
    fn renumbered(mut self, number: u32) -> Schedule {
        let rename = |id: &mut String| {
            if let Some(own) = id.strip_prefix("0:") {
                *id = format!("{number}:{own}");
            }
        };
        self.stops.iter_mut().for_each(|stop| rename(&mut stop.id));
        self.routes
            .iter_mut()
            .for_each(|route| rename(&mut route.id));
        self.services
            .iter_mut()
            .for_each(|service| rename(&mut service.id));
        for trip in &mut self.trips {
            rename(&mut trip.id);
            rename(&mut trip.route);
        }
        self
    }

    /// What the feeds of some numbers say.
    fn part(&self, is_kept: impl Fn(u32) -> bool) -> Schedule {
        let is_kept = |id: &str| Feed::number_of(id).is_some_and(&is_kept);
        let numbers = |kept: Vec<bool>| -> Vec<Option<u32>> {
            let mut next = 0;
            let number = |is_kept: bool| {
                next += u32::from(is_kept);
                is_kept.then(|| next - 1)
            };
            kept.into_iter().map(number).collect()
        };
        let stops = numbers(self.stops.iter().map(|stop| is_kept(&stop.id)).collect());
        let services = numbers(self.services.iter().map(|s| is_kept(&s.id)).collect());
        let stop = |number: u32| stops[number as usize];
        let trip = |trip: &super::Trip| {
            let mut kept = trip.clone();
            kept.service = services[trip.service as usize]?;
            for call in &mut kept.calls {
                call.stop = stop(call.stop)?;
            }
            Some(kept)
        };
        let kept_stops = self.stops.iter().filter(|kept| is_kept(&kept.id)).cloned();
        Schedule {
            stops: kept_stops
                .map(|mut kept| {
                    kept.station = kept.station.and_then(stop);
                    kept
                })
                .collect(),
            routes: self
                .routes
                .iter()
                .filter(|route| is_kept(&route.id))
                .cloned()
                .collect(),
            trips: self.trips.iter().filter_map(trip).collect(),
            services: self
                .services
                .iter()
                .filter(|s| is_kept(&s.id))
                .cloned()
                .collect(),
            transfers: self
                .transfers
                .iter()
                .filter_map(|transfer| {
                    let (from, to) = (stop(transfer.from)?, stop(transfer.to)?);
                    Some(super::Transfer {
                        from,
                        to,
                        ..*transfer
                    })
                })
                .collect(),
            entrances: self
                .entrances
                .iter()
                .filter_map(|way| {
                    let (entrance, platform) = (stop(way.entrance)?, stop(way.platform)?);
                    Some(super::Entrance {
                        entrance,
                        platform,
                        ..*way
                    })
                })
                .collect(),
            feeds: self
                .feeds
                .iter()
                .filter(|feed| is_kept(&format!("{}:", feed.number)))
                .cloned()
                .collect(),
        }
    }

    /// Takes up what other feeds say.
    fn append(&mut self, more: Schedule) {
        let first_stop = self.stops.len() as u32;
        let first_service = self.services.len() as u32;
        self.stops.extend(more.stops.into_iter().map(|mut stop| {
            stop.station = stop.station.map(|number| number + first_stop);
            stop
        }));
        self.routes.extend(more.routes);
        self.services.extend(more.services);
        self.trips.extend(more.trips.into_iter().map(|mut trip| {
            trip.service += first_service;
            trip.calls
                .iter_mut()
                .for_each(|call| call.stop += first_stop);
            trip
        }));
        self.transfers
            .extend(more.transfers.into_iter().map(|mut transfer| {
                transfer.from += first_stop;
                transfer.to += first_stop;
                transfer
            }));
        self.entrances
            .extend(more.entrances.into_iter().map(|mut way| {
                way.entrance += first_stop;
                way.platform += first_stop;
                way
            }));
        self.feeds.extend(more.feeds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transit::{
        Call, Entrance, Route, Service, Stop, Timetable, Transfer, Trip, schedule_to_bytes,
    };

    /// A feed of a station with an entrance and two platforms, and a shuttle between these.
    fn own(minutes: i32) -> Schedule {
        let stop = |id: &str, kind, station| Stop {
            id: format!("0:{id}"),
            name: id.into(),
            lon_lat: Some((113.0, 23.0)),
            station,
            kind,
        };
        let call = |stop, time_s| Call {
            stop,
            arrival_s: time_s,
            departure_s: time_s,
            boards: true,
            alights: true,
        };
        Schedule {
            stops: vec![
                stop("hall", 1, None),
                stop("a", 0, Some(0)),
                stop("b", 0, Some(0)),
                stop("door", 2, Some(0)),
            ],
            routes: vec![Route {
                id: "0:r".into(),
                name: "R".into(),
                kind: Some(3),
            }],
            trips: vec![Trip {
                id: "0:t".into(),
                route: "0:r".into(),
                service: 0,
                calls: vec![call(1, 28_800), call(2, 28_800 + 60 * minutes)],
                headways: Vec::new(),
            }],
            services: vec![Service {
                id: "0:daily".into(),
                added: ["2024-05-13".parse().unwrap()].into(),
                ..Service::default()
            }],
            transfers: vec![Transfer {
                from: 1,
                to: 2,
                seconds: Some(60),
            }],
            entrances: vec![Entrance {
                entrance: 3,
                platform: 1,
                in_s: Some(30),
                out_s: None,
            }],
            feeds: Vec::new(),
        }
    }

    fn joined(feeds: &[(&str, i32)]) -> Schedule {
        let join = |schedule: Schedule, &(name, minutes): &(&str, i32)| {
            let feed = Feed {
                name: name.into(),
                ..Feed::default()
            };
            schedule.with_feed(feed, own(minutes))
        };
        feeds.iter().fold(Schedule::default(), join)
    }

    #[test]
    fn a_feed_stands_beside_others_and_is_replaced_by_its_name() {
        let three = joined(&[("metro", 5), ("bus", 20), ("ferry", 40)]);
        assert!(three.is_sound());
        assert_eq!(
            three.feed_numbers().into_iter().collect::<Vec<_>>(),
            [0, 1, 2]
        );
        assert_eq!(
            (three.feed_name(1), three.feed_name(7)),
            ("bus".into(), "7".into())
        );
        assert_eq!(three.trips[1].calls[0].stop, 5);
        assert_eq!(
            (three.transfers[2].from, three.entrances[2].entrance),
            (9, 11)
        );
        assert_eq!(three.stops[10].station, Some(8));
        // Replaced one by one it is, byte by byte, what it would have been at once.
        let renewed = [("bus", 25), ("metro", 6)]
            .iter()
            .fold(three, |schedule, renewed| {
                let feed = Feed {
                    name: renewed.0.into(),
                    ..Feed::default()
                };
                schedule.with_feed(feed, own(renewed.1))
            });
        let at_once = joined(&[("metro", 6), ("bus", 25), ("ferry", 40)]);
        assert_eq!(schedule_to_bytes(&renewed), schedule_to_bytes(&at_once));
        let day = "2024-05-13".parse().unwrap();
        let timetable = Timetable::for_date(&renewed, day, &[]).unwrap();
        assert_eq!(timetable.patterns.len(), 3);
    }

    #[test]
    fn feeds_kept_without_names_are_named_by_their_files() {
        let named = |schedule: Schedule, files: &[&str]| -> Vec<String> {
            let all = Feed {
                files: files.iter().map(|file| (*file).to_owned()).collect(),
                ..Feed::default()
            };
            let feeds = schedule.with_named_feeds(&all).feeds;
            feeds.into_iter().map(|feed| feed.name).collect()
        };
        let two = || Schedule {
            feeds: Vec::new(),
            ..joined(&[("a", 5), ("b", 6)])
        };
        assert_eq!(named(own(5), &["lines.csv", "headways.csv"]), ["lines"]);
        assert_eq!(named(two(), &["gtfs.zip", "GTFS"]), ["gtfs", "GTFS"]);
        assert_eq!(
            named(two(), &["gtfs.zip", "gtfs.csv.gz"]),
            ["gtfs", "gtfs-2"]
        );
        assert_eq!(named(two(), &[]), ["0", "1"]);
        assert_eq!(named(joined(&[("a", 5)]), &["b.zip"]), ["a"]);
    }
}
