use rusqlite::{Connection, OptionalExtension, params};

use super::{Accounts, sessions, users};
use crate::accounts::{
    AccountError, Actor, Enrolment, SecondFactor, UserName, password, secret, totp,
};

/// After so many wrong attempts the next one waits; each one after that waits twice as long. From
/// one network few are free; from all of them together more, so that nobody elsewhere can lock a
/// person out by a handful of them.
const FREE_FROM_ONE: i64 = 5;
const FREE_FROM_ALL: i64 = 50;
const FIRST_DELAY_S: i64 = 60;
const LONGEST_DELAY_S: i64 = 3600;

/// So many old passwords may not come again.
const OLD_PASSWORDS: i64 = 5;

/// Who signed in, and the secret of the session, which is shown once.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub actor: Actor,
    pub secret: String,
}

/// What an account signs in by.
struct Kept {
    name: UserName,
    is_disabled: bool,
    password: Option<String>,
    totp_key: Option<String>,
    totp_step: i64,
}

impl Accounts {
    /// Signs a person in. What is wrong (name, password, code, a locked account) is not told, and
    /// takes as long either way. `network` is where the attempt comes from.
    ///
    /// # Errors
    /// Wrong, too soon after wrong attempts, or a code is needed too.
    pub fn sign_in(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
        network: &str,
        now_s: i64,
    ) -> Result<SignedIn, AccountError> {
        let typed: Option<UserName> = name.parse().ok();
        let attempted = Attempt {
            name: typed.as_ref().map_or("-", UserName::as_str).to_owned(),
            network: network.to_owned(),
        };
        let kept = self.change(|connection| {
            // Counted before it is looked at, so that many at once gain nothing.
            attempted.count(connection, now_s)?;
            typed.map_or(Ok(None), |name| find(connection, &name))
        })?;
        let known = kept.as_ref().and_then(|kept| kept.password.as_deref());
        let is_right = password::verify(password, known);
        let kept = kept.filter(|kept| is_right && !kept.is_disabled);
        let kept = kept.ok_or(AccountError::WrongCredentials)?;
        let step = match (&kept.totp_key, code) {
            (None, _) => kept.totp_step,
            (Some(_), None) => {
                self.change(|connection| attempted.give_back(connection, now_s))?;
                return Err(AccountError::CodeNeeded);
            }
            (Some(key), Some(code)) => totp::accepted(key, code, now_s, kept.totp_step)
                .ok_or(AccountError::WrongCredentials)?,
        };
        self.change(|connection| {
            // Somebody else may have used the code meanwhile.
            let sql = "update users set totp_step = ?2 \
                       where name = ?1 and (totp_key is null or totp_step < ?2)";
            if connection.execute(sql, params![kept.name.as_str(), step])? == 0 {
                return Err(AccountError::WrongCredentials);
            }
            attempted.forget(connection)?;
            sessions::begin(connection, &kept.name, now_s)
        })
    }

    /// Sets the first password, or a new one after a reset, and signs in; the invitation is used up.
    ///
    /// # Errors
    /// No such invitation, or a password that may not be set.
    pub fn accept_invitation(
        &self,
        invitation: &str,
        new: &str,
        now_s: i64,
    ) -> Result<SignedIn, AccountError> {
        let hash = secret::hash(invitation.trim());
        let user = {
            let connection = self.lock();
            let sql = "select user from invitations join users on name = user \
                       where hash = ?1 and expires_at > ?2 and not is_disabled";
            let user = connection.query_row(sql, params![hash, now_s], |row| row.get(0));
            let user: Option<String> = user.optional()?;
            user.ok_or(AccountError::NoInvitation)?.parse()?
        };
        self.check_new(&user, new)?;
        let hashed = password::hash(new)?;
        self.change(|connection| {
            let sql = "delete from invitations where hash = ?1";
            if connection.execute(sql, [&hash])? == 0 {
                return Err(AccountError::NoInvitation);
            }
            set_password(connection, &user, &hashed, now_s)?;
            sessions::begin(connection, &user, now_s)
        })
    }

    /// Another password; other sessions of the account end.
    ///
    /// # Errors
    /// The old one is wrong, or the new one may not be set.
    pub fn change_password(
        &self,
        user: &UserName,
        old: &str,
        new: &str,
        network: &str,
        now_s: i64,
    ) -> Result<SignedIn, AccountError> {
        let attempted = Attempt::of(user, network);
        let kept = self.change(|connection| {
            attempted.count(connection, now_s)?;
            find(connection, user)
        })?;
        let known = kept.as_ref().and_then(|kept| kept.password.as_deref());
        if !password::verify(old, known) {
            return Err(AccountError::WrongCredentials);
        }
        self.check_new(user, new)?;
        let hashed = password::hash(new)?;
        self.change(|connection| {
            attempted.forget(connection)?;
            set_password(connection, user, &hashed, now_s)?;
            sessions::begin(connection, user, now_s)
        })
    }

    /// Begins to enrol a second factor: the key waits for a code.
    ///
    /// # Errors
    /// What the file says.
    pub fn begin_second_factor(&self, user: &UserName) -> Result<Enrolment, AccountError> {
        let made = totp::enrol(user)?;
        self.change(|connection| {
            let sql = "update users set totp_waiting = ?2 where name = ?1";
            connection.execute(sql, [user.as_str(), &made.key])?;
            Ok(())
        })?;
        Ok(made)
    }

