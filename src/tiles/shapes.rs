use std::collections::{BTreeSet, HashMap};

use geo::{Geometry, LineString};

use crate::{
    domain::to_mercator,
    index::{Cell, LayerIndex},
};

/// A corner in Web Mercator units of 2^-32 of the world's width, with how much it matters: the
/// distance in the same units by which the outline would be off without it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corner {
    pub x: u32,
    pub y: u32,
    pub weight: f32,
}

/// One feature's outline: closed rings (first corner not repeated) or open lines.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// For each polygon its rings, the exterior first; for lines one ring per part.
    pub parts: Vec<Vec<Vec<Corner>>>,
    pub is_line: bool,
}

/// The outlines of all lines and polygons of a layer, ready to be simplified for any zoom.
///
/// Borders that two polygons share stay shared at every zoom: corners where borders meet are
/// always kept, and each border between two of them is weighed once, whichever side it is seen
/// from.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    /// By cell and row; empty for layers of points.
    outlines: Vec<Vec<Outline>>,
}

type Place = (u32, u32);

impl Shapes {
    pub fn of(index: &LayerIndex) -> Self {
        let mut outlines: Vec<Vec<Outline>> =
            index.cells().iter().map(|cell| plain(cell)).collect();
        let junctions = junctions(&outlines);
        let mut weighed = HashMap::new();
        for outline in outlines.iter_mut().flatten() {
            for ring in outline.parts.iter_mut().flatten() {
                if outline.is_line {
                    let mut places: Vec<Place> = ring.iter().map(|c| (c.x, c.y)).collect();
                    let weights = weigh(&mut places);
                    ring.iter_mut()
                        .zip(weights)
                        .for_each(|(corner, w)| corner.weight = w);
                } else {
                    weigh_ring(ring, &junctions, &mut weighed);
                }
            }
        }
        Shapes { outlines }
    }

    pub fn outline(&self, cell: usize, row: usize) -> Option<&Outline> {
        self.outlines.get(cell)?.get(row)
    }
}

fn plain(cell: &Cell) -> Vec<Outline> {
    cell.geometries()
        .unwrap_or_default()
        .iter()
        .map(outline)
        .collect()
}

fn outline(geometry: &Geometry<f64>) -> Outline {
    let polygon = |polygon: &geo::Polygon<f64>| {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings
            .map(|ring| corners(ring, true))
            .filter(|ring| ring.len() >= 3)
            .collect::<Vec<_>>()
    };
    match geometry {
        Geometry::Polygon(p) => Outline {
            parts: vec![polygon(p)],
            is_line: false,
        },
        Geometry::MultiPolygon(parts) => Outline {
            parts: parts.iter().map(polygon).collect(),
            is_line: false,
        },
        Geometry::LineString(line) => Outline {
            parts: vec![vec![corners(line, false)]],
            is_line: true,
        },
        Geometry::MultiLineString(lines) => Outline {
            parts: vec![lines.iter().map(|line| corners(line, false)).collect()],
            is_line: true,
        },
        _ => Outline::default(),
    }
}

fn corners(ring: &LineString<f64>, closed: bool) -> Vec<Corner> {
    let units = |share: f64| (share * 4_294_967_296.0).clamp(0.0, 4_294_967_295.0) as u32;
    let mut corners: Vec<Corner> = Vec::with_capacity(ring.0.len());
    for c in &ring.0 {
        let (x, y) = to_mercator(c.x, c.y);
        let corner = Corner {
            x: units(x),
            y: units(y),
            weight: f32::INFINITY,
        };
        if corners.last() != Some(&corner) {
            corners.push(corner);
        }
    }
    if closed && corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners
}

/// Corners where more than two borders meet.
fn junctions(outlines: &[Vec<Outline>]) -> BTreeSet<Place> {
    let mut neighbors: HashMap<Place, [Option<Place>; 2]> = HashMap::new();
    let mut found = BTreeSet::new();
    for outline in outlines.iter().flatten().filter(|o| !o.is_line) {
        for ring in outline.parts.iter().flatten() {
            for (i, corner) in ring.iter().enumerate() {
                let place = (corner.x, corner.y);
                let before = ring[(i + ring.len() - 1) % ring.len()];
                let after = ring[(i + 1) % ring.len()];
                let known = neighbors.entry(place).or_default();
                for other in [(before.x, before.y), (after.x, after.y)] {
                    if known.contains(&Some(other)) {
                        continue;
                    }
                    match known.iter_mut().find(|slot| slot.is_none()) {
                        Some(slot) => *slot = Some(other),
                        None => {
                            found.insert(place);
                        }
                    }
                }
            }
        }
    }
    found
}

