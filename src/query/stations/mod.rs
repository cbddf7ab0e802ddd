//! Stations (站点) as questions know them: on a line, in use, reached through their entrances.

mod entrances;
mod lines;
mod types;

pub use entrances::Entrances;
pub use lines::{is_on_line, lines_of};
pub use types::StationTypes;

use crate::{domain::Role, index::FeatureRef, index::LayerIndex};

/// The code of what is in use, in any layer with a status.
const OPEN: &str = "open";

/// Any status.
pub const ANY: &str = "any";

/// Whether a feature has a status (状态), by its code; without one asked for it must be in use or
/// say nothing.
pub fn has_status(index: &LayerIndex, feature: FeatureRef, wanted: Option<&str>) -> bool {
    let status_at = index.layer().index_with_role(Role::Status);
    let status = status_at.and_then(|at| index.text(feature, at));
    match wanted {
        None => status.is_none_or(|status| status == OPEN),
        Some(ANY) => true,
        Some(wanted) => status == Some(wanted),
    }
}
