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

/// What the commutes of some trips come to, in sums: those of two sets of trips add up, so that the
/// mean and the shares of a whole are those of all its commuters (如平均通勤时耗、45 分钟以内通勤比重).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    commuters: i64,
    /// Those whose cost is known, and what they travel together.
    known: i64,
    cost: i128,
    bands: Vec<InBand>,
}

/// Commuters of known cost and a band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct InBand {
    inside: i64,
    /// Who lives in an area that is itself beyond the limit of what is within: even who works next
    /// door counts as far there.
    in_large: i64,
}

impl Tally {
    /// Counts each trip in every band.
    pub fn of<'t>(
        trips: impl IntoIterator<Item = &'t Trip>,
        costs: &Costs,
        bands: &[Band],
    ) -> Self {
        let mut tally = Tally {
            bands: vec![InBand::default(); bands.len()],
            ..Tally::default()
        };
        for trip in trips {
            tally.commuters += trip.commuters;
            let Some(cost) = costs.get(trip.origin, trip.destination) else {
                continue;
            };
            tally.known += trip.commuters;
            tally.cost += i128::from(trip.commuters) * i128::from(cost);
            let own = costs.get(trip.origin, trip.origin);
            for (found, band) in tally.bands.iter_mut().zip(bands) {
                let (is_inside, is_large) = match band {
                    Band::Within(limit) => (cost <= *limit, own.is_some_and(|own| own > *limit)),
                    Band::Beyond(limit) => (cost > *limit, false),
                };
                found.inside += if is_inside { trip.commuters } else { 0 };
                found.in_large += if is_large { trip.commuters } else { 0 };
            }
        }
        tally
    }

    /// Adds the trips of another tally of the same bands; of none at all it takes theirs.
    pub fn add(&mut self, other: &Tally) {
        self.commuters += other.commuters;
        self.known += other.known;
        self.cost += other.cost;
        self.bands
            .resize_with(self.bands.len().max(other.bands.len()), InBand::default);
        for (own, other) in self.bands.iter_mut().zip(&other.bands) {
            own.inside += other.inside;
            own.in_large += other.in_large;
        }
    }

    /// The mean cost (平均通勤距离、时耗) of those whose cost is known, in the unit of the costs.
    ///
    /// # Errors
    /// [`Reason::NoPopulation`] where there are no commuters, [`Reason::NoReachablePair`] where the
    /// cost of none is known.
    pub fn mean(&self) -> Result<f64, Reason> {
        self.require_known()?;
        Ok(self.cost as f64 / self.known as f64)
    }

    /// The share of those whose cost is known that lies in the band of this place (如 45 分钟以内通勤比重、
    /// 60 分钟以上、5 公里以内).
    ///
    /// # Errors
    /// As [`mean`](Self::mean), and [`Reason::AreasTooLarge`] where more than a tenth of them live in
    /// areas that are themselves beyond the limit of what is within.
    ///
    /// # Source
    /// China Academy of Urban Planning & Design, Commuting Monitoring Report, yearly since 2020.
    pub fn share(&self, band: usize) -> Result<f64, Reason> {
        self.require_known()?;
        let found = self.bands.get(band).ok_or(Reason::NoReachablePair)?;
        match found.in_large * 10 > self.known {
            true => Err(Reason::AreasTooLarge),
            false => Ok(found.inside as f64 / self.known as f64),
        }
    }

    fn require_known(&self) -> Result<(), Reason> {
        match (self.commuters, self.known) {
            (0, _) => Err(Reason::NoPopulation),
            (_, 0) => Err(Reason::NoReachablePair),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::commute::v1;

    fn share(trips: &[Trip], costs: &Costs, band: Band) -> Result<f64, Reason> {
        Tally::of(trips, costs, &[band]).share(0)
    }

    #[test]
    fn the_mean_commutes_of_vector_v1() {
        let (trips, costs) = (v1::trips(), v1::costs());
        let minutes = |trips: &[Trip]| Tally::of(trips, &costs, &[]).mean().unwrap() / 60_000.0;
        assert_eq!(minutes(&trips), 13.0);
        // From the first zone: (80·5 + 100·20 + 20·30) / 200.
        assert_eq!(minutes(&trips[..3]), 15.0);
    }

    #[test]
    fn a_limit_belongs_to_what_is_within() {
        let (trips, costs) = (v1::trips(), v1::costs());
        let share = |band| share(&trips, &costs, band).unwrap();
        // 5 minutes: the 195 who stay in their zone; 15 minutes: 5 and 110 more.
        assert_eq!(share(Band::Within(5 * 60_000)), 195.0 / 450.0);
        assert_eq!(share(Band::Within(15 * 60_000)), 310.0 / 450.0);
        assert_eq!(share(Band::Beyond(15 * 60_000)), 140.0 / 450.0);
    }

    #[test]
    fn areas_beyond_the_limit_say_nothing_of_who_is_within() {
        let (trips, costs) = (v1::trips(), v1::costs());
        let share = |band| share(&trips, &costs, band);
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
        assert_eq!(share(&both, &costs, Band::Within(10)), Ok(1.0));
        let unknown = share(&both[1..], &costs, Band::Within(10));
        assert_eq!(unknown, Err(Reason::NoReachablePair));
        let nobody = share(&[], &costs, Band::Within(10));
        assert_eq!(nobody, Err(Reason::NoPopulation));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let (trips, costs) = (v1::trips(), v1::costs());
        let bands = [Band::Within(15 * 60_000), Band::Beyond(20 * 60_000)];
        let mut sum = Tally::default();
        for part in trips.chunks(3) {
            sum.add(&Tally::of(part, &costs, &bands));
        }
        assert_eq!(sum, Tally::of(&trips, &costs, &bands));
        assert_eq!(sum.share(0), Ok(310.0 / 450.0));
    }
}
