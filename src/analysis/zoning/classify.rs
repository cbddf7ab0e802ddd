use super::Value;
use crate::domain::zoning::{Condition, Criterion, ZoningRules};

/// What became of a criterion or of a class: true, false, or not to be judged because a value is
/// undefined (Kleene's three-valued logic).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Met,
    NotMet,
    Undecided,
}

/// What the rules say of one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The first class whose condition is met; `None` is 未分类.
    pub class: Option<usize>,
    /// Of every criterion, in the order of the rules.
    pub criteria: Vec<Verdict>,
    /// Of every class.
    pub classes: Vec<Verdict>,
}

impl Judged {
    /// The classes before the one found that might be the right one, were their values known.
    pub fn undecided(&self) -> impl Iterator<Item = usize> {
        let until = self.class.unwrap_or(self.classes.len());
        let before = self.classes[..until].iter().enumerate();
        before.filter_map(|(class, verdict)| (*verdict == Verdict::Undecided).then_some(class))
    }
}

/// Classifies an area; `values` and `thresholds` have one entry for each criterion, in the order
/// of [`ZoningRules::criteria`].
pub fn classify(rules: &ZoningRules, thresholds: &[f64], values: &[Value]) -> Judged {
    let mut next = 0;
    let mut criteria = Vec::with_capacity(thresholds.len());
    let mut classes: Vec<Verdict> = Vec::with_capacity(rules.classes.len());
    for class in &rules.classes {
        let verdict = judge(&class.condition, &classes, &mut |criterion: &Criterion| {
            let at = next;
            next += 1;
            let verdict = match values[at] {
                Err(_) => Verdict::Undecided,
                Ok(value) if criterion.comparison.holds(value, thresholds[at]) => Verdict::Met,
                Ok(_) => Verdict::NotMet,
            };
            criteria.push(verdict);
            verdict
        });
        classes.push(verdict);
    }
    Judged {
        class: classes.iter().position(|class| *class == Verdict::Met),
        criteria,
        classes,
    }
}

/// Every criterion is looked at, so that each has its verdict; `before` are the classes before.
fn judge(
    condition: &Condition,
    before: &[Verdict],
    of: &mut dyn FnMut(&Criterion) -> Verdict,
) -> Verdict {
    match condition {
        Condition::Criterion(criterion) => of(criterion),
        Condition::All(members) => {
            let verdicts: Vec<Verdict> = members.iter().map(|m| judge(m, before, of)).collect();
            decide(&verdicts, Verdict::NotMet, Verdict::Met)
        }
        Condition::Any(members) => {
            let verdicts: Vec<Verdict> = members.iter().map(|m| judge(m, before, of)).collect();
            decide(&verdicts, Verdict::Met, Verdict::NotMet)
        }
        // None of those before: an open one leaves this one open too.
        Condition::Otherwise => match decide(before, Verdict::Met, Verdict::NotMet) {
            Verdict::Met => Verdict::NotMet,
            Verdict::NotMet => Verdict::Met,
            Verdict::Undecided => Verdict::Undecided,
        },
    }
}

