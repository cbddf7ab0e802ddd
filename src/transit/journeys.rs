use std::{collections::HashMap, sync::atomic::AtomicBool};

use super::{
    Leg, Timetable, TransitError,
    percentile::rank,
    raptor::{Raptor, Window},
};

/// Not reached. Times fit into sixteen bits, so that one instruction compares eight of them.
const NEVER: i16 = i16::MAX;

/// Travel times from one start to every stop and place, for each departure of a window.
#[derive(Debug, Default)]
pub struct Journeys {
    raptor: Raptor,
    departures: usize,
    longest_s: i16,
    /// `[stops x departures]` seconds until a vehicle is left, row = stop.
    ridden: Vec<i16>,
    /// Of each stop: the arrival that holds up to a departure, and that departure.
    open: Vec<(i32, u32)>,
    /// Whether any departure reaches the stop in a vehicle.
    is_ridden: Vec<bool>,
    /// Of each stop the least seconds of all departures.
    least: Vec<i16>,
    row: Vec<i16>,
    known: Known,
}

/// What single departures reached, by the vehicles that one can set out in: neighbours catch the
/// same ones.
#[derive(Debug, Default)]
struct Known {
    of: Option<(u64, i32, u32)>,
    /// Of each stop that one sets out from, the first departure that is caught there; and what is
    /// ridden from them.
    rides: HashMap<Box<[Leg]>, Box<[i16]>, foldhash::fast::RandomState>,
    legs: Vec<Leg>,
}

/// More bytes of known rides than these are forgotten.
const MOST_KNOWN: usize = 8 << 20;

impl Known {
    /// What is known of setting out like this; the departures that are caught are kept as `legs`.
    fn find(&mut self, timetable: &Timetable, window: &Window, access: &[Leg]) -> Option<&[i16]> {
        let of = Some((timetable.serial(), window.from_s, window.longest_s));
        let bytes = self.rides.len() * timetable.stops() * size_of::<i16>();
        if self.of != of || bytes > MOST_KNOWN {
            self.rides.clear();
            self.of = of;
        }
        let latest_s = window.from_s.saturating_add_unsigned(window.longest_s);
        self.legs.clear();
        for &(stop, walk_s) in access {
            let ready_s = window.from_s.saturating_add_unsigned(walk_s);
            let caught = timetable.boardings(stop);
            let caught = &caught[caught.partition_point(|next| next.time_s < ready_s)..];
            if let Some(next) = caught.first().filter(|next| next.time_s <= latest_s) {
                self.legs.push((stop, (next.time_s - window.from_s) as u32));
            }
        }
        self.legs.sort_unstable();
        self.legs.dedup_by_key(|leg| leg.0);
        self.rides.get(&self.legs[..]).map(|rides| &**rides)
    }
}

/// Walks from stops to places, sorted by place and then by stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    /// Of each place, and one more: where its walks begin.
    first: Vec<u32>,
    stops: Vec<u32>,
    seconds: Vec<i16>,
}

/// The travel times to one place, one per departure, in no order.
pub struct Times<'j> {
    row: &'j mut [i16],
    longest_s: i16,
}

impl Egress {
    /// Of `places` places, the shortest of the walks of a pair; each walk a place, a stop and its
    /// seconds. Walks too long for any journey are left out.
    pub fn new(places: usize, mut walks: Vec<(u32, u32, u32)>) -> Self {
        walks.retain(|&(_, _, seconds)| seconds <= Journeys::LONGEST_S);
        walks.sort_unstable();
        walks.dedup_by_key(|&mut (place, stop, _)| (place, stop));
        let mut first = vec![0u32; places + 1];
        for (place, ..) in &walks {
            first[*place as usize + 1] += 1;
        }
        for place in 0..places {
            first[place + 1] += first[place];
        }
        Egress {
            first,
            stops: walks.iter().map(|walk| walk.1).collect(),
            seconds: walks.iter().map(|walk| walk.2 as i16).collect(),
        }
    }

    pub fn places(&self) -> usize {
        self.first.len().saturating_sub(1)
    }

    /// The walks of a place: stops, rising, with their seconds.
    pub fn of(&self, place: usize) -> impl Iterator<Item = (u32, i16)> + '_ {
        let range = self.first[place] as usize..self.first[place + 1] as usize;
        let stops = self.stops[range.clone()].iter().copied();
        stops.zip(self.seconds[range].iter().copied())
    }

    pub fn heap_bytes(&self) -> usize {
        self.first.len() * 4 + self.stops.len() * 6
    }
}

impl Journeys {
    /// The longest travel time that can be asked for: eight hours.
    pub const LONGEST_S: u32 = 28_800;

