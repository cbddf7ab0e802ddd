//! A street that is not there yet, joined to those that are.

use std::collections::BTreeMap;

use super::{
    CLOSED, Graph, Passage, Snapper,
    graph::{Edge, place, units},
};
use crate::domain::measure::distance_m;

/// An end of a link is joined to the nearest street within so many metres.
pub const JOIN_M: f64 = 50.0;

/// Why a link is no street.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("neither end is within 50 m of a street")]
    Apart,
    #[error("a one-way street must be joined to others at both ends")]
    OneWayEnd,
    #[error("it has no length")]
    Short,
}

/// Where streets are cut: the node and its place, by edge and millimetres along it.
type Cuts = BTreeMap<(u32, u32), (u32, [i32; 2])>;

/// The edges of a network in the making, each with its points.
struct Pieces {
    nodes: u32,
    edges: Vec<(Edge, [u32; 2], Vec<[i32; 2]>)>,
}

impl Graph {
    /// The same network with one more street along `points` (longitude, latitude).
    ///
    /// Its ends are joined to the nearest street within [`JOIN_M`] by a straight piece; a street
    /// that is joined between two nodes is cut there, and both parts together are as long as it
    /// was; the corner of the cut is rounded to a centimetre. An end that no street is near to is a dead end. It meets no other street in between.
    ///
    /// # Errors
    /// A link without length, joined to nothing, or one-way into a dead end.
    pub fn with_link(
        &self,
        snapper: &Snapper,
        points: &[(f64, f64)],
        passage: Passage,
    ) -> Result<Graph, LinkError> {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Err(LinkError::Short);
        };
        let near = |end: &(f64, f64)| {
            let snap = snapper.snap(self, end.0, end.1)?;
            (f64::from(snap.leg_mm) <= JOIN_M * 1000.0).then_some(snap)
        };
        let joined = [near(first), near(last)];
        if joined.iter().all(Option::is_none) {
            return Err(LinkError::Apart);
        }
        let is_both_ways = passage.there && passage.back;
        if joined.iter().any(Option::is_none) && !is_both_ways {
            return Err(LinkError::OneWayEnd);
        }
        let mut cuts: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for snap in joined.iter().flatten() {
            cuts.entry(snap.edge).or_default().push(snap.at_mm);
        }
        let (mut pieces, nodes_at) = self.cut(&cuts);
        let mut line: Vec<[i32; 2]> = points.iter().map(|p| units(p.0, p.1)).collect();
        let mut ends = [0; 2];
        for (end, snap) in joined.iter().enumerate() {
            ends[end] = match snap {
                Some(snap) => {
                    let (node, at) = nodes_at[&(snap.edge, snap.at_mm)];
                    let place = if end == 0 { 0 } else { line.len() };
                    line.insert(place, at);
                    node
                }
                None => {
                    pieces.nodes += 1;
                    pieces.nodes - 1
                }
            };
        }
        line.dedup();
        let steps = line.iter().zip(line.iter().skip(1));
        let metres: f64 = steps.map(|(a, b)| distance_m(place(*a), place(*b))).sum();
        let mm = (metres * 1000.0).round() as u32;
        if mm == 0 || line.len() < 2 {
            return Err(LinkError::Short);
        }
        let cost = (f64::from(mm) * passage.cost_per_mm).round() as u32;
        let open = |may: bool| if may { cost } else { CLOSED };
        let edge = Edge {
            from: ends[0],
            to: ends[1],
            mm,
            first_point: 0,
        };
        let costs = [open(passage.there), open(passage.back)];
        pieces.edges.push((edge, costs, line));
        let has_costs = !self.costs.is_empty() || passage != Passage::PLAIN;
        Ok(pieces.graph(has_costs, self.leg_cost_per_m))
    }

    /// The edges with some of them cut, and the node and place of each cut.
    fn cut(&self, cuts: &BTreeMap<u32, Vec<u32>>) -> (Pieces, Cuts) {
        let mut pieces = Pieces {
            nodes: self.nodes() as u32,
            edges: Vec::with_capacity(self.edges.len() + 4),
        };
        let mut nodes_at = Cuts::new();
        for (number, edge) in self.edges.iter().enumerate() {
            let number = number as u32;
            let mut points = self.units(number).to_vec();
            let mut costs = self.costs.get(number as usize).copied();
            let mut costs = costs.take().unwrap_or([edge.mm; 2]);
            let mut rest = *edge;
            let mut wanted = cuts.get(&number).cloned().unwrap_or_default();
            wanted.sort_unstable();
            wanted.dedup();
            let mut done_mm = 0;
            for at_mm in wanted {
                if at_mm == 0 {
                    nodes_at.insert((number, at_mm), (edge.from, points[0]));
                    continue;
                }
                if at_mm >= edge.mm {
                    let end = points[points.len() - 1];
                    nodes_at.insert((number, at_mm), (edge.to, end));
                    continue;
                }
                let node = pieces.nodes;
                pieces.nodes += 1;
                let (before, after) = split(&points, at_mm - done_mm, rest.mm);
                let head_mm = at_mm - done_mm;
                let head_costs = costs.map(|cost| share(cost, head_mm, rest.mm));
                nodes_at.insert((number, at_mm), (node, after[0]));
                let head = Edge {
                    from: rest.from,
                    to: node,
                    mm: head_mm,
                    first_point: 0,
                };
                pieces.edges.push((head, head_costs, before));
                for (cost, head) in costs.iter_mut().zip(head_costs) {
                    if *cost != CLOSED {
                        *cost -= head;
                    }
                }
                rest = Edge {
                    from: node,
                    mm: rest.mm - head_mm,
                    ..rest
                };
                points = after;
                done_mm = at_mm;
            }
            pieces.edges.push((rest, costs, points));
        }
        (pieces, nodes_at)
    }
}

