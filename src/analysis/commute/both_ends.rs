use super::Trip;
use crate::{analysis::Sum, domain::Reason};

/// The share of commuters whose home and whose workplace are both of a kind, such as near a station
/// (职住两端均在轨道站点 800 米内的通勤者比例).
///
/// Flows tell the areas of both ends, not the places: within an area homes and workplaces of
/// commuters are taken to be spread as its residents and jobs are, independently of each other, so
/// a flow counts with `share of the home area · share of the work area`. Flows with an end of
/// unknown share are left out.
///
/// # Arguments
/// * `homes` - by area, the share of its residents; `None` where nobody is known
/// * `jobs` - by area, the share of its jobs
///
/// # Returns
/// The share, and the commuters that it leaves out.
///
/// # Errors
/// [`Reason::NoPopulation`] where there are no commuters, [`Reason::NoData`] where all are left out.
pub fn share_of_both_ends<'t>(
    trips: impl IntoIterator<Item = &'t Trip>,
    homes: &[Option<f64>],
    jobs: &[Option<f64>],
) -> Result<(f64, i64), Reason> {
    let (mut known, mut left_out) = (0i64, 0i64);
    let mut both = Sum::default();
    for trip in trips {
        match (homes[trip.origin], jobs[trip.destination]) {
            (Some(home), Some(job)) => {
                known += trip.commuters;
                both.add(trip.commuters as f64 * home * job);
            }
            _ => left_out += trip.commuters,
        }
    }
    match (known, left_out) {
        (0, 0) => Err(Reason::NoPopulation),
        (0, _) => Err(Reason::NoData),
        _ => Ok((both.value() / known as f64, left_out)),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::v1, *};

    #[test]
    fn shares_of_both_areas_multiply() {
        let trips = v1::trips();
        let (homes, jobs) = (
            [Some(1.0), Some(0.5), Some(0.0)],
            [Some(0.5), Some(1.0), Some(0.0)],
        );
        // (80 + 5/2)·0.5 + (100 + 90/2)·1 of 450.
        let (share, left_out) = share_of_both_ends(&trips, &homes, &jobs).expect("commuters");
        assert!((share - (41.25 + 145.0) / 450.0).abs() < 1e-12);
        assert_eq!(left_out, 0);
    }

    #[test]
    fn an_unknown_end_is_left_out_and_counted() {
        let trips = v1::trips();
        let (homes, jobs) = ([Some(1.0), None, Some(1.0)], [Some(1.0); 3]);
        assert_eq!(share_of_both_ends(&trips, &homes, &jobs), Ok((1.0, 100)));
        assert_eq!(
            share_of_both_ends(&trips, &[None; 3], &jobs),
            Err(Reason::NoData)
        );
        assert_eq!(
            share_of_both_ends(&[], &homes, &jobs),
            Err(Reason::NoPopulation)
        );
    }
}
