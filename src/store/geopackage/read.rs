//! Questions to a city file.

use rusqlite::{Connection, Row, params, types::ValueRef};

use super::{blob, schema::code_column};
use crate::{
    domain::{Column, Layer, LayerId, LevelId, Period, Table, TextColumn},
    store::{
        Change, ChangeKind, ChangeNumber, ControlTotal, LayerState, StoreError, StoredNetwork,
        corrupt,
    },
};

pub(super) fn states(connection: &Connection) -> Result<Vec<LayerState>, StoreError> {
    let mut imports = connection.prepare(
        "select record from suitu_imports where layer = ?1 and period = ?2 order by number",
    )?;
    let mut statement = connection.prepare(
        "select layer, period, features, changed from suitu_states order by layer, period",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (layer, period): (String, String) = (row.get(0)?, row.get(1)?);
        let texts = imports.query_map(params![layer, period], |row| row.get::<_, String>(0))?;
        let records = texts
            .map(|text| serde_json::from_str(&text?).map_err(corrupt))
            .collect::<Result<_, StoreError>>()?;
        found.push(LayerState {
            layer: layer.parse().map_err(corrupt)?,
            period: period.parse().map_err(corrupt)?,
            features: row.get::<_, i64>(2)? as u64,
            changed: row.get::<_, i64>(3)? as u64,
            records,
        });
    }
    Ok(found)
}

pub(super) fn holds(connection: &Connection, number: ChangeNumber) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from suitu_changes where number = ?1)";
    Ok(connection.query_row(sql, [number as i64], |row| row.get(0))?)
}

pub(super) fn changes_since(
    connection: &Connection,
    number: ChangeNumber,
) -> Result<Vec<Change>, StoreError> {
    let sql = "select number, at, layer, period, kind, id, external from suitu_changes
               where number > ?1 order by number";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([number as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let kind = ChangeKind::of_name(row.get_ref(4)?.as_str().unwrap_or_default());
        let (layer, period): (String, String) = (row.get(2)?, row.get(3)?);
        // Another program may have written a period that is none; such rows are not ours to load.
        let (Ok(layer), Ok(period)) = (layer.parse(), period.parse()) else {
            continue;
        };
        found.push(Change {
            number: row.get::<_, i64>(0)? as u64,
            at: row.get(1)?,
            layer,
            period,
            kind,
            id: row.get(5)?,
            external: row.get::<_, i64>(6)? == 1,
        });
    }
    Ok(found)
}

pub(super) fn control_totals(
    connection: &Connection,
    layer: &LayerId,
    period: &Period,
) -> Result<Vec<ControlTotal>, StoreError> {
    let sql = "select attribute, level, code, value, source from suitu_control_totals
               where layer = ?1 and period = ?2 order by attribute, level, code";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params![layer.as_str(), period.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(ControlTotal {
            attribute: row.get::<_, String>(0)?.parse().map_err(corrupt)?,
            level: row.get::<_, String>(1)?.parse().map_err(corrupt)?,
            code: row.get::<_, String>(2)?.parse().map_err(corrupt)?,
            value: row.get(3)?,
            source: row.get(4)?,
        });
    }
    Ok(found)
}

pub(super) fn network(
    connection: &Connection,
    name: &str,
) -> Result<Option<StoredNetwork>, StoreError> {
    let sql = "select period, record, bytes from suitu_networks where name = ?1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([name])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (period, record): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(Some(StoredNetwork {
        period: period.parse().map_err(corrupt)?,
        record: serde_json::from_str(&record).map_err(corrupt)?,
        bytes: row.get(2)?,
    }))
}

/// Reads one layer and period as of one commit; large ones by two connections, each a half of the
/// row numbers.
pub(super) fn table(
    connect: &(dyn Fn() -> Result<Connection, StoreError> + Sync),
    layer: &Layer,
    levels: &[LevelId],
    period: &Period,
) -> Result<Table, StoreError> {
    let (first, snapshot) = begin(connect()?, layer)?;
    let (Some(low), Some(high)) = (snapshot.low, snapshot.high) else {
        return Ok(empty(layer, levels, 0));
    };
    // Rows of other periods stand between: room for all of them would be too much.
    let room = |rows: i64| rows.clamp(0, 1 << 21) as usize;
    // The first part takes in the second.
    let start = empty(layer, levels, room(high - low + 1));
    let second = match high - low < 50_000 {
        true => None,
        // A commit between the two makes them see different rows: then one reads alone.
        false => Some(begin(connect()?, layer)?).filter(|(_, other)| *other == snapshot),
    };
    let Some((second, _)) = second else {
        return read_span(&first, start, layer, levels, period, [low, high]);
    };
    let middle = low + (high - low) / 2;
    let (left, right) = rayon::join(
        move || read_span(&first, start, layer, levels, period, [low, middle]),
        move || {
            let rest = empty(layer, levels, room(high - middle));
            read_span(&second, rest, layer, levels, period, [middle + 1, high])
        },
    );
    let mut table = left?;
    table.append(right?);
    Ok(table)
}

