//! The protected city (统计保护): another city for those who may not see exact small numbers.
//!
//! Homes, workplaces and flows become pieces with counts that are rounded at random to multiples
//! of k by one secret; everything else is as it was. Tiles, tables, catchments, scenarios and
//! reports are computed from that city by the same code as from the exact one, so subtracting any
//! two answers gives sums of rounded pieces and never a person.
//!
//! - [`Policy`]: k and the secret, which never change for published data.
//! - [`publish`]: from the home of the exact city to the home of the protected one. Small workplaces
//!   are merged first, and stay so at all later publications of the period
//!   ([`Grouping`](crate::domain::Grouping)); a change shows once it tells of no person and no unit.
//! - [`exact_within`]: the city of a district official, exact in the own areas.
//!
//! Pure but for [`publish`], which writes into the home it is given.

mod flows;
mod held;
mod kept;
mod merging;
mod piece;
mod pieces;
mod policy;
mod publish;
mod rounding;
mod scope;
mod shown;
#[cfg(test)]
mod tests;

use flows::protect_flows;
use pieces::{History, pieces_of};

pub use kept::{published_key, retire_key};
pub use policy::{Policy, PolicyError};
pub use publish::{PublishError, Published, PublishedLayer, publish};
pub use scope::{Ground, Joins, exact_within, publication};
