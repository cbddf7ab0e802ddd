//! Which changes since the last publication show in the next one: so many together that they tell of
//! no person and of no unit. The others wait.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    merging::merge,
    piece::{Piece, Unit, tells_of_none},
    pieces::pieces_of_rows,
    shown::{Areas, Counts, Key, Past, Rows, ShownLayer},
};
use crate::domain::{GroupName, Groups, OwnAreas};

/// What is published now.
pub(super) struct Settled {
    /// The exact counts behind it.
    pub rows: Rows,
    pub pieces: Vec<(GroupName, Piece)>,
    /// What was shown before and is no longer.
    pub past: Vec<Past>,
    /// Units that could not be merged with enough others.
    pub withheld: u64,
    /// Pieces of which a change waits for others.
    pub held: u64,
}

/// Whether a count of people shows as it is: it moved by k at least since it last did.
pub(super) fn has_moved(now: i64, shown: i64, k: u32) -> bool {
    now.abs_diff(shown) >= u64::from(k)
}

/// People by piece: every count of a piece waits until it has moved by k, and is what it was where it
/// comes near to what was shown of it before. What could not be told before shows as it is: areas that
/// are new, with those that they take the place of, and counts that most pieces have now and none had.
/// So does everything where most pieces changed, as at another date. `areas`: those that there are.
pub(super) fn settle_people(
    now: Rows,
    shown: Option<&ShownLayer>,
    areas: &Areas,
    k: u32,
    publication: u32,
) -> Settled {
    let Some(before) = shown else {
        return settled_people(now, Vec::new(), 0);
    };
    let width = now.values().next().map_or(0, Vec::len);
    let is_another = is_another_date(&now, &before.rows);
    let is_free: Vec<bool> = (0..width)
        .map(|at| is_told_anew(&now, &before.rows, at))
        .collect();
    let emptied = emptied_of(&now, &before.rows);
    let filled = emptied_of(&before.rows, &now);
    let mut earlier: BTreeMap<&Key, Vec<&Counts>> = BTreeMap::new();
    for (key, counts) in before.past.iter().rev().flat_map(|past| &past.rows) {
        earlier.entry(key).or_default().push(counts);
    }
    let is_back = |key: &&Key| earlier.contains_key(*key);
    let returned = returned_of(
        now.keys().filter(|key| !before.rows.contains_key(*key)),
        is_back,
    );
    let nothing = vec![None; width];
    let has_moved_any = |counts: &Counts| {
        let mut all = counts.iter().flatten();
        all.any(|count| has_moved(*count, 0, k))
    };
    let (mut next, mut held) = (Rows::new(), 0);
    let keys: BTreeSet<&Key> = now.keys().chain(before.rows.keys()).collect();
    for key in keys {
        let (own, last) = (now.get(key), before.rows.get(key));
        let known = earlier.get(key).into_iter().flatten().copied();
        let known: Vec<&Counts> = last.into_iter().chain(known).collect();
        // Whether it may show without those before it.
        let is_new = match (own, last) {
            (Some(own), None) => {
                let are_many = is_another
                    || filled.contains(&key.unit)
                    || !could_be(&key.unit, &before.areas, areas);
                let is_back = earlier.contains_key(key) || !returned.contains(&key.unit);
                (are_many && is_back) || has_moved_any(own)
            }
            (None, Some(last)) => {
                is_another
                    || !could_be(&key.unit, areas, &before.areas)
                    || emptied.contains(&key.unit)
                    || has_moved_any(last)
            }
            _ => false,
        };
        let own = own.unwrap_or(&nothing);
        let counts: Counts = match (is_new, own == &nothing) {
            (true, true) => nothing.clone(),
            (true, false) => {
                let shown = |at: usize| near(own[at], &known, at, k).unwrap_or(own[at]);
                (0..width).map(shown).collect()
            }
            _ => (0..width)
                .map(|at| {
                    let last = last.and_then(|last| last[at]);
                    let waits =
                        !is_free[at] && !has_moved(own[at].unwrap_or(0), last.unwrap_or(0), k);
                    match waits {
                        true => last,
                        false => near(own[at], &known, at, k).unwrap_or(own[at]),
                    }
                })
                .collect(),
        };
        held += u64::from(counts != *own);
        if counts.iter().any(Option::is_some) {
            next.insert(key.clone(), counts);
        }
    }
    // What is shown for the last time is remembered.
    let gone = before.rows.iter();
    let gone = gone.filter(|(key, counts)| next.get(*key) != Some(counts));
    let gone: Rows = gone
        .map(|(key, counts)| (key.clone(), counts.clone()))
        .collect();
    let mut past = before.past.clone();
    if !gone.is_empty() {
        past.push(Past {
            until: publication,
            rows: gone,
            groups: BTreeSet::new(),
        });
    }
    settled_people(next, past, held)
}

