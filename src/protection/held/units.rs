use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        merging::merge,
        piece::Piece,
        pieces::pieces_of_rows,
        shown::{Counts, Key, Past, Rows, ShownLayer},
    },
    Settled,
    change::Change,
};
use crate::domain::{GroupName, Groups, OwnAreas};

/// Units, merged until nobody can tell one of them: a group shows as it is once the changes in it are
/// those of three units at least, none of which has more than 85 % of them, against all that was ever
/// shown of it; until then it shows as it last did, or as it did when it was
/// nearly what it is now, whichever is nearer.
/// `judged`: the place of the count that dominance is judged by.
pub(in crate::protection) fn settle_units(
    now: Rows,
    shown: Option<ShownLayer>,
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
    let (mut pieces, withheld) = merged(&now, &mut tried);
    let mut waiting = unsafe_of(&now, &before, &tried, &pieces, judged);
    let last = by_group(&before.rows, &tried);
    let all: BTreeSet<GroupName> = tried.iter().map(|(_, group)| group.clone()).collect();
    // What shows as it last did whatever else could.
    let mut kept: BTreeSet<GroupName> = BTreeSet::new();
    let (mut next, mut after, mut left) = (now.clone(), tried.clone(), 0);
    while !waiting.is_empty() {
        next = with_waiting(&now, &waiting, &tried);
        after = groups.clone();
        (pieces, left) = merged(&next, &mut after);
        // What came together differently without those that wait is looked at once more.
        let still = unsafe_of(&next, &before, &after, &pieces, judged);
        if still.is_empty() || kept == all {
            break;
        }
        let names: BTreeSet<&GroupName> = pieces.iter().map(|(name, _)| name).collect();
        let many = kept.len();
        for key in next.keys().chain(before.rows.keys()) {
            let group = after.root(&key.piece());
            let is_unsafe =
                group.is_none_or(|group| still.contains_key(group) || !names.contains(group));
            kept.extend(tried.root(&key.piece()).filter(|_| is_unsafe).cloned());
        }
        if kept.len() == many {
            kept = all.clone();
        }
        for group in &kept {
            let rows = last.get(group).cloned().unwrap_or_default();
            waiting.insert(group.clone(), rows);
        }
    }
    let held = changed_of(&now, &next, &tried);
    let held = held.filter(|group| waiting.contains_key(group)).count() as u64;
    let rows = published_of(next, &after, &pieces);
    let past = past_with(before, &rows, &after, publication);
    *groups = after;
    Settled {
        rows,
        pieces,
        past,
        withheld: withheld + left,
        held,
    }
}

/// The rows of now, but for the groups that wait; those have the rows that they show.
fn with_waiting(now: &Rows, waiting: &ByGroup<'_>, groups: &Groups) -> Rows {
    let shows = |(key, _): &(&Key, &Counts)| {
        let group = groups.root(&key.piece());
        group.is_some_and(|group| !waiting.contains_key(group))
    };
    let own = now.iter().filter(shows);
    let waiting = waiting.values().flatten().copied();
    own.chain(waiting)
        .map(|(key, counts)| (key.clone(), counts.clone()))
        .collect()
}

