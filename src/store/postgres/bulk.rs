//! Rows of layers in the database's own binary form, out of it and into it.

use std::{ops::Range, pin::pin};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use geo::Geometry;
use tokio_postgres::{Row, Transaction, types::ToSql};

use super::layers::{column_type, table, value_columns};
use crate::{
    domain::{
        AttributeType, Column, Layer, LevelId, Period, RowFault, RowReason, Table, TextColumn,
        make_sound,
    },
    store::{
        Batch, StoreError, corrupt,
        progress::Progress,
        wkb::{self, SRS_ID},
    },
};

/// Rows in the binary form of a copy, gathered until there are enough of them to send.
struct Rows(BytesMut);

/// Bytes that are sent at once.
const CHUNK: usize = 256 << 10;

impl Rows {
    fn new() -> Self {
        let mut bytes = BytesMut::with_capacity(CHUNK + (CHUNK >> 2));
        bytes.put_slice(b"PGCOPY\n\xff\r\n\0");
        // Neither flags nor anything that later versions may add.
        bytes.put_slice(&[0; 8]);
        Rows(bytes)
    }

    fn null(&mut self) {
        self.0.put_i32(-1);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.put_i32(bytes.len() as i32);
        self.0.put_slice(bytes);
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.bytes(text.as_bytes()),
            None => self.null(),
        }
    }

    fn integer(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.bytes(&number.to_be_bytes()),
            None => self.null(),
        }
    }

    fn number(&mut self, number: Option<f64>) {
        match number {
            Some(number) => self.bytes(&number.to_be_bytes()),
            None => self.null(),
        }
    }

    fn flag(&mut self, flag: Option<i64>) {
        match flag {
            Some(flag) => self.bytes(&[u8::from(flag != 0)]),
            None => self.null(),
        }
    }

    /// Well-known binary with the reference system within, as PostGIS takes it.
    fn geometry(&mut self, geometry: &Geometry<f64>) -> Result<(), wkb::WkbError> {
        const HAS_SRID: u8 = 0x20;
        let length = self.0.len();
        self.0.put_i32(0);
        let start = self.0.len();
        let plain = match geometry {
            Geometry::Point(point) => {
                let mut plain = Vec::with_capacity(21);
                wkb::push_point(&mut plain, *point);
                plain
            }
            other => wkb::encode(other)?,
        };
        self.0.put_slice(&plain[..5]);
        // Little-endian: the last byte of the kind holds the flags.
        self.0[start + 4] |= HAS_SRID;
        self.0.put_i32_le(SRS_ID);
        self.0.put_slice(&plain[5..]);
        let written = (self.0.len() - start) as i32;
        self.0[length..start].copy_from_slice(&written.to_be_bytes());
        Ok(())
    }
}

/// The columns of a layer's table that a row of a batch fills, ready for SQL.
pub(super) fn columns(layer: &Layer, levels: &[LevelId]) -> String {
    let first = "period, id, geom, source_geom, import_number".to_owned();
    let values = value_columns(layer, levels);
    values.iter().fold(first, |all, column| all + ", " + column)
}

/// The parameters from the one numbered `first` on that [`Columns::all`] gives, ready for SQL.
pub(super) fn arrays(layer: &Layer, levels: &[LevelId], first: usize) -> String {
    let attributes = layer.attributes.iter().map(|a| column_type(a.kind));
    let kinds = ["text", "bytea", "bytea"].into_iter().chain(attributes);
    let kinds = kinds.chain(levels.iter().map(|_| "text"));
    let arrays = (first..)
        .zip(kinds)
        .map(|(at, kind)| format!("${at}::{kind}[]"));
    arrays.collect::<Vec<_>>().join(", ")
}

/// Some rows of a batch, column by column: ids, shapes, shapes as imported, values, area codes.
pub(super) struct Columns<'b>(Vec<Box<dyn ToSql + Sync + Send + 'b>>);

impl<'b> Columns<'b> {
    pub fn of(
        levels: &[LevelId],
        batch: &Batch<'b>,
        rows: Range<usize>,
    ) -> Result<Self, StoreError> {
        let table = batch.table;
        let encoded = |shapes: &[Geometry<f64>]| {
            let bytes = rows.clone().map(|row| {
                let failed = |e| failed(batch, row, e);
                wkb::encode(&shapes[row]).map(Some).map_err(failed)
            });
            bytes.collect::<Result<Vec<Option<Vec<u8>>>, StoreError>>()
        };
        let ids: Vec<&str> = table.ids[rows.clone()].iter().map(|id| &**id).collect();
        let mut all: Vec<Box<dyn ToSql + Sync + Send + 'b>> = vec![Box::new(ids)];
        all.push(Box::new(encoded(&table.geometries)?));
        all.push(match batch.source_geometries {
            Some(shapes) => Box::new(encoded(shapes)?),
            None => Box::new(vec![None::<Vec<u8>>; rows.len()]),
        });
        for (column, attribute) in table.columns.iter().zip(&batch.layer.attributes) {
            all.push(match column {
                Column::Integer(values) if attribute.kind == AttributeType::Flag => {
                    let flags = values[rows.clone()].iter();
                    Box::new(flags.map(|flag| flag.map(|f| f != 0)).collect::<Vec<_>>())
                }
                Column::Integer(values) => Box::new(&values[rows.clone()]),
                Column::Number(values) => Box::new(&values[rows.clone()]),
                Column::Text(values) => {
                    Box::new(rows.clone().map(|row| values.get(row)).collect::<Vec<_>>())
                }
            });
        }
        for level in levels {
            let codes = table.area_codes.get(level);
            let codes = rows
                .clone()
                .map(|row| codes.and_then(|codes| codes.get(row)));
            all.push(Box::new(codes.collect::<Vec<_>>()));
        }
        Ok(Columns(all))
    }

