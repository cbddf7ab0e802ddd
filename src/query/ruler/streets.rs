use std::sync::Arc;

use geo::MultiPolygon;

use super::{Input, QueryError, Start, Travel};
use crate::{
    city::{City, LoadedLayer, Streets},
    domain::Title,
    index::FeatureRef,
    network::{Places, Reach, ReachedShape, Rules, Snap},
};

/// Half the width of a street in the shape of what was reached, metres.
pub(super) const STREET_WIDTH_M: f64 = 30.0;

/// Measures on foot along the streets.
pub(super) struct OnStreets<'c> {
    streets: &'c Arc<Streets>,
}

impl<'c> OnStreets<'c> {
    pub fn new(city: &'c City) -> Result<Self, QueryError> {
        let none = || QueryError::field("mode", "this city has no streets; import them");
        let streets = city.streets().ok_or_else(none)?;
        Ok(OnStreets { streets })
    }

    pub fn is_near(&self, start: &Start) -> bool {
        !self.snaps(start).is_empty()
    }

    pub fn within(
        &self,
        reach: &mut Reach,
        loaded: &LoadedLayer,
        start: &Start,
        metres: f64,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) {
        let places = self.streets.places(loaded);
        let numbering = loaded.index.numbering();
        self.each(reach, &places, start, metres, |number, mm| {
            visit(numbering.feature(number as usize), f64::from(mm) / 1000.0);
        });
    }

    /// Every joined place within reach with its millimetres.
    pub fn each(
        &self,
        reach: &mut Reach,
        places: &Places,
        start: &Start,
        metres: f64,
        visit: impl FnMut(u32, u32),
    ) {
        let snaps = self.snaps(start);
        if !snaps.is_empty() {
            reach.run(&self.streets.graph, &snaps, (metres * 1000.0) as u32);
            reach.for_each(&self.streets.graph, places, visit);
        }
    }

    pub fn streets(&self) -> &Arc<Streets> {
        self.streets
    }

    /// For each number of metres the streets within them of any of the starts.
    pub fn shapes(
        &self,
        reach: &mut Reach,
        starts: &[Start],
        metres: &[f64],
    ) -> Vec<MultiPolygon<f64>> {
        let lat = starts.iter().flat_map(|start| &start.points).next();
        let new = |_: &f64| ReachedShape::new(lat.map_or(0.0, |(_, lat)| *lat), STREET_WIDTH_M);
        let mut shapes: Vec<ReachedShape> = metres.iter().map(new).collect();
        let limits: Vec<u32> = metres
            .iter()
            .map(|metres| (metres * 1000.0) as u32)
            .collect();
        let largest = limits.iter().copied().max().unwrap_or(0);
        for start in starts {
            reach.run(&self.streets.graph, &self.snaps(start), largest);
            for (shape, limit) in shapes.iter_mut().zip(&limits) {
                shape.add(&self.streets.graph, reach, *limit);
            }
        }
        shapes.iter().map(ReachedShape::polygons).collect()
    }

    pub fn input(&self) -> Input {
        input(self.streets)
    }

    fn snaps(&self, start: &Start) -> Vec<Snap> {
        let snap = |(lon, lat): &(f64, f64)| self.streets.snap(*lon, *lat);
        start.points.iter().filter_map(snap).collect()
    }
}

/// The walking network as a source of an answer.
pub(super) fn input(streets: &Arc<Streets>) -> Input {
    Input {
        layer: "streets".parse().expect("a layer name"),
        title: Title {
            zh: "步行路网".into(),
            en: "Walking network".into(),
        },
        source: streets.record.source.clone(),
        licence: streets.record.licence.clone(),
        reference_date: streets.period.clone(),
        features: streets.graph.edges().len() as u64,
        crs: streets.record.crs.clone(),
        synthetic: streets.record.synthetic,
        estimated: Vec::new(),
    }
}

/// The walking speed of a question, else the usual one of the rules.
///
/// # Errors
/// A speed that nobody walks.
pub(super) fn walk_speed_km_h(travel: &Travel) -> Result<f64, QueryError> {
    let usual = || Rules::walk().map_or(4.5, |rules| rules.speed_km_h);
    let speed = travel.walk_speed_km_h.unwrap_or_else(usual);
    if (0.5..=15.0).contains(&speed) {
        return Ok(speed);
    }
    let problem = "a walking speed is 0.5 to 15 km/h";
    Err(QueryError::field("walk_speed_km_h", problem))
}
