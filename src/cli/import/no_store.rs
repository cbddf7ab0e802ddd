use std::collections::BTreeMap;

use crate::{
    domain::{Flows, Layer, LayerId, LevelId, Period, Table},
    store::{
        Batch, Change, ControlTotal, Definition, EditBatch, FlowBatch, FlowState, HistoryEntry,
        KeptAnswer, LayerState, ScenarioChange, Store, StoreError, StoredDefinition, StoredNetwork,
        StoredScenario, UnreadState,
    },
};

/// Stands for a store that is not there, in a dry run.
pub(super) struct NoStore;

impl Store for NoStore {
    fn states(&self) -> Result<Vec<LayerState>, StoreError> {
        Ok(Vec::new())
    }
    fn unread_states(&self) -> Result<Vec<UnreadState>, StoreError> {
        Ok(Vec::new())
    }

    fn written_outside(
        &self,
        _: &LayerId,
        _: &str,
        _: &[&str],
    ) -> Result<BTreeMap<String, String>, StoreError> {
        Ok(BTreeMap::new())
    }
    fn read(&self, _: &Layer, _: &Period) -> Result<Table, StoreError> {
        Ok(Table::default())
    }
    fn commit(&self, _: &[Batch<'_>], _: &mut dyn FnMut(u64) -> bool) -> Result<u64, StoreError> {
        Err(StoreError::Cancelled)
    }
    fn read_rows(&self, _: &Layer, _: &Period, _: &[&str]) -> Result<Table, StoreError> {
        Ok(Table::default())
    }
    fn edit(&self, _: &EditBatch<'_>) -> Result<u64, StoreError> {
        Err(StoreError::Cancelled)
    }
    fn answered(&self, _: &str, _: &str) -> Result<Option<KeptAnswer>, StoreError> {
        Ok(None)
    }
    fn history(&self, _: &Layer, _: &Period, _: &str) -> Result<Vec<HistoryEntry>, StoreError> {
        Ok(Vec::new())
    }
    fn change_number(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
    fn stamp(&self) -> Result<i64, StoreError> {
        Ok(0)
    }
    fn takes_writes(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
    fn holds(&self, _: u64) -> Result<bool, StoreError> {
        Ok(false)
    }
    fn changes_since(&self, _: u64) -> Result<Vec<Change>, StoreError> {
        Ok(Vec::new())
    }
    fn control_totals(&self, _: &LayerId, _: &Period) -> Result<Vec<ControlTotal>, StoreError> {
        Ok(Vec::new())
    }
    fn flow_states(&self) -> Result<Vec<FlowState>, StoreError> {
        Ok(Vec::new())
    }
    fn flows(&self, _: &LevelId, _: &Period) -> Result<Flows, StoreError> {
        Ok(Flows::default())
    }
    fn put_flows(
        &self,
        _: &FlowBatch<'_>,
        _: &mut dyn FnMut(u64) -> bool,
    ) -> Result<u64, StoreError> {
        Err(StoreError::Cancelled)
    }
    fn definitions(&self) -> Result<Vec<StoredDefinition>, StoreError> {
        Ok(Vec::new())
    }
    fn put_definitions(&self, _: &[Definition]) -> Result<u64, StoreError> {
        Err(StoreError::Cancelled)
    }
    fn remove_definition(&self, _: &str, _: &str) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }
    fn network(&self, _: &str) -> Result<Option<StoredNetwork>, StoreError> {
        Ok(None)
    }
    fn network_names(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
    fn network_number(&self, _: &str) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }
    fn set_networks(&self, _: &[(&str, &StoredNetwork)]) -> Result<u64, StoreError> {
        Err(StoreError::Cancelled)
    }
    fn scenarios(&self) -> Result<Vec<StoredScenario>, StoreError> {
        Ok(Vec::new())
    }
    fn scenario(&self, _: u64) -> Result<Option<StoredScenario>, StoreError> {
        Ok(None)
    }
    fn create_scenario(&self, _: &str, _: &str, _: &str) -> Result<StoredScenario, StoreError> {
        Err(StoreError::Cancelled)
    }
    fn put_scenario(&self, _: &StoredScenario, _: &str) -> Result<StoredScenario, StoreError> {
        Err(StoreError::Cancelled)
    }
    fn delete_scenario(&self, _: u64, _: u64) -> Result<(), StoreError> {
        Err(StoreError::Cancelled)
    }
    fn scenario_changes(&self) -> Result<Vec<ScenarioChange>, StoreError> {
        Ok(Vec::new())
    }
    fn setting(&self, _: &str) -> Result<Option<String>, StoreError> {
        Ok(None)
    }
    fn set_setting(&self, _: &str, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
    fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(Vec::new())
    }
}
