//! Reads GTFS feeds (公交时刻表数据) from folders and zip files, forgiving what can be forgiven.

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
