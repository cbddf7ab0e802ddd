//! Commits to a city file: one transaction each.

use rusqlite::{Connection, ErrorCode, Statement, Transaction, params, types::ToSqlOutput};

use super::{blob, schema::code_column};
use crate::{
    domain::{Column, LevelId, TextColumn},
    store::{
        Batch, BatchMode, ChangeKind, ChangeNumber, StoreError, StoredNetwork,
        progress::Progress,
        wkb::{self, SRS_ID, WkbError},
    },
};

pub(super) fn set_networks(
    connection: &mut Connection,
    networks: &[(&str, &StoredNetwork)],
) -> Result<ChangeNumber, StoreError> {
    let transaction = Transaction::new(connection, rusqlite::TransactionBehavior::Immediate)?;
    for (name, network) in networks {
        let record = serde_json::to_string(&network.record)
            .map_err(|e| StoreError::Backend(e.to_string()))?;
        transaction.execute(
            "insert into suitu_changes (layer, period, kind) values ('streets', ?1, ?2)",
            params![network.period.as_str(), ChangeKind::State.name()],
        )?;
        let number = transaction.last_insert_rowid();
        transaction.execute(
            "insert into suitu_networks (name, period, record, number, bytes)
             values (?1, ?2, ?3, ?4, ?5)
             on conflict (name) do update set period = excluded.period, record = excluded.record,
               number = excluded.number, bytes = excluded.bytes",
            params![name, network.period.as_str(), record, number, network.bytes],
        )?;
    }
    let number = last_number(&transaction)?;
    transaction.commit()?;
    Ok(number)
}

/// The number of the last change; 0 where there was none.
pub(super) fn last_number(connection: &Connection) -> Result<ChangeNumber, StoreError> {
    let sql = "select coalesce(max(number), 0) from suitu_changes";
    let number: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(number as u64)
}