    /// Rides from the stops of `access` at every departure of the window.
    ///
    /// # Errors
    /// [`TransitError::Cancelled`] once `cancel` is set.
    pub fn run(
        &mut self,
        timetable: &Timetable,
        window: Window,
        access: &[Leg],
        cancel: &AtomicBool,
    ) -> Result<(), TransitError> {
        let window = Window {
            longest_s: window.longest_s.min(Self::LONGEST_S),
            ..window
        };
        let (stops, departures) = (timetable.stops(), window.departures as usize);
        self.departures = departures;
        self.longest_s = window.longest_s as i16;
        if departures == 1 && window.max_transfers.is_none() {
            return self.run_once(timetable, window, access, cancel);
        }
        self.ridden.clear();
        self.ridden.resize(stops * departures, NEVER);
        self.open.clear();
        self.open.resize(stops, (i32::MAX, 0));
        self.is_ridden.clear();
        self.is_ridden.resize(stops, false);
        let Journeys {
            raptor,
            ridden,
            open,
            is_ridden,
            ..
        } = self;
        let mut close = |stop: usize, (arrival_s, last): (i32, u32), first: u32| {
            let row = &mut ridden[stop * departures..][first as usize..=last as usize];
            for (number, seconds) in (first..).zip(row) {
                let taken = arrival_s - window.from_s - 60 * number as i32;
                if taken <= window.longest_s as i32 {
                    *seconds = taken as i16;
                }
            }
        };
        raptor.search(timetable, window, access, cancel, |number, reached| {
            let number = number as u32;
            for &stop in reached.earlier() {
                let stop = stop as usize;
                let arrival_s = reached.arrival_s(stop as u32);
                let known = std::mem::replace(&mut open[stop], (arrival_s, number));
                // Named twice for one departure it has nothing to close.
                if std::mem::replace(&mut is_ridden[stop], true) && known.1 > number {
                    close(stop, known, number + 1);
                }
            }
        })?;
        for (stop, known) in open.iter().enumerate() {
            if is_ridden[stop] {
                close(stop, *known, 0);
            }
        }
        self.least.clear();
        let rows = (0..stops).map(|stop| match self.is_ridden[stop] {
            true => least(&self.ridden[stop * departures..][..departures]),
            false => NEVER,
        });
        self.least.extend(rows);
        Ok(())
    }

    /// Rides at a single departure, with any number of vehicles.
    fn run_once(
        &mut self,
        timetable: &Timetable,
        window: Window,
        access: &[Leg],
        cancel: &AtomicBool,
    ) -> Result<(), TransitError> {
        if self.known.find(timetable, &window, access).is_none() {
            let mut rides = Box::default();
            let raptor = &mut self.raptor;
            raptor.search(timetable, window, access, cancel, |_, reached| {
                let seconds = |stop| i16::try_from(reached.ridden(stop)).unwrap_or(NEVER);
                rides = (0..timetable.stops() as u32).map(seconds).collect();
            })?;
            let legs = self.known.legs.as_slice();
            self.known.rides.insert(legs.into(), rides);
        }
        let known = &self.known.rides[&self.known.legs[..]];
        for times in [&mut self.ridden, &mut self.least] {
            times.clear();
            times.extend_from_slice(known);
        }
        self.is_ridden.clear();
        self.is_ridden.extend(known.iter().map(|s| *s != NEVER));
        Ok(())
    }

    /// From now on what takes longer counts as not reached; no longer than was ridden.
    pub fn look_within(&mut self, longest_s: u32) {
        self.longest_s = longest_s.min(Self::LONGEST_S) as i16;
    }

    /// The times to a place of `egress`; `on_foot_s` is the walk all the way, where there is one.
    /// `None` where no departure reaches it.
    pub fn to(
        &mut self,
        egress: &Egress,
        place: usize,
        on_foot_s: Option<u32>,
    ) -> Option<Times<'_>> {
        let longest_s = self.longest_s;
        let on_foot_s = on_foot_s.filter(|seconds| *seconds <= longest_s as u32);
        let mut is_reached = on_foot_s.is_some();
        self.row.clear();
        self.row
            .resize(self.departures, on_foot_s.map_or(NEVER, |s| s as i16));
        // What is never sooner than this is not worth a look.
        let worth = on_foot_s.map_or(longest_s, |seconds| seconds as i16 - 1);
        for (stop, walk_s) in egress.of(place) {
            let stop = stop as usize;
            if self.least[stop].saturating_add(walk_s) > worth {
                continue;
            }
            is_reached = true;
            let ridden = &self.ridden[stop * self.departures..][..self.departures];
            for (best, ridden_s) in self.row.iter_mut().zip(ridden) {
                *best = (*best).min(ridden_s.saturating_add(walk_s));
            }
        }
        is_reached.then_some(Times {
            row: &mut self.row,
            longest_s,
        })
    }

    /// The time in which `percent` of the departures leave a vehicle at a stop; `None` where they
    /// do not. A walk on from the stop begins then.
    pub fn at_stop(&mut self, stop: u32, percent: u32) -> Option<u32> {
        if !self.is_ridden[stop as usize] {
            return None;
        }
        self.row.clear();
        let ridden = &self.ridden[stop as usize * self.departures..][..self.departures];
        self.row.extend_from_slice(ridden);
        let longest_s = self.longest_s;
        let row = &mut self.row;
        Times { row, longest_s }.percentile(percent)
    }
}

