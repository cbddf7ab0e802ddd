use std::collections::{BTreeMap, BTreeSet};

use super::{
    History, Policy,
    kept::{Kept, check_key, check_target},
    pieces_of, protect_flows,
};
use crate::{
    city::{City, LoadedFlows, LoadedLayer, Setting, TimeMatrix},
    domain::{Flows, Grouping, Layer, LayerId, Period, Protection, Table},
    store::{
        Batch, BatchMode, ChangeNumber, ControlTotal, FlowBatch, ImportRecord, PLACED, Store,
        StoreError,
    },
};

/// Why a city could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the target holds a city that is not protected: publish into a new file or an empty database"
    )]
    Exact,
    #[error(
        "the target was published with another key or k: the difference of the two would tell of \
         small numbers. Use the key file that it was published with; if that is lost, take the old \
         publication out of use everywhere before you publish into a new home"
    )]
    OtherPolicy,
    #[error(
        "the city was published with another key or k, of fingerprint {0}: both publications together \
         would tell of small numbers. Publish with that key file; if it is lost or known to others, \
         take all that was published with it out of use everywhere, then end it with `suitu protect \
         retire`"
    )]
    OtherKey(String),
    #[error(
        "the target was published from another home of the exact city, or from a later state of this \
         one: this home does not know which workplaces and flows were published as one, and those that \
         came apart would tell of single ones. Publish from the home that it was published from, or \
         from its newest backup or copy; if all are lost, take the old publication out of use \
         everywhere before you publish into a new home"
    )]
    OtherGroups,
    #[error(
        "the exact city's record of what is published as one cannot be read ({0}): restore its home \
         from a backup"
    )]
    Groups(String),
    #[error(
        "the exact city's record of the counts that were published last cannot be read ({0}): restore \
         its home from a backup"
    )]
    Counts(String),
    #[error(
        "the target holds `{0}`, which belongs to the exact city alone: a program older than this one \
         published it. Take the target out of use, delete it, and publish into a new home"
    )]
    Exposed(&'static str),
    #[error("`{0}` is no day of a publication: write 2026-11-26")]
    Day(String),
    #[error("another publication of this city was made meanwhile: publish again")]
    Overtaken,
    #[error("the city is a protected one itself; publish from the exact city")]
    Protected,
    #[error(
        "the target holds the travel times {0}, which name features that are no longer published: \
         publish into a new home"
    )]
    Withheld(String),
    #[error("the target's note of its protection cannot be read: {0}")]
    Note(String),
}

/// What was published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Layer, period, pieces, and whether they differ from what was there.
    pub layers: Vec<PublishedLayer>,
    /// Layers of which nothing is published, and matrices that name homes or workplaces.
    pub left_out: Vec<String>,
}

/// One layer at one period as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedLayer {
    pub layer: LayerId,
    pub period: Period,
    pub features: u64,
    /// Features of the exact city that no piece holds.
    pub withheld: u64,
    /// Pieces of which a change waits for others before it shows.
    pub held: u64,
    /// Whether it was written: it differs from what was published before.
    pub is_new: bool,
}

