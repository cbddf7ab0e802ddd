use super::{Graph, Search, Snap};

/// Places joined to a network, sorted by edge.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Of each edge, and one more: where its places begin.
    first: Vec<u32>,
    /// Number of the place with where it is joined.
    joined: Vec<(u32, Snap)>,
    /// How many places are off the network.
    pub off_network: u64,
}

impl Places {
    /// Places in the order of their numbers; `None` is off the network.
    pub fn new(graph: &Graph, snaps: &[Option<Snap>]) -> Self {
        let mut first = vec![0u32; graph.edges().len() + 1];
        for snap in snaps.iter().flatten() {
            first[snap.edge as usize + 1] += 1;
        }
        for edge in 1..first.len() {
            first[edge] += first[edge - 1];
        }
        let none = Snap {
            edge: 0,
            at_mm: 0,
            leg_mm: 0,
        };
        let mut joined = vec![(0, none); first[first.len() - 1] as usize];
        let mut next = first.clone();
        for (number, snap) in snaps.iter().enumerate() {
            if let Some(snap) = snap {
                let at = &mut next[snap.edge as usize];
                joined[*at as usize] = (number as u32, *snap);
                *at += 1;
            }
        }
        Places {
            off_network: (snaps.len() - joined.len()) as u64,
            first,
            joined,
        }
    }

    fn on(&self, edge: u32) -> &[(u32, Snap)] {
        let edge = edge as usize;
        &self.joined[self.first[edge] as usize..self.first[edge + 1] as usize]
    }
}

/// What is within reach along the streets of one place, or of the nearest of several.
#[derive(Debug, Default)]
pub struct Reach {
    pub search: Search,
    /// Where the search began.
    pub starts: Vec<Snap>,
    pub limit_mm: u32,
}

impl Reach {
    /// Searches to `limit_mm` from the nearest of some places, both straight legs counted.
    pub fn run(&mut self, graph: &Graph, from: &[Snap], limit_mm: u32) {
        let ends = from.iter().flat_map(|from| {
            let edge = graph.edge(from.edge);
            [
                (edge.from, from.leg_mm.saturating_add(from.at_mm)),
                (edge.to, from.leg_mm.saturating_add(edge.mm - from.at_mm)),
            ]
        });
        self.search.run(graph, ends, limit_mm);
        self.starts.clear();
        self.starts.extend_from_slice(from);
        self.limit_mm = limit_mm;
    }

    /// Millimetres to a place; `None` beyond the limit.
    pub fn mm(&self, graph: &Graph, to: Snap) -> Option<u32> {
        let edge = graph.edge(to.edge);
        let over = |node: u32, mm: u32| Some(self.search.mm(node)?.saturating_add(mm));
        let ways = [over(edge.from, to.at_mm), over(edge.to, edge.mm - to.at_mm)];
        let along = self.starts.iter().filter(|start| start.edge == to.edge);
        let along = along.map(|start| start.leg_mm.saturating_add(start.at_mm.abs_diff(to.at_mm)));
        let shortest = ways.into_iter().flatten().chain(along).min()?;
        let mm = shortest.saturating_add(to.leg_mm);
        (mm <= self.limit_mm).then_some(mm)
    }

    /// Every place within reach with its millimetres, each once.
    pub fn for_each(&self, graph: &Graph, places: &Places, mut visit: impl FnMut(u32, u32)) {
        let mut on = |edge: u32| {
            for (number, snap) in places.on(edge) {
                if let Some(mm) = self.mm(graph, *snap) {
                    visit(*number, mm);
                }
            }
        };
        for edge in self.edges(graph) {
            on(edge);
        }
    }

    /// Every edge that is reached in part or whole, each once.
    pub fn edges<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = u32> + 'a {
        let began = move |edge: u32| self.starts.iter().any(|start| start.edge == edge);
        let found = self.search.settled().iter().flat_map(move |&node| {
            let onward = graph.onward(node).iter();
            let here = move |way: &&super::graph::Onward| {
                let edge = graph.edge(way.edge);
                // Of two ends that are found the first tells of the edge; a loop has one end.
                let is_first = edge.from == node || self.search.mm(edge.from).is_none();
                is_first && !began(way.edge)
            };
            onward.filter(here).map(|way| way.edge)
        });
        let mut last = None;
        // The two ends of a loop stand side by side.
        let distinct = found.filter(move |edge| last.replace(*edge) != Some(*edge));
        let starts = self.starts.iter().enumerate();
        let own = starts.filter(|(number, start)| {
            let before = &self.starts[..*number];
            before.iter().all(|other| other.edge != start.edge)
        });
        own.map(|(_, start)| start.edge).chain(distinct)
    }
}
