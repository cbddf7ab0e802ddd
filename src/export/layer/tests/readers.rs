//! Foreign readers, each turned into [`Record`]s.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
};

use calamine::{Data, Reader};
use flatgeobuf::{FallibleStreamingIterator, FeatureProperties, FgbReader};
use geo::Geometry;
use geozero::{ColumnValue, PropertyProcessor, ToGeo, wkb::GpkgWkb, wkt::Wkt};
use rusqlite::types::ValueRef;

use super::Record;
use crate::{
    domain::{AttributeType, Layer, Value, formula_guard::unguarded, short_names},
    export::Format,
};

pub fn read(format: Format, bytes: &[u8], layer: &Layer) -> Vec<Record> {
    match format {
        Format::GeoJson => {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            let read: geojson::FeatureCollection = text.parse().expect("GeoJSON");
            read.features.into_iter().map(geojson).collect()
        }
        Format::GeoJsonLines => {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            let line = |line: &str| geojson(line.parse().expect("a feature"));
            text.lines().map(line).collect()
        }
        Format::FlatGeobuf => flatgeobuf(bytes),
        Format::GeoPackage => geopackage(bytes, layer),
        Format::Shapefile => shapefile(bytes, layer),
        Format::Csv => csv(bytes, layer),
        Format::Xlsx => xlsx(bytes, layer),
    }
}

fn geojson(feature: geojson::Feature) -> Record {
    let value = |json: serde_json::Value| match json {
        serde_json::Value::Number(n) => match n.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Number(n.as_f64().expect("a number")),
        },
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Null => Value::Missing,
        other => panic!("{other}"),
    };
    let Some(geojson::feature::Id::String(id)) = feature.id else {
        panic!("a feature has an id");
    };
    let mut values: BTreeMap<String, Value> = feature
        .properties
        .expect("properties")
        .into_iter()
        .map(|(key, json)| (key, value(json)))
        .collect();
    values.retain(|_, value| !value.is_missing());
    let geometry = feature.geometry.expect("a geometry");
    Record {
        id,
        geometry: geometry.try_into().expect("a geometry of geo"),
        values,
    }
}

#[derive(Default)]
struct Properties(BTreeMap<String, Value>);

impl PropertyProcessor for Properties {
    fn property(
        &mut self,
        _: usize,
        name: &str,
        value: &ColumnValue,
    ) -> geozero::error::Result<bool> {
        let value = match value {
            ColumnValue::Bool(flag) => Value::Integer(i64::from(*flag)),
            ColumnValue::Long(whole) => Value::Integer(*whole),
            ColumnValue::Double(number) => Value::Number(*number),
            ColumnValue::String(text) => Value::Text((*text).to_owned()),
            other => panic!("{name}: {other:?}"),
        };
        self.0.insert(name.to_owned(), value);
        Ok(false)
    }
}

fn flatgeobuf(bytes: &[u8]) -> Vec<Record> {
    let reader = FgbReader::open(Cursor::new(bytes)).expect("FlatGeobuf");
    let header = reader.header();
    assert_eq!(header.crs().expect("a system").code(), 4490);
    if header.features_count() == 0 {
        return Vec::new();
    }
    assert!(header.index_node_size() > 0, "a spatial index");
    let mut features = reader.select_all().expect("features");
    let mut records = Vec::new();
    while let Some(feature) = features.next().expect("a feature") {
        let mut properties = Properties::default();
        feature
            .process_properties(&mut properties)
            .expect("properties");
        let Some(Value::Text(id)) = properties.0.remove("id") else {
            panic!("a feature has an id");
        };
        records.push(Record {
            id,
            geometry: feature.to_geo().expect("a geometry"),
            values: properties.0,
        });
    }
    records
}

