use std::collections::{BTreeSet, HashSet};

use super::fault::Fault;
use super::fill::fill;
use super::read::{Feed, Index, time_of_day};
use super::report::Place;
use crate::transit::{Call, TransitError};

const TOO_FAST_M_S: f64 = 200.0 / 3.6;

/// A row of `stop_times.txt`.
struct RawCall {
    trip: u32,
    order: i64,
    stop: u32,
    time: (Option<i32>, Option<i32>),
    boards: bool,
    alights: bool,
}

impl Feed<'_> {
    /// Gives the trips their calls, blank times filled.
    pub(super) fn calls(&mut self, stops: &Index, trips: &Index) -> Result<(), TransitError> {
        let mut raw = self.raw_calls(stops, trips)?;
        raw.sort_by_key(|call| (call.trip, call.order));
        for calls in raw.chunk_by(|a, b| a.trip == b.trip) {
            self.one_trip(calls);
        }
        Ok(())
    }

    fn raw_calls(&mut self, stops: &Index, trips: &Index) -> Result<Vec<RawCall>, TransitError> {
        let needed = ["trip_id", "stop_sequence"];
        let Some(mut table) = self.table("stop_times.txt", &needed)? else {
            return Ok(Vec::new());
        };
        let [trip, order] = needed.map(|heading| table.column(heading));
        let [stop, arrival, departure, pickup, drop_off] = [
            "stop_id",
            "arrival_time",
            "departure_time",
            "pickup_type",
            "drop_off_type",
        ]
        .map(|heading| table.column(heading));
        let on_demand = [
            "location_id",
            "location_group_id",
            "start_pickup_drop_off_window",
        ]
        .map(|heading| table.column(heading));
        if stop.is_none() && on_demand.iter().all(Option::is_none) {
            return Err(self.missing_column("stop_times.txt", "stop_id"));
        }
        let mut raw = Vec::new();
        let mut broken = BTreeSet::new();
        for row in table.by_ref() {
            if row.line.is_multiple_of(1 << 16) && !(self.goes_on)() {
                return Err(TransitError::Cancelled);
            }
            let mut leave_out = |fault| self.leave_out(fault, "stop_times.txt", &row);
            let Some(&trip) = trips.get(row.get(trip)) else {
                leave_out(Fault::CallTrip);
                continue;
            };
            if on_demand.iter().any(|column| !row.get(*column).is_empty()) {
                leave_out(Fault::CallByArea);
                continue;
            }
            let order: Option<i64> = row.get(order).parse().ok();
            let (Some(&stop), Some(order)) = (stops.get(row.get(stop)), order) else {
                leave_out(Fault::CallStop);
                continue;
            };
            let times = [arrival, departure].map(|column| time_of_day(row.get(column)));
            let [Ok(arrival), Ok(departure)] = times else {
                leave_out(Fault::CallTime);
                broken.insert(trip);
                continue;
            };
            raw.push(RawCall {
                trip,
                order,
                stop,
                time: (arrival, departure),
                boards: row.get(pickup) != "1",
                alights: row.get(drop_off) != "1",
            });
        }
        raw.retain(|call| !broken.contains(&call.trip));
        let with_calls: HashSet<u32> = raw.iter().map(|call| call.trip).collect();
        self.trips_without_calls(&with_calls, &broken);
        Ok(raw)
    }

    fn trips_without_calls(&mut self, with_calls: &HashSet<u32>, broken: &BTreeSet<u32>) {
        for number in self.first_trip as u32..self.schedule.trips.len() as u32 {
            if !with_calls.contains(&number) && !broken.contains(&number) {
                self.leave_out_trip(Fault::TripLength, number);
            }
        }
    }

    fn one_trip(&mut self, calls: &[RawCall]) {
        let trip = calls[0].trip;
        if calls.len() < 2 {
            self.leave_out_trip(Fault::TripLength, trip);
            return;
        }
        let lengths_m: Vec<f64> = calls
            .windows(2)
            .map(|pair| self.length_m(pair[0].stop, pair[1].stop))
            .collect();
        let mut times: Vec<_> = calls.iter().map(|call| call.time).collect();
        let Some(filled) = fill(&mut times, &lengths_m) else {
            self.leave_out_trip(Fault::TripTimes, trip);
            return;
        };
        self.report.filled_calls += filled;
        self.doubts(trip, calls);
        let timed = calls.iter().zip(times);
        let timed = timed.filter_map(|(call, (arrival, departure))| {
            Some(Call {
                stop: call.stop,
                arrival_s: arrival?,
                departure_s: departure?,
                boards: call.boards,
                alights: call.alights,
            })
        });
        let timed: Vec<Call> = timed.collect();
        let too_fast = timed.windows(2).zip(&lengths_m).any(|(pair, length_m)| {
            // Times are often whole minutes: a minute more must still be too fast.
            let seconds = f64::from(pair[1].arrival_s - pair[0].departure_s) + 60.0;
            length_m / seconds > TOO_FAST_M_S
        });
        let id = &self.schedule.trips[trip as usize].id;
        if too_fast {
            let place = || Place::Id(id.clone());
            self.report.too_fast_trips.add(place);
        }
        self.schedule.trips[trip as usize].calls = timed;
    }

    /// What is odd about the calls of a trip, and taken as it stands.
    fn doubts(&mut self, trip: u32, calls: &[RawCall]) {
        let id = &self.schedule.trips[trip as usize].id;
        if calls.windows(2).any(|pair| pair[0].order == pair[1].order) {
            self.report.repeated_orders.add(|| Place::Id(id.clone()));
        }
        let is_platform = |stop: u32| matches!(self.schedule.stops[stop as usize].kind, 0 | 4);
        if calls.iter().any(|call| !is_platform(call.stop)) {
            self.report.off_platforms.add(|| Place::Id(id.clone()));
        }
    }

    fn leave_out_trip(&mut self, fault: Fault, trip: u32) {
        let id = &self.schedule.trips[trip as usize].id;
        let place = || Place::Id(id.clone());
        self.report.left_out.entry(fault).or_default().add(place);
    }
}
