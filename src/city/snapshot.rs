use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use sha2::{Digest, Sha256};

use super::{
    AreaLocator, Areas, LoadedFlows, OwnNorms, Parts, ScenarioStamp, StateFaults, StoredGrouping,
    Streets, TimeMatrix, Transit, Ways, faults, kept::Kept,
};
use crate::{
    domain::{
        AreaCode, AttributeId, Bbox, Catalog, Layer, LayerId, LevelId, Period, Protection,
        SecurityLevel, Title,
    },
    index::LayerIndex,
    store::{ChangeNumber, ControlTotal, ImportRecord, StoredDefinition},
};

/// One layer at one period with where it comes from.
#[derive(Debug)]
pub struct LoadedLayer {
    pub index: LayerIndex,
    /// Imports that made it, oldest first.
    pub records: Vec<ImportRecord>,
    /// Published totals that were attached to it.
    pub control_totals: Vec<ControlTotal>,
    /// The last commit that touched it; with layer and period it names these very bytes.
    pub version: ChangeNumber,
}

impl LoadedLayer {
    pub fn layer(&self) -> &Arc<Layer> {
        self.index.layer()
    }

    /// Attributes whose values are estimates (推算).
    pub fn estimated(&self) -> BTreeSet<&AttributeId> {
        self.records
            .iter()
            .flat_map(|record| &record.estimated)
            .collect()
    }

    /// Whether any of it is generated (合成).
    pub fn is_synthetic(&self) -> bool {
        self.records.iter().any(|record| record.synthetic)
    }
}

/// A setting of a city, by the key it has in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    TitleZh,
    TitleEn,
    TimeZone,
    /// 审图号
    ApprovalNumber,
    MarkingZh,
    MarkingEn,
    /// Published figures per district, JSON.
    DistrictFigures,
}

impl Setting {
    pub const ALL: [Setting; 7] = [
        Setting::TitleZh,
        Setting::TitleEn,
        Setting::TimeZone,
        Setting::ApprovalNumber,
        Setting::MarkingZh,
        Setting::MarkingEn,
        Setting::DistrictFigures,
    ];

    pub fn key(self) -> &'static str {
        match self {
            Setting::TitleZh => "title_zh",
            Setting::TitleEn => "title_en",
            Setting::TimeZone => "time_zone",
            Setting::ApprovalNumber => "approval_number",
            Setting::MarkingZh => "marking_zh",
            Setting::MarkingEn => "marking_en",
            Setting::DistrictFigures => "district_figures",
        }
    }

    /// What holds where nothing was set.
    pub fn default_value(self) -> &'static str {
        match self {
            Setting::TitleZh => "未命名城市",
            Setting::TitleEn => "Unnamed city",
            Setting::TimeZone => "Asia/Shanghai",
            Setting::MarkingZh => "内部使用 · 示意图",
            Setting::MarkingEn => "Internal use · schematic",
            Setting::ApprovalNumber | Setting::DistrictFigures => "",
        }
    }
}

/// Locators of area layers by layer and period, each made when first asked for.
type Locators = Mutex<BTreeMap<(LayerId, Period), Arc<AreaLocator>>>;

/// Every layer of a city at every period, as of one commit; in a scenario with its edits upon it.
///
/// A clone shares everything.
#[derive(Clone, Debug)]
pub struct City {
    catalog: Arc<Catalog>,
    version: ChangeNumber,
    settings: BTreeMap<Setting, String>,
    layers: BTreeMap<LayerId, BTreeMap<Period, Arc<LoadedLayer>>>,
    areas: Arc<OnceLock<Areas>>,
    locators: Arc<Locators>,
    matrices: BTreeMap<String, Arc<TimeMatrix>>,
    /// One for each mode.
    streets: Vec<Arc<Streets>>,
    transit: Option<Arc<Transit>>,
    flows: BTreeMap<(LevelId, Period), Arc<LoadedFlows>>,
    /// What makes it another city than that of the commit; 0 for that one.
    edited: u64,
    scenario: Option<Arc<ScenarioStamp>>,
    /// By kind and id.
    definitions: Vec<Arc<StoredDefinition>>,
    kept: Kept,
    norms: Arc<OwnNorms>,
    ways: Ways,
    parts: Parts,
    protection: Option<Arc<Protection>>,
    /// Of which publication its commits are numbered; 0 for the exact city.
    publication: u64,
    /// The areas in which it is exact and outside of which it is not; `None` where it is of one kind.
    scope: Option<Arc<[AreaCode]>>,
    /// Layers above it are left out.
    clearance: SecurityLevel,
    /// What is published of it as one: of an exact city that was published.
    grouping: Option<Arc<StoredGrouping>>,
    /// What the publication was sealed with: of a protected city.
    seal: Option<Arc<str>>,
    /// How often what this program had shown was lost in a failover.
    returns: u32,
    /// By layer and period as it stands in the home.
    faults: BTreeMap<(LayerId, Box<str>), Arc<StateFaults>>,
}

