use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use geo::CoordsIter;
use sha2::{Digest, Sha256};

use super::pieces::{gather, is_merged, levels_above};
use crate::{
    city::{City, LoadedLayer},
    domain::{
        AreaCode, Catalog, GroupName, Groups, Layer, LayerId, LayerKind, LevelId, OwnAreas, Period,
        Table, Value,
    },
    index::{FeatureRef, LayerIndex},
    store::ChangeNumber,
};

/// The layers of a district official's city with what they were made of: the next city takes over
/// those that are as they were, so that an edit of a school joins no homes anew.
#[derive(Clone, Debug, Default)]
pub struct Joins {
    made: Vec<Join>,
    /// Definitions and area layers, on which all of them depend.
    ground: Option<Ground>,
}

#[derive(Clone, Debug)]
struct Join {
    layer: LayerId,
    period: Period,
    exact: ChangeNumber,
    /// `None` where nothing of it is published.
    public: Option<ChangeNumber>,
    publication: Option<u32>,
    /// `None` where the published state is the state of now.
    joined: Option<(Arc<LoadedLayer>, Digest256)>,
}

type Digest256 = [u8; 32];

/// Catalog, area layers of the exact and of the published city.
#[derive(Clone, Debug)]
struct Ground {
    catalog: Arc<Catalog>,
    areas: Vec<(LayerId, Period, ChangeNumber)>,
}

impl Ground {
    fn of(exact: &City, public: &City) -> Self {
        let states = exact.all_states().chain(public.all_states());
        let areas = states.filter(|state| state.layer().area_level.is_some());
        let name = |state: &Arc<LoadedLayer>| {
            let period = state.index.period().clone();
            (state.layer().id.clone(), period, state.version)
        };
        Ground {
            catalog: exact.catalog().clone(),
            areas: areas.map(name).collect(),
        }
    }

    fn is(&self, other: &Ground) -> bool {
        Arc::ptr_eq(&self.catalog, &other.catalog) && self.areas == other.areas
    }
}

impl Joins {
    fn find(
        &self,
        inside: &LoadedLayer,
        outside: Option<&LoadedLayer>,
        publication: Option<u32>,
    ) -> Option<&Join> {
        self.made.iter().find(|join| {
            join.layer == inside.layer().id
                && (join.publication == publication || !is_merged(inside.layer()))
                && join.period == *inside.index.period()
                && join.exact == inside.version
                && join.public == outside.map(|outside| outside.version)
        })
    }
}

/// The city of a district official: exact people and units in the areas of the scope, the pieces of
/// the published city outside; facilities and stations, which are published as they are, as they are
/// now; everything else as it was published.
///
/// What is published as one is known as one: a piece that was merged across the border of the scope
/// stays as it is, and what of it lies inside is not counted once more. What is new since then is in
/// no piece yet: it is known where it can only be published within the scope. Where the exact city does not know what this publication
/// has as one, units are known as published alone. The scope has the codes of
/// areas down to the subdistrict. Its stamp, and the version of each layer, is made of what it shows
/// alone, so it tells of no edit outside the scope. `before`: the layers of the last city of the same
/// scope; those of this one are returned.
pub fn exact_within(
    exact: &City,
    public: &City,
    scope: &[AreaCode],
    before: &Joins,
) -> (City, Joins) {
    let levels = levels_above(exact);
    let publication = publication(exact, public);
    let ground = Ground::of(exact, public);
    let known = before.ground.as_ref().is_some_and(|own| own.is(&ground));
    let mut joins = Joins {
        made: Vec::new(),
        ground: Some(ground),
    };
    let mut name = Sha256::new();
    name.update(public.stamp().to_be_bytes());
    for inside in exact_states(exact) {
        let period = inside.index.period();
        let states = public.states(inside.layer().id.as_str());
        let outside = states.into_iter().find(|o| o.index.period() == period);
        let outside = outside.map(|outside| &**outside);
        let found = match before.find(inside, outside, publication).filter(|_| known) {
            Some(join) => join.clone(),
            None => Join {
                layer: inside.layer().id.clone(),
                period: period.clone(),
                exact: inside.version,
                public: outside.map(|outside| outside.version),
                publication,
                joined: joined(inside, outside, exact, public, &levels, scope),
            },
        };
        if let Some((_, digest)) = &found.joined {
            name.update(digest);
        }
        joins.made.push(found);
    }
    for code in scope {
        name.update(code.as_str());
        name.update([0]);
    }
    let name = number(&name.finalize().into());
    let own: Vec<_> = joins
        .made
        .iter()
        .filter_map(|j| j.joined.as_ref())
        .collect();
    let is_joined = |state: &LoadedLayer| {
        own.iter().any(|(own, _)| {
            own.layer().id == state.layer().id && own.index.period() == state.index.period()
        })
    };
    let shared = public
        .all_states()
        .filter(|state| !state.layer().is_personal() && !is_joined(state));
    let layers = shared.chain(own.iter().map(|(own, _)| own)).cloned();
    let layers: Vec<_> = layers.collect();
    let city = public.with_other_layers(exact.catalog().clone(), layers, name);
    (city, joins)
}

