//! The spanning tree of a network simplex: a basis of the transportation problem.

/// No node.
const NONE: u32 = u32::MAX;

/// A rooted tree whose arcs carry flow; the arc of a node is the one to its parent.
///
/// Invariant (strong feasibility): an arc without flow points to the root. It keeps degenerate
/// pivots from going round in circles (Cunningham 1976, Mathematical Programming 11).
pub(super) struct Tree {
    root: u32,
    parent: Vec<u32>,
    depth: Vec<u32>,
    first_child: Vec<u32>,
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Whether the arc runs from the node to its parent.
    is_up: Vec<bool>,
    flow: Vec<i64>,
    /// For every arc from `a` to `b` of the tree: cost + potential of `a` = potential of `b`.
    potential: Vec<i64>,
}

/// An arc that comes into the tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entering {
    pub from: u32,
    pub to: u32,
    /// Cost + potential of `from` - potential of `to`; negative.
    pub reduced_cost: i64,
}

impl Tree {
    /// A root alone, and `nodes` others without a parent yet.
    pub fn new(nodes: usize) -> Self {
        let all = nodes + 1;
        Tree {
            root: nodes as u32,
            parent: vec![NONE; all],
            depth: vec![0; all],
            first_child: vec![NONE; all],
            next: vec![NONE; all],
            previous: vec![NONE; all],
            is_up: vec![false; all],
            flow: vec![0; all],
            potential: vec![0; all],
        }
    }

    pub fn root(&self) -> u32 {
        self.root
    }

    pub fn potentials(&self) -> &[i64] {
        &self.potential
    }

    /// Every node but the root with its parent, the direction of its arc and the flow on it.
    pub fn arcs(&self) -> impl Iterator<Item = (u32, u32, bool, i64)> {
        (0..self.root).map(|node| {
            let at = node as usize;
            (node, self.parent[at], self.is_up[at], self.flow[at])
        })
    }

    /// Hangs a node without a parent under one that stands in the tree.
    pub fn hang(&mut self, node: u32, under: u32, is_up: bool, flow: i64, cost: i64) {
        let (at, above) = (node as usize, under as usize);
        self.link(node, under);
        self.depth[at] = self.depth[above] + 1;
        self.is_up[at] = is_up;
        self.flow[at] = flow;
        let cost = if is_up { -cost } else { cost };
        self.potential[at] = self.potential[above] + cost;
    }

    /// Brings an arc in: pushes what flow its cycle can take, and lets the arc go that stopped it.
    pub fn pivot(&mut self, entering: Entering) {
        let Entering { from, to, .. } = entering;
        let join = self.join(from, to);
        let (leaving, flow) = self.blocking(from, to, join);
        for node in self.path(from, join).collect::<Vec<_>>() {
            let at = node as usize;
            self.flow[at] += if self.is_up[at] { -flow } else { flow };
        }
        for node in self.path(to, join).collect::<Vec<_>>() {
            let at = node as usize;
            self.flow[at] += if self.is_up[at] { flow } else { -flow };
        }
        let (end, other, is_up, shift) = match leaving {
            Side::From(_) => (from, to, true, -entering.reduced_cost),
            Side::To(_) => (to, from, false, entering.reduced_cost),
        };
        self.rehang(leaving.node(), end, other, is_up, flow);
        self.settle(end, shift);
    }

    /// The lowest node above both.
    fn join(&self, a: u32, b: u32) -> u32 {
        let (mut a, mut b) = (a, b);
        while a != b {
            if self.depth[a as usize] >= self.depth[b as usize] {
                a = self.parent[a as usize];
            } else {
                b = self.parent[b as usize];
            }
        }
        a
    }

    /// The nodes from `node` up to, but without, `end`.
    fn path(&self, node: u32, end: u32) -> impl Iterator<Item = u32> {
        let up = move |at: &u32| Some(self.parent[*at as usize]);
        std::iter::successors(Some(node), up).take_while(move |at| *at != end)
    }

    /// The arc that first runs empty when flow is pushed along the cycle, with how much can be
    /// pushed; of several the last one from `join` on along the cycle, which keeps the tree
    /// strongly feasible.
    fn blocking(&self, from: u32, to: u32, join: u32) -> (Side, i64) {
        let mut found = None;
        let mut least = i64::MAX;
        for node in self.path(from, join) {
            let at = node as usize;
            if self.is_up[at] && self.flow[at] < least {
                (found, least) = (Some(Side::From(node)), self.flow[at]);
            }
        }
        for node in self.path(to, join) {
            let at = node as usize;
            if !self.is_up[at] && self.flow[at] <= least {
                (found, least) = (Some(Side::To(node)), self.flow[at]);
            }
        }
        let found = found.expect("a cycle of bounded cost has an arc against its direction");
        (found, least)
    }

    /// Cuts the arc of `top` and hangs its subtree by `end` under `under`.
    fn rehang(&mut self, top: u32, end: u32, under: u32, is_up: bool, flow: i64) {
        let (mut node, mut above) = (end, under);
        let (mut arc_is_up, mut arc_flow) = (is_up, flow);
        loop {
            let at = node as usize;
            let parent = self.parent[at];
            let (was_up, had_flow) = (self.is_up[at], self.flow[at]);
            self.unlink(node);
            self.link(node, above);
            (self.is_up[at], self.flow[at]) = (arc_is_up, arc_flow);
            if node == top {
                return;
            }
            (arc_is_up, arc_flow) = (!was_up, had_flow);
            (node, above) = (parent, node);
        }
    }

    /// Sets the depths of a subtree anew and shifts its potentials.
    fn settle(&mut self, top: u32, shift: i64) {
        let mut node = top;
        loop {
            let at = node as usize;
            self.depth[at] = self.depth[self.parent[at] as usize] + 1;
            self.potential[at] += shift;
            if self.first_child[at] != NONE {
                node = self.first_child[at];
                continue;
            }
            while node != top && self.next[node as usize] == NONE {
                node = self.parent[node as usize];
            }
            if node == top {
                return;
            }
            node = self.next[node as usize];
        }
    }

    fn link(&mut self, node: u32, under: u32) {
        let (at, above) = (node as usize, under as usize);
        let first = self.first_child[above];
        self.parent[at] = under;
        self.next[at] = first;
        self.previous[at] = NONE;
        if first != NONE {
            self.previous[first as usize] = node;
        }
        self.first_child[above] = node;
    }

    fn unlink(&mut self, node: u32) {
        let at = node as usize;
        let (previous, next) = (self.previous[at], self.next[at]);
        match previous {
            NONE => self.first_child[self.parent[at] as usize] = next,
            previous => self.next[previous as usize] = next,
        }
        if next != NONE {
            self.previous[next as usize] = previous;
        }
    }
}

/// On which side of the cycle an arc stands: between its join and the tail of the entering arc, or
/// its head.
#[derive(Clone, Copy, Debug)]
enum Side {
    From(u32),
    To(u32),
}

impl Side {
    fn node(self) -> u32 {
        match self {
            Side::From(node) | Side::To(node) => node,
        }
    }
}
