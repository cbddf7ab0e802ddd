//! Accounts that sign in by the identity provider.

use super::{
    Accounts, SignedIn,
    book::{Book, values},
    sessions, users,
};
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
        self.write(|book| {
            let sql = "select \"user\" from identities where issuer = ?1 and subject = ?2";
            let user: UserName =
                match book.row(sql, values![&identity.issuer, &identity.subject])? {
                    Some(bound) => bound.get::<String>(0)?.parse()?,
                    None => bind(book, identity, now_s)?,
                };
            if is_administrator(book, &user)? {
                return Err(AccountError::NotByProvider);
            }
            // A locked account has no sessions.
            sessions::begin(book, &user, now_s).map_err(|error| match error {
                AccountError::NoUser(_) => AccountError::NotByProvider,
                error => error,
            })
        })
    }
}

/// Binds the account of a person's name to the person.
fn bind(book: &Book<'_>, identity: &Identity, now_s: i64) -> Result<UserName, AccountError> {
    let refused = AccountError::NotByProvider;
    let user: UserName = identity.name.parse().map_err(|_| refused.clone())?;
    let sql = "select 1 from users where name = ?1 and password is null and is_disabled = 0 \
               and not exists (select 1 from identities where \"user\" = name)";
    book.row(sql, values![user.as_str()])?.ok_or(refused)?;
    let sql = "insert into identities values (?1, ?2, ?3, ?4)";
    let row = values![&identity.issuer, &identity.subject, user.as_str(), now_s];
    book.execute(sql, row)?;
    // It has no password, and gets none.
    let sql = "delete from invitations where \"user\" = ?1";
    book.execute(sql, values![user.as_str()])?;
    Ok(user)
}

pub(super) fn is_bound(book: &Book<'_>, user: &UserName) -> Result<bool, AccountError> {
    let sql = "select exists (select 1 from identities where \"user\" = ?1)";
    let found = book.row(sql, values![user.as_str()])?;
    found.map_or(Ok(false), |row| row.get(0))
}

pub(super) fn unbind(book: &Book<'_>, user: &UserName) -> Result<(), AccountError> {
    book.execute(
        "delete from identities where \"user\" = ?1",
        values![user.as_str()],
    )?;
    Ok(())
}

fn is_administrator(book: &Book<'_>, user: &UserName) -> Result<bool, AccountError> {
    let grants = users::grants(book, user, "internal")?;
    Ok(grants
        .roles
        .iter()
        .any(|role: &Role| role.is_administrator()))
}
