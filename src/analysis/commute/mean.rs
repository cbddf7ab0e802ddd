use super::{Costs, Trip};
use crate::domain::Reason;

/// The mean cost of a commute (平均通勤距离、时耗) over those whose cost is known, in the unit of the
/// costs.
///
/// # Errors
/// [`Reason::NoPopulation`] where there are no commuters, [`Reason::NoReachablePair`] where the cost
/// of none is known.
pub fn mean_commute<'t>(
    trips: impl IntoIterator<Item = &'t Trip>,
    costs: &Costs,
) -> Result<f64, Reason> {
    let (mut all, mut known, mut total) = (0i64, 0i64, 0i128);
    for trip in trips {
        all += trip.commuters;
        if let Some(cost) = costs.get(trip.origin, trip.destination) {
            known += trip.commuters;
            total += i128::from(trip.commuters) * i128::from(cost);
        }
    }
    match (all, known) {
        (0, _) => Err(Reason::NoPopulation),
        (_, 0) => Err(Reason::NoReachablePair),
        _ => Ok(total as f64 / known as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::commute::v1;

    #[test]
    fn the_mean_commutes_of_vector_v1() {
        let (trips, costs) = (v1::trips(), v1::costs());
        let minutes = |trips: &[Trip]| mean_commute(trips, &costs).unwrap() / 60_000.0;
        assert_eq!(minutes(&trips), 13.0);
        // From the first zone: (80·5 + 100·20 + 20·30) / 200.
        assert_eq!(minutes(&trips[..3]), 15.0);
    }
}
