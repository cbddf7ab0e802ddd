//! Connections that read a city file.

use std::{
    ops::Deref,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use crate::store::StoreError;

/// Connections that wait for the next question at the most.
const MOST: usize = 8;

/// Connections that read, kept from one question to the next: each has the file's tables and triggers
/// in mind, which a new one has to learn first.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        let idle = Mutex::default();
        Readers { path, idle }
    }

    /// A connection that nobody else has.
    pub(super) fn get(&self) -> Result<Reader<'_>, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect()?,
        };
        Ok(Reader {
            home: self,
            is_mapped: false,
            connection: Some(connection),
        })
    }

    /// One that reads much: the file stands in memory as long as it is on loan.
    pub(super) fn get_mapped(&self) -> Result<Reader<'_>, StoreError> {
        let mut reader = self.get()?;
        map(&reader, 1 << 30)?;
        reader.is_mapped = true;
        Ok(reader)
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Whatever panicked, the connections that wait are sound.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets a connection have so many bytes of the file in memory.
fn map(connection: &Connection, bytes: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "mmap_size", bytes)
}

/// A connection on loan; a transaction that it is in ends with the loan.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    home: &'a Readers,
    is_mapped: bool,
    /// There until it is dropped.
    connection: Option<Connection>,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        let connection = self.connection.as_ref();
        connection.expect("given back only when it is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // One that cannot leave its transaction would hold the log of writes for ever: it is closed.
        let is_free = (connection.is_autocommit() || connection.execute_batch("rollback").is_ok())
            && (!self.is_mapped || map(&connection, 0).is_ok());
        let mut idle = self.home.idle();
        if is_free && idle.len() < MOST {
            idle.push(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_comes_back_free_and_sees_what_was_written_since() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("numbers.db");
        let writer = Connection::open(&path).expect("a file");
        let sql = "pragma journal_mode = wal; create table t (n); insert into t values (1)";
        writer.execute_batch(sql).expect("a table");
        let readers = Readers::new(path);
        let sum = |reader: &Reader<'_>| -> i64 {
            let sum = reader.query_row("select sum(n) from t", [], |row| row.get(0));
            sum.expect("a sum")
        };
        {
            let reader = readers.get_mapped().expect("a reader");
            reader.execute_batch("begin").expect("a transaction");
            assert_eq!(sum(&reader), 1);
            writer
                .execute_batch("insert into t values (2)")
                .expect("a row");
            assert_eq!(sum(&reader), 1);
        }
        assert_eq!(readers.idle().len(), 1);
        // A table that has changed since is read as it is now.
        let sql = "alter table t add column m; insert into t values (4, 0)";
        writer.execute_batch(sql).expect("a column");
        let (one, other) = (readers.get().expect("one"), readers.get().expect("another"));
        assert_eq!((sum(&one), sum(&other)), (7, 7));
        assert!(one.is_autocommit());
        drop((one, other));
        assert_eq!(readers.idle().len(), 2);
    }
}
