use serde::Serialize;

use super::{
    CLOSED, NetworkError,
    graph::{Edge, Graph, place},
    islands::Islands,
    junctions::Junctions,
    rules::Passage,
};
use crate::domain::{hilbert_key, measure::distance_m, to_mercator};

/// Streets as lines over shared points: where two share a point, one can turn.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Ten-millionths of a degree.
    pub points: Vec<[i32; 2]>,
    /// Numbers of points, in the order of the street.
    pub lines: Vec<Vec<u32>>,
    /// How each line is passed; none where all are passed both ways, by length.
    pub passages: Vec<Passage>,
    /// What a metre of a straight leg beside the streets costs.
    pub leg_cost_per_m: u32,
    /// How lines met that share no corner, where they were looked at for it.
    pub junctions: Junctions,
}

impl Default for Lines {
    fn default() -> Self {
        Lines {
            points: Vec::new(),
            lines: Vec::new(),
            passages: Vec::new(),
            leg_cost_per_m: 1000,
            junctions: Junctions::default(),
        }
    }
}

/// What became of the streets.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BuildReport {
    pub lines: u64,
    pub nodes: u64,
    pub edges: u64,
    pub one_ways: u64,
    pub length_m: f64,
    /// Parts from which the largest one cannot be reached, or that cannot be reached from it; they
    /// are left out.
    pub islands: u64,
    pub island_nodes: u64,
    pub island_length_m: f64,
}

/// A piece between two nodes, before nodes have their final numbers.
struct Piece {
    from: u32,
    to: u32,
    mm: u32,
    /// Line, first and last place in it.
    at: (u32, u32, u32),
}

impl Lines {
    /// The largest connected network of the lines.
    ///
    /// # Errors
    /// No line with two points, or more than the numbers hold.
    pub fn build(&self) -> Result<(Graph, BuildReport), NetworkError> {
        const MOST: usize = u32::MAX as usize / 4;
        let points: usize = self.lines.iter().map(Vec::len).sum();
        if self.points.len() > MOST || points > MOST {
            return Err(NetworkError::TooLarge(MOST as u64));
        }
        let pieces = self.pieces();
        let (kept, mut report) = self.largest(&pieces);
        if kept.is_empty() {
            return Err(NetworkError::NoStreets);
        }
        report.lines = self.lines.len() as u64;
        let graph = self.graph(&pieces, &kept);
        report.nodes = graph.nodes() as u64;
        report.edges = graph.edges().len() as u64;
        report.one_ways = graph.one_ways() as u64;
        report.length_m = graph.length_m();
        Ok((graph, report))
    }

    fn passage(&self, piece: &Piece) -> Passage {
        let line = piece.at.0 as usize;
        self.passages.get(line).copied().unwrap_or(Passage::PLAIN)
    }

