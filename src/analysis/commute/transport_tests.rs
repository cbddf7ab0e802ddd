use proptest::prelude::*;

use super::{Costs, Goal, Plan, TransportError, transport, v1};

fn costs_of(rows: &[Vec<Option<u32>>]) -> Costs {
    let mut costs = Costs::unreachable(rows.len(), rows.first().map_or(0, Vec::len));
    for (i, row) in rows.iter().enumerate() {
        for (j, cost) in row.iter().enumerate() {
            costs.set(i, j, cost.unwrap_or(Costs::UNREACHABLE));
        }
    }
    costs
}

/// Whether a plan is one, and its prices prove that no other is better: weak duality.
fn assert_optimal(plan: &Plan, costs: &Costs, supply: &[i64], demand: &[i64], goal: Goal) {
    let (mut sent, mut come) = (vec![0; supply.len()], vec![0; demand.len()]);
    let mut total = 0i128;
    for &(i, j, flow) in &plan.flows {
        assert!(flow > 0);
        let cost = i64::from(costs.get(i, j).expect("nobody goes where there is no way"));
        let prices = plan.origin_prices[i] + plan.destination_prices[j];
        assert_eq!(cost, prices, "complementary slackness of {i} {j}");
        sent[i] += flow;
        come[j] += flow;
        total += i128::from(cost) * i128::from(flow);
    }
    assert_eq!((&sent[..], &come[..]), (supply, demand));
    assert_eq!(total, plan.total);
    for i in 0..supply.len() {
        for j in 0..demand.len() {
            let Some(cost) = costs.get(i, j) else {
                continue;
            };
            let reduced = i64::from(cost) - plan.origin_prices[i] - plan.destination_prices[j];
            let is_fair = match goal {
                Goal::Least => reduced >= 0,
                Goal::Greatest => reduced <= 0,
            };
            assert!(
                is_fair,
                "pair {i} {j} is better than its prices by {reduced}"
            );
        }
    }
    let paid = |prices: &[i64], amounts: &[i64]| -> i128 {
        let pairs = prices.iter().zip(amounts);
        pairs.map(|(p, a)| i128::from(*p) * i128::from(*a)).sum()
    };
    let bound = paid(&plan.origin_prices, supply) + paid(&plan.destination_prices, demand);
    assert_eq!(
        bound, plan.total,
        "the prices are a bound that the plan meets"
    );
}

#[test]
fn the_plans_of_vector_v1_are_proven() {
    let (costs, homes, jobs) = (v1::costs(), [200, 100, 150], [100, 300, 50]);
    for (goal, minutes) in [(Goal::Least, 4750), (Goal::Greatest, 8750)] {
        let plan = transport(&costs, &homes, &jobs, goal).unwrap();
        assert_eq!(plan.total, minutes * 60_000);
        assert_optimal(&plan, &costs, &homes, &jobs, goal);
    }
}

#[test]
fn the_same_question_has_the_same_plan() {
    let costs = costs_of(&vec![vec![Some(7); 40]; 40]);
    let (supply, demand) = (vec![3; 40], vec![3; 40]);
    let plan = || transport(&costs, &supply, &demand, Goal::Least).unwrap();
    assert_eq!(plan(), plan());
    assert_optimal(&plan(), &costs, &supply, &demand, Goal::Least);
}

#[test]
fn places_without_people_have_fair_prices_too() {
    let costs = costs_of(&[
        vec![Some(5), Some(1), None],
        vec![Some(2), Some(9), None],
        vec![Some(4), None, None],
    ]);
    let (supply, demand) = ([3, 0, 1], [4, 0, 0]);
    for goal in [Goal::Least, Goal::Greatest] {
        let plan = transport(&costs, &supply, &demand, goal).unwrap();
        assert_optimal(&plan, &costs, &supply, &demand, goal);
    }
}

