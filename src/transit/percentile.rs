//! Percentiles of the travel times of a departure window.

/// Not reached within the longest time asked for.
pub const UNREACHED: u32 = u32::MAX;

/// The `percent`-th percentile by nearest rank: the value at rank ⌈p·n/100⌉, counted from 1.
///
/// `times_s` holds one value per departure, [`UNREACHED`] counting as infinite; its order is
/// changed. `None` where the rank falls on an unreached departure, or nothing was asked.
///
/// # Source
/// Conway, Byrd & van Eggermond (2018), J. Transport and Land Use 11(1).
pub fn percentile(times_s: &mut [u32], percent: u32) -> Option<u32> {
    let rank = rank(times_s.len(), percent);
    if rank > times_s.len() {
        return None;
    }
    let (_, value, _) = times_s.select_nth_unstable(rank - 1);
    (*value != UNREACHED).then_some(*value)
}

/// The rank of the `percent`-th percentile of so many values, counted from 1.
pub fn rank(values: usize, percent: u32) -> usize {
    (percent.min(100) as usize * values).div_ceil(100).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_is_the_nearest_and_unreached_is_infinite() {
        let mut times = [40, 10, 30, 20];
        assert_eq!(percentile(&mut times, 25), Some(10));
        assert_eq!(percentile(&mut times, 26), Some(20));
        assert_eq!(percentile(&mut times, 50), Some(20));
        assert_eq!(percentile(&mut times, 100), Some(40));
        let mut half = [UNREACHED, 5, UNREACHED, 7];
        assert_eq!(percentile(&mut half, 50), Some(7));
        assert_eq!(percentile(&mut half, 51), None);
        assert_eq!(percentile(&mut [], 50), None);
    }
}
