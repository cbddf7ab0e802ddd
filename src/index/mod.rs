//! One layer at one period in memory: quadtree cells of packed columns, trees and grid sums.
//!
//! A [`LayerIndex`] is immutable. It is cut into [`Cell`]s of at most [`MAX_ROWS`] features; an
//! edit rebuilds the cells that it touches and shares the rest.

mod build;
mod cell;
mod edit;
mod filter;
mod grid;
mod layer_index;
mod nearest;
mod packed;
mod region;
mod revalue;
mod state;
mod strings;
mod sums;

#[cfg(test)]
mod oracle_tests;

pub use build::MAX_ROWS;
pub use cell::{Cell, CellKey, stable_number};
pub use edit::Edit;
pub use filter::{Filter, FilterError, Mask};
pub use grid::{GRID_BITS, GridCell};
pub use layer_index::{AreaSums, FeatureRef, LayerIndex, Numbering};
pub use nearest::Neighbor;
pub use packed::{Integers, PackedColumn};
pub use region::{Circle, PreparedPolygon, Region, Relation};
pub use revalue::Recount;
pub use strings::PackedStrings;
pub use sums::{CountTotal, Sums};
