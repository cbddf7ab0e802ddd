use std::sync::Arc;

use rayon::prelude::*;

use super::{
    Supply, Zones,
    count::Known,
    cover::Shared,
    demand::People,
    pieces::{Pieces, level_word},
};
use crate::{
    analysis::access::{Decay, Floating, Weigher},
    city::{CellWays, LoadedLayer, Part, PartKey, Parts},
    domain::serial,
    index::Cell,
    query::{
        Denominator, Limits, QueryError, Ruler,
        access::{Costs, Offer},
        by_cell::{ByCell, CellSum, Offered, Sharers, SharingPeople, row_of},
        costs::THOUSANDTHS,
    },
};

/// How far a service is measured, in the unit of its norm.
pub(in crate::query) struct Way<'r, 'c> {
    pub ruler: &'r Ruler<'c>,
    pub cutoff: f64,
    /// Whether ways are searched from the homes, which alone know when people set out.
    pub is_from_homes: bool,
}

/// What is asked of the homes that a service is measured to.
pub(in crate::query) struct Asked<'a> {
    pub homes: &'a Arc<LoadedLayer>,
    /// Those whose coverage is counted, of these homes.
    pub counted: Option<&'a People>,
    pub denominator: Denominator,
    /// Those who want the service and share its capacity, of these homes.
    pub wanted: Option<&'a People>,
    /// The capacity that each of them should have.
    pub norm: Option<f64>,
}

/// What the homes of a city have within reach of one service, cell by cell.
#[derive(Clone, Debug)]
pub(in crate::query) struct Reached(pub(super) Vec<Arc<CellReached>>);

/// What the homes of one cell have within reach of one service.
#[derive(Debug)]
pub(super) struct CellReached {
    pub covered: Arc<CellCovered>,
    /// One for each piece of the cell.
    shared: Box<[Shared]>,
}

/// Which homes of a cell have any facility within reach: of the ways alone, whatever facilities
/// have for those who come.
#[derive(Debug)]
pub(super) struct CellCovered {
    /// Names this very part.
    pub serial: u64,
    /// One for each piece of the cell.
    pieces: Box<[Covered]>,
    /// A bit for each home.
    homes: Box<[u64]>,
}

/// How many of an area, or of a piece of a cell, are covered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Covered {
    pub covered: Known,
    pub total: Known,
    /// Those who want the service and do not have it.
    pub uncovered: Known,
}

/// What the homes of an area have within reach.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Piece {
    pub covered: Covered,
    pub shared: Shared,
}

impl Covered {
    fn add_all(&mut self, other: &Covered) {
        self.covered.add_all(&other.covered);
        self.total.add_all(&other.total);
        self.uncovered.add_all(&other.uncovered);
    }
}

impl CellCovered {
    pub fn covers(&self, row: usize) -> bool {
        self.homes[row / 64] >> (row % 64) & 1 == 1
    }
}

impl Part for CellCovered {
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.pieces) + size_of_val(&*self.homes)
    }
}

impl Part for CellReached {
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.shared) + self.covered.heap_bytes()
    }
}

/// The homes of a cell while facilities are added.
struct Homes {
    covered: Coverage,
    /// Whether one of unknown capacity is within reach: what the home has is then unknown too.
    is_unknown: Vec<bool>,
    /// Capacity per person, shared with all who reach the same facilities, across every border.
    per_person: Vec<f64>,
}

/// Whether any facility is within reach of the homes of a cell.
enum Coverage {
    Known(Arc<CellCovered>),
    /// In the making, home by home, to be remembered under a key.
    Made(Vec<bool>, PartKey),
}

impl Reached {
    /// Whether any facility is within reach of each home, in the order of the index.
    pub fn covered(&self, homes: &LoadedLayer) -> Vec<bool> {
        let cells = homes.index.cells().iter().zip(&self.0);
        let covered =
            cells.flat_map(|(cell, found)| (0..cell.len()).map(|row| found.covered.covers(row)));
        covered.collect()
    }

    /// The sums in every zone.
    pub(super) fn by_zone(&self, zones: &Zones<'_>, asked: &Asked<'_>) -> Vec<Piece> {
        let covered = self.0.iter().map(|cell| &*cell.covered.pieces);
        let covered =
            zones.sums_of_pieces(asked.homes, covered, Covered::default, Covered::add_all);
        let shared = self.0.iter().map(|cell| &*cell.shared);
        let nothing = || asked.nothing_shared();
        let shared = zones.sums_of_pieces(asked.homes, shared, nothing, Shared::add);
        let pieces = covered.into_iter().zip(shared);
        pieces
            .map(|(covered, shared)| Piece { covered, shared })
            .collect()
    }
}

