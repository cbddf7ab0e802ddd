//! Reads Mapbox Vector Tile 2.1 as the specification says, and fails on anything that it forbids.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub enum TagValue {
    Text(String),
    Number(f64),
    Integer(i64),
}

#[derive(Clone, Debug)]
pub struct Feature {
    pub id: u64,
    pub tags: BTreeMap<String, TagValue>,
    pub shape: Shape,
}

/// Coordinates in tile units; rings without the repeated first point.
#[derive(Clone, Debug)]
pub enum Shape {
    Points(Vec<(i64, i64)>),
    Lines(Vec<Vec<(i64, i64)>>),
    /// For each polygon its exterior and then its holes.
    Polygons(Vec<Vec<Vec<(i64, i64)>>>),
}

#[derive(Clone, Debug)]
pub struct TileLayer {
    pub name: String,
    pub features: Vec<Feature>,
}

impl Feature {
    pub fn integer(&self, key: &str) -> i64 {
        match self.tags.get(key) {
            Some(TagValue::Integer(v)) => *v,
            None => 0,
            other => panic!("{key} is {other:?}"),
        }
    }

    pub fn text(&self, key: &str) -> &str {
        match self.tags.get(key) {
            Some(TagValue::Text(text)) => text,
            other => panic!("{key} is {other:?}"),
        }
    }

    pub fn point(&self) -> (i64, i64) {
        match &self.shape {
            Shape::Points(points) if points.len() == 1 => points[0],
            other => panic!("no single point: {other:?}"),
        }
    }
}

/// Positive for rings that run clockwise on the screen (y grows downward).
pub fn doubled_area(ring: &[(i64, i64)]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| a.0 * b.1 - b.0 * a.1)
        .sum()
}

/// The layers of a tile.
pub fn decode(tile: &[u8]) -> Vec<TileLayer> {
    let layers: Vec<TileLayer> = fields(tile)
        .into_iter()
        .map(|(field, value)| {
            assert_eq!(field, 3, "a tile holds layers only");
            layer(value.bytes())
        })
        .collect();
    let names: BTreeSet<&str> = layers.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(names.len(), layers.len(), "two layers of one name");
    layers
}

enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn bytes(&self) -> &'a [u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            _ => panic!("not a message"),
        }
    }

    fn varint(&self) -> u64 {
        match self {
            Field::Varint(value) => *value,
            _ => panic!("not a number"),
        }
    }
}

fn read_varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a varint ends");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a varint of more than 64 bits");
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = read_varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Varint(read_varint(&mut bytes)),
            1 => {
                let (number, rest) = bytes.split_at(8);
                bytes = rest;
                Field::Fixed64(u64::from_le_bytes(number.try_into().expect("8 bytes")))
            }
            2 => {
                let length = read_varint(&mut bytes) as usize;
                let (content, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(content)
            }
            other => panic!("wire type {other}"),
        };
        found.push((key >> 3, field));
    }
    found
}

fn packed(mut bytes: &[u8]) -> Vec<u64> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        found.push(read_varint(&mut bytes));
    }
    found
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn layer(bytes: &[u8]) -> TileLayer {
    let (mut name, mut version, mut extent) = (None, None, None);
    let (mut keys, mut values, mut raw) = (Vec::new(), Vec::new(), Vec::new());
    for (field, content) in fields(bytes) {
        match field {
            1 => name = Some(utf8(content.bytes())),
            2 => raw.push(content.bytes()),
            3 => keys.push(utf8(content.bytes())),
            4 => values.push(value(content.bytes())),
            5 => extent = Some(content.varint()),
            15 => version = Some(content.varint()),
            other => panic!("layer field {other}"),
        }
    }
    assert_eq!((version, extent), (Some(2), Some(4096)));
    assert!(!raw.is_empty(), "a layer without features");
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    let features: Vec<Feature> = raw
        .into_iter()
        .map(|f| feature(f, &keys, &values))
        .collect();
    let ids: BTreeSet<u64> = features.iter().map(|f| f.id).collect();
    assert_eq!(ids.len(), features.len(), "an id stands twice");
    TileLayer {
        name: name.expect("a layer has a name"),
        features,
    }
}

