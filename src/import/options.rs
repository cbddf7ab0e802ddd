use geo::Geometry;

use crate::crs::Crs;

/// How files are to be read.
#[derive(Default)]
pub struct ReadOptions<'a> {
    /// The coordinate system in the steward's words; it wins over what a file says of itself.
    pub crs: Option<Crs>,
    /// `(target, column heading)`: a target is an attribute of the layer, or one of `id`, `lon`,
    /// `lat`, `x`, `y`, `wkt`.
    pub map: Vec<(String, String)>,
    /// Text encoding of CSV and DBF files, e.g. `GB18030`; found out where it is not given.
    pub encoding: Option<String>,
    /// Finds the place of rows without coordinates.
    pub locate: Option<&'a dyn Locate>,
    /// The heading of the column whose values `locate` understands.
    pub locate_key: Option<String>,
    /// Rows are numbered whatever ids the files give them: those of several files may be the same.
    pub ignore_ids: bool,
    /// Told how far the import is; answers whether to go on.
    pub progress: Option<&'a mut dyn FnMut(Progress) -> bool>,
}

/// Finds the place of a row by a key (address, building or area code) in another layer.
pub trait Locate: Sync {
    /// The geometry, longitude and latitude, of the feature that `key` names.
    fn locate(&self, key: &str) -> Option<Geometry<f64>>;
}

impl<F: Fn(&str) -> Option<Geometry<f64>> + Sync> Locate for F {
    fn locate(&self, key: &str) -> Option<Geometry<f64>> {
        self(key)
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// Rows so far.
    pub done: u64,
    /// Rows in all, where known.
    pub total: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Rows are read and their values checked.
    Reading,
    /// Geometries are converted, checked and repaired.
    Placing,
}
