//! The walks of many starts by timetable, known before any of them is asked for.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;

use super::{Limits, QueryError, Ruler, Traveler, Way, transit::ByTransit};
use crate::{
    city::LoadedLayer,
    index::FeatureRef,
    network::{Places, Reach},
    transit::{Egress, Leg},
};

/// The walks of every feature of a layer to the stops, and all the way to the features of another.
///
/// They are searched from the stops and from the features that are gone to, which are few; a search
/// from each of several hundred thousand homes finds the same.
pub struct Walks {
    /// Of each start its walks to the stops.
    to_stops: Arc<Egress>,
    /// Of each start its walks to the places, by the numbers of their layer.
    all_the_way: Egress,
}

/// Bytes of a walk in the making.
const WALK: u64 = 24;

impl Walks {
    /// The walks of a start to the stops.
    pub(super) fn legs(&self, start: usize) -> Vec<Leg> {
        let walks = self.to_stops.of(start);
        walks.map(|(stop, s)| (stop, s as u32)).collect()
    }

    /// The places that a start gets to on foot, with the seconds to them.
    pub(super) fn all_the_way(&self, start: usize) -> impl Iterator<Item = (usize, u32)> + '_ {
        let walks = self.all_the_way.of(start);
        walks.map(|(place, s)| (place as usize, s as u32))
    }
}

impl Ruler<'_> {
    /// The walks of all features of a layer that set out to those of another within a cost, for
    /// [`Traveler::within_known`]; `None` where starts have to be asked one by one.
    ///
    /// # Errors
    /// Where nobody waits any longer, or they are more than the memory.
    pub fn walks(
        &self,
        starts: &LoadedLayer,
        to: &LoadedLayer,
        cost: f64,
        limits: &Limits,
    ) -> Result<Option<Walks>, QueryError> {
        match &self.way {
            Way::Transit(transit) => transit.walks(starts, to, cost as u32, limits),
            Way::Straight | Way::Streets(_) | Way::Matrix(_) => Ok(None),
        }
    }
}

impl ByTransit<'_> {
    fn walks(
        &self,
        starts: &LoadedLayer,
        to: &LoadedLayer,
        longest_s: u32,
        limits: &Limits,
    ) -> Result<Option<Walks>, QueryError> {
        // Straight walks are quick to measure, and a walk the other way round must cost the same.
        let streets = self.streets().filter(|streets| {
            let is_walking = self.pace.max_walk_mm > 0;
            is_walking && streets.graph.is_alike_both_ways()
        });
        let Some(streets) = streets else {
            return Ok(None);
        };
        let joined = streets.places(starts);
        let joined: &Places = &joined;
        let held = AtomicU64::new(0);
        let from_place = |reach: &mut Reach, (number, place): (u32, FeatureRef)| {
            limits.check()?;
            let (lon, lat) = to.index.place(place);
            let mut walks = Vec::new();
            if let Some(snap) = streets.snap(lon, lat) {
                reach.run(&streets.graph, &[snap], self.pace.mm(longest_s));
                reach.for_each(&streets.graph, joined, |start, mm| {
                    walks.push((start, number, self.pace.seconds(mm)));
                });
            }
            let held = held.fetch_add(walks.len() as u64, Ordering::Relaxed);
            limits.allow((held + walks.len() as u64) * WALK)?;
            Ok(walks)
        };
        let places: Vec<(u32, FeatureRef)> = (0..).zip(to.index.iter()).collect();
        let walks = places.into_par_iter().map_init(Reach::default, from_place);
        let walks: Vec<Vec<_>> = walks.collect::<Result<_, QueryError>>()?;
        Ok(Some(Walks {
            to_stops: self.transit.egress(starts, self.pace, self.way_at_start()),
            all_the_way: Egress::new(starts.index.features() as usize, walks.concat()),
        }))
    }
}

