use foldhash::HashMap;

use super::NetworkError;
use crate::domain::Title;

/// The share of a file's plain nodes that may belong to no way. Of whole files it is next to
/// none; of files cut within the ways, which follow the nodes, it is a twentieth and more.
const MAX_UNUSED: f64 = 0.01;

/// The share of the nodes of streets that may be missing. A clipped file lacks those beyond its
/// border; one whose greater part was lost lacks far more.
const MAX_MISSING: f64 = 0.2;

/// From this share on missing nodes are told.
const MANY_MISSING: f64 = 0.02;

/// What a file of OpenStreetMap holds, as far as it tells whether the file is whole: nodes come
/// first, then ways, then relations, and nothing says at the beginning how many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub file: String,
    pub nodes: u64,
    /// Nodes without a tag, which are there for ways alone.
    pub plain: u64,
    /// Of these the ones that no way uses.
    pub unused: u64,
    pub ways: u64,
    pub relations: u64,
}

/// Why a file that was read may not be whole.
#[derive(Clone, Debug, PartialEq)]
pub enum OsmDoubt {
    Unused {
        file: String,
        unused: u64,
        plain: u64,
    },
    Missing {
        missing: u64,
        nodes: u64,
    },
}

impl Contents {
    /// What is doubtful about the file.
    ///
    /// # Errors
    /// A file that was cut short.
    pub fn doubt(&self) -> Result<Option<OsmDoubt>, NetworkError> {
        let Contents {
            nodes,
            plain,
            unused,
            ..
        } = *self;
        let file = || self.file.clone();
        if self.ways == 0 {
            return Err(NetworkError::NoWays {
                file: file(),
                nodes,
            });
        }
        let are_many = unused as f64 > MAX_UNUSED * plain as f64;
        // Relations come last: where there are any, so are all ways.
        match self.relations == 0 {
            true if are_many => Err(NetworkError::CutShort {
                file: file(),
                unused,
                plain,
            }),
            is_last if are_many || (is_last && unused > 0) => Ok(Some(OsmDoubt::Unused {
                file: file(),
                unused,
                plain,
            })),
            _ => Ok(None),
        }
    }
}

/// What is doubtful about the nodes that the streets of all files name.
///
/// # Errors
/// Most of a file is not there.
pub(super) fn doubt_missing(missing: u64, nodes: u64) -> Result<Option<OsmDoubt>, NetworkError> {
    match missing as f64 / nodes.max(1) as f64 {
        share if share > MAX_MISSING => Err(NetworkError::MissingNodes { missing, nodes }),
        share if share > MANY_MISSING => Ok(Some(OsmDoubt::Missing { missing, nodes })),
        _ => Ok(None),
    }
}

impl OsmDoubt {
    /// What is doubtful and what to look at, in both languages.
    pub fn told(&self) -> Title {
        match self {
            OsmDoubt::Unused {
                file,
                unused,
                plain,
            } => Title::new(
                format!(
                    "! {file}：{plain} 个无标签的节点中有 {unused} 个不属于任何道路，文件可能不完整；请与来源核对文件大小"
                ),
                format!(
                    "! {file}: {unused} of {plain} nodes without a tag belong to no way; the file \
                     may not be whole: compare its size with that of its source"
                ),
            ),
            OsmDoubt::Missing { missing, nodes } => Title::new(
                format!(
                    "! 道路的 {nodes} 个节点中缺 {missing} 个，道路到此为止；按范围裁剪的文件在边界上属正常，否则请重新下载"
                ),
                format!(
                    "! {missing} of {nodes} nodes of streets are missing, and streets end there; \
                     that is usual at the border of a clipped file, else fetch it again"
                ),
            ),
        }
    }
}

/// Numbers of nodes, those that lie close together in little room.
#[derive(Debug, Default)]
pub(super) struct NodeSet(HashMap<i64, [u64; 8]>);

impl NodeSet {
    pub fn insert(&mut self, node: i64) {
        let (page, word, bit) = place(node);
        self.0.entry(page).or_default()[word] |= bit;
    }

    pub fn contains(&self, node: i64) -> bool {
        let (page, word, bit) = place(node);
        self.0
            .get(&page)
            .is_some_and(|words| words[word] & bit != 0)
    }
}

fn place(node: i64) -> (i64, usize, u64) {
    let within = (node & 511) as usize;
    (node >> 9, within / 64, 1 << (within % 64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contents(unused: u64, relations: u64) -> Contents {
        Contents {
            file: "city.osm.pbf".into(),
            nodes: 1100,
            plain: 1000,
            unused,
            ways: 100,
            relations,
        }
    }

    #[test]
    fn nodes_without_ways_are_a_doubt_or_a_refusal() {
        assert_eq!(contents(0, 0).doubt().unwrap(), None);
        assert_eq!(contents(10, 5).doubt().unwrap(), None);
        let doubt = contents(10, 0).doubt().unwrap().expect("a doubt");
        let Title { zh, en } = doubt.told();
        assert!(
            en.contains("10 of 1000 nodes") && zh.contains("10 个"),
            "{en} {zh}"
        );
        // Whoever drops ways but not their nodes has a whole file.
        assert!(contents(500, 5).doubt().unwrap().is_some());
        let refused = contents(11, 0).doubt().unwrap_err();
        assert!(refused.to_string().contains("cut short"), "{refused}");
        assert!(refused.told().zh.contains("截断"), "{refused}");
        let without = Contents {
            ways: 0,
            ..contents(1000, 0)
        };
        let refused = without.doubt().unwrap_err().to_string();
        assert!(refused.contains("1100 nodes and no way"), "{refused}");
    }

    #[test]
    fn missing_nodes_are_a_doubt_or_a_refusal() {
        assert_eq!(doubt_missing(2, 100).unwrap(), None);
        assert!(doubt_missing(20, 100).unwrap().is_some());
        let refused = doubt_missing(21, 100).unwrap_err().to_string();
        assert!(refused.contains("21 of 100"), "{refused}");
        assert_eq!(doubt_missing(0, 0).unwrap(), None);
    }

    proptest! {
        #[test]
        fn a_set_holds_what_was_put_in(
            nodes in proptest::collection::vec(-2000i64..2000, 0..50),
            asked in -2000i64..2000,
        ) {
            let mut set = NodeSet::default();
            nodes.iter().for_each(|node| set.insert(*node));
            prop_assert_eq!(set.contains(asked), nodes.contains(&asked));
        }
    }
}
