//! Scenarios (方案): what would be if. A named list of edits, replayed one by one upon the city as it
//! is, each giving a city that shares whatever the edit does not touch.
//!
//! Pure but for [`Scenarios`], which reads and writes the lists through the store. The same edits
//! upon the same data give the same city, so taking the last one back gives the one before.

mod apply;
mod commuters;
mod edit;
mod error;
mod features;
mod grow;
mod jobs;
mod keeper;
mod line;
mod place;
mod replay;
mod stamp;
mod standpoint;
mod street;
mod take_over;
mod timetable;
mod told;
mod values;

pub use apply::apply;
pub use edit::{
    Add, Alter, Band, Change, Edit, EntranceAt, Grow, LineEdit, Move, MoveJobs, Remove,
    StationEdit, StopAt, StreetEdit,
};
pub use error::EditError;
pub(super) use features::plain_id;
pub use keeper::{Described, EditState, Scenario, ScenarioError, Scenarios, ToldEdit};
pub use place::Within;
pub(super) use place::check_place;
pub use replay::replay;
pub use stamp::{EditStamp, ScenarioStamp};
pub use standpoint::Standpoint;
pub use take_over::take_over;
pub(super) use values::set_values;