pub(super) fn commit(
    connection: &mut Connection,
    levels: &[LevelId],
    batches: &[Batch<'_>],
    report: &mut dyn FnMut(u64) -> bool,
) -> Result<ChangeNumber, StoreError> {
    let mut progress = Progress::new(report);
    // Immediate: a second writer waits here and not in the middle.
    let transaction = Transaction::new(connection, rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute("update suitu_writer set active = 1", [])?;
    let mut number = 0;
    for batch in batches {
        number = write_batch(&transaction, levels, batch, &mut progress)?;
    }
    progress.tell()?;
    transaction.execute("update suitu_writer set active = 0", [])?;
    transaction.commit()?;
    match number {
        0 => last_number(connection),
        number => Ok(number),
    }
}

fn write_batch(
    transaction: &Transaction<'_>,
    levels: &[LevelId],
    batch: &Batch<'_>,
    progress: &mut Progress<'_>,
) -> Result<ChangeNumber, StoreError> {
    let (table, period) = (batch.layer.id.as_str(), batch.period.as_str());
    match batch.mode {
        BatchMode::Insert => {
            let features = count(transaction, batch)?;
            if features > 0 {
                let (layer, period) = (batch.layer.id.clone(), batch.period.clone());
                return Err(StoreError::Occupied {
                    layer,
                    period,
                    features,
                });
            }
        }
        BatchMode::Replace => {
            let sql = format!("delete from \"{table}\" where period = ?1");
            transaction.execute(&sql, [period])?;
            for of_state in ["suitu_imports", "suitu_control_totals"] {
                let sql = format!("delete from {of_state} where layer = ?1 and period = ?2");
                transaction.execute(&sql, params![table, period])?;
            }
        }
        BatchMode::Update | BatchMode::Append | BatchMode::AreaCodes | BatchMode::Delete => {}
    }
    let import_number = match &batch.record {
        None => None,
        Some(record) => {
            let text =
                serde_json::to_string(record).map_err(|e| StoreError::Backend(e.to_string()))?;
            let sql = "insert into suitu_imports (layer, period, record) values (?1, ?2, ?3)";
            transaction.execute(sql, params![table, period, text])?;
            Some(transaction.last_insert_rowid())
        }
    };
    let number = log(transaction, batch)?;
    match batch.mode {
        BatchMode::AreaCodes => set_area_codes(transaction, levels, batch, progress)?,
        BatchMode::Delete => delete(transaction, batch, progress)?,
        _ => put(transaction, levels, batch, import_number, progress)?,
    }
    for total in batch.control_totals {
        transaction.execute(
            "insert into suitu_control_totals values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict (layer, period, attribute, level, code)
             do update set value = excluded.value, source = excluded.source",
            params![
                table,
                period,
                total.attribute.as_str(),
                total.level.as_str(),
                total.code.as_str(),
                total.value,
                total.source
            ],
        )?;
    }
    transaction.execute(
        "insert into suitu_states values (?1, ?2, ?3, ?4)
         on conflict (layer, period)
         do update set features = excluded.features, changed = excluded.changed",
        params![
            table,
            period,
            count(transaction, batch)? as i64,
            number as i64
        ],
    )?;
    update_bounds(transaction, batch)?;
    Ok(number)
}

fn count(transaction: &Transaction<'_>, batch: &Batch<'_>) -> Result<u64, StoreError> {
    let sql = format!(
        "select count(*) from \"{}\" where period = ?1",
        batch.layer.id
    );
    let rows: i64 = transaction.query_row(&sql, [batch.period.as_str()], |row| row.get(0))?;
    Ok(rows as u64)
}

/// Writes the change log; returns the number of its last row.
pub(super) fn log(
    transaction: &Transaction<'_>,
    batch: &Batch<'_>,
) -> Result<ChangeNumber, StoreError> {
    let sql = "insert into suitu_changes (layer, period, kind, id) values (?1, ?2, ?3, ?4)";
    let mut statement = transaction.prepare_cached(sql)?;
    let (layer, period) = (batch.layer.id.as_str(), batch.period.as_str());
    match batch.logged_rows() {
        Some(kind) => {
            for id in &batch.table.ids {
                statement.execute(params![layer, period, kind.name(), &**id])?;
            }
        }
        None => {
            let kind = ChangeKind::State.name();
            statement.execute(params![layer, period, kind, None::<&str>])?;
        }
    }
    Ok(transaction.last_insert_rowid() as u64)
}

/// Inserts rows; an update takes the place of the row with the same id.
pub(super) fn put(
    transaction: &Transaction<'_>,
    levels: &[LevelId],
    batch: &Batch<'_>,
    import_number: Option<i64>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let attributes = &batch.layer.attributes;
    let mut names: Vec<String> = ["period", "id", "geom", "source_geom", "import_number"]
        .map(str::to_owned)
        .into_iter()
        .chain(attributes.iter().map(|a| a.id.to_string()))
        .chain(levels.iter().map(code_column))
        .collect();
    for name in &mut names {
        *name = format!("\"{name}\"");
    }
    let marks: Vec<String> = (1..=names.len()).map(|i| format!("?{i}")).collect();
    let table = &batch.layer.id;
    let mut sql = format!(
        "insert into \"{table}\" ({}) values ({})",
        names.join(", "),
        marks.join(", ")
    );
    if batch.mode == BatchMode::Update {
        // period, id, geom, source_geom, import_number, attributes, codes
        let first_code = 5 + attributes.len();
        let is_set = |at: usize| match (batch.only, at) {
            (None, _) | (_, 4) => true,
            (Some(only), 2 | 3) => only.geometry,
            (Some(only), at) if at < first_code => only.attributes.contains(&(at - 5)),
            (Some(only), _) => only.geometry,
        };
        let sets = (2..names.len())
            .filter(|at| is_set(*at))
            .map(|at| format!("{0} = excluded.{0}", names[at]));
        sql += " on conflict (period, id) do update set ";
        sql += &sets.collect::<Vec<_>>().join(", ");
    }
    let mut statement = transaction.prepare_cached(&sql)?;
    for row in 0..batch.table.len() {
        bind_row(&mut statement, levels, batch, import_number, row)?;
        statement
            .raw_execute()
            .map_err(|error| match error.sqlite_error_code() {
                Some(ErrorCode::ConstraintViolation) => StoreError::DuplicateId {
                    layer: batch.layer.id.clone(),
                    id: batch.table.ids[row].to_string(),
                },
                _ => error.into(),
            })?;
        progress.step()?;
    }
    Ok(())
}

fn bind_row(
    statement: &mut Statement<'_>,
    levels: &[LevelId],
    batch: &Batch<'_>,
    import_number: Option<i64>,
    row: usize,
) -> Result<(), StoreError> {
    let table = batch.table;
    let failed =
        |e: WkbError| StoreError::Backend(format!("{} `{}`: {e}", batch.layer.id, table.ids[row]));
    statement.raw_bind_parameter(1, batch.period.as_str())?;
    statement.raw_bind_parameter(2, &*table.ids[row])?;
    statement.raw_bind_parameter(
        3,
        blob::encode(&table.geometries[row], SRS_ID).map_err(failed)?,
    )?;
    match batch.source_geometries {
        Some(geometries) => {
            statement.raw_bind_parameter(4, wkb::encode(&geometries[row]).map_err(failed)?)?;
        }
        None => statement.raw_bind_parameter(4, None::<i64>)?,
    }
    statement.raw_bind_parameter(5, import_number)?;
    let mut place = 6;
    for column in &table.columns {
        statement.raw_bind_parameter(place, sql_value(column, row))?;
        place += 1;
    }
    for level in levels {
        let code = table.area_codes.get(level).and_then(|codes| codes.get(row));
        statement.raw_bind_parameter(place, code)?;
        place += 1;
    }
    Ok(())
}

fn sql_value(column: &Column, row: usize) -> ToSqlOutput<'_> {
    use rusqlite::types::{Value, ValueRef};
    match column {
        Column::Integer(values) => {
            ToSqlOutput::Owned(values[row].map_or(Value::Null, Value::Integer))
        }
        Column::Number(values) => ToSqlOutput::Owned(values[row].map_or(Value::Null, Value::Real)),
        Column::Text(values) => ToSqlOutput::Borrowed(
            values
                .get(row)
                .map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())),
        ),
    }
}

