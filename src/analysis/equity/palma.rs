use super::{Share, mean};

/// The Palma ratio (帕尔马比值): the mean value of the richest tenth of people over that of the
/// poorest two fifths, by income, which `shares` come in the order of.
///
/// A zone across a line is split by its people. `None` without people or where the poorest have
/// nothing.
///
/// # Source
/// Palma (2011), Development and Change 42(1); Guzman & Oviedo (2018), Transport Policy 68.
pub fn palma_ratio(by_income: &[Share]) -> Option<f64> {
    let all: f64 = by_income.iter().map(|share| share.people).sum();
    let poor = mean(&part(by_income, 0.0, 0.4 * all))?;
    let rich = mean(&part(by_income, 0.9 * all, all))?;
    (poor > 0.0).then(|| rich / poor)
}

/// What of each zone lies between two numbers of people, counted from the poorest.
fn part(by_income: &[Share], from: f64, until: f64) -> Vec<Share> {
    let mut before = 0.0;
    let inside = |share: &Share| {
        let (start, end) = (before, before + share.people);
        before = end;
        let people = (end.min(until) - start.max(from)).max(0.0);
        Share { people, ..*share }
    };
    by_income.iter().map(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(pairs: &[(f64, f64)]) -> Vec<Share> {
        let share = |&(people, value): &(f64, f64)| Share { people, value };
        pairs.iter().map(share).collect()
    }

    /// Metric reference, vector V4: ten zones by rising income.
    #[test]
    fn the_palma_ratio_of_vector_v4() {
        let people = [50.0, 150.0].into_iter().chain([100.0; 8]);
        let access = [10.0, 12.0, 14.0, 16.0, 20.0, 22.0, 24.0, 26.0, 30.0, 40.0];
        let zones: Vec<(f64, f64)> = people.zip(access).collect();
        let found = palma_ratio(&shares(&zones)).unwrap();
        assert!((found - 40.0 / 13.25).abs() < 1e-12, "{found}");
    }

    #[test]
    fn a_zone_across_a_line_is_split() {
        // One zone is both the richest tenth and the poorest two fifths.
        assert_eq!(palma_ratio(&shares(&[(10.0, 7.0)])), Some(1.0));
        // 40 poor people: 30 of the first zone, 10 of the second.
        let zones = shares(&[(30.0, 1.0), (60.0, 5.0), (10.0, 8.0)]);
        assert!((palma_ratio(&zones).unwrap() - 8.0 / 2.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_for_the_poor_is_not_infinitely_unequal() {
        assert_eq!(palma_ratio(&shares(&[(50.0, 0.0), (50.0, 9.0)])), None);
        assert_eq!(palma_ratio(&[]), None);
    }
}
