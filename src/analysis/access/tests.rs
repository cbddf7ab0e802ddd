//! Published examples, laws, and every measure against plain loops over a full table.

use proptest::prelude::*;

use super::*;

/// A full table of costs, row = place of demand; `None` where there is no way.
type Table = Vec<Vec<Option<u32>>>;

fn matrix(table: &Table, facilities: usize) -> CostMatrix {
    let mut matrix = CostMatrix::new(table.len(), 1.0);
    for facility in 0..facilities {
        let mut row = RowBuilder::default();
        // Found in no order.
        for place in (0..table.len()).rev() {
            if let Some(cost) = table[place][facility] {
                row.push(place as u32, cost);
            }
        }
        row.sort();
        matrix.push(&row);
    }
    matrix
}

fn full(rows: &[&[u32]]) -> (Table, CostMatrix) {
    let table: Table = rows
        .iter()
        .map(|row| row.iter().copied().map(Some).collect())
        .collect();
    let matrix = matrix(&table, rows[0].len());
    (table, matrix)
}

fn all_close(found: &[f64], wanted: &[f64], by: f64) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= by, "{found} is not {wanted}");
    }
}

fn conserved(demand: &[f64], access: &[f64]) -> f64 {
    demand.iter().zip(access).map(|(p, a)| p * a).sum()
}

#[test]
fn jobs_within_reach_of_vector_v2() {
    let (_, costs) = full(&[&[5, 20, 30], &[20, 5, 15], &[30, 15, 5]]);
    let (jobs, workers) = ([100.0, 300.0, 50.0], [200.0, 100.0, 150.0]);
    assert_eq!(cumulative(&costs, &jobs, 15.0), [100.0, 350.0, 350.0]);
    let decay = Decay::Exponential { beta: 0.1 };
    let hansen = gravity(&costs, &jobs, &decay);
    all_close(&hansen, &[103.743004, 206.649234, 102.244288], 5e-7);
    let shen = competitive(&costs, &workers, &jobs, &decay).access;
    all_close(&shen, &[0.781425, 1.687062, 0.833392], 5e-7);
    assert!((conserved(&workers, &shen) / 450.0 - 1.0).abs() < 1e-15);
}

#[test]
fn floating_catchments_of_vector_v3() {
    let (_, costs) = full(&[&[5, 25, 40], &[15, 8, 28], &[35, 12, 22], &[9, 9, 50]]);
    let (people, doctors) = ([1000.0, 2000.0, 1500.0, 0.0], [5.0, 3.0, 2.0]);
    let band = |until, weight| Band { until, weight };
    let bands = Decay::Bands(vec![band(10.0, 1.0), band(20.0, 0.68), band(30.0, 0.22)]);
    let check = |found: Floating, ratios: [f64; 3], access: [f64; 4]| {
        let found_ratios: Vec<f64> = found.ratios.iter().map(|r| r.unwrap()).collect();
        all_close(&found_ratios, &ratios, 5e-9);
        all_close(&found.access, &access, 5e-9);
        assert!((conserved(&people, &found.access) - 10.0).abs() < 1e-12);
        assert_eq!(found.stranded(&doctors).count(), 0);
    };
    check(
        two_step(&costs, &people, &doctors, 30.0),
        [1.0 / 600.0, 1.0 / 1500.0, 1.0 / 1750.0],
        [0.00233333, 0.00290476, 0.00123810, 0.00233333],
    );
    check(
        competitive(&costs, &people, &doctors, &bands),
        [0.00211864, 0.00092593, 0.00259740],
        [0.00232235, 0.00293803, 0.00120106, 0.00304457],
    );
    check(
        three_step(&costs, &people, &doctors, &bands),
        [0.00382729, 0.00161033, 0.01519595],
        [0.00320100, 0.00216608, 0.00164456, 0.00271881],
    );
}

#[test]
fn balanced_catchments_inflate_neither_people_nor_service() {
    // Two places that both reach both clinics: half of each goes to either.
    let (_, costs) = full(&[&[1, 1], &[1, 1]]);
    let found = balanced(&costs, &[10.0, 30.0], &[4.0, 2.0], &Decay::within(1.0));
    assert_eq!(found.ratios, [Some(4.0 / 20.0), Some(2.0 / 20.0)]);
    all_close(&found.access, &[0.15, 0.15], 1e-15);
}

