//! Rows come in from any reader, are checked against the layer and kept in columns.

use encoding_rs::Encoding;

use super::{
    FileReport, ImportError, Locate, Located, Note, Phase, Progress, Refusal, Report, RowError,
    error::list,
    fit::Fitted,
    heading::fold,
    identity::IdentityWatch,
    plan::{Matcher, PlaceColumns, Plan},
    raw::{Cell, RawRow, RowPlace, RowSink, Shape},
    value::{Checked, Checker, identifier, is_missing, number},
    wkt,
};
use crate::{
    crs::Crs,
    domain::{AttributeType, Column, Layer, Role, Value},
};

/// More rows than a city has buildings, households and workplaces together.
const MAX_ROWS: u64 = 50_000_000;
const MAX_COLUMNS: usize = 4096;
const MAX_ID: usize = 200;

/// Where a kept row will be.
pub(super) enum Placed {
    /// In the file's coordinates.
    Source(Shape),
    /// In longitude and latitude: found by key.
    Located(geo::Geometry<f64>),
    /// Checked and converted.
    Fitted(Fitted),
    /// Rows of area totals have no place of their own.
    Nowhere,
}

/// Which row of which file a kept row was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub file: u32,
    pub row: u64,
    /// Among all rows read, from 1.
    pub ordinal: u64,
}

/// Everything that was kept so far.
pub(super) struct Rows {
    pub ids: Vec<Option<Box<str>>>,
    pub places: Vec<Placed>,
    pub origins: Vec<Origin>,
    pub columns: Vec<Column>,
}

/// What a collector needs to know beside the layer.
pub(super) struct Wishes<'a> {
    pub crs: Option<&'a Crs>,
    pub encoding: Option<&'static Encoding>,
    pub locate: Option<&'a dyn Locate>,
    /// Rows need a geometry; those of area totals do not.
    pub needs_place: bool,
}

/// Takes rows of one file after the other.
pub(super) struct Collector<'a, 'p> {
    layer: &'a Layer,
    matcher: &'a Matcher<'a>,
    checkers: Vec<Checker<'a>>,
    wishes: Wishes<'a>,
    progress: Option<&'p mut (dyn FnMut(Progress) -> bool + 'p)>,
    code_at: Option<usize>,
    pub rows: Rows,
    pub report: Report,
    /// Errors with the number of their file, until all files are read.
    pub errors: Vec<(u32, RowError)>,
    /// Attributes that some file had a column for.
    pub fed: Vec<bool>,
    plan: Plan<'a, 'a>,
    watches: Vec<IdentityWatch>,
    id_watch: IdentityWatch,
    has_feature_ids: bool,
    is_begun: bool,
    expected: Option<u64>,
}

