use std::sync::OnceLock;

use super::{CLOSED, Graph, Search, Sense, Snap};

/// Places joined to a network, sorted by edge.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Of each edge, and one more: where its places begin.
    first: Vec<u32>,
    /// Number of the place with where it is joined.
    joined: Vec<(u32, Snap)>,
    /// The same in each sense as searches read them that reach more streets than there are places.
    ends: [OnceLock<Box<[PlaceEnds]>>; 2],
    /// How many places are off the network.
    pub off_network: u64,
}

/// What it costs to get to a place from the ends of its street, its straight leg counted;
/// [`CLOSED`] where one does not.
#[derive(Clone, Copy, Debug)]
struct PlaceEnds {
    edge: u32,
    nodes: [u32; 2],
    costs: [u32; 2],
}

impl Places {
    /// Places in the order of their numbers; `None` is off the network.
    pub fn new(graph: &Graph, snaps: &[Option<Snap>]) -> Self {
        let group = PlaceGroup::new(snaps);
        Self::of_groups(graph, snaps.len(), std::iter::once((0, &group)))
    }

    /// The places of several groups, numbered group after group; `groups` gives each with the
    /// number of its first place.
    pub fn of_groups<'g>(
        graph: &Graph,
        places: usize,
        groups: impl Iterator<Item = (u32, &'g PlaceGroup)> + Clone,
    ) -> Self {
        let mut first = vec![0u32; graph.edges().len() + 1];
        for (_, snap) in groups.clone().flat_map(|(_, group)| &group.joined) {
            first[snap.edge as usize + 1] += 1;
        }
        for edge in 1..first.len() {
            first[edge] += first[edge - 1];
        }
        let mut joined = vec![(0, Snap::default()); first[first.len() - 1] as usize];
        let mut next = first.clone();
        for (start, group) in groups {
            for (number, snap) in &group.joined {
                let at = &mut next[snap.edge as usize];
                joined[*at as usize] = (start + number, *snap);
                *at += 1;
            }
        }
        Places {
            off_network: (places - joined.len()) as u64,
            first,
            joined,
            ends: Default::default(),
        }
    }

    /// The ends of the street of each joined place, in their order.
    fn ends(&self, graph: &Graph, sense: Sense) -> &[PlaceEnds] {
        self.ends[sense as usize].get_or_init(|| {
            let joined = self.joined.iter().map(|(_, snap)| {
                let edge = graph.edge(snap.edge);
                let [there, back] = graph.costs(snap.edge, sense);
                let leg = graph.leg_cost(snap.leg_mm);
                let costs = [
                    along(there, snap.at_mm, edge.mm),
                    rest(back, snap.at_mm, edge.mm),
                ];
                PlaceEnds {
                    edge: snap.edge,
                    nodes: [edge.from, edge.to],
                    costs: costs.map(|cost| cost.map_or(CLOSED, |cost| cost.saturating_add(leg))),
                }
            });
            joined.collect()
        })
    }

    /// The numbers of the places that are on the network, in no order.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.joined.iter().map(|(number, _)| *number)
    }

    /// The places of an edge in the order of their numbers, each with where it is joined.
    fn on(&self, edge: u32) -> &[(u32, Snap)] {
        let edge = edge as usize;
        &self.joined[self.first[edge] as usize..self.first[edge + 1] as usize]
    }
}

/// Places that lie together, joined to a network: far fewer than it has edges.
#[derive(Clone, Debug, Default)]
pub struct PlaceGroup {
    /// Every edge that places are joined to, rising, and where they begin.
    edges: Box<[(u32, u32)]>,
    /// Number of the place with where it is joined, by edge, then by number.
    joined: Box<[(u32, Snap)]>,
}

impl PlaceGroup {
    /// Places in the order of their numbers; `None` is off the network.
    pub fn new(snaps: &[Option<Snap>]) -> Self {
        let numbered = (0u32..).zip(snaps);
        let joined = numbered.filter_map(|(number, snap)| Some((number, (*snap)?)));
        let mut joined: Vec<(u32, Snap)> = joined.collect();
        joined.sort_unstable_by_key(|(number, snap)| (snap.edge, *number));
        let mut edges: Vec<(u32, u32)> = Vec::new();
        for (at, (_, snap)) in (0u32..).zip(&joined) {
            if edges.last().is_none_or(|(edge, _)| *edge != snap.edge) {
                edges.push((snap.edge, at));
            }
        }
        PlaceGroup {
            edges: edges.into(),
            joined: joined.into(),
        }
    }

