use geo::{Coord, LineString, MapCoords, MultiPolygon};

use super::{CLOSED, Graph, Reach, Snap, graph::UNITS_PER_DEGREE, outline::Outline};
use crate::domain::measure::EARTH_RADIUS_M;

/// The outline of the streets that searches reached, each widened by `width_m` to both sides
/// (等时圈); several searches give one outline of all.
///
/// A larger limit gives a shape that holds the smaller one's, but for the corners that are left out:
/// a metre where streets are 30 m wide, some metres where the shape is large.
#[derive(Clone, Debug)]
pub struct ReachedShape {
    outline: Outline,
    /// Metres of a degree eastward and northward on the plane of the drawing.
    east: f64,
    north: f64,
}

impl ReachedShape {
    /// `lat` is about where the streets lie: the plane is good to a thousandth within tens of
    /// kilometres.
    pub fn new(lat: f64, width_m: f64) -> Self {
        // Rounded, so that shapes beside one another are drawn on the same grid.
        let lat = (lat * 10.0).round() / 10.0;
        let north = EARTH_RADIUS_M * std::f64::consts::PI / 180.0;
        ReachedShape {
            outline: Outline::new(width_m),
            east: north * lat.to_radians().cos().max(0.01),
            north,
        }
    }

    /// Adds what a search reached within `limit`.
    pub fn add(&mut self, graph: &Graph, reach: &Reach, limit: u32) {
        for edge in reach.edges(graph) {
            if is_reached_whole(graph, reach, edge, limit) {
                self.draw(graph, edge, &[WHOLE]);
                continue;
            }
            let parts = reached_parts(graph, reach, edge, limit);
            self.draw(graph, edge, &parts);
        }
    }

    /// Adds what is reached by going on from nodes and joined places, each with the millimetres
    /// left there; `nodes` holds every node of the graph.
    pub fn add_left(&mut self, graph: &Graph, nodes: &[Option<u32>], places: &[(Snap, u32)]) {
        for (number, edge) in (0..).zip(graph.edges()) {
            let length = f64::from(edge.mm.max(1));
            let share = |left: u32| (f64::from(left) / length).min(1.0);
            let first = nodes[edge.from as usize].map(|left| (0.0, share(left)));
            let last = nodes[edge.to as usize].map(|left| (1.0 - share(left), 1.0));
            if first.is_some() || last.is_some() {
                let parts: Vec<(f64, f64)> = first.into_iter().chain(last).collect();
                self.draw(graph, number, &merged(parts));
            }
        }
        for (place, left) in places {
            if let Some(left) = left.checked_sub(place.leg_mm) {
                let length = f64::from(graph.edge(place.edge).mm.max(1));
                let (at, left) = (f64::from(place.at_mm) / length, f64::from(left) / length);
                let part = ((at - left).max(0.0), (at + left).min(1.0));
                self.draw(graph, place.edge, &[part]);
            }
        }
    }

    /// Adds parts of an edge, given as shares of its length.
    fn draw(&mut self, graph: &Graph, edge: u32, parts: &[(f64, f64)]) {
        let (east, north) = (self.east / UNITS_PER_DEGREE, self.north / UNITS_PER_DEGREE);
        let line = graph.units(edge).iter().map(|units| Coord {
            x: f64::from(units[0]) * east,
            y: f64::from(units[1]) * north,
        });
        if parts == [WHOLE] {
            let mut line = line;
            let mut last = line.next();
            for corner in line {
                if let Some(last) = last.replace(corner) {
                    self.outline.add(last, corner);
                }
            }
            return;
        }
        let line: Vec<Coord<f64>> = line.collect();
        for (from, to) in parts {
            let part = part(&line, *from, *to);
            part.0
                .windows(2)
                .for_each(|pair| self.outline.add(pair[0], pair[1]));
        }
    }

    /// The polygons in longitude, latitude.
    pub fn polygons(&self) -> MultiPolygon<f64> {
        let degrees = |c: Coord<f64>| Coord {
            x: (c.x / self.east * 1e7).round() / 1e7,
            y: (c.y / self.north * 1e7).round() / 1e7,
        };
        self.outline.polygons().map_coords(degrees)
    }
}

/// An edge from end to end.
const WHOLE: (f64, f64) = (0.0, 1.0);

/// Whether what is left of the limit at one end or both covers the edge.
#[inline]
fn is_reached_whole(graph: &Graph, reach: &Reach, edge: u32, limit: u32) -> bool {
    let ends = graph.edge(edge);
    let left = |node: u32| limit.checked_sub(reach.search.cost(node)?);
    match (reach.costs(graph, edge), left(ends.from), left(ends.to)) {
        ([there, back], Some(from), Some(to)) if there == back => from.saturating_add(to) >= there,
        ([there, _], Some(from), _) if there != CLOSED => from >= there,
        ([_, back], _, Some(to)) if back != CLOSED => to >= back,
        _ => false,
    }
}

/// The parts of an edge within the limit, as shares of its length.
fn reached_parts(graph: &Graph, reach: &Reach, edge: u32, limit: u32) -> Vec<(f64, f64)> {
    let ends = graph.edge(edge);
    // How far one gets for the rest of the limit, as a share of the edge; not at all where closed.
    let [there, back] = reach.costs(graph, edge).map(|cost| {
        move |rest: u32| match cost {
            CLOSED => 0.0,
            cost => f64::from(rest) / f64::from(cost.max(1)),
        }
    });
    let left = |node: u32| limit.checked_sub(reach.search.cost(node)?);
    let mut parts = Vec::new();
    if let Some(rest) = left(ends.from) {
        parts.push((0.0, there(rest).min(1.0)));
    }
    if let Some(rest) = left(ends.to) {
        parts.push(((1.0 - back(rest)).max(0.0), 1.0));
    }
    for start in reach.starts.iter().filter(|start| start.edge == edge) {
        let Some(rest) = limit.checked_sub(graph.leg_cost(start.leg_mm)) else {
            continue;
        };
        let at = f64::from(start.at_mm) / f64::from(ends.mm.max(1));
        parts.push(((at - back(rest)).max(0.0), (at + there(rest)).min(1.0)));
    }
    merged(parts)
}

/// Parts that touch as one.
fn merged(mut parts: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut merged: Vec<(f64, f64)> = Vec::new();
    for part in parts {
        match merged.last_mut() {
            Some(last) if part.0 <= last.1 => last.1 = last.1.max(part.1),
            _ => merged.push(part),
        }
    }
    merged
}

/// The part of a line between two shares of its length.
fn part(line: &[Coord<f64>], from: f64, to: f64) -> LineString<f64> {
    let step = |pair: &[Coord<f64>]| (pair[1].x - pair[0].x).hypot(pair[1].y - pair[0].y);
    let total: f64 = line.windows(2).map(step).sum();
    let (begin, end) = (from * total, to * total);
    let mut corners: Vec<Coord<f64>> = Vec::new();
    let mut before = 0.0;
    for pair in line.windows(2) {
        let length = step(pair);
        let after = before + length;
        if after >= begin && before <= end && length > 0.0 {
            let at = |along: f64| {
                let t = ((along - before) / length).clamp(0.0, 1.0);
                pair[0] + (pair[1] - pair[0]) * t
            };
            for corner in [at(begin.max(before)), at(end.min(after))] {
                if corners.last() != Some(&corner) {
                    corners.push(corner);
                }
            }
        }
        before = after;
    }
    LineString::new(corners)
}
