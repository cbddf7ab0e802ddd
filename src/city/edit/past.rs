//! What was done to a feature, and undoing it.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    EditFailure, EditFault, Edited, EditedFeature, Editor, check, commit,
    draft::{Target, place},
};
use crate::{
    city::City,
    domain::{FeatureState, FeatureVersion, Layer, LayerId, Period},
    store::{ChangeNumber, EditConflict, FeatureWrite, HistoryEntry, Store},
};

/// A feature, by layer, id and period: that of the layer's newest state at or before it.
pub type Named<'a> = (&'a LayerId, &'a str, Option<&'a Period>);

/// What a feature is, and the edits that made it so.
#[derive(Clone, Debug)]
pub struct History {
    pub layer: Arc<Layer>,
    pub period: Period,
    /// `None` where it is gone, or never was.
    pub now: Option<FeatureState>,
    /// The newest first.
    pub edits: Vec<HistoryEntry>,
}

/// The edits of a feature; imports and edits of other programs are not among them.
///
/// # Errors
/// There is no such layer, and what the store says.
pub fn history(
    city: &City,
    store: &dyn Store,
    editor: &Editor<'_>,
    (layer, id, period): Named<'_>,
) -> Result<History, EditFailure> {
    let target = Target::find(city, editor, layer, period)
        .map_err(|error| EditFailure::Faults(vec![EditFault { number: 1, error }]))?;
    Ok(History {
        layer: target.layer.clone(),
        now: target.state(id),
        edits: store.history(target.layer, &target.period, id)?,
        period: target.period,
    })
}

/// What whoever edits has seen of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Whatever it is now.
    Any,
    /// That it is not there.
    Gone,
    Version(FeatureVersion),
}

/// Makes a feature again what it was before the edit `number` of it, the last one without a number:
/// an edit like others, that can be undone too.
///
/// # Errors
/// There is no such edit, or the feature is no longer what was seen.
pub fn undo(
    city: &City,
    store: &dyn Store,
    editor: &Editor<'_>,
    (named, seen): (Named<'_>, Seen),
    number: Option<ChangeNumber>,
) -> Result<Edited, EditFailure> {
    check(city, editor)?;
    let History {
        layer,
        period,
        now: before,
        edits,
    } = history(city, store, editor, named)?;
    let id = named.1;
    let undone = match number {
        None => edits.first().ok_or(EditFailure::NothingToUndo)?,
        Some(number) => {
            let entry = edits.iter().find(|entry| entry.number == number);
            entry.ok_or(EditFailure::NoSuchEdit(number))?
        }
    };
    let version = before.as_ref().map(|state| state.version(&layer));
    let is_seen = match seen {
        Seen::Any => true,
        Seen::Gone => version.is_none(),
        Seen::Version(seen) => version == Some(seen),
    };
    if !is_seen {
        return Err(EditFailure::Conflicts(vec![EditConflict {
            layer,
            period,
            id: id.to_owned(),
            found: before,
        }]));
    }
    let after = undone.before.clone();
    let feature = EditedFeature {
        layer: layer.id.clone(),
        period: period.clone(),
        id: id.to_owned(),
        version: after.as_ref().map(|state| state.version(&layer)),
    };
    let mut writes = vec![FeatureWrite {
        layer,
        period,
        id: id.to_owned(),
        before,
        after,
        area_codes: BTreeMap::new(),
    }];
    writes.retain(|write| write.before != write.after);
    place(city, &mut writes);
    Ok(Edited {
        number: commit(store, editor, &writes, Some(undone.number))?,
        features: vec![feature],
    })
}
