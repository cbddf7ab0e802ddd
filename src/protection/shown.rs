use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    Policy,
    piece::{Unit, name_of},
};
use crate::domain::{AreaCode, AttributeId, GroupName, Layer, LayerId, LevelId, Pair, Period};

/// What the publications of a city were made of (发布基数): the exact counts behind what is published,
/// kept beside the exact city and never published. A later change shows when enough of it has come
/// together, so that no publication tells of one person or one unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shown {
    layers: BTreeMap<(LayerId, Period), ShownLayer>,
    flows: BTreeMap<(LevelId, Period), FlowRows>,
    /// Of layers whose definition is not at hand, as they were read.
    unknown: Vec<StoredLayer>,
}

/// Counts by place in the layer's attributes.
pub(super) type Counts = Vec<Option<i64>>;

/// What was published of a layer at a period.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ShownLayer {
    /// The areas that there were.
    pub areas: Areas,
    pub rows: Rows,
}

/// The codes of the areas that pieces may lie in, by level, larger ones first.
pub(super) type Areas = Vec<BTreeSet<Box<str>>>;

/// A row for each unit, or for each piece of people.
pub(super) type Rows = BTreeMap<Key, Counts>;

/// Commuters of a pair by mode; without one where modes are not told.
pub(super) type FlowRows = BTreeMap<Pair, BTreeMap<Option<Box<str>>, i64>>;

/// What a row tells of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub unit: Arc<Unit>,
    /// Column and row of its cell.
    pub cell: (i32, i32),
    /// The id of a workplace; empty for a piece of people.
    pub id: Box<str>,
}

impl Key {
    /// The piece that it lies in.
    pub fn piece(&self) -> GroupName {
        name_of(&self.unit, Policy::CELL_M, self.cell)
    }
}

impl Shown {
    /// What the home of an exact city calls it.
    pub const NAME: &'static str = "protection_shown";

    /// `None` where nothing of the layer was published at the period.
    pub fn take_layer(&mut self, layer: &LayerId, period: &Period) -> Option<ShownLayer> {
        self.layers.remove(&(layer.clone(), period.clone()))
    }

    pub fn set_layer(&mut self, layer: &LayerId, period: &Period, shown: ShownLayer) {
        self.layers.insert((layer.clone(), period.clone()), shown);
    }

    pub fn flows(&self, level: &LevelId, period: &Period) -> Option<&FlowRows> {
        self.flows.get(&(level.clone(), period.clone()))
    }

    pub fn set_flows(&mut self, level: &LevelId, period: &Period, rows: FlowRows) {
        self.flows.insert((level.clone(), period.clone()), rows);
    }

