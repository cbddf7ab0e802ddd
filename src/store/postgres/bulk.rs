//! Rows of layers in the database's own binary form, out of it and into it.

use std::{error::Error, pin::pin};

use futures_util::StreamExt;
use geo::Geometry;
use tokio_postgres::{
    Row, Transaction,
    binary_copy::BinaryCopyInWriter,
    types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

use super::layers::{table, value_columns};
use crate::{
    domain::{AttributeType, Column, Layer, LevelId, Period, Table, TextColumn},
    store::{
        Batch, StoreError, corrupt,
        progress::Progress,
        wkb::{self, SRS_ID},
    },
};

/// A value on its way into the database.
#[derive(Debug)]
enum Cell<'a> {
    Null,
    Text(&'a str),
    Integer(i64),
    Number(f64),
    Flag(bool),
    /// Also a geometry in extended well-known binary.
    Bytes(Vec<u8>),
}

impl ToSql for Cell<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Cell::Null => Ok(IsNull::Yes),
            Cell::Text(text) => text.to_sql(kind, out),
            Cell::Integer(number) => number.to_sql(kind, out),
            Cell::Number(number) => number.to_sql(kind, out),
            Cell::Flag(flag) => flag.to_sql(kind, out),
            Cell::Bytes(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Well-known binary with the reference system within, as PostGIS takes it.
fn extended(geometry: &Geometry<f64>) -> Result<Vec<u8>, wkb::WkbError> {
    const HAS_SRID: u8 = 0x20;
    let plain = wkb::encode(geometry)?;
    let mut bytes = Vec::with_capacity(plain.len() + 4);
    bytes.extend_from_slice(&plain[..5]);
    // Little-endian: the last byte of the kind holds the flags.
    bytes[4] |= HAS_SRID;
    bytes.extend_from_slice(&SRS_ID.to_le_bytes());
    bytes.extend_from_slice(&plain[5..]);
    Ok(bytes)
}

/// Copies the rows of a batch into `target`, a table with the columns of the layer's own.
pub(super) async fn copy(
    tx: &Transaction<'_>,
    target: &str,
    levels: &[LevelId],
    batch: &Batch<'_>,
    import_number: Option<i64>,
    progress: &mut Progress<'_>,
) -> Result<(), StoreError> {
    let columns = value_columns(batch.layer, levels).join(", ");
    let columns = format!("period, id, geom, source_geom, import_number, {columns}");
    let columns = columns.trim_end_matches([',', ' ']);
    let shape = tx
        .prepare(&format!("select {columns} from {target} limit 0"))
        .await?;
    let kinds: Vec<Type> = shape.columns().iter().map(|c| c.type_().clone()).collect();
    let sink = tx
        .copy_in(&format!("copy {target} ({columns}) from stdin binary"))
        .await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &kinds));
    let rows = batch.table;
    let flags: Vec<bool> = batch
        .layer
        .attributes
        .iter()
        .map(|a| a.kind == AttributeType::Flag)
        .collect();
    let codes: Vec<Option<&TextColumn>> = levels
        .iter()
        .map(|level| rows.area_codes.get(level))
        .collect();
    let failed = |row: usize, e: wkb::WkbError| {
        StoreError::Backend(format!("{} `{}`: {e}", batch.layer.id, rows.ids[row]))
    };
    for row in 0..rows.len() {
        let mut cells = Vec::with_capacity(kinds.len());
        cells.push(Cell::Text(batch.period.as_str()));
        cells.push(Cell::Text(&rows.ids[row]));
        cells.push(Cell::Bytes(
            extended(&rows.geometries[row]).map_err(|e| failed(row, e))?,
        ));
        cells.push(match batch.source_geometries {
            Some(shapes) => Cell::Bytes(wkb::encode(&shapes[row]).map_err(|e| failed(row, e))?),
            None => Cell::Null,
        });
        cells.push(import_number.map_or(Cell::Null, Cell::Integer));
        let values = rows.columns.iter().zip(&flags);
        cells.extend(values.map(|(column, is_flag)| cell(column, *is_flag, row)));
        let codes = codes
            .iter()
            .map(|codes| codes.and_then(|codes| codes.get(row)));
        cells.extend(codes.map(|code| code.map_or(Cell::Null, Cell::Text)));
        let cells: Vec<&(dyn ToSql + Sync)> = cells.iter().map(|c| c as _).collect();
        writer.as_mut().write(&cells).await?;
        progress.step()?;
    }
    writer.finish().await?;
    Ok(())
}

