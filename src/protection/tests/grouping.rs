//! What happens to the groups of a period over many days of edits.

use std::collections::BTreeSet;

use super::*;
use crate::{
    city::{Boundaries, LoadedLayer},
    domain::GroupName,
    index::LayerIndex,
};

/// Random numbers that are the same in every run (SplitMix64).
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// A workplace: metres east and north, jobs.
pub(super) type Unit = (f64, f64, i64);

/// The workplaces of one day, without a home.
pub(super) struct Day<'a> {
    city: &'a City,
    pub units: BTreeMap<u64, Unit>,
    next: u64,
}

impl<'a> Day<'a> {
    pub fn new(city: &'a City) -> Self {
        Day {
            city,
            units: BTreeMap::new(),
            next: 0,
        }
    }

    fn add(&mut self, unit: Unit) {
        self.units.insert(self.next, unit);
        self.next += 1;
    }

    pub fn any(&self, dice: &mut Dice) -> Option<u64> {
        let at = dice.below(self.units.len().max(1) as u64) as usize;
        self.units.keys().nth(at).copied()
    }

    /// One workplace opens, closes, or has other jobs; now and then it is a giant.
    pub fn edit(&mut self, dice: &mut Dice) {
        let jobs = |dice: &mut Dice| match dice.below(6) {
            0 => 500 + dice.below(4000) as i64,
            _ => 1 + dice.below(40) as i64,
        };
        let known = self.any(dice);
        match (dice.below(10), known) {
            (0..=2, Some(id)) => {
                self.units.remove(&id);
            }
            (3..=5, Some(id)) => {
                let jobs = jobs(dice);
                self.units.get_mut(&id).expect("known").2 = jobs;
            }
            // Near another, or anywhere.
            (6..=8, Some(id)) => {
                let (east, north, _) = self.units[&id];
                let step = |dice: &mut Dice| dice.below(500) as f64 - 250.0;
                let (east, north) = (east + step(dice), north + step(dice));
                let unit = (
                    east.clamp(1.0, 7990.0),
                    north.clamp(1.0, 3990.0),
                    jobs(dice),
                );
                self.add(unit);
            }
            _ => {
                let (east, north) = (dice.below(7990) as f64, dice.below(3990) as f64);
                let unit = (east + 1.0, north + 1.0, jobs(dice));
                self.add(unit);
            }
        }
    }

    pub fn loaded(&self) -> LoadedLayer {
        let layer = self.city.catalog().layer("workplaces").expect("built in");
        let period = "2020-11-01".parse().expect("a period");
        let mut table = Table::for_layer(layer);
        let jobs = layer.attribute_index("jobs").expect("an attribute");
        for (id, (east, north, count)) in &self.units {
            let mut values = vec![Value::Missing; layer.attributes.len()];
            values[jobs] = Value::Integer(*count);
            table.push(&format!("w{id}"), point(*east, *north), &values);
        }
        Boundaries::of(self.city).place(layer, &period, &mut table);
        LoadedLayer {
            index: LayerIndex::build(layer.clone(), period, self.city.catalog().levels(), &table),
            records: Vec::new(),
            control_totals: Vec::new(),
            version: 1,
        }
    }
}

/// The rows of a table by name, with all that is told of them.
pub(super) fn rows(table: &Table) -> BTreeMap<GroupName, String> {
    let row = |at: usize| {
        let values: Vec<Value> = table.columns.iter().map(|c| c.get(at)).collect();
        let codes = table.area_codes.values().map(|codes| codes.get(at));
        let codes: Vec<_> = codes.collect();
        let told = format!("{:?} {values:?} {codes:?}", table.geometries[at]);
        (table.ids[at].parse().expect("a name"), told)
    };
    (0..table.len()).map(row).collect()
}

/// The shown workplaces of each group: their jobs by id.
fn of_groups(past: &Past) -> BTreeMap<GroupName, BTreeMap<Box<str>, i64>> {
    let mut all: BTreeMap<GroupName, BTreeMap<Box<str>, i64>> = BTreeMap::new();
    for (key, counts) in rows_of(past) {
        let group = past.groups.root(&key.piece()).expect("a group").clone();
        let jobs = counts.iter().flatten().next().expect("jobs");
        *all.entry(group)
            .or_default()
            .entry(key.id.clone())
            .or_default() += jobs;
    }
    all
}

/// Every published piece has three workplaces at least, none with more than 85 % of the jobs, and
/// tells of the jobs of these.
fn check_safety(pieces: &Pieces, past: &Past) {
    let of_group = of_groups(past);
    let column = pieces.layer.attribute_index("jobs").expect("an attribute");
    for (row, id) in pieces.table.ids.iter().enumerate() {
        let name: GroupName = id.parse().expect("a name");
        let jobs = of_group.get(&name);
        let jobs = jobs.unwrap_or_else(|| panic!("{name} in {:?}", past.groups.root(&name)));
        let (most, all) = (
            jobs.values().max().expect("a unit"),
            jobs.values().sum::<i64>(),
        );
        assert!(jobs.len() >= 3 && most * 100 <= all * 85, "{id}: {jobs:?}");
        let told = pieces.table.columns[column].get(row).as_integer();
        let told = told.expect("a count");
        assert!(
            told % 10 == 0 && (told - all).abs() < 10,
            "{id}: {told} of {all}"
        );
    }
}

