//! What was answered to writes that have a key.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::store::{ChangeNumber, EditBatch, KeptAnswer, StoreError, once::KEPT_HOURS};

/// Adds the table where it is lacking.
pub(super) fn extend(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "create table if not exists suitu_answers (
           who text not null, key text not null,
           at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
           digest text not null, number integer not null, answer text not null,
           primary key (who, key));
         create index if not exists suitu_answers_at on suitu_answers (at);",
    )
}

/// What was answered to the write that `who` called `key`.
pub(super) fn find(
    connection: &Connection,
    who: &str,
    key: &str,
) -> Result<Option<KeptAnswer>, StoreError> {
    let sql = "select digest, number, answer from suitu_answers where who = ?1 and key = ?2";
    let found = connection.query_row(sql, [who, key], |row| {
        Ok(KeptAnswer {
            digest: row.get(0)?,
            number: row.get::<_, i64>(1)? as ChangeNumber,
            answer: row.get(2)?,
        })
    });
    Ok(found.optional()?)
}

/// Refuses edits that were made before.
pub(super) fn check(
    transaction: &Transaction<'_>,
    batch: &EditBatch<'_>,
) -> Result<(), StoreError> {
    let Some(once) = &batch.once else {
        return Ok(());
    };
    match find(transaction, batch.who, once.key)? {
        Some(kept) => Err(StoreError::Answered(Box::new(kept))),
        None => Ok(()),
    }
}

/// Keeps what is answered to edits, and forgets what is old.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    batch: &EditBatch<'_>,
    number: ChangeNumber,
) -> Result<(), StoreError> {
    let Some(once) = &batch.once else {
        return Ok(());
    };
    transaction.execute(
        "delete from suitu_answers where at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?1)",
        [format!("-{KEPT_HOURS} hours")],
    )?;
    transaction.execute(
        "insert into suitu_answers (who, key, digest, number, answer) values (?1, ?2, ?3, ?4, ?5)",
        params![batch.who, once.key, once.digest, number as i64, once.answer],
    )?;
    Ok(())
}
