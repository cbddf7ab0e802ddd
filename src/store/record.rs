use serde::{Deserialize, Serialize};

use super::ChangeNumber;
use crate::domain::{AttributeId, LayerId, Period};

/// What an import was: printed as provenance beside every number made from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportRecord {
    /// Who publishes the data, in the steward's words.
    pub source: String,
    /// The same in English; as it stands without it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    pub licence: String,
    /// File names without folders.
    pub files: Vec<String>,
    /// The coordinate system that the files were in, e.g. `EPSG:4547`, `GCJ-02`.
    pub crs: String,
    /// UTC, RFC 3339.
    pub imported_at: String,
    pub read: u64,
    pub kept: u64,
    pub repaired: u64,
    pub located: u64,
    pub refused: u64,
    /// Attributes whose values are estimates (推算), e.g. spread from area totals.
    pub estimated: Vec<AttributeId>,
    /// Generated data (合成).
    pub synthetic: bool,
}

impl ImportRecord {
    /// The source in English where it is told, else as it stands.
    pub fn in_english(&self) -> &str {
        match self.source_en.is_empty() {
            true => &self.source,
            false => &self.source_en,
        }
    }
}

/// One layer at one period, as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerState {
    pub layer: LayerId,
    pub period: Period,
    pub features: u64,
    /// The last commit that touched this state.
    pub changed: ChangeNumber,
    /// Imports that made it, oldest first.
    pub records: Vec<ImportRecord>,
}

/// Features whose period another program made one that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadState {
    pub layer: LayerId,
    /// As it stands.
    pub period: String,
    pub features: u64,
}

/// A street network as a home keeps it: it does not look inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNetwork {
    pub period: Period,
    pub record: ImportRecord,
    pub bytes: Vec<u8>,
}

/// One entry of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub number: ChangeNumber,
    /// UTC, RFC 3339.
    pub at: String,
    pub layer: LayerId,
    pub period: Period,
    pub kind: ChangeKind,
    /// The feature touched; `None` where the whole state was written.
    pub id: Option<String>,
    /// Made by another program (e.g. a desktop GIS) in the file itself: not yet validated.
    pub external: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    State,
    Insert,
    Update,
    Delete,
}

impl ChangeKind {
    /// The kind as the change log writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            ChangeKind::State => "state",
            ChangeKind::Insert => "insert",
            ChangeKind::Update => "update",
            ChangeKind::Delete => "delete",
        }
    }

    /// The kind that the change log calls so; whatever else it says is a change of the state.
    pub(super) fn of_name(name: &str) -> Self {
        match name {
            "insert" => ChangeKind::Insert,
            "update" => ChangeKind::Update,
            "delete" => ChangeKind::Delete,
            _ => ChangeKind::State,
        }
    }
}
