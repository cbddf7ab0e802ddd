//! Facilities and homes, cell by cell (方案增量计算): what facilities come to for the homes of a cell
//! is remembered under all that it is made of, for all snapshots of a city.
//!
//! After an edit only those facilities are counted again whose people it touches, and only those
//! cells that have such a facility near; what is asked the first time goes the very same way.

#[cfg(test)]
mod tests;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;

use super::{
    Limits, QueryError, Ruler, Start,
    costs::{AT_ONCE, MOST_REMEMBERED, Travelers},
};
use crate::{
    analysis::access::{CostRow, People, Wanted, Weigher},
    city::{CellWays, LoadedLayer, Part, PartKey, Parts},
    index::Cell,
};

/// Facilities, the homes around them, and which cells of these each may reach.
pub(super) struct ByCell<'a> {
    ruler: &'a Ruler<'a>,
    limits: &'a Limits,
    parts: &'a Parts,
    homes: &'a LoadedLayer,
    starts: &'a [Start],
    cutoff: f64,
    near: Arc<Near>,
}

/// Which cells each facility may reach.
struct Near {
    /// Of each facility, rising.
    cells: Vec<Vec<u32>>,
    /// Of each cell the facilities, rising.
    facilities: Vec<Vec<u32>>,
}

impl Part for Near {
    fn heap_bytes(&self) -> usize {
        let lists = self.cells.iter().chain(&self.facilities);
        lists
            .map(|list| size_of_val(list) + size_of_val(&**list))
            .sum()
    }
}

/// What facilities come to for the homes of one cell.
pub(super) trait CellSum: Sync {
    /// The homes of a cell while facilities are added.
    type Homes: Send;
    type Part: Part;

    /// The question, with all that a part of it depends on beside its cell, the facilities near it
    /// and the ways from them.
    fn key(&self) -> PartKey;

    /// What a part depends on of a facility, beside its place and value.
    fn mark(&self, _facility: usize) -> u64 {
        0
    }

    /// `near` adds to a key all that the ways to the cell depend on: what is made of these alone can
    /// be remembered by itself.
    fn begin(&self, cell: usize, near: &dyn Fn(PartKey) -> PartKey) -> Self::Homes;

    /// Facilities come in their order.
    fn add(&self, homes: &mut Self::Homes, facility: usize, value: f64, ways: &CellWays);

    fn finish(&self, cell: usize, homes: Self::Homes) -> Self::Part;
}

/// What each facility has for whoever reaches it.
pub(super) enum Offered<'s> {
    /// So much, whoever else comes.
    Whole(&'s [f64]),
    /// Its supply, shared among the people who reach it.
    Shared(&'s [f64], Sharers<'s>),
}

/// Who shares the supply of facilities.
pub(super) struct Sharers<'s> {
    /// Names the count of people among those of their homes.
    pub key: Vec<u64>,
    /// The people of a cell, home by home.
    pub people: &'s (dyn Fn(usize) -> Arc<SharingPeople> + Sync),
    pub weigher: &'s Weigher<'s>,
}

/// The people of a cell, home by home, as they share facilities.
pub(super) struct SharingPeople(pub People);

impl SharingPeople {
    /// Homes that do not say count as none.
    pub fn of(people: impl IntoIterator<Item = Option<i64>>) -> Self {
        let amounts = people.into_iter();
        let amounts = amounts.map(|people| people.unwrap_or(0) as f64);
        SharingPeople(People::of(amounts.collect()))
    }
}

impl Part for SharingPeople {
    fn heap_bytes(&self) -> usize {
        match &self.0 {
            People::Whole(people) => size_of_val(&**people),
            People::Parts(people) => size_of_val(&**people),
        }
    }
}

/// Every cell with what facilities come to there.
pub(super) struct Summed<P> {
    pub cells: Vec<Arc<P>>,
    /// What each facility has for one who reaches it; `None` where nobody does who could share it.
    pub values: Vec<Option<f64>>,
}

/// The weighted people who reach a facility.
struct Reaching(f64);

impl Part for Reaching {
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// What a facility has for one who reaches it: nothing yet where that is not known, and then `None`
/// where nobody does.
type Value = Option<Option<f64>>;

/// Pairs of a block: enough to share out among threads, few enough for the memory.
const BLOCK_PAIRS: usize = 8 << 20;
/// Bytes of a pair.
const PAIR: u64 = 14;

/// A facility with what it offers and its ways to the cells in question, by their places among them.
struct Row {
    facility: usize,
    value: Option<f64>,
    ways: Vec<(usize, Arc<CellWays>)>,
}

impl<'a> ByCell<'a> {
    /// `None` where ways are not remembered: of this way of travelling, or from so many starts.
    pub fn of(
        ruler: &'a Ruler<'a>,
        limits: &'a Limits,
        parts: &'a Parts,
        homes: &'a LoadedLayer,
        starts: &'a [Start],
        cutoff: f64,
    ) -> Option<Self> {
        if !ruler.remembers() || starts.len() > MOST_REMEMBERED {
            return None;
        }
        let index = &homes.index;
        let grounds = index.cells().iter().map(|cell| cell.ground());
        let key = ruler.key_of_ways(PartKey::new("near").with_all(grounds), starts, cutoff);
        let near = parts.find_or_make(key, || {
            let near = starts.par_iter();
            let cells: Vec<Vec<u32>> = near
                .map(|start| ruler.cells_near(index, start, cutoff))
                .collect();
            let mut facilities = vec![Vec::new(); index.cells().len()];
            for (facility, cells) in (0u32..).zip(&cells) {
                cells
                    .iter()
                    .for_each(|cell| facilities[*cell as usize].push(facility));
            }
            Near { cells, facilities }
        });
        Some(ByCell {
            ruler,
            limits,
            parts,
            homes,
            starts,
            cutoff,
            near,
        })
    }

