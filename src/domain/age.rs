use super::AttributeId;

/// The ages that an age group counts, both ends included; no upper end where it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgeRange {
    pub from: u32,
    pub to: Option<u32>,
}

impl AgeRange {
    /// The ages that an attribute is named by: `age_6_11`, `age_80_plus`, or `age_7` of one year.
    pub fn of(attribute: &AttributeId) -> Option<Self> {
        let rest = attribute.as_str().strip_prefix("age_")?;
        let (from, to) = match rest.split_once('_') {
            None => {
                let age = rest.parse().ok()?;
                (age, Some(age))
            }
            Some((from, "plus")) => (from.parse().ok()?, None),
            Some((from, to)) => (from.parse().ok()?, Some(to.parse().ok()?)),
        };
        to.is_none_or(|to| from <= to && to < 150)
            .then_some(AgeRange { from, to })
    }

    pub fn is_single_year(self) -> bool {
        self.to == Some(self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_off_names() {
        let of = |name: &str| AgeRange::of(&name.parse().expect("a name")).map(|r| (r.from, r.to));
        assert_eq!(of("age_6_11"), Some((6, Some(11))));
        assert_eq!(of("age_80_plus"), Some((80, None)));
        assert_eq!(of("age_7"), Some((7, Some(7))));
        for name in ["age_old", "age_9_3", "age_1_2_3", "households"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
