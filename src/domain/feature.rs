use std::{collections::BTreeMap, fmt, str::FromStr};

use geo::Geometry;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::{Layer, Table, Value};

/// What a feature is at one moment (要素状态): its shape and its values, in the order of the layer's
/// attributes. The areas it lies in follow from the shape.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureState {
    /// Longitude, latitude.
    pub geometry: Geometry<f64>,
    pub values: Vec<Value>,
}

impl FeatureState {
    /// The state that a row of a table is.
    pub fn of_row(table: &Table, row: usize) -> Self {
        FeatureState {
            geometry: table.geometries[row].clone(),
            values: table.columns.iter().map(|c| c.get(row)).collect(),
        }
    }

    /// The values that are not missing, by attribute.
    pub fn named_values<'a>(&'a self, layer: &'a Layer) -> BTreeMap<&'a str, &'a Value> {
        let named = layer.attributes.iter().zip(&self.values);
        let given = named.filter(|(_, value)| !value.is_missing());
        given.map(|(a, value)| (a.id.as_str(), value)).collect()
    }

    /// The name of this very state.
    pub fn version(&self, layer: &Layer) -> FeatureVersion {
        let shape = geojson::Geometry::from(&self.geometry);
        let text = serde_json::to_vec(&(shape, self.named_values(layer)));
        // Coordinates are finite and keys are texts: JSON holds them all.
        let hash = Sha256::digest(text.unwrap_or_default());
        let first = hash[..8].try_into().expect("a hash has 32 bytes");
        FeatureVersion(u64::from_be_bytes(first))
    }
}

/// Names a state of a feature by what it is: whoever wrote it and in whichever home it is kept, equal
/// states have equal versions. An edit says by it what it was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FeatureVersion(u64);

impl fmt::Display for FeatureVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for FeatureVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version has 16 digits, 0-9 and a-f: send the one that was read with the feature")]
pub struct FeatureVersionError;

impl FromStr for FeatureVersion {
    type Err = FeatureVersionError;

    fn from_str(text: &str) -> Result<Self, FeatureVersionError> {
        let is_hex = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).map_err(|_| FeatureVersionError)?;
        is_hex
            .then_some(FeatureVersion(number))
            .ok_or(FeatureVersionError)
    }
}
