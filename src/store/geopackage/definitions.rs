//! Definitions of the city's own, each as one text.

use rusqlite::{Connection, Transaction, params};

use crate::store::{ChangeKind, ChangeNumber, Definition, StoreError, StoredDefinition, corrupt};

/// Adds the table of definitions where it is lacking.
pub(super) fn extend(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "create table if not exists definitions (
           kind text not null, id text not null, text text not null, record text not null,
           number integer not null,
           primary key (kind, id))",
    )
}

pub(super) fn all(connection: &Connection) -> Result<Vec<StoredDefinition>, StoreError> {
    let sql = "select kind, id, text, record, number from definitions order by kind, id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let record: String = row.get(3)?;
        found.push(StoredDefinition {
            definition: Definition {
                kind: row.get(0)?,
                id: row.get(1)?,
                text: row.get(2)?,
                record: serde_json::from_str(&record).map_err(corrupt)?,
            },
            number: row.get::<_, i64>(4)? as u64,
        });
    }
    Ok(found)
}

pub(super) fn put(
    connection: &mut Connection,
    definitions: &[Definition],
) -> Result<ChangeNumber, StoreError> {
    let transaction = Transaction::new(connection, rusqlite::TransactionBehavior::Immediate)?;
    for definition in definitions {
        let Definition { kind, id, text, .. } = definition;
        let record = serde_json::to_string(&definition.record)
            .map_err(|e| StoreError::Backend(e.to_string()))?;
        let number = log(&transaction, kind, id, ChangeKind::Update)?;
        transaction.execute(
            "insert into definitions (kind, id, text, record, number) values (?1, ?2, ?3, ?4, ?5)
             on conflict (kind, id) do update set text = excluded.text, record = excluded.record,
               number = excluded.number",
            params![kind, id, text, record, number],
        )?;
    }
    let sql = "select coalesce(max(number), 0) from suitu_changes";
    let number: i64 = transaction.query_row(sql, [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(number as u64)
}

pub(super) fn remove(
    connection: &mut Connection,
    kind: &str,
    id: &str,
) -> Result<Option<ChangeNumber>, StoreError> {
    let transaction = Transaction::new(connection, rusqlite::TransactionBehavior::Immediate)?;
    let sql = "delete from definitions where kind = ?1 and id = ?2";
    if transaction.execute(sql, [kind, id])? == 0 {
        return Ok(None);
    }
    let number = log(&transaction, kind, id, ChangeKind::Delete)?;
    transaction.commit()?;
    Ok(Some(number as u64))
}

fn log(
    transaction: &Transaction<'_>,
    kind: &str,
    id: &str,
    change: ChangeKind,
) -> rusqlite::Result<i64> {
    let sql = "insert into suitu_changes (layer, period, kind, id)
               values ('definitions', strftime('%Y-%m-%d','now'), ?1, ?2)";
    transaction.execute(sql, params![change.name(), format!("{kind}:{id}")])?;
    Ok(transaction.last_insert_rowid())
}
