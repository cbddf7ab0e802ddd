//! Edits of the city itself (数据编辑): features are added, changed, moved and removed, each batch as
//! one commit with its history; undoing is another edit.
//!
//! They are the edits of a scenario, checked as an import checks a row, upon the version of the
//! feature that whoever edits has seen.

mod draft;
mod past;
mod plan;

use serde::Deserialize;

pub use past::{History, Named, Seen, history, undo};
pub use plan::{EditedFeature, Left, Plan};

use super::{
    City,
    scenario::{Add, Alter, EditError, Move, Remove},
};
use crate::{
    domain::{SecurityLevel, tells_identity},
    store::{ChangeNumber, EditConflict, StoreError},
};

/// The most edits of one batch.
pub const MOST_EDITS: usize = 5000;

/// The longest reason, letters.
const MAX_WHY: usize = 2000;

/// What one edit does to a feature.
#[derive(Clone, Debug, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FeatureChange {
    Add(Add),
    Move(Move),
    #[serde(rename = "change")]
    Alter(Alter),
    Remove(Remove),
}

/// An edit with the version of the feature that it was made of (编辑所依据的版本).
#[derive(Clone, Debug, PartialEq, Deserialize, utoipa::ToSchema)]
pub struct FeatureEdit {
    #[serde(flatten)]
    pub change: FeatureChange,
    /// Of every feature that was there before the batch, at the first edit of it; `*` is whatever it
    /// is now.
    #[serde(default)]
    pub version: Option<String>,
}

/// Who edits, and why.
#[derive(Clone, Copy, Debug)]
pub struct Editor<'a> {
    /// The account; `local` where there are none.
    pub who: &'a str,
    pub why: &'a str,
    /// Layers above it are to them as if they were not.
    pub clearance: SecurityLevel,
}

/// What is wrong with one edit of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditFault {
    /// Counted from 1.
    pub number: usize,
    pub error: EditError,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EditFailure {
    #[error("{} of the edits cannot be made", .0.len())]
    Faults(Vec<EditFault>),
    #[error(
        "{} of the features were changed meanwhile: read them again, then repeat what you did",
        .0.len()
    )]
    Conflicts(Vec<EditConflict>),
    #[error("no edit of this feature can be undone (没有可撤销的编辑)")]
    NothingToUndo,
    #[error("the feature has no edit {0}; its history lists them")]
    NoSuchEdit(ChangeNumber),
    #[error(
        "an import or another program has changed the feature since that edit, and going back would \
         take that along: change it by hand (此后另有导入或外部修改，撤销会一并丢失，请直接修改)"
    )]
    ChangedOutside,
    #[error("a reason has {MAX_WHY} letters at most (理由不超过 2000 字)")]
    LongReason,
    #[error(
        "it holds an identity number, which is kept nowhere; take it out \
         (含有公民身份号码，系统不予保存，请删去)"
    )]
    Identity,
    #[error(
        "a batch has 1 to {MOST_EDITS} edits; send the rest in another one, or bring in a file \
         with `suitu import --update`"
    )]
    Size,
    #[error("the city is a published one, whose counts are rounded: edit the exact city")]
    Protected,
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for EditFailure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::EditConflict(conflicts) => EditFailure::Conflicts(conflicts),
            other => EditFailure::Store(other),
        }
    }
}

/// Finds out what edits come to, in their order, all or none. `city` is that of the last commit; what
/// stands in the home is checked once more by whoever writes.
///
/// # Errors
/// Every edit that cannot be made, or every feature that is no longer what was seen.
pub fn plan(city: &City, editor: &Editor<'_>, edits: &[FeatureEdit]) -> Result<Plan, EditFailure> {
    check(city, editor)?;
    if !(1..=MOST_EDITS).contains(&edits.len()) {
        return Err(EditFailure::Size);
    }
    draft::drafted(city, editor, edits)
}

fn check(city: &City, editor: &Editor<'_>) -> Result<(), EditFailure> {
    if city.protection().is_some() {
        return Err(EditFailure::Protected);
    }
    if tells_identity(editor.why) {
        return Err(EditFailure::Identity);
    }
    match editor.why.chars().count() <= MAX_WHY {
        true => Ok(()),
        false => Err(EditFailure::LongReason),
    }
}
