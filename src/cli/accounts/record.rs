//! What is done on the command line, in the record of the city's accounts.

use std::path::{Path, PathBuf};

use super::super::Failure;
use crate::{
    accounts::{
        Place, are_in_database,
        audit::{Chain, Entry},
        beside, create_record,
    },
    clock,
    store::Home,
};

/// Whoever owns the machine, as far as it says.
pub fn machine() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    format!("machine:{}", name.as_deref().unwrap_or("?"))
}

/// Where the record of a city is, ready to be written, if it has accounts: those that the environment
/// names, else those beside a city in a file or in the database of the city itself.
///
/// # Errors
/// Accounts in a database while nothing names the file of this machine's record, or that cannot be
/// written: what is not on record is not done.
pub fn find(city: &Home) -> Result<Option<PathBuf>, Failure> {
    let named = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty());
    let record = named("SUITU_RECORD").map(PathBuf::from);
    let accounts = match (named("SUITU_ACCOUNTS"), &record, city) {
        (Some(accounts), _, _) => Some(accounts.to_string_lossy().parse()?),
        (None, Some(record), _) => return ready(record),
        (None, None, Home::File(_)) => beside(city).map(Home::File),
        (None, None, Home::Database(address)) => are_in_database(address)?.then(|| city.clone()),
    };
    match (accounts, record) {
        (None, _) => Ok(None),
        (Some(Home::File(path)), None) if path.is_file() => ready(&path),
        (Some(Home::File(_)), None) => Ok(None),
        (Some(Home::Database(_)), None) => Err(NO_RECORD.into()),
        (Some(accounts), Some(record)) => ready(Place::new(accounts, Some(record))?.record()),
    }
}

const NO_RECORD: &str = "the accounts of this city are in a database, and nothing names the file of this machine's \
     record, so nothing is done: set SUITU_RECORD to a file that is kept (it is made where there is \
     none), SUITU_RECORD=/var/lib/suitu/record.db (账户在数据库中，而未指明本机的审计记录文件，\
     因此不予执行：请把环境变量 SUITU_RECORD 设为一个长期保存的文件，不存在时自动建立)";

fn ready(record: &Path) -> Result<Option<PathBuf>, Failure> {
    create_record(record)?;
    Chain::open(record)?.check_writable()?;
    Ok(Some(record.to_owned()))
}

/// Adds what was done, and how it ended.
///
/// # Errors
/// The record cannot be written.
pub fn add<T>(
    path: &Path,
    act: &str,
    subject: &str,
    done: &Result<T, Failure>,
) -> Result<(), Failure> {
    let outcome = if done.is_ok() { "done" } else { "failed" };
    let entry = Entry {
        at_ms: clock::unix_ms(),
        who: machine(),
        credential: "machine".into(),
        origin: "local".into(),
        act: act.into(),
        subject: subject.into(),
        outcome: outcome.into(),
        times: 1,
    };
    Chain::open(path)?.append([entry])?;
    Ok(())
}
