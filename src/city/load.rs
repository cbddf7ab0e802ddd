use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;

use super::{
    City, LoadedFlows, LoadedLayer, Setting, StateFaults, StoredGrouping, Streets, TimeMatrix,
    Transit, touched::Touched,
};
use crate::{
    domain::{Catalog, Grouping, Protection, RowFault, RowReason},
    index::LayerIndex,
    network::{NetworkError, Rules},
    store::{FlowState, LayerState, Store, StoreError},
    transit::TransitError,
};

/// Why a city could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Transit(#[from] TransitError),
    #[error("the note of the city's protection cannot be read: {0}; publish it again")]
    Protection(serde_json::Error),
}

/// Reads every layer of every period that `catalog` knows into memory.
///
/// # Errors
/// What the store says.
pub fn load(store: &dyn Store, catalog: Arc<Catalog>) -> Result<City, LoadError> {
    read(store, catalog, None, false)
}

/// Like [`load`], but shares the layers of `previous` that no commit has touched since; of those
/// where single features changed only these are read.
///
/// # Errors
/// What the store says; `previous` then stays as it is.
pub fn reload(store: &dyn Store, previous: &City) -> Result<City, LoadError> {
    read(store, previous.catalog().clone(), Some(previous), true)
}

/// Like [`reload`] where the store does not hold the commit of `previous`: layers whose state it does
/// not hold either are read whole.
///
/// # Errors
/// What the store says; `previous` then stays as it is.
pub(super) fn reload_whole(store: &dyn Store, previous: &City) -> Result<City, LoadError> {
    let catalog = previous.catalog().clone();
    read(store, catalog, Some(previous), false)
}

fn read(
    store: &dyn Store,
    catalog: Arc<Catalog>,
    previous: Option<&City>,
    by_feature: bool,
) -> Result<City, LoadError> {
    // The number is read first: a commit in between is then seen as not yet loaded.
    let version = store.change_number()?;
    let protection: Option<Protection> = match store.setting(Protection::SETTING)? {
        Some(note) => Some(serde_json::from_str(&note).map_err(LoadError::Protection)?),
        None => None,
    };
    // That of an earlier state is one of a protected city already.
    let catalog = match (
        &protection,
        previous.is_some_and(|city| city.protection().is_some()),
    ) {
        (Some(_), false) => Arc::new(catalog.protected()),
        _ => catalog,
    };
    let states = store.states()?;
    let touched = match previous {
        Some(previous) if by_feature => Touched::since(store, previous.version())?,
        _ => Touched::default(),
    };
    let mut settings = BTreeMap::new();
    for (key, value) in store.settings()? {
        if let Some(setting) = Setting::ALL.into_iter().find(|own| own.key() == key) {
            settings.insert(setting, value);
        }
    }
    let (layers, streets) = rayon::join(
        || {
            let states = states.into_par_iter();
            let layers = states.map(|state| read_state(store, &catalog, previous, &touched, state));
            layers.collect::<Result<Vec<_>, _>>()
        },
        || read_streets(store, previous),
    );
    let (layers, faults): (Vec<_>, Vec<_>) = layers?.into_iter().flatten().unzip();
    let faults = faults.into_iter().chain(unread_states(store, previous)?);
    let city = City::new(catalog, version, settings, layers.into_iter().flatten());
    let city = city.with_faults(faults);
    let flows = store.flow_states()?.into_iter();
    let flows: Vec<_> = flows
        .map(|state| read_flows(store, previous, state))
        .collect::<Result<_, _>>()?;
    let city = city.with_protection(protection);
    let city = city.with_flows(flows.into_iter().flatten());
    let city = city.with_streets(streets?);
    let transit = read_transit(store, previous, city.streets("walk"))?;
    let city = city.with_transit(transit);
    let city = city.with_matrices(read_matrices(store, previous)?);
    let city = city.with_definitions(store.definitions()?);
    let city = match city.protection() {
        // After the layers: a seal is written before what it seals, and may be newer, never older.
        Some(_) => city.with_seal(store.setting(Grouping::SEAL)?),
        None => city.with_grouping(read_grouping(store, previous)?),
    };
    Ok(match previous {
        Some(previous) => city.remembering(previous),
        None => city,
    })
}

/// What is published of an exact city as one.
fn read_grouping(
    store: &dyn Store,
    previous: Option<&City>,
) -> Result<Option<Arc<StoredGrouping>>, LoadError> {
    let Some(number) = store.network_number(Grouping::NAME)? else {
        return Ok(None);
    };
    let known = previous.and_then(City::grouping);
    if let Some(known) = known.filter(|known| known.version == number) {
        return Ok(Some(known.clone()));
    }
    let stored = store.network(Grouping::NAME)?;
    Ok(stored.map(|stored| Arc::new(StoredGrouping::new(stored.bytes, number))))
}

/// The timetable; its stops are joined to the streets anew where these have changed.
fn read_transit(
    store: &dyn Store,
    previous: Option<&City>,
    streets: Option<&Arc<Streets>>,
) -> Result<Option<Arc<Transit>>, LoadError> {
    let Some(number) = store.network_number("transit")? else {
        return Ok(None);
    };
    let known = previous.and_then(City::transit);
    if let Some(known) = known.filter(|known| known.version == number) {
        let version = |streets: &Arc<Streets>| streets.version;
        return Ok(Some(
            match known.streets().map(version) == streets.map(version) {
                true => known.clone(),
                false => Arc::new(known.beside(streets.cloned())),
            },
        ));
    }
    let Some(stored) = store.network("transit")? else {
        return Ok(None);
    };
    let transit = Transit::read(stored, number, streets.cloned())?;
    Ok(Some(Arc::new(transit)))
}

