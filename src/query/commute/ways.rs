use serde::Serialize;

use super::{CityCommute, Ruler, Unit};
use crate::{
    analysis::commute::{Band, Costs, ExcessCommute, Tally, Trip},
    domain::Reason,
};

/// How far or how long people commute. A share is undefined where areas are larger than its limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Way {
    Distance {
        mean_distance_km: f64,
        share_within_5_km: Option<f64>,
    },
    Time {
        mean_minutes: f64,
        share_within_45_min: Option<f64>,
        share_over_60_min: Option<f64>,
    },
    /// Of nobody.
    Unknown {},
}

impl Default for Way {
    fn default() -> Self {
        Way::Unknown {}
    }
}

/// The ways of some commuters as sums, with what they are read in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Travelled {
    pub tally: Tally,
    pub scale: Scale,
}

impl Travelled {
    /// With why something of it is undefined.
    pub fn way(&self) -> (Way, Option<Reason>) {
        let mean = match self.tally.mean() {
            Ok(mean) => mean * self.scale.in_one,
            Err(reason) => return (Way::default(), Some(reason)),
        };
        let near = self.tally.share(0);
        let way = match self.scale.unit {
            Unit::Metres => Way::Distance {
                mean_distance_km: mean,
                share_within_5_km: near.ok(),
            },
            Unit::Minutes => Way::Time {
                mean_minutes: mean,
                share_within_45_min: near.ok(),
                share_over_60_min: self.tally.share(1).ok(),
            },
        };
        (way, near.err())
    }
}

/// From thousandths of a ruler's cost to what people read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Scale {
    unit: Unit,
    /// Kilometres or minutes in one.
    in_one: f64,
}

impl Scale {
    pub fn of(unit: Unit, ruler: &Ruler<'_>) -> Self {
        let readable = match unit {
            Unit::Metres => 1000.0,
            Unit::Minutes => 1.0,
        };
        Scale {
            unit,
            in_one: ruler.in_unit(0.001) / readable,
        }
    }

    /// The cost of a limit in kilometres or minutes.
    fn limit(self, readable: f64) -> u32 {
        (readable / self.in_one).round() as u32
    }

    pub fn travelled(self, trips: &[Trip], costs: &Costs) -> Travelled {
        let bands = match self.unit {
            Unit::Metres => vec![Band::Within(self.limit(5.0))],
            Unit::Minutes => vec![
                Band::Within(self.limit(45.0)),
                Band::Beyond(self.limit(60.0)),
            ],
        };
        Travelled {
            tally: Tally::of(trips, costs, &bands),
            scale: self,
        }
    }

    pub fn city(self, excess: &Result<ExcessCommute, Reason>, trips: &[Trip]) -> CityCommute {
        let unit = match self.unit {
            Unit::Metres => "km",
            Unit::Minutes => "min",
        };
        let Ok(excess) = excess else {
            return CityCommute {
                unit,
                without_way: trips.iter().map(|trip| trip.commuters).sum(),
                ..CityCommute::default()
            };
        };
        let readable = |cost: f64| Some(cost * self.in_one);
        CityCommute {
            unit,
            observed_commute: readable(excess.observed),
            minimum_commute: readable(excess.minimum),
            maximum_commute: readable(excess.maximum),
            random_commute: excess.random.ok().and_then(readable),
            excess_share: excess.excess_share.ok(),
            potential_used: excess.potential_used.ok(),
            without_way: excess.unreachable,
            ..CityCommute::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_larger_than_a_limit_leave_the_mean_and_a_reason() {
        let mut costs = Costs::unreachable(2, 2);
        for (from, to, minutes) in [(0, 0, 50), (0, 1, 70), (1, 0, 70), (1, 1, 5)] {
            costs.set(from, to, minutes * 60_000);
        }
        let trip = |origin, destination, commuters| Trip {
            origin,
            destination,
            commuters,
        };
        let scale = Scale {
            unit: Unit::Minutes,
            in_one: 1.0 / 60_000.0,
        };
        let mut of_both = scale.travelled(&[trip(0, 0, 30), trip(0, 1, 10)], &costs);
        let time = |found: &Travelled| match found.way() {
            (
                Way::Time {
                    mean_minutes,
                    share_within_45_min,
                    share_over_60_min,
                },
                why,
            ) => (mean_minutes, share_within_45_min, share_over_60_min, why),
            other => panic!("{other:?}"),
        };
        let large = Some(Reason::AreasTooLarge);
        assert_eq!(time(&of_both), (55.0, None, Some(0.25), large));
        let small = scale.travelled(&[trip(1, 1, 360)], &costs);
        assert_eq!(time(&small), (5.0, Some(1.0), Some(0.0), None));
        // Together no more than a tenth live where a limit says nothing.
        of_both.tally.add(&small.tally);
        assert_eq!(time(&of_both), (10.0, Some(0.9), Some(0.025), None));
    }
}
