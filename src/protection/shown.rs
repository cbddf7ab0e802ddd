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
    flows: BTreeMap<(LevelId, Period), ShownFlows>,
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
    /// What earlier publications showed and later ones did not, the oldest first.
    pub past: Vec<Past>,
}

/// What a publication showed for the last time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Past {
    /// The number of the publication that first showed something else.
    pub until: u32,
    /// All rows of every piece, or group of pieces, that differed; none where it was not there.
    pub rows: Rows,
    /// The groups, as of that publication; empty where pieces are not merged.
    pub groups: BTreeSet<GroupName>,
}

/// The codes of the areas that pieces may lie in, by level, larger ones first.
pub(super) type Areas = Vec<BTreeSet<Box<str>>>;

/// A row for each unit, or for each piece of people.
pub(super) type Rows = BTreeMap<Key, Counts>;

/// What was published of flows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ShownFlows {
    pub rows: FlowRows,
    /// What earlier publications showed of a pair and later ones did not, the oldest first.
    pub past: BTreeMap<Pair, Vec<Modes>>,
}

pub(super) type FlowRows = BTreeMap<Pair, Modes>;

/// Commuters of a pair by mode; without one where modes are not told.
pub(super) type Modes = BTreeMap<Option<Box<str>>, i64>;

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

    pub fn flows(&self, level: &LevelId, period: &Period) -> Option<&ShownFlows> {
        self.flows.get(&(level.clone(), period.clone()))
    }

    pub fn set_flows(&mut self, level: &LevelId, period: &Period, shown: ShownFlows) {
        self.flows.insert((level.clone(), period.clone()), shown);
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
            let known = state.read(layer)?;
            shown.layers.insert((state.layer, state.period), known);
        }
        for state in stored.flows {
            let key = (state.level.clone(), state.period.clone());
            shown.flows.insert(key, state.read());
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
        let flows = self.flows.iter();
        let flows = flows.map(|((level, period), shown)| StoredFlows::of(level, period, shown));
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
    rows: Vec<StoredRow>,
    past: Vec<StoredPast>,
}

/// The place of the unit, column and row of the cell, id, counts.
type StoredRow = (u32, i32, i32, Box<str>, Counts);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPast {
    until: u32,
    rows: Vec<StoredRow>,
    groups: BTreeSet<GroupName>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFlows {
    level: LevelId,
    period: Period,
    rows: Vec<StoredPair>,
    past: Vec<StoredPair>,
}

/// From, to, commuters by mode.
type StoredPair = (AreaCode, AreaCode, Vec<(Option<Box<str>>, i64)>);

impl StoredFlows {
    fn of(level: &LevelId, period: &Period, shown: &ShownFlows) -> Self {
        let stored = |((from, to), modes): (&Pair, &Modes)| {
            let modes = modes.iter().map(|(mode, n)| (mode.clone(), *n)).collect();
            (from.clone(), to.clone(), modes)
        };
        let past = shown.past.iter();
        let past = past.flat_map(|(pair, all)| all.iter().map(move |modes| (pair, modes)));
        StoredFlows {
            level: level.clone(),
            period: period.clone(),
            rows: shown.rows.iter().map(stored).collect(),
            past: past.map(stored).collect(),
        }
    }

    fn read(self) -> ShownFlows {
        let pair = |(from, to, modes): StoredPair| ((from, to), modes.into_iter().collect());
        let mut past: BTreeMap<Pair, Vec<Modes>> = BTreeMap::new();
        for (pair, modes) in self.past.into_iter().map(pair) {
            past.entry(pair).or_default().push(modes);
        }
        ShownFlows {
            rows: self.rows.into_iter().map(pair).collect(),
            past,
        }
    }
}

impl StoredLayer {
    fn of(layer: &Layer, period: Period, shown: &ShownLayer) -> Self {
        let places: Vec<usize> = layer.counts().map(|(place, _)| place).collect();
        let past = shown.past.iter().flat_map(|past| past.rows.keys());
        let mut units: BTreeMap<&Unit, u32> = shown
            .rows
            .keys()
            .chain(past)
            .map(|key| (&*key.unit, 0))
            .collect();
        for (number, place) in (0..).zip(units.values_mut()) {
            *place = number;
        }
        let stored = |rows: &Rows| -> Vec<StoredRow> {
            let row = |(key, counts): (&Key, &Counts)| {
                let counts = places.iter().map(|&place| counts[place]).collect();
                let (column, row) = key.cell;
                (units[&*key.unit], column, row, key.id.clone(), counts)
            };
            rows.iter().map(row).collect()
        };
        let past = shown.past.iter().map(|past| StoredPast {
            until: past.until,
            rows: stored(&past.rows),
            groups: past.groups.clone(),
        });
        StoredLayer {
            layer: layer.id.clone(),
            period,
            counts: layer.counts().map(|(_, count)| count.id.clone()).collect(),
            areas: shown.areas.clone(),
            rows: stored(&shown.rows),
            past: past.collect(),
            units: units.keys().map(|unit| (*unit).clone()).collect(),
        }
    }

    fn read(&self, layer: &Layer) -> Result<ShownLayer, String> {
        let places = self.counts.iter();
        let places: Vec<Option<usize>> = places
            .map(|id| layer.attribute_index(id.as_str()))
            .collect();
        let units: Vec<Arc<Unit>> = self.units.iter().cloned().map(Arc::new).collect();
        let rows_of = |stored: &[StoredRow]| -> Result<Rows, String> {
            let mut rows = Rows::new();
            for (unit, column, row, id, known) in stored {
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
        };
        let past = self.past.iter().map(|past| {
            Ok(Past {
                until: past.until,
                rows: rows_of(&past.rows)?,
                groups: past.groups.clone(),
            })
        });
        Ok(ShownLayer {
            areas: self.areas.clone(),
            rows: rows_of(&self.rows)?,
            past: past.collect::<Result<_, String>>()?,
        })
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
        let pair = (code("a"), code("b"));
        let flows = ShownFlows {
            rows: [(pair.clone(), modes.clone())].into(),
            past: [(pair, vec![BTreeMap::new(), modes])].into(),
        };
        let mut shown = Shown::default();
        let past = Past {
            until: 2,
            rows: rows.clone(),
            groups: ["100e1n-2-3-440106001".parse().expect("a name")].into(),
        };
        let known = ShownLayer {
            areas: vec![["440106".into()].into(), BTreeSet::new()],
            rows,
            past: vec![past],
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
