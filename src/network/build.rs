use serde::Serialize;

use super::{
    NetworkError,
    graph::{Edge, Graph, place},
};
use crate::domain::{hilbert_key, measure::distance_m, to_mercator};

/// Streets as lines over shared points: where two share a point, one can turn.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// Ten-millionths of a degree.
    pub points: Vec<[i32; 2]>,
    /// Numbers of points, in the order of the street.
    pub lines: Vec<Vec<u32>>,
}

/// What became of the streets.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BuildReport {
    pub lines: u64,
    pub nodes: u64,
    pub edges: u64,
    pub length_m: f64,
    /// Pieces that are not connected with the largest one; they are left out.
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
        if pieces.is_empty() {
            return Err(NetworkError::NoStreets);
        }
        let mut islands = Islands::new(self.points.len());
        pieces.iter().for_each(|p| islands.join(p.from, p.to));
        let (kept, mut report) = islands.largest(&pieces);
        report.lines = self.lines.len() as u64;
        let graph = self.graph(&pieces, &kept);
        report.nodes = graph.nodes() as u64;
        report.edges = graph.edges().len() as u64;
        report.length_m = graph.length_m();
        Ok((graph, report))
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
        for (_, _, piece) in order {
            let piece = &pieces[piece];
            edges.push(Edge {
                from: number[piece.from as usize],
                to: number[piece.to as usize],
                mm: piece.mm,
                first_point: points.len() as u32,
            });
            let (line, first, last) = piece.at;
            let line = &self.lines[line as usize][first as usize..=last as usize];
            points.extend(line.iter().map(|&p| self.points[p as usize]));
        }
        Graph::new(nodes.len(), edges, points)
    }
}

/// Which points hang together.
struct Islands {
    parent: Vec<u32>,
}

impl Islands {
    fn new(points: usize) -> Self {
        Islands {
            parent: (0..points as u32).collect(),
        }
    }

    fn root(&mut self, mut point: u32) -> u32 {
        while self.parent[point as usize] != point {
            let above = self.parent[self.parent[point as usize] as usize];
            self.parent[point as usize] = above;
            point = above;
        }
        point
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parent[high as usize] = low;
    }

    /// The pieces of the island with most nodes, and what the others hold.
    fn largest(&mut self, pieces: &[Piece]) -> (Vec<usize>, BuildReport) {
        let mut ends: Vec<u32> = pieces.iter().flat_map(|p| [p.from, p.to]).collect();
        ends.sort_unstable();
        ends.dedup();
        let mut nodes = std::collections::BTreeMap::<u32, u64>::new();
        for end in ends {
            *nodes.entry(self.root(end)).or_default() += 1;
        }
        let largest = nodes
            .iter()
            .max_by_key(|(root, count)| (**count, u32::MAX - **root));
        let largest = largest.map_or(u32::MAX, |(root, _)| *root);
        let (mut kept, mut lost_mm) = (Vec::with_capacity(pieces.len()), 0u64);
        for (number, piece) in pieces.iter().enumerate() {
            match self.root(piece.from) == largest {
                true => kept.push(number),
                false => lost_mm += u64::from(piece.mm),
            }
        }
        let others = nodes.iter().filter(|(root, _)| **root != largest);
        let report = BuildReport {
            islands: nodes.len() as u64 - 1,
            island_nodes: others.map(|(_, count)| count).sum(),
            island_length_m: lost_mm as f64 / 1000.0,
            ..BuildReport::default()
        };
        (kept, report)
    }
}