/// Publishes a city: pieces for its people and units, rounded flows, and everything else as it is
/// but for scenarios, layers of a clearance of their own and matrices that name homes. What is
/// published already and has not changed is not written.
///
/// What was published as one stays so for good, and a change shows once enough of it has come together:
/// the home of the exact city keeps the groups ([`Grouping`]) and the exact counts that were published
/// last, written before the target is. If that is as far as it comes, the next publication is as coarse
/// as this one would have been.
///
/// `day` is the day of the publication; edits show by it and not by the moment they were made.
///
/// # Errors
/// A target that is no publication by this policy; what the homes say. Layers are written in one
/// transaction.
pub fn publish(
    city: &City,
    from: &dyn Store,
    to: &dyn Store,
    policy: &Policy,
    day: &str,
) -> Result<Published, PublishError> {
    if city.protection().is_some() {
        return Err(PublishError::Protected);
    }
    let protection = Protection {
        k: policy.k(),
        cell_m: Policy::CELL_M,
        fingerprint: policy.fingerprint(),
        published: day.to_owned(),
    };
    let mut kept = Kept::read(from, city.catalog())?;
    check_target(to, &protection, &kept.grouping)?;
    check_key(&kept.grouping, &protection.fingerprint)?;
    let note = serde_json::to_string(&protection).map_err(|e| PublishError::Note(e.to_string()))?;
    let mut published = Published::default();
    let states = states_of(city, policy, day, &mut kept, &mut published);
    let flows = flows_of(city, policy, &mut kept);
    let seal = kept.write(from, policy, day)?;
    let of = with_kept(city, from)?;
    // First of all, so that nobody ever takes the target for an exact city; the seal before what it
    // seals, so that nobody takes what is published for finer than it is.
    to.set_setting(Protection::OF, "")?;
    to.set_setting(Protection::SETTING, &note)?;
    to.set_setting(Grouping::SEAL, &seal)?;
    publish_layers(city, to, states, &mut published)?;
    publish_flows(to, &flows, day)?;
    publish_networks(city, from, to, &mut published)?;
    publish_definitions(from, to)?;
    publish_settings(city, from, to, &protection)?;
    to.set_setting(PLACED, &to.change_number()?.to_string())?;
    to.set_setting(Protection::OF, &policy.name_of(of))?;
    Ok(published)
}

/// The commit that a publication is of. What is kept of it are commits of their own, which change
/// nothing that is published.
fn with_kept(city: &City, from: &dyn Store) -> Result<ChangeNumber, StoreError> {
    let mut of = city.version();
    for name in Kept::NAMES {
        let written = from.network_number(name)?;
        of = written.filter(|number| *number == of + 1).unwrap_or(of);
    }
    Ok(of)
}

/// Settings as they are; what stands on every map and document also says that it is protected.
fn publish_settings(
    city: &City,
    from: &dyn Store,
    to: &dyn Store,
    protection: &Protection,
) -> Result<(), StoreError> {
    let mark = protection.mark();
    let marked = |setting: Setting, mark: &str| {
        let own = city.setting(setting);
        let parts = [own, mark].into_iter().filter(|part| !part.is_empty());
        let text = parts.collect::<Vec<_>>().join(" · ");
        (setting.key().to_owned(), text)
    };
    let mut settings: BTreeMap<String, String> = from.settings()?.into_iter().collect();
    let own = [PLACED, Protection::SETTING, Protection::OF, Grouping::SEAL];
    settings.retain(|key, _| !own.contains(&&**key));
    settings.extend([
        marked(Setting::MarkingZh, &mark.zh),
        marked(Setting::MarkingEn, &mark.en),
    ]);
    for (key, value) in settings {
        if to.setting(&key)?.as_ref() != Some(&value) {
            to.set_setting(&key, &value)?;
        }
    }
    Ok(())
}

/// The smallest areas whose control totals are published beside the rounded counts.
const SMALLEST_TOTALS: &str = "district";

/// A state of a layer that is to be written.
struct State {
    layer: Layer,
    period: Period,
    table: Table,
    records: Vec<ImportRecord>,
    totals: Vec<ControlTotal>,
}

/// Every state that is published, with the features of it that are withheld and the pieces of which a
/// change waits; names those of which nothing is.
fn states_of(
    city: &City,
    policy: &Policy,
    day: &str,
    kept: &mut Kept<'_>,
    published: &mut Published,
) -> Vec<(State, [u64; 2])> {
    let mut states = Vec::new();
    for loaded in city.all_states() {
        match state_of(city, loaded, policy, day, kept) {
            Some(state) => states.push(state),
            None => published.left_out.push(loaded.layer().id.to_string()),
        }
    }
    states
}

