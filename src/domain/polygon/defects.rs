//! Whether polygons are valid as the Simple Features standard (OGC 06-103r4) wants them.
//!
//! `geo` has the same check, but compares every edge with every other; borders of cities have
//! tens of thousands of edges, so edges are looked up in a tree here.

use std::fmt;

use geo::{
    BoundingRect, Coord, Geometry, Line, LineIntersection, LineString, MultiPolygon, Polygon,
    Relate, algorithm::line_intersection::line_intersection, coordinate_position::CoordPos,
    dimensions::Dimensions,
};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use crate::domain::{Language, Title};

/// What is wrong with a polygon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    UnclosedRing,
    /// Fewer than three different points, or no area.
    TooFewPoints,
    /// A ring meets itself in a point.
    SelfTouch,
    /// A ring crosses itself or runs along itself.
    SelfCrossing,
    /// Two rings cross or share a line.
    RingsCross,
    /// A hole lies outside its outer ring, or in another hole.
    StrayHole,
    /// Two parts cover the same ground.
    OverlappingParts,
}

impl Defect {
    pub fn title(self) -> Title {
        let (zh, en) = match self {
            Defect::UnclosedRing => ("环未闭合", "unclosed ring"),
            Defect::TooFewPoints => ("环的点数不足", "too few points in a ring"),
            Defect::SelfTouch => ("环自相接触", "ring touches itself"),
            Defect::SelfCrossing => ("环自相交", "ring crosses itself"),
            Defect::RingsCross => ("环与环相交", "rings cross"),
            Defect::StrayHole => (
                "孔在外环之外或孔中有孔",
                "hole outside its ring or in a hole",
            ),
            Defect::OverlappingParts => ("各部分相互重叠", "parts overlap"),
        };
        Title {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title().in_language(Language::En))
    }
}

/// The first defect of a polygon or multi-polygon; other geometries have none.
pub fn find(geometry: &Geometry<f64>) -> Option<Defect> {
    match geometry {
        Geometry::Polygon(polygon) => find_in(std::slice::from_ref(polygon)),
        Geometry::MultiPolygon(MultiPolygon(parts)) => find_in(parts),
        _ => None,
    }
}

/// A ring of the geometry: which part it bounds, and whether from inside.
struct Ring<'g> {
    part: usize,
    is_hole: bool,
    points: Vec<Coord<f64>>,
    source: &'g LineString<f64>,
}

fn find_in(parts: &[Polygon<f64>]) -> Option<Defect> {
    let mut rings = Vec::new();
    for (part, polygon) in parts.iter().enumerate() {
        for (index, source) in std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .enumerate()
        {
            let mut points = source.0.clone();
            points.dedup();
            if points.len() < 4 {
                return Some(Defect::TooFewPoints);
            }
            rings.push(Ring {
                part,
                is_hole: index > 0,
                points,
                source,
            });
        }
    }
    let mut touching = Vec::new();
    if let Some(defect) = edges_defect(&rings, &mut touching) {
        return Some(defect);
    }
    if rings.len() < 2 {
        return None;
    }
    touching.sort_unstable();
    touching.dedup();
    nesting_defect(&rings, &touching)
}

