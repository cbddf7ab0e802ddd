use super::Role;
use crate::store::{StoreError, geopackage::is_full};

/// Why the accounts refuse something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    #[error("{field}: {problem}")]
    Field {
        field: &'static str,
        problem: String,
    },
    #[error(
        "one account cannot be both {0} and {1}: the three administrators (三员) are different \
         people and see no data"
    )]
    NotTogether(Role, Role),
    #[error("there is no account `{0}`")]
    NoUser(String),
    #[error("there is an account `{0}` already")]
    UserThere(String),
    /// Name, password or code; which one is not told.
    #[error("name, password or code is wrong, or the account is locked")]
    WrongCredentials,
    #[error("a code of the second factor is needed")]
    CodeNeeded,
    #[error("too many wrong attempts; try again in {0} s")]
    Delayed(i64),
    /// Which of these is not told.
    #[error(
        "no account signs in so: there is none of that name, it is locked, has a password of its \
         own, or is an administrator's; ask the system administrator"
    )]
    NotByProvider,
    #[error("{path}: {problem}")]
    Provider { path: String, problem: String },
    #[error("the invitation is unknown, used or past its 24 hours; ask for another")]
    NoInvitation,
    #[error("there is no token `{0}`")]
    NoToken(String),
    #[error("{0}")]
    Refused(&'static str),
    #[error("the accounts in {path}: {problem}")]
    Open { path: String, problem: String },
    #[error("the disk of the accounts is full: nothing was written; make room on it")]
    NoRoom,
    #[error("the database of the accounts cannot be reached; try again in a moment")]
    Unreachable(String),
    #[error("accounts: {0}")]
    Backend(String),
}

impl AccountError {
    pub fn field(field: &'static str, problem: impl Into<String>) -> Self {
        AccountError::Field {
            field,
            problem: problem.into(),
        }
    }
}

impl From<rusqlite::Error> for AccountError {
    fn from(error: rusqlite::Error) -> Self {
        match is_full(&error) {
            true => AccountError::NoRoom,
            false => AccountError::Backend(error.to_string()),
        }
    }
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoRoom(_) => AccountError::NoRoom,
            StoreError::Unreachable(cause) | StoreError::Standby(cause) => {
                AccountError::Unreachable(cause)
            }
            StoreError::Open { path, problem } => AccountError::Open { path, problem },
            error => AccountError::Backend(error.to_string()),
        }
    }
}