fn geopackage(bytes: &[u8], layer: &Layer) -> Vec<Record> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("written");
    let base = rusqlite::Connection::open(file.path()).expect("a database");
    let check: String = base
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .expect("checked");
    assert_eq!(check, "ok");
    let sql = format!("select * from \"{}\" order by fid", layer.id);
    let mut statement = base.prepare(&sql).expect("a table");
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).expect("rows");
    let mut records = Vec::new();
    while let Some(row) = rows.next().expect("a row") {
        let mut values = BTreeMap::new();
        let mut record = (String::new(), None);
        for (place, name) in names.iter().enumerate() {
            let value = row.get_ref(place).expect("a value");
            match (name.as_str(), value) {
                ("fid", _) | (_, ValueRef::Null) => {}
                ("geom", ValueRef::Blob(blob)) => {
                    record.1 = Some(GpkgWkb(blob.to_vec()).to_geo().expect("a geometry"));
                }
                ("id", value) => record.0 = value.as_str().expect("text").to_owned(),
                (_, ValueRef::Integer(whole)) => {
                    values.insert(name.clone(), Value::Integer(whole));
                }
                (_, ValueRef::Real(number)) => {
                    values.insert(name.clone(), Value::Number(number));
                }
                (_, value) => {
                    let text = value.as_str().expect("text").to_owned();
                    values.insert(name.clone(), Value::Text(text));
                }
            }
        }
        records.push(Record {
            id: record.0,
            geometry: record.1.expect("a geometry"),
            values,
        });
    }
    records
}

fn shapefile(bytes: &[u8], layer: &Layer) -> Vec<Record> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip archive");
    let mut part = |extension: &str| {
        let mut bytes = Vec::new();
        let name = format!("{}.{extension}", layer.id);
        let mut file = archive.by_name(&name).expect("a part");
        file.read_to_end(&mut bytes).expect("read");
        bytes
    };
    assert_eq!(part("cpg"), b"UTF-8");
    assert!(part("prj").starts_with(b"GEOGCS["));
    let (shp, shx, dbf) = (part("shp"), part("shx"), part("dbf"));
    let names: Vec<&str> = layer
        .attributes
        .iter()
        .map(|a| a.id.as_str())
        .chain(["district_code"])
        .collect();
    let short = short_names(std::iter::once("id").chain(names.iter().copied()), 10);
    let shapes =
        shapefile::ShapeReader::with_shx(Cursor::new(shp), Cursor::new(shx)).expect("shapes");
    let table = dbase::ReaderBuilder::new()
        .with_encoding(dbase::encoding::UnicodeLossy)
        .with_options(dbase::ReadingOptions::default().character_trim(dbase::TrimOption::End))
        .build(Cursor::new(dbf))
        .expect("a table");
    if table.header().num_records == 0 {
        return Vec::new();
    }
    let mut reader = shapefile::Reader::new(shapes, table);
    let rows = reader.read().expect("rows");
    let record = |(shape, mut fields): (shapefile::Shape, dbase::Record)| {
        let mut take = |short: &str| fields.remove(short).expect("a field");
        let Some(dbase::FieldValue::Character(Some(id))) = Some(take("id")) else {
            panic!("a feature has an id");
        };
        let mut values = BTreeMap::new();
        for (name, short) in names.iter().zip(&short[1..]) {
            let kind = layer
                .attribute(name)
                .map_or(AttributeType::Text, |a| a.kind);
            let value = match take(short) {
                dbase::FieldValue::Character(Some(text)) => Value::Text(text),
                dbase::FieldValue::Numeric(Some(number)) => number_of(kind, number),
                _ => continue,
            };
            values.insert((*name).to_owned(), value);
        }
        Record {
            id,
            geometry: geometry(shape),
            values,
        }
    };
    rows.into_iter().map(record).collect()
}

fn number_of(kind: AttributeType, number: f64) -> Value {
    match kind {
        AttributeType::Number => Value::Number(number),
        _ => Value::Integer(number as i64),
    }
}

fn geometry(shape: shapefile::Shape) -> Geometry<f64> {
    let coord = |p: &shapefile::Point| geo::coord! { x: p.x, y: p.y };
    match shape {
        shapefile::Shape::Point(p) => geo::Point::new(p.x, p.y).into(),
        shapefile::Shape::Polygon(polygon) => {
            let rings = polygon.rings().iter();
            let lines = rings.map(|ring| ring.points().iter().map(coord).collect());
            geo::MultiLineString::new(lines.collect()).into()
        }
        other => panic!("{other}"),
    }
}

