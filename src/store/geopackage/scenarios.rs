//! The tables of scenarios: each with its edits and the edits taken back, and what was done to them.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::schema::columns;
use crate::store::{ScenarioChange, StoreError, StoredScenario};

/// Adds the tables of scenarios where they are lacking.
pub(super) fn extend(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let known = columns(transaction, "suitu_scenarios")?;
    if !known.is_empty() && !known.iter().any(|name| name == "reading") {
        transaction.execute_batch(
            "alter table suitu_scenarios add column reading text not null default ''",
        )?;
    }
    transaction.execute_batch(
        "create table if not exists suitu_scenarios (
           id integer primary key autoincrement, name text not null, note text not null,
           version integer not null, created_at text not null, changed_at text not null,
           reading text not null default '');
         -- Edits taken back stand after the others, the last one taken back first.
         create table if not exists suitu_scenario_edits (
           scenario integer not null, position integer not null, undone integer not null,
           edit text not null, primary key (scenario, position));
         create table if not exists suitu_scenario_changes (
           number integer primary key autoincrement,
           at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
           scenario integer not null, version integer not null, what text not null);",
    )
}

const COLUMNS: &str = "id, name, note, version, created_at, changed_at, reading";

fn head(row: &Row<'_>) -> rusqlite::Result<StoredScenario> {
    Ok(StoredScenario {
        id: row.get::<_, i64>(0)? as u64,
        name: row.get(1)?,
        note: row.get(2)?,
        version: row.get::<_, i64>(3)? as u64,
        created_at: row.get(4)?,
        changed_at: row.get(5)?,
        reading: row.get(6)?,
        ..StoredScenario::default()
    })
}

fn with_edits(
    connection: &Connection,
    mut scenario: StoredScenario,
) -> Result<StoredScenario, StoreError> {
    let mut statement = connection.prepare_cached(
        "select undone, edit from suitu_scenario_edits where scenario = ?1 order by position",
    )?;
    let mut rows = statement.query([scenario.id as i64])?;
    while let Some(row) = rows.next()? {
        let list = match row.get(0)? {
            false => &mut scenario.edits,
            true => &mut scenario.undone,
        };
        list.push(row.get(1)?);
    }
    Ok(scenario)
}

pub(super) fn all(connection: &Connection) -> Result<Vec<StoredScenario>, StoreError> {
    // One snapshot for all of them; it ends with the connection.
    connection.execute_batch("begin")?;
    let mut statement = connection.prepare(&format!(
        "select {COLUMNS} from suitu_scenarios order by id"
    ))?;
    let heads: Vec<StoredScenario> = statement.query_map([], head)?.collect::<Result<_, _>>()?;
    let whole = heads.into_iter().map(|head| with_edits(connection, head));
    whole.collect()
}

pub(super) fn read(connection: &Connection, id: u64) -> Result<Option<StoredScenario>, StoreError> {
    connection.execute_batch("begin")?;
    find(connection, id)
}

fn find(connection: &Connection, id: u64) -> Result<Option<StoredScenario>, StoreError> {
    let sql = format!("select {COLUMNS} from suitu_scenarios where id = ?1");
    let Ok(id) = i64::try_from(id) else {
        return Ok(None);
    };
    let found = connection.query_row(&sql, [id], head).optional()?;
    found.map(|head| with_edits(connection, head)).transpose()
}

fn log(transaction: &Transaction<'_>, id: u64, version: u64, what: &str) -> Result<(), StoreError> {
    transaction.execute(
        "insert into suitu_scenario_changes (scenario, version, what) values (?1, ?2, ?3)",
        params![id as i64, version as i64, what],
    )?;
    Ok(())
}

/// A transaction that no other writer gets into the middle of.
fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new(connection, TransactionBehavior::Immediate)
}

pub(super) fn create(
    connection: &mut Connection,
    name: &str,
    note: &str,
    reading: &str,
) -> Result<StoredScenario, StoreError> {
    let transaction = begin(connection)?;
    transaction.execute(
        "insert into suitu_scenarios (name, note, reading, version, created_at, changed_at)
         values (?1, ?2, ?3, 1, strftime('%Y-%m-%dT%H:%M:%fZ','now'),
                 strftime('%Y-%m-%dT%H:%M:%fZ','now'))",
        [name, note, reading],
    )?;
    let id = transaction.last_insert_rowid() as u64;
    log(&transaction, id, 1, "create")?;
    let made = find(&transaction, id)?.ok_or(StoreError::NoScenario(id))?;
    transaction.commit()?;
    Ok(made)
}

/// Refuses what was not read as it is now.
fn check(transaction: &Transaction<'_>, id: u64, version: u64) -> Result<(), StoreError> {
    let known = find(transaction, id)?.ok_or(StoreError::NoScenario(id))?;
    match known.version == version {
        true => Ok(()),
        false => Err(StoreError::ScenarioChanged {
            id,
            found: known.version,
        }),
    }
}

pub(super) fn put(
    connection: &mut Connection,
    scenario: &StoredScenario,
    what: &str,
) -> Result<StoredScenario, StoreError> {
    let (id, version) = (scenario.id, scenario.version + 1);
    let transaction = begin(connection)?;
    check(&transaction, id, scenario.version)?;
    transaction.execute(
        "update suitu_scenarios set name = ?2, note = ?3, version = ?4,
           changed_at = strftime('%Y-%m-%dT%H:%M:%fZ','now') where id = ?1",
        params![id as i64, scenario.name, scenario.note, version as i64],
    )?;
    let sql = "delete from suitu_scenario_edits where scenario = ?1";
    transaction.execute(sql, [id as i64])?;
    {
        let mut statement =
            transaction.prepare("insert into suitu_scenario_edits values (?1, ?2, ?3, ?4)")?;
        let done = scenario.edits.iter().map(|edit| (false, edit));
        let undone = scenario.undone.iter().map(|edit| (true, edit));
        for (position, (is_undone, edit)) in done.chain(undone).enumerate() {
            statement.execute(params![id as i64, position as i64, is_undone, edit])?;
        }
    }
    log(&transaction, id, version, what)?;
    let written = find(&transaction, id)?.ok_or(StoreError::NoScenario(id))?;
    transaction.commit()?;
    Ok(written)
}

pub(super) fn delete(connection: &mut Connection, id: u64, version: u64) -> Result<(), StoreError> {
    let transaction = begin(connection)?;
    check(&transaction, id, version)?;
    for sql in [
        "delete from suitu_scenario_edits where scenario = ?1",
        "delete from suitu_scenarios where id = ?1",
    ] {
        transaction.execute(sql, [id as i64])?;
    }
    log(&transaction, id, version, "delete")?;
    transaction.commit()?;
    Ok(())
}

pub(super) fn changes(connection: &Connection) -> Result<Vec<ScenarioChange>, StoreError> {
    let mut statement = connection.prepare(
        "select number, at, scenario, version, what from suitu_scenario_changes order by number",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(ScenarioChange {
            number: row.get::<_, i64>(0)? as u64,
            at: row.get(1)?,
            scenario: row.get::<_, i64>(2)? as u64,
            version: row.get::<_, i64>(3)? as u64,
            what: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
