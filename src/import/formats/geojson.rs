//! GeoJSON (RFC 7946) and GeoJSON text sequences (RFC 8142 and one object per line).
//!
//! Features are read one by one from the bytes; the visitors take any JSON, so that a feature
//! that is wrong is one refused row and not the end of the file.

use std::{borrow::Cow, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use geo::Coord;

use crate::{
    crs::Crs,
    domain::Origin,
    import::{
        ImportError, Refusal,
        error::shorten,
        raw::{CarriedCrs, Cell, FileFacts, RawRow, RowPlace, RowSink, Shape},
        shape::{Coords, build, collection},
        source::Part,
        text,
    },
};

const FORMAT: &str = "GeoJSON";

pub(super) fn read(part: &Part, sink: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    let encoding = text::detect(&part.bytes);
    let (content, _) = text::decode(&part.bytes, encoding);
    let mut reader = Reader::new(sink);
    let mut json = serde_json::Deserializer::from_slice(content.as_bytes());
    let parsed = Seed(&mut reader).deserialize(&mut json);
    let parsed = parsed.and_then(|object| json.end().map(|()| object));
    if let Some(stopped) = reader.stopped.take() {
        return Err(stopped);
    }
    let object = parsed.map_err(|e| ImportError::malformed(&part.name, FORMAT, e))?;
    if !object.was_collection {
        let kind = object.kind.as_deref().unwrap_or("").to_owned();
        if !is_feature_or_geometry(&kind) {
            return Err(ImportError::malformed(
                &part.name,
                FORMAT,
                format!(
                    "its type is `{}`, not FeatureCollection, Feature or a geometry",
                    shorten(&kind, 30)
                ),
            ));
        }
        reader.number = 1;
        reader.emit(object)?;
    }
    let crs = reader.crs.take().unwrap_or(CarriedCrs::Known {
        crs: Crs::WGS84,
        how: "GeoJSON without crs member: WGS 84 (RFC 7946)",
        is_default: true,
    });
    Ok(FileFacts {
        crs,
        encoding: Some(text::name(encoding)),
        origin: reader.origin,
    })
}

pub(super) fn read_sequence(part: &Part, sink: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    let encoding = text::detect(&part.bytes);
    let (content, _) = text::decode(&part.bytes, encoding);
    let separator = match content.trim_start().starts_with('\u{1e}') {
        true => '\u{1e}',
        false => '\n',
    };
    let mut reader = Reader::new(sink);
    reader.sink.expect_rows(content.len() as u64 / 200);
    for record in content.split(separator) {
        let record = record.trim();
        if record.is_empty() {
            continue;
        }
        let mut json = serde_json::Deserializer::from_str(record);
        let parsed = Seed(&mut reader).deserialize(&mut json);
        let parsed = parsed.and_then(|object| json.end().map(|()| object));
        if let Some(stopped) = reader.stopped.take() {
            return Err(stopped);
        }
        match parsed {
            Ok(object) if object.was_collection => {}
            Ok(object) => {
                reader.number += 1;
                reader.emit(object)?;
            }
            Err(e) => {
                reader.number += 1;
                let refusal = Refusal::Damaged(format!("it is no well-formed JSON: {e}"));
                reader.sink.broken_row(reader.number, refusal)?;
            }
        }
    }
    let crs = reader.crs.take().unwrap_or(CarriedCrs::Known {
        crs: Crs::WGS84,
        how: "GeoJSON text sequence: WGS 84 (RFC 8142)",
        is_default: true,
    });
    Ok(FileFacts {
        crs,
        encoding: Some(text::name(encoding)),
        origin: reader.origin,
    })
}

fn is_feature_or_geometry(kind: &str) -> bool {
    matches!(
        kind,
        "Feature"
            | "Point"
            | "MultiPoint"
            | "LineString"
            | "MultiLineString"
            | "Polygon"
            | "MultiPolygon"
            | "GeometryCollection"
    )
}

/// Passes features on while the file is being parsed.
struct Reader<'s> {
    sink: &'s mut dyn RowSink,
    /// Property names in the order of their columns.
    names: Vec<String>,
    number: u64,
    crs: Option<CarriedCrs>,
    origin: Option<Origin>,
    /// Why the sink wants no more; the parser only knows errors of its own.
    stopped: Option<ImportError>,
}

