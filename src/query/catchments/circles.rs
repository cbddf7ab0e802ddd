//! Circles to hold catchments against (圆形对照): what lies within some metres straight.

use std::sync::Arc;

use serde::Serialize;

use super::{Bands, CatchmentsQuery, FoundOrigin, Row, Tally, reach, row};
use crate::{
    city::{City, LoadedLayer},
    query::{Limits, QueryError, Ruler, Travel, numbers::each_once},
};

/// What lies within a circle.
#[derive(Clone, Debug, Serialize)]
pub struct Circle {
    /// Its radius.
    pub straight_m: f64,
    /// As the totals of a catchment.
    pub straight: Row,
}

/// The circles of a question.
pub(super) struct Circles<'c> {
    counted: &'c [&'c Arc<LoadedLayer>],
    tallies: Vec<Tally<'c>>,
    /// Of each cutoff: metres, and the band of them.
    asked: Vec<(f64, usize)>,
}

impl<'c> Circles<'c> {
    /// `cutoffs` are those of the question, each once; `None` where it asks for no circles.
    ///
    /// # Errors
    /// As many radii as neither one nor the cutoffs, or one that is no distance.
    pub fn of(
        city: &City,
        query: &CatchmentsQuery,
        cutoffs: &[f64],
        counted: &'c [&'c Arc<LoadedLayer>],
        origins: &[FoundOrigin],
        limits: &Limits,
    ) -> Result<Option<Self>, QueryError> {
        const FIELD: &str = "straight_m";
        let given = &query.straight_m;
        if given.is_empty() {
            return Ok(None);
        }
        if given.len() != 1 && given.len() != query.cutoffs.len() {
            let problem = "give one radius for all cutoffs, or one for each of them";
            return Err(QueryError::field(FIELD, problem));
        }
        let straight = Ruler::new(city, &Travel::default())?;
        let radius = |cutoff: &f64| {
            let mut all = query.cutoffs.iter();
            let at = all.position(|given| given == cutoff).unwrap_or(0);
            straight.cost(FIELD, *given.get(at).unwrap_or(&given[0]))
        };
        let radii: Vec<f64> = cutoffs.iter().map(radius).collect::<Result<_, _>>()?;
        let bands = Bands::new(&each_once(&radii));
        let tallies = reach(&straight, counted, origins, &bands, &mut None, limits)?;
        let asked = radii.iter().map(|metres| (*metres, bands.of(*metres)));
        Ok(Some(Circles {
            counted,
            tallies,
            asked: asked.collect(),
        }))
    }

    /// The circle around an origin beside a cutoff, both by their place.
    pub fn of_origin(&self, origin: usize, cutoff: usize) -> Circle {
        let (straight_m, band) = self.asked[cutoff];
        let sums = self
            .tallies
            .iter()
            .map(|tally| tally.each.sums(origin, band));
        Circle {
            straight_m,
            straight: row(self.counted, sums),
        }
    }

    /// The circles around all origins beside a cutoff, each place counted once.
    pub fn together(&self, cutoff: usize) -> Circle {
        let (straight_m, band) = self.asked[cutoff];
        let sums = self.tallies.iter().map(|tally| tally.union.sums(0, band));
        Circle {
            straight_m,
            straight: row(self.counted, sums),
        }
    }
}
