//! Commuting flows: one table that other programs read and edit.

use std::pin::pin;

use tokio_postgres::{
    Row, Transaction,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};

use super::write::{announce, json, log_one};
use crate::{
    domain::{Flow, FlowPlace, Flows, LevelId, Period},
    store::{
        ChangeKind, ChangeNumber, FlowBatch, FlowState, MAX_COMMUTERS, StoreError, corrupt,
        progress::Progress,
    },
};

pub(super) async fn states(tx: &Transaction<'_>) -> Result<Vec<FlowState>, StoreError> {
    let sql = "select level, period, flows, changed, record::text from suitu.flow_states
               order by level collate \"C\", period collate \"C\"";
    let mut found = Vec::new();
    for row in tx.query(sql, &[]).await? {
        let (level, period): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        // Another program may have written a level or period that is none.
        let (Ok(level), Ok(period)) = (level.parse(), period.parse()) else {
            continue;
        };
        found.push(FlowState {
            level,
            period,
            flows: row.try_get::<_, i64>(2)? as u64,
            changed: row.try_get::<_, i64>(3)? as u64,
            record: serde_json::from_str(row.try_get(4)?).map_err(corrupt)?,
        });
    }
    Ok(found)
}

/// The flows of a state; what another program wrote that is no flow is passed over.
pub(super) async fn read(
    tx: &Transaction<'_>,
    level: &LevelId,
    period: &Period,
) -> Result<Flows, StoreError> {
    let sql = "select origin, destination, mode, sector, commuters,
                      origin_outside, destination_outside
               from city.flows where level = $1 and period = $2 and commuters between 0 and $3";
    let rows = tx
        .query(sql, &[&level.as_str(), &period.as_str(), &MAX_COMMUTERS])
        .await?;
    let mut found = Vec::new();
    for row in &rows {
        let (Some(origin), Some(destination)) = (place(row, 0, 5)?, place(row, 1, 6)?) else {
            continue;
        };
        found.push(Flow {
            origin,
            destination,
            mode: known(row, 2)?,
            sector: known(row, 3)?,
            commuters: row.try_get(4)?,
        });
    }
    Ok(Flows::sum(found))
}

fn place(row: &Row, code: usize, outside: usize) -> Result<Option<FlowPlace>, StoreError> {
    let is_outside = row.try_get(outside)?;
    let code = row.try_get::<_, &str>(code)?.parse().ok();
    Ok(code.map(|code| FlowPlace { code, is_outside }))
}

fn known(row: &Row, at: usize) -> Result<Option<Box<str>>, StoreError> {
    let text: &str = row.try_get(at)?;
    Ok(Some(text).filter(|text| !text.is_empty()).map(Into::into))
}

pub(super) async fn put(
    tx: &Transaction<'_>,
    batch: &FlowBatch<'_>,
    progress: &mut Progress<'_>,
) -> Result<ChangeNumber, StoreError> {
    let (level, period) = (batch.level.as_str(), batch.period.as_str());
    let sql = "select pg_advisory_xact_lock(hashtextextended($1, 1))";
    tx.execute(sql, &[&format!("{level}@{period}")]).await?;
    let sql = "select count(*) from city.flows where level = $1 and period = $2";
    let there: i64 = tx.query_one(sql, &[&level, &period]).await?.try_get(0)?;
    if there > 0 && !batch.replace {
        return Err(StoreError::FlowsOccupied {
            level: batch.level.clone(),
            period: batch.period.clone(),
            flows: there as u64,
        });
    }
    let sql = "delete from city.flows where level = $1 and period = $2";
    tx.execute(sql, &[&level, &period]).await?;
    copy(tx, batch, progress).await?;
    progress.tell()?;
    let number = log_one(tx, "flows", period, ChangeKind::State, None).await?;
    tx.execute(
        "insert into suitu.flow_states values ($1, $2, $3, $4, $5::text::jsonb)
         on conflict (level, period) do update set flows = excluded.flows,
           changed = excluded.changed, record = excluded.record",
        &[
            &level,
            &period,
            &(batch.flows.len() as i64),
            &(number as i64),
            &json(&batch.record)?,
        ],
    )
    .await?;
    announce(tx, number).await
}

async fn copy(
    tx: &Transaction<'_>,
    batch: &FlowBatch<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let sink = tx
        .copy_in(
            "copy city.flows (period, level, origin, destination, mode, sector, commuters,
               origin_outside, destination_outside) from stdin binary",
        )
        .await?;
    let text = || Type::TEXT;
    let kinds = [
        text(),
        text(),
        text(),
        text(),
        text(),
        text(),
        Type::INT8,
        Type::BOOL,
        Type::BOOL,
    ];
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &kinds));
    let (level, period) = (batch.level.as_str(), batch.period.as_str());
    let places = batch.flows.places();
    for flow in batch.flows.iter() {
        let (origin, destination) = (&places[flow.origin], &places[flow.destination]);
        let cells: [&(dyn ToSql + Sync); 9] = [
            &period,
            &level,
            &origin.code.as_str(),
            &destination.code.as_str(),
            &flow.mode.unwrap_or_default(),
            &flow.sector.unwrap_or_default(),
            &flow.commuters,
            &origin.is_outside,
            &destination.is_outside,
        ];
        writer.as_mut().write(&cells).await?;
        progress.step()?;
    }
    writer.finish().await?;
    Ok(())
}
