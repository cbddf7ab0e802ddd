use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Change, Edit};
use crate::domain::Title;

/// Which scenario a city is: printed as provenance beside every number made from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioStamp {
    pub id: u64,
    pub name: String,
    /// In their order; those taken back are not among them.
    pub edits: Vec<EditStamp>,
}

/// One edit of a scenario in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EditStamp {
    /// Counted from 1.
    pub number: u64,
    pub kind: &'static str,
    pub text: Title,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Why it was left out: what it needs is there no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Title>,
    /// The edit itself, to make it again elsewhere.
    #[serde(skip)]
    pub change: Change,
}

impl ScenarioStamp {
    /// The edits as they were made.
    pub fn made(&self) -> Vec<Edit> {
        let made = self.edits.iter().map(|edit| Edit {
            change: edit.change.clone(),
            note: edit.note.clone(),
        });
        made.collect()
    }
}

/// A hash of what came before and what came upon it: above every number of a commit, below 2^48.
pub(super) fn mixed(before: u64, upon: impl AsRef<[u8]>) -> u64 {
    const HIGH: u64 = 1 << 47;
    let mut hash = Sha256::new();
    hash.update(before.to_le_bytes());
    hash.update(upon);
    let hash = hash.finalize();
    let (head, _) = hash.split_first_chunk::<8>().expect("32 bytes");
    HIGH | (u64::from_le_bytes(*head) & (HIGH - 1))
}
