use proptest::prelude::*;

use super::*;
use crate::analysis::access::{CostMatrix, RowBuilder};

/// Costs by place, then site; what is above the cutoff is no pair.
fn costs_within(by_place: &[Vec<u32>], cutoff: u32) -> CostMatrix {
    let sites = by_place.first().map_or(0, Vec::len);
    let mut costs = CostMatrix::new(by_place.len(), 1.0);
    for site in 0..sites {
        let mut row = RowBuilder::default();
        for (place, own) in by_place.iter().enumerate() {
            if own[site] <= cutoff {
                row.push(place as u32, own[site]);
            }
        }
        row.sort();
        costs.push(&row);
    }
    costs
}

/// Metric reference, vector V5.
const WEIGHTS: [i64; 5] = [10, 20, 30, 40, 25];

fn v5() -> Vec<Vec<u32>> {
    vec![
        vec![2, 9, 9, 6],
        vec![4, 3, 9, 9],
        vec![9, 2, 5, 9],
        vec![9, 9, 4, 3],
        vec![9, 7, 9, 2],
    ]
}

fn best(gains: &Gains, number: usize) -> Siting {
    best_sites(gains, number, Effort::default()).expect("somebody waits")
}

#[test]
fn cover_of_vector_v5() {
    let gains = Gains::cover(&costs_within(&v5(), 4), &WEIGHTS, &[false; 5]);
    let one = best(&gains, 1);
    assert_eq!((&one.sites[..], one.value, one.bound), (&[3][..], 65, 65));
    let two = best(&gains, 2);
    assert_eq!(
        (&two.sites[..], two.value, two.bound),
        (&[3, 1][..], 115, 115)
    );
}

#[test]
fn median_of_vector_v5() {
    let costs = costs_within(&v5(), u32::MAX);
    let gains = Gains::median(&costs, &WEIGHTS, &[100; 5]);
    let all = 100 * WEIGHTS.iter().sum::<i64>();
    let one = best(&gains, 1);
    assert_eq!((&one.sites[..], all - one.value), (&[3][..], 680));
    let two = best(&gains, 2);
    assert_eq!((&two.sites[..], all - two.value), (&[3, 1][..], 350));
    assert!(one.is_proven() && two.is_proven());
}

#[test]
fn the_farthest_of_vector_v5() {
    let find = |number, cutoff| {
        let costs = costs_within(&v5(), cutoff);
        let found = best_centre(
            &costs,
            &[u32::MAX; 5],
            &[true; 5],
            number,
            Effort::default(),
        );
        found.expect("somebody waits")
    };
    // One site leaves somebody 9 away, two 6: the first place from the fourth site.
    assert_eq!(
        find(1, 9).map(|found| (found.value, found.bound)),
        Ok((9, 9))
    );
    let two = find(2, 9).expect("sites");
    assert_eq!((&two.sites[..], two.value, two.bound), (&[1, 3][..], 6, 6));
    let three = find(3, 9).expect("sites");
    assert_eq!((&three.sites[..], three.value), (&[0, 1, 3][..], 3));
    // More do not help; within 4 two are too few.
    assert_eq!(find(4, 9).expect("sites").value, 3);
    assert_eq!(
        find(2, 4),
        Err(TooFew {
            least: 3,
            enough: 3
        })
    );
}

#[test]
fn the_fewest_sites_of_vector_v5() {
    let found = fewest_sites(&costs_within(&v5(), 4), &[true; 5], Effort::default());
    let found = found.expect("somebody waits");
    assert_eq!((&found.sites[..], found.bound), (&[0, 1, 3][..], 3));
    let found = fewest_sites(&costs_within(&v5(), 2), &[true; 5], Effort::default());
    let found = found.expect("somebody waits");
    assert_eq!(found.infeasible, [1, 3]);
    assert_eq!((&found.sites[..], found.bound), (&[0, 1, 3][..], 3));
}

#[test]
fn what_stands_already_gains_nothing_again() {
    let costs = costs_within(&v5(), 4);
    // Site 4 stands: it covers the last two places.
    let gains = Gains::cover(&costs, &WEIGHTS, &[false, false, false, true, true]);
    let found = best(&gains, 1);
    assert_eq!((&found.sites[..], found.value), (&[1][..], 50));
    let more = best(&gains, 9);
    assert_eq!((more.sites.len(), more.value), (4, 60));
}