    /// Every edge that places are joined to, with them.
    fn by_edge(&self) -> impl Iterator<Item = (u32, &[(u32, Snap)])> {
        self.edges.iter().enumerate().map(|(at, (edge, first))| {
            let next = self.edges.get(at + 1);
            let end = next.map_or(self.joined.len(), |(_, first)| *first as usize);
            (*edge, &self.joined[*first as usize..end])
        })
    }

    /// The numbers of the places that are on the network, in no order.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.joined.iter().map(|(number, _)| *number)
    }

    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.joined) + size_of_val(&*self.edges)
    }
}

/// What is within reach along the streets of one place, or of the nearest of several; or from where
/// they are within reach.
///
/// Costs are millimetres, or milliseconds where the network counts time.
#[derive(Debug, Default)]
pub struct Reach {
    pub search: Search,
    /// Where the search began.
    pub starts: Vec<Snap>,
    pub limit: u32,
    sense: Sense,
}

impl Reach {
    /// Searches to `limit` from the nearest of some places, both straight legs counted.
    pub fn run(&mut self, graph: &Graph, from: &[Snap], limit: u32) {
        self.search(graph, from, limit, Sense::From);
    }

    /// Like [`Reach::run`], from wherever one gets to the places within `limit` if the sense is
    /// [`Sense::To`].
    pub fn search(&mut self, graph: &Graph, starts: &[Snap], limit: u32, sense: Sense) {
        let ends = starts.iter().flat_map(|start| {
            let edge = graph.edge(start.edge);
            let leg = graph.leg_cost(start.leg_mm);
            let [there, back] = graph.costs(start.edge, sense);
            let ends = [
                (edge.from, along(back, start.at_mm, edge.mm)),
                (edge.to, rest(there, start.at_mm, edge.mm)),
            ];
            let ends = ends
                .into_iter()
                .filter_map(|(node, cost)| Some((node, cost?)));
            ends.map(move |(node, cost)| (node, leg.saturating_add(cost)))
        });
        self.search.follow(graph.ways(sense), ends, limit);
        self.starts.clear();
        self.starts.extend_from_slice(starts);
        self.limit = limit;
        self.sense = sense;
    }

    /// What it costs to get to a place; `None` beyond the limit.
    pub fn cost(&self, graph: &Graph, to: Snap) -> Option<u32> {
        let edge = graph.edge(to.edge);
        let [there, back] = self.costs(graph, to.edge);
        let ends = [edge.from, edge.to].map(|node| self.search.cost(node));
        let over_ends = over_ends(ends, [there, back], to.at_mm, edge.mm);
        let beside = self.starts.iter().filter(|start| start.edge == to.edge);
        let beside = beside.filter_map(|start| {
            let (cost, low, high) = match start.at_mm <= to.at_mm {
                true if there != CLOSED => (there, start.at_mm, to.at_mm),
                // At the very same point either way will do.
                _ if start.at_mm >= to.at_mm => (back, to.at_mm, start.at_mm),
                _ => return None,
            };
            let between = along(cost, high, edge.mm)? - along(cost, low, edge.mm)?;
            Some(graph.leg_cost(start.leg_mm).saturating_add(between))
        });
        let least = over_ends.into_iter().chain(beside).min()?;
        let cost = least.saturating_add(graph.leg_cost(to.leg_mm));
        (cost <= self.limit).then_some(cost)
    }

    /// Every place within reach with its cost, each once.
    pub fn for_each(&self, graph: &Graph, places: &Places, mut visit: impl FnMut(u32, u32)) {
        // Whichever are fewer: all places, or the streets that are reached.
        if places.joined.len() < self.search.settled().len() {
            return self.for_each_of_few(graph, places, visit);
        }
        for edge in self.edges(graph) {
            for (number, snap) in places.on(edge) {
                if let Some(cost) = self.cost(graph, *snap) {
                    visit(*number, cost);
                }
            }
        }
    }

    /// Looks at all places and not at the streets that are reached.
    fn for_each_of_few(&self, graph: &Graph, places: &Places, mut visit: impl FnMut(u32, u32)) {
        let limit = u64::from(self.limit);
        let ends = places.ends(graph, self.sense).iter();
        for ((number, snap), ends) in places.joined.iter().zip(ends) {
            if self.starts.iter().any(|start| start.edge == ends.edge) {
                if let Some(cost) = self.cost(graph, *snap) {
                    visit(*number, cost);
                }
                continue;
            }
            let over = |end: usize| {
                let cost = self.search.cost(ends.nodes[end]).unwrap_or(CLOSED);
                u64::from(cost) + u64::from(ends.costs[end])
            };
            let cost = over(0).min(over(1));
            if cost <= limit {
                visit(*number, cost as u32);
            }
        }
    }

