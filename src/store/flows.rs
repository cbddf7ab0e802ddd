use super::{ChangeNumber, ImportRecord};
use crate::domain::{Flows, LevelId, Period};

/// More commuters in one flow are a mistake of whoever wrote it.
pub(super) const MAX_COMMUTERS: i64 = 1_000_000_000_000;

/// The flows of one level and period, as the store holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowState {
    pub level: LevelId,
    pub period: Period,
    /// Rows of the table.
    pub flows: u64,
    /// The last commit that touched this state.
    pub changed: ChangeNumber,
    pub record: ImportRecord,
}

/// Flows of one level and period to be written in a commit.
#[derive(Clone, Debug)]
pub struct FlowBatch<'a> {
    pub level: LevelId,
    pub period: Period,
    pub flows: &'a Flows,
    pub record: ImportRecord,
    /// Takes the place of what is there; refused without it.
    pub replace: bool,
}
