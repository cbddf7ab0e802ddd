//! `transfers.txt`: changing between stops, and staying seated from one trip into the next.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::read::{Feed, Index};
use crate::transit::{Transfer, TransitError, Trip};

/// A rule of `transfers.txt` about changing from a place to another.
struct Rule {
    from: u32,
    to: u32,
    kind: String,
    /// `min_transfer_time`, seconds.
    least_s: Option<u32>,
}

impl Feed<'_> {
    /// Changes between platforms; a rule of a station holds for all its platforms that no rule of
    /// their own says otherwise of, in whatever order the rules stand.
    pub(super) fn transfers(&mut self, stops: &Index, trips: &Index) -> Result<(), TransitError> {
        let Some(mut table) = self.table("transfers.txt", &[])? else {
            return Ok(());
        };
        let [from, to, kind, least] = [
            "from_stop_id",
            "to_stop_id",
            "transfer_type",
            "min_transfer_time",
        ]
        .map(|heading| table.column(heading));
        let [from_trip, to_trip, from_route, to_route] =
            ["from_trip_id", "to_trip_id", "from_route_id", "to_route_id"]
                .map(|heading| table.column(heading));
        let mut seated = Vec::new();
        let mut rules = Vec::new();
        for row in table.by_ref() {
            let mut leave_out = |fault| self.leave_out(fault, "transfers.txt", &row);
            match row.get(kind) {
                // Riders may stay seated.
                "4" => {
                    let pair = (trips.get(row.get(from_trip)), trips.get(row.get(to_trip)));
                    match pair {
                        (Some(&before), Some(&after)) => seated.push((before, after)),
                        _ => leave_out(Fault::TransferOfTrips),
                    }
                    continue;
                }
                // Riders must leave and board again, as at any change.
                "5" => continue,
                "" | "0" | "1" | "2" | "3" => {}
                _ => {
                    leave_out(Fault::TransferType);
                    continue;
                }
            }
            let special = [from_trip, to_trip, from_route, to_route];
            if special.iter().any(|column| !row.get(*column).is_empty()) {
                leave_out(Fault::TransferOfTrips);
                continue;
            }
            let (Some(&from), Some(&to)) = (stops.get(row.get(from)), stops.get(row.get(to)))
            else {
                leave_out(Fault::TransferStops);
                continue;
            };
            let least_s: Option<u32> = match row.get(least) {
                "" => None,
                text => match text.parse() {
                    Ok(seconds) => Some(seconds),
                    Err(_) => {
                        leave_out(Fault::TransferType);
                        continue;
                    }
                },
            };
            let kind = row.get(kind).to_owned();
            rules.push(Rule {
                from,
                to,
                kind,
                least_s,
            });
        }
        // What is said last of a pair holds: the more a rule names platforms, the later.
        rules.sort_by_key(|rule| {
            let is_own = |place: u32| !self.is_station(place);
            let (from, to) = (is_own(rule.from), is_own(rule.to));
            (u8::from(from) + u8::from(to), from)
        });
        for rule in &rules {
            self.transfer(rule);
        }
        self.join_seated(&seated);
        Ok(())
    }

    fn transfer(&mut self, rule: &Rule) {
        self.report.transfers += 1;
        for from in self.platforms(rule.from) {
            for to in self.platforms(rule.to) {
                let walk_s = self.walk_s(from, to);
                let seconds = match rule.kind.as_str() {
                    "3" => None,
                    "2" => Some(rule.least_s.unwrap_or(walk_s)),
                    _ => Some(walk_s),
                };
                let transfer = Transfer { from, to, seconds };
                self.schedule.transfers.push(transfer);
            }
        }
    }

    fn is_station(&self, place: u32) -> bool {
        self.schedule.stops[place as usize].kind == 1
    }

    /// The platforms of a station; of any other place itself.
    fn platforms(&self, place: u32) -> Vec<u32> {
        let stops = &self.schedule.stops;
        if !self.is_station(place) {
            return vec![place];
        }
        let own = self.first_stop as u32..stops.len() as u32;
        let inside = |stop: &u32| {
            let stop = &stops[*stop as usize];
            stop.kind == 0 && stop.station == Some(place)
        };
        own.filter(inside).collect()
    }

    /// Makes one trip of two where a vehicle goes on with its riders. Only where each trip has
    /// one partner, on the same days: a train that is split stays a change.
    fn join_seated(&mut self, pairs: &[(u32, u32)]) {
        let mut after = BTreeMap::new();
        let mut before = BTreeMap::new();
        for &(first, next) in pairs {
            after.entry(first).or_insert_with(Vec::new).push(next);
            before.entry(next).or_insert_with(Vec::new).push(first);
        }
        let trips = &mut self.schedule.trips;
        let mut is_joined = vec![false; trips.len()];
        // The last pair of a chain first, so that the chain grows from its end.
        let mut pairs: Vec<(u32, u32)> = pairs.to_vec();
        pairs.sort_by_key(|&(first, _)| {
            let start = trips[first as usize].calls[0].departure_s;
            (std::cmp::Reverse(start), first)
        });
        for (first, next) in pairs {
            let is_only = after[&first].len() == 1 && before[&next].len() == 1;
            let (first, next) = (first as usize, next as usize);
            if is_only && first != next && goes_on(&trips[first], &trips[next]) {
                let rest = std::mem::take(&mut trips[next].calls);
                join(&mut trips[first], &rest);
                is_joined[next] = true;
                self.report.joined_trips += 1;
            }
        }
        let mut number = 0;
        trips.retain(|_| {
            number += 1;
            !is_joined[number - 1]
        });
    }
}

fn goes_on(first: &Trip, next: &Trip) -> bool {
    let times = first.calls.last().zip(next.calls.first());
    first.service == next.service
        && first.headways.is_empty()
        && next.headways.is_empty()
        && times.is_some_and(|(last, start)| last.arrival_s <= start.departure_s)
}

fn join(first: &mut Trip, rest: &[crate::transit::Call]) {
    let Some((last, start)) = first.calls.last_mut().zip(rest.first()) else {
        return;
    };
    if last.stop == start.stop {
        last.departure_s = start.departure_s;
        last.boards = start.boards;
        first.calls.extend(&rest[1..]);
    } else {
        // The vehicle moves on to another platform, riders inside.
        last.departure_s = last.departure_s.min(start.arrival_s).max(last.arrival_s);
        let mut start = *start;
        start.arrival_s = start.arrival_s.max(last.departure_s);
        first.calls.push(start);
        first.calls.extend(&rest[1..]);
    }
}
