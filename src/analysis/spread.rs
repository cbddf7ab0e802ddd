/// Why a total could not be spread.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing carries a weight, so {0} cannot be spread")]
pub struct SpreadError(pub i64);

/// Spreads a whole total in proportion to weights (分配), keeping its sum exactly.
///
/// Each share is rounded down; what is left over goes to the largest remainders, ties to the
/// earlier entry.
///
/// # Arguments
/// * `total` - what is spread, >= 0
/// * `weights` - finite and >= 0
///
/// # Errors
/// Where no weight is positive.
pub fn spread(total: i64, weights: &[f64]) -> Result<Vec<i64>, SpreadError> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 || !sum.is_finite() {
        return Err(SpreadError(total));
    }
    let exact = |weight: &f64| total as f64 * (weight / sum);
    let mut shares: Vec<i64> = weights.iter().map(|w| exact(w).floor() as i64).collect();
    let mut left = total - shares.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0.0).collect();
    order.sort_by(|&a, &b| {
        let remainder = |i: usize| exact(&weights[i]) - shares[i] as f64;
        remainder(b).total_cmp(&remainder(a)).then(a.cmp(&b))
    });
    // Rounding of huge totals may leave more or less than one per entry.
    while left != 0 {
        for &entry in &order {
            if left > 0 {
                shares[entry] += 1;
                left -= 1;
            } else if left < 0 && shares[entry] > 0 {
                shares[entry] -= 1;
                left += 1;
            }
        }
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ten_over_three_equal_buildings() {
        assert_eq!(spread(10, &[1.0, 1.0, 1.0]), Ok(vec![4, 3, 3]));
        assert_eq!(spread(10, &[0.0, 3.0, 1.0]), Ok(vec![0, 8, 2]));
        assert_eq!(spread(0, &[2.0]), Ok(vec![0]));
        assert_eq!(spread(7, &[0.0, 0.0]), Err(SpreadError(7)));
    }

    proptest! {
        #[test]
        fn the_sum_is_kept_and_nobody_is_far_from_their_share(
            total in 0..3_000_000i64, weights in prop::collection::vec(0.0..1e6f64, 1..200)
        ) {
            prop_assume!(weights.iter().sum::<f64>() > 0.0);
            let shares = spread(total, &weights).unwrap();
            prop_assert_eq!(shares.iter().sum::<i64>(), total);
            let sum: f64 = weights.iter().sum();
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!((*share as f64 - total as f64 * weight / sum).abs() < 1.001);
            }
        }
    }
}
