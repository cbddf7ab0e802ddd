//! Which changes since the last publication show in the next one: so many together that they tell of
//! no person and of no unit. The others wait.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    merging::merge,
    piece::{Piece, Unit, tells_of_none},
    pieces::pieces_of_rows,
    shown::{Areas, Counts, Key, Rows, ShownLayer},
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

/// People by piece: every count of a piece waits until it has moved by k. What could not be told before
/// shows as it is: areas that are new, with those that they take the place of, and counts that most
/// pieces have now and none had. So does everything where most pieces changed, as at another date.
/// `areas`: those that there are.
pub(super) fn settle_people(
    mut now: Rows,
    shown: Option<&ShownLayer>,
    areas: &Areas,
    k: u32,
) -> Settled {
    let mut held = 0;
    if let Some(before) = shown.filter(|before| !is_another_date(&now, &before.rows)) {
        let shown = &before.rows;
        let width = now.values().next().map_or(0, Vec::len);
        let has: Vec<[usize; 2]> = (0..width)
            .map(|at| [&now, shown].map(|rows| with(rows, at)))
            .collect();
        // A count that the bureaus tell for the first time, or no longer.
        let is_free: Vec<bool> = has
            .iter()
            .map(|[now_has, had]| match (now_has, had) {
                (_, 0) => 2 * now_has > now.len(),
                (0, _) => 2 * had > shown.len(),
                _ => false,
            })
            .collect();
        let nothing = vec![None; width];
        let mut step = |now: &Counts, shown: &Counts| -> Counts {
            let next = (0..width).map(|at| {
                let moved = has_moved(now[at].unwrap_or(0), shown[at].unwrap_or(0), k);
                if moved || is_free[at] {
                    now[at]
                } else {
                    shown[at]
                }
            });
            let next: Counts = next.collect();
            held += u64::from(next != *now);
            next
        };
        for (key, counts) in &mut now {
            if could_be(&key.unit, &before.areas, areas) {
                *counts = step(counts, shown.get(key).unwrap_or(&nothing));
            }
        }
        for (key, counts) in shown {
            if !now.contains_key(key) && could_be(&key.unit, areas, &before.areas) {
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

/// In how many rows a count is.
fn with(rows: &Rows, at: usize) -> usize {
    rows.values().filter(|counts| counts[at].is_some()).count()
}

/// Whether so much changed that it is no longer the state that was published: in more than half of
/// many pieces.
fn is_another_date(now: &Rows, shown: &Rows) -> bool {
    const LEAST_PIECES: usize = 100;
    let same = now
        .iter()
        .filter(|(key, counts)| shown.get(*key) == Some(counts));
    let same = same.count();
    let most = now.len().max(shown.len());
    most >= LEAST_PIECES && 2 * same < most
}

/// Whether something can lie in areas of these codes where there are `areas`, given that it can where
/// there are `others`: by all codes, and without one where the level has no areas or had some before.
fn could_be(unit: &Unit, areas: &Areas, others: &Areas) -> bool {
    let mut levels = unit.iter().zip(areas.iter().zip(others));
    levels.all(|(code, (areas, others))| match code {
        Some(code) => areas.contains(code) || !others.contains(code),
        None => areas.is_empty() || !others.is_empty(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of five people each in cells of a row, with a second count.
    fn pieces(code: Option<&str>, from: i32, many: i32, second: Option<i64>) -> Rows {
        let unit = std::sync::Arc::new(vec![code.map(Into::into)]);
        let row = |column| {
            let key = Key {
                unit: unit.clone(),
                cell: (column, 0),
                id: Box::default(),
            };
            (key, vec![Some(5), second])
        };
        (from..from + many).map(row).collect()
    }

    fn areas(codes: &[&str]) -> Areas {
        vec![codes.iter().map(|code| (*code).into()).collect()]
    }

    fn shown(codes: &[&str], rows: Rows) -> ShownLayer {
        ShownLayer {
            areas: areas(codes),
            rows,
        }
    }

    fn settle(now: &Rows, shown: &ShownLayer, codes: &[&str]) -> (Rows, u64) {
        let settled = settle_people(now.clone(), Some(shown), &areas(codes), 10);
        (settled.rows, settled.held)
    }

    #[test]
    fn few_who_come_or_go_wait() {
        let before = shown(&["a"], pieces(Some("a"), 0, 50, None));
        let more = pieces(Some("a"), 0, 53, None);
        assert_eq!(settle(&more, &before, &["a"]), (before.rows.clone(), 3));
        let fewer = pieces(Some("a"), 0, 48, None);
        assert_eq!(settle(&fewer, &before, &["a"]), (before.rows.clone(), 2));
        // Also where nobody lived in an area that there was.
        let mut beyond = before.rows.clone();
        beyond.extend(pieces(Some("b"), 90, 1, None));
        let before = shown(&["a", "b"], before.rows);
        assert_eq!(settle(&beyond, &before, &["a", "b"]), (before.rows, 1));
    }

    #[test]
    fn pieces_go_over_to_areas_that_come_later_and_are_counted_once() {
        let before = shown(&[], pieces(None, 0, 50, None));
        let now = pieces(Some("a"), 0, 50, None);
        assert_eq!(settle(&now, &before, &["a"]), (now.clone(), 0));
        // Those beyond the new areas stay as they are.
        let mut beyond = now.clone();
        beyond.extend(pieces(None, 40, 10, None));
        assert_eq!(settle(&beyond, &before, &["a"]), (beyond.clone(), 0));
        // Of an area that is no more nothing is left.
        let before = shown(&["a"], now);
        let now = pieces(Some("b"), 0, 50, None);
        assert_eq!(settle(&now, &before, &["b"]), (now, 0));
    }

    #[test]
    fn a_count_that_is_told_for_the_first_time_shows_as_it_is() {
        let before = shown(&["a"], pieces(Some("a"), 0, 50, None));
        let now = pieces(Some("a"), 0, 50, Some(3));
        assert_eq!(settle(&now, &before, &["a"]), (now.clone(), 0));
        let told = shown(&["a"], now);
        let no_longer = settle(&before.rows, &told, &["a"]);
        assert_eq!(no_longer, (before.rows.clone(), 0));
        // One piece alone that has it waits.
        let mut one = before.rows.clone();
        one.extend(pieces(Some("a"), 7, 1, Some(3)));
        assert_eq!(settle(&one, &before, &["a"]), (before.rows, 1));
    }

    #[test]
    fn where_most_pieces_changed_all_show_as_they_are() {
        let before = shown(&["a"], pieces(Some("a"), 0, 120, None));
        let shifted = pieces(Some("a"), 1000, 120, None);
        assert_eq!(settle(&shifted, &before, &["a"]), (shifted.clone(), 0));
        let less = pieces(Some("a"), 50, 120, None);
        assert_ne!(settle(&less, &before, &["a"]).1, 0);
    }
}
