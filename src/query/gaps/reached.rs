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
    analysis::access::{self, Decay, Floating, Weigher},
    city::{CellWays, LoadedLayer, Part, PartKey},
    domain::serial,
    query::{
        Denominator, Limits, QueryError, Ruler,
        access::{Costs, Offer},
        by_cell::{CellSum, Offered, Sharers, row_of},
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
    /// Names this very part.
    pub serial: u64,
    /// One for each piece of the cell.
    pub pieces: Box<[Piece]>,
    /// A bit for each home: whether any facility is within its reach.
    covered: Box<[u64]>,
}

/// What the homes of an area, or of a piece of a cell, have within reach.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Piece {
    pub covered: Known,
    pub total: Known,
    /// Those who want the service and do not have it.
    pub uncovered: Known,
    pub shared: Shared,
}

impl Piece {
    fn new(asked: &Asked<'_>) -> Self {
        let mut piece = Piece::default();
        piece.shared.below = asked.norm.map(|_| 0);
        piece
    }

    fn add_all(&mut self, other: &Piece) {
        self.covered.add_all(&other.covered);
        self.total.add_all(&other.total);
        self.uncovered.add_all(&other.uncovered);
        self.shared.add(&other.shared);
    }
}

impl CellReached {
    pub fn covers(&self, row: usize) -> bool {
        self.covered[row / 64] >> (row % 64) & 1 == 1
    }
}

impl Part for CellReached {
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.pieces) + size_of_val(&*self.covered)
    }
}

/// The homes of a cell while facilities are added.
struct Homes {
    /// Whether any facility is within reach.
    covered: Vec<bool>,
    /// Whether one of unknown capacity is: what the home has is then unknown too.
    is_unknown: Vec<bool>,
    /// Capacity per person, shared with all who reach the same facilities, across every border.
    per_person: Vec<f64>,
}

impl Reached {
    /// Whether any facility is within reach of each home, in the order of the index.
    pub fn covered(&self, homes: &LoadedLayer) -> Vec<bool> {
        let cells = homes.index.cells().iter().zip(&self.0);
        let covered = cells.flat_map(|(cell, found)| (0..cell.len()).map(|row| found.covers(row)));
        covered.collect()
    }

    /// The sums in every zone.
    pub(super) fn by_zone(&self, zones: &Zones<'_>, asked: &Asked<'_>) -> Vec<Piece> {
        let cells = self.0.iter().map(|cell| &*cell.pieces);
        zones.sums_of_pieces(asked.homes, cells, || Piece::new(asked), Piece::add_all)
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
    let facilities = supply.facilities.iter();
    let offer = Offer::given(
        supply.loaded.clone(),
        facilities.map(|f| (f.feature, f.start.clone(), f.capacity.unwrap_or(0.0))),
    );
    let costs = Costs {
        ruler: way.ruler,
        limits,
        places: asked.homes,
        offer: &offer,
        is_from_places: way.is_from_homes,
        cutoff: way.ruler.cost("services", way.cutoff)?,
    };
    let decay = Decay::within(way.cutoff);
    let weigher = decay.weigher(costs.per_unit());
    let reaching = Reaching {
        asked,
        level: zones.level_at(asked.homes),
        supply,
        weigher: &weigher,
    };
    let by_cell = (!way.is_from_homes).then(|| costs.by_cell(zones.parts()));
    let Some(by_cell) = by_cell.flatten() else {
        return at_once(&costs, &reaching, &decay);
    };
    let people = |cell: usize| {
        let cell = &asked.homes.index.cells()[cell];
        let people = asked
            .wanted
            .map_or_else(Vec::new, |wanted| wanted.in_cell(cell));
        let people = people.into_iter().map(|people| people.unwrap_or(0) as f64);
        access::People::of(people.collect())
    };
    let nothing = vec![0.0; offer.supply.len()];
    let offered = match asked.wanted {
        Some(wanted) => Offered::Shared(
            &offer.supply,
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
    costs: &Costs<'_, '_>,
    reaching: &Reaching<'_>,
    decay: &Decay,
) -> Result<Reached, QueryError> {
    let Reaching { asked, supply, .. } = reaching;
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
        let homes = Homes {
            covered: covered[rows.clone()].to_vec(),
            is_unknown: is_unknown[rows.clone()].to_vec(),
            per_person: floating.access[rows].to_vec(),
        };
        Arc::new(reaching.finish(cell, homes))
    });
    Ok(Reached(cells.collect()))
}

/// Facilities of a service added up for the homes of a cell.
struct Reaching<'a> {
    asked: &'a Asked<'a>,
    level: Option<usize>,
    supply: &'a Supply,
    weigher: &'a Weigher<'a>,
}