impl<'a, 'p> Collector<'a, 'p> {
    pub fn new(
        layer: &'a Layer,
        matcher: &'a Matcher<'a>,
        wishes: Wishes<'a>,
        progress: Option<&'p mut (dyn FnMut(Progress) -> bool + 'p)>,
    ) -> Self {
        let columns = layer.attributes.iter().map(|a| Column::for_type(a.kind));
        let mut report = Report::new(layer);
        report.located = wishes.locate.map(|_| Located::default());
        Collector {
            layer,
            matcher,
            checkers: Checker::for_layer(layer),
            wishes,
            progress,
            code_at: layer.index_with_role(Role::Code),
            rows: Rows {
                ids: Vec::new(),
                places: Vec::new(),
                origins: Vec::new(),
                columns: columns.collect(),
            },
            report,
            errors: Vec::new(),
            fed: vec![false; layer.attributes.len()],
            plan: Plan::new(matcher, ""),
            watches: Vec::new(),
            id_watch: IdentityWatch::default(),
            has_feature_ids: false,
            is_begun: false,
            expected: None,
        }
    }

    pub fn open_file(&mut self, name: &str, format: &'static str) {
        self.report.files.push(FileReport {
            name: name.to_owned(),
            format,
            ..FileReport::default()
        });
        self.plan = Plan::new(self.matcher, name);
        self.watches.clear();
        self.id_watch = IdentityWatch::default();
        self.has_feature_ids = false;
        self.is_begun = false;
        self.expected = None;
    }

    /// All rows of the file are in.
    ///
    /// # Errors
    /// Columns that are lacking, or identity numbers in any column.
    pub fn close_file(&mut self) -> Result<(), ImportError> {
        let file = self.file().name.clone();
        let suspects = self.plan.headings().iter().zip(&self.watches);
        let suspects = suspects.filter(|(_, watch)| watch.is_identity());
        if let Some((column, _)) = suspects.into_iter().next() {
            return Err(ImportError::IdentityNumbers {
                file,
                column: column.clone(),
            });
        }
        if self.id_watch.is_identity() {
            return Err(ImportError::IdentityNumbers {
                file,
                column: "id".into(),
            });
        }
        if !self.is_begun && self.file().read > 0 {
            self.plan.check_complete(self.has_feature_ids)?;
        }
        for (attribute, column) in self.plan.attributes.iter().enumerate() {
            self.fed[attribute] |= column.is_some();
        }
        let plan = std::mem::replace(&mut self.plan, Plan::new(self.matcher, ""));
        let (used, dropped) = plan.into_usage();
        for usage in used {
            if !self.report.used_columns.contains(&usage) {
                self.report.used_columns.push(usage);
            }
        }
        for heading in dropped {
            if !self.report.dropped_columns.contains(&heading) {
                self.report.dropped_columns.push(heading);
            }
        }
        Ok(())
    }

    fn file(&mut self) -> &mut FileReport {
        self.report
            .files
            .last_mut()
            .expect("a file is opened before its rows are read")
    }

    /// Tells how far the import is.
    ///
    /// # Errors
    /// The steward wants to stop.
    pub fn tell(&mut self, phase: Phase, done: u64, total: Option<u64>) -> Result<(), ImportError> {
        match &mut self.progress {
            Some(progress) => match progress(Progress { phase, done, total }) {
                true => Ok(()),
                false => Err(ImportError::Cancelled),
            },
            None => Ok(()),
        }
    }

    pub fn refuse(&mut self, origin: Origin, field: Option<String>, reason: Refusal) {
        self.report.refused.count += 1;
        if self.errors.len() < super::Listing::<RowError>::LIMIT {
            let file = self.report.files[origin.file as usize].name.clone();
            let error = RowError {
                file,
                row: origin.row,
                field,
                reason,
            };
            self.errors.push((origin.file, error));
        }
    }

    /// Counts a row of the current file.
    fn count_row(&mut self, row: u64) -> Result<Origin, ImportError> {
        self.report.read += 1;
        self.file().read += 1;
        let read = self.report.read;
        if read > MAX_ROWS {
            return Err(ImportError::TooLarge {
                file: self.file().name.clone(),
                what: format!("more than {MAX_ROWS} rows"),
            });
        }
        if read.is_multiple_of(4096) {
            self.tell(Phase::Reading, read, self.expected)?;
        }
        Ok(Origin {
            file: self.report.files.len() as u32 - 1,
            row,
            ordinal: read,
        })
    }

    /// Checks a row; `Ok(None)` where it is passed over without being refused.
    fn check(&mut self, row: RawRow<'_>) -> Result<Option<()>, (Option<String>, Refusal)> {
        let cell = |column: Option<usize>| {
            column
                .and_then(|at| row.cells.get(at))
                .copied()
                .unwrap_or(Cell::Empty)
        };
        let heading = |column: usize| Some(self.plan.headings()[column].clone());
        if matches!(row.place, RowPlace::InColumns) && self.is_total_row(&row) {
            self.report.note(Note::TotalRows, 1);
            return Ok(None);
        }
        let id = name_in(cell(self.plan.id))
            .or_else(|| name_in(row.id))
            .map(|id| id.into_owned());
        if id.is_none() && self.plan.id.is_some() && self.wishes.needs_place {
            return Err((self.plan.id.and_then(heading), Refusal::IdMissing));
        }
        if id.as_ref().is_some_and(|id| id.chars().count() > MAX_ID) {
            return Err((Some("id".into()), Refusal::TooLong));
        }
        if id.as_ref().is_some_and(|id| id.contains('\0')) {
            return Err((Some("id".into()), Refusal::Nul));
        }

        let mut values = Vec::with_capacity(self.checkers.len());
        let mut noted: [u64; 2] = [0; 2];
        let mut note = |note: Note| noted[usize::from(note == Note::GroupedNumbers)] += 1;
        for (attribute, checker) in self.checkers.iter().enumerate() {
            let column = self.plan.attributes[attribute];
            let mut given = cell(column);
            if column.is_none()
                && Some(attribute) == self.code_at
                && let Some(id) = &id
            {
                self.report.note(Note::CodeFromId, 1);
                given = Cell::Text(id);
            }
            let value = checker.check(given, &mut note).map_err(|refusal| {
                let attribute = || Some(self.layer.attributes[attribute].id.to_string());
                (column.map_or_else(attribute, heading), refusal)
            })?;
            values.push(value);
        }
        let place = match row.place {
            _ if !self.wishes.needs_place => Placed::Nowhere,
            RowPlace::Shape(shape) => Placed::Source(shape),
            RowPlace::Broken(refusal) => return Err((None, refusal)),
            RowPlace::Null if self.wishes.locate.is_none() => {
                return Err((None, Refusal::NullGeometry));
            }
            RowPlace::Null => self.locate(cell(self.plan.key))?,
            RowPlace::InColumns => match self.place_in_columns(&cell, &mut note)? {
                Some(shape) => Placed::Source(shape),
                None if self.wishes.locate.is_none() => return Err((None, Refusal::NoPlace)),
                None => self.locate(cell(self.plan.key))?,
            },
        };
        for (column, value) in self.rows.columns.iter_mut().zip(&values) {
            push(column, value);
        }
        let id: Option<Box<str>> = match (&id, self.code_at.map(|at| &values[at])) {
            (Some(id), _) => Some(id.as_str().into()),
            (None, Some(Checked::Text(code))) if self.layer.is_area() => {
                self.report.note(Note::IdFromCode, 1);
                Some(code.as_ref().into())
            }
            _ => None,
        };
        self.rows.ids.push(id);
        self.rows.places.push(place);
        self.report.note(Note::FullWidthNumbers, noted[0]);
        self.report.note(Note::GroupedNumbers, noted[1]);
        Ok(Some(()))
    }

    /// A row of totals (合计) at the end of a table: it has no place, and its first text says so.
    fn is_total_row(&self, row: &RawRow<'_>) -> bool {
        let filled = |at: usize| row.cells.get(at).is_some_and(|c| *c != Cell::Empty);
        let has_place = match self.plan.place {
            Some(PlaceColumns::Pair { x, y }) => filled(x) || filled(y),
            Some(PlaceColumns::Wkt(at)) => filled(at),
            None => false,
        };
        let first = row.cells.iter().find(|cell| **cell != Cell::Empty);
        match first {
            Some(Cell::Text(text)) if !has_place && text.len() <= 24 => {
                matches!(
                    fold(text).as_str(),
                    "合计" | "总计" | "总合计" | "total" | "grandtotal"
                )
            }
            _ => false,
        }
    }

    fn place_in_columns<'c>(
        &self,
        cell: &dyn Fn(Option<usize>) -> Cell<'c>,
        note: &mut dyn FnMut(Note),
    ) -> Result<Option<Shape>, (Option<String>, Refusal)> {
        let heading = |column: usize| Some(self.plan.headings()[column].clone());
        let given = |column: usize| match cell(Some(column)) {
            Cell::Text(text) if is_missing(text) => Cell::Empty,
            other => other,
        };
        match self.plan.place {
            None => Ok(None),
            Some(PlaceColumns::Wkt(column)) => match given(column) {
                Cell::Empty => Ok(None),
                Cell::Text(text) => match wkt::parse(text) {
                    Ok(shape) => Ok(Some(shape)),
                    Err(refusal) => Err((heading(column), refusal)),
                },
                _ => Err((
                    heading(column),
                    Refusal::BrokenGeometry("it is no well-known text".into()),
                )),
            },
            Some(PlaceColumns::Pair { x, y }) => match (given(x), given(y)) {
                (Cell::Empty, Cell::Empty) => Ok(None),
                (Cell::Empty, _) => Err((heading(x), Refusal::HalfPlace)),
                (_, Cell::Empty) => Err((heading(y), Refusal::HalfPlace)),
                (given_x, given_y) => {
                    let x = number(given_x, note).map_err(|r| (heading(x), r))?;
                    let y = number(given_y, note).map_err(|r| (heading(y), r))?;
                    Ok(Some(geo::Geometry::Point(geo::Point::new(x, y)).into()))
                }
            },
        }
    }

    fn locate(&mut self, key: Cell<'_>) -> Result<Placed, (Option<String>, Refusal)> {
        let field = self.plan.key.map(|at| self.plan.headings()[at].clone());
        let located = self.report.located.get_or_insert_default();
        located.tried += 1;
        let Some(key) = name_in(key) else {
            return Err((field, Refusal::KeyMissing));
        };
        match self.wishes.locate.and_then(|locate| locate.locate(&key)) {
            Some(geometry) => {
                located.matched += 1;
                Ok(Placed::Located(geometry))
            }
            None => Err((field, Refusal::KeyUnknown(super::identity::masked(&key)))),
        }
    }
}

