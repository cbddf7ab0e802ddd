use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    Accounts,
    book::{Book, Row, values},
    identities,
};
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
        self.read(|book| {
            let rows = book.rows(&format!("{SELECT} order by name"), &[])?;
            rows.iter().map(|row| told(book, row)).collect()
        })
    }

    /// # Errors
    /// There is none of that name.
    pub fn user(&self, name: &UserName) -> Result<UserInfo, AccountError> {
        self.read(|book| {
            let sql = format!("{SELECT} where name = ?1");
            let found = book.row(&sql, values![name.as_str()])?;
            told(book, &found.ok_or_else(|| none(name))?)
        })
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
        self.change(|book| {
            let sql = "insert into users (name, title, created_at, password_set_at) \
                       values (?1, ?2, ?3, ?3) on conflict do nothing";
            if book.execute(sql, values![name.as_str(), title, now_s])? == 0 {
                return Err(AccountError::UserThere(name.to_string()));
            }
            invite(book, name, now_s)
        })
    }

    /// Takes password, second factor, the bond to a person of the identity provider, sessions and
    /// tokens away and gives a new invitation.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn reset_user(&self, name: &UserName, now_s: i64) -> Result<Invitation, AccountError> {
        self.change(|book| {
            let sql = "update users set password = null, totp_key = null, totp_waiting = null \
                       where name = ?1";
            changed(book.execute(sql, values![name.as_str()])?, name)?;
            identities::unbind(book, name)?;
            end_sessions(book, name)?;
            // Whoever had the account meanwhile may have made some.
            book.execute(
                "delete from tokens where \"user\" = ?1",
                values![name.as_str()],
            )?;
            forget_attempts(book, name)?;
            invite(book, name, now_s)
        })
    }

    /// Another title for people to read.
    ///
    /// # Errors
    /// There is none of that name, or the title is too long.
    pub fn rename_user(&self, name: &UserName, title: &str) -> Result<(), AccountError> {
        let title = checked_title(title)?;
        self.change(|book| {
            let sql = "update users set title = ?2 where name = ?1";
            changed(book.execute(sql, values![name.as_str(), title])?, name)
        })
    }

    /// Locks an account, its sessions and tokens, or opens it again.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn disable_user(&self, name: &UserName, is_disabled: bool) -> Result<(), AccountError> {
        self.change(|book| {
            let sql = "update users set is_disabled = ?2 where name = ?1";
            changed(
                book.execute(sql, values![name.as_str(), is_disabled])?,
                name,
            )?;
            if is_disabled {
                end_sessions(book, name)?;
            }
            forget_attempts(book, name)?;
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
            let rule = "A district official needs area codes, and nobody else has any.";
            return Err(AccountError::field(
                "scope",
                "“区、街道人员”须填辖区代码；其他角色不填。",
                rule,
            ));
        }
        let administers = grants.roles.iter().any(|role| role.is_administrator());
        self.change(|book| {
            if administers && identities::is_bound(book, name)? {
                let rule =
                    "An administrator signs in by a password of their own: reset the account first.";
                return Err(AccountError::field(
                    "roles",
                    "经统一身份认证登录的账户不能授予管理员角色，请先重置该账户的密码。",
                    rule,
                ));
            }
            let sql = "update users set clearance = ?2 where name = ?1";
            let clearance = level_name(grants.clearance);
            changed(book.execute(sql, values![name.as_str(), clearance])?, name)?;
            book.execute(
                "delete from grants where \"user\" = ?1",
                values![name.as_str()],
            )?;
            book.execute(
                "delete from scopes where \"user\" = ?1",
                values![name.as_str()],
            )?;
            for role in &grants.roles {
                let sql = "insert into grants values (?1, ?2, ?3, ?4)";
                book.execute(sql, values![name.as_str(), role.name(), by, now_s])?;
            }
            for code in &grants.scope {
                let sql = "insert into scopes values (?1, ?2) on conflict do nothing";
                book.execute(sql, values![name.as_str(), code.as_str()])?;
            }
            Ok(())
        })
    }
}

const SELECT: &str = "select name, title, created_at, is_disabled, password is not null, \
                      totp_key is not null, clearance from users";

fn told(book: &Book<'_>, row: &Row) -> Result<UserInfo, AccountError> {
    let name: UserName = row.get::<String>(0)?.parse()?;
    let grants = grants(book, &name, &row.get::<String>(6)?)?;
    let by_provider = identities::is_bound(book, &name)?;
    Ok(UserInfo {
        name,
        title: row.get(1)?,
        created_at: row.get(2)?,
        is_disabled: row.get(3)?,
        has_password: row.get(4)?,
        has_second_factor: row.get(5)?,
        by_provider,
        roles: grants.roles,
        scope: grants.scope,
        clearance: grants.clearance,
    })
}

/// What an account was given.
pub(super) fn grants(
    book: &Book<'_>,
    name: &UserName,
    clearance: &str,
) -> Result<Grants, AccountError> {
    let list = |sql: &str| -> Result<Vec<String>, AccountError> {
        let rows = book.rows(sql, values![name.as_str()])?;
        rows.iter().map(|row| row.get(0)).collect()
    };
    let roles = list("select role from grants where \"user\" = ?1")?;
    let scope = list("select code from scopes where \"user\" = ?1 order by code")?;
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

fn invite(book: &Book<'_>, name: &UserName, now_s: i64) -> Result<Invitation, AccountError> {
    let secret = secret::new()?;
    let expires_at = now_s + INVITATION_S;
    // The last one alone is good.
    book.execute(
        "delete from invitations where \"user\" = ?1",
        values![name.as_str()],
    )?;
    let sql = "insert into invitations values (?1, ?2, ?3)";
    book.execute(
        sql,
        values![&secret::hash(&secret), name.as_str(), expires_at],
    )?;
    Ok(Invitation {
        user: name.clone(),
        secret,
        expires_at,
    })
}

pub(super) fn end_sessions(book: &Book<'_>, name: &UserName) -> Result<(), AccountError> {
    book.execute(
        "delete from sessions where \"user\" = ?1",
        values![name.as_str()],
    )?;
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
    let wrong = |zh, en| Err(AccountError::field("title", zh, en));
    match title.chars().count() {
        61.. => wrong(
            "姓名与单位最多 60 个字。",
            "Name and office take at most 60 letters.",
        ),
        _ if title.chars().any(char::is_control) => wrong(
            "姓名与单位中有打不出来的字符（如换行），请删去。",
            "Name and office hold letters that cannot be typed, such as a line break.",
        ),
        _ => Ok(title),
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
fn forget_attempts(book: &Book<'_>, name: &UserName) -> Result<(), AccountError> {
    let sql = "delete from attempts \
               where name = ?1 or substr(name, 1, length(?1) + 1) = ?1 || ' '";
    book.execute(sql, values![name.as_str()])?;
    Ok(())
}
