//! Which rows of a layer differ from a snapshot, so that those alone are read.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{LayerId, Period, RowFault},
    index::{Edit, LayerIndex},
    store::{Change, ChangeNumber, Store, StoreError},
};

/// More rows than this are read with their whole state.
const MOST: usize = 20_000;

/// What changed since a commit: the ids by layer and period; `None` where the whole state did.
#[derive(Debug, Default)]
pub(super) struct Touched(BTreeMap<(LayerId, Period), Option<BTreeSet<String>>>);

impl Touched {
    /// What changed after the commit `number`. The states must have been asked for before: then
    /// nothing that they speak of is missing here.
    pub fn since(store: &dyn Store, number: ChangeNumber) -> Result<Self, StoreError> {
        let mut touched = Touched::default();
        for Change {
            layer, period, id, ..
        } in store.changes_since(number)?
        {
            let ids = touched.0.entry((layer, period));
            let ids = ids.or_insert_with(|| Some(BTreeSet::new()));
            match (ids.as_mut(), id) {
                (Some(known), Some(id)) if known.len() < MOST => drop(known.insert(id)),
                _ => *ids = None,
            }
        }
        Ok(touched)
    }

    /// The index after what changed, and the faults of a state that had `faults` before; `None` where both
    /// have to be made of the whole state.
    pub fn renewed(
        &self,
        store: &dyn Store,
        before: &LayerIndex,
        faults: &[RowFault],
    ) -> Result<Option<(LayerIndex, Vec<RowFault>)>, StoreError> {
        let (layer, period) = (before.layer(), before.period());
        let Some(Some(changed)) = self.0.get(&(layer.id.clone(), period.clone())) else {
            return Ok(None);
        };
        let ids: Vec<&str> = changed.iter().map(String::as_str).collect();
        let there = store.read_rows(layer, period, &ids)?;
        let kept: BTreeSet<&str> = there.ids.iter().map(|id| &**id).collect();
        let gone = ids.iter().filter(|id| !kept.contains(*id));
        let mut edits: Vec<Edit> = gone
            .map(|id| Edit::Remove {
                id: (*id).to_owned(),
            })
            .collect();
        edits.extend((0..there.len()).map(|row| Edit::put(&there, row)));
        let others = faults.iter().filter(|fault| !changed.contains(&*fault.id));
        let faults = others.cloned().chain(there.faults.iter().cloned());
        Ok(Some((before.edited(&edits), faults.collect())))
    }
}