impl<'s> Reader<'s> {
    fn new(sink: &'s mut dyn RowSink) -> Self {
        Reader {
            sink,
            names: Vec::new(),
            number: 0,
            crs: None,
            origin: None,
            stopped: None,
        }
    }

    fn emit(&mut self, object: Object<'_>) -> Result<(), ImportError> {
        let number = self.number;
        let kind = object.kind.as_deref().unwrap_or("");
        if !is_feature_or_geometry(kind) {
            let refusal = Refusal::Damaged("it is no GeoJSON feature".into());
            return self.sink.broken_row(number, refusal);
        }
        let place = match (kind, object.geometry) {
            ("Feature", Some(Ok(shape))) => RowPlace::Shape(shape),
            ("Feature", Some(Err(refusal))) => RowPlace::Broken(refusal),
            ("Feature", None) => RowPlace::Null,
            (kind, _) => match bare_geometry(kind, object.coordinates, object.members) {
                Ok(shape) => RowPlace::Shape(shape),
                Err(refusal) => RowPlace::Broken(refusal),
            },
        };
        let mut cells = vec![Cell::Empty; self.names.len()];
        for (index, (name, value)) in object.properties.iter().enumerate() {
            // Features mostly list their properties in the same order.
            let column = match self.names.get(index) {
                Some(known) if known == name => index,
                _ => match self.names.iter().position(|known| known == name) {
                    Some(column) => column,
                    None => {
                        let column = self.sink.column(name)?;
                        self.names.push(name.clone().into_owned());
                        cells.push(Cell::Empty);
                        column
                    }
                },
            };
            cells[column] = value.as_cell();
        }
        self.sink.row(RawRow {
            number,
            id: object.id.as_cell(),
            cells: &cells,
            place,
        })
    }
}

fn bare_geometry(
    kind: &str,
    coordinates: Option<Coords>,
    members: Vec<Result<Shape, Refusal>>,
) -> Result<Shape, Refusal> {
    if kind == "GeometryCollection" {
        Ok(collection(members.into_iter().collect::<Result<_, _>>()?))
    } else {
        build(kind, coordinates.ok_or(Refusal::EmptyGeometry)?)
    }
}

/// A simple JSON value.
#[derive(Debug, Default)]
enum Scalar<'de> {
    #[default]
    Null,
    Text(Cow<'de, str>),
    Integer(i64),
    Number(f64),
    Flag(bool),
    Nested,
}

impl Scalar<'_> {
    fn as_cell(&self) -> Cell<'_> {
        match self {
            Scalar::Null => Cell::Empty,
            Scalar::Text(text) if text.is_empty() => Cell::Empty,
            Scalar::Text(text) => Cell::Text(text),
            Scalar::Integer(n) => Cell::Integer(*n),
            Scalar::Number(n) => Cell::Number(*n),
            Scalar::Flag(b) => Cell::Flag(*b),
            Scalar::Nested => Cell::Unreadable("a list or an object"),
        }
    }
}

/// A JSON object with the members that any GeoJSON object may have.
#[derive(Default)]
struct Object<'de> {
    kind: Option<Cow<'de, str>>,
    id: Scalar<'de>,
    properties: Vec<(Cow<'de, str>, Scalar<'de>)>,
    geometry: Option<Result<Shape, Refusal>>,
    coordinates: Option<Coords>,
    members: Vec<Result<Shape, Refusal>>,
    /// It had features, which are already passed on.
    was_collection: bool,
}

