/// What people need of a service (需求规模), whole: people who come times what one needs.
///
/// A number of facilities is rounded up, since nobody builds a part of one; any other need to the
/// nearest whole.
///
/// # Arguments
/// * `people` - those who want it, >= 0
/// * `rate` - the share of them that comes (入学率 …), 0–1
/// * `per_person` - capacity for each who comes, >= 0
pub fn need(people: i64, rate: f64, per_person: f64, is_facilities: bool) -> i64 {
    let exact = people as f64 * rate * per_person;
    let nearest = exact.round();
    match is_facilities && (exact - nearest).abs() > 1e-9 {
        true => exact.ceil() as i64,
        false => nearest as i64,
    }
}

/// Shortfall (缺口) and surplus (富余) of a capacity beside a need; at most one is above 0.
pub fn gap(capacity: i64, need: i64) -> (i64, i64) {
    ((need - capacity).max(0), (capacity - need).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_whole_and_facilities_never_parts() {
        assert_eq!(need(1000, 1.0, 1.0, false), 1000);
        assert_eq!(need(1250, 0.98, 1.0, false), 1225);
        // 40 beds for each 1,000: 12 people need half a bed, 13 a whole one.
        assert_eq!(need(12, 1.0, 0.04, false), 0);
        assert_eq!(need(13, 1.0, 0.04, false), 1);
        let one_for_each = |people| need(people, 1.0, 1.0 / 50_000.0, true);
        assert_eq!(
            [0, 1, 50_000, 50_001, 150_000].map(one_for_each),
            [0, 1, 1, 2, 3]
        );
    }

    #[test]
    fn a_gap_is_a_shortfall_or_a_surplus() {
        assert_eq!(gap(100, 130), (30, 0));
        assert_eq!(gap(130, 100), (0, 30));
        assert_eq!(gap(100, 100), (0, 0));
    }
}
