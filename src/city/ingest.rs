use std::collections::{BTreeMap, BTreeSet};

use super::{
    City, Difference,
    recode::{Boundaries, coded},
};
use crate::{
    domain::{Layer, LayerId, LevelId, Period, Role, Table, TextColumn},
    index::LayerIndex,
    store::{Batch, BatchMode, ChangeNumber, ControlTotal, ImportRecord, Only, Store, StoreError},
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
    #[error("the area code `{code}` stands twice; ids say which area is which, codes must differ")]
    AreaCodeTwice { code: String },
    #[error(
        "the city is a published one, whose counts are rounded: import into the exact city and \
         publish it again"
    )]
    Protected,
    #[error(
        "{layer} holds nothing for {period}, so there is nothing to change or to add to; it holds \
         {}: say one of them with --period, or leave --update and --append away to bring a new one",
        .known.iter().map(Period::as_str).collect::<Vec<_>>().join(", ")
    )]
    NoSuchPeriod {
        layer: LayerId,
        period: Period,
        known: Vec<Period>,
    },
    #[error("somebody else wrote to the city meanwhile; nothing was written: run it again")]
    Stale,
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
    /// In an update: the attributes that the file has, by place, and whether it has shapes; what
    /// it lacks stays as it is. `None` is everything.
    pub only: Option<(Vec<usize>, bool)>,
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
    /// How the first intake differs from the state that it changes; `None` where there was none.
    pub difference: Option<Difference>,
}

/// Sets area codes by point-in-polygon and commits everything in one transaction. With
/// `dry_run` nothing is written.
///
/// When the intake is an area layer, all other features get their codes of that level anew in the
/// same transaction.
///
/// # Errors
/// Areas without a code or with a code twice, changes of a period that the layer does not have, and
/// what the store says; nothing is written then.
pub fn ingest(
    city: &City,
    store: &dyn Store,
    mut intakes: Vec<Intake<'_>>,
    dry_run: bool,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Ingested, IngestError> {
    if city.protection().is_some() {
        return Err(IngestError::Protected);
    }
    intakes.iter().try_for_each(|i| check_period(city, i))?;
    let mut boundaries = Boundaries::of(city);
    let mut changed = BTreeSet::new();
    for intake in intakes.iter().filter(|intake| intake.layer.is_area()) {
        let areas = areas_after(city, intake)?;
        boundaries.replace(&intake.layer.id, &intake.period, areas);
        changed.insert((intake.layer.id.clone(), intake.period.clone()));
    }
    let mut outside_areas = BTreeMap::new();
    for intake in &mut intakes {
        boundaries.place(intake.layer, &intake.period, &mut intake.table);
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
    let replaced = |index: &LayerIndex| {
        intakes.iter().any(|intake| {
            intake.layer.id == index.layer().id
                && intake.period == *index.period()
                && intake.mode == BatchMode::Replace
        })
    };
    let recoded = match changed.is_empty() {
        true => Vec::new(),
        false => boundaries.recode(&changed, replaced),
    };
    let mut result = Ingested {
        number: None,
        outside_areas,
        recoded: recoded.len(),
        difference: intakes.first().and_then(|intake| difference(city, intake)),
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
            only: intake.only.as_ref().map(|(attributes, geometry)| Only {
                attributes,
                geometry: *geometry,
            }),
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
        only: None,
    }));
    if store.change_number()? != city.version() {
        return Err(IngestError::Stale);
    }
    result.number = Some(store.commit(&batches, progress)?);
    Ok(result)
}

/// What changes single features of a period must find that period: else a slip in the date would make
/// a state of a few features the newest one.
fn check_period(city: &City, intake: &Intake<'_>) -> Result<(), IngestError> {
    let mut known = city.states(intake.layer.id.as_str());
    let changes = matches!(intake.mode, BatchMode::Update | BatchMode::Append);
    if !changes || known.any(|loaded| *loaded.index.period() == intake.period) {
        return Ok(());
    }
    let known = city.states(intake.layer.id.as_str());
    let known: Vec<Period> = known.map(|l| l.index.period().clone()).collect();
    match known.is_empty() {
        true => Ok(()),
        false => Err(IngestError::NoSuchPeriod {
            layer: intake.layer.id.clone(),
            period: intake.period.clone(),
            known,
        }),
    }
}

/// How an intake differs from the state of its period; `None` where the city has none.
fn difference(city: &City, intake: &Intake<'_>) -> Option<Difference> {
    let mut states = city.states(intake.layer.id.as_str());
    let known = states.find(|loaded| *loaded.index.period() == intake.period)?;
    Some(Difference::of(
        &known.index,
        &intake.table,
        intake.only.as_ref(),
    ))
}

/// The areas of a state as they will be after the intake, by code.
fn areas_after(
    city: &City,
    intake: &Intake<'_>,
) -> Result<Vec<(String, geo::Geometry<f64>)>, IngestError> {
    let mut all = coded(intake.layer, &intake.table);
    if let Some(row) = first_without_code(intake) {
        let id = intake.table.ids[row].to_string();
        return Err(IngestError::AreaWithoutCode { id });
    }
    if matches!(intake.mode, BatchMode::Update | BatchMode::Append) {
        let mut states = city.states(intake.layer.id.as_str());
        let old = states.find(|loaded| *loaded.index.period() == intake.period);
        if let Some(old) = old {
            let kept = old.index.to_table();
            let fresh: BTreeSet<&str> = intake.table.ids.iter().map(|id| &**id).collect();
            let stays: Vec<bool> = kept.ids.iter().map(|id| !fresh.contains(&**id)).collect();
            let areas = coded(intake.layer, &kept);
            // Every row that was imported has a code.
            if areas.len() == stays.len() {
                let staying = areas.into_iter().zip(stays).filter(|(_, stays)| *stays);
                all.extend(staying.map(|(area, _)| area));
            }
        }
    }
    let mut seen = BTreeSet::new();
    if let Some((code, _)) = all.iter().find(|(code, _)| !seen.insert(code.clone())) {
        return Err(IngestError::AreaCodeTwice { code: code.clone() });
    }
    Ok(all)
}

fn first_without_code(intake: &Intake<'_>) -> Option<usize> {
    let code_at = intake.layer.index_with_role(Role::Code)?;
    let codes = &intake.table.columns[code_at];
    (0..intake.table.len()).find(|row| codes.get(*row).as_text().is_none())
}
