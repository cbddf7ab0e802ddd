use serde::{Deserialize, Serialize};

use crate::domain::{Reason, Title};

/// By which rule a station area is called residential or of employment (站点类型), as data.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StationTypes {
    pub title: Title,
    /// Where the thresholds come from.
    pub source: String,
    pub types: Vec<StationType>,
}

/// One type, up to a number of jobs per employed resident.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StationType {
    pub key: String,
    pub title: Title,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<f64>,
}

impl StationTypes {
    /// The rule that comes with the program.
    pub fn built_in() -> Self {
        let text = include_str!("../../../layers/stations/types.toml");
        toml::from_str(text).expect("a test reads it")
    }

    /// The type of a jobs-to-workers ratio; jobs where nobody lives are beyond every threshold.
    pub fn of(&self, ratio: Result<f64, Reason>) -> Option<&StationType> {
        let ratio = match ratio {
            Ok(ratio) => ratio,
            Err(Reason::NoPopulation) => f64::INFINITY,
            Err(_) => return None,
        };
        let fits = |kind: &&StationType| {
            kind.below.is_none_or(|most| ratio < most)
                && kind.up_to.is_none_or(|most| ratio <= most)
        };
        self.types.iter().find(fits)
    }

    pub fn title_of(&self, key: &str) -> Option<&Title> {
        let mut types = self.types.iter();
        types.find(|kind| kind.key == key).map(|kind| &kind.title)
    }

    /// The thresholds in words, to be printed beside the types.
    pub fn in_words(&self) -> Title {
        let (mut zh, mut en) = (Vec::new(), Vec::new());
        for kind in &self.types {
            let (bound_zh, bound_en) = match (kind.below, kind.up_to) {
                (Some(most), _) => (format!(" < {most}"), format!(" < {most}")),
                (None, Some(most)) => (format!(" ≤ {most}"), format!(" ≤ {most}")),
                (None, None) => ("：其余".to_owned(), " otherwise".to_owned()),
            };
            zh.push(kind.title.zh.clone() + &bound_zh);
            en.push(kind.title.en.clone() + &bound_en);
        }
        Title {
            zh: format!("{}按职住比：{}。", self.title.zh, zh.join("，")),
            en: format!(
                "{} by jobs per employed resident: {}.",
                self.title.en,
                en.join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_on_a_threshold_has_one_type() {
        let types = StationTypes::built_in();
        let key = |ratio| types.of(ratio).map(|kind| kind.key.as_str());
        assert_eq!(key(Ok(0.0)), Some("residential"));
        assert_eq!(key(Ok(0.8)), Some("mixed"));
        assert_eq!(key(Ok(1.2)), Some("mixed"));
        assert_eq!(key(Ok(1.21)), Some("employment"));
        assert_eq!(key(Err(Reason::NoPopulation)), Some("employment"));
        assert_eq!(key(Err(Reason::Empty)), None);
        assert_eq!(key(Err(Reason::NoData)), None);
        assert!(types.in_words().zh.contains("居住型 < 0.8"));
    }
}