/// Marks the stamps of a protected city, whose commits are numbered on their own.
const PROTECTED: u64 = 1 << 63;

impl City {
    pub fn new(
        catalog: Arc<Catalog>,
        version: ChangeNumber,
        settings: BTreeMap<Setting, String>,
        layers: impl IntoIterator<Item = Arc<LoadedLayer>>,
    ) -> Self {
        let mut by_id: BTreeMap<LayerId, BTreeMap<Period, Arc<LoadedLayer>>> = BTreeMap::new();
        for loaded in layers {
            let (id, period) = (loaded.layer().id.clone(), loaded.index.period().clone());
            by_id.entry(id).or_default().insert(period, loaded);
        }
        City {
            catalog,
            version,
            settings,
            layers: by_id,
            areas: Arc::default(),
            locators: Arc::default(),
            matrices: BTreeMap::new(),
            streets: Vec::new(),
            transit: None,
            flows: BTreeMap::new(),
            edited: 0,
            scenario: None,
            definitions: Vec::new(),
            kept: Kept::default(),
            norms: Arc::default(),
            ways: Ways::default(),
            parts: Parts::default(),
            protection: None,
            publication: 0,
            scope: None,
            clearance: SecurityLevel::Core,
            grouping: None,
            seal: None,
            returns: 0,
            faults: BTreeMap::new(),
        }
    }

    /// The same city with what is wrong with its rows.
    pub(super) fn with_faults(mut self, all: impl IntoIterator<Item = Arc<StateFaults>>) -> Self {
        let keyed = all.into_iter();
        let keyed = keyed.map(|faults| ((faults.layer.clone(), faults.period.clone()), faults));
        self.faults = keyed.collect();
        self
    }

    /// What is wrong with the rows of a state that was read.
    pub(super) fn state_faults(&self, layer: &LayerId, period: &str) -> Option<&Arc<StateFaults>> {
        self.faults.get(&(layer.clone(), period.into()))
    }

    pub(super) fn told_faults(&self) -> impl Iterator<Item = &Arc<StateFaults>> {
        self.faults.values()
    }

    /// The same city, which remembers what an earlier snapshot of it does: ways, parts of answers,
    /// and its areas where they are the same.
    pub fn remembering(mut self, earlier: &City) -> Self {
        self.ways = earlier.ways.clone();
        self.parts = earlier.parts.clone();
        self.returns = earlier.returns;
        let named = |city: &City| {
            let states = city.all_states();
            let named = states.map(|l| (l.layer().id.clone(), l.index.period().clone()));
            named.collect::<Vec<_>>()
        };
        let areas = |city: &City| {
            let states = city.all_states().filter(|loaded| loaded.layer().is_area());
            states.map(Arc::as_ptr).collect::<Vec<_>>()
        };
        if named(&self) == named(earlier) && areas(&self) == areas(earlier) {
            (self.areas, self.locators) = (earlier.areas.clone(), earlier.locators.clone());
        }
        self
    }

    /// The same city, shown in place of one with commits that were lost, whatever their numbers.
    pub(super) fn returning(mut self) -> Self {
        self.returns += 1;
        self
    }

    /// Whether this city is shown in place of `other`.
    pub(super) fn supersedes(&self, other: &City) -> bool {
        (self.returns, self.version) >= (other.returns, other.version)
    }

    /// The same city, marked as one whose counts are protected.
    pub(super) fn with_protection(mut self, protection: Option<Protection>) -> Self {
        self.publication = protection.as_ref().map_or(0, |protection| {
            let hash = Sha256::digest(&protection.fingerprint);
            let first: [u8; 8] = hash[..8].try_into().expect("a hash has 32 bytes");
            u64::from_be_bytes(first) | PROTECTED
        });
        self.protection = protection.map(Arc::new);
        self
    }

