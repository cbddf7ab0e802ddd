use std::collections::BTreeMap;

use super::{
    Call, Journeys, Schedule, ServiceDate, TransitError, departures::Departures, walks::Walks,
};
use crate::domain::{hilbert_key, serial, to_mercator};

/// A walk to a stop, in seconds.
pub type Leg = (u32, u32);

/// One service date, ready to be searched.
#[derive(Clone, Debug)]
pub struct Timetable {
    pub patterns: Vec<Pattern>,
    /// Names these very trips among all that there ever were.
    serial: u64,
    boardings: Boardings,
    departures: Departures,
    walks: Walks,
    /// Seconds to change at the same stop; `None` where the feed forbids it.
    pub change_s: Vec<Option<u32>>,
}

/// Trips with the same stops, none of which overtakes another.
#[derive(Clone, Debug, Default)]
pub struct Pattern {
    pub stops: Vec<u32>,
    /// Of each stop its place in the order of the walks.
    pub(super) places: Vec<u32>,
    pub boards: Vec<bool>,
    pub alights: Vec<bool>,
    pub trips: usize,
    /// `[trips x stops]`, row = trip, as one rides along; at each stop later trips are later.
    pub arrivals: Vec<i32>,
    /// As `arrivals`.
    pub departures: Vec<i32>,
}

/// A departure that one can board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Boarding {
    pub time_s: i32,
    pub pattern: u32,
    pub position: u32,
    pub trip: u32,
}

/// The boardings of every stop, by time.
#[derive(Clone, Debug, Default)]
struct Boardings {
    /// Of each stop, and one more: where its boardings begin.
    first: Vec<u32>,
    all: Vec<Boarding>,
    /// Of each stop how many patterns one can board, [`Timetable::MANY`] where one calls twice.
    patterns: Vec<u32>,
}

impl Pattern {
    pub fn arrivals_of(&self, trip: usize) -> &[i32] {
        &self.arrivals[trip * self.stops.len()..][..self.stops.len()]
    }

    pub fn departure(&self, position: usize, trip: usize) -> i32 {
        self.departures[trip * self.stops.len() + position]
    }

    /// The first of the trips before `end` that leaves a stop no sooner than `ready_s`; `end` where
    /// none does.
    pub fn next_trip(&self, position: usize, ready_s: i32, end: usize) -> usize {
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.departure(position, middle) < ready_s {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }
}

impl Boardings {
    fn of(patterns: &[Pattern], stops: usize) -> Self {
        let calls = patterns.iter().flat_map(|pattern| {
            let last = pattern.stops.len().saturating_sub(1);
            let boards = (0..last).filter(|at| pattern.boards[*at]);
            boards.map(move |at| (pattern.stops[at] as usize, pattern.trips as u32))
        });
        let mut first = vec![0u32; stops + 1];
        calls.for_each(|(stop, trips)| first[stop + 1] += trips);
        for stop in 0..stops {
            first[stop + 1] += first[stop];
        }
        let none = Boarding {
            time_s: 0,
            pattern: 0,
            position: 0,
            trip: 0,
        };
        let mut all = vec![none; first[stops] as usize];
        let mut next = first.clone();
        let (mut counts, mut latest) = (vec![0u32; stops], vec![u32::MAX; stops]);
        for (number, pattern) in (0..).zip(patterns) {
            let last = pattern.stops.len().saturating_sub(1);
            for at in (0..last).filter(|at| pattern.boards[*at]) {
                let stop = pattern.stops[at] as usize;
                let is_again = std::mem::replace(&mut latest[stop], number) == number;
                counts[stop] = match is_again {
                    true => Timetable::MANY,
                    false => counts[stop].saturating_add(1),
                };
                let next = &mut next[stop];
                for trip in 0..pattern.trips {
                    all[*next as usize] = Boarding {
                        time_s: pattern.departure(at, trip),
                        pattern: number,
                        position: at as u32,
                        trip: trip as u32,
                    };
                    *next += 1;
                }
            }
        }
        for stop in first.windows(2) {
            all[stop[0] as usize..stop[1] as usize].sort_unstable();
        }
        Boardings {
            first,
            all,
            patterns: counts,
        }
    }
}

/// Time from which a transposed timetable counts backwards.
const MIRROR_S: i32 = 0;

/// A stop of a pattern, and whether one may board and leave there.
type Halt = (u32, bool, bool);

impl Timetable {
    /// The trips that run on `date`, those of the day before that go on past midnight, those of the
    /// day after, which one catches late at night, and the early ones of the day after that, which
    /// one catches who leaves late at night tomorrow; with `walks` between stops added to those of
    /// the feeds.
    ///
    /// `walks[stop]` lists (other stop, seconds); what the feeds say about a pair wins.
    ///
    /// # Errors
    /// [`TransitError::NoService`] with the nearest dates on which a trip runs.
    pub fn for_date(
        schedule: &Schedule,
        date: ServiceDate,
        walks: &[Vec<Leg>],
    ) -> Result<Self, TransitError> {
        let mut runs_today = runs_on(schedule, date);
        if runs_today.is_empty() {
            let nearest = schedule.nearest_dates(date);
            return Err(TransitError::NoService {
                date: date.to_string(),
                nearest: nearest.iter().map(ToString::to_string).collect(),
            });
        }
        // What set out yesterday and is still under way after midnight: 25:30 is 01:30 of today.
        let yesterday = runs_on(schedule, date.day_before());
        let late = yesterday.into_iter().filter(|calls| {
            let last = calls.last();
            last.is_some_and(|call| call.arrival_s >= DAY_S)
        });
        runs_today.extend(late.map(|calls| shifted(&calls, -DAY_S)));
        // What sets out tomorrow: 00:10 is 24:10 of today.
        let tomorrow = runs_on(schedule, date.day_after()).into_iter();
        runs_today.extend(tomorrow.map(|calls| shifted(&calls, DAY_S)));
        // And past the second midnight, as far as one gets who leaves before it.
        let next = runs_on(schedule, date.day_after().day_after()).into_iter();
        let early = next.filter(|calls| calls[0].departure_s <= Journeys::LONGEST_S as i32);
        runs_today.extend(early.map(|calls| shifted(&calls, 2 * DAY_S)));
        let mut change_s = vec![Some(0); schedule.stops.len()];
        let mut pairs: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for (from, legs) in walks.iter().enumerate().take(schedule.stops.len()) {
            let known = legs
                .iter()
                .filter(|leg| (leg.0 as usize) < schedule.stops.len());
            pairs.extend(known.map(|&(to, seconds)| ((from as u32, to), seconds)));
        }
        for transfer in &schedule.transfers {
            match (transfer.from == transfer.to, transfer.seconds) {
                (true, seconds) => change_s[transfer.from as usize] = seconds,
                (false, Some(seconds)) => {
                    pairs.insert((transfer.from, transfer.to), seconds);
                }
                (false, None) => {
                    pairs.remove(&(transfer.from, transfer.to));
                }
            }
        }
        let mut between = vec![Vec::new(); schedule.stops.len()];
        for ((from, to), seconds) in pairs.into_iter().filter(|((from, to), _)| from != to) {
            between[from as usize].push((to, seconds));
        }
        let walks = Walks::new(side_by_side(schedule), &between, &change_s);
        Ok(Self::new(grouped(runs_today), walks, change_s))
    }

