use super::{Graph, Sense, graph::Ways};

/// A bounded search from some nodes, with arrays that are used again and again.
#[derive(Debug, Default)]
pub struct Search {
    /// Of each node: the number of the search that found it last in the upper half, its cost in the
    /// lower. Searches count down: what an earlier one left is more than anything of the present.
    labels: Vec<u64>,
    now: u32,
    open: Buckets,
    settled: Vec<u32>,
}

impl Search {
    /// Finds every node within `limit` (inclusive) of the `starts`, each a node with what it costs
    /// to get there.
    pub fn run(&mut self, graph: &Graph, starts: impl IntoIterator<Item = (u32, u32)>, limit: u32) {
        self.follow(graph.ways(Sense::From), starts, limit);
    }

    /// Like [`Search::run`] along the ways given.
    pub(super) fn follow(
        &mut self,
        ways: &Ways,
        starts: impl IntoIterator<Item = (u32, u32)>,
        limit: u32,
    ) {
        if self.labels.len() != ways.nodes() || self.now == 0 {
            self.labels = vec![u64::MAX; ways.nodes()];
            self.now = u32::MAX;
        }
        self.now -= 1;
        self.open.reset(limit);
        self.settled.clear();
        for (node, cost) in starts {
            self.offer(ways, node, cost, limit);
        }
        self.settle(ways, limit);
    }

    /// Goes on from all that is open. A function of its own, not one with its callers: so nothing
    /// of the ways is read again after every write.
    #[inline(never)]
    fn settle(&mut self, ways: &Ways, limit: u32) {
        while let Some((cost, node)) = self.open.pop() {
            if self.labels[node as usize] as u32 != cost {
                continue;
            }
            for way in ways.onward(node) {
                self.offer(ways, way.to, cost.saturating_add(way.cost), limit);
            }
        }
    }

    #[inline(always)]
    fn offer(&mut self, ways: &Ways, node: u32, cost: u32, limit: u32) {
        if cost > limit {
            return;
        }
        let label = u64::from(self.now) << 32 | u64::from(cost);
        let known = &mut self.labels[node as usize];
        if *known <= label {
            return;
        }
        if (*known >> 32) as u32 != self.now {
            self.settled.push(node);
        }
        *known = label;
        // From most nodes near the limit there is no way on within it.
        if cost.saturating_add(ways.least(node)) <= limit {
            self.open.push(cost, node);
        }
    }

    /// The nodes found, each once, about in the order of their cost.
    #[inline]
    pub fn settled(&self) -> &[u32] {
        &self.settled
    }

    /// What it costs to get to a node; `None` beyond the limit.
    #[inline]
    pub fn cost(&self, node: u32) -> Option<u32> {
        let label = *self.labels.get(node as usize)?;
        ((label >> 32) as u32 == self.now).then_some(label as u32)
    }
}

/// How many spans of cost are told apart, a multiple of 64.
const BUCKETS: usize = 1024;

const NONE: u32 = u32::MAX;

/// Nodes still to be gone on from, sorted coarsely by cost. Within one span of cost their order is
/// not known: a node may come up twice, the second time for less.
#[derive(Debug)]
struct Buckets {
    /// Of a cost, how many low bits do not matter.
    shift: u32,
    /// The last entry of each bucket.
    heads: Vec<u32>,
    /// A bit for each bucket that holds something.
    filled: [u64; BUCKETS / 64],
    /// All bits before this word are unset.
    word: usize,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    cost: u32,
    node: u32,
    /// The entry before it in the same bucket.
    before: u32,
}

impl Default for Buckets {
    fn default() -> Self {
        Buckets {
            shift: 0,
            heads: vec![NONE; BUCKETS],
            filled: [0; BUCKETS / 64],
            word: 0,
            entries: Vec::new(),
        }
    }
}

impl Buckets {
    /// Makes room for costs up to `limit`; a finished search leaves the buckets empty.
    fn reset(&mut self, limit: u32) {
        let bits = u32::BITS - limit.leading_zeros();
        self.shift = bits.saturating_sub(BUCKETS.trailing_zeros());
        self.word = 0;
        self.entries.clear();
    }

    #[inline(always)]
    fn push(&mut self, cost: u32, node: u32) {
        let bucket = (cost >> self.shift) as usize;
        let head = &mut self.heads[bucket];
        let before = std::mem::replace(head, self.entries.len() as u32);
        self.filled[bucket / 64] |= 1 << (bucket % 64);
        self.entries.push(Entry { cost, node, before });
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<(u32, u32)> {
        while self.filled[self.word] == 0 {
            if self.word + 1 == self.filled.len() {
                return None;
            }
            self.word += 1;
        }
        let bit = self.filled[self.word].trailing_zeros() as usize;
        let head = &mut self.heads[self.word * 64 + bit];
        let entry = self.entries[*head as usize];
        *head = entry.before;
        if entry.before == NONE {
            self.filled[self.word] &= !(1 << bit);
        }
        Some((entry.cost, entry.node))
    }
}
