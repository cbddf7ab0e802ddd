//! Definitions of the city's own, each as one text.

use tokio_postgres::Transaction;

use super::write::{announce, json, log_one};
use crate::store::{ChangeKind, ChangeNumber, Definition, StoreError, StoredDefinition, corrupt};

pub(super) async fn all(tx: &Transaction<'_>) -> Result<Vec<StoredDefinition>, StoreError> {
    let sql = "select kind, id, text, record::text, number from suitu.definitions
               order by kind collate \"C\", id collate \"C\"";
    let mut found = Vec::new();
    for row in tx.query(sql, &[]).await? {
        found.push(StoredDefinition {
            definition: Definition {
                kind: row.try_get(0)?,
                id: row.try_get(1)?,
                text: row.try_get(2)?,
                record: serde_json::from_str(row.try_get(3)?).map_err(corrupt)?,
            },
            number: row.try_get::<_, i64>(4)? as u64,
        });
    }
    Ok(found)
}

pub(super) async fn put(
    tx: &Transaction<'_>,
    definitions: &[Definition],
) -> Result<ChangeNumber, StoreError> {
    let mut number = super::read::change_number(tx).await?;
    for definition in definitions {
        let Definition { kind, id, text, .. } = definition;
        number = log(tx, kind, id, ChangeKind::Update).await?;
        tx.execute(
            "insert into suitu.definitions (kind, id, text, record, number)
             values ($1, $2, $3, $4::text::jsonb, $5)
             on conflict (kind, id) do update set text = excluded.text,
               record = excluded.record, number = excluded.number",
            &[kind, id, text, &json(&definition.record)?, &(number as i64)],
        )
        .await?;
    }
    announce(tx, number).await
}

pub(super) async fn remove(
    tx: &Transaction<'_>,
    kind: &str,
    id: &str,
) -> Result<Option<ChangeNumber>, StoreError> {
    let sql = "delete from suitu.definitions where kind = $1 and id = $2";
    if tx.execute(sql, &[&kind, &id]).await? == 0 {
        return Ok(None);
    }
    let number = log(tx, kind, id, ChangeKind::Delete).await?;
    announce(tx, number).await.map(Some)
}

async fn log(
    tx: &Transaction<'_>,
    kind: &str,
    id: &str,
    change: ChangeKind,
) -> Result<ChangeNumber, StoreError> {
    let today = tx
        .query_one("select to_char(current_date, 'YYYY-MM-DD')", &[])
        .await?;
    let named = format!("{kind}:{id}");
    log_one(tx, "definitions", today.try_get(0)?, change, Some(&named)).await
}
