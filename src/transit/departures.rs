use super::{
    Pattern, Timetable,
    walks::{Block, Walks},
};

/// Every departure that one can board, of all stops, in the order of their times.
#[derive(Clone, Debug, Default)]
pub(super) struct Departures {
    all: Vec<Departure>,
    /// Of each trip, numbered on from pattern to pattern, its pattern.
    pattern_of: Vec<u32>,
    /// Of each pattern the number of its first trip.
    first_trip: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Departure {
    time_s: i32,
    /// The place of the stop.
    from: u32,
    trip: u32,
    /// Of the call in its pattern.
    position: u32,
}

/// What a scan finds.
pub(super) struct Labels<'l> {
    /// From when the seconds of `ready` count.
    pub base_s: i32,
    /// Of each stop the earliest arrival in a vehicle; `i32::MAX` where there is none.
    pub ridden: &'l mut [i32],
    /// Of each place the earliest time a vehicle can be boarded, seconds from `base_s`.
    pub ready: &'l mut [Block],
    /// Stops at which a vehicle is left for the first time.
    pub found: &'l mut Vec<u32>,
}

const NEVER: i32 = i32::MAX;

/// So many departures are looked at before anything is done about any.
const AT_ONCE: usize = 16;

/// A bit for each of some departures that is caught, and of more use than what was boarded; without
/// a branch, since which they are cannot be foretold.
#[inline]
fn caught(some: &[Departure], aboard: &[u32], ready: &[i16], base_s: i32) -> u32 {
    let hits = some.iter().enumerate().map(|(number, next)| {
        let is_new = next.position < aboard[next.trip as usize];
        let is_ready = i32::from(ready[next.from as usize]) <= next.time_s - base_s;
        u32::from(is_new & is_ready) << number
    });
    hits.fold(0, |all, hit| all | hit)
}

impl Departures {
    pub fn of(patterns: &[Pattern], walks: &Walks) -> Self {
        let mut found = Departures::default();
        for (number, pattern) in (0..).zip(patterns) {
            found.first_trip.push(found.pattern_of.len() as u32);
            for trip in 0..pattern.trips {
                let number = found.pattern_of.len() as u32 + trip as u32;
                let last = pattern.stops.len().saturating_sub(1);
                let boards = (0..last).filter(|position| pattern.boards[*position]);
                found.all.extend(boards.map(|position| Departure {
                    time_s: pattern.departure(position, trip),
                    from: walks.place(pattern.stops[position]),
                    trip: number,
                    position: position as u32,
                }));
            }
            let trips = found.pattern_of.len() + pattern.trips;
            found.pattern_of.resize(trips, number);
        }
        // Stable: of one trip the calls at one time stay in their order.
        found.all.sort_by_key(|departure| departure.time_s);
        found
    }

    fn first_from(&self, time_s: i32) -> usize {
        self.all.partition_point(|next| next.time_s < time_s)
    }

    /// Rides all that can be caught, from where `labels` say that one is ready, and walks between
    /// stops, until `latest_s`. `aboard` is room for where each trip was boarded.
    ///
    /// A trip is ridden to its end as soon as it is boarded. Trips of a pattern do not overtake:
    /// where one was boarded, the later ones are of no more use from there on.
    ///
    /// # Source
    /// Dibbelt, Pajor, Strasser & Wagner (2018), *Connection Scan Algorithm*, ACM Journal of
    /// Experimental Algorithmics 23, section 3.1; of the later trips Witt (2015), *Trip-Based Public
    /// Transit Routing*, ESA, section 3.2.
    pub fn scan(
        &self,
        timetable: &Timetable,
        latest_s: i32,
        labels: &mut Labels<'_>,
        aboard: &mut Vec<u32>,
    ) {
        aboard.clear();
        aboard.resize(self.pattern_of.len(), u32::MAX);
        let base_s = labels.base_s;
        let soonest = labels.ready.as_flattened().iter().min();
        let soonest = soonest.map_or(NEVER, |soonest| base_s + i32::from(*soonest));
        let mut at = self.first_from(soonest);
        'more: while let Some(rest) = self.all.get(at..).filter(|rest| !rest.is_empty()) {
            let ready = labels.ready.as_flattened();
            let (some, mut hits) = match rest.first_chunk::<AT_ONCE>() {
                Some(some) => (&some[..], caught(some, aboard, ready, base_s)),
                None => (rest, caught(rest, aboard, ready, base_s)),
            };
            let last = &some[some.len() - 1];
            at += some.len();
            while hits != 0 {
                let number = hits.trailing_zeros() as usize;
                hits &= hits - 1;
                let next = &some[number];
                if next.time_s > latest_s {
                    return;
                }
                if next.position >= aboard[next.trip as usize] {
                    continue;
                }
                let there_s = self.board(timetable, next, latest_s, labels, aboard);
                // From there on one may catch what one did not before.
                if there_s <= last.time_s {
                    at = match there_s <= next.time_s {
                        // A ride of no length makes one ready for what was passed already.
                        true => self.first_from(there_s),
                        false => at - some.len() + number + 1,
                    };
                    continue 'more;
                }
            }
            if last.time_s > latest_s {
                return;
            }
        }
    }

    /// Rides a trip on from a call; the first time at which one is somewhere sooner than before.
    fn board(
        &self,
        timetable: &Timetable,
        departure: &Departure,
        latest_s: i32,
        labels: &mut Labels<'_>,
        aboard: &mut [u32],
    ) -> i32 {
        let trip = departure.trip as usize;
        let number = self.pattern_of[trip] as usize;
        let pattern = &timetable.patterns[number];
        let own = trip - self.first_trip[number] as usize;
        let position = departure.position as usize;
        // From where it or an earlier one was boarded before, nothing is new.
        let known = (aboard[trip] as usize).min(pattern.stops.len() - 1);
        let later = aboard[trip..][..pattern.trips - own].iter_mut();
        for aboard in later.take_while(|aboard| **aboard > departure.position) {
            *aboard = departure.position;
        }
        let arrivals = pattern.arrivals_of(own);
        let mut first_s = NEVER;
        let calls = arrivals.iter().enumerate().take(known + 1);
        for (call, &arrival_s) in calls.skip(position + 1) {
            let stop = pattern.stops[call] as usize;
            if arrival_s > latest_s {
                break;
            }
            if arrival_s < labels.ridden[stop] && pattern.alights[call] {
                labels.arrive(timetable, stop, arrival_s);
                first_s = arrival_s.min(first_s);
            }
        }
        first_s
    }
}

impl Labels<'_> {
    /// Leaves a vehicle at a stop, and walks on.
    fn arrive(&mut self, timetable: &Timetable, stop: usize, arrival_s: i32) {
        if self.ridden[stop] == NEVER {
            self.found.push(stop as u32);
        }
        self.ridden[stop] = arrival_s;
        let taken_s = (arrival_s - self.base_s) as i16;
        // Whoever is ready too late boards nothing.
        timetable.on_foot().walk(stop as u32, taken_s, self.ready);
    }
}
