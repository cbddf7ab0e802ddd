//! Where the books are opened: a connection to a file, or a pool of them to a database.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use deadpool_postgres::Pool;
use rusqlite::{Connection, TransactionBehavior};
use tokio::runtime::Runtime;

use super::book::Book;
use crate::{
    accounts::AccountError,
    store::{StoreError, postgres::connect},
};

/// Where a database keeps accounts: apart from the city, for whoever may read that.
pub(super) const SCHEMA: &str = "suitu_accounts";

/// Connections of one server: what is asked takes a moment.
const CONNECTIONS: usize = 4;

pub(super) enum Desk {
    File(Mutex<Connection>),
    /// The runtime is taken only when the desk is dropped.
    Database(Option<Runtime>, Pool),
}

impl Desk {
    pub(super) fn file(path: &Path) -> rusqlite::Result<Self> {
        Ok(Desk::File(Mutex::new(connect_file(path)?)))
    }

    pub(super) fn database(address: &str) -> Result<Self, AccountError> {
        let mut config = connect::config(address)?;
        let path = format!("-c search_path={SCHEMA}");
        let options = config.get_options().map(|own| format!("{own} {path}"));
        config.options(options.unwrap_or(path));
        let pool = connect::pool_of(config, address, CONNECTIONS)?;
        Ok(Desk::Database(Some(connect::runtime()?), pool))
    }

    /// Opens the book for one piece of work, which becomes true together or not at all; one that is
    /// `alone` has everybody else wait who writes.
    pub(super) fn open<T>(
        &self,
        alone: bool,
        act: impl FnOnce(&Book<'_>) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        match self {
            Desk::File(connection) => {
                // A panic while writing has rolled its transaction back: the connection is sound.
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                if !alone {
                    return act(&Book::File(&connection));
                }
                let path = connection.path().map(str::to_owned);
                let written = || {
                    let kind = TransactionBehavior::Immediate;
                    let transaction = connection.transaction_with_behavior(kind)?;
                    let done = act(&Book::File(&transaction))?;
                    transaction.commit()?;
                    Ok(done)
                };
                written().map_err(|error: AccountError| error.in_file(path.as_deref()))
            }
            Desk::Database(runtime, pool) => {
                let runtime = runtime.as_ref().expect("taken only on drop");
                let got = runtime.block_on(pool.get());
                let away = |error| StoreError::Unreachable(connect::pool_in_words(&error));
                let mut client = got.map_err(away)?;
                let begun = runtime.block_on(client.transaction());
                let transaction = begun.map_err(StoreError::from)?;
                let book = Book::Database(runtime, &transaction);
                if alone {
                    book.execute("lock table meta in exclusive mode", &[])?;
                }
                let done = act(&book)?;
                let committed = runtime.block_on(transaction.commit());
                committed.map_err(StoreError::from)?;
                Ok(done)
            }
        }
    }

    /// Carries out statements without parameters.
    pub(super) fn batch(&self, sql: &str) -> Result<(), AccountError> {
        match self {
            Desk::File(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(connection.execute_batch(sql)?)
            }
            Desk::Database(runtime, pool) => {
                let runtime = runtime.as_ref().expect("taken only on drop");
                let done = runtime.block_on(async {
                    let client = pool
                        .get()
                        .await
                        .map_err(|error| StoreError::Unreachable(connect::pool_in_words(&error)))?;
                    Ok::<_, StoreError>(client.batch_execute(sql).await?)
                });
                Ok(done?)
            }
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // The last owner may be a task of another runtime, where one must not wait.
        if let Desk::Database(runtime, _) = self
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}

/// A connection that loses nothing which it said was done.
pub(in crate::accounts) fn connect_file(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}