fn settled_people(rows: Rows, past: Vec<Past>, held: u64) -> Settled {
    let pieces = pieces_of_rows(&rows, None).into_iter();
    Settled {
        pieces: pieces.map(|piece| (piece.name(), piece)).collect(),
        rows,
        past,
        withheld: 0,
        held,
    }
}

/// What was shown of a count, the last first, that is less than k from what it is now.
fn near(now: Option<i64>, known: &[&Counts], at: usize, k: u32) -> Option<Option<i64>> {
    let mut known = known.iter().filter_map(|counts| counts[at]);
    known
        .find(|count| now.is_some_and(|now| !has_moved(now, *count, k)))
        .map(Some)
}

/// The areas of which there were many pieces and nobody is left.
fn emptied_of(now: &Rows, then: &Rows) -> BTreeSet<Arc<Unit>> {
    const LEAST_PIECES: usize = 10;
    let mut many: BTreeMap<&Arc<Unit>, usize> = BTreeMap::new();
    then.keys()
        .for_each(|key| *many.entry(&key.unit).or_default() += 1);
    let left: BTreeSet<&Arc<Unit>> = now.keys().map(|key| &key.unit).collect();
    many.retain(|unit, _| !left.contains(unit));
    many.retain(|_, pieces| *pieces >= LEAST_PIECES);
    many.into_keys().cloned().collect()
}

/// The areas of which most of what is new was there before: what never was waits there as ever.
fn returned_of<'a>(
    new: impl Iterator<Item = &'a Key>,
    is_back: impl Fn(&&Key) -> bool,
) -> BTreeSet<Arc<Unit>> {
    let mut many: BTreeMap<&Arc<Unit>, [usize; 2]> = BTreeMap::new();
    for key in new {
        let [all, back] = many.entry(&key.unit).or_default();
        (*all, *back) = (*all + 1, *back + usize::from(is_back(&key)));
    }
    many.retain(|_, [all, back]| 2 * *back > *all);
    many.into_keys().cloned().collect()
}

