use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

use rayon::prelude::*;

use super::LoadedLayer;
use crate::{
    domain::{LayerId, Period},
    index::{Cell, CellKey, LayerIndex},
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
#[derive(Debug)]
struct Joined {
    version: ChangeNumber,
    places: Arc<Places>,
    /// By the node that each covers, its first number and the cell as it was.
    cells: HashMap<CellKey, (usize, Weak<Cell>)>,
}

impl Joined {
    fn new(version: ChangeNumber, places: Arc<Places>, index: &LayerIndex) -> Self {
        let mut first = 0;
        let cells = index.cells().iter().map(|cell| {
            let own = first;
            first += cell.len();
            (cell.key(), (own, Arc::downgrade(cell)))
        });
        Joined {
            version,
            places,
            cells: cells.collect(),
        }
    }

    /// Where the features of a cell begin among these places, if they stand where they stood.
    fn first_of(&self, cell: &Arc<Cell>) -> Option<usize> {
        let (first, known) = self.cells.get(&cell.key())?;
        let known = known.upgrade()?;
        let is_same =
            Arc::ptr_eq(&known, cell) || (known.lon() == cell.lon() && known.lat() == cell.lat());
        is_same.then_some(*first)
    }
}

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
    /// once for each version of the layer, of which only the cells that differ are joined anew.
    pub fn places(&self, loaded: &LoadedLayer) -> Arc<Places> {
        let key = (loaded.layer().id.clone(), loaded.index.period().clone());
        let lock = || self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let is_asked = |joined: &Joined| joined.version == loaded.version;
        if let Some(known) = lock().get_mut(&key)
            && let Some(at) = known.iter().position(is_asked)
        {
            known[at..].rotate_left(1);
            return known[known.len() - 1].places.clone();
        }
        let cells = loaded.index.cells();
        // What the version that was asked for last has of each cell.
        let last = lock().get(&key).and_then(|known| {
            let last = known.last()?;
            let first = cells.iter().map(|cell| last.first_of(cell));
            Some((last.places.clone(), first.collect()))
        });
        let (known, first): (Vec<Option<Snap>>, Vec<Option<usize>>) = match last {
            Some((places, first)) => (places.snaps(), first),
            None => (Vec::new(), vec![None; cells.len()]),
        };
        let join = |(cell, first): (&Arc<Cell>, &Option<usize>)| match first {
            Some(first) => known[*first..][..cell.len()].to_vec(),
            None => {
                let places = cell.lon().par_iter().zip(cell.lat());
                places.map(|(lon, lat)| self.snap(*lon, *lat)).collect()
            }
        };
        let snaps: Vec<Vec<Option<Snap>>> = cells.par_iter().zip(&first).map(join).collect();
        let snaps = snaps.concat();
        let places = Arc::new(Places::new(&self.graph, &snaps));
        let joined = Joined::new(loaded.version, places.clone(), &loaded.index);
        let mut all = lock();
        let known = all.entry(key).or_default();
        known.retain(|joined| !is_asked(joined));
        if known.len() >= JOINED_VERSIONS {
            known.remove(0);
        }
        known.push(joined);
        places
    }
}

#[cfg(test)]
mod tests {
    use geo::{Geometry, Point};

    use super::*;
    use crate::{
        definitions,
        domain::Table,
        index::{Edit, MAX_ROWS},
        network::{Lines, graph_to_bytes},
    };

    fn loaded(index: LayerIndex, version: ChangeNumber) -> LoadedLayer {
        LoadedLayer {
            index,
            records: Vec::new(),
            control_totals: Vec::new(),
            version,
        }
    }

    #[test]
    fn after_an_edit_only_the_cells_that_differ_are_joined_anew() {
        let mut lines = Lines::default();
        lines.points = vec![[1_130_000_000, 230_000_000], [1_130_100_000, 230_000_000]];
        lines.lines = vec![vec![0, 1]];
        let (graph, _) = lines.build().expect("a network");
        let stored = StoredNetwork {
            period: "2020".parse().expect("a year"),
            record: ImportRecord::default(),
            bytes: graph_to_bytes(&graph),
        };
        let rules = Rules::walk().expect("built-in rules");
        let streets = Streets::read(rules, stored, 1).expect("just written");

        let catalog = definitions::read_catalog(None).expect("sound definitions");
        let layer = catalog.layer("clinics").expect("a built-in layer");
        let mut table = Table::for_layer(layer);
        let values = vec![crate::domain::Value::Missing; layer.attributes.len()];
        let place = |number: usize| {
            // Half of them too far from the street.
            let (east, north) = (number % 200, number / 200);
            Point::new(113.0 + east as f64 * 5e-5, 23.0 + north as f64 * 1e-4)
        };
        for number in 0..MAX_ROWS + 400 {
            table.push(&number.to_string(), Geometry::Point(place(number)), &values);
        }
        let period: Period = "2020".parse().expect("a year");
        let index = LayerIndex::build(layer.clone(), period.clone(), Vec::new(), &table);
        assert!(index.cells().len() > 1);
        let put = Edit::Put {
            id: "7".into(),
            geometry: Geometry::Point(Point::new(113.005, 23.0001)),
            values: values.clone(),
            area_codes: BTreeMap::new(),
        };
        let edited = index.edited(&[put, Edit::Remove { id: "9".into() }]);
        let rebuilt = LayerIndex::build(layer.clone(), period, Vec::new(), &edited.to_table());

        let before = loaded(index, 1);
        let kept = Joined::new(1, streets.places(&before), &before.index);
        let of_cell = |index: &LayerIndex| -> Vec<bool> {
            let cells = index.cells().iter();
            cells.map(|cell| kept.first_of(cell).is_some()).collect()
        };
        // Shared cells, and cells read again from a file, stand where they stood.
        for index in [&edited, &rebuilt] {
            let known = of_cell(index);
            assert!(known.contains(&true) && known.contains(&false), "{known:?}");
        }
        for (version, index) in [(2, edited), (3, rebuilt)] {
            let after = loaded(index, version);
            let fresh: Vec<Option<Snap>> = after
                .index
                .iter()
                .map(|feature| after.index.place(feature))
                .map(|(lon, lat)| streets.snap(lon, lat))
                .collect();
            assert!(fresh.iter().any(Option::is_none) && fresh.iter().any(Option::is_some));
            assert_eq!(streets.places(&after).snaps(), fresh);
        }
    }
}
