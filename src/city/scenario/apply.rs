use std::sync::Arc;

use super::{Change, Edit, EditError, commuters, features, grow, jobs, line, stamp::mixed, street};
use crate::{
    city::{City, LoadedLayer},
    index::LayerIndex,
};

/// The city after one more edit, the `number`th of its scenario. What the edit does not touch is
/// shared, and named by the same versions.
///
/// # Errors
/// An edit that the city does not allow: the feature is gone, the layer unknown, the place outside …
pub fn apply(city: &City, number: u64, edit: &Edit) -> Result<City, EditError> {
    let json = serde_json::to_vec(&(number, &edit.change));
    let json = json.map_err(|e| EditError::new("kind", e.to_string(), e.to_string()))?;
    let at = Step {
        city,
        number,
        stamp: mixed(city.stamp(), json),
    };
    let after = match &edit.change {
        Change::Add(add) => features::add(&at, add),
        Change::Move(moved) => features::moved(&at, moved),
        Change::Alter(alter) => features::alter(&at, alter),
        Change::Remove(remove) => features::remove(&at, remove),
        Change::Grow(change) => grow::grow(&at, change),
        Change::MoveJobs(change) => {
            let (after, shift) = jobs::move_jobs(&at, change)?;
            Ok(commuters::follow(&at, after, &shift))
        }
        Change::Station(station) => features::station(&at, station),
        Change::Line(change) => line::line(&at, change),
        Change::Street(change) => street::street(&at, change),
    };
    Ok(after?.with_stamp(at.stamp, None))
}

/// An edit at its place in the list.
pub(super) struct Step<'c> {
    pub city: &'c City,
    pub number: u64,
    /// Names the city after it.
    pub stamp: u64,
}

impl Step<'_> {
    /// The id of what the edit adds, where it names none.
    pub fn id(&self) -> String {
        format!("scenario-{}", self.number)
    }

    /// A layer with another index.
    pub fn layer(&self, before: &LoadedLayer, index: LayerIndex) -> Arc<LoadedLayer> {
        Arc::new(LoadedLayer {
            index,
            records: before.records.clone(),
            control_totals: before.control_totals.clone(),
            version: self.version(before.version),
        })
    }

    /// Names what the edit made of something of that version.
    pub fn version(&self, before: u64) -> u64 {
        mixed(before, self.stamp.to_le_bytes())
    }
}
