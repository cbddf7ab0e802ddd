use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        piece::Unit,
        pieces::pieces_of_rows,
        shown::{Areas, Counts, Key, Past, Rows, ShownLayer},
    },
    Settled, has_moved,
};

/// People by piece: every count waits until it has moved by k, and is what it was where it comes near
/// to what was shown of it before.
///
/// What is compared is the people of an area: with those that were shown last, or, where these were
/// others, with the last that they are alike. So what is missing once and comes back shows only what
/// moved by k meanwhile. Where there are none alike, as at another date or in an area that is new, all
/// of the area shows as it is; so do counts that most pieces have now and none ever had. `areas`: those
/// that there are.
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
    let width = width.max(before.rows.values().next().map_or(0, Vec::len));
    let telling: Vec<Telling> = (0..width)
        .map(|at| telling_of(&now, &before, at, k))
        .collect();
    let mut earlier: BTreeMap<&Key, Vec<&Counts>> = BTreeMap::new();
    for (key, counts) in before.past.iter().rev().flat_map(|past| &past.rows) {
        earlier.entry(key).or_default().push(counts);
    }
    let is_as_ever = |at: usize| telling[at] == Telling::AsEver;
    let judged: Vec<usize> = (0..width).filter(|at| is_as_ever(*at)).collect();
    let judging = Judging { k, counts: &judged };
    let alike = alike_of(&now, &before, areas, &judging);
    let cells: BTreeSet<(i32, i32)> = now.keys().map(|key| key.cell).collect();
    let nothing = vec![None; width];
    let (mut next, mut held) = (Rows::new(), 0);
    for (place, Compared { now, then }) in &alike {
        let keys: BTreeSet<&Key> = now
            .keys()
            .chain(then.iter().flat_map(|t| t.keys()))
            .copied()
            .collect();
        for key in keys {
            let own = now.get(key).copied();
            let shown = then.as_ref().and_then(|then| then.get(key).copied());
            // Those who lie in an area that there is now are no longer where there was none.
            let has_gone_over = own.is_none()
                && cells.contains(&key.cell)
                && !could_be(place.unit, areas, &before.areas);
            let is_new = then.is_none() || has_gone_over;
            let (own, shown) = (own.unwrap_or(&nothing), shown.unwrap_or(&nothing));
            let mut known = vec![shown];
            known.extend(before.rows.get(key));
            known.extend(earlier.get(key).into_iter().flatten());
            let moved = |at: &usize| has_moved(own[*at].unwrap_or(0), shown[*at].unwrap_or(0), k);
            let comes = is_new || shown != &nothing || judged.iter().any(moved);
            let settled = |at: usize| {
                let near = near(own[at], &known, at, k);
                match telling[at] {
                    Telling::NoLonger => None,
                    _ if !comes => None,
                    // Of those who only wait to be gone nobody may see that they are.
                    Telling::Anew if own == &nothing => Some(0),
                    Telling::Anew => own[at],
                    Telling::Again if near.is_some() => near.unwrap_or_default(),
                    _ if is_new || moved(&at) => near.unwrap_or(own[at]),
                    _ => shown[at],
                }
            };
            let counts: Counts = match is_new && own == &nothing {
                true => nothing.clone(),
                false => (0..width).map(settled).collect(),
            };
            held += u64::from(counts != *own);
            if counts.iter().any(Option::is_some) {
                next.insert(key.clone(), counts);
            }
        }
    }
    let gone = past_of(&before.rows, &next, &nothing);
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

/// What was shown for the last time, and with `nothing` what was not there before.
fn past_of(shown: &Rows, next: &Rows, nothing: &Counts) -> Rows {
    let gone = shown
        .iter()
        .filter(|(key, own)| next.get(*key) != Some(own));
    let new = next.keys().filter(|key| !shown.contains_key(*key));
    let new = new.map(|key| (key, nothing));
    gone.chain(new)
        .map(|(key, counts)| (key.clone(), counts.clone()))
        .collect()
}