#[test]
fn supply_that_nobody_reaches_is_stranded_and_a_newcomer_has_a_value() {
    let table = vec![vec![Some(1), None, None], vec![None, Some(1), None]];
    let costs = matrix(&table, 3);
    let supply = [6.0, 5.0, 0.0];
    let found = two_step(&costs, &[3.0, 0.0], &supply, 1.0);
    assert_eq!(found.access, [2.0, 0.0]);
    // The second is reached by an empty place only, the third has nothing to offer.
    assert_eq!(found.stranded(&supply).collect::<Vec<_>>(), [1]);
    let both = vec![vec![Some(1), None], vec![Some(1), None]];
    let found = two_step(&matrix(&both, 2), &[3.0, 0.0], &[6.0, 1.0], 1.0);
    assert_eq!(found.access, [2.0, 2.0]);
}

#[test]
fn the_nearest_of_a_few() {
    let table = vec![vec![Some(7), Some(3), Some(8)], vec![Some(4), None, None]];
    let costs = matrix(&table, 3);
    assert_eq!(nearest(&costs, 1).last(), [Some(3.0), Some(4.0)]);
    assert_eq!(nearest(&costs, 2).last(), [Some(7.0), None]);
    assert_eq!(nearest(&costs, 3).mean(), [Some(6.0), None]);
}

fn solve(costs: &CostMatrix, demand: &[f64], supply: &[f64], gap: f64) -> Raam {
    let options = RaamOptions {
        tau: 60.0,
        gap,
        max_rounds: 10_000,
    };
    raam(costs, demand, supply, &options, &|| true)
}

#[test]
fn two_towns_and_two_clinics_settle_by_hand() {
    // ρ = 200 / 10 = 20, so a person adds 1/100 at either clinic. The 50 of the second town stay
    // at their own clinic; of the 150 of the first, x go to the one 12 min away and the rest to the
    // one 24 min away where x/100 + 0.2 = (200 - x)/100 + 0.4.
    let (_, costs) = full(&[&[12, 24], &[60, 0]]);
    let found = solve(&costs, &[150.0, 50.0], &[5.0, 5.0], 1e-9);
    all_close(&found.loads, &[110.0, 90.0], 1e-6);
    let found: Vec<f64> = found.costs.iter().map(|c| c.unwrap()).collect();
    all_close(&found, &[1.3, 0.9], 1e-8);
}

#[test]
fn a_long_chain_hands_people_on_all_at_once() {
    // Everybody lives at one end of a street of equal clinics, one minute apart: each place between
    // reaches the clinics to both its sides only, and its own clinic.
    const LONG: usize = 200;
    let row = |place: usize| -> Vec<Option<u32>> {
        let cost = |at: usize| (place.abs_diff(at) <= 1).then(|| 1 + place.abs_diff(at) as u32);
        (0..LONG).map(cost).collect()
    };
    let table: Table = (0..LONG).map(row).collect();
    let mut people = vec![10.0; LONG];
    people[0] = 2000.0;
    let found = solve(&matrix(&table, LONG), &people, &[1.0; LONG], 1e-6);
    assert!(found.gap <= 1e-6);
    // The crowd must spread over most of the street: a place at a time, that is a long way.
    assert!(found.rounds < 40, "{} rounds", found.rounds);
    let all: f64 = found.loads.iter().sum();
    assert!((all - people.iter().sum::<f64>()).abs() < 1e-6);
    assert!(found.loads.windows(2).all(|pair| pair[0] >= pair[1] - 1e-3));
}

#[test]
fn nobody_and_unreachable_places_have_no_cost() {
    let table = vec![
        vec![Some(6), Some(1)],
        vec![Some(6), None],
        vec![None, None],
    ];
    let found = solve(&matrix(&table, 2), &[10.0, 0.0, 5.0], &[1.0, 0.0], 1e-6);
    assert_eq!(found.loads, [10.0, 0.0]);
    // ρ = 15: 10 / 15 + 6 / 60; what has no capacity draws nobody, however near.
    assert!((found.costs[0].unwrap() - (10.0 / 15.0 + 0.1)).abs() < 1e-12);
    assert_eq!(found.costs[1..], [None, None]);
    assert_eq!(found.gap, 0.0);
}