#[test]
fn nobody_waits() {
    let gains = Gains::cover(&costs_within(&v5(), 4), &WEIGHTS, &[false; 5]);
    let effort = Effort {
        go_on: &|| false,
        ..Effort::default()
    };
    assert_eq!(best_sites(&gains, 2, effort), None);
}

#[test]
fn limited_sites_share_people_out() {
    // One place of 100 that both sites reach, one of 50 that only the second does.
    let costs = costs_within(&[vec![1, 1], vec![9, 1]], 5);
    let capacities = Capacities::new(&costs, &[100, 50], vec![80, 70]);
    let served = serve(&capacities, &[1, 0]);
    assert_eq!((served.total, &served.by_site[..]), (150, &[80, 70][..]));
    let found = best_limited_sites(&capacities, &[0], &[1], 1, Effort::default());
    let found = found.expect("somebody waits");
    assert_eq!((found.value, found.bound), (70, 70));
}

fn choices(sites: usize, number: usize) -> impl Iterator<Item = Vec<usize>> {
    let sets = (0u32..1 << sites).filter(move |set| set.count_ones() as usize == number);
    sets.map(move |set| (0..sites).filter(|site| set >> site & 1 == 1).collect())
}

/// Small towns: costs of places to sites, people, what is covered, sites to choose.
fn towns() -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<i64>, Vec<bool>, usize)> {
    (2usize..9, 1usize..14).prop_flat_map(|(sites, places)| {
        (
            prop::collection::vec(prop::collection::vec(0u32..30, sites), places),
            prop::collection::vec(0i64..40, places),
            prop::collection::vec(prop::bool::weighted(0.2), places),
            1..=sites,
        )
    })
}

