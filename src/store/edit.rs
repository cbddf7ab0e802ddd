//! Edits of single features: what is written, what was there instead, and what each of them did.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::{Map, Value as Json};

use super::{Batch, BatchMode, ChangeNumber, Once, Only, StoreError, corrupt};
use crate::domain::{
    AttributeType, FeatureState, Layer, LayerId, LevelId, Period, Table, TextColumn, Value,
};

/// What is to become of one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureWrite {
    pub layer: Arc<Layer>,
    pub period: Period,
    pub id: String,
    /// The state that it was made of; `None` where no such feature was there.
    pub before: Option<FeatureState>,
    /// `None` removes the feature.
    pub after: Option<FeatureState>,
    /// The areas that `after` lies in; those of a feature that stays where it is stay too.
    pub area_codes: BTreeMap<LevelId, String>,
}

/// Edits that are written together or not at all, each feature named once.
#[derive(Clone, Copy, Debug)]
pub struct EditBatch<'a> {
    pub writes: &'a [FeatureWrite],
    /// The account that edits; `local` where there are none.
    pub who: &'a str,
    pub why: &'a str,
    /// The change that they take back.
    pub undoes: Option<ChangeNumber>,
    /// Where they may be sent again.
    pub once: Option<Once<'a>>,
}

/// A feature that is not what an edit was made of.
#[derive(Clone, Debug, PartialEq)]
pub struct EditConflict {
    pub layer: Arc<Layer>,
    pub period: Period,
    pub id: String,
    /// What it is now; `None` where it is gone.
    pub found: Option<FeatureState>,
}

/// One edit of a feature, as the home remembers it (编辑历史).
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Its number in the change log.
    pub number: ChangeNumber,
    /// UTC, RFC 3339.
    pub at: String,
    pub who: String,
    pub why: String,
    pub undoes: Option<ChangeNumber>,
    /// `None` where the edit added the feature.
    pub before: Option<FeatureState>,
    /// `None` where it removed it.
    pub after: Option<FeatureState>,
}

/// The writes to one layer and period.
pub(super) struct Part<'a> {
    pub layer: &'a Arc<Layer>,
    pub period: &'a Period,
    writes: Vec<&'a FeatureWrite>,
}

/// The writes of a batch by layer and period, in their order.
pub(super) fn parts(writes: &[FeatureWrite]) -> Vec<Part<'_>> {
    let mut by_state: BTreeMap<(&LayerId, &Period), Part<'_>> = BTreeMap::new();
    for write in writes {
        let part = by_state.entry((&write.layer.id, &write.period));
        let part = part.or_insert_with(|| Part {
            layer: &write.layer,
            period: &write.period,
            writes: Vec::new(),
        });
        part.writes.push(write);
    }
    by_state.into_values().collect()
}

impl<'a> Part<'a> {
    pub fn ids(&self) -> Vec<&'a str> {
        self.writes.iter().map(|write| &*write.id).collect()
    }

    /// How many features more there are afterwards.
    pub fn gained(&self) -> i64 {
        let gained = |write: &&FeatureWrite| {
            i64::from(write.after.is_some()) - i64::from(write.before.is_some())
        };
        self.writes.iter().map(gained).sum()
    }

    /// The features that are not what the writes were made of, by the rows that are there.
    pub fn conflicts(&self, there: &Table) -> Vec<EditConflict> {
        let rows: HashMap<&str, usize> = there.ids.iter().map(|id| &**id).zip(0..).collect();
        let version = |state: &FeatureState| state.version(self.layer);
        let checked = self.writes.iter().filter_map(|write| {
            let row = rows.get(&*write.id);
            let found = row.map(|row| FeatureState::of_row(there, *row));
            let is_same = found.as_ref().map(version) == write.before.as_ref().map(version);
            (!is_same).then(|| EditConflict {
                layer: self.layer.clone(),
                period: self.period.clone(),
                id: write.id.clone(),
                found,
            })
        });
        checked.collect()
    }

    /// The writes by what is done to the rows: added, moved, given other values, removed.
    pub fn pieces(&self, levels: &[LevelId]) -> Vec<Piece<'a>> {
        let kind = |write: &FeatureWrite| match (&write.before, &write.after) {
            (None, _) => 0,
            (Some(before), Some(after)) if before.geometry != after.geometry => 1,
            (Some(_), Some(_)) => 2,
            (Some(_), None) => 3,
        };
        let modes = [
            BatchMode::Append,
            BatchMode::Update,
            BatchMode::Update,
            BatchMode::Delete,
        ];
        let pieces = modes.into_iter().enumerate().map(|(number, mode)| {
            let own = self.writes.iter().filter(|write| kind(write) == number);
            Piece::new(self, mode, number == 2, own.copied().collect(), levels)
        });
        pieces.filter(|piece| !piece.writes.is_empty()).collect()
    }
}

