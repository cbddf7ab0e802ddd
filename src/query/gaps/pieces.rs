use std::sync::Arc;

use rayon::prelude::*;

use super::{Zones, count::Known, demand::People};
use crate::{
    city::{LoadedLayer, Part, PartKey},
    index::{Cell, PackedColumn},
};

/// The pieces that a cell falls into by the area codes of its features: one for each code, and one
/// for those without. They depend on the cell alone, so sums by piece can be remembered; which
/// zone a piece lies in is asked anew.
pub(in crate::query) struct Pieces<'c>(Option<&'c PackedColumn>);

impl<'c> Pieces<'c> {
    /// By the level of that place in the index; a single piece without one.
    pub fn of(cell: &'c Cell, level: Option<usize>) -> Self {
        Pieces(level.map(|level| &cell.area_codes()[level]))
    }

    fn codes(&self) -> &'c [Box<str>] {
        self.0.map_or(&[], PackedColumn::words)
    }

    pub fn len(&self) -> usize {
        self.codes().len() + 1
    }

    /// The piece that a row lies in.
    #[inline]
    pub fn at(&self, row: usize) -> usize {
        let word = self.0.and_then(|codes| codes.word(row));
        word.unwrap_or(self.codes().len())
    }
}

/// People by zone, with the homes that do not say and those outside all zones.
pub(super) struct PeopleByZone {
    pub sums: Vec<Option<i64>>,
    pub missing: u64,
    pub outside: u64,
}

/// The people of each piece of a cell.
struct CellPeople(Box<[Known]>);

impl Part for CellPeople {
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

impl Zones<'_> {
    /// The place of the level among those whose codes a layer carries; none for the whole city.
    pub(in crate::query) fn level_at(&self, loaded: &LoadedLayer) -> Option<usize> {
        match self.is_city() {
            true => None,
            false => loaded.index.level_index(self.level()),
        }
    }

    /// The zone of each piece of a cell.
    pub(super) fn of_pieces(&self, pieces: &Pieces<'_>) -> Vec<Option<usize>> {
        let none = self.is_city().then_some(0);
        let codes = pieces.codes().iter().map(|code| self.with_code(code));
        codes.chain([none]).collect()
    }

    /// Adds up in each zone what was found for the pieces of every cell, in the order of the cells.
    pub(in crate::query) fn sums_of_pieces<'p, T: 'p>(
        &self,
        loaded: &LoadedLayer,
        cells: impl Iterator<Item = &'p [T]>,
        zero: impl Fn() -> T,
        add: impl Fn(&mut T, &T),
    ) -> Vec<T> {
        let level = self.level_at(loaded);
        let mut sums: Vec<T> = (0..self.len()).map(|_| zero()).collect();
        for (cell, found) in loaded.index.cells().iter().zip(cells) {
            let zones = self.of_pieces(&Pieces::of(cell, level));
            for (zone, piece) in zones.into_iter().zip(found) {
                if let Some(zone) = zone {
                    add(&mut sums[zone], piece);
                }
            }
        }
        sums
    }

    /// Adds up the people of every zone.
    pub(super) fn add_up_people(&self, people: &People) -> PeopleByZone {
        let loaded = &*people.loaded;
        let level = self.level_at(loaded);
        let cells = loaded.index.cells().par_iter();
        let cells = cells.map(|cell| {
            let key = PartKey::new("people").with_all(people.key());
            let key = key.with(level_word(level)).with(cell.serial());
            self.parts().find_or_make(key, || {
                let pieces = Pieces::of(cell, level);
                let mut found = vec![Known::default(); pieces.len()];
                for (row, people) in people.in_cell(cell).enumerate() {
                    found[pieces.at(row)].add(people);
                }
                CellPeople(found.into())
            })
        });
        let cells: Vec<Arc<CellPeople>> = cells.collect();
        let pieces = || cells.iter().map(|cell| &*cell.0);
        let sums = self.sums_of_pieces(loaded, pieces(), Known::default, Known::add_all);
        let all = || pieces().flatten();
        let inside: u64 = sums.iter().map(|sum| sum.features).sum();
        PeopleByZone {
            sums: sums.iter().map(Known::sum).collect(),
            missing: all().map(|piece| piece.missing).sum(),
            outside: all().map(|piece| piece.features).sum::<u64>() - inside,
        }
    }
}

/// A level in a key.
pub(in crate::query) fn level_word(level: Option<usize>) -> u64 {
    level.map_or(u64::MAX, |level| level as u64)
}