impl Pieces {
    fn graph(self, has_costs: bool, leg_cost_per_m: u32) -> Graph {
        let mut points = Vec::new();
        let (mut edges, mut costs) = (Vec::new(), Vec::new());
        for (edge, cost, line) in self.edges {
            edges.push(Edge {
                first_point: points.len() as u32,
                ..edge
            });
            costs.push(cost);
            points.extend(line);
        }
        if !has_costs {
            costs.clear();
        }
        Graph::new(self.nodes as usize, edges, costs, points, leg_cost_per_m)
    }
}

/// The cost of the first `at_mm` of an edge of `mm`.
fn share(cost: u32, at_mm: u32, mm: u32) -> u32 {
    match cost {
        CLOSED => CLOSED,
        cost => {
            let (cost, at_mm, mm) = (u64::from(cost), u64::from(at_mm), u64::from(mm.max(1)));
            ((cost * at_mm + mm / 2) / mm) as u32
        }
    }
}

/// A line cut `at_mm` of its `mm` along; both parts have the point of the cut.
fn split(points: &[[i32; 2]], at_mm: u32, mm: u32) -> (Vec<[i32; 2]>, Vec<[i32; 2]>) {
    let metres = |pair: &[[i32; 2]]| distance_m(place(pair[0]), place(pair[1]));
    let total: f64 = points.windows(2).map(metres).sum();
    let mut left = total * f64::from(at_mm) / f64::from(mm.max(1));
    let mut at = points.len() - 2;
    for (step, pair) in points.windows(2).enumerate() {
        let length = metres(pair);
        if left <= length {
            at = step;
            break;
        }
        left -= length;
    }
    let pair = &points[at..at + 2];
    let length = metres(pair);
    let share = if length > 0.0 {
        (left / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let between = |axis: usize| {
        let (a, b) = (f64::from(pair[0][axis]), f64::from(pair[1][axis]));
        (a + share * (b - a)).round() as i32
    };
    let cut = [between(0), between(1)];
    let mut before = points[..=at].to_vec();
    before.push(cut);
    let mut after = vec![cut];
    after.extend(&points[at + 1..]);
    (before, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Lines, Reach};

    const STEP: i32 = 10_000;

    /// Two streets side by side, some 200 m apart, joined at their western ends.
    fn graph() -> Graph {
        let at = |east: i32, north: i32| [1_130_000_000 + east * STEP, 230_000_000 + north * STEP];
        let lines = Lines {
            points: vec![at(0, 0), at(10, 0), at(0, 2), at(10, 2)],
            lines: vec![vec![1, 0], vec![0, 2], vec![2, 3]],
            ..Lines::default()
        };
        lines.build().expect("a network").0
    }

    fn degrees(east: f64, north: f64) -> (f64, f64) {
        (113.0 + east * 1e-3, 23.0 + north * 1e-3)
    }

    fn cost(graph: &Graph, from: (f64, f64), to: (f64, f64)) -> Option<u32> {
        let snapper = Snapper::new(graph);
        let snap = |place: (f64, f64)| snapper.snap(graph, place.0, place.1).expect("near");
        let mut reach = Reach::default();
        reach.run(graph, &[snap(from)], 10_000_000);
        reach.cost(graph, snap(to))
    }

    #[test]
    fn a_link_between_two_streets_shortens_the_way_by_what_it_should() {
        let before = graph();
        let (south, north) = (degrees(8.0, 0.0), degrees(8.0, 2.0));
        let long = cost(&before, south, north).expect("a way");
        let snapper = Snapper::new(&before);
        let link = [degrees(8.0, 0.0001), degrees(8.0, 1.9999)];
        let after = before.with_link(&snapper, &link, Passage::PLAIN).unwrap();
        let short = cost(&after, south, north).expect("a way");
        assert!(long > 1_800_000, "{long}");
        assert!((222_000..223_000).contains(&short), "{short}");
        // Ways beside it cost what they did, but for the rounding of a corner to a centimetre.
        for (from, to) in [
            ((1.0, 0.0), (5.0, 0.0)),
            ((2.0, 0.0), (1.0, 2.0)),
            ((3.0, 2.0), (9.0, 2.0)),
        ] {
            let (from, to) = (degrees(from.0, from.1), degrees(to.0, to.1));
            let (old, new) = (
                cost(&before, from, to).unwrap(),
                cost(&after, from, to).unwrap(),
            );
            assert!(old.abs_diff(new) <= 10, "{old} {new}");
        }
        let whole: f64 = before.length_m() + 222.39;
        assert!(
            (after.length_m() - whole).abs() < 0.2,
            "{}",
            after.length_m()
        );
    }

    #[test]
    fn both_ends_may_be_on_one_street_and_one_end_on_none() {
        let before = graph();
        let snapper = Snapper::new(&before);
        let detour = [degrees(2.0, 0.0), degrees(3.0, 1.0), degrees(4.0, 0.0)];
        let after = before.with_link(&snapper, &detour, Passage::PLAIN).unwrap();
        assert_eq!(after.nodes(), before.nodes() + 2);
        assert_eq!(after.edges().len(), before.edges().len() + 3);
        let spur = [degrees(5.0, 0.0), degrees(5.0, 1.0)];
        let after = before.with_link(&snapper, &spur, Passage::PLAIN).unwrap();
        assert_eq!(after.nodes(), before.nodes() + 2);
        assert!(cost(&after, degrees(5.0, 1.0), degrees(0.0, 0.0)).is_some());
        let one_way = Passage {
            back: false,
            ..Passage::PLAIN
        };
        let refused = before.with_link(&snapper, &spur, one_way);
        assert_eq!(refused.unwrap_err(), LinkError::OneWayEnd);
        let apart = [degrees(5.0, 10.0), degrees(5.0, 11.0)];
        let refused = before.with_link(&snapper, &apart, Passage::PLAIN);
        assert_eq!(refused.unwrap_err(), LinkError::Apart);
        let short = [degrees(5.0, 0.0), degrees(5.0, 0.0)];
        let refused = before.with_link(&snapper, &short, Passage::PLAIN);
        assert_eq!(refused.unwrap_err(), LinkError::Short);
    }

    #[test]
    fn a_one_way_link_is_passed_one_way() {
        let before = graph();
        let snapper = Snapper::new(&before);
        let link = [degrees(8.0, 0.0), degrees(8.0, 2.0)];
        let one_way = Passage {
            back: false,
            ..Passage::PLAIN
        };
        let after = before.with_link(&snapper, &link, one_way).unwrap();
        let there = cost(&after, degrees(8.0, 0.0), degrees(8.0, 2.0)).unwrap();
        let back = cost(&after, degrees(8.0, 2.0), degrees(8.0, 0.0)).unwrap();
        assert!(there < 230_000 && back > 1_800_000, "{there} {back}");
    }
}
