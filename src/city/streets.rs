use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use moka::sync::Cache;
use rayon::prelude::*;

use super::LoadedLayer;
use crate::{
    domain::{LayerId, Period, serial},
    index::Cell,
    network::{Graph, NetworkError, PlaceGroup, Places, Rules, Snap, Snapper, graph_from_bytes},
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
    /// Names this very network among all that there ever were.
    serial: u64,
    snapper: OnceLock<Snapper>,
    /// The joined places of cells by their ground.
    cells: Cache<u64, Arc<PlaceGroup>>,
    /// The joined places of each layer and period, for the grounds of it that were asked last: those
    /// of the city as it is and of a scenario are asked in turn.
    places: Mutex<BTreeMap<(LayerId, Period), Vec<Joined>>>,
}

/// The places of a layer by the grounds of its cells: other values of what stays change nothing here.
type Joined = (Vec<u64>, Arc<Places>);

/// Beyond so many bytes the joined cells that were asked for least are forgotten.
const MOST_BYTES: u64 = 512 << 20;

fn cells() -> Cache<u64, Arc<PlaceGroup>> {
    let bytes = |_: &u64, group: &Arc<PlaceGroup>| {
        u32::try_from(group.heap_bytes() + 64).unwrap_or(u32::MAX)
    };
    let cache = Cache::builder().max_capacity(MOST_BYTES).weigher(bytes);
    cache.build()
}

/// How many states of a layer stay joined.
const JOINED_STATES: usize = 3;

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
            serial: serial(),
            snapper: OnceLock::new(),
            cells: cells(),
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
            serial: serial(),
            snapper: OnceLock::new(),
            cells: cells(),
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

    /// The places of cells joined to the streets; those of a cell once, whatever becomes of the
    /// others of its layer.
    pub fn join_cells(&self, cells: &[Arc<Cell>]) -> Vec<Arc<PlaceGroup>> {
        cells.par_iter().map(|cell| self.join_cell(cell)).collect()
    }

    /// The places of a cell joined to the streets, numbered by row.
    pub fn join_cell(&self, cell: &Cell) -> Arc<PlaceGroup> {
        if let Some(known) = self.cells.get(&cell.ground()) {
            return known;
        }
        let places = cell.lon().iter().zip(cell.lat());
        let snaps: Vec<Option<Snap>> = places.map(|(lon, lat)| self.snap(*lon, *lat)).collect();
        let joined = Arc::new(PlaceGroup::new(&snaps));
        self.cells.insert(cell.ground(), joined.clone());
        joined
    }

    /// A number that no other network has.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// The features of a layer joined to the streets, numbered in the order of its index; joined
    /// once for all that differ in values alone.
    pub fn places(&self, loaded: &LoadedLayer) -> Arc<Places> {
        let key = (loaded.layer().id.clone(), loaded.index.period().clone());
        let lock = || self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let grounds = loaded.index.cells().iter().map(|cell| cell.ground());
        let grounds: Vec<u64> = grounds.collect();
        let is_asked = |(known, _): &Joined| *known == grounds;
        if let Some(known) = lock().get_mut(&key)
            && let Some(at) = known.iter().position(is_asked)
        {
            known[at..].rotate_left(1);
            return known[known.len() - 1].1.clone();
        }
        let groups = self.join_cells(loaded.index.cells());
        let mut next = 0;
        let starts = loaded.index.cells().iter().map(|cell| {
            next += cell.len() as u32;
            next - cell.len() as u32
        });
        let starts: Vec<u32> = starts.collect();
        let numbered = starts.into_iter().zip(groups.iter().map(|group| &**group));
        let numbered: Vec<(u32, &PlaceGroup)> = numbered.collect();
        let features = loaded.index.features() as usize;
        let places = Places::of_groups(&self.graph, features, numbered.into_iter());
        let places = Arc::new(places);
        let mut all = lock();
        let known = all.entry(key).or_default();
        known.retain(|joined| !is_asked(joined));
        if known.len() >= JOINED_STATES {
            known.remove(0);
        }
        known.push((grounds, places.clone()));
        places
    }
}
