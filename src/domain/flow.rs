use std::collections::BTreeMap;

use super::{AreaCode, TextColumn};

/// Where a flow begins or ends: an area of the city, or a place outside that is known by its code
/// alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowPlace {
    pub code: AreaCode,
    pub is_outside: bool,
}

/// A flow of commuters (通勤流): how many live in one place and work in another, by mode and sector
/// where these are known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    pub origin: FlowPlace,
    pub destination: FlowPlace,
    pub mode: Option<Box<str>>,
    pub sector: Option<Box<str>>,
    pub commuters: i64,
}

/// The flows between the areas of one level at one period (通勤 OD), in columns.
///
/// Invariant: ordered by origin, destination, mode and sector, each combination once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows {
    places: Vec<FlowPlace>,
    origins: Vec<u32>,
    destinations: Vec<u32>,
    modes: TextColumn,
    sectors: TextColumn,
    commuters: Vec<i64>,
}

/// One row of [`Flows`]; origin and destination are places in [`Flows::places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowRow<'f> {
    pub origin: usize,
    pub destination: usize,
    pub mode: Option<&'f str>,
    pub sector: Option<&'f str>,
    pub commuters: i64,
}

impl Flows {
    /// Takes flows in any order; those of the same places, mode and sector are added up. A place is
    /// outside where any flow says so.
    pub fn sum(flows: impl IntoIterator<Item = Flow>) -> Self {
        type Key = (AreaCode, AreaCode, Option<Box<str>>, Option<Box<str>>);
        let mut sums: BTreeMap<Key, i64> = BTreeMap::new();
        let mut places: BTreeMap<AreaCode, bool> = BTreeMap::new();
        for flow in flows {
            for place in [&flow.origin, &flow.destination] {
                *places.entry(place.code.clone()).or_default() |= place.is_outside;
            }
            let ends = (flow.origin.code, flow.destination.code);
            let sum = sums.entry((ends.0, ends.1, flow.mode, flow.sector));
            let sum = sum.or_default();
            *sum = sum.saturating_add(flow.commuters);
        }
        let places: Vec<FlowPlace> = places
            .into_iter()
            .map(|(code, is_outside)| FlowPlace { code, is_outside })
            .collect();
        let number = |code: &AreaCode| {
            let found = places.binary_search_by(|place| place.code.cmp(code));
            found.expect("the place of every flow was taken") as u32
        };
        let mut summed = Flows::default();
        for ((origin, destination, mode, sector), commuters) in sums {
            summed.origins.push(number(&origin));
            summed.destinations.push(number(&destination));
            summed.modes.push(mode.as_deref());
            summed.sectors.push(sector.as_deref());
            summed.commuters.push(commuters);
        }
        summed.places = places;
        summed
    }

    pub fn len(&self) -> usize {
        self.commuters.len()
    }

    pub fn is_empty(&self) -> bool {
        self.commuters.is_empty()
    }

    /// All places by code.
    pub fn places(&self) -> &[FlowPlace] {
        &self.places
    }

    pub fn iter(&self) -> impl Iterator<Item = FlowRow<'_>> {
        (0..self.len()).map(|row| FlowRow {
            origin: self.origins[row] as usize,
            destination: self.destinations[row] as usize,
            mode: self.modes.get(row),
            sector: self.sectors.get(row),
            commuters: self.commuters[row],
        })
    }

    /// All commuters.
    pub fn commuters(&self) -> i64 {
        let all = self.commuters.iter();
        all.fold(0, |sum, commuters| sum.saturating_add(*commuters))
    }

    /// The modes that any flow names.
    pub fn modes(&self) -> Vec<&str> {
        let mut modes: Vec<&str> = self.modes.words().iter().map(|word| &**word).collect();
        modes.sort_unstable();
        modes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(origin: &str, destination: &str, mode: Option<&str>, commuters: i64) -> Flow {
        let place = |code: &str| FlowPlace {
            code: code.parse().expect("a code"),
            is_outside: code.starts_with('F'),
        };
        Flow {
            origin: place(origin),
            destination: place(destination),
            mode: mode.map(Into::into),
            sector: None,
            commuters,
        }
    }

    #[test]
    fn the_same_flow_twice_is_one_with_the_sum() {
        let flows = Flows::sum([
            flow("b", "a", None, 5),
            flow("a", "F1", Some("rail"), 2),
            flow("b", "a", None, 7),
            flow("b", "a", Some("rail"), 1),
        ]);
        let codes: Vec<&str> = flows.places().iter().map(|p| p.code.as_str()).collect();
        assert_eq!(codes, ["F1", "a", "b"]);
        assert!(flows.places()[0].is_outside && !flows.places()[1].is_outside);
        let rows: Vec<_> = flows
            .iter()
            .map(|row| (row.origin, row.destination, row.mode, row.commuters))
            .collect();
        let wanted = [
            (1, 0, Some("rail"), 2),
            (2, 1, None, 12),
            (2, 1, Some("rail"), 1),
        ];
        assert_eq!(rows, wanted);
        assert_eq!((flows.len(), flows.commuters()), (3, 15));
        assert_eq!(flows.modes(), ["rail"]);
    }
}
