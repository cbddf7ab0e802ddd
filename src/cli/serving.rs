//! Whether another server serves the same file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

/// Held as long as a server runs: the system lets go of it when the program ends, however it ends.
#[derive(Debug)]
pub struct Serving(#[expect(dead_code, reason = "held, not read")] File);

/// Takes `path` for this server, by a lock on an empty file beside it: on the file itself a lock would
/// end those of SQLite. `None` where nothing can be made beside it, which is no reason not to serve.
///
/// # Errors
/// Another server has it.
pub fn claim(path: &Path) -> Result<Option<Serving>, Taken> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".serving");
    let options = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(beside));
    let Ok(file) = options else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(Serving(file))),
        Err(TryLockError::WouldBlock) => Err(Taken),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Another server has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_once_until_its_server_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("city.gpkg");
        let first = claim(&path).unwrap();
        assert!(first.is_some());
        assert_eq!(claim(&path).err(), Some(Taken));
        drop(first);
        assert!(claim(&path).unwrap().is_some());
        let nowhere = folder.path().join("no/city.gpkg");
        assert!(claim(&nowhere).unwrap().is_none());
    }
}
