use std::{
    convert::Infallible,
    fmt, fs,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use super::{Store, StoreError, geopackage::GeoPackage, postgres::Postgres};
use crate::domain::Catalog;

/// Where a city is kept: a file or a database.
#[derive(Clone, PartialEq, Eq)]
pub enum Home {
    File(PathBuf),
    /// An address `postgresql://USER@HOST,HOST:PORT/DATABASE?…`; it may hold a password.
    Database(String),
}

impl Home {
    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Home::File(path) => Some(path),
            Home::Database(_) => None,
        }
    }

    /// Whether a city may be there; what a database holds shows when it is opened.
    pub fn exists(&self) -> bool {
        self.file().is_none_or(Path::exists)
    }

    /// Takes away the file of a city that was made in vain.
    pub fn discard(&self) {
        if let Home::File(path) = self {
            for suffix in ["", "-wal", "-shm"] {
                fs::remove_file(format!("{}{suffix}", path.display())).ok();
            }
        }
    }
}

impl FromStr for Home {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_address = ["postgresql://", "postgres://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        Ok(match is_address {
            true => Home::Database(text.to_owned()),
            false => Home::File(text.into()),
        })
    }
}

/// Without the password.
impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Home::File(path) => path.display().fmt(f),
            Home::Database(address) => f.write_str(&without_password(address)),
        }
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Home({self})")
    }
}

/// An address as it may be printed.
pub(super) fn without_password(address: &str) -> String {
    let (before, query) = address.split_once('?').unwrap_or((address, ""));
    let mut shown = match before.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((who, place)) => {
                let user = who.split_once(':').map_or(who, |(user, _)| user);
                format!("{scheme}://{user}@{place}")
            }
            None => before.to_owned(),
        },
        None => before.to_owned(),
    };
    let open = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("password="));
    for (at, pair) in open.enumerate() {
        shown.push(if at == 0 { '?' } else { '&' });
        shown.push_str(pair);
    }
    shown
}

/// Opens a city that is there.
///
/// # Errors
/// There is none, it is newer than this program, or it cannot be reached.
pub fn open(home: &Home, catalog: Arc<Catalog>) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match home {
        Home::File(path) => Arc::new(GeoPackage::open(path, catalog)?),
        Home::Database(address) => Arc::new(Postgres::open(address, catalog)?),
    })
}

/// Opens a city; a file that is not there is made. A database must have been prepared by
/// `suitu migrate`.
///
/// # Errors
/// As [`open`], or the file cannot be made.
pub fn open_or_create(home: &Home, catalog: Arc<Catalog>) -> Result<Arc<dyn Store>, StoreError> {
    match home {
        Home::File(path) => Ok(Arc::new(GeoPackage::open_or_create(path, catalog)?)),
        Home::Database(_) => open(home, catalog),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_printed_without_its_password() {
        for (address, shown) in [
            (
                "postgresql://suitu:s3cret@db1,db2:5433/city?sslmode=require",
                "postgresql://suitu@db1,db2:5433/city?sslmode=require",
            ),
            (
                "postgres://db/city?password=s3cret&user=suitu",
                "postgres://db/city?user=suitu",
            ),
            ("city.gpkg", "city.gpkg"),
        ] {
            let home: Home = address.parse().unwrap();
            assert_eq!(home.to_string(), shown);
            assert!(!format!("{home:?}").contains("s3cret"));
        }
    }

    #[test]
    fn only_addresses_are_databases() {
        let home = |text: &str| text.parse::<Home>().unwrap();
        assert_eq!(home("a/b.gpkg").file(), Some(Path::new("a/b.gpkg")));
        assert_eq!(home("postgres://db/city").file(), None);
    }
}
