use std::collections::{BTreeMap, BTreeSet};

use super::{Policy, rounding::round_one};
use crate::domain::{AreaCode, Flow, FlowPlace, Flows, Pair};

/// Commuting flows as they are published: without sectors, those between two places with few
/// commuters also without modes, every count rounded at random to a multiple of k. Flows that
/// become 0 are left out.
///
/// `pooled`: the pairs that were ever published without modes. They stay so, however many commute by
/// now, and those that become few are added to them.
pub fn protect_flows(flows: &Flows, policy: &Policy, pooled: &mut BTreeSet<Pair>) -> Flows {
    let places = flows.places();
    let mut pairs: BTreeMap<(usize, usize), BTreeMap<Option<&str>, i64>> = BTreeMap::new();
    for row in flows.iter() {
        let modes = pairs.entry((row.origin, row.destination)).or_default();
        let sum = modes.entry(row.mode).or_default();
        *sum = sum.saturating_add(row.commuters);
    }
    let rounded = |from: &AreaCode, to: &AreaCode, mode: Option<&str>, commuters: i64| {
        let piece = format!("flow-{}-{}", from.as_str(), to.as_str());
        round_one(policy, &piece, mode.unwrap_or(""), commuters)
    };
    let mut published = Vec::new();
    for ((origin, destination), modes) in pairs {
        let all = modes.values().fold(0_i64, |sum, n| sum.saturating_add(*n));
        let ends: [&FlowPlace; 2] = [&places[origin], &places[destination]];
        // By the rounded sum: the exact one must not show in whether modes are told.
        let sum = rounded(&ends[0].code, &ends[1].code, None, all);
        let pair = (ends[0].code.clone(), ends[1].code.clone());
        let is_pooled = sum < 2 * i64::from(policy.k()) || pooled.contains(&pair);
        let modes = match is_pooled {
            true => {
                pooled.insert(pair);
                BTreeMap::from([(None, all)])
            }
            false => modes,
        };
        for (mode, commuters) in modes {
            let commuters = rounded(&ends[0].code, &ends[1].code, mode, commuters);
            if commuters > 0 {
                published.push(Flow {
                    origin: ends[0].clone(),
                    destination: ends[1].clone(),
                    mode: mode.map(Into::into),
                    sector: None,
                    commuters,
                });
            }
        }
    }
    Flows::sum(published)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_are_multiples_of_k_and_small_ones_lose_their_modes() {
        let place = |code: &str| FlowPlace {
            code: code.parse().expect("a code"),
            is_outside: false,
        };
        let flow = |to: String, mode: &str, commuters| Flow {
            origin: place("a"),
            destination: place(&to),
            mode: Some(mode.into()),
            sector: Some("retail".into()),
            commuters,
        };
        let pairs = (0..4000).flat_map(|n| {
            let to = format!("b{n}");
            [flow(to.clone(), "rail", 3), flow(to, "bus", 2)]
        });
        let flows = Flows::sum(pairs.chain([flow("big".into(), "rail", 1234)]));
        let policy = Policy::new(10, [1; 32]).expect("a policy");
        let mut pooled = BTreeSet::new();
        let published = protect_flows(&flows, &policy, &mut pooled);
        assert!(
            published
                .iter()
                .all(|row| row.commuters % 10 == 0 && row.sector.is_none())
        );
        assert_eq!(published.modes(), ["rail"]);
        let small: i64 = published
            .iter()
            .filter(|r| r.mode.is_none())
            .map(|r| r.commuters)
            .sum();
        assert!((small - 20_000).abs() < 1500, "{small}");
        assert_eq!(published, protect_flows(&flows, &policy, &mut pooled));
    }

    #[test]
    fn modes_of_a_pair_that_was_small_once_are_never_told_again() {
        let place = |code: &str| FlowPlace {
            code: code.parse().expect("a code"),
            is_outside: false,
        };
        let flows = |commuters| {
            let flow = |mode: &str| Flow {
                origin: place("a"),
                destination: place("b"),
                mode: Some(mode.into()),
                sector: None,
                commuters,
            };
            Flows::sum([flow("rail"), flow("bus")])
        };
        let policy = Policy::new(10, [1; 32]).expect("a policy");
        let mut pooled = BTreeSet::new();
        let mut modes = |commuters| {
            let published = protect_flows(&flows(commuters), &policy, &mut pooled);
            let modes = published.iter().map(|row| row.mode.map(str::to_owned));
            modes.collect::<Vec<_>>()
        };
        assert_eq!(modes(500), [Some("bus".into()), Some("rail".into())]);
        modes(2);
        assert_eq!(modes(500), [None]);
    }
}
