use std::{cmp::Reverse, collections::BinaryHeap};

use super::Graph;

/// A bounded search from one place, with arrays that are used again and again.
#[derive(Debug, Default)]
pub struct Search {
    /// Millimetres from the start, true where the stamp is the present one.
    mm: Vec<u32>,
    stamp: Vec<u32>,
    now: u32,
    /// Distance in the upper half, node in the lower: the nearest first, then the lowest number.
    open: BinaryHeap<Reverse<u64>>,
    settled: Vec<u32>,
}

impl Search {
    /// Finds every node within `limit_mm` (inclusive) of the `starts`, each a node with what it
    /// costs to get there.
    pub fn run(
        &mut self,
        graph: &Graph,
        starts: impl IntoIterator<Item = (u32, u32)>,
        limit_mm: u32,
    ) {
        if self.mm.len() != graph.nodes() || self.now == u32::MAX {
            self.mm = vec![0; graph.nodes()];
            self.stamp = vec![0; graph.nodes()];
            self.now = 0;
        }
        self.now += 1;
        self.open.clear();
        self.settled.clear();
        for (node, mm) in starts {
            self.offer(node, mm, limit_mm);
        }
        while let Some(Reverse(next)) = self.open.pop() {
            let (mm, node) = ((next >> 32) as u32, next as u32);
            if self.mm[node as usize] != mm {
                continue;
            }
            self.settled.push(node);
            for way in graph.onward(node) {
                self.offer(way.to, mm.saturating_add(way.mm), limit_mm);
            }
        }
    }

    fn offer(&mut self, node: u32, mm: u32, limit_mm: u32) {
        let at = node as usize;
        if mm > limit_mm || (self.stamp[at] == self.now && self.mm[at] <= mm) {
            return;
        }
        self.mm[at] = mm;
        self.stamp[at] = self.now;
        self.open
            .push(Reverse(u64::from(mm) << 32 | u64::from(node)));
    }

    /// The nodes found, nearest first.
    pub fn settled(&self) -> &[u32] {
        &self.settled
    }

    /// Millimetres to a node; `None` beyond the limit.
    pub fn mm(&self, node: u32) -> Option<u32> {
        let at = node as usize;
        (self.stamp.get(at) == Some(&self.now)).then(|| self.mm[at])
    }
}
