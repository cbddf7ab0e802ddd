//! The city in memory (城市快照): an immutable snapshot of all layers, shared by all readers.
//!
//! The city hands values from one lower room to the next: what a store holds becomes layer
//! indices here, and what an import brings is placed in areas here before a store keeps it.
//! Readers take a snapshot from [`LiveCity`] and never wait.

mod areas;
mod difference;
pub mod edit;
mod faults;
mod flows;
mod follow;
mod grouping;
mod ingest;
mod kept;
mod live;
mod load;
mod locator;
mod matrices;
mod norms;
mod parts;
mod recent;
mod recode;
pub mod scenario;
mod snapshot;
mod stations;
mod stop_fit;
mod streets;
mod touched;
mod transit;
mod ways;

pub use areas::{Area, Areas};
pub use difference::Difference;
pub use faults::StateFaults;
pub use flows::{LoadedFlows, PlacedFlows, UnknownPlaces, level_of_flows, place_flows};
pub use follow::{catch_up, follow};
pub use grouping::StoredGrouping;
pub use ingest::{IngestError, Ingested, Intake, ingest};
pub use live::LiveCity;
pub use load::{LoadError, load, reload};
pub use locator::AreaLocator;
pub use matrices::TimeMatrix;
pub use norms::OwnNorms;
pub use parts::{Part, PartKey, Parts};
pub use recode::Boundaries;
pub use scenario::{ScenarioStamp, Scenarios};
pub use snapshot::{City, LoadedLayer, Setting};
pub use stations::known_stations;
pub use stop_fit::StopFit;
pub use streets::Streets;
pub use transit::{Day, Pace, Transit, Way};
pub use ways::{CellWays, WayKey, Ways};