/// One layer of both cities, and the digest of what is exact in it; `None` where the published state
/// is all there is to know.
fn joined(
    inside: &LoadedLayer,
    outside: Option<&LoadedLayer>,
    exact: &City,
    public: &City,
    levels: &[LevelId],
    scope: &[AreaCode],
) -> Option<(Arc<LoadedLayer>, Digest256)> {
    let mut scoped = Joined::of(inside);
    let digest;
    if inside.layer().is_personal() {
        let pooled = Pooled::of(exact, public, inside, outside);
        let known = pooled.is_some() || !is_merged(inside.layer());
        // Where nothing is exact every published piece is told of.
        let scope = if known { scope } else { &[] };
        scoped.take_exact(levels, scope, pooled.as_ref());
        let taken = [&scoped.digest()[..], &[u8::from(known)]].concat();
        digest = Sha256::digest(taken).into();
        if let Some(outside) = outside {
            scoped.take_published(outside, levels, scope);
        }
    } else {
        if !scoped.take_edited(outside?, &exact.catalog().levels()) {
            return None;
        }
        digest = scoped.digest();
    }
    let mut name = Sha256::new();
    name.update(digest);
    name.update(outside.map_or(0, |o| o.version).to_be_bytes());
    for code in scope {
        name.update(code.as_str());
        name.update([0]);
    }
    let version = number(&name.finalize().into());
    Some((Arc::new(scoped.build(version)), digest))
}

/// A number that a digest is known by; never 0.
fn number(digest: &Digest256) -> u64 {
    let first: [u8; 8] = digest[..8].try_into().expect("32 bytes");
    u64::from_be_bytes(first).max(1)
}

/// The layers that a district official reads as they are now: people and units, facilities and
/// stations, where something of them is published.
pub fn exact_states(exact: &City) -> impl Iterator<Item = &Arc<LoadedLayer>> {
    exact.all_states().filter(|loaded| {
        let layer = loaded.layer();
        let is_place = matches!(layer.kind, LayerKind::Facility | LayerKind::Station);
        (is_place || layer.is_personal()) && layer.protected().is_some()
    })
}

/// The publication of the exact city that a protected city is; `None` where the exact city does not
/// know of it.
pub fn publication(exact: &City, public: &City) -> Option<u32> {
    exact.grouping()?.get()?.publication_of(public.seal()?)
}

/// Which units a publication has as one.
struct Pooled<'a> {
    /// `None` for a layer of which nothing was published yet.
    groups: Option<&'a Groups>,
    /// The areas that no group goes beyond.
    own: OwnAreas,
    publication: u32,
}

impl<'a> Pooled<'a> {
    /// `None` where the published pieces are not those that the exact city knows of, and for layers
    /// that nothing is merged of.
    fn of(
        exact: &'a City,
        public: &City,
        inside: &LoadedLayer,
        outside: Option<&LoadedLayer>,
    ) -> Option<Self> {
        if !is_merged(inside.layer()) {
            return None;
        }
        let grouping = exact.grouping()?.get()?;
        let publication = publication(exact, public)?;
        let groups = grouping.units(&inside.layer().id, inside.index.period());
        let pooled = Pooled {
            groups,
            own: grouping.own_areas(&inside.layer().id, publication),
            publication,
        };
        let is_known = |id: &str| {
            let name: Option<GroupName> = id.parse().ok();
            name.is_some_and(|name| pooled.group_of(&name) == Some(&name))
        };
        let mut shown = outside.into_iter().flat_map(|outside| {
            let index = &outside.index;
            index.iter().map(|feature| index.id(feature))
        });
        shown.all(is_known).then_some(pooled)
    }

    fn group_of(&self, name: &GroupName) -> Option<&'a GroupName> {
        self.groups?.root_at(name, self.publication)
    }
}

/// One layer of the two cities.
struct Joined<'a> {
    inside: &'a LoadedLayer,
    outside: Option<&'a LoadedLayer>,
    table: Table,
}

impl<'a> Joined<'a> {
    fn of(inside: &'a LoadedLayer) -> Self {
        let mut table = Table::for_layer(inside.layer());
        for level in inside.index.levels() {
            table.area_codes.entry(level.clone()).or_default();
        }
        Joined {
            inside,
            outside: None,
            table,
        }
    }