proptest! {
    #[test]
    fn the_best_of_all_choices_is_found_and_proven((costs, weights, covered, number) in towns()) {
        let matrix = costs_within(&costs, 12);
        let present: Vec<u32> = (0..weights.len()).map(|at| 13 + at as u32 % 5).collect();
        for gains in [
            Gains::cover(&matrix, &weights, &covered),
            Gains::median(&matrix, &weights, &present),
        ] {
            let found = best(&gains, number);
            let all = choices(gains.sites(), number);
            let wanted = all.map(|sites| value_of(&gains, &sites)).max();
            prop_assert_eq!(Some(found.value), wanted);
            prop_assert_eq!(found.bound, found.value);
            prop_assert_eq!(value_of(&gains, &found.sites), found.value);
            prop_assert_eq!(found.sites.len(), number);
        }
    }

    #[test]
    fn no_choice_brings_everyone_nearer((costs, weights, _, number) in towns()) {
        let matrix = costs_within(&costs, 20);
        // Something stands near some places.
        let stands = |at: usize| if at.is_multiple_of(3) { 5 + at as u32 } else { u32::MAX };
        let present: Vec<u32> = (0..weights.len()).map(stands).collect();
        let wanted: Vec<bool> = weights.iter().map(|people| *people > 0).collect();
        let best = best_centre(&matrix, &present, &wanted, number, Effort::default());
        let best = best.expect("somebody waits");
        let all: Vec<usize> = (0..costs[0].len()).collect();
        let cost = |at: usize, sites: &[usize]| {
            let own = sites.iter().map(|site| costs[at][*site]).filter(|cost| *cost <= 20);
            own.min().unwrap_or(u32::MAX).min(present[at])
        };
        let reached: Vec<usize> = (0..weights.len())
            .filter(|at| wanted[*at] && cost(*at, &all) < u32::MAX)
            .collect();
        let largest = |sites: &[usize]| reached.iter().map(|at| cost(*at, sites)).max().unwrap_or(0);
        let of = |number| choices(costs[0].len(), number).map(|sites| largest(&sites)).min();
        let least = of(number).expect("a choice");
        match best {
            Ok(found) => {
                prop_assert_eq!((found.value, found.bound), (least, least));
                prop_assert_eq!(largest(&found.sites), least);
                prop_assert!(found.sites.len() <= number);
            }
            Err(few) => {
                prop_assert_eq!(least, u32::MAX);
                prop_assert!(number < few.least && few.least <= few.enough);
                prop_assert_eq!(of(few.enough).map(|cost| cost < u32::MAX), Some(true));
                prop_assert_eq!(of(few.least - 1), Some(u32::MAX));
            }
        }
    }

    #[test]
    fn a_value_counts_people_and_costs((costs, weights, covered, number) in towns()) {
        let matrix = costs_within(&costs, 12);
        let sites: Vec<usize> = (0..number).collect();
        let nearest = |at: usize| sites.iter().map(|site| costs[at][*site]).min().unwrap_or(99);
        let gains = Gains::cover(&matrix, &weights, &covered);
        let newly = (0..weights.len()).filter(|at| !covered[*at] && nearest(*at) <= 12);
        prop_assert_eq!(value_of(&gains, &sites), newly.map(|at| weights[at]).sum::<i64>());
        let gains = Gains::median(&matrix, &weights, &vec![13; weights.len()]);
        let spared = (0..weights.len()).map(|at| weights[at] * i64::from(13 - nearest(at).min(13)));
        prop_assert_eq!(value_of(&gains, &sites), spared.sum::<i64>());
    }

    #[test]
    fn no_fewer_sites_cover_all((costs, _, covered, _) in towns()) {
        let matrix = costs_within(&costs, 9);
        let wanted: Vec<bool> = covered.iter().map(|covered| !covered).collect();
        let found = fewest_sites(&matrix, &wanted, Effort::default()).expect("somebody waits");
        let can = |sites: &[usize]| (0..costs.len()).all(|at| {
            !wanted[at] || found.infeasible.contains(&at)
                || sites.iter().any(|site| costs[at][*site] <= 9)
        });
        prop_assert!(can(&found.sites));
        prop_assert_eq!(found.bound, found.sites.len());
        for fewer in 0..found.sites.len() {
            prop_assert!(choices(costs[0].len(), fewer).all(|sites| !can(&sites)));
        }
        for at in 0..costs.len() {
            let is_lost = wanted[at] && costs[at].iter().all(|cost| *cost > 9);
            prop_assert_eq!(found.infeasible.contains(&at), is_lost);
        }
    }

    #[test]
    fn no_choice_of_limited_sites_serves_more((costs, weights, _, number) in towns()) {
        let matrix = costs_within(&costs, 12);
        let capacity: Vec<i64> = (0..costs[0].len() as i64).map(|site| 10 + 13 * site % 40).collect();
        let capacities = Capacities::new(&matrix, &weights, capacity.clone());
        let candidates: Vec<usize> = (1..costs[0].len()).collect();
        let number = number.min(candidates.len());
        let found = best_limited_sites(&capacities, &[0], &candidates, number, Effort::default());
        let found = found.expect("somebody waits");
        let alone = serve(&capacities, &[0]);
        let with = |sites: &[usize]| serve(&capacities, &[&[0], sites].concat());
        let most = choices(candidates.len(), number)
            .map(|chosen| chosen.iter().map(|at| candidates[*at]).collect::<Vec<_>>())
            .map(|sites| with(&sites).total - alone.total).max().unwrap_or(0);
        prop_assert!(found.value <= most && most <= found.bound);
        let served = with(&found.sites);
        prop_assert_eq!(served.total - alone.total, found.value);
        prop_assert!(served.by_site.iter().zip(&capacity).all(|(used, most)| used <= most));
        // The cut: no set of sites leaves room while those in reach are unserved.
        prop_assert_eq!(served.total, most_by_cuts(&costs, &weights, &capacity, &[&[0][..], &found.sites].concat()));
    }
}

/// The largest flow, from the smallest cut over sets of sites.
fn most_by_cuts(costs: &[Vec<u32>], weights: &[i64], capacity: &[i64], sites: &[usize]) -> i64 {
    let cut = |set: u32| -> i64 {
        let kept = |at: &usize| set >> at & 1 == 1;
        let places = 0..sites.len();
        let within: i64 = places
            .clone()
            .filter(kept)
            .map(|at| capacity[sites[at]])
            .sum();
        let others: Vec<usize> = places.filter(|at| !kept(at)).collect();
        let reached = (0..weights.len())
            .filter(|place| others.iter().any(|at| costs[*place][sites[*at]] <= 12));
        within + reached.map(|place| weights[place]).sum::<i64>()
    };
    (0..1u32 << sites.len()).map(cut).min().unwrap_or(0)
}