fn value(bytes: &[u8]) -> TagValue {
    let all = fields(bytes);
    let [(field, content)] = all.as_slice() else {
        panic!("a value has exactly one type");
    };
    match (field, content) {
        (1, Field::Bytes(text)) => TagValue::Text(utf8(text)),
        (3, Field::Fixed64(bits)) => TagValue::Number(f64::from_bits(*bits)),
        (4, Field::Varint(number)) => TagValue::Integer(*number as i64),
        (5, Field::Varint(number)) => TagValue::Integer(i64::try_from(*number).expect("fits")),
        (6, Field::Varint(number)) => TagValue::Integer(unzigzag(*number)),
        _ => panic!("value field {field}"),
    }
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn feature(bytes: &[u8], keys: &[String], values: &[TagValue]) -> Feature {
    let (mut id, mut tags, mut kind, mut geometry) = (None, Vec::new(), None, Vec::new());
    for (field, content) in fields(bytes) {
        match field {
            1 => id = Some(content.varint()),
            2 => tags = packed(content.bytes()),
            3 => kind = Some(content.varint()),
            4 => geometry = packed(content.bytes()),
            other => panic!("feature field {other}"),
        }
    }
    assert_eq!(tags.len() % 2, 0, "tags come in pairs");
    let mut named = BTreeMap::new();
    for pair in tags.chunks(2) {
        let key = keys[pair[0] as usize].clone();
        let again = named.insert(key, values[pair[1] as usize].clone());
        assert!(again.is_none(), "a key stands twice");
    }
    Feature {
        id: id.expect("ids are kept"),
        tags: named,
        shape: shape(kind.expect("a kind"), &geometry),
    }
}

fn shape(kind: u64, commands: &[u64]) -> Shape {
    let parts = parts(commands);
    assert!(!parts.is_empty(), "an empty geometry");
    match kind {
        1 => {
            assert!(parts.iter().all(|(_, closed)| !closed));
            Shape::Points(parts.into_iter().flat_map(|(points, _)| points).collect())
        }
        2 => {
            assert!(
                parts
                    .iter()
                    .all(|(line, closed)| line.len() >= 2 && !closed)
            );
            Shape::Lines(parts.into_iter().map(|(line, _)| line).collect())
        }
        3 => {
            let mut polygons: Vec<Vec<Vec<(i64, i64)>>> = Vec::new();
            for (ring, closed) in parts {
                assert!(closed, "an open ring");
                assert!(ring.len() >= 3, "a ring of {} points", ring.len());
                assert_ne!(ring.first(), ring.last(), "closed twice");
                match doubled_area(&ring) {
                    0 => panic!("a ring without area"),
                    area if area > 0 => polygons.push(vec![ring]),
                    _ => polygons
                        .last_mut()
                        .expect("a hole follows its exterior")
                        .push(ring),
                }
            }
            Shape::Polygons(polygons)
        }
        other => panic!("geometry type {other}"),
    }
}

/// Runs of points, each with whether it was closed. Points of several `MoveTo` are runs of one.
fn parts(mut commands: &[u64]) -> Vec<(Vec<(i64, i64)>, bool)> {
    let mut found: Vec<(Vec<(i64, i64)>, bool)> = Vec::new();
    let (mut x, mut y) = (0, 0);
    while let Some((&command, rest)) = commands.split_first() {
        let (id, count) = (command & 7, (command >> 3) as usize);
        assert!(count > 0, "a command that does nothing");
        if id == 7 {
            assert_eq!(count, 1);
            found.last_mut().expect("something to close").1 = true;
            commands = rest;
            continue;
        }
        let (steps, rest) = rest.split_at(2 * count);
        commands = rest;
        for step in steps.chunks(2) {
            let (dx, dy) = (unzigzag(step[0]), unzigzag(step[1]));
            (x, y) = (x + dx, y + dy);
            match id {
                1 => found.push((vec![(x, y)], false)),
                2 => {
                    assert!((dx, dy) != (0, 0), "a step that does not move");
                    let (run, closed) = found.last_mut().expect("MoveTo comes first");
                    assert!(!*closed, "LineTo after ClosePath");
                    run.push((x, y));
                }
                other => panic!("command {other}"),
            }
        }
    }
    found
}
