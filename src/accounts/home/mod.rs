//! The accounts' home: a SQLite file of its own beside the city, readable by its owner alone.
//!
//! Instants are seconds since 1970 (UTC) and are given by whoever calls: this room has no clock.

mod identities;
mod policy;
mod schema;
mod sessions;
mod sign_in;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;

pub use policy::{Policy, SecondFactor};
pub use sign_in::SignedIn;
pub use tokens::{NewToken, TokenInfo};
pub use users::{Invitation, UserInfo};

use super::{AccountError, Actor};
use crate::store::Home;

/// How long what is known of a session or token holds before the file is asked again: as late may
/// show what another program changed.
const KNOWN: Duration = Duration::from_secs(1);

/// Users, grants, sessions, tokens and policy in their file.
#[derive(Debug)]
pub struct Accounts {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// Whom a hash stands for, and when that was read.
    known: Mutex<HashMap<String, (Actor, Instant)>>,
    changes: AtomicU64,
}

/// Where the accounts of a city in a file are unless another place is named: beside it.
pub fn beside(city: &Home) -> Option<PathBuf> {
    let city = city.file()?;
    let mut name = city.as_os_str().to_owned();
    name.push(".accounts.db");
    Some(name.into())
}

impl Accounts {
    /// Makes a new home with nobody in it.
    ///
    /// # Errors
    /// There is a file already, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self, AccountError> {
        if path.exists() {
            return Err(open_error(path, "there are accounts already"));
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|e| open_error(path, e))?;
        let accounts = Accounts::connect(path)?;
        schema::create(&mut accounts.lock()).map_err(|e| open_error(path, e))?;
        Ok(accounts)
    }

    /// Opens a home that is there.
    ///
    /// # Errors
    /// There is none, it is no home of accounts, or it is newer than this program.
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        if !path.is_file() {
            let problem = "there is no such file; `suitu accounts init` makes it";
            return Err(open_error(path, problem));
        }
        let accounts = Accounts::connect(path)?;
        schema::open(&mut accounts.lock()).map_err(|problem| open_error(path, problem))?;
        Ok(accounts)
    }

    fn connect(path: &Path) -> Result<Self, AccountError> {
        Ok(Accounts {
            path: path.to_owned(),
            connection: Mutex::new(connect(path).map_err(|e| open_error(path, e))?),
            known: Mutex::default(),
            changes: AtomicU64::new(0),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while writing has rolled its transaction back: the connection is sound.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (Actor, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something in one transaction; whoever is signed in is looked up anew after it.
    fn change<T>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        let done = {
            let mut connection = self.lock();
            let kind = rusqlite::TransactionBehavior::Immediate;
            let transaction = connection.transaction_with_behavior(kind)?;
            let done = act(&transaction)?;
            transaction.commit()?;
            done
        };
        self.known().clear();
        self.changes.fetch_add(1, Ordering::Release);
        Ok(done)
    }

    /// How often this program has changed the accounts: while it stays the same, whoever is signed in
    /// may do what they might, but for time and other programs.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// What is known of a hash and was read a moment ago, else what `read` finds.
    fn recall(
        &self,
        hash: &str,
        read: impl FnOnce(&Connection) -> Result<Option<Actor>, AccountError>,
    ) -> Result<Option<Actor>, AccountError> {
        let now = Instant::now();
        if let Some((actor, at)) = self.known().get(hash)
            && now.duration_since(*at) < KNOWN
        {
            return Ok(Some(actor.clone()));
        }
        let found = read(&self.lock())?;
        let mut known = self.known();
        known.retain(|_, (_, at)| now.duration_since(*at) < KNOWN);
        if let Some(actor) = &found {
            known.insert(hash.to_owned(), (actor.clone(), now));
        }
        Ok(found)
    }
}

/// A connection that loses nothing which it said was done.
pub(in crate::accounts) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

fn open_error(path: &Path, problem: impl ToString) -> AccountError {
    AccountError::Open {
        path: path.display().to_string(),
        problem: problem.to_string(),
    }
}
