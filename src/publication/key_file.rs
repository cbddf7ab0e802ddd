//! The file that the secret of a published city is kept in.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use crate::protection::{Policy, PolicyError};

/// Why there is no key to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error("{0}: a key is never written over another file")]
    There(String),
    #[error("{0}: others may read the key: chmod 600 {0}")]
    Readable(String),
    #[error("no random numbers: {0}")]
    Random(String),
    #[error("{0}: {1}")]
    File(String, String),
}

/// A new key with `k`, known to nobody.
///
/// # Errors
/// A k out of bounds.
pub fn drawn(k: u32) -> Result<Policy, KeyError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| KeyError::Random(error.to_string()))?;
    Ok(Policy::new(k, key)?)
}

/// Writes a key into a new file that its owner alone may read.
///
/// # Errors
/// There is a file of that name, or it cannot be written; then none is left behind.
pub fn make(path: &Path, policy: &Policy) -> Result<(), KeyError> {
    let shown = || path.display().to_string();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => KeyError::There(shown()),
        _ => KeyError::File(shown(), error.to_string()),
    })?;
    let written = file.write_all(policy.to_text().as_bytes());
    written.and_then(|()| file.sync_all()).map_err(|error| {
        fs::remove_file(path).ok();
        KeyError::File(shown(), error.to_string())
    })
}

/// A key that is written beside another one, to take its place in one step.
pub struct Successor {
    path: PathBuf,
    beside: PathBuf,
}

impl Successor {
    /// # Errors
    /// It cannot be written; the key that is there stays.
    pub fn write(path: &Path, policy: &Policy) -> Result<Self, KeyError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        // Of an attempt that was interrupted.
        fs::remove_file(&beside).ok();
        make(&beside, policy)?;
        let path = path.to_owned();
        Ok(Successor { path, beside })
    }

    /// # Errors
    /// The file system refuses; the key that is there stays.
    pub fn take_place(self) -> Result<(), KeyError> {
        fs::rename(&self.beside, &self.path)
            .map_err(|error| KeyError::File(self.path.display().to_string(), error.to_string()))
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        fs::remove_file(&self.beside).ok();
    }
}

/// Reads a key; `None` where there is no file.
///
/// # Errors
/// It is no key, or others than its owner may read it. No message holds the key.
pub fn read(path: &Path) -> Result<Option<Policy>, KeyError> {
    let shown = || path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(KeyError::File(shown(), error.to_string())),
    };
    #[cfg(unix)]
    if let Ok(told) = fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&told.permissions()) & 0o077 != 0
    {
        return Err(KeyError::Readable(shown()));
    }
    let policy = Policy::parse(&text);
    policy
        .map(Some)
        .map_err(|error| KeyError::File(shown(), error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_its_owner_and_takes_the_place_of_another_in_one_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("protection.key");
        assert!(read(&path).unwrap().is_none());
        let first = drawn(10).unwrap();
        make(&path, &first).unwrap();
        assert!(matches!(make(&path, &first), Err(KeyError::There(_))));
        assert_eq!(read(&path).unwrap().unwrap(), first);
        let second = drawn(5).unwrap();
        drop(Successor::write(&path, &second).unwrap());
        assert_eq!(read(&path).unwrap().unwrap(), first);
        Successor::write(&path, &second)
            .unwrap()
            .take_place()
            .unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(read(&path), Err(KeyError::Readable(_))));
        }
        assert!(matches!(drawn(2), Err(KeyError::Policy(PolicyError::K(2)))));
    }
}
