//! The shared home: a database of PostgreSQL with PostGIS, whose layers are tables that other
//! programs read and edit.
//!
//! Every method waits for the database and must not be called from a task of an async runtime:
//! who serves requests calls it from a thread that may block, as with a file.

mod bulk;
pub(crate) mod connect;
mod definitions;
mod flows;
mod history;
mod layers;
mod listen;
mod migrate;
mod once;
mod read;
mod scenarios;
mod whole;
mod write;

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use deadpool_postgres::{Object, Pool};
use tokio::{runtime::Runtime, sync::watch};
use tokio_postgres::{Transaction, error::SqlState};

pub use migrate::{Migrated, migrate};

use super::{
    Batch, Change, ChangeNumber, ControlTotal, Definition, EditBatch, FlowBatch, FlowState,
    HistoryEntry, KeptAnswer, LayerState, ScenarioChange, Store, StoreError, StoredDefinition,
    StoredNetwork, StoredScenario, UnreadState, home::without_password, progress::Progress,
};
use crate::domain::{Catalog, Flows, Layer, LayerId, LevelId, Period, Table};

/// A city in a database.
///
/// Writers of one state wait for one another; the numbers of their commits become visible in
/// order. A commit is durable when it returns as far as the database says so
/// (`synchronous_commit`).
pub struct Postgres {
    /// Taken only when the home is dropped.
    runtime: Option<Runtime>,
    pool: Pool,
    address: Box<str>,
    catalog: Arc<Catalog>,
    /// Made when somebody first waits.
    heard: Mutex<Option<watch::Receiver<u64>>>,
}

/// Without the address, which may hold a password.
impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("address", &without_password(&self.address))
            .finish_non_exhaustive()
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let words = connect::in_words(&error);
        match error.code() {
            Some(&SqlState::DISK_FULL) => StoreError::NoRoom(words),
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => StoreError::Standby(words),
            _ if connect::is_passing(&error) => StoreError::Unreachable(words),
            _ => StoreError::Backend(words),
        }
    }
}

/// Why a commit failed: where its answer is lost nobody knows whether it was made.
fn uncommitted(error: tokio_postgres::Error) -> StoreError {
    match connect::is_unsure(&error) {
        true => StoreError::Unsure(connect::in_words(&error)),
        false => error.into(),
    }
}

impl Postgres {
    /// Opens the city in the database at `address`. Tables and columns that `catalog` declares
    /// and the database lacks are added; nothing is taken away.
    ///
    /// # Errors
    /// The database cannot be reached, holds no city or one of a newer program.
    pub fn open(address: &str, catalog: Arc<Catalog>) -> Result<Self, StoreError> {
        let runtime = connect::runtime()?;
        let pool = connect::pool(address)?;
        let home = Postgres {
            runtime: Some(runtime),
            pool,
            address: address.into(),
            catalog,
            heard: Mutex::default(),
        };
        home.run(async {
            let mut client = home.client(address).await?;
            let found = migrate::schema_of(&client).await?;
            migrate::check(&without_password(address), found)?;
            if !connect::is_standby(&client).await? {
                layers::extend(&mut client, &home.catalog).await?;
            }
            Ok(())
        })?;
        Ok(home)
    }

