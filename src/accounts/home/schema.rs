//! The tables of the accounts' home, and of a record alone.

use std::{error::Error, fs, path::Path, sync::Mutex};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{
    desk::{Desk, SCHEMA, connect_file},
    open_error, unusable,
};
use crate::{accounts::AccountError, store::Home};

/// The version that this program writes.
const VERSION: u32 = 2;

/// The accounts' tables in a database.
const DATABASE: &str = include_str!("../../../migrations/accounts.sql");

/// What every file has: the record, only added to.
const RECORD: &str = "
create table meta (key text primary key, value text not null) without rowid;

create table audit (
    number integer primary key,
    at_ms integer not null,
    who text not null,
    credential text not null,
    origin text not null,
    act text not null,
    subject text not null,
    outcome text not null,
    times integer not null,
    hash text not null
);
create index audit_at on audit (at_ms);
create index audit_who on audit (who, number);

-- The last row that was pruned: the chain goes on from its hash.
create table audit_anchor (
    number integer primary key,
    hash text not null,
    pruned_at_ms integer not null
);

create trigger audit_is_not_changed before update on audit
begin select raise(abort, 'the record is only added to'); end;
create trigger audit_is_not_deleted before delete on audit
when (select value from meta where key = 'pruning') is not '1'
begin select raise(abort, 'the record is only added to'); end;
";

const TABLES: &str = "
create table users (
    name text primary key,
    title text not null,
    created_at integer not null,
    is_disabled integer not null default 0,
    clearance text not null default 'internal',
    password text,
    password_set_at integer not null default 0,
    -- The key of the second factor; a new one waits until it is confirmed.
    totp_key text,
    totp_waiting text,
    totp_step integer not null default 0
) without rowid;

create table old_passwords (
    user text not null references users on delete cascade,
    set_at integer not null,
    password text not null
);

create table grants (
    user text not null references users on delete cascade,
    role text not null,
    granted_by text not null,
    granted_at integer not null,
    primary key (user, role)
) without rowid;

create table scopes (
    user text not null references users on delete cascade,
    code text not null,
    primary key (user, code)
) without rowid;

-- Secrets are kept as their SHA-256 only.
create table invitations (
    hash text primary key,
    user text not null references users on delete cascade,
    expires_at integer not null
) without rowid;

create table sessions (
    hash text primary key,
    user text not null references users on delete cascade,
    created_at integer not null,
    seen_at integer not null
) without rowid;

create table tokens (
    id text primary key,
    hash text not null unique,
    user text not null references users on delete cascade,
    title text not null,
    roles text not null,
    created_at integer not null,
    expires_at integer not null
) without rowid;

-- Attempts to sign in since the last one that went well, also by names that nobody has: by name and
-- network with a space between, and by name alone from everywhere.
create table attempts (
    name text primary key,
    count integer not null,
    until integer not null
) without rowid;
";

/// Since version 2: whom the identity provider vouches for, and the account that is theirs.
const IDENTITIES: &str = "
create table identities (
    issuer text not null,
    subject text not null,
    user text not null unique references users on delete cascade,
    bound_at integer not null,
    primary key (issuer, subject)
) without rowid;
";

/// Makes a file with nobody in it, readable by its owner alone.
///
/// # Errors
/// There is one already, or it cannot be written.
pub fn create_file(path: &Path) -> Result<(), AccountError> {
    if path.exists() {
        return Err(unusable(
            &Home::File(path.to_owned()),
            "已有账户。",
            "there are accounts already",
        ));
    }
    make(path, &[RECORD, TABLES, IDENTITIES]).map_err(|error| unopened(path, error))
}

/// Makes the file of a record alone, where there is none.
///
/// # Errors
/// What is there holds no record, or it cannot be written.
pub fn create_record(path: &Path) -> Result<(), AccountError> {
    match path.exists() {
        true => check_record(path),
        false => make(path, &[RECORD]).map_err(|error| unopened(path, error)),
    }
}

/// Whether a file holds a record.
///
/// # Errors
/// There is none, it holds no record, or is of a newer program.
pub fn check_record(path: &Path) -> Result<(), AccountError> {
    if !path.is_file() {
        return Err(unusable(
            &Home::File(path.to_owned()),
            "没有这个文件。",
            "there is no such file",
        ));
    }
    let connection = connect_file(path).map_err(|error| unopened(path, error))?;
    let found = version(&connection).map(drop);
    found.map_err(|problem| unopened(path, problem))
}

