//! Streets as a graph in memory (路网): what can be reached on foot, by bicycle or by car, what it
//! costs, and the shape of what was reached.
//!
//! Invariants: lengths are whole millimetres along great circles, times whole milliseconds; from
//! every node one gets to every other; nodes stand in Hilbert order; a place is joined to the
//! nearest point of a street by a straight leg that counts. Pure: bytes in, numbers out.

mod apart;
mod build;
mod bytes;
mod error;
mod gates;
mod graph;
mod islands;
mod junctions;
mod lines;
mod link;
mod matrix;
mod osm;
mod outline;
mod reach;
mod rings;
mod rules;
mod search;
mod segments;
mod shape;
mod snap;
#[cfg(test)]
mod tests;
mod whole;

pub use build::{BuildReport, Lines};
pub use bytes::{graph_from_bytes, graph_to_bytes};
pub use error::NetworkError;
pub use graph::{CLOSED, Edge, Graph, Onward, Sense};
pub use junctions::{Junctions, NEAR_M, NearMiss, TOUCH_M};
pub use lines::read_lines;
pub use link::{JOIN_M, LinkError};
pub use matrix::{Matrix, Side, matrix_from_bytes, matrix_to_bytes};
pub use osm::{OsmStreets, read_osm};
pub use reach::{PlaceGroup, Places, Reach};
pub use rules::{Passage, Rules, Tags};
pub use search::Search;
pub use shape::ReachedShape;
pub use snap::{MAX_LEG_MM, Snap, Snapper};
pub use whole::OsmDoubt;
