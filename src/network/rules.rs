use std::collections::BTreeMap;

use serde::Deserialize;

use super::NetworkError;
use crate::domain::Title;

/// Which streets belong to a network, by their tags (metrics: walking network rule).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// `walk`
    pub mode: String,
    pub title: Title,
    /// Where the rules come from.
    pub source: String,
    /// What minutes are turned into metres by, where a question names no speed.
    pub speed_km_h: f64,
    /// Whether streets are used in both directions whatever their signs say.
    pub two_way: bool,
    highways: Vec<String>,
    #[serde(default)]
    keep: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    drop: BTreeMap<String, Vec<String>>,
}

impl Rules {
    /// The built-in rules for going on foot.
    pub fn walk() -> Result<Self, NetworkError> {
        Self::parse(include_str!("../../layers/streets/walk.toml"))
    }

    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        toml::from_str(text).map_err(|e| NetworkError::Rules(e.to_string()))
    }

    /// Whether a street with these tags belongs to the network.
    pub fn allow<'t>(&self, tags: impl Iterator<Item = (&'t str, &'t str)>) -> bool {
        let (mut class, mut kept, mut dropped) = (None, false, false);
        let lists = |rules: &BTreeMap<String, Vec<String>>, key: &str, value: &str| {
            let values = rules.get(key);
            values.is_some_and(|values| values.iter().any(|v| v == value))
        };
        for (key, value) in tags {
            if key == "highway" {
                class = Some(self.highways.iter().any(|highway| highway == value));
            }
            kept |= lists(&self.keep, key, value);
            dropped |= lists(&self.drop, key, value);
        }
        match class {
            None => false,
            Some(known) => kept || (known && !dropped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_are_chosen_by_class_access_and_foot() {
        let rules = Rules::walk().expect("sound rules");
        let allow = |tags: &[(&'static str, &'static str)]| rules.allow(tags.iter().copied());
        assert!(allow(&[("highway", "residential")]));
        assert!(allow(&[("highway", "steps"), ("name", "x")]));
        assert!(!allow(&[("highway", "motorway")]));
        assert!(allow(&[("highway", "motorway"), ("foot", "yes")]));
        assert!(!allow(&[("highway", "service"), ("access", "private")]));
        assert!(!allow(&[("highway", "footway"), ("area", "yes")]));
        assert!(!allow(&[
            ("highway", "secondary"),
            ("foot", "use_sidepath")
        ]));
        assert!(!allow(&[("railway", "platform"), ("foot", "yes")]));
    }
}
