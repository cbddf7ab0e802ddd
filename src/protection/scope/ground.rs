use std::sync::Arc;

use super::{
    Touch,
    families::Families,
    joined::{self, Joined},
    publication,
    units::Units,
};
use crate::{
    city::{City, LoadedLayer},
    domain::{AreaCode, Catalog, LayerId, LayerKind, LevelId, Period, serial},
    index::{FeatureRef, LayerIndex},
    protection::pieces::{is_merged, levels_above},
    store::ChangeNumber,
};

/// What the cities of all scopes are made of in common, made once for an exact and a published city.
#[derive(Debug)]
pub struct Ground {
    number: u64,
    exact: Arc<City>,
    pub(super) public: Arc<City>,
    pub(super) definitions: Definitions,
    /// The levels whose areas no piece crosses, larger areas first.
    pub(super) levels: Vec<LevelId>,
    pub(super) publication: Option<u32>,
    pub(super) states: Vec<Arc<State>>,
}

/// Definitions, area layers of both cities and by which key the published one is: where one of them is
/// another, nothing that was made before holds.
#[derive(Clone, Debug)]
pub(super) struct Definitions {
    catalog: Arc<Catalog>,
    areas: Vec<(LayerId, Period, ChangeNumber)>,
    key: u64,
}

impl PartialEq for Definitions {
    fn eq(&self, other: &Self) -> bool {
        let is_same = Arc::ptr_eq(&self.catalog, &other.catalog);
        is_same && self.areas == other.areas && self.key == other.key
    }
}

/// A layer at a period that officials read as it is now.
#[derive(Debug)]
pub(super) struct State {
    pub inside: Arc<LoadedLayer>,
    /// `None` where nothing of it is published.
    pub outside: Option<Arc<LoadedLayer>>,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// It tells of nobody and is the same in all scopes; `None` where the published state is the state
    /// of now.
    Open(Option<Joined>),
    Personal(Personal),
}

/// A layer of people or units.
#[derive(Debug)]
pub(super) struct Personal {
    /// What is published of it, in the definition of the exact layer.
    pub base: Arc<LayerIndex>,
    pub exact: Exact,
}

/// What of a layer of people or units can be exact.
#[derive(Debug)]
pub(super) enum Exact {
    People(Families),
    /// `None` where it is not known what is published as one.
    Units(Option<Units>),
}

impl Ground {
    /// What is as it was `before` is taken over.
    pub fn of(exact: Arc<City>, public: Arc<City>, before: Option<&Ground>) -> Self {
        let definitions = Definitions::of(&exact, &public);
        let before = before.filter(|before| before.definitions == definitions);
        let mut ground = Ground {
            number: serial(),
            levels: levels_above(&exact),
            publication: publication(&exact, &public),
            states: Vec::new(),
            definitions,
            exact,
            public,
        };
        let states = exact_states(&ground.exact);
        let states = states.map(|inside| ground.state(inside, before)).collect();
        ground.states = states;
        ground
    }

    /// Whether it is that of these very cities.
    pub fn is_of(&self, exact: &Arc<City>, public: &Arc<City>) -> bool {
        Arc::ptr_eq(&self.exact, exact) && Arc::ptr_eq(&self.public, public)
    }

    /// Names it among all that there ever were.
    pub fn number(&self) -> u64 {
        self.number
    }

    fn state(&self, inside: &Arc<LoadedLayer>, before: Option<&Ground>) -> Arc<State> {
        let (layer, period) = (inside.layer(), inside.index.period());
        let mut published = self.public.states(layer.id.as_str());
        let outside = published.find(|outside| outside.index.period() == period);
        let version = |state: Option<&Arc<LoadedLayer>>| state.map(|state| state.version);
        let mut states = before.into_iter().flat_map(|before| &before.states);
        let known = states.find(|known| {
            let own = &known.inside;
            own.layer().id == layer.id && own.index.period() == period
        });
        let is_published_same =
            |known: &&Arc<State>| version(known.outside.as_ref()) == version(outside);
        let is_same = |known: &&Arc<State>| {
            let publication = before.and_then(|before| before.publication);
            known.inside.version == inside.version
                && is_published_same(known)
                && (publication == self.publication || !is_merged(layer))
        };
        if let Some(known) = known.filter(is_same) {
            return known.clone();
        }
        let kind = match layer.is_personal() {
            false => Kind::Open(joined::edited(
                inside,
                outside,
                &self.exact.catalog().levels(),
            )),
            true => Kind::Personal(Personal {
                base: match known.filter(is_published_same).map(|known| &known.kind) {
                    Some(Kind::Personal(known)) => known.base.clone(),
                    _ => Arc::new(joined::base(inside, outside)),
                },
                exact: self.exact_of(inside, outside, known.map(|known| &known.kind)),
            }),
        };
        Arc::new(State {
            inside: inside.clone(),
            outside: outside.cloned(),
            kind,
        })
    }

