//! FlatGeobuf, version 3. The generated tables of the `flatgeobuf` crate verify each feature;
//! the walk over the file and the values are read here, where lengths can be checked first.

use std::collections::HashMap;

use flatgeobuf::{
    ColumnType, Geometry as FgbGeometry, GeometryType, Header, size_prefixed_root_as_feature,
    size_prefixed_root_as_header,
};
use geo::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

use crate::{
    crs::Crs,
    domain::Origin,
    import::{
        ImportError, Note, Refusal,
        raw::{CarriedCrs, Cell, FileFacts, RawRow, RowPlace, RowSink, Shape},
        shape::{collection, polygon},
        source::Part,
    },
};

const FORMAT: &str = "FlatGeobuf";
/// Where the header's length stands, after the magic bytes.
const HEADER_AT: usize = 8;

pub(super) fn read(part: &Part, sink: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    let bytes = part.bytes.as_slice();
    let fail = |problem: String| ImportError::malformed(&part.name, FORMAT, problem);
    if bytes[3] != 3 {
        return Err(fail(format!(
            "it is written in version {} of the format; only version 3 can be read: write it anew \
             with a current GDAL or QGIS",
            bytes[3]
        )));
    }
    let header_end = frame_end(bytes, HEADER_AT)
        .ok_or_else(|| fail("it ends in the middle of the header".into()))?;
    let header = size_prefixed_root_as_header(&bytes[HEADER_AT..header_end])
        .map_err(|e| fail(format!("the header is damaged: {e}")))?;
    let mut at = index_size(&header)
        .and_then(|size| header_end.checked_add(size))
        .filter(|at| *at <= bytes.len())
        .ok_or_else(|| fail("it ends in the middle of the spatial index".into()))?;

    let mut columns = Columns::default();
    let declared = header.columns().map(|c| {
        let columns = c.iter();
        columns.map(|c| (c.name(), c.type_())).collect::<Vec<_>>()
    });
    let shared = columns.declare(declared.as_deref().unwrap_or(&[]), sink)?;
    sink.expect_rows(header.features_count().min(bytes.len() as u64 / 8));

    let mut number = 0;
    let mut cells = Vec::new();
    while at < bytes.len() {
        number += 1;
        let end = frame_end(bytes, at).ok_or_else(|| {
            fail(format!(
                "it ends in the middle of feature {number}; the file was cut off"
            ))
        })?;
        let feature = match size_prefixed_root_as_feature(&bytes[at..end]) {
            Ok(feature) => feature,
            Err(e) => {
                sink.broken_row(number, Refusal::Damaged(e.to_string()))?;
                at = end;
                continue;
            }
        };
        at = end;
        // Features of a file without a common schema name their own columns.
        let own = match feature.columns() {
            Some(own) if !own.is_empty() => {
                let own: Vec<_> = own.iter().map(|c| (c.name(), c.type_())).collect();
                Some(columns.declare(&own, sink)?)
            }
            _ => None,
        };
        cells.clear();
        cells.resize(columns.count, Cell::Empty);
        let schema = own.as_deref().unwrap_or(&shared);
        let values = feature.properties().map_or(&[][..], |p| p.bytes());
        let row_cells = match read_values(values, schema, &mut cells) {
            Ok(()) => cells.as_slice(),
            Err(refusal) => {
                sink.broken_row(number, refusal)?;
                continue;
            }
        };
        let place = match feature.geometry() {
            None => RowPlace::Null,
            Some(geometry) => match shape(&geometry, header.geometry_type(), 0) {
                Ok(shape) => RowPlace::Shape(shape),
                Err(refusal) => RowPlace::Broken(refusal),
            },
        };
        sink.row(RawRow {
            number,
            id: Cell::Empty,
            cells: row_cells,
            place,
        })?;
    }
    if header.features_count() > 0 {
        sink.note(
            Note::WrongFeatureCount,
            header.features_count().abs_diff(number),
        );
    }
    Ok(FileFacts {
        crs: carried_crs(&header),
        encoding: None,
        origin: origin(&header),
    })
}

fn origin(header: &Header<'_>) -> Option<Origin> {
    let provenance = serde_json::from_str(header.metadata()?).ok()?;
    Origin::from_json(&provenance)
}

