use std::collections::{BTreeMap, BTreeSet};

use super::fault::Fault;

/// What was found in the feeds beside the schedule itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedReport {
    pub feeds: Vec<FeedFacts>,
    /// Calls whose blank times were filled between their neighbors.
    pub filled_calls: usize,
    /// Trips that somewhere pass 200 km/h in a straight line.
    pub too_fast_trips: Examples,
    /// Trips of which two calls have one order number.
    pub repeated_orders: Examples,
    /// Trips that call at a station or an entrance instead of a platform.
    pub off_platforms: Examples,
    /// Stops without a usable position.
    pub unplaced_stops: Examples,
    /// Trips that run by headway, and their bands.
    pub headway_trips: usize,
    pub headways: usize,
    /// Trips in which riders stay seated into the next one, joined to one.
    pub joined_trips: usize,
    pub transfers: usize,
    pub pathways: usize,
    /// Routes that do not say whether they are metro, bus or another.
    pub unknown_kinds: Examples,
    /// What the files hold, and how much of it became part of the schedule.
    pub stops: Taken,
    pub routes: Taken,
    pub trips: Taken,
    /// Rows left out, by reason.
    pub left_out: BTreeMap<Fault, Examples>,
}

/// One feed as it was given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedFacts {
    /// The name of the file without folders.
    pub file: String,
    /// Who publishes it, where the feed says so.
    pub publisher: String,
}

/// How many rows of a file were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub rows: usize,
    pub taken: usize,
}

/// How many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examples {
    pub count: usize,
    pub first: Vec<Place>,
}

/// Where a person finds what is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Line {
        feed: String,
        file: &'static str,
        line: u64,
    },
    /// A stop or a trip by its id, the number of its feed before it.
    Id(String),
}

impl Examples {
    const SHOWN: usize = 3;

    pub(super) fn add(&mut self, place: impl FnOnce() -> Place) {
        self.count += 1;
        if self.first.len() < Self::SHOWN {
            self.first.push(place());
        }
    }
}

impl FeedReport {
    /// Who publishes the feeds, each once.
    pub fn publishers(&self) -> String {
        let names = self.feeds.iter().map(|feed| feed.publisher.as_str());
        let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// Rows that were left out for any reason.
    pub fn rows_left_out(&self) -> usize {
        self.left_out.values().map(|examples| examples.count).sum()
    }
}
