use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::LoadedLayer;
use crate::{
    domain::{LayerId, Period},
    index::FeatureRef,
    network::{Matrix, NetworkError, Side, matrix_from_bytes},
    store::{ChangeNumber, ImportRecord, StoredNetwork},
};

/// A travel-time matrix of a city (出行时间矩阵), with its ids found in the layers.
#[derive(Debug)]
pub struct TimeMatrix {
    pub name: String,
    pub matrix: Matrix,
    pub period: Period,
    pub record: ImportRecord,
    /// The commit that wrote it.
    pub version: ChangeNumber,
    /// The features of each side, layer and period, for the version that was asked last.
    found: Mutex<BTreeMap<(bool, LayerId, Period), Found>>,
}

/// The features that the numbers of a side stand for, as of a version of the layer.
type Found = (ChangeNumber, Arc<Vec<Option<FeatureRef>>>);

impl TimeMatrix {
    /// What the store calls the matrix of a name.
    pub const PREFIX: &'static str = "matrix:";

    /// # Errors
    /// Bytes that are no matrix.
    pub fn read(
        name: &str,
        stored: StoredNetwork,
        version: ChangeNumber,
    ) -> Result<Self, NetworkError> {
        Ok(TimeMatrix {
            name: name.to_owned(),
            matrix: matrix_from_bytes(&stored.bytes)?,
            period: stored.period,
            record: stored.record,
            version,
            found: Mutex::default(),
        })
    }

    /// The features of a layer that the numbers of its side stand for; `None` for ids that the
    /// layer has no longer. Found once for each version of the layer.
    pub fn features(&self, is_from: bool, loaded: &LoadedLayer) -> Arc<Vec<Option<FeatureRef>>> {
        let (layer, period) = (loaded.layer().id.clone(), loaded.index.period().clone());
        let key = (is_from, layer, period);
        let lock = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, features)) = lock().get(&key)
            && *version == loaded.version
        {
            return features.clone();
        }
        let side = self.side(is_from);
        let mut features = vec![None; side.ids.len()];
        for feature in loaded.index.iter() {
            if let Some(number) = side.number(loaded.index.id(feature)) {
                features[number as usize] = Some(feature);
            }
        }
        let features = Arc::new(features);
        lock().insert(key, (loaded.version, features.clone()));
        features
    }

    pub fn side(&self, is_from: bool) -> &Side {
        match is_from {
            true => &self.matrix.from,
            false => &self.matrix.to,
        }
    }
}