/// What was shown of a count, the last first, that is less than k from what it is now.
fn near(now: Option<i64>, known: &[&Counts], at: usize, k: u32) -> Option<Option<i64>> {
    let mut known = known.iter().filter_map(|counts| counts[at]);
    known
        .find(|count| now.is_some_and(|now| !has_moved(now, *count, k)))
        .map(Some)
}

/// People who are compared as one: of the smallest area; of what lies in none, of some square
/// kilometres.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    unit: &'a Unit,
    block: (i32, i32),
}

impl<'a> Place<'a> {
    /// The side of what is compared beyond all areas, in cells.
    const BLOCK: i32 = 64;

    fn of(key: &'a Key) -> Self {
        let (column, row) = key.cell;
        let block = match key.unit.last() {
            Some(Some(_)) => (0, 0),
            _ => (column.div_euclid(Self::BLOCK), row.div_euclid(Self::BLOCK)),
        };
        Place {
            unit: &key.unit,
            block,
        }
    }
}

type Pieces<'a> = BTreeMap<&'a Key, &'a Counts>;

/// The pieces of a place.
#[derive(Default)]
struct Compared<'a> {
    now: Pieces<'a>,
    /// Those that were shown last, or before, that the ones of now are alike; `None` where there are
    /// none.
    then: Option<Pieces<'a>>,
}

/// What pieces are compared by.
struct Judging<'a> {
    k: u32,
    /// The places of the counts that are told now as they were.
    counts: &'a [usize],
}

/// Every place where there is somebody or was.
fn alike_of<'a>(
    now: &'a Rows,
    before: &'a ShownLayer,
    areas: &Areas,
    judging: &Judging<'_>,
) -> BTreeMap<Place<'a>, Compared<'a>> {
    let by_place = |rows: &'a Rows| {
        let mut all: BTreeMap<Place<'a>, Pieces<'a>> = BTreeMap::new();
        for (key, counts) in rows {
            all.entry(Place::of(key)).or_default().insert(key, counts);
        }
        all
    };
    let (mut now, mut then) = (by_place(now), by_place(&before.rows));
    let places: BTreeSet<Place<'a>> = now.keys().chain(then.keys()).copied().collect();
    let mut all: BTreeMap<Place<'a>, Compared<'a>> = BTreeMap::new();
    // Those that differ, with how many pieces of those that they are most alike do.
    let mut open: BTreeMap<Place<'a>, usize> = BTreeMap::new();
    let none = Pieces::new();
    for place in places {
        let now = now.remove(&place).unwrap_or_default();
        let shown = then.get(&place).unwrap_or(&none);
        // An area that there was not, or is no more, is another thing.
        let is_other_area = match (now.is_empty(), shown.is_empty()) {
            (false, true) => !could_be(place.unit, &before.areas, areas),
            (true, false) => !could_be(place.unit, areas, &before.areas),
            _ => false,
        };
        let others = judging.others(&now, shown).filter(|_| !is_other_area);
        let then = others.map(|_| shown.clone());
        if others != Some(0) {
            open.insert(place, others.unwrap_or(usize::MAX));
        }
        all.insert(place, Compared { now, then });
    }
    // Back through what was shown before.
    for past in before.past.iter().rev() {
        let mut touched: BTreeSet<Place<'a>> = BTreeSet::new();
        for (key, counts) in &past.rows {
            let place = Place::of(key);
            if !open.contains_key(&place) {
                continue;
            }
            touched.insert(place);
            let then = then.entry(place).or_default();
            match counts.iter().any(Option::is_some) {
                true => drop(then.insert(key, counts)),
                false => drop(then.remove(key)),
            }
        }
        for place in touched {
            let shown = then.get(&place).unwrap_or(&none);
            if let (Some(compared), Some(fewest)) = (all.get_mut(&place), open.get_mut(&place))
                && let Some(others) = judging.others(&compared.now, shown)
                && others < *fewest
            {
                compared.then = Some(shown.clone());
                *fewest = others;
            }
        }
    }
    all
}

