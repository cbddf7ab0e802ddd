//! Scenarios: each with its edits and the edits taken back, and what was done to them.

use tokio_postgres::{Row, Transaction};

use super::read::utc;
use crate::store::{ScenarioChange, StoreError, StoredScenario};

fn columns() -> String {
    let (created, changed) = (utc("created_at"), utc("changed_at"));
    format!("id, name, note, version, {created}, {changed}, reading")
}

async fn whole(tx: &Transaction<'_>, row: &Row) -> Result<StoredScenario, StoreError> {
    let id: i64 = row.try_get(0)?;
    let mut scenario = StoredScenario {
        id: id as u64,
        name: row.try_get(1)?,
        note: row.try_get(2)?,
        version: row.try_get::<_, i64>(3)? as u64,
        created_at: row.try_get(4)?,
        changed_at: row.try_get(5)?,
        reading: row.try_get(6)?,
        ..StoredScenario::default()
    };
    let sql = "select undone, edit from suitu.scenario_edits where scenario = $1 order by position";
    for row in tx.query(sql, &[&id]).await? {
        let list = match row.try_get(0)? {
            false => &mut scenario.edits,
            true => &mut scenario.undone,
        };
        list.push(row.try_get(1)?);
    }
    Ok(scenario)
}

pub(super) async fn all(tx: &Transaction<'_>) -> Result<Vec<StoredScenario>, StoreError> {
    let sql = format!("select {} from suitu.scenarios order by id", columns());
    let mut found = Vec::new();
    for row in tx.query(&sql, &[]).await? {
        found.push(whole(tx, &row).await?);
    }
    Ok(found)
}

pub(super) async fn find(
    tx: &Transaction<'_>,
    id: u64,
) -> Result<Option<StoredScenario>, StoreError> {
    let sql = format!("select {} from suitu.scenarios where id = $1", columns());
    match tx.query_opt(&sql, &[&(id as i64)]).await? {
        Some(row) => whole(tx, &row).await.map(Some),
        None => Ok(None),
    }
}

async fn log(tx: &Transaction<'_>, id: u64, version: u64, what: &str) -> Result<(), StoreError> {
    let sql = "insert into suitu.scenario_changes (scenario, version, what) values ($1, $2, $3)";
    tx.execute(sql, &[&(id as i64), &(version as i64), &what])
        .await?;
    Ok(())
}

pub(super) async fn create(
    tx: &Transaction<'_>,
    name: &str,
    note: &str,
    reading: &str,
) -> Result<StoredScenario, StoreError> {
    let sql = "insert into suitu.scenarios (name, note, reading) values ($1, $2, $3)
               returning id";
    let id = tx.query_one(sql, &[&name, &note, &reading]).await?;
    let id = id.try_get::<_, i64>(0)? as u64;
    log(tx, id, 1, "create").await?;
    find(tx, id).await?.ok_or(StoreError::NoScenario(id))
}

/// Refuses what was not read as it is now, and holds it against others to the end.
async fn check(tx: &Transaction<'_>, id: u64, version: u64) -> Result<(), StoreError> {
    let sql = "select version from suitu.scenarios where id = $1 for update";
    let row = tx.query_opt(sql, &[&(id as i64)]).await?;
    let found = row
        .ok_or(StoreError::NoScenario(id))?
        .try_get::<_, i64>(0)? as u64;
    match found == version {
        true => Ok(()),
        false => Err(StoreError::ScenarioChanged { id, found }),
    }
}

pub(super) async fn put(
    tx: &Transaction<'_>,
    scenario: &StoredScenario,
    what: &str,
) -> Result<StoredScenario, StoreError> {
    let (id, version) = (scenario.id, scenario.version + 1);
    check(tx, id, scenario.version).await?;
    tx.execute(
        "update suitu.scenarios set name = $2, note = $3, version = $4,
           changed_at = clock_timestamp() where id = $1",
        &[
            &(id as i64),
            &scenario.name,
            &scenario.note,
            &(version as i64),
        ],
    )
    .await?;
    let sql = "delete from suitu.scenario_edits where scenario = $1";
    tx.execute(sql, &[&(id as i64)]).await?;
    for (is_undone, from, edits) in [
        (false, 0, &scenario.edits),
        (true, scenario.edits.len(), &scenario.undone),
    ] {
        tx.execute(
            "insert into suitu.scenario_edits
             select $1, $2 + place - 1, $3, edit
             from unnest($4::text[]) with ordinality as given (edit, place)",
            &[&(id as i64), &(from as i64), &is_undone, edits],
        )
        .await?;
    }
    log(tx, id, version, what).await?;
    find(tx, id).await?.ok_or(StoreError::NoScenario(id))
}

pub(super) async fn delete(tx: &Transaction<'_>, id: u64, version: u64) -> Result<(), StoreError> {
    check(tx, id, version).await?;
    let sql = "delete from suitu.scenarios where id = $1";
    tx.execute(sql, &[&(id as i64)]).await?;
    log(tx, id, version, "delete").await
}

pub(super) async fn changes(tx: &Transaction<'_>) -> Result<Vec<ScenarioChange>, StoreError> {
    let sql = format!(
        "select number, {}, scenario, version, what from suitu.scenario_changes order by number",
        utc("at")
    );
    let mut found = Vec::new();
    for row in tx.query(&sql, &[]).await? {
        found.push(ScenarioChange {
            number: row.try_get::<_, i64>(0)? as u64,
            at: row.try_get(1)?,
            scenario: row.try_get::<_, i64>(2)? as u64,
            version: row.try_get::<_, i64>(3)? as u64,
            what: row.try_get(4)?,
        });
    }
    Ok(found)
}
