//! Timetables (时刻表) and the journeys they allow, all in memory.
//!
//! - [`gtfs`] reads feeds into a [`Schedule`], with a report of what it found;
//! - [`Timetable`] is one service date of it, as patterns whose trips never overtake;
//! - [`raptor`] answers "when do I arrive" for every minute of a departure window;
//! - [`Journeys`] keeps its answers as one row per stop, and makes those of places of them.
//!
//! Walking belongs elsewhere: legs come in as plain lists of (stop, seconds).

mod date;
mod error;
pub mod gtfs;
mod journeys;
pub mod percentile;
pub mod raptor;
mod schedule;
mod timetable;

#[cfg(test)]
mod oracle_tests;

pub use date::ServiceDate;
pub use error::TransitError;
pub use journeys::{Egress, Journeys, Times};
pub use schedule::{Call, Headway, Schedule, Service, Stop, Transfer, Trip};
pub use timetable::{Leg, Pattern, Timetable};