    fn exact_of(
        &self,
        inside: &LoadedLayer,
        outside: Option<&Arc<LoadedLayer>>,
        known: Option<&Kind>,
    ) -> Exact {
        if is_merged(inside.layer()) {
            let (grouping, publication) = (self.exact.grouping(), self.publication);
            let grouping = grouping.and_then(|stored| stored.get()).zip(publication);
            let units = grouping.and_then(|(grouping, publication)| {
                Units::of(inside, outside, &self.levels, grouping, publication)
            });
            return Exact::Units(units);
        }
        let before = match known {
            Some(Kind::Personal(known)) => known.exact.families(),
            _ => None,
        };
        Exact::People(Families::of(&inside.index, &self.levels, before))
    }

    /// The published city with other layers of people, and of what officials read as it is now.
    pub(super) fn city<'a>(
        &self,
        shown: impl Iterator<Item = &'a Arc<LoadedLayer>>,
        name: u64,
    ) -> City {
        let mut layers: Vec<Arc<LoadedLayer>> = shown.cloned().collect();
        let is_shown = |state: &LoadedLayer| {
            layers.iter().any(|own| {
                own.layer().id == state.layer().id && own.index.period() == state.index.period()
            })
        };
        let published = self.public.all_states();
        let others = published.filter(|state| !state.layer().is_personal() && !is_shown(state));
        let others: Vec<_> = others.cloned().collect();
        layers.extend(others);
        let catalog = self.exact.catalog().clone();
        self.public.with_other_layers(catalog, layers, name)
    }
}

impl Definitions {
    fn of(exact: &City, public: &City) -> Self {
        let states = exact.all_states().chain(public.all_states());
        let areas = states.filter(|state| state.layer().area_level.is_some());
        let name = |state: &Arc<LoadedLayer>| {
            let period = state.index.period().clone();
            (state.layer().id.clone(), period, state.version)
        };
        Definitions {
            catalog: exact.catalog().clone(),
            areas: areas.map(name).collect(),
            key: public.publication(),
        }
    }
}

impl Exact {
    fn families(&self) -> Option<&Families> {
        match self {
            Exact::People(families) => Some(families),
            Exact::Units(_) => None,
        }
    }

    pub fn is_known(&self) -> bool {
        !matches!(self, Exact::Units(None))
    }

    pub fn touch(
        &self,
        inside: &LoadedLayer,
        publication: Option<u32>,
        scope: &[AreaCode],
    ) -> Touch {
        match self {
            Exact::People(families) => Touch::Rows(families.digest(&inside.index, scope)),
            Exact::Units(_) => Touch::State(inside.version, publication),
        }
    }

    /// The features that are exact in a scope, in the order of the layer.
    pub fn taken(
        &self,
        inside: &LoadedLayer,
        levels: &[LevelId],
        scope: &[AreaCode],
    ) -> Vec<FeatureRef> {
        match self {
            Exact::People(families) => families.taken(inside, levels, scope),
            Exact::Units(Some(units)) => units.taken(&inside.index, scope),
            Exact::Units(None) => Vec::new(),
        }
    }
}

/// The layers that a district official reads as they are now: people and units, facilities and
/// stations, where something of them is published.
fn exact_states(exact: &City) -> impl Iterator<Item = &Arc<LoadedLayer>> {
    exact.all_states().filter(|loaded| {
        let layer = loaded.layer();
        let is_place = matches!(layer.kind, LayerKind::Facility | LayerKind::Station);
        (is_place || layer.is_personal()) && layer.protected().is_some()
    })
}