    /// A timetable of these runs, with `walks[stop]` listing (other stop, seconds); places are in the
    /// reverse order of stops.
    #[cfg(test)]
    pub(super) fn from_runs(
        runs: Vec<Vec<Call>>,
        walks: Vec<Vec<Leg>>,
        change_s: Vec<Option<u32>>,
    ) -> Self {
        let order = (0..change_s.len() as u32).rev().collect();
        let walks = Walks::new(order, &walks, &change_s);
        Self::new(grouped(runs), walks, change_s)
    }

    /// The same timetable run backwards in time: a search in it from a place, leaving at
    /// [`Timetable::mirrored`] of `t`, finds who can arrive at that place by `t`.
    pub fn transposed(&self) -> Self {
        // The last stop of the last trip becomes the first of the first.
        let flip = |times: &[i32]| times.iter().rev().map(|&time| MIRROR_S - time).collect();
        let patterns = self.patterns.iter().map(|pattern| Pattern {
            stops: pattern.stops.iter().rev().copied().collect(),
            places: Vec::new(),
            boards: pattern.alights.iter().rev().copied().collect(),
            alights: pattern.boards.iter().rev().copied().collect(),
            trips: pattern.trips,
            arrivals: flip(&pattern.departures),
            departures: flip(&pattern.arrivals),
        });
        let change_s = self.change_s.clone();
        Self::new(patterns.collect(), self.walks.reversed(), change_s)
    }

    /// A time of this timetable as its transposed counts it.
    pub fn mirrored(time_s: i32) -> i32 {
        MIRROR_S - time_s
    }

    fn new(mut patterns: Vec<Pattern>, walks: Walks, change_s: Vec<Option<u32>>) -> Self {
        for pattern in &mut patterns {
            let places = pattern.stops.iter().map(|stop| walks.place(*stop));
            pattern.places = places.collect();
        }
        Self {
            serial: serial(),
            boardings: Boardings::of(&patterns, change_s.len()),
            departures: Departures::of(&patterns, &walks),
            patterns,
            walks,
            change_s,
        }
    }

    /// More patterns than are counted.
    pub const MANY: u32 = u32::MAX;

    /// How many patterns one can board at a stop, or [`Timetable::MANY`].
    pub fn patterns_at(&self, stop: u32) -> u32 {
        self.boardings.patterns[stop as usize]
    }

    /// A number that no other timetable has.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    pub fn stops(&self) -> usize {
        self.change_s.len()
    }

