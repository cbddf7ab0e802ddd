//! One way to measure for all questions: from a start to the features of a layer, straight, along
//! the streets or by timetable, with the shape of what is within reach and the sources it was measured on.
//!
//! A cost is what a mode measures in: metres, or seconds where time is not metres by a speed.

mod matrix;
mod recall;
mod streets;
mod targets;
mod transit;
mod walks;

use geo::{MultiPolygon, Point, Polygon};

use super::{Direction, Input, Limits, Mode, QueryError, Travel, Unit};
use crate::{
    city::{City, LoadedLayer, Ways},
    domain::{LayerId, Reason},
    index::FeatureRef,
    network::Reach,
    transit::Journeys,
};
use matrix::ByMatrix;
use streets::OnStreets;
pub use targets::{Reading, Targets};
use transit::ByTransit;
pub use walks::Walks;

/// The largest distance of a question, metres.
const MAX_CUTOFF_M: f64 = 50_000.0;

/// The longest time of a question to a table of travel times, seconds: a day.
const MAX_MATRIX_S: f64 = 86_400.0;

/// The longest time of a question where time is not metres by a speed, seconds.
const MAX_CUTOFF_S: f64 = 7_200.0;

/// Where a measurement starts: a point, or several of which the nearest counts, such as the
/// entrances of a station.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Start {
    /// Longitude, latitude.
    pub points: Vec<(f64, f64)>,
    /// The feature that it stands for: its layer and id.
    pub feature: Option<(LayerId, String)>,
    /// Stops of the timetable that it stands at.
    pub stops: Vec<u32>,
}

impl Start {
    pub fn at(lon: f64, lat: f64) -> Self {
        Start {
            points: vec![(lon, lat)],
            ..Start::default()
        }
    }

    /// The place of a feature, which it stands for.
    pub fn of(loaded: &LoadedLayer, feature: FeatureRef) -> Self {
        let (lon, lat) = loaded.index.place(feature);
        Start {
            feature: Some(named(loaded, feature)),
            ..Start::at(lon, lat)
        }
    }
}

/// A feature by its layer and id.
fn named(loaded: &LoadedLayer, feature: FeatureRef) -> (LayerId, String) {
    let id = loaded.index.id(feature).to_owned();
    (loaded.layer().id.clone(), id)
}

/// Measures by one way of travelling; shared by threads, each with a [`Traveler`] of its own.
pub struct Ruler<'c> {
    way: Way<'c>,
    ways: &'c Ways,
    mode: Mode,
    unit: Unit,
    cost_per_unit: f64,
    max_cost: f64,
}

