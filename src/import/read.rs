//! Files in, a checked table and its report out.

use std::{collections::HashMap, ops::Range, path::PathBuf};

use geo::{CoordsIter, Geometry};
use rayon::prelude::*;

use super::{
    CrsFrom, ImportError, Note, Phase, ReadOptions, Refusal, Repair, Report, RowError,
    collect::{Collector, Origin, Placed, Wishes, summarize},
    fit::{Fitted, fit, place},
    formats,
    identity::masked,
    plan::Matcher,
    raw::CarriedCrs,
    source, text,
};
use crate::{
    crs::{Crs, Transform},
    domain::{Column, Layer, Table, TextColumn},
};

/// What an import read: nothing is stored yet.
#[derive(Clone, Debug)]
pub struct Imported {
    pub table: Table,
    /// Geometries as the files had them, one per row, where any was converted.
    pub source_geometries: Option<Vec<Geometry<f64>>>,
    pub report: Report,
}

/// Reads foreign files as features of `layer`.
///
/// A path may go on into an archive, a workbook or a database: `a.zip#inner/b.csv`,
/// `a.gpkg#table`, `a.xlsx#sheet`. Rows that are wrong are refused one by one and listed in the
/// report; whatever makes a whole file doubtful is an error, and nothing of any file is kept.
///
/// # Errors
/// Files that cannot be read, columns that are ambiguous or lacking, an unknown coordinate
/// system, identity numbers, or a cancelled import.
pub fn read(
    files: &[PathBuf],
    layer: &Layer,
    options: ReadOptions<'_>,
) -> Result<Imported, ImportError> {
    let matcher = Matcher::new(layer, &options.map, options.locate_key.as_deref())?;
    let wishes = Wishes {
        crs: options.crs.as_ref(),
        encoding: options.encoding.as_deref().map(text::named).transpose()?,
        locate: options.locate,
        needs_place: true,
    };
    let mut collector = Collector::new(layer, &matcher, wishes, options.progress);
    let ranges = collect_files(files, &mut collector)?;
    if options.ignore_ids {
        collector.rows.ids.fill(None);
    }
    let mut transforms = Vec::with_capacity(ranges.len());
    for (file, (range, carried)) in ranges.iter().enumerate() {
        transforms.push(transform_for(
            &mut collector,
            file,
            range.clone(),
            carried,
            options.crs.as_ref(),
        )?);
    }
    fit_all(&mut collector, layer, &transforms)?;
    let mut imported = finish(collector, layer)?;
    if options.ignore_ids {
        imported.report.notes.remove(&Note::AssignedIds);
    }
    Ok(imported)
}

/// The rows of a file among all rows, and what it says of its coordinate system.
type FileRows = (Range<usize>, CarriedCrs);

pub(super) fn collect_files(
    files: &[PathBuf],
    collector: &mut Collector<'_, '_>,
) -> Result<Vec<FileRows>, ImportError> {
    let mut ranges = Vec::new();
    for path in files {
        if source::is_companion(path, files) {
            continue;
        }
        let part = source::open(path)?;
        collector.open_file(&part.name, part.format.name());
        let first = collector.rows.ids.len();
        collector.tell(Phase::Reading, collector.report.read, None)?;
        let facts = formats::read(&part, collector)?;
        collector.close_file()?;
        if let Some(file) = collector.report.files.last_mut() {
            file.encoding = facts.encoding;
            file.origin = facts.origin;
        }
        ranges.push((first..collector.rows.ids.len(), facts.crs));
    }
    if ranges.is_empty() {
        return Err(ImportError::NoFile);
    }
    Ok(ranges)
}

