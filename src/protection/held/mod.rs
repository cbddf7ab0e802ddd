//! Which changes since the last publication show in the next one: so many together that they tell of
//! no person and of no unit. The others wait.

mod change;
mod people;
mod units;

use super::{
    piece::Piece,
    shown::{Past, Rows},
};
use crate::domain::GroupName;

pub(super) use people::settle_people;
pub(super) use units::settle_units;

/// What is published now.
pub(super) struct Settled {
    /// The exact counts behind it.
    pub rows: Rows,
    pub pieces: Vec<(GroupName, Piece)>,
    /// What was shown before and is no longer.
    pub past: Vec<Past>,
    /// Units that could not be merged with enough others.
    pub withheld: u64,
    /// Pieces of which a change waits for others.
    pub held: u64,
}

/// Whether a count of people shows as it is: it moved by k at least since it last did.
pub(super) fn has_moved(now: i64, shown: i64, k: u32) -> bool {
    now.abs_diff(shown) >= u64::from(k)
}