/// Whether the bureaus tell a count for the first time, or no longer: most pieces have it where none
/// had it, or the other way round.
fn is_told_anew(now: &Rows, shown: &Rows, at: usize) -> bool {
    match (with(now, at), with(shown, at)) {
        (has, 0) => 2 * has > now.len(),
        (0, had) => 2 * had > shown.len(),
        _ => false,
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
/// those of three units at least, none of which has more than 85 % of them, against all that was ever
/// shown of it; until then it shows as it did. `judged`: the place of the count that dominance is
/// judged by.
pub(super) fn settle_units(
    now: Rows,
    shown: Option<&ShownLayer>,
    groups: &mut Groups,
    own: &OwnAreas,
    judged: Option<usize>,
    publication: u32,
) -> Settled {
    let merged = |rows: &Rows, groups: &mut Groups| {
        merge(pieces_of_rows(rows, judged), groups, own, publication)
    };
    let Some(before) = shown else {
        let (pieces, withheld) = merged(&now, groups);
        let rows = published_of(now, groups, &pieces);
        return Settled {
            rows,
            pieces,
            past: Vec::new(),
            withheld,
            held: 0,
        };
    };
    let mut tried = groups.clone();
    let (wanted, withheld) = merged(&now, &mut tried);
    let mut waiting = unsafe_of(&now, before, &tried, &wanted, judged);
    let group_in = |groups: &Groups, key: &Key| groups.root(&key.piece()).cloned();
    loop {
        let mut next = Rows::new();
        for (rows, is_of_now) in [(&now, true), (&before.rows, false)] {
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
        let still = unsafe_of(&next, before, &after, &pieces, judged);
        let is_all_waiting = tried.iter().all(|(_, group)| waiting.contains(group));
        if !still.is_empty() && !is_all_waiting {
            let names: BTreeSet<&GroupName> = pieces.iter().map(|(name, _)| name).collect();
            let many = waiting.len();
            for key in next.keys().chain(before.rows.keys()) {
                let group = group_in(&after, key);
                let is_unsafe =
                    group.is_none_or(|group| still.contains(&group) || !names.contains(&group));
                if is_unsafe && let Some(group) = group_in(&tried, key) {
                    waiting.insert(group);
                }
            }
            if waiting.len() == many {
                waiting.extend(tried.iter().map(|(_, group)| group.clone()));
            }
            continue;
        }
        let held = changed_of(&now, &before.rows, &tried);
        let rows = published_of(next, &after, &pieces);
        let past = past_with(before, &rows, &after, publication);
        *groups = after;
        return Settled {
            rows,
            pieces,
            past,
            withheld: withheld + left,
            held: held.filter(|group| waiting.contains(group)).count() as u64,
        };
    }
}

/// The groups that must not show as they are `now`: their change would tell of a unit, against what is
/// shown or against anything that was, or they are not among the safe `pieces`.
fn unsafe_of(
    now: &Rows,
    before: &ShownLayer,
    groups: &Groups,
    pieces: &[(GroupName, Piece)],
    judged: Option<usize>,
) -> BTreeSet<GroupName> {
    let names: BTreeSet<&GroupName> = pieces.iter().map(|(name, _)| name).collect();
    let (now, mut then) = (by_group(now, groups), by_group(&before.rows, groups));
    let none = Vec::new();
    let change = |group: &GroupName, then: &ByGroup<'_>| {
        let (now, then) = (now.get(group), then.get(group));
        Change::of(now.unwrap_or(&none), then.unwrap_or(&none), judged)
    };
    let all: BTreeSet<GroupName> = now.keys().chain(then.keys()).cloned().collect();
    let changed = all
        .into_iter()
        .filter(|group| !change(group, &then).is_none());
    let mut open: BTreeSet<GroupName> = changed.collect();
    let mut wrong: BTreeSet<GroupName> = BTreeSet::new();
    let is_unsafe = |group: &GroupName, then: &ByGroup<'_>| !change(group, then).is_safe();
    wrong.extend(open.iter().filter(|group| is_unsafe(group, &then)).cloned());
    wrong.extend(
        open.iter()
            .filter(|group| now.contains_key(*group) && !names.contains(group))
            .cloned(),
    );
    // Back through what was shown of them before.
    for past in before.past.iter().rev() {
        let mut touched: BTreeSet<GroupName> = BTreeSet::new();
        for name in &past.groups {
            if let Some(group) = groups.root(name).filter(|group| open.contains(*group)) {
                touched.insert(group.clone());
                if let Some(rows) = then.get_mut(group) {
                    let stays = |key: &Key| groups.root_at(&key.piece(), past.until) != Some(name);
                    rows.retain(|(key, _)| stays(key));
                }
            }
        }
        for (key, counts) in &past.rows {
            if let Some(group) = groups
                .root(&key.piece())
                .filter(|group| open.contains(*group))
            {
                then.entry(group.clone()).or_default().push((key, counts));
            }
        }
        wrong.extend(
            touched
                .iter()
                .filter(|group| is_unsafe(group, &then))
                .cloned(),
        );
    }
    open.retain(|group| wrong.contains(group));
    open
}

type ByGroup<'a> = BTreeMap<GroupName, Vec<(&'a Key, &'a Counts)>>;

fn by_group<'a>(rows: &'a Rows, groups: &Groups) -> ByGroup<'a> {
    let mut all = ByGroup::new();
    for (key, counts) in rows {
        if let Some(group) = groups.root(&key.piece()) {
            all.entry(group.clone()).or_default().push((key, counts));
        }
    }
    all
}

/// The groups of which something changed.
fn changed_of<'a>(
    now: &'a Rows,
    shown: &'a Rows,
    groups: &'a Groups,
) -> impl Iterator<Item = GroupName> {
    let (now, then) = (by_group(now, groups), by_group(shown, groups));
    let all: BTreeSet<GroupName> = now.keys().chain(then.keys()).cloned().collect();
    all.into_iter().filter(move |group| {
        let sorted = |all: &ByGroup<'_>| {
            let rows = all.get(group).into_iter().flatten();
            let mut counts: Vec<Counts> = rows.map(|(_, counts)| (*counts).clone()).collect();
            counts.sort_unstable();
            counts
        };
        sorted(&now) != sorted(&then)
    })
}

