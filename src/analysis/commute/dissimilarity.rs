use crate::domain::Reason;

/// The dissimilarity (分异指数) of two groups over zones: the share of either that would have to
/// move for both to be spread alike, `½ Σ |a/A − b/B|`, from 0 to 1. With residents of a group
/// and jobs it is the spatial mismatch (空间错配).
///
/// It depends on the size of the zones: name the zoning beside it.
///
/// # Arguments
/// * `counts` - both groups by zone, >= 0
///
/// # Errors
/// [`Reason::NoPopulation`] where nobody is in the first group, [`Reason::NoJobs`] where nothing is
/// in the second.
///
/// # Source
/// Duncan & Duncan (1955), American Sociological Review 20(2); Martin (2001), Journal of Urban
/// Economics 50.
pub fn dissimilarity(counts: &[(i64, i64)]) -> Result<f64, Reason> {
    let (mut first, mut second) = (0i128, 0i128);
    for (a, b) in counts {
        first += i128::from(*a);
        second += i128::from(*b);
    }
    match (first, second) {
        (0, 0) => return Err(Reason::Empty),
        (0, _) => return Err(Reason::NoPopulation),
        (_, 0) => return Err(Reason::NoJobs),
        _ => {}
    }
    // |a/A − b/B| over the common denominator A·B: an exact sum of whole numbers.
    let apart = |(a, b): &(i64, i64)| (i128::from(*a) * second - i128::from(*b) * first).abs();
    let total: i128 = counts.iter().map(apart).sum();
    Ok(total as f64 / (first as f64 * second as f64) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::commute::v1::close;

    #[test]
    fn jobs_and_workers_of_vector_v1() {
        let zones = [(200, 100), (100, 300), (150, 50)];
        close(dissimilarity(&zones).unwrap(), 0.444444);
    }

    #[test]
    fn alike_is_zero_and_apart_is_one() {
        assert_eq!(dissimilarity(&[(1, 10), (3, 30)]), Ok(0.0));
        assert_eq!(dissimilarity(&[(5, 0), (0, 9)]), Ok(1.0));
        assert_eq!(dissimilarity(&[(0, 4)]), Err(Reason::NoPopulation));
        assert_eq!(dissimilarity(&[(4, 0)]), Err(Reason::NoJobs));
        assert_eq!(dissimilarity(&[]), Err(Reason::Empty));
    }
}
