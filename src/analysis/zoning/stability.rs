use super::{Value, classify};
use crate::domain::zoning::ZoningRules;

/// The classes of all areas when one threshold is moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// The number of the criterion.
    pub criterion: usize,
    pub threshold: f64,
    /// Areas that keep their class.
    pub kept: usize,
}

/// An area that a moved threshold puts into another class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flip {
    pub criterion: usize,
    pub threshold: f64,
    /// `None` is 未分类.
    pub class: Option<usize>,
}

/// How firmly areas hold their classes when each threshold is moved alone, up and down.
#[derive(Clone, Debug, PartialEq)]
pub struct Stability {
    pub areas: usize,
    /// Two for each criterion: lowered, then raised; none for a threshold of 0, of which a part
    /// is nothing.
    pub shifts: Vec<Shift>,
    /// Of each area: what moves it.
    pub flips: Vec<Vec<Flip>>,
}

impl Stability {
    /// Areas that no shift moves.
    pub fn stable(&self) -> usize {
        self.flips.iter().filter(|flips| flips.is_empty()).count()
    }
}

/// Classifies every area anew with each threshold lowered and raised by the part `by` (0.1 is
/// 10 %) of itself.
pub fn stability(rules: &ZoningRules, areas: &[Vec<Value>], by: f64) -> Stability {
    let thresholds: Vec<f64> = rules.criteria().iter().map(|c| c.threshold).collect();
    let class = |thresholds: &[f64], values: &[Value]| classify(rules, thresholds, values).class;
    let now: Vec<Option<usize>> = areas.iter().map(|a| class(&thresholds, a)).collect();
    let mut found = Stability {
        areas: areas.len(),
        shifts: Vec::new(),
        flips: vec![Vec::new(); areas.len()],
    };
    for (criterion, threshold) in thresholds.iter().enumerate() {
        let part = threshold.abs() * by;
        if part == 0.0 {
            continue;
        }
        for moved in [threshold - part, threshold + part] {
            let mut with = thresholds.clone();
            with[criterion] = moved;
            let mut kept = 0;
            for (area, values) in areas.iter().enumerate() {
                let other = class(&with, values);
                if other == now[area] {
                    kept += 1;
                } else {
                    found.flips[area].push(Flip {
                        criterion,
                        threshold: moved,
                        class: other,
                    });
                }
            }
            found.shifts.push(Shift {
                criterion,
                threshold: moved,
                kept,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::classify::tests::{rules, values};
    use super::*;

    #[test]
    fn each_threshold_is_moved_alone_and_flips_name_it() {
        let rules = rules();
        let areas: Vec<Vec<Value>> = [
            // Well inside the first class whichever threshold moves.
            values(Ok(50e3), Ok(2.0), Ok(0.1)),
            // Dense by a little: a density threshold of 22000 puts it into the second class.
            values(Ok(21e3), Ok(2.0), Ok(0.1)),
            // Half full by a little: a threshold of 0.55 leaves it without a class.
            values(Ok(1e3), Ok(0.52), Ok(0.1)),
            values(Ok(1e3), Ok(0.1), Ok(0.1)),
        ]
        .map(Vec::from)
        .into();
        let found = stability(&rules, &areas, 0.1);
        assert_eq!((found.areas, found.stable(), found.shifts.len()), (4, 2, 8));
        let one = |area: usize| match &found.flips[area][..] {
            [flip] => *flip,
            other => panic!("{other:?}"),
        };
        let flip = one(1);
        assert_eq!((flip.criterion, flip.class), (0, Some(1)));
        assert!((flip.threshold - 22e3).abs() < 1e-6);
        let flip = one(2);
        assert_eq!((flip.criterion, flip.class), (3, None));
        let kept: Vec<usize> = found.shifts.iter().map(|shift| shift.kept).collect();
        assert_eq!(kept, [4, 3, 4, 4, 4, 4, 4, 3]);
    }

    #[test]
    fn a_threshold_of_nothing_is_not_moved_and_no_area_is_fine() {
        let mut rules = rules();
        rules = rules
            .with_thresholds(&[("b.1".to_owned(), 0.0)].into())
            .expect("a known key");
        let found = stability(&rules, &[], 0.1);
        assert_eq!((found.areas, found.stable(), found.shifts.len()), (0, 0, 6));
    }
}
