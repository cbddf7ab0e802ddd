//! Commits to a database: one transaction each.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use tokio_postgres::{Transaction, types::ToSql};

use super::{
    bulk,
    layers::{
        attach_partition, begin_partition, code_column, ensure_partition, table, value_columns,
    },
};
use crate::{
    domain::{LayerId, LevelId, Period},
    store::{
        Batch, BatchMode, ChangeKind, ChangeNumber, StoreError, StoredNetwork, progress::Progress,
        wkb::SRS_ID,
    },
};

/// Rows that one statement puts in the place of others.
const AT_ONCE: usize = 5000;

pub(super) async fn commit(
    tx: &Transaction<'_>,
    levels: &[LevelId],
    batches: &[Batch<'_>],
    progress: &mut Progress<'_>,
) -> Result<ChangeNumber, StoreError> {
    let states = batches.iter().map(|batch| (&batch.layer.id, &batch.period));
    lock_states(tx, states).await?;
    for batch in batches {
        write_batch(tx, levels, batch, progress).await?;
    }
    progress.tell()?;
    // Numbers are taken last: whoever takes one holds all others up until it has committed.
    let mut number = None;
    for batch in batches {
        let given = log(tx, batch).await?;
        set_state(tx, batch, given).await?;
        number = Some(given);
    }
    match number {
        Some(number) => announce(tx, number).await,
        None => super::read::change_number(tx).await,
    }
}

/// Tells those who listen that the change log has grown.
pub(super) async fn announce(
    tx: &Transaction<'_>,
    number: ChangeNumber,
) -> Result<ChangeNumber, StoreError> {
    tx.execute("select pg_notify('suitu', $1)", &[&number.to_string()])
        .await?;
    Ok(number)
}

/// Takes `wanted` numbers of the change log; answers the first.
pub(super) async fn take_numbers(
    tx: &Transaction<'_>,
    wanted: usize,
) -> Result<ChangeNumber, StoreError> {
    let sql = "select suitu.take_numbers($1)";
    let last: i64 = tx.query_one(sql, &[&(wanted as i64)]).await?.try_get(0)?;
    Ok((last - wanted as i64 + 1) as u64)
}

/// Writes one row of the change log that concerns no single feature, or one named `id`.
pub(super) async fn log_one(
    tx: &Transaction<'_>,
    layer: &str,
    period: &str,
    kind: ChangeKind,
    id: Option<&str>,
) -> Result<ChangeNumber, StoreError> {
    let number = take_numbers(tx, 1).await?;
    let sql = "insert into suitu.changes (number, layer, period, kind, id)
               values ($1, $2, $3, $4, $5)";
    tx.execute(sql, &[&(number as i64), &layer, &period, &kind.name(), &id])
        .await?;
    Ok(number)
}

/// Waits until nobody else writes these states, always in the same order.
pub(super) async fn lock_states<'a>(
    tx: &Transaction<'_>,
    states: impl Iterator<Item = (&'a LayerId, &'a Period)>,
) -> Result<(), StoreError> {
    let mut states: Vec<String> = states
        .map(|(layer, period)| format!("{layer}@{}", period.as_str()))
        .collect();
    states.sort_unstable();
    states.dedup();
    for state in states {
        let sql = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
        tx.execute(sql, &[&state]).await?;
    }
    Ok(())
}

async fn write_batch(
    tx: &Transaction<'_>,
    levels: &[LevelId],
    batch: &Batch<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let (layer, period) = (batch.layer.id.as_str(), batch.period.as_str());
    match batch.mode {
        BatchMode::Insert => {
            let features = count(tx, batch).await?;
            if features > 0 {
                return Err(StoreError::Occupied {
                    layer: batch.layer.id.clone(),
                    period: batch.period.clone(),
                    features: features as u64,
                });
            }
        }
        BatchMode::Replace => {
            let sql = format!("delete from {} where period = $1", table(&batch.layer.id));
            tx.execute(&sql, &[&period]).await?;
            for of_state in ["suitu.imports", "suitu.control_totals"] {
                let sql = format!("delete from {of_state} where layer = $1 and period = $2");
                tx.execute(&sql, &[&layer, &period]).await?;
            }
        }
        BatchMode::Update | BatchMode::Append | BatchMode::AreaCodes | BatchMode::Delete => {}
    }
    let import_number = match &batch.record {
        None => None,
        Some(record) => {
            let sql = "insert into suitu.imports (layer, period, record)
                       values ($1, $2, $3::text::jsonb) returning number";
            let row = tx
                .query_one(sql, &[&layer, &period, &json(record)?])
                .await?;
            Some(row.try_get(0)?)
        }
    };
    match batch.mode {
        BatchMode::Insert | BatchMode::Replace | BatchMode::Append => {
            insert(tx, levels, batch, import_number, progress).await?;
        }
        BatchMode::Update => {
            ensure_partition(tx, batch.layer, &batch.period).await?;
            update(tx, levels, batch, import_number, progress).await?;
        }
        BatchMode::AreaCodes => set_area_codes(tx, levels, batch, progress).await?,
        BatchMode::Delete => delete(tx, batch, progress).await?,
    }
    for total in batch.control_totals {
        tx.execute(
            "insert into suitu.control_totals values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (layer, period, attribute, level, code)
             do update set value = excluded.value, source = excluded.source",
            &[
                &layer,
                &period,
                &total.attribute.as_str(),
                &total.level.as_str(),
                &total.code.as_str(),
                &total.value,
                &total.source,
            ],
        )
        .await?;
    }
    Ok(())
}

