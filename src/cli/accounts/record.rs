//! What is done on the command line, in the record of the city's accounts.

use std::path::{Path, PathBuf};

use super::super::Failure;
use crate::{
    accounts::{
        audit::{Chain, Entry},
        beside,
    },
    clock,
    store::Home,
};

/// Whoever owns the machine, as far as it says.
pub fn machine() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    format!("machine:{}", name.as_deref().unwrap_or("?"))
}

/// Where the record of a city is, if it has accounts.
pub fn find(city: &Home) -> Option<PathBuf> {
    let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let named = named("SUITU_RECORD").or_else(|| named("SUITU_ACCOUNTS"));
    let path = named.or_else(|| beside(city))?;
    path.is_file().then_some(path)
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
