use std::collections::{BTreeMap, BTreeSet};

use super::{
    Policy,
    held::has_moved,
    rounding::round_one,
    shown::{FlowRows, Modes, ShownFlows},
};
use crate::domain::{AreaCode, Flow, FlowPlace, Flows, Pair};

/// Commuting flows as they are published: without sectors, those between two places with few
/// commuters also without modes, every count rounded at random to a multiple of k. Flows that
/// become 0 are left out.
///
/// `pooled`: the pairs that were ever published without modes. They stay so, however many commute by
/// now, and those that become few are added to them. `shown`: the exact counts behind the last
/// publication; a count shows as it is once it moved by k. Answers those behind this one too.
pub(super) fn protect_flows(
    flows: &Flows,
    policy: &Policy,
    pooled: &mut BTreeSet<Pair>,
    shown: Option<&ShownFlows>,
) -> (Flows, ShownFlows) {
    let places = flows.places();
    let is_outside: BTreeMap<&AreaCode, bool> =
        places.iter().map(|p| (&p.code, p.is_outside)).collect();
    let mut now = FlowRows::new();
    for row in flows.iter() {
        let ends = [row.origin, row.destination].map(|place| places[place].code.clone());
        let modes = now.entry(ends.into()).or_default();
        let sum = modes.entry(row.mode.map(Into::into)).or_default();
        *sum = sum.saturating_add(row.commuters);
    }
    let known = shown.into_iter().flat_map(|shown| shown.rows.keys());
    let pairs: BTreeSet<Pair> = now.keys().chain(known).cloned().collect();
    let (mut published, mut rows) = (Vec::new(), FlowRows::new());
    let mut past = shown.map_or_else(BTreeMap::new, |shown| shown.past.clone());
    for pair in pairs {
        let mut modes = now.remove(&pair).unwrap_or_default();
        if pooled.contains(&pair) {
            modes = Modes::from([(None, all(&modes))]);
        }
        if let Some(shown) = shown {
            let (last, earlier) = (shown.rows.get(&pair), shown.past.get(&pair));
            modes = held(modes, last, policy.k());
            let earlier = earlier.map_or(&[][..], Vec::as_slice);
            modes = as_before(modes, last, earlier, policy.k());
            if let Some(last) = last.filter(|last| **last != modes) {
                past.entry(pair.clone()).or_default().push(last.clone());
            }
        }
        if all(&modes) == 0 {
            continue;
        }
        // By the rounded sum: the exact one must not show in whether modes are told.
        let is_few = rounded(policy, &pair, None, all(&modes)) < 2 * i64::from(policy.k());
        if is_few || pooled.contains(&pair) {
            pooled.insert(pair.clone());
            modes = Modes::from([(None, all(&modes))]);
        }
        for (mode, commuters) in &modes {
            let commuters = rounded(policy, &pair, mode.as_deref(), *commuters);
            if commuters > 0 {
                let place = |code: &AreaCode| FlowPlace {
                    code: code.clone(),
                    is_outside: is_outside.get(code).copied().unwrap_or_default(),
                };
                published.push(Flow {
                    origin: place(&pair.0),
                    destination: place(&pair.1),
                    mode: mode.clone(),
                    sector: None,
                    commuters,
                });
            }
        }
        rows.insert(pair, modes);
    }
    (Flows::sum(published), ShownFlows { rows, past })
}

/// The commuters of a pair by mode, where what is other than last but comes near to what was shown
/// before is what it was.
fn as_before(now: Modes, last: Option<&Modes>, earlier: &[Modes], k: u32) -> Modes {
    let shares = |then: &&Modes| then.keys().any(|mode| now.contains_key(mode));
    let last = last.filter(shares);
    let earlier: Vec<&Modes> = earlier.iter().rev().filter(shares).collect();
    let modes = now
        .keys()
        .chain(earlier.iter().flat_map(|then| then.keys()));
    let modes: BTreeSet<_> = modes.cloned().collect();
    let settled = modes.into_iter().map(|mode| {
        let own = of(&now, &mode);
        let is_as_last = last.is_some_and(|last| of(last, &mode) == own);
        let mut known = earlier.iter().map(|then| of(then, &mode));
        let near = known.find(|then| !is_as_last && !has_moved(own, *then, k));
        (mode, near.unwrap_or(own))
    });
    settled.filter(|(_, commuters)| *commuters > 0).collect()
}

fn of(modes: &Modes, mode: &Option<Box<str>>) -> i64 {
    modes.get(mode).copied().unwrap_or(0)
}