    fn run<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let runtime = self.runtime.as_ref().expect("taken only on drop");
        runtime.block_on(work)
    }

    async fn client(&self, address: &str) -> Result<Object, StoreError> {
        let got = self.pool.get().await;
        got.map_err(|error| connect::open_error(address, connect::pool_in_words(&error)))
    }

    async fn get(&self) -> Result<Object, StoreError> {
        let got = self.pool.get().await;
        got.map_err(|error| StoreError::Unreachable(connect::pool_in_words(&error)))
    }

    /// Runs `work` within one transaction that is taken back unless it succeeds.
    fn write<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.run(async {
            let mut client = self.get().await?;
            let transaction = tokio_postgres::Client::transaction(&mut client).await?;
            // Long imports may take their time; the triggers for other programs stay silent.
            transaction
                .batch_execute("set local statement_timeout = 0; set local suitu.writer = 'suitu'")
                .await?;
            let answer = work(&transaction).await?;
            transaction.commit().await.map_err(uncommitted)?;
            Ok(answer)
        })
    }

    /// Runs `work` on one state of the database.
    fn ask<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.run(async {
            let mut client = self.get().await?;
            let transaction = tokio_postgres::Client::build_transaction(&mut client)
                .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
                .read_only(true)
                .start()
                .await?;
            let answer = work(&transaction).await?;
            transaction.commit().await?;
            Ok(answer)
        })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The last owner may be a task of another runtime, where one must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Store for Postgres {
    fn states(&self) -> Result<Vec<LayerState>, StoreError> {
        self.ask(read::states)
    }

    fn unread_states(&self) -> Result<Vec<UnreadState>, StoreError> {
        self.ask(read::unread_states)
    }

    fn written_outside(
        &self,
        layer: &LayerId,
        period: &str,
        ids: &[&str],
    ) -> Result<BTreeMap<String, String>, StoreError> {
        self.ask(async |tx| read::written_outside(tx, layer, period, ids).await)
    }

    fn read(&self, layer: &Layer, period: &Period) -> Result<Table, StoreError> {
        whole::read(self, layer, period)
    }

    fn commit(
        &self,
        batches: &[Batch<'_>],
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<ChangeNumber, StoreError> {
        let levels = self.catalog.levels();
        let mut progress = Progress::new(progress);
        self.write(async |tx| write::commit(tx, &levels, batches, &mut progress).await)
    }

    fn read_rows(&self, layer: &Layer, period: &Period, ids: &[&str]) -> Result<Table, StoreError> {
        let levels = self.catalog.levels();
        self.ask(async |tx| bulk::rows(tx, layer, &levels, period, ids).await)
    }

    fn edit(&self, batch: &EditBatch<'_>) -> Result<ChangeNumber, StoreError> {
        let levels = self.catalog.levels();
        self.write(async |tx| {
            // Nobody waits long for a row or the log that another program holds.
            tx.batch_execute("set local statement_timeout = '60s'; set local lock_timeout = '5s'")
                .await?;
            history::edit(tx, &levels, batch).await
        })
    }

    fn answered(&self, who: &str, key: &str) -> Result<Option<KeptAnswer>, StoreError> {
        self.ask(async |tx| once::find(tx, who, key).await)
    }

    fn history(
        &self,
        layer: &Layer,
        period: &Period,
        id: &str,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        self.ask(async |tx| history::of_feature(tx, layer, period, id).await)
    }

    fn change_number(&self) -> Result<ChangeNumber, StoreError> {
        self.ask(read::change_number)
    }

    fn stamp(&self) -> Result<i64, StoreError> {
        self.ask(read::change_number).map(|number| number as i64)
    }

    fn wait(&self, longest: Duration) {
        let runtime = self.runtime.as_ref().expect("taken only on drop");
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let heard =
            heard.get_or_insert_with(|| listen::begin(runtime.handle(), self.address.to_string()));
        runtime.block_on(async {
            let waited = tokio::time::timeout(longest, heard.changed()).await;
            if matches!(waited, Ok(Err(_))) {
                // Nobody listens any more.
                tokio::time::sleep(longest).await;
            }
        });
    }

    fn takes_writes(&self) -> Result<bool, StoreError> {
        self.ask(read::takes_writes)
    }

    fn holds(&self, number: ChangeNumber) -> Result<bool, StoreError> {
        self.ask(async |tx| read::holds(tx, number).await)
    }

    fn changes_since(&self, number: ChangeNumber) -> Result<Vec<Change>, StoreError> {
        self.ask(async |tx| read::changes_since(tx, number).await)
    }

    fn control_totals(
        &self,
        layer: &LayerId,
        period: &Period,
    ) -> Result<Vec<ControlTotal>, StoreError> {
        self.ask(async |tx| read::control_totals(tx, layer, period).await)
    }

    fn flow_states(&self) -> Result<Vec<FlowState>, StoreError> {
        self.ask(flows::states)
    }

    fn flows(&self, level: &LevelId, period: &Period) -> Result<Flows, StoreError> {
        self.ask(async |tx| flows::read(tx, level, period).await)
    }

    fn put_flows(
        &self,
        batch: &FlowBatch<'_>,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<ChangeNumber, StoreError> {
        let mut progress = Progress::new(progress);
        self.write(async |tx| flows::put(tx, batch, &mut progress).await)
    }

    fn definitions(&self) -> Result<Vec<StoredDefinition>, StoreError> {
        self.ask(definitions::all)
    }

    fn put_definitions(&self, definitions: &[Definition]) -> Result<ChangeNumber, StoreError> {
        self.write(async |tx| definitions::put(tx, definitions).await)
    }

    fn remove_definition(&self, kind: &str, id: &str) -> Result<Option<ChangeNumber>, StoreError> {
        self.write(async |tx| definitions::remove(tx, kind, id).await)
    }

    fn network(&self, name: &str) -> Result<Option<StoredNetwork>, StoreError> {
        self.ask(async |tx| read::network(tx, name).await)
    }

    fn network_names(&self) -> Result<Vec<String>, StoreError> {
        self.ask(read::network_names)
    }

    fn network_number(&self, name: &str) -> Result<Option<ChangeNumber>, StoreError> {
        self.ask(async |tx| read::network_number(tx, name).await)
    }

    fn set_networks(
        &self,
        networks: &[(&str, &StoredNetwork)],
    ) -> Result<ChangeNumber, StoreError> {
        self.write(async |tx| write::set_networks(tx, networks).await)
    }

    fn scenarios(&self) -> Result<Vec<StoredScenario>, StoreError> {
        self.ask(scenarios::all)
    }

    fn scenario(&self, id: u64) -> Result<Option<StoredScenario>, StoreError> {
        self.ask(async |tx| scenarios::find(tx, id).await)
    }

    fn create_scenario(
        &self,
        name: &str,
        note: &str,
        reading: &str,
    ) -> Result<StoredScenario, StoreError> {
        self.write(async |tx| scenarios::create(tx, name, note, reading).await)
    }

    fn put_scenario(
        &self,
        scenario: &StoredScenario,
        what: &str,
    ) -> Result<StoredScenario, StoreError> {
        self.write(async |tx| scenarios::put(tx, scenario, what).await)
    }

    fn delete_scenario(&self, id: u64, version: u64) -> Result<(), StoreError> {
        self.write(async |tx| scenarios::delete(tx, id, version).await)
    }

    fn scenario_changes(&self) -> Result<Vec<ScenarioChange>, StoreError> {
        self.ask(scenarios::changes)
    }

    fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.ask(async |tx| read::setting(tx, key).await)
    }

    fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.write(async |tx| write::set_setting(tx, key, value).await)
    }

    fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.ask(read::settings)
    }
}