/// Writes of one layer and period that do the same to its rows.
pub(super) struct Piece<'a> {
    layer: &'a Arc<Layer>,
    period: &'a Period,
    mode: BatchMode,
    pub writes: Vec<&'a FeatureWrite>,
    table: Table,
    /// All attributes, where nothing but values is set.
    values_only: Option<Vec<usize>>,
}

impl<'a> Piece<'a> {
    fn new(
        part: &Part<'a>,
        mode: BatchMode,
        values_only: bool,
        writes: Vec<&'a FeatureWrite>,
        levels: &[LevelId],
    ) -> Self {
        let mut table = Table::for_layer(part.layer);
        table.area_codes = levels
            .iter()
            .map(|level| (level.clone(), TextColumn::default()))
            .collect();
        for write in &writes {
            // What is removed needs no more than its id.
            let Some(state) = write.after.as_ref().or(write.before.as_ref()) else {
                continue;
            };
            table.push(&write.id, state.geometry.clone(), &state.values);
            for (level, codes) in &mut table.area_codes {
                codes.push(write.area_codes.get(level).map(String::as_str));
            }
        }
        let all = || (0..part.layer.attributes.len()).collect();
        Piece {
            layer: part.layer,
            period: part.period,
            mode,
            writes,
            table,
            values_only: values_only.then(all),
        }
    }

    /// The rows as a batch of the ordinary kind.
    pub fn rows(&self) -> Batch<'_> {
        Batch {
            layer: self.layer,
            period: self.period.clone(),
            mode: self.mode,
            table: &self.table,
            source_geometries: None,
            record: None,
            control_totals: &[],
            only: self.values_only.as_deref().map(|attributes| Only {
                attributes,
                geometry: false,
            }),
        }
    }

    /// The writes with their numbers in the change log, of which `last` is that of the last one.
    pub fn numbered(&self, last: ChangeNumber) -> impl Iterator<Item = (u64, &'a FeatureWrite)> {
        let first = last + 1 - self.writes.len() as u64;
        (first..).zip(self.writes.iter().copied())
    }
}

/// The values of a state as a home keeps them: JSON by attribute, without the missing ones.
pub(super) fn written_values(layer: &Layer, state: &FeatureState) -> Result<String, StoreError> {
    serde_json::to_string(&state.named_values(layer))
        .map_err(|error| StoreError::Backend(error.to_string()))
}

/// What [`written_values`] wrote; attributes that the layer no longer has are left out.
pub(super) fn read_values(layer: &Layer, text: &str) -> Result<Vec<Value>, StoreError> {
    let named: Map<String, Json> = serde_json::from_str(text).map_err(corrupt)?;
    let values = layer.attributes.iter().map(|attribute| {
        let given = named.get(attribute.id.as_str())?;
        match attribute.kind {
            AttributeType::Count | AttributeType::Integer | AttributeType::Flag => {
                given.as_i64().map(Value::Integer)
            }
            AttributeType::Number => given.as_f64().map(Value::Number),
            AttributeType::Text | AttributeType::Category | AttributeType::Date => {
                given.as_str().map(|text| Value::Text(text.to_owned()))
            }
        }
    });
    Ok(values
        .map(|value| value.unwrap_or(Value::Missing))
        .collect())
}
