//! What people were last told of their own accounts, for as long as the accounts are away.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::super::ApiError;
use crate::accounts::{AccountError, Policy, UserInfo, UserName};

/// How an account stands.
#[derive(Clone, Debug)]
pub struct Standing {
    pub user: UserInfo,
    pub policy: Policy,
}

/// How accounts stood when they were last asked about.
#[derive(Debug, Default)]
pub struct Told(Mutex<HashMap<UserName, Standing>>);

impl Told {
    /// What was `found` of an account, or what was found before where the accounts are away.
    ///
    /// # Errors
    /// Any other failure, and that they are away where nothing was found before.
    pub fn keep(
        &self,
        name: &UserName,
        found: Result<(UserInfo, Policy), ApiError>,
    ) -> Result<Standing, ApiError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok((user, policy)) => {
                let standing = Standing { user, policy };
                known.insert(name.clone(), standing.clone());
                Ok(standing)
            }
            Err(error @ ApiError::Account(AccountError::Unreachable(_))) => {
                known.get(name).cloned().ok_or(error)
            }
            Err(error) => {
                known.remove(name);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Accounts, Place};

    #[test]
    fn who_is_known_is_told_the_same_while_the_accounts_are_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::file(&folder.path().join("accounts.db"));
        let accounts = Accounts::create(&place).expect("new accounts");
        let name: UserName = "li".parse().expect("a name");
        accounts.add_user(&name, "李", 0).expect("new");
        let both = || {
            let user = accounts.user(&name).map_err(ApiError::from)?;
            Ok((user, accounts.policy().map_err(ApiError::from)?))
        };
        let away = || Err(ApiError::Account(AccountError::Unreachable("away".into())));
        let told = Told::default();
        assert!(told.keep(&name, away()).is_err());
        told.keep(&name, both()).expect("there");
        let standing = told.keep(&name, away()).expect("remembered");
        assert_eq!(standing.user.title, "李");
        // An account that is gone is not told of any more.
        let gone = ApiError::Account(AccountError::WrongCredentials);
        assert!(told.keep(&name, Err(gone)).is_err());
        assert!(told.keep(&name, away()).is_err());
    }
}
