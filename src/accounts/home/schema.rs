//! The tables of the accounts' home.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// The version that this program writes.
const VERSION: u32 = 2;

const TABLES: &str = "
create table meta (key text primary key, value text not null) without rowid;

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

pub fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.execute_batch(IDENTITIES)?;
    let sql = "insert into meta values ('version', ?1)";
    transaction.execute(sql, [VERSION.to_string()])?;
    transaction.commit()
}

/// Makes a file of an older program one of this; what is wrong where it is none or newer.
pub fn open(connection: &mut Connection) -> Result<(), String> {
    if version(connection)? == VERSION {
        return Ok(());
    }
    upgrade(connection).map_err(|e| e.to_string())
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
    let found = found.optional().map_err(|_| "it holds no accounts")?;
    let version = found.and_then(|version| version.parse::<u32>().ok());
    match version {
        Some(version @ 1..=VERSION) => Ok(version),
        Some(newer) if newer > VERSION => {
            Err("it was written by a newer Suitu; use that one".into())
        }
        _ => Err("it holds no accounts".into()),
    }
}