/// Random small worlds: costs 0–39 or no way, people and capacity often 0.
fn worlds() -> impl Strategy<Value = (Table, Vec<f64>, Vec<f64>)> {
    (1..12usize, 1..9usize).prop_flat_map(|(places, facilities)| {
        let cost = prop::option::weighted(0.7, 0..40u32);
        let row = prop::collection::vec(cost, facilities);
        let amounts = |n| prop::collection::vec(prop_oneof![Just(0u32), 1..500u32], n);
        (
            prop::collection::vec(row, places),
            amounts(places).prop_map(|v| v.into_iter().map(f64::from).collect()),
            amounts(facilities).prop_map(|v| v.into_iter().map(f64::from).collect()),
        )
    })
}

fn decays() -> impl Strategy<Value = Decay> {
    let band = |until, weight| Band { until, weight };
    prop_oneof![
        (1..40u32).prop_map(|c| Decay::within(f64::from(c))),
        Just(Decay::Bands(vec![
            band(10.0, 1.0),
            band(20.0, 0.42),
            band(30.0, 0.09)
        ])),
        (0.01..0.3f64).prop_map(|beta| Decay::Exponential { beta }),
        (0.3..2.0f64).prop_map(|alpha| Decay::Power { alpha, floor: 1.0 }),
        (3.0..30.0f64).prop_map(|sigma| Decay::Gaussian { sigma }),
        Just(Decay::Logistic {
            midpoint: 20.0,
            sigma: 5.0
        }),
        Just(Decay::Linear { zero_at: 25.0 }),
    ]
}

/// The weights of a full table, 0 where there is no way.
fn weights(table: &Table, decay: &Decay) -> Vec<Vec<f64>> {
    let weight = |cost: &Option<u32>| cost.map_or(0.0, |c| decay.weight(f64::from(c)));
    table
        .iter()
        .map(|row| row.iter().map(weight).collect())
        .collect()
}

fn near(found: f64, wanted: f64) -> bool {
    (found - wanted).abs() <= 1e-12 * wanted.abs().max(1e-3)
}

