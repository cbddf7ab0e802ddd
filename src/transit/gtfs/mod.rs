//! Reads GTFS feeds (公交时刻表数据) from folders and zip files, forgiving what can be forgiven.
//!
//! A headway of `frequencies.txt` is taken as fixed departures at its start, start + headway, … before
//! its end, whatever `exact_times` says: where it is 0 vehicles keep the interval and no timetable, so
//! that a wait may be up to a headway longer or shorter than the one answered.

mod calls;
mod changes;
mod fault;
mod files;
mod fill;
mod pathways;
mod read;
mod report;
mod report_text;

pub use fault::Fault;
pub use read::{read, read_while};
pub use report::{Examples, FeedFacts, FeedReport, Place, Taken};

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
