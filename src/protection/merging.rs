use std::collections::{BTreeMap, btree_map::Entry};

use geo::Point;

use super::piece::{Piece, Unit};
use crate::domain::{Grid, GroupName, Groups, OwnAreas, measure::distance_m};

/// How often cells are doubled before pieces are merged across areas.
const DOUBLINGS: u32 = 6;

/// Merges unsafe pieces with one another: in cells of twice the side within their area, again and
/// again, then within the whole area, the next larger one, at last the city; what alone is not safe
/// in an area joins the safe pieces nearest to it. Answers the safe pieces by name, and how many
/// features remained that even all together would tell of one.
///
/// What `groups` has of earlier publications stays together: a piece that is in a group counts with
/// it, a new one joins the group that its cell or area has, and a group that is no longer safe is
/// merged as if it were one piece. What is joined now is noted under the number of the publication.
///
/// Nothing leaves the areas that have groups of their own (`own`): who reads such an area exactly may
/// have seen it there, and would subtract it from a group that goes on beyond the border.
pub(super) fn merge(
    pieces: Vec<Piece>,
    groups: &mut Groups,
    own: &OwnAreas,
    publication: u32,
) -> (Vec<(GroupName, Piece)>, u64) {
    let finest = pieces.first().map_or(1, |piece| piece.cell_m);
    let deepest = pieces.iter().map(|piece| piece.unit.len()).max();
    let deepest = deepest.unwrap_or(0);
    let mut merging = Merging {
        groups,
        own,
        deepest,
        moved: BTreeMap::new(),
        safe: BTreeMap::new(),
        rest: BTreeMap::new(),
    };
    for piece in pieces {
        merging.put(piece.name(), piece, None);
    }
    merging.settle();
    for times in 1..=DOUBLINGS {
        merging.double(finest << times);
    }
    for depth in (0..=deepest).rev() {
        merging.pool(finest << DOUBLINGS, depth);
        merging.join_nearest(depth);
    }
    let Merging { safe, rest, .. } = merging;
    for (group, piece) in &safe {
        let names = piece.names.iter();
        names.for_each(|name| groups.join(name, group, publication));
    }
    let withheld = rest.values().map(|piece| piece.features).sum();
    (safe.into_iter().collect(), withheld)
}

/// Pieces by the names of their groups.
struct Merging<'a> {
    groups: &'a Groups,
    own: &'a OwnAreas,
    /// How many levels of areas pieces lie in that were not merged across areas.
    deepest: usize,
    /// Where the contents of a group went, so that whatever comes later goes there too.
    moved: BTreeMap<GroupName, GroupName>,
    safe: BTreeMap<GroupName, Piece>,
    rest: BTreeMap<GroupName, Piece>,
}

