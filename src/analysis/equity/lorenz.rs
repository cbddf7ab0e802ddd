use super::Share;
use crate::analysis::Sum;

/// The Lorenz curve (洛伦兹曲线): cumulative shares of people and of what they have, the poorest
/// first.
#[derive(Clone, Debug, PartialEq)]
pub struct Lorenz {
    /// From (0, 0) to (1, 1); none where nobody has anything.
    points: Vec<[f64; 2]>,
}

impl Lorenz {
    /// The curve of shares that [rise](super::rising).
    pub fn of(rising: &[Share]) -> Self {
        Lorenz {
            points: curve(rising),
        }
    }

    /// The curve at most 101 points long: with more it is read off at every hundredth of the
    /// people. Empty where nobody has anything.
    pub fn points(&self) -> Vec<[f64; 2]> {
        let curve = &self.points;
        if curve.len() <= 101 {
            return curve.clone();
        }
        let mut at = 0;
        let read = |hundredth: u32| {
            let people = f64::from(hundredth) / 100.0;
            while at + 2 < curve.len() && curve[at + 1][0] < people {
                at += 1;
            }
            let ([p0, l0], [p1, l1]) = (curve[at], curve[at + 1]);
            let along = if p1 > p0 {
                (people - p0) / (p1 - p0)
            } else {
                1.0
            };
            [people, l0 + along.clamp(0.0, 1.0) * (l1 - l0)]
        };
        let inner: Vec<[f64; 2]> = (1..100).map(read).collect();
        let ends = ([0.0, 0.0], [1.0, 1.0]);
        std::iter::once(ends.0)
            .chain(inner)
            .chain([ends.1])
            .collect()
    }

    /// The Gini coefficient (基尼系数) of a population: 0 for equals, below 1. `None` where nobody
    /// has anything.
    ///
    /// # Source
    /// Delbosc & Currie (2011), Journal of Transport Geography 19(6).
    pub fn gini(&self) -> Option<f64> {
        match self.points.len() {
            // One value for all has no spread; rounding must not make it one.
            2 => Some(0.0),
            _ => outside(&self.points),
        }
    }
}

/// The [Gini coefficient](Lorenz::gini) of shares in any order.
pub fn gini(shares: &[Share]) -> Option<f64> {
    Lorenz::of(&super::rising(shares.to_vec())).gini()
}

/// The concentration index (集中指数): Gini's formula with people in the order of their income,
/// which `shares` come in; above 0 it favours the rich. From -1 to 1; `None` where nobody has
/// anything.
///
/// # Source
/// Wagstaff, Paci & van Doorslaer (1991), Social Science & Medicine 33(5).
pub fn concentration_index(by_income: &[Share]) -> Option<f64> {
    outside(&curve(by_income))
}

/// Cumulative shares in the given order, empty where there are none.
fn curve(shares: &[Share]) -> Vec<[f64; 2]> {
    let (mut people, mut held) = (Sum::default(), Sum::default());
    let mut sums = vec![[0.0, 0.0]];
    for share in shares.iter().filter(|s| s.people > 0.0) {
        people.add(share.people);
        held.add(share.people * share.value);
        sums.push([people.value(), held.value()]);
    }
    let (people, held) = (people.value(), held.value());
    if people <= 0.0 || held <= 0.0 {
        return Vec::new();
    }
    sums.iter_mut()
        .for_each(|[p, l]| (*p, *l) = (*p / people, *l / held));
    sums
}

