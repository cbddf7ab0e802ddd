use super::{Costs, Trip};
use crate::domain::Reason;

/// A side of a limit of travel cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// At most so much.
    Within(u32),
    /// More than so much.
    Beyond(u32),
}

/// The share of commuters whose cost lies in a band (如 45 分钟以内通勤比重、60 分钟以上、5 公里以内), of those
/// whose cost is known.
///
/// # Errors
/// [`Reason::NoPopulation`] where there are no commuters, [`Reason::NoReachablePair`] where the cost
/// of none is known, [`Reason::AreasTooLarge`] where more than a tenth of them live in areas that are
/// themselves beyond the limit of what is within: even who works next door counts as far there.
///
/// # Source
/// China Academy of Urban Planning & Design, Commuting Monitoring Report, yearly since 2020.
pub fn share_within<'t>(
    trips: impl IntoIterator<Item = &'t Trip>,
    costs: &Costs,
    band: Band,
) -> Result<f64, Reason> {
    let (mut all, mut known, mut inside, mut in_large) = (0i64, 0i64, 0i64, 0i64);
    for trip in trips {
        all += trip.commuters;
        let Some(cost) = costs.get(trip.origin, trip.destination) else {
            continue;
        };
        known += trip.commuters;
        let is_inside = match band {
            Band::Within(limit) => cost <= limit,
            Band::Beyond(limit) => cost > limit,
        };
        inside += if is_inside { trip.commuters } else { 0 };
        let own = costs.get(trip.origin, trip.origin);
        let is_large = |limit| own.is_some_and(|own| own > limit);
        if matches!(band, Band::Within(limit) if is_large(limit)) {
            in_large += trip.commuters;
        }
    }
    match (all, known) {
        (0, _) => Err(Reason::NoPopulation),
        (_, 0) => Err(Reason::NoReachablePair),
        _ if in_large * 10 > known => Err(Reason::AreasTooLarge),
        _ => Ok(inside as f64 / known as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::commute::v1;

    #[test]
    fn a_limit_belongs_to_what_is_within() {
        let (trips, costs) = (v1::trips(), v1::costs());
        let share = |band| share_within(&trips, &costs, band).unwrap();
        // 5 minutes: the 195 who stay in their zone; 15 minutes: 5 and 110 more.
        assert_eq!(share(Band::Within(5 * 60_000)), 195.0 / 450.0);
        assert_eq!(share(Band::Within(15 * 60_000)), 310.0 / 450.0);
        assert_eq!(share(Band::Beyond(15 * 60_000)), 140.0 / 450.0);
    }

    #[test]
    fn areas_beyond_the_limit_say_nothing_of_who_is_within() {
        let (trips, costs) = (v1::trips(), v1::costs());
        let share = |band| share_within(&trips, &costs, band);
        assert_eq!(
            share(Band::Within(5 * 60_000 - 1)),
            Err(Reason::AreasTooLarge)
        );
        assert_eq!(share(Band::Beyond(5 * 60_000 - 1)), Ok(1.0));
    }

    #[test]
    fn unknown_costs_are_left_out_of_the_whole() {
        let mut costs = Costs::unreachable(2, 1);
        costs.set(0, 0, 10);
        let trip = |origin, commuters| Trip {
            origin,
            destination: 0,
            commuters,
        };
        let both = [trip(0, 3), trip(1, 9)];
        assert_eq!(share_within(&both, &costs, Band::Within(10)), Ok(1.0));
        let unknown = share_within(&both[1..], &costs, Band::Within(10));
        assert_eq!(unknown, Err(Reason::NoReachablePair));
        let nobody = share_within(&[], &costs, Band::Within(10));
        assert_eq!(nobody, Err(Reason::NoPopulation));
    }
}
