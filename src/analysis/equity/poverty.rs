use super::Share;
use crate::analysis::Sum;

/// Access poverty (可达性贫困, Foster-Greer-Thorbecke) below a line > 0: the share of people below it,
/// its depth and its severity, `Σ P ((z - A) / z)^a / Σ P` for a = 0, 1, 2. `None` without people.
///
/// # Source
/// Foster, Greer & Thorbecke (1984), Econometrica 52(3).
pub fn poverty(shares: &[Share], line: f64) -> Option<[f64; 3]> {
    let people = shares.iter().map(|share| share.people);
    let people = people.collect::<Sum>().value();
    if people <= 0.0 {
        return None;
    }
    let mut sums = [Sum::default(); 3];
    for share in shares.iter().filter(|share| share.value < line) {
        let lack = (line - share.value) / line;
        sums[0].add(share.people);
        sums[1].add(share.people * lack);
        sums[2].add(share.people * lack * lack);
    }
    Some(sums.map(|sum| sum.value() / people))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metric reference, vector V4.
    #[test]
    fn the_poverty_of_vector_v4() {
        let people = [50.0, 150.0].into_iter().chain([100.0; 8]);
        let access = [10.0, 12.0, 14.0, 16.0, 20.0, 22.0, 24.0, 26.0, 30.0, 40.0];
        let zones = people
            .zip(access)
            .map(|(people, value)| Share { people, value });
        let found = poverty(&zones.collect::<Vec<_>>(), 20.0).unwrap();
        for (found, wanted) in found.into_iter().zip([0.4, 0.135, 0.0495]) {
            assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
        }
    }

    #[test]
    fn without_people_nobody_is_poor_or_not() {
        assert_eq!(poverty(&[], 1.0), None);
        let nobody = Share {
            people: 0.0,
            value: 0.0,
        };
        assert_eq!(poverty(&[nobody], 1.0), None);
    }
}
