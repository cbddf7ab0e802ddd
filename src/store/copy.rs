use std::collections::BTreeMap;

use super::{Batch, BatchMode, FlowBatch, Store, StoreError, UnreadState};
use crate::domain::{Catalog, RowFault, Table};

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Features by layer and period, in their order.
    pub features: Vec<(String, String, u64)>,
    /// What is not sound of the home that was copied, by layer and period: rows that are left out, and values
    /// that are taken as missing.
    pub faults: Vec<(String, String, Vec<RowFault>)>,
    /// Features that stay behind since their period cannot be read.
    pub unread: Vec<UnreadState>,
    pub flows: u64,
    pub networks: u64,
    pub definitions: u64,
    pub scenarios: u64,
}

/// Settings that speak of the change log of one home and mean nothing in another.
const OF_ONE_HOME: [&str; 1] = [super::PLACED];

/// Copies a whole city into an empty home: layers with their periods, provenance and totals, flows,
/// networks, definitions, scenarios under their ids, settings. The change logs, the histories of
/// edits and geometries in other coordinate systems than the city's stay behind.
///
/// `progress` is told the features copied so far and answers whether to go on.
///
/// # Errors
/// What the homes say; `to` then holds a part of the city. Layers that `catalog` does not declare
/// are refused before anything is written.
pub fn copy(
    from: &dyn Store,
    to: &dyn Store,
    catalog: &Catalog,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Copied, StoreError> {
    let mut copied = Copied {
        unread: from.unread_states()?,
        ..Copied::default()
    };
    let states = from.states()?;
    if let Some(unknown) = states
        .iter()
        .find(|state| catalog.layer(state.layer.as_str()).is_none())
    {
        return Err(StoreError::UnknownLayer(unknown.layer.clone()));
    }
    let mut done = 0;
    for state in &states {
        let Some(layer) = catalog.layer(state.layer.as_str()) else {
            continue;
        };
        let table = from.read(layer, &state.period)?;
        let totals = from.control_totals(&state.layer, &state.period)?;
        let nothing = Table::for_layer(layer);
        let features = Batch {
            layer,
            period: state.period.clone(),
            mode: BatchMode::Insert,
            table: &table,
            source_geometries: None,
            record: state.records.first().cloned(),
            control_totals: &totals,
            only: None,
        };
        let more = state.records.iter().skip(1).map(|record| Batch {
            mode: BatchMode::Append,
            table: &nothing,
            record: Some(record.clone()),
            control_totals: &[],
            ..features.clone()
        });
        let batches: Vec<Batch<'_>> = std::iter::once(features.clone()).chain(more).collect();
        to.commit(&batches, &mut |rows| progress(done + rows))?;
        done += table.len() as u64;
        let (name, period) = (state.layer.to_string(), state.period.as_str().to_owned());
        if !table.faults.is_empty() {
            let faults = table.faults.clone();
            copied.faults.push((name.clone(), period.clone(), faults));
        }
        copied.features.push((name, period, table.len() as u64));
    }
    for state in from.flow_states()? {
        let flows = from.flows(&state.level, &state.period)?;
        copied.flows += flows.len() as u64;
        let batch = FlowBatch {
            level: state.level,
            period: state.period,
            flows: &flows,
            record: state.record,
            replace: false,
        };
        to.put_flows(&batch, &mut |_| progress(done))?;
    }
    for name in from.network_names()? {
        if let Some(network) = from.network(&name)? {
            to.set_network(&name, &network)?;
            copied.networks += 1;
        }
    }
    let definitions: Vec<_> = from
        .definitions()?
        .into_iter()
        .map(|stored| stored.definition)
        .collect();
    copied.definitions = definitions.len() as u64;
    to.put_definitions(&definitions)?;
    copied.scenarios = copy_scenarios(from, to)?;
    for (key, value) in from.settings()? {
        if !OF_ONE_HOME.contains(&&*key) {
            to.set_setting(&key, &value)?;
        }
    }
    to.set_setting(super::PLACED, &to.change_number()?.to_string())?;
    Ok(copied)
}

/// Scenarios keep their ids, which addresses and notes refer to.
fn copy_scenarios(from: &dyn Store, to: &dyn Store) -> Result<u64, StoreError> {
    let wanted: BTreeMap<u64, _> = from
        .scenarios()?
        .into_iter()
        .map(|scenario| (scenario.id, scenario))
        .collect();
    for scenario in wanted.values() {
        let mut made = to.create_scenario(&scenario.name, &scenario.note, &scenario.reading)?;
        while made.id < scenario.id {
            to.delete_scenario(made.id, made.version)?;
            made = to.create_scenario(&scenario.name, &scenario.note, &scenario.reading)?;
        }
        made.edits.clone_from(&scenario.edits);
        made.undone.clone_from(&scenario.undone);
        to.put_scenario(&made, "edit")?;
    }
    Ok(wanted.len() as u64)
}
