use super::SpreadError;

/// Divides a whole total in proportion to whole weights by largest remainders (最大余数法), in whole
/// numbers throughout: no rounding of floats decides who gets the last one.
///
/// Each share is the exact one rounded down or up; ties go to the earlier entry. Where the total is
/// no more than the sum of the weights, no share exceeds its weight.
///
/// # Arguments
/// * `total` - what is divided, >= 0
/// * `weights` - each >= 0
///
/// # Errors
/// Where no weight is positive and there is something to divide.
pub fn apportion(total: i64, weights: &[i64]) -> Result<Vec<i64>, SpreadError> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if total == 0 {
        return Ok(vec![0; weights.len()]);
    }
    if sum <= 0 || total < 0 {
        return Err(SpreadError(total));
    }
    let exact = |weight: &i64| i128::from(total) * i128::from(*weight);
    let mut shares: Vec<i64> = weights.iter().map(|w| (exact(w) / sum) as i64).collect();
    let left = total - shares.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..weights.len())
        .filter(|&entry| exact(&weights[entry]) % sum > 0)
        .collect();
    order.sort_by_key(|&entry| (-(exact(&weights[entry]) % sum), entry));
    // The remainders add up to `left` whole ones, each less than one: there are enough of them.
    for &entry in order.iter().take(left as usize) {
        shares[entry] += 1;
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_one_goes_to_the_largest_remainder() {
        assert_eq!(apportion(10, &[1, 1, 1]), Ok(vec![4, 3, 3]));
        assert_eq!(apportion(7, &[0, 5, 5]), Ok(vec![0, 4, 3]));
        assert_eq!(apportion(0, &[]), Ok(vec![]));
        assert_eq!(apportion(3, &[0, 0]), Err(SpreadError(3)));
        let huge = i64::MAX / 4;
        assert_eq!(apportion(huge, &[huge, huge, 0]).unwrap()[2], 0);
    }

    proptest! {
        #[test]
        fn sums_are_exact_and_nobody_is_a_whole_one_off(
            total in 0..5_000_000i64, weights in prop::collection::vec(0..40_000i64, 1..120)
        ) {
            let sum: i64 = weights.iter().sum();
            prop_assume!(sum > 0);
            let shares = apportion(total, &weights).unwrap();
            prop_assert_eq!(shares.iter().sum::<i64>(), total);
            for (share, weight) in shares.iter().zip(&weights) {
                let exact = total as f64 * *weight as f64 / sum as f64;
                prop_assert!((*share as f64 - exact).abs() < 1.0);
                prop_assert!(total > sum || share <= weight);
            }
        }
    }
}
