use std::sync::Arc;

use super::sums::{BandSums, Bands, Entry};
use crate::{
    city::LoadedLayer,
    index::{FeatureRef, Numbering},
};

/// The origins of one layer's features as they are found, and what they sum to.
pub struct Tally<'c> {
    pub loaded: &'c Arc<LoadedLayer>,
    pub each: BandSums,
    /// What no other origin reaches.
    pub exclusive: BandSums,
    /// What is nearest to the origin.
    pub nearest: BandSums,
    pub union: BandSums,
    numbering: Numbering,
    entry: Entry,
    near: Vec<Near>,
}

/// What is known of one feature: the nearest origin, and the cost from the next one.
#[derive(Clone, Copy)]
struct Near {
    cost: f64,
    origin: u32,
    next: f64,
}

const NOBODY: Near = Near {
    cost: f64::INFINITY,
    origin: 0,
    next: f64::INFINITY,
};

impl<'c> Tally<'c> {
    pub fn new(loaded: &'c Arc<LoadedLayer>, origins: usize, bands: &Bands) -> Self {
        let counts = loaded.layer().counts().count();
        let sums = |origins| BandSums::new(origins, bands.len(), counts);
        Tally {
            loaded,
            each: sums(origins),
            exclusive: sums(origins),
            nearest: sums(origins),
            union: sums(1),
            numbering: loaded.index.numbering(),
            entry: Entry::of(loaded),
            near: vec![NOBODY; loaded.index.features() as usize],
        }
    }

    /// Takes a feature that an origin reaches; origins come in their order, so that of two equally
    /// near ones the first keeps it.
    pub fn add(&mut self, bands: &Bands, origin: usize, feature: FeatureRef, cost: f64) {
        let entry = self.entry.read(self.loaded, feature);
        self.each.add(origin, bands.of(cost), entry);
        let near = &mut self.near[self.numbering.number(feature)];
        if cost < near.cost {
            *near = Near {
                cost,
                origin: origin as u32,
                next: near.cost,
            };
        } else {
            near.next = near.next.min(cost);
        }
    }

    /// Sums up once every origin has been searched from.
    pub fn finish(&mut self, bands: &Bands) {
        for (number, feature) in self.loaded.index.iter().enumerate() {
            let near = self.near[number];
            if near.cost.is_infinite() {
                continue;
            }
            let entry = self.entry.read(self.loaded, feature);
            let (band, origin) = (bands.of(near.cost), near.origin as usize);
            self.union.add(0, band, entry);
            self.nearest.add(origin, band, entry);
            self.exclusive.add(origin, band, entry);
            self.exclusive.take(origin, bands.of(near.next), entry);
        }
        let all = [
            &mut self.each,
            &mut self.exclusive,
            &mut self.nearest,
            &mut self.union,
        ];
        all.into_iter().for_each(BandSums::accumulate);
        self.near = Vec::new();
    }
}
