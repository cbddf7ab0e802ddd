use std::collections::BTreeMap;

use super::{Note, Refusal, Repair};
use crate::domain::{AttributeId, Layer, LayerId, Origin};

/// What an import did, for the steward to read and to sign (导入报告).
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub layer: LayerId,
    pub files: Vec<FileReport>,
    /// Rows or features read.
    pub read: u64,
    pub kept: u64,
    pub repaired: Listing<Repair>,
    /// Rows that were looked up by key; `None` where no key was used.
    pub located: Option<Located>,
    pub refused: Listing<RowError>,
    /// Headings that were used, with what they were taken for.
    pub used_columns: Vec<(String, String)>,
    /// Headings that are not declared for the layer and were left out.
    pub dropped_columns: Vec<String>,
    /// The sum of every count over the rows kept.
    pub sums: Vec<(AttributeId, i64)>,
    /// How many kept rows have no value, for every attribute that a file had a column for.
    pub missing: Vec<(AttributeId, u64)>,
    /// What else a steward should know, with how often it happened.
    pub notes: BTreeMap<Note, u64>,
}

/// What is known about one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileReport {
    pub name: String,
    pub format: &'static str,
    pub read: u64,
    /// The coordinate system used, e.g. `EPSG:4547`; empty where no coordinates were read.
    pub crs: String,
    /// How the system is known.
    pub crs_from: Option<CrsFrom>,
    /// The text encoding, where the format leaves a choice.
    pub encoding: Option<&'static str>,
    /// What a file written here says of its data.
    pub origin: Option<Origin>,
}

/// Whose word the coordinate system is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrsFrom {
    /// The steward said it.
    Told,
    /// The steward said it, and the file says something else.
    ToldAgainst(String),
    /// The file carries it: where.
    Carried(&'static str),
}

/// How many of the rows without coordinates found a place by their key (匹配率).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Located {
    pub tried: u64,
    pub matched: u64,
    /// Features that rows could be found by, where known.
    pub features: u64,
    /// Features among them that no row named.
    pub without_row: u64,
}

impl Located {
    /// The match rate, 0–1; `None` where nothing was tried.
    pub fn share(&self) -> Option<f64> {
        (self.tried > 0).then(|| self.matched as f64 / self.tried as f64)
    }
}

/// One refused row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    pub file: String,
    /// The line of a CSV, the row of a sheet, else the number of the feature from 1.
    pub row: u64,
    /// The heading or attribute at fault, where it is one.
    pub field: Option<String>,
    pub reason: Refusal,
}

/// Things that are counted exactly and listed up to a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing<T> {
    pub count: u64,
    pub listed: Vec<T>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Listing {
            count: 0,
            listed: Vec::new(),
        }
    }
}

impl<T> Listing<T> {
    /// How many are listed at most.
    pub const LIMIT: usize = 1000;

    pub(super) fn push(&mut self, item: T) {
        self.count += 1;
        if self.listed.len() < Self::LIMIT {
            self.listed.push(item);
        }
    }
}

impl Report {
    pub(super) fn new(layer: &Layer) -> Self {
        Report {
            layer: layer.id.clone(),
            files: Vec::new(),
            read: 0,
            kept: 0,
            repaired: Listing::default(),
            located: None,
            refused: Listing::default(),
            used_columns: Vec::new(),
            dropped_columns: Vec::new(),
            sums: Vec::new(),
            missing: Vec::new(),
            notes: BTreeMap::new(),
        }
    }

    /// The coordinate systems of the files, each once, as provenance names them.
    pub fn crs(&self) -> String {
        let mut seen: Vec<&str> = Vec::new();
        for file in &self.files {
            if !file.crs.is_empty() && !seen.contains(&file.crs.as_str()) {
                seen.push(&file.crs);
            }
        }
        seen.join(", ")
    }

    pub(super) fn note(&mut self, note: Note, times: u64) {
        if times > 0 {
            *self.notes.entry(note).or_default() += times;
        }
    }
}