/// Weighs a closed ring arc by arc, from junction to junction.
fn weigh_ring(
    ring: &mut [Corner],
    junctions: &BTreeSet<Place>,
    weighed: &mut HashMap<(Place, Place, Place), Vec<f32>>,
) {
    let count = ring.len();
    let mut stops: Vec<usize> = (0..count)
        .filter(|&i| junctions.contains(&(ring[i].x, ring[i].y)))
        .collect();
    if stops.len() < 2 {
        // An island: from its least corner to the one farthest from there.
        let least = (0..count)
            .min_by_key(|&i| (ring[i].x, ring[i].y))
            .unwrap_or(0);
        let start = stops.first().copied().unwrap_or(least);
        let far = |i: &usize| distance2(ring[start], ring[*i]);
        let opposite = (0..count)
            .filter(|i| *i != start)
            .max_by_key(far)
            .unwrap_or(start);
        stops = vec![start.min(opposite), start.max(opposite)];
    }
    for (n, &from) in stops.iter().enumerate() {
        let until = stops[(n + 1) % stops.len()];
        let steps = (until + count - from) % count;
        let at: Vec<usize> = (0..=steps).map(|step| (from + step) % count).collect();
        let mut places: Vec<Place> = at.iter().map(|&i| (ring[i].x, ring[i].y)).collect();
        // Seen from the other side the arc runs the other way; it is weighed one way only.
        let key = |p: &[Place]| (p[0], p[1.min(p.len() - 1)], p[p.len() - 1]);
        let reversed = {
            let mut other = places.clone();
            other.reverse();
            key(&other) < key(&places)
        };
        if reversed {
            places.reverse();
        }
        let known = weighed
            .get(&key(&places))
            .filter(|known| known.len() == places.len())
            .cloned();
        let mut weights = known.unwrap_or_else(|| {
            let weights = weigh(&mut places);
            weighed.insert(key(&places), weights.clone());
            weights
        });
        if reversed {
            weights.reverse();
        }
        for (&i, weight) in at.iter().zip(weights) {
            ring[i].weight = weight;
        }
    }
}

fn distance2(a: Corner, b: Corner) -> u128 {
    let square = |p: u32, q: u32| u128::from(p.abs_diff(q)).pow(2);
    square(a.x, b.x) + square(a.y, b.y)
}

/// Douglas-Peucker for all tolerances at once: a corner's weight is the tolerance up to which it is
/// kept; the ends are always kept.
fn weigh(places: &mut [Place]) -> Vec<f32> {
    let mut weights = vec![f32::INFINITY; places.len()];
    let mut open = vec![(0usize, places.len().saturating_sub(1), f32::INFINITY)];
    while let Some((from, until, limit)) = open.pop() {
        if until <= from + 1 {
            continue;
        }
        let mut worst = (from + 1, -1.0f64);
        for i in from + 1..until {
            let off = distance_to_segment(places[i], places[from], places[until]);
            if off > worst.1 {
                worst = (i, off);
            }
        }
        let weight = (worst.1 as f32).min(limit);
        weights[worst.0] = weight;
        open.push((from, worst.0, weight));
        open.push((worst.0, until, weight));
    }
    weights
}

fn distance_to_segment(p: Place, a: Place, b: Place) -> f64 {
    let to = |q: Place| {
        (
            f64::from(q.0) - f64::from(a.0),
            f64::from(q.1) - f64::from(a.1),
        )
    };
    let ((px, py), (bx, by)) = (to(p), to(b));
    let length2 = bx * bx + by * by;
    let share = if length2 > 0.0 {
        ((px * bx + py * by) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let (dx, dy) = (px - share * bx, py - share * by);
    (dx * dx + dy * dy).sqrt()
}