    pub(super) fn with_grouping(mut self, grouping: Option<Arc<StoredGrouping>>) -> Self {
        self.grouping = grouping;
        self
    }

    pub(super) fn with_seal(mut self, seal: Option<String>) -> Self {
        self.seal = seal.map(Into::into);
        self
    }

    /// What is published of this exact city as one; `None` where it was never published, or of a
    /// protected city, which does not hold it.
    pub fn grouping(&self) -> Option<&Arc<StoredGrouping>> {
        self.grouping.as_ref()
    }

    /// What the publication was sealed with that this protected city is.
    pub fn seal(&self) -> Option<&str> {
        self.seal.as_deref()
    }

    /// How its counts are protected against disclosure; `None` for the exact city.
    pub fn protection(&self) -> Option<&Protection> {
        self.protection.as_deref()
    }

    /// Of which publication its commits are numbered: each begins anew by another key; 0 for the exact
    /// city.
    pub fn publication(&self) -> u64 {
        self.publication
    }

    /// Ways that were measured in any snapshot of this city.
    pub fn ways(&self) -> &Ways {
        &self.ways
    }

    /// Parts of answers that were made for any snapshot of this city.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The same city with streets.
    pub fn with_streets(mut self, streets: impl IntoIterator<Item = Arc<Streets>>) -> Self {
        self.streets = streets.into_iter().collect();
        self
    }

    /// The streets of a mode (`walk`, `bicycle`, `car`), where they were imported.
    pub fn streets(&self, mode: &str) -> Option<&Arc<Streets>> {
        self.all_streets()
            .find(|streets| streets.rules.mode == mode)
    }

    /// The streets of every mode that they were imported for: on foot, by bicycle, by car.
    pub fn all_streets(&self) -> impl Iterator<Item = &Arc<Streets>> {
        self.streets.iter()
    }

    /// Joins the newest layers to the walking streets, so that the first question on foot does
    /// not wait for it; after an edit that is only the cells that differ.
    pub fn join_streets(&self) {
        let Some(streets) = self.streets("walk") else {
            return;
        };
        for loaded in self.layers_at(None).filter(|l| !l.layer().is_area()) {
            streets.places(loaded);
        }
    }

    /// The same city with travel times brought from elsewhere.
    pub fn with_matrices(mut self, matrices: impl IntoIterator<Item = Arc<TimeMatrix>>) -> Self {
        let by_name = matrices.into_iter().map(|m| (m.name.clone(), m));
        self.matrices = by_name.collect();
        self
    }

    /// The travel-time matrix of a name.
    pub fn matrix(&self, name: &str) -> Option<&Arc<TimeMatrix>> {
        self.matrices.get(name)
    }

    /// All travel-time matrices by name.
    pub fn matrices(&self) -> impl Iterator<Item = &Arc<TimeMatrix>> {
        self.matrices.values()
    }

    /// The same city with a timetable.
    pub fn with_transit(mut self, transit: Option<Arc<Transit>>) -> Self {
        self.transit = transit;
        self
    }

    /// The timetable to ride by, where one was imported.
    pub fn transit(&self) -> Option<&Arc<Transit>> {
        self.transit.as_ref()
    }

    /// The same city with commuting flows.
    pub fn with_flows(mut self, flows: impl IntoIterator<Item = Arc<LoadedFlows>>) -> Self {
        let keyed = flows.into_iter();
        let keyed = keyed.map(|loaded| ((loaded.level.clone(), loaded.period.clone()), loaded));
        self.flows = keyed.collect();
        self
    }

    /// The newest flows between the areas of a level at or before `period`, the newest of all
    /// without one.
    pub fn flows(&self, level: &str, period: Option<&Period>) -> Option<&Arc<LoadedFlows>> {
        let states = self.all_flows().filter(|loaded| loaded.level == *level);
        let fits = |loaded: &&Arc<LoadedFlows>| {
            period.is_none_or(|period| loaded.period.is_at_or_before(period))
        };
        states.filter(fits).last()
    }

    /// Every state of the flows by level, oldest first.
    pub fn all_flows(&self) -> impl Iterator<Item = &Arc<LoadedFlows>> {
        self.flows.values()
    }

