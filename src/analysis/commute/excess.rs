use super::{Costs, Goal, Trip, transport};
use crate::domain::Reason;

/// The commute as it is between the least and the greatest that homes and jobs allow (过剩通勤). Means
/// per commuter in the unit of the costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExcessCommute {
    /// Commuters whose cost is known; homes and jobs are counted from them alone.
    pub commuters: i64,
    /// Commuters between zones without a way, left out.
    pub unreachable: i64,
    pub observed: f64,
    /// With jobs exchanged so that all together travel least (职住分离度).
    pub minimum: f64,
    pub maximum: f64,
    /// With jobs dealt out by lot; undefined where a pair of homes and jobs has no way.
    pub random: Result<f64, Reason>,
    /// `(observed - minimum) / observed`.
    pub excess_share: Result<f64, Reason>,
    /// `(observed - minimum) / (maximum - minimum)`.
    pub potential_used: Result<f64, Reason>,
}

/// Observed, minimum, maximum and random commute.
///
/// Homes and jobs of the zones come from the trips themselves, so that the trips are one of the
/// plans that minimum and maximum are chosen from, and there always is one. The cost within a
/// zone should be more than 0, or the excess is inflated.
///
/// # Errors
/// [`Reason::NoPopulation`] where there are no commuters, [`Reason::NoReachablePair`] where the cost
/// of none is known.
///
/// # Source
/// Hamilton (1982), Journal of Political Economy 90(5); White (1988), JPE 96(5); Horner (2002),
/// Environment and Planning A 34(3); Yang & Ferreira (2008), Environment and Planning B 35(1).
pub fn excess_commute(trips: &[Trip], costs: &Costs) -> Result<ExcessCommute, Reason> {
    let mut homes = vec![0i64; costs.rows()];
    let mut jobs = vec![0i64; costs.columns()];
    let (mut commuters, mut unreachable, mut observed) = (0i64, 0i64, 0i128);
    for trip in trips {
        let Some(cost) = costs.get(trip.origin, trip.destination) else {
            unreachable += trip.commuters;
            continue;
        };
        homes[trip.origin] += trip.commuters;
        jobs[trip.destination] += trip.commuters;
        commuters += trip.commuters;
        observed += i128::from(trip.commuters) * i128::from(cost);
    }
    match (commuters, unreachable) {
        (0, 0) => return Err(Reason::NoPopulation),
        (0, _) => return Err(Reason::NoReachablePair),
        _ => {}
    }
    let best = |goal| {
        let plan = transport(costs, &homes, &jobs, goal);
        plan.expect("the trips themselves are a plan").total
    };
    let (minimum, maximum) = (best(Goal::Least), best(Goal::Greatest));
    let mean = |total: i128| total as f64 / commuters as f64;
    let share = |part: i128, whole: i128, reason| match whole {
        0 => Err(reason),
        whole => Ok(part as f64 / whole as f64),
    };
    let spare = observed - minimum;
    Ok(ExcessCommute {
        commuters,
        unreachable,
        observed: mean(observed),
        minimum: mean(minimum),
        maximum: mean(maximum),
        random: random(costs, &homes, &jobs)
            .map(|total| total as f64 / commuters as f64 / commuters as f64),
        excess_share: share(spare, observed, Reason::NoTravel),
        potential_used: share(spare, maximum - minimum, Reason::NoChoice),
    })
}

/// `Σ homes · jobs · cost`.
fn random(costs: &Costs, homes: &[i64], jobs: &[i64]) -> Result<i128, Reason> {
    let mut total = 0i128;
    for (origin, home) in homes.iter().enumerate().filter(|(_, home)| **home > 0) {
        let mut weighted = 0i128;
        for (destination, job) in jobs.iter().enumerate().filter(|(_, job)| **job > 0) {
            let cost = costs.get(origin, destination);
            let cost = cost.ok_or(Reason::NoReachablePair)?;
            weighted += i128::from(*job) * i128::from(cost);
        }
        total += i128::from(*home) * weighted;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::commute::v1::{self, close};

    #[test]
    fn the_commutes_of_vector_v1() {
        let found = excess_commute(&v1::trips(), &v1::costs()).unwrap();
        let minutes = |milliseconds: f64| milliseconds / 60_000.0;
        assert_eq!(found.commuters, 450);
        close(minutes(found.observed), 13.0);
        close(minutes(found.minimum), 10.555556);
        close(minutes(found.maximum), 19.444444);
        close(minutes(found.random.unwrap()), 15.740741);
        close(found.excess_share.unwrap(), 0.188034);
        close(found.potential_used.unwrap(), 0.275);
    }

    #[test]
    fn a_trip_without_a_way_is_left_out_on_both_sides() {
        let mut costs = Costs::unreachable(2, 2);
        costs.set(0, 0, 4);
        costs.set(1, 0, 8);
        let trip = |origin, destination, commuters| Trip {
            origin,
            destination,
            commuters,
        };
        let found = excess_commute(&[trip(0, 0, 3), trip(1, 0, 1), trip(1, 1, 9)], &costs);
        let found = found.unwrap();
        assert_eq!((found.commuters, found.unreachable), (4, 9));
        assert_eq!(
            (found.observed, found.minimum, found.maximum),
            (5.0, 5.0, 5.0)
        );
        assert_eq!(found.excess_share, Ok(0.0));
        assert_eq!(found.potential_used, Err(Reason::NoChoice));
    }

    #[test]
    fn undefined_is_not_zero() {
        let mut costs = Costs::unreachable(1, 1);
        let stay = [Trip {
            origin: 0,
            destination: 0,
            commuters: 5,
        }];
        assert_eq!(excess_commute(&[], &costs), Err(Reason::NoPopulation));
        assert_eq!(excess_commute(&stay, &costs), Err(Reason::NoReachablePair));
        costs.set(0, 0, 0);
        let found = excess_commute(&stay, &costs).unwrap();
        assert_eq!(found.excess_share, Err(Reason::NoTravel));
    }

    #[test]
    fn a_lot_over_places_without_a_way_has_no_mean() {
        let mut costs = Costs::unreachable(2, 2);
        costs.set(0, 0, 1);
        costs.set(1, 1, 1);
        let stay = |zone| Trip {
            origin: zone,
            destination: zone,
            commuters: 2,
        };
        let found = excess_commute(&[stay(0), stay(1)], &costs).unwrap();
        assert_eq!(found.random, Err(Reason::NoReachablePair));
        assert_eq!(found.minimum, 1.0);
    }
}
