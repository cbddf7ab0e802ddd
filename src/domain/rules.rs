//! Figures that measures judge by, each with where it comes from.

use serde::{Deserialize, Serialize};

use super::Title;

/// When jobs and employed residents of a place are called balanced.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceRules {
    pub band: BalanceBand,
    pub nominal: NominalBalance,
}

/// Jobs per employed resident that are called balanced, both ends inclusive.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceBand {
    pub least: f64,
    pub most: f64,
    /// A citation, the same in every language.
    pub source: String,
    /// What else is to be known of it.
    #[serde(default)]
    pub note: Title,
    pub date: String,
    /// A is read in the text itself, B is commonly given, C is to be confirmed.
    pub confidence: String,
}

/// When a place that is balanced by count is not in fact.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NominalBalance {
    /// Self-containment below which it is not; the median of the level without it.
    #[serde(default)]
    pub self_containment: Option<f64>,
    pub source: String,
    /// The same in English; the source as it stands without it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    pub date: String,
    pub confidence: String,
}

/// What the yearly monitor of commuting measures by.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CommuteRules {
    pub space: CommutingSpace,
    pub rail: RailCover,
}

/// The share of commuters' ends that the ellipse of the commuting space holds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CommutingSpace {
    pub share: f64,
    pub source: String,
    pub date: String,
    pub confidence: String,
}

/// How near to a station both ends of a commute covered by rail lie.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RailCover {
    /// The layer of stations.
    pub layer: String,
    /// Straight metres, inclusive.
    pub metres: f64,
    pub source: String,
    pub date: String,
    pub confidence: String,
}
