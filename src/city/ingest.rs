use std::collections::BTreeMap;

use super::{AreaLocator, City, locator::set_area_codes};
use crate::{
    domain::{Layer, LevelId, Period, Role, Table, TextColumn},
    index::LayerIndex,
    store::{Batch, BatchMode, ChangeNumber, ControlTotal, ImportRecord, Store, StoreError},
};

/// Why checked features did not get into the store.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "areas need a code: row with id `{id}` has none; fill the column or say --map code=COLUMN"
    )]
    AreaWithoutCode { id: String },
    #[error("the area code `{code}` stands twice")]
    AreaCodeTwice { code: String },
}

/// Checked features on their way into a store.
#[derive(Debug)]
pub struct Intake<'a> {
    pub layer: &'a Layer,
    pub period: Period,
    pub mode: BatchMode,
    pub table: Table,
    pub source_geometries: Option<Vec<geo::Geometry<f64>>>,
    pub record: ImportRecord,
    pub control_totals: Vec<ControlTotal>,
}

/// What became of an intake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// The commit, or `None` for a dry run.
    pub number: Option<ChangeNumber>,
    /// Features outside every area, by level; levels without areas are not listed.
    pub outside_areas: BTreeMap<LevelId, u64>,
    /// States of other layers whose area codes were set anew because areas changed.
    pub recoded: usize,
}

/// Sets area codes by point-in-polygon and commits everything in one transaction. With
/// `dry_run` nothing is written.
///
/// When the intake is an area layer, all other features get their codes of that level anew in the
/// same transaction.
///
/// # Errors
/// Areas without a code or with a code twice, and what the store says; nothing is written then.
pub fn ingest(
    city: &City,
    store: &dyn Store,
    mut intakes: Vec<Intake<'_>>,
    dry_run: bool,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Ingested, IngestError> {
    let mut locators = BTreeMap::new();
    for layer in city.catalog().area_layers() {
        let Some(level) = &layer.area_level else {
            continue;
        };
        let fresh = intakes
            .iter_mut()
            .find(|intake| intake.layer.id == layer.id);
        let locator = match fresh {
            Some(intake) => {
                check_codes(intake.layer, &intake.table)?;
                locator_after(city, intake)
            }
            None => match city.layer(layer.id.as_str(), None) {
                Some(areas) => AreaLocator::for_layer(areas),
                None => continue,
            },
        };
        locators.insert(level.clone(), locator);
    }
    let mut outside_areas = BTreeMap::new();
    for intake in &mut intakes {
        set_area_codes(&mut intake.table, &locators);
        set_own_level(intake.layer, &mut intake.table, city);
        if !intake.layer.is_area() {
            for (level, codes) in &intake.table.area_codes {
                let outside = codes
                    .codes()
                    .iter()
                    .filter(|c| **c == TextColumn::MISSING)
                    .count();
                *outside_areas.entry(level.clone()).or_default() += outside as u64;
            }
        }
    }
    let recoded = recode_others(city, &intakes, &locators);
    let mut result = Ingested {
        number: None,
        outside_areas,
        recoded: recoded.len(),
    };
    if dry_run {
        return Ok(result);
    }
    let mut batches: Vec<Batch<'_>> = intakes
        .iter()
        .map(|intake| Batch {
            layer: intake.layer,
            period: intake.period.clone(),
            mode: intake.mode,
            table: &intake.table,
            source_geometries: intake.source_geometries.as_deref(),
            record: Some(intake.record.clone()),
            control_totals: &intake.control_totals,
        })
        .collect();
    batches.extend(recoded.iter().map(|(index, table)| Batch {
        layer: index.layer(),
        period: index.period().clone(),
        mode: BatchMode::AreaCodes,
        table,
        source_geometries: None,
        record: None,
        control_totals: &[],
    }));
    result.number = Some(store.commit(&batches, progress)?);
    Ok(result)
}

/// The locator of an area layer as it will be after the intake.
fn locator_after(city: &City, intake: &Intake<'_>) -> AreaLocator {
    let code_at = intake.layer.index_with_role(Role::Code);
    let fresh = coded(&intake.table, code_at);
    let keeps_old = matches!(intake.mode, BatchMode::Update | BatchMode::Append);
    match city
        .layer(intake.layer.id.as_str(), None)
        .filter(|_| keeps_old)
    {
        None => AreaLocator::new(fresh.into_iter()),
        Some(old) => {
            let mut areas: BTreeMap<String, geo::Geometry<f64>> =
                coded(&old.index.to_table(), code_at).into_iter().collect();
            areas.extend(fresh);
            AreaLocator::new(areas.into_iter())
        }
    }
}

fn coded(table: &Table, code_at: Option<usize>) -> Vec<(String, geo::Geometry<f64>)> {
    let code = |row: usize| Some(table.columns[code_at?].get(row).as_text()?.to_owned());
    let rows = 0..table.len();
    rows.filter_map(|row| Some((code(row)?, table.geometries[row].clone())))
        .collect()
}

fn check_codes(layer: &Layer, table: &Table) -> Result<(), IngestError> {
    let Some(code_at) = layer.index_with_role(Role::Code) else {
        return Ok(());
    };
    let mut seen = std::collections::BTreeSet::new();
    for row in 0..table.len() {
        let value = table.columns[code_at].get(row);
        let Some(code) = value.as_text() else {
            return Err(IngestError::AreaWithoutCode {
                id: table.ids[row].to_string(),
            });
        };
        if !seen.insert(code.to_owned()) {
            return Err(IngestError::AreaCodeTwice {
                code: code.to_owned(),
            });
        }
    }
    Ok(())
}

/// An area carries its own code at its own level and none of a smaller level.
fn set_own_level(layer: &Layer, table: &mut Table, city: &City) {
    let (Some(own), Some(code_at)) = (&layer.area_level, layer.index_with_role(Role::Code)) else {
        return;
    };
    let mut column = TextColumn::default();
    for row in 0..table.len() {
        column.push(table.columns[code_at].get(row).as_text());
    }
    table.area_codes.insert(own.clone(), column);
    let levels = city.catalog().levels();
    for smaller in levels.iter().skip_while(|level| *level != own).skip(1) {
        table.area_codes.remove(smaller);
    }
}

/// New area codes for all features that are not part of the intakes, where areas come in.
fn recode_others<'c>(
    city: &'c City,
    intakes: &[Intake<'_>],
    locators: &BTreeMap<LevelId, AreaLocator>,
) -> Vec<(&'c LayerIndex, Table)> {
    if !intakes.iter().any(|intake| intake.layer.is_area()) {
        return Vec::new();
    }
    let replaced = |index: &LayerIndex| {
        intakes.iter().any(|intake| {
            intake.layer.id == index.layer().id
                && intake.period == *index.period()
                && intake.mode == BatchMode::Replace
        })
    };
    city.all_states()
        .map(|loaded| &loaded.index)
        .filter(|index| !replaced(index))
        .map(|index| {
            let mut table = index.to_table();
            set_area_codes(&mut table, locators);
            set_own_level(index.layer(), &mut table, city);
            (index, table)
        })
        .collect()
}