#[test]
fn those_who_cannot_get_there_are_named() {
    let costs = costs_of(&[vec![Some(1), None], vec![Some(1), Some(1)]]);
    let plan = transport(&costs, &[5, 1], &[4, 2], Goal::Least);
    let wanted = TransportError::Infeasible {
        origins: vec![(0, 1)],
        destinations: vec![(1, 1)],
    };
    assert_eq!(plan, Err(wanted));
    // Greedy filling alone would leave the second origin stranded; the simplex does not.
    let plan = transport(&costs, &[4, 2], &[4, 2], Goal::Greatest).unwrap();
    assert_eq!(plan.flows, [(0, 0, 4), (1, 1, 2)]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let costs = costs_of(&[vec![Some(1)]]);
    let plan = |supply: &[i64], demand: &[i64]| transport(&costs, supply, demand, Goal::Least);
    assert!(matches!(
        plan(&[1, 1], &[2]),
        Err(TransportError::ShapeMismatch { origins: 2, .. })
    ));
    assert_eq!(plan(&[-1], &[-1]), Err(TransportError::Negative));
    assert_eq!(
        plan(&[3], &[2]),
        Err(TransportError::Unbalanced {
            supply: 3,
            demand: 2
        })
    );
    assert_eq!(plan(&[0], &[0]).unwrap().total, 0);
    let none = transport(&Costs::unreachable(0, 0), &[], &[], Goal::Least).unwrap();
    assert_eq!(none.flows, []);
}

/// The least or greatest total by a linear program in floating point; `None` where there is none.
fn by_linear_program(costs: &Costs, supply: &[i64], demand: &[i64], goal: Goal) -> Option<f64> {
    use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem};
    let mut problem = Problem::new(match goal {
        Goal::Least => OptimizationDirection::Minimize,
        Goal::Greatest => OptimizationDirection::Maximize,
    });
    let mut rows = vec![LinearExpr::empty(); supply.len()];
    let mut columns = vec![LinearExpr::empty(); demand.len()];
    for (i, row) in rows.iter_mut().enumerate() {
        for (j, column) in columns.iter_mut().enumerate() {
            if let Some(cost) = costs.get(i, j) {
                let amount = problem.add_var(f64::from(cost), (0.0, f64::INFINITY));
                row.add(amount, 1.0);
                column.add(amount, 1.0);
            }
        }
    }
    for (sum, amount) in rows.into_iter().zip(supply) {
        problem.add_constraint(sum, ComparisonOp::Eq, *amount as f64);
    }
    for (sum, amount) in columns.into_iter().zip(demand) {
        problem.add_constraint(sum, ComparisonOp::Eq, *amount as f64);
    }
    problem.solve().ok().map(|solution| solution.objective())
}

/// Costs, some pairs without a way, and trips that are drawn from pairs with one.
fn feasible() -> impl Strategy<Value = (Costs, Vec<i64>, Vec<i64>)> {
    (1..9usize, 1..9usize).prop_flat_map(|(rows, columns)| {
        let cost = prop_oneof![1 => Just(None), 6 => (0..60u32).prop_map(Some)];
        let costs = prop::collection::vec(prop::collection::vec(cost, columns), rows);
        let trips = prop::collection::vec((0..rows, 0..columns, 0..30i64), 0..40);
        (costs, trips).prop_map(move |(costs, trips)| {
            let costs = costs_of(&costs);
            let (mut supply, mut demand) = (vec![0; rows], vec![0; columns]);
            for (i, j, amount) in trips {
                if costs.get(i, j).is_some() {
                    supply[i] += amount;
                    demand[j] += amount;
                }
            }
            (costs, supply, demand)
        })
    })
}

proptest! {
    #[test]
    fn every_plan_is_proven_and_as_good_as_the_linear_program(
        (costs, supply, demand) in feasible(), least in any::<bool>(),
    ) {
        let goal = if least { Goal::Least } else { Goal::Greatest };
        let plan = transport(&costs, &supply, &demand, goal).unwrap();
        assert_optimal(&plan, &costs, &supply, &demand, goal);
        let other = by_linear_program(&costs, &supply, &demand, goal).expect("a plan exists");
        prop_assert!((plan.total as f64 - other).abs() < 1e-6 * other.abs().max(1.0));
    }

    #[test]
    fn there_is_no_plan_exactly_where_the_linear_program_finds_none(
        costs in prop::collection::vec(prop::collection::vec(prop::option::of(0..9u32), 4), 4),
        amounts in prop::collection::vec(0..6i64, 8),
    ) {
        let (supply, mut demand) = (amounts[..4].to_vec(), amounts[4..].to_vec());
        let short = supply.iter().sum::<i64>() - demand.iter().sum::<i64>();
        prop_assume!(demand[0] + short >= 0);
        demand[0] += short;
        let costs = costs_of(&costs);
        let other = by_linear_program(&costs, &supply, &demand, Goal::Least);
        match transport(&costs, &supply, &demand, Goal::Least) {
            Ok(plan) => {
                assert_optimal(&plan, &costs, &supply, &demand, Goal::Least);
                prop_assert!((plan.total as f64 - other.unwrap()).abs() < 1e-6);
            }
            Err(TransportError::Infeasible { origins, destinations }) => {
                prop_assert_eq!(other, None);
                let sum = |list: &[(usize, i64)]| list.iter().map(|(_, n)| n).sum::<i64>();
                prop_assert_eq!(sum(&origins), sum(&destinations));
                for (i, _) in &origins {
                    for (j, _) in &destinations {
                        prop_assert_eq!(costs.get(*i, *j), None);
                    }
                }
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn large_degenerate_problems_end_and_are_proven(seed in any::<u64>(), spread in 1..4u32) {
        // Few different costs and equal amounts: nearly every pivot moves nobody.
        let side = 60;
        let mut state = seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let rows: Vec<Vec<Option<u32>>> = (0..side)
            .map(|_| (0..side).map(|_| Some((next() % u64::from(spread)) as u32)).collect())
            .collect();
        let costs = costs_of(&rows);
        let amounts = vec![1; side];
        for goal in [Goal::Least, Goal::Greatest] {
            let plan = transport(&costs, &amounts, &amounts, goal).unwrap();
            assert_optimal(&plan, &costs, &amounts, &amounts, goal);
        }
    }
}