impl Traveler<'_> {
    /// As [`Traveler::within`] from a start whose walks are known, by its number in the order of
    /// its layer.
    ///
    /// # Errors
    /// As [`Traveler::within`].
    ///
    /// # Panics
    /// With walks of another ruler than the traveler's.
    pub fn within_known(
        &mut self,
        walks: &Walks,
        start: usize,
        to: &LoadedLayer,
        cost: f64,
        mut visit: impl FnMut(FeatureRef, f64),
    ) -> Result<(), QueryError> {
        self.limits.check()?;
        let Way::Transit(transit) = &self.ruler.way else {
            panic!("walks of a ruler by timetable");
        };
        let buffers = &mut self.by_transit;
        transit.within_known(buffers, walks, start, to, cost, &self.limits, &mut visit)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        city::{City, scenario::apply},
        query::{
            Departure, Mode, Start, Travel, Unit,
            test_city::{Feature, TestCity, at},
        },
    };

    /// Homes and clinics scattered over streets and beyond, and two lines that cross.
    fn town() -> City {
        let ids: Vec<String> = (0..300).map(|n| format!("f{n}")).collect();
        let scattered = |features: usize, step: usize| {
            let along = |n: usize, step: usize| (n * step % 38_009) as f64 / 10.0 - 300.0;
            let all = ids.iter().take(features).enumerate();
            let all = all.map(|(n, id)| (&**id, (along(n, step), along(n, 2 * step + 1)), &[][..]));
            all.collect::<Vec<Feature<'_>>>()
        };
        let mut city = TestCity::new()
            .with("residences", &scattered(300, 7919))
            .with("clinics", &scattered(40, 104_729))
            .with("stations", &[])
            .with_raster_of_streets(31, 100.0)
            .build();
        let lines = [
            [(200.0, 1510.0), (1500.0, 1500.0), (2800.0, 1480.0)],
            [(1500.0, 200.0), (1510.0, 1490.0), (1520.0, 2800.0)],
        ];
        for (number, stops) in (1..).zip(lines) {
            let stops = (1..).zip(stops).map(|(stop, (x, y))| {
                let (lon, lat) = at(x, y);
                let name = format!("{number}-{stop}");
                match stop {
                    3 => json!({"name": name, "lon": lon, "lat": lat}),
                    _ => json!({"name": name, "lon": lon, "lat": lat, "run_s": 150}),
                }
            });
            let line = json!({"kind": "line", "name": format!("{number}"), "mode": "metro",
                "stops": stops.collect::<Vec<_>>(),
                "headways": [{"from": "06:00", "until": "22:00", "headway_min": 7}]});
            let line = serde_json::from_value(line).expect("an edit");
            city = apply(&city, number, &line).expect("allowed");
        }
        city
    }

    #[test]
    fn from_walks_that_are_known_one_gets_where_one_gets_from_the_start() {
        let city = town();
        let layer = |name: &str| city.layer(name, None).expect("a layer");
        let (homes, clinics) = (layer("residences"), layer("clinics"));
        for (departure, max_walk_m, minutes) in [
            ("2020-06-01,08:00", None, 20.0),
            ("2020-06-01,08:00", Some(400.0), 22.0),
            ("2020-06-01,08:00,08:20", None, 25.0),
            ("2020-06-01,08:00", Some(0.0), 30.0),
        ] {
            let departure: Departure = departure.parse().expect("a time");
            let travel = Travel {
                mode: Mode::Transit,
                unit: Unit::Minutes,
                departure: Some(departure),
                max_walk_m,
                ..Travel::default()
            };
            let ruler = Ruler::new(&city, &travel).expect("a ruler");
            let (limits, cost) = (Limits::generous(), minutes * 60.0);
            let walks = ruler.walks(homes, clinics, cost, &limits).expect("walks");
            assert_eq!(walks.is_none(), max_walk_m == Some(0.0));
            let Some(walks) = walks else { continue };
            let (mut known, mut searched) = (ruler.traveler(&limits), ruler.traveler(&limits));
            let (mut pairs, mut rides) = (0, 0);
            for (number, home) in homes.index.iter().enumerate() {
                let mut found = [Vec::new(), Vec::new()];
                let visit = |clinic, seconds: f64| found[0].push((clinic, seconds));
                known
                    .within_known(&walks, number, clinics, cost, visit)
                    .expect("an answer");
                let visit = |clinic, seconds: f64| found[1].push((clinic, seconds));
                searched
                    .within(clinics, &Start::of(homes, home), cost, visit)
                    .expect("an answer");
                assert_eq!(found[0], found[1], "{}", homes.index.id(home));
                pairs += found[0].len();
                let on_foot = walks.all_the_way(number).count();
                rides += usize::from(found[0].len() > on_foot);
            }
            assert!(
                pairs > 300 && rides > 5,
                "{pairs} pairs, {rides} homes ride"
            );
        }
    }
}
