use std::{collections::HashSet, sync::Arc};

use sha2::{Digest, Sha256};

use super::{
    Digest256,
    ground::{Personal, State},
    is_of, number,
    rows::write_row,
};
use crate::{
    city::LoadedLayer,
    domain::{AreaCode, LevelId, Table, Value},
    index::{FeatureRef, LayerIndex},
};

/// A layer of the city of an official.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub layer: Arc<LoadedLayer>,
    /// Names what is exact in it.
    pub digest: Digest256,
    /// What it holds that other scopes do not share, about.
    pub own_bytes: usize,
}

/// The layer as it is now, for one that tells of nobody; `None` where that is what was published, or
/// nothing was.
pub(super) fn edited(
    inside: &LoadedLayer,
    outside: Option<&Arc<LoadedLayer>>,
    levels: &[LevelId],
) -> Option<Joined> {
    let outside = outside?;
    let table = inside.index.to_table();
    if table.is_same(&outside.index.to_table(), levels) {
        return None;
    }
    let digest = digest_of(inside, &table);
    let index = inside.index.with_rows([], &empty_table(inside));
    let layer = layer_of(index, Some(outside), digest, &[]);
    Some(Joined {
        layer,
        digest,
        own_bytes: 0,
    })
}

/// What is published of a layer, in the definition of the exact one.
pub(super) fn base(inside: &LoadedLayer, outside: Option<&Arc<LoadedLayer>>) -> LayerIndex {
    let mut table = empty_table(inside);
    let layer = inside.layer();
    if let Some(outside) = outside {
        let (index, own) = (&outside.index, outside.layer());
        let places = layer.attributes.iter();
        let places = places.map(|attribute| own.attribute_index(attribute.id.as_str()));
        let places: Vec<Option<usize>> = places.collect();
        for feature in index.iter() {
            let value =
                |at: &Option<usize>| at.map_or(Value::Missing, |at| index.value(feature, at));
            let values: Vec<Value> = places.iter().map(value).collect();
            table.push(index.id(feature), index.geometry(feature), &values);
            for (level, codes) in &mut table.area_codes {
                let at = index.level_index(level.as_str());
                codes.push(at.and_then(|at| index.area_code(feature, at)));
            }
        }
    }
    let (period, levels) = (
        inside.index.period().clone(),
        inside.index.levels().to_vec(),
    );
    LayerIndex::build(layer.clone(), period, levels, &table)
}

impl Joined {
    /// What is exact of people or units in a scope, and what was published elsewhere or across its
    /// border; `last` where it shows the same. That was made of the same publication.
    pub fn within(
        State {
            inside, outside, ..
        }: &State,
        Personal { base, exact }: &Personal,
        levels: &[LevelId],
        scope: &[AreaCode],
        last: Option<&Joined>,
    ) -> Self {
        let taken = exact.taken(inside, levels, scope);
        let table = inside.index.rows(taken);
        let known = exact.is_known();
        let digest = [&digest_of(inside, &table)[..], &[u8::from(known)]].concat();
        let digest: Digest256 = Sha256::digest(digest).into();
        if let Some(last) = last.filter(|last| last.digest == digest) {
            return last.clone();
        }
        // Where nothing is exact every published piece is told of.
        let mut gone = match known {
            true => pieces_in(base, levels, scope),
            false => HashSet::new(),
        };
        // Names of pieces are no names of features; a feature that has one comes first.
        gone.extend(table.ids.iter().filter_map(|id| base.find(id)));
        let index = base.with_rows(gone, &table);
        let shared: HashSet<u64> = base.cells().iter().map(|cell| cell.serial()).collect();
        let own = index.cells().iter();
        let own = own.filter(|cell| !shared.contains(&cell.serial()));
        Joined {
            own_bytes: own.map(|cell| cell.heap_bytes()).sum(),
            layer: layer_of(index, outside.as_ref(), digest, scope),
            digest,
        }
    }
}

/// The published pieces that lie in the scope.
fn pieces_in(base: &LayerIndex, levels: &[LevelId], scope: &[AreaCode]) -> HashSet<FeatureRef> {
    let mut inside = HashSet::new();
    let at = levels.iter();
    for at in at.filter_map(|level| base.level_index(level.as_str())) {
        let is_inside = base.by_area_code(at, |code| is_of(code, scope).then_some(1));
        let pieces = base.iter().zip(is_inside);
        inside.extend(pieces.filter_map(|(piece, is_inside)| is_inside.map(|_| piece)));
    }
    inside
}

/// What is published of where the data come from and of totals is all that is told.
fn layer_of(
    index: LayerIndex,
    outside: Option<&Arc<LoadedLayer>>,
    digest: Digest256,
    scope: &[AreaCode],
) -> Arc<LoadedLayer> {
    let mut name = Sha256::new();
    name.update(digest);
    name.update(outside.map_or(0, |outside| outside.version).to_be_bytes());
    for code in scope {
        name.update(code.as_str());
        name.update([0]);
    }
    Arc::new(LoadedLayer {
        index,
        records: outside.map_or_else(Vec::new, |pieces| pieces.records.clone()),
        control_totals: outside.map_or_else(Vec::new, |pieces| pieces.control_totals.clone()),
        version: number(&name.finalize().into()),
    })
}

/// Names rows of a layer in their order.
fn digest_of(inside: &LoadedLayer, table: &Table) -> Digest256 {
    let (mut hash, mut bytes) = (Sha256::new(), Vec::new());
    hash.update(inside.layer().id.as_str());
    hash.update(inside.index.period().to_string());
    for (row, (id, geometry)) in table.ids.iter().zip(&table.geometries).enumerate() {
        bytes.clear();
        let values = table.columns.iter().map(|column| column.get(row));
        let codes = table.area_codes.values().map(|codes| codes.get(row));
        write_row(&mut bytes, id, geometry, values, codes);
        hash.update(&bytes);
    }
    hash.finalize().into()
}

fn empty_table(inside: &LoadedLayer) -> Table {
    let mut table = Table::for_layer(inside.layer());
    for level in inside.index.levels() {
        table.area_codes.entry(level.clone()).or_default();
    }
    table
}
