use geo::Geometry;

use super::{ChangeKind, ImportRecord};
use crate::domain::{AreaCode, AttributeId, Layer, LevelId, Period, Table};

/// What a batch does to the rows already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchMode {
    /// Fills an empty (layer, period); refused where rows stand.
    Insert,
    /// Takes the place of all rows of the (layer, period).
    Replace,
    /// Changes rows by id and adds those whose id is new.
    Update,
    /// Adds rows beside those already there; an id that stands is refused.
    Append,
    /// Sets only the area codes of rows, by id; values and geometry stay.
    AreaCodes,
    /// Removes rows by id.
    Delete,
}

/// The part of a row that an update changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only<'a> {
    pub attributes: &'a [usize],
    pub geometry: bool,
}

/// Rows of one layer and period to be written in a commit.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    pub layer: &'a Layer,
    pub period: Period,
    pub mode: BatchMode,
    pub table: &'a Table,
    /// Geometry as the file had it, where its coordinate system differs from the store's.
    pub source_geometries: Option<&'a [Geometry<f64>]>,
    /// Where the rows come from; `None` for edits and recomputed area codes.
    pub record: Option<ImportRecord>,
    pub control_totals: &'a [ControlTotal],
    /// In an update: the attributes that rows already there take, by place; their others, and
    /// without `geometry` their shapes, stay. `None` is everything.
    pub only: Option<Only<'a>>,
}

/// Up to this many rows of a batch stand one by one in the change log: who follows reads these alone.
const LOGGED_ROWS: usize = 10_000;

impl Batch<'_> {
    /// What the change log says of each row by its id; `None` where it says only that the state
    /// was written.
    pub(super) fn logged_rows(&self) -> Option<ChangeKind> {
        let kind = match self.mode {
            BatchMode::Append => ChangeKind::Insert,
            BatchMode::Update | BatchMode::AreaCodes => ChangeKind::Update,
            BatchMode::Delete => ChangeKind::Delete,
            _ => return None,
        };
        (1..=LOGGED_ROWS)
            .contains(&self.table.len())
            .then_some(kind)
    }
}

/// A published total (官方控制数) of one attribute in one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlTotal {
    pub attribute: AttributeId,
    pub level: LevelId,
    pub code: AreaCode,
    pub value: i64,
    pub source: String,
}
