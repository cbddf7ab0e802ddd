use geo::Point;

use crate::domain::Bbox;

/// Coordinates are whole ten-millionths of a degree, as OpenStreetMap has them: about a centimetre.
pub(super) const UNITS_PER_DEGREE: f64 = 1e7;

/// The cost of a way that may not be taken.
pub const CLOSED: u32 = u32::MAX;

/// Which way round a search goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sense {
    /// From where it starts.
    #[default]
    From,
    /// To where it starts: against the traffic.
    To,
}

/// A way on from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onward {
    pub to: u32,
    /// Millimetres, or milliseconds where the network counts time.
    pub cost: u32,
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

/// The ways on from every node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Of each node, and one more.
    nodes: Vec<Begin>,
    onward: Vec<Onward>,
}

/// Where the ways on from a node begin, and what the least of them costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Begin {
    first: u32,
    least: u32,
}

/// Streets as one connected network: one gets from every node to every other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    ways: Ways,
    /// The same ways against the traffic; `None` where every street is used in both directions.
    against: Option<Ways>,
    pub(super) edges: Vec<Edge>,
    /// What each edge costs there and back; empty where both are its length.
    pub(super) costs: Vec<[u32; 2]>,
    pub(super) points: Vec<[i32; 2]>,
    /// What a metre of a straight leg beside the streets costs.
    pub(super) leg_cost_per_m: u32,
}

impl Ways {
    /// Sorts steps (from, way on) by their first node, otherwise in the order given.
    fn new(nodes: usize, steps: impl Iterator<Item = (u32, Onward)> + Clone) -> Self {
        let mut first = vec![0u32; nodes + 1];
        for (from, _) in steps.clone() {
            first[from as usize + 1] += 1;
        }
        for node in 0..nodes {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let none = Onward {
            to: 0,
            cost: 0,
            edge: 0,
        };
        let mut onward = vec![none; first[nodes] as usize];
        let mut least = vec![CLOSED; nodes + 1];
        for (from, way) in steps {
            let (at, least) = (&mut next[from as usize], &mut least[from as usize]);
            onward[*at as usize] = way;
            *at += 1;
            *least = way.cost.min(*least);
        }
        let begin = first.into_iter().zip(least);
        Ways {
            nodes: begin.map(|(first, least)| Begin { first, least }).collect(),
            onward,
        }
    }

    pub fn nodes(&self) -> usize {
        self.nodes.len().saturating_sub(1)
    }

    #[inline]
    pub fn onward(&self, node: u32) -> &[Onward] {
        let node = node as usize;
        &self.onward[self.nodes[node].first as usize..self.nodes[node + 1].first as usize]
    }

    /// What the least of the ways on from a node costs, [`CLOSED`] where there is none.
    #[inline]
    pub fn least(&self, node: u32) -> u32 {
        self.nodes[node as usize].least
    }

    fn heap_bytes(&self) -> usize {
        self.nodes.len() * size_of::<Begin>() + self.onward.len() * size_of::<Onward>()
    }
}

impl Graph {
    /// Builds the ways on from the edges; `nodes` is their number, `costs` are empty where every
    /// edge costs its length both ways.
    pub(super) fn new(
        nodes: usize,
        edges: Vec<Edge>,
        costs: Vec<[u32; 2]>,
        points: Vec<[i32; 2]>,
        leg_cost_per_m: u32,
    ) -> Self {
        let steps = edges.iter().enumerate().flat_map(|(number, edge)| {
            let [there, back] = costs.get(number).copied().unwrap_or([edge.mm; 2]);
            let steps = [(edge.from, edge.to, there), (edge.to, edge.from, back)];
            let open = steps.into_iter().filter(|(.., cost)| *cost != CLOSED);
            open.map(move |(from, to, cost)| {
                let edge = number as u32;
                (from, Onward { to, cost, edge })
            })
        });
        let ways = Ways::new(nodes, steps.clone());
        let against = steps.map(|(from, way)| (way.to, Onward { to: from, ..way }));
        let against = (!costs.is_empty()).then(|| Ways::new(nodes, against));
        Graph {
            ways,
            against,
            edges,
            costs,
            points,
            leg_cost_per_m,
        }
    }

    pub fn nodes(&self) -> usize {
        self.ways.nodes()
    }

    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    #[inline]
    pub fn edge(&self, edge: u32) -> Edge {
        self.edges[edge as usize]
    }

    /// What an edge costs from its first node to its last and back, or [`CLOSED`]; the other way
    /// round in a search to its start.
    #[inline]
    pub fn costs(&self, edge: u32, sense: Sense) -> [u32; 2] {
        match (self.costs.get(edge as usize), sense) {
            (None, _) => [self.edges[edge as usize].mm; 2],
            (Some(costs), Sense::From) => *costs,
            (Some([there, back]), Sense::To) => [*back, *there],
        }
    }

    /// Whether every way costs the same in both senses.
    pub fn is_alike_both_ways(&self) -> bool {
        self.costs.is_empty()
    }

    /// What a straight leg beside the streets costs.
    #[inline]
    pub fn leg_cost(&self, leg_mm: u32) -> u32 {
        match self.leg_cost_per_m {
            // Where costs are millimetres.
            1000 => leg_mm,
            per_m => ((u64::from(leg_mm) * u64::from(per_m) + 500) / 1000) as u32,
        }
    }

    #[inline]
    pub fn ways(&self, sense: Sense) -> &Ways {
        match (sense, &self.against) {
            (Sense::To, Some(against)) => against,
            _ => &self.ways,
        }
    }

    /// The ways on from a node.
    pub fn onward(&self, node: u32) -> &[Onward] {
        self.ways.onward(node)
    }

    /// The points of an edge in degrees, from its first node to its last.
    pub fn line(&self, edge: u32) -> impl DoubleEndedIterator<Item = Point<f64>> + Clone {
        self.units(edge).iter().map(|p| place(*p))
    }

    /// The points of an edge, both ends among them.
    #[inline]
    pub(super) fn units(&self, edge: u32) -> &[[i32; 2]] {
        let edge = edge as usize;
        let end = self.edges.get(edge + 1);
        let end = end.map_or(self.points.len(), |next| next.first_point as usize);
        &self.points[self.edges[edge].first_point as usize..end]
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

    /// Pieces that may be passed one way only.
    pub fn one_ways(&self) -> usize {
        let is_one_way = |costs: &&[u32; 2]| costs.contains(&CLOSED);
        self.costs.iter().filter(is_one_way).count()
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
        self.ways.heap_bytes()
            + self.against.as_ref().map_or(0, Ways::heap_bytes)
            + self.edges.len() * size_of::<Edge>()
            + self.costs.len() * 8
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
