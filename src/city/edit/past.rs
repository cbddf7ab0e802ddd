//! What was done to a feature, and undoing it.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    EditFailure, EditFault, EditedFeature, Editor, Plan, check,
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

/// Plans to make a feature again what it was before the edit `number` of it, the last one without a
/// number: an edit like others, that can be undone too.
///
/// # Errors
/// There is no such edit, the feature is no longer what was seen, or an import or another program has
/// changed it since.
pub fn undo(
    city: &City,
    store: &dyn Store,
    editor: &Editor<'_>,
    (named, seen): (Named<'_>, Seen),
    number: Option<ChangeNumber>,
) -> Result<Plan, EditFailure> {
    check(city, editor)?;
    let History {
        layer,
        period,
        now: before,
        edits,
    } = history(city, store, editor, named)?;
    let id = named.1;
    let undone = match number {
        None if edits.is_empty() => return Err(EditFailure::NothingToUndo),
        None => 0,
        Some(number) => {
            let at = edits.iter().position(|entry| entry.number == number);
            at.ok_or(EditFailure::NoSuchEdit(number))?
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
    let undone = &edits[..=undone];
    if !is_unbroken(&layer, before.as_ref(), undone) {
        return Err(EditFailure::ChangedOutside);
    }
    let undone = &undone[undone.len() - 1];
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
    Ok(Plan {
        writes,
        features: vec![feature],
        undoes: Some(undone.number),
    })
}

/// Whether a feature is what the newest of its edits made it, and each edit began where the one
/// before it ended: an import or another program has changed nothing in between that going back
/// would take along.
fn is_unbroken(layer: &Layer, now: Option<&FeatureState>, edits: &[HistoryEntry]) -> bool {
    let version = |state: Option<&FeatureState>| state.map(|state| state.version(layer));
    let mut later = version(now);
    edits.iter().all(|edit| {
        let is_next = version(edit.after.as_ref()) == later;
        later = version(edit.before.as_ref());
        is_next
    })
}

#[cfg(test)]
mod tests {
    use geo::{Geometry, Point};

    use super::*;
    use crate::{definitions::read_catalog, domain::Value};

    #[test]
    fn what_others_changed_in_between_breaks_the_way_back() {
        let catalog = read_catalog(None).expect("sound definitions");
        let layer = catalog.layer("schools").expect("built in");
        let state = |seats: i64| {
            let mut values = vec![Value::Missing; layer.attributes.len()];
            let at = layer.attribute_index("seats_primary").expect("declared");
            values[at] = Value::Integer(seats);
            FeatureState {
                geometry: Geometry::Point(Point::new(113.3, 23.1)),
                values,
            }
        };
        let edit = |number: ChangeNumber, before: Option<i64>, after: Option<i64>| HistoryEntry {
            number,
            at: "2026-11-26T00:00:00Z".into(),
            who: "local".into(),
            why: String::new(),
            undoes: None,
            before: before.map(state),
            after: after.map(state),
        };
        let edits = [
            edit(3, Some(20), None),
            edit(2, Some(10), Some(20)),
            edit(1, None, Some(10)),
        ];
        assert!(is_unbroken(layer, None, &edits));
        // It is there again though the last edit removed it.
        assert!(!is_unbroken(layer, Some(&state(20)), &edits));
        let edits = [edit(2, Some(15), Some(20)), edit(1, None, Some(10))];
        assert!(is_unbroken(layer, Some(&state(20)), &edits[..1]));
        assert!(!is_unbroken(layer, Some(&state(21)), &edits[..1]));
        assert!(!is_unbroken(layer, Some(&state(20)), &edits));
    }
}