/// The way from the system of a file; `None` where it has no coordinates of its own.
fn transform_for(
    collector: &mut Collector<'_, '_>,
    file: usize,
    rows: Range<usize>,
    carried: &CarriedCrs,
    told: Option<&Crs>,
) -> Result<Option<Transform>, ImportError> {
    let shapes = collector.rows.places[rows].iter().filter_map(|p| match p {
        Placed::Source(shape) => Some(shape),
        _ => None,
    });
    let shapes: Vec<_> = shapes.collect();
    let name = collector.report.files[file].name.clone();
    let (crs, from) = match (told, carried) {
        (
            Some(told),
            CarriedCrs::Known {
                crs, is_default, ..
            },
        ) if !is_default && !are_same(told, crs) => {
            (told.clone(), CrsFrom::ToldAgainst(crs.to_string()))
        }
        (Some(told), _) => (told.clone(), CrsFrom::Told),
        (None, CarriedCrs::Known { crs, how, .. }) => (crs.clone(), CrsFrom::Carried(how)),
        (None, CarriedCrs::Absent { .. }) if shapes.is_empty() => return Ok(None),
        (None, CarriedCrs::Absent { why }) => {
            return Err(ImportError::UnknownCrs {
                file: name,
                why: why.clone(),
            });
        }
    };
    if shapes.is_empty() {
        return Ok(None);
    }
    let fail = |source| ImportError::Crs {
        file: name.clone(),
        source,
    };
    let transform = Transform::new(&crs).map_err(fail)?;
    let step = shapes.len().div_ceil(500);
    let sample = shapes.iter().step_by(step);
    let sample: Vec<_> = sample
        .filter_map(|shape| shape.geometry.coords_iter().next())
        .filter(|c| c.x.is_finite() && c.y.is_finite())
        .collect();
    crs.check_coordinates(&sample).map_err(fail)?;
    let file = &mut collector.report.files[file];
    file.crs = crs.to_string();
    file.crs_from = Some(from);
    Ok(Some(transform))
}

fn are_same(a: &Crs, b: &Crs) -> bool {
    a == b || (a.is_lonlat_wgs84() && b.is_lonlat_wgs84())
}

/// Converts, checks and repairs the geometries of all rows, many at a time.
fn fit_all(
    collector: &mut Collector<'_, '_>,
    layer: &Layer,
    transforms: &[Option<Transform>],
) -> Result<(), ImportError> {
    const AT_A_TIME: usize = 16_384;
    let total = collector.rows.places.len();
    let mut fitted = Vec::with_capacity(total);
    let mut places = std::mem::take(&mut collector.rows.places).into_iter();
    while places.len() > 0 {
        collector.tell(Phase::Placing, fitted.len() as u64, Some(total as u64))?;
        let origins = &collector.rows.origins[fitted.len()..];
        let batch: Vec<(Placed, Origin)> = places
            .by_ref()
            .take(AT_A_TIME)
            .zip(origins.iter().copied())
            .collect();
        let done: Vec<Result<Fitted, Refusal>> = batch
            .into_par_iter()
            .with_min_len(256)
            .map(|(placed, origin)| match placed {
                Placed::Source(shape) => match &transforms[origin.file as usize] {
                    Some(transform) => fit(shape, transform, layer.geometry),
                    None => Err(Refusal::NoPlace),
                },
                Placed::Located(geometry) => place(geometry, layer.geometry, false),
                Placed::Fitted(fitted) => Ok(fitted),
                Placed::Nowhere => Err(Refusal::NoPlace),
            })
            .collect();
        fitted.extend(done);
    }
    let origins = std::mem::take(&mut collector.rows.origins);
    let ids = std::mem::take(&mut collector.rows.ids);
    let mut is_kept = vec![true; total];
    for (row, fit) in fitted.into_iter().enumerate() {
        match fit {
            Err(refusal) => {
                is_kept[row] = false;
                collector.refuse(origins[row], None, refusal);
            }
            Ok(fitted) => {
                collector.rows.places.push(Placed::Fitted(fitted));
                collector.rows.ids.push(ids[row].clone());
                collector.rows.origins.push(origins[row]);
            }
        }
    }
    keep_rows(&mut collector.rows.columns, &is_kept);
    Ok(())
}

/// Drops the rows that are not kept from every column.
pub(super) fn keep_rows(columns: &mut [Column], is_kept: &[bool]) {
    if is_kept.iter().all(|kept| *kept) {
        return;
    }
    fn keep<T: Copy>(values: &mut Vec<T>, is_kept: &[bool]) {
        let mut kept = is_kept.iter();
        values.retain(|_| *kept.next().unwrap_or(&false));
    }
    for column in columns {
        match column {
            Column::Integer(values) => keep(values, is_kept),
            Column::Number(values) => keep(values, is_kept),
            Column::Text(values) => {
                let mut rest = TextColumn::default();
                for row in (0..values.len()).filter(|row| is_kept[*row]) {
                    rest.push(values.get(row));
                }
                *values = rest;
            }
        }
    }
}

