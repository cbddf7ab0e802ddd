//! Range-RAPTOR: arrivals at every stop for every minute of a departure window.
//!
//! Departures are taken from the last to the first and labels are kept: what can be reached
//! leaving later can be reached leaving earlier. A stop's patterns are looked at again only
//! where the earlier departure catches a trip that the later one had missed. The last departure,
//! which has nothing to begin with, scans all departures instead.
//!
//! # Source
//! Delling, Pajor & Werneck (2015), *Round-based public transit routing*, Transportation
//! Science 49(3), section 4.2.

use std::sync::atomic::{AtomicBool, Ordering};

use super::departures::Labels;
use super::percentile::UNREACHED;
use super::{
    Boarding, Journeys, Leg, Timetable, TransitError,
    walks::{self, Block, LANES, Row, Walks},
};

/// What is asked of one search.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// First departure, seconds of the service day.
    pub from_s: i32,
    /// Departures, one each minute: the window is `[from_s, from_s + 60 * departures)`.
    pub departures: u32,
    /// Longest travel time, waiting included; no more than [`Journeys::LONGEST_S`] counts.
    pub longest_s: u32,
    /// Vehicles after the first; `None` for any number.
    pub max_transfers: Option<u32>,
}

/// Buffers of a search, to be used for many origins in turn.
#[derive(Clone, Debug, Default)]
pub struct Raptor {
    layers: Vec<Layer>,
    /// Of each pattern where it is first boarded, and which trip.
    first_boarded: Vec<(u32, u32)>,
    /// Of each pattern the number of the look at a stop that saw it last.
    looked: Vec<u64>,
    looks: u64,
    queue: Vec<u32>,
    marked: Vec<u32>,
    ridden_now: Vec<u32>,
    earlier: Vec<u32>,
    /// Of each trip the call at which a scan boarded it.
    aboard: Vec<u32>,
    /// From when the seconds of labels count; no later than any departure that is still to come.
    base_s: i32,
}

/// Labels after a number of rides; one layer serves all where that number is not limited.
#[derive(Clone, Debug, Default)]
struct Layer {
    /// Of each stop the earliest arrival in a vehicle.
    ridden: Vec<i32>,
    /// Of each place the earliest time a vehicle can be boarded: by access, by a walk after a ride,
    /// or where one was left and has changed.
    ready: Vec<Block>,
    /// Of each place the time of the last departure that is still to be looked at: ready no earlier
    /// than after it, one catches nothing new. [`walks::NEVER`] where none was looked at, [`SEEN`]
    /// where there are none or the place waits.
    next: Vec<Block>,
    /// Of each place how many departures are still to be looked at: later ones were.
    unseen: Vec<u32>,
    /// Of each place when it was ready in a scan, which saw all departures from then on.
    scanned: Vec<i16>,
    /// Places whose `ready` fell so far.
    waiting: Vec<u32>,
}

const NEVER: i32 = i32::MAX;

/// Before every departure.
const SEEN: i16 = i16::MIN;

/// Labels count from so long before the departure that they are first used for, so that they serve
/// an hour of departures; with the longest journey that still fits.
const SPAN_S: i32 = 3_540;

/// Not boarded, and a stop of which nothing was looked at.
const NONE: u32 = u32::MAX;

/// What one departure reaches.
pub struct Reached<'a> {
    departure_s: i32,
    longest_s: u32,
    base_s: i32,
    on_foot: &'a Walks,
    layers: &'a [Layer],
    earlier: &'a [u32],
}

