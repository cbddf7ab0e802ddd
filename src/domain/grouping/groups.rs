use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::GroupName;

/// Which pieces of one layer and period are published as one: every piece that was ever published
/// with what it was joined to, and by which publication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<(GroupName, Node)>", from = "Vec<(GroupName, Node)>")]
pub struct Groups {
    nodes: BTreeMap<GroupName, Node>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Node {
    /// The publication that first had it.
    since: u32,
    /// What it was joined to by which publication; never undone.
    into: Option<(GroupName, u32)>,
}

impl From<Groups> for Vec<(GroupName, Node)> {
    fn from(groups: Groups) -> Self {
        groups.nodes.into_iter().collect()
    }
}

impl From<Vec<(GroupName, Node)>> for Groups {
    fn from(nodes: Vec<(GroupName, Node)>) -> Self {
        Groups {
            nodes: nodes.into_iter().collect(),
        }
    }
}

impl Groups {
    /// The group that a piece belongs to; `None` where no publication had it.
    pub fn root(&self, name: &GroupName) -> Option<&GroupName> {
        self.root_at(name, u32::MAX)
    }

    /// The group that a piece belonged to as of a publication.
    pub fn root_at(&self, name: &GroupName, publication: u32) -> Option<&GroupName> {
        let (mut name, mut node) = self.nodes.get_key_value(name)?;
        if node.since > publication {
            return None;
        }
        // No way is longer; one that is goes in circles, which nothing here ever writes.
        for _ in 0..self.nodes.len() {
            match &node.into {
                Some((into, at)) if *at <= publication => {
                    (name, node) = self.nodes.get_key_value(into)?;
                }
                _ => return Some(name),
            }
        }
        None
    }

    /// Joins a piece to another for good, or begins a group where both are the same. What is in a
    /// group already is joined with all of it.
    pub fn join(&mut self, name: &GroupName, to: &GroupName, publication: u32) {
        let fresh = || Node {
            since: publication,
            into: None,
        };
        self.nodes.entry(name.clone()).or_insert_with(fresh);
        self.nodes.entry(to.clone()).or_insert_with(fresh);
        let roots = (self.root(name).cloned(), self.root(to).cloned());
        if let (Some(from), Some(into)) = roots
            && from != into
            && let Some(node) = self.nodes.get_mut(&from)
        {
            node.into = Some((into, publication));
        }
    }

    /// The groups as of a publication, each with at least one piece; one may be named more than once.
    pub fn roots_at(&self, publication: u32) -> impl Iterator<Item = &GroupName> {
        let names = self.nodes.keys();
        names.filter_map(move |name| self.root_at(name, publication))
    }

    /// Every piece that was ever published, with its group.
    pub fn iter(&self) -> impl Iterator<Item = (&GroupName, &GroupName)> {
        let names = self.nodes.keys();
        names.filter_map(|name| Some((name, self.root(name)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(column: i32) -> GroupName {
        GroupName {
            cell_m: 100,
            cell: (column, 0),
            depth: 1,
            code: "44".into(),
        }
    }

    #[test]
    fn what_is_joined_stays_so_and_earlier_publications_are_remembered() {
        let mut groups = Groups::default();
        groups.join(&name(1), &name(1), 1);
        groups.join(&name(2), &name(1), 2);
        groups.join(&name(3), &name(3), 2);
        groups.join(&name(2), &name(3), 4);
        assert_eq!(groups.root(&name(1)), Some(&name(3)));
        assert_eq!(groups.root(&name(2)), Some(&name(3)));
        assert_eq!(groups.root(&name(4)), None);
        let at = |column, publication| groups.root_at(&name(column), publication);
        assert_eq!(at(2, 1), None);
        assert_eq!(at(2, 3), Some(&name(1)));
        assert_eq!(at(1, 4), Some(&name(3)));
        // Nothing is joined in circles.
        groups.join(&name(3), &name(1), 5);
        assert_eq!(groups.root(&name(3)), Some(&name(3)));
        assert_eq!(groups.iter().count(), 3);
    }
}
