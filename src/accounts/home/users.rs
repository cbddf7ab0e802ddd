use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{Accounts, identities};
use crate::{
    accounts::{AccountError, Grants, Role, UserName, secret},
    domain::{AreaCode, SecurityLevel},
};

/// How long an invitation can be used.
const INVITATION_S: i64 = 24 * 3600;

/// An account as the administrators see it.
#[derive(Clone, Debug, Serialize)]
pub struct UserInfo {
    pub name: UserName,
    /// The person, for people to read.
    pub title: String,
    pub created_at: i64,
    pub is_disabled: bool,
    pub has_password: bool,
    pub has_second_factor: bool,
    /// It signs in by the identity provider.
    pub by_provider: bool,
    pub roles: BTreeSet<Role>,
    pub scope: Vec<AreaCode>,
    pub clearance: SecurityLevel,
}

/// With this an account's person sets the password, once.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub user: UserName,
    pub secret: String,
    pub expires_at: i64,
}

impl Accounts {
    /// Every account in the order of names.
    ///
    /// # Errors
    /// What the file says.
    pub fn users(&self) -> Result<Vec<UserInfo>, AccountError> {
        let connection = self.lock();
        let mut found = connection.prepare(&format!("{SELECT} order by name"))?;
        let rows = found.query_map([], row)?;
        let rows: Vec<Found> = rows.collect::<Result<_, _>>()?;
        let told = rows.into_iter().map(|found| told(&connection, found));
        told.collect()
    }

    /// # Errors
    /// There is none of that name.
    pub fn user(&self, name: &UserName) -> Result<UserInfo, AccountError> {
        let connection = self.lock();
        let sql = format!("{SELECT} where name = ?1");
        let found = connection
            .query_row(&sql, [name.as_str()], row)
            .optional()?;
        told(&connection, found.ok_or_else(|| none(name))?)
    }

    /// A new account without grants, and the invitation by which its person sets a password.
    ///
    /// # Errors
    /// The name is taken, or the title too long.
    pub fn add_user(
        &self,
        name: &UserName,
        title: &str,
        now_s: i64,
    ) -> Result<Invitation, AccountError> {
        let title = checked_title(title)?;
        self.change(|connection| {
            let sql = "insert or ignore into users (name, title, created_at, password_set_at) \
                       values (?1, ?2, ?3, ?3)";
            if connection.execute(sql, params![name.as_str(), title, now_s])? == 0 {
                return Err(AccountError::UserThere(name.to_string()));
            }
            invite(connection, name, now_s)
        })
    }

    /// Takes password, second factor, the bond to a person of the identity provider, sessions and
    /// tokens away and gives a new invitation.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn reset_user(&self, name: &UserName, now_s: i64) -> Result<Invitation, AccountError> {
        self.change(|connection| {
            let sql = "update users set password = null, totp_key = null, totp_waiting = null \
                       where name = ?1";
            changed(connection.execute(sql, [name.as_str()])?, name)?;
            identities::unbind(connection, name)?;
            end_sessions(connection, name)?;
            // Whoever had the account meanwhile may have made some.
            connection.execute("delete from tokens where user = ?1", [name.as_str()])?;
            forget_attempts(connection, name)?;
            invite(connection, name, now_s)
        })
    }

    /// Another title for people to read.
    ///
    /// # Errors
    /// There is none of that name, or the title is too long.
    pub fn rename_user(&self, name: &UserName, title: &str) -> Result<(), AccountError> {
        let title = checked_title(title)?;
        self.change(|connection| {
            let sql = "update users set title = ?2 where name = ?1";
            changed(connection.execute(sql, [name.as_str(), title])?, name)
        })
    }

    /// Locks an account, its sessions and tokens, or opens it again.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn disable_user(&self, name: &UserName, is_disabled: bool) -> Result<(), AccountError> {
        self.change(|connection| {
            let sql = "update users set is_disabled = ?2 where name = ?1";
            changed(
                connection.execute(sql, params![name.as_str(), is_disabled])?,
                name,
            )?;
            if is_disabled {
                end_sessions(connection, name)?;
            }
            forget_attempts(connection, name)?;
            Ok(())
        })
    }

    /// Gives an account these roles, this scope and this clearance in place of what it had.
    ///
    /// # Errors
    /// Roles that one person may not hold together, a district official without a scope, an
    /// administrator who signs in by the identity provider, or no such account.
    pub fn set_grants(
        &self,
        name: &UserName,
        grants: &Grants,
        by: &str,
        now_s: i64,
    ) -> Result<(), AccountError> {
        Role::check_together(&grants.roles)?;
        if grants.roles.contains(&Role::District) == grants.scope.is_empty() {
            let rule = "a district official needs area codes, and nobody else has any";
            return Err(AccountError::field("scope", rule));
        }
        let administers = grants.roles.iter().any(|role| role.is_administrator());
        self.change(|connection| {
            if administers && identities::is_bound(connection, name)? {
                let rule =
                    "an administrator signs in by a password of their own: reset the account first";
                return Err(AccountError::field("roles", rule));
            }
            let sql = "update users set clearance = ?2 where name = ?1";
            let clearance = level_name(grants.clearance);
            changed(connection.execute(sql, [name.as_str(), clearance])?, name)?;
            connection.execute("delete from grants where user = ?1", [name.as_str()])?;
            connection.execute("delete from scopes where user = ?1", [name.as_str()])?;
            for role in &grants.roles {
                let sql = "insert into grants values (?1, ?2, ?3, ?4)";
                connection.execute(sql, params![name.as_str(), role.name(), by, now_s])?;
            }
            for code in &grants.scope {
                let sql = "insert or ignore into scopes values (?1, ?2)";
                connection.execute(sql, [name.as_str(), code.as_str()])?;
            }
            Ok(())
        })
    }
}