impl Reached<'_> {
    /// Seconds to the stop, [`UNREACHED`] where there is no way in time.
    pub fn stop(&self, stop: u32) -> u32 {
        let place = self.on_foot.place(stop) as usize;
        self.within(|layer| {
            let ready_s = match layer.ready.as_flattened()[place] {
                walks::NEVER => NEVER,
                seconds => self.base_s + i32::from(seconds),
            };
            ready_s.min(layer.ridden[stop as usize])
        })
    }

    /// Seconds until a vehicle is left at the stop; an egress walk begins here.
    pub fn ridden(&self, stop: u32) -> u32 {
        self.within(|layer| layer.ridden[stop as usize])
    }

    /// When a vehicle is left at the stop, seconds of the service day; `i32::MAX` where none is.
    pub fn arrival_s(&self, stop: u32) -> i32 {
        let layers = self.layers.iter();
        layers
            .map(|layer| layer.ridden[stop as usize])
            .min()
            .unwrap_or(NEVER)
    }

    /// Stops at which a vehicle is left earlier than for the departures after this one; some may
    /// stand here more than once.
    pub fn earlier(&self) -> &[u32] {
        self.earlier
    }

    fn within(&self, label: impl Fn(&Layer) -> i32) -> u32 {
        let arrival = self.layers.iter().map(label).min().unwrap_or(NEVER);
        if arrival == NEVER {
            return UNREACHED;
        }
        let seconds = (arrival - self.departure_s) as u32;
        if seconds <= self.longest_s {
            seconds
        } else {
            UNREACHED
        }
    }
}