/// The groups that must not show as they are `now`, with what they show instead: their change would
/// tell of a unit, against what is shown or against anything that was, or they are not among the safe
/// `pieces`.
fn unsafe_of<'a>(
    now: &Rows,
    before: &'a ShownLayer,
    groups: &Groups,
    pieces: &[(GroupName, Piece)],
    judged: Option<usize>,
) -> ByGroup<'a> {
    let names: BTreeSet<&GroupName> = pieces.iter().map(|(name, _)| name).collect();
    let (now, mut then) = (by_group(now, groups), by_group(&before.rows, groups));
    let change = |group: &GroupName, then: &ByGroup<'_>| {
        let now = now.get(group).map_or(&[][..], Vec::as_slice);
        let then = then.get(group).map_or(&[][..], Vec::as_slice);
        Change::of(now, then, judged)
    };
    let rows_of = |group: &GroupName, then: &ByGroup<'a>| then.get(group).cloned();
    let mut wrong = ByGroup::new();
    // Those that differ from what is shown, with what that is and how far away.
    let mut open: BTreeMap<GroupName, (Distance, Vec<Row<'a>>)> = BTreeMap::new();
    let all: BTreeSet<&GroupName> = now.keys().chain(then.keys()).collect();
    for group in all {
        let change = change(group, &then);
        if change.is_none() {
            continue;
        }
        let rows = rows_of(group, &then).unwrap_or_default();
        let is_withheld = now.contains_key(group) && !names.contains(group);
        let is_unsafe = is_withheld || !change.is_safe();
        if is_unsafe {
            wrong.insert(group.clone(), rows.clone());
        }
        let distance = (rows.is_empty(), change.units());
        open.insert(group.clone(), (distance, rows));
    }
    // All that was shown of them.
    let mut states: BTreeMap<GroupName, Vec<Vec<Row<'a>>>> = BTreeMap::new();
    for (group, (_, rows)) in &open {
        states.insert(group.clone(), vec![rows.clone()]);
    }
    // Back through what was shown of them before.
    for past in before.past.iter().rev() {
        let mut touched: BTreeSet<GroupName> = BTreeSet::new();
        for name in &past.groups {
            let group = groups.root(name);
            if let Some(group) = group.filter(|group| open.contains_key(*group)) {
                touched.insert(group.clone());
                if let Some(rows) = then.get_mut(group) {
                    let stays = |key: &Key| groups.root_at(&key.piece(), past.until) != Some(name);
                    rows.retain(|(key, _)| stays(key));
                }
            }
        }
        for (key, counts) in &past.rows {
            let group = groups.root(&key.piece());
            if let Some(group) = group.filter(|group| open.contains_key(*group)) {
                then.entry(group.clone()).or_default().push((key, counts));
            }
        }
        for group in touched {
            let change = change(&group, &then);
            let rows = rows_of(&group, &then).unwrap_or_default();
            states.entry(group.clone()).or_default().push(rows.clone());
            if change.is_safe() {
                continue;
            }
            let distance = (rows.is_empty(), change.units());
            if let Some(nearest) = open.get_mut(&group) {
                if distance < nearest.0 {
                    *nearest = (distance, rows);
                }
                wrong.insert(group, nearest.1.clone());
            }
        }
    }
    for (group, (_, last)) in open {
        let own = now.get(&group).map_or(&[][..], Vec::as_slice);
        if !wrong.contains_key(&group) && is_sum_but_for_few(own, &states[&group], judged) {
            wrong.insert(group, last);
        }
    }
    wrong
}

/// Whether what is in a group now is, but for one or two units, what was in one of the states that were
/// shown and not in another: who adds and subtracts three publications would be told of them.
fn is_sum_but_for_few(now: &[Row<'_>], states: &[Vec<Row<'_>>], judged: Option<usize>) -> bool {
    /// So many of the last ones are looked at.
    const MOST: usize = 24;
    let states = &states[..states.len().min(MOST)];
    let mut pairs = states
        .iter()
        .flat_map(|a| states.iter().map(move |b| (a, b)));
    pairs.any(|(a, b)| {
        let of_b: BTreeSet<&Row<'_>> = b.iter().collect();
        let left: Vec<Row<'_>> = a
            .iter()
            .filter(|row| !of_b.contains(row))
            .copied()
            .collect();
        // States that have nothing in common tell what each tells alone.
        let differ = !left.is_empty() && left.len() < a.len();
        differ && Change::of(now, &left, judged).is_of_few()
    })
}

/// By how many units a state of a group differs from another, however large they are; last where there
/// is nothing of it, for of a group that comes back nobody must see whether it was told from what it was.
type Distance = (bool, usize);