proptest! {
    #[test]
    fn floating_catchments_agree_with_plain_loops((table, people, supply) in worlds(), decay in decays()) {
        let costs = matrix(&table, supply.len());
        let w = weights(&table, &decay);
        let (places, facilities) = (0..people.len(), 0..supply.len());
        let choices: Vec<f64> = w.iter().map(|row| row.iter().sum()).collect();
        // How a place's weight counts in demand and in access, by measure.
        type Form<'a> = &'a dyn Fn(usize, usize) -> f64;
        let catchment = |j: usize| places.clone().map(|k| w[k][j]).sum::<f64>();
        let share = |value: f64, sum: f64| if sum > 0.0 { value / sum } else { 0.0 };
        let plain: Form = &|i, j| w[i][j];
        let selected: Form = &|i, j| share(w[i][j] * w[i][j], choices[i]);
        let by_place: Form = &|i, j| share(w[i][j], choices[i]);
        let by_facility: Form = &|i, j| share(w[i][j], catchment(j));
        for (found, demanded, served) in [
            (competitive(&costs, &people, &supply, &decay), plain, plain),
            (three_step(&costs, &people, &supply, &decay), selected, selected),
            (balanced(&costs, &people, &supply, &decay), by_place, by_facility),
        ] {
            let ratio = |j: usize| {
                let wanted: f64 = places.clone().map(|k| people[k] * demanded(k, j)).sum();
                (wanted > 0.0).then(|| supply[j] / wanted)
            };
            for j in facilities.clone() {
                match (found.ratios[j], ratio(j)) {
                    (Some(found), Some(wanted)) => prop_assert!(near(found, wanted)),
                    (found, wanted) => prop_assert_eq!(found, wanted),
                }
            }
            for i in places.clone() {
                let terms = facilities.clone().map(|j| ratio(j).unwrap_or(0.0) * served(i, j));
                let wanted: f64 = terms.sum();
                prop_assert!(near(found.access[i], wanted), "{} {wanted}", found.access[i]);
            }
        }
        let hansen = gravity(&costs, &supply, &decay);
        for i in places {
            let wanted: f64 = (0..supply.len()).map(|j| supply[j] * w[i][j]).sum();
            prop_assert!(near(hansen[i], wanted));
        }
    }

    #[test]
    fn all_that_anyone_reaches_is_handed_out((table, people, supply) in worlds(), decay in decays()) {
        let costs = matrix(&table, supply.len());
        for found in [
            competitive(&costs, &people, &supply, &decay),
            three_step(&costs, &people, &supply, &decay),
        ] {
            let reached = found.ratios.iter().zip(&supply).filter(|(ratio, _)| ratio.is_some());
            let reached: f64 = reached.map(|(_, supply)| supply).sum();
            prop_assert!((conserved(&people, &found.access) - reached).abs() <= 1e-9 * reached.max(1.0));
        }
        let found = balanced(&costs, &people, &supply, &decay);
        let ratios: f64 = found.ratios.iter().flatten().sum();
        prop_assert!((found.access.iter().sum::<f64>() - ratios).abs() <= 1e-9 * ratios.max(1.0));
    }

    /// Facilities may come a few at a time.
    #[test]
    fn parts_of_a_city_add_up_to_the_same_bytes(
        (table, people, supply) in worlds(), decay in decays(), at in 0..9usize,
    ) {
        let at = at.min(supply.len());
        let cut = |from: usize, until: usize| -> Table {
            table.iter().map(|row| row[from..until].to_vec()).collect()
        };
        let parts = [(0, at), (at, supply.len())];
        let parts = parts.map(|(from, until)| (matrix(&cut(from, until), until - from), &supply[from..until]));
        let whole = matrix(&table, supply.len());
        let places = people.len();
        let mut choices = Choices::new(places);
        parts.iter().for_each(|(costs, _)| choices.add(costs, &decay));
        let (mut gravities, mut nearests) = (vec![0.0; places], Nearest::new(places, 2, 1.0));
        let mut floating = [(); 3].map(|()| Floating::new(places));
        for (costs, supply) in &parts {
            add_gravity(&mut gravities, costs, supply, &decay);
            nearests.add(costs);
            let [two, three, both] = &mut floating;
            two.add_competitive(costs, &people, supply, &decay);
            three.add_three_step(&choices, costs, &people, supply, &decay);
            both.add_balanced(&choices, costs, &people, supply, &decay);
        }
        prop_assert_eq!(gravities, gravity(&whole, &supply, &decay));
        prop_assert_eq!(nearests, nearest(&whole, 2));
        let wanted = [
            competitive(&whole, &people, &supply, &decay),
            three_step(&whole, &people, &supply, &decay),
            balanced(&whole, &people, &supply, &decay),
        ];
        prop_assert_eq!(floating, wanted);
    }

    #[test]
    fn the_nearest_agree_with_sorting((table, _, supply) in worlds(), k in 1..4usize) {
        let costs = matrix(&table, supply.len());
        let (kth, mean) = (nearest(&costs, k).last(), nearest(&costs, k).mean());
        for (place, row) in table.iter().enumerate() {
            let mut sorted: Vec<u32> = row.iter().flatten().copied().collect();
            sorted.sort_unstable();
            let nearest = sorted.get(..k);
            prop_assert_eq!(kth[place], nearest.map(|n| f64::from(n[k - 1])));
            let wanted = nearest.map(|n| f64::from(n.iter().sum::<u32>()) / k as f64);
            prop_assert_eq!(mean[place], wanted);
        }
    }

    /// By its definition: people add up, and no facility costs less than the ones they use.
    #[test]
    fn nobody_would_rather_go_elsewhere((table, people, supply) in worlds()) {
        let costs = matrix(&table, supply.len());
        let found = solve(&costs, &people, &supply, 1e-4);
        prop_assert!(found.gap <= 1e-4, "{} after {}", found.gap, found.rounds);
        let (all, capacity) = (people.iter().sum::<f64>(), supply.iter().sum::<f64>());
        let crowded = |j: usize| found.loads[j] * capacity / (all * supply[j]);
        let mut served = 0.0;
        for (i, row) in table.iter().enumerate() {
            let ways = (0..supply.len()).filter(|&j| supply[j] > 0.0);
            let ways = ways.filter_map(|j| Some(crowded(j) + f64::from(row[j]?) / 60.0));
            let least = ways.fold(f64::INFINITY, f64::min);
            match found.costs[i] {
                None => prop_assert!(people[i] == 0.0 || least == f64::INFINITY),
                Some(cost) => {
                    served += people[i];
                    prop_assert!(cost >= least - 1e-9 && cost <= least / (1.0 - 1.1e-4) + 1e-9, "{cost} {least}");
                }
            }
        }
        prop_assert!((found.loads.iter().sum::<f64>() - served).abs() < 1e-6);
    }
}
