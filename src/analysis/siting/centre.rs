use std::collections::BTreeMap;

use super::{Effort, FewestSites, fewest_sites};
use crate::analysis::access::CostMatrix;

/// Sites that bring everyone near, with the proof of how near anybody could.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Centre {
    /// In the order of their numbers; fewer than allowed where more do not help.
    pub sites: Vec<usize>,
    /// The largest cost of a wanted place to the nearest of them, or to what stands already.
    pub value: u32,
    /// No choice of as many sites has a smaller one.
    pub bound: u32,
}

/// So many sites do not bring every place within the costs that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFew {
    /// At least so many are needed.
    pub least: usize,
    /// So many are enough.
    pub enough: usize,
}

/// Chooses at most `number` sites so that the largest cost of any wanted place is the smallest;
/// `present` is the cost of each place to what stands already, `u32::MAX` where that is unknown.
/// Places that neither a site nor anything standing reaches are left out. `None` where nobody waits
/// any longer.
///
/// Halves the costs that can be the answer: at each the fewest sites that leave nobody beyond it
/// are [counted](fewest_sites). Where more than `number` are proven to be needed, the answer is
/// larger.
///
/// # Errors
/// More sites are needed to reach every place at any cost of the matrix.
///
/// # Source
/// Hakimi (1964), Operations Research 12(3); Minieka (1970), SIAM Review 12(1), for the series of
/// set covers.
pub fn best_centre(
    costs: &CostMatrix,
    present: &[u32],
    is_wanted: &[bool],
    number: usize,
    effort: Effort<'_>,
) -> Option<Result<Centre, TooFew>> {
    let mut nearest = present.to_vec();
    for site in 0..costs.facilities() {
        let row = costs.row(site);
        for (place, cost) in row.places.iter().zip(row.costs) {
            let nearest = &mut nearest[*place as usize];
            *nearest = (*nearest).min(*cost);
        }
    }
    let is_reached = |place: usize| is_wanted[place] && nearest[place] < u32::MAX;
    // Nobody can be nearer than with all sites.
    let reached = (0..present.len()).filter(|place| is_reached(*place));
    let Some(least) = reached.clone().map(|place| nearest[place]).max() else {
        return Some(Ok(Centre::default()));
    };
    let mut levels = vec![least];
    let standing = reached.map(|place| present[place]);
    levels.extend(standing.filter(|cost| (least + 1..u32::MAX).contains(cost)));
    for site in 0..costs.facilities() {
        let row = costs.row(site);
        let own = row.places.iter().zip(row.costs);
        let own = own.filter(|(place, cost)| **cost > least && is_reached(**place as usize));
        levels.extend(own.map(|(_, cost)| *cost));
    }
    levels.sort_unstable();
    levels.dedup();

    // Each look has its share of the effort: halving takes as many as there are bits.
    let looks = u64::from(usize::BITS - levels.len().leading_zeros()) + 1;
    let effort = Effort {
        pairs: effort.pairs / looks,
        ..effort
    };
    let mut known: BTreeMap<usize, FewestSites> = BTreeMap::new();
    let mut look = |at: usize| -> Option<FewestSites> {
        if let Some(found) = known.get(&at) {
            return Some(found.clone());
        }
        let level = levels[at];
        let beyond = (0..present.len()).map(|place| is_reached(place) && present[place] > level);
        let beyond: Vec<bool> = beyond.collect();
        let found = fewest_sites(&costs.up_to(level), &beyond, effort)?;
        known.insert(at, found.clone());
        Some(found)
    };
    let farthest = look(levels.len() - 1)?;
    if farthest.sites.len() > number {
        return Some(Err(TooFew {
            least: farthest.bound,
            enough: farthest.sites.len(),
        }));
    }
    // `best` does at `last`; whatever is below `proven` is proven to be too little.
    let (mut last, mut best) = (levels.len() - 1, farthest.sites);
    let (mut first, mut proven) = (0, 0);
    while first < last {
        let middle = first + (last - first) / 2;
        let found = look(middle)?;
        if found.sites.len() <= number {
            (last, best) = (middle, found.sites);
            continue;
        }
        first = middle + 1;
        if found.bound > number {
            proven = middle + 1;
        }
    }
    // Looks that were not decided leave a gap: it is made as small as they allow.
    let mut open = last;
    while proven < open {
        let middle = proven + (open - proven) / 2;
        match look(middle)?.bound > number {
            true => proven = middle + 1,
            false => open = middle,
        }
    }
    Some(Ok(Centre {
        sites: best,
        value: levels[last],
        bound: levels[proven],
    }))
}
