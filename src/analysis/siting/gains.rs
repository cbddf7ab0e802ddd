use std::collections::HashMap;

use rayon::prelude::*;

use crate::analysis::access::CostMatrix;

/// What each site would gain each place over what it has already, sparse: a row for each site.
///
/// Of several sites a place takes the one that gains it most, so the gain of a choice is
/// `Σ_place max over chosen sites`. Cover and p-median are both of this form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gains {
    places: usize,
    starts: Vec<usize>,
    place: Vec<u32>,
    gain: Vec<i64>,
}

/// Rows that are worth sharing out among threads.
const SHARED_PAIRS: usize = 1 << 18;

impl Gains {
    /// Gains of the maximal covering problem (最大覆盖): a place that is not covered yet gains its
    /// weight from any site that it has a cost to. Places that the same sites cover count as one,
    /// which changes no value.
    ///
    /// # Arguments
    /// * `costs` - row = site, with the places it covers
    /// * `weights` - people of each place, >= 0
    /// * `is_covered` - by what stands already
    ///
    /// # Source
    /// Church & ReVelle (1974), Papers of the RSA 32.
    pub fn cover(costs: &CostMatrix, weights: &[i64], is_covered: &[bool]) -> Self {
        let by_place = costs.transposed();
        let mut classes: HashMap<&[u32], u32> = HashMap::new();
        let mut class_weights: Vec<i64> = Vec::new();
        let mut class_of = vec![u32::MAX; weights.len()];
        for place in 0..weights.len() {
            let sites = by_place.row(place).places;
            if is_covered[place] || weights[place] <= 0 || sites.is_empty() {
                continue;
            }
            let next = class_weights.len() as u32;
            let class = *classes.entry(sites).or_insert(next);
            if class == next {
                class_weights.push(0);
                // The first place of a class stands for it.
                class_of[place] = class;
            }
            class_weights[class as usize] += weights[place];
        }
        let mut gains = Gains::empty(class_weights.len());
        for site in 0..costs.facilities() {
            let places = costs.row(site).places.iter();
            let own = places.map(|place| class_of[*place as usize]);
            for class in own.filter(|class| *class != u32::MAX) {
                gains.place.push(class);
                gains.gain.push(class_weights[class as usize]);
            }
            gains.starts.push(gains.place.len());
        }
        gains
    }

    /// Gains of the p-median problem: cost that the people of a place are spared, `weight ·
    /// (present − cost)` where a site is nearer than what they have at present.
    ///
    /// # Arguments
    /// * `present` - the cost of each place now: to the nearest of what stands, else a penalty
    ///
    /// # Source
    /// Hakimi (1964), Operations Research 12(3); ReVelle & Swain (1970), Geographical Analysis 2(1).
    pub fn median(costs: &CostMatrix, weights: &[i64], present: &[u32]) -> Self {
        let mut gains = Gains::empty(weights.len());
        for site in 0..costs.facilities() {
            let row = costs.row(site);
            for (place, cost) in row.places.iter().zip(row.costs) {
                let at = *place as usize;
                if weights[at] > 0 && *cost < present[at] {
                    gains.place.push(*place);
                    gains
                        .gain
                        .push(weights[at] * i64::from(present[at] - *cost));
                }
            }
            gains.starts.push(gains.place.len());
        }
        gains
    }

    fn empty(places: usize) -> Self {
        Gains {
            places,
            starts: vec![0],
            place: Vec::new(),
            gain: Vec::new(),
        }
    }

    pub fn sites(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn places(&self) -> usize {
        self.places
    }

    pub fn pairs(&self) -> usize {
        self.place.len()
    }

    /// The places that a site gains something, with how much.
    #[inline]
    pub(super) fn row(&self, site: usize) -> impl ExactSizeIterator<Item = (usize, i64)> + '_ {
        let pairs = self.starts[site]..self.starts[site + 1];
        let places = self.place[pairs.clone()].iter();
        places
            .zip(&self.gain[pairs])
            .map(|(place, gain)| (*place as usize, *gain))
    }

    /// Pairs of some sites.
    pub(super) fn pairs_of(&self, sites: &[usize]) -> usize {
        let pairs = |site: &usize| self.starts[site + 1] - self.starts[*site];
        sites.iter().map(pairs).sum()
    }

    /// Something of each of some sites, by threads where that pays; the same for any number of them.
    pub(super) fn for_sites<T: Send>(
        &self,
        sites: &[usize],
        each: impl Fn(usize) -> T + Sync,
    ) -> Vec<T> {
        if self.pairs_of(sites) < SHARED_PAIRS {
            return sites.iter().map(|site| each(*site)).collect();
        }
        sites.par_iter().map(|site| each(*site)).collect()
    }
}
