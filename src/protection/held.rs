//! Which changes since the last publication show in the next one: so many together that they tell of
//! no person and of no unit. The others wait.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    merging::merge,
    piece::{Piece, tells_of_none},
    pieces::pieces_of_rows,
    shown::{Counts, Key, Rows, ShownLayer},
};
use crate::domain::{GroupName, Groups, OwnAreas};

/// What is published now.
pub(super) struct Settled {
    /// The exact counts behind it.
    pub rows: Rows,
    pub pieces: Vec<(GroupName, Piece)>,
    /// Units that could not be merged with enough others.
    pub withheld: u64,
    /// Pieces of which a change waits for others.
    pub held: u64,
}

/// Whether a count of people shows as it is: it moved by k at least since it last did.
pub(super) fn has_moved(now: i64, shown: i64, k: u32) -> bool {
    now.abs_diff(shown) >= u64::from(k)
}

/// People by piece: every count of a piece waits until it has moved by k. Areas that are new since the
/// last publication show as they are, and pieces of those that are gone go with them. `areas`: the codes
/// of those that there are.
pub(super) fn settle_people(
    mut now: Rows,
    shown: Option<&ShownLayer>,
    areas: &BTreeSet<Box<str>>,
    k: u32,
) -> Settled {
    let mut held = 0;
    if let Some(ShownLayer {
        areas: before,
        rows: shown,
    }) = shown
    {
        let is_of = |key: &Key, areas: &BTreeSet<_>, others: &BTreeSet<_>| {
            let code = key.unit.iter().rev().flatten().next();
            code.is_none_or(|code| areas.contains(code) || !others.contains(code))
        };
        let nothing = Counts::new();
        let of = |counts: &Counts, place: usize| counts.get(place).copied().flatten();
        let mut step = |now: &Counts, shown: &Counts| -> Counts {
            let places = 0..now.len().max(shown.len());
            let next = places.clone().map(|place| {
                let (now, shown) = (of(now, place), of(shown, place));
                match has_moved(now.unwrap_or(0), shown.unwrap_or(0), k) {
                    true => now,
                    false => shown,
                }
            });
            let next: Counts = next.collect();
            held += u64::from(places.into_iter().any(|at| of(now, at) != of(&next, at)));
            next
        };
        for (key, counts) in &mut now {
            if is_of(key, before, areas) {
                *counts = step(counts, shown.get(key).unwrap_or(&nothing));
            }
        }
        for (key, counts) in shown {
            if !now.contains_key(key) && is_of(key, areas, before) {
                now.insert(key.clone(), step(&nothing, counts));
            }
        }
        now.retain(|_, counts| counts.iter().any(Option::is_some));
    }
    let pieces = pieces_of_rows(&now, None).into_iter();
    Settled {
        pieces: pieces.map(|piece| (piece.name(), piece)).collect(),
        rows: now,
        withheld: 0,
        held,
    }
}

