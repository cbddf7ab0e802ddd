use std::sync::Arc;

use geo::{BooleanOps, MultiPolygon};

use super::{Direction, Input, Mode, QueryError, Start, Travel};
use crate::{
    city::{City, LoadedLayer, Pace, Streets},
    index::{Cell, FeatureRef},
    network::{Places, Reach, ReachedShape, Rules, Sense, Snap},
};

/// Half the width of a street in the shape of what was reached, metres.
pub(super) const STREET_WIDTH_M: f64 = 30.0;

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

    /// Which features of a cell are on the network, row by row.
    pub fn on_network(&self, cell: &Cell) -> Vec<bool> {
        let mut rows = vec![false; cell.len()];
        let joined = self.streets.join_cell(cell);
        joined.numbers().for_each(|row| rows[row as usize] = true);
        rows
    }

    pub fn within(
        &self,
        reach: &mut Reach,
        loaded: &LoadedLayer,
        start: &Start,
        cost: f64,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) {
        let places = self.streets.places(loaded);
        let numbering = loaded.index.numbering();
        self.each(reach, &places, start, cost, |number, cost| {
            visit(numbering.feature(number as usize), f64::from(cost) / 1000.0);
        });
    }

    /// Every joined place within reach with its cost in thousandths.
    pub fn each(
        &self,
        reach: &mut Reach,
        places: &Places,
        start: &Start,
        cost: f64,
        visit: impl FnMut(u32, u32),
    ) {
        self.search(reach, start, cost);
        reach.for_each(&self.streets.graph, places, visit);
    }

    /// Searches to a cost from a start; from one that is off the network nothing is reached.
    pub fn search(&self, reach: &mut Reach, start: &Start, cost: f64) {
        let graph = &self.streets.graph;
        reach.search(graph, &self.snaps(start), limit(cost), self.sense);
    }

    /// Names these streets in the sense that they are searched in.
    pub fn serial(&self) -> u64 {
        2 * self.streets.serial() + u64::from(self.sense == Sense::To)
    }

    pub fn streets(&self) -> &Arc<Streets> {
        self.streets
    }

    /// Whole seconds of a cost in thousandths, the last one counted.
    pub fn seconds(&self, cost: u32) -> u32 {
        match self.counts_time() {
            true => cost.div_ceil(1000),
            false => Pace::new(self.speed_km_h, 0.0).seconds(cost),
        }
    }

    /// For each cost the streets within it of any of the starts, for one search from each.
    pub fn shapes(
        &self,
        reach: &mut Reach,
        starts: &[Start],
        costs: &[f64],
    ) -> Vec<MultiPolygon<f64>> {
        let lat = starts.iter().flat_map(|start| &start.points).next();
        let new = |_: &f64| ReachedShape::new(lat.map_or(0.0, |(_, lat)| *lat), STREET_WIDTH_M);
        let mut shapes: Vec<ReachedShape> = costs.iter().map(new).collect();
        let limits: Vec<u32> = costs.iter().map(|cost| limit(*cost)).collect();
        let largest = limits.iter().copied().max().unwrap_or(0);
        let graph = &self.streets.graph;
        for start in starts {
            reach.search(graph, &self.snaps(start), largest, self.sense);
            for (shape, limit) in shapes.iter_mut().zip(&limits) {
                shape.add(graph, reach, *limit);
            }
        }
        let shapes: Vec<_> = shapes.iter().map(ReachedShape::polygons).collect();
        match self.counts_time() {
            true => nested(shapes, &limits),
            false => shapes,
        }
    }

    pub fn input(&self) -> Input {
        input(self.streets)
    }

    fn snaps(&self, start: &Start) -> Vec<Snap> {
        let snap = |(lon, lat): &(f64, f64)| self.streets.snap(*lon, *lat);
        start.points.iter().filter_map(snap).collect()
    }
}

/// A street network as a source of an answer.
/// Shapes of which each holds those of all smaller limits, as what is reached does: outlines are
/// drawn without the corners that do not matter, each its own.
fn nested(mut shapes: Vec<MultiPolygon<f64>>, limits: &[u32]) -> Vec<MultiPolygon<f64>> {
    let mut order: Vec<usize> = (0..shapes.len()).collect();
    order.sort_by_key(|&at| limits[at]);
    for pair in order.windows(2) {
        shapes[pair[1]] = shapes[pair[1]].union(&shapes[pair[0]]);
    }
    shapes
}

pub(super) fn input(streets: &Arc<Streets>) -> Input {
    Input {
        layer: "streets".parse().expect("a layer name"),
        title: streets.rules.network.clone(),
        source: streets.record.source.clone(),
        source_en: streets.record.source_en.clone(),
        licence: streets.record.licence.clone(),
        reference_date: streets.period.clone(),
        features: streets.graph.edges().len() as u64,
        crs: streets.record.crs.clone(),
        synthetic: streets.record.synthetic,
        estimated: Vec::new(),
        notes: Vec::new(),
    }
}

/// The walking speed of a question, else the usual one.
///
/// # Errors
/// A speed that nobody walks.
pub(super) fn walk_speed_km_h(travel: &Travel) -> Result<f64, QueryError> {
    let on_foot = Travel {
        mode: Mode::Walk,
        ..travel.clone()
    };
    speed_km_h(
        &on_foot,
        &Rules::walk().expect("the built-in rules hold together"),
    )
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

#[cfg(test)]
mod tests {
    use geo::{Area, Rect, Validation};

    use super::*;

    #[test]
    fn a_larger_limit_holds_what_a_smaller_one_does() {
        let square = |west: f64, side: f64| {
            let corner = |x, y| geo::coord! { x: x, y: y };
            let rect = Rect::new(corner(west, 0.0), corner(west + side, side));
            MultiPolygon::new(vec![rect.to_polygon()])
        };
        // The second sticks out of the first, the third is the largest.
        let shapes = vec![square(0.0, 2.0), square(-0.1, 1.0), square(0.0, 3.0)];
        let nested = nested(shapes, &[20, 10, 30]);
        let areas: Vec<f64> = nested.iter().map(Area::unsigned_area).collect();
        assert!(
            (areas[0] - 4.1).abs() < 1e-6 && areas[1] == 1.0,
            "{areas:?}"
        );
        assert!((areas[2] - 9.1).abs() < 1e-6, "{areas:?}");
        for (small, large) in [(1, 0), (0, 2), (1, 2)] {
            let beyond = nested[small].difference(&nested[large]).unsigned_area();
            assert!(beyond < 1e-6 && nested[large].is_valid(), "{beyond}");
        }
    }
}