    /// Cuts the lines where they end and where two of them, or two parts of one, meet.
    fn pieces(&self) -> Vec<Piece> {
        let mut uses = vec![0u8; self.points.len()];
        for line in self.lines.iter().filter(|line| line.len() > 1) {
            for point in line {
                let uses = &mut uses[*point as usize];
                *uses = uses.saturating_add(1);
            }
            for end in [line[0], line[line.len() - 1]] {
                uses[end as usize] = 2;
            }
        }
        let mut pieces = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let mut first = 0;
            let mut metres = 0.0;
            for at in 1..line.len() {
                let [before, here] =
                    [line[at - 1], line[at]].map(|p| place(self.points[p as usize]));
                metres += distance_m(before, here);
                if uses[line[at] as usize] < 2 {
                    continue;
                }
                let mm = (metres * 1000.0).round();
                // A loop without length leads nowhere.
                if !(line[first] == line[at] && mm == 0.0) {
                    pieces.push(Piece {
                        from: line[first],
                        to: line[at],
                        mm: mm.min(f64::from(u32::MAX / 4)) as u32,
                        at: (number as u32, first as u32, at as u32),
                    });
                }
                (first, metres) = (at, 0.0);
            }
        }
        pieces
    }

    /// The pieces of the island with most nodes, and what the others hold.
    fn largest(&self, pieces: &[Piece]) -> (Vec<usize>, BuildReport) {
        let mut nodes: Vec<u32> = pieces.iter().flat_map(|p| [p.from, p.to]).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut number = vec![u32::MAX; self.points.len()];
        for (at, point) in nodes.iter().enumerate() {
            number[*point as usize] = at as u32;
        }
        let number = |point: u32| number[point as usize];
        let steps = pieces.iter().flat_map(|piece| {
            let Passage { there, back, .. } = self.passage(piece);
            let (from, to) = (number(piece.from), number(piece.to));
            let steps = [(there, (from, to)), (back, (to, from))];
            steps
                .into_iter()
                .filter_map(|(may, step)| may.then_some(step))
        });
        let islands = Islands::new(nodes.len(), &steps.collect::<Vec<_>>());
        let largest = islands.largest();
        let is_on = |point: u32| islands.of(number(point)) == largest;
        let (mut kept, mut lost_mm) = (Vec::with_capacity(pieces.len()), 0u64);
        for (at, piece) in pieces.iter().enumerate() {
            let Passage { there, back, .. } = self.passage(piece);
            match (there || back) && is_on(piece.from) && is_on(piece.to) {
                true => kept.push(at),
                false => lost_mm += u64::from(piece.mm),
            }
        }
        let report = BuildReport {
            islands: islands.count().saturating_sub(1) as u64,
            island_nodes: nodes.len() as u64 - u64::from(islands.nodes(largest)),
            island_length_m: lost_mm as f64 / 1000.0,
            ..BuildReport::default()
        };
        (kept, report)
    }

    fn graph(&self, pieces: &[Piece], kept: &[usize]) -> Graph {
        let along = |point: u32| {
            let place = place(self.points[point as usize]);
            let (x, y) = to_mercator(place.x(), place.y());
            let whole = |unit: f64| (unit.clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32;
            hilbert_key(whole(x), whole(y))
        };
        let ends = kept.iter().flat_map(|&p| [pieces[p].from, pieces[p].to]);
        let mut nodes: Vec<(u64, u32)> = ends.map(|point| (along(point), point)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut number = vec![u32::MAX; self.points.len()];
        for (at, (_, point)) in nodes.iter().enumerate() {
            number[*point as usize] = at as u32;
        }
        let mut order: Vec<(u32, u32, usize)> = kept
            .iter()
            .map(|&p| {
                let (a, b) = (
                    number[pieces[p].from as usize],
                    number[pieces[p].to as usize],
                );
                (a.min(b), a.max(b), p)
            })
            .collect();
        order.sort_unstable();
        let (mut edges, mut points) = (Vec::with_capacity(order.len()), Vec::new());
        let mut costs = Vec::with_capacity(order.len());
        for (_, _, piece) in order {
            let piece = &pieces[piece];
            edges.push(Edge {
                from: number[piece.from as usize],
                to: number[piece.to as usize],
                mm: piece.mm,
                first_point: points.len() as u32,
            });
            let passage = self.passage(piece);
            let cost = (f64::from(piece.mm) * passage.cost_per_mm).round() as u32;
            let open = |may: bool| if may { cost } else { CLOSED };
            costs.push([open(passage.there), open(passage.back)]);
            let (line, first, last) = piece.at;
            let line = &self.lines[line as usize][first as usize..=last as usize];
            points.extend(line.iter().map(|&p| self.points[p as usize]));
        }
        if self
            .passages
            .iter()
            .all(|passage| *passage == Passage::PLAIN)
        {
            costs.clear();
        }
        Graph::new(nodes.len(), edges, costs, points, self.leg_cost_per_m)
    }
}
