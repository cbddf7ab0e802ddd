use std::path::{Path, PathBuf};

use crate::{accounts::AccountError, store::Home};

/// Where the accounts of a city are, and the record of what is done on this server.
#[derive(Clone, Debug)]
pub struct Place {
    accounts: Home,
    record: PathBuf,
}

impl Place {
    /// Accounts in a file, which holds the record too.
    pub fn file(path: &Path) -> Self {
        Place {
            accounts: Home::File(path.to_owned()),
            record: path.to_owned(),
        }
    }

    /// Accounts in a file or a database. Servers that share a database have the same accounts and
    /// each a record of its own, in a file: it goes on while no database can be reached.
    ///
    /// # Errors
    /// Accounts in a database without a file for the record, or a file with another for it.
    pub fn new(accounts: Home, record: Option<PathBuf>) -> Result<Self, AccountError> {
        match (accounts.file(), record) {
            (Some(path), None) => Ok(Place::file(path)),
            (Some(path), Some(record)) if path == record => Ok(Place::file(path)),
            (Some(_), Some(_)) => Err(AccountError::refused(
                "账户在文件中时，审计记录也在其中；--record 只用于账户在数据库中时。",
                "accounts in a file hold their record: --record is of accounts in a database",
            )),
            (None, Some(record)) => Ok(Place { accounts, record }),
            (None, None) => Err(AccountError::refused(
                "账户在数据库中时，须另为本机的审计记录指定一个文件：--record 文件",
                "accounts in a database need a file for the record of this server: --record FILE",
            )),
        }
    }

    pub fn accounts(&self) -> &Home {
        &self.accounts
    }

    /// The file of the record.
    pub fn record(&self) -> &Path {
        &self.record
    }

    /// Whether accounts may be there; what a database holds shows when it is opened.
    pub fn exists(&self) -> bool {
        self.accounts.exists()
    }
}

/// Where the accounts of a city in a file are unless another place is named: beside it.
pub fn beside(city: &Home) -> Option<PathBuf> {
    let city = city.file()?;
    let mut name = city.as_os_str().to_owned();
    name.push(".accounts.db");
    Some(name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_in_a_database_need_a_file_for_the_record_and_those_in_a_file_hold_it() {
        let place = |accounts: &str, record: Option<&str>| {
            let accounts = accounts.parse().unwrap();
            Place::new(accounts, record.map(PathBuf::from))
        };
        let database = "postgresql://suitu@db/city";
        assert_eq!(
            place(database, Some("r.db")).unwrap().record(),
            Path::new("r.db")
        );
        assert!(place(database, None).is_err());
        assert_eq!(place("a.db", None).unwrap().record(), Path::new("a.db"));
        assert!(place("a.db", Some("a.db")).is_ok());
        assert!(place("a.db", Some("r.db")).is_err());
    }
}
