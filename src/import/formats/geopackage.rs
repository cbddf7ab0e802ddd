//! GeoPackage: a feature table of a SQLite file made by another program, opened read-only.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, types::ValueRef};

use super::wkb;
use crate::{
    crs::Crs,
    domain::Origin,
    import::{
        ImportError,
        error::list,
        raw::{CarriedCrs, Cell, FileFacts, RawRow, RowPlace, RowSink},
        source::Part,
    },
};

const FORMAT: &str = "GeoPackage";

pub(super) fn read(part: &Part, sink: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    let fail = |e: rusqlite::Error| ImportError::malformed(&part.name, FORMAT, e);
    let db = open(&part.path).map_err(fail)?;
    let table = choose(&db, part, sink.layer_name())?;
    let crs = match &table.geometry {
        Some((_, srs)) => carried_crs(&db, *srs).map_err(fail)?,
        None => CarriedCrs::absent("the table has no geometry"),
    };
    let quoted = format!("\"{}\"", table.name.replace('"', "\"\""));
    let key = primary_key(&db, &table.name).map_err(fail)?;
    let count = db
        .query_row(&format!("select count(*) from {quoted}"), [], |row| {
            row.get::<_, i64>(0)
        })
        .map_err(fail)?;
    sink.expect_rows(count.unsigned_abs());

    let order = key.as_ref().map_or(String::new(), |key| {
        format!(" order by \"{}\"", key.replace('"', "\"\""))
    });
    let mut statement = db
        .prepare(&format!("select * from {quoted}{order}"))
        .map_err(fail)?;
    let mut columns = Vec::new();
    for name in statement.column_names() {
        let is = |other: Option<&str>| other.is_some_and(|o| o.eq_ignore_ascii_case(name));
        columns.push(
            if is(table.geometry.as_ref().map(|(column, _)| column.as_str())) {
                Column::Geometry
            } else if is(key.as_deref()) && !name.eq_ignore_ascii_case("id") {
                Column::Key
            } else {
                Column::Value(sink.column(name)?)
            },
        );
    }
    if table.geometry.is_none() {
        sink.begin_table()?;
    }
    let mut rows = statement.query([]).map_err(fail)?;
    let mut number = 0;
    while let Some(row) = rows.next().map_err(fail)? {
        number += 1;
        emit(row, number, &columns, table.geometry.is_some(), sink).map_err(|e| match e {
            Stop::Sqlite(e) => fail(e),
            Stop::Sink(e) => e,
        })?;
    }
    Ok(FileFacts {
        crs,
        encoding: None,
        origin: origin(&db, &table.name).map_err(fail)?,
    })
}

/// What the description of the table says, a note a line.
fn origin(db: &Connection, table: &str) -> rusqlite::Result<Option<Origin>> {
    let sql = "select description from gpkg_contents where table_name = ?1";
    let text: Option<String> = db.query_row(sql, [table], |row| row.get(0))?;
    let text = text.unwrap_or_default();
    let notes = text.lines().filter_map(|line| line.split_once(": "));
    Ok(Origin::from_notes(notes))
}

enum Stop {
    Sqlite(rusqlite::Error),
    Sink(ImportError),
}

/// What a column of the table is to us.
enum Column {
    Geometry,
    /// The primary key: the feature's own id.
    Key,
    Value(usize),
}

fn emit(
    row: &Row<'_>,
    number: u64,
    columns: &[Column],
    has_shapes: bool,
    sink: &mut dyn RowSink,
) -> Result<(), Stop> {
    let mut cells = vec![Cell::Empty; columns.len()];
    let mut id = Cell::Empty;
    let mut place = match has_shapes {
        true => RowPlace::Null,
        false => RowPlace::InColumns,
    };
    for (index, column) in columns.iter().enumerate() {
        let value = row.get_ref(index).map_err(Stop::Sqlite)?;
        match column {
            Column::Value(at) => cells[*at] = cell(value),
            Column::Key => id = cell(value),
            Column::Geometry => {
                if let ValueRef::Blob(blob) = value {
                    place = match wkb::from_geopackage(blob) {
                        Ok(shape) => RowPlace::Shape(shape),
                        Err(refusal) => RowPlace::Broken(refusal),
                    };
                }
            }
        }
    }
    sink.row(RawRow {
        number,
        id,
        cells: &cells,
        place,
    })
    .map_err(Stop::Sink)
}

fn cell(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null => Cell::Empty,
        ValueRef::Integer(n) => Cell::Integer(n),
        ValueRef::Real(n) => Cell::Number(n),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok("") => Cell::Empty,
            Ok(text) => Cell::Text(text),
            Err(_) => Cell::Unreadable("text that is not UTF-8"),
        },
        ValueRef::Blob(_) => Cell::Unreadable("binary data"),
    }
}

