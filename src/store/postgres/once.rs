//! What was answered to writes that have a key.

use tokio_postgres::Transaction;

use crate::store::{ChangeNumber, EditBatch, KeptAnswer, StoreError, once::KEPT_HOURS};

/// Answers that one write forgets at most.
const FORGOTTEN: i64 = 1000;

/// What was answered to the write that `who` called `key`.
pub(super) async fn find(
    tx: &Transaction<'_>,
    who: &str,
    key: &str,
) -> Result<Option<KeptAnswer>, StoreError> {
    let sql = "select digest, number, answer from suitu.answers where who = $1 and key = $2";
    let Some(row) = tx.query_opt(sql, &[&who, &key]).await? else {
        return Ok(None);
    };
    Ok(Some(KeptAnswer {
        digest: row.try_get(0)?,
        number: row.try_get::<_, i64>(1)? as ChangeNumber,
        answer: row.try_get(2)?,
    }))
}

/// Refuses edits that were made before; waits for whoever makes them just now, on any server.
pub(super) async fn check(tx: &Transaction<'_>, batch: &EditBatch<'_>) -> Result<(), StoreError> {
    let Some(once) = &batch.once else {
        return Ok(());
    };
    let named = format!("{} sends {}", batch.who, once.key);
    let sql = "select pg_advisory_xact_lock(hashtextextended($1, 1))";
    tx.execute(sql, &[&named]).await?;
    match find(tx, batch.who, once.key).await? {
        Some(kept) => Err(StoreError::Answered(Box::new(kept))),
        None => Ok(()),
    }
}

/// Keeps what is answered to edits, and forgets what is old and nobody else is forgetting.
pub(super) async fn keep(
    tx: &Transaction<'_>,
    batch: &EditBatch<'_>,
    number: ChangeNumber,
) -> Result<(), StoreError> {
    let Some(once) = &batch.once else {
        return Ok(());
    };
    let sql = format!(
        "delete from suitu.answers where (who, key) in (
           select who, key from suitu.answers
           where at < clock_timestamp() - interval '{KEPT_HOURS} hours'
           limit {FORGOTTEN} for update skip locked)"
    );
    tx.execute(&sql, &[]).await?;
    tx.execute(
        "insert into suitu.answers (who, key, digest, number, answer) values ($1, $2, $3, $4, $5)",
        &[
            &batch.who,
            &once.key,
            &once.digest,
            &(number as i64),
            &once.answer,
        ],
    )
    .await?;
    Ok(())
}