/// One less twice the area under a curve.
fn outside(curve: &[[f64; 2]]) -> Option<f64> {
    if curve.is_empty() {
        return None;
    }
    let trapezoids = curve.windows(2).map(|pair| {
        let ([p0, l0], [p1, l1]) = (pair[0], pair[1]);
        (l1 + l0) * (p1 - p0)
    });
    Some(1.0 - trapezoids.collect::<Sum>().value())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::equity::rising;

    fn lorenz_curve(shares: Vec<Share>) -> Vec<[f64; 2]> {
        Lorenz::of(&rising(shares)).points()
    }

    fn shares(pairs: &[(f64, f64)]) -> Vec<Share> {
        let share = |&(people, value): &(f64, f64)| Share { people, value };
        pairs.iter().map(share).collect()
    }

    fn equal(values: &[f64]) -> Vec<Share> {
        shares(&values.iter().map(|v| (1.0, *v)).collect::<Vec<_>>())
    }

    #[test]
    fn the_gini_of_vector_v4() {
        let close = |found: Option<f64>, wanted: f64| {
            assert!(
                (found.unwrap() - wanted).abs() < 5e-7,
                "{found:?} is not {wanted}"
            );
        };
        close(gini(&equal(&[1.0, 2.0, 3.0, 4.0, 5.0])), 0.266667);
        close(gini(&equal(&[0.0, 0.0, 0.0, 7.0])), 0.75);
        close(
            gini(&shares(&[(100.0, 0.0), (300.0, 10.0), (100.0, 20.0)])),
            0.32,
        );
    }

    #[test]
    fn equals_have_none_and_nothing_has_no_gini() {
        assert_eq!(gini(&equal(&[0.1; 7])), Some(0.0));
        assert_eq!(gini(&equal(&[0.0, 0.0])), None);
        assert_eq!(gini(&[]), None);
        assert_eq!(gini(&shares(&[(0.0, 5.0)])), None);
        assert!(lorenz_curve(equal(&[0.0])).is_empty());
    }

    #[test]
    fn the_concentration_index_tells_whom_access_favours() {
        let rising = equal(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let falling: Vec<Share> = rising.iter().rev().copied().collect();
        let (rich, poor) = (concentration_index(&rising), concentration_index(&falling));
        assert!((rich.unwrap() - 4.0 / 15.0).abs() < 1e-15);
        assert!((rich.unwrap() + poor.unwrap()).abs() < 1e-15);
    }

    #[test]
    fn a_curve_of_many_zones_has_a_point_at_every_hundredth() {
        let many: Vec<f64> = (1..=1000).map(f64::from).collect();
        let curve = lorenz_curve(equal(&many));
        assert_eq!(
            (curve.len(), curve[0], curve[100]),
            (101, [0.0, 0.0], [1.0, 1.0])
        );
        // The poorest half of 1 … 1000 hold 500·501/2 of 1000·1001/2.
        assert!((curve[50][1] - 125_250.0 / 500_500.0).abs() < 1e-12);
        let few = lorenz_curve(equal(&[3.0, 1.0]));
        assert_eq!(few, [[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]]);
    }

    proptest! {
        /// Half the mean absolute difference between any two people, over the mean.
        #[test]
        fn it_is_the_mean_difference_between_any_two_people(
            zones in prop::collection::vec((0..50u32, 0..1000u32), 1..40)
        ) {
            let zones: Vec<(f64, f64)> =
                zones.into_iter().map(|(p, v)| (f64::from(p), f64::from(v))).collect();
            let people: f64 = zones.iter().map(|z| z.0).sum();
            let held: f64 = zones.iter().map(|z| z.0 * z.1).sum();
            let found = gini(&shares(&zones));
            if held == 0.0 {
                prop_assert_eq!(found, None);
            } else {
                let pairs = zones.iter().flat_map(|a| zones.iter().map(move |b| (a, b)));
                let apart: f64 = pairs.map(|(a, b)| a.0 * b.0 * (a.1 - b.1).abs()).sum();
                prop_assert!((found.unwrap() - apart / (2.0 * people * held)).abs() < 1e-9);
            }
        }

        #[test]
        fn the_curve_rises_ever_steeper(
            zones in prop::collection::vec((1..50u32, 0..1000u32), 1..300)
        ) {
            let zones: Vec<(f64, f64)> =
                zones.into_iter().map(|(p, v)| (f64::from(p), f64::from(v))).collect();
            let curve = lorenz_curve(shares(&zones));
            prop_assert!(curve.len() <= 101);
            for [p, l] in &curve {
                prop_assert!(*l <= p + 1e-12);
            }
        }
    }
}
