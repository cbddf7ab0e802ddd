use super::{
    Weigher,
    decay::{add_steps, within},
};
use crate::analysis::Sum;

/// The pairs of one facility with places, numbered in a whole city or in a part of it.
#[derive(Clone, Copy, Debug)]
pub struct CostRow<'m, P = u32> {
    pub places: &'m [P],
    pub costs: &'m [u32],
}

/// People at places, one number each, finite and >= 0; kept whole where all of them are.
#[derive(Clone, Debug, PartialEq)]
pub enum People {
    Whole(Vec<u32>),
    Parts(Vec<f64>),
}

/// The weighted people who reach a facility, in the making: of its whole row, or part by part in
/// one order. Whole people by the steps of bands are counted as whole numbers.
pub struct Wanted<'w, 'd> {
    weigher: &'w Weigher<'d>,
    /// Of each step the people within it.
    within: Vec<u64>,
    sum: Sum,
}

impl People {
    pub fn of(amounts: Vec<f64>) -> Self {
        let whole = |amount: &f64| {
            let fits = amount.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(amount);
            fits.then_some(*amount as u32)
        };
        match amounts.iter().map(whole).collect() {
            Some(people) => People::Whole(people),
            None => People::Parts(amounts),
        }
    }
}

impl<'w, 'd> Wanted<'w, 'd> {
    pub fn new(weigher: &'w Weigher<'d>) -> Self {
        Wanted {
            weigher,
            within: vec![0; weigher.steps()],
            sum: Sum::default(),
        }
    }

    /// Adds the people at the places of a row.
    pub fn add<P: Copy + Into<u32>>(&mut self, row: CostRow<'_, P>, people: &People) {
        match (self.weigher, people) {
            (Weigher::Steps(steps), People::Whole(people)) => {
                let sums = &mut self.within[..];
                match steps.until[..] {
                    [until] => within([until], row, people, sums),
                    [a, b] => within([a, b], row, people, sums),
                    [a, b, c] => within([a, b, c], row, people, sums),
                    [a, b, c, d] => within([a, b, c, d], row, people, sums),
                    _ => {
                        for (until, sum) in steps.until.iter().zip(sums) {
                            within([*until], row, people, std::slice::from_mut(sum));
                        }
                    }
                }
            }
            (_, People::Whole(people)) => row.for_each(self.weigher, |place, weight| {
                self.sum.add(weight * f64::from(people[place]));
            }),
            (_, People::Parts(people)) => row.for_each(self.weigher, |place, weight| {
                self.sum.add(weight * people[place]);
            }),
        }
    }

    pub fn sum(mut self) -> f64 {
        if let Weigher::Steps(steps) = self.weigher
            && self.within.iter().any(|within| *within > 0)
        {
            let mut nearer = 0;
            for (within, weight) in self.within.iter().zip(&steps.weights) {
                let here = within - std::mem::replace(&mut nearer, *within);
                self.sum.add(here as f64 * weight);
            }
        }
        self.sum.value()
    }
}

impl<P: Copy + Into<u32>> CostRow<'_, P> {
    /// Adds to each place, numbered from `first`, the weight of its cost times `value`.
    pub fn add_to(&self, weigher: &Weigher<'_>, value: f64, first: usize, sums: &mut [f64]) {
        if let Weigher::Steps(steps) = weigher {
            let value = |step: usize| steps.weights[step] * value;
            match steps.until[..] {
                [until] => return add_steps([until], [value(0)], self, first, sums),
                [a, b] => return add_steps([a, b], [value(0), value(1)], self, first, sums),
                [a, b, c] => {
                    let values = [value(0), value(1), value(2)];
                    return add_steps([a, b, c], values, self, first, sums);
                }
                _ => {}
            }
        }
        self.for_each(weigher, |place, weight| {
            sums[place - first] += weight * value;
        });
    }

    /// Places with their weights, a few at a time so that weights stay in the nearest cache.
    #[inline]
    pub(super) fn for_each(&self, weigher: &Weigher<'_>, mut visit: impl FnMut(usize, f64)) {
        const AT_ONCE: usize = 256;
        let mut weights = [0.0; AT_ONCE];
        let parts = self.places.chunks(AT_ONCE).zip(self.costs.chunks(AT_ONCE));
        for (places, costs) in parts {
            weigher.weigh(costs, &mut weights[..costs.len()]);
            for (place, weight) in places.iter().zip(&weights) {
                visit(number(*place), *weight);
            }
        }
    }
}

#[inline]
pub(super) fn number(place: impl Into<u32>) -> usize {
    let place: u32 = place.into();
    place as usize
}
