//! Range-RAPTOR: arrivals at every stop for every minute of a departure window.
//!
//! Departures are taken from the last to the first and labels are kept: what can be reached
//! leaving later can be reached leaving earlier. A stop's patterns are looked at again only
//! where the earlier departure catches a trip that the later one had missed.
//!
//! # Source
//! Delling, Pajor & Werneck (2015), *Round-based public transit routing*, Transportation
//! Science 49(3), section 4.2.

use std::sync::atomic::{AtomicBool, Ordering};

use super::percentile::UNREACHED;
use super::{Leg, Timetable, TransitError};

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
    first_position: Vec<u32>,
    queue: Vec<u32>,
    marked: Vec<u32>,
    ridden_now: Vec<u32>,
    earlier: Vec<u32>,
}

/// Labels after a number of rides; one layer serves all where that number is not limited.
#[derive(Clone, Debug, Default)]
struct Layer {
    /// Earliest arrival in a vehicle.
    ridden: Vec<i32>,
    /// Earliest arrival in a vehicle, by access, or by one walk after a ride.
    at: Vec<i32>,
    /// Earliest time a vehicle can be boarded.
    ready: Vec<i32>,
    /// The value of `ready` when the patterns of the stop were last looked at.
    scanned: Vec<i32>,
    /// Stops whose `ready` fell since then.
    waiting: Vec<u32>,
}

const NEVER: i32 = i32::MAX;

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
        self.within(|layer| layer.at[stop as usize])
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
            for &(stop, walk) in access {
                let arrival = departure_s.saturating_add_unsigned(walk);
                if arrival <= latest_s {
                    let start = &mut self.layers[0];
                    let at = &mut start.at[stop as usize];
                    *at = arrival.min(*at);
                    start.make_ready(stop, arrival);
                }
            }
            self.earlier.clear();
            self.rounds(timetable, latest_s);
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
        let stops = timetable.calls_at.len();
        let layers = max_transfers.map_or(1, |transfers| transfers as usize + 2);
        self.layers.resize_with(layers, Layer::default);
        for layer in &mut self.layers {
            for labels in [
                &mut layer.ridden,
                &mut layer.at,
                &mut layer.ready,
                &mut layer.scanned,
            ] {
                labels.clear();
                labels.resize(stops, NEVER);
            }
            layer.waiting.clear();
        }
        self.first_position.clear();
        self.first_position
            .resize(timetable.patterns.len(), u32::MAX);
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
            let scanned = std::mem::replace(&mut layer.scanned[stop as usize], ready);
            for &(index, position) in &timetable.calls_at[stop as usize] {
                let departures =
                    timetable.patterns[index as usize].departures_at(position as usize);
                let next = departures.partition_point(|&departure| departure < ready);
                let gained = departures
                    .get(next)
                    .is_some_and(|&departure| departure < scanned && departure <= latest_s);
                if gained {
                    let first = &mut self.first_position[index as usize];
                    if *first == u32::MAX {
                        self.queue.push(index);
                    }
                    *first = position.min(*first);
                }
            }
        }
        self.marked.clear();
    }

    fn ride(&mut self, timetable: &Timetable, from: usize, to: usize, latest_s: i32) {
        for &index in &self.queue {
            let pattern = &timetable.patterns[index as usize];
            let first =
                std::mem::replace(&mut self.first_position[index as usize], u32::MAX) as usize;
            let mut trip = pattern.trips;
            for position in first..pattern.stops.len() {
                let stop = pattern.stops[position] as usize;
                if trip < pattern.trips && pattern.alights[position] {
                    let arrival = pattern.arrival(position, trip);
                    if arrival > latest_s {
                        // Later stops of this trip are later still; an earlier trip may be
                        // caught further on.
                        trip = pattern.trips;
                    } else if arrival < self.layers[to].ridden[stop] {
                        self.layers[to].ridden[stop] = arrival;
                        self.ridden_now.push(stop as u32);
                    }
                }
                if pattern.boards[position] {
                    let ready = self.layers[from].ready[stop];
                    let departures = pattern.departures_at(position);
                    if trip == pattern.trips || (trip > 0 && ready <= departures[trip - 1]) {
                        trip = departures[..trip].partition_point(|&time| time < ready);
                    }
                }
            }
        }
    }

    fn walk(&mut self, timetable: &Timetable, to: usize, latest_s: i32) {
        let layer = &mut self.layers[to];
        self.ridden_now.sort_unstable();
        self.ridden_now.dedup();
        for &stop in &self.ridden_now {
            let arrival = layer.ridden[stop as usize];
            let at = &mut layer.at[stop as usize];
            *at = arrival.min(*at);
            if let Some(change_s) = timetable.change_s[stop as usize] {
                layer.make_ready(stop, arrival.saturating_add_unsigned(change_s));
            }
            for &(other, walk) in &timetable.walks[stop as usize] {
                let there = arrival.saturating_add_unsigned(walk);
                if there <= latest_s {
                    let at = &mut layer.at[other as usize];
                    *at = there.min(*at);
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
            if self.ready[index] == self.scanned[index] {
                self.waiting.push(stop);
            }
            self.ready[index] = time_s;
        }
    }
}
