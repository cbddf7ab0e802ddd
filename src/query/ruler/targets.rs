use std::sync::Arc;

use geo::Point;

use super::{Ruler, Start, Traveler, Way, named};
use crate::{
    city::LoadedLayer,
    domain::{LayerId, measure::distance_m},
    network::Places,
    query::QueryError,
    transit::{Egress, Times},
};

/// Ends to measure to, joined once to what a ruler measures on.
pub struct Targets {
    pub(super) ends: usize,
    /// Longitude, latitude of every place of every end.
    pub(super) points: Vec<(f64, f64)>,
    /// Of each point the end it belongs to; `None` where every end is one point.
    pub(super) owners: Option<Vec<u32>>,
    /// (end, stop of the timetable) where an end stands at one.
    pub(super) stops: Vec<(u32, u32)>,
    pub(super) joined: Option<Arc<Places>>,
    pub(super) egress: Option<Arc<Egress>>,
    /// The features that ends stand for, which a table of travel times names.
    pub(super) features: Vec<Option<(LayerId, String)>>,
}

/// What was measured to an end.
pub enum Reading<'t> {
    /// Great-circle metres.
    Metres(f64),
    Seconds(u32),
    /// One time for each departure of a window.
    Times(Times<'t>),
}

impl Targets {
    fn of(ends: &[Start]) -> Self {
        let numbered = || (0u32..).zip(ends);
        let points: Vec<_> = ends
            .iter()
            .flat_map(|end| end.points.iter().copied())
            .collect();
        let owners = numbered().flat_map(|(number, end)| end.points.iter().map(move |_| number));
        let stops =
            numbered().flat_map(|(number, end)| end.stops.iter().map(move |s| (number, *s)));
        let is_plain = ends.iter().all(|end| end.points.len() == 1);
        Targets {
            ends: ends.len(),
            owners: (!is_plain).then(|| owners.collect()),
            stops: stops.collect(),
            points,
            joined: None,
            egress: None,
            features: ends.iter().map(|end| end.feature.clone()).collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.ends
    }

    pub fn is_empty(&self) -> bool {
        self.ends == 0
    }

    /// Every place with its end.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, (f64, f64))> + '_ {
        let places = self.points.iter().enumerate();
        places.map(|(number, place)| (self.owner(number), *place))
    }

    fn owner(&self, point: usize) -> usize {
        let owners = self.owners.as_ref();
        owners.map_or(point, |owners| owners[point] as usize)
    }
}

impl Ruler<'_> {
    /// Joins ends to what is measured on.
    pub fn targets(&self, ends: &[Start]) -> Targets {
        let mut targets = Targets::of(ends);
        let streets = match &self.way {
            Way::Straight | Way::Matrix(_) => None,
            Way::Streets(streets) => Some(streets.streets()),
            Way::Transit(transit) => transit.streets(),
        };
        targets.joined = streets.map(|streets| Arc::new(streets.join(&targets.points)));
        if let Way::Transit(transit) = &self.way {
            targets.egress = Some(Arc::new(transit.egress(&targets)));
        }
        targets
    }

    /// The numbers of the ends that nothing can be measured to: off the network nobody knows.
    pub fn lost(&self, targets: &Targets) -> Vec<usize> {
        let mut known = match &self.way {
            Way::Straight => return Vec::new(),
            Way::Transit(transit) if transit.streets().is_none() => return Vec::new(),
            Way::Matrix(matrix) => {
                let features = targets.features.iter();
                features
                    .map(|named| matrix.is_named(named.as_ref()))
                    .collect()
            }
            Way::Streets(_) | Way::Transit(_) => vec![false; targets.len()],
        };
        for place in targets.joined.iter().flat_map(|joined| joined.numbers()) {
            known[targets.owner(place as usize)] = true;
        }
        // By timetable one is at a stop wherever the streets are.
        if matches!(self.way, Way::Transit(_)) {
            for (end, _) in &targets.stops {
                known[*end as usize] = true;
            }
        }
        let ends = (0..).zip(known).filter(|(_, known): &(usize, bool)| !known);
        ends.map(|(end, _)| end).collect()
    }

    /// The features of a layer as ends, in the order of its index.
    pub fn targets_of(&self, loaded: &LoadedLayer) -> Targets {
        let points: Vec<_> = loaded
            .index
            .iter()
            .map(|feature| loaded.index.place(feature))
            .collect();
        let streets = match &self.way {
            Way::Straight | Way::Matrix(_) => None,
            Way::Streets(streets) => Some(streets.streets()),
            Way::Transit(transit) => transit.streets(),
        };
        let name = |feature| Some(named(loaded, feature));
        let features = match &self.way {
            Way::Matrix(_) => loaded.index.iter().map(name).collect(),
            _ => Vec::new(),
        };
        Targets {
            features,
            ends: points.len(),
            points,
            owners: None,
            stops: Vec::new(),
            joined: streets.map(|streets| streets.places(loaded)),
            egress: match &self.way {
                Way::Transit(transit) => Some(transit.egress_of(loaded)),
                _ => None,
            },
        }
    }
}

impl Traveler<'_> {
    /// Measures to every target within a cost of a start, in the order of the targets.
    ///
    /// # Errors
    /// As [`Traveler::within`].
    pub fn each(
        &mut self,
        targets: &Targets,
        start: &Start,
        cost: f64,
        mut visit: impl FnMut(usize, Reading<'_>),
    ) -> Result<(), QueryError> {
        self.limits.check()?;
        match &self.ruler.way {
            Way::Straight => {
                let mut metres = vec![f64::INFINITY; targets.len()];
                for (end, (lon, lat)) in targets.places() {
                    for from in &start.points {
                        let straight = distance_m(Point::new(from.0, from.1), Point::new(lon, lat));
                        metres[end] = straight.min(metres[end]);
                    }
                }
                let near = metres
                    .iter()
                    .enumerate()
                    .filter(|(_, metres)| **metres <= cost);
                near.for_each(|(end, metres)| visit(end, Reading::Metres(*metres)));
            }
            Way::Streets(streets) => {
                let joined = targets.joined.as_ref().expect("targets of this ruler");
                let mut seconds = vec![u32::MAX; targets.len()];
                streets.each(&mut self.reach, joined, start, cost, |place, cost| {
                    let end = targets.owner(place as usize);
                    seconds[end] = streets.seconds(cost).min(seconds[end]);
                });
                let near = seconds
                    .iter()
                    .enumerate()
                    .filter(|(_, seconds)| **seconds < u32::MAX);
                near.for_each(|(end, seconds)| visit(end, Reading::Seconds(*seconds)));
            }
            Way::Matrix(matrix) => {
                let visit = |end, seconds| visit(end, Reading::Seconds(seconds));
                matrix.each(&targets.features, start, cost, visit);
            }
            Way::Transit(transit) => {
                let (buffers, limits) = (&mut self.by_transit, &self.limits);
                let mut visit = |end: usize, times: Times<'_>| visit(end, Reading::Times(times));
                transit.each(buffers, targets, start, cost, limits, &mut visit)?;
            }
        }
        Ok(())
    }
}

pub(super) fn straight_mm(from: (f64, f64), to: (f64, f64)) -> u32 {
    let metres = distance_m(Point::new(from.0, from.1), Point::new(to.0, to.1));
    (metres * 1000.0).round().min(f64::from(u32::MAX)) as u32
}