impl Asked<'_> {
    /// What is shared where nobody is.
    fn nothing_shared(&self) -> Shared {
        Shared {
            below: self.norm.map(|_| 0),
            ..Shared::default()
        }
    }
}

/// Measures one service to every home.
///
/// # Errors
/// A cutoff that is no distance; more than the memory; nobody waits any longer.
pub(in crate::query) fn reach(
    way: &Way<'_, '_>,
    asked: &Asked<'_>,
    zones: &Zones<'_>,
    supply: &Supply,
    limits: &Limits,
) -> Result<Reached, QueryError> {
    limits.allow(asked.homes.index.features() * 26)?;
    let cutoff = way.ruler.cost("services", way.cutoff)?;
    let decay = Decay::within(way.cutoff);
    let weigher = decay.weigher(way.ruler.cost_per_unit() * THOUSANDTHS);
    let reaching = Reaching {
        asked,
        level: zones.level_at(asked.homes),
        parts: zones.parts(),
        supply,
        weigher: &weigher,
    };
    let starts = &supply.facilities.starts;
    let by_cell = || {
        ByCell::of(
            way.ruler,
            limits,
            zones.parts(),
            asked.homes,
            starts,
            cutoff,
        )
    };
    let Some(by_cell) = (!way.is_from_homes).then(by_cell).flatten() else {
        return at_once(way, &reaching, &decay, limits);
    };
    let people = |cell: usize| {
        let cell = &asked.homes.index.cells()[cell];
        let wanted = asked.wanted.expect("those who share");
        let key = PartKey::new("sharing").with_all(wanted.key());
        let key = key.with(cell.serial());
        let make = || SharingPeople::of(wanted.in_cell(cell));
        zones.parts().find_or_make(key, make)
    };
    let supplied = supply.facilities.iter();
    let supplied: Vec<f64> = supplied.map(|f| f.capacity.unwrap_or(0.0)).collect();
    let nothing = vec![0.0; supplied.len()];
    let offered = match asked.wanted {
        Some(wanted) => Offered::Shared(
            &supplied,
            Sharers {
                key: wanted.key().collect(),
                people: &people,
                weigher: &weigher,
            },
        ),
        None => Offered::Whole(&nothing),
    };
    Ok(Reached(by_cell.sums(&reaching, &offered)?.cells))
}

/// The same where ways are not remembered.
fn at_once(
    way: &Way<'_, '_>,
    reaching: &Reaching<'_>,
    decay: &Decay,
    limits: &Limits,
) -> Result<Reached, QueryError> {
    let Reaching { asked, supply, .. } = reaching;
    let facilities = supply.facilities.iter().zip(&supply.facilities.starts);
    let offer = Offer::given(
        supply.loaded.clone(),
        facilities.map(|(f, start)| (f.feature, start.clone(), f.capacity.unwrap_or(0.0))),
    );
    let costs = Costs {
        ruler: way.ruler,
        limits,
        places: asked.homes,
        offer: &offer,
        is_from_places: way.is_from_homes,
        cutoff: way.ruler.cost("services", way.cutoff)?,
    };
    let count = asked.homes.index.features() as usize;
    let people = asked.wanted.map_or_else(|| vec![None; count], People::all);
    let wanted: Vec<f64> = people.iter().map(|p| p.unwrap_or(0) as f64).collect();
    let (mut covered, mut is_unknown) = (vec![false; count], vec![false; count]);
    let mut floating = Floating::new(count);
    costs.for_each(|matrix, some| {
        for (row, facility) in some.clone().enumerate() {
            let unknown = supply.facilities[facility].capacity.is_none();
            for place in matrix.row(row).places {
                covered[*place as usize] = true;
                is_unknown[*place as usize] |= unknown;
            }
        }
        floating.add_competitive(matrix, &wanted, &costs.offer.supply[some], decay);
    })?;
    let numbering = asked.homes.index.numbering();
    let cells = 0..asked.homes.index.cells().len();
    let cells = cells.into_par_iter().map(|cell| {
        let rows = numbering.of_cell(cell);
        let covered = reaching.cover(cell, &covered[rows.clone()]);
        let (is_unknown, per_person) = (&is_unknown[rows.clone()], &floating.access[rows]);
        Arc::new(CellReached {
            covered: Arc::new(covered),
            shared: reaching.share(cell, is_unknown, per_person),
        })
    });
    Ok(Reached(cells.collect()))
}

/// Facilities of a service added up for the homes of a cell.
struct Reaching<'a> {
    asked: &'a Asked<'a>,
    level: Option<usize>,
    parts: &'a Parts,
    supply: &'a Supply,
    weigher: &'a Weigher<'a>,
}

