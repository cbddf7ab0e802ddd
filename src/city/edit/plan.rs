use std::{collections::BTreeMap, sync::Arc};

use super::{EditFailure, Editor};
use crate::{
    city::City,
    domain::{FeatureState, FeatureVersion, Layer, LayerId, LevelId, Period},
    store::{ChangeNumber, EditBatch, FeatureWrite, Once, Store},
};

/// A feature after a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct EditedFeature {
    pub layer: LayerId,
    pub period: Period,
    pub id: String,
    /// `None` where it is gone.
    pub version: Option<FeatureVersion>,
}

/// What edits come to, before they are written.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) writes: Vec<FeatureWrite>,
    pub(super) features: Vec<EditedFeature>,
    pub(super) undoes: Option<ChangeNumber>,
}

/// A feature as edits leave it.
#[derive(Clone, Debug)]
pub struct Left {
    pub layer: Arc<Layer>,
    pub state: FeatureState,
    /// The areas that it lies in.
    pub codes: BTreeMap<LevelId, String>,
}

impl Plan {
    /// Every feature that the edits name, in their order.
    pub fn features(&self) -> &[EditedFeature] {
        &self.features
    }

    /// A feature that the edits name, as they leave it in the `city` that they were planned upon;
    /// `None` where it is gone.
    pub fn left(&self, city: &City, feature: &EditedFeature) -> Option<Left> {
        let EditedFeature {
            layer, period, id, ..
        } = feature;
        let mut states = city.states(layer.as_str());
        let known = states.find(|loaded| loaded.index.period() == period);
        let known = known.and_then(|loaded| Some((&loaded.index, loaded.index.find(id)?)));
        let codes = || known.map_or_else(BTreeMap::new, |(index, found)| index.codes(found));
        let named = |write: &&FeatureWrite| {
            (&write.layer.id, &write.period, &write.id) == (layer, period, id)
        };
        let Some(write) = self.writes.iter().find(named) else {
            let (index, found) = known?;
            return Some(Left {
                layer: index.layer().clone(),
                state: index.state(found),
                codes: codes(),
            });
        };
        let state = write.after.clone()?;
        let before = write.before.as_ref().map(|before| &before.geometry);
        let codes = match before == Some(&state.geometry) {
            true => codes(),
            false => write.area_codes.clone(),
        };
        Some(Left {
            layer: write.layer.clone(),
            state,
            codes,
        })
    }

    /// Writes the edits in one commit and answers its number; where nothing differs, that of the last
    /// one.
    ///
    /// # Errors
    /// Every feature that is no longer what was seen, that they were made before under the key of
    /// `once`, and what the store says.
    pub fn commit(
        &self,
        store: &dyn Store,
        editor: &Editor<'_>,
        once: Option<Once<'_>>,
    ) -> Result<ChangeNumber, EditFailure> {
        if self.writes.is_empty() && once.is_none() {
            return Ok(store.change_number()?);
        }
        Ok(store.edit(&EditBatch {
            writes: &self.writes,
            who: editor.who,
            why: editor.why.trim(),
            undoes: self.undoes,
            once,
        })?)
    }
}
