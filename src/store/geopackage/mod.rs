//! The embedded home: one GeoPackage file (SQLite) that opens in QGIS and GDAL.

mod blob;
mod definitions;
mod flows;
mod functions;
mod history;
mod once;
mod read;
mod readers;
mod scenarios;
mod schema;
mod triggers;
mod write;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use super::{
    Batch, Change, ChangeNumber, ControlTotal, Definition, EditBatch, FlowBatch, FlowState,
    HistoryEntry, KeptAnswer, LayerState, ScenarioChange, Store, StoreError, StoredDefinition,
    StoredNetwork, StoredScenario, UnreadState,
};
use crate::domain::{Catalog, Flows, Layer, LayerId, LevelId, Period, Table, Title};
use readers::{Reader, Readers};

/// A city in a GeoPackage file.
///
/// One connection writes, under a lock; each read has a connection to itself and sees the state
/// of one commit (write-ahead log). A commit is on disk when it returns (`synchronous=FULL`).
#[derive(Debug)]
pub struct GeoPackage {
    path: PathBuf,
    catalog: Arc<Catalog>,
    /// Closed first: the last connection to close puts the log of writes into the file.
    readers: Readers,
    writer: Mutex<Connection>,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // Another program writes for longer than one waits.
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Unreachable(error.to_string())
            }
            _ if is_full(&error) => StoreError::NoRoom(error.to_string()),
            _ => StoreError::Backend(error.to_string()),
        }
    }
}

impl GeoPackage {
    /// Opens the city at `path`, made new where there is no file. Tables and columns that
    /// `catalog` declares and the file lacks are added; nothing is taken away.
    ///
    /// # Errors
    /// A file that is no city of Suitu, is newer than this program, or cannot be written.
    pub fn open_or_create(path: &Path, catalog: Arc<Catalog>) -> Result<Self, StoreError> {
        let is_new = !path.exists() || fs::metadata(path).is_ok_and(|meta| meta.len() == 0);
        if is_new {
            Self::create(path, catalog)
        } else {
            Self::open(path, catalog)
        }
    }

    /// Makes a new, empty city.
    ///
    /// # Errors
    /// A file is there already, or the folder cannot be written.
    pub fn create(path: &Path, catalog: Arc<Catalog>) -> Result<Self, StoreError> {
        if fs::metadata(path).is_ok_and(|meta| meta.len() > 0) {
            return Err(unusable(
                path,
                "已有这个文件；请换一个名字。",
                "a file is there already; choose another name",
            ));
        }
        let home = Self::connect(path, catalog)?;
        {
            let mut writer = home.lock();
            schema::create(&mut writer, &home.catalog).map_err(|e| unopened(path, e))?;
        }
        Ok(home)
    }

    /// Opens a city that is there.
    ///
    /// # Errors
    /// No file, a file that is no city of Suitu, or one that is newer than this program.
    pub fn open(path: &Path, catalog: Arc<Catalog>) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(unusable(
                path,
                "没有这个文件；suitu import 或 suitu demo 会新建一个。",
                "there is no such file; `suitu import` or `suitu demo` makes one",
            ));
        }
        check_header(path)?;
        let home = Self::connect(path, catalog)?;
        {
            let mut writer = home.lock();
            schema::check_and_extend(path, &mut writer, &home.catalog)?;
        }
        Ok(home)
    }

    /// Whether there is a city at `path`, which no other file may take the place of.
    pub fn is_city(path: &Path) -> bool {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let Ok(connection) = Connection::open_with_flags(path, flags) else {
            return false;
        };
        let sql = "select 1 from sqlite_master where name = 'suitu_meta'";
        connection.query_row(sql, [], |_| Ok(())).is_ok()
    }

    fn connect(path: &Path, catalog: Arc<Catalog>) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(|e| unopened(path, e))?;
        configure(&connection).map_err(|e| unopened(path, e))?;
        Ok(GeoPackage {
            path: path.to_owned(),
            catalog,
            writer: Mutex::new(connection),
            readers: Readers::new(path.to_owned()),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while writing has rolled its transaction back: the connection is sound.
        self.writer
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn reader(&self) -> Result<Reader<'_>, StoreError> {
        self.readers.get()
    }
}

