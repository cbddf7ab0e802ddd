/// Which nodes hang together there and back (强连通分量).
pub(super) struct Islands {
    /// The island of each node.
    of: Vec<u32>,
    /// Nodes of each island.
    nodes: Vec<u32>,
}

impl Islands {
    /// `steps` lead from a node to another and may be taken in that direction.
    ///
    /// # Source
    /// Tarjan (1972), SIAM Journal on Computing 1(2), 146-160, with a stack of its own in place of
    /// recursion.
    pub fn new(nodes: usize, steps: &[(u32, u32)]) -> Self {
        let (first, to) = sorted(nodes, steps);
        const NONE: u32 = u32::MAX;
        let mut of = vec![NONE; nodes];
        let mut sizes = Vec::new();
        // When a node was met, from 1, and the earliest node that it leads back to.
        let (mut met, mut back) = (vec![0u32; nodes], vec![0u32; nodes]);
        let mut last = 0;
        let mut open: Vec<u32> = Vec::new();
        // A node with the next of its steps.
        let mut path: Vec<(u32, u32)> = Vec::new();
        for start in 0..nodes as u32 {
            if met[start as usize] == 0 {
                path.push((start, first[start as usize]));
            }
            while let Some((node, step)) = path.last_mut() {
                let at = *node as usize;
                if met[at] == 0 {
                    last += 1;
                    (met[at], back[at]) = (last, last);
                    open.push(*node);
                }
                if *step < first[at + 1] {
                    let next = to[*step as usize] as usize;
                    *step += 1;
                    if met[next] == 0 {
                        path.push((next as u32, first[next]));
                    } else if of[next] == NONE {
                        back[at] = back[at].min(met[next]);
                    }
                    continue;
                }
                path.pop();
                if let Some((before, _)) = path.last() {
                    let before = *before as usize;
                    back[before] = back[before].min(back[at]);
                }
                if back[at] == met[at] {
                    let begin = open.iter().rposition(|&n| n as usize == at).unwrap_or(0);
                    let island = open.split_off(begin);
                    island
                        .iter()
                        .for_each(|&n| of[n as usize] = sizes.len() as u32);
                    sizes.push(island.len() as u32);
                }
            }
        }
        Islands { of, nodes: sizes }
    }

    /// The island with most nodes; of equal ones that of the lowest node.
    pub fn largest(&self) -> u32 {
        let most = self.nodes.iter().max().copied().unwrap_or(0);
        let is_largest = |island: &&u32| self.nodes[**island as usize] == most;
        self.of.iter().find(is_largest).copied().unwrap_or(0)
    }

    pub fn of(&self, node: u32) -> u32 {
        self.of[node as usize]
    }

    /// How many there are, and nodes of one of them.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    pub fn nodes(&self, island: u32) -> u32 {
        self.nodes.get(island as usize).copied().unwrap_or(0)
    }
}

/// Of each node, and one more: where its steps begin; and where the steps lead.
fn sorted(nodes: usize, steps: &[(u32, u32)]) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0u32; nodes + 1];
    for (from, _) in steps {
        first[*from as usize + 1] += 1;
    }
    for node in 0..nodes {
        first[node + 1] += first[node];
    }
    let mut next = first.clone();
    let mut to = vec![0u32; steps.len()];
    for (from, end) in steps {
        let at = &mut next[*from as usize];
        to[*at as usize] = *end;
        *at += 1;
    }
    (first, to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Which nodes are reached from each, by following steps until nothing changes.
    fn reached(nodes: usize, steps: &[(u32, u32)]) -> Vec<Vec<bool>> {
        let mut reached = vec![vec![false; nodes]; nodes];
        (0..nodes).for_each(|node| reached[node][node] = true);
        for _ in 0..nodes {
            for &(from, to) in steps {
                for row in &mut reached {
                    row[to as usize] |= row[from as usize];
                }
            }
        }
        reached
    }

    proptest! {
        #[test]
        fn nodes_share_an_island_where_each_reaches_the_other(
            steps in proptest::collection::vec((0u32..12, 0u32..12), 0..40),
        ) {
            let islands = Islands::new(12, &steps);
            let reached = reached(12, &steps);
            for a in 0..12u32 {
                let mates = (0..12u32).filter(|b| islands.of(*b) == islands.of(a));
                let both = |b: &u32| {
                    let (a, b) = (a as usize, *b as usize);
                    reached[a][b] && reached[b][a]
                };
                let mates: Vec<u32> = mates.collect();
                prop_assert_eq!(&mates, &(0..12).filter(both).collect::<Vec<u32>>());
                prop_assert_eq!(islands.nodes(islands.of(a)) as usize, mates.len());
            }
        }
    }
}
