//! Where a city is kept: one trait, two homes. Only this room holds SQL.
//!
//! A row is (layer, period, id). A commit is one transaction and writes the change log.

mod batch;
mod copy;
mod definition;
mod edit;
mod flows;
pub mod geopackage;
mod home;
mod once;
pub mod postgres;
mod progress;
mod record;
mod scenario;
mod told;
mod wkb;

pub use batch::{Batch, BatchMode, ControlTotal, Only};
pub use copy::{Copied, copy};
pub use definition::{Definition, StoredDefinition};
pub use edit::{EditBatch, EditConflict, FeatureWrite, HistoryEntry};
use flows::MAX_COMMUTERS;
pub use flows::{FlowBatch, FlowState};
pub use home::{Home, open, open_or_create};
pub use once::{KeptAnswer, Once};
pub use record::{Change, ChangeKind, ImportRecord, LayerState, StoredNetwork, UnreadState};
pub use scenario::{ScenarioChange, StoredScenario};

use std::{collections::BTreeMap, time::Duration};

use crate::domain::{Flows, Layer, LayerId, LevelId, Period, Table, Title};

/// The number of a commit in the change log; grows by at least one with each commit. Numbers of a
/// database begin anew at the next multiple of 2^32 once a standby has become the primary.
pub type ChangeNumber = u64;

/// How often a standby had become the primary when a number was given.
pub fn epoch(number: ChangeNumber) -> u64 {
    number >> 32
}

/// The setting that says up to which change the edits of other programs have been placed in areas.
pub const PLACED: &str = "placed_through";

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("{path}: {}", .problem.en)]
    Open { path: String, problem: Title },
    #[error("{path} was written by a newer Suitu (schema {found}, this one knows {known})")]
    TooNew {
        path: String,
        found: u32,
        known: u32,
    },
    #[error(
        "{layer} already holds {features} features for {period}: say --replace to put these in \
         their place, or --update to change them by id"
    )]
    Occupied {
        layer: LayerId,
        period: Period,
        features: u64,
    },
    #[error(
        "flows between areas of level {level} for {period} are there already ({flows} rows): say \
         --replace to put these in their place"
    )]
    FlowsOccupied {
        level: LevelId,
        period: Period,
        flows: u64,
    },
    #[error("{layer}: id `{id}` stands twice")]
    DuplicateId { layer: LayerId, id: String },
    #[error("the store has no layer `{0}`")]
    UnknownLayer(LayerId),
    #[error(
        "{} of the features were changed meanwhile: read them again, then repeat what you did",
        .0.len()
    )]
    EditConflict(Vec<EditConflict>),
    /// The write of that key was made before.
    #[error("that was done before, by change {}", .0.number)]
    Answered(Box<KeptAnswer>),
    #[error("there is no scenario {0}")]
    NoScenario(u64),
    #[error(
        "scenario {id} was changed meanwhile (version {found}): read it again, then repeat what you \
         did"
    )]
    ScenarioChanged { id: u64, found: u64 },
    #[error("cancelled; nothing was written")]
    Cancelled,
    /// Nothing is wrong with what was asked: it is worth asking again.
    #[error("the city's home cannot be reached now: {0}")]
    Unreachable(String),
    /// What was reached is a standby: it is written once it is promoted, or elsewhere.
    #[error("the database that was reached is a standby, which is only read ({0})")]
    Standby(String),
    /// It may have been written or not.
    #[error(
        "the connection to the city's home was lost while the change was committed, so it may have \
         been written: look before you repeat it ({0})"
    )]
    Unsure(String),
    /// Nothing was written.
    #[error("the disk of the city's home is full, so nothing was written: make room on it ({0})")]
    NoRoom(String),
    #[error("the store failed: {0}")]
    Backend(String),
}

/// A value in a home that Suitu cannot read.
fn corrupt(problem: impl ToString) -> StoreError {
    StoreError::Backend(format!(
        "it holds a value that no Suitu wrote: {}",
        problem.to_string()
    ))
}

/// A home of a city's data.
pub trait Store: Send + Sync {
    /// Every layer and period that holds features or was committed empty, with its sources.
    fn states(&self) -> Result<Vec<LayerState>, StoreError>;

    /// States with features whose period cannot be read, so that they are none of [`Store::states`].
    fn unread_states(&self) -> Result<Vec<UnreadState>, StoreError>;

    /// The features of one layer and period, in the order of their insertion; empty where the
    /// store holds none.
    fn read(&self, layer: &Layer, period: &Period) -> Result<Table, StoreError>;