impl Raptor {
    /// Calls `each` for every departure, the last first, with its number from the first.
    ///
    /// # Errors
    /// [`TransitError::Cancelled`] once `cancel` is set.
    pub fn search(
        &mut self,
        timetable: &Timetable,
        window: Window,
        access: &[Leg],
        cancel: &AtomicBool,
        mut each: impl FnMut(usize, &Reached<'_>),
    ) -> Result<(), TransitError> {
        self.reset(timetable, window.max_transfers);
        let longest_s = window.longest_s.min(Journeys::LONGEST_S);
        self.base_s = i32::MAX;
        for number in (0..window.departures).rev() {
            if cancel.load(Ordering::Relaxed) {
                return Err(TransitError::Cancelled);
            }
            let departure_s = window.from_s + 60 * number as i32;
            let latest_s = departure_s.saturating_add_unsigned(longest_s);
            let walked = access.iter().filter_map(|&(stop, walk)| {
                let arrival = departure_s.saturating_add_unsigned(walk);
                (arrival <= latest_s).then_some((stop, arrival))
            });
            self.earlier.clear();
            if departure_s < self.base_s {
                self.rebase(timetable, window.from_s.max(departure_s - SPAN_S));
            }
            let on_foot = timetable.on_foot();
            let latest = self.seconds(latest_s);
            for (stop, arrival_s) in walked {
                let seconds = self.seconds(arrival_s);
                self.layers[0].make_ready(on_foot.place(stop), seconds);
            }
            if number + 1 == window.departures && window.max_transfers.is_none() {
                self.scan(timetable, latest_s);
            } else {
                self.rounds(timetable, latest_s, latest);
            }
            each(
                number as usize,
                &Reached {
                    departure_s,
                    longest_s,
                    base_s: self.base_s,
                    on_foot,
                    layers: &self.layers,
                    earlier: &self.earlier,
                },
            );
        }
        Ok(())
    }

    fn reset(&mut self, timetable: &Timetable, max_transfers: Option<u32>) {
        let stops = timetable.stops();
        let layers = max_transfers.map_or(1, |transfers| transfers as usize + 2);
        self.layers.resize_with(layers, Layer::default);
        let blocks = timetable.on_foot().blocks();
        let places = timetable.on_foot().places();
        for layer in &mut self.layers {
            layer.ridden.clear();
            layer.ridden.resize(stops, NEVER);
            for labels in [&mut layer.ready, &mut layer.next] {
                labels.clear();
                labels.resize(blocks, [walks::NEVER; _]);
            }
            layer.unseen.clear();
            layer.unseen.resize(places, NONE);
            layer.scanned.clear();
            layer.scanned.resize(places, walks::NEVER);
            layer.waiting.clear();
        }
        self.first_boarded.clear();
        self.first_boarded
            .resize(timetable.patterns.len(), (NONE, NONE));
        self.looked.resize(timetable.patterns.len(), 0);
    }

    /// A time as labels count it, which lies within the longest journey of the departure.
    fn seconds(&self, time_s: i32) -> i16 {
        (time_s - self.base_s) as i16
    }

    /// Lets the seconds of labels count from another, earlier time.
    fn rebase(&mut self, timetable: &Timetable, base_s: i32) {
        let later = self.base_s.saturating_sub(base_s).min(i16::MAX.into()) as i16;
        self.base_s = base_s;
        for layer in &mut self.layers {
            let ready = layer.ready.as_flattened_mut().iter_mut();
            // What is never stays so.
            ready
                .chain(&mut layer.scanned)
                .for_each(|seconds| *seconds = seconds.saturating_add(later));
            let next = layer.next.as_flattened_mut().iter_mut();
            for (place, (next, unseen)) in (0..).zip(next.zip(&layer.unseen)) {
                if *next != SEEN && *unseen != NONE {
                    let stop = timetable.on_foot().stop(place);
                    *next = last_unseen(timetable.boardings(stop), *unseen, base_s);
                }
            }
        }
    }

    /// Finds what one departure reaches that nothing is known of yet.
    fn scan(&mut self, timetable: &Timetable, latest_s: i32) {
        let layer = &mut self.layers[0];
        // Nothing waits: all departures are looked at.
        layer.next.fill([walks::NEVER; _]);
        layer.waiting.clear();
        let mut labels = Labels {
            base_s: self.base_s,
            ridden: &mut layer.ridden,
            ready: &mut layer.ready,
            found: &mut self.earlier,
        };
        let departures = timetable.departures();
        departures.scan(timetable, latest_s, &mut labels, &mut self.aboard);
        let ready = layer.ready.as_flattened();
        for (scanned, ready) in layer.scanned.iter_mut().zip(ready) {
            *scanned = *ready;
        }
    }

    /// Rides and walks until nothing improves, or the allowed rides are used.
    fn rounds(&mut self, timetable: &Timetable, latest_s: i32, latest: i16) {
        let limited = self.layers.len() > 1;
        let mut from = 0;
        loop {
            let to = if limited { from + 1 } else { 0 };
            if to == self.layers.len() {
                self.layers[from].waiting.clear();
                return;
            }
            self.collect_patterns(timetable, from, latest_s);
            if self.queue.is_empty() && !limited {
                return;
            }
            self.ride(timetable, from, to, latest_s);
            self.walk(timetable, to, latest);
            from = to;
        }
    }

    fn collect_patterns(&mut self, timetable: &Timetable, from: usize, latest_s: i32) {
        self.queue.clear();
        let layer = &mut self.layers[from];
        std::mem::swap(&mut self.marked, &mut layer.waiting);
        for &place in &self.marked {
            let stop = timetable.on_foot().stop(place);
            let place = place as usize;
            let ready = self.base_s + i32::from(layer.ready.as_flattened()[place]);
            let before = layer.scanned[place];
            let boardings = timetable.boardings(stop);
            let unseen = &mut layer.unseen[place];
            let (first_boarded, queue) = (&mut self.first_boarded, &mut self.queue);
            let mut board = |next: &Boarding| {
                let first = &mut first_boarded[next.pattern as usize];
                if first.0 == NONE {
                    queue.push(next.pattern);
                }
                *first = (next.position, next.trip).min(*first);
            };
            if *unseen == NONE && before < walks::NEVER {
                // A scan has seen what leaves from then on.
                let before = self.base_s + i32::from(before);
                *unseen = boardings.partition_point(|next| next.time_s < before) as u32;
            }
            if *unseen == NONE {
                // The first time, on to where every pattern was seen.
                let start = boardings.partition_point(|next| next.time_s < ready);
                *unseen = start as u32;
                self.looks += 1;
                let mut patterns = timetable.patterns_at(stop);
                for next in boardings[start..]
                    .iter()
                    .take_while(|b| b.time_s <= latest_s)
                {
                    let look = &mut self.looked[next.pattern as usize];
                    if patterns < Timetable::MANY {
                        if std::mem::replace(look, self.looks) == self.looks {
                            continue;
                        }
                        patterns -= 1;
                    }
                    board(next);
                    if patterns == 0 {
                        break;
                    }
                }
            } else {
                // From the latest back to the first that is caught now.
                for next in boardings[..*unseen as usize].iter().rev() {
                    if next.time_s < ready {
                        break;
                    }
                    *unseen -= 1;
                    if next.time_s <= latest_s {
                        board(next);
                    }
                }
            }
            layer.next.as_flattened_mut()[place] = last_unseen(boardings, *unseen, self.base_s);
        }
        self.marked.clear();
    }

    fn ride(&mut self, timetable: &Timetable, from: usize, to: usize, latest_s: i32) {
        let mut ridden = std::mem::take(&mut self.layers[to].ridden);
        let ready_at = self.layers[from].ready.as_flattened();
        for &index in &self.queue {
            let pattern = &timetable.patterns[index as usize];
            let first = &mut self.first_boarded[index as usize];
            let (first, trip) = std::mem::replace(first, (NONE, NONE));
            let mut trip = trip as usize;
            let mut arrivals = pattern.arrivals_of(trip);
            for position in first as usize + 1..pattern.stops.len() {
                let stop = pattern.stops[position] as usize;
                if trip < pattern.trips && pattern.alights[position] {
                    let arrival = arrivals[position];
                    if arrival > latest_s {
                        // Later stops of this trip are later still; an earlier trip may be
                        // caught further on.
                        trip = pattern.trips;
                    } else if arrival < ridden[stop] {
                        ridden[stop] = arrival;
                        self.ridden_now.push(stop as u32);
                    }
                }
                let ready = ready_at[pattern.places[position] as usize];
                if ready == walks::NEVER || !pattern.boards[position] || trip == 0 {
                    continue;
                }
                let ready = self.base_s + i32::from(ready);
                if ready <= pattern.departure(position, trip - 1) {
                    trip = pattern.next_trip(position, ready, trip - 1);
                    arrivals = pattern.arrivals_of(trip);
                }
            }
        }
        self.layers[to].ridden = ridden;
    }

    fn walk(&mut self, timetable: &Timetable, to: usize, latest: i16) {
        let layer = &mut self.layers[to];
        self.ridden_now.sort_unstable();
        self.ridden_now.dedup();
        for &stop in &self.ridden_now {
            let seconds = (layer.ridden[stop as usize] - self.base_s) as i16;
            let walks = timetable.on_foot().rows(stop);
            walks.for_each(|row| layer.walk(row, seconds, latest));
        }
        self.earlier.append(&mut self.ridden_now);
    }
}

/// The time of the last of the departures that are still to be looked at, as labels count it; any
/// time before all labels will do as well.
fn last_unseen(boardings: &[Boarding], unseen: u32, base_s: i32) -> i16 {
    let last = boardings[..unseen as usize].last();
    last.map_or(SEEN, |last| {
        let seconds = last.time_s.saturating_sub(base_s);
        seconds.clamp(-1, i32::from(walks::NEVER) - 1) as i16
    })
}

impl Layer {
    fn make_ready(&mut self, place: u32, seconds: i16) {
        let ready = &mut self.ready.as_flattened_mut()[place as usize];
        if seconds < *ready {
            *ready = seconds;
            let next = &mut self.next.as_flattened_mut()[place as usize];
            if seconds <= *next {
                *next = SEEN;
                self.waiting.push(place);
            }
        }
    }

    /// Makes one ready wherever one walks to from a stop that is left at some time.
    #[inline]
    fn walk(&mut self, row: &Row, seconds: i16, latest: i16) {
        let block = row.block as usize;
        let (ready, next) = (&mut self.ready[block], &mut self.next[block]);
        // Lane by lane and without a branch, which is a few instructions for all of them.
        let mut there = row.seconds;
        for there in &mut there {
            let seconds = seconds.saturating_add(*there);
            *there = if seconds <= latest {
                seconds
            } else {
                walks::NEVER
            };
        }
        let mut waits = [0i16; LANES];
        for lane in 0..LANES {
            let is_sooner = there[lane] < ready[lane];
            waits[lane] = i16::from(is_sooner & (there[lane] <= next[lane]));
        }
        for lane in 0..LANES {
            ready[lane] = ready[lane].min(there[lane]);
        }
        if waits != [0; LANES] {
            let waits = waits.iter().enumerate().filter(|(_, waits)| **waits != 0);
            for (lane, _) in waits {
                next[lane] = SEEN;
                self.waiting.push((block * LANES + lane) as u32);
            }
        }
    }
}