/// `None` where every flow was taken away again.
fn read_flows(
    store: &dyn Store,
    previous: Option<&City>,
    state: FlowState,
) -> Result<Option<Arc<LoadedFlows>>, LoadError> {
    let known = previous.into_iter().flat_map(City::all_flows);
    let mut known = known.filter(|f| f.level == state.level && f.period == state.period);
    if let Some(known) = known.find(|known| known.version == state.changed) {
        return Ok(Some(known.clone()));
    }
    let flows = store.flows(&state.level, &state.period)?;
    let loaded = LoadedFlows {
        level: state.level,
        period: state.period,
        flows,
        record: state.record,
        version: state.changed,
    };
    Ok((!loaded.flows.is_empty()).then(|| Arc::new(loaded)))
}

/// The streets of every mode that the store has.
fn read_streets(
    store: &dyn Store,
    previous: Option<&City>,
) -> Result<Vec<Arc<Streets>>, LoadError> {
    let read = |rules: Rules| {
        let Some(number) = store.network_number(&rules.mode)? else {
            return Ok(None);
        };
        let known = previous.and_then(|city| city.streets(&rules.mode));
        if let Some(known) = known.filter(|known| known.version == number) {
            return Ok(Some(known.clone()));
        }
        let Some(stored) = store.network(&rules.mode)? else {
            return Ok(None);
        };
        Ok(Some(Arc::new(Streets::read(rules, stored, number)?)))
    };
    let streets = Rules::all()?.into_par_iter().map(read);
    let streets: Vec<Option<_>> = streets.collect::<Result<_, LoadError>>()?;
    Ok(streets.into_iter().flatten().collect())
}

/// Every travel-time matrix that the store has.
fn read_matrices(
    store: &dyn Store,
    previous: Option<&City>,
) -> Result<Vec<Arc<TimeMatrix>>, LoadError> {
    let mut matrices = Vec::new();
    for stored_as in store.network_names()? {
        let Some(name) = stored_as.strip_prefix(TimeMatrix::PREFIX) else {
            continue;
        };
        let Some(number) = store.network_number(&stored_as)? else {
            continue;
        };
        let known = previous.and_then(|city| city.matrix(name));
        if let Some(known) = known.filter(|known| known.version == number) {
            matrices.push(known.clone());
        } else if let Some(stored) = store.network(&stored_as)? {
            matrices.push(Arc::new(TimeMatrix::read(name, stored, number)?));
        }
    }
    Ok(matrices)
}

/// A state as it is shown, where it has any feature, and what is wrong with its rows.
type ReadState = (Option<Arc<LoadedLayer>>, Arc<StateFaults>);

/// `None` for a layer without a definition.
fn read_state(
    store: &dyn Store,
    catalog: &Catalog,
    previous: Option<&City>,
    touched: &Touched,
    state: LayerState,
) -> Result<Option<ReadState>, LoadError> {
    let Some(layer) = catalog.layer(state.layer.as_str()) else {
        return Ok(None);
    };
    let known = previous.and_then(|city| {
        let mut states = city.states(state.layer.as_str());
        states.find(|loaded| *loaded.index.period() == state.period)
    });
    let told = previous.and_then(|city| city.state_faults(&state.layer, state.period.as_str()));
    if let (Some(known), Some(told)) = (known.filter(|k| k.version == state.changed), told) {
        return Ok(Some((Some(known.clone()), told.clone())));
    }
    let before = told.map(|told| &*told.rows).unwrap_or_default();
    let renewed = match known {
        Some(known) => touched.renewed(store, &known.index, before)?,
        None => None,
    };
    let (index, rows) = match renewed {
        Some(renewed) => renewed,
        None => {
            let mut table = store.read(layer, &state.period)?;
            let faults = std::mem::take(&mut table.faults);
            let period = state.period.clone();
            let index = LayerIndex::build(layer.clone(), period, catalog.levels(), &table);
            let index = match known {
                Some(known) => index.on_known_ground(&known.index),
                None => index,
            };
            (index, faults)
        }
    };
    let mut faults = StateFaults::new(state.layer.clone(), state.period.as_str(), rows);
    faults.date(store, before)?;
    faults.warn_beside(before);
    let faults = Arc::new(faults);
    if index.features() == 0 {
        return Ok(Some((None, faults)));
    }
    let control_totals = store.control_totals(&state.layer, &state.period)?;
    let loaded = LoadedLayer {
        index,
        records: state.records,
        control_totals,
        version: state.changed,
    };
    Ok(Some((Some(Arc::new(loaded)), faults)))
}

/// States whose period cannot be read, each as one fault.
fn unread_states(
    store: &dyn Store,
    previous: Option<&City>,
) -> Result<Vec<Arc<StateFaults>>, LoadError> {
    let unread = store.unread_states()?.into_iter();
    let told = unread.map(|state| {
        let reason = RowReason::UnreadablePeriod(state.features);
        let fault = RowFault::new("", "period", reason);
        let faults = StateFaults::new(state.layer, &state.period, vec![fault]);
        let before = previous.and_then(|city| city.state_faults(&faults.layer, &faults.period));
        faults.warn_beside(before.map(|told| &*told.rows).unwrap_or_default());
        Arc::new(faults)
    });
    Ok(told.collect())
}
