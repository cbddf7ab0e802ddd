use std::collections::HashMap;

use geo::{Geometry, Point};
use geozero::{ToGeo, wkt::Wkt};

use super::{
    ImportError, Imported, ReadOptions,
    columns::{self, ColumnPlan},
    identity::{IdentityWatch, is_identity_heading, shown},
    raw::{RawHeader, RawRow, RawValue, Sink},
    report::{Repair, Report, RowError},
    shape, value,
};
use crate::{
    crs::{Crs, Transform},
    domain::{Layer, Role, Table, Value},
};

/// Coordinates that are held against the tag before the first row is kept.
const SAMPLE: usize = 1000;

/// Checks rows and gathers what is kept.
pub(super) struct Intake<'a> {
    layer: &'a Layer,
    options: ReadOptions<'a>,
    table: Table,
    source_geometries: Vec<Geometry<f64>>,
    report: Report,
    /// The row that first had an id: (file number, row).
    ids: HashMap<Box<str>, (u32, u64)>,
    current: Option<Current>,
    /// The code attribute of an area layer: where a file has no code, the id is the code.
    code_at: Option<usize>,
}

/// The file that is being read.
struct Current {
    header: RawHeader,
    plan: ColumnPlan,
    crs: Crs,
    transform: Transform,
    watches: Vec<IdentityWatch>,
    sample: Vec<geo::Coord<f64>>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(layer: &'a Layer, options: ReadOptions<'a>) -> Self {
        let mut report = Report::default();
        if options.locate.is_some() {
            report.located = Some(0);
        }
        Intake {
            layer,
            options,
            table: Table::for_layer(layer),
            source_geometries: Vec::new(),
            report,
            ids: HashMap::new(),
            current: None,
            code_at: layer
                .index_with_role(Role::Code)
                .filter(|_| layer.is_area()),
        }
    }