/// The end of a frame that starts with its length.
fn frame_end(bytes: &[u8], at: usize) -> Option<usize> {
    let length: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    let end = at
        .checked_add(4)?
        .checked_add(u32::from_le_bytes(length) as usize)?;
    (end <= bytes.len()).then_some(end)
}

/// The bytes of the packed R-tree, which an import does not need.
fn index_size(header: &Header<'_>) -> Option<usize> {
    const NODE_BYTES: usize = 40;
    let node = usize::from(header.index_node_size());
    let mut level = usize::try_from(header.features_count()).ok()?;
    if node == 0 || level == 0 {
        return Some(0);
    }
    if node < 2 {
        return None;
    }
    let mut nodes = level;
    while level > 1 {
        level = level.div_ceil(node);
        nodes = nodes.checked_add(level)?;
    }
    if header.features_count() == 1 {
        nodes = 2;
    }
    nodes.checked_mul(NODE_BYTES)
}

fn carried_crs(header: &Header<'_>) -> CarriedCrs {
    let Some(crs) = header.crs() else {
        return CarriedCrs::absent("its header names none");
    };
    let organisation = crs.org().unwrap_or("EPSG");
    let by_code = (crs.code() > 0)
        .then(|| format!("{organisation}:{}", crs.code()).parse::<Crs>().ok())
        .flatten();
    let by_text = || crs.code_string()?.parse::<Crs>().ok();
    let by_wkt = || Crs::from_wkt(crs.wkt()?).ok();
    match by_code.or_else(by_text).or_else(by_wkt) {
        Some(crs) => CarriedCrs::Known {
            crs,
            how: "header",
            is_default: false,
        },
        None => CarriedCrs::absent(format!(
            "its header names {organisation}:{} {}, which is not known here",
            crs.code(),
            crs.name().unwrap_or_default()
        )),
    }
}

/// The columns met so far, across the schemas of single features.
#[derive(Default)]
struct Columns {
    by_name: HashMap<String, usize>,
    count: usize,
}

impl Columns {
    /// The place and type of each column of a schema.
    fn declare(
        &mut self,
        schema: &[(&str, ColumnType)],
        sink: &mut dyn RowSink,
    ) -> Result<Vec<(usize, ColumnType)>, ImportError> {
        let mut places = Vec::with_capacity(schema.len());
        for (name, kind) in schema {
            let place = match self.by_name.get(*name) {
                Some(place) => *place,
                None => {
                    let place = sink.column(name)?;
                    self.count = self.count.max(place + 1);
                    self.by_name.insert((*name).to_owned(), place);
                    place
                }
            };
            places.push((place, *kind));
        }
        Ok(places)
    }
}

/// Reads `(u16 column, value)*` into the cells of a row.
fn read_values<'b>(
    bytes: &'b [u8],
    schema: &[(usize, ColumnType)],
    cells: &mut [Cell<'b>],
) -> Result<(), Refusal> {
    let damaged = || Refusal::Damaged("its values end too early".into());
    let mut rest = bytes;
    while !rest.is_empty() {
        let column = u16::from_le_bytes(take(&mut rest).ok_or_else(damaged)?);
        let (place, kind) = *schema
            .get(usize::from(column))
            .ok_or_else(|| Refusal::Damaged("it has a value for an unknown column".into()))?;
        cells[place] = read_value(&mut rest, kind).ok_or_else(damaged)?;
    }
    Ok(())
}

fn read_value<'b>(rest: &mut &'b [u8], kind: ColumnType) -> Option<Cell<'b>> {
    Some(match kind {
        ColumnType::Byte => Cell::Integer(i8::from_le_bytes(take(rest)?).into()),
        ColumnType::UByte => Cell::Integer(u8::from_le_bytes(take(rest)?).into()),
        ColumnType::Bool => Cell::Flag(take::<1>(rest)?[0] != 0),
        ColumnType::Short => Cell::Integer(i16::from_le_bytes(take(rest)?).into()),
        ColumnType::UShort => Cell::Integer(u16::from_le_bytes(take(rest)?).into()),
        ColumnType::Int => Cell::Integer(i32::from_le_bytes(take(rest)?).into()),
        ColumnType::UInt => Cell::Integer(u32::from_le_bytes(take(rest)?).into()),
        ColumnType::Long => Cell::Integer(i64::from_le_bytes(take(rest)?)),
        ColumnType::ULong => {
            let value = u64::from_le_bytes(take(rest)?);
            i64::try_from(value).map_or(Cell::Number(value as f64), Cell::Integer)
        }
        ColumnType::Float => Cell::Number(f32::from_le_bytes(take(rest)?).into()),
        ColumnType::Double => Cell::Number(f64::from_le_bytes(take(rest)?)),
        ColumnType::String | ColumnType::Json | ColumnType::DateTime | ColumnType::Binary => {
            let length = u32::from_le_bytes(take(rest)?) as usize;
            let (value, after) = rest.split_at_checked(length)?;
            *rest = after;
            match std::str::from_utf8(value) {
                _ if kind == ColumnType::Binary => Cell::Unreadable("binary data"),
                Ok("") => Cell::Empty,
                Ok(text) => Cell::Text(text),
                Err(_) => Cell::Unreadable("text that is not UTF-8"),
            }
        }
        _ => return None,
    })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (value, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*value)
}

