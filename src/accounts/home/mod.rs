//! The accounts' home: a SQLite file of its own beside the city, readable by its owner alone, or a
//! schema of its own in a database, where several servers share it. Each server keeps its record in
//! a file.
//!
//! Instants are seconds since 1970 (UTC) and are given by whoever calls: this room has no clock.
//! Every method waits and must not be called from a task of an async runtime.

mod book;
mod copy;
mod desk;
mod identities;
mod place;
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
    fmt,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use book::Book;
use desk::Desk;
pub(in crate::accounts) use desk::connect_file;
pub use place::{Place, beside};
pub use policy::{Policy, SecondFactor};
pub(in crate::accounts) use schema::check_record;
pub use schema::{are_in_database, create_record};
pub use sign_in::SignedIn;
pub use tokens::{NewToken, TokenInfo};
pub use users::{Invitation, UserInfo};

use super::{AccountError, Actor};
use crate::{domain::Title, store::Home};

/// How long what is known of a session or token holds before the home is asked again: as late may
/// show what another program changed.
const KNOWN: Duration = Duration::from_secs(1);

/// How long it holds while the database cannot be reached, so that whoever is signed in goes on
/// looking at the map through a failover.
pub const HOLDS_WHILE_AWAY: Duration = Duration::from_secs(300);

/// Users, grants, sessions, tokens and policy in their home.
pub struct Accounts {
    place: Place,
    desk: Desk,
    /// Whom a hash stands for, and when that was read.
    known: Mutex<HashMap<String, (Actor, Instant)>>,
    /// When the database was last found away.
    away: Mutex<Option<Instant>>,
    changes: AtomicU64,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// Makes a new home with nobody in it.
    ///
    /// # Errors
    /// There are accounts already, or it cannot be written.
    pub fn create(place: &Place) -> Result<Self, AccountError> {
        let desk = match place.accounts() {
            Home::File(path) => {
                schema::create_file(path)?;
                Desk::file(path).map_err(|error| open_error(place.accounts(), error))?
            }
            Home::Database(address) => {
                schema::create_record(place.record())?;
                let desk = Desk::database(address)?;
                schema::create_in_database(&desk, place.accounts())?;
                desk
            }
        };
        Ok(Accounts::at(place, desk))
    }

    /// Opens a home that is there; the file of a record that is not there yet is made.
    ///
    /// # Errors
    /// There is none, it is no home of accounts, or it is newer than this program.
    pub fn open(place: &Place) -> Result<Self, AccountError> {
        let desk = match place.accounts() {
            Home::File(path) => schema::open_file(path)?,
            Home::Database(address) => {
                let desk = Desk::database(address)?;
                schema::open_in_database(&desk, place.accounts())?;
                schema::create_record(place.record())?;
                desk
            }
        };
        Ok(Accounts::at(place, desk))
    }

    fn at(place: &Place, desk: Desk) -> Self {
        Accounts {
            place: place.clone(),
            desk,
            known: Mutex::default(),
            away: Mutex::default(),
            changes: AtomicU64::new(0),
        }
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The file of this server's record.
    pub fn record(&self) -> &Path {
        self.place.record()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (Actor, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads, or writes what nobody waits for.
    fn read<T>(
        &self,
        act: impl FnOnce(&Book<'_>) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        self.desk.open(false, act)
    }

    /// Does something in one transaction that takes nothing away from whoever is signed in.
    fn write<T>(
        &self,
        act: impl FnOnce(&Book<'_>) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        self.desk.open(true, act)
    }

    /// Does something in one transaction; whoever is signed in is looked up anew after it.
    fn change<T>(
        &self,
        act: impl FnOnce(&Book<'_>) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        let done = self.write(act)?;
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
        read: impl FnOnce(&Book<'_>) -> Result<Option<Actor>, AccountError>,
    ) -> Result<Option<Actor>, AccountError> {
        let now = Instant::now();
        let known = |longest: Duration| {
            let known = self.known();
            let (actor, at) = known.get(hash)?;
            (now.duration_since(*at) < longest).then(|| actor.clone())
        };
        if let Some(actor) = known(if self.is_away(now) {
            HOLDS_WHILE_AWAY
        } else {
            KNOWN
        }) {
            return Ok(Some(actor));
        }
        let found = match self.read(read) {
            Err(AccountError::Unreachable(cause)) => {
                *self.away.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                let actor = known(HOLDS_WHILE_AWAY);
                return actor.map_or(Err(AccountError::Unreachable(cause)), |actor| {
                    Ok(Some(actor))
                });
            }
            found => found?,
        };
        let mut known = self.known();
        known.retain(|_, (_, at)| now.duration_since(*at) < HOLDS_WHILE_AWAY);
        match &found {
            Some(actor) => known.insert(hash.to_owned(), (actor.clone(), now)),
            None => known.remove(hash),
        };
        Ok(found)
    }

    /// Whether the database was found away within the last second: it is not asked again yet.
    fn is_away(&self, now: Instant) -> bool {
        let away = *self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.is_some_and(|at| now.saturating_duration_since(at) < KNOWN)
    }
}

fn open_error(home: &Home, problem: impl ToString) -> AccountError {
    let problem = problem.to_string();
    unusable(home, &problem, &problem)
}

fn unusable(home: &Home, zh: &str, en: &str) -> AccountError {
    AccountError::Open {
        path: home.to_string(),
        problem: Title::new(zh, en),
    }
}