impl Judging<'_> {
    /// How many pieces of a place differ from those that were there, but for less than k in each;
    /// `None` where these are other people: where less than half are as they were, and as many differ
    /// as can be told. Those who merely wait do not add up to it.
    fn others(&self, now: &Pieces<'_>, then: &Pieces<'_>) -> Option<usize> {
        let is_near = |(key, own): &(&&Key, &&Counts)| {
            then.get(*key).is_some_and(|shown| {
                let count = |counts: &Counts, at: usize| counts[at].unwrap_or(0);
                let mut all = self.counts.iter();
                all.all(|&at| !has_moved(count(own, at), count(shown, at), self.k))
            })
        };
        let near = now.iter().filter(is_near).count();
        let gone = then.keys().filter(|key| !now.contains_key(*key)).count();
        let others = now.len() + gone - near;
        let are_alike = 2 * near >= now.len().max(then.len()) || others < least_pieces(self.k);
        are_alike.then_some(others)
    }
}

/// How many pieces together tell of nobody: each holds one person at least.
fn least_pieces(k: u32) -> usize {
    (k as usize).max(10)
}

/// Whether the bureaus tell a count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// As they did, or did not.
    AsEver,
    /// For the first time.
    Anew,
    /// As they did before they last did not.
    Again,
    NoLonger,
}

/// A count is told where most pieces have it, and is not where next to none has.
fn telling_of(now: &Rows, before: &ShownLayer, at: usize, k: u32) -> Telling {
    let (has, had) = (with(now, at), with(&before.rows, at));
    let is_told = |with: usize, all: usize| with >= least_pieces(k) && 2 * with > all;
    let is_not = |with: usize, all: usize| 20 * with <= all;
    let was_told = || {
        let mut past = before.past.iter();
        past.any(|past| with(&past.rows, at) >= least_pieces(k))
    };
    let (all, shown) = (now.len(), before.rows.len());
    match (is_told(has, all), is_told(had, shown)) {
        (true, false) if is_not(had, shown) => match was_told() {
            true => Telling::Again,
            false => Telling::Anew,
        },
        (false, true) if is_not(has, all) => Telling::NoLonger,
        _ => Telling::AsEver,
    }
}

