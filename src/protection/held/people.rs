use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    super::{
        piece::Unit,
        pieces::pieces_of_rows,
        shown::{Areas, Counts, Key, Past, Rows, ShownLayer},
    },
    Settled, has_moved,
};

/// People by piece: every count of a piece waits until it has moved by k, and is what it was where it
/// comes near to what was shown of it before. What could not be told before shows as it is: areas that
/// are new, with those that they take the place of, and counts that most pieces have now and none had.
/// So does everything where most pieces changed, as at another date. `areas`: those that there are.
pub(in crate::protection) fn settle_people(
    now: Rows,
    shown: Option<ShownLayer>,
    areas: &Areas,
    k: u32,
    publication: u32,
) -> Settled {
    let Some(before) = shown else {
        return settled_people(now, Vec::new(), 0);
    };
    let width = now.values().next().map_or(0, Vec::len);
    let is_another = is_another_date(&now, &before.rows, k);
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
    let gone = before.rows.into_iter();
    let gone: Rows = gone
        .filter(|(key, counts)| next.get(key) != Some(counts))
        .collect();
    let mut past = before.past;
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
/// many pieces people came or went, or moved by k. Those who merely wait do not add up to it.
fn is_another_date(now: &Rows, shown: &Rows, k: u32) -> bool {
    const LEAST_PIECES: usize = 100;
    let is_near = |(key, counts): &(&Key, &Counts)| {
        shown.get(*key).is_some_and(|shown| {
            let mut both = counts.iter().zip(shown);
            both.all(|(now, shown)| !has_moved(now.unwrap_or(0), shown.unwrap_or(0), k))
        })
    };
    let near = now.iter().filter(is_near).count();
    let most = now.len().max(shown.len());
    most >= LEAST_PIECES && 2 * near < most
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
        let settled = settle_people(now.clone(), Some(shown.clone()), &areas(codes), 10, 2);
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
        // Not so where in all of them few came, who wait: one in a new piece does too.
        let mut grown = before.rows.clone();
        grown.values_mut().for_each(|counts| counts[0] = Some(8));
        grown.extend(pieces(Some("a"), 900, 1, None));
        assert_eq!(settle(&grown, &before, &["a"]), (before.rows.clone(), 121));
        let less = pieces(Some("a"), 50, 120, None);
        assert_ne!(settle(&less, &before, &["a"]).1, 0);
    }
}
