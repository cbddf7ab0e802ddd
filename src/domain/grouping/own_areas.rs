use std::collections::BTreeSet;

use super::Groups;

/// The areas in which something was ever published of them alone: whoever reads these exactly may
/// have seen all of what lies in them, so that nothing of it is published with others from then on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnAreas {
    /// By how many levels of areas there are down to it, and its code.
    areas: BTreeSet<(u8, Box<str>)>,
}

impl OwnAreas {
    /// Takes the areas that have groups of their own as of a publication.
    pub fn extend(&mut self, groups: &Groups, publication: u32) {
        let roots = groups.roots_at(publication);
        let areas = roots.map(|group| (group.depth, group.code.clone()));
        self.areas.extend(areas);
    }

    /// The smallest of such areas that something lies in, as the number of its codes; 0 where it may
    /// be published with anything. `unit`: the codes of the areas it lies in, larger ones first.
    pub fn depth_of(&self, unit: &[Option<Box<str>>]) -> usize {
        let depths = (1..=unit.len()).rev();
        let mut own = depths.filter(|&depth| {
            let code = unit[..depth].iter().rev().flatten().next();
            let area = (depth as u8, code.cloned().unwrap_or_default());
            self.areas.contains(&area)
        });
        own.next().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::GroupName;

    #[test]
    fn what_lies_in_an_area_with_groups_of_its_own_stays_there() {
        let name = |depth, code: &str| GroupName {
            cell_m: 100,
            cell: (1, 2),
            depth,
            code: code.into(),
        };
        let mut groups = Groups::default();
        groups.join(&name(2, "440106001"), &name(2, "440106001"), 1);
        groups.join(&name(2, "440105001"), &name(1, "4401"), 1);
        groups.join(&name(2, "440106002"), &name(2, "440106002"), 2);
        let unit = |code: &str| [Some("4401".into()), Some(code.into())];
        let mut own = OwnAreas::default();
        own.extend(&groups, 1);
        assert_eq!(own.depth_of(&unit("440106001")), 2);
        assert_eq!(own.depth_of(&unit("440106002")), 1);
        assert_eq!(own.depth_of(&unit("440105001")), 1);
        assert_eq!(own.depth_of(&[Some("4402".into()), None]), 0);
        own.extend(&groups, 2);
        assert_eq!(own.depth_of(&unit("440106002")), 2);
    }
}