enum Way<'c> {
    Straight,
    Streets(OnStreets<'c>),
    Matrix(ByMatrix<'c>),
    Transit(Box<ByTransit<'c>>),
}

/// The buffers of a search, used for many starts in turn.
pub struct Traveler<'r> {
    ruler: &'r Ruler<'r>,
    limits: Limits,
    is_remembering: bool,
    reach: Reach,
    /// Places that a search reached in a cell, each with its cost.
    room: Vec<(u32, u32)>,
    by_transit: transit::Buffers,
}

impl<'c> Ruler<'c> {
    /// # Errors
    /// A mode without what it needs, a unit that does not fit it, a speed that nobody walks.
    pub fn new(city: &'c City, travel: &Travel) -> Result<Self, QueryError> {
        let way = match &travel.mode {
            Mode::Straight => Way::Straight,
            Mode::Matrix(name) => Way::Matrix(ByMatrix::new(city, name, travel)?),
            Mode::Walk | Mode::Bicycle | Mode::Car => Way::Streets(OnStreets::new(city, travel)?),
            Mode::Transit => Way::Transit(Box::new(ByTransit::new(city, travel)?)),
        };
        if travel.mode != Mode::Transit {
            refuse_times(travel)?;
        }
        let refuse = |problem| Err(QueryError::field("unit", problem));
        let (cost_per_unit, max_cost) = match (travel.unit, &way) {
            (Unit::Minutes, Way::Matrix(_)) => (60.0, MAX_MATRIX_S),
            (Unit::Metres, Way::Matrix(_)) => {
                return refuse("a table of travel times has no metres: write min");
            }
            (Unit::Minutes, Way::Straight) => {
                return refuse("a straight line has no minutes: write m");
            }
            (Unit::Metres, Way::Streets(streets)) if streets.counts_time() => {
                return refuse("by car streets are counted in minutes: write min");
            }
            (Unit::Minutes, Way::Streets(streets)) if streets.counts_time() => (60.0, MAX_CUTOFF_S),
            (Unit::Minutes, Way::Streets(streets)) => (streets.metres_per_min(), MAX_CUTOFF_M),
            (Unit::Metres, Way::Transit(_)) => {
                return refuse("a timetable has no metres: write min");
            }
            (Unit::Minutes, Way::Transit(_)) => (60.0, f64::from(Journeys::LONGEST_S)),
            (Unit::Metres, _) => (1.0, MAX_CUTOFF_M),
        };
        Ok(Ruler {
            way,
            ways: city.ways(),
            mode: travel.mode.clone(),
            unit: travel.unit,
            cost_per_unit,
            max_cost,
        })
    }

    /// What a cutoff in the question's unit costs.
    ///
    /// # Errors
    /// One that is no distance, or too far.
    pub fn cost(&self, field: &'static str, cutoff: f64) -> Result<f64, QueryError> {
        let cost = cutoff * self.cost_per_unit;
        if cost > 0.0 && cost <= self.max_cost {
            return Ok(cost);
        }
        Err(QueryError::Beyond {
            field,
            // Rounded down: what is named is allowed.
            most: (self.max_cost / self.cost_per_unit).floor() as u64,
            unit: self.unit.key(),
        })
    }

    /// Whether costs are seconds and not metres.
    pub fn counts_time(&self) -> bool {
        match &self.way {
            Way::Straight => false,
            Way::Streets(streets) => streets.counts_time(),
            Way::Transit(_) | Way::Matrix(_) => true,
        }
    }

    /// How much one of the question's unit costs.
    pub fn cost_per_unit(&self) -> f64 {
        self.cost_per_unit
    }

    /// A cost in the question's unit.
    pub fn in_unit(&self, cost: f64) -> f64 {
        cost / self.cost_per_unit
    }

    /// Whether a start can be measured from: off the network nobody knows.
    pub fn is_measurable(&self, start: &Start) -> bool {
        match &self.way {
            Way::Straight => true,
            Way::Streets(streets) => streets.is_near(start),
            Way::Transit(transit) => transit.is_near(start),
            Way::Matrix(matrix) => matrix.is_named(start.feature.as_ref()),
        }
    }

    /// Which features of a cell of a layer can be measured from, row by row.
    pub fn measurable_in(&self, loaded: &LoadedLayer, cell: usize) -> Vec<bool> {
        let rows = loaded.index.cells()[cell].len();
        match &self.way {
            Way::Straight => vec![true; rows],
            Way::Streets(streets) => streets.on_network(&loaded.index.cells()[cell]),
            Way::Transit(_) | Way::Matrix(_) => {
                let cell = cell as u32;
                let features = (0..rows as u32).map(|row| FeatureRef { cell, row });
                let starts = features.map(|feature| Start::of(loaded, feature));
                starts.map(|start| self.is_measurable(&start)).collect()
            }
        }
    }

    /// Why nothing is known of a start that cannot be measured from.
    pub fn unmeasurable(&self) -> Reason {
        match &self.way {
            Way::Matrix(_) => Reason::NoReachablePair,
            _ => Reason::OffNetwork,
        }
    }

    /// Whether ways to the features of a layer are known: a table has those of one layer.
    pub fn knows(&self, loaded: &LoadedLayer) -> bool {
        match &self.way {
            Way::Matrix(matrix) => matrix.knows(loaded),
            _ => true,
        }
    }

    /// How many of some features a table of travel times names at neither end; none where every way
    /// can be measured. Of a layer that it has nothing to say of, that is no matter.
    pub fn unnamed(
        &self,
        loaded: &LoadedLayer,
        features: impl IntoIterator<Item = FeatureRef>,
    ) -> u64 {
        match &self.way {
            Way::Matrix(matrix) => matrix.unnamed(loaded, features.into_iter()),
            _ => 0,
        }
    }

    /// Whether shapes are drawn along streets, as strips beside them.
    pub fn follows_streets(&self) -> bool {
        match &self.way {
            Way::Straight | Way::Matrix(_) => false,
            Way::Streets(_) => true,
            Way::Transit(transit) => transit.streets().is_some(),
        }
    }

    /// Whether it knows what lies between places: a table does not.
    pub fn draws_shapes(&self) -> bool {
        !matches!(self.way, Way::Matrix(_))
    }

    /// # Errors
    /// A layer that no way leads to: nothing would be known of it, which is not out of reach.
    pub fn require(&self, loaded: &LoadedLayer) -> Result<(), QueryError> {
        match &self.way {
            Way::Matrix(matrix) => matrix.require(loaded),
            _ => Ok(()),
        }
    }

    /// A traveler for one thread.
    pub fn traveler(&self, limits: &Limits) -> Traveler<'_> {
        Traveler {
            ruler: self,
            limits: limits.clone(),
            is_remembering: false,
            reach: Reach::default(),
            room: Vec::new(),
            by_transit: transit::Buffers::default(),
        }
    }

    /// What was measured on, as sources of the answer.
    pub fn input(&self) -> Vec<Input> {
        match &self.way {
            Way::Straight => Vec::new(),
            Way::Streets(streets) => vec![streets.input()],
            Way::Transit(transit) => transit.inputs(),
            Way::Matrix(matrix) => vec![matrix.input()],
        }
    }

    /// The definition that fits the mode: of `coverage` that is `coverage_walk`, `coverage_car` …
    pub fn question(&self, straight: &'static str, walk: &'static str) -> String {
        match &self.mode {
            Mode::Straight => straight.to_owned(),
            Mode::Walk => walk.to_owned(),
            Mode::Matrix(_) => format!("{straight}_matrix"),
            mode => format!("{straight}_{mode}"),
        }
    }
}

