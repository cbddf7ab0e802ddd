use super::market::{Agent, Market};

const NONE: u32 = u32::MAX;

/// A choice in use of a place that uses several.
#[derive(Clone, Copy)]
struct Link {
    /// Place, counted among those that use several.
    place: u32,
    facility: u32,
    travel: f64,
    people: f64,
    /// The place among all, and the choice of it.
    of: (u32, u32),
}

/// Places and facilities that choices in use link (选择之林). Without circles it is a forest: in a
/// tree the cost of one facility gives the cost of all, and the people of its places one after
/// another how many take each link.
struct Forest {
    links: Vec<Link>,
    places: usize,
    /// Of each node, places first, the link towards the root of its tree.
    parent: Vec<u32>,
    /// Of each node one that is nearer to what names its tree.
    tree: Vec<u32>,
}

impl Forest {
    /// Links that close a circle are dissolved: moving people around it is worth the same for
    /// each of them, so the better way round ends with a link that nobody takes.
    fn grow(agents: &[Agent], facilities: usize) -> Self {
        let mut links = Vec::new();
        let mut places = 0;
        for (number, agent) in (0..).zip(agents) {
            let used = || (0..).zip(&agent.choices).filter(|(_, c)| agent.takes(c));
            if used().nth(1).is_none() {
                continue;
            }
            links.extend(used().map(|(at, choice)| Link {
                place: places as u32,
                facility: choice.facility,
                travel: choice.travel,
                people: choice.people,
                of: (number, at),
            }));
            places += 1;
        }
        let nodes = places + facilities;
        let mut forest = Forest {
            links,
            places,
            parent: vec![NONE; nodes],
            tree: (0..nodes as u32).collect(),
        };
        for link in 0..forest.links.len() as u32 {
            forest.join(link);
        }
        forest
    }

    fn ends(&self, link: u32) -> [u32; 2] {
        let link = &self.links[link as usize];
        [link.place, self.places as u32 + link.facility]
    }

    fn other(&self, link: u32, node: u32) -> u32 {
        let [place, facility] = self.ends(link);
        if node == place { facility } else { place }
    }

    fn name(&mut self, mut node: u32) -> u32 {
        while self.tree[node as usize] != node {
            let next = self.tree[node as usize];
            self.tree[node as usize] = self.tree[next as usize];
            node = next;
        }
        node
    }

    /// Makes a node the root of its tree.
    fn root(&mut self, node: u32) {
        let (mut at, mut coming) = (node, NONE);
        while at != NONE {
            let link = std::mem::replace(&mut self.parent[at as usize], coming);
            coming = link;
            at = match link {
                NONE => NONE,
                link => self.other(link, at),
            };
        }
    }

    /// Adds a link; where it closes a circle, one of the circle goes.
    fn join(&mut self, link: u32) {
        let [place, facility] = self.ends(link);
        self.root(place);
        let (one, two) = (self.name(place), self.name(facility));
        if one != two {
            self.tree[one as usize] = two;
            self.parent[place as usize] = link;
            return;
        }
        // From the facility to the place: every other link gives people up, the first too.
        let mut circle = Vec::new();
        let mut at = facility;
        while at != place {
            let up = self.parent[at as usize];
            circle.push((up, at));
            at = self.other(up, at);
        }
        let signed = |number: usize| if number.is_multiple_of(2) { -1.0 } else { 1.0 };
        let travel = |link: u32| self.links[link as usize].travel;
        let along = circle.iter().enumerate();
        let dearer = travel(link)
            + along
                .map(|(n, (up, _))| signed(n) * travel(*up))
                .sum::<f64>();
        let way = if dearer < 0.0 { 1.0 } else { -1.0 };
        let (mut most, mut gone) = match way > 0.0 {
            true => (f64::INFINITY, None),
            false => (self.links[link as usize].people, None),
        };
        for (number, (up, below)) in circle.iter().enumerate() {
            let people = self.links[*up as usize].people;
            if signed(number) != way && people < most {
                (most, gone) = (people, Some((*up, *below)));
            }
        }
        self.links[link as usize].people += way * most;
        for (number, (up, _)) in circle.iter().enumerate() {
            self.links[*up as usize].people += signed(number) * way * most;
        }
        match gone {
            None => self.links[link as usize].people = 0.0,
            Some((up, below)) => {
                self.links[up as usize].people = 0.0;
                self.parent[below as usize] = NONE;
                self.root(facility);
                self.parent[facility as usize] = link;
            }
        }
    }
}

/// The links of a forest by node, to go through its trees.
struct Trees<'f> {
    forest: &'f mut Forest,
    first: Vec<u32>,
    at_node: Vec<u32>,
    is_cut: Vec<bool>,
    /// People whom each place shares out, and those of other places at each facility.
    own: Vec<f64>,
    /// Costs above that of the root.
    above: Vec<f64>,
    /// What is left to be brought by the link towards the root.
    due: Vec<f64>,
    /// A node with its link towards the root.
    order: Vec<(u32, u32)>,
    goal: Vec<f64>,
}

