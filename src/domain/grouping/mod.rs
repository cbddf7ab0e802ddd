//! What a protected city publishes as one (合并发布), for good: kept with the exact city and never
//! published, since it tells where small units are.

mod groups;
mod name;
mod own_areas;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{AreaCode, LayerId, LevelId, Period};

pub use groups::Groups;
pub use name::{GroupName, GroupNameError};
pub use own_areas::OwnAreas;

/// Two places that flows go between.
pub type Pair = (AreaCode, AreaCode);

/// Which small units and flows have been published as one, by layer and period. It only ever grows
/// coarser: the difference of two publications then never tells that a group came apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grouping {
    /// What each publication was sealed with, the oldest first; their numbers begin with 1.
    seals: Vec<String>,
    units: Vec<UnitGroups>,
    flows: Vec<FlowGroups>,
    /// Whether the exact counts behind the last publication are kept beside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_counts: bool,
    /// The fingerprint of the key and k that the last publication was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitGroups {
    layer: LayerId,
    period: Period,
    groups: Groups,
}

/// Pairs of which no modes are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlowGroups {
    level: LevelId,
    period: Period,
    pairs: BTreeSet<Pair>,
}

impl Grouping {
    /// What the home of an exact city calls it.
    pub const NAME: &'static str = "protection";
    /// The setting of a protected city that holds the seal of its publication.
    pub const SEAL: &'static str = "protection_seal";

    /// Reads what [`Grouping::to_bytes`] wrote.
    ///
    /// # Errors
    /// Anything else, in the words of the parser.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// The same bytes for the same groups.
    ///
    /// # Panics
    /// Never: nothing in it is a key that JSON does not know.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("lists of plain values")
    }

    /// Whether the exact counts behind the last publication are kept beside it. A program that does
    /// not know of them takes a grouping that says so for unreadable, and publishes nothing.
    pub fn has_counts(&self) -> bool {
        self.has_counts
    }

    /// Says that the counts are kept from now on.
    pub fn keep_counts(&mut self) {
        self.has_counts = true;
    }

    /// The fingerprint of the key and k that the last publication was made with; `None` where there
    /// was none, or another key may follow.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub fn set_key(&mut self, fingerprint: Option<String>) {
        self.key = fingerprint;
    }

    /// How often it was published.
    pub fn publications(&self) -> u32 {
        self.seals.len() as u32
    }

    /// The number of the publication that was sealed so; `None` for one of another grouping, or of a
    /// later state of this one.
    pub fn publication_of(&self, seal: &str) -> Option<u32> {
        let place = self.seals.iter().position(|own| own == seal);
        place.map(|place| place as u32 + 1)
    }

    pub fn last_seal(&self) -> &str {
        self.seals.last().map_or("", String::as_str)
    }

    /// Ends a publication.
    pub fn seal(&mut self, seal: String) {
        self.seals.push(seal);
    }

    pub fn units(&self, layer: &LayerId, period: &Period) -> Option<&Groups> {
        let of = |known: &&UnitGroups| known.layer == *layer && known.period == *period;
        self.units.iter().find(of).map(|known| &known.groups)
    }

    pub fn units_mut(&mut self, layer: &LayerId, period: &Period) -> &mut Groups {
        let key = |known: &UnitGroups| (known.layer.clone(), known.period.clone());
        let sought = (layer.clone(), period.clone());
        let place = match self.units.binary_search_by_key(&sought, key) {
            Ok(place) => place,
            Err(place) => {
                let (layer, period) = sought;
                let groups = Groups::default();
                self.units.insert(
                    place,
                    UnitGroups {
                        layer,
                        period,
                        groups,
                    },
                );
                place
            }
        };
        &mut self.units[place].groups
    }

    /// The areas of which something of a layer was published alone, at any period, as of a
    /// publication.
    pub fn own_areas(&self, layer: &LayerId, publication: u32) -> OwnAreas {
        let mut own = OwnAreas::default();
        let of_layer = self.units.iter().filter(|known| known.layer == *layer);
        of_layer.for_each(|known| own.extend(&known.groups, publication));
        own
    }

    pub fn pairs_mut(&mut self, level: &LevelId, period: &Period) -> &mut BTreeSet<Pair> {
        let key = |known: &FlowGroups| (known.level.clone(), known.period.clone());
        let sought = (level.clone(), period.clone());
        let place = match self.flows.binary_search_by_key(&sought, key) {
            Ok(place) => place,
            Err(place) => {
                let (level, period) = sought;
                let pairs = BTreeSet::new();
                self.flows.insert(
                    place,
                    FlowGroups {
                        level,
                        period,
                        pairs,
                    },
                );
                place
            }
        };
        &mut self.flows[place].pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_written_and_knows_its_publications() {
        let mut grouping = Grouping::default();
        let layer: LayerId = "workplaces".parse().expect("a layer");
        let (now, then): (Period, Period) = ("2020".parse().unwrap(), "2010".parse().unwrap());
        let name: GroupName = "100e1n-2-3-440106001".parse().expect("a name");
        grouping.units_mut(&layer, &now).join(&name, &name, 1);
        let pair = ("a".parse().unwrap(), "b".parse().unwrap());
        let level = "district".parse().expect("a level");
        grouping.pairs_mut(&level, &now).insert(pair);
        grouping.seal("first".into());
        grouping.seal("second".into());
        let bytes = grouping.to_bytes();
        assert_eq!(Grouping::from_bytes(&bytes), Ok(grouping.clone()));
        assert_eq!(grouping.publication_of("second"), Some(2));
        assert_eq!(grouping.publication_of("third"), None);
        let groups = |period| grouping.units(&layer, period);
        assert!(groups(&now).is_some_and(|groups| groups.root(&name) == Some(&name)));
        assert_eq!(groups(&then), None);
        assert!(Grouping::from_bytes(&bytes[1..]).is_err());
    }
}