/// What a transaction sees: every commit and every foreign edit has a number.
#[derive(Debug, PartialEq, Eq)]
struct Snapshot {
    number: Option<i64>,
    low: Option<i64>,
    high: Option<i64>,
}

/// Begins a transaction that ends with the connection.
fn begin(connection: Connection, layer: &Layer) -> Result<(Connection, Snapshot), StoreError> {
    connection.execute_batch("begin")?;
    // One question for each end: SQLite finds both by the key then, without reading every row.
    let sql = format!(
        "select (select max(number) from suitu_changes),
                (select min(fid) from \"{0}\"), (select max(fid) from \"{0}\")",
        layer.id
    );
    let snapshot = connection.query_row(&sql, [], |row| {
        Ok(Snapshot {
            number: row.get(0)?,
            low: row.get(1)?,
            high: row.get(2)?,
        })
    })?;
    Ok((connection, snapshot))
}

/// A table with room for `rows` rows.
fn empty(layer: &Layer, levels: &[LevelId], rows: usize) -> Table {
    let mut table = Table::for_layer(layer);
    table.ids.reserve(rows);
    table.geometries.reserve(rows);
    table.columns.iter_mut().for_each(|c| c.reserve(rows));
    table.area_codes = levels
        .iter()
        .map(|level| {
            let mut codes = TextColumn::default();
            codes.reserve(rows);
            (level.clone(), codes)
        })
        .collect();
    table
}

/// The columns of a row, as [`push_row`] takes them.
fn columns(layer: &Layer, levels: &[LevelId]) -> String {
    let mut sql = String::from("id, geom");
    for attribute in &layer.attributes {
        sql += &format!(", \"{}\"", attribute.id);
    }
    for level in levels {
        sql += &format!(", \"{}\"", code_column(level));
    }
    sql
}

/// Appends the rows with these numbers, first and last, to `table`.
fn read_span(
    connection: &Connection,
    mut table: Table,
    layer: &Layer,
    levels: &[LevelId],
    period: &Period,
    [low, high]: [i64; 2],
) -> Result<Table, StoreError> {
    // The primary key gives the order of insertion; `+period` keeps the planner on it.
    let sql = format!(
        "select {} from \"{}\" where +period = ?1 and fid between ?2 and ?3 order by fid",
        columns(layer, levels),
        layer.id
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params![period.as_str(), low, high])?;
    while let Some(row) = rows.next()? {
        push_row(&mut table, row, layer, levels)?;
    }
    Ok(table)
}

/// The rows with these ids; those that are not there are left out.
pub(super) fn rows(
    connection: &Connection,
    layer: &Layer,
    levels: &[LevelId],
    period: &Period,
    ids: &[&str],
) -> Result<Table, StoreError> {
    let sql = format!(
        "select {} from \"{}\" where period = ?1 and id = ?2",
        columns(layer, levels),
        layer.id
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut table = empty(layer, levels, ids.len());
    for id in ids {
        let mut rows = statement.query(params![period.as_str(), id])?;
        if let Some(row) = rows.next()? {
            push_row(&mut table, row, layer, levels)?;
        }
    }
    Ok(table)
}

fn push_row(
    table: &mut Table,
    row: &Row<'_>,
    layer: &Layer,
    levels: &[LevelId],
) -> Result<(), StoreError> {
    // A row without geometry is an unfinished edit of another program; it is checked for there.
    let ValueRef::Blob(bytes) = row.get_ref(1)? else {
        return Ok(());
    };
    let Ok(geometry) = blob::decode(bytes) else {
        return Ok(());
    };
    let id = row.get_ref(0)?.as_str().unwrap_or_default();
    table.ids.push(id.into());
    table.geometries.push(geometry);
    for (place, column) in table.columns.iter_mut().enumerate() {
        let is_count = layer.attributes[place].is_count();
        push_value(column, row, 2 + place, is_count)?;
    }
    let first_level = 2 + layer.attributes.len();
    for (place, level) in levels.iter().enumerate() {
        let code = row.get_ref(first_level + place)?.as_str().ok();
        table
            .area_codes
            .get_mut(level)
            .expect("made for every level")
            .push(code);
    }
    Ok(())
}

/// A negative count, which another program may have written, is no count: it is missing.
fn push_value(
    column: &mut Column,
    row: &Row<'_>,
    place: usize,
    is_count: bool,
) -> Result<(), StoreError> {
    let value = row.get_ref(place)?;
    match column {
        Column::Integer(values) => values.push(match value {
            ValueRef::Integer(number) if !is_count || number >= 0 => Some(number),
            ValueRef::Real(number) if number.fract() == 0.0 && (!is_count || number >= 0.0) => {
                Some(number as i64)
            }
            _ => None,
        }),
        Column::Number(values) => values.push(match value {
            ValueRef::Integer(number) => Some(number as f64),
            ValueRef::Real(number) if number.is_finite() => Some(number),
            _ => None,
        }),
        Column::Text(values) => match value {
            ValueRef::Text(_) => values.push(value.as_str().ok()),
            ValueRef::Integer(number) => values.push(Some(&number.to_string())),
            _ => values.push(None),
        },
    }
    Ok(())
}