fn shape(geometry: &FgbGeometry<'_>, kind: GeometryType, depth: u8) -> Result<Shape, Refusal> {
    let kind = match kind {
        GeometryType::Unknown => geometry.type_(),
        known => known,
    };
    let broken = |what: &str| Refusal::BrokenGeometry(what.to_owned());
    let no_coordinates = || broken("it has no coordinates");
    let rings = || -> Result<Vec<Vec<Coord<f64>>>, Refusal> {
        let coords = coordinates(geometry).ok_or_else(no_coordinates)?;
        let ends = geometry.ends().filter(|ends| ends.len() > 1);
        let Some(ends) = ends else {
            return Ok(vec![coords]);
        };
        let mut start = 0;
        ends.iter()
            .map(|end| {
                let ring = coords.get(start..end as usize).map(<[_]>::to_vec);
                start = end as usize;
                ring.ok_or_else(|| broken("its rings run over its coordinates"))
            })
            .collect()
    };
    let mut was_unclosed = false;
    let geometry = match kind {
        GeometryType::Point => {
            let coords = coordinates(geometry).ok_or_else(no_coordinates)?;
            Geometry::Point(Point(*coords.first().ok_or(Refusal::EmptyGeometry)?))
        }
        GeometryType::MultiPoint => {
            let coords = coordinates(geometry).ok_or_else(no_coordinates)?;
            Geometry::MultiPoint(MultiPoint(coords.into_iter().map(Point).collect()))
        }
        GeometryType::LineString => Geometry::LineString(LineString(
            coordinates(geometry).ok_or_else(no_coordinates)?,
        )),
        GeometryType::MultiLineString => Geometry::MultiLineString(MultiLineString(
            rings()?.into_iter().map(LineString).collect(),
        )),
        GeometryType::Polygon => Geometry::Polygon(polygon(rings()?, &mut was_unclosed)),
        GeometryType::MultiPolygon => {
            let parts = geometry.parts().ok_or_else(no_coordinates)?;
            let mut polygons: Vec<Polygon<f64>> = Vec::with_capacity(parts.len());
            for part in parts {
                let part = shape(&part, GeometryType::Polygon, depth)?;
                was_unclosed |= part.was_unclosed;
                if let Geometry::Polygon(polygon) = part.geometry {
                    polygons.push(polygon);
                }
            }
            Geometry::MultiPolygon(MultiPolygon(polygons))
        }
        GeometryType::GeometryCollection if depth < 4 => {
            let parts = geometry.parts().ok_or_else(no_coordinates)?;
            let members = parts
                .iter()
                .map(|part| shape(&part, part.type_(), depth + 1));
            return Ok(collection(members.collect::<Result<_, _>>()?));
        }
        other => {
            let name = other.variant_name().unwrap_or("unknown");
            return Err(Refusal::UnknownGeometry(name.to_owned()));
        }
    };
    Ok(Shape {
        geometry,
        was_unclosed,
    })
}

fn coordinates(geometry: &FgbGeometry<'_>) -> Option<Vec<Coord<f64>>> {
    let xy = geometry.xy()?;
    let bytes = xy.bytes().chunks_exact(16);
    let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("a chunk of eight"));
    Some(
        bytes
            .map(|pair| Coord {
                x: number(&pair[..8]),
                y: number(&pair[8..]),
            })
            .collect(),
    )
}