    /// The same city with a state of a layer in place of the one of its period; an empty one takes
    /// it away. Areas stay those of this city.
    pub(super) fn with_layer(mut self, loaded: Arc<LoadedLayer>) -> Self {
        self.kept = Kept::default();
        let states = self.layers.entry(loaded.layer().id.clone()).or_default();
        let period = loaded.index.period().clone();
        match loaded.index.features() {
            0 => states.remove(&period),
            _ => states.insert(period, loaded),
        };
        self.layers.retain(|_, states| !states.is_empty());
        self
    }

    /// The same city, named by `edited` among those made of this commit.
    pub(super) fn with_stamp(mut self, edited: u64, scenario: Option<Arc<ScenarioStamp>>) -> Self {
        (self.edited, self.scenario) = (edited, scenario);
        self
    }

    /// The same city, known as the one that is exact in these areas alone.
    pub fn exact_in(mut self, scope: &[AreaCode]) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// The areas in which alone it is exact; `None` where it is of one kind everywhere.
    pub fn scope(&self) -> Option<&[AreaCode]> {
        self.scope.as_deref()
    }

    /// Whether it leaves out what a layer holds, since whoever reads it is not cleared for that.
    pub fn hides(&self, layer: &Layer) -> bool {
        layer.level > self.clearance
    }

    /// The same city without the data of layers above `clearance`, as if it held none of them; this
    /// very one where there are none.
    pub fn cleared(self: &Arc<Self>, clearance: SecurityLevel) -> Arc<Self> {
        if !self.catalog.layers().any(|layer| layer.level > clearance) {
            return self.clone();
        }
        let is_hidden = |loaded: &Arc<LoadedLayer>| loaded.layer().level > clearance;
        let mut city = City::clone(self);
        city.clearance = clearance;
        city.layers
            .retain(|_, states| !states.values().any(is_hidden));
        let catalog = self.catalog.clone();
        city.faults.retain(|(layer, _), _| {
            let layer = catalog.layer(layer.as_str());
            layer.is_some_and(|layer| layer.level <= clearance)
        });
        // What was made of the whole city does not hold for a part of it.
        (city.areas, city.locators) = (Arc::default(), Arc::default());
        let named = format!("{} {clearance:?}", self.stamp());
        let hash = Sha256::digest(named);
        let first: [u8; 8] = hash[..8].try_into().expect("a hash has 32 bytes");
        city.edited = u64::from_be_bytes(first).max(1);
        Arc::new(city)
    }

    /// The same city with other layers in place of all of its own, by the definitions of `catalog`;
    /// `stamp` names it. Flows, streets, timetable and norms stay, and so do its areas, which the
    /// layers must hold.
    pub fn with_other_layers(
        &self,
        catalog: Arc<Catalog>,
        layers: impl IntoIterator<Item = Arc<LoadedLayer>>,
        stamp: u64,
    ) -> Self {
        let other = City::new(catalog, self.version, self.settings.clone(), layers);
        City {
            catalog: other.catalog,
            layers: other.layers,
            faults: other.faults,
            areas: other.areas,
            locators: other.locators,
            kept: other.kept,
            edited: stamp,
            ..self.clone()
        }
    }

    /// The scenario (方案) that this city is; `None` for the city as it is.
    pub fn scenario(&self) -> Option<&Arc<ScenarioStamp>> {
        self.scenario.as_ref()
    }

    /// A number that names this very city, exact or protected: the commit, or in a scenario a hash of
    /// commit and edits.
    pub fn stamp(&self) -> u64 {
        match self.edited {
            0 if self.protection.is_some() => {
                self.publication.wrapping_add(self.version) | PROTECTED
            }
            0 => self.version,
            edited => edited,
        }
    }

    /// The same city with definitions of its own, by kind and id.
    pub fn with_definitions(mut self, all: impl IntoIterator<Item = StoredDefinition>) -> Self {
        self.definitions = all.into_iter().map(Arc::new).collect();
        self.norms = Arc::new(OwnNorms::of(&self));
        self
    }

    /// The city's own definitions of a kind (`norms`, `zoning`, …) in the order of their ids.
    pub fn definitions(&self, kind: &str) -> impl Iterator<Item = &Arc<StoredDefinition>> {
        let all = self.definitions.iter();
        all.filter(move |stored| stored.definition.kind == kind)
    }

    /// One definition of the city's own.
    pub fn definition(&self, kind: &str, id: &str) -> Option<&Arc<StoredDefinition>> {
        self.definitions(kind).find(|s| s.definition.id == id)
    }

