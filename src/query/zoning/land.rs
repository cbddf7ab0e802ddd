use geo::{BooleanOps, BoundingRect, Geometry, MultiPolygon};
use rayon::prelude::*;
use rstar::{AABB, RTree, RTreeObject};

use crate::{
    city::{Area, City, LoadedLayer},
    domain::{Bbox, Period, measure},
    index::{PreparedPolygon, Region, Relation},
    query::{Limits, QueryError},
};

/// A plot with its bounds.
struct Plot(MultiPolygon<f64>, Bbox);

impl RTreeObject for Plot {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners([self.1.west, self.1.south], [self.1.east, self.1.north])
    }
}

/// km² of each area that the polygons of a layer cover, each spot counted once.
///
/// # Errors
/// Where nobody waits for the answer any longer.
pub(super) fn covered_km2(
    city: &City,
    areas: &[&Area],
    land: &LoadedLayer,
    period: Option<&Period>,
    limits: &Limits,
) -> Result<Vec<f64>, QueryError> {
    let plots = land.index.iter().filter_map(|feature| {
        let shape = polygons(land.index.geometry(feature))?;
        let bounds = Bbox::from(shape.bounding_rect()?);
        Some(Plot(shape, bounds))
    });
    let tree = RTree::bulk_load(plots.collect());
    areas
        .par_iter()
        .map(|area| {
            limits.check()?;
            Ok(outline(city, area, period).map_or(0.0, |outline| within(&outline, &tree)))
        })
        .collect()
}

fn within(outline: &MultiPolygon<f64>, plots: &RTree<Plot>) -> f64 {
    let Some(bounds) = outline.bounding_rect().map(Bbox::from) else {
        return 0.0;
    };
    let prepared = PreparedPolygon::new(&Geometry::MultiPolygon(outline.clone()));
    let window = AABB::from_corners([bounds.west, bounds.south], [bounds.east, bounds.north]);
    let mut parts: Vec<MultiPolygon<f64>> = Vec::new();
    for Plot(shape, bounds) in plots.locate_in_envelope_intersecting(window) {
        match prepared.relation(bounds) {
            Relation::Outside => {}
            Relation::Inside => parts.push(shape.clone()),
            Relation::Crosses => parts.push(outline.intersection(shape)),
        }
    }
    parts.retain(|part| !part.0.is_empty());
    let km2 = |shape: MultiPolygon<f64>| measure::area_km2(&Geometry::MultiPolygon(shape));
    match parts.len() {
        0 => 0.0,
        1 => parts.pop().map_or(0.0, km2),
        _ => km2(geo::unary_union(parts.iter().flat_map(|part| &part.0))),
    }
}

fn outline(city: &City, area: &Area, period: Option<&Period>) -> Option<MultiPolygon<f64>> {
    let layer = city.catalog().area_layer(area.level.as_str())?;
    let state = city.areas().period_at(area.level.as_str(), period)?;
    let mut states = city.states(layer.id.as_str());
    let loaded = states.find(|loaded| loaded.index.period() == state)?;
    polygons(loaded.index.geometry(area.feature))
}

fn polygons(geometry: Geometry<f64>) -> Option<MultiPolygon<f64>> {
    match geometry {
        Geometry::Polygon(polygon) => Some(MultiPolygon::new(vec![polygon])),
        Geometry::MultiPolygon(parts) => Some(parts),
        _ => None,
    }
}