/// Gives every row its id and refuses those whose id stands already.
pub(super) fn settle_ids(collector: &mut Collector<'_, '_>) {
    let mut taken: HashMap<Box<str>, Origin> = HashMap::with_capacity(collector.rows.ids.len());
    let mut is_kept = vec![true; collector.rows.ids.len()];
    let mut refused = Vec::new();
    let mut unnamed = Vec::new();
    for (row, id) in collector.rows.ids.iter().enumerate() {
        let origin = collector.rows.origins[row];
        match id {
            None => unnamed.push(row),
            Some(id) => match taken.get(id) {
                Some(first) => {
                    is_kept[row] = false;
                    refused.push((origin, masked(id), *first));
                }
                None => {
                    taken.insert(id.clone(), origin);
                }
            },
        }
    }
    for row in &unnamed {
        // The place in the file stays the same when a refused row before it is mended.
        let ordinal = collector.rows.origins[*row].ordinal;
        let mut id: Box<str> = ordinal.to_string().into();
        while taken.contains_key(&id) {
            id = format!("row-{id}").into();
        }
        if taken.len() > unnamed.len() {
            taken.insert(id.clone(), collector.rows.origins[*row]);
        }
        collector.rows.ids[*row] = Some(id);
    }
    collector
        .report
        .note(Note::AssignedIds, unnamed.len() as u64);
    for (origin, id, first) in refused {
        let first_file = &collector.report.files[first.file as usize].name;
        let reason = Refusal::DuplicateId {
            id,
            first_file: (first.file != origin.file).then(|| first_file.clone()),
            first_row: first.row,
        };
        collector.refuse(origin, Some("id".into()), reason);
    }
    keep_rows(&mut collector.rows.columns, &is_kept);
    let mut kept = is_kept.iter();
    collector
        .rows
        .ids
        .retain(|_| *kept.next().unwrap_or(&false));
    let mut kept = is_kept.iter();
    collector
        .rows
        .places
        .retain(|_| *kept.next().unwrap_or(&false));
    let mut kept = is_kept.iter();
    collector
        .rows
        .origins
        .retain(|_| *kept.next().unwrap_or(&false));
}

fn finish(mut collector: Collector<'_, '_>, layer: &Layer) -> Result<Imported, ImportError> {
    settle_ids(&mut collector);
    let Collector {
        rows,
        mut report,
        mut errors,
        fed,
        ..
    } = collector;
    let mut table = Table::for_layer(layer);
    let mut sources = Vec::new();
    let has_sources = rows.places.iter().any(|place| match place {
        Placed::Fitted(fitted) => fitted.source.is_some(),
        _ => false,
    });
    for ((id, place), origin) in rows.ids.into_iter().zip(rows.places).zip(&rows.origins) {
        let id = id.expect("every kept row has an id by now");
        let Placed::Fitted(fitted) = place else {
            unreachable!("every kept place is fitted by now");
        };
        if let Some((defect, area_before_km2, area_after_km2)) = fitted.repaired {
            report.repaired.push(Repair {
                file: report.files[origin.file as usize].name.clone(),
                row: origin.row,
                id: masked(&id),
                defect,
                area_before_km2,
                area_after_km2,
            });
        }
        if let Some(note) = fitted.note {
            report.note(note, 1);
        }
        if has_sources {
            sources.push(fitted.source.unwrap_or_else(|| fitted.geometry.clone()));
        }
        table.ids.push(id);
        table.geometries.push(fitted.geometry);
    }
    table.columns = rows.columns;
    summarize(layer, &table.columns, &fed, &mut report);
    report.kept = table.len() as u64;
    report.refused.listed = in_order(&mut errors);
    Ok(Imported {
        table,
        source_geometries: has_sources.then_some(sources),
        report,
    })
}

/// Errors in the order of files and rows.
pub(super) fn in_order(errors: &mut Vec<(u32, RowError)>) -> Vec<RowError> {
    errors.sort_by_key(|(file, error)| (*file, error.row));
    errors.drain(..).map(|(_, error)| error).collect()
}