/// Implements the visits to plain values as one expression of the value as a [`Scalar`].
macro_rules! visit_plain {
    (|$scalar:ident| $result:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON value")
        }
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            let $scalar = Scalar::Null;
            Ok($result)
        }
        fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
            let $scalar = Scalar::Flag(value);
            Ok($result)
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
            let $scalar = Scalar::Integer(value);
            Ok($result)
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
            let $scalar = match i64::try_from(value) {
                Ok(value) => Scalar::Integer(value),
                Err(_) => Scalar::Number(value as f64),
            };
            Ok($result)
        }
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
            let $scalar = Scalar::Number(value);
            Ok($result)
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
            let $scalar = Scalar::Text(Cow::Owned(value.to_owned()));
            Ok($result)
        }
        fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Self::Value, E> {
            let $scalar = Scalar::Text(Cow::Borrowed(value));
            Ok($result)
        }
    };
}

fn skip_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<(), A::Error> {
    while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

macro_rules! deserialize_with {
    ($visitor:ident => $value:ty) => {
        impl<'de> DeserializeSeed<'de> for $visitor {
            type Value = $value;
            fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
                d.deserialize_any(self)
            }
        }
    };
}

struct ScalarVisitor;
deserialize_with!(ScalarVisitor => Scalar<'de>);

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;
    visit_plain!(|scalar| scalar);

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list).map(|()| Scalar::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        skip_object(object).map(|()| Scalar::Nested)
    }
}

struct CoordsVisitor;
deserialize_with!(CoordsVisitor => Coords);

/// Coordinates that are no lists of numbers.
const NO_NUMBERS: Coords = Coords::Wrong("coordinates are not numbers");

impl<'de> Visitor<'de> for CoordsVisitor {
    type Value = Coords;
    visit_plain!(|scalar| match scalar {
        Scalar::Null => Coords::Nothing,
        Scalar::Integer(n) => Coords::Position(Coord {
            x: n as f64,
            y: f64::NAN
        }),
        Scalar::Number(n) => Coords::Position(Coord { x: n, y: f64::NAN }),
        _ => NO_NUMBERS,
    });

    /// A list is a position where it starts with a number; a bare number comes here as a position
    /// without y.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let bare = |c: &Coords| match c {
            Coords::Position(c) if c.y.is_nan() => Some(c.x),
            _ => None,
        };
        let Some(first) = list.next_element_seed(CoordsVisitor)? else {
            return Ok(Coords::Nothing);
        };
        if let Some(x) = bare(&first) {
            let y = list.next_element_seed(CoordsVisitor)?;
            skip_list(list)?;
            return Ok(match y.as_ref().and_then(bare) {
                Some(y) => Coords::Position(Coord { x, y }),
                None => Coords::Wrong("a position has no second number"),
            });
        }
        let mut items = vec![first];
        while let Some(item) = list.next_element_seed(CoordsVisitor)? {
            items.push(match bare(&item) {
                Some(_) => Coords::Wrong("coordinates are nested unevenly"),
                None => item,
            });
        }
        Ok(Coords::nest(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        skip_object(object).map(|()| NO_NUMBERS)
    }
}

/// A geometry object; `None` for null.
struct GeometryVisitor;
deserialize_with!(GeometryVisitor => Option<Result<Shape, Refusal>>);

fn no_geometry() -> Option<Result<Shape, Refusal>> {
    let what = "it is no geometry object".to_owned();
    Some(Err(Refusal::BrokenGeometry(what)))
}

impl<'de> Visitor<'de> for GeometryVisitor {
    type Value = Option<Result<Shape, Refusal>>;
    visit_plain!(|scalar| match scalar {
        Scalar::Null => None,
        _ => no_geometry(),
    });

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list).map(|()| no_geometry())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut kind = Scalar::Null;
        let mut coordinates = None;
        let mut members = Vec::new();
        while let Some(name) = object.next_key_seed(ScalarVisitor)? {
            match &name {
                Scalar::Text(name) if name == "type" => {
                    kind = object.next_value_seed(ScalarVisitor)?;
                }
                Scalar::Text(name) if name == "coordinates" => {
                    coordinates = Some(object.next_value_seed(CoordsVisitor)?);
                }
                Scalar::Text(name) if name == "geometries" => {
                    members = object.next_value_seed(MembersVisitor)?;
                }
                _ => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Some(match kind {
            Scalar::Text(kind) => bare_geometry(&kind, coordinates, members),
            _ => return Ok(no_geometry()),
        }))
    }
}

