//! Timetables (时刻表) and the journeys they allow, all in memory.
//!
//! - [`gtfs`] reads feeds into a [`Schedule`], with a report of what it found;
//! - [`Timetable`] is one service date of it, as patterns whose trips never overtake;
//! - [`raptor`] answers "when do I arrive" for every minute of a departure window;
//! - [`Journeys`] keeps its answers as one row per stop, and makes those of places of them.
//!
//! Walking belongs elsewhere: legs come in as plain lists of (stop, seconds).

mod bytes;
mod date;
mod departures;
mod error;
mod extend;
mod feed_days;
mod feeds;
pub mod gtfs;
mod hours;
mod journeys;
mod line_fault;
mod line_rows;
mod line_table;
pub mod percentile;
pub mod raptor;
mod repeated;
mod schedule;
mod summary;
mod summary_text;
mod timetable;
mod walks;

#[cfg(test)]
mod oracle_tests;

pub use bytes::{schedule_from_bytes, schedule_to_bytes};
pub use date::ServiceDate;
pub use error::TransitError;
pub use feed_days::{FeedDays, FeedDoubt};
pub use feeds::Feed;
pub use hours::{Hours, clock};
pub use journeys::{Egress, Journeys, Times};
pub use line_fault::LineFault;
pub use line_rows::{KnownStations, LineRow, LineRowError, read_lines, split_band};
pub use line_table::{DayHeadway, Days, Halt, Line, LineStation, LineTable};
pub use schedule::{Call, Entrance, Headway, Route, Schedule, Service, Stop, Transfer, Trip};
pub use summary::{Summary, WeekdayRuns};
pub use timetable::{Boarding, Leg, Pattern, Timetable};