/// A workplace and its counts.
type Row<'a> = (&'a Key, &'a Counts);

type ByGroup<'a> = BTreeMap<GroupName, Vec<Row<'a>>>;

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
fn past_with(before: ShownLayer, rows: &Rows, groups: &Groups, publication: u32) -> Vec<Past> {
    let changed: BTreeSet<GroupName> = changed_of(rows, &before.rows, groups).collect();
    let mut past = before.past;
    if !changed.is_empty() {
        let is_of = |key: &Key| {
            let group = groups.root(&key.piece());
            group.is_some_and(|group| changed.contains(group))
        };
        let gone = before.rows.into_iter().filter(|(key, _)| is_of(key));
        past.push(Past {
            until: publication,
            rows: gone.collect(),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Workplaces of one cell each: column, id, jobs.
    fn rows(all: &[(i32, &str, i64)]) -> Rows {
        let row = |(column, id, jobs): &(i32, &str, i64)| {
            let key = Key {
                unit: Arc::new(vec![Some("a".into())]),
                cell: (*column, 0),
                id: (*id).into(),
            };
            (key, vec![Some(*jobs)])
        };
        all.iter().map(row).collect()
    }

    /// Publishes one state after the other; what was shown at last.
    fn chain(days: &[Rows]) -> Rows {
        let (mut groups, mut last) = (Groups::default(), None);
        for (publication, day) in (1..).zip(days) {
            let mut own = OwnAreas::default();
            own.extend(&groups, publication - 1);
            let settled = settle_units(
                day.clone(),
                last.take(),
                &mut groups,
                &own,
                Some(0),
                publication,
            );
            last = Some(ShownLayer {
                areas: Vec::new(),
                rows: settled.rows,
                past: settled.past,
            });
        }
        last.expect("published").rows
    }

    #[test]
    fn how_large_one_is_decides_on_no_others() {
        let three = [(0, "p1", 100), (0, "p2", 100), (0, "p3", 100)];
        let more = [(0, "l1", 300), (0, "l2", 300), (0, "l3", 300)];
        for jobs in [10, 300, 449, 451, 700, 5000] {
            let one = [(0, "g", jobs)];
            let days = [
                rows(&three),
                rows(&[three, more].concat()),
                rows(&[&three[..], &one].concat()),
            ];
            assert!(chain(&days) == rows(&three), "{jobs}");
        }
    }

    #[test]
    fn a_group_that_was_missing_is_what_it_was_but_for_one() {
        let beside = [(9, "h1", 20), (9, "h2", 30), (9, "h3", 40), (9, "h4", 50)];
        let three = [(0, "p1", 10), (0, "p2", 10), (0, "p3", 10)];
        let whole = [&three[..], &beside].concat();
        for back in [
            whole[1..].to_vec(),
            [&whole[..], &[(0, "g", 700)]].concat(),
            [&[(0, "p1", 700)], &whole[1..]].concat(),
        ] {
            let days = [rows(&whole), rows(&beside), rows(&back), rows(&back)];
            assert!(chain(&days) == rows(&whole), "{back:?}");
        }
    }

    #[test]
    fn three_publications_add_up_to_no_single_one() {
        let west = [(0, "p1", 11), (0, "p2", 12), (0, "p3", 13), (0, "p4", 14)];
        let east = [(0, "q1", 21), (0, "q2", 22), (0, "q3", 23), (0, "q4", 24)];
        let whole = rows(&[west, east].concat());
        for jobs in [3, 20, 700] {
            let one = [(0, "x", jobs)];
            let last = rows(&[&east[..], &one].concat());
            let shown = chain(&[whole.clone(), rows(&west), last]);
            assert!(shown == rows(&west) || shown == whole, "{jobs}");
        }
        // Without it they show.
        let days = [whole.clone(), rows(&west), rows(&east)];
        assert!(chain(&days) == rows(&east));
    }
}
