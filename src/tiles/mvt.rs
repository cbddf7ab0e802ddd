//! The wire format of Mapbox Vector Tile 2.1.

use std::collections::HashMap;

use foldhash::fast::FixedState;

pub const EXTENT: i32 = 4096;

/// A value of a tag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tag<'a> {
    Integer(i64),
    Number(f64),
    Text(&'a str),
}

#[derive(Clone, Copy)]
pub enum Shape {
    Point = 1,
    Line = 2,
    Polygon = 3,
}

/// Writes one layer of a tile.
pub struct LayerWriter {
    name: String,
    keys: Vec<String>,
    values: Vec<u8>,
    integers: HashMap<i64, u32, FixedState>,
    numbers: HashMap<u64, u32, FixedState>,
    texts: HashMap<Box<str>, u32, FixedState>,
    next_value: u32,
    features: Vec<u8>,
    tags: Vec<u8>,
    body: Vec<u8>,
    count: usize,
}

impl LayerWriter {
    /// A layer whose features carry tags of these keys.
    pub fn new(name: &str, keys: Vec<String>) -> Self {
        LayerWriter {
            name: name.to_owned(),
            keys,
            values: Vec::new(),
            integers: HashMap::default(),
            numbers: HashMap::default(),
            texts: HashMap::default(),
            next_value: 0,
            features: Vec::new(),
            tags: Vec::new(),
            body: Vec::new(),
            count: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes written so far, roughly.
    pub fn len(&self) -> usize {
        self.features.len() + self.values.len()
    }

    /// Adds a tag to the feature that is being made; `key` is a place in the keys.
    pub fn tag(&mut self, key: u32, value: Tag<'_>) {
        let number = self.value_number(value);
        varint(&mut self.tags, u64::from(key));
        varint(&mut self.tags, u64::from(number));
    }

    fn value_number(&mut self, value: Tag<'_>) -> u32 {
        let next = self.next_value;
        let number = match value {
            Tag::Integer(v) => *self.integers.entry(v).or_insert(next),
            Tag::Number(v) => *self.numbers.entry(v.to_bits()).or_insert(next),
            Tag::Text(v) => match self.texts.get(v) {
                Some(number) => *number,
                None => {
                    self.texts.insert(v.into(), next);
                    next
                }
            },
        };
        if number == next {
            self.next_value += 1;
            self.write_value(value);
        }
        number
    }

    fn write_value(&mut self, value: Tag<'_>) {
        let mut message = Vec::with_capacity(12);
        match value {
            Tag::Integer(v) if v >= 0 => {
                message.push(5 << 3);
                varint(&mut message, v as u64);
            }
            Tag::Integer(v) => {
                message.push(6 << 3);
                varint(&mut message, ((v << 1) ^ (v >> 63)) as u64);
            }
            Tag::Number(v) => {
                message.push((3 << 3) | 1);
                message.extend_from_slice(&v.to_le_bytes());
            }
            Tag::Text(v) => bytes(&mut message, 1, v.as_bytes()),
        }
        bytes(&mut self.values, 4, &message);
    }

    /// Ends a feature: its tags were given before.
    pub fn feature(&mut self, id: u64, shape: Shape, geometry: &[u32]) {
        self.body.clear();
        self.body.push(1 << 3);
        varint(&mut self.body, id);
        bytes(&mut self.body, 2, &self.tags);
        self.body.push(3 << 3);
        self.body.push(shape as u8);
        let mut packed = Vec::with_capacity(geometry.len() * 2);
        geometry
            .iter()
            .for_each(|v| varint(&mut packed, u64::from(*v)));
        bytes(&mut self.body, 4, &packed);
        bytes(&mut self.features, 2, &self.body);
        self.tags.clear();
        self.count += 1;
    }

    /// Appends the layer to a tile.
    pub fn finish(self, tile: &mut Vec<u8>) {
        let mut layer = Vec::with_capacity(self.len() + 256);
        layer.push(15 << 3);
        layer.push(2);
        bytes(&mut layer, 1, self.name.as_bytes());
        layer.extend_from_slice(&self.features);
        for key in &self.keys {
            bytes(&mut layer, 3, key.as_bytes());
        }
        layer.extend_from_slice(&self.values);
        layer.push(5 << 3);
        varint(&mut layer, EXTENT as u64);
        bytes(tile, 3, &layer);
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bytes(out: &mut Vec<u8>, field: u8, content: &[u8]) {
    out.push((field << 3) | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// A command integer: what to do and how often.
pub fn command(id: u32, count: u32) -> u32 {
    (count << 3) | id
}

pub const MOVE_TO: u32 = 1;
pub const LINE_TO: u32 = 2;
pub const CLOSE_PATH: u32 = 7;

/// A signed step as an unsigned parameter.
pub fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}
