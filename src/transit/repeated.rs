//! Feeds that stand in a timetable twice under two names.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Feed, Schedule};

/// Feeds are the same where more than this share of the smaller one's stops and trips is in the
/// other: a newer edition is, two operators at one station are not.
const SAME_SHARE: f64 = 0.5;

/// What is told apart by its own id within a feed.
#[derive(Default)]
struct Own<'s> {
    stops: HashMap<&'s str, Option<(f64, f64)>>,
    trips: HashSet<&'s str>,
}

impl Schedule {
    /// Pairs of feeds, by their numbers, that are one under two names: every run of theirs counts
    /// twice.
    pub fn repeated_feeds(&self) -> Vec<[u32; 2]> {
        let mut feeds: BTreeMap<u32, Own<'_>> = BTreeMap::new();
        for stop in &self.stops {
            if let Some((number, own)) = split(&stop.id) {
                let feed = feeds.entry(number).or_default();
                feed.stops.insert(own, stop.lon_lat);
            }
        }
        for trip in &self.trips {
            if let Some((number, own)) = split(&trip.id) {
                feeds.entry(number).or_default().trips.insert(own);
            }
        }
        let feeds: Vec<(u32, Own<'_>)> = feeds.into_iter().collect();
        let mut repeated = Vec::new();
        for (at, (first, one)) in feeds.iter().enumerate() {
            for (second, other) in &feeds[at + 1..] {
                if one.is_same_as(other) {
                    repeated.push([*first, *second]);
                }
            }
        }
        repeated
    }
}

impl Own<'_> {
    fn is_same_as(&self, other: &Own<'_>) -> bool {
        let trips = self.trips.intersection(&other.trips).count();
        let same_stop =
            |(id, place): &(&&str, &Option<(f64, f64)>)| other.stops.get(**id) == Some(*place);
        let stops = self.stops.iter().filter(same_stop).count();
        let most = |same: usize, [one, other]: [usize; 2]| {
            same as f64 > SAME_SHARE * one.min(other) as f64
        };
        most(trips, [self.trips.len(), other.trips.len()])
            && most(stops, [self.stops.len(), other.stops.len()])
    }
}

/// The number of the feed and what it calls itself.
fn split(id: &str) -> Option<(u32, &str)> {
    Some((Feed::number_of(id)?, id.split_once(':')?.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transit::{Stop, Trip};

    fn feeds(of: &[(u32, f64, &[&str])]) -> Schedule {
        let mut schedule = Schedule::default();
        for (feed, lon, trips) in of {
            schedule.stops.extend(["a", "b"].map(|id| Stop {
                id: format!("{feed}:{id}"),
                name: id.into(),
                lon_lat: Some((*lon, 23.0)),
                station: None,
                kind: 0,
            }));
            schedule.trips.extend(trips.iter().map(|id| Trip {
                id: format!("{feed}:{id}"),
                route: format!("{feed}:r"),
                service: 0,
                calls: Vec::new(),
                headways: Vec::new(),
            }));
        }
        schedule
    }

    #[test]
    fn a_feed_under_two_names_is_found_and_others_are_not() {
        let twice = feeds(&[(0, 113.0, &["1", "2", "3"]), (4, 113.0, &["2", "3", "9"])]);
        assert_eq!(twice.repeated_feeds(), [[0, 4]]);
        // Numbers of trips alone are alike in any two cities, and stops where operators share them.
        let elsewhere = feeds(&[(0, 113.0, &["1", "2"]), (1, 114.0, &["1", "2"])]);
        assert!(elsewhere.repeated_feeds().is_empty());
        let others = feeds(&[(0, 113.0, &["1", "2"]), (1, 113.0, &["2", "3"])]);
        assert!(others.repeated_feeds().is_empty());
    }
}
