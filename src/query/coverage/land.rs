use geo::{BooleanOps, BoundingRect, Geometry, MultiPolygon};
use rayon::prelude::*;
use rstar::{AABB, RTree, RTreeObject};

use crate::{
    city::LoadedLayer,
    domain::{Bbox, measure},
    index::{PreparedPolygon, Region, Relation},
    query::{Limits, QueryError, Ruler, Start},
};

/// What one facility serves.
struct Served {
    shape: MultiPolygon<f64>,
    prepared: PreparedPolygon,
}

impl RTreeObject for Served {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        let bounds = self.prepared.bounds();
        AABB::from_corners([bounds.west, bounds.south], [bounds.east, bounds.north])
    }
}

/// For each plot in the order of its layer: m² that a facility serves, and m² in all.
///
/// # Errors
/// Where nobody waits for the answer any longer.
pub fn served_land(
    ruler: &Ruler<'_>,
    plots: &LoadedLayer,
    starts: &[Start],
    cost: f64,
    limits: &Limits,
) -> Result<Vec<(i64, i64)>, QueryError> {
    let served: Vec<Served> = starts
        .par_chunks(1)
        .map_init(
            || ruler.traveler(limits),
            |traveler, start| {
                let shape = traveler.shape(start, cost)?;
                let prepared = PreparedPolygon::new(&Geometry::MultiPolygon(shape.clone()));
                Ok(Served { shape, prepared })
            },
        )
        .filter(|served| served.as_ref().map_or(true, |s| !s.shape.0.is_empty()))
        .collect::<Result<_, QueryError>>()?;
    let tree = RTree::bulk_load(served);
    let features: Vec<_> = plots.index.iter().collect();
    features
        .par_iter()
        .map(|feature| {
            limits.check()?;
            let plot = match plots.index.geometry(*feature) {
                Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
                Geometry::MultiPolygon(parts) => parts,
                _ => return Ok((0, 0)),
            };
            let total = area_m2(&plot);
            Ok((area_m2_within(&plot, &tree, total).min(total), total))
        })
        .collect()
}

fn area_m2(shape: &MultiPolygon<f64>) -> i64 {
    let km2 = measure::area_km2(&Geometry::MultiPolygon(shape.clone()));
    (km2 * 1e6).round() as i64
}

fn area_m2_within(plot: &MultiPolygon<f64>, served: &RTree<Served>, total: i64) -> i64 {
    let Some(bounds) = plot.bounding_rect().map(Bbox::from) else {
        return 0;
    };
    let window = AABB::from_corners([bounds.west, bounds.south], [bounds.east, bounds.north]);
    let mut near: Vec<&MultiPolygon<f64>> = Vec::new();
    for served in served.locate_in_envelope_intersecting(window) {
        match served.prepared.relation(&bounds) {
            Relation::Outside => {}
            Relation::Inside => return total,
            Relation::Crosses => near.push(&served.shape),
        }
    }
    // What several facilities serve counts once.
    match near[..] {
        [] => 0,
        [only] => area_m2(&plot.intersection(only)),
        _ => {
            let together = geo::unary_union(near.iter().flat_map(|shape| &shape.0));
            area_m2(&plot.intersection(&together))
        }
    }
}
