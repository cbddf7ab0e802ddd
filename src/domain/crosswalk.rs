use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{AreaCode, LevelId, Period};

/// The part of an old area that a new one takes over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeLink {
    pub from: AreaCode,
    pub to: AreaCode,
    /// 0 to 1; those of one old code add up to 1.
    pub weight: f64,
}

/// How the area codes of one time continue in those of another (区划代码对照表).
///
/// A code that it does not name stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crosswalk {
    pub level: LevelId,
    /// The reference date of the old boundaries.
    pub from: Period,
    /// The reference date of the new ones.
    pub to: Period,
    /// In the order of old and new code, each pair once.
    pub links: Vec<CodeLink>,
}

/// What is wrong with a crosswalk.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CrosswalkFault {
    #[error("{from} to {to}: the weight {weight} is not within 0 and 1")]
    Weight {
        from: AreaCode,
        to: AreaCode,
        weight: f64,
    },
    #[error("{from} to {to} stands twice")]
    Twice { from: AreaCode, to: AreaCode },
    #[error("the weights of {code} add up to {sum:.6} and not to 1")]
    Sum { code: AreaCode, sum: f64 },
    #[error("the boundaries of {period} have no {level} {code}")]
    UnknownCode {
        code: AreaCode,
        level: LevelId,
        period: Period,
    },
    #[error("{code} is no longer there in {to}, and no row says what became of it")]
    Lost { code: AreaCode, to: Period },
    #[error("{code} was not there in {from}, and no row says what it was made of")]
    FromNowhere { code: AreaCode, from: Period },
}

/// How far the sum of the weights of a code may be from 1: a third is written with six digits.
const SUM_TOLERANCE: f64 = 2e-6;

/// Weights are divided by in whole parts, so that shares are the same on every machine.
const PARTS: f64 = 1e9;

impl Crosswalk {
    /// The kind of definitions that crosswalks are.
    pub const KIND: &'static str = "crosswalk";

    /// Orders the links and checks them, `then` and `now` being the codes of both times.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of codes.
    pub fn check(
        mut self,
        then: &BTreeSet<AreaCode>,
        now: &BTreeSet<AreaCode>,
    ) -> Result<Self, Vec<CrosswalkFault>> {
        self.links
            .sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        let mut faults = Vec::new();
        let mut sums: BTreeMap<&AreaCode, f64> = BTreeMap::new();
        let mut reached: BTreeSet<&AreaCode> = BTreeSet::new();
        for (at, link) in self.links.iter().enumerate() {
            let CodeLink { from, to, weight } = link;
            let before = at.checked_sub(1).map(|before| &self.links[before]);
            if before.is_some_and(|before| (&before.from, &before.to) == (from, to)) {
                faults.push(CrosswalkFault::Twice {
                    from: from.clone(),
                    to: to.clone(),
                });
            }
            if !(0.0..=1.0).contains(weight) {
                faults.push(CrosswalkFault::Weight {
                    from: from.clone(),
                    to: to.clone(),
                    weight: *weight,
                });
            }
            for (code, codes, period) in [(from, then, &self.from), (to, now, &self.to)] {
                if !codes.contains(code) {
                    faults.push(CrosswalkFault::UnknownCode {
                        code: code.clone(),
                        level: self.level.clone(),
                        period: period.clone(),
                    });
                }
            }
            *sums.entry(from).or_default() += weight;
            reached.insert(to);
        }
        for (code, sum) in &sums {
            if (sum - 1.0).abs() > SUM_TOLERANCE {
                faults.push(CrosswalkFault::Sum {
                    code: (*code).clone(),
                    sum: *sum,
                });
            }
        }
        let lost = then.iter().filter(|code| !now.contains(code));
        let lost = lost.filter(|code| !sums.contains_key(code));
        faults.extend(lost.map(|code| CrosswalkFault::Lost {
            code: code.clone(),
            to: self.to.clone(),
        }));
        let new = now.iter().filter(|code| !then.contains(code));
        let new = new.filter(|code| !reached.contains(code));
        faults.extend(new.map(|code| CrosswalkFault::FromNowhere {
            code: code.clone(),
            from: self.from.clone(),
        }));
        match faults.is_empty() {
            true => Ok(self),
            false => Err(faults),
        }
    }

    /// Names it among those of a city.
    pub fn id(&self) -> String {
        format!("{}.{}.{}", self.level, self.from, self.to)
    }

    /// The new codes that an old one continues in, with whole weights to divide by.
    pub fn shares<'c>(&'c self, code: &'c AreaCode) -> Vec<(&'c AreaCode, i64)> {
        let links = self.links.iter().filter(|link| link.from == *code);
        let shares = links.map(|link| (&link.to, (link.weight * PARTS).round() as i64));
        let shares: Vec<_> = shares.collect();
        match shares.is_empty() {
            true => vec![(code, 1)],
            false => shares,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(texts: &[&str]) -> BTreeSet<AreaCode> {
        texts
            .iter()
            .map(|code| code.parse().expect("a code"))
            .collect()
    }

    fn check(links: &[(&str, &str, f64)]) -> Result<Crosswalk, Vec<CrosswalkFault>> {
        let link = |(from, to, weight): &(&str, &str, f64)| CodeLink {
            from: from.parse().expect("a code"),
            to: to.parse().expect("a code"),
            weight: *weight,
        };
        let crosswalk = Crosswalk {
            level: "district".parse().expect("a level"),
            from: "2015".parse().expect("a year"),
            to: "2020".parse().expect("a year"),
            links: links.iter().map(link).collect(),
        };
        crosswalk.check(&codes(&["a", "b", "c"]), &codes(&["a", "d", "e"]))
    }

    fn told(links: &[(&str, &str, f64)]) -> Vec<String> {
        let faults = check(links).expect_err("faults");
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn weights_of_a_code_add_up_to_one_and_every_changed_code_is_named() {
        let sound = check(&[("c", "e", 1.0), ("b", "e", 0.666667), ("b", "d", 0.333333)]);
        let sound = sound.expect("sound");
        assert_eq!(sound.id(), "district.2015.2020");
        let b: AreaCode = "b".parse().expect("a code");
        let shares: Vec<(&str, i64)> = sound
            .shares(&b)
            .into_iter()
            .map(|(code, share)| (code.as_str(), share))
            .collect();
        assert_eq!(shares, [("d", 333_333_000), ("e", 666_667_000)]);
        let a: AreaCode = "a".parse().expect("a code");
        assert_eq!(sound.shares(&a), [(&a, 1)], "what is not named stays");
    }

    #[test]
    fn each_fault_is_told_with_its_codes() {
        assert_eq!(
            told(&[("b", "d", 0.5), ("b", "e", 0.4), ("c", "e", 1.0)]),
            ["the weights of b add up to 0.900000 and not to 1"]
        );
        assert_eq!(
            told(&[("b", "d", 1.0)]),
            [
                "c is no longer there in 2020, and no row says what became of it",
                "e was not there in 2015, and no row says what it was made of"
            ]
        );
        assert_eq!(
            told(&[("b", "d", 1.5), ("b", "e", -0.5), ("c", "e", 1.0)]).len(),
            2,
            "weights beyond 0 and 1"
        );
        let twice = told(&[("b", "d", 0.5), ("b", "d", 0.5), ("c", "e", 1.0)]);
        assert_eq!(twice, ["b to d stands twice"]);
        let unknown = told(&[("b", "d", 1.0), ("c", "x", 1.0), ("c", "e", 0.0)]);
        assert_eq!(unknown, ["the boundaries of 2020 have no district x"]);
    }
}