fn all(modes: &Modes) -> i64 {
    modes.values().fold(0, |sum: i64, n| sum.saturating_add(*n))
}

fn rounded(policy: &Policy, (from, to): &Pair, mode: Option<&str>, commuters: i64) -> i64 {
    let piece = format!("flow-{}-{}", from.as_str(), to.as_str());
    round_one(policy, &piece, mode.unwrap_or(""), commuters)
}

/// The commuters of a pair as they show: each count waits until it moved by k; a pair that was not
/// told before, or by other modes, until all of it did.
fn held(now: Modes, shown: Option<&Modes>, k: u32) -> Modes {
    let none = Modes::new();
    let shown = shown.unwrap_or(&none);
    if !now.keys().any(|mode| shown.contains_key(mode)) {
        return match has_moved(all(&now), all(shown), k) {
            true => now,
            false => shown.clone(),
        };
    }
    let modes: BTreeSet<_> = now.keys().chain(shown.keys()).cloned().collect();
    let held = modes.into_iter().map(|mode| {
        let (now, shown) = (of(&now, &mode), of(shown, &mode));
        let commuters = if has_moved(now, shown, k) { now } else { shown };
        (mode, commuters)
    });
    held.collect()
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
        let (published, shown) = protect_flows(&flows, &policy, &mut pooled, None);
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
        let again = protect_flows(&flows, &policy, &mut pooled, Some(&shown));
        assert_eq!(again, (published, shown));
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
            let (published, _) = protect_flows(&flows(commuters), &policy, &mut pooled, None);
            let modes = published.iter().map(|row| row.mode.map(str::to_owned));
            modes.collect::<Vec<_>>()
        };
        assert_eq!(modes(500), [Some("bus".into()), Some("rail".into())]);
        modes(2);
        assert_eq!(modes(500), [None]);
    }

    #[test]
    fn pairs_that_go_and_come_back_and_modes_that_are_told_anew_lose_nothing() {
        let place = |code: &str| FlowPlace {
            code: code.parse().expect("a code"),
            is_outside: false,
        };
        let flows = |modes: &[(Option<&str>, i64)]| {
            let flow = |(mode, commuters): &(Option<&str>, i64)| Flow {
                origin: place("a"),
                destination: place("b"),
                mode: mode.map(Into::into),
                sector: None,
                commuters: *commuters,
            };
            Flows::sum(modes.iter().map(flow))
        };
        let policy = Policy::new(10, [1; 32]).expect("a policy");
        let (mut pooled, mut shown) = (BTreeSet::new(), None);
        let mut publish = |modes: &[(Option<&str>, i64)]| {
            let known: Option<ShownFlows> = shown.take();
            let (published, rows) =
                protect_flows(&flows(modes), &policy, &mut pooled, known.as_ref());
            shown = Some(rows);
            let told = published
                .iter()
                .map(|row| (row.mode.map(str::to_owned), row.commuters));
            told.collect::<Vec<_>>()
        };
        let two = [(Some("rail"), 900), (Some("bus"), 400)];
        let first = publish(&two);
        assert_eq!(first.len(), 2);
        // One who comes or goes is not seen.
        assert_eq!(publish(&[(Some("rail"), 901), (Some("bus"), 395)]), first);
        // Left out once by mistake.
        assert_eq!(publish(&[]), []);
        assert_eq!(publish(&[(Some("rail"), 905), (Some("bus"), 400)]), first);
        // Nor one of another mode, nor that all few of a mode are gone.
        assert_eq!(publish(&[]), []);
        let more = [(Some("rail"), 905), (Some("bus"), 400), (Some("walk"), 6)];
        assert_eq!(publish(&more), first);
        let three = [(Some("rail"), 905), (Some("bus"), 400), (Some("walk"), 16)];
        let third = publish(&three);
        assert_eq!(publish(&[]), []);
        assert_eq!(publish(&three[..2]), first);
        assert_ne!(third, first);
        assert_eq!(publish(&more), first);
        assert_eq!(publish(&[]), []);
        assert_eq!(publish(&two), first);
        // All of it by other modes.
        let other = [(Some("walk"), 650), (Some("bicycle"), 651)];
        assert_eq!(publish(&other), first);
        assert_eq!(
            publish(&[(Some("walk"), 650), (Some("bicycle"), 750)]).len(),
            2
        );
        publish(&[]);
        let without = publish(&[(None, 25)]);
        assert_eq!(without.len(), 1);
        let few = [(Some("rail"), 9), (Some("bus"), 9), (Some("walk"), 7)];
        assert_eq!(publish(&few), without);
    }
}
