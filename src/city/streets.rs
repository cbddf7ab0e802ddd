use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rayon::prelude::*;

use super::LoadedLayer;
use crate::{
    domain::{LayerId, Period},
    network::{Graph, NetworkError, Places, Rules, Snap, Snapper, graph_from_bytes},
    store::{ChangeNumber, ImportRecord, StoredNetwork},
};

/// The streets of a city for one way of travelling, with the layers joined to them.
#[derive(Debug)]
pub struct Streets {
    pub rules: Rules,
    pub graph: Graph,
    pub period: Period,
    pub record: ImportRecord,
    /// The commit that wrote them.
    pub version: ChangeNumber,
    snapper: OnceLock<Snapper>,
    /// The joined places of each layer and period, for the versions of it that were asked last:
    /// those of the city as it is and of a scenario are asked in turn.
    places: Mutex<BTreeMap<(LayerId, Period), Vec<Joined>>>,
}

/// The places of a layer as of one of its versions.
type Joined = (ChangeNumber, Arc<Places>);

/// How many versions of a layer stay joined.
const JOINED_VERSIONS: usize = 3;

impl Streets {
    /// # Errors
    /// Bytes that are no network.
    pub fn read(
        rules: Rules,
        stored: StoredNetwork,
        version: ChangeNumber,
    ) -> Result<Self, NetworkError> {
        Ok(Streets {
            rules,
            graph: graph_from_bytes(&stored.bytes)?,
            period: stored.period,
            record: stored.record,
            version,
            snapper: OnceLock::new(),
            places: Mutex::default(),
        })
    }

    /// The same streets with others beside them; `version` names them.
    pub(super) fn with_graph(&self, graph: Graph, version: ChangeNumber) -> Self {
        Streets {
            rules: self.rules.clone(),
            graph,
            period: self.period.clone(),
            record: self.record.clone(),
            version,
            snapper: OnceLock::new(),
            places: Mutex::default(),
        }
    }

    pub(super) fn snapper(&self) -> &Snapper {
        self.snapper.get_or_init(|| Snapper::new(&self.graph))
    }

    /// The nearest point of a street; `None` off the network.
    pub fn snap(&self, lon: f64, lat: f64) -> Option<Snap> {
        self.snapper().snap(&self.graph, lon, lat)
    }

    /// Places joined to the streets, numbered in their order.
    pub fn join(&self, places: &[(f64, f64)]) -> Places {
        let places = places.par_iter();
        let snaps: Vec<Option<Snap>> = places.map(|(lon, lat)| self.snap(*lon, *lat)).collect();
        Places::new(&self.graph, &snaps)
    }

    /// The features of a layer joined to the streets, numbered in the order of its index; joined
    /// once for each version of the layer.
    pub fn places(&self, loaded: &LoadedLayer) -> Arc<Places> {
        let key = (loaded.layer().id.clone(), loaded.index.period().clone());
        let lock = || self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let is_asked = |(version, _): &Joined| *version == loaded.version;
        if let Some(known) = lock().get_mut(&key)
            && let Some(at) = known.iter().position(is_asked)
        {
            known[at..].rotate_left(1);
            return known[known.len() - 1].1.clone();
        }
        let features: Vec<_> = loaded.index.iter().collect();
        let snaps: Vec<Option<Snap>> = features
            .par_iter()
            .map(|feature| {
                let (lon, lat) = loaded.index.place(*feature);
                self.snap(lon, lat)
            })
            .collect();
        let places = Arc::new(Places::new(&self.graph, &snaps));
        let mut all = lock();
        let known = all.entry(key).or_default();
        known.retain(|joined| !is_asked(joined));
        if known.len() >= JOINED_VERSIONS {
            known.remove(0);
        }
        known.push((loaded.version, places.clone()));
        places
    }
}