impl RowSink for Collector<'_, '_> {
    fn column(&mut self, heading: &str) -> Result<usize, ImportError> {
        let columns = self.plan.headings().len();
        if columns >= MAX_COLUMNS {
            return Err(ImportError::TooLarge {
                file: self.file().name.clone(),
                what: format!("more than {MAX_COLUMNS} columns"),
            });
        }
        let mut name = heading.to_owned();
        let mut copy = 1;
        while self.plan.headings().contains(&name) {
            copy += 1;
            name = format!("{heading} ({copy})");
        }
        if copy > 1 {
            self.report.note(Note::RenamedColumn(name.clone()), 1);
        }
        self.watches.push(IdentityWatch::new(&fold(heading)));
        self.plan.add(&name)
    }

    fn begin_table(&mut self) -> Result<(), ImportError> {
        self.is_begun = true;
        self.plan.choose_place(self.wishes.crs);
        self.plan.check_complete(false)?;
        let has_place = self.plan.place.is_some() || self.wishes.locate.is_some();
        if self.wishes.needs_place && !has_place {
            let columns = list(self.plan.headings());
            return Err(ImportError::NoPlace {
                file: self.file().name.clone(),
                columns,
            });
        }
        Ok(())
    }

    fn row(&mut self, row: RawRow<'_>) -> Result<(), ImportError> {
        let origin = self.count_row(row.number)?;
        for (watch, cell) in self.watches.iter_mut().zip(row.cells) {
            watch.look(cell);
        }
        self.id_watch.look(&row.id);
        self.has_feature_ids |= row.id != Cell::Empty;
        match self.check(row) {
            Ok(Some(())) => self.rows.origins.push(origin),
            Ok(None) => {}
            Err((field, refusal)) => self.refuse(origin, field, refusal),
        }
        Ok(())
    }