/// The members of a geometry collection.
struct MembersVisitor;
deserialize_with!(MembersVisitor => Vec<Result<Shape, Refusal>>);

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<Result<Shape, Refusal>>;
    visit_plain!(|_scalar| Vec::new());

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element_seed(GeometryVisitor)? {
            members.push(member.unwrap_or(Err(Refusal::NullGeometry)));
        }
        Ok(members)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        skip_object(object).map(|()| Vec::new())
    }
}

/// The properties of a feature.
struct PropertiesVisitor;
deserialize_with!(PropertiesVisitor => Vec<(Cow<'de, str>, Scalar<'de>)>);

impl<'de> Visitor<'de> for PropertiesVisitor {
    type Value = Vec<(Cow<'de, str>, Scalar<'de>)>;
    visit_plain!(|_scalar| Vec::new());

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list).map(|()| Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut properties = Vec::new();
        while let Some(name) = object.next_key_seed(ScalarVisitor)? {
            let value = object.next_value_seed(ScalarVisitor)?;
            if let Scalar::Text(name) = name {
                properties.push((name, value));
            }
        }
        Ok(properties)
    }
}

/// A list of features, each passed on as soon as it is read.
struct FeaturesVisitor<'r, 's>(&'r mut Reader<'s>);

impl<'de> DeserializeSeed<'de> for FeaturesVisitor<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FeaturesVisitor<'_, '_> {
    type Value = ();
    visit_plain!(|_scalar| ());

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(object) = list.next_element_seed(Seed(self.0))? {
            if object.was_collection {
                continue;
            }
            self.0.number += 1;
            if let Err(stopped) = self.0.emit(object) {
                self.0.stopped = Some(stopped);
                return Err(de::Error::custom("stopped"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        skip_object(object)
    }
}

/// Any GeoJSON object.
struct Seed<'r, 's>(&'r mut Reader<'s>);

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Object<'de>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = Object<'de>;
    visit_plain!(|_scalar| Object::default());

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        skip_list(list).map(|()| Object::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = Object::default();
        while let Some(name) = map.next_key_seed(ScalarVisitor)? {
            let name = match &name {
                Scalar::Text(name) => name.as_ref(),
                _ => "",
            };
            match name {
                "type" => {
                    if let Scalar::Text(kind) = map.next_value_seed(ScalarVisitor)? {
                        object.kind = Some(kind);
                    }
                }
                "id" => object.id = map.next_value_seed(ScalarVisitor)?,
                "properties" => object.properties = map.next_value_seed(PropertiesVisitor)?,
                "geometry" => object.geometry = map.next_value_seed(GeometryVisitor)?,
                "coordinates" => object.coordinates = Some(map.next_value_seed(CoordsVisitor)?),
                "geometries" => object.members = map.next_value_seed(MembersVisitor)?,
                "features" => {
                    object.was_collection = true;
                    map.next_value_seed(FeaturesVisitor(self.0))?;
                }
                "crs" => {
                    let crs: serde_json::Value = map.next_value()?;
                    self.0.crs = Some(carried_crs(&crs));
                }
                "provenance" => {
                    let provenance: serde_json::Value = map.next_value()?;
                    self.0.origin = Origin::from_json(&provenance);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(object)
    }
}

/// The `crs` member of GeoJSON from before RFC 7946.
fn carried_crs(member: &serde_json::Value) -> CarriedCrs {
    let name = member
        .pointer("/properties/name")
        .or_else(|| member.pointer("/properties/code"));
    let name = match name {
        Some(serde_json::Value::String(name)) => name.clone(),
        Some(serde_json::Value::Number(code)) => format!("EPSG:{code}"),
        _ if member.is_null() => return CarriedCrs::absent("its crs member is null"),
        _ => return CarriedCrs::absent("its crs member names no system"),
    };
    match name.parse() {
        Ok(crs) => CarriedCrs::Known {
            crs,
            how: "crs member",
            is_default: false,
        },
        Err(_) => CarriedCrs::absent(format!(
            "its crs member says `{}`, which is not known here",
            shorten(&name, 60)
        )),
    }
}
