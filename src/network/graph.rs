use geo::Point;

use crate::domain::Bbox;

/// Coordinates are whole ten-millionths of a degree, as OpenStreetMap has them: about a centimetre.
pub(super) const UNITS_PER_DEGREE: f64 = 1e7;

/// A way on from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onward {
    pub to: u32,
    pub mm: u32,
    pub edge: u32,
}

/// A piece of street between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: u32,
    pub to: u32,
    /// Length in millimetres.
    pub mm: u32,
    /// Where its points begin, both ends among them.
    pub(super) first_point: u32,
}

/// Streets that are used in both directions, one connected network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Of each node, and one more: where its ways on begin.
    pub(super) first: Vec<u32>,
    pub(super) onward: Vec<Onward>,
    pub(super) edges: Vec<Edge>,
    pub(super) points: Vec<[i32; 2]>,
}

impl Graph {
    /// Builds the ways on from the edges; `nodes` is their number.
    pub(super) fn new(nodes: usize, edges: Vec<Edge>, points: Vec<[i32; 2]>) -> Self {
        let mut first = vec![0u32; nodes + 1];
        for edge in &edges {
            first[edge.from as usize + 1] += 1;
            first[edge.to as usize + 1] += 1;
        }
        for node in 0..nodes {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let none = Onward {
            to: 0,
            mm: 0,
            edge: 0,
        };
        let mut onward = vec![none; edges.len() * 2];
        for (number, edge) in edges.iter().enumerate() {
            for (here, there) in [(edge.from, edge.to), (edge.to, edge.from)] {
                let at = &mut next[here as usize];
                onward[*at as usize] = Onward {
                    to: there,
                    mm: edge.mm,
                    edge: number as u32,
                };
                *at += 1;
            }
        }
        Graph {
            first,
            onward,
            edges,
            points,
        }
    }

    pub fn nodes(&self) -> usize {
        self.first.len().saturating_sub(1)
    }

    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    pub fn edge(&self, edge: u32) -> Edge {
        self.edges[edge as usize]
    }

    /// The ways on from a node.
    pub fn onward(&self, node: u32) -> &[Onward] {
        let node = node as usize;
        &self.onward[self.first[node] as usize..self.first[node + 1] as usize]
    }

    /// The points of an edge in degrees, from its first node to its last.
    pub fn line(&self, edge: u32) -> impl DoubleEndedIterator<Item = Point<f64>> + Clone {
        let edge = edge as usize;
        let end = self.edges.get(edge + 1);
        let end = end.map_or(self.points.len(), |next| next.first_point as usize);
        let points = &self.points[self.edges[edge].first_point as usize..end];
        points.iter().map(|p| place(*p))
    }

    /// The place of a node.
    pub fn node(&self, node: u32) -> Point<f64> {
        let way = self.onward(node)[0];
        let mut line = self.line(way.edge);
        let is_first = self.edge(way.edge).from == node;
        let end = if is_first {
            line.next()
        } else {
            line.next_back()
        };
        end.expect("an edge has two ends")
    }

    /// Metres of street, each piece once.
    pub fn length_m(&self) -> f64 {
        self.edges.iter().map(|e| u64::from(e.mm)).sum::<u64>() as f64 / 1000.0
    }

    pub fn bounds(&self) -> Bbox {
        let mut bounds = Bbox::EMPTY;
        for point in &self.points {
            let place = place(*point);
            bounds.expand(&Bbox {
                west: place.x(),
                south: place.y(),
                east: place.x(),
                north: place.y(),
            });
        }
        bounds
    }

    pub fn heap_bytes(&self) -> usize {
        self.first.len() * 4
            + self.onward.len() * size_of::<Onward>()
            + self.edges.len() * size_of::<Edge>()
            + self.points.len() * 8
    }
}

pub(super) fn place(units: [i32; 2]) -> Point<f64> {
    Point::new(
        f64::from(units[0]) / UNITS_PER_DEGREE,
        f64::from(units[1]) / UNITS_PER_DEGREE,
    )
}

pub(super) fn units(lon: f64, lat: f64) -> [i32; 2] {
    [
        (lon * UNITS_PER_DEGREE).round() as i32,
        (lat * UNITS_PER_DEGREE).round() as i32,
    ]
}
