use std::sync::Arc;

use geo::MultiPolygon;

use super::{Direction, Input, Mode, QueryError, Start, Travel};
use crate::{
    city::{City, LoadedLayer, Streets},
    index::FeatureRef,
    network::{Reach, ReachedShape, Rules, Sense, Snap},
};

/// Half the width of a street in the shape of what was reached, metres.
const STREET_WIDTH_M: f64 = 30.0;

/// Measures along the streets: on foot, by bicycle or by car.
pub(super) struct OnStreets<'c> {
    streets: &'c Arc<Streets>,
    sense: Sense,
    speed_km_h: f64,
}

impl<'c> OnStreets<'c> {
    /// # Errors
    /// A city without streets of the mode, a speed that nobody goes at.
    pub fn new(city: &'c City, travel: &Travel) -> Result<Self, QueryError> {
        let mode = &travel.mode;
        let none = || {
            let problem = format!("this city has no streets for `{mode}`; import them");
            QueryError::field("mode", problem)
        };
        let streets = city.streets(&mode.to_string()).ok_or_else(none)?;
        Ok(OnStreets {
            streets,
            sense: match travel.direction {
                Direction::From => Sense::From,
                Direction::To => Sense::To,
            },
            speed_km_h: speed_km_h(travel, &streets.rules)?,
        })
    }

    /// Whether costs are seconds and not metres.
    pub fn counts_time(&self) -> bool {
        self.streets.rules.counts_time()
    }

    pub fn metres_per_min(&self) -> f64 {
        self.speed_km_h * 1000.0 / 60.0
    }

    pub fn is_near(&self, start: &Start) -> bool {
        !self.snaps(start).is_empty()
    }

    pub fn within(
        &self,
        reach: &mut Reach,
        loaded: &LoadedLayer,
        start: &Start,
        cost: f64,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) {
        let snaps = self.snaps(start);
        if snaps.is_empty() {
            return;
        }
        let places = self.streets.places(loaded);
        let numbering = loaded.index.numbering();
        reach.search(&self.streets.graph, &snaps, limit(cost), self.sense);
        reach.for_each(&self.streets.graph, &places, |number, cost| {
            visit(numbering.feature(number as usize), f64::from(cost) / 1000.0);
        });
    }

    pub fn shape(&self, reach: &mut Reach, starts: &[Start], cost: f64) -> MultiPolygon<f64> {
        let lat = starts.iter().flat_map(|start| &start.points).next();
        let mut shape = ReachedShape::new(lat.map_or(0.0, |(_, lat)| *lat), STREET_WIDTH_M);
        for start in starts {
            reach.search(
                &self.streets.graph,
                &self.snaps(start),
                limit(cost),
                self.sense,
            );
            shape.add(&self.streets.graph, reach, limit(cost));
        }
        shape.polygons()
    }

    pub fn input(&self) -> Input {
        let streets = self.streets;
        Input {
            layer: "streets".parse().expect("a layer name"),
            title: streets.rules.network.clone(),
            source: streets.record.source.clone(),
            licence: streets.record.licence.clone(),
            reference_date: streets.period.clone(),
            features: streets.graph.edges().len() as u64,
            crs: streets.record.crs.clone(),
            synthetic: streets.record.synthetic,
            estimated: Vec::new(),
        }
    }

    fn snaps(&self, start: &Start) -> Vec<Snap> {
        let snap = |(lon, lat): &(f64, f64)| self.streets.snap(*lon, *lat);
        start.points.iter().filter_map(snap).collect()
    }
}

/// Thousandths of a metre or a second.
fn limit(cost: f64) -> u32 {
    (cost * 1000.0).round() as u32
}

/// The speed of a question for its mode, else the usual one of the rules.
///
/// # Errors
/// A speed that nobody goes at.
fn speed_km_h(travel: &Travel, rules: &Rules) -> Result<f64, QueryError> {
    let (field, asked, most) = match travel.mode {
        Mode::Walk => ("walk_speed_km_h", travel.walk_speed_km_h, 15.0),
        Mode::Bicycle => ("bicycle_speed_km_h", travel.bicycle_speed_km_h, 50.0),
        _ => return Ok(rules.speed_km_h),
    };
    let speed = asked.unwrap_or(rules.speed_km_h);
    match (0.5..=most).contains(&speed) {
        true => Ok(speed),
        false => {
            let problem = format!("a speed is 0.5 to {most} km/h");
            Err(QueryError::field(field, problem))
        }
    }
}
