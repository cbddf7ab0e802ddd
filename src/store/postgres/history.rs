//! Edits of features in a database, and what is remembered of each.

use tokio_postgres::{Row, Transaction, types::ToSql};

use super::{
    bulk,
    layers::ensure_partition,
    once,
    read::{change_number, utc},
    write,
};
use crate::{
    domain::{FeatureState, Layer, LevelId, Period},
    store::{
        BatchMode, ChangeNumber, EditBatch, HistoryEntry, StoreError, corrupt,
        edit::{Part, Piece, parts, read_values, written_values},
        progress::Progress,
        wkb,
    },
};

pub(super) async fn edit(
    tx: &Transaction<'_>,
    levels: &[LevelId],
    batch: &EditBatch<'_>,
) -> Result<ChangeNumber, StoreError> {
    once::check(tx, batch).await?;
    let parts = parts(batch.writes);
    let states = parts.iter().map(|part| (&part.layer.id, part.period));
    write::lock_states(tx, states).await?;
    let mut conflicts = Vec::new();
    for part in &parts {
        // Held to the end: other programs wait too.
        let there = bulk::rows_held(tx, part.layer, levels, part.period, &part.ids()).await?;
        conflicts.extend(part.conflicts(&there));
    }
    if !conflicts.is_empty() {
        return Err(StoreError::EditConflict(conflicts));
    }
    let mut written = Vec::new();
    for part in &parts {
        let pieces = part.pieces(levels);
        ensure_partition(tx, part.layer, part.period).await?;
        for piece in &pieces {
            write_rows(tx, levels, piece).await?;
        }
        written.push((part, pieces));
    }
    // Numbers are taken last: whoever takes one holds all others up until it has committed.
    let mut number = None;
    for (part, pieces) in &written {
        for piece in pieces {
            let last = write::log(tx, &piece.rows()).await?;
            keep(tx, batch, part, piece, last).await?;
            number = Some(last);
        }
        if let Some(number) = number {
            touch(tx, part, number).await?;
        }
    }
    let number = match number {
        Some(number) => write::announce(tx, number).await?,
        None => change_number(tx).await?,
    };
    once::keep(tx, batch, number).await?;
    Ok(number)
}

async fn write_rows(
    tx: &Transaction<'_>,
    levels: &[LevelId],
    piece: &Piece<'_>,
) -> Result<(), StoreError> {
    let rows = piece.rows();
    let mut go_on = |_| true;
    let mut progress = Progress::new(&mut go_on);
    match rows.mode {
        BatchMode::Delete => write::delete(tx, &rows, &mut progress).await,
        BatchMode::Append => write::insert(tx, levels, &rows, None, &mut progress).await,
        _ => write::update(tx, levels, &rows, None, &mut progress).await,
    }
}

/// The state of a layer after the edits.
async fn touch(
    tx: &Transaction<'_>,
    part: &Part<'_>,
    number: ChangeNumber,
) -> Result<(), StoreError> {
    tx.execute(
        "insert into suitu.states values ($1, $2, $3, $4)
         on conflict (layer, period) do update
         set features = suitu.states.features + excluded.features, changed = excluded.changed",
        &[
            &part.layer.id.as_str(),
            &part.period.as_str(),
            &part.gained(),
            &(number as i64),
        ],
    )
    .await?;
    Ok(())
}

async fn keep(
    tx: &Transaction<'_>,
    batch: &EditBatch<'_>,
    part: &Part<'_>,
    piece: &Piece<'_>,
    last: ChangeNumber,
) -> Result<(), StoreError> {
    let layer = part.layer;
    let (mut numbers, mut ids) = (Vec::new(), Vec::new());
    let (mut before, mut after) = (Kept::default(), Kept::default());
    for (number, write) in piece.numbered(last) {
        numbers.push(number as i64);
        ids.push(&*write.id);
        before.push(layer, write.before.as_ref())?;
        after.push(layer, write.after.as_ref())?;
    }
    tx.execute(
        "insert into suitu.history (number, layer, period, id, who, why, undoes,
           before_values, before_geom, after_values, after_geom)
         select number, $1, $2, id, $3, $4, $5, before_values::jsonb,
           st_geomfromwkb(before_geom, 4490), after_values::jsonb,
           st_geomfromwkb(after_geom, 4490)
         from unnest($6::bigint[], $7::text[], $8::text[], $9::bytea[], $10::text[], $11::bytea[])
           as given (number, id, before_values, before_geom, after_values, after_geom)",
        &[
            &layer.id.as_str(),
            &part.period.as_str(),
            &batch.who,
            &batch.why,
            &batch.undoes.map(|number| number as i64),
            &numbers,
            &ids,
            &before.values,
            &before.shapes,
            &after.values,
            &after.shapes,
        ],
    )
    .await?;
    Ok(())
}

/// States as the columns keep them.
#[derive(Default)]
struct Kept {
    values: Vec<Option<String>>,
    shapes: Vec<Option<Vec<u8>>>,
}

impl Kept {
    fn push(&mut self, layer: &Layer, state: Option<&FeatureState>) -> Result<(), StoreError> {
        let values = state.map(|state| written_values(layer, state));
        let shape = state.map(|state| wkb::encode(&state.geometry));
        let shape = shape.transpose();
        self.values.push(values.transpose()?);
        self.shapes
            .push(shape.map_err(|e| StoreError::Backend(e.to_string()))?);
        Ok(())
    }
}

fn state(layer: &Layer, row: &Row, at: usize) -> Result<Option<FeatureState>, StoreError> {
    let (values, shape): (Option<&str>, Option<&[u8]>) = (row.try_get(at)?, row.try_get(at + 1)?);
    let (Some(values), Some(shape)) = (values, shape) else {
        return Ok(None);
    };
    Ok(Some(FeatureState {
        geometry: wkb::decode(shape).map_err(corrupt)?,
        values: read_values(layer, values)?,
    }))
}

/// The edits of a feature, the newest first.
pub(super) async fn of_feature(
    tx: &Transaction<'_>,
    layer: &Layer,
    period: &Period,
    id: &str,
) -> Result<Vec<HistoryEntry>, StoreError> {
    let sql = format!(
        "select number, {}, who, why, undoes, before_values::text, st_asbinary(before_geom, 'NDR'),
           after_values::text, st_asbinary(after_geom, 'NDR')
         from suitu.history where layer = $1 and period = $2 and id = $3 order by number desc",
        utc("at")
    );
    let mut found = Vec::new();
    let feature: [&(dyn ToSql + Sync); 3] = [&layer.id.as_str(), &period.as_str(), &id];
    for row in tx.query(&sql, &feature).await? {
        found.push(HistoryEntry {
            number: row.try_get::<_, i64>(0)? as u64,
            at: row.try_get(1)?,
            who: row.try_get(2)?,
            why: row.try_get(3)?,
            undoes: row
                .try_get::<_, Option<i64>>(4)?
                .map(|number| number as u64),
            before: state(layer, &row, 5)?,
            after: state(layer, &row, 7)?,
        });
    }
    Ok(found)
}