fn publish_layers(
    city: &City,
    to: &dyn Store,
    all: Vec<(State, [u64; 2])>,
    published: &mut Published,
) -> Result<(), PublishError> {
    let levels = city.catalog().levels();
    let mut states = Vec::new();
    let mut kept: BTreeSet<(LayerId, Period)> = BTreeSet::new();
    for (state, [withheld, held]) in all {
        let (id, period) = (state.layer.id.clone(), state.period.clone());
        kept.insert((id.clone(), period.clone()));
        let is_new = !to
            .read(&state.layer, &period)?
            .is_same(&state.table, &levels);
        published.layers.push(PublishedLayer {
            layer: id,
            period,
            features: state.table.len() as u64,
            withheld,
            held,
            is_new,
        });
        if is_new {
            states.push(state);
        }
    }
    // What the city no longer has.
    for gone in to.states()? {
        let known = kept.contains(&(gone.layer.clone(), gone.period.clone()));
        let layer = city.catalog().layer(gone.layer.as_str());
        if let Some(layer) = layer.filter(|_| !known && gone.features > 0) {
            let layer = layer.protected().unwrap_or_else(|| (**layer).clone());
            states.push(State {
                table: Table::for_layer(&layer),
                layer,
                period: gone.period,
                records: Vec::new(),
                totals: Vec::new(),
            });
        }
    }
    let nothing: Vec<Table> = states.iter().map(|s| Table::for_layer(&s.layer)).collect();
    let mut batches = Vec::new();
    for (state, nothing) in states.iter().zip(&nothing) {
        let first = Batch {
            layer: &state.layer,
            period: state.period.clone(),
            mode: BatchMode::Replace,
            table: &state.table,
            source_geometries: None,
            record: state.records.first().cloned(),
            control_totals: &state.totals,
            only: None,
        };
        let more = state.records.iter().skip(1).map(|record| Batch {
            mode: BatchMode::Append,
            table: nothing,
            record: Some(record.clone()),
            control_totals: &[],
            ..first.clone()
        });
        batches.push(first.clone());
        batches.extend(more);
    }
    if !batches.is_empty() {
        to.commit(&batches, &mut |_| true)?;
    }
    Ok(())
}

/// A state as it is published, with the features that are withheld and the pieces of which a change
/// waits.
fn state_of(
    city: &City,
    loaded: &LoadedLayer,
    policy: &Policy,
    day: &str,
    kept: &mut Kept<'_>,
) -> Option<(State, [u64; 2])> {
    let period = loaded.index.period().clone();
    let mut totals = loaded.control_totals.clone();
    if !loaded.layer().is_personal() {
        let state = State {
            layer: loaded.layer().protected()?,
            period,
            table: loaded.index.to_table(),
            records: loaded.records.clone(),
            totals,
        };
        return Some((state, [0, 0]));
    }
    let id = &loaded.layer().id;
    let before = kept.grouping.publications();
    let mut history = History {
        own: kept.grouping.own_areas(id, before),
        groups: kept.grouping.units_mut(id, &period),
        shown: kept.shown.take_layer(id, &period),
        publication: before + 1,
    };
    let pieces = pieces_of(city, loaded, policy, &mut history)?;
    kept.shown
        .set_layer(id, &period, history.shown.unwrap_or_default());
    // What is published of districts is; of smaller areas it may be a count that nobody published.
    let catalog = city.catalog();
    let smallest = catalog
        .area_layer(SMALLEST_TOTALS)
        .map_or(0, |layer| layer.rank);
    totals.retain(|total| {
        let level = catalog.area_layer(total.level.as_str());
        level.is_some_and(|layer| layer.rank <= smallest)
    });
    let records = loaded.records.iter();
    let records = records.map(|record| without_traces(record, &pieces.layer, day));
    let state = State {
        records: records.collect(),
        layer: pieces.layer,
        period,
        table: pieces.table,
        totals,
    };
    Some((state, [pieces.withheld, pieces.held]))
}

/// Where data come from, without file names and numbers of rows.
fn without_traces(record: &ImportRecord, layer: &Layer, day: &str) -> ImportRecord {
    let estimated = record.estimated.iter();
    ImportRecord {
        source: record.source.clone(),
        licence: record.licence.clone(),
        imported_at: day.to_owned(),
        estimated: estimated
            .filter(|id| layer.attribute(id.as_str()).is_some())
            .cloned()
            .collect(),
        synthetic: record.synthetic,
        ..ImportRecord::default()
    }
}

/// Flows of one level and period as they are published.
struct PublishedFlows<'a> {
    loaded: &'a LoadedFlows,
    flows: Flows,
}

