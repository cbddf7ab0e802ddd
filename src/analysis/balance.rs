use crate::domain::Reason;

/// A ratio of two counts, e.g. jobs per employed resident (职住比, 岗位 ÷ 就业人口).
///
/// # Errors
/// Why it is undefined: [`Reason::Empty`] where both are zero, [`Reason::NoPopulation`] where only
/// the denominator is, [`Reason::NoData`] where either is unknown.
///
/// # Source
/// Cervero (1989), Journal of the American Planning Association 55(2).
pub fn ratio(numerator: Option<i64>, denominator: Option<i64>) -> Result<f64, Reason> {
    match (numerator, denominator) {
        (Some(0), Some(0)) => Err(Reason::Empty),
        (Some(_), Some(0)) => Err(Reason::NoPopulation),
        (Some(n), Some(d)) => Ok(n as f64 / d as f64),
        _ => Err(Reason::NoData),
    }
}

/// The bounded job-housing difference (职住差异率) `(J - W) / (J + W)`, from -1 (homes only) to 1
/// (jobs only).
///
/// # Errors
/// [`Reason::Empty`] where there are neither, [`Reason::NoData`] where either is unknown.
pub fn balance_index(jobs: Option<i64>, employed_residents: Option<i64>) -> Result<f64, Reason> {
    match (jobs, employed_residents) {
        (Some(0), Some(0)) => Err(Reason::Empty),
        (Some(jobs), Some(employed)) => Ok((jobs - employed) as f64 / (jobs + employed) as f64),
        _ => Err(Reason::NoData),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metric reference, vector V1.
    const JOBS: [i64; 3] = [100, 300, 50];
    const WORKERS: [i64; 3] = [200, 100, 150];
    const HOUSEHOLDS: [i64; 3] = [120, 60, 90];

    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 5e-7, "{found} is not {wanted}");
    }

    #[test]
    fn the_ratios_of_vector_v1() {
        for (zone, (per_worker, per_household)) in
            [(0.5, 0.833333), (3.0, 5.0), (0.333333, 0.555556)]
                .into_iter()
                .enumerate()
        {
            close(
                ratio(Some(JOBS[zone]), Some(WORKERS[zone])).unwrap(),
                per_worker,
            );
            close(
                ratio(Some(JOBS[zone]), Some(HOUSEHOLDS[zone])).unwrap(),
                per_household,
            );
        }
        let sum = |values: [i64; 3]| Some(values.iter().sum());
        close(ratio(sum(JOBS), sum(WORKERS)).unwrap(), 1.0);
        close(ratio(sum(JOBS), sum(HOUSEHOLDS)).unwrap(), 1.666667);
    }

    #[test]
    fn the_floating_ratio_of_vector_v1() {
        const MINUTES: [[i64; 3]; 3] = [[5, 20, 30], [20, 5, 15], [30, 15, 5]];
        for (zone, wanted) in [0.5, 1.4, 1.4].into_iter().enumerate() {
            let within = |values: [i64; 3]| {
                let near = (0..3).filter(|&j| MINUTES[zone][j] <= 15);
                Some(near.map(|j| values[j]).sum())
            };
            close(ratio(within(JOBS), within(WORKERS)).unwrap(), wanted);
        }
    }

    #[test]
    fn undefined_is_not_zero() {
        assert_eq!(ratio(Some(5), Some(0)), Err(Reason::NoPopulation));
        assert_eq!(ratio(Some(0), Some(0)), Err(Reason::Empty));
        assert_eq!(ratio(None, Some(3)), Err(Reason::NoData));
        assert_eq!(ratio(Some(0), Some(3)), Ok(0.0));
        assert_eq!(balance_index(Some(5), Some(0)), Ok(1.0));
        assert_eq!(balance_index(Some(0), Some(7)), Ok(-1.0));
        assert_eq!(balance_index(Some(0), Some(0)), Err(Reason::Empty));
    }
}