    /// Writes all batches in one transaction and returns its number. `progress` is told the rows
    /// written so far and answers whether to go on; on `false` or any error nothing is written.
    fn commit(
        &self,
        batches: &[Batch<'_>],
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<ChangeNumber, StoreError>;

    /// The features of one layer and period that have these ids, with their area codes; those that
    /// are not there are left out.
    fn read_rows(&self, layer: &Layer, period: &Period, ids: &[&str]) -> Result<Table, StoreError>;

    /// Writes edits in one transaction with the change log and their history, and returns its
    /// number. Each feature must be what its edit was made of.
    ///
    /// # Errors
    /// [`StoreError::EditConflict`] names the features that are not, [`StoreError::Answered`] says what
    /// was answered to the edits of the same key; nothing is written then.
    fn edit(&self, batch: &EditBatch<'_>) -> Result<ChangeNumber, StoreError>;

    /// What was answered to the write that an account called `key`, for a day at least; `None` where
    /// none of that key was made.
    fn answered(&self, who: &str, key: &str) -> Result<Option<KeptAnswer>, StoreError>;

    /// What was done to a feature by [`Store::edit`], the newest first. Imports and edits of other
    /// programs are in the change log alone.
    fn history(
        &self,
        layer: &Layer,
        period: &Period,
        id: &str,
    ) -> Result<Vec<HistoryEntry>, StoreError>;

    /// The number of the last commit, 0 for a new store.
    fn change_number(&self) -> Result<ChangeNumber, StoreError>;

    /// A number that differs once another program or connection has written; cheap to ask for.
    fn stamp(&self) -> Result<i64, StoreError>;

    /// Waits until somebody may have written, `longest` at most.
    fn wait(&self, longest: Duration) {
        std::thread::sleep(longest);
    }

    /// Whether this home can be written; a standby of a database is read until it is promoted.
    fn takes_writes(&self) -> Result<bool, StoreError>;

    /// Whether the commit `number` is in the change log.
    fn holds(&self, number: ChangeNumber) -> Result<bool, StoreError>;

    /// What changed after `number`, oldest first.
    fn changes_since(&self, number: ChangeNumber) -> Result<Vec<Change>, StoreError>;

    /// When another program last wrote each of these rows of a state, by its id, as the change log has it;
    /// ids that none wrote are left out. The period is as it stands.
    fn written_outside(
        &self,
        layer: &LayerId,
        period: &str,
        ids: &[&str],
    ) -> Result<BTreeMap<String, String>, StoreError>;

    /// Published totals per area that were attached to a layer and period.
    fn control_totals(
        &self,
        layer: &LayerId,
        period: &Period,
    ) -> Result<Vec<ControlTotal>, StoreError>;

    /// Every level and period that holds commuting flows.
    fn flow_states(&self) -> Result<Vec<FlowState>, StoreError>;

    /// The commuting flows of one level and period; empty where the store holds none.
    fn flows(&self, level: &LevelId, period: &Period) -> Result<Flows, StoreError>;

    /// Writes flows in one transaction and returns its number. `progress` is as in
    /// [`Store::commit`].
    fn put_flows(
        &self,
        batch: &FlowBatch<'_>,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<ChangeNumber, StoreError>;

    /// Every definition of the city's own, by kind and id.
    fn definitions(&self) -> Result<Vec<StoredDefinition>, StoreError>;

    /// Puts definitions in place of those of the same kind and id, in one transaction.
    fn put_definitions(&self, definitions: &[Definition]) -> Result<ChangeNumber, StoreError>;

    /// Takes a definition away; `None` where there is none.
    fn remove_definition(&self, kind: &str, id: &str) -> Result<Option<ChangeNumber>, StoreError>;

    /// The network of a name (`walk`, `car`), with its streets; `None` where none was imported.
    fn network(&self, name: &str) -> Result<Option<StoredNetwork>, StoreError>;

    /// The names of all networks, in their order.
    fn network_names(&self) -> Result<Vec<String>, StoreError>;

    /// The number of the commit that last wrote the network; `None` where there is none.
    fn network_number(&self, name: &str) -> Result<Option<ChangeNumber>, StoreError>;

    /// Puts networks in place of those of the same names, in one transaction.
    fn set_networks(&self, networks: &[(&str, &StoredNetwork)])
    -> Result<ChangeNumber, StoreError>;

    /// Puts one network in place of the one of that name.
    fn set_network(&self, name: &str, network: &StoredNetwork) -> Result<ChangeNumber, StoreError> {
        self.set_networks(&[(name, network)])
    }

    /// Every scenario with its edits, oldest first.
    fn scenarios(&self) -> Result<Vec<StoredScenario>, StoreError>;

    /// One scenario; `None` where there is none of that id.
    fn scenario(&self, id: u64) -> Result<Option<StoredScenario>, StoreError>;

    /// Makes an empty scenario of a reading, which it keeps; ids are never given twice.
    fn create_scenario(
        &self,
        name: &str,
        note: &str,
        reading: &str,
    ) -> Result<StoredScenario, StoreError>;

    /// Writes name, note and edits of a scenario that was read at `scenario.version`, in one
    /// transaction with an entry `what` in their change log; answers it with its new version.
    ///
    /// # Errors
    /// There is none, or somebody else wrote it meanwhile: nothing is written then.
    fn put_scenario(
        &self,
        scenario: &StoredScenario,
        what: &str,
    ) -> Result<StoredScenario, StoreError>;

    /// Removes a scenario that was read at `version`; its change log stays.
    ///
    /// # Errors
    /// As [`Store::put_scenario`].
    fn delete_scenario(&self, id: u64, version: u64) -> Result<(), StoreError>;

    /// What was done to the scenarios, oldest first. They have a change log of their own: the data
    /// of the city are the same whatever is tried on them.
    fn scenario_changes(&self) -> Result<Vec<ScenarioChange>, StoreError>;

    /// A setting of the city (its title, time zone, map approval number …).
    fn setting(&self, key: &str) -> Result<Option<String>, StoreError>;

    fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError>;

    /// Every setting, by its key.
    fn settings(&self) -> Result<Vec<(String, String)>, StoreError>;
}
