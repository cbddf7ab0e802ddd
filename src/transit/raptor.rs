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
use super::{Boarding, Leg, Timetable, TransitError};

/// What is asked of one search.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// First departure, seconds of the service day.
    pub from_s: i32,
    /// Departures, one each minute: the window is `[from_s, from_s + 60 * departures)`.
    pub departures: u32,
    /// Longest travel time, waiting included.
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
}

/// Labels after a number of rides; one layer serves all where that number is not limited.
#[derive(Clone, Debug, Default)]
struct Layer {
    /// Earliest arrival in a vehicle.
    ridden: Vec<i32>,
    /// Earliest time a vehicle can be boarded: by access, by a walk after a ride, or where one was
    /// left and has changed.
    ready: Vec<i32>,
    /// The value of `ready` up to which a scan has seen the departures of the stop.
    scanned: Vec<i32>,
    /// How many departures of the stop are still to be looked at: later ones were.
    unseen: Vec<u32>,
    /// The time of the last of them: ready no earlier than after it, one catches nothing new.
    /// [`NEVER`] where none was looked at, [`SEEN`] where there are none or the stop waits.
    next_s: Vec<i32>,
    /// Stops whose `ready` fell so far.
    waiting: Vec<u32>,
}

const NEVER: i32 = i32::MAX;

/// Before every departure.
const SEEN: i32 = i32::MIN;

/// Not boarded, and a stop of which nothing was looked at.
const NONE: u32 = u32::MAX;

/// What one departure reaches.
pub struct Reached<'a> {
    departure_s: i32,
    longest_s: u32,
    layers: &'a [Layer],
    earlier: &'a [u32],
}

impl Reached<'_> {
    /// Seconds to the stop, [`UNREACHED`] where there is no way in time.
    pub fn stop(&self, stop: u32) -> u32 {
        let stop = stop as usize;
        self.within(|layer| layer.ready[stop].min(layer.ridden[stop]))
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
        for number in (0..window.departures).rev() {
            if cancel.load(Ordering::Relaxed) {
                return Err(TransitError::Cancelled);
            }
            let departure_s = window.from_s + 60 * number as i32;
            let latest_s = departure_s.saturating_add_unsigned(window.longest_s);
            let walked = access.iter().filter_map(|&(stop, walk)| {
                let arrival = departure_s.saturating_add_unsigned(walk);
                (arrival <= latest_s).then_some((stop, arrival))
            });
            self.earlier.clear();
            if number + 1 == window.departures && window.max_transfers.is_none() {
                self.scan(timetable, walked, latest_s);
            } else {
                walked.for_each(|(stop, arrival)| self.layers[0].make_ready(stop, arrival));
                self.rounds(timetable, latest_s);
            }
            each(
                number as usize,
                &Reached {
                    departure_s,
                    longest_s: window.longest_s,
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
        for layer in &mut self.layers {
            for labels in [
                &mut layer.ridden,
                &mut layer.ready,
                &mut layer.scanned,
                &mut layer.next_s,
            ] {
                labels.clear();
                labels.resize(stops, NEVER);
            }
            layer.unseen.clear();
            layer.unseen.resize(stops, NONE);
            layer.waiting.clear();
        }
        self.first_boarded.clear();
        self.first_boarded
            .resize(timetable.patterns.len(), (NONE, NONE));
        self.looked.resize(timetable.patterns.len(), 0);
    }

    /// Finds what one departure reaches that nothing is known of yet.
    fn scan(
        &mut self,
        timetable: &Timetable,
        walked: impl Iterator<Item = (u32, i32)>,
        latest_s: i32,
    ) {
        let layer = &mut self.layers[0];
        for (stop, arrival) in walked {
            let ready = &mut layer.ready[stop as usize];
            *ready = arrival.min(*ready);
        }
        let mut labels = Labels {
            ridden: &mut layer.ridden,
            ready: &mut layer.ready,
            found: &mut self.earlier,
        };
        let departures = timetable.departures();
        departures.scan(timetable, latest_s, &mut labels, &mut self.aboard);
        layer.scanned.copy_from_slice(&layer.ready);
    }

    /// Rides and walks until nothing improves, or the allowed rides are used.
    fn rounds(&mut self, timetable: &Timetable, latest_s: i32) {
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
            self.walk(timetable, to, latest_s);
            from = to;
        }
    }

    fn collect_patterns(&mut self, timetable: &Timetable, from: usize, latest_s: i32) {
        self.queue.clear();
        let layer = &mut self.layers[from];
        std::mem::swap(&mut self.marked, &mut layer.waiting);
        for &stop in &self.marked {
            let ready = layer.ready[stop as usize];
            let before = layer.scanned[stop as usize];
            let boardings = timetable.boardings(stop);
            let unseen = &mut layer.unseen[stop as usize];
            let (first_boarded, queue) = (&mut self.first_boarded, &mut self.queue);
            let mut board = |next: &Boarding| {
                let first = &mut first_boarded[next.pattern as usize];
                if first.0 == NONE {
                    queue.push(next.pattern);
                }
                *first = (next.position, next.trip).min(*first);
            };
            if *unseen == NONE && before < NEVER {
                // A scan has seen what leaves from then on.
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
            let next = boardings[..*unseen as usize].last();
            layer.next_s[stop as usize] = next.map_or(SEEN, |next| next.time_s);
        }
        self.marked.clear();
    }

    fn ride(&mut self, timetable: &Timetable, from: usize, to: usize, latest_s: i32) {
        let mut ridden = std::mem::take(&mut self.layers[to].ridden);
        let ready_at = &self.layers[from].ready[..];
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
                let ready = ready_at[stop];
                if ready != NEVER
                    && pattern.boards[position]
                    && trip > 0
                    && ready <= pattern.departure(position, trip - 1)
                {
                    trip = pattern.next_trip(position, ready, trip - 1);
                    arrivals = pattern.arrivals_of(trip);
                }
            }
        }
        self.layers[to].ridden = ridden;
    }

    fn walk(&mut self, timetable: &Timetable, to: usize, latest_s: i32) {
        let layer = &mut self.layers[to];
        self.ridden_now.sort_unstable();
        self.ridden_now.dedup();
        for &stop in &self.ridden_now {
            let arrival = layer.ridden[stop as usize];
            if let Some(change_s) = timetable.change_s[stop as usize] {
                layer.make_ready(stop, arrival.saturating_add_unsigned(change_s));
            }
            for &(other, walk) in timetable.walks(stop) {
                let there = arrival.saturating_add_unsigned(walk);
                if there <= latest_s {
                    layer.make_ready(other, there);
                }
            }
        }
        self.earlier.append(&mut self.ridden_now);
    }
}

impl Layer {
    fn make_ready(&mut self, stop: u32, time_s: i32) {
        let index = stop as usize;
        if time_s < self.ready[index] {
            self.ready[index] = time_s;
            if time_s <= self.next_s[index] {
                self.next_s[index] = SEEN;
                self.waiting.push(stop);
            }
        }
    }
}
