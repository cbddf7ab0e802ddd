//! Real cities through the real path: files, commands, store, answers.
//!
//! The data are not part of the project: a test says so where they are not there.

mod access;
mod commute;
mod falsified;
mod flows;
mod gaps;
mod guangzhou;
mod homes;
mod interrupted;
mod journeys;
mod leeds;
mod matrix;
mod porto_alegre;
mod shanghai;
mod steward;
mod streets;
mod timetables;
mod washington;
mod zoning;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value as Json;
use tempfile::TempDir;

/// A file of the real data, or `None`, said aloud, where it is not there.
fn data(file: &str) -> Option<PathBuf> {
    let home = std::env::var_os("SUITU_TEST_DATA").map(PathBuf::from);
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    let path = home.unwrap_or_else(|| beside.into()).join(file);
    if path.exists() {
        Some(path)
    } else {
        eprintln!("skipped: no test data at {}", path.display());
        None
    }
}

/// An empty folder with a city to be.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Desk { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_suitu"));
        command
            .args(arguments)
            .env("SUITU_CITY", self.path("city.gpkg"))
            .env("SUITU_LANG", "en")
            .current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// What a command that must work prints.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).expect("UTF-8") + &errors
    }

    /// What a command that must refuse says.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    fn json(&self, arguments: &[&str]) -> Json {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        let output = self.run(&all);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Every file in the folder, by name.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into()
            })
            .collect();
        names.sort();
        names
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
