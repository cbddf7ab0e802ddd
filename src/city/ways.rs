use std::sync::Arc;

use moka::sync::Cache;

/// What is remembered of ways: from one start to the places of one cell of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WayKey {
    /// What it was measured on: a street network in one sense, 0 for straight lines.
    pub network: u64,
    /// The bits of the longest cost.
    pub longest: u64,
    /// The bits of longitude and latitude of each point of the start.
    pub start: Box<[[u64; 2]]>,
    /// The [`ground`](crate::index::Cell::ground) of the cell.
    pub ground: u64,
}

/// The rows of a cell that are within reach, each once with its cost; in the order of their streets,
/// straight in that of their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellWays {
    pub rows: Box<[u16]>,
    /// Whole millimetres; what lies between two counts as the larger.
    pub costs: Box<[u32]>,
    /// The same in metres where that is finer: none along streets, which are measured in whole
    /// millimetres.
    pub metres: Option<Box<[f64]>>,
}

impl CellWays {
    /// Each row with its cost in metres.
    pub fn in_metres(&self) -> impl Iterator<Item = (u16, f64)> + '_ {
        let rows = self.rows.iter().zip(&self.costs).enumerate();
        rows.map(|(at, (row, mm))| match &self.metres {
            Some(metres) => (*row, metres[at]),
            None => (*row, f64::from(*mm) / 1000.0),
        })
    }

    fn heap_bytes(&self) -> usize {
        self.rows.len() * 6 + self.metres.as_ref().map_or(0, |metres| metres.len() * 8)
    }
}

/// Ways that were measured before (方案增量计算).
///
/// All snapshots of a city share them: a key names everything that its ways depend on, so what is
/// remembered is what would be measured again, bit for bit, and an edit needs to be measured only
/// from the starts and to the cells that it touches. Sums are made anew of all ways in the same
/// order, so answers do not depend on what was remembered either.
#[derive(Clone, Debug)]
pub struct Ways(Cache<WayKey, Arc<CellWays>, foldhash::fast::RandomState>);

/// Beyond so many bytes the ways that were asked for least are forgotten.
const MOST_BYTES: u64 = 512 << 20;

/// What an entry costs beside its rows, about.
const ENTRY_BYTES: usize = 256;

impl Default for Ways {
    fn default() -> Self {
        let bytes = |key: &WayKey, ways: &Arc<CellWays>| {
            let bytes = ENTRY_BYTES + key.start.len() * 16 + ways.heap_bytes();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(MOST_BYTES).weigher(bytes);
        Ways(cache.build_with_hasher(Default::default()))
    }
}

impl Ways {
    /// What is remembered under a key, else what `measure` finds. Two who ask at once may both
    /// measure, to the same end.
    pub fn find_or_measure(
        &self,
        key: WayKey,
        measure: impl FnOnce() -> CellWays,
    ) -> Arc<CellWays> {
        if let Some(known) = self.0.get(&key) {
            return known;
        }
        let found = Arc::new(measure());
        self.0.insert(key, found.clone());
        found
    }
}
