//! Reads GTFS feeds (公交时刻表数据) from folders and zip files, forgiving what can be forgiven.

mod files;
mod fill;
mod read;
mod report;

pub use read::read;
pub use report::FeedReport;

#[cfg(test)]
mod tests;
