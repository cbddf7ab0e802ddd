use serde::{Deserialize, Serialize};

use super::Title;

/// How a result column is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermFormat {
    Integer,
    Number,
    /// A share 0–1, printed as percent.
    Share,
    Text,
}

/// The one definition of a result column (结果字段): screen, CSV, XLSX, reports and OpenAPI use it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    pub key: String,
    pub title: Title,
    #[serde(default)]
    pub unit: String,
    pub format: TermFormat,
    #[serde(default)]
    pub decimals: u8,
    /// What the column means: formula, inputs, who is left out.
    pub definition: Title,
    #[serde(default)]
    pub source: String,
}