    pub fn all(&self) -> impl Iterator<Item = &(dyn ToSql + Sync)> {
        self.0.iter().map(|column| &**column as &(dyn ToSql + Sync))
    }
}

fn failed(batch: &Batch<'_>, row: usize, error: wkb::WkbError) -> StoreError {
    StoreError::Backend(format!(
        "{} `{}`: {error}",
        batch.layer.id, batch.table.ids[row]
    ))
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
    let columns = columns(batch.layer, levels);
    let sql = format!("copy {target} ({columns}) from stdin (format binary)");
    let mut sink = pin!(tx.copy_in::<_, Bytes>(&sql).await?);
    let table = batch.table;
    let codes: Vec<Option<&TextColumn>> = levels
        .iter()
        .map(|level| table.area_codes.get(level))
        .collect();
    let fields = (5 + table.columns.len() + levels.len()) as i16;
    let mut rows = Rows::new();
    for row in 0..table.len() {
        rows.0.put_i16(fields);
        rows.text(Some(batch.period.as_str()));
        rows.text(Some(&table.ids[row]));
        let shape = rows.geometry(&table.geometries[row]);
        shape.map_err(|e| failed(batch, row, e))?;
        match batch.source_geometries {
            Some(shapes) => {
                let shape = wkb::encode(&shapes[row]).map_err(|e| failed(batch, row, e))?;
                rows.bytes(&shape);
            }
            None => rows.null(),
        }
        rows.integer(import_number);
        for (column, attribute) in table.columns.iter().zip(&batch.layer.attributes) {
            match column {
                Column::Integer(values) if attribute.kind == AttributeType::Flag => {
                    rows.flag(values[row]);
                }
                Column::Integer(values) => rows.integer(values[row]),
                Column::Number(values) => rows.number(values[row]),
                Column::Text(values) => rows.text(values.get(row)),
            }
        }
        for codes in &codes {
            rows.text(codes.and_then(|codes| codes.get(row)));
        }
        if rows.0.len() >= CHUNK {
            sink.send(rows.0.split().freeze()).await?;
            rows.0.reserve(CHUNK + (CHUNK >> 2));
        }
        progress.step()?;
    }
    rows.0.put_i16(-1);
    sink.send(rows.0.freeze()).await?;
    sink.finish().await?;
    Ok(())
}

/// What [`push`] takes of each row.
fn select(layer: &Layer, levels: &[LevelId]) -> String {
    let columns = value_columns(layer, levels)
        .iter()
        .fold(String::new(), |all, column| all + ", " + column);
    let own = table(&layer.id);
    format!("select id, st_asbinary(geom, 'NDR'){columns} from {own} where period = $1")
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
    make_sound(layer, &mut found);
    Ok(found)
}

fn push(
    found: &mut Table,
    codes: &mut [TextColumn],
    layer: &Layer,
    row: &Row,
) -> Result<(), StoreError> {
    let id: &str = row.try_get(0)?;
    let shape: Option<&[u8]> = row.try_get(1)?;
    let shape = shape
        .ok_or(RowReason::NoShape)
        .and_then(|bytes| wkb::decode(bytes).map_err(|_| RowReason::UnreadableShape));
    let geometry = match shape {
        Ok(geometry) => geometry,
        Err(reason) => {
            found
                .faults
                .push(RowFault::new(id, RowFault::SHAPE, reason));
            return Ok(());
        }
    };
    found.ids.push(id.into());
    found.geometries.push(geometry);
    for (place, column) in found.columns.iter_mut().enumerate() {
        let (at, attribute) = (2 + place, &layer.attributes[place]);
        match column {
            Column::Integer(values) if attribute.kind == AttributeType::Flag => {
                values.push(row.try_get::<_, Option<bool>>(at)?.map(i64::from));
            }
            Column::Integer(values) => values.push(row.try_get(at)?),
            Column::Number(values) => values.push(row.try_get(at)?),
            Column::Text(values) => values.push(row.try_get(at).map_err(corrupt)?),
        }
    }
    let first = 2 + layer.attributes.len();
    for (place, codes) in codes.iter_mut().enumerate() {
        codes.push(row.try_get(first + place)?);
    }
    Ok(())
}
