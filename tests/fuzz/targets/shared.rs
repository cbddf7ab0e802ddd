//! What the targets share.

use std::{
    fs, panic,
    path::{Path, PathBuf},
    process,
    sync::{Arc, LazyLock},
};

use suitu::{
    definitions::read_catalog,
    domain::{Catalog, Layer},
};

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| read_catalog(None).expect("the built-in definitions hold together"));

/// A built-in layer.
pub fn layer(id: &str) -> Arc<Layer> {
    CATALOG.layer(id).expect("a built-in layer").clone()
}

/// The importer turns panics of foreign parsers into refusals; those of our own code are faults
/// wherever they are caught. Call it in `init`.
pub fn only_own_panics_are_faults() {
    panic::set_hook(Box::new(|told| {
        let is_foreign = told
            .location()
            .is_some_and(|at| at.file().contains("/registry/src/"));
        if !is_foreign {
            eprintln!("{told}");
            process::abort();
        }
    }));
}

/// A folder for the files of one run.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

/// The first byte chooses, the rest is what is read.
pub fn chosen<'b, T>(bytes: &'b [u8], choices: &'b [T]) -> Option<(&'b T, &'b [u8])> {
    let (first, rest) = bytes.split_first()?;
    Some((&choices[usize::from(*first) % choices.len()], rest))
}