    /// Reads what [`Shown::to_bytes`] wrote; counts take the places that `layer_of` has for them now,
    /// and those that it no longer has are left out. Layers that it does not know stay as they are.
    ///
    /// # Errors
    /// Anything else, in the words of the parser.
    pub fn from_bytes<'a>(
        bytes: &[u8],
        layer_of: impl Fn(&LayerId) -> Option<&'a Layer>,
    ) -> Result<Self, String> {
        let decoder = zstd::Decoder::new(bytes).map_err(|error| error.to_string())?;
        let stored: Stored =
            serde_json::from_reader(io::BufReader::new(decoder)).map_err(|e| e.to_string())?;
        let mut shown = Shown::default();
        for state in stored.layers {
            let Some(layer) = layer_of(&state.layer) else {
                shown.unknown.push(state);
                continue;
            };
            let rows = state.rows_of(layer)?;
            let areas = state.areas;
            let known = ShownLayer { areas, rows };
            shown.layers.insert((state.layer, state.period), known);
        }
        for state in stored.flows {
            let mut rows = FlowRows::new();
            for (from, to, mode, commuters) in state.rows {
                rows.entry((from, to)).or_default().insert(mode, commuters);
            }
            shown.flows.insert((state.level, state.period), rows);
        }
        Ok(shown)
    }

    /// The same bytes for the same rows.
    ///
    /// # Errors
    /// None in practice: it writes into memory.
    pub fn to_bytes<'a>(
        &self,
        layer_of: impl Fn(&LayerId) -> Option<&'a Layer>,
    ) -> io::Result<Vec<u8>> {
        let layers = self.layers.iter().filter_map(|((layer, period), shown)| {
            Some(StoredLayer::of(layer_of(layer)?, period.clone(), shown))
        });
        let flows = self
            .flows
            .iter()
            .map(|((level, period), rows)| StoredFlows {
                level: level.clone(),
                period: period.clone(),
                rows: rows
                    .iter()
                    .flat_map(|((from, to), modes)| {
                        let row = |(mode, commuters): (&Option<Box<str>>, &i64)| {
                            (from.clone(), to.clone(), mode.clone(), *commuters)
                        };
                        modes.iter().map(row)
                    })
                    .collect(),
            });
        let mut layers: Vec<StoredLayer> = layers.chain(self.unknown.iter().cloned()).collect();
        layers.sort_unstable_by(|a, b| (&a.layer, &a.period).cmp(&(&b.layer, &b.period)));
        let stored = Stored {
            layers,
            flows: flows.collect(),
        };
        let mut encoder = zstd::Encoder::new(Vec::new(), 3)?;
        {
            let mut writer = io::BufWriter::new(&mut encoder);
            serde_json::to_writer(&mut writer, &stored)?;
            writer.flush()?;
        }
        encoder.finish()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    layers: Vec<StoredLayer>,
    flows: Vec<StoredFlows>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLayer {
    layer: LayerId,
    period: Period,
    /// What the counts of a row are of.
    counts: Vec<AttributeId>,
    areas: Areas,
    units: Vec<Unit>,
    /// The place of the unit, column and row of the cell, id, counts.
    rows: Vec<(u32, i32, i32, Box<str>, Counts)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFlows {
    level: LevelId,
    period: Period,
    rows: Vec<(AreaCode, AreaCode, Option<Box<str>>, i64)>,
}

impl StoredLayer {
    fn of(layer: &Layer, period: Period, shown: &ShownLayer) -> Self {
        let ShownLayer { areas, rows } = shown;
        let places: Vec<usize> = layer.counts().map(|(place, _)| place).collect();
        let mut units: BTreeMap<&Unit, u32> = BTreeMap::new();
        for key in rows.keys() {
            units.insert(&key.unit, 0);
        }
        for (number, place) in (0..).zip(units.values_mut()) {
            *place = number;
        }
        let row = |(key, counts): (&Key, &Counts)| {
            let counts = places.iter().map(|&place| counts[place]).collect();
            let (column, row) = key.cell;
            (units[&*key.unit], column, row, key.id.clone(), counts)
        };
        StoredLayer {
            layer: layer.id.clone(),
            period,
            counts: layer.counts().map(|(_, count)| count.id.clone()).collect(),
            areas: areas.clone(),
            rows: rows.iter().map(row).collect(),
            units: units.keys().map(|unit| (*unit).clone()).collect(),
        }
    }

    fn rows_of(&self, layer: &Layer) -> Result<Rows, String> {
        let places = self.counts.iter();
        let places: Vec<Option<usize>> = places
            .map(|id| layer.attribute_index(id.as_str()))
            .collect();
        let units: Vec<Arc<Unit>> = self.units.iter().cloned().map(Arc::new).collect();
        let mut rows = Rows::new();
        for (unit, column, row, id, known) in &self.rows {
            let unit = units.get(*unit as usize);
            let unit = unit.ok_or("a row of no area").map_err(str::to_owned)?;
            let mut counts = vec![None; layer.attributes.len()];
            for (place, count) in places.iter().zip(known) {
                if let Some(place) = place {
                    counts[*place] = *count;
                }
            }
            let key = Key {
                unit: unit.clone(),
                cell: (*column, *row),
                id: id.clone(),
            };
            rows.insert(key, counts);
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::read_catalog;

    #[test]
    fn it_is_read_as_written() {
        let catalog = read_catalog(None).expect("sound definitions");
        let layer_of = |id: &LayerId| catalog.layer(id.as_str()).map(|layer| &**layer);
        let layer = catalog.layer("workplaces").expect("built in");
        let period: Period = "2020-11-01".parse().expect("a period");
        let mut counts = vec![None; layer.attributes.len()];
        counts[layer.attribute_index("jobs").expect("built in")] = Some(17);
        let key = |code: Option<&str>, id: &str| Key {
            unit: Arc::new(vec![Some("440106".into()), code.map(Into::into)]),
            cell: (3, -4),
            id: id.into(),
        };
        let rows = Rows::from([
            (key(None, "w1"), counts.clone()),
            (key(Some("440106001"), "w2"), counts),
        ]);
        let code = |code: &str| code.parse().expect("a code");
        let modes = BTreeMap::from([(None, 4), (Some("rail".into()), 5)]);
        let flows = FlowRows::from([((code("a"), code("b")), modes)]);
        let mut shown = Shown::default();
        let known = ShownLayer {
            areas: vec![["440106".into()].into(), BTreeSet::new()],
            rows,
        };
        shown.set_layer(&layer.id, &period, known.clone());
        let level = "district".parse().expect("a level");
        shown.set_flows(&level, &period, flows.clone());
        let bytes = shown.to_bytes(layer_of).expect("written");
        let mut read = Shown::from_bytes(&bytes, layer_of).expect("read");
        assert_eq!(read, shown);
        assert_eq!(read.flows(&level, &period), Some(&flows));
        assert_eq!(read.take_layer(&layer.id, &"2010".parse().unwrap()), None);
        assert_eq!(read.take_layer(&layer.id, &period), Some(known));
        assert!(Shown::from_bytes(&bytes[1..], layer_of).is_err());
        // Read and written where the layer is not known, it is as it was.
        let elsewhere = Shown::from_bytes(&bytes, |_| None).expect("read");
        assert_eq!(elsewhere.to_bytes(|_| None).expect("written"), bytes);
    }
}
