//! Polygons that are valid as the Simple Features standard wants them (图形有效性), and the way there.

mod defects;
mod repair;

pub use defects::{Defect, find as find_defect};
pub use repair::repair;