impl Traveler<'_> {
    /// The same traveler, who remembers straight ways and those on foot for all snapshots of the
    /// city: for starts that are few, since every start is kept.
    pub fn remembering(mut self) -> Self {
        self.is_remembering = true;
        self
    }

    /// Every feature within a cost of a start, inclusive, each once with its cost.
    ///
    /// # Errors
    /// Where nobody waits for the answer any longer.
    pub fn within(
        &mut self,
        loaded: &LoadedLayer,
        start: &Start,
        cost: f64,
        mut visit: impl FnMut(FeatureRef, f64),
    ) -> Result<(), QueryError> {
        self.limits.check()?;
        if self.is_remembering && self.recall(loaded, start, cost, &mut visit) {
            return Ok(());
        }
        match &self.ruler.way {
            Way::Straight => straight(loaded, start, cost, &mut visit),
            Way::Matrix(matrix) => matrix.within(loaded, start, cost, &mut visit),
            Way::Streets(streets) => {
                streets.within(&mut self.reach, loaded, start, cost, &mut visit);
            }
            Way::Transit(transit) => {
                let buffers = &mut self.by_transit;
                transit.within(buffers, loaded, start, cost, &self.limits, &mut visit)?;
            }
        }
        Ok(())
    }

    /// The shape of what is within a cost of any of the starts.
    ///
    /// # Errors
    /// As [`Traveler::within`].
    pub fn shape(&mut self, starts: &[Start], cost: f64) -> Result<MultiPolygon<f64>, QueryError> {
        let mut shapes = self.shapes(starts, &[cost])?;
        Ok(shapes.pop().expect("one shape for one cost"))
    }

    /// The shapes of what is within each of some costs of any of the starts, for one search.
    ///
    /// # Errors
    /// As [`Traveler::within`].
    pub fn shapes(
        &mut self,
        starts: &[Start],
        costs: &[f64],
    ) -> Result<Vec<MultiPolygon<f64>>, QueryError> {
        self.limits.check()?;
        match &self.ruler.way {
            // A table does not know what lies between its places.
            Way::Matrix(_) => Ok(vec![MultiPolygon::new(Vec::new()); costs.len()]),
            Way::Straight => Ok(costs.iter().map(|cost| circles(starts, *cost)).collect()),
            Way::Streets(streets) => Ok(streets.shapes(&mut self.reach, starts, costs)),
            Way::Transit(transit) => {
                transit.shapes(&mut self.by_transit, starts, costs, &self.limits)
            }
        }
    }
}

/// Circles around all points, dissolved.
fn circles(starts: &[Start], radius_m: f64) -> MultiPolygon<f64> {
    let points = starts.iter().flat_map(|start| &start.points);
    let circles = points.map(|(lon, lat)| circle(*lon, *lat, radius_m));
    match circles.collect::<Vec<_>>() {
        one if one.len() == 1 => MultiPolygon::new(one),
        several => geo::unary_union(&several),
    }
}

/// A circle of great-circle metres as a polygon of 128 corners that lie on it.
fn circle(lon: f64, lat: f64, radius_m: f64) -> Polygon<f64> {
    use geo::{Destination, Haversine};
    let center = Point::new(lon, lat);
    let corner = |i: u32| {
        let point = Haversine.destination(center, f64::from(i) * -360.0 / 128.0, radius_m);
        geo::coord! { x: (point.x() * 1e7).round() / 1e7, y: (point.y() * 1e7).round() / 1e7 }
    };
    Polygon::new((0..128).map(corner).collect::<Vec<_>>().into(), vec![])
}

/// # Errors
/// Times and stops where there is no timetable to ask.
fn refuse_times(travel: &Travel) -> Result<(), QueryError> {
    let given = [
        ("departure", travel.departure.is_some()),
        ("arrival", travel.arrival.is_some()),
        ("max_walk_m", travel.max_walk_m.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(QueryError::field(field, "belongs to mode transit alone")),
        None => Ok(()),
    }
}

/// Great-circle metres; of several points the nearest counts.
fn straight(
    loaded: &LoadedLayer,
    start: &Start,
    metres: f64,
    visit: &mut impl FnMut(FeatureRef, f64),
) {
    if let [(lon, lat)] = start.points[..] {
        let near = |near: crate::index::Neighbor| visit(near.feature, near.distance_m);
        return loaded.index.within(lon, lat, metres, near);
    }
    let mut found: Vec<(FeatureRef, f64)> = Vec::new();
    for (lon, lat) in &start.points {
        let near = |near: crate::index::Neighbor| found.push((near.feature, near.distance_m));
        loaded.index.within(*lon, *lat, metres, near);
    }
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    found.dedup_by_key(|(feature, _)| *feature);
    found.into_iter().for_each(|(feature, m)| visit(feature, m));
}

impl Travel {
    /// The same travel, asked from the other end.
    pub fn reversed(&self) -> Self {
        Travel {
            direction: Direction::reversed(self.direction),
            ..self.clone()
        }
    }
}