fn text_value(kind: AttributeType, text: &str) -> Value {
    match kind {
        AttributeType::Count | AttributeType::Integer => {
            Value::Integer(text.parse().expect("whole"))
        }
        AttributeType::Flag => Value::Integer(match text {
            "是" | "1" => 1,
            "否" | "0" => 0,
            other => panic!("{other}"),
        }),
        AttributeType::Number => Value::Number(text.parse().expect("a number")),
        _ => Value::Text(text.to_owned()),
    }
}

fn csv(bytes: &[u8], layer: &Layer) -> Vec<Record> {
    let bytes = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .expect("a byte-order mark");
    let mut reader = csv::Reader::from_reader(bytes);
    let headings = reader.headers().expect("headings").clone();
    let record = |line: csv::StringRecord| {
        let mut cells: BTreeMap<&str, &str> = headings.iter().zip(line.iter()).collect();
        let id = unguarded(cells.remove("id").expect("an id")).to_owned();
        let place = (
            cells.remove("lon"),
            cells.remove("lat"),
            cells.remove("wkt"),
        );
        let number = |text: &str| text.parse::<f64>().expect("a coordinate");
        let geometry = match place {
            (Some(lon), Some(lat), None) => geo::Point::new(number(lon), number(lat)).into(),
            (None, None, Some(wkt)) => Wkt(wkt.as_bytes()).to_geo().expect("well-known text"),
            other => panic!("{other:?}"),
        };
        let filled = cells.into_iter().filter(|(_, text)| !text.is_empty());
        let values = filled
            .map(|(name, text)| {
                let kind = layer
                    .attribute(name)
                    .map_or(AttributeType::Text, |a| a.kind);
                (name.to_owned(), text_value(kind, unguarded(text)))
            })
            .collect();
        Record {
            id,
            geometry,
            values,
        }
    };
    reader
        .records()
        .map(|line| record(line.expect("a row")))
        .collect()
}

fn xlsx(bytes: &[u8], layer: &Layer) -> Vec<Record> {
    let mut book = calamine::Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("cells");
    let mut rows = sheet.rows();
    let headings: Vec<String> = rows
        .next()
        .expect("headings")
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut records = Vec::new();
    for row in rows.filter(|row| row[0] != Data::String("合计".to_owned())) {
        let cell = |heading: &str| {
            let place = headings.iter().position(|h| h == heading);
            place.map(|place| &row[place])
        };
        let number = |cell: &Data| match cell {
            Data::Float(number) => *number,
            Data::Int(number) => *number as f64,
            other => panic!("{other:?} is no number"),
        };
        let geometry = match (cell("经度"), cell("纬度"), cell("WKT")) {
            (Some(lon), Some(lat), None) => geo::Point::new(number(lon), number(lat)).into(),
            (None, None, Some(wkt)) => Wkt(wkt.to_string().as_bytes())
                .to_geo()
                .expect("well-known text"),
            other => panic!("{other:?}"),
        };
        let mut values = BTreeMap::new();
        for attribute in &layer.attributes {
            let place = headings
                .iter()
                .position(|h| h.split('(').next() == Some(&attribute.title.zh))
                .expect("a column");
            let value = match (&row[place], attribute.kind) {
                (Data::Empty, _) => continue,
                (Data::String(text), AttributeType::Category) => {
                    let code = attribute.values.iter().find(|v| v.title.zh == *text);
                    Value::Text(code.expect("a known word").code.clone())
                }
                (Data::String(text), kind) => text_value(kind, text),
                (other, kind) => number_of(kind, number(other)),
            };
            values.insert(attribute.id.to_string(), value);
        }
        if let Some(Data::String(code)) = cell("所在区代码") {
            values.insert("district_code".to_owned(), Value::Text(code.clone()));
        }
        records.push(Record {
            id: row[0].to_string(),
            geometry,
            values,
        });
    }
    records
}
