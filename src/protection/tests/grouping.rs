//! What happens to the groups of a period over many days of edits.

use std::collections::BTreeSet;

use super::*;
use crate::{
    city::{Boundaries, LoadedLayer},
    domain::GroupName,
    index::LayerIndex,
    protection::pieces::{gather, levels_above},
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

/// Every published piece has three workplaces at least, none with more than 85 % of the jobs, and
/// tells of the jobs of these.
fn check_safety(day: &Day<'_>, loaded: &LoadedLayer, pieces: &Pieces, groups: &Groups) {
    let gathered = gather(loaded, &levels_above(day.city));
    let mut of_group: BTreeMap<GroupName, Vec<i64>> = BTreeMap::new();
    let at = loaded
        .layer()
        .attribute_index("jobs")
        .expect("an attribute");
    for (feature, piece) in loaded.index.iter().zip(&gathered.of_feature) {
        let name = gathered.pieces[*piece as usize].name();
        let group = groups.root(&name).cloned().unwrap_or(name);
        let jobs = loaded.index.integer(feature, at).expect("jobs");
        of_group.entry(group).or_default().push(jobs);
    }
    let column = pieces.layer.attribute_index("jobs").expect("an attribute");
    for (row, id) in pieces.table.ids.iter().enumerate() {
        let jobs = &of_group[&id.parse().expect("a name")];
        let (most, all) = (jobs.iter().max().expect("a unit"), jobs.iter().sum::<i64>());
        assert!(jobs.len() >= 3 && most * 100 <= all * 85, "{id}: {jobs:?}");
        let told = pieces.table.columns[column].get(row).as_integer();
        let told = told.expect("a count");
        assert!(
            told % 10 == 0 && (told - all).abs() < 10,
            "{id}: {told} of {all}"
        );
    }
}

#[test]
fn groups_only_grow_and_one_workplace_moves_its_own_alone() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let city = exact.city();
    let (mut days, mut moved, mut coarser) = (0, 0, 0);
    for seed in 0..8 {
        let mut dice = Dice(seed);
        let mut day = Day::new(&city);
        for _ in 0..30 + 10 * seed {
            day.edit(&mut dice);
        }
        let mut groups = Groups::default();
        let publish = |day: &Day<'_>, groups: &mut Groups, publication: u32| {
            let loaded = day.loaded();
            let pieces = super::super::pieces_of(&city, &loaded, &policy(3), groups, publication);
            let pieces = pieces.expect("pieces");
            check_safety(day, &loaded, &pieces, groups);
            pieces
        };
        let mut before = rows(&publish(&day, &mut groups, 1).table);
        for publication in 2..60 {
            day.edit(&mut dice);
            let known = groups.clone();
            let pieces = publish(&day, &mut groups, publication);
            // The same input gives the same bytes.
            let mut again = known.clone();
            let repeated = publish(&day, &mut again, publication);
            assert_eq!((&repeated.table, &again), (&pieces.table, &groups));
            // What was together is together.
            for (name, group) in known.iter() {
                assert_eq!(
                    groups.root(name),
                    groups.root(group),
                    "{seed} {publication}"
                );
                assert_eq!(groups.root_at(name, publication - 1), Some(group));
            }
            // Nothing but the group of the workplace has another row.
            let now = rows(&pieces.table);
            let names: BTreeSet<&GroupName> = before.keys().chain(now.keys()).collect();
            let changed = names
                .into_iter()
                .filter(|name| before.get(*name) != now.get(*name));
            let changed: BTreeSet<_> = changed.map(|name| groups.root(name)).collect();
            assert!(changed.len() <= 1, "{seed} {publication}: {changed:?}");
            days += 1;
            moved += changed.len();
            let roots = |groups: &Groups| {
                let roots = known.iter().map(|(name, _)| groups.root(name).cloned());
                roots.collect::<BTreeSet<_>>().len()
            };
            coarser += usize::from(roots(&groups) < roots(&known));
            before = now;
        }
    }
    assert!(
        days > 400 && moved > 100 && coarser >= 5,
        "{days} {moved} {coarser}"
    );
}

#[test]
fn a_publication_after_many_edits_keeps_all_groups_too() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let city = exact.city();
    for seed in 100..120 {
        let mut dice = Dice(seed);
        let mut day = Day::new(&city);
        let mut groups = Groups::default();
        for publication in 1..25 {
            for _ in 0..1 + dice.below(60) {
                day.edit(&mut dice);
            }
            let known = groups.clone();
            let loaded = day.loaded();
            let pieces =
                super::super::pieces_of(&city, &loaded, &policy(3), &mut groups, publication);
            check_safety(&day, &loaded, &pieces.expect("pieces"), &groups);
            let mut all = known.iter();
            assert!(all.all(|(name, group)| groups.root(name) == groups.root(group)));
        }
    }
}
