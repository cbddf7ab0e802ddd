use std::sync::Arc;

use super::{
    Accounts, SignedIn,
    book::{Book, values},
    identities, policy, sign_in, users,
};
use crate::accounts::{AccountError, Actor, Credential, Pending, Role, UserName, secret};

/// A session ends after half a day, however busy.
const LONGEST_S: i64 = 12 * 3600;

/// How exactly the last request of a session is kept.
const SEEN_S: i64 = 60;

impl Accounts {
    /// Whose session a secret is; `None` where it is unknown, idle for too long, or ended.
    ///
    /// # Errors
    /// What the file says.
    pub fn session(&self, secret: &str, now_s: i64) -> Result<Option<Actor>, AccountError> {
        let hash = secret::hash(secret);
        self.recall(&hash, |book| find(book, &hash, now_s))
    }

    /// Whose session it still is, by what it showed before: asking so is no request of theirs and
    /// keeps no idle session alive. `None` once it has ended, or for what is no session.
    ///
    /// # Errors
    /// What the file says.
    pub fn standing(
        &self,
        credential: &Credential,
        now_s: i64,
    ) -> Result<Option<Actor>, AccountError> {
        let Credential::Session(hash) = credential else {
            return Ok(None);
        };
        let found = self.read(|book| look(book, hash, now_s))?;
        Ok(found
            .filter(|found| !found.has_ended)
            .map(|found| found.actor))
    }

    /// Signs out.
    ///
    /// # Errors
    /// What the file says.
    pub fn end_session(&self, credential: &Credential) -> Result<(), AccountError> {
        let Credential::Session(hash) = credential else {
            return Ok(());
        };
        self.change(|book| {
            book.execute("delete from sessions where hash = ?1", values![&**hash])?;
            Ok(())
        })
    }

    /// A session without a password: of whoever owns the machine, for tests.
    ///
    /// # Errors
    /// There is no such account.
    pub fn begin_session(&self, user: &UserName, now_s: i64) -> Result<SignedIn, AccountError> {
        self.write(|book| begin(book, user, now_s))
    }
}

pub(super) fn begin(
    book: &Book<'_>,
    user: &UserName,
    now_s: i64,
) -> Result<SignedIn, AccountError> {
    let secret = secret::new()?;
    let hash = secret::hash(&secret);
    let sql = "delete from sessions where created_at < ?1";
    book.execute(sql, values![now_s - LONGEST_S])?;
    let sql = "insert into sessions values (?1, ?2, ?3, ?3)";
    book.execute(sql, values![&hash, user.as_str(), now_s])?;
    let actor = find(book, &hash, now_s)?;
    let actor = actor.ok_or_else(|| AccountError::NoUser(user.to_string()))?;
    Ok(SignedIn { actor, secret })
}

/// A session that was begun.
struct Found {
    actor: Actor,
    /// Seconds since its last request, as exactly as that is kept.
    idle_s: i64,
    /// It was idle for too long, or has lasted long enough.
    has_ended: bool,
}

/// The session of a hash, with the request that asks counted as one of its own.
fn find(book: &Book<'_>, hash: &str, now_s: i64) -> Result<Option<Actor>, AccountError> {
    let Some(found) = look(book, hash, now_s)? else {
        return Ok(None);
    };
    if found.has_ended {
        book.execute("delete from sessions where hash = ?1", values![hash])?;
        return Ok(None);
    }
    if found.idle_s >= SEEN_S {
        let sql = "update sessions set seen_at = ?2 where hash = ?1";
        book.execute(sql, values![hash, now_s])?;
    }
    Ok(Some(found.actor))
}

fn look(book: &Book<'_>, hash: &str, now_s: i64) -> Result<Option<Found>, AccountError> {
    let sql = "select \"user\", clearance, password_set_at, totp_key is not null, seen_at, \
               sessions.created_at from sessions join users on name = \"user\" \
               where hash = ?1 and is_disabled = 0";
    let Some(row) = book.row(sql, values![hash])? else {
        return Ok(None);
    };
    let (user, clearance): (String, String) = (row.get(0)?, row.get(1)?);
    let (password_at, has_factor): (i64, bool) = (row.get(2)?, row.get(3)?);
    let (seen_at, created_at): (i64, i64) = (row.get(4)?, row.get(5)?);
    let policy = policy::policy(book)?;
    let idle_s = now_s - seen_at;
    let user: UserName = user.parse()?;
    let grants = users::grants(book, &user, &clearance)?;
    let is_administrator = grants
        .roles
        .iter()
        .any(|role: &Role| role.is_administrator());
    let is_old = now_s - password_at > i64::from(policy.password_days) * 86_400;
    let must_enrol = sign_in::must_enrol(policy.second_factor, is_administrator) && !has_factor;
    // The provider has rules of its own for both.
    let is_bound = identities::is_bound(book, &user)?;
    let actor = Actor {
        user: Some(user),
        grants,
        credential: Credential::Session(Arc::from(hash)),
        pending: match (is_old, must_enrol) {
            _ if is_bound => None,
            (true, _) => Some(Pending::Password),
            (false, true) => Some(Pending::SecondFactor),
            (false, false) => None,
        },
        is_watermarked: policy.watermark,
    };
    Ok(Some(Found {
        actor,
        idle_s,
        has_ended: idle_s > i64::from(policy.idle_minutes) * 60 || now_s - created_at > LONGEST_S,
    }))
}