/// What was shown before, with what is shown for the last time.
fn past_with(before: &ShownLayer, rows: &Rows, groups: &Groups, publication: u32) -> Vec<Past> {
    let changed: BTreeSet<GroupName> = changed_of(rows, &before.rows, groups).collect();
    let mut past = before.past.clone();
    if !changed.is_empty() {
        let is_of = |key: &Key| {
            let group = groups.root(&key.piece());
            group.is_some_and(|group| changed.contains(group))
        };
        let gone = before.rows.iter().filter(|(key, _)| is_of(key));
        past.push(Past {
            until: publication,
            rows: gone
                .map(|(key, counts)| (key.clone(), counts.clone()))
                .collect(),
            groups: changed,
        });
    }
    past
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

/// By how much units differ between two states of a group, explained in two ways.
struct Change {
    /// By as few units as can be: who they are does not matter, since ids may be others for the same.
    fewest: Vec<i64>,
    /// By id.
    by_id: Vec<i64>,
}

impl Change {
    fn of(now: &[(&Key, &Counts)], then: &[(&Key, &Counts)], judged: Option<usize>) -> Self {
        let weight = |counts: &Counts| judged.and_then(|at| counts[at]).unwrap_or(0);
        let sorted = |rows: &[(&Key, &Counts)]| {
            let mut counts: Vec<Counts> = rows.iter().map(|(_, c)| (*c).clone()).collect();
            counts.sort_unstable();
            counts.into_iter().peekable()
        };
        let (mut more, mut less) = (Vec::new(), Vec::new());
        let (mut a, mut b) = (sorted(now), sorted(then));
        loop {
            match (a.peek(), b.peek()) {
                (None, None) => break,
                (Some(x), Some(y)) if x == y => drop((a.next(), b.next())),
                (Some(x), Some(y)) if x < y => more.extend(a.next()),
                (Some(_), None) => more.extend(a.next()),
                _ => less.extend(b.next()),
            }
        }
        let weights = |all: &[Counts]| {
            let mut weights: Vec<i64> = all.iter().map(weight).collect();
            weights.sort_unstable_by(|x, y| y.cmp(x));
            weights
        };
        let (more, less) = (weights(&more), weights(&less));
        let at = |all: &[i64], place: usize| all.get(place).copied().unwrap_or(0);
        let many = 0..more.len().max(less.len());
        let fewest = many.map(|n| at(&more, n).saturating_sub(at(&less, n)).saturating_abs());
        let mut by_id: BTreeMap<&str, i64> = BTreeMap::new();
        for (rows, sign) in [(now, 1), (then, -1)] {
            for (key, counts) in rows {
                let by = by_id.entry(&*key.id).or_default();
                *by = by.saturating_add(sign * weight(counts));
            }
        }
        let by_id = by_id.into_values().map(i64::saturating_abs);
        Change {
            fewest: fewest.collect(),
            by_id: by_id.collect(),
        }
    }

    /// Whether nothing of it could be seen.
    fn is_none(&self) -> bool {
        self.fewest.is_empty()
    }

    /// Whether it tells of no unit: nothing changed, or three units at least did and none of them has
    /// more than 85 % of it, however it is explained. Changes of units without jobs hide nobody.
    fn is_safe(&self) -> bool {
        let tells_of_none = |changes: &[i64]| {
            let weighty = changes.iter().filter(|by| **by > 0);
            let total = weighty
                .clone()
                .fold(0_i64, |sum, by| sum.saturating_add(*by));
            let largest = weighty.clone().max().copied().unwrap_or(0);
            tells_of_none(weighty.count() as u64, largest, total)
        };
        self.is_none() || (tells_of_none(&self.fewest) && tells_of_none(&self.by_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of five people each in cells of a row, with a second count.
    fn pieces(code: Option<&str>, from: i32, many: i32, second: Option<i64>) -> Rows {
        let unit = Arc::new(vec![code.map(Into::into)]);
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
            past: Vec::new(),
        }
    }

    fn settle(now: &Rows, shown: &ShownLayer, codes: &[&str]) -> (Rows, u64) {
        let settled = settle_people(now.clone(), Some(shown), &areas(codes), 10, 2);
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