    fn broken_row(&mut self, number: u64, refusal: Refusal) -> Result<(), ImportError> {
        let origin = self.count_row(number)?;
        self.refuse(origin, None, refusal);
        Ok(())
    }

    fn note(&mut self, note: Note, times: u64) {
        self.report.note(note, times);
    }

    fn expect_rows(&mut self, rows: u64) {
        self.expected = Some(self.report.read + rows);
    }

    fn layer_name(&self) -> &str {
        self.layer.id.as_str()
    }

    fn encoding(&self) -> Option<&'static Encoding> {
        self.wishes.encoding
    }
}

/// The text of a cell that names something; `None` where it is empty.
fn name_in(cell: Cell<'_>) -> Option<std::borrow::Cow<'_, str>> {
    identifier(cell).filter(|name| !is_missing(name))
}

fn push(column: &mut Column, value: &Checked<'_>) {
    match (column, value) {
        (Column::Integer(values), Checked::Integer(value)) => values.push(Some(*value)),
        (Column::Number(values), Checked::Number(value)) => values.push(Some(*value)),
        (Column::Text(values), Checked::Text(text)) => values.push(Some(text)),
        (column, _) => column.push(&Value::Missing),
    }
}

/// Sums over kept rows: `(attribute, sum)` for every count, and rows without value for every
/// attribute that was fed.
pub(super) fn summarize(layer: &Layer, columns: &[Column], fed: &[bool], report: &mut Report) {
    for ((attribute, column), fed) in layer.attributes.iter().zip(columns).zip(fed) {
        if !fed {
            continue;
        }
        if let (Column::Integer(values), AttributeType::Count) = (column, attribute.kind) {
            let sum = values
                .iter()
                .flatten()
                .fold(0i64, |sum, value| sum.saturating_add(*value));
            report.sums.push((attribute.id.clone(), sum));
        }
        let missing = match column {
            Column::Integer(values) => values.iter().filter(|v| v.is_none()).count(),
            Column::Number(values) => values.iter().filter(|v| v.is_none()).count(),
            Column::Text(values) => {
                let codes = values.codes().iter();
                codes
                    .filter(|c| **c == crate::domain::TextColumn::MISSING)
                    .count()
            }
        };
        report.missing.push((attribute.id.clone(), missing as u64));
    }
}