/// Whether SQLite finds no room on the disk, for its file or for what it keeps beside it.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    let beside = error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
    beside || error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

/// Whether the file cannot be written by whoever runs this program.
pub(crate) fn is_read_only(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ReadOnly)
}

fn unopened(path: &Path, error: rusqlite::Error) -> StoreError {
    match is_full(&error) {
        true => StoreError::NoRoom(format!("{}: {error}", path.display())),
        false => open_error(path, error),
    }
}

fn open_error(path: &Path, problem: impl ToString) -> StoreError {
    let problem = problem.to_string();
    unusable(path, &problem, &problem)
}

fn unusable(path: &Path, zh: &str, en: &str) -> StoreError {
    StoreError::Open {
        path: path.display().to_string(),
        problem: Title::new(zh, en),
    }
}

/// Refuses a file that is no SQLite database before SQLite itself touches it.
fn check_header(path: &Path) -> Result<(), StoreError> {
    let mut start = [0u8; 16];
    let read = fs::File::open(path)
        .and_then(|mut file| std::io::Read::read(&mut file, &mut start))
        .map_err(|e| open_error(path, e))?;
    if read < 16 || &start != b"SQLite format 3\0" {
        return Err(unusable(
            path,
            "这不是 GeoPackage；请给 Suitu 建立的城市文件。",
            "this is not a GeoPackage; give the city file that Suitu made",
        ));
    }
    Ok(())
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    functions::register(connection)
}

impl Store for GeoPackage {
    fn states(&self) -> Result<Vec<LayerState>, StoreError> {
        read::states(&*self.reader()?)
    }

    fn unread_states(&self) -> Result<Vec<UnreadState>, StoreError> {
        read::unread_states(&*self.reader()?)
    }

    fn written_outside(
        &self,
        layer: &LayerId,
        period: &str,
        ids: &[&str],
    ) -> Result<BTreeMap<String, String>, StoreError> {
        read::written_outside(&*self.reader()?, layer, period, ids)
    }

    fn read(&self, layer: &Layer, period: &Period) -> Result<Table, StoreError> {
        read::table(
            &|| self.readers.get_mapped(),
            layer,
            &self.catalog.levels(),
            period,
        )
    }

