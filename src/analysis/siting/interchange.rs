use super::{Gains, columns::Columns, effort::Budget};

/// What places have from a choice of sites.
struct Held {
    /// The best gain of each place, and the position of its site in the choice.
    best: Vec<(i64, u32)>,
    /// The gain of the next best.
    second: Vec<i64>,
    /// By position: what is lost without that site.
    losses: Vec<i64>,
}

const NOBODY: u32 = u32::MAX;

impl Held {
    fn of(gains: &Gains, sites: &[usize]) -> Self {
        let mut best = vec![(0, NOBODY); gains.places()];
        let mut second = vec![0; gains.places()];
        for (position, site) in (0u32..).zip(sites) {
            for (place, gain) in gains.row(*site) {
                if gain > best[place].0 {
                    second[place] = best[place].0;
                    best[place] = (gain, position);
                } else if gain > second[place] {
                    second[place] = gain;
                }
            }
        }
        let mut losses = vec![0; sites.len()];
        for ((gain, position), second) in best.iter().zip(&second) {
            if *position != NOBODY {
                losses[*position as usize] += gain - second;
            }
        }
        Held {
            best,
            second,
            losses,
        }
    }

    /// The best exchange of one of the chosen for another site: what it gains, the position given up
    /// and the site taken; of equals the first. All exchanges in one look at the pairs that gain a
    /// place more than its second best (Whitaker 1983).
    fn best_exchange(
        &self,
        columns: &Columns,
        sites: &[usize],
        count: usize,
        budget: &mut Budget<'_>,
    ) -> Option<(i64, usize, usize)> {
        // By site: what it gains beside all, then what it keeps of the loss of each position.
        let width = sites.len() + 1;
        let (sums, looked) = columns.sums(
            count * width,
            |place| self.second[place],
            |place, (others, gains), sums| {
                let ((best, position), second) = (self.best[place], self.second[place]);
                for (site, gain) in others.iter().zip(gains) {
                    let own = &mut sums[*site as usize * width..][..width];
                    own[0] += (gain - best).max(0);
                    if position != NOBODY {
                        // Without its site this place falls back to the new one, not to the second.
                        own[1 + position as usize] += (*gain).min(best) - second;
                    }
                }
            },
        );
        budget.spend(looked + count * width);
        let mut is_chosen = vec![false; count];
        sites.iter().for_each(|site| is_chosen[*site] = true);
        let mut found: Option<(i64, usize, usize)> = None;
        for site in (0..count).filter(|site| !is_chosen[*site]) {
            let own = &sums[site * width..][..width];
            for (position, (lost, kept)) in self.losses.iter().zip(&own[1..]).enumerate() {
                let profit = own[0] - lost + kept;
                if found.is_none_or(|best| profit > best.0) {
                    found = Some((profit, position, site));
                }
            }
        }
        found
    }
}

/// Exchanges a chosen site for another as long as that gains (Teitz & Bart 1968), the best exchange
/// first. Returns what the sites gain; `None` where nobody waits.
pub(super) fn interchange(
    gains: &Gains,
    columns: &Columns,
    sites: &mut [usize],
    budget: &mut Budget<'_>,
) -> Option<i64> {
    loop {
        budget.check()?;
        let held = Held::of(gains, sites);
        budget.spend(gains.pairs_of(sites) + gains.places());
        let value = held.best.iter().map(|best| best.0).sum();
        if !budget.is_left() {
            return Some(value);
        }
        match held.best_exchange(columns, sites, gains.sites(), budget) {
            Some((profit, position, site)) if profit > 0 => sites[position] = site,
            _ => return Some(value),
        }
    }
}