    /// Like [`Reach::for_each`] with places that lie together: their edges are few, so each of them
    /// is looked at, not each that is reached. Gives the number and cost of each place, by edge and
    /// then by number; `room` is to be used again.
    pub fn all_in<'r>(
        &self,
        graph: &Graph,
        group: &PlaceGroup,
        room: &'r mut Vec<(u32, u32)>,
    ) -> &'r [(u32, u32)] {
        if room.len() < group.joined.len() {
            room.resize(group.joined.len(), (0, 0));
        }
        let (found, limit) = (&mut room[..], u64::from(self.limit));
        let mut count = 0;
        for (number, places) in group.by_edge() {
            let edge = graph.edge(number);
            let (from, to) = (self.search.cost(edge.from), self.search.cost(edge.to));
            let has_begun = self.starts.iter().any(|start| start.edge == number);
            if from.is_none() && to.is_none() && !has_begun {
                continue;
            }
            let [there, back] = self.costs(graph, number);
            // Most streets cost what they are long, both ways.
            if has_begun || there != edge.mm || back != edge.mm {
                for (place, snap) in places {
                    if let Some(cost) = self.cost(graph, *snap) {
                        found[count] = (*place, cost);
                        count += 1;
                    }
                }
                continue;
            }
            let far = |cost: Option<u32>| u64::from(cost.unwrap_or(u32::MAX));
            let (from, to) = (far(from), far(to));
            for (place, snap) in places {
                let beyond = edge.mm.saturating_sub(snap.at_mm);
                let over = (from + u64::from(snap.at_mm)).min(to + u64::from(beyond));
                let cost = over + u64::from(graph.leg_cost(snap.leg_mm));
                // Without a branch: which places are too far cannot be foretold.
                found[count] = (*place, cost as u32);
                count += usize::from(cost <= limit);
            }
        }
        &found[..count]
    }

    /// Every edge that is reached in part or whole, each once.
    pub fn edges<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = u32> + 'a {
        let began = move |edge: u32| self.starts.iter().any(|start| start.edge == edge);
        let ways = graph.ways(self.sense);
        let found = self.search.settled().iter().flat_map(move |&node| {
            let here = move |way: &&super::graph::Onward| {
                // Of two ends that are found and lead in, the first tells of the edge; a loop has
                // one end.
                let edge = graph.edge(way.edge);
                let is_first = edge.from == node
                    || self.costs(graph, way.edge)[0] == CLOSED
                    || self.search.cost(edge.from).is_none();
                is_first && !began(way.edge)
            };
            ways.onward(node).iter().filter(here).map(|way| way.edge)
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

    /// What an edge costs from its first node to its last and back, in the sense of the search.
    #[inline]
    pub(super) fn costs(&self, graph: &Graph, edge: u32) -> [u32; 2] {
        graph.costs(edge, self.sense)
    }
}

/// The least cost of getting to a place `at_mm` along an edge over either of its ends.
#[inline]
fn over_ends(ends: [Option<u32>; 2], [there, back]: [u32; 2], at_mm: u32, mm: u32) -> Option<u32> {
    let over = |end: Option<u32>, cost: Option<u32>| Some(end?.saturating_add(cost?));
    let ways = [
        over(ends[0], along(there, at_mm, mm)),
        over(ends[1], rest(back, at_mm, mm)),
    ];
    ways.into_iter().flatten().min()
}

/// The cost of the first `at_mm` of an edge of `mm`; `None` where it is closed.
#[inline]
fn along(cost: u32, at_mm: u32, mm: u32) -> Option<u32> {
    match cost {
        CLOSED => None,
        cost if cost == mm => Some(at_mm),
        cost => {
            let (cost, at_mm, mm) = (u64::from(cost), u64::from(at_mm), u64::from(mm.max(1)));
            Some(((cost * at_mm + mm / 2) / mm) as u32)
        }
    }
}

/// The cost of what lies beyond the first `at_mm` of an edge of `mm`.
#[inline]
fn rest(cost: u32, at_mm: u32, mm: u32) -> Option<u32> {
    Some(cost - along(cost, at_mm, mm)?)
}