fn cell(column: &Column, is_flag: bool, row: usize) -> Cell<'_> {
    match column {
        Column::Integer(values) if is_flag => {
            values[row].map_or(Cell::Null, |flag| Cell::Flag(flag != 0))
        }
        Column::Integer(values) => values[row].map_or(Cell::Null, Cell::Integer),
        Column::Number(values) => values[row].map_or(Cell::Null, Cell::Number),
        Column::Text(values) => values.get(row).map_or(Cell::Null, Cell::Text),
    }
}

/// What [`push`] takes of each row.
fn select(layer: &Layer, levels: &[LevelId]) -> String {
    let columns = value_columns(layer, levels)
        .iter()
        .fold(String::new(), |all, column| all + ", " + column);
    let own = table(&layer.id);
    format!("select id, st_asbinary(geom, 'NDR'){columns} from {own} where period = $1")
}

/// The features of one layer and period in the order of their insertion.
pub(super) async fn read(
    tx: &Transaction<'_>,
    layer: &Layer,
    levels: &[LevelId],
    period: &Period,
) -> Result<Table, StoreError> {
    let sql = select(layer, levels) + " order by fid";
    // A whole period is sorted in memory.
    tx.batch_execute("set local statement_timeout = 0; set local work_mem = '256MB'")
        .await?;
    let rows = tx.query_raw(&sql, [period.as_str()]).await?;
    let mut rows = pin!(rows.ready_chunks(256));
    let mut found = Table::for_layer(layer);
    let mut codes = vec![TextColumn::default(); levels.len()];
    while let Some(chunk) = rows.next().await {
        for row in chunk {
            push(&mut found, &mut codes, layer, &row?)?;
        }
    }
    found.area_codes = levels.iter().cloned().zip(codes).collect();
    Ok(found)
}

/// The features that have these ids.
pub(super) async fn rows(
    tx: &Transaction<'_>,
    layer: &Layer,
    levels: &[LevelId],
    period: &Period,
    ids: &[&str],
) -> Result<Table, StoreError> {
    let sql = select(layer, levels) + " and id = any($2) order by fid";
    some(tx, layer, levels, &sql, period, ids).await
}

/// The same, which nobody else can change before this transaction ends.
pub(super) async fn rows_held(
    tx: &Transaction<'_>,
    layer: &Layer,
    levels: &[LevelId],
    period: &Period,
    ids: &[&str],
) -> Result<Table, StoreError> {
    let sql = select(layer, levels) + " and id = any($2) order by id for update";
    some(tx, layer, levels, &sql, period, ids).await
}

async fn some(
    tx: &Transaction<'_>,
    layer: &Layer,
    levels: &[LevelId],
    sql: &str,
    period: &Period,
    ids: &[&str],
) -> Result<Table, StoreError> {
    let mut found = Table::for_layer(layer);
    let mut codes = vec![TextColumn::default(); levels.len()];
    for row in tx.query(sql, &[&period.as_str(), &ids]).await? {
        push(&mut found, &mut codes, layer, &row)?;
    }
    found.area_codes = levels.iter().cloned().zip(codes).collect();
    Ok(found)
}

fn push(
    found: &mut Table,
    codes: &mut [TextColumn],
    layer: &Layer,
    row: &Row,
) -> Result<(), StoreError> {
    // A row without geometry is an unfinished edit of another program; it is checked for there.
    let shape: Option<&[u8]> = row.try_get(1)?;
    let Some(geometry) = shape.and_then(|bytes| wkb::decode(bytes).ok()) else {
        return Ok(());
    };
    found.ids.push(row.try_get::<_, &str>(0)?.into());
    found.geometries.push(geometry);
    for (place, column) in found.columns.iter_mut().enumerate() {
        let (at, attribute) = (2 + place, &layer.attributes[place]);
        match column {
            Column::Integer(values) if attribute.kind == AttributeType::Flag => {
                values.push(row.try_get::<_, Option<bool>>(at)?.map(i64::from));
            }
            // A negative count, which another program may have written, is no count.
            Column::Integer(values) => {
                let number: Option<i64> = row.try_get(at)?;
                values.push(number.filter(|n| !attribute.is_count() || *n >= 0));
            }
            Column::Number(values) => {
                let number: Option<f64> = row.try_get(at)?;
                values.push(number.filter(|n| n.is_finite()));
            }
            Column::Text(values) => values.push(row.try_get(at).map_err(corrupt)?),
        }
    }
    let first = 2 + layer.attributes.len();
    for (place, codes) in codes.iter_mut().enumerate() {
        codes.push(row.try_get(first + place)?);
    }
    Ok(())
}