    /// What the facilities come to in every cell, in the order of the index.
    ///
    /// # Errors
    /// Where nobody waits any longer or a block is more than the memory.
    pub fn sums<S: CellSum>(
        &self,
        sum: &S,
        offered: &Offered<'_>,
    ) -> Result<Summed<S::Part>, QueryError> {
        self.limits
            .step("搜索出行成本", "searching the costs of travel");
        let people: Vec<OnceLock<Arc<SharingPeople>>> = self
            .near
            .facilities
            .iter()
            .map(|_| OnceLock::new())
            .collect();
        let mut values: Vec<Value> = match offered {
            Offered::Whole(values) => values.iter().map(|value| Some(Some(*value))).collect(),
            Offered::Shared(supply, sharers) => (0..self.starts.len())
                .into_par_iter()
                .map(|facility| {
                    let known = self.parts.find(&self.key_of_facility(facility, sharers))?;
                    Some(ratio(supply[facility], &known))
                })
                .collect(),
        };
        // Whose people are not known changes all cells that it may reach.
        let mut touched = vec![false; self.near.facilities.len()];
        for (cells, value) in self.near.cells.iter().zip(&values) {
            if value.is_none() {
                cells.iter().for_each(|cell| touched[*cell as usize] = true);
            }
        }
        let which = |is: bool| -> Vec<usize> {
            let cells = 0..touched.len();
            cells.filter(|cell| touched[*cell] == is).collect()
        };
        let mut parts: Vec<Option<Arc<S::Part>>> = vec![None; touched.len()];
        let mut make = |cells: Vec<usize>, values: &mut [Value]| {
            let homes = self.gather(sum, &cells, values, offered, &people)?;
            let made = cells.into_par_iter().zip(homes);
            let made: Vec<(usize, Arc<S::Part>)> = made
                .map(|(cell, homes)| {
                    let key = self.key_of_cell(sum, cell, values);
                    (cell, self.parts.keep(key, sum.finish(cell, homes)))
                })
                .collect();
            made.into_iter()
                .for_each(|(cell, part)| parts[cell] = Some(part));
            Ok::<_, QueryError>(())
        };
        make(which(true), &mut values)?;
        let known: Vec<(usize, Option<Arc<S::Part>>)> = which(false)
            .into_par_iter()
            .map(|cell| (cell, self.parts.find(&self.key_of_cell(sum, cell, &values))))
            .collect();
        let missing = known.iter().filter(|(_, part)| part.is_none());
        make(missing.map(|(cell, _)| *cell).collect(), &mut values)?;
        for (cell, part) in known {
            parts[cell] = parts[cell].take().or(part);
        }
        let parts = parts.into_iter();
        Ok(Summed {
            cells: parts
                .map(|part| part.expect("every cell was made or known"))
                .collect(),
            values: values.into_iter().map(Option::flatten).collect(),
        })
    }