/// In how many rows a count is.
fn with(rows: &Rows, at: usize) -> usize {
    rows.values().filter(|counts| counts[at].is_some()).count()
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
    use std::sync::Arc;

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

    /// Publishes one state after the other; what was shown at last, and how much waits.
    fn chain(days: &[Rows], codes: &[&str]) -> (Rows, u64) {
        let mut last: Option<ShownLayer> = None;
        let mut held = 0;
        for (publication, day) in (1..).zip(days) {
            let settled = settle_people(day.clone(), last.take(), &areas(codes), 10, publication);
            held = settled.held;
            last = Some(ShownLayer {
                areas: areas(codes),
                rows: settled.rows,
                past: settled.past,
            });
        }
        (last.expect("published").rows, held)
    }

    fn both(a: &Rows, b: &Rows) -> Rows {
        a.iter()
            .chain(b)
            .map(|(key, counts)| (key.clone(), counts.clone()))
            .collect()
    }

    #[test]
    fn an_area_that_was_missing_is_what_it_was_but_for_one() {
        let other = pieces(Some("b"), 200, 40, None);
        let whole = both(&pieces(Some("a"), 0, 12, None), &other);
        let mut less = whole.clone();
        less.retain(|key, _| key.cell != (7, 0));
        let more = both(&whole, &pieces(Some("a"), 50, 1, None));
        for back in [less, more] {
            let days = [whole.clone(), other.clone(), back.clone(), back];
            let (rows, held) = chain(&days, &["a", "b"]);
            assert!(rows == whole);
            assert_eq!(held, 1);
        }
    }

    #[test]
    fn what_comes_or_goes_elsewhere_shows_nothing_that_waits_here() {
        let here = pieces(Some("a"), 0, 100, None);
        let one = both(&here, &pieces(Some("a"), 500, 1, None));
        let there = pieces(Some("b"), 1000, 150, None);
        let days = [here.clone(), one.clone(), both(&one, &there)];
        assert!(chain(&days, &["a", "b"]) == (both(&here, &there), 1));
        // Nor where there are no areas.
        let nowhere = |from, many| pieces(None, from, many, None);
        let here = nowhere(0, 60);
        let one = both(&here, &nowhere(61, 1));
        let there = nowhere(1024, 60);
        let days = [here.clone(), one.clone(), both(&one, &there)];
        assert!(chain(&days, &[]) == (both(&here, &there), 1));
        let mut fewer = here.clone();
        fewer.retain(|key, _| key.cell != (7, 0));
        let days = [both(&here, &there), both(&fewer, &there), fewer.clone()];
        assert!(chain(&days, &[]) == (here.clone(), 1));
    }

    #[test]
    fn one_who_comes_while_all_goes_there_and_back_waits() {
        let first = pieces(Some("a"), 0, 120, None);
        let other = pieces(Some("a"), 1000, 120, None);
        let back = both(&first, &pieces(Some("b"), 90, 1, None));
        let days = [first.clone(), other, back];
        assert!(chain(&days, &["a", "b"]) == (first, 1));
    }

    #[test]
    fn a_count_that_is_told_again_is_what_it_was() {
        let told = pieces(Some("a"), 0, 50, Some(30));
        let untold = pieces(Some("a"), 0, 50, None);
        let mut again = told.clone();
        again.values_mut().next().expect("a piece")[1] = Some(31);
        let days = [told.clone(), untold, again];
        assert!(chain(&days, &["a"]) == (told, 1));
    }

    #[test]
    fn a_piece_that_lost_some_while_it_was_missing_is_what_it_was() {
        let mut whole = pieces(Some("a"), 0, 40, None);
        whole.values_mut().for_each(|counts| counts[0] = Some(12));
        let mut half = whole.clone();
        half.retain(|key, _| key.cell.0 >= 15);
        let mut back = whole.clone();
        back.values_mut().next().expect("a piece")[0] = Some(8);
        assert!(chain(&[whole.clone(), half, back], &["a"]) == (whole, 1));
    }

    #[test]
    fn a_count_told_anew_or_no_longer_tells_of_none_that_waits() {
        let mut first = pieces(Some("a"), 0, 50, None);
        // One has it from the start, and keeps it.
        first.values_mut().next().expect("a piece")[1] = Some(0);
        let mut less = first.clone();
        less.retain(|key, _| key.cell != (7, 0));
        let more = both(&first, &pieces(Some("a"), 90, 1, None));
        let told = |rows: &Rows| -> Rows {
            let row = |(key, counts): (&Key, &Counts)| (key.clone(), vec![counts[0], Some(30)]);
            rows.iter().map(row).collect()
        };
        for one in [less, more] {
            let (mut shown, held) = chain(&[first.clone(), one.clone(), told(&one)], &["a"]);
            assert_eq!(held, 1);
            assert!(shown.keys().eq(first.keys()));
            let others = shown.iter_mut().filter(|(key, _)| key.cell != (7, 0));
            assert!(others.into_iter().all(|(_, counts)| counts[1] == Some(30)));
            assert!(shown.values().all(|counts| counts[1].is_some()));
            let days = [told(&first), told(&one), one];
            let (shown, _) = chain(&days, &["a"]);
            assert!(shown.values().all(|counts| counts[1].is_none()));
            assert!(shown.keys().eq(first.keys()));
        }
    }
}
