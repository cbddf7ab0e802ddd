//! Polygons with defects are made valid; what was valid is never touched.

use geo::{
    Area, BooleanOps, BoundingRect, Coord, Geometry, LineString, MultiPolygon, Polygon,
    bool_ops::{FillRule, OpType},
    line_string,
    orient::{Direction, Orient},
};
use rstar::{RTree, primitives::GeomWithData};

use super::defects;
use crate::domain::measure::area_km2;

/// Makes a polygon or multi-polygon valid. Returns it with its areas before and after, or `None`
/// where nothing with an area is left.
///
/// Each outer ring is filled wherever it goes around, whatever its direction; what the holes go
/// around is taken out; parts are united. Corners keep their exact coordinates where they remain
/// corners, so that borders shared with neighbours stay shared.
pub fn repair(geometry: &Geometry<f64>) -> Option<(Geometry<f64>, f64, f64)> {
    let parts: &[Polygon<f64>] = match geometry {
        Geometry::Polygon(polygon) => std::slice::from_ref(polygon),
        Geometry::MultiPolygon(MultiPolygon(parts)) => parts,
        _ => return None,
    };
    let mut united = MultiPolygon::<f64>(Vec::new());
    for part in parts {
        let shell = filled(part.exterior());
        let mut holes = MultiPolygon(Vec::new());
        for hole in part.interiors() {
            holes = union(&holes, &filled(hole));
        }
        let ground = if holes.0.is_empty() {
            shell
        } else {
            shell.boolean_op_with_fill_rule(&holes, OpType::Difference, FillRule::EvenOdd)
        };
        united = match united.0.is_empty() {
            true => ground,
            false => union(&united, &ground),
        };
    }
    // Slivers that come from rounding have no business in a border.
    let whole = united.unsigned_area();
    united.0.retain(|p| p.unsigned_area() > whole * 1e-12);
    if united.0.is_empty() {
        return None;
    }
    let snapped = snap(&united, parts);
    let repaired = [snapped, united]
        .into_iter()
        .map(|candidate| simplest(candidate.orient(Direction::Default)))
        .find(|candidate| defects::find(candidate).is_none())?;
    let after = area_km2(&repaired);
    Some((repaired, area_km2(geometry), after))
}

/// Everything that a ring goes around.
fn filled(ring: &LineString<f64>) -> MultiPolygon<f64> {
    let mut points = ring.0.clone();
    points.dedup();
    let nothing = Polygon::new(line_string![], Vec::new());
    Polygon::new(LineString(points), Vec::new()).boolean_op_with_fill_rule(
        &nothing,
        OpType::Union,
        FillRule::NonZero,
    )
}

fn union(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    a.boolean_op_with_fill_rule(b, OpType::Union, FillRule::NonZero)
}

fn simplest(mut parts: MultiPolygon<f64>) -> Geometry<f64> {
    match parts.0.len() {
        1 => Geometry::Polygon(parts.0.remove(0)),
        _ => Geometry::MultiPolygon(parts),
    }
}

/// The overlay works on a grid of 2^30 steps across the polygon; corners that it moved by a few
/// steps go back to where they were.
fn snap(result: &MultiPolygon<f64>, original: &[Polygon<f64>]) -> MultiPolygon<f64> {
    let Some(bounds) = MultiPolygon(original.to_vec()).bounding_rect() else {
        return result.clone();
    };
    let reach = bounds.width().max(bounds.height()) * 8e-9;
    let rings = |p: &Polygon<f64>| {
        std::iter::once(p.exterior().clone())
            .chain(p.interiors().to_vec())
            .collect::<Vec<_>>()
    };
    let corners = original.iter().flat_map(rings).flat_map(|ring| ring.0);
    let tree = RTree::bulk_load(
        corners
            .map(|c| GeomWithData::new([c.x, c.y], c))
            .collect::<Vec<_>>(),
    );
    let back = |c: Coord<f64>| match tree.nearest_neighbor([c.x, c.y]) {
        Some(near) if (near.data.x - c.x).hypot(near.data.y - c.y) <= reach => near.data,
        _ => c,
    };
    let ring = |ring: &LineString<f64>| {
        let mut points: Vec<_> = ring.0.iter().map(|c| back(*c)).collect();
        points.dedup();
        LineString(points)
    };
    let polygons = result
        .0
        .iter()
        .map(|p| Polygon::new(ring(p.exterior()), p.interiors().iter().map(ring).collect()));
    MultiPolygon(polygons.collect())
}

#[cfg(test)]
mod tests {
    use geo::wkt;
    use proptest::prelude::*;

    use super::*;

    fn area_of(polygon: Polygon<f64>) -> (Geometry<f64>, f64) {
        let (repaired, ..) = repair(&Geometry::Polygon(polygon)).expect("something is left");
        assert_eq!(defects::find(&repaired), None, "{repaired:?}");
        let area = repaired.unsigned_area();
        (repaired, area)
    }

    #[test]
    fn crossings_loops_and_spikes_become_valid() {
        let cases = [
            // A bow tie keeps both wings.
            (wkt!(POLYGON((0. 0.,4. 4.,4. 0.,0. 4.,0. 0.))), 8.0),
            // A ring that touches itself keeps its area.
            (
                wkt!(POLYGON((0. 0.,4. 0.,2. 2.,4. 4.,0. 4.,2. 2.,0. 0.))),
                8.0,
            ),
            // A spike goes.
            (
                wkt!(POLYGON((0. 0.,4. 0.,4. 4.,4. 6.,4. 4.,0. 4.,0. 0.))),
                16.0,
            ),
            // A hole in the same direction is still a hole, one outside is nothing.
            (
                wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.),(1. 1.,2. 1.,2. 2.,1. 2.,1. 1.),
                    (5. 5.,6. 5.,6. 6.,5. 5.))),
                15.0,
            ),
        ];
        for (polygon, area) in cases {
            let (_, got) = area_of(polygon.clone());
            assert!((got - area).abs() < 1e-6, "{polygon:?}: {got}");
        }
        assert_eq!(repair(&wkt!(POLYGON((0. 0.,4. 0.,0. 0.))).into()), None);
    }

    #[test]
    fn corners_keep_their_exact_coordinates() {
        let polygon = wkt!(POLYGON(
            (113.2578125 23.046875,113.4 23.1,113.3000001234567 23.3,113.2578125 23.046875,
             113.2 22.9,113.1 23.0,113.2578125 23.046875)
        ));
        let (repaired, _) = area_of(polygon);
        let text = format!("{repaired:?}");
        for number in ["113.2578125", "113.3000001234567", "22.9"] {
            assert!(text.contains(number), "{number} in {text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_repaired_is_valid(
            points in prop::collection::vec((0..12i32, 0..12i32), 3..14),
            hole in prop::collection::vec((0..12i32, 0..12i32), 3..6),
        ) {
            let ring = |points: Vec<(i32, i32)>| {
                let place = |(x, y)| Coord { x: 113.0 + f64::from(x) / 7.0, y: 23.0 + f64::from(y) / 7.0 };
                LineString(points.into_iter().map(place).collect())
            };
            let polygon = Geometry::Polygon(Polygon::new(ring(points), vec![ring(hole)]));
            if let Some((repaired, ..)) = repair(&polygon) {
                prop_assert_eq!(defects::find(&repaired), None);
                prop_assert!(repaired.unsigned_area() > 0.0);
            }
        }
    }
}
