use super::Gains;

/// What some sites gain together.
pub fn value_of(gains: &Gains, sites: &[usize]) -> i64 {
    best_of(gains, sites).into_iter().sum()
}

/// What each place gains from the best of some sites for it.
pub(super) fn best_of(gains: &Gains, sites: &[usize]) -> Vec<i64> {
    let mut best = vec![0; gains.places()];
    for site in sites {
        for (place, gain) in gains.row(*site) {
            best[place] = gain.max(best[place]);
        }
    }
    best
}

/// Sites in an order in which each is the best beside those before it, the lower number of equals:
/// what planners build first.
pub fn ranked(gains: &Gains, sites: &[usize]) -> Vec<usize> {
    let mut left = sites.to_vec();
    left.sort_unstable();
    choose(gains, left, sites.len())
}

/// The best `number` of sites one after the other, at least 1 − 1/e of what the best choice gains.
///
/// # Source
/// Nemhauser, Wolsey & Fisher (1978), Mathematical Programming 14.
pub(super) fn greedy(gains: &Gains, number: usize) -> Vec<usize> {
    choose(gains, (0..gains.sites()).collect(), number)
}

/// A gain beside others never grows when more is chosen: only a site whose known gain is the
/// largest needs another look (Minoux 1978).
fn choose(gains: &Gains, sites: Vec<usize>, number: usize) -> Vec<usize> {
    use std::{cmp::Reverse, collections::BinaryHeap};
    let mut best = vec![0i64; gains.places()];
    let marginal = |site: usize, best: &[i64]| -> i64 {
        let row = gains.row(site);
        row.map(|(place, gain)| (gain - best[place]).max(0)).sum()
    };
    let known = gains.for_sites(&sites, |site| marginal(site, &best));
    // Gain, the lowest number of equals, and how many were chosen when it was known.
    let known = known.into_iter().zip(sites);
    let mut heap: BinaryHeap<(i64, Reverse<usize>, usize)> =
        known.map(|(gain, site)| (gain, Reverse(site), 0)).collect();
    let mut chosen = Vec::with_capacity(number);
    while chosen.len() < number
        && let Some((_, Reverse(site), known_at)) = heap.pop()
    {
        if known_at < chosen.len() {
            heap.push((marginal(site, &best), Reverse(site), chosen.len()));
            continue;
        }
        chosen.push(site);
        for (place, gain) in gains.row(site) {
            best[place] = gain.max(best[place]);
        }
    }
    chosen
}