impl Times<'_> {
    /// How many departures reach the place.
    pub fn reached(&self) -> usize {
        within(self.row, self.longest_s)
    }

    /// The `percent`-th percentile by nearest rank; `None` where too few departures reach.
    pub fn percentile(&mut self, percent: u32) -> Option<u32> {
        let rank = rank(self.row.len(), percent);
        if rank > self.reached() {
            return None;
        }
        // Counting is quick, so halving the seconds is quicker than sorting the departures.
        let (mut low, mut high) = (least(self.row), self.longest_s);
        if rank == 1 {
            high = low;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            match within(self.row, middle) >= rank {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        Some(low as u32)
    }
}

/// How many are no more than a limit.
fn within(row: &[i16], limit: i16) -> usize {
    // In sixteen bits, eight at a time; few enough that the count fits.
    let parts = row.chunks(i16::MAX as usize);
    let counted = parts.map(|part| part.iter().map(|s| i16::from(*s <= limit)).sum::<i16>());
    counted.map(|count| count as usize).sum()
}

fn least(row: &[i16]) -> i16 {
    row.iter().copied().fold(NEVER, i16::min)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::transit::{
        oracle_tests::{Case, case},
        percentile::{UNREACHED, percentile},
    };

    #[test]
    fn of_two_walks_between_a_pair_the_shorter_counts() {
        let walks = vec![(1, 7, 90), (0, 3, 50_000), (1, 7, 60), (1, 2, 0)];
        let egress = Egress::new(3, walks);
        let of = |place| egress.of(place).collect::<Vec<_>>();
        assert_eq!(
            (of(0), of(1), of(2)),
            (vec![], vec![(2, 0), (7, 60)], vec![])
        );
    }

    /// Times to a place by asking the search of every departure by itself.
    fn one_by_one(
        timetable: &Timetable,
        window: Window,
        access: &[Leg],
        egress: &[Leg],
        on_foot_s: Option<u32>,
    ) -> Vec<u32> {
        let mut times = Vec::new();
        for number in 0..window.departures {
            let once = Window {
                from_s: window.from_s + 60 * number as i32,
                departures: 1,
                ..window
            };
            let alone = |_: usize, reached: &super::super::raptor::Reached<'_>| {
                let by = egress
                    .iter()
                    .map(|(stop, walk)| reached.ridden(*stop).saturating_add(*walk));
                let best = by.chain(on_foot_s).min().unwrap_or(UNREACHED);
                times.push(if best <= window.longest_s {
                    best
                } else {
                    UNREACHED
                });
            };
            Raptor::default()
                .search(timetable, once, access, &AtomicBool::new(false), alone)
                .unwrap();
        }
        times
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn one_departure_reaches_what_it_reaches_whatever_was_asked_before(
            case in case(),
            longest_s in 1..6000u32,
            walks in prop::collection::vec(0..900u32, 1..12),
        ) {
            let Case { runs, walks: between, change_s, access } = case;
            let timetable = Timetable::from_runs(runs, between, change_s);
            let window = Window { from_s: 300, departures: 1, longest_s, max_transfers: None };
            let mut known = Journeys::default();
            let never = AtomicBool::new(false);
            for walk in walks {
                let access: Vec<Leg> = access.iter().map(|(stop, s)| (*stop, s + walk / 8)).collect();
                let mut fresh = Journeys::default();
                fresh.run(&timetable, window, &access, &never).unwrap();
                known.run(&timetable, window, &access, &never).unwrap();
                prop_assert_eq!(&known.ridden, &fresh.ridden);
                prop_assert_eq!(&known.least, &fresh.least);
                prop_assert_eq!(&known.is_ridden, &fresh.is_ridden);
            }
        }

        #[test]
        fn rows_are_what_each_departure_finds_alone(
            case in case(),
            longest_s in 1..6000u32,
            egress in prop::collection::vec((0..7u32, 0..700u32), 0..4),
            on_foot_s in prop::option::of(0..7000u32),
            percent in 1..=100u32,
        ) {
            let Case { runs, walks, change_s, access } = case;
            let timetable = Timetable::from_runs(runs, walks, change_s);
            let window = Window { from_s: 300, departures: 30, longest_s, max_transfers: None };
            let mut expected = one_by_one(&timetable, window, &access, &egress, on_foot_s);
            let walks = egress.iter().map(|&(stop, walk)| (0, stop, walk)).collect();
            let egress = Egress::new(1, walks);
            let mut journeys = Journeys::default();
            // A longer ride looked at within less is the same.
            let longer = Window { longest_s: longest_s + 900, ..window };
            for (window, is_longer) in [(window, false), (longer, true)] {
                journeys.run(&timetable, window, &access, &AtomicBool::new(false)).unwrap();
                if is_longer {
                    journeys.look_within(longest_s);
                }
                let times = journeys.to(&egress, 0, on_foot_s);
                let reached = times.as_ref().map_or(0, Times::reached);
                let found = times.and_then(|mut times| times.percentile(percent));
                prop_assert_eq!(reached, expected.iter().filter(|s| **s != UNREACHED).count());
                prop_assert_eq!(found, percentile(&mut expected, percent));
            }
        }
    }
}
