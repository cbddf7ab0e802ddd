use std::collections::BTreeMap;

use super::super::{
    piece::tells_of_none,
    shown::{Counts, Key},
};

/// By how much units differ between two states of a group, explained in two ways.
pub(super) struct Change {
    /// By as few units as can be: who they are does not matter, since ids may be others for the same.
    fewest: Vec<i64>,
    /// By id.
    by_id: Vec<i64>,
}

impl Change {
    pub fn of(now: &[(&Key, &Counts)], then: &[(&Key, &Counts)], judged: Option<usize>) -> Self {
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
    pub fn is_none(&self) -> bool {
        self.fewest.is_empty()
    }

    /// In how many units.
    pub fn units(&self) -> usize {
        self.fewest.len()
    }

    /// Whether it is that of one unit or two.
    pub fn is_of_few(&self) -> bool {
        (1..3).contains(&self.fewest.iter().filter(|by| **by > 0).count())
    }

    /// Whether it tells of no unit: nothing changed, or three units at least did and none of them has
    /// more than 85 % of it, however it is explained. Changes of units without jobs hide nobody.
    pub fn is_safe(&self) -> bool {
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