/// A value as JSON text.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Backend(e.to_string()))
}

async fn count(tx: &Transaction<'_>, batch: &Batch<'_>) -> Result<i64, StoreError> {
    let own = table(&batch.layer.id);
    let sql = format!("select count(*) from {own} where period = $1");
    let row = tx.query_one(&sql, &[&batch.period.as_str()]).await?;
    Ok(row.try_get(0)?)
}

/// Refuses ids that stand twice, in the batch or beside the rows that it is appended to.
async fn refuse_twins(tx: &Transaction<'_>, batch: &Batch<'_>) -> Result<(), StoreError> {
    let twin = |id: &str| StoreError::DuplicateId {
        layer: batch.layer.id.clone(),
        id: id.to_owned(),
    };
    let mut seen = HashSet::with_capacity_and_hasher(batch.table.len(), FixedState::default());
    if let Some(id) = batch.table.ids.iter().find(|id| !seen.insert(&***id)) {
        return Err(twin(id));
    }
    if batch.mode != BatchMode::Append {
        return Ok(());
    }
    let ids: Vec<&str> = batch.table.ids.iter().map(|id| &**id).collect();
    let own = table(&batch.layer.id);
    let sql = format!("select id from {own} where period = $1 and id = any($2) limit 1");
    let row = tx.query_opt(&sql, &[&batch.period.as_str(), &ids]).await?;
    match row {
        Some(row) => Err(twin(row.try_get(0)?)),
        None => Ok(()),
    }
}

/// Adds rows; ids that stand already are refused. A period's first rows are indexed when all are
/// in, which takes a fraction of the time.
pub(super) async fn insert(
    tx: &Transaction<'_>,
    levels: &[LevelId],
    batch: &Batch<'_>,
    import_number: Option<i64>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    refuse_twins(tx, batch).await?;
    let (layer, period) = (batch.layer, &batch.period);
    match begin_partition(tx, layer, period).await? {
        None => {
            let own = table(&layer.id);
            bulk::copy(tx, &own, levels, batch, import_number, progress).await
        }
        Some(own) => {
            bulk::copy(tx, &own, levels, batch, import_number, progress).await?;
            attach_partition(tx, layer, period, &own).await
        }
    }
}

/// Removes rows by id.
pub(super) async fn delete(
    tx: &Transaction<'_>,
    batch: &Batch<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let ids: Vec<&str> = batch.table.ids.iter().map(|id| &**id).collect();
    let own = table(&batch.layer.id);
    let sql = format!("delete from {own} where period = $1 and id = any($2)");
    tx.execute(&sql, &[&batch.period.as_str(), &ids]).await?;
    ids.iter().try_for_each(|_| progress.step())
}