fn set_area_codes(
    transaction: &Transaction<'_>,
    levels: &[LevelId],
    batch: &Batch<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let given: Vec<(&LevelId, &TextColumn)> = levels
        .iter()
        .filter_map(|l| Some((l, batch.table.area_codes.get(l)?)))
        .collect();
    if given.is_empty() {
        return Ok(());
    }
    let sets: Vec<String> = given
        .iter()
        .enumerate()
        .map(|(i, (level, _))| format!("\"{}\" = ?{}", code_column(level), i + 3))
        .collect();
    let table = &batch.layer.id;
    let sql = format!(
        "update \"{table}\" set {} where period = ?1 and id = ?2",
        sets.join(", ")
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    for row in 0..batch.table.len() {
        statement.raw_bind_parameter(1, batch.period.as_str())?;
        statement.raw_bind_parameter(2, &*batch.table.ids[row])?;
        for (place, (_, codes)) in given.iter().enumerate() {
            statement.raw_bind_parameter(place + 3, codes.get(row))?;
        }
        statement.raw_execute()?;
        progress.step()?;
    }
    Ok(())
}

pub(super) fn delete(
    transaction: &Transaction<'_>,
    batch: &Batch<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let sql = format!(
        "delete from \"{}\" where period = ?1 and id = ?2",
        batch.layer.id
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    for id in &batch.table.ids {
        statement.execute(params![batch.period.as_str(), &**id])?;
        progress.step()?;
    }
    Ok(())
}

/// Keeps the extent in `gpkg_contents`, which other programs zoom to.
pub(super) fn update_bounds(
    transaction: &Transaction<'_>,
    batch: &Batch<'_>,
) -> Result<(), StoreError> {
    if matches!(batch.mode, BatchMode::AreaCodes | BatchMode::Delete) {
        return Ok(());
    }
    let mut bounds = crate::domain::Bbox::EMPTY;
    for geometry in &batch.table.geometries {
        if let Some(rect) = geo::BoundingRect::bounding_rect(geometry) {
            bounds.expand(&rect.into());
        }
    }
    if bounds.is_empty() {
        return Ok(());
    }
    transaction.execute(
        "update gpkg_contents set
           min_x = min(coalesce(min_x, ?2), ?2), min_y = min(coalesce(min_y, ?3), ?3),
           max_x = max(coalesce(max_x, ?4), ?4), max_y = max(coalesce(max_y, ?5), ?5),
           last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now')
         where table_name = ?1",
        params![
            batch.layer.id.as_str(),
            bounds.west,
            bounds.south,
            bounds.east,
            bounds.north
        ],
    )?;
    Ok(())
}