    fn commit(
        &self,
        batches: &[Batch<'_>],
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<ChangeNumber, StoreError> {
        write::commit(&mut self.lock(), &self.catalog.levels(), batches, progress)
    }

    fn read_rows(&self, layer: &Layer, period: &Period, ids: &[&str]) -> Result<Table, StoreError> {
        read::rows(&*self.reader()?, layer, &self.catalog.levels(), period, ids)
    }

    fn edit(&self, batch: &EditBatch<'_>) -> Result<ChangeNumber, StoreError> {
        history::edit(&mut self.lock(), &self.catalog.levels(), batch)
    }

    fn answered(&self, who: &str, key: &str) -> Result<Option<KeptAnswer>, StoreError> {
        once::find(&*self.reader()?, who, key)
    }

    fn history(
        &self,
        layer: &Layer,
        period: &Period,
        id: &str,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        history::of_feature(&*self.reader()?, layer, period, id)
    }

    fn change_number(&self) -> Result<ChangeNumber, StoreError> {
        write::last_number(&*self.reader()?)
    }

    fn stamp(&self) -> Result<i64, StoreError> {
        Ok(self
            .lock()
            .query_row("pragma data_version", [], |row| row.get(0))?)
    }

    fn takes_writes(&self) -> Result<bool, StoreError> {
        let is_read_only = self.lock().is_readonly(rusqlite::MAIN_DB)?;
        Ok(!is_read_only)
    }

    fn holds(&self, number: ChangeNumber) -> Result<bool, StoreError> {
        read::holds(&*self.reader()?, number)
    }

    fn changes_since(&self, number: ChangeNumber) -> Result<Vec<Change>, StoreError> {
        read::changes_since(&*self.reader()?, number)
    }

    fn control_totals(
        &self,
        layer: &LayerId,
        period: &Period,
    ) -> Result<Vec<ControlTotal>, StoreError> {
        read::control_totals(&*self.reader()?, layer, period)
    }

    fn flow_states(&self) -> Result<Vec<FlowState>, StoreError> {
        flows::states(&*self.reader()?)
    }

    fn flows(&self, level: &LevelId, period: &Period) -> Result<Flows, StoreError> {
        flows::read(&*self.reader()?, level, period)
    }

    fn put_flows(
        &self,
        batch: &FlowBatch<'_>,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<ChangeNumber, StoreError> {
        flows::put(&mut self.lock(), batch, progress)
    }

    fn definitions(&self) -> Result<Vec<StoredDefinition>, StoreError> {
        definitions::all(&*self.reader()?)
    }

    fn put_definitions(&self, definitions: &[Definition]) -> Result<ChangeNumber, StoreError> {
        definitions::put(&mut self.lock(), definitions)
    }

    fn remove_definition(&self, kind: &str, id: &str) -> Result<Option<ChangeNumber>, StoreError> {
        definitions::remove(&mut self.lock(), kind, id)
    }

    fn network(&self, name: &str) -> Result<Option<StoredNetwork>, StoreError> {
        read::network(&*self.reader()?, name)
    }

    fn network_names(&self) -> Result<Vec<String>, StoreError> {
        let reader = self.reader()?;
        let mut names = reader.prepare("select name from suitu_networks order by name")?;
        let rows = names.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn network_number(&self, name: &str) -> Result<Option<ChangeNumber>, StoreError> {
        let sql = "select number from suitu_networks where name = ?1";
        let number = self
            .reader()?
            .query_row(sql, [name], |row| row.get::<_, i64>(0));
        Ok(number.optional()?.map(|number| number as u64))
    }

    fn set_networks(
        &self,
        networks: &[(&str, &StoredNetwork)],
    ) -> Result<ChangeNumber, StoreError> {
        write::set_networks(&mut self.lock(), networks)
    }

    fn scenarios(&self) -> Result<Vec<StoredScenario>, StoreError> {
        scenarios::all(&*self.reader()?)
    }

    fn scenario(&self, id: u64) -> Result<Option<StoredScenario>, StoreError> {
        scenarios::read(&*self.reader()?, id)
    }

    fn create_scenario(
        &self,
        name: &str,
        note: &str,
        reading: &str,
    ) -> Result<StoredScenario, StoreError> {
        scenarios::create(&mut self.lock(), name, note, reading)
    }

    fn put_scenario(
        &self,
        scenario: &StoredScenario,
        what: &str,
    ) -> Result<StoredScenario, StoreError> {
        scenarios::put(&mut self.lock(), scenario, what)
    }

    fn delete_scenario(&self, id: u64, version: u64) -> Result<(), StoreError> {
        scenarios::delete(&mut self.lock(), id, version)
    }

    fn scenario_changes(&self) -> Result<Vec<ScenarioChange>, StoreError> {
        scenarios::changes(&*self.reader()?)
    }

    fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let sql = "select value from suitu_settings where key = ?1";
        Ok(self
            .reader()?
            .query_row(sql, [key], |row| row.get(0))
            .optional()?)
    }

    fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let sql = "insert into suitu_settings (key, value) values (?1, ?2)
                   on conflict (key) do update set value = excluded.value";
        self.lock().execute(sql, params![key, value])?;
        Ok(())
    }

    fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        let reader = self.reader()?;
        let mut settings = reader.prepare("select key, value from suitu_settings order by key")?;
        let rows = settings.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
