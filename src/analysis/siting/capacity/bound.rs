use std::cmp::Reverse;

use super::{Capacities, Flow};
use crate::analysis::siting::effort::Budget;

/// Parts of a person that multipliers are counted in.
const ONE: i64 = 1 << 16;

/// No choice serves more people: `Σ people · u + Σ_{chosen} the best filling of each site`, where a
/// person of a class is worth `1 − u`, is a bound for any `u`; subgradient steps lower it from the
/// smallest cut, where the chosen sites meet it and the others add at most what they hold.
pub(super) fn bound(
    of: &Capacities,
    fixed: &[usize],
    candidates: &[usize],
    number: usize,
    flow: &Flow<'_>,
    budget: &mut Budget<'_>,
) -> Option<i64> {
    let waiting = flow.waiting().into_iter();
    let mut u: Vec<i64> = waiting.map(|waits| if waits { 0 } else { ONE }).collect();
    let (mut lowest, mut step, mut since_better) = (i128::MAX, 1.0, 0);
    let people: i64 = of.people.iter().sum();
    for _ in 0..200 {
        budget.check()?;
        let fill = |site: usize| fill(of, site, &u);
        let filled: Vec<(i128, Vec<(usize, i64)>)> =
            candidates.iter().map(|site| fill(*site)).collect();
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by_key(|at| (Reverse(filled[*at].0), *at));
        let fixed: Vec<(i128, Vec<(usize, i64)>)> = fixed.iter().map(|site| fill(*site)).collect();
        let taken = order[..number].iter().map(|at| &filled[*at]).chain(&fixed);
        let mut slope = of.people.clone();
        let paid = of.people.iter().zip(&u);
        let mut total: i128 = paid.map(|(p, u)| i128::from(*p) * i128::from(*u)).sum();
        for (worth, given) in taken {
            total += worth;
            given
                .iter()
                .for_each(|(class, people)| slope[*class] -= people);
        }
        budget.spend(2 * of.classes_of.iter().map(Vec::len).sum::<usize>());
        if total < lowest {
            (lowest, since_better) = (total, 0);
        } else {
            since_better += 1;
            if since_better == 10 {
                (since_better, step) = (0, step / 2.0);
            }
        }
        let above = total - i128::from(flow.total) * i128::from(ONE);
        if lowest.div_euclid(i128::from(ONE)) <= i128::from(flow.total)
            || step < 0.01
            || !budget.is_left()
        {
            break;
        }
        // Measured by the people of a class, so that large and small ones move alike.
        let share = |class: usize| slope[class] as f64 / of.people[class] as f64;
        let moves = |class: usize, u: &[i64]| match slope[class] {
            0 => false,
            down if down > 0 => u[class] > 0,
            _ => u[class] < ONE,
        };
        let norm: f64 = (0..u.len())
            .filter(|class| moves(*class, &u))
            .map(|class| share(class) * slope[class] as f64)
            .sum();
        if norm <= 0.0 {
            break;
        }
        let length = step * above as f64 / norm;
        for class in 0..u.len() {
            if moves(class, &u) {
                let by = (length * share(class)).round() as i64;
                u[class] = u[class].saturating_sub(by).clamp(0, ONE);
            }
        }
    }
    let whole = lowest.div_euclid(i128::from(ONE));
    Some(i64::try_from(whole).unwrap_or(i64::MAX).min(people))
}

/// A site filled from those who are worth most, and with whom.
fn fill(of: &Capacities, site: usize, u: &[i64]) -> (i128, Vec<(usize, i64)>) {
    let classes = of.classes_of[site].iter().map(|class| *class as usize);
    let mut classes: Vec<usize> = classes.filter(|class| u[*class] < ONE).collect();
    classes.sort_unstable_by_key(|class| (u[*class], *class));
    let (mut room, mut worth, mut given) = (of.capacity[site], 0i128, Vec::new());
    for class in classes {
        let people = of.people[class].min(room);
        if people == 0 {
            break;
        }
        room -= people;
        worth += i128::from(people) * i128::from(ONE - u[class]);
        given.push((class, people));
    }
    (worth, given)
}