    /// Ends the file that is being read.
    fn end_file(&mut self) -> Result<(), ImportError> {
        let Some(current) = self.current.take() else {
            return Ok(());
        };
        let file = current.header.file;
        for (watch, column) in current.watches.iter().zip(&current.header.columns) {
            if watch.is_alarmed_at_end() {
                return Err(ImportError::IdentityNumbers {
                    file,
                    column: column.clone(),
                });
            }
        }
        if self.options.locate.is_none() {
            current
                .crs
                .check_coordinates(&current.sample)
                .map_err(|source| ImportError::Crs { file, source })?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Imported, ImportError> {
        self.end_file()?;
        let Intake {
            layer,
            table,
            mut report,
            source_geometries,
            ..
        } = self;
        for (place, attribute) in layer.attributes.iter().enumerate() {
            let column = &table.columns[place];
            let (mut sum, mut missing) = (0i64, 0u64);
            for row in 0..table.len() {
                match column.get(row) {
                    Value::Missing => missing += 1,
                    Value::Integer(value) => sum += value,
                    _ => {}
                }
            }
            if attribute.is_count() && missing < table.len() as u64 {
                report.sums.insert(attribute.id.to_string(), sum);
            }
            if missing > 0 && missing < table.len() as u64 {
                report.missing.insert(attribute.id.to_string(), missing);
            }
        }
        report.kept = table.len() as u64;
        let source_geometries = (!source_geometries.is_empty()).then_some(source_geometries);
        Ok(Imported {
            table,
            source_geometries,
            report,
        })
    }

    /// Reads one row; the error is the field and the reason.
    fn take(&mut self, row: &RawRow<'_>) -> Result<(), (String, String)> {
        let current = self.current.as_mut().expect("a header comes before rows");
        let plan = &current.plan;
        let mut values = Vec::with_capacity(self.layer.attributes.len());
        for (attribute, column) in self.layer.attributes.iter().zip(&plan.attributes) {
            let checked = match column {
                None => Ok(Value::Missing),
                Some(column) => value::check(attribute, &row.values[*column])
                    .map_err(|reason| (current.header.columns[*column].clone(), reason)),
            }?;
            if attribute.required && checked.is_missing() {
                let reason = format!("`{}` ({}) is required", attribute.id, attribute.title.zh);
                return Err((attribute.id.to_string(), reason));
            }
            values.push(checked);
        }
        let found = place_of(row, current, self.options.locate.as_ref())?;
        let mut geometry = found.clone();
        if self.options.locate.is_none() {
            if current.sample.len() < SAMPLE {
                current
                    .sample
                    .extend(geo::CoordsIter::coords_iter(&geometry).next());
            }
            current
                .transform
                .geometry_to_lonlat(&mut geometry)
                .map_err(|e| (String::new(), e.to_string()))?;
        }
        let fitted = shape::fit(geometry, self.layer.geometry).map_err(|e| (String::new(), e))?;
        let id = self.identity(row)?;
        if let Some(what) = fitted.repaired {
            let file = self.report.files.last().cloned().unwrap_or_default();
            self.report.repair(Repair {
                file,
                row: row.number,
                id: id.clone(),
                what,
            });
        }
        let current = self.current.as_ref().expect("still the same file");
        let keep_source = self.options.locate.is_none() && !current.transform.is_identity();
        if keep_source || !self.source_geometries.is_empty() {
            // Rows before this one were in the store's own system.
            for earlier in self.source_geometries.len()..self.table.len() {
                self.source_geometries
                    .push(self.table.geometries[earlier].clone());
            }
            self.source_geometries.push(found);
        }
        if let Some(code) = self.code_at.filter(|&at| values[at].is_missing()) {
            values[code] = Value::Text(id.clone());
        }
        self.table.push(&id, fitted.geometry, &values);
        if let Some(located) = &mut self.report.located {
            *located += 1;
        }
        Ok(())
    }

    /// The id of a row: its column, the feature's own, or the next free number.
    fn identity(&mut self, row: &RawRow<'_>) -> Result<String, (String, String)> {
        let current = self.current.as_ref().expect("a header comes before rows");
        let own = match current.plan.id {
            Some(column) => row.values[column].text().map(|t| t.trim().to_owned()),
            None => row.id.as_ref().map(|t| t.trim().to_owned()),
        };
        let file = self.report.files.len() as u32;
        let id = match own.filter(|id| !id.is_empty()) {
            Some(id) if id.chars().count() > 200 => {
                return Err(("id".into(), "the id is longer than 200 characters".into()));
            }
            Some(id) => id,
            None if current.plan.id.is_some() => {
                return Err(("id".into(), "the id is empty".into()));
            }
            None => {
                self.report.note(
                    "没有 id 列：已按顺序编号；以后按 id 更新需先提供稳定的 id",
                    "no id column: rows were numbered; give stable ids to update them later",
                );
                (self.table.len() as u64 + 1 + self.report.refused).to_string()
            }
        };
        if let Some((_, first)) = self.ids.insert(id.as_str().into(), (file, row.number)) {
            let reason = format!("the id {} stands in row {first} already", shown(&id));
            return Err(("id".into(), reason));
        }
        Ok(id)
    }

    fn refuse(&mut self, row: u64, field: String, reason: String) {
        let file = self.report.files.last().cloned().unwrap_or_default();
        self.report.refuse(RowError {
            file,
            row,
            field,
            reason,
        });
    }
}

/// The geometry of a row as its file has it.
fn place_of(
    row: &RawRow<'_>,
    current: &Current,
    locate: Option<&(&dyn super::Locate, String)>,
) -> Result<Geometry<f64>, (String, String)> {
    let plan = &current.plan;
    if let (Some((locate, column)), Some(key)) = (locate, plan.key) {
        let Some(text) = row.values[key].text() else {
            return Err((column.clone(), "the key is empty".into()));
        };
        return locate.locate(text.trim()).ok_or_else(|| {
            (
                column.clone(),
                format!("no feature has the key {}", shown(&text)),
            )
        });
    }
    if let Some(geometry) = &row.geometry {
        return Ok(geometry.clone());
    }
    if let Some(column) = plan.wkt {
        let name = &current.header.columns[column];
        let Some(text) = row.values[column].text() else {
            return Err((name.clone(), "no geometry".into()));
        };
        return Wkt(text.as_bytes()).to_geo().map_err(|_| {
            (
                name.clone(),
                format!("{} is no well-known text", shown(&text)),
            )
        });
    }
    if let (Some(lon), Some(lat)) = (plan.lon, plan.lat) {
        let number = |column: usize| {
            let name = &current.header.columns[column];
            match &row.values[column] {
                RawValue::Number(number) => Ok(*number),
                RawValue::Integer(number) => Ok(*number as f64),
                RawValue::Empty => Err((name.clone(), "no coordinate".to_owned())),
                other => {
                    let text = other.text().unwrap_or_default();
                    let parsed = text.trim().parse::<f64>();
                    parsed.map_err(|_| (name.clone(), format!("{} is no coordinate", shown(&text))))
                }
            }
        };
        return Ok(Point::new(number(lon)?, number(lat)?).into());
    }
    Err((String::new(), "no geometry".into()))
}

impl Sink for Intake<'_> {
    fn header(&mut self, header: RawHeader) -> Result<(), ImportError> {
        self.end_file()?;
        let file = header.file.clone();
        if let Some(column) = header.columns.iter().find(|c| is_identity_heading(c)) {
            return Err(ImportError::IdentityNumbers {
                file,
                column: column.clone(),
            });
        }
        let key = self
            .options
            .locate
            .as_ref()
            .map(|(_, column)| column.as_str());
        let plan = columns::plan(self.layer, &header, &self.options.map, key)?;
        let placed = header.has_geometry
            || plan.key.is_some()
            || plan.wkt.is_some()
            || (plan.lon.is_some() && plan.lat.is_some());
        if !placed {
            return Err(ImportError::Columns {
                file,
                problem: "no coordinates: give columns lon and lat (经度, 纬度), x and y or wkt, \
                          name them with --map lon=… --map lat=…, or place the rows by key with \
                          --locate LAYER --key COLUMN"
                    .into(),
            });
        }
        let crs = match (&self.options.crs, &header.crs) {
            _ if plan.key.is_some() => Crs::CGCS2000,
            (Some(named), Some(carried)) if named != carried => {
                self.report.note(
                    format!("{file}：文件自带 {carried}，按指定的 {named} 读取"),
                    format!("{file}: carries {carried}, read as {named} as told"),
                );
                named.clone()
            }
            (Some(named), _) => named.clone(),
            (None, Some(carried)) => carried.clone(),
            (None, None) => return Err(ImportError::CrsMissing { file }),
        };
        let transform = Transform::new(&crs).map_err(|source| ImportError::Crs {
            file: file.clone(),
            source,
        })?;
        let tag = crs.to_string();
        if plan.key.is_none() && !self.report.crs.contains(&tag) {
            self.report.crs.push(tag);
        }
        if let Some(encoding) = &header.encoding {
            if !self.report.encodings.contains(encoding) {
                self.report.encodings.push(encoding.clone());
            }
        }
        for column in &plan.dropped {
            if !self.report.dropped.contains(column) {
                self.report.dropped.push(column.clone());
            }
        }
        self.report.files.push(file);
        let watches = vec![IdentityWatch::default(); header.columns.len()];
        self.current = Some(Current {
            header,
            plan,
            crs,
            transform,
            watches,
            sample: Vec::new(),
        });
        Ok(())
    }

    fn row(&mut self, row: RawRow<'_>) -> Result<(), ImportError> {
        self.report.read += 1;
        if let Some(progress) = &mut self.options.progress {
            if self.report.read.is_multiple_of(4096) && !progress(self.report.read) {
                return Err(ImportError::Cancelled);
            }
        }
        let current = self.current.as_mut().expect("a header comes before rows");
        for (place, watch) in current.watches.iter_mut().enumerate() {
            if let Some(RawValue::Text(text)) = row.values.get(place) {
                watch.see(text);
                if watch.is_alarmed() {
                    let (file, column) = (
                        current.header.file.clone(),
                        current.header.columns[place].clone(),
                    );
                    return Err(ImportError::IdentityNumbers { file, column });
                }
            }
        }
        if row.values.len() != current.header.columns.len() {
            let (has, wants) = (row.values.len(), current.header.columns.len());
            self.refuse(
                row.number,
                String::new(),
                format!("{has} values for {wants} columns"),
            );
            return Ok(());
        }
        // The total row of our own spreadsheets is no feature.
        let is_total = |v: &RawValue<'_>| matches!(v, RawValue::Text(t) if matches!(t.trim(), "合计" | "Total"));
        if current.plan.id.is_some_and(|id| is_total(&row.values[id])) {
            self.report.read -= 1;
            return Ok(());
        }
        if let Err((field, reason)) = self.take(&row) {
            self.refuse(row.number, field, reason);
        }
        Ok(())
    }

    fn broken(&mut self, number: u64, problem: &str) -> Result<(), ImportError> {
        self.report.read += 1;
        self.refuse(number, String::new(), problem.to_owned());
        Ok(())
    }
}