impl Merging<'_> {
    /// Where what has a name is.
    fn place_of(&self, name: &GroupName) -> GroupName {
        let mut name = self.groups.root(name).unwrap_or(name);
        while let Some(to) = self.moved.get(name) {
            name = to;
        }
        name.clone()
    }

    /// Puts a piece among those that are not known to be safe, under a name or in the group that
    /// this name belongs to. `from`: the name that it had.
    fn put(&mut self, name: GroupName, piece: Piece, from: Option<GroupName>) {
        let name = self.place_of(&name);
        if let Some(from) = from.filter(|from| *from != name) {
            self.moved.insert(from, name.clone());
        }
        let known = self.safe.remove(&name);
        for mut piece in known.into_iter().chain([piece]) {
            (piece.cell_m, piece.cell) = (name.cell_m, name.cell);
            piece.unit.truncate(usize::from(name.depth));
            match self.rest.entry(name.clone()) {
                Entry::Occupied(mut there) => there.get_mut().add(piece),
                Entry::Vacant(free) => {
                    free.insert(piece);
                }
            }
        }
    }

    /// Takes out the pieces that have become safe.
    fn settle(&mut self) {
        let all = std::mem::take(&mut self.rest).into_iter();
        let (safe, rest) = all.partition::<BTreeMap<_, _>, _>(|(_, piece)| piece.is_safe());
        self.safe.extend(safe);
        self.rest = rest;
    }

    /// Whether a piece may have a name, or be in the group that has it: neither reaches beyond the
    /// smallest area of its own that the piece lies in.
    fn may_join(&self, piece: &Piece, name: &GroupName) -> bool {
        self.own.depth_of(&piece.unit) <= usize::from(self.place_of(name).depth)
    }

    /// One piece for each cell of a size and area of the smallest level.
    fn double(&mut self, cell_m: u32) {
        for (name, piece) in std::mem::take(&mut self.rest) {
            let mut doubled = name.clone();
            if piece.unit.len() == self.deepest && piece.cell_m < cell_m {
                let (lon, lat) = piece.center();
                (doubled.cell_m, doubled.cell) = (cell_m, Grid { cell_m }.cell(lon, lat));
            }
            match self.may_join(&piece, &doubled) {
                true => self.put(doubled, piece, Some(name)),
                false => self.put(name, piece, None),
            }
        }
        self.settle();
    }

    /// One piece for each area of the `depth`th level: it has the name of the first group that
    /// stands for the area already, else stands in the cell of its first piece.
    fn pool(&mut self, cell_m: u32, depth: usize) {
        let rest = std::mem::take(&mut self.rest);
        let mut areas: BTreeMap<Unit, GroupName> = BTreeMap::new();
        for (name, piece) in &rest {
            let is_group = piece.unit.len() == depth
                && (name.cell_m == cell_m || depth < self.deepest)
                && self.groups.root(name).is_some();
            if is_group {
                areas.entry(piece.unit.clone()).or_insert(name.clone());
            }
        }
        for (name, mut piece) in rest {
            if piece.unit.len() < depth {
                self.put(name, piece, None);
                continue;
            }
            let area = &piece.unit[..depth];
            let pooled = areas.get(area).cloned().unwrap_or_else(|| {
                let (lon, lat) = piece.center();
                let cell = Grid { cell_m }.cell(lon, lat);
                let pooled = Piece {
                    unit: area.to_vec(),
                    cell_m,
                    cell,
                    ..piece.clone()
                };
                pooled.name()
            });
            if !self.may_join(&piece, &pooled) {
                self.put(name, piece, None);
                continue;
            }
            areas.insert(area.to_vec(), pooled.clone());
            piece.unit.truncate(depth);
            self.put(pooled, piece, Some(name));
        }
        self.settle();
    }

    /// Joins every unsafe piece to the nearest safe ones of its area, as many as it takes; they then
    /// stand where the nearest was.
    fn join_nearest(&mut self, depth: usize) {
        let of_area = |piece: &Piece| piece.unit.len() == depth;
        let unsafe_ones = self.rest.iter().filter(|(_, piece)| of_area(piece));
        let names: Vec<GroupName> = unsafe_ones.map(|(name, _)| name.clone()).collect();
        for name in names {
            let Some(piece) = self.rest.remove(&name) else {
                continue;
            };
            match self.enough(&piece) {
                Some(near) => {
                    let nearest = &near[0];
                    let joined = Piece {
                        cell_m: nearest.cell_m,
                        cell: nearest.cell,
                        ..piece.clone()
                    };
                    let joined = joined.name();
                    if !self.may_join(&piece, &joined) {
                        self.rest.insert(name, piece);
                        continue;
                    }
                    for near in near {
                        if let Some(safe) = self.safe.remove(&near) {
                            self.put(joined.clone(), safe, Some(near));
                        }
                    }
                    self.put(joined, piece, Some(name));
                    self.settle();
                }
                None => {
                    self.rest.insert(name, piece);
                }
            }
        }
    }

    /// The nearest safe pieces in the area of an unsafe one that it takes to be safe with them, the
    /// nearest first; `None` where all of them are not enough.
    fn enough(&self, piece: &Piece) -> Option<Vec<GroupName>> {
        let center = Point::from(piece.center());
        let within = self.safe.iter();
        let within = within.filter(|(_, other)| {
            other.unit.starts_with(&piece.unit)
                && self.own.depth_of(&other.unit) <= piece.unit.len()
        });
        let mut near: Vec<(f64, &GroupName, &Piece)> = within
            .map(|(name, other)| (distance_m(center, Point::from(other.center())), name, other))
            .collect();
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
        let mut sum = piece.clone();
        for (taken, (_, _, other)) in near.iter().enumerate() {
            sum.add((*other).clone());
            if sum.is_safe() {
                let taken = near[..=taken].iter();
                return Some(taken.map(|(_, name, _)| (*name).clone()).collect());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(code: &str, cell: (i32, i32), jobs: &[i64]) -> Piece {
        let total = jobs.iter().sum();
        let mut piece = Piece {
            unit: vec![Some("44".into()), Some(code.into())],
            cell_m: 100,
            cell,
            features: jobs.len() as u64,
            largest: jobs.iter().copied().max().unwrap_or(0),
            total,
            counts: vec![Some(total), None],
            names: Vec::new(),
        };
        piece.names.push(piece.name());
        piece
    }

    /// A later publication, with what earlier ones of the same period had.
    fn next(
        pieces: Vec<Piece>,
        groups: &mut Groups,
        publication: u32,
    ) -> (Vec<(GroupName, Piece)>, u64) {
        let mut own = OwnAreas::default();
        own.extend(groups, publication - 1);
        merge(pieces, groups, &own, publication)
    }

    fn first(pieces: Vec<Piece>) -> (Vec<Piece>, u64) {
        let (pieces, left) = merge(pieces, &mut Groups::default(), &OwnAreas::default(), 1);
        (pieces.into_iter().map(|(_, piece)| piece).collect(), left)
    }

    fn totals(pieces: &[Piece]) -> (u64, i64) {
        let features = pieces.iter().map(|piece| piece.features).sum();
        let jobs = pieces.iter().filter_map(|piece| piece.counts[0]).sum();
        (features, jobs)
    }

    #[test]
    fn few_or_dominant_units_are_merged_until_they_are_safe() {
        let (pieces, left) = first(vec![
            piece("4401", (0, 0), &[5, 6, 7]),
            piece("4401", (1, 0), &[900, 1, 1]),
            piece("4401", (40, 0), &[800]),
            piece("4401", (2, 0), &[700]),
            piece("4402", (500, 500), &[3]),
            piece("4403", (900, 900), &[4, 5]),
        ]);
        assert_eq!((totals(&pieces), left), ((11, 2432), 0));
        assert!(pieces.iter().all(Piece::is_safe));
        let safe = pieces.iter().find(|piece| piece.cell_m == 100);
        assert_eq!(safe.map(|piece| piece.cell), Some((0, 0)));
        // Two lonely areas become one piece of the area above, which belongs to neither.
        let above = pieces.iter().find(|piece| piece.unit.len() == 1);
        assert_eq!(
            above.map(|piece| (piece.features, piece.total)),
            Some((3, 12))
        );
    }

    #[test]
    fn what_would_tell_of_one_unit_in_the_city_is_withheld() {
        let (pieces, left) = first(vec![
            piece("4401", (0, 0), &[5000]),
            piece("4402", (9, 9), &[1, 2]),
        ]);
        assert_eq!((pieces, left), (vec![], 3));
        assert_eq!(first(vec![]), (vec![], 0));
    }

    #[test]
    fn groups_of_earlier_publications_stay_and_take_up_what_is_new() {
        let mut groups = Groups::default();
        let three = [
            piece("4401", (0, 0), &[5]),
            piece("4401", (1, 0), &[6]),
            piece("4401", (1, 1), &[7]),
        ];
        let far = piece("4401", (40, 0), &[5, 6, 7]);
        let (day, _) = next(
            [&three[..], std::slice::from_ref(&far)].concat(),
            &mut groups,
            1,
        );
        let names: Vec<GroupName> = day.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(
            names.iter().map(|name| name.cell_m).collect::<Vec<_>>(),
            [100, 200]
        );
        // A cell that alone would be safe by now stays in its group, and a new one beside joins it.
        let grown = [
            piece("4401", (0, 0), &[5, 6, 7]),
            piece("4401", (0, 1), &[8]),
        ];
        let now = [&grown[..], &three[1..], std::slice::from_ref(&far)].concat();
        let (day, _) = next(now, &mut groups, 2);
        assert_eq!(
            day.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(),
            names
        );
        assert_eq!(day[1].1.features, 6);
        // A group that is no longer safe joins the nearest, for good.
        let (day, _) = next(vec![three[0].clone(), far.clone()], &mut groups, 3);
        assert_eq!(day.len(), 1);
        assert_eq!((&day[0].0, day[0].1.features), (&names[0], 4));
        let (day, _) = next([&three[..], &[far]].concat(), &mut groups, 4);
        assert_eq!(day.len(), 1);
        assert_eq!(day[0].1.features, 6);
    }

    #[test]
    fn what_is_withheld_is_in_no_group() {
        let mut groups = Groups::default();
        let lonely = piece("4401", (0, 0), &[5000]);
        let (pieces, left) = next(vec![lonely.clone()], &mut groups, 1);
        assert_eq!((pieces, left), (vec![], 1));
        assert_eq!(groups, Groups::default());
    }

    #[test]
    fn what_an_area_had_alone_is_never_joined_with_others() {
        let mut groups = Groups::default();
        let west = piece("4401", (0, 0), &[5, 6, 7]);
        let east = piece("4402", (500, 500), &[8, 9, 10]);
        let few = piece("4403", (900, 900), &[3]);
        let (day, left) = next(vec![west.clone(), east], &mut groups, 1);
        assert_eq!((day.len(), left), (2, 0));
        // Of the east one is left, which who reads the east has seen exactly.
        let last = piece("4402", (500, 500), &[8]);
        let (day, left) = next(vec![west.clone(), last], &mut groups, 2);
        assert_eq!((day.len(), left), (1, 1));
        assert_eq!(day[0].1.features, 3);
        // A new one in a cell of its own joins what the area has.
        let near = piece("4401", (70, 0), &[2]);
        let (day, left) = next(vec![west.clone(), near, few.clone()], &mut groups, 3);
        assert_eq!((day.len(), left, day[0].1.features), (1, 1, 4));
        // Areas that never had any of their own are published together.
        let more = piece("4404", (990, 990), &[4, 5]);
        let (day, left) = next(vec![west, few, more], &mut groups, 4);
        assert_eq!((day.len(), left), (2, 0));
        let above = day.iter().find(|(name, _)| name.depth == 1);
        assert_eq!(above.map(|(_, piece)| piece.features), Some(3));
    }
}
