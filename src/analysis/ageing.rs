/// People of the ages `from` to `to`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cohort {
    pub from: u32,
    pub to: u32,
    pub people: i64,
}

/// How many will be `from` to `to` years old in some years, when nobody comes, goes or dies
/// (队列推移，不计迁移与死亡).
///
/// Of a cohort of several years each year is taken to hold as many as the others.
///
/// # Errors
/// `None` where some of them are not born yet, or no cohort holds them now.
pub fn aged(cohorts: &[Cohort], from: u32, to: u32, years: u32) -> Option<f64> {
    let (first, last) = (from.checked_sub(years)?, to.checked_sub(years)?);
    let held: u32 = cohorts.iter().map(|c| overlap(c, first, last)).sum();
    if held != last - first + 1 {
        return None;
    }
    let part = |cohort: &Cohort| {
        let share =
            f64::from(overlap(cohort, first, last)) / f64::from(cohort.to - cohort.from + 1);
        cohort.people as f64 * share
    };
    Some(cohorts.iter().map(part).sum())
}

/// How many years of age a cohort has within a range.
fn overlap(cohort: &Cohort, first: u32, last: u32) -> u32 {
    let (from, to) = (cohort.from.max(first), cohort.to.min(last));
    (to + 1).saturating_sub(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: [Cohort; 4] = [
        Cohort {
            from: 0,
            to: 2,
            people: 300,
        },
        Cohort {
            from: 3,
            to: 5,
            people: 330,
        },
        Cohort {
            from: 6,
            to: 11,
            people: 600,
        },
        Cohort {
            from: 12,
            to: 14,
            people: 240,
        },
    ];

    #[test]
    fn cohorts_move_on_year_by_year() {
        assert_eq!(aged(&GROUPS, 6, 11, 0), Some(600.0));
        // In three years: all of 3–5 and half of 6–11.
        assert_eq!(aged(&GROUPS, 6, 11, 3), Some(330.0 + 300.0));
        // In five: ages 1 and 2, all of 3–5, and of 6–11 the first year.
        assert_eq!(aged(&GROUPS, 6, 11, 5), Some(200.0 + 330.0 + 100.0));
        assert_eq!(aged(&GROUPS, 12, 14, 3), Some(300.0));
    }

    #[test]
    fn the_unborn_are_not_counted_as_nobody() {
        assert_eq!(aged(&GROUPS, 3, 5, 4), None);
        assert_eq!(aged(&GROUPS, 15, 17, 0), None);
        assert_eq!(aged(&GROUPS, 15, 17, 3), Some(240.0));
        // A gap between cohorts is not known either.
        assert_eq!(aged(&[GROUPS[0], GROUPS[2]], 3, 8, 0), None);
    }

    #[test]
    fn single_years_are_exact() {
        let years: Vec<Cohort> = (0..18)
            .map(|age| Cohort {
                from: age,
                to: age,
                people: i64::from(age),
            })
            .collect();
        assert_eq!(aged(&years, 6, 11, 2), Some((4..=9).sum::<u32>() as f64));
    }
}
