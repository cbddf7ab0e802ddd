use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// More than the rows of all requests that are under way at once.
const BYTES: usize = 1 << 20;

/// Room on the disk that is kept for the record. Where the disk is full it is given up, so that what
/// was done already is still written; nothing more is done until there is room again.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    is_there: bool,
}

impl Reserve {
    /// Beside the accounts' home.
    pub fn of(accounts: &Path) -> Self {
        let mut path = accounts.as_os_str().to_owned();
        path.push(".reserve");
        Reserve {
            path: path.into(),
            is_there: false,
        }
    }

    /// Takes the room where it is not taken yet; whether it is.
    pub fn keep(&mut self) -> bool {
        if !self.is_there {
            let taken = self.take();
            self.is_there = taken.is_ok();
            if let Err(error) = taken {
                tracing::error!(%error, "no room for the record is left: nothing more is answered");
                self.remove();
            }
        }
        self.is_there
    }

    fn take(&self) -> io::Result<()> {
        let mut file = fs::File::create(&self.path)?;
        file.write_all(&[b'.'; BYTES])?;
        file.sync_all()
    }

    /// Gives the room up; whether there was any.
    pub fn give(&mut self) -> bool {
        let was_there = std::mem::take(&mut self.is_there);
        self.remove();
        was_there
    }

    fn remove(&self) {
        // What is not there takes no room.
        fs::remove_file(&self.path).ok();
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        self.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_given_up_and_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db.reserve");
        let mut reserve = Reserve::of(&folder.path().join("a.db"));
        assert!(!reserve.give(), "nothing was taken yet");
        assert!(reserve.keep() && reserve.keep());
        assert_eq!(fs::metadata(&path).unwrap().len(), BYTES as u64);
        assert!(reserve.give() && !path.exists());
        assert!(!reserve.give());
        assert!(reserve.keep() && path.exists());
        drop(reserve);
        assert!(!path.exists());
        assert!(!Reserve::of(&folder.path().join("none/a.db")).keep());
    }
}