const SELECT: &str = "select name, title, created_at, is_disabled, password is not null, \
                      totp_key is not null, clearance from users";

struct Found {
    name: String,
    title: String,
    created_at: i64,
    flags: [bool; 3],
    clearance: String,
}

fn row(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        name: row.get(0)?,
        title: row.get(1)?,
        created_at: row.get(2)?,
        flags: [row.get(3)?, row.get(4)?, row.get(5)?],
        clearance: row.get(6)?,
    })
}

fn told(connection: &Connection, found: Found) -> Result<UserInfo, AccountError> {
    let name: UserName = found.name.parse()?;
    let grants = grants(connection, &name, &found.clearance)?;
    let [is_disabled, has_password, has_second_factor] = found.flags;
    let by_provider = identities::is_bound(connection, &name)?;
    Ok(UserInfo {
        name,
        title: found.title,
        created_at: found.created_at,
        is_disabled,
        has_password,
        has_second_factor,
        by_provider,
        roles: grants.roles,
        scope: grants.scope,
        clearance: grants.clearance,
    })
}

/// What an account was given.
pub(super) fn grants(
    connection: &Connection,
    name: &UserName,
    clearance: &str,
) -> Result<Grants, AccountError> {
    let list = |sql: &str| -> Result<Vec<String>, AccountError> {
        let mut found = connection.prepare_cached(sql)?;
        let rows = found.query_map([name.as_str()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let roles = list("select role from grants where user = ?1")?;
    let scope = list("select code from scopes where user = ?1 order by code")?;
    let damaged = |what: &str| AccountError::Backend(format!("`{what}` cannot be read"));
    let scope = scope
        .iter()
        .map(|code| code.parse().map_err(|_| damaged(code)));
    Ok(Grants {
        roles: roles
            .iter()
            .map(|role| role.parse())
            .collect::<Result<_, _>>()?,
        scope: scope.collect::<Result<_, _>>()?,
        clearance: level_of(clearance).ok_or_else(|| damaged(clearance))?,
    })
}

fn invite(
    connection: &Connection,
    name: &UserName,
    now_s: i64,
) -> Result<Invitation, AccountError> {
    let secret = secret::new()?;
    let expires_at = now_s + INVITATION_S;
    // The last one alone is good.
    connection.execute("delete from invitations where user = ?1", [name.as_str()])?;
    let sql = "insert into invitations values (?1, ?2, ?3)";
    connection.execute(
        sql,
        params![secret::hash(&secret), name.as_str(), expires_at],
    )?;
    Ok(Invitation {
        user: name.clone(),
        secret,
        expires_at,
    })
}

pub(super) fn end_sessions(connection: &Connection, name: &UserName) -> Result<(), AccountError> {
    connection.execute("delete from sessions where user = ?1", [name.as_str()])?;
    Ok(())
}

fn changed(rows: usize, name: &UserName) -> Result<(), AccountError> {
    match rows {
        0 => Err(none(name)),
        _ => Ok(()),
    }
}

fn none(name: &UserName) -> AccountError {
    AccountError::NoUser(name.to_string())
}

fn checked_title(title: &str) -> Result<&str, AccountError> {
    let title = title.trim();
    match title.chars().count() <= 60 && !title.chars().any(char::is_control) {
        true => Ok(title),
        false => Err(AccountError::field("title", "it is at most 60 letters")),
    }
}

const LEVELS: [(SecurityLevel, &str); 4] = [
    (SecurityLevel::Public, "public"),
    (SecurityLevel::Internal, "internal"),
    (SecurityLevel::Sensitive, "sensitive"),
    (SecurityLevel::Core, "core"),
];

fn level_name(level: SecurityLevel) -> &'static str {
    let named = LEVELS.iter().find(|(known, _)| *known == level);
    named.map_or("public", |(_, name)| name)
}

fn level_of(name: &str) -> Option<SecurityLevel> {
    let named = LEVELS.iter().find(|(_, known)| *known == name);
    named.map(|(level, _)| *level)
}

/// Attempts by a name from anywhere.
fn forget_attempts(connection: &Connection, name: &UserName) -> Result<(), AccountError> {
    let sql = "delete from attempts \
               where name = ?1 or substr(name, 1, length(?1) + 1) = ?1 || ' '";
    connection.execute(sql, [name.as_str()])?;
    Ok(())
}
