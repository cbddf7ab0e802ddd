use std::collections::BTreeMap;

use crate::{
    analysis::{
        Sum,
        equity::{Share, rising},
    },
    domain::Reason,
};

/// What places come to, by which they are summed up: of one cell, or of several in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Places with people and a value.
    pub places: u64,
    /// The people of these places.
    pub people: i64,
    /// What people have, rising.
    pub shares: Vec<Share>,
    /// Places that hold people but have no value, by reason.
    pub without_value: BTreeMap<&'static str, u64>,
    pub people_without_value: i64,
    /// The words of the area column of a cell, in their order.
    pub areas: Vec<AreaTally>,
}

/// What the homes of an area come to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AreaTally {
    homes: u64,
    /// Homes of a known number of people.
    known: u64,
    people: i64,
    /// Those who have a value, and what they have together.
    with_value: i64,
    held: Sum,
    /// Why the first home with people that has a reason has no value.
    reason: Option<Reason>,
}

impl Tally {
    pub fn add(&mut self, people: Option<i64>, value: Option<f64>, reason: Option<Reason>) {
        let Some(people) = people.filter(|people| *people > 0) else {
            return;
        };
        match value {
            Some(value) => {
                self.places += 1;
                self.people += people;
                let people = people as f64;
                self.shares.push(Share { people, value });
            }
            None => {
                let reason = reason.map_or("unknown", Reason::key);
                *self.without_value.entry(reason).or_default() += 1;
                self.people_without_value += people;
            }
        }
    }

    /// Puts what was added in order.
    pub fn sort(&mut self) {
        self.shares = rising(std::mem::take(&mut self.shares));
        self.shares.shrink_to_fit();
    }

    /// All of several cells; areas stay with their cells.
    pub fn of<'t>(cells: impl Iterator<Item = &'t Tally> + Clone) -> Self {
        let mut all = Tally::default();
        let shares = cells.clone().map(|cell| cell.shares.len()).sum();
        all.shares.reserve_exact(shares);
        for cell in cells {
            all.places += cell.places;
            all.people += cell.people;
            all.shares.extend(&cell.shares);
            for (reason, places) in &cell.without_value {
                *all.without_value.entry(reason).or_default() += places;
            }
            all.people_without_value += cell.people_without_value;
        }
        all.sort();
        all
    }

    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.shares) + size_of_val(&*self.areas) + self.without_value.len() * 32
    }
}

impl AreaTally {
    pub fn add(&mut self, people: Option<i64>, value: Option<f64>, reason: Option<Reason>) {
        self.homes += 1;
        let Some(people) = people else { return };
        self.known += 1;
        self.people += people;
        if let Some(value) = value {
            self.with_value += people;
            self.held.add(people as f64 * value);
        }
        if people > 0 {
            self.reason = self.reason.or(reason);
        }
    }

    /// Adds the homes of the next cell.
    pub fn add_all(&mut self, other: &AreaTally) {
        self.homes += other.homes;
        self.known += other.known;
        self.people += other.people;
        self.with_value += other.with_value;
        self.held.add_sum(other.held);
        self.reason = self.reason.or(other.reason);
    }

    /// The people of its homes; unknown where none of them says.
    pub fn people(&self) -> Option<i64> {
        (self.homes == 0 || self.known > 0).then_some(self.people)
    }

    /// The mean of its people, or why there is none.
    pub fn mean(&self) -> (Option<f64>, Option<Reason>) {
        match self.with_value {
            people if people > 0 => match self.held.value() / people as f64 {
                0.0 => (Some(0.0), Some(Reason::NoSupplyInCatchment)),
                value => (Some(value), None),
            },
            _ => {
                let nobody = match self.known == 0 && self.homes > 0 {
                    true => Reason::NoData,
                    false => Reason::NoPopulation,
                };
                (None, Some(self.reason.unwrap_or(nobody)))
            }
        }
    }
}
