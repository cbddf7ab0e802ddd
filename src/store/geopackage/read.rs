//! Questions to a city file.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, Row, params, types::ValueRef};

use super::{blob, readers::Reader, schema::code_column};
use crate::{
    domain::{
        Column, Layer, LayerId, LevelId, Period, RowFault, RowReason, Table, TextColumn, make_sound,
    },
    store::{
        Change, ChangeKind, ChangeNumber, ControlTotal, LayerState, StoreError, StoredNetwork,
        UnreadState, corrupt,
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
        let named = (row.get_ref(0)?.as_str(), row.get_ref(1)?.as_str());
        let (Ok(layer), Ok(period)) = named else {
            continue;
        };
        // Another program may have written a period that is none.
        let (Ok(layer), Ok(period)) = (layer.parse::<LayerId>(), period.parse::<Period>()) else {
            continue;
        };
        let texts = imports.query_map(params![layer.as_str(), period.as_str()], |row| {
            row.get::<_, String>(0)
        })?;
        let records = texts
            .map(|text| serde_json::from_str(&text?).map_err(corrupt))
            .collect::<Result<_, StoreError>>()?;
        found.push(LayerState {
            layer,
            period,
            features: row.get::<_, i64>(2)? as u64,
            changed: row.get::<_, i64>(3)? as u64,
            records,
        });
    }
    Ok(found)
}

pub(super) fn unread_states(connection: &Connection) -> Result<Vec<UnreadState>, StoreError> {
    let sql = "select layer, cast(period as text), features from suitu_states
               where features > 0 order by layer, period";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (layer, period): (String, String) = (row.get(0)?, row.get(1)?);
        if let (Ok(layer), Err(_)) = (layer.parse(), period.parse::<Period>()) {
            found.push(UnreadState {
                layer,
                period,
                features: row.get::<_, i64>(2)? as u64,
            });
        }
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

pub(super) fn written_outside(
    connection: &Connection,
    layer: &LayerId,
    period: &str,
    ids: &[&str],
) -> Result<BTreeMap<String, String>, StoreError> {
    let sql = "select id, max(at) from suitu_changes
               where external = 1 and layer = ?1 and period = ?2 and id is not null group by id";
    let wanted: HashSet<&str> = ids.iter().copied().collect();
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(params![layer.as_str(), period], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let mut found = BTreeMap::new();
    for row in rows {
        let (id, at): (String, String) = row?;
        if wanted.contains(&*id) {
            found.insert(id, at);
        }
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
pub(super) fn table<'a>(
    connect: &(dyn Fn() -> Result<Reader<'a>, StoreError> + Sync),
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
        let mut table = read_span(&first, start, layer, levels, period, [low, high])?;
        make_sound(layer, &mut table);
        return Ok(table);
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
    make_sound(layer, &mut table);
    Ok(table)
}

/// What a transaction sees: every commit and every foreign edit has a number.
#[derive(Debug, PartialEq, Eq)]
struct Snapshot {
    number: Option<i64>,
    low: Option<i64>,
    high: Option<i64>,
}

/// Begins a transaction that ends with the loan of the connection.
fn begin<'a>(connection: Reader<'a>, layer: &Layer) -> Result<(Reader<'a>, Snapshot), StoreError> {
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
    let codes = |level: &LevelId| (level.clone(), TextColumn::default());
    table.area_codes = levels.iter().map(codes).collect();
    table.reserve(rows);
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
    make_sound(layer, &mut table);
    Ok(table)
}

fn push_row(
    table: &mut Table,
    row: &Row<'_>,
    layer: &Layer,
    levels: &[LevelId],
) -> Result<(), StoreError> {
    let id = row.get_ref(0)?.as_str().unwrap_or_default();
    let shape = match row.get_ref(1)? {
        ValueRef::Null => Err(RowReason::NoShape),
        ValueRef::Blob(bytes) => blob::decode(bytes).map_err(|_| RowReason::UnreadableShape),
        _ => Err(RowReason::UnreadableShape),
    };
    let geometry = match shape {
        Ok(geometry) => geometry,
        Err(reason) => {
            table
                .faults
                .push(RowFault::new(id, RowFault::SHAPE, reason));
            return Ok(());
        }
    };
    table.ids.push(id.into());
    table.geometries.push(geometry);
    for (place, column) in table.columns.iter_mut().enumerate() {
        if !push_value(column, row.get_ref(2 + place)?) {
            let field = layer.attributes[place].id.as_str();
            let fault = RowFault::new(id, field, RowReason::WrongType);
            table.faults.push(fault);
        }
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

/// Appends a value, missing where it is none of the column's type; answers whether it is.
fn push_value(column: &mut Column, value: ValueRef<'_>) -> bool {
    if let ValueRef::Null = value {
        match column {
            Column::Integer(values) => values.push(None),
            Column::Number(values) => values.push(None),
            Column::Text(values) => values.push(None),
        }
        return true;
    }
    match column {
        Column::Integer(values) => {
            let whole = match value {
                ValueRef::Integer(number) => Some(number),
                ValueRef::Real(number) if number.fract() == 0.0 => Some(number as i64),
                _ => None,
            };
            values.push(whole);
            whole.is_some()
        }
        Column::Number(values) => {
            let number = match value {
                ValueRef::Integer(number) => Some(number as f64),
                ValueRef::Real(number) => Some(number),
                _ => None,
            };
            values.push(number);
            number.is_some()
        }
        Column::Text(values) => match value {
            ValueRef::Integer(number) => {
                values.push(Some(&number.to_string()));
                true
            }
            ValueRef::Text(bytes) => {
                let text = std::str::from_utf8(bytes).ok();
                values.push(text);
                text.is_some()
            }
            _ => {
                values.push(None);
                false
            }
        },
    }
}
