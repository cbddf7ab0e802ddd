use std::{cell::RefCell, sync::Arc};

use geo::MultiPolygon;
use serde::{Deserialize, Serialize};

use super::{Input, QueryError};
use crate::{
    city::{City, LoadedLayer, Streets},
    domain::Title,
    index::FeatureRef,
    network::{Reach, ReachedShape, Rules},
};

/// How distance is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Great-circle metres.
    #[default]
    Straight,
    /// On foot along the streets, the straight legs to and from them counted.
    Walk,
}

/// The largest distance of a question, metres.
const MAX_CUTOFF_M: f64 = 50_000.0;

/// Half the width of a street in the shape of what was reached, metres.
const STREET_WIDTH_M: f64 = 30.0;

/// Measures from places to features, straight or on foot.
pub struct Ruler<'c> {
    streets: Option<&'c Arc<Streets>>,
    metres_per_unit: f64,
    reach: RefCell<Reach>,
}

impl<'c> Ruler<'c> {
    /// `unit` is `m`, or `min` on foot; minutes become metres by the walking speed.
    ///
    /// # Errors
    /// A mode without what it needs, an unknown unit, a speed that nobody walks.
    pub fn new(
        city: &'c City,
        mode: Mode,
        unit: &str,
        walk_speed_km_h: Option<f64>,
    ) -> Result<Self, QueryError> {
        let streets = match mode {
            Mode::Straight => None,
            Mode::Walk => {
                let none = || QueryError::field("mode", "this city has no streets; import them");
                Some(city.streets().ok_or_else(none)?)
            }
        };
        let usual = || Rules::walk().map_or(4.5, |rules| rules.speed_km_h);
        let speed = walk_speed_km_h.unwrap_or_else(usual);
        if !(0.5..=15.0).contains(&speed) {
            let problem = "a walking speed is 0.5 to 15 km/h";
            return Err(QueryError::field("walk_speed_km_h", problem));
        }
        let metres_per_unit = match (unit, mode) {
            ("m", _) => 1.0,
            ("min", Mode::Walk) => speed * 1000.0 / 60.0,
            ("min", Mode::Straight) => {
                let problem = "a straight line has no minutes: write m";
                return Err(QueryError::field("unit", problem));
            }
            _ => return Err(QueryError::field("unit", "write m, or min on foot")),
        };
        Ok(Ruler {
            streets,
            metres_per_unit,
            reach: RefCell::default(),
        })
    }

    /// The cutoff in metres.
    ///
    /// # Errors
    /// One that is no distance, or too far.
    pub fn metres(&self, field: &'static str, cutoff: f64) -> Result<f64, QueryError> {
        let metres = cutoff * self.metres_per_unit;
        if metres > 0.0 && metres <= MAX_CUTOFF_M {
            return Ok(metres);
        }
        let most = MAX_CUTOFF_M / self.metres_per_unit;
        let problem = format!("more than 0 and at most {most:.0}");
        Err(QueryError::field(field, problem))
    }

    /// Whether a place can be measured from: off the network nobody knows.
    pub fn is_measurable(&self, lon: f64, lat: f64) -> bool {
        self.streets
            .is_none_or(|streets| streets.snap(lon, lat).is_some())
    }

    /// Every feature within metres of a place, inclusive, each once.
    pub fn within(
        &self,
        loaded: &LoadedLayer,
        lon: f64,
        lat: f64,
        metres: f64,
        mut visit: impl FnMut(FeatureRef, f64),
    ) {
        let Some(streets) = self.streets else {
            let near = |near: crate::index::Neighbor| visit(near.feature, near.distance_m);
            return loaded.index.within(lon, lat, metres, near);
        };
        let Some(snap) = streets.snap(lon, lat) else {
            return;
        };
        let places = streets.places(loaded);
        let numbering = loaded.index.numbering();
        let mut reach = self.reach.borrow_mut();
        reach.run(&streets.graph, snap, (metres * 1000.0) as u32);
        reach.for_each(&streets.graph, &places, |number, mm| {
            visit(numbering.feature(number as usize), f64::from(mm) / 1000.0);
        });
    }

    /// The shape of the streets within metres of any of the places; `None` for straight lines.
    pub fn shape(&self, places: &[(f64, f64)], metres: f64) -> Option<MultiPolygon<f64>> {
        let streets = self.streets?;
        let mut shape = ReachedShape::new(places.first().map_or(0.0, |p| p.1), STREET_WIDTH_M);
        let mut reach = self.reach.borrow_mut();
        for (lon, lat) in places {
            if let Some(snap) = streets.snap(*lon, *lat) {
                let limit = (metres * 1000.0) as u32;
                reach.run(&streets.graph, snap, limit);
                shape.add(&streets.graph, &reach, limit);
            }
        }
        Some(shape.polygons())
    }

    /// The streets as a source of the answer.
    pub fn input(&self) -> Option<Input> {
        let streets = self.streets?;
        Some(Input {
            layer: "streets".parse().ok()?,
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
        })
    }

    /// The definition that fits the mode.
    pub fn question(&self, straight: &'static str, walk: &'static str) -> &'static str {
        match self.streets {
            None => straight,
            Some(_) => walk,
        }
    }
}
