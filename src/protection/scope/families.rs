use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, OnceLock},
};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{Digest256, is_inside, rows::write_row};
use crate::{
    city::LoadedLayer,
    domain::{AreaCode, LevelId},
    index::{Cell, FeatureRef, LayerIndex},
    protection::{
        piece::{Unit, code_of},
        pieces::gather_of,
    },
};

/// People by the area that their pieces are named after, the smallest that they lie in: no piece holds
/// people of two such families. So what a scope shows of them depends on the families that have
/// somebody inside, and on no others.
#[derive(Debug)]
pub(super) struct Families {
    /// One for each cell of the index.
    cells: Vec<Arc<OfCell>>,
    all: BTreeMap<Box<str>, Family>,
}

#[derive(Debug, Default)]
struct Family {
    units: BTreeSet<Unit>,
    cells: Vec<usize>,
}

/// The families of one cell of the index, which is taken over as long as the cell is the same.
#[derive(Debug)]
struct OfCell {
    serial: u64,
    families: BTreeMap<Box<str>, Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    /// All areas that some of them lie in; more than one where smaller areas cross larger ones.
    units: BTreeSet<Unit>,
    rows: Vec<u16>,
    /// Names what they are; made when first asked for.
    digest: OnceLock<Digest256>,
}

impl Families {
    pub fn of(index: &LayerIndex, levels: &[LevelId], before: Option<&Families>) -> Self {
        let at = levels.iter().map(|level| index.level_index(level.as_str()));
        let at: Vec<Option<usize>> = at.collect();
        let known = before.into_iter().flat_map(|before| &before.cells);
        let known: HashMap<u64, &Arc<OfCell>> = known.map(|own| (own.serial, own)).collect();
        let cells = index.cells().par_iter();
        let cells = cells.map(|cell| match known.get(&cell.serial()) {
            Some(known) => Arc::clone(known),
            None => Arc::new(OfCell::of(cell, &at)),
        });
        let cells: Vec<Arc<OfCell>> = cells.collect();
        let mut all: BTreeMap<Box<str>, Family> = BTreeMap::new();
        for (number, cell) in cells.iter().enumerate() {
            for (code, rows) in &cell.families {
                let family = all.entry(code.clone()).or_default();
                family.units.extend(rows.units.iter().cloned());
                family.cells.push(number);
            }
        }
        Families { cells, all }
    }

    /// The families that have somebody in the scope.
    fn own(&self, scope: &[AreaCode]) -> impl Iterator<Item = (&str, &Family)> {
        let is_own = |family: &Family| family.units.iter().any(|unit| is_inside(unit, scope));
        let own = self.all.iter().filter(move |(_, family)| is_own(family));
        own.map(|(code, family)| (&**code, family))
    }

    /// The rows of the families that have somebody in the scope, by cell.
    fn own_rows(&self, scope: &[AreaCode]) -> impl Iterator<Item = (usize, &str, &Rows)> {
        self.own(scope).flat_map(|(code, family)| {
            let rows = |cell: usize| self.cells[cell].families.get(code);
            let cells = family.cells.iter();
            cells.filter_map(move |&cell| Some((cell, code, rows(cell)?)))
        })
    }

    /// Names all that what is taken in the scope depends on.
    pub fn digest(&self, index: &LayerIndex, scope: &[AreaCode]) -> Digest256 {
        let own: Vec<_> = self.own_rows(scope).collect();
        let digest = |(cell, _, rows): &(usize, &str, &Rows)| rows.digest(&index.cells()[*cell]);
        let digests: Vec<Digest256> = own.par_iter().map(digest).collect();
        let mut hash = Sha256::new();
        for ((_, code, _), digest) in own.iter().zip(digests) {
            hash.update((code.len() as u64).to_be_bytes());
            hash.update(code);
            hash.update(digest);
        }
        hash.finalize().into()
    }

    /// All of the pieces that lie in the scope as a whole, in the order of the layer.
    pub fn taken(
        &self,
        loaded: &LoadedLayer,
        levels: &[LevelId],
        scope: &[AreaCode],
    ) -> Vec<FeatureRef> {
        let of_cell = |(cell, _, rows): (usize, &str, &Rows)| {
            let (cell, rows) = (cell as u32, rows.rows.clone());
            let rows = rows.into_iter().map(u32::from);
            rows.map(move |row| FeatureRef { cell, row })
        };
        let mut own: Vec<FeatureRef> = self.own_rows(scope).flat_map(of_cell).collect();
        own.sort_unstable();
        if self.own(scope).all(|(_, family)| family.units.len() == 1) {
            return own;
        }
        let gathered = gather_of(loaded, levels, own.iter().copied());
        let pieces = gathered.pieces.iter();
        let is_taken: Vec<bool> = pieces.map(|piece| is_inside(&piece.unit, scope)).collect();
        let taken = own.into_iter().zip(gathered.of_feature);
        let taken = taken.filter(|(_, piece)| is_taken[*piece as usize]);
        taken.map(|(feature, _)| feature).collect()
    }
}

impl OfCell {
    /// `at`: where the index has the codes of each level.
    fn of(cell: &Cell, at: &[Option<usize>]) -> Self {
        let mut by_words: BTreeMap<Vec<Option<usize>>, Vec<u16>> = BTreeMap::new();
        for row in 0..cell.len() {
            let word = |at: &Option<usize>| cell.area_codes()[(*at)?].word(row);
            let words = at.iter().map(word).collect();
            by_words.entry(words).or_default().push(row as u16);
        }
        let mut families: BTreeMap<Box<str>, Rows> = BTreeMap::new();
        for (words, rows) in by_words {
            let code = |(at, word): (&Option<usize>, Option<usize>)| {
                Some(cell.area_codes()[(*at)?].words()[word?].clone())
            };
            let unit: Unit = at.iter().zip(words).map(code).collect();
            let family = families.entry(code_of(&unit).into()).or_default();
            family.units.insert(unit);
            family.rows.extend(rows);
        }
        Rows::sort(&mut families);
        OfCell {
            serial: cell.serial(),
            families,
        }
    }
}

impl Rows {
    fn sort(families: &mut BTreeMap<Box<str>, Rows>) {
        families
            .values_mut()
            .for_each(|own| own.rows.sort_unstable());
    }

    fn digest(&self, cell: &Cell) -> Digest256 {
        let digest = || {
            let (mut hash, mut bytes) = (Sha256::new(), Vec::new());
            for row in self.rows.iter().map(|row| usize::from(*row)) {
                bytes.clear();
                let values = cell.columns().iter().map(|column| column.value(row));
                let codes = cell.area_codes().iter().map(|codes| codes.text(row));
                write_row(&mut bytes, cell.id(row), &cell.geometry(row), values, codes);
                hash.update(&bytes);
            }
            hash.finalize().into()
        };
        *self.digest.get_or_init(digest)
    }
}
