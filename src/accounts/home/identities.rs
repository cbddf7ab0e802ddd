//! Accounts that sign in by the identity provider.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Accounts, SignedIn, sessions, users};
use crate::accounts::{AccountError, Identity, Role, UserName};

impl Accounts {
    /// Signs in whom the provider vouches for. The first time the account that the provider's name
    /// stands for is bound to the person for ever, where it has no password of its own; from then on
    /// the person is known by what does not change with the name. Administrators sign in here.
    ///
    /// # Errors
    /// There is no such account, or it signs in otherwise.
    pub fn sign_in_by_provider(
        &self,
        identity: &Identity,
        now_s: i64,
    ) -> Result<SignedIn, AccountError> {
        self.change(|connection| {
            let sql = "select user from identities where issuer = ?1 and subject = ?2";
            let bound = connection.query_row(sql, [&identity.issuer, &identity.subject], |row| {
                row.get::<_, String>(0)
            });
            let user: UserName = match bound.optional()? {
                Some(bound) => bound.parse()?,
                None => bind(connection, identity, now_s)?,
            };
            if is_administrator(connection, &user)? {
                return Err(AccountError::NotByProvider);
            }
            // A locked account has no sessions.
            sessions::begin(connection, &user, now_s).map_err(|error| match error {
                AccountError::NoUser(_) => AccountError::NotByProvider,
                error => error,
            })
        })
    }
}

/// Binds the account of a person's name to the person.
fn bind(
    connection: &Connection,
    identity: &Identity,
    now_s: i64,
) -> Result<UserName, AccountError> {
    let refused = AccountError::NotByProvider;
    let user: UserName = identity.name.parse().map_err(|_| refused.clone())?;
    let sql = "select 1 from users where name = ?1 and password is null and not is_disabled \
               and not exists (select 1 from identities where user = name)";
    let free = connection.query_row(sql, [user.as_str()], |_| Ok(()));
    free.optional()?.ok_or(refused)?;
    let sql = "insert into identities values (?1, ?2, ?3, ?4)";
    let row = params![identity.issuer, identity.subject, user.as_str(), now_s];
    connection.execute(sql, row)?;
    // It has no password, and gets none.
    let sql = "delete from invitations where user = ?1";
    connection.execute(sql, [user.as_str()])?;
    Ok(user)
}

pub(super) fn is_bound(connection: &Connection, user: &UserName) -> Result<bool, AccountError> {
    let sql = "select exists (select 1 from identities where user = ?1)";
    Ok(connection.query_row(sql, [user.as_str()], |row| row.get(0))?)
}

pub(super) fn unbind(connection: &Connection, user: &UserName) -> Result<(), AccountError> {
    connection.execute("delete from identities where user = ?1", [user.as_str()])?;
    Ok(())
}

fn is_administrator(connection: &Connection, user: &UserName) -> Result<bool, AccountError> {
    let grants = users::grants(connection, user, "internal")?;
    Ok(grants
        .roles
        .iter()
        .any(|role: &Role| role.is_administrator()))
}
