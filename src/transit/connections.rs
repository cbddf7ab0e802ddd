use super::Timetable;

/// Every ride from one call of a trip to the next, in the order of departures.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections {
    all: Vec<Connection>,
    trips: usize,
}

#[derive(Clone, Copy, Debug)]
struct Connection {
    departure_s: i32,
    arrival_s: i32,
    from: u32,
    to: u32,
    /// The number of its trip among those of all patterns.
    trip: u32,
    /// Of the call that it leaves.
    position: u32,
    boards: bool,
    alights: bool,
}

/// What a scan finds at every stop; `i32::MAX` where it finds nothing.
pub(super) struct Labels<'l> {
    /// Earliest arrival in a vehicle.
    pub ridden: &'l mut [i32],
    /// Earliest time a vehicle can be boarded.
    pub ready: &'l mut [i32],
    /// Stops at which a vehicle is left for the first time.
    pub found: &'l mut Vec<u32>,
}

const NEVER: i32 = i32::MAX;

impl Connections {
    pub fn of(patterns: &[super::Pattern]) -> Self {
        let mut all = Vec::new();
        let mut trips = 0;
        for pattern in patterns {
            for trip in 0..pattern.trips {
                let arrivals = pattern.arrivals_of(trip);
                for (position, pair) in pattern.stops.windows(2).enumerate() {
                    all.push(Connection {
                        departure_s: pattern.departure(position, trip),
                        arrival_s: arrivals[position + 1],
                        from: pair[0],
                        to: pair[1],
                        trip: (trips + trip) as u32,
                        position: position as u32,
                        boards: pattern.boards[position],
                        alights: pattern.alights[position + 1],
                    });
                }
            }
            trips += pattern.trips;
        }
        // Stable: of one trip the rides of no length stay in their order.
        all.sort_by_key(|connection| connection.departure_s);
        Connections { all, trips }
    }

    fn first_from(&self, time_s: i32) -> usize {
        self.all.partition_point(|c| c.departure_s < time_s)
    }

    /// Rides all that can be caught, from where `labels` say that one is ready, and walks between
    /// stops, until `latest_s`. `aboard` is room for where each trip was boarded.
    ///
    /// # Source
    /// Dibbelt, Pajor, Strasser & Wagner (2018), *Connection Scan Algorithm*, ACM Journal of
    /// Experimental Algorithmics 23, section 3.1.
    pub fn scan(
        &self,
        timetable: &Timetable,
        latest_s: i32,
        labels: &mut Labels<'_>,
        aboard: &mut Vec<u32>,
    ) {
        aboard.clear();
        aboard.resize(self.trips, u32::MAX);
        let begin = labels.ready.iter().copied().min().unwrap_or(NEVER);
        let mut at = self.first_from(begin);
        while let Some(first) = self.all.get(at).filter(|c| c.departure_s <= latest_s) {
            // Where rides of no length make one ready for what was passed already.
            let mut again_s = NEVER;
            let (now_s, together) = (first.departure_s, at);
            for connection in &self.all[at..] {
                if connection.departure_s != now_s {
                    break;
                }
                at += 1;
                // Passed again, a trip is still not ridden before where it was boarded.
                let boarded = &mut aboard[connection.trip as usize];
                if connection.position < *boarded {
                    let is_ready = labels.ready[connection.from as usize] <= now_s;
                    if !(is_ready && connection.boards) {
                        continue;
                    }
                    *boarded = connection.position;
                }
                let (to, arrival_s) = (connection.to as usize, connection.arrival_s);
                if connection.alights && arrival_s <= latest_s && arrival_s < labels.ridden[to] {
                    let ready_s = labels.arrive(timetable, to, arrival_s, latest_s);
                    if ready_s <= now_s {
                        again_s = again_s.min(ready_s);
                    }
                }
            }
            if again_s == now_s {
                at = together;
            } else if again_s < now_s {
                at = self.first_from(again_s);
            }
        }
    }
}

impl Labels<'_> {
    /// Leaves a vehicle at a stop, and walks on; the earliest time at which one is ready somewhere
    /// and was not before.
    fn arrive(&mut self, timetable: &Timetable, stop: usize, arrival_s: i32, latest_s: i32) -> i32 {
        if self.ridden[stop] == NEVER {
            self.found.push(stop as u32);
        }
        self.ridden[stop] = arrival_s;
        let mut first_s = NEVER;
        let mut ready = |stop: usize, time_s: i32| {
            if time_s < self.ready[stop] {
                self.ready[stop] = time_s;
                first_s = first_s.min(time_s);
            }
        };
        if let Some(change_s) = timetable.change_s[stop] {
            ready(stop, arrival_s.saturating_add_unsigned(change_s));
        }
        for &(other, walk_s) in timetable.walks(stop as u32) {
            let there_s = arrival_s.saturating_add_unsigned(walk_s);
            if there_s <= latest_s {
                ready(other as usize, there_s);
            }
        }
        first_s
    }
}