/// What was shown of each group changed in three workplaces at least or for nobody to see, none of which made up
/// more than 85 % of it. Answers in how many groups it did.
fn check_changes(before: &Past, after: &Past) -> usize {
    let mut of_group: BTreeMap<&GroupName, BTreeMap<&str, i64>> = BTreeMap::new();
    for (past, sign) in [(before, -1), (after, 1)] {
        for (key, counts) in rows_of(past) {
            let group = after.groups.root(&key.piece()).expect("a group");
            let jobs = counts.iter().flatten().next().expect("jobs");
            *of_group
                .entry(group)
                .or_default()
                .entry(&key.id)
                .or_default() += sign * jobs;
        }
    }
    let jobs_of = |past: &Past, of: &GroupName| {
        let rows = rows_of(past).iter();
        let own = rows.filter(|(key, _)| after.groups.root(&key.piece()) == Some(of));
        let mut jobs: Vec<i64> = own
            .filter_map(|(_, c)| c.iter().flatten().next().copied())
            .collect();
        jobs.sort_unstable();
        jobs
    };
    let mut changed = 0;
    for (group, units) in of_group {
        if jobs_of(before, group) == jobs_of(after, group) {
            continue;
        }
        let moved: Vec<i64> = units
            .values()
            .map(|by| by.abs())
            .filter(|by| *by > 0)
            .collect();
        let (most, all) = (moved.iter().max().copied(), moved.iter().sum::<i64>());
        let is_safe = moved.len() >= 3 && most.unwrap_or(0) * 100 <= all * 85;
        assert!(is_safe, "{group}: {units:?}");
        changed += 1;
    }
    changed
}

#[test]
fn groups_only_grow_and_no_change_tells_of_one_workplace() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let city = exact.city();
    let (mut silent, mut moved, mut coarser) = (0, 0, 0);
    for seed in 0..8 {
        let mut dice = Dice(seed);
        let mut day = Day::new(&city);
        for _ in 0..30 + 10 * seed {
            day.edit(&mut dice);
        }
        let mut past = Past::default();
        let publish = |day: &Day<'_>, past: &mut Past| {
            let pieces = past.pieces_of(&city, &day.loaded(), &policy(3));
            let pieces = pieces.expect("pieces");
            check_safety(&pieces, past);
            pieces
        };
        let mut before = rows(&publish(&day, &mut past).table);
        for publication in 2..60 {
            // On some days one workplace opens, closes or changes, on others many.
            for _ in 0..[1, 1, 1, 20][publication as usize % 4] {
                day.edit(&mut dice);
            }
            let known = past.clone();
            let pieces = publish(&day, &mut past);
            // The same input gives the same bytes.
            let mut again = known.clone();
            let repeated = publish(&day, &mut again);
            assert!((&repeated.table, &again) == (&pieces.table, &past));
            // What was together is together.
            for (name, group) in known.groups.iter() {
                assert_eq!(
                    past.groups.root(name),
                    past.groups.root(group),
                    "{seed} {publication}"
                );
                assert_eq!(past.groups.root_at(name, publication - 1), Some(group));
            }
            // What an area had alone is never joined with others.
            for (_, group) in known.groups.iter() {
                let now = past.groups.root(group).expect("a group");
                assert_eq!((now.depth, &now.code), (group.depth, &group.code));
            }
            let changed = check_changes(&known, &past);
            let now = rows(&pieces.table);
            match changed {
                0 => {
                    silent += 1;
                    assert!(now == before, "{seed} {publication}");
                }
                _ => moved += 1,
            }
            let roots = |groups: &Groups| {
                let roots = known
                    .groups
                    .iter()
                    .map(|(name, _)| groups.root(name).cloned());
                roots.collect::<BTreeSet<_>>().len()
            };
            coarser += usize::from(roots(&past.groups) < roots(&known.groups));
            before = now;
        }
    }
    assert!(
        silent > 100 && moved > 100 && coarser >= 5,
        "{silent} {moved} {coarser}"
    );
}

#[test]
fn what_is_published_follows_the_city_but_for_few_changes() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let city = exact.city();
    let (mut off, mut all_jobs) = (0, 0);
    for seed in 100..120 {
        let mut dice = Dice(seed);
        let mut day = Day::new(&city);
        let mut past = Past::default();
        for _ in 1..25 {
            for _ in 0..1 + dice.below(60) {
                day.edit(&mut dice);
            }
            let known = past.clone();
            let loaded = day.loaded();
            let pieces = past.pieces_of(&city, &loaded, &policy(3)).expect("pieces");
            check_safety(&pieces, &past);
            if known.shown.is_some() {
                check_changes(&known, &past);
            }
            let mut all = known.groups.iter();
            assert!(all.all(|(name, group)| past.groups.root(name) == past.groups.root(group)));
        }
        let shown: i64 = rows_of(&past)
            .values()
            .flat_map(|c| c.iter().flatten())
            .sum();
        let jobs: i64 = day.units.values().map(|unit| unit.2).sum();
        off += (shown - jobs).abs();
        all_jobs += jobs;
        assert!((shown - jobs).abs() * 3 < jobs, "{seed}: {shown} of {jobs}");
    }
    assert!(off * 15 < all_jobs, "{off} of {all_jobs}");
}
