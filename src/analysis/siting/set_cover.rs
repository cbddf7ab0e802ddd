//! The fewest sites that cover every place (集合覆盖).

mod component;
mod reduce;

use std::collections::{BTreeMap, HashMap};

use super::{Effort, effort::Budget};
use crate::analysis::access::CostMatrix;

/// The fewest sites that cover what can be covered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FewestSites {
    /// In the order of their numbers.
    pub sites: Vec<usize>,
    /// No choice of fewer sites covers the same.
    pub bound: usize,
    /// Places that no site covers.
    pub infeasible: Vec<usize>,
}

/// Places that want the same sites, by number; sites by what they cover.
#[derive(Clone, Debug, Default)]
pub(super) struct Cover {
    /// The sites of each place, in order.
    pub places: Vec<Vec<u32>>,
}

/// Chooses the fewest sites so that each wanted place has one that covers it; places that none
/// covers are told and left out. `None` where nobody waits any longer.
///
/// What makes no difference is taken out first: places whose wish another place's fulfils, sites
/// that another one replaces. What is left falls into parts that share no site; each is searched
/// through by Lagrangian bounds.
///
/// # Source
/// Toregas, Swain, ReVelle & Bergman (1971), Operations Research 19(6); Beasley (1987), European
/// Journal of Operational Research 31(1), for reductions and bounds.
pub fn fewest_sites(
    costs: &CostMatrix,
    is_wanted: &[bool],
    effort: Effort<'_>,
) -> Option<FewestSites> {
    let mut budget = Budget::new(effort);
    let by_place = costs.transposed();
    let mut found = FewestSites::default();
    let mut known: HashMap<&[u32], ()> = HashMap::new();
    let mut cover = Cover::default();
    for (place, _) in is_wanted.iter().enumerate().filter(|(_, wanted)| **wanted) {
        let sites = by_place.row(place).places;
        if sites.is_empty() {
            found.infeasible.push(place);
        } else if known.insert(sites, ()).is_none() {
            cover.places.push(sites.to_vec());
        }
    }
    budget.spend(costs.pairs());
    found.sites = reduce::reduce(&mut cover, costs.facilities(), &mut budget)?;
    found.bound = found.sites.len();
    let parts = components(cover, costs.facilities());
    let pairs = |part: &Cover| {
        part.places
            .iter()
            .map(|sites| sites.len() as u64)
            .sum::<u64>()
    };
    let mut pairs_left: u64 = parts.iter().map(pairs).sum();
    for part in parts {
        let own = pairs(&part);
        let share = budget.share(1) as u128 * u128::from(own) / u128::from(pairs_left.max(1));
        pairs_left -= own;
        let effort = Effort {
            pairs: share as u64,
            ..effort
        };
        let (sites, bound, used) = component::solve(&part, effort)?;
        budget.spend(used as usize);
        found.sites.extend(sites);
        found.bound += bound;
    }
    found.sites.sort_unstable();
    Some(found)
}

/// Parts that share no site, in the order of their first place.
fn components(cover: Cover, sites: usize) -> Vec<Cover> {
    let mut above: Vec<u32> = (0..sites as u32).collect();
    fn top(above: &mut [u32], mut site: u32) -> u32 {
        while above[site as usize] != site {
            above[site as usize] = above[above[site as usize] as usize];
            site = above[site as usize];
        }
        site
    }
    for place in &cover.places {
        let first = top(&mut above, place[0]);
        for site in &place[1..] {
            let other = top(&mut above, *site);
            let first = top(&mut above, first);
            above[other.max(first) as usize] = other.min(first);
        }
    }
    let mut parts: BTreeMap<u32, Cover> = BTreeMap::new();
    for place in cover.places {
        let part = top(&mut above, place[0]);
        parts.entry(part).or_default().places.push(place);
    }
    parts.into_values().collect()
}