    /// Adds the facilities to the homes of some cells, rising, and finds the values that are not
    /// known yet.
    fn gather<S: CellSum>(
        &self,
        sum: &S,
        cells: &[usize],
        values: &mut [Value],
        offered: &Offered<'_>,
        people: &[OnceLock<Arc<SharingPeople>>],
    ) -> Result<Vec<S::Homes>, QueryError> {
        let begin = |cell: &usize| sum.begin(*cell, &|key| self.key_of_near(key, *cell));
        let mut homes: Vec<S::Homes> = cells.par_iter().map(begin).collect();
        let mut facilities: Vec<u32> = cells
            .iter()
            .flat_map(|cell| self.near.facilities[*cell].iter().copied())
            .collect();
        facilities.sort_unstable();
        facilities.dedup();
        self.ruler.prepare(&self.homes.index, cells);
        let travelers = Travelers::new(self.ruler, self.limits, true);
        let mut block: Vec<Row> = Vec::new();
        let searched = AtomicU64::new(0);
        let all = facilities.len() as u64;
        self.limits.progress(0, all);
        let mut pairs = 0;
        for (part, some) in facilities.chunks(AT_ONCE).enumerate() {
            let found = some.par_iter().map(|facility| {
                let facility = *facility as usize;
                let known = values[facility];
                travelers.with(|traveler| {
                    // All its cells are among them if its value is not known.
                    let mut near = Vec::new();
                    for cell in &self.near.cells[facility] {
                        if let Ok(at) = cells.binary_search(&(*cell as usize)) {
                            near.push((at, *cell));
                        }
                    }
                    let numbers: Vec<u32> = near.iter().map(|(_, cell)| *cell).collect();
                    let start = &self.starts[facility];
                    let ways = traveler.ways_to(self.homes, start, self.cutoff, &numbers)?;
                    let value = match (known, offered) {
                        (None, Offered::Shared(supply, sharers)) => {
                            let reaching = self.count(facility, &ways, sharers, people);
                            ratio(supply[facility], &reaching)
                        }
                        (known, _) => known.flatten(),
                    };
                    let ways = near.into_iter().map(|(at, _)| at).zip(ways);
                    let searched = searched.fetch_add(1, Ordering::Relaxed) + 1;
                    self.limits.progress(searched, all);
                    Ok(Row {
                        facility,
                        value,
                        ways: ways.filter(|(_, ways)| !ways.rows.is_empty()).collect(),
                    })
                })
            });
            let found: Vec<Row> = found.collect::<Result<_, QueryError>>()?;
            for row in &found {
                values[row.facility] = Some(row.value);
                pairs += row
                    .ways
                    .iter()
                    .map(|(_, ways)| ways.rows.len())
                    .sum::<usize>();
            }
            self.limits.allow(pairs as u64 * PAIR)?;
            block.extend(found);
            let done = part * AT_ONCE + some.len();
            if pairs >= BLOCK_PAIRS || done == facilities.len() {
                add_block(sum, &mut homes, &block);
                block.clear();
                pairs = 0;
            }
        }
        Ok(homes)
    }

    /// Counts the people who reach a facility by its ways to all cells near it.
    fn count(
        &self,
        facility: usize,
        ways: &[Arc<CellWays>],
        sharers: &Sharers<'_>,
        people: &[OnceLock<Arc<SharingPeople>>],
    ) -> Arc<Reaching> {
        let mut wanted = Wanted::new(sharers.weigher);
        for (cell, ways) in self.near.cells[facility].iter().zip(ways) {
            let cell = *cell as usize;
            let people = people[cell].get_or_init(|| (sharers.people)(cell));
            wanted.add(row_of(ways), &people.0);
        }
        let key = self.key_of_facility(facility, sharers);
        self.parts.keep(key, Reaching(wanted.sum()))
    }

    fn key_of_facility(&self, facility: usize, sharers: &Sharers<'_>) -> PartKey {
        let key = PartKey::new("reaching").with_all(sharers.weigher.words());
        let cells = self.near.cells[facility].iter();
        let cells = cells.map(|cell| self.cell(*cell as usize).serial());
        let key = key.with_all(sharers.key.iter().copied()).with_all(cells);
        self.ruler
            .key_of_ways(key, [&self.starts[facility]], self.cutoff)
    }

    fn key_of_cell<S: CellSum>(&self, sum: &S, cell: usize, values: &[Value]) -> PartKey {
        let near = || self.near.facilities[cell].iter().map(|f| *f as usize);
        let words = near().flat_map(|facility| {
            let value = values[facility].flatten();
            [value.map_or(u64::MAX, f64::to_bits), sum.mark(facility)]
        });
        self.key_of_near(sum.key().with_all(words), cell)
    }

    /// A key with a cell and the ways to it from the facilities near it.
    fn key_of_near(&self, key: PartKey, cell: usize) -> PartKey {
        let key = key.with(self.cell(cell).serial());
        let near = self.near.facilities[cell].iter();
        let starts = near.map(|facility| &self.starts[*facility as usize]);
        self.ruler.key_of_ways(key, starts, self.cutoff)
    }

    fn cell(&self, number: usize) -> &Cell {
        &self.homes.index.cells()[number]
    }
}

fn ratio(supply: f64, reaching: &Reaching) -> Option<f64> {
    (reaching.0 > 0.0).then(|| supply / reaching.0)
}

/// The ways to a cell as pairs with its rows.
pub(super) fn row_of(ways: &CellWays) -> CostRow<'_, u16> {
    CostRow {
        places: &ways.rows,
        costs: &ways.costs,
    }
}

/// Adds facilities to the homes of every cell, in their order; a cell belongs to one thread.
fn add_block<S: CellSum>(sum: &S, homes: &mut [S::Homes], block: &[Row]) {
    let mut of_cells: Vec<Vec<(&Row, &CellWays)>> = homes.iter().map(|_| Vec::new()).collect();
    for row in block {
        for (at, ways) in &row.ways {
            of_cells[*at].push((row, ways));
        }
    }
    homes
        .par_iter_mut()
        .zip(of_cells)
        .for_each(|(homes, near)| {
            for (row, ways) in near {
                sum.add(homes, row.facility, row.value.unwrap_or(0.0), ways);
            }
        });
}
