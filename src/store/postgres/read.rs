//! Questions to a database.

use std::collections::BTreeMap;

use tokio_postgres::Transaction;

use crate::{
    domain::{LayerId, Period},
    store::{
        Change, ChangeKind, ChangeNumber, ControlTotal, ImportRecord, LayerState, StoreError,
        StoredNetwork, UnreadState, corrupt,
    },
};

/// A moment as UTC in RFC 3339, ready for SQL.
pub(super) fn utc(column: &str) -> String {
    format!("to_char({column} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
}

pub(super) async fn states(tx: &Transaction<'_>) -> Result<Vec<LayerState>, StoreError> {
    let sql = "select layer, period, record::text from suitu.imports order by number";
    let mut records: BTreeMap<(String, String), Vec<ImportRecord>> = BTreeMap::new();
    for row in tx.query(sql, &[]).await? {
        let record = serde_json::from_str(row.try_get(2)?).map_err(corrupt)?;
        let state = (row.try_get(0)?, row.try_get(1)?);
        records.entry(state).or_default().push(record);
    }
    let sql = "select layer, period, features, changed from suitu.states
               order by layer collate \"C\", period collate \"C\"";
    let mut found = Vec::new();
    for row in tx.query(sql, &[]).await? {
        let (layer, period): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let state = (layer, period);
        // Another program may have written a period that is none.
        let (Ok(layer), Ok(period)) = (state.0.parse(), state.1.parse()) else {
            continue;
        };
        found.push(LayerState {
            layer,
            period,
            features: row.try_get::<_, i64>(2)? as u64,
            changed: row.try_get::<_, i64>(3)? as u64,
            records: records.remove(&state).unwrap_or_default(),
        });
    }
    Ok(found)
}

pub(super) async fn unread_states(tx: &Transaction<'_>) -> Result<Vec<UnreadState>, StoreError> {
    let sql = "select layer, period, features from suitu.states
               where features > 0 and not suitu.is_period(period)
               order by layer collate \"C\", period collate \"C\"";
    let mut found = Vec::new();
    for row in tx.query(sql, &[]).await? {
        if let Ok(layer) = row.try_get::<_, &str>(0)?.parse() {
            found.push(UnreadState {
                layer,
                period: row.try_get(1)?,
                features: row.try_get::<_, i64>(2)? as u64,
            });
        }
    }
    Ok(found)
}

pub(super) async fn change_number(tx: &Transaction<'_>) -> Result<ChangeNumber, StoreError> {
    let sql = "select coalesce(max(number), 0) from suitu.changes";
    Ok(tx.query_one(sql, &[]).await?.try_get::<_, i64>(0)? as u64)
}

pub(super) async fn holds(tx: &Transaction<'_>, number: ChangeNumber) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from suitu.changes where number = $1)";
    Ok(tx.query_one(sql, &[&(number as i64)]).await?.try_get(0)?)
}

pub(super) async fn changes_since(
    tx: &Transaction<'_>,
    number: ChangeNumber,
) -> Result<Vec<Change>, StoreError> {
    let sql = format!(
        "select number, {}, layer, period, kind, id, external from suitu.changes
         where number > $1 and number < {} order by number",
        utc("at"),
        // Where the planner has no figures of the log yet it takes what lies between two numbers for
        // little, and what lies above one for a third of all, for which it reads the whole log.
        i64::MAX
    );
    let mut found = Vec::new();
    for row in tx.query(&sql, &[&(number as i64)]).await? {
        let (layer, period): (&str, &str) = (row.try_get(2)?, row.try_get(3)?);
        let (Ok(layer), Ok(period)) = (layer.parse(), period.parse()) else {
            continue;
        };
        found.push(Change {
            number: row.try_get::<_, i64>(0)? as u64,
            at: row.try_get(1)?,
            layer,
            period,
            kind: ChangeKind::of_name(row.try_get(4)?),
            id: row.try_get(5)?,
            external: row.try_get(6)?,
        });
    }
    Ok(found)
}

pub(super) async fn written_outside(
    tx: &Transaction<'_>,
    layer: &LayerId,
    period: &str,
    ids: &[&str],
) -> Result<BTreeMap<String, String>, StoreError> {
    let sql = format!(
        "select id, {} from suitu.changes
         where external and layer = $1 and period = $2 and id = any($3) group by id",
        utc("max(at)")
    );
    let rows = tx.query(&sql, &[&layer.as_str(), &period, &ids]).await?;
    let dated = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    dated.collect()
}

pub(super) async fn control_totals(
    tx: &Transaction<'_>,
    layer: &LayerId,
    period: &Period,
) -> Result<Vec<ControlTotal>, StoreError> {
    let sql = "select attribute, level, code, value, source from suitu.control_totals
               where layer = $1 and period = $2
               order by attribute collate \"C\", level collate \"C\", code collate \"C\"";
    let mut found = Vec::new();
    for row in tx.query(sql, &[&layer.as_str(), &period.as_str()]).await? {
        found.push(ControlTotal {
            attribute: row.try_get::<_, &str>(0)?.parse().map_err(corrupt)?,
            level: row.try_get::<_, &str>(1)?.parse().map_err(corrupt)?,
            code: row.try_get::<_, &str>(2)?.parse().map_err(corrupt)?,
            value: row.try_get(3)?,
            source: row.try_get(4)?,
        });
    }
    Ok(found)
}

pub(super) async fn network(
    tx: &Transaction<'_>,
    name: &str,
) -> Result<Option<StoredNetwork>, StoreError> {
    let sql = "select period, record::text, bytes from suitu.networks where name = $1";
    let Some(row) = tx.query_opt(sql, &[&name]).await? else {
        return Ok(None);
    };
    Ok(Some(StoredNetwork {
        period: row.try_get::<_, &str>(0)?.parse().map_err(corrupt)?,
        record: serde_json::from_str(row.try_get(1)?).map_err(corrupt)?,
        bytes: row.try_get(2)?,
    }))
}

pub(super) async fn network_names(tx: &Transaction<'_>) -> Result<Vec<String>, StoreError> {
    let sql = "select name from suitu.networks order by name collate \"C\"";
    let rows = tx.query(sql, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn network_number(
    tx: &Transaction<'_>,
    name: &str,
) -> Result<Option<ChangeNumber>, StoreError> {
    let sql = "select number from suitu.networks where name = $1";
    let row = tx.query_opt(sql, &[&name]).await?;
    row.map(|row| Ok(row.try_get::<_, i64>(0)? as u64))
        .transpose()
}

pub(super) async fn takes_writes(tx: &Transaction<'_>) -> Result<bool, StoreError> {
    let row = tx.query_one("select not pg_is_in_recovery()", &[]).await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn setting(tx: &Transaction<'_>, key: &str) -> Result<Option<String>, StoreError> {
    let sql = "select value from suitu.settings where key = $1";
    let row = tx.query_opt(sql, &[&key]).await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

pub(super) async fn settings(tx: &Transaction<'_>) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "select key, value from suitu.settings order by key collate \"C\"";
    let rows = tx.query(sql, &[]).await?;
    let pair = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.iter().map(pair).collect()
}
