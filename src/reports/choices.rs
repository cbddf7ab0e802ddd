use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::{
    domain::LayerId,
    query::{Names, QueryError},
};

/// What only some kinds of report are asked by.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Choices {
    /// The level of the rows; one that fits on paper without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The norm set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norms: Option<LayerId>,
    /// Items of the norm set; all of them without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Names>,
    /// How many new sites are proposed for a service; 3 without it, none with 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sites: Option<usize>,
    /// The id of a rule set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// Other thresholds than those of the rules, by the key of the criterion.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub thresholds: BTreeMap<String, f64>,
}

/// New sites of one service, at most.
const MOST_SITES: usize = 20;

impl Choices {
    pub fn is_empty(&self) -> bool {
        *self == Choices::default()
    }

    /// # Errors
    /// A choice that reports of this kind do not have, or too many sites.
    pub fn check(&self, kind: Kind) -> Result<(), QueryError> {
        let given = [
            (
                "by",
                self.by.is_some(),
                &[Kind::ServiceGap, Kind::Zoning][..],
            ),
            ("norms", self.norms.is_some(), &[Kind::ServiceGap]),
            ("services", self.services.is_some(), &[Kind::ServiceGap]),
            ("sites", self.sites.is_some(), &[Kind::ServiceGap]),
            ("rules", self.rules.is_some(), &[Kind::Zoning]),
            ("thresholds", !self.thresholds.is_empty(), &[Kind::Zoning]),
        ];
        for (field, is_given, kinds) in given {
            if is_given && !kinds.contains(&kind) {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.key()).collect();
                let problem = format!("belongs to {}, not to {kind}", kinds.join(" and "));
                return Err(QueryError::field(field, problem));
            }
        }
        match self.sites {
            Some(sites) if sites > MOST_SITES => {
                Err(QueryError::field("sites", format!("0 to {MOST_SITES}")))
            }
            _ => Ok(()),
        }
    }

    /// Thresholds as an address or a command has them: `disperse.1:20000,improve.2:0.1`.
    ///
    /// # Errors
    /// What is no pair of a key and a number.
    pub fn read_thresholds(text: &str) -> Result<BTreeMap<String, f64>, QueryError> {
        let pairs = text
            .split([',', '，'])
            .filter(|pair| !pair.trim().is_empty());
        let pair = |pair: &str| {
            let (key, value) = pair.rsplit_once([':', '='])?;
            Some((key.trim().to_owned(), value.trim().parse::<f64>().ok()?))
        };
        let read = |text: &str| {
            pair(text).ok_or_else(|| {
                let shown: String = text.trim().chars().take(40).collect();
                let problem =
                    format!("`{shown}` is no criterion with its threshold, as disperse.1:20000");
                QueryError::field("thresholds", problem)
            })
        };
        pairs.map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_another_kind_is_refused_by_name() {
        let choices = Choices {
            sites: Some(3),
            ..Choices::default()
        };
        assert!(choices.check(Kind::ServiceGap).is_ok());
        let error = choices.check(Kind::Zoning).unwrap_err().to_string();
        assert!(error.contains("sites: belongs to service-gap"), "{error}");
    }

    #[test]
    fn thresholds_are_read_pair_by_pair() {
        let read = Choices::read_thresholds("disperse.1:20000, improve.2=0.1").unwrap();
        assert_eq!(read.get("disperse.1"), Some(&20000.0));
        assert_eq!(read.get("improve.2"), Some(&0.1));
        let error = Choices::read_thresholds("disperse.1:many").unwrap_err();
        assert!(error.to_string().contains("disperse.1:many"), "{error}");
    }
}