/// Compares edges whose boxes meet; pairs of rings that touch in points are put in `touching`.
fn edges_defect(rings: &[Ring<'_>], touching: &mut Vec<(usize, usize)>) -> Option<Defect> {
    type Edge = GeomWithData<Rectangle<[f64; 2]>, (usize, usize)>;
    let line = |ring: usize, edge: usize| {
        let points = &rings[ring].points;
        Line::new(points[edge], points[edge + 1])
    };
    let total: usize = rings.iter().map(|ring| ring.points.len() - 1).sum();
    let edges = rings
        .iter()
        .enumerate()
        .flat_map(|(ring, r)| (0..r.points.len() - 1).map(move |edge| (ring, edge)));
    // A ring that crosses itself often touches itself as well; the worse is told.
    let mut touches = None;
    let mut worse = |defect: Option<Defect>| match defect {
        Some(Defect::SelfTouch) => {
            touches = defect;
            None
        }
        other => other,
    };
    const FEW: usize = 40;
    if total <= FEW {
        let edges: Vec<_> = edges.collect();
        for (index, a) in edges.iter().enumerate() {
            for b in &edges[index + 1..] {
                let defect = pair_defect(rings, *a, *b, line(a.0, a.1), line(b.0, b.1), touching);
                if let Some(defect) = worse(defect) {
                    return Some(defect);
                }
            }
        }
        return touches;
    }
    let bounds = |l: &Line<f64>| {
        (
            [l.start.x.min(l.end.x), l.start.y.min(l.end.y)],
            [l.start.x.max(l.end.x), l.start.y.max(l.end.y)],
        )
    };
    let tree: RTree<Edge> = RTree::bulk_load(
        edges
            .map(|(ring, edge)| {
                let (low, high) = bounds(&line(ring, edge));
                GeomWithData::new(Rectangle::from_corners(low, high), (ring, edge))
            })
            .collect(),
    );
    for entry in &tree {
        let a = entry.data;
        let line_a = line(a.0, a.1);
        let (low, high) = bounds(&line_a);
        for other in tree.locate_in_envelope_intersecting(AABB::from_corners(low, high)) {
            let b = other.data;
            if a < b {
                let defect = pair_defect(rings, a, b, line_a, line(b.0, b.1), touching);
                if let Some(defect) = worse(defect) {
                    return Some(defect);
                }
            }
        }
    }
    touches
}

fn pair_defect(
    rings: &[Ring<'_>],
    a: (usize, usize),
    b: (usize, usize),
    line_a: Line<f64>,
    line_b: Line<f64>,
    touching: &mut Vec<(usize, usize)>,
) -> Option<Defect> {
    let met = line_intersection(line_a, line_b)?;
    if a.0 != b.0 {
        return match met {
            LineIntersection::SinglePoint {
                is_proper: false, ..
            } => {
                touching.push((a.0.min(b.0), a.0.max(b.0)));
                None
            }
            _ if rings[a.0].part != rings[b.0].part => Some(Defect::OverlappingParts),
            _ => Some(Defect::RingsCross),
        };
    }
    let last = rings[a.0].points.len() - 2;
    let (low, high) = (a.1.min(b.1), a.1.max(b.1));
    let are_neighbours = high - low == 1 || (low == 0 && high == last);
    match met {
        LineIntersection::SinglePoint { .. } if are_neighbours => None,
        LineIntersection::SinglePoint {
            is_proper: false, ..
        } => Some(Defect::SelfTouch),
        _ => Some(Defect::SelfCrossing),
    }
}

/// Holes must lie in their outer ring and in no other hole, parts outside one another.
fn nesting_defect(rings: &[Ring<'_>], touching: &[(usize, usize)]) -> Option<Defect> {
    type Place = GeomWithData<Rectangle<[f64; 2]>, usize>;
    let bounds = |ring: &Ring<'_>| {
        let rect = ring.source.bounding_rect()?;
        Some(([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]))
    };
    let places = rings.iter().enumerate().filter_map(|(index, ring)| {
        let (low, high) = bounds(ring)?;
        Some(Place::new(Rectangle::from_corners(low, high), index))
    });
    let tree: RTree<Place> = RTree::bulk_load(places.collect());
    for (index, ring) in rings.iter().enumerate() {
        let (low, high) = bounds(ring)?;
        let mut in_own_outer = false;
        // The part whose outer ring this one is in, and whether it is in one of its holes.
        for place in tree.locate_in_envelope_intersecting(AABB::from_corners(low, high)) {
            let other_index = place.data;
            let other = &rings[other_index];
            if other_index == index {
                continue;
            }
            let inside = lies_inside(ring, other, index, other_index, touching);
            match (inside, ring.is_hole, other.is_hole, ring.part == other.part) {
                (None, ..) => {
                    return Some(match ring.part == other.part {
                        true => Defect::RingsCross,
                        false => Defect::OverlappingParts,
                    });
                }
                (Some(true), true, false, true) => in_own_outer = true,
                (Some(true), true, true, true) => return Some(Defect::StrayHole),
                (Some(true), false, false, false)
                    if !in_hole_of(rings, index, other.part, touching) =>
                {
                    return Some(Defect::OverlappingParts);
                }
                _ => {}
            }
        }
        if ring.is_hole && !in_own_outer {
            return Some(Defect::StrayHole);
        }
    }
    None
}

fn in_hole_of(rings: &[Ring<'_>], index: usize, part: usize, touching: &[(usize, usize)]) -> bool {
    let mut holes = rings
        .iter()
        .enumerate()
        .filter(|(_, r)| r.part == part && r.is_hole);
    holes.any(|(hole_index, hole)| {
        lies_inside(&rings[index], hole, index, hole_index, touching) == Some(true)
    })
}

/// Whether `ring` lies inside `other`; their edges do not cross. `None` where rings that touch
/// turn out to overlap in part.
fn lies_inside(
    ring: &Ring<'_>,
    other: &Ring<'_>,
    index: usize,
    other_index: usize,
    touching: &[(usize, usize)],
) -> Option<bool> {
    let pair = (index.min(other_index), index.max(other_index));
    if touching.binary_search(&pair).is_err() {
        return Some(other_contains(other, ring.points[0]) == CoordPos::Inside);
    }
    let positions: Vec<CoordPos> = ring
        .points
        .iter()
        .map(|point| other_contains(other, *point))
        .filter(|position| *position != CoordPos::OnBoundary)
        .collect();
    let first = *positions.first().unwrap_or(&CoordPos::OnBoundary);
    if first != CoordPos::OnBoundary && positions.iter().any(|p| *p != first) {
        return None;
    }
    if first == CoordPos::OnBoundary || first == CoordPos::Outside {
        // All points lie on the other ring or outside, but edges may still cut through it.
        let area = |ring: &Ring<'_>| Polygon::new(LineString(ring.points.clone()), Vec::new());
        let matrix = area(ring).relate(&area(other));
        let share_ground =
            matrix.get(CoordPos::Inside, CoordPos::Inside) == Dimensions::TwoDimensional;
        if !share_ground {
            return Some(false);
        }
        return match (matrix.is_within(), matrix.is_contains()) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
    }
    Some(true)
}

fn other_contains(ring: &Ring<'_>, point: Coord<f64>) -> CoordPos {
    geo::coordinate_position::coord_pos_relative_to_ring(point, ring.source)
}

#[cfg(test)]
mod tests {
    use geo::{Validation, wkt};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_defect_is_named() {
        let polygon = |polygon: Polygon<f64>| find(&Geometry::Polygon(polygon));
        assert_eq!(polygon(wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 0.)))), None);
        assert_eq!(
            polygon(wkt!(POLYGON((0. 0.,4. 4.,4. 0.,0. 4.,0. 0.)))),
            Some(Defect::SelfCrossing)
        );
        assert_eq!(
            polygon(wkt!(POLYGON((0. 0.,4. 0.,2. 2.,4. 4.,0. 4.,2. 2.,0. 0.)))),
            Some(Defect::SelfTouch)
        );
        assert_eq!(
            polygon(wkt!(POLYGON((0. 0.,4. 0.,4. 4.,4. 6.,4. 4.,0. 4.,0. 0.)))),
            Some(Defect::SelfCrossing)
        );
        assert_eq!(
            polygon(wkt!(POLYGON((0. 0.,4. 0.,0. 0.)))),
            Some(Defect::TooFewPoints)
        );
        assert_eq!(
            polygon(wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.),(5. 5.,6. 5.,6. 6.,5. 5.)))),
            Some(Defect::StrayHole)
        );
        assert_eq!(
            polygon(wkt!(POLYGON((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.),(3. 3.,6. 3.,6. 6.,3. 3.)))),
            Some(Defect::RingsCross)
        );
        let parts = wkt!(MULTIPOLYGON(
            ((0. 0.,4. 0.,4. 4.,0. 4.,0. 0.)),((1. 1.,2. 1.,2. 2.,1. 1.))
        ));
        assert_eq!(
            find(&Geometry::MultiPolygon(parts)),
            Some(Defect::OverlappingParts)
        );
        let island = wkt!(MULTIPOLYGON(
            ((0. 0.,9. 0.,9. 9.,0. 9.,0. 0.),(1. 1.,1. 8.,8. 8.,8. 1.,1. 1.)),
            ((2. 2.,3. 2.,3. 3.,2. 2.))
        ));
        assert_eq!(find(&Geometry::MultiPolygon(island)), None);
        let touching_hole = wkt!(POLYGON(
            (0. 0.,4. 0.,4. 4.,0. 4.,0. 0.),(0. 2.,2. 1.,3. 2.,2. 3.,0. 2.)
        ));
        assert_eq!(polygon(touching_hole), None);
    }

    fn ring(size: std::ops::Range<usize>) -> impl Strategy<Value = LineString<f64>> {
        prop::collection::vec((0..8i32, 0..8i32), size).prop_map(|points| {
            let mut ring: Vec<Coord<f64>> = points
                .into_iter()
                .map(|(x, y)| Coord {
                    x: f64::from(x),
                    y: f64::from(y),
                })
                .collect();
            ring.dedup();
            LineString(ring)
        })
    }

    /// Whether a ring turns back on itself at a corner, which `geo` takes for valid.
    fn has_spike(polygon: &Polygon<f64>) -> bool {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let turns_back = |ring: &LineString<f64>| {
            let mut points = ring.0.clone();
            points.dedup();
            points.pop();
            let n = points.len();
            (0..n).any(|i| {
                let (a, b, c) = (points[i], points[(i + 1) % n], points[(i + 2) % n]);
                let (into, out) = (b - a, c - b);
                into.x * out.y == into.y * out.x && into.x * out.x + into.y * out.y < 0.0
            })
        };
        rings.into_iter().any(turns_back)
    }

    proptest! {
        /// On a coarse grid rings touch, cross and overlap in every way there is.
        #[test]
        fn the_verdict_is_that_of_geo(
            outer in ring(3..9), holes in prop::collection::vec(ring(3..5), 0..3), other in ring(3..5)
        ) {
            let polygon = Polygon::new(outer, holes);
            let other = Polygon::new(other, vec![]);
            prop_assume!(!has_spike(&polygon) && !has_spike(&other));
            let ours = find(&Geometry::Polygon(polygon.clone()));
            prop_assert_eq!(ours.is_none(), polygon.is_valid(), "{:?} {:?}", ours, polygon);
            let parts = MultiPolygon(vec![polygon, other]);
            if parts.0.iter().all(Validation::is_valid) {
                let ours = find(&Geometry::MultiPolygon(parts.clone()));
                prop_assert_eq!(ours.is_none(), parts.is_valid(), "{:?} {:?}", ours, parts);
            }
        }
    }
}
