//! The SQL functions that the triggers of a GeoPackage r-tree call.

use rusqlite::{Connection, Error, functions::Context, functions::FunctionFlags, types::ValueRef};

use super::blob::{self, Envelope};

/// One side of an envelope.
type Side = fn(&Envelope) -> f64;

/// Registers `ST_MinX`, `ST_MaxX`, `ST_MinY`, `ST_MaxY` and `ST_IsEmpty`, so that a file to which
/// another program gave an r-tree can still be written.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let bounds: [(&str, Side); 4] = [
        ("ST_MinX", |e| e.min_x),
        ("ST_MaxX", |e| e.max_x),
        ("ST_MinY", |e| e.min_y),
        ("ST_MaxY", |e| e.max_y),
    ];
    for (name, side) in bounds {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(envelope(context)?.as_ref().map(side))
        })?;
    }
    connection.create_scalar_function("ST_IsEmpty", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Null => None,
            _ => Some(i64::from(envelope(context)?.is_none())),
        })
    })
}

fn envelope(context: &Context<'_>) -> rusqlite::Result<Option<Envelope>> {
    match context.get_raw(0) {
        ValueRef::Blob(bytes) => {
            blob::envelope(bytes).map_err(|e| Error::UserFunctionError(Box::new(e)))
        }
        _ => Ok(None),
    }
}
