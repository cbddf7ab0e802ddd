use std::collections::{HashMap, VecDeque};

use super::Capacities;

/// Who is served where.
#[derive(Clone)]
pub(super) struct Flow<'c> {
    pub of: &'c Capacities,
    is_open: Vec<bool>,
    /// People of each class that nobody serves.
    pub left: Vec<i64>,
    /// By pair of a class and a site.
    given: Vec<i64>,
    pub used: Vec<i64>,
    pub total: i64,
    /// Pairs looked at so far.
    pub looked: usize,
}

impl<'c> Flow<'c> {
    pub fn new(of: &'c Capacities) -> Self {
        Flow {
            of,
            is_open: vec![false; of.capacity.len()],
            left: of.people.clone(),
            given: vec![0; of.sites.len()],
            used: vec![0; of.capacity.len()],
            total: 0,
            looked: 0,
        }
    }

    fn give(&mut self, class: usize, site: usize, people: i64) {
        self.given[self.of.pair(class, site)] += people;
    }

    /// Opens a site: it takes who is left in its reach, then makes room elsewhere for others.
    pub fn open(&mut self, site: usize) {
        if std::mem::replace(&mut self.is_open[site], true) {
            return;
        }
        while self.used[site] < self.of.capacity[site] && self.take(site) {}
    }

    /// Brings some more people to a site with room: those left in the reach of it or, along a chain
    /// of sites each taking people of the next, in the reach of another.
    fn take(&mut self, site: usize) -> bool {
        // For each site in the chain the one that takes from it, and whom.
        let mut taker: HashMap<usize, (usize, usize)> = HashMap::new();
        let mut open = VecDeque::from([site]);
        while let Some(at) = open.pop_front() {
            let mut has_taken = false;
            for class in &self.of.classes_of[at] {
                let class = *class as usize;
                self.looked += 1;
                if self.left[class] > 0 {
                    has_taken |= self.pull(site, at, class, &taker);
                    if self.used[site] == self.of.capacity[site] {
                        return true;
                    }
                }
            }
            if has_taken {
                return true;
            }
            for class in &self.of.classes_of[at] {
                let class = *class as usize;
                for pair in self.of.pairs(class) {
                    let (other, given) = (self.of.sites[pair], self.given[pair]);
                    let other = other as usize;
                    self.looked += 1;
                    if given > 0 && other != site && !taker.contains_key(&other) {
                        taker.insert(other, (at, class));
                        open.push_back(other);
                    }
                }
            }
        }
        false
    }

    /// Gives people of a class to `at`, and as many from each site of the chain to the one before.
    fn pull(
        &mut self,
        site: usize,
        at: usize,
        class: usize,
        taker: &HashMap<usize, (usize, usize)>,
    ) -> bool {
        let mut people = self.left[class].min(self.of.capacity[site] - self.used[site]);
        let mut step = at;
        while let Some((next, moved)) = taker.get(&step) {
            people = people.min(self.given[self.of.pair(*moved, step)]);
            step = *next;
        }
        if people <= 0 {
            return false;
        }
        self.left[class] -= people;
        self.give(class, at, people);
        let mut step = at;
        while let Some((next, moved)) = taker.get(&step) {
            self.give(*moved, step, -people);
            self.give(*moved, *next, people);
            step = *next;
        }
        self.used[site] += people;
        self.total += people;
        true
    }

    /// By class, whether somebody of it waits or would if others were served instead: the near side
    /// of the smallest cut. Every open site in reach of such a class is full of such people, and all
    /// of the other classes are served: that proves the flow the largest.
    pub fn waiting(&self) -> Vec<bool> {
        let mut waits: Vec<bool> = self.left.iter().map(|left| *left > 0).collect();
        let mut open: Vec<usize> = (0..waits.len()).filter(|class| waits[*class]).collect();
        let mut is_seen = vec![false; self.is_open.len()];
        while let Some(class) = open.pop() {
            for pair in self.of.pairs(class) {
                let site = self.of.sites[pair] as usize;
                if !self.is_open[site] || std::mem::replace(&mut is_seen[site], true) {
                    continue;
                }
                for served in &self.of.classes_of[site] {
                    let served = *served as usize;
                    if !waits[served] && self.given[self.of.pair(served, site)] > 0 {
                        waits[served] = true;
                        open.push(served);
                    }
                }
            }
        }
        waits
    }
}