/// Units, merged until nobody can tell one of them: a group shows as it is once the changes in it are
/// those of three units at least, none of which has more than 85 % of them; until then it shows as it
/// did. `judged`: the place of the count that dominance is judged by.
pub(super) fn settle_units(
    now: Rows,
    shown: Option<&Rows>,
    groups: &mut Groups,
    own: &OwnAreas,
    judged: Option<usize>,
    publication: u32,
) -> Settled {
    let merged = |rows: &Rows, groups: &mut Groups| {
        merge(pieces_of_rows(rows, judged), groups, own, publication)
    };
    let Some(shown) = shown else {
        let (pieces, withheld) = merged(&now, groups);
        let rows = published_of(now, groups, &pieces);
        return Settled {
            rows,
            pieces,
            withheld,
            held: 0,
        };
    };
    let mut tried = groups.clone();
    let (wanted, withheld) = merged(&now, &mut tried);
    let wanted: BTreeSet<GroupName> = wanted.into_iter().map(|(name, _)| name).collect();
    let mut changes = Changes::of(&now, shown, &tried, judged);
    // A group that nothing is left of is gone; one that is not safe as it is by now shows as it did.
    let mut waiting: BTreeSet<GroupName> = changes
        .groups
        .iter()
        .filter(|(name, change)| !change.is_safe() || (change.remains && !wanted.contains(name)))
        .map(|(name, _)| name.clone())
        .collect();
    let group_in = |groups: &Groups, key: &Key| groups.root(&key.piece()).cloned();
    loop {
        let mut next = Rows::new();
        for (rows, is_of_now) in [(&now, true), (shown, false)] {
            for (key, counts) in rows {
                let shows = group_in(&tried, key)
                    .is_some_and(|group| waiting.contains(&group) != is_of_now);
                if shows {
                    next.insert(key.clone(), counts.clone());
                }
            }
        }
        let mut after = groups.clone();
        let (pieces, left) = merged(&next, &mut after);
        // What came together differently without those that wait is looked at once more.
        let again = Changes::of(&next, shown, &after, judged);
        let is_whole: BTreeSet<&GroupName> = pieces.iter().map(|(name, _)| name).collect();
        let is_unsafe = |(name, change): &(&GroupName, &Change)| {
            !change.is_safe() || (change.remains && !is_whole.contains(*name))
        };
        let unsafe_ones = again.groups.iter().filter(is_unsafe);
        let unsafe_ones: BTreeSet<&GroupName> = unsafe_ones.map(|(name, _)| name).collect();
        let before = waiting.len();
        if left > 0 || !unsafe_ones.is_empty() {
            for key in next.keys().chain(shown.keys()) {
                let group = group_in(&after, key);
                let is_unsafe = group
                    .is_none_or(|group| unsafe_ones.contains(&group) || !is_whole.contains(&group));
                if is_unsafe && let Some(group) = group_in(&tried, key) {
                    waiting.insert(group);
                }
            }
            if waiting.len() == before {
                waiting.extend(tried.iter().map(|(_, group)| group.clone()));
            }
            if waiting.len() > before {
                continue;
            }
        }
        changes.groups.retain(|name, _| waiting.contains(name));
        *groups = after;
        return Settled {
            rows: published_of(next, groups, &pieces),
            pieces,
            withheld: withheld + left,
            held: changes.groups.len() as u64,
        };
    }
}

/// The rows that are in a published group.
fn published_of(mut rows: Rows, groups: &Groups, pieces: &[(GroupName, Piece)]) -> Rows {
    let names: BTreeSet<&GroupName> = pieces.iter().map(|(name, _)| name).collect();
    rows.retain(|key, _| {
        let group = groups.root(&key.piece());
        group.is_some_and(|group| names.contains(group))
    });
    rows
}

/// What differs between two days, by group.
struct Changes {
    groups: BTreeMap<GroupName, Change>,
}

#[derive(Default)]
struct Change {
    /// What units have by now more than they had, with the counts that dominance is judged by.
    units: BTreeMap<Box<str>, Moved>,
    judged: Option<usize>,
    /// Whether any unit is in it now.
    remains: bool,
}

#[derive(Default)]
struct Moved {
    by: Vec<i64>,
    /// How many rows more than before.
    rows: i64,
}

impl Changes {
    fn of(now: &Rows, shown: &Rows, groups: &Groups, judged: Option<usize>) -> Self {
        let mut changes = Changes {
            groups: BTreeMap::new(),
        };
        for (rows, sign) in [(now, 1), (shown, -1)] {
            for (key, counts) in rows {
                let Some(group) = groups.root(&key.piece()) else {
                    continue;
                };
                let change = changes.groups.entry(group.clone()).or_default();
                change.judged = judged;
                change.remains |= sign > 0;
                let moved = change.units.entry(key.id.clone()).or_default();
                moved.rows += sign;
                moved.by.resize(counts.len(), 0);
                for (by, count) in moved.by.iter_mut().zip(counts) {
                    *by = by.saturating_add(sign.saturating_mul(count.unwrap_or(0)));
                }
            }
        }
        for change in changes.groups.values_mut() {
            let is_moved = |moved: &Moved| moved.rows != 0 || moved.by.iter().any(|by| *by != 0);
            change.units.retain(|_, moved| is_moved(moved));
        }
        changes
    }
}

impl Change {
    /// Whether it tells of no unit: nothing changed, or three units at least did and none of them has
    /// more than 85 % of it.
    fn is_safe(&self) -> bool {
        let by = |moved: &Moved| self.judged.map_or(0, |at| moved.by[at].saturating_abs());
        let all = self.units.values().map(by);
        let (largest, total) = all.fold((0, 0_i64), |(largest, total), by| {
            (by.max(largest), total.saturating_add(by))
        });
        self.units.is_empty() || tells_of_none(self.units.len() as u64, largest, total)
    }
}