impl Reaching<'_> {
    fn cell(&self, number: usize) -> &Cell {
        &self.asked.homes.index.cells()[number]
    }

    /// Names whose coverage is counted, and by what.
    fn counts(&self, key: PartKey) -> PartKey {
        let Asked {
            counted, wanted, ..
        } = self.asked;
        let places = |people: &Option<&People>| -> Vec<u64> {
            people.map_or_else(Vec::new, |people| people.key().collect())
        };
        key.with_all(places(counted))
            .with_all(places(wanted))
            .with(u64::from(self.asked.denominator == Denominator::Buildings))
            .with(level_word(self.level))
    }

    /// Adds up who of a cell is covered.
    fn cover(&self, cell: usize, covered: &[bool]) -> CellCovered {
        let cell = self.cell(cell);
        let of_pieces = Pieces::of(cell, self.level);
        let mut pieces = vec![Covered::default(); of_pieces.len()];
        for (row, is_covered) in covered.iter().enumerate() {
            let piece = &mut pieces[of_pieces.at(row)];
            let only = |people: Option<i64>, is: bool| people.map(|n| if is { n } else { 0 });
            if let Some(counted) = self.asked.counted {
                let amount = match self.asked.denominator {
                    Denominator::Buildings => Some(1),
                    _ => counted.in_row(cell, row),
                };
                piece.covered.add(only(amount, *is_covered));
                piece.total.add(amount);
            }
            if let Some(wanted) = self.asked.wanted {
                piece
                    .uncovered
                    .add(only(wanted.in_row(cell, row), !is_covered));
            }
        }
        let bits = |homes: &[bool]| {
            let bits = homes.iter().enumerate();
            bits.fold(0, |word, (at, is)| word | u64::from(*is) << at)
        };
        CellCovered {
            serial: serial(),
            pieces: pieces.into(),
            homes: covered.chunks(64).map(bits).collect(),
        }
    }

    /// Adds up what those of a cell who want the service share of it.
    fn share(&self, cell: usize, is_unknown: &[bool], per_person: &[f64]) -> Box<[Shared]> {
        let cell = self.cell(cell);
        let of_pieces = Pieces::of(cell, self.level);
        let mut pieces = vec![self.asked.nothing_shared(); of_pieces.len()];
        let Some(wanted) = self.asked.wanted else {
            return pieces.into();
        };
        for (row, (is_unknown, per_person)) in is_unknown.iter().zip(per_person).enumerate() {
            if let Some(people) = wanted.in_row(cell, row) {
                let offered = (!is_unknown).then_some(*per_person);
                pieces[of_pieces.at(row)].add_home(people, offered, self.asked.norm);
            }
        }
        pieces.into()
    }
}

impl CellSum for Reaching<'_> {
    type Homes = Homes;
    type Part = CellReached;

    fn key(&self) -> PartKey {
        self.counts(PartKey::new("gaps"))
            .with(self.asked.norm.map_or(u64::MAX, f64::to_bits))
            .with_all(self.weigher.words())
    }

    fn mark(&self, facility: usize) -> u64 {
        u64::from(self.supply.facilities[facility].capacity.is_none())
    }

    fn begin(&self, cell: usize, near: &dyn Fn(PartKey) -> PartKey) -> Homes {
        let homes = self.cell(cell).len();
        let key = near(self.counts(PartKey::new("covered")));
        Homes {
            covered: match self.parts.find(&key) {
                Some(known) => Coverage::Known(known),
                None => Coverage::Made(vec![false; homes], key),
            },
            is_unknown: vec![false; homes],
            per_person: vec![0.0; homes],
        }
    }

    fn add(&self, homes: &mut Homes, facility: usize, value: f64, ways: &CellWays) {
        if let Coverage::Made(covered, _) = &mut homes.covered {
            for row in &ways.rows {
                covered[usize::from(*row)] = true;
            }
        }
        if self.mark(facility) == 1 {
            for row in &ways.rows {
                homes.is_unknown[usize::from(*row)] = true;
            }
        }
        if self.asked.wanted.is_some() {
            row_of(ways).add_to(self.weigher, value, 0, &mut homes.per_person);
        }
    }

    fn finish(&self, cell: usize, homes: Homes) -> CellReached {
        CellReached {
            covered: match homes.covered {
                Coverage::Known(known) => known,
                Coverage::Made(covered, key) => self.parts.keep(key, self.cover(cell, &covered)),
            },
            shared: self.share(cell, &homes.is_unknown, &homes.per_person),
        }
    }
}