impl<'f> Trees<'f> {
    fn of(forest: &'f mut Forest, loads: &[f64], given: &[f64]) -> Self {
        let nodes = forest.parent.len();
        let mut is_kept = vec![false; forest.links.len()];
        for link in forest.parent.iter().filter(|link| **link != NONE) {
            is_kept[*link as usize] = true;
        }
        let kept = || (0..forest.links.len() as u32).filter(|link| is_kept[*link as usize]);
        let mut first = vec![0u32; nodes + 1];
        for node in kept().flat_map(|link| forest.ends(link)) {
            first[node as usize + 1] += 1;
        }
        for node in 0..nodes {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut at_node = vec![0; first[nodes] as usize];
        for link in kept() {
            for node in forest.ends(link) {
                at_node[next[node as usize] as usize] = link;
                next[node as usize] += 1;
            }
        }
        let mut own = vec![0.0; nodes];
        own[forest.places..].copy_from_slice(loads);
        for (link, given) in forest.links.iter().zip(given) {
            own[link.place as usize] += given;
            own[forest.places + link.facility as usize] -= given;
        }
        Trees {
            first,
            at_node,
            is_cut: vec![false; forest.links.len()],
            own,
            above: vec![0.0; nodes],
            due: vec![0.0; nodes],
            order: Vec::new(),
            goal: vec![0.0; forest.links.len()],
            forest,
        }
    }

    /// Moves the people of the tree at a node to where all costs in it are level, or as far that
    /// way as no link has less than nobody: the link that then has nobody is cut and told.
    fn level(&mut self, root: u32, crowding: &[f64]) -> Option<u32> {
        let places = self.forest.places as u32;
        let basin = |node: u32| 1.0 / crowding[(node - places) as usize];
        self.order.clear();
        self.order.push((root, NONE));
        self.above[root as usize] = 0.0;
        let (mut people, mut width) = (0.0, 0.0);
        let mut next = 0;
        while let Some(&(node, up)) = self.order.get(next) {
            next += 1;
            people += self.own[node as usize];
            if node >= places {
                width += basin(node);
                people -= self.above[node as usize] * basin(node);
            }
            let here = self.first[node as usize] as usize..self.first[node as usize + 1] as usize;
            for at in here {
                let link = self.at_node[at];
                if link == up || self.is_cut[link as usize] {
                    continue;
                }
                let other = self.forest.other(link, node);
                let travel = self.forest.links[link as usize].travel;
                let dearer = if node < places { -travel } else { travel };
                self.above[other as usize] = self.above[node as usize] + dearer;
                self.order.push((other, link));
            }
        }
        let lowest = people / width;
        for &(node, _) in &self.order {
            let own = self.own[node as usize];
            self.due[node as usize] = match node < places {
                true => own,
                false => (lowest + self.above[node as usize]) * basin(node) - own,
            };
        }
        let (mut share, mut cut) = (1.0, None);
        for &(node, up) in self.order.iter().skip(1).rev() {
            let goal = self.due[node as usize];
            self.goal[up as usize] = goal;
            let other = self.forest.other(up, node);
            self.due[other as usize] -= goal;
            if goal < 0.0 {
                let now = self.forest.links[up as usize].people;
                let part = now / (now - goal);
                if part < share {
                    (share, cut) = (part, Some(up));
                }
            }
        }
        for &(_, up) in self.order.iter().skip(1) {
            let people = &mut self.forest.links[up as usize].people;
            *people = (*people + share * (self.goal[up as usize] - *people)).max(0.0);
        }
        if let Some(link) = cut {
            self.forest.links[link as usize].people = 0.0;
            self.is_cut[link as usize] = true;
        }
        cut
    }
}

impl Market {
    /// Moves people along the choices that are in use, all places together, to where everyone of
    /// a place bears the same; never to where the whole is dearer. Choices may fall out of use.
    pub fn level(&mut self, agents: &mut [Agent]) {
        let mut forest = Forest::grow(agents, self.loads.len());
        let given = |link: &Link| agents[link.of.0 as usize].choices[link.of.1 as usize].people;
        let given: Vec<f64> = forest.links.iter().map(given).collect();
        let mut trees = Trees::of(&mut forest, &self.loads, &given);
        let count = trees.forest.places as u32;
        let mut is_done = vec![false; count as usize];
        let mut open = Vec::new();
        for place in 0..count {
            if is_done[place as usize] {
                continue;
            }
            open.push(place);
            while let Some(root) = open.pop() {
                let cut = trees.level(root, &self.crowding);
                match cut {
                    Some(link) => open.extend(trees.forest.ends(link)),
                    None => {
                        let seen = trees.order.iter().filter(|(node, _)| *node < count);
                        seen.for_each(|(node, _)| is_done[*node as usize] = true);
                    }
                }
            }
        }
        for (link, given) in forest.links.iter().zip(given) {
            self.loads[link.facility as usize] += link.people - given;
            agents[link.of.0 as usize].choices[link.of.1 as usize].people = link.people;
        }
    }
}
