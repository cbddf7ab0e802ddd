//! Accounts over HTTP: who asks, whether they may, and the routes of accounts, grants and record.

mod audit;
mod caller;
mod cookie;
mod enforce;
mod protection;
mod provider;
mod session;
mod standing;
mod tokens;
mod users;

use std::{net::IpAddr, sync::Arc};

use tokio::sync::Semaphore;

pub use audit::*;
pub use caller::{Caller, bare};
pub use enforce::{Noted, enforce};
pub use protection::*;
pub use provider::*;
pub use session::*;
pub use tokens::*;
pub use users::*;

use super::{ApiError, AppState};
use crate::accounts::{AccountError, Accounts, Actor, Buckets, Provider, audit::Recorder};

/// By which names a server with accounts is reached, through whom, and who vouches for people.
#[derive(Clone, Debug, Default)]
pub struct Doors {
    /// Names that a `Host` may have, beside addresses and names of this machine.
    pub hosts: Vec<String>,
    /// Addresses whose forwarding headers are believed.
    pub proxies: Vec<IpAddr>,
    /// The identity provider that vouches for people.
    pub provider: Option<Arc<Provider>>,
}

/// Requests a second that one account may send in the long run, and at once: a map begins with
/// some hundred tiles.
const REQUESTS: (f64, f64) = (50.0, 600.0);

/// Attempts to sign in a second from one address: a whole office may sit behind it.
const SIGN_INS: (f64, f64) = (0.5, 30.0);

/// Passwords that are checked at once: each takes 19 MiB.
const HASHED_AT_ONCE: usize = 2;

/// What a server with accounts has.
#[derive(Debug)]
pub struct Access {
    pub accounts: Arc<Accounts>,
    pub recorder: Recorder,
    pub doors: Doors,
    requests: Buckets,
    sign_ins: Buckets,
    hashing: Arc<Semaphore>,
    told: standing::Told,
}

impl Access {
    pub fn new(accounts: Arc<Accounts>, recorder: Recorder, doors: Doors) -> Self {
        Access {
            accounts,
            recorder,
            doors,
            requests: Buckets::new(REQUESTS.0, REQUESTS.1),
            sign_ins: Buckets::new(SIGN_INS.0, SIGN_INS.1),
            hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)),
            told: standing::Told::default(),
        }
    }

    /// Asks the accounts, away from the threads that serve requests.
    pub async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Accounts) -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let accounts = self.accounts.clone();
        let done = tokio::task::spawn_blocking(move || act(&accounts)).await;
        Ok(done.map_err(|e| ApiError::Internal(e.to_string()))??)
    }

    /// The same for what hashes a password: few at once.
    async fn hash<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Accounts) -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = self.hashing.clone().acquire_owned().await;
        let _turn = turn.map_err(|e| ApiError::Internal(e.to_string()))?;
        self.with(act).await
    }
}

impl AppState {
    /// The accounts of this server.
    fn accounts(&self) -> Result<&Arc<Access>, ApiError> {
        self.access.as_ref().ok_or_else(|| ApiError::Nothing {
            reason: "no_accounts",
            detail: "this city has no accounts; `suitu accounts init` makes them".into(),
        })
    }
}

/// The actor's own name; routes of an account are refused before to whoever has none.
fn own_name(actor: &Actor) -> Result<crate::accounts::UserName, ApiError> {
    let name = actor.user.clone();
    name.ok_or_else(|| ApiError::Internal("an operation of an account without one".into()))
}
