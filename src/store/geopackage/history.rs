//! Edits of features in a city file, and what is remembered of each.

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::{once, read, write};
use crate::{
    domain::{FeatureState, Layer, LevelId, Period},
    store::{
        BatchMode, ChangeNumber, EditBatch, HistoryEntry, StoreError, corrupt,
        edit::{Part, Piece, parts, read_values, written_values},
        progress::Progress,
        wkb,
    },
};

/// Adds the table of edits where it is lacking: values are JSON by attribute, shapes well-known
/// binary; what was before an edit that added a feature, or after one that removed it, is null.
pub(super) fn extend(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "create table if not exists suitu_history (
           number integer primary key,
           at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
           layer text not null, period text not null, id text not null,
           who text not null, why text not null, undoes integer,
           before_values text, before_geom blob, after_values text, after_geom blob);
         create index if not exists suitu_history_feature
           on suitu_history (layer, period, id, number);",
    )
}

pub(super) fn edit(
    connection: &mut Connection,
    levels: &[LevelId],
    batch: &EditBatch<'_>,
) -> Result<ChangeNumber, StoreError> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    once::check(&transaction, batch)?;
    let parts = parts(batch.writes);
    let mut conflicts = Vec::new();
    for part in &parts {
        let there = read::rows(&transaction, part.layer, levels, part.period, &part.ids())?;
        conflicts.extend(part.conflicts(&there));
    }
    if !conflicts.is_empty() {
        return Err(StoreError::EditConflict(conflicts));
    }
    transaction.execute("update suitu_writer set active = 1", [])?;
    for part in &parts {
        write_part(&transaction, levels, batch, part)?;
    }
    transaction.execute("update suitu_writer set active = 0", [])?;
    let number = write::last_number(&transaction)?;
    once::keep(&transaction, batch, number)?;
    transaction.commit()?;
    Ok(number)
}

fn write_part(
    transaction: &Transaction<'_>,
    levels: &[LevelId],
    batch: &EditBatch<'_>,
    part: &Part<'_>,
) -> Result<(), StoreError> {
    let mut go_on = |_| true;
    let mut progress = Progress::new(&mut go_on);
    let mut last = 0;
    for piece in part.pieces(levels) {
        let rows = piece.rows();
        last = write::log(transaction, &rows)?;
        match rows.mode {
            BatchMode::Delete => write::delete(transaction, &rows, &mut progress)?,
            _ => write::put(transaction, levels, &rows, None, &mut progress)?,
        }
        write::update_bounds(transaction, &rows)?;
        keep(transaction, batch, part.layer, &piece, last)?;
    }
    transaction.execute(
        "insert into suitu_states values (?1, ?2, ?3, ?4)
         on conflict (layer, period)
         do update set features = features + excluded.features, changed = excluded.changed",
        params![
            part.layer.id.as_str(),
            part.period.as_str(),
            part.gained(),
            last as i64
        ],
    )?;
    Ok(())
}

fn keep(
    transaction: &Transaction<'_>,
    batch: &EditBatch<'_>,
    layer: &Layer,
    piece: &Piece<'_>,
    last: ChangeNumber,
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(
        "insert into suitu_history (number, layer, period, id, who, why, undoes,
           before_values, before_geom, after_values, after_geom)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for (number, write) in piece.numbered(last) {
        let (before_values, before_shape) = kept(layer, write.before.as_ref())?;
        let (after_values, after_shape) = kept(layer, write.after.as_ref())?;
        statement.execute(params![
            number as i64,
            layer.id.as_str(),
            write.period.as_str(),
            write.id,
            batch.who,
            batch.why,
            batch.undoes.map(|number| number as i64),
            before_values,
            before_shape,
            after_values,
            after_shape,
        ])?;
    }
    Ok(())
}

/// A state as the columns keep it.
type Kept = (Option<String>, Option<Vec<u8>>);

fn kept(layer: &Layer, state: Option<&FeatureState>) -> Result<Kept, StoreError> {
    let Some(state) = state else {
        return Ok((None, None));
    };
    let shape = wkb::encode(&state.geometry).map_err(|e| StoreError::Backend(e.to_string()))?;
    Ok((Some(written_values(layer, state)?), Some(shape)))
}

fn state(layer: &Layer, row: &Row<'_>, at: usize) -> Result<Option<FeatureState>, StoreError> {
    let (values, shape): Kept = (row.get(at)?, row.get(at + 1)?);
    let (Some(values), Some(shape)) = (values, shape) else {
        return Ok(None);
    };
    Ok(Some(FeatureState {
        geometry: wkb::decode(&shape).map_err(corrupt)?,
        values: read_values(layer, &values)?,
    }))
}

/// The edits of a feature, the newest first.
pub(super) fn of_feature(
    connection: &Connection,
    layer: &Layer,
    period: &Period,
    id: &str,
) -> Result<Vec<HistoryEntry>, StoreError> {
    let mut statement = connection.prepare(
        "select number, at, who, why, undoes, before_values, before_geom, after_values, after_geom
         from suitu_history where layer = ?1 and period = ?2 and id = ?3 order by number desc",
    )?;
    let mut rows = statement.query(params![layer.id.as_str(), period.as_str(), id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(HistoryEntry {
            number: row.get::<_, i64>(0)? as u64,
            at: row.get(1)?,
            who: row.get(2)?,
            why: row.get(3)?,
            undoes: row.get::<_, Option<i64>>(4)?.map(|number| number as u64),
            before: state(layer, row, 5)?,
            after: state(layer, row, 7)?,
        });
    }
    Ok(found)
}