fn make(path: &Path, tables: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    let mut connection = connect_file(path)?;
    let transaction = connection.transaction()?;
    tables
        .iter()
        .try_for_each(|tables| transaction.execute_batch(tables))?;
    let sql = "insert into meta values ('version', ?1)";
    transaction.execute(sql, [VERSION.to_string()])?;
    Ok(transaction.commit()?)
}

/// Opens a file; one of an older program becomes one of this.
///
/// # Errors
/// There is none, it holds no accounts, or is of a newer program.
pub fn open_file(path: &Path) -> Result<Desk, AccountError> {
    if !path.is_file() {
        let problem = "there is no such file; `suitu accounts init` makes it";
        let zh = "没有这个文件；suitu accounts init 会建立它。";
        return Err(unusable(&Home::File(path.to_owned()), zh, problem));
    }
    let mut connection = connect_file(path).map_err(|error| unopened(path, error))?;
    let version = version(&connection).map_err(|problem| unopened(path, problem))?;
    if version < VERSION {
        upgrade(&mut connection).map_err(|error| unopened(path, error))?;
    }
    let sql = "select 1 from sqlite_master where name = 'users'";
    let found = connection.query_row(sql, [], |_| Ok(())).optional();
    match found.map_err(|error| unopened(path, error))? {
        Some(()) => Ok(Desk::File(Mutex::new(connection))),
        None => Err(unusable(
            &Home::File(path.to_owned()),
            "其中只有审计记录，没有账户。",
            "it holds a record and no accounts",
        )),
    }
}

fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have done it meanwhile.
    let sql = "update meta set value = ?1 where key = 'version' and value = '1'";
    if transaction.execute(sql, [VERSION.to_string()])? == 1 {
        transaction.execute_batch(IDENTITIES)?;
    }
    transaction.commit()
}

/// The version of a file that this program can read.
fn version(connection: &Connection) -> Result<u32, String> {
    let sql = "select value from meta where key = 'version'";
    let found = connection.query_row(sql, [], |row| row.get::<_, String>(0));
    readable(found.optional().map_err(|_| NOTHING)?)
}

/// The version that stands in a home, where this program can read it.
fn readable(version: Option<String>) -> Result<u32, String> {
    match version.and_then(|version| version.parse::<u32>().ok()) {
        Some(version @ 1..=VERSION) => Ok(version),
        Some(newer) if newer > VERSION => {
            Err("it was written by a newer Suitu; use that one".into())
        }
        _ => Err(NOTHING.into()),
    }
}

const NOTHING: &str = "it holds no accounts";

/// Makes the tables of a database, where there are none.
///
/// # Errors
/// There are accounts already, or the database refuses.
pub fn create_in_database(desk: &Desk, home: &Home) -> Result<(), AccountError> {
    if is_there(desk)? {
        return Err(unusable(home, "已有账户。", "there are accounts already"));
    }
    desk.batch(DATABASE)
}

/// Whether the tables of a database are those of this program.
///
/// # Errors
/// There are none, or they are of a newer program.
pub fn open_in_database(desk: &Desk, home: &Home) -> Result<(), AccountError> {
    if !is_there(desk)? {
        let problem = "it holds no accounts; `suitu accounts init` makes them";
        let zh = "其中没有账户；suitu accounts init 会建立它们。";
        return Err(unusable(home, zh, problem));
    }
    let sql = "select value from meta where key = 'version'";
    let found = desk.open(false, |book| book.row(sql, &[]))?;
    let version = found.map(|row| row.get(0)).transpose()?;
    readable(version).map_err(|problem| open_error(home, problem))?;
    Ok(())
}

fn is_there(desk: &Desk) -> Result<bool, AccountError> {
    let sql = "select to_regclass('suitu_accounts.users') is not null";
    let found = desk.open(false, |book| book.row(sql, &[]))?;
    found.map_or(Ok(false), |row| row.get(0))
}

/// Whether a database holds accounts, also for who may not read them.
///
/// # Errors
/// It cannot be reached.
pub fn are_in_database(address: &str) -> Result<bool, AccountError> {
    let desk = Desk::database(address)?;
    let sql = format!("select exists (select from pg_namespace where nspname = '{SCHEMA}')");
    let found = desk.open(false, |book| book.row(&sql, &[]))?;
    found.map_or(Ok(false), |row| row.get(0))
}

fn unopened(path: &Path, problem: impl ToString) -> AccountError {
    open_error(&Home::File(path.to_owned()), problem)
}