impl CellSum for Reaching<'_> {
    type Homes = Homes;
    type Part = CellReached;

    fn key(&self) -> PartKey {
        let Asked {
            counted, wanted, ..
        } = self.asked;
        let places = |people: &Option<&People>| -> Vec<u64> {
            people.map_or_else(Vec::new, |people| people.key().collect())
        };
        PartKey::new("gaps")
            .with_all(places(counted))
            .with_all(places(wanted))
            .with(u64::from(self.asked.denominator == Denominator::Buildings))
            .with(self.asked.norm.map_or(u64::MAX, f64::to_bits))
            .with(level_word(self.level))
            .with_all(self.weigher.words())
    }

    fn mark(&self, facility: usize) -> u64 {
        u64::from(self.supply.facilities[facility].capacity.is_none())
    }

    fn begin(&self, cell: usize) -> Homes {
        let homes = self.asked.homes.index.cells()[cell].len();
        Homes {
            covered: vec![false; homes],
            is_unknown: vec![false; homes],
            per_person: vec![0.0; homes],
        }
    }

    fn add(&self, homes: &mut Homes, facility: usize, value: f64, ways: &CellWays) {
        let is_unknown = self.mark(facility) == 1;
        for row in &ways.rows {
            homes.covered[usize::from(*row)] = true;
            homes.is_unknown[usize::from(*row)] |= is_unknown;
        }
        row_of(ways).add_to(self.weigher, value, 0, &mut homes.per_person);
    }

    fn finish(&self, cell: usize, homes: Homes) -> CellReached {
        let cell = &self.asked.homes.index.cells()[cell];
        let of_pieces = Pieces::of(cell, self.level);
        let mut pieces = vec![Piece::new(self.asked); of_pieces.len()];
        let in_cell = |people: Option<&People>| people.map(|people| people.in_cell(cell));
        let counted = in_cell(self.asked.counted);
        let wanted = in_cell(self.asked.wanted);
        for row in 0..cell.len() {
            let piece = &mut pieces[of_pieces.at(row)];
            let if_covered =
                |people: i64, is: bool| if homes.covered[row] == is { people } else { 0 };
            if let Some(counted) = &counted {
                let amount = match self.asked.denominator {
                    Denominator::Buildings => Some(1),
                    _ => counted[row],
                };
                piece
                    .covered
                    .add(amount.map(|amount| if_covered(amount, true)));
                piece.total.add(amount);
            }
            let Some(wanted) = &wanted else { continue };
            let people = wanted[row];
            piece
                .uncovered
                .add(people.map(|people| if_covered(people, false)));
            if let Some(people) = people {
                let offered = (!homes.is_unknown[row]).then(|| homes.per_person[row]);
                piece.shared.add_home(people, offered, self.asked.norm);
            }
        }
        let bits = |homes: &[bool]| {
            let bits = homes.iter().enumerate();
            bits.fold(0, |word, (at, is)| word | u64::from(*is) << at)
        };
        CellReached {
            serial: serial(),
            pieces: pieces.into(),
            covered: homes.covered.chunks(64).map(bits).collect(),
        }
    }
}