    /// Enrols the second factor: a code shows that the key arrived. Where there is one already, a
    /// code of it is needed too: a session that was left open is not enough to replace it.
    ///
    /// # Errors
    /// Nothing was begun, or one of the codes is wrong.
    pub fn confirm_second_factor(
        &self,
        user: &UserName,
        code: &str,
        current: Option<&str>,
        network: &str,
        now_s: i64,
    ) -> Result<(), AccountError> {
        let attempted = Attempt::of(user, network);
        // Counted even where it fails.
        self.change(|connection| attempted.count(connection, now_s))?;
        self.change(|connection| {
            let sql = "select totp_waiting, totp_key, totp_step from users where name = ?1";
            let told = connection.query_row(sql, [user.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            });
            let (waiting, known, last): (Option<String>, Option<String>, i64) =
                told.optional()?.unwrap_or((None, None, 0));
            let key = waiting.ok_or(AccountError::Refused("begin to enrol first"))?;
            if let Some(known) = known {
                let accepted = totp::accepted(&known, current.unwrap_or(""), now_s, last);
                accepted.ok_or_else(|| {
                    AccountError::field("current", "it is not the one of the factor of now")
                })?;
            }
            let step = totp::accepted(&key, code, now_s, 0)
                .ok_or_else(|| AccountError::field("code", "it is not the one of now"))?;
            let sql = "update users set totp_key = totp_waiting, totp_waiting = null, \
                       totp_step = ?2 where name = ?1";
            connection.execute(sql, params![user.as_str(), step])?;
            attempted.forget(connection)
        })
    }

    /// Whether a password may be the next one of an account.
    fn check_new(&self, user: &UserName, new: &str) -> Result<(), AccountError> {
        password::check(new, user)?;
        let old: Vec<String> = {
            let connection = self.lock();
            let sql = "select password from old_passwords where user = ?1 \
                       order by set_at desc, rowid desc limit ?2";
            let mut found = connection.prepare(sql)?;
            let rows = found.query_map(params![user.as_str(), OLD_PASSWORDS], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        match old.iter().any(|old| password::verify(new, Some(old))) {
            true => Err(AccountError::field(
                "password",
                "it is one of the last five; choose another",
            )),
            false => Ok(()),
        }
    }
}

/// What stands between this account and everything else.
pub(super) fn must_enrol(second_factor: SecondFactor, is_administrator: bool) -> bool {
    match second_factor {
        SecondFactor::Optional => false,
        SecondFactor::Administrators => is_administrator,
        SecondFactor::Everyone => true,
    }
}

fn find(connection: &Connection, name: &UserName) -> Result<Option<Kept>, AccountError> {
    let sql = "select is_disabled, password, totp_key, totp_step from users where name = ?1";
    let found = connection.query_row(sql, [name.as_str()], |row| {
        Ok(Kept {
            name: name.clone(),
            is_disabled: row.get(0)?,
            password: row.get(1)?,
            totp_key: row.get(2)?,
            totp_step: row.get(3)?,
        })
    });
    Ok(found.optional()?)
}

fn set_password(
    connection: &Connection,
    user: &UserName,
    hashed: &str,
    now_s: i64,
) -> Result<(), AccountError> {
    let sql = "update users set password = ?2, password_set_at = ?3 where name = ?1";
    connection.execute(sql, params![user.as_str(), hashed, now_s])?;
    let sql = "insert into old_passwords values (?1, ?2, ?3)";
    connection.execute(sql, params![user.as_str(), now_s, hashed])?;
    users::end_sessions(connection, user)
}

/// Who is tried from where, whether or not anybody has the name.
struct Attempt {
    name: String,
    network: String,
}

impl Attempt {
    fn of(user: &UserName, network: &str) -> Self {
        Attempt {
            name: user.as_str().to_owned(),
            network: network.to_owned(),
        }
    }

    /// What is counted, and how many are free: from this network, and from all.
    fn counters(&self) -> [(String, i64); 2] {
        [
            (format!("{} {}", self.name, self.network), FREE_FROM_ONE),
            (self.name.clone(), FREE_FROM_ALL),
        ]
    }

    fn count(&self, connection: &Connection, now_s: i64) -> Result<(), AccountError> {
        let longest_ago = now_s - 24 * LONGEST_DELAY_S;
        connection.execute("delete from attempts where until < ?1", [longest_ago])?;
        let known = |counter: &str| -> Result<(i64, i64), AccountError> {
            let sql = "select count, until from attempts where name = ?1";
            let before = connection.query_row(sql, [counter], |row| Ok((row.get(0)?, row.get(1)?)));
            Ok(before.optional()?.unwrap_or((0, 0)))
        };
        let counters = self.counters();
        for (counter, _) in &counters {
            let (_, until) = known(counter)?;
            if until > now_s {
                return Err(AccountError::Delayed(until - now_s));
            }
        }
        for (counter, free) in &counters {
            let count = known(counter)?.0 + 1;
            let doubled = u32::try_from(count - free).ok();
            let delay = doubled.map_or(0, |times| FIRST_DELAY_S << times.min(10));
            let until = now_s + delay.min(LONGEST_DELAY_S);
            let sql = "insert into attempts values (?1, ?2, ?3) \
                       on conflict (name) do update \
                       set count = excluded.count, until = excluded.until";
            connection.execute(sql, params![counter, count, until])?;
        }
        Ok(())
    }

    /// The attempt of a moment ago was none; those before it stay counted.
    fn give_back(&self, connection: &Connection, now_s: i64) -> Result<(), AccountError> {
        for (counter, _) in self.counters() {
            let sql = "update attempts set count = count - 1, until = ?2 where name = ?1";
            connection.execute(sql, params![counter, now_s])?;
        }
        Ok(())
    }

    /// One that went well; those from other networks stay counted there.
    fn forget(&self, connection: &Connection) -> Result<(), AccountError> {
        for (counter, _) in self.counters() {
            connection.execute("delete from attempts where name = ?1", [counter])?;
        }
        Ok(())
    }
}