/// Opens the file without ever writing to it. Where no write-ahead log waits beside it, SQLite
/// is told that nothing will change, so that it works in read-only folders.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let log = path.with_file_name(format!(
        "{}-wal",
        path.file_name().unwrap_or_default().to_string_lossy()
    ));
    let waits = std::fs::metadata(log).is_ok_and(|m| m.len() > 0);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = if waits {
        Connection::open_with_flags(path, flags)?
    } else {
        let escaped: String = path
            .to_string_lossy()
            .chars()
            .map(|c| match c {
                '%' => "%25".to_owned(),
                '?' => "%3f".to_owned(),
                '#' => "%23".to_owned(),
                other => other.to_string(),
            })
            .collect();
        Connection::open_with_flags(
            format!("file:{escaped}?immutable=1"),
            flags | OpenFlags::SQLITE_OPEN_URI,
        )?
    };
    // The schema of a foreign file may call functions; it gets none with side effects.
    db.pragma_update(None, "trusted_schema", false)?;
    Ok(db)
}

struct Table {
    name: String,
    /// The geometry column and its spatial reference.
    geometry: Option<(String, i64)>,
}

fn choose(db: &Connection, part: &Part, layer: &str) -> Result<Table, ImportError> {
    let fail = |e: rusqlite::Error| ImportError::malformed(&part.name, FORMAT, e);
    let tables = tables(db).map_err(|e| match e {
        rusqlite::Error::SqliteFailure(..) | rusqlite::Error::SqlInputError { .. } => {
            ImportError::malformed(
                &part.name,
                FORMAT,
                format!("it is a SQLite file but has no list of layers ({e})"),
            )
        }
        other => fail(other),
    })?;
    let names = || list(tables.iter().map(|t| t.name.as_str()));
    let with_shapes: Vec<&Table> = tables.iter().filter(|t| t.geometry.is_some()).collect();
    let named = |name: &str| tables.iter().find(|t| t.name.eq_ignore_ascii_case(name));
    let chosen = match (&part.table, with_shapes.as_slice(), tables.as_slice()) {
        (Some(name), _, _) => named(name).ok_or_else(|| ImportError::NotInside {
            file: part.name.clone(),
            kind: "table",
            name: name.clone(),
            names: names(),
        })?,
        (None, [one], _) => one,
        (None, [], [one]) => one,
        (None, [], []) => {
            return Err(ImportError::NothingInside {
                file: part.name.clone(),
                found: ": it has no layers".into(),
            });
        }
        _ => named(layer).ok_or_else(|| ImportError::SeveralInside {
            file: part.name.clone(),
            kind: "tables",
            names: names(),
        })?,
    };
    Ok(Table {
        name: chosen.name.clone(),
        geometry: chosen.geometry.clone(),
    })
}

fn tables(db: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut statement = db.prepare(
        "select c.table_name, g.column_name, g.srs_id
         from gpkg_contents c
         left join gpkg_geometry_columns g on lower(g.table_name) = lower(c.table_name)
         where c.data_type in ('features', 'attributes')
         order by c.table_name",
    )?;
    let rows = statement.query_map([], |row| {
        let column: Option<String> = row.get(1)?;
        let srs: Option<i64> = row.get(2)?;
        Ok(Table {
            name: row.get(0)?,
            geometry: column.map(|column| (column, srs.unwrap_or(0))),
        })
    })?;
    rows.collect()
}

fn primary_key(db: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let mut statement =
        db.prepare("select name from pragma_table_info(?1) where pk = 1 and type like 'int%'")?;
    statement.query_row([table], |row| row.get(0)).optional()
}

fn carried_crs(db: &Connection, srs: i64) -> rusqlite::Result<CarriedCrs> {
    if srs <= 0 {
        return Ok(CarriedCrs::absent(match srs {
            -1 => "the table says undefined plane coordinates",
            _ => "the table says undefined coordinates",
        }));
    }
    let found = db
        .query_row(
            "select organization, organization_coordsys_id, definition
             from gpkg_spatial_ref_sys where srs_id = ?1",
            [srs],
            |row| {
                Ok((
                    row.get::<_, Option<String>>(0)?.unwrap_or_default(),
                    row.get::<_, Option<i64>>(1)?.unwrap_or_default(),
                    row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                ))
            },
        )
        .optional()?;
    let Some((organisation, code, definition)) = found else {
        return Ok(CarriedCrs::absent(format!(
            "its spatial reference {srs} is not described"
        )));
    };
    let by_code = || format!("{organisation}:{code}").parse::<Crs>().ok();
    let known = by_code().or_else(|| Crs::from_wkt(&definition).ok());
    Ok(match known {
        Some(crs) => CarriedCrs::Known {
            crs,
            how: "spatial reference of the table",
            is_default: false,
        },
        None => CarriedCrs::absent(format!(
            "its spatial reference {organisation}:{code} is not known here"
        )),
    })
}
