//! Walks from every stop to those around it, eight stops at a time.

use super::{Journeys, Leg};

/// So many stops make a block.
pub(super) const LANES: usize = 8;

/// Sixteen bits hold any time of a journey, and one instruction adds or compares eight of them.
pub(super) const NEVER: i16 = i16::MAX;

/// Something of every stop of a block, in the order of their places.
pub(super) type Block = [i16; LANES];

/// The walks of every stop to others, and what it takes to change where one is; none that is longer
/// than any journey.
///
/// Stops have places, near ones near one another, and eight places make a block: the stops within a
/// walk of one stop lie in few blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Walks {
    /// Of each stop its place.
    places: Vec<u32>,
    /// Of each place its stop.
    stops: Vec<u32>,
    /// Of each stop, and one more: where its rows begin.
    first: Vec<u32>,
    rows: Vec<Row>,
}

/// The walks from a stop to those of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub block: u32,
    /// [`NEVER`] where one does not walk.
    pub seconds: Block,
}

impl Walks {
    /// `order` lists all stops, near ones near one another; `walks[stop]` lists (other stop,
    /// seconds), and `change_s` what it takes at the same stop, `None` where one may not change.
    pub fn new(order: Vec<u32>, walks: &[Vec<Leg>], change_s: &[Option<u32>]) -> Self {
        let mut places = vec![0; order.len()];
        for (place, stop) in (0..).zip(&order) {
            places[*stop as usize] = place;
        }
        let mut found = Walks {
            places,
            stops: order,
            first: vec![0],
            rows: Vec::new(),
        };
        // Of each block the row that was last begun there.
        let mut row_of = vec![u32::MAX; found.blocks()];
        for (stop, change_s) in (0u32..).zip(change_s) {
            let begin = found.rows.len();
            let own = change_s.map(|seconds| (stop, seconds));
            let legs = walks.get(stop as usize).into_iter().flatten().copied();
            for (other, seconds) in own.into_iter().chain(legs) {
                if seconds > Journeys::LONGEST_S {
                    continue;
                }
                let place = found.places[other as usize] as usize;
                let row = &mut row_of[place / LANES];
                // What was begun before this stop is of another one.
                if *row == u32::MAX || (*row as usize) < begin {
                    *row = found.rows.len() as u32;
                    found.rows.push(Row {
                        block: (place / LANES) as u32,
                        seconds: [NEVER; LANES],
                    });
                }
                let known = &mut found.rows[*row as usize].seconds[place % LANES];
                *known = (seconds as i16).min(*known);
            }
            found.first.push(found.rows.len() as u32);
        }
        found
    }

    /// The same walks the other way round.
    pub fn reversed(&self) -> Self {
        let mut walks = vec![Vec::new(); self.stops.len()];
        for from in 0..self.stops.len() as u32 {
            for (to, seconds) in self.of(from) {
                walks[to as usize].push((from, seconds));
            }
        }
        let none = vec![None; self.stops.len()];
        Self::new(self.stops.clone(), &walks, &none)
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.stops.len().div_ceil(LANES)
    }

    /// How many places there are, as many as stops.
    pub fn places(&self) -> usize {
        self.stops.len()
    }

    /// The stop of a place.
    #[inline]
    pub fn stop(&self, place: u32) -> u32 {
        self.stops[place as usize]
    }

    /// The place of a stop in the order of the blocks.
    #[inline]
    pub fn place(&self, stop: u32) -> u32 {
        self.places[stop as usize]
    }

    /// The walks from a stop to others, in the order of no number.
    pub fn legs(&self, stop: u32) -> impl Iterator<Item = Leg> + '_ {
        self.of(stop).filter(move |(other, _)| *other != stop)
    }

    /// Lets one who is at a stop at some time be ready there and wherever one walks to, if that is
    /// sooner; times are seconds from when the journey begins.
    #[inline]
    pub fn walk(&self, stop: u32, at_s: i16, ready: &mut [Block]) {
        for row in self.rows(stop) {
            let ready = &mut ready[row.block as usize];
            for (ready, walk_s) in ready.iter_mut().zip(row.seconds) {
                *ready = at_s.saturating_add(walk_s).min(*ready);
            }
        }
    }

    /// The walks from a stop by the blocks that they lead to, to itself too where one may change there.
    #[inline]
    pub fn rows(&self, stop: u32) -> impl Iterator<Item = &Row> {
        let stop = stop as usize;
        self.rows[self.first[stop] as usize..self.first[stop + 1] as usize].iter()
    }

    /// The walks from a stop, to itself too where one may change there.
    fn of(&self, stop: u32) -> impl Iterator<Item = Leg> + '_ {
        self.rows(stop).flat_map(move |row| {
            let first = row.block as usize * LANES;
            let lanes = row.seconds.iter().enumerate();
            let walked = lanes.filter(|(_, seconds)| **seconds != NEVER);
            walked.map(move |(lane, seconds)| (self.stops[first + lane], *seconds as u32))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const STOPS: u32 = 21;

    /// Of each pair of stops the seconds; where one may change, of a stop with itself.
    type Pairs = BTreeMap<(u32, u32), u32>;

    fn pairs(walks: &[Vec<Leg>], change_s: &[Option<u32>]) -> Pairs {
        let mut pairs = Pairs::new();
        let own = (0..)
            .zip(change_s)
            .filter_map(|(stop, s)| Some((stop, stop, (*s)?)));
        let legs = (0..)
            .zip(walks)
            .flat_map(|(from, legs)| legs.iter().map(move |(to, seconds)| (from, *to, *seconds)));
        for (from, to, seconds) in own.chain(legs) {
            if seconds <= Journeys::LONGEST_S {
                let known = pairs.entry((from, to)).or_insert(seconds);
                *known = seconds.min(*known);
            }
        }
        pairs
    }

    fn listed(walks: &Walks) -> Pairs {
        let from_each = |from| {
            walks
                .of(from)
                .map(move |(to, seconds)| ((from, to), seconds))
        };
        (0..STOPS).flat_map(from_each).collect()
    }

    proptest! {
        #[test]
        fn every_pair_keeps_its_shortest_walk_in_any_order_and_both_ways_round(
            walks in prop::collection::vec(
                prop::collection::vec((0..STOPS, prop_oneof![0..900u32, 28_000..40_000u32]), 0..9),
                STOPS as usize,
            ),
            change_s in prop::collection::vec(prop::option::of(0..100u32), STOPS as usize),
            order in Just((0..STOPS).collect::<Vec<u32>>()).prop_shuffle(),
            (stop, at_s) in (0..STOPS, 0..28_800i16),
        ) {
            let found = Walks::new(order, &walks, &change_s);
            let wanted = pairs(&walks, &change_s);
            prop_assert_eq!(&listed(&found), &wanted);
            let legs: Vec<Leg> = found.legs(stop).collect();
            prop_assert!(legs.iter().all(|(other, s)| *other != stop && wanted[&(stop, *other)] == *s));
            let turned = wanted.iter().map(|((from, to), seconds)| ((*to, *from), *seconds));
            prop_assert_eq!(listed(&found.reversed()), turned.collect::<Pairs>());

            let mut ready = vec![[20_000; LANES]; found.blocks()];
            found.walk(stop, at_s, &mut ready);
            for place in 0..STOPS {
                let walk_s = wanted.get(&(stop, found.stop(place)));
                let there = walk_s.map_or(20_000, |walk_s| (i64::from(at_s) + i64::from(*walk_s)).min(20_000));
                prop_assert_eq!(i64::from(ready.as_flattened()[place as usize]), there);
            }
        }
    }
}
