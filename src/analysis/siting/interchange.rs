use super::{Gains, effort::Budget};

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

    /// The most that a site gains in the place of one of the chosen, and which; all exchanges in one
    /// look at its row (Whitaker 1983).
    fn exchange(&self, gains: &Gains, site: usize) -> (i64, usize) {
        let mut gained = 0;
        let mut kept = vec![0i64; self.losses.len()];
        for (place, gain) in gains.row(site) {
            let (best, position) = self.best[place];
            gained += (gain - best).max(0);
            if position != NOBODY && gain > self.second[place] {
                // Without its site this place falls back to the new one, not to the second.
                kept[position as usize] += gain.min(best) - self.second[place];
            }
        }
        let profits = self.losses.iter().zip(&kept).enumerate();
        let profits = profits.map(|(position, (lost, kept))| (gained - lost + kept, position));
        // Of equals the first.
        profits.fold(
            (i64::MIN, 0),
            |best, next| {
                if next.0 > best.0 { next } else { best }
            },
        )
    }
}

/// Exchanges a chosen site for another as long as that gains (Teitz & Bart 1968), the best exchange
/// first. Returns what the sites gain; `None` where nobody waits.
pub(super) fn interchange(
    gains: &Gains,
    sites: &mut [usize],
    among: &[usize],
    budget: &mut Budget<'_>,
) -> Option<i64> {
    loop {
        budget.check()?;
        let held = Held::of(gains, sites);
        let value = held.best.iter().map(|best| best.0).sum();
        let others: Vec<usize> = among
            .iter()
            .copied()
            .filter(|site| !sites.contains(site))
            .collect();
        if sites.is_empty() || others.is_empty() || !budget.is_left() {
            return Some(value);
        }
        let exchanges = gains.for_sites(&others, |site| held.exchange(gains, site));
        budget.spend(gains.pairs_of(&others) + sites.len() * others.len());
        let best = exchanges.iter().zip(&others);
        let best = best.fold((0, 0, 0), |best, ((profit, position), site)| {
            match *profit > best.0 {
                true => (*profit, *position, *site),
                false => best,
            }
        });
        if best.0 <= 0 {
            return Some(value);
        }
        sites[best.1] = best.2;
    }
}