    /// When the first vehicle that one can board leaves any stop, no sooner than a time.
    pub fn next_departure_s(&self, ready_s: i32) -> Option<i32> {
        let of_pattern = |pattern: &Pattern| {
            let last = pattern.stops.len().saturating_sub(1);
            let boarded = (0..last).filter(|at| pattern.boards[*at]);
            let next = boarded.filter_map(|at| {
                let trip = pattern.next_trip(at, ready_s, pattern.trips);
                (trip < pattern.trips).then(|| pattern.departure(at, trip))
            });
            next.min()
        };
        self.patterns.iter().filter_map(of_pattern).min()
    }

    /// How many trips set out before a time.
    #[cfg(test)]
    pub(super) fn trips_before(&self, time_s: i32) -> usize {
        let of_pattern = |pattern: &Pattern| pattern.next_trip(0, time_s, pattern.trips);
        self.patterns.iter().map(of_pattern).sum()
    }

    pub(super) fn departures(&self) -> &Departures {
        &self.departures
    }

    /// The walks from a stop to others on which a rider may change, in no order.
    pub fn walks(&self, stop: u32) -> impl Iterator<Item = Leg> + '_ {
        self.walks.legs(stop)
    }

    pub(super) fn on_foot(&self) -> &Walks {
        &self.walks
    }

    /// The departures that one can board at a stop, by time.
    pub fn boardings(&self, stop: u32) -> &[Boarding] {
        let Boardings { first, all, .. } = &self.boardings;
        &all[first[stop as usize] as usize..first[stop as usize + 1] as usize]
    }
}

/// Seconds of a day.
const DAY_S: i32 = 86_400;

/// The runs of a service date, each by its calls.
fn runs_on(schedule: &Schedule, date: ServiceDate) -> Vec<Vec<Call>> {
    let services = schedule.services.iter();
    let is_on: Vec<bool> = services.map(|service| service.runs_on(date)).collect();
    let trips = schedule.trips.iter();
    let mut runs: Vec<Vec<Call>> = Vec::new();
    for trip in trips.filter(|trip| is_on[trip.service as usize]) {
        if trip.headways.is_empty() {
            runs.push(trip.calls.clone());
        }
        for headway in &trip.headways {
            let first = trip.calls[0].departure_s;
            let starts = (headway.from_s..headway.until_s).step_by(headway.every_s as usize);
            runs.extend(starts.map(|start| shifted(&trip.calls, start - first)));
        }
    }
    runs
}

/// All stops, near ones near one another.
fn side_by_side(schedule: &Schedule) -> Vec<u32> {
    let whole = |unit: f64| (unit.clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32;
    let along = |stop: &u32| {
        let place = schedule.stops[*stop as usize].lon_lat;
        place.map(|(lon, lat)| {
            let (x, y) = to_mercator(lon, lat);
            hilbert_key(whole(x), whole(y))
        })
    };
    let mut stops: Vec<u32> = (0..schedule.stops.len() as u32).collect();
    stops.sort_by_cached_key(along);
    stops
}

/// Groups runs by their stops and parts those that overtake.
fn grouped(runs: Vec<Vec<Call>>) -> Vec<Pattern> {
    let mut groups: BTreeMap<Vec<Halt>, Vec<Vec<Call>>> = BTreeMap::new();
    for calls in runs {
        let key = calls
            .iter()
            .map(|call| (call.stop, call.boards, call.alights))
            .collect();
        groups.entry(key).or_default().push(calls);
    }
    let mut patterns = Vec::new();
    for (key, mut trips) in groups {
        trips.sort_by_key(|calls| times(calls).collect::<Vec<_>>());
        let mut lanes: Vec<Vec<Vec<Call>>> = Vec::new();
        for trip in trips {
            let follows = |lane: &&mut Vec<Vec<Call>>| {
                let last = lane.last().expect("a lane starts with a trip");
                times(last)
                    .zip(times(&trip))
                    .all(|(before, after)| before <= after)
            };
            match lanes.iter_mut().find(follows) {
                Some(lane) => lane.push(trip),
                None => lanes.push(vec![trip]),
            }
        }
        patterns.extend(lanes.iter().map(|lane| pattern(&key, lane)));
    }
    patterns
}

fn times(calls: &[Call]) -> impl Iterator<Item = i32> + '_ {
    calls
        .iter()
        .flat_map(|call| [call.arrival_s, call.departure_s])
}

fn shifted(calls: &[Call], by_s: i32) -> Vec<Call> {
    let moved = |call: &Call| Call {
        arrival_s: call.arrival_s + by_s,
        departure_s: call.departure_s + by_s,
        ..*call
    };
    calls.iter().map(moved).collect()
}

fn pattern(key: &[(u32, bool, bool)], lane: &[Vec<Call>]) -> Pattern {
    let by_trip =
        |time: fn(&Call) -> i32| lane.iter().flat_map(|trip| trip.iter().map(time)).collect();
    Pattern {
        stops: key.iter().map(|stop| stop.0).collect(),
        places: Vec::new(),
        boards: key.iter().map(|stop| stop.1).collect(),
        alights: key.iter().map(|stop| stop.2).collect(),
        trips: lane.len(),
        arrivals: by_trip(|call| call.arrival_s),
        departures: by_trip(|call| call.departure_s),
    }
}
