use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::{
    city::{City, LoadedLayer},
    domain::{AreaCode, Layer, Table, Value},
    index::{FeatureRef, LayerIndex},
};

/// The city of a district official: exact people and units in the areas of the scope, the pieces of
/// the published city outside, everything else as it was published.
///
/// A piece belongs to where its features are; one that was merged across areas stays, so that what
/// the official knows exactly may be counted in it once more. Its stamp is [`name_within`].
pub fn exact_within(exact: &City, public: &City, scope: &[AreaCode]) -> City {
    let name = name_within(exact, public, scope);
    let personal = exact
        .all_states()
        .filter(|loaded| loaded.layer().protected().is_some() && loaded.layer().is_personal());
    let mut layers: Vec<Arc<LoadedLayer>> = public
        .all_states()
        .filter(|loaded| !loaded.layer().is_personal())
        .cloned()
        .collect();
    for inside in personal {
        let period = inside.index.period();
        let outside = public
            .states(inside.layer().id.as_str())
            .find(|pieces| pieces.index.period() == period);
        layers.push(Arc::new(joined(inside, outside.map(|o| &**o), scope, name)));
    }
    public.with_other_layers(exact.catalog().clone(), layers, name)
}

/// A number that names what [`exact_within`] is made of: the two cities and the scope.
pub fn name_within(exact: &City, public: &City, scope: &[AreaCode]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(exact.stamp().to_be_bytes());
    hash.update(public.stamp().to_be_bytes());
    for code in scope {
        hash.update(code.as_str());
        hash.update([0]);
    }
    let digest = hash.finalize();
    let first: [u8; 8] = digest[..8].try_into().expect("32 bytes");
    u64::from_be_bytes(first).max(1)
}

fn joined(
    inside: &LoadedLayer,
    outside: Option<&LoadedLayer>,
    scope: &[AreaCode],
    version: u64,
) -> LoadedLayer {
    let layer = inside.layer();
    let mut table = Table::for_layer(layer);
    let levels = inside.index.levels();
    for level in levels {
        table.area_codes.entry(level.clone()).or_default();
    }
    let mut take = |from: &LoadedLayer, wanted: bool| {
        let places = places_in(layer, from.layer());
        for feature in from.index.iter() {
            if is_in(&from.index, feature, scope) != wanted {
                continue;
            }
            let value = |place: &Option<usize>| {
                place.map_or(Value::Missing, |at| from.index.value(feature, at))
            };
            let values: Vec<Value> = places.iter().map(value).collect();
            let (id, geometry) = (from.index.id(feature), from.index.geometry(feature));
            table.push(id, geometry, &values);
            for level in levels {
                let at = from.index.level_index(level.as_str());
                let code = at.and_then(|at| from.index.area_code(feature, at));
                table
                    .area_codes
                    .entry(level.clone())
                    .or_default()
                    .push(code);
            }
        }
    };
    take(inside, true);
    if let Some(outside) = outside {
        take(outside, false);
    }
    LoadedLayer {
        index: LayerIndex::build(
            layer.clone(),
            inside.index.period().clone(),
            levels.to_vec(),
            &table,
        ),
        records: outside.map_or_else(Vec::new, |pieces| pieces.records.clone()),
        control_totals: inside.control_totals.clone(),
        version,
    }
}

/// Where each attribute of `layer` stands in another definition of it.
fn places_in(layer: &Layer, other: &Layer) -> Vec<Option<usize>> {
    let attributes = layer.attributes.iter();
    attributes
        .map(|attribute| other.attribute_index(attribute.id.as_str()))
        .collect()
}

/// Whether a feature lies in an area of the scope, at whatever level.
fn is_in(index: &LayerIndex, feature: FeatureRef, scope: &[AreaCode]) -> bool {
    (0..index.levels().len()).any(|level| {
        let code = index.area_code(feature, level);
        code.is_some_and(|code| scope.iter().any(|own| code.starts_with(own.as_str())))
    })
}