    /// Takes the features of all pieces that lie in the scope as a whole.
    fn take_exact(&mut self, levels: &[LevelId], scope: &[AreaCode], pooled: Option<&Pooled<'_>>) {
        let gathered = gather(self.inside, levels);
        let is_inside = |unit: &[Option<Box<str>>]| {
            let mut codes = unit.iter().flatten();
            codes.any(|code| is_of(code, scope))
        };
        let mut of_group: BTreeMap<&GroupName, bool> = BTreeMap::new();
        let groups: Vec<Option<&GroupName>> = gathered
            .pieces
            .iter()
            .map(|piece| pooled.and_then(|pooled| pooled.group_of(&piece.piece())))
            .collect();
        for (piece, group) in gathered.pieces.iter().zip(&groups) {
            if let Some(group) = group {
                let depth = usize::from(group.depth).min(piece.unit.len());
                let all = of_group.entry(group).or_insert(true);
                *all &= is_inside(&piece.unit[..depth]);
            }
        }
        // What is in no group yet will be published with others of the smallest area that had some of
        // its own; where that reaches beyond the scope, who saw it now would subtract it then.
        let stays_in = |unit: &[Option<Box<str>>]| match pooled {
            Some(pooled) => pooled.own.depth_of(unit),
            None => unit.len(),
        };
        let pieces = gathered.pieces.iter().zip(&groups);
        let is_taken: Vec<bool> = pieces
            .map(|(piece, group)| match group {
                Some(group) => of_group[group],
                None => is_inside(&piece.unit[..stays_in(&piece.unit)]),
            })
            .collect();
        for (feature, piece) in self.inside.index.iter().zip(gathered.of_feature) {
            if is_taken[piece as usize] {
                self.push(self.inside, feature);
            }
        }
    }

    /// Takes the published pieces that lie outside the scope, or across its border.
    fn take_published(&mut self, outside: &'a LoadedLayer, levels: &[LevelId], scope: &[AreaCode]) {
        self.outside = Some(outside);
        let index = &outside.index;
        let at: Vec<usize> = levels
            .iter()
            .filter_map(|level| index.level_index(level.as_str()))
            .collect();
        let known: BTreeSet<String> = self.table.ids.iter().map(ToString::to_string).collect();
        for feature in index.iter() {
            let codes = at.iter().filter_map(|at| index.area_code(feature, *at));
            let is_outside = !codes.into_iter().any(|code| is_of(code, scope));
            // Names of pieces are no names of features; a feature that has one comes first.
            if is_outside && !known.contains(index.id(feature)) {
                self.push(outside, feature);
            }
        }
    }

    /// Takes all features of a layer that tells of nobody, and says whether they differ from what
    /// was published.
    fn take_edited(&mut self, outside: &'a LoadedLayer, levels: &[LevelId]) -> bool {
        self.outside = Some(outside);
        self.table = self.inside.index.to_table();
        !self.table.is_same(&outside.index.to_table(), levels)
    }

    fn push(&mut self, from: &LoadedLayer, feature: FeatureRef) {
        let (layer, index) = (self.inside.layer(), &from.index);
        let values: Vec<Value> = places_in(layer, from.layer())
            .map(|place| place.map_or(Value::Missing, |at| index.value(feature, at)))
            .collect();
        let geometry = index.geometry(feature);
        self.table.push(index.id(feature), geometry, &values);
        for level in self.inside.index.levels() {
            let at = index.level_index(level.as_str());
            let code = at.and_then(|at| index.area_code(feature, at));
            let codes = self.table.area_codes.entry(level.clone()).or_default();
            codes.push(code);
        }
    }

    /// Names what has been taken so far.
    fn digest(&self) -> Digest256 {
        let mut hash = Sha256::new();
        let layer = self.inside.layer();
        hash.update(layer.id.as_str());
        hash.update(self.inside.index.period().to_string());
        for (row, (id, geometry)) in self
            .table
            .ids
            .iter()
            .zip(&self.table.geometries)
            .enumerate()
        {
            hash.update(id.as_bytes());
            hash.update([0]);
            for at in geometry.coords_iter() {
                hash.update(at.x.to_bits().to_be_bytes());
                hash.update(at.y.to_bits().to_be_bytes());
            }
            for column in &self.table.columns {
                match column.get(row) {
                    Value::Missing => hash.update([0]),
                    Value::Integer(value) => hash.update(value.to_be_bytes()),
                    Value::Number(value) => hash.update(value.to_bits().to_be_bytes()),
                    Value::Text(text) => hash.update(text.as_bytes()),
                }
                hash.update([1]);
            }
            for codes in self.table.area_codes.values() {
                hash.update(codes.get(row).unwrap_or(""));
                hash.update([2]);
            }
        }
        hash.finalize().into()
    }

    /// What is published of where the data come from and of totals is all that is told.
    fn build(self, version: u64) -> LoadedLayer {
        let (inside, outside) = (self.inside, self.outside);
        LoadedLayer {
            index: LayerIndex::build(
                inside.layer().clone(),
                inside.index.period().clone(),
                inside.index.levels().to_vec(),
                &self.table,
            ),
            records: outside.map_or_else(Vec::new, |pieces| pieces.records.clone()),
            control_totals: outside.map_or_else(Vec::new, |pieces| pieces.control_totals.clone()),
            version,
        }
    }
}

/// Where each attribute of `layer` stands in another definition of it.
fn places_in<'a>(layer: &'a Layer, other: &'a Layer) -> impl Iterator<Item = Option<usize>> + 'a {
    let attributes = layer.attributes.iter();
    attributes.map(|attribute| other.attribute_index(attribute.id.as_str()))
}

/// Whether an area lies in the scope: its code begins with one of it.
fn is_of(code: &str, scope: &[AreaCode]) -> bool {
    scope.iter().any(|own| code.starts_with(own.as_str()))
}