    pub(super) fn own_norms(&self) -> &OwnNorms {
        &self.norms
    }

    /// What was made of this snapshot under a key before, else made now and kept with it.
    ///
    /// # Errors
    /// Those of `make`; nothing is kept then.
    pub fn find_or_make<T: std::any::Any + Send + Sync, E>(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        self.kept.find_or_make(key, make)
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The commit that this snapshot shows.
    pub fn version(&self) -> ChangeNumber {
        self.version
    }

    pub fn setting(&self, setting: Setting) -> &str {
        self.settings
            .get(&setting)
            .map_or(setting.default_value(), String::as_str)
    }

    pub fn title(&self) -> Title {
        Title {
            zh: self.setting(Setting::TitleZh).to_owned(),
            en: self.setting(Setting::TitleEn).to_owned(),
        }
    }

    /// The newest state of a layer at or before `period`, the newest of all without one; of areas
    /// the boundaries that hold then, as [`Areas::at`] has them.
    pub fn layer(&self, id: &str, period: Option<&Period>) -> Option<&Arc<LoadedLayer>> {
        let states = self.layers.get(id)?;
        let is_area = states.values().any(|loaded| loaded.layer().is_area());
        let asked = match (period, is_area) {
            (None, true) => self.newest_features(),
            _ => period,
        };
        let fits = |p: &Period| asked.is_none_or(|asked| p.is_at_or_before(asked));
        let older = states.iter().rev().find(|(p, _)| fits(p));
        let found = older.or_else(|| states.iter().next().filter(|_| is_area));
        found.map(|(_, loaded)| loaded)
    }

    /// The newest date of what lies in areas.
    pub(super) fn newest_features(&self) -> Option<&Period> {
        let newest = self.layers.values().filter_map(BTreeMap::last_key_value);
        let features = newest.filter(|(_, loaded)| !loaded.layer().is_area());
        features.map(|(period, _)| period).max()
    }

    /// All states of a layer, oldest first.
    pub fn states(&self, id: &str) -> impl Iterator<Item = &Arc<LoadedLayer>> {
        self.layers.get(id).into_iter().flat_map(BTreeMap::values)
    }

    /// Every layer that holds features at `period`, in the order of ids.
    pub fn layers_at<'a>(
        &'a self,
        period: Option<&'a Period>,
    ) -> impl Iterator<Item = &'a Arc<LoadedLayer>> {
        self.layers
            .keys()
            .filter_map(move |id| self.layer(id.as_str(), period))
    }

    /// Every state of every layer.
    pub fn all_states(&self) -> impl Iterator<Item = &Arc<LoadedLayer>> {
        self.layers.values().flat_map(BTreeMap::values)
    }

    /// The reference dates for which any layer holds data, oldest first.
    pub fn periods(&self) -> Vec<Period> {
        let all: BTreeSet<&Period> = self.layers.values().flat_map(BTreeMap::keys).collect();
        all.into_iter().cloned().collect()
    }

    /// The areas of every level and period, measured when first asked for.
    pub fn areas(&self) -> &Areas {
        self.areas.get_or_init(|| Areas::of(self))
    }

    /// What finds the area of a place among those of an area layer.
    pub(super) fn locator(&self, areas: &LoadedLayer) -> Arc<AreaLocator> {
        let key = (areas.layer().id.clone(), areas.index.period().clone());
        let lock = || self.locators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let locator = Arc::new(AreaLocator::for_layer(areas));
        lock().insert(key, locator.clone());
        locator
    }

    /// True bounds of everything but what lies far outside its areas; `None` for an empty city.
    pub fn bounds(&self) -> Option<Bbox> {
        let measure = || {
            let reach = self.reach();
            let mut bounds = Bbox::EMPTY;
            for loaded in self.all_states() {
                bounds.expand(&faults::within(&loaded.index, reach.as_ref()));
            }
            Ok::<_, Infallible>(bounds)
        };
        let Ok(bounds) = self.kept.find_or_make("bounds", measure);
        (!bounds.is_empty()).then_some(*bounds)
    }

    /// Whether any of the data are generated (合成).
    pub fn is_synthetic(&self) -> bool {
        self.all_states().any(|loaded| loaded.is_synthetic())
            || self.all_flows().any(|loaded| loaded.record.synthetic)
    }
}