fn flows_of<'a>(city: &'a City, policy: &Policy, kept: &mut Kept<'_>) -> Vec<PublishedFlows<'a>> {
    let all = city.all_flows().map(|loaded| {
        let (level, period) = (&loaded.level, &loaded.period);
        let pooled = kept.grouping.pairs_mut(level, period);
        let shown = kept.shown.flows(level, period);
        let (flows, rows) = protect_flows(&loaded.flows, policy, pooled, shown);
        kept.shown.set_flows(level, period, rows);
        PublishedFlows { loaded, flows }
    });
    all.collect()
}

fn publish_flows(
    to: &dyn Store,
    all: &[PublishedFlows<'_>],
    day: &str,
) -> Result<(), PublishError> {
    for PublishedFlows { loaded, flows } in all {
        if *flows == to.flows(&loaded.level, &loaded.period)? {
            continue;
        }
        let record = &loaded.record;
        let batch = FlowBatch {
            level: loaded.level.clone(),
            period: loaded.period.clone(),
            flows,
            record: ImportRecord {
                source: record.source.clone(),
                licence: record.licence.clone(),
                imported_at: day.to_owned(),
                synthetic: record.synthetic,
                ..ImportRecord::default()
            },
            replace: true,
        };
        to.put_flows(&batch, &mut |_| true)?;
    }
    for gone in to.flow_states()? {
        let is_same = |own: &PublishedFlows<'_>| {
            (&own.loaded.level, &own.loaded.period) == (&gone.level, &gone.period)
        };
        let is_known = all.iter().any(is_same);
        if !is_known && gone.flows > 0 {
            let batch = FlowBatch {
                level: gone.level,
                period: gone.period,
                flows: &Flows::default(),
                record: gone.record,
                replace: true,
            };
            to.put_flows(&batch, &mut |_| true)?;
        }
    }
    Ok(())
}

/// Streets and timetables as they are; travel times between homes or workplaces are left out, for
/// their ids are not published.
fn publish_networks(
    city: &City,
    from: &dyn Store,
    to: &dyn Store,
    published: &mut Published,
) -> Result<(), PublishError> {
    for name in from.network_names()? {
        if Kept::NAMES.contains(&&*name) {
            continue;
        }
        // One that the city does not know yet has not been looked into.
        let is_withheld = name.strip_prefix(TimeMatrix::PREFIX).is_some_and(|matrix| {
            let known = city.matrix(matrix);
            known.is_none_or(|matrix| names_hidden_features(city, matrix))
        });
        if is_withheld {
            if to.network(&name)?.is_some() {
                return Err(PublishError::Withheld(name));
            }
            published.left_out.push(name);
            continue;
        }
        let network = from.network(&name)?;
        if let Some(network) =
            network.filter(|own| to.network(&name).ok().flatten().as_ref() != Some(own))
        {
            to.set_network(&name, &network)?;
        }
    }
    Ok(())
}

/// Whether a matrix names homes, workplaces, or features of a layer that is not published.
fn names_hidden_features(city: &City, matrix: &TimeMatrix) -> bool {
    let is_hidden = |layer: &Layer| layer.is_personal() || layer.protected().is_none();
    let mut hidden = city.all_states().filter(|loaded| is_hidden(loaded.layer()));
    hidden.any(|loaded| {
        [true, false].into_iter().any(|is_from| {
            let found = matrix.features(is_from, loaded);
            found.iter().any(Option::is_some)
        })
    })
}

fn publish_definitions(from: &dyn Store, to: &dyn Store) -> Result<(), PublishError> {
    let wanted: Vec<_> = from
        .definitions()?
        .into_iter()
        .map(|s| s.definition)
        .collect();
    let there: Vec<_> = to
        .definitions()?
        .into_iter()
        .map(|s| s.definition)
        .collect();
    for gone in &there {
        let named = |d: &&crate::store::Definition| d.kind == gone.kind && d.id == gone.id;
        if !wanted.iter().any(|d| named(&d)) {
            to.remove_definition(&gone.kind, &gone.id)?;
        }
    }
    let fresh: Vec<_> = wanted.into_iter().filter(|d| !there.contains(d)).collect();
    if !fresh.is_empty() {
        to.put_definitions(&fresh)?;
    }
    Ok(())
}