/// One that decides alone, else any that is open, else the other.
fn decide(verdicts: &[Verdict], alone: Verdict, otherwise: Verdict) -> Verdict {
    if verdicts.contains(&alone) {
        alone
    } else if verdicts.contains(&Verdict::Undecided) {
        Verdict::Undecided
    } else {
        otherwise
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Reason, zoning::ZoningClass};

    /// Two classes: dense and (full or far from rail); then at least half full.
    pub fn rules() -> ZoningRules {
        ZoningRules::from_toml(
            "t",
            r##"
id = "t"
title = { zh = "试", en = "T" }
plan_year = 2035
[[classes]]
id = "a"
title = { zh = "疏解区", en = "Disperse" }
colour = "#112233"
direction = "reduce"
all = [
  { indicator = "density_per_km2", comparison = ">", threshold = 20000, unit = "person_per_km2" },
  { any = [
    { indicator = "capacity_ratio", comparison = ">=", threshold = 1.0, unit = "share" },
    { indicator = "station_share_residents", within_m = 800, comparison = "<", threshold = 0.5, unit = "share" },
  ] },
]
[[classes]]
id = "b"
title = { zh = "优化区", en = "Improve" }
colour = "#445566"
direction = "hold"
all = [{ indicator = "capacity_ratio", comparison = ">=", threshold = 0.5, unit = "share" }]
"##,
        )
        .expect("sound rules")
    }

    pub fn thresholds(rules: &ZoningRules) -> Vec<f64> {
        rules.criteria().iter().map(|c| c.threshold).collect()
    }

    const NONE: Value = Err(Reason::NoData);

    /// The values of the four criteria from those of three indicators.
    pub fn values(density: Value, ratio: Value, rail: Value) -> [Value; 4] {
        [density, ratio, rail, ratio]
    }

    #[test]
    fn the_first_class_whose_condition_is_met_is_taken() {
        let rules = rules();
        let thresholds = thresholds(&rules);
        for (density, ratio, rail, wanted) in [
            (Ok(30e3), Ok(1.0), Ok(0.9), Some(0)),
            (Ok(30e3), Ok(0.8), Ok(0.4), Some(0)),
            (Ok(30e3), Ok(0.8), Ok(0.5), Some(1)),
            // Exactly on the threshold is not above it.
            (Ok(20e3), Ok(1.2), Ok(0.1), Some(1)),
            (Ok(1.0), Ok(0.4), Ok(0.9), None),
            // One of the two alternatives is enough, the other may be unknown.
            (Ok(30e3), NONE, Ok(0.4), Some(0)),
            // Not dense: nothing unknown can make it the first class.
            (Ok(1.0), Ok(0.6), NONE, Some(1)),
        ] {
            let judged = classify(&rules, &thresholds, &values(density, ratio, rail));
            assert_eq!(judged.class, wanted, "{density:?} {ratio:?} {rail:?}");
            assert_eq!(judged.criteria.len(), 4);
            assert_eq!(judged.undecided().count(), 0);
        }
    }

    #[test]
    fn what_cannot_be_judged_is_passed_over_and_told() {
        let rules = rules();
        let thresholds = thresholds(&rules);
        let judged = classify(&rules, &thresholds, &values(NONE, Ok(1.0), Ok(0.9)));
        assert_eq!(judged.class, Some(1));
        assert_eq!(judged.undecided().collect::<Vec<_>>(), [0]);
        let judged = classify(&rules, &thresholds, &values(Ok(30e3), NONE, Ok(0.9)));
        assert_eq!(judged.class, None);
        assert_eq!(judged.undecided().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn what_is_left_is_taken_only_when_all_others_are_ruled_out() {
        let mut rules = rules();
        rules.classes.push(ZoningClass {
            id: "rest".into(),
            condition: Condition::Otherwise,
            ..rules.classes[0].clone()
        });
        let thresholds = thresholds(&rules);
        let class = |values: [Value; 4]| classify(&rules, &thresholds, &values).class;
        assert_eq!(class(values(Ok(30e3), Ok(1.0), Ok(0.9))), Some(0));
        assert_eq!(class(values(Ok(1.0), Ok(0.4), Ok(0.9))), Some(2));
        // It might still be one of those before.
        assert_eq!(class(values(Ok(1.0), NONE, Ok(0.9))), None);
    }

    proptest! {
        /// Of the rules that come with the program: whatever is known, only what is missing leaves
        /// an area without a class.
        #[test]
        fn the_default_rules_leave_nobody_out(values in prop::collection::vec(
            (0.0..1.0f64, prop::bool::weighted(0.9)), 20,
        )) {
            let text = include_str!("../../../layers/zoning/default.toml");
            let rules = ZoningRules::from_toml("default.toml", text).expect("sound rules");
            let criteria = rules.criteria();
            // One value for each indicator, around its thresholds.
            let mut known: Vec<(&str, Value)> = Vec::new();
            let values: Vec<Value> = criteria.iter().zip(&values).map(|(criterion, (part, is_known))| {
                let key = criterion.indicator.key();
                if let Some((_, value)) = known.iter().find(|(other, _)| *other == key) {
                    return *value;
                }
                let value = is_known.then_some(criterion.threshold * 2.0 * part);
                let value = value.ok_or(Reason::NoData);
                known.push((key, value));
                value
            }).collect();
            let judged = classify(&rules, &thresholds(&rules), &values);
            prop_assert!(judged.class.is_some() || judged.undecided().count() > 0);
            if values.iter().all(Result::is_ok) {
                prop_assert!(judged.class.is_some());
            }
        }
    }
}