/// Rows take the place of those with the same ids, and those of new ids are added. Where an id
/// stands twice the last one holds.
pub(super) async fn update(
    tx: &Transaction<'_>,
    levels: &[LevelId],
    batch: &Batch<'_>,
    import_number: Option<i64>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let values = value_columns(batch.layer, levels);
    let attributes = batch.layer.attributes.len();
    let sets_geometry = batch.only.is_none_or(|only| only.geometry);
    let mut set = vec!["import_number".to_owned()];
    if sets_geometry {
        set.extend(["geom".to_owned(), "source_geom".to_owned()]);
    }
    for (place, column) in values.iter().enumerate() {
        let is_set = match batch.only {
            Some(only) if place < attributes => only.attributes.contains(&place),
            _ => place < attributes || sets_geometry,
        };
        if is_set {
            set.push(column.clone());
        }
    }
    let sets: Vec<String> = set.iter().map(|c| format!("{c} = excluded.{c}")).collect();
    let all = bulk::columns(batch.layer, levels);
    let sql = format!(
        "insert into {own} ({all})
         select $1, id, st_geomfromwkb(geom, {SRS_ID}), source_geom, $2{values}
         from (
           select distinct on (id) * from unnest({arrays})
             with ordinality as given (id, geom, source_geom{values}, place)
           order by id, place desc) as last
         order by place
         on conflict (period, id) do update set {sets}",
        own = table(&batch.layer.id),
        values = values
            .iter()
            .fold(String::new(), |all, own| all + ", " + own),
        arrays = bulk::arrays(batch.layer, levels, 3),
        sets = sets.join(", "),
    );
    let statement = tx.prepare(&sql).await?;
    let period = batch.period.as_str();
    let mut next = 0;
    while next < batch.table.len() {
        let rows = next..(next + AT_ONCE).min(batch.table.len());
        next = rows.end;
        let columns = bulk::Columns::of(levels, batch, rows.clone())?;
        let mut given: Vec<&(dyn ToSql + Sync)> = vec![&period, &import_number];
        given.extend(columns.all());
        tx.execute(&statement, &given).await?;
        rows.into_iter().try_for_each(|_| progress.step())?;
    }
    Ok(())
}

async fn set_area_codes(
    tx: &Transaction<'_>,
    levels: &[LevelId],
    batch: &Batch<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let ids: Vec<&str> = batch.table.ids.iter().map(|id| &**id).collect();
    let own = table(&batch.layer.id);
    for level in levels {
        let Some(codes) = batch.table.area_codes.get(level) else {
            continue;
        };
        let codes: Vec<Option<&str>> = (0..ids.len()).map(|row| codes.get(row)).collect();
        let column = code_column(level);
        let sql = format!(
            "update {own} as known set {column} = given.code
             from unnest($2::text[], $3::text[]) as given (id, code)
             where known.period = $1 and known.id = given.id
               and known.{column} is distinct from given.code"
        );
        tx.execute(&sql, &[&batch.period.as_str(), &ids, &codes])
            .await?;
    }
    ids.iter().try_for_each(|_| progress.step())
}

/// Writes the change log; answers the number of its last row.
pub(super) async fn log(
    tx: &Transaction<'_>,
    batch: &Batch<'_>,
) -> Result<ChangeNumber, StoreError> {
    let (layer, period) = (batch.layer.id.as_str(), batch.period.as_str());
    let Some(kind) = batch.logged_rows() else {
        return log_one(tx, layer, period, ChangeKind::State, None).await;
    };
    let ids: Vec<&str> = batch.table.ids.iter().map(|id| &**id).collect();
    let first = take_numbers(tx, ids.len()).await?;
    tx.execute(
        "insert into suitu.changes (number, layer, period, kind, id)
         select $1 + place - 1, $2, $3, $4, id
         from unnest($5::text[]) with ordinality as given (id, place)",
        &[&(first as i64), &layer, &period, &kind.name(), &ids],
    )
    .await?;
    Ok(first + ids.len() as u64 - 1)
}

async fn set_state(
    tx: &Transaction<'_>,
    batch: &Batch<'_>,
    number: ChangeNumber,
) -> Result<(), StoreError> {
    let (layer, period) = (batch.layer.id.as_str(), batch.period.as_str());
    tx.execute(
        "insert into suitu.states values ($1, $2, $3, $4)
         on conflict (layer, period)
         do update set features = excluded.features, changed = excluded.changed",
        &[&layer, &period, &count(tx, batch).await?, &(number as i64)],
    )
    .await?;
    Ok(())
}

pub(super) async fn set_networks(
    tx: &Transaction<'_>,
    networks: &[(&str, &StoredNetwork)],
) -> Result<ChangeNumber, StoreError> {
    let mut number = super::read::change_number(tx).await?;
    for (name, network) in networks {
        let period = network.period.as_str();
        number = log_one(tx, "streets", period, ChangeKind::State, None).await?;
        tx.execute(
            "insert into suitu.networks (name, period, record, number, bytes)
             values ($1, $2, $3::text::jsonb, $4, $5)
             on conflict (name) do update set period = excluded.period,
               record = excluded.record, number = excluded.number, bytes = excluded.bytes",
            &[
                name,
                &period,
                &json(&network.record)?,
                &(number as i64),
                &network.bytes,
            ],
        )
        .await?;
    }
    announce(tx, number).await
}

pub(super) async fn set_setting(
    tx: &Transaction<'_>,
    key: &str,
    value: &str,
) -> Result<(), StoreError> {
    let sql = "insert into suitu.settings (key, value) values ($1, $2)
               on conflict (key) do update set value = excluded.value";
    tx.execute(sql, &[&key, &value]).await?;
    Ok(())
}
